"""The list of who never arrived: all are ticked, Space takes one out, Enter marks the rest as not having come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget

from clinic_desk.domain.records import Clinic, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import day_text, list_name, one_line, time_text
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel

translate = QCoreApplication.translate
_ROWS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class NoShowRow:
    """One line: `id` is the appointment's."""

    id: UUID
    entry: Entry
    is_ticked: bool
    name: str
    when: str
    doctor: str
    visit: str


class NoShowList(MessageList):
    """The rows; Space ticks the chosen one, or takes its tick away."""

    ticked = Signal()
    was_here = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self.ticked.emit()
        elif event.key() == Qt.Key.Key_F and not event.modifiers():
            self.was_here.emit()
        else:
            super().keyPressEvent(event)


class NoShowSheet(Sheet):
    """Shows what it is given; does nothing itself."""

    confirmed = Signal(object)
    """The Entries (tuple) that are to be marked."""
    was_here = Signal(object)
    """An Entry whose patient was here all the same: done."""

    def __init__(self, parent: QWidget, clock: Callable[[], datetime], *, may_write: bool) -> None:
        super().__init__(parent, width=900)
        self.setObjectName("noshow_sheet")
        title = translate("house", "Who never arrived")
        about = translate(
            "house",
            "Their time is over and nobody marked them as arrived. Those with a tick are marked as not having come; "
            "nobody is told.",
        )
        self.setAccessibleName(title)
        self.setAccessibleDescription(about)
        self._clock, self._may_write, self._is_busy = clock, may_write, False
        self._without: set[UUID] = set()
        self.rows = RowsModel(_columns(), clock, self)
        self.list = NoShowList(self.rows, "noshow_list", title)
        self.none = plain_label(translate("house", "Reading…"), "muted")
        self.none.setObjectName("noshow_none")
        self.close_button = button(translate("house", "Close"), "noshow_close", self.reject)
        self.here_button = button(translate("house", "Was here: done  F"), "noshow_here", self._was_here)
        self.mark_button = button("", "noshow_mark", self._confirm, "primary")
        story = plain_label(about, "muted")
        let_wrap(story)
        footer = QHBoxLayout()
        footer.setSpacing(8)
        footer.addWidget(plain_label(translate("house", "Space: tick or not"), "muted"))
        footer.addStretch(1)
        for each in (self.close_button, self.here_button, self.mark_button):
            footer.addWidget(each)
        for part in (plain_label(title, "title"), story, self.none, self.list):
            self.body.addWidget(part)
        self.body.addLayout(footer)
        self.list.ticked.connect(self._tick)
        self.list.was_here.connect(self._was_here)
        self.list.clicked.connect(self._clicked)
        self.list.opened.connect(lambda _row: self._confirm())
        self.list.left.connect(self.reject)
        self.list.hide()
        self._show_state()

    def first_focus(self) -> QWidget | None:
        return self.close_button

    @property
    def ticked(self) -> tuple[Entry, ...]:
        """Those that would be marked now."""
        return tuple(row.entry for row in self.rows.records if row.is_ticked)

    def show_entries(self, entries: tuple[Entry, ...], clinic: Clinic) -> None:
        """List them; who is new has a tick, the others keep theirs."""
        had_keyboard = self.list.hasFocus() or not self.rows.records
        now = self._clock()
        self.list.show_records([_row(entry, clinic, now, is_ticked=entry.id not in self._without) for entry in entries])
        rows = min(max(3, len(entries)), _ROWS_SHOWN)
        self.list.setFixedHeight(self.list.verticalHeader().defaultSectionSize() * rows + 30)
        self.none.setText(translate("house", "Everybody whose time is over has arrived, or was marked."))
        self.none.setVisible(not entries)
        self.list.setVisible(bool(entries))
        self._show_state()
        if entries and had_keyboard and self.isVisible():
            self.list.setFocus()
        elif not entries and self.isVisible():
            self.close_button.setFocus()

    def say(self, text: str) -> None:
        """Say what did not work."""
        self.set_busy(on=False)
        self.none.setText(text)
        self.none.show()

    def set_busy(self, *, on: bool) -> None:
        """While they are being marked nothing more is asked for."""
        self._is_busy = on
        self._show_state()

    def _show_state(self) -> None:
        number = len(self.ticked)
        set_button_text(self.mark_button, translate("house", "{number} did not come ⏎").format(number=number))
        may = self._may_write and not self._is_busy
        self.mark_button.setEnabled(may and number > 0)
        self.here_button.setEnabled(may and bool(self.rows.records))

    def _clicked(self, index: QModelIndex) -> None:
        if index.column() == 0:
            self._tick()

    def _tick(self) -> None:
        row: NoShowRow | None = self.list.chosen
        if row is None:
            return
        self._without ^= {row.id}
        self.rows.replace_record(
            NoShowRow(row.id, row.entry, row.id not in self._without, row.name, row.when, row.doctor, row.visit)
        )
        self._show_state()

    def _was_here(self) -> None:
        row: NoShowRow | None = self.list.chosen
        if row is not None and self.here_button.isEnabled():
            self.was_here.emit(row.entry)

    def _confirm(self) -> None:
        if self.mark_button.isEnabled():
            self.set_busy(on=True)
            self.confirmed.emit(self.ticked)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focus = QApplication.focusWidget()
            if not event.isAutoRepeat():
                (focus.click if isinstance(focus, QPushButton) else self._confirm)()
            event.accept()
        else:
            super().keyPressEvent(event)


def _row(entry: Entry, clinic: Clinic, now: datetime, *, is_ticked: bool) -> NoShowRow:
    row = entry.appointment
    wall, today = to_wall(row.starts_at, row.zone), to_wall(now, row.zone).date()
    return NoShowRow(
        entry.id,
        entry,
        is_ticked,
        list_name(entry.patient),
        f"{day_text(wall.date(), today)}, {time_text(wall)}",
        one_line(clinic.practitioner(row.practitioner_id).name),
        one_line(clinic.type(row.type_id).name),
    )


def _columns() -> tuple[Column, ...]:
    def tick(row: NoShowRow, _now: datetime) -> str:
        return translate("house", "☑ did not come") if row.is_ticked else translate("house", "☐ stays booked")

    return (
        Column(translate("house", "Mark"), tick, 14, lambda row: "" if row.is_ticked else "muted"),
        Column(translate("house", "Patient"), lambda row, _now: row.name, 24, is_bold=True),
        Column(translate("house", "Was booked"), lambda row, _now: row.when, 17),
        Column(translate("house", "Doctor"), lambda row, _now: row.doctor, 20),
        Column(translate("house", "For"), lambda row, _now: row.visit, 0, lambda _row: "muted"),
    )
