"""The demo clinic's ten weeks of appointments: days 60-90 % full, every status, and who changed each last and when."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from clinic_desk.domain.commands import Rule
from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    Block,
    CancellationReason,
    ParticipationStatus,
    Patient,
    Practitioner,
    RoomKind,
    TimeOff,
)
from clinic_desk.domain.wall import minute_to_instant, to_wall
from clinic_desk.domain.working_time import Interval, working_windows
from clinic_desk.services.demo.setup import STAFF, DemoSetup, made_id

_GRID: Final = timedelta(minutes=15)
_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
_REASONS: Final = (
    [CancellationReason.PATIENT] * 6
    + [CancellationReason.PATIENT_FEELS_BETTER] * 2
    + [CancellationReason.PROVIDER, CancellationReason.OTHER]
)


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One change: the status it gave, when, and who made it (a login and a desk)."""

    status: AppointmentStatus
    at: datetime
    by: str
    desk_id: UUID


@dataclass(frozen=True, slots=True)
class DemoAppointment:
    """An appointment with its story: when it was booked, and who changed it last (a login and a desk), and when.

    `steps`: all changes, the booking first; as many as its version says.
    """

    appointment: Appointment
    booked_at: datetime
    changed_at: datetime
    changed_by: str
    desk_id: UUID
    steps: tuple[DemoStep, ...] = ()


def demo_appointments(
    setup: DemoSetup, patients: Sequence[Patient], now: datetime, chance: random.Random
) -> tuple[DemoAppointment, ...]:
    """Return all appointments, squeezed-in ones last, so that what they stand beside is there before them."""
    writer = _Writer(setup, patients, now, chance)
    rows = [row for day in setup.days() for row in writer.day(day)]
    return tuple(sorted(rows, key=lambda row: row.appointment.squeezed_in))


@dataclass(slots=True)
class _Day:
    """What is taken while one day is being filled."""

    day: date
    patients: set[UUID] = field(default_factory=set)
    rooms: dict[UUID, list[Interval]] = field(default_factory=dict)


