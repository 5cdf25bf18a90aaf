"""Doctor away: whom time off or a closure hits, a new time for each that clashes with no other, and the plan of it all.

Pure: records in, proposals out. `proposals` knows nothing of a database; what it offers breaks no rule, so that the
service that carries a plan out finds nothing against it unless another desk was quicker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import ceil, floor
from uuid import UUID

from clinic_desk.domain.agendas import Agenda, Occupied, agendas_of, occupied
from clinic_desk.domain.availability import Availability, FreeSlot, Wanted, free_starts, next_free, prepare, wanted_for
from clinic_desk.domain.commands import Park, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    Block,
    Clinic,
    Closure,
    Entry,
    Room,
    RoomKind,
    TimeOff,
)
from clinic_desk.domain.resources import serves
from clinic_desk.domain.setup import SaveClosure, SaveClosures, SaveTimeOff
from clinic_desk.domain.wall import day_bounds, local_day, to_wall
from clinic_desk.errors import Refused

Absence = TimeOff | Closure
Single = SaveTimeOff | SaveClosure
Saving = Single | SaveClosures
Step = Update | Park

_MINE = 2
"""So many days with the patient's own doctor are offered."""
_OTHERS = 3
"""So many other doctors are offered."""
_DAYS_TRIED = 5
"""So many days with an opening are looked at: on some of them the patient may be busy."""


@dataclass(frozen=True, slots=True)
class Away:
    """From when to when a practitioner is away, or a site is closed: exactly one of the two ids is set.

    `parts`: the spans [from, to) that are meant if it is not all of it, as with the public holidays of a year.
    """

    starts_at: datetime
    ends_at: datetime
    practitioner_id: UUID | None = None
    site_id: UUID | None = None
    parts: tuple[tuple[datetime, datetime], ...] = ()

    @property
    def spans(self) -> tuple[tuple[datetime, datetime], ...]:
        """Every [from, to) in which nobody can be seen."""
        return self.parts or ((self.starts_at, self.ends_at),)

    def hits(self, row: Appointment, now: datetime) -> bool:
        """Whether somebody is booked then who is still to come: whoever is here already is seen to."""
        return (
            row.status is AppointmentStatus.BOOKED
            and row.ends_at > now
            and any(row.starts_at < end and begin < row.ends_at for begin, end in self.spans)
            and self.practitioner_id in {None, row.practitioner_id}
            and self.site_id in {None, row.site_id}
        )


def away_of(save: Saving, clinic: Clinic) -> Away:
    """Return when it is that nobody can be seen. KeyError for a site that the clinic has not.

    Several closures are of one site (ValueError otherwise), and at least one.
    """
    if isinstance(save, SaveTimeOff):
        return Away(save.starts_at, save.ends_at, practitioner_id=save.practitioner_id)
    closures = closures_of(save)
    (site_id,) = {row.site_id for row in closures}
    zone = clinic.site(site_id).zone
    spans = [(day_bounds(row.first_day, zone)[0], day_bounds(row.last_day, zone)[1]) for row in closures]
    parts = tuple(sorted(spans)) if len(spans) > 1 else ()
    return Away(min(spans)[0], max(end for _, end in spans), site_id=site_id, parts=parts)


def kept_away(away: Away, clinic: Clinic) -> frozenset[UUID]:
    """Return the practitioners whom it keeps: who is away, or all who work at the site, if only on a date in it."""
    if away.practitioner_id is not None:
        return frozenset({away.practitioner_id})
    weekly = {row.practitioner_id for row in clinic.working_hours if row.site_id == away.site_id}
    zone = next((site.zone for site in clinic.sites if site.id == away.site_id), "UTC")
    inside = timedelta(microseconds=1)  # a night may reach in from the day before
    first, last = local_day(away.starts_at - inside, zone), local_day(away.ends_at - inside, zone)
    dates = (row for row in clinic.date_overrides if row.site_id == away.site_id and first <= row.day <= last)
    return frozenset(weekly | {row.practitioner_id for row in dates if row.start_minute is not None})


