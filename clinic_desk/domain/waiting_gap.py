"""Where a gap is: the free time of a practitioner around a time that became free, and what can be booked in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID

from clinic_desk.domain.agendas import Agenda
from clinic_desk.domain.availability import Availability, Wanted, free_starts, wanted_for
from clinic_desk.domain.limits import earliest_start
from clinic_desk.domain.waiting import Gap
from clinic_desk.domain.wall import local_day
from clinic_desk.domain.working_time import Interval, working_windows

_DAY = timedelta(days=1)


def gap_around(
    prepared: Availability, practitioner_id: UUID, site_id: UUID, freed: tuple[datetime, datetime], now: datetime
) -> Gap | None:
    """Return the longest free time of a practitioner that reaches into `freed` [from, to); None if none is left.

    It lies within her working time at the site, and not before `now`.
    """
    zone, now = prepared.clinic.site(site_id).zone, earliest_start(now)
    wanted = Interval(max(freed[0], now), freed[1])
    if wanted.starts_at >= wanted.ends_at:
        return None
    agenda = prepared.agenda(practitioner_id)
    free = [
        part
        for window in _windows(prepared, practitioner_id, site_id, local_day(wanted.starts_at, zone))
        for part in _parts(window, agenda, now)
        if part.overlaps(wanted)
    ]
    longest = max(free, key=lambda part: part.ends_at - part.starts_at, default=None)
    return None if longest is None else Gap(practitioner_id, site_id, zone, longest.starts_at, longest.ends_at)


def _windows(prepared: Availability, practitioner_id: UUID, site_id: UUID, day: date) -> list[Interval]:
    clinic = prepared.clinic
    windows = working_windows(
        clinic.working_hours, clinic.closures, clinic.sites, practitioner_id, day, overrides=clinic.date_overrides
    )
    return [window.interval for window in windows if window.site_id == site_id]


def _parts(window: Interval, agenda: Agenda, now: datetime) -> Iterable[Interval]:
    """Return what of a window is free from now on. A block for some types counts as free: the search knows for whom."""
    taken = sorted([*zip(*agenda.busy, strict=True), *zip(*agenda.off, strict=True)])
    begins = max(window.starts_at, now)
    for start, end in taken:
        at, until = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        if begins < at and begins < window.ends_at:
            yield Interval(begins, min(at, window.ends_at))
        begins = max(begins, until)
    if begins < window.ends_at:
        yield Interval(begins, window.ends_at)


def starts_in(prepared: Availability, gap: Gap, now: datetime) -> Callable[[UUID, int], Sequence[datetime]]:
    """Return what tells the starts in a gap for a type and length, by time: `best_for` asks it.

    Those of the offered grid, and the very beginning of the gap, so that what was free is used whole. Notice and
    horizon do not bind: who waits is called by staff.
    """
    clinic = prepared.clinic
    kinds = {kind.id: kind for kind in clinic.types}
    day = local_day(gap.starts_at, gap.zone)

    def offered(wanted: Wanted, step: int) -> set[datetime]:
        found = free_starts(prepared, wanted, day, day, now=now, step_minutes=step)
        return {slot.starts_at for slot in found if slot.ends_at <= gap.ends_at}

    @cache
    def starts(type_id: UUID, length_minutes: int) -> tuple[datetime, ...]:
        kind = kinds[type_id]
        only, at = [gap.practitioner_id], gap.site_id
        wanted = wanted_for(kind, only, clinic=clinic, length_minutes=length_minutes, site_id=at)
        wanted = replace(wanted, notice_minutes=0, horizon_days=None, not_before=gap.starts_at)
        begin = gap.starts_at + timedelta(minutes=kind.buffer_before_minutes)
        exact = {begin} & offered(wanted, 1) if begin > now else set()
        return tuple(sorted(offered(wanted, clinic.rules.step_minutes) | exact))

    return starts
