"""What an open booking form is about: its draft, where its time comes from, and the command it comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AUTOMATIC, Rule, Update
from clinic_desk.domain.records import Clinic, Entry, Patient
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.wall import minute_to_instant, to_wall
from clinic_desk.services import slots
from clinic_desk.ui.booking.draft import Draft, RoomChoice, Writing, as_book, as_update, draft_of, with_ids_of
from clinic_desk.ui.booking.form_days import FormDays
from clinic_desk.ui.booking.judging import site_for
from clinic_desk.ui.booking.starting import (
    NO_DRAFT,
    device_for,
    draft_at,
    draft_in,
    empty_draft,
    fitted,
    missing_for_booking,
    search_for,
    with_somebody,
)
from clinic_desk.ui.booking.time_search import TimeSearch, TimeSource
from clinic_desk.ui.booking.when_text import When
from clinic_desk.ui.calendar.places import MoveWish
from clinic_desk.ui.tasks import Tasks

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.places import Place


class FormContent(QObject):
    """Holds no widget. Every change of the draft goes through here and is followed by `changed`."""

    changed = Signal()
    """The draft, or what can be said about it, is different."""

    def __init__(
        self, database: Database, tasks: Tasks, clinic: Clinic, clock: Callable[[], datetime], parent: QObject
    ) -> None:
        super().__init__(parent)
        self.clinic = clinic
        self.clock = clock
        self.home_site_id: UUID | None = None
        """Where the desk stands: the next free time is looked for there first. None: the first site."""
        self.draft = NO_DRAFT
        self.entry: Entry | None = None
        self.opened: Draft | None = None
        self.search = TimeSearch(database, tasks, self)
        self.search.found.connect(self._put_slot)
        self.search.nothing.connect(self.changed)
        self.days = FormDays(database, tasks, clock, self)
        self.days.changed.connect(lambda day: self.changed.emit() if day == self.draft.day else None)
        self._own_length = False
        self._from_day: date | None = None
        self._sent: Writing | None = None

    # --- beginnings ---

    def begin_at(self, place: Place, patient: Patient | None, *, arrived: bool = False) -> None:
        """A new booking at a place of the calendar; `arrived`: of a walk-in, as in the next."""
        self._begin(arrived=arrived)
        self._own_length = place.length_minutes is not None
        self.draft = draft_at(replace(self.draft, patient=patient), place, self.clinic)
        if place.practitioner_id is None:
            self.draft = with_somebody(self.draft, self.clinic, self.days.violations)
        self._follow()

    def begin_anywhere(self, patient: Patient | None, from_day: date | None = None, *, arrived: bool = False) -> None:
        """A new booking at the next free time for the type, with anybody who does it; not before `from_day`."""
        self._begin(arrived=arrived)
        self._from_day = from_day
        self.draft = replace(self.draft, patient=patient)
        self._search()

    def begin_at_slot(self, slot: slots.FreeSlot, type_id: UUID, patient: Patient | None) -> None:
        """A new booking at a free time that was found and chosen."""
        self._begin()
        kind = self.clinic.type(type_id)
        draft = replace(self.draft, type_id=kind.id, length_minutes=kind.length_minutes, patient=patient)
        self.draft = draft
        self._put_slot(slot)

    def begin_edit(self, entry: Entry, *, tell: bool = True) -> None:
        """A change of an appointment that exists; the patient is told of it if `tell`."""
        self._begin(entry)
        self.draft = replace(self.draft, tell_patient=tell)
        self._own_length = True
        self._follow()

    def _begin(self, entry: Entry | None = None, *, arrived: bool = False) -> None:
        self._own_length = False
        self._from_day = None
        self._sent = None
        self.days.forget()
        self.search.source = "given"
        self.entry = entry
        self.opened = draft_of(entry.appointment, entry.patient, self.clinic) if entry else None
        self.draft = self.opened or replace(empty_draft(self.clinic, self.home_site_id), arrived=arrived)

    @property
    def walks_in(self) -> bool:
        """Whether what is booked is that of somebody who stands here."""
        return self.draft.walks_in(to_wall(self.clock(), self.clinic.site(self.draft.site_id).zone).date())

    def set_clinic(self, clinic: Clinic) -> None:
        """Take over a changed set-up; what is still there stays. Of one that nothing can be booked in, nothing does."""
        self.clinic = clinic
        self.days.forget()
        if missing_for_booking(clinic):
            self.draft = NO_DRAFT
        elif self.draft is not NO_DRAFT:
            self.draft = fitted(self.draft, clinic)

    # --- what a person changes ---

    def set_patient(self, patient: Patient | None) -> None:
        """Put a patient in, or take the one there out."""
        self.draft = replace(self.draft, patient=patient)
        self._follow()

    def set_type(self, type_id: UUID) -> None:
        """Another kind of visit; its length follows unless a length was chosen, a found time is found anew."""
        kind = self.clinic.type(type_id)
        length = self.draft.length_minutes if self._own_length and self.entry is None else kind.length_minutes
        device_id = device_for(self.draft, self.opened, kind, self.clinic)
        self.draft = replace(self.draft, type_id=type_id, length_minutes=length, device_id=device_id)
        if self._keeps_time:
            self._follow()
        else:
            self.draft = replace(self.draft, practitioner_id=None)
            self._search()

    def set_length(self, minutes: int) -> None:
        """A length chosen by hand stays when the type changes."""
        self._own_length = True
        self.draft = replace(self.draft, length_minutes=minutes)
        if self._keeps_time:
            self._follow()
        else:
            self._search()

    def set_when(self, when: When) -> None:
        """A time chosen by hand is not looked for any more."""
        self.search.source = "given"
        if when.length != self.draft.length_minutes:
            self._own_length = True
        self.draft = replace(self.draft, day=when.day, minute=when.minute, length_minutes=when.length)
        if self.draft.practitioner_id is None:
            self.draft = with_somebody(self.draft, self.clinic, self.days.violations)
        self._follow()

    def set_practitioner(self, practitioner_id: UUID) -> None:
        """Another doctor: at another site if they work there that day; a found time is found anew."""
        self.draft = replace(self.draft, practitioner_id=practitioner_id)
        if not self._keeps_time:
            self._search()
            return
        site_id = site_for(self.clinic, practitioner_id, self.draft)
        if site_id != self.draft.site_id:
            self.draft = replace(self.draft, site_id=site_id, room_id=AUTOMATIC, device_id=AUTOMATIC)
        self._follow()

    def set_others(self, *, room_id: RoomChoice, device_id: RoomChoice, note: str, tell_patient: bool) -> None:
        """What no rule but the room's and the device's looks at."""
        self.draft = replace(self.draft, room_id=room_id, device_id=device_id, note=note, tell_patient=tell_patient)
        self.changed.emit()

    def take_place(self, place: Place) -> None:
        """Another place of the calendar for what is in the form; the visit stays, and its length if none was marked."""
        was, self.search.source = self.draft, "given"
        self._own_length = self._own_length or place.length_minutes is not None
        self.draft = replace(
            draft_at(was, place, self.clinic),
            type_id=was.type_id,
            practitioner_id=place.practitioner_id or was.practitioner_id,
            length_minutes=place.length_minutes or was.length_minutes,
            device_id=was.device_id if place.site_id == was.site_id else AUTOMATIC,
        )
        self._follow()

    def take_slot(self, slot: slots.FreeSlot, type_id: UUID) -> None:
        """A free time that was found for a visit, for whoever is in the form."""
        kind, self.search.source = self.clinic.type(type_id), "given"
        self.draft = replace(self.draft, type_id=kind.id, length_minutes=kind.length_minutes)
        self._put_slot(slot)

    @property
    def is_begun(self) -> bool:
        """Whether something is in it that would have to be put in again."""
        draft, opened = self.draft, self.opened
        if opened is None:
            return draft.patient is not None or bool(draft.note)
        return replace(draft, tell_patient=opened.tell_patient) != opened

    # --- its time ---

    @property
    def _keeps_time(self) -> bool:
        """Whether another visit, doctor or length leaves the time as it is: a person gave it, or agreed to it once."""
        return self.search.source == "given" or self.entry is not None

    def find_later(self) -> None:
        """Look for the next free time after the appointment that is changed: the same visit, doctor and length."""
        if self.entry is not None:
            later = max(self.clock(), self.entry.appointment.ends_at)
            self.search.start(search_for(self.draft, self.clinic, later), self.clinic)
            self.changed.emit()

    def _search(self) -> None:
        self.draft = replace(self.draft, day=None)
        from_at = self.clock()
        if self._from_day is not None:
            zone = self.clinic.site(self.draft.site_id).zone
            from_at = max(from_at, minute_to_instant(self._from_day, 0, zone))
        self.search.start(search_for(self.draft, self.clinic, from_at), self.clinic)
        self.changed.emit()

    def _put_slot(self, slot: slots.FreeSlot) -> None:
        there = self.clinic.site(slot.site_id).zone
        if self.draft.arrived and to_wall(slot.starts_at, there).date() != to_wall(self.clock(), there).date():
            # Nothing is free today, and she is here: at once, if what speaks against it is agreed to.
            now = to_wall(self.clock(), self.clinic.site(self.draft.site_id).zone)
            self.set_when(When(now.date(), (now.hour * 60 + now.minute) // 5 * 5, self.draft.length_minutes))
            return
        self.draft = draft_in(self.draft, slot, self.clinic)
        self._follow()

    @property
    def time_source(self) -> TimeSource:
        """Where the draft's time comes from."""
        return self.search.source

    # --- the day behind it ---

    def _follow(self) -> None:
        """Tell of the change, and read the draft's day if it is not at hand."""
        self.changed.emit()
        self.days.want(self.draft.day, self.clinic)

    @property
    def has_board(self) -> bool:
        """Whether the draft's day was read, so that the rules can be judged on what is booked."""
        return self.days.has(self.draft.day)

    def violations(self) -> tuple[Violation, ...]:
        """Return the rules the draft breaks as far as is known here; the service and the database decide."""
        was = self.entry.appointment if self.entry else None
        return self.days.violations(self.draft, self.clinic, was, self._update(frozenset()))

    # --- what it comes to ---

    def series_wish(self) -> MoveWish | None:
        """Return where a date of a series is to go, if others could go along with it."""
        draft, starts_at = self.draft, self.draft.starts_at(self.clinic)
        if self.entry is None or self.opened is None or draft.practitioner_id is None or starts_at is None:
            return None
        if draft.when == self.opened.when:
            starts_at = self.entry.appointment.starts_at
        wish = MoveWish(self.entry, draft.practitioner_id, draft.site_id, starts_at, draft.length_minutes)
        return wish if wish.may_take_others_along else None

    def besides(self) -> Update | None:
        """Return what is changed besides time and doctor; None if nothing is."""
        opened = self.opened
        if opened is None or self.entry is None:
            return None
        there = replace(
            self.draft,
            day=opened.day,
            minute=opened.minute,
            length_minutes=opened.length_minutes,
            practitioner_id=opened.practitioner_id,
        )
        return as_update(there, opened, self.entry.appointment, self.clinic, frozenset())

    def _update(self, overrule: frozenset[Rule]) -> Update | None:
        if self.entry is None or self.opened is None:
            return None
        return as_update(self.draft, self.opened, self.entry.appointment, self.clinic, overrule)

    def command(self, overrule: frozenset[Rule], beside: frozenset[UUID], hold_id: UUID | None) -> Writing | None:
        """Return what to send: the same as last time, ids and all, unless something else is asked; None: nothing."""
        fresh: Writing | None
        if self.entry is not None:
            fresh = self._update(overrule)
        else:
            fresh = as_book(self.draft, self.clinic, overrule, hold_id)
            if fresh is not None and self.walks_in:
                fresh = replace(fresh, arrived=True, tell_patient=False)
        if fresh is None:
            return None
        self._sent = with_ids_of(replace(fresh, beside=beside), self._sent)
        return self._sent