def closures_of(save: SaveClosure | SaveClosures) -> tuple[SaveClosure, ...]:
    """Return the closures that are saved, each by itself."""
    if isinstance(save, SaveClosure):
        return (save,)
    return tuple(
        SaveClosure(row.site_id, row.first_day, row.last_day, row.name, row.id, row.version) for row in save.closures
    )


def singles_of(save: Saving | None) -> tuple[Single, ...]:
    """Return what is saved, row by row."""
    if save is None:
        return ()
    return (save,) if isinstance(save, SaveTimeOff) else closures_of(save)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One booked patient who is hit, and the free times instead, the best first; none if none was found."""

    entry: Entry
    offers: tuple[FreeSlot, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around those who are hit: `taken` and `visits` without them, absences with the one that is to come.

    `visits`: of each patient who is hit, [from, to) of what she is booked for beside. Offers end with `last_day`.
    """

    clinic: Clinic
    taken: tuple[Occupied, ...]
    time_off: tuple[TimeOff, ...]
    blocks: tuple[Block, ...]
    visits: Mapping[UUID, tuple[tuple[datetime, datetime], ...]]
    now: datetime
    last_day: date

    def without(self, away: Away) -> Around:
        """Return the same with nobody to be seen then, whether that is stored already or not."""
        if away.practitioner_id is not None:
            off = tuple(TimeOff(new_id(), away.practitioner_id, begin, end) for begin, end in away.spans)
            return replace(self, time_off=(*self.time_off, *off))
        assert away.site_id is not None
        zone = self.clinic.site(away.site_id).zone
        closures = tuple(
            Closure(new_id(), away.site_id, local_day(begin, zone), local_day(end - timedelta(microseconds=1), zone))
            for begin, end in away.spans
        )
        return replace(self, clinic=replace(self.clinic, closures=(*self.clinic.closures, *closures)))


def proposals(
    entries: Iterable[Entry], around: Around, kept: Mapping[UUID, FreeSlot] | None = None
) -> tuple[Proposal, ...]:
    """Return free times for each, by start: no two first offers, and no offer and a first one, are in each other's way.

    `kept`: times that were chosen already, by appointment; they stay the first offers. Their own doctor comes first
    (the next days she has time, near the time of day it was), then others who do it, the nearest to the old time
    first; all at the same site. Nobody is offered what another who is hit still holds: she may be left there, and so
    it is all the same in which order they are moved.
    """
    kept = kept or {}
    hit = sorted(entries, key=lambda entry: (entry.appointment.starts_at, entry.id))
    plan = _Plan(around, hit)
    for entry in hit:
        if entry.id in kept:
            plan.promise(entry.appointment, kept[entry.id])
    firsts: dict[UUID, tuple[FreeSlot, ...]] = {}
    for entry in hit:
        if entry.id not in kept:
            firsts[entry.id] = plan.offers(entry.appointment)[:1]
            for slot in firsts[entry.id]:
                plan.promise(entry.appointment, slot)
    found = []
    for entry in hit:
        first = (kept[entry.id],) if entry.id in kept else firsts[entry.id]
        found.append(Proposal(entry, tuple(dict.fromkeys((*first, *plan.offers(entry.appointment))))))
    return tuple(found)


def meet(row: Appointment, slot: FreeSlot, other: Appointment, its_slot: FreeSlot) -> bool:
    """Whether two times are in each other's way: one doctor, room or device for both footprints, or one patient."""
    if row.patient_id == other.patient_id and slot.starts_at < its_slot.ends_at and its_slot.starts_at < slot.ends_at:
        return True
    mine, its = _footprint(row, slot), _footprint(other, its_slot)
    if not (mine[0] < its[1] and its[0] < mine[1]):
        return False
    return not _resources(slot).isdisjoint(_resources(its_slot))