class _Writer:
    """Fills one day after the other; all its choices come from one chain of chance."""

    def __init__(self, setup: DemoSetup, patients: Sequence[Patient], now: datetime, chance: random.Random) -> None:
        self._setup = setup
        self._now = now
        self._chance = chance
        self._types = {kind.id: kind for kind in setup.clinic.types}
        by_age = {patient.id: _age(patient, setup.today) for patient in patients}
        self._seen_by = {
            who: [patient for patient in patients if by_age[patient.id] in ages] for who, ages in setup.ages.items()
        }
        self._waited = 0

    def day(self, day: date) -> Iterator[DemoAppointment]:
        """Return the appointments of one local day."""
        taken = _Day(day)
        for practitioner in self._setup.clinic.practitioners:
            windows = [
                window.interval
                for window in working_windows(
                    self._setup.clinic.working_hours,
                    self._setup.clinic.closures,
                    self._setup.clinic.sites,
                    practitioner.id,
                    day,
                    overrides=self._setup.clinic.date_overrides,
                )
            ]
            free = _without(windows, self._absences(practitioner))
            if free:
                placed = list(self._placed(practitioner, free, taken))
                yield from self._told(placed)
                yield from self._told(list(self._besides(practitioner, placed, windows, free, taken)))

    def _absences(self, practitioner: Practitioner) -> list[Interval]:
        rows: list[TimeOff | Block] = [*self._setup.time_off, *self._setup.blocks]
        return sorted(Interval(row.starts_at, row.ends_at) for row in rows if row.practitioner_id == practitioner.id)

    def _fill(self, day: date) -> float:
        """How full a practitioner's day becomes: busy until today and in the near weeks, emptier further on."""
        week = max(0, (day - self._setup.today).days // 7)
        return 0.87 - 0.022 * week + self._chance.uniform(-0.03, 0.02)

    def _placed(self, practitioner: Practitioner, free: list[Interval], taken: _Day) -> Iterator[Appointment]:
        """Walk along the grid and book what fits, as long as the day stays under how full it shall be."""
        fill = self._fill(taken.day)
        booked = elapsed = -self._chance.uniform(0, 40)
        reached = free[0].starts_at - _DAY
        for stretch in free:
            start = stretch.starts_at
            while start < stretch.ends_at:
                kind = self._kind(practitioner, start, stretch, reached)
                room_id = self._room(kind, practitioner, start, taken) if kind else None
                passed = elapsed + (start - stretch.starts_at) / _MINUTE
                if kind and booked + kind.length_minutes <= fill * (passed + kind.length_minutes):
                    row = self._row(practitioner, kind, start, taken, room_id)
                    if row is not None and not (kind.needs_room and room_id is None):
                        yield row
                        if row.status is AppointmentStatus.CANCELLED:
                            continue  # its time is given to somebody else
                        booked += kind.length_minutes * row.status.occupies_time
                        reached = row.footprint[1]
                        self._take_room(row, taken)
                start += _GRID
                while start < reached:
                    start += _GRID
            elapsed += (stretch.ends_at - stretch.starts_at) / _MINUTE

    def _kind(
        self, practitioner: Practitioner, start: datetime, stretch: Interval, reached: datetime
    ) -> AppointmentType | None:
        weights = self._setup.weights[practitioner.id]
        fitting = {
            kind: weights[kind.id]
            for kind in (self._types[type_id] for type_id in weights)
            if start + kind.length_minutes * _MINUTE <= stretch.ends_at
            and start - kind.buffer_before_minutes * _MINUTE >= reached
        }
        return self._chance.choices(list(fitting), list(fitting.values()))[0] if fitting else None

    def _room(self, kind: AppointmentType, practitioner: Practitioner, start: datetime, taken: _Day) -> UUID | None:
        if not kind.needs_room:
            return None
        footprint = _footprint(kind, start)
        blocked = {
            block.room_id
            for block in self._setup.blocks
            if block.room_id is not None and footprint.overlaps(Interval(block.starts_at, block.ends_at))
        }
        for room in self._setup.clinic.rooms:
            busy = any(interval.overlaps(footprint) for interval in taken.rooms.get(room.id, ()))
            here = room.site_id == self._setup.home[practitioner.id].id and room.kind is RoomKind.ROOM
            if here and not busy and room.id not in blocked:
                return room.id
        return None

    def _take_room(self, row: Appointment, taken: _Day) -> None:
        if row.room_id is not None:
            taken.rooms.setdefault(row.room_id, []).append(Interval(*row.footprint))

    def _row(
        self,
        practitioner: Practitioner,
        kind: AppointmentType,
        start: datetime,
        taken: _Day,
        room_id: UUID | None = None,
    ) -> Appointment | None:
        patient = self._patient(practitioner, taken)
        if patient is None:
            return None
        site = self._setup.home[practitioner.id]
        ends_at = start + kind.length_minutes * _MINUTE
        status = self._status(start, ends_at)
        return Appointment(
            id=UUID(int=0),
            patient_id=patient.id,
            practitioner_id=practitioner.id,
            site_id=site.id,
            type_id=kind.id,
            starts_at=start,
            ends_at=ends_at,
            wall_start=to_wall(start, site.zone),
            zone=site.zone,
            room_id=room_id,
            buffer_before_minutes=kind.buffer_before_minutes,
            buffer_after_minutes=kind.buffer_after_minutes,
            status=status,
            answer=self._answer(start, status),
            cancellation_reason=self._chance.choice(_REASONS) if status is AppointmentStatus.CANCELLED else None,
            note=self._chance.choice(self._setup.notes) if self._chance.random() < 0.12 else "",
        )

    def _patient(self, practitioner: Practitioner, taken: _Day) -> Patient | None:
        """Choose a patient who is nowhere else that day; today and tomorrow first those who are worth a look."""
        pool = self._seen_by[practitioner.id]
        featured = 30 if taken.day in {self._setup.today, self._setup.today + _DAY} else 0
        if featured and self._chance.random() < 0.3:
            shown = [patient for patient in pool[:featured] if patient.id not in taken.patients]
            pool = shown or pool
        for _ in range(20):
            patient = self._chance.choice(pool)
            if patient.id not in taken.patients:
                taken.patients.add(patient.id)
                return patient
        return None

    def _status(self, starts_at: datetime, ends_at: datetime) -> AppointmentStatus:
        """Choose a status that fits the hour: what is over is done, what is under way in the room, and so on."""
        luck = self._chance.random()
        if luck < 0.05:
            return AppointmentStatus.CANCELLED
        if ends_at <= self._now:
            return AppointmentStatus.NOSHOW if luck < 0.08 else AppointmentStatus.FULFILLED
        if starts_at <= self._now:
            return AppointmentStatus.CHECKED_IN if luck < 0.8 else AppointmentStatus.ARRIVED
        if starts_at <= self._now + timedelta(minutes=30):
            return AppointmentStatus.ARRIVED if luck < 0.6 else AppointmentStatus.BOOKED
        return AppointmentStatus.BOOKED

    def _answer(self, starts_at: datetime, status: AppointmentStatus) -> ParticipationStatus:
        soon = starts_at < self._now + timedelta(days=2)
        if self._chance.random() < (0.55 if soon else 0.12):
            return ParticipationStatus.ACCEPTED
        if status is AppointmentStatus.CANCELLED and self._chance.random() < 0.4:
            return ParticipationStatus.DECLINED
        return ParticipationStatus.NEEDS_ACTION

    def _besides(
        self,
        practitioner: Practitioner,
        placed: list[Appointment],
        windows: list[Interval],
        free: list[Interval],
        taken: _Day,
    ) -> Iterator[Appointment]:
        """What does not fit in: a squeeze-in, a visit after hours, a mistake, and a wish for the waiting list."""
        standing = [row for row in placed if row.status.occupies_time and row.length <= _GRID * 2]
        simple = [self._types[key] for key in self._setup.weights[practitioner.id] if not self._types[key].needs_room]
        short = min(simple, key=lambda kind: (kind.length_minutes, kind.position), default=None)
        if short is None or not standing:
            return
        if self._chance.random() < 0.28:
            yield from self._squeezed(practitioner, short, self._chance.choice(standing), free, taken)
        last = max(row.footprint[1] for row in placed)
        closes = windows[-1].ends_at
        after_hours = max(closes, last + short.buffer_before_minutes * _MINUTE)
        if (
            self._chance.random() < 0.06
            and free[-1].ends_at == closes
            and after_hours - closes <= timedelta(minutes=10)
        ):
            row = self._row(practitioner, short, after_hours, taken)
            if row is not None:
                yield replace(row, overruled=frozenset({Rule.OUTSIDE_HOURS.value}))
        for status, odds in ((AppointmentStatus.ENTERED_IN_ERROR, 0.012), (AppointmentStatus.WAITLIST, 0.05)):
            waits = status is AppointmentStatus.WAITLIST
            if (not waits or self._may_wait(taken.day)) and self._chance.random() < odds:
                row = self._row(practitioner, short, self._chance.choice(standing).starts_at, taken)
                if row is not None:
                    self._waited += waits
                    needs_action = ParticipationStatus.NEEDS_ACTION
                    yield replace(row, status=status, cancellation_reason=None, answer=needs_action)

    def _may_wait(self, day: date) -> bool:
        return timedelta() < day - self._setup.today <= timedelta(days=14) and self._waited < 3

    def _squeezed(
        self,
        practitioner: Practitioner,
        kind: AppointmentType,
        beside: Appointment,
        free: list[Interval],
        taken: _Day,
    ) -> Iterator[Appointment]:
        start = beside.starts_at + self._chance.choice((0, 5, 10)) * _MINUTE
        visit = Interval(start, start + kind.length_minutes * _MINUTE)
        row = self._row(practitioner, kind, start, taken)
        if row is not None and row.status.occupies_time and any(stretch.contains(visit) for stretch in free):
            yield replace(row, squeezed_in=True, overruled=frozenset({Rule.SLOT_TAKEN.value}))

    def _told(self, rows: list[Appointment]) -> Iterator[DemoAppointment]:
        """Give each appointment its story and, by when it was booked, its id."""
        for row in rows:
            booked_at = self._booked_at(row)
            login = self._chance.choice(list(STAFF))
            yield DemoAppointment(
                appointment=replace(row, id=made_id(self._chance, booked_at)),
                booked_at=booked_at,
                changed_at=self._changed_at(row, booked_at),
                changed_by=login,
                desk_id=self._setup.desks[list(STAFF).index(login)].id,
            )

    def _booked_at(self, row: Appointment) -> datetime:
        """Some call today, most some days or weeks before; always before now and before the visit, in office hours."""
        before = min(row.starts_at, self._now)
        if row.squeezed_in:
            return by_day(before - timedelta(minutes=self._chance.randint(40, 600)), row.zone)
        low, high = self._chance.choices(((0, 1), (2, 14), (15, 40)), (20, 55, 25))[0]
        ahead = row.starts_at - self._chance.randint(low, high) * _DAY
        if ahead > before:
            ahead = before - self._chance.randint(0, 24) * _DAY
        day = to_wall(ahead, row.zone).date()
        booked_at = minute_to_instant(day, self._chance.randint(8 * 60, 17 * 60), row.zone)
        while booked_at >= before - timedelta(minutes=30):
            booked_at -= self._chance.randint(1, 10) * _DAY
        return booked_at

    def _changed_at(self, row: Appointment, booked_at: datetime) -> datetime:
        """When the last change fits its status: done at the end, in the room at the start, arrived a little before."""
        latest = min(self._now, row.starts_at)
        if row.status is AppointmentStatus.FULFILLED:
            return row.ends_at
        if row.status is AppointmentStatus.NOSHOW:
            return min(self._now, row.starts_at + timedelta(minutes=15))
        if row.status is AppointmentStatus.CHECKED_IN:
            return min(self._now, row.starts_at + self._chance.randint(0, 4) * _MINUTE)
        if row.status is AppointmentStatus.ARRIVED:
            return max(booked_at, latest - self._chance.randint(1, 22) * _MINUTE)
        if row.status is AppointmentStatus.CANCELLED:
            return booked_at + (latest - booked_at) * self._chance.uniform(0.1, 0.95)
        return booked_at


def by_day(instant: datetime, zone: str) -> datetime:
    """Return a time at which somebody is at the desk: what falls into the night was booked the day before."""
    hour = to_wall(instant, zone).hour
    return instant - timedelta(hours=14 if hour < 8 else 8 if hour >= 18 else 0)


def _footprint(kind: AppointmentType, start: datetime) -> Interval:
    return Interval(
        start - kind.buffer_before_minutes * _MINUTE,
        start + (kind.length_minutes + kind.buffer_after_minutes) * _MINUTE,
    )


def _age(patient: Patient, today: date) -> int:
    return (today - patient.birth_date).days // 365 if patient.birth_date else 45


def _without(windows: Sequence[Interval], absences: Sequence[Interval]) -> list[Interval]:
    """Return what is left of sorted windows when sorted absences are taken out."""
    out: list[Interval] = []
    for window in windows:
        reached = window.starts_at
        for absence in absences:
            if absence.overlaps(window):
                if absence.starts_at > reached:
                    out.append(Interval(reached, absence.starts_at))
                reached = max(reached, absence.ends_at)
        if reached < window.ends_at:
            out.append(Interval(reached, window.ends_at))
    return out
