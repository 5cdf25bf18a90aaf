"""Finds what a name or an id on the command line means; says which field is wrong and what would do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Final, Literal, Protocol, TypeVar
from uuid import UUID

from clinic_desk.commandline.usage import Usage
from clinic_desk.domain.commands import AUTOMATIC
from clinic_desk.domain.folding import fold
from clinic_desk.domain.records import AppointmentType, Clinic, Practitioner, RoomKind, Site
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.typed_dates import parse_typed_date
from clinic_desk.domain.wall import local_day, to_instant
from clinic_desk.domain.working_time import working_windows

_YEARS: Final = range(1970, 2200)
_LISTED: Final = 20


class _Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


_Row = TypeVar("_Row", bound=_Named)


def named(field: str, rows: Iterable[_Row], text: str) -> _Row:
    """Return the one row whose id or name is meant: the whole name, else a part of it that only one has.

    Raises NotFound for an id nobody has, Usage with the candidates for a name that finds none or several.
    """
    rows = tuple(rows)
    found = [row for row in rows if row.name == text] or _by_folded_name(rows, text)
    wanted = as_id(text)
    if wanted is not None and not found:
        found = [row for row in rows if row.id == wanted]
        if not found:
            raise NotFound(what=field)
    if len(found) == 1:
        return found[0]
    if not rows:
        raise Usage(field=field, expected="one that exists: none is set up yet")
    expected = f"one of these {len(found)}" if found else "an id, or (part of) the name of one of these"
    candidates = [{"id": str(row.id), "name": row.name} for row in (found or rows)[:_LISTED]]
    raise Usage(field=field, expected=f"{expected}, got {text!r}", candidates=candidates)


def _by_folded_name(rows: Iterable[_Row], text: str) -> list[_Row]:
    wanted = fold(text).strip()
    exact = [row for row in rows if fold(row.name) == wanted]
    return exact or [row for row in rows if wanted and wanted in fold(row.name)]


def as_id(text: str) -> UUID | None:
    """Return the id that a text is, None if it is something else."""
    try:
        return UUID(text)
    except ValueError:
        return None


def practitioner(clinic: Clinic, text: str) -> Practitioner:
    """Return the practitioner meant."""
    return named("practitioner", clinic.practitioners, text)


def visit_type(clinic: Clinic, text: str) -> AppointmentType:
    """Return the appointment type meant."""
    return named("type", clinic.types, text)


def site(clinic: Clinic, text: str) -> Site:
    """Return the site meant."""
    return named("site", clinic.sites, text)


def room(clinic: Clinic, text: str, kind: RoomKind = RoomKind.ROOM) -> UUID | Literal["automatic"] | None:
    """Return the room's (or device's) id, None for "none", AUTOMATIC for "automatic"."""
    if text == AUTOMATIC:
        return AUTOMATIC
    if text == "none":
        return None
    return named(kind.value, [room for room in clinic.rooms if room.kind is kind], text).id


def place(clinic: Clinic, who: Practitioner, typed: datetime, site_text: str | None) -> tuple[Site, datetime]:
    """Return where and at which instant: `typed` is wall time at the site when naive.

    Without `site_text` the site is the one where the practitioner works then, or on that day, or at all.
    Raises Usage for the field `site` when none or several sites are possible.
    """
    candidates = (site(clinic, site_text),) if site_text else _sites_of(clinic, who, typed)
    if len(candidates) != 1:
        rows = [{"id": str(row.id), "name": row.name} for row in candidates or clinic.sites]
        expected = "said, where the practitioner works at several" if candidates else "said: there are no working hours"
        raise Usage(field="site", expected=f"it to be {expected}", candidates=rows)
    return candidates[0], instant(typed, candidates[0])


def instant(typed: datetime, where: Site) -> datetime:
    """Return the instant of a typed time: naive is wall time at the site."""
    return to_instant(typed, where.zone) if typed.tzinfo is None else typed.astimezone(UTC)


def day(field: str, text: str | None, now: datetime, zone: str) -> date:
    """Return the day a typed date means, today in the zone when None."""
    today = local_day(now, zone)
    if text is None:
        return today
    found = parse_typed_date(text, today)
    if found is None or found.year not in _YEARS:
        raise Usage(field=field, expected=f"a date such as 2026-11-24, today, 3d, fri, got {text!r}")
    return found


def zone_of(clinic: Clinic, where: Site | None, who: Iterable[Practitioner]) -> str:
    """Return the zone that dates without a place are meant in: the site's, the practitioners', the first site's."""
    if where is not None:
        return where.zone
    ids = {person.id for person in who}
    at = {row.site_id for row in clinic.working_hours if row.practitioner_id in ids}
    zones = {row.zone for row in clinic.sites if row.id in at}
    if len(zones) == 1:
        return zones.pop()
    return clinic.sites[0].zone if clinic.sites else "UTC"


def _sites_of(clinic: Clinic, who: Practitioner, typed: datetime) -> tuple[Site, ...]:
    if len(clinic.sites) == 1:
        return clinic.sites
    then, that_day = set(), set()
    for where in clinic.sites:
        at = instant(typed, where)
        day_there = local_day(at, where.zone)
        for window in working_windows(
            clinic.working_hours,
            clinic.closures,
            clinic.sites,
            who.id,
            day_there,
            overrides=clinic.date_overrides,
        ):
            if window.site_id == where.id:
                that_day.add(where.id)
                if window.interval.starts_at <= at < window.interval.ends_at:
                    then.add(where.id)
    anywhere = {row.site_id for row in clinic.working_hours if row.practitioner_id == who.id}
    wanted = then or that_day or anywhere
    return tuple(where for where in clinic.sites if where.id in wanted)
