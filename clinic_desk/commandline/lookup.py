"""Finds what a name or an id on the command line means; says which field is wrong and what would do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from clinic_desk.domain.availability import working_windows
from clinic_desk.domain.commands import AUTOMATIC
from clinic_desk.domain.folding import fold
from clinic_desk.domain.records import AppointmentType, Clinic, Practitioner, Room, Site
from clinic_desk.domain.typed_dates import parse_typed_date
from clinic_desk.domain.wall import local_day, to_instant
from clinic_desk.errors import InvalidInput


class _Named(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...


_Row = TypeVar("_Row", bound=_Named)


def named(field: str, rows: Iterable[_Row], text: str) -> _Row:
    """Return the one row whose id or name is meant: the whole name, else a part of it that only one has.

    Raises InvalidInput naming the field and the candidates.
    """
    rows = tuple(rows)
    wanted = fold(text).strip()
    exact = [row for row in rows if str(row.id) == text.lower() or fold(row.name) == wanted]
    found = exact or [row for row in rows if wanted and wanted in fold(row.name)]
    if len(found) == 1:
        return found[0]
    candidates = ", ".join(row.name for row in (found or rows)[:20])
    raise InvalidInput(field, f"{'one of' if found else 'an id or a name, one of'}: {candidates}; got {text!r}")


def practitioner(clinic: Clinic, text: str) -> Practitioner:
    """Return the practitioner meant."""
    return named("practitioner", clinic.practitioners, text)


def visit_type(clinic: Clinic, text: str) -> AppointmentType:
    """Return the appointment type meant."""
    return named("type", clinic.types, text)


def site(clinic: Clinic, text: str) -> Site:
    """Return the site meant."""
    return named("site", clinic.sites, text)


def room(clinic: Clinic, text: str) -> UUID | Literal["automatic"] | None:
    """Return the room's id, None for "none", AUTOMATIC for "automatic"."""
    if text == AUTOMATIC:
        return AUTOMATIC
    if text == "none":
        return None
    rooms: tuple[Room, ...] = clinic.rooms
    return named("room", rooms, text).id


def place(clinic: Clinic, who: Practitioner, typed: datetime, site_text: str | None) -> tuple[Site, datetime]:
    """Return where and at which instant: `typed` is wall time at the site when naive.

    Without `site_text` the site is the one where the practitioner works then, or on that day, or at all.
    Raises InvalidInput for the field `site` when several sites are possible.
    """
    candidates = (site(clinic, site_text),) if site_text else _sites_of(clinic, who, typed)
    if len(candidates) != 1:
        names = ", ".join(candidate.name for candidate in candidates or clinic.sites)
        raise InvalidInput(field="site", expected=f"one of: {names}")
    return candidates[0], instant(typed, candidates[0])


def instant(typed: datetime, where: Site) -> datetime:
    """Return the instant of a typed time: naive is wall time at the site."""
    return to_instant(typed, where.zone) if typed.tzinfo is None else typed.astimezone(UTC)


def day(text: str | None, now: datetime, zone: str) -> date:
    """Return the day a typed date means, today in the zone when None."""
    today = local_day(now, zone)
    if text is None:
        return today
    found = parse_typed_date(text, today)
    if found is None:
        raise InvalidInput(field="day", expected=f"a date such as 2026-11-24, today, 3d, fri; got {text!r}")
    return found


def _sites_of(clinic: Clinic, who: Practitioner, typed: datetime) -> tuple[Site, ...]:
    if len(clinic.sites) == 1:
        return clinic.sites
    then, that_day = set(), set()
    for where in clinic.sites:
        at = instant(typed, where)
        for window in working_windows(
            clinic.working_hours, clinic.closures, clinic.sites, who.id, local_day(at, where.zone)
        ):
            if window.site_id == where.id:
                that_day.add(where.id)
                if window.interval.starts_at <= at < window.interval.ends_at:
                    then.add(where.id)
    anywhere = {row.site_id for row in clinic.working_hours if row.practitioner_id == who.id}
    wanted = then or that_day or anywhere
    return tuple(where for where in clinic.sites if where.id in wanted)
