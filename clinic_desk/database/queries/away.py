"""The statements of Doctor away: who is booked then, where else they are booked, and the locks of a whole plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.booking import LONGEST_BUFFER, utc_days
from clinic_desk.database.queries.entries import entries_by_id

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from clinic_desk.database.queries.booking import Wanted
    from clinic_desk.domain.away import Away
    from clinic_desk.domain.records import Entry

# A visit lasts 24 hours at most.
_HIT: Final = """
SELECT DISTINCT a.id
FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS span (begins, ends)
JOIN appointment a ON a.starts_at < span.ends AND a.ends_at > span.begins
  AND a.starts_at > span.begins - interval '24 hours'
WHERE a.status = 'booked' AND a.ends_at > now()
  AND (%(practitioner)s::uuid IS NULL OR a.practitioner_id = %(practitioner)s::uuid)
  AND (%(site)s::uuid IS NULL OR a.site_id = %(site)s::uuid)
"""
_VISITS: Final = """
SELECT patient_id, starts_at, ends_at FROM appointment
WHERE patient_id = ANY(%(patients)s::uuid[]) AND occupies AND ends_at > %(begin)s AND starts_at < %(end)s
  AND id <> ALL(%(besides)s::uuid[])
"""
_COVERED: Final = """
SELECT EXISTS (SELECT FROM time_off WHERE practitioner_id = %(practitioner)s::uuid
               AND starts_at <= %(starts_at)s AND ends_at >= %(ends_at)s)
"""
# The keys are those of queries.booking, for each doctor, room and device on its own days only.
_LOCK: Final = """
WITH held AS (SELECT id, day FROM json_to_recordset(%(days)s::json) AS d (id uuid, day int))
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT (1::bigint << 56) + (p.no::bigint << 24) + h.day AS key FROM held h JOIN practitioner p ON p.id = h.id
    UNION
    SELECT (2::bigint << 56) + (r.no::bigint << 24) + h.day FROM held h JOIN room r ON r.id = h.id
    UNION
    SELECT (3::bigint << 56) + (hashtext(patient)::bigint & 4294967295) FROM unnest(%(patients)s::text[]) AS patient
    ORDER BY key) AS keys
"""
_MOST_DAYS: Final = 1000
"""Days in which an absence is locked, of all whom it keeps together."""


def entries_hit(connection: Connection, away: Away) -> tuple[Entry, ...]:
    """Return the booked appointments that are to come and that meet an absence, by start."""
    ids = [row[0] for row in connection.exec_driver_sql(_HIT, _values(away))]
    return entries_by_id(connection, ids)


def visits_of(
    connection: Connection, patients: Iterable[UUID], bounds: tuple[datetime, datetime], besides: Iterable[UUID]
) -> dict[UUID, tuple[tuple[datetime, datetime], ...]]:
    """Return when patients are booked in [from, to), with whomever, but for the appointments `besides`."""
    values = {"patients": _texts(patients), "begin": bounds[0], "end": bounds[1], "besides": _texts(besides)}
    found: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for patient_id, starts_at, ends_at in connection.exec_driver_sql(_VISITS, values):
        found.setdefault(patient_id, []).append((starts_at, ends_at))
    return {patient: tuple(visits) for patient, visits in found.items()}


def is_covered(connection: Connection, away: Away) -> bool:
    """Whether one entry of a practitioner's time off holds all of an absence already."""
    return bool(away.practitioner_id and connection.exec_driver_sql(_COVERED, _values(away)).scalar_one())


def lock_plan(connection: Connection, away: Away | None, who: Iterable[UUID], places: Iterable[Wanted]) -> None:
    """Take all the locks of a plan in one statement, in the one order that all desks keep: never fewer than needed.

    `who`: the practitioners that an absence keeps; nobody can book them in it before COMMIT (of one of years, in
    its beginning: the server has room for some thousand locks, which all desks share). A change by itself takes its
    locks again, at no cost.
    """
    who = frozenset(who)
    absent = set() if away is None else {day for span in away.spans for day in utc_days(*span)}
    first = sorted(absent)[: _MOST_DAYS // max(len(who), 1)]
    days = {(person, day) for person in who for day in first}
    patients = set[UUID]()
    for place in places:
        patients.add(place.patient_id)
        days.update((row_id, day) for row_id in _kept(place) for day in _days_of(place))
    rows = json.dumps([{"id": str(row_id), "day": day} for row_id, day in days])
    connection.exec_driver_sql(_LOCK, {"days": rows, "patients": _texts(patients)})


def _kept(place: Wanted) -> set[UUID]:
    """Return the doctors, rooms and devices of what a change takes and leaves, as `lock_and_read` does."""
    found = {place.practitioner_id, place.room_id, place.device_id}
    if (row := place.leaving) is not None:
        found |= {row.practitioner_id, row.room_id, row.device_id}
    return {row_id for row_id in found if row_id is not None}


def _days_of(place: Wanted) -> set[int]:
    days = set(utc_days(place.starts_at - LONGEST_BUFFER, place.ends_at + LONGEST_BUFFER))
    return days if place.leaving is None else days | set(utc_days(*place.leaving.footprint))


def _values(away: Away) -> dict[str, Any]:
    return {
        "starts_at": away.starts_at,
        "ends_at": away.ends_at,
        "begins": [begin for begin, _ in away.spans],
        "ends": [end for _, end in away.spans],
        "practitioner": None if away.practitioner_id is None else str(away.practitioner_id),
        "site": None if away.site_id is None else str(away.site_id),
    }


def _texts(ids: Iterable[UUID]) -> list[str]:
    return sorted(str(row) for row in ids)
