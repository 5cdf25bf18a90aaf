"""Carries a drag, or a cancellation taken back, to its end: asks what must be asked, shows conflicts, tells when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AUTOMATIC, UNCHANGED, Unchanged, Update
from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.refusals import Violation
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.carry_out import CarryOut
from clinic_desk.ui.booking.draft import RoomChoice, changes_anything
from clinic_desk.ui.sentences import About, question, sentence
from clinic_desk.ui.tasks import Tasks

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.places import MoveWish

translate = QCoreApplication.translate


class Moving(QObject):
    """One move at a time. Every accepted `move` ends with exactly one `ended`."""

    moved = Signal(object)
    """The Entry as the database holds it now."""
    told = Signal(str)
    """A sentence to show: why it was not moved, or that it is being found out."""
    ended = Signal(object)
    """The appointment's id: it is no longer pending, moved or not."""

    def __init__(
        self, database: Database, tasks: Tasks, clinic: Clinic, window: QWidget, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(window)
        self._window = window
        self._entry: Entry | None = None
        self._about = About()
        self._question = "", ""
        """Title and button of what is asked when a rule may be overruled."""
        self.carry_out = CarryOut(database, tasks, clinic, window, clock)
        self.carry_out.done.connect(self._done)
        self.carry_out.asked.connect(self._ask)
        self.carry_out.refused.connect(self._refused)
        self.carry_out.finding_out.connect(lambda: self.told.emit(self._sentence(OutcomeUnknown())))
        self.carry_out.another_time.connect(self._end)
        self.carry_out.given_up.connect(self._end)

    def set_clinic(self, clinic: Clinic) -> None:
        """Take over a changed set-up of the clinic."""
        self.carry_out.clinic = clinic

    def move(self, entry: Entry, wish: MoveWish, *, tell: bool = True) -> bool:
        """Move an appointment to where it was dropped; False (no `ended`) if it is there or another is on its way."""
        update = update_of(entry, wish, tell=tell)
        if self._entry is not None or not (update.reinstate or changes_anything(update)):
            return False
        self._entry = entry
        self._about = About(wish.practitioner_id, entry.appointment.type_id, wish.starts_at)
        self._question = translate("moving", "Move it there?"), translate("moving", "Move anyway ⏎")
        return self.carry_out.update(update, entry)

    def reinstate(self, entry: Entry) -> bool:
        """Book a cancelled appointment again at its old place, or ask where; False if another is on its way."""
        if self._entry is not None:
            return False
        row = entry.appointment
        self._entry = entry
        self._about = About(row.practitioner_id, row.type_id, row.starts_at)
        self._question = translate("moving", "Book it again?"), translate("moving", "Book anyway ⏎")
        # Who was beside it when it was booked may be somebody else by now: a squeeze-in is asked about again.
        return self.carry_out.update(Update(row.id, row.version, reinstate=True, beside=frozenset()), entry)

    def _done(self, entry: Entry) -> None:
        self.moved.emit(entry)
        self._end()

    def _end(self) -> None:
        entry, self._entry = self._entry, None
        if entry is not None:
            self.ended.emit(entry.id)

    def _refused(self, error: ClinicDeskError) -> None:
        self.told.emit(self._sentence(error))
        self._end()

    def _ask(self, violations: tuple[Violation, ...]) -> None:
        if self._entry is None:
            return
        clinic, zone = self.carry_out.clinic, self._entry.appointment.zone
        sheet = AskSheet(
            self._question[0], question(violations, clinic, zone, self._about), self._question[1], self._window
        )
        sheet.answered.connect(self._answered)
        sheet.open()

    def _answered(self, yes: bool) -> None:
        if yes:
            self.carry_out.overrule()
        else:
            self._end()

    def _sentence(self, error: ClinicDeskError) -> str:
        zone = self._entry.appointment.zone if self._entry else "UTC"
        return sentence(error, self.carry_out.clinic, zone, self._about)


def update_of(entry: Entry, wish: MoveWish, *, tell: bool = True) -> Update:
    """Return the Update a drop means: only what is different from the appointment as seen; a parked one is put back."""
    row = entry.appointment
    minutes = int(row.length.total_seconds()) // 60
    other_site = wish.site_id != row.site_id
    room: RoomChoice | Unchanged = AUTOMATIC if other_site else UNCHANGED
    if wish.room_id not in (None, row.room_id):
        room = wish.room_id
    return Update(
        appointment_id=row.id,
        version=row.version,
        starts_at=UNCHANGED if wish.starts_at == row.starts_at else wish.starts_at,
        length_minutes=UNCHANGED if wish.length_minutes == minutes else wish.length_minutes,
        practitioner_id=UNCHANGED if wish.practitioner_id == row.practitioner_id else wish.practitioner_id,
        site_id=wish.site_id if other_site else UNCHANGED,
        room_id=room,
        device_id=AUTOMATIC if other_site else UNCHANGED,
        reinstate=row.status is AppointmentStatus.WAITLIST,
        tell_patient=tell,
    )
