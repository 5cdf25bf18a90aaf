"""The list of what is parked: Enter takes an appointment in hand to be placed, C cancels it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget

from clinic_desk.domain.records import Clinic, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.parking import Parked
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import ago_text, day_text, list_name, one_line, time_text
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel

translate = QCoreApplication.translate
_ROWS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """One line: `id` is the appointment's."""

    id: UUID
    entry: Entry
    name: str
    was: str
    visit: str
    doctor: str
    by: str
    at: datetime


class ParkedList(MessageList):
    """The rows; C cancels the chosen one."""

    cancelled = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_C and not event.modifiers():
            self.cancelled.emit()
            event.accept()
            return
        super().keyPressEvent(event)


class ParkedSheet(Sheet):
    """Shows what it is given; does nothing itself."""

    taken = Signal(object)
    """An Entry to be taken in hand; the sheet is gone."""
    cancel_wanted = Signal(object)
    """An Entry to be cancelled."""

    def __init__(self, parent: QWidget, clock: Callable[[], datetime], *, may_write: bool) -> None:
        super().__init__(parent, width=980)
        self.setObjectName("parked_sheet")
        title = translate("parked", "Parked appointments")
        about = translate(
            "parked", "Off the calendar and not yet put back: they hold no time, and nobody is reminded of them."
        )
        self.setAccessibleName(title)
        self.setAccessibleDescription(about)
        self._clock, self._may_write = clock, may_write
        self.rows = RowsModel(_columns(), clock, self)
        self.list = ParkedList(self.rows, "parked_list", title)
        self.none = plain_label(translate("parked", "Reading…"), "muted")
        self.none.setObjectName("parked_none")
        self.close_button = button(translate("parked", "Close"), "parked_close", self.reject)
        self.cancel_button = button(translate("parked", "&Cancel the appointment…"), "parked_cancel", self._cancel)
        self.take_button = button(translate("parked", "Take in hand ⏎"), "parked_take", self._take, "primary")
        story = plain_label(about, "muted")
        let_wrap(story)
        footer = QHBoxLayout()
        footer.setSpacing(8)
        footer.addStretch(1)
        for each in (self.close_button, self.cancel_button, self.take_button):
            footer.addWidget(each)
        for part in (plain_label(title, "title"), story, self.none, self.list):
            self.body.addWidget(part)
        self.body.addLayout(footer)
        self.take_button.setDefault(True)
        self.list.cancelled.connect(self._cancel)
        self.list.opened.connect(lambda _row: self._take())
        self.list.left.connect(self.reject)
        self.list.hide()
        self._show_state()

    def first_focus(self) -> QWidget | None:
        return self.close_button

    def show_parked(self, parked: tuple[Parked, ...], clinic: Clinic) -> None:
        """Show what is parked now; the chosen one stays chosen."""
        had_keyboard = self.list.hasFocus() or not self.rows.records
        row = self.list.currentIndex().row()
        with QSignalBlocker(self.list):
            self.rows.show_records([_row(one, clinic, self._clock()) for one in parked])
        if self.rows.records and self.list.chosen is None:
            self.list.selectRow(min(max(0, row), len(self.rows.records) - 1))
        elif self.rows.records and not self.list.selectionModel().hasSelection():
            self.list.selectRow(self.list.currentIndex().row())
        rows = min(max(3, len(parked)), _ROWS_SHOWN)
        self.list.setFixedHeight(self.list.verticalHeader().defaultSectionSize() * rows + 30)
        self.none.setText(translate("parked", "Nothing is parked."))
        self.none.setVisible(not parked)
        self.list.setVisible(bool(parked))
        self._show_state()
        if parked and had_keyboard and self.isVisible():
            self.list.setFocus()
        elif not parked and self.isVisible():
            self.close_button.setFocus()

    def say(self, text: str) -> None:
        """Say why it could not be read."""
        self.none.setText(text)
        self.none.show()

    def _show_state(self) -> None:
        may = self._may_write and bool(self.rows.records)
        self.take_button.setEnabled(may)
        self.cancel_button.setEnabled(may)

    def _take(self) -> None:
        row: ParkedRow | None = self.list.chosen
        if row is not None and self.take_button.isEnabled():
            self.done(self.DialogCode.Accepted)
            self.taken.emit(row.entry)

    def _cancel(self) -> None:
        row: ParkedRow | None = self.list.chosen
        if row is not None and self.cancel_button.isEnabled():
            self.cancel_wanted.emit(row.entry)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focus = QApplication.focusWidget()
            (focus.click if isinstance(focus, QPushButton) else self._take)()
            event.accept()
        else:
            super().keyPressEvent(event)


def _row(one: Parked, clinic: Clinic, now: datetime) -> ParkedRow:
    row, by = one.entry.appointment, one.by
    wall, today = to_wall(row.starts_at, row.zone), to_wall(now, row.zone).date()
    who = " · ".join(part for part in (one_line(by.desk), one_line(by.person)) if part)
    return ParkedRow(
        one.entry.id,
        one.entry,
        list_name(one.entry.patient),
        f"{day_text(wall.date(), today)}, {time_text(wall)}",
        one_line(clinic.type(row.type_id).name),
        one_line(clinic.practitioner(row.practitioner_id).name),
        who,
        by.at,
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column(translate("parked", "Patient"), lambda row, _now: row.name, 24, is_bold=True),
        Column(translate("parked", "Was booked"), lambda row, _now: row.was, 17),
        Column(translate("parked", "For"), lambda row, _now: row.visit, 18),
        Column(translate("parked", "Doctor"), lambda row, _now: row.doctor, 20),
        Column(translate("parked", "Parked by"), lambda row, _now: row.by, 20, lambda _row: "muted"),
        Column(translate("parked", "Since"), lambda row, now: ago_text(now - row.at), 0, lambda _row: "muted"),
    )
