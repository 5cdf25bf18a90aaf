"""The way of a patient through the house: who is in it, who waits too long, what the step before was. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Appointment, AppointmentType, Clinic, Entry
from clinic_desk.domain.records import AppointmentStatus as Status
from clinic_desk.domain.wall import local_day

IN_THE_HOUSE: Final = frozenset({Status.ARRIVED, Status.CHECKED_IN})
_STILL_HERE: Final = timedelta(hours=12)
"""Who came so short a time ago is in the house past midnight too; who came before was forgotten at the desk."""

_EARLY: Final = timedelta(hours=4)
"""Nobody sits in the waiting room for longer before a visit past midnight."""
_A_LITTLE_LATER: Final = timedelta(minutes=10)
_A_DAY_OR_SO: Final = timedelta(hours=26)


def is_in_the_house(entry: Entry, now: datetime) -> bool:
    """Whether the patient came today (in the zone of her appointment) or a short time ago, and is not done."""
    if entry.appointment.status not in IN_THE_HOUSE or entry.arrived_at is None:
        return False
    zone = entry.appointment.zone
    return local_day(entry.arrived_at, zone) == local_day(now, zone) or now - entry.arrived_at < _STILL_HERE


def in_the_house(entries: Iterable[Entry], now: datetime, site_id: UUID | None = None) -> tuple[Entry, ...]:
    """Return who is in the house, of one site or of all (None), in the order in which they came."""
    found = {
        entry.id: entry
        for entry in entries
        if is_in_the_house(entry, now) and site_id in {None, entry.appointment.site_id}
    }
    return tuple(sorted(found.values(), key=lambda entry: (entry.arrived_at or now, entry.appointment.starts_at)))


def never_arrived(entries: Iterable[Entry], now: datetime, site_id: UUID | None = None) -> tuple[Entry, ...]:
    """Return those whose time is over and who are still only booked, by start; of one site or of all (None)."""
    found = (
        entry
        for entry in entries
        if entry.appointment.status is Status.BOOKED
        and entry.appointment.ends_at <= now
        and site_id in {None, entry.appointment.site_id}
    )
    return tuple(sorted(found, key=lambda entry: (entry.appointment.starts_at, entry.id)))


def day_is_over(entries: Iterable[Entry], now: datetime, site_id: UUID | None = None) -> bool:
    """Whether there were visits today, and the last of them ended some minutes ago; of one site or of all (None)."""
    rows = [
        entry.appointment
        for entry in entries
        if entry.appointment.status.occupies_time
        and site_id in {None, entry.appointment.site_id}
        and abs(entry.appointment.starts_at - now) < _A_DAY_OR_SO  # days of a zone are looked up for few
    ]
    ended = [row.ends_at + _A_LITTLE_LATER <= now for row in rows]
    if any(_is_today(row, now) for row, is_over in zip(rows, ended, strict=True) if not is_over):
        return False
    return any(_is_today(row, now) for row, is_over in zip(rows, ended, strict=True) if is_over)


def _is_today(row: Appointment, now: datetime) -> bool:
    return local_day(row.starts_at, row.zone) == local_day(now, row.zone)


@dataclass(frozen=True, slots=True)
class MarkNoShows:
    """Mark appointments as not come to, as one change; `marks`: (appointment, version seen)."""

    marks: tuple[tuple[UUID, int], ...]
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Marked:
    """What became of it: those that were changed, by start, and those that were left, as they stand now."""

    entries: tuple[Entry, ...]
    left: tuple[Entry, ...] = ()


def minutes_since(since: datetime | None, now: datetime) -> int:
    """Return the whole minutes that have passed; 0 if none have."""
    return 0 if since is None else max(0, int((now - since).total_seconds() // 60))


def waits_too_long(entry: Entry, kind: AppointmentType, now: datetime) -> bool:
    """Whether a patient who waits has done so for longer than the kind of visit allows."""
    limit = kind.waiting_limit_minutes
    if entry.appointment.status is not Status.ARRIVED or not limit:
        return False
    return minutes_since(entry.arrived_at, now) >= limit


def step_before(entry: Entry) -> Status | None:
    """Return the status that one step back leads to; None where there is none.

    Steps that were left out are not gone through: who went straight into the room was booked before.
    """
    status = entry.appointment.status
    if status in {Status.ARRIVED, Status.NOSHOW}:
        return Status.BOOKED
    if status is Status.CHECKED_IN:
        straight = entry.arrived_at == entry.in_room_at
        return Status.BOOKED if straight else Status.ARRIVED
    if status is not Status.FULFILLED:
        return None
    if entry.in_room_at is not None:
        return Status.CHECKED_IN
    return Status.BOOKED if entry.arrived_at is None else Status.ARRIVED


def room_of(entry: Entry) -> UUID | None:
    """Return the room the patient is in, or is to be in."""
    return entry.appointment.present_room_id or entry.appointment.room_id


def house_days(clinic: Clinic, now: datetime) -> tuple[date, ...]:
    """Return the local days whose appointments may be of somebody in the house: yesterday to some hours from now."""
    zones = [site.zone for site in clinic.sites] or ["UTC"]
    yesterdays = {local_day(now, zone) - timedelta(days=1) for zone in zones}
    days = yesterdays | {local_day(at, zone) for zone in zones for at in (now, now + _EARLY)}
    return tuple(sorted(days))
