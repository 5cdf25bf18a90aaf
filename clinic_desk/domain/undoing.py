"""What this desk did last and how it is taken back: an undo is an operation that names what it takes back. Pure.

A redo takes an undo back, so the same words serve both, and the chain from what was done first to how it stands now has
no branches. Nothing of another desk is overwritten: see `moved_on`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.merge import FIELDS, take, value_of
from clinic_desk.domain.patients_merge import Separated
from clinic_desk.domain.records import Appointment, AppointmentStatus, CancellationReason, Entry
from clinic_desk.errors import Refused

Mark = UUID | tuple[UUID, int]
"""One operation: its id, or a row's id and the version that the operation made of it."""

AT_MOST: Final = 50
"""So many changes can be taken back."""
TAKE_BACK: Final = "TakeBack"
UNDOABLE: Final = frozenset(
    {
        *("Book", "Update", "SetStatus", "Cancel", "Park", "Reinstate"),
        *(
            "BookSeries",
            "ChangeSeries",
            "CarryOut",
            "MarkNoShows",
            "TakeGap",
            "SetAgain",
            "StartOffers",
            "KeepWallTimes",
        ),
        *("MergePatients", "SeparatePatients", "TwoPeople", "MaybeOne"),
        *("SaveTimeOff", "SaveClosure", "SaveClosures", "SaveBlock"),
        *("Remove time_off", "Remove closure", "Remove block"),
    }
)
"""The commands that are offered to be taken back after the desk was started anew."""
OF_RECORDS: Final = frozenset({"MergePatients", "SeparatePatients", "TwoPeople", "MaybeOne"})
"""Those about two records: one made of two, two of one (what they moved goes with the records), or known to be two."""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Take an operation of this desk and person back: all of it or, but for the appointments `leaving`, the rest.

    `instead`: what its one appointment is to be, decided after a conflict, over the version that it carries. With
    `elsewhere` that is at a time that was chosen because its own was taken: rooms are found there, and she is told.
    `beside`: those whom it was agreed to be put beside.
    """

    mark: Mark
    leaving: frozenset[UUID] = frozenset()
    instead: Appointment | None = None
    elsewhere: bool = False
    beside: frozenset[UUID] = frozenset()
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What stands now; `entries` by start. `operation_id`: what is to be taken back to do it again.

    `separated`: two records again, and what of them stayed as it was.
    """

    entries: tuple[Entry, ...]
    operation_id: UUID
    separated: Separated | None = None


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why one appointment was not taken back. `left`: how the operation left it; `wanted`: that, taken back.

    `target`: what was to be written over the version that stands, which it carries.
    """

    left: Entry
    wanted: Appointment
    target: Appointment
    cause: Refused


class NotTakenBack(Refused):
    """Nothing was taken back: these stood in the way. `number`: of how many appointments."""

    def __init__(self, hindrances: tuple[Hindrance, ...], number: int) -> None:
        super().__init__(f"{len(hindrances)} of {number} appointments could not be taken back")
        self.hindrances = hindrances
        self.number = number


class NothingToTakeBack(Refused):
    """There is no such operation of this desk and person, or it was taken back already."""

    def __init__(self) -> None:
        super().__init__("no such operation of this desk, or it was taken back already")


# --- what is remembered -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deed:
    """One change of this desk, however many appointments it changed, for a list of what can be taken back.

    `before` (None: it was booked) and `after` are those of its only or first appointment; `after` None: it changed none
    (an absence alone, records). `number`: of appointments. `text`: what was told of it, if it was more than one change.
    `command`: what it was; after a restart there is no text. `names`: of the record that stays and the double, or of
    the absence. `group`: those of one group, one behind the other, are taken back in one go.
    """

    mark: Mark
    before: Entry | None = None
    after: Entry | None = None
    number: int = 1
    text: str = ""
    command: str = ""
    names: tuple[str, ...] = ()
    group: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """What can be taken back, and what was and can be done again; the newest last."""

    undo: tuple[Deed, ...] = ()
    redo: tuple[Deed, ...] = ()

    def did(self, deed: Deed) -> Ledger:
        """Remember a change; what was taken back before it is not done again."""
        return Ledger((*self.undo, deed)[-AT_MOST:])

    def took_back(self, mark: Mark, by: UUID) -> Ledger:
        """Remember that an operation took another one back: an undo, or of an undo its redo."""
        for deed in self.undo:
            if deed.mark == mark:
                return Ledger(_without(self.undo, mark), (*self.redo, replace(deed, mark=by)))
        for deed in self.redo:
            if deed.mark == mark:
                return Ledger((*self.undo, replace(deed, mark=by))[-AT_MOST:], _without(self.redo, mark))
        return self

    def without(self, mark: Mark) -> Ledger:
        """Forget a change: it cannot be taken back."""
        return Ledger(_without(self.undo, mark), _without(self.redo, mark))

    def __contains__(self, mark: object) -> bool:
        return any(deed.mark == mark for deed in (*self.undo, *self.redo))


def _without(deeds: tuple[Deed, ...], mark: Mark) -> tuple[Deed, ...]:
    return tuple(deed for deed in deeds if deed.mark != mark)


def ledger_of(operations: Iterable[tuple[Deed, UUID | None]]) -> Ledger:
    """Return the ledger of operations in the order they were made; with each, the one that it took back (None: none).

    One that took back what is not among them is passed over.
    """
    ledger = Ledger()
    for deed, taken_back in operations:
        if taken_back is None:
            ledger = ledger.did(deed)
        elif isinstance(deed.mark, UUID):
            ledger = ledger.took_back(taken_back, deed.mark)
    return ledger


# --- how an appointment is taken back ---------------------------------------------------------------------------------


def changed_fields(before: Appointment | None, after: Appointment) -> frozenset[str]:
    """Return those of `merge.FIELDS` that a change wrote; of a booking, its status alone."""
    if before is None:
        return frozenset({"status"})
    return frozenset(name for name in FIELDS if value_of(before, name) != value_of(after, name))


def moved_on(before: Appointment | None, after: Appointment, now: Appointment, *, by_others: bool) -> bool:
    """Whether taking a change back would cross what somebody else did since, which is to be shown first.

    `by_others`: another desk or person changed it since, whatever field. Own later changes of other fields stay as they
    are. What was changed and changed back is as if nothing had been.
    """
    if not by_others or not changed_fields(before, after):
        return False
    return any(value_of(now, name) != value_of(after, name) for name in FIELDS)


def taken_back(before: Appointment | None, after: Appointment, now: Appointment, *, knows: bool = False) -> Appointment:
    """Return how an appointment is to be once a change is taken back: what it wrote as before, the rest as now.

    `knows`: the patient was told of an appointment that was a mistake to book; it is cancelled then, so that she hears.
    """
    if before is None:
        gone = AppointmentStatus.CANCELLED if knows else AppointmentStatus.ENTERED_IN_ERROR
        reason = CancellationReason.SCHEDULING_ERROR if knows else None
        return replace(now, status=gone, cancellation_reason=reason)
    wanted = now
    written = changed_fields(before, after)
    for name in FIELDS:
        if name in written:
            wanted = take(wanted, before, name)
    if "when" in written and wanted.starts_at == before.starts_at and wanted.site_id == before.site_id:
        wanted = replace(wanted, wall_start=before.wall_start, zone=before.zone)
    if written & {"when", "patient", "status"}:
        wanted = replace(wanted, answer=before.answer)
    if written:
        wanted = replace(wanted, squeezed_in=before.squeezed_in, overruled=before.overruled)
    if written & {"status", "present"}:
        wanted = replace(wanted, present_room_id=before.present_room_id)
    if before.series_id != after.series_id and now.series_id == after.series_id:
        wanted = replace(wanted, series_id=before.series_id, series_day=before.series_day)
    if before.wall_start != after.wall_start and now.starts_at == after.starts_at == before.starts_at:
        wanted = replace(wanted, wall_start=before.wall_start, zone=before.zone)
    return wanted
