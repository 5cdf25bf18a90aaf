"""What an open booking form is about: its draft, where a time comes from, and what the rules say to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AUTOMATIC, Rule, Update
from clinic_desk.domain.records import AppointmentType, Clinic, DayBoard, Entry, Hold, Patient
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import calendar, slots
from clinic_desk.ui.booking.draft import Draft, Writing, as_book, as_update, draft_of, with_ids_of
from clinic_desk.ui.booking.judging import foreign_hold, judge_draft, site_for
from clinic_desk.ui.booking.when_text import When
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.tasks import Tasks

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.places import Place

TimeSource = Literal["given", "searching", "found", "none"]


class FormContent(QObject):
    """Holds no widget. Every change of the draft goes through here and is followed by `changed`."""

    changed = Signal()
    """The draft, or what can be said about it, is different."""
    search_failed = Signal(object)
    """A ClinicDeskError kept the next free time from being found."""

    def __init__(
        self, database: Database, tasks: Tasks, clinic: Clinic, clock: Callable[[], datetime], parent: QObject
    ) -> None:
        super().__init__(parent)
        self.clinic = clinic
        self._database = database
        self._tasks = tasks
        self.clock = clock
        self.home_site_id: UUID | None = None
        """Where the desk stands: the next free time is looked for there first. None: the first site."""
        self.draft = self._empty_draft()
        self.entry: Entry | None = None
        self.opened: Draft | None = None
        self.time_source: TimeSource = "given"
        self._own_length = False
        self._boards: dict[date, DayBoard] = {}
        self._sent: Writing | None = None

    # --- beginnings ---

    def begin_at(self, place: Place, patient: Patient | None) -> None:
        """A new booking at a place of the calendar."""
        self._begin("given")
        wall = to_wall(place.starts_at, self.clinic.site(place.site_id).zone)
        kind = self._kind_for(place.practitioner_id)
        self._own_length = place.length_minutes is not None
        self.draft = replace(
            self.draft,
            type_id=kind.id,
            practitioner_id=place.practitioner_id,
            site_id=place.site_id,
            day=wall.date(),
            minute=wall.hour * 60 + wall.minute,
            length_minutes=place.length_minutes or kind.length_minutes,
            room_id=place.room_id or AUTOMATIC,
            patient=patient,
        )
        if place.practitioner_id is None:
            self.draft = replace(self.draft, practitioner_id=self._somebody_for(kind))
        self._follow()

    def begin_anywhere(self, patient: Patient | None) -> None:
        """A new booking at the next free time for the type, with anybody who does it."""
        self._begin("searching")
        self.draft = replace(self.draft, patient=patient)
        self._search()

    def begin_at_slot(self, slot: slots.FreeSlot, type_id: UUID, patient: Patient | None) -> None:
        """A new booking at a free time that was found and chosen."""
        self._begin("given")
        kind = self.clinic.type(type_id)
        self.draft = replace(self.draft, type_id=kind.id, length_minutes=kind.length_minutes, patient=patient)
        self._put_slot(slot)
        self._follow()

    def begin_edit(self, entry: Entry) -> None:
        """A change of an appointment that exists."""
        self._begin("given")
        self.entry = entry
        self._own_length = True
        self.opened = self.draft = draft_of(entry.appointment, entry.patient, self.clinic)
        self._follow()

    def _begin(self, source: TimeSource) -> None:
        self.entry = self.opened = self._sent = None
        self._own_length = False
        self._boards = {}
        self.time_source = source
        self.draft = self._empty_draft()

    def _empty_draft(self) -> Draft:
        kind = self._kind_for(None)
        first = next((site.id for site in self.clinic.sites if site.active), self.clinic.sites[0].id)
        return Draft(
            type_id=kind.id,
            practitioner_id=None,
            site_id=self.home_site_id or first,
            day=None,
            minute=0,
            length_minutes=kind.length_minutes,
        )

    def _kind_for(self, practitioner_id: UUID | None) -> AppointmentType:
        """Return the first type this practitioner does (anybody, for None); if none, the first there is."""
        for kind in self.clinic.types:
            if kind.active and (practitioner_id in kind.practitioner_ids if practitioner_id else kind.practitioner_ids):
                return kind
        return self.clinic.types[0]

    def _somebody_for(self, kind: AppointmentType) -> UUID | None:
        """Return the first practitioner who does the type and could take the draft's time; else the first who does."""
        people = [one.id for one in self.clinic.practitioners if one.active and one.id in kind.practitioner_ids]
        free = (one for one in people if not self._judge(replace(self.draft, practitioner_id=one)))
        return next(free, people[0] if people else None)

    # --- what a person changes ---

    def set_patient(self, patient: Patient | None) -> None:
        """Put a patient in, or take the one there out."""
        self.draft = replace(self.draft, patient=patient)
        self._follow()

    def set_type(self, type_id: UUID) -> None:
        """Another kind of visit; its length follows unless a length was chosen, a found time is found anew."""
        kind = self.clinic.type(type_id)
        length = self.draft.length_minutes if self._own_length and self.entry is None else kind.length_minutes
        self.draft = replace(self.draft, type_id=type_id, length_minutes=length)
        if self.time_source == "given":
            self._follow()
        else:
            self.draft = replace(self.draft, practitioner_id=None)
            self._search()

    def set_length(self, minutes: int) -> None:
        """A length chosen by hand stays when the type changes."""
        self._own_length = True
        self.draft = replace(self.draft, length_minutes=minutes)
        if self.time_source == "given":
            self._follow()
        else:
            self._search()

    def set_when(self, when: When) -> None:
        """A time chosen by hand is not looked for any more."""
        self.time_source = "given"
        if when.length != self.draft.length_minutes:
            self._own_length = True
        self.draft = replace(self.draft, day=when.day, minute=when.minute, length_minutes=when.length)
        if self.draft.practitioner_id is None:
            self.draft = replace(self.draft, practitioner_id=self._somebody_for(self.clinic.type(self.draft.type_id)))
        self._follow()

    def set_practitioner(self, practitioner_id: UUID) -> None:
        """Another doctor: at another site if they work there that day; a found time is found anew."""
        self.draft = replace(self.draft, practitioner_id=practitioner_id)
        if self.time_source != "given":
            self._search()
            return
        site_id = site_for(self.clinic, practitioner_id, self.draft)
        room_id = self.draft.room_id if site_id == self.draft.site_id else AUTOMATIC
        self.draft = replace(self.draft, site_id=site_id, room_id=room_id)
        self._follow()

    def set_others(self, *, room_id: UUID | Literal["automatic"] | None, note: str, tell_patient: bool) -> None:
        """What no rule but the room's looks at."""
        self.draft = replace(self.draft, room_id=room_id, note=note, tell_patient=tell_patient)
        self.changed.emit()

    def choose_time_by_hand(self) -> None:
        """The time there is stays, and is not looked for any more."""
        if self.time_source != "given":
            self.time_source = "given" if self.draft.day else "none"

    # --- the next free time ---

    def _search(self) -> None:
        self.time_source = "searching"
        self.draft = replace(self.draft, day=None)
        self.changed.emit()
        database, clinic, draft, from_at = self._database, self.clinic, self.draft, self.clock()
        query = slots.SlotQuery(
            type_id=draft.type_id,
            from_at=from_at,
            practitioner_ids=None if draft.practitioner_id is None else frozenset({draft.practitioner_id}),
            site_id=self._search_site(),
            days=1,
            length_minutes=draft.length_minutes,
        )
        self._tasks.query(
            self,
            lambda: slots.next_free(database, query, clinic),
            self._found,
            self._not_found,
            key="next free",
            priority=Priority.URGENT,
        )

    def _search_site(self) -> UUID | None:
        """Return the home site if the type is done there; None (any site) if not, or if a doctor was chosen."""
        if self.draft.practitioner_id is not None:
            return None
        who = self.clinic.type(self.draft.type_id).practitioner_ids
        home = self.draft.site_id
        at_home = (row.site_id == home for row in self.clinic.working_hours if row.practitioner_id in who)
        return home if any(at_home) else None

    def search_again(self) -> None:
        """Look once more for a time that could not be looked for."""
        if self.time_source in ("searching", "none"):
            self._search()

    def _found(self, found: tuple[slots.FreeSlot, ...]) -> None:
        if self.time_source != "searching":
            return
        if not found:
            self.time_source = "none"
            self.changed.emit()
            return
        self.time_source = "found"
        self._put_slot(min(found, key=lambda slot: slot.starts_at))
        self._follow()

    def _not_found(self, error: ClinicDeskError) -> None:
        if self.time_source == "searching":
            self.time_source = "none"
            self.search_failed.emit(error)
            self.changed.emit()

    def _put_slot(self, slot: slots.FreeSlot) -> None:
        wall = to_wall(slot.starts_at, self.clinic.site(slot.site_id).zone)
        self.draft = replace(
            self.draft,
            practitioner_id=slot.practitioner_id,
            site_id=slot.site_id,
            day=wall.date(),
            minute=wall.hour * 60 + wall.minute,
            room_id=AUTOMATIC,
        )

    # --- the board behind it ---

    def _follow(self) -> None:
        """Tell of the change, and read the draft's day if it is not at hand."""
        day = self.draft.day
        self.changed.emit()
        if day is None or day in self._boards:
            return
        database, clinic = self._database, self.clinic
        self._tasks.query(
            self,
            lambda: calendar.load_day(database, day, clinic),
            self.show_board,
            lambda error: None,
            key="board",
            priority=Priority.URGENT,
        )

    def show_board(self, board: DayBoard) -> None:
        """Take a day as it stands now, read here or pushed by the calendar's store."""
        self._boards[board.day] = board
        if board.day == self.draft.day:
            self.changed.emit()

    @property
    def has_board(self) -> bool:
        """Whether the draft's day was read, so that the rules can be judged on what is booked."""
        return self.draft.day in self._boards

    def forget_boards(self) -> None:
        """What was read may be old: read it anew when it is needed."""
        self._boards = {}

    # --- what the rules say ---

    def violations(self) -> tuple[Violation, ...]:
        """Return the rules the draft breaks as far as is known here; the service and the database decide."""
        return self._judge(self.draft)

    def _judge(self, draft: Draft) -> tuple[Violation, ...]:
        board = self._boards.get(draft.day) if draft.day else None
        was = self.entry.appointment if self.entry else None
        update = self._update(frozenset()) if was is not None else None
        try:
            return judge_draft(draft, self.clinic, [board] if board else [], self.clock(), was=was, update=update)
        except KeyError:
            # A room, site or doctor that was removed meanwhile: the service says so when it is sent.
            return ()

    def foreign_hold(self, own: UUID | None) -> Hold | None:
        """Return another desk's hold on the draft's time, if there is one."""
        board = self._boards.get(self.draft.day) if self.draft.day else None
        return foreign_hold(self.draft, self.clinic, [board] if board else [], own)

    # --- what it comes to ---

    def _update(self, overrule: frozenset[Rule]) -> Update | None:
        if self.entry is None or self.opened is None:
            return None
        return as_update(self.draft, self.opened, self.entry.appointment, self.clinic, overrule)

    def command(self, overrule: frozenset[Rule], hold_id: UUID | None) -> Writing | None:
        """Return what to send: the same as last time, ids and all, unless something else is asked; None: nothing."""
        fresh: Writing | None
        if self.entry is not None:
            fresh = self._update(overrule)
        else:
            fresh = as_book(self.draft, self.clinic, overrule, hold_id)
        if fresh is None:
            return None
        self._sent = with_ids_of(fresh, self._sent)
        return self._sent

    def claim(self) -> tuple[UUID, datetime, datetime] | None:
        """Return whose time from when to when the form stands on; of a change only a new place."""
        interval, who = self.draft.interval(self.clinic), self.draft.practitioner_id
        if interval is None or who is None:
            return None
        if self.opened is not None and (self.opened.practitioner_id, self.opened.interval(self.clinic)) == (
            who,
            interval,
        ):
            return None
        return (who, *interval)