def step_to(row: Appointment, slot: FreeSlot, *, tell: bool) -> Update:
    """Return the change that moves an appointment there, into the very room and to the device that were found free."""
    return Update(
        row.id,
        row.version,
        starts_at=slot.starts_at,
        practitioner_id=slot.practitioner_id,
        site_id=slot.site_id,
        room_id=slot.room_id,
        device_id=slot.device_id,
        tell_patient=tell,
    )


class _Plan:
    """Free time with what is promised already taken out of it."""

    def __init__(self, around: Around, hit: Iterable[Entry]) -> None:
        rows = [entry.appointment for entry in hit]
        taken = (*around.taken, *occupied(rows))
        self._around = around
        self._availability = prepare(around.clinic, taken, around.time_off, around.blocks)
        self._taken: dict[UUID, list[Occupied]] = {}
        for one in taken:
            self._taken.setdefault(one.resource_id, []).append(one)
        self._promised: dict[UUID, tuple[FreeSlot | None, list[Occupied]]] = {}
        self._visits = {patient: list(visits) for patient, visits in around.visits.items()}
        for row in rows:
            self._visits.setdefault(row.patient_id, []).append((row.starts_at, row.ends_at))

    def promise(self, row: Appointment, slot: FreeSlot) -> None:
        """Take a time out of what is free, for the doctor, the room, the device and the patient."""
        begin, end = _footprint(row, slot)
        promised = [Occupied(key, floor(begin.timestamp()), ceil(end.timestamp())) for key in _resources(slot)]
        for one in promised:
            self._taken.setdefault(one.resource_id, []).append(one)
        self._availability = self._with(_resources(slot))
        self._visits[row.patient_id].append((slot.starts_at, slot.ends_at))
        self._promised[row.id] = slot, promised

    def _with(self, keys: Iterable[UUID], leaving: Sequence[Occupied] = ()) -> Availability:
        """Return what is free with the agendas of some doctors and rooms made anew, without what is left."""
        around, agendas = self._around, dict(self._availability.agendas)
        for key in keys:
            taken = list(self._taken[key])
            for one in leaving:
                if one in taken:
                    taken.remove(one)
            agendas[key] = agendas_of(
                taken,
                (row for row in around.time_off if row.practitioner_id == key),
                (row for row in around.blocks if key in {row.practitioner_id, row.room_id}),
                {room.id: room.capacity for room in around.clinic.rooms if room.id == key and room.capacity > 1},
            ).get(key, Agenda())
        return replace(self._availability, agendas=agendas)

    def offers(self, row: Appointment) -> tuple[FreeSlot, ...]:
        """Return the times to offer instead of an appointment, the best first."""
        slot, own = self._promised.get(row.id, (None, []))
        own = [*own, *occupied([row])]
        busy = list(self._visits[row.patient_id])
        busy.remove((row.starts_at, row.ends_at))
        if slot is not None:
            busy.remove((slot.starts_at, slot.ends_at))
        look = _Look(self._around, self._with((one.resource_id for one in own), own), row, busy)
        return look.offers()


