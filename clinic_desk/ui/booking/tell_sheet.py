"""Asks whether a patient is to be told of a move, for who wants to be asked; the answer can be for good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.domain.records import AppointmentStatus, Channel, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.planning import address_of
from clinic_desk.ui.booking.fields import TickBox, button, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import day_text, one_line, time_text

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.places import MoveWish

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class TellAnswer:
    """`tell` None: the appointment is not to be moved at all. `remember`: for all moves to come."""

    tell: bool | None
    remember: bool = False


def matters(wish: MoveWish) -> bool:
    """Whether a patient can be told of a move, and has to know: the time or the place is another one."""
    row = wish.entry.appointment
    other = (wish.starts_at, wish.site_id) != (row.starts_at, row.site_id)
    is_to_come = row.status in {AppointmentStatus.BOOKED, AppointmentStatus.WAITLIST}
    return other and is_to_come and bool(address_of(wish.entry.patient))


class TellSheet(Sheet):
    """Enter tells, N does not, Esc leaves the appointment where it was."""

    decided = Signal(object)
    """The TellAnswer, once."""

    def __init__(self, entry: Entry, starts_at: datetime, zone: str, parent: QWidget) -> None:
        super().__init__(parent, width=480)
        self.setObjectName("tell_sheet")
        title = translate("tell", "Tell the patient?")
        wall = to_wall(starts_at, zone)
        by = translate("tell", "e-mail") if entry.patient.channel is Channel.EMAIL else translate("tell", "SMS")
        question = translate("tell", "{name} is moved to {day}, {time}. A message by {channel} says so.").format(
            name=one_line(entry.patient.display_name), day=day_text(wall.date()), time=time_text(wall), channel=by
        )
        self.setAccessibleName(title)
        self.setAccessibleDescription(question)
        self.guard = Guard(self)
        self.tell = button(translate("tell", "Move and tell ⏎"), "tell_yes", lambda: self._decide(tell=True), "primary")
        self.silent = button(translate("tell", "Move, do &not tell"), "tell_no", lambda: self._decide(tell=False))
        self.leave = button(translate("tell", "Leave it"), "tell_leave", self.reject)
        self.remember = TickBox()
        self.remember.setObjectName("tell_remember")
        self.remember.setText(translate("tell", "Do not &ask again (the menu changes it)"))
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for each in (self.leave, self.silent, self.tell):
            buttons.addWidget(each)
        self.body.addWidget(plain_label(title, "title", wrap=True))
        self.body.addWidget(plain_label(question, wrap=True))
        self.body.addWidget(self.remember)
        self.body.addSpacing(4)
        self.body.addLayout(buttons)
        self.guard.begin()

    def first_focus(self) -> QWidget | None:
        return self.tell

    def _decide(self, *, tell: bool) -> None:
        if self.guard.is_ready:
            self.done(self.DialogCode.Accepted)
            self.decided.emit(TellAnswer(tell, self.remember.isChecked()))

    def reject(self) -> None:
        """The appointment stays where it was."""
        super().reject()
        self.decided.emit(TellAnswer(None))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_N and not event.modifiers():
            self.silent.click()
        else:
            super().keyPressEvent(event)
