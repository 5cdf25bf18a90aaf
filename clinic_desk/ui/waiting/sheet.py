"""The waiting list on screen: Enter changes a wish, N puts somebody on it, C takes somebody off; letters search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QWidget

from clinic_desk.domain.asking import Round
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.waiting import Closing, Waiting
from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.fields import ChoiceBox, TickBox, button, plain_label
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import RowsModel
from clinic_desk.ui.waiting.rows import WishRow, columns, found, orders, row_of
from clinic_desk.ui.waiting.words import closing_text

translate = QCoreApplication.translate
_ROWS_SHOWN = 11
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class WishList(MessageList):
    """The rows; N asks for a new one, C or Del closes the chosen one, G goes to the time she is offered."""

    new_wanted = Signal()
    closing_wanted = Signal()
    time_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {
            Qt.Key.Key_N: self.new_wanted,
            Qt.Key.Key_C: self.closing_wanted,
            Qt.Key.Key_Delete: self.closing_wanted,
            Qt.Key.Key_G: self.time_wanted,
        }
        wanted = None if event.modifiers() else keys.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        else:
            event.accept()
            wanted.emit()


class WaitingSheet(Sheet):
    """Shows what it is given; does nothing itself, and stays open meanwhile."""

    new_wanted = Signal()
    change_wanted = Signal(object)
    """A Waiting."""
    closing_wanted = Signal(object)
    """A Waiting."""
    time_wanted = Signal(object)
    """A Round whose time is to be shown beside the calendar."""

    def __init__(self, parent: QWidget, clock: Callable[[], datetime], *, may_write: bool) -> None:
        super().__init__(parent, width=1160)
        self.setObjectName("waiting_sheet")
        title = translate("waiting", "Waiting list")
        self.setAccessibleName(title)
        self._clock, self._may_write = clock, may_write
        self._all: list[WishRow] = []
        self.search = QLineEdit()
        self.search.setObjectName("waiting_search")
        self.search.setPlaceholderText(translate("waiting", "Search: name, visit, doctor, note"))
        self.search.setAccessibleName(translate("waiting", "Search in the waiting list"))
        self.order = ChoiceBox("waiting_order")
        self.order.setAccessibleName(translate("waiting", "Sorted by"))
        self._orders = orders()
        self.order.setMinimumContentsLength(20)
        self.order.fill([(name, number) for number, (name, _) in enumerate(self._orders)], 0)
        self.closed = TickBox()
        self.closed.setObjectName("waiting_closed")
        self.closed.setText(translate("waiting", "&No longer waiting (30 days)"))
        self.rows = RowsModel(columns(), clock, self)
        self.list = WishList(self.rows, "waiting_list", title)
        self.none = plain_label(translate("waiting", "Reading…"), "muted")
        self.none.setObjectName("waiting_none")
        self.close_button = button(translate("waiting", "Close"), "waiting_leave", self.reject)
        self.end_button = button(translate("waiting", "Take &off the list…"), "waiting_end", self._end)
        self.time_button = button(translate("waiting", "&Go to the offered time (G)"), "waiting_time", self._go)
        self.new_button = button(translate("waiting", "New (N)"), "waiting_new", self.new_wanted.emit)
        self.change_button = button(translate("waiting", "Change ⏎"), "waiting_change", self._change, "primary")
        self._lay_out(title)
        self._connect()
        self._renew()

    def _lay_out(self, title: str) -> None:
        about = translate(
            "waiting",
            "Who would come sooner. When a time becomes free, those it fits are offered beside the calendar (Shift+L).",
        )
        tools = QHBoxLayout()
        tools.setSpacing(10)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.order)
        tools.addWidget(self.closed)
        footer = QHBoxLayout()
        footer.setSpacing(8)
        footer.addStretch(1)
        for each in (self.time_button, self.close_button, self.end_button, self.new_button, self.change_button):
            footer.addWidget(each)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addWidget(plain_label(about, "muted", wrap=True))
        self.body.addLayout(tools)
        self.body.addWidget(self.none)
        self.body.addWidget(self.list)
        self.body.addLayout(footer)
        self.new_button.setEnabled(self._may_write)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _text: self._renew())
        self.order.currentIndexChanged.connect(lambda _index: self._renew())
        self.closed.toggled.connect(lambda _on: self._renew())
        self.list.new_wanted.connect(self._new)
        self.list.closing_wanted.connect(self._end)
        self.list.time_wanted.connect(self._go)
        self.list.selectionModel().currentRowChanged.connect(lambda *_: self._show_time())
        self.list.opened.connect(lambda _row: self._change())
        self.list.left.connect(self.reject)

    def first_focus(self) -> QWidget | None:
        return self.search

    def show_waiting(self, waiting: tuple[Waiting, ...], clinic: Clinic, rounds: tuple[Round, ...] = ()) -> None:
        """Show the list as it is now; the chosen one stays chosen."""
        is_first = not self._all and self.none.text() == translate("waiting", "Reading…")
        zone = next((site.zone for site in clinic.sites if site.active), "UTC")
        now = self._clock()
        self._all = [row_of(one, clinic, zone, now, rounds) for one in waiting]
        rows = min(max(5, len(self._all)), _ROWS_SHOWN)
        self.list.setFixedHeight(self.list.verticalHeader().defaultSectionSize() * rows + 30)
        self._renew()
        if is_first and self.rows.records and self.isVisible():
            self.list.setFocus()

    def say(self, text: str) -> None:
        """Say why it could not be read, or what did not work."""
        self.none.setText(text)
        self.none.show()

    def _renew(self) -> None:
        at = self.list.currentIndex().row()
        _, order = self._orders[self.order.value or 0]
        shown = found(self._all, self.search.text(), order, closed=self.closed.isChecked())
        with QSignalBlocker(self.list):
            self.list.show_records(shown)
        if shown and not self.list.selectionModel().hasSelection():
            self.list.selectRow(min(max(0, at), len(shown) - 1))
        if self._all or self.isVisible():
            nobody = translate("waiting", "Nobody on the list has this.") if self._all else ""
            self.none.setText(nobody or translate("waiting", "Nobody waits. N puts somebody on the list."))
        self.none.setVisible(not shown)
        may = self._may_write and bool(shown) and not self.closed.isChecked()
        self.change_button.setEnabled(may)
        self.end_button.setEnabled(may)
        self._show_time()

    def _show_time(self) -> None:
        row: WishRow | None = self.list.chosen
        self.time_button.setVisible(row is not None and row.offered is not None)

    # --- what is wanted ---

    def _chosen(self) -> Waiting | None:
        row: WishRow | None = self.list.chosen
        return row.waiting if row is not None and self.change_button.isEnabled() else None

    def _new(self) -> None:
        if self._may_write:
            self.new_wanted.emit()

    def _change(self) -> None:
        one = self._chosen()
        if one is not None:
            self.change_wanted.emit(one)

    def _go(self) -> None:
        row: WishRow | None = self.list.chosen
        if row is not None and row.offered is not None:
            self.time_wanted.emit(row.offered)

    def _end(self) -> None:
        one = self._chosen()
        if one is not None:
            self.closing_wanted.emit(one)

    def main_act(self) -> Callable[[], object]:
        return self._change

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focus = QApplication.focusWidget()
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and focus is self.search and self.rows.records:
            self.list.setFocus()
            event.accept()
        else:
            super().keyPressEvent(event)


class ClosingQuestion(Sheet):
    """Why somebody waits no longer: a number key answers, Esc keeps her on the list."""

    decided = Signal(object)
    """A Closing."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent, width=480)
        self.setObjectName("closing_question")
        title = translate("waiting", "Take {name} off the waiting list?").format(name=name)
        self.setAccessibleName(title)
        self.body.addWidget(plain_label(title, "title", wrap=True))
        self.choices = []
        for number, reason in enumerate((Closing.WITHDRAWN, Closing.EXPIRED), start=1):
            choice = ChoiceButton(number, closing_text(reason), "", partial(self._decide, reason))
            self.choices.append(choice)
            self.body.addWidget(choice)
        footer = QHBoxLayout()
        footer.addStretch(1)
        footer.addWidget(button(translate("waiting", "&Keep"), "closing_keep", self.reject))
        self.body.addLayout(footer)

    def first_focus(self) -> QWidget | None:
        return self.choices[0]

    def _decide(self, reason: Closing) -> None:
        self.done(self.DialogCode.Accepted)
        self.decided.emit(reason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_1.value
        focus = QApplication.focusWidget()
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
        if 0 <= number < len(self.choices) and not event.isAutoRepeat():
            self.choices[number].click()
            event.accept()
        elif step and isinstance(focus, ChoiceButton):
            at = self.choices.index(focus) + step
            self.choices[max(0, min(at, len(self.choices) - 1))].setFocus()
            event.accept()
        else:
            super().keyPressEvent(event)