@dataclass(frozen=True, slots=True)
class _Look:
    """The search for one who is hit: what is free to her, and when she is busy herself."""

    around: Around
    availability: Availability
    row: Appointment
    busy: Sequence[tuple[datetime, datetime]]

    def offers(self) -> tuple[FreeSlot, ...]:
        """Return her own doctor's times of two days and the nearest of others, the best of each first."""
        wanted, doctor = _wanted(self.row, self.around.clinic), self.row.practitioner_id
        mine = replace(wanted, practitioner_ids=tuple(one for one in wanted.practitioner_ids if one == doctor))
        other = replace(wanted, practitioner_ids=tuple(one for one in wanted.practitioner_ids if one != doctor))
        own = [slots[0] for slots in self._days(mine) if slots][:_MINE]
        others = next((slots for slots in self._days(other) if slots), [])
        firsts = {slot.practitioner_id: slot for slot in reversed(others)}
        near = sorted(firsts.values(), key=lambda slot: abs(slot.starts_at - self.row.starts_at))[:_OTHERS]
        return (*own[:1], *near[:1], *own[1:], *near[1:])

    def _days(self, wanted: Wanted) -> Iterator[list[FreeSlot]]:
        """Return the starts of each of the first days with an opening, those near the old time of day first."""
        around, row = self.around, self.row
        if not wanted.practitioner_ids:
            return
        zone, step = around.clinic.site(row.site_id).zone, around.clinic.rules.step_minutes
        first = local_day(max(row.starts_at, around.now), zone)
        openings = next_free(
            self.availability, wanted, first, around.last_day, now=around.now, step_minutes=step, days=_DAYS_TRIED
        )
        for day in [local_day(slot.starts_at, zone) for slot in openings]:
            found = free_starts(self.availability, wanted, day, day, now=around.now, step_minutes=step)
            yield sorted((slot for slot in found if self._is_free(slot)), key=self._minutes_away)

    def _is_free(self, slot: FreeSlot) -> bool:
        return all(slot.ends_at <= begin or end <= slot.starts_at for begin, end in self.busy)

    def _minutes_away(self, slot: FreeSlot) -> int:
        was, wall = self.row.wall_start, to_wall(slot.starts_at, self.row.zone)
        return abs((wall.hour - was.hour) * 60 + wall.minute - was.minute)


def _wanted(row: Appointment, clinic: Clinic) -> Wanted:
    """Return what an appointment needs wherever it is put: as long, with its own buffers, in the room it was given."""
    kind = clinic.type(row.type_id)
    minutes = int(row.length.total_seconds()) // 60
    wanted = wanted_for(kind, clinic=clinic, length_minutes=minutes, site_id=row.site_id)
    named = {room.id for room in clinic.rooms if room.id in kind.room_ids and _needs(kind, room)}
    chosen = {room.id for room in clinic.rooms if room.id in {row.room_id, row.device_id} and not _needs(kind, room)}
    chosen = {room.id for room in clinic.rooms if room.id in chosen and serves(clinic, room, kind.room_ids)}
    return replace(
        wanted,
        buffer_before_minutes=row.buffer_before_minutes,
        buffer_after_minutes=row.buffer_after_minutes,
        needs_room=kind.needs_room or row.room_id in chosen,
        needs_device=kind.needs_device or row.device_id in chosen,
        room_ids=frozenset(named | chosen),
    )


def _needs(kind: AppointmentType, room: Room) -> bool:
    return kind.needs_room if room.kind is RoomKind.ROOM else kind.needs_device


def _footprint(row: Appointment, slot: FreeSlot) -> tuple[datetime, datetime]:
    before, after = timedelta(minutes=row.buffer_before_minutes), timedelta(minutes=row.buffer_after_minutes)
    return slot.starts_at - before, slot.ends_at + after


def _resources(slot: FreeSlot) -> frozenset[UUID]:
    return frozenset(key for key in (slot.practitioner_id, slot.room_id, slot.device_id) if key is not None)


# --- carrying out -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Save an absence and change those whom it hits, all or nothing; the operation ids within it are not used.

    `save` None: nothing is to be saved, or it stands already. `left`: those seen who stay where they are.
    """

    away: Away
    save: Saving | None
    steps: tuple[Step, ...]
    left: frozenset[UUID] = frozenset()
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What stands: the entries that were changed, by start, and the absences that were saved."""

    entries: tuple[Entry, ...]
    absences: tuple[Absence, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """One patient whose change was refused, and why."""

    appointment_id: UUID
    cause: Refused


class AwayRefused(Refused):
    """Nothing was done: these changes were refused, and these patients were booked then since the plan was made."""

    def __init__(self, troubles: tuple[Trouble, ...], came: tuple[Entry, ...] = ()) -> None:
        super().__init__(f"{len(troubles)} changes were refused, {len(came)} appointments are new")
        self.troubles = troubles
        self.came = came
