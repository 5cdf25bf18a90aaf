"""The statements of a series: its rule, its appointments, and the locks of all its dates at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.database.queries.booking import LOCK, LONGEST_BUFFER, utc_days
from clinic_desk.database.queries.entries import entries_by_id
from clinic_desk.database.queries.prepared import run
from clinic_desk.domain.records import Series

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from clinic_desk.database.queries.booking import Wanted
    from clinic_desk.domain.records import Entry

_INSERT: Final = """
INSERT INTO series (id, rule, starts_on, wall_minute, zone)
VALUES (%(id)s::uuid, %(rule)s, %(starts_on)s, %(wall_minute)s, %(zone)s)
"""
_JOIN: Final = """
UPDATE appointment SET series_id = %(series)s::uuid, series_day = %(day)s
WHERE id = %(id)s::uuid AND version = %(version)s AND series_id IS NULL RETURNING version
"""
_SERIES: Final = """
SELECT s.id, s.rule, s.starts_on, s.wall_minute, s.zone, s.version
FROM series s JOIN appointment a ON a.series_id = s.id WHERE a.id = %(id)s::uuid
"""
_DATES: Final = "SELECT id FROM appointment WHERE series_id = %(id)s::uuid ORDER BY series_day, starts_at, id"


def insert_series(connection: Connection, series: Series) -> None:
    """Write the rule of a new series."""
    values = {
        "id": str(series.id),
        "rule": series.rule,
        "starts_on": series.starts_on,
        "wall_minute": series.wall_minute,
        "zone": series.zone,
    }
    connection.exec_driver_sql(_INSERT, values)


def join_series(connection: Connection, appointment: tuple[UUID, int], series: Series) -> bool:
    """Make an appointment (id, version) the first date of a series; False if it is another by now, or of a series."""
    row_id, version = appointment
    values = {"id": str(row_id), "version": version, "series": str(series.id), "day": series.starts_on}
    return connection.exec_driver_sql(_JOIN, values).first() is not None


def series_of_appointment(connection: Connection, appointment_id: UUID) -> Series | None:
    """Return the series an appointment is a date of; None if it is by itself, or not there."""
    row = connection.exec_driver_sql(_SERIES, {"id": str(appointment_id)}).first()
    return None if row is None else Series(*row)


def entries_of_series(connection: Connection, series_id: UUID) -> tuple[Entry, ...]:
    """Return the appointments of a series by the day the rule gave them; those entered in error are left out."""
    ids = [row[0] for row in connection.exec_driver_sql(_DATES, {"id": str(series_id)})]
    places = {row_id: place for place, row_id in enumerate(ids)}
    return tuple(sorted(entries_by_id(connection, ids), key=lambda entry: places[entry.id]))


def lock_places(connection: Connection, places: Iterable[Wanted]) -> None:
    """Take the locks of several places at once, in the one order that all desks keep: more than needed, never fewer.

    A booking by itself takes its locks again, at no cost. Places at several sites, or of several types, are locked
    site by site and type by type.
    """
    groups: dict[tuple[UUID, UUID, bool], list[Wanted]] = {}
    for place in places:
        groups.setdefault((place.site_id, place.type_id, place.automatic_room), []).append(place)
    for key in sorted(groups, key=str):
        _lock(connection, key, groups[key])


def _lock(connection: Connection, group: tuple[UUID, UUID, bool], places: list[Wanted]) -> None:
    site_id, type_id, automatic_room = group
    days: set[int] = set()
    practitioners, rooms, patients = set[UUID](), set[UUID | None](), set[UUID]()
    for place in places:
        days.update(utc_days(place.starts_at - LONGEST_BUFFER, place.ends_at + LONGEST_BUFFER))
        practitioners.add(place.practitioner_id)
        rooms.update((place.room_id, place.device_id))
        patients.add(place.patient_id)
        if place.leaving is not None:
            days.update(utc_days(*place.leaving.footprint))
            practitioners.add(place.leaving.practitioner_id)
            rooms.update((place.leaving.room_id, place.leaving.device_id))
    values = {
        "days": sorted(days),
        "practitioners": _texts(practitioners),
        "rooms": _texts(row for row in rooms if row is not None),
        "rooms_of": str(site_id) if automatic_room else None,
        "type": str(type_id),
        "patients": _texts(patients),
    }
    run(connection, (LOCK,), values)


def _texts(ids: Iterable[UUID]) -> list[str]:
    return sorted(str(row) for row in ids)
