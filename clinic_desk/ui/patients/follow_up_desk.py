"""Opens a follow-up from a patient's page or an appointment, looks for times, and books the one that is chosen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject

from clinic_desk.domain.commands import Book
from clinic_desk.domain.wall import local_day, to_wall
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.services.patients_next import follow_up_times
from clinic_desk.ui.booking.carry_out import CarryOut
from clinic_desk.ui.patients.follow_up import FollowUp, FollowUpSheet, Wished
from clinic_desk.ui.sentences import question, sentence

if TYPE_CHECKING:
    from clinic_desk.domain.availability import FreeSlot
    from clinic_desk.domain.records import Entry, Patient
    from clinic_desk.domain.refusals import Violation
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
_NINE = 9 * 60


class _Booking(QObject):
    """One open sheet with what books for it."""

    def __init__(self, space: Workspace, start: FollowUp) -> None:
        store, desk = space.store, space.desk
        self.sheet = sheet = FollowUpSheet(space.window, store.clinic, start)
        super().__init__(sheet)
        self._space, self._start = space, start
        self._zone = store.clinic.sites[0].zone if store.clinic.sites else "UTC"
        self._asked = False
        self._carry = carry = CarryOut(desk.database, desk.tasks, store.clinic, sheet, store.freshness.now)
        carry.done.connect(self._booked)
        carry.asked.connect(self._ask)
        carry.refused.connect(self._refused)
        carry.finding_out.connect(lambda: self._say(OutcomeUnknown()))
        carry.busy_changed.connect(lambda busy: sheet.set_busy(busy=busy))
        carry.another_time.connect(self._look_again)
        carry.given_up.connect(self._look_again)
        sheet.wished.connect(self._look)
        sheet.chosen.connect(self._book)
        sheet.open()
        self._look_again()

    def _look_again(self) -> None:
        if self.sheet.wish is not None:
            self._look(self.sheet.wish)

    def _look(self, wished: Wished) -> None:
        self._asked = False
        store, database, minute = self._space.store, self._space.desk.database, self._start.minute
        clinic, now = store.clinic, store.freshness.now()
        self._space.desk.tasks.query(
            self.sheet,
            lambda: follow_up_times(
                database, clinic, wished.day, wished.type_id, wished.practitioner_id, minute=minute, now=now
            ),
            partial(self.sheet.show_found, wished),
            self._say,
            key="follow-up",
        )

    def _book(self, slot: FreeSlot, type_id: UUID) -> None:
        if self._asked:
            self._carry.overrule()
            return
        minutes = self._space.store.clinic.type(type_id).length_minutes
        command = Book(self._start.patient.id, type_id, slot.practitioner_id, slot.site_id, slot.starts_at, minutes)
        self._carry.book(command, self._start.patient)

    def _ask(self, violations: tuple[Violation, ...]) -> None:
        self._asked = True
        told = question(violations, self._space.store.clinic, self._zone)
        self.sheet.say(translate("follow_up", "{question} Enter books it all the same.").format(question=told))

    def _refused(self, error: ClinicDeskError) -> None:
        self._look_again()
        self._say(error)

    def _say(self, error: ClinicDeskError) -> None:
        self.sheet.say(sentence(error, self._space.store.clinic, self._zone))

    def _booked(self, entry: Entry) -> None:
        self.sheet.done(self.sheet.DialogCode.Accepted)
        self._space.own.committed(None, entry)


def follow_up_of(space: Workspace, entry: Entry) -> None:
    """Begin a follow-up of an appointment: the same visit, the same doctor, counted from that day or today."""
    if not space.own.refuses():
        _Booking(space, _start(space, entry.patient, entry))


def follow_up_for(space: Workspace, patient: Patient, last: Entry | None) -> None:
    """Begin a follow-up for a patient, counted from today; `last`: the visit that tells doctor and type."""
    if not space.own.refuses():
        _Booking(space, _start(space, patient, last, from_visit=False))


def _start(space: Workspace, patient: Patient, entry: Entry | None, *, from_visit: bool = True) -> FollowUp:
    clinic, now = space.store.clinic, space.store.freshness.now()
    today = local_day(now, clinic.sites[0].zone if clinic.sites else "UTC")
    if entry is None:
        return FollowUp(patient, today, None, None, _NINE)
    row = entry.appointment
    wall = to_wall(row.starts_at, row.zone)
    day = max(today, wall.date()) if from_visit else today
    return FollowUp(patient, day, row.type_id, row.practitioner_id, wall.hour * 60 + wall.minute)
