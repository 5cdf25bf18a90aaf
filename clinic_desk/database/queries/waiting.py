"""The statements of the waiting list: wishes read with their patients, written, closed; and which times became free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.entries import PATIENT_COLUMNS, patient_record
from clinic_desk.domain.records import ChangeNote
from clinic_desk.domain.waiting import Closing, Forward, Priority, Waiting, Wish

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

_COLUMNS: Final = f"""
w.id, w.patient_id, w.type_id, w.site_id, w.appointment_id, w.practitioner_ids::text[], w.weekdays, w.times,
w.until_day, w.priority, w.note, w.added_at, w.asked_at, w.closed, w.version,
w.changed_at, coalesce(s.display_name, w.changed_by), coalesce(d.name, ''),
a.id, a.version, a.practitioner_id, a.starts_at, a.ends_at, a.zone, a.status = 'booked', {PATIENT_COLUMNS}
"""
_FROM: Final = """
FROM wish w JOIN patient p ON p.id = w.patient_id LEFT JOIN appointment a ON a.id = w.appointment_id
LEFT JOIN staff s ON s.login = w.changed_by LEFT JOIN desk d ON d.id = w.changed_desk_id
"""
_ELSEWHERE: Final = """
(SELECT json_agg(json_build_array(e.starts_at, e.ends_at)) FROM appointment e
 WHERE e.patient_id = w.patient_id AND e.occupies AND e.id IS DISTINCT FROM w.appointment_id
   AND e.starts_at < %(ends_at)s AND e.ends_at > %(starts_at)s)
"""
_LIST: Final = f"""
SELECT NULL, {_COLUMNS} {_FROM}
WHERE w.closed IS NULL OR w.changed_at > now() - make_interval(days => %(days)s)
ORDER BY w.added_at, w.id
"""  # constants of this module only
_OPEN: Final = f"""
SELECT {_ELSEWHERE}, {_COLUMNS} {_FROM}
WHERE w.closed IS NULL AND p.merged_into_id IS NULL
  AND (cardinality(w.practitioner_ids) = 0 OR %(practitioner)s::uuid = ANY (w.practitioner_ids))
  AND (w.until_day IS NULL OR w.until_day >= %(starts_at)s::date - 1)
  AND (w.site_id IS NULL OR w.site_id = %(site)s::uuid)
ORDER BY w.added_at, w.id
"""  # constants of this module only
_BY_ID: Final = f"SELECT NULL, {_COLUMNS} {_FROM} WHERE w.id = %(id)s::uuid"  # constants of this module only
_VALUES: Final = """
patient_id = %(patient)s::uuid, type_id = %(type)s::uuid, site_id = %(site)s::uuid,
appointment_id = %(appointment)s::uuid, practitioner_ids = %(practitioners)s::uuid[], weekdays = %(weekdays)s::int[],
times = %(times)s::int[], until_day = %(until)s::date, priority = %(priority)s, note = %(note)s
"""
_INSERT: Final = """
INSERT INTO wish (id, patient_id, type_id, site_id, appointment_id, practitioner_ids, weekdays, times, until_day,
    priority, note)
VALUES (%(id)s::uuid, %(patient)s::uuid, %(type)s::uuid, %(site)s::uuid, %(appointment)s::uuid,
    %(practitioners)s::uuid[], %(weekdays)s::int[], %(times)s::int[], %(until)s::date, %(priority)s, %(note)s)
"""
_STILL: Final = "WHERE id = %(id)s::uuid AND version = %(version)s AND closed IS NULL RETURNING version"
_UPDATE: Final = f"UPDATE wish SET {_VALUES} {_STILL}"  # noqa: S608  # constants of this module only
_CLOSE: Final = f"""
UPDATE wish SET closed = %(reason)s, booked_id = %(booked)s::uuid, moved_from = %(moved_from)s::timestamptz {_STILL}
"""  # noqa: S608  # constants of this module only
_ASKED: Final = f"UPDATE wish SET asked_at = now() {_STILL}"  # noqa: S608  # constants of this module only
# What an appointment left behind by these very changes: it was taken off its place, or put elsewhere, or is shorter.
_FREED: Final = """
SELECT DISTINCT (h.before->>'practitioner_id')::uuid, (h.before->>'site_id')::uuid,
    (h.before->>'starts_at')::timestamptz, (h.before->>'ends_at')::timestamptz
FROM unnest(%(ids)s::uuid[], %(versions)s::int[]) AS c (id, version)
JOIN LATERAL history_of(ARRAY[c.id]) h ON h.table_name = 'appointment' AND h.version = c.version
WHERE h.before->>'status' IN ('booked', 'arrived', 'checked-in') AND (h.before->>'ends_at')::timestamptz > now()
  AND (h.after->>'status' IN ('cancelled', 'waitlist', 'noshow', 'entered-in-error')
    OR h.before->'practitioner_id' <> h.after->'practitioner_id'
    OR (h.before->>'starts_at')::timestamptz <> (h.after->>'starts_at')::timestamptz
    OR (h.before->>'ends_at')::timestamptz > (h.after->>'ends_at')::timestamptz)
  AND EXISTS (SELECT FROM wish WHERE closed IS NULL)
ORDER BY 3, 1
"""


def wishes(connection: Connection, days: int) -> tuple[Waiting, ...]:
    """Return who waits, the longest first, and what was closed in the last `days`."""
    return tuple(map(_record, connection.exec_driver_sql(_LIST, {"days": days})))


def waiting_for(
    connection: Connection, practitioner_id: UUID, site_id: UUID, bounds: tuple[datetime, datetime]
) -> tuple[Waiting, ...]:
    """Return who may wait for a time of a practitioner within [from, to), with where else each is then."""
    values = {
        "practitioner": str(practitioner_id),
        "site": str(site_id),
        "starts_at": bounds[0],
        "ends_at": bounds[1],
    }
    return tuple(map(_record, connection.exec_driver_sql(_OPEN, values)))


def wish_by_id(connection: Connection, wish_id: UUID) -> Waiting | None:
    """Return a wish as it stands; None if there is none."""
    row = connection.exec_driver_sql(_BY_ID, {"id": str(wish_id)}).first()
    return None if row is None else _record(row)


def insert_wish(connection: Connection, wish: Wish) -> None:
    """Write a new wish."""
    connection.exec_driver_sql(_INSERT, _values(wish))


def update_wish(connection: Connection, wish: Wish) -> bool:
    """Write an open wish over its version; False if it is another by now, or closed."""
    return connection.exec_driver_sql(_UPDATE, _values(wish)).first() is not None


def close_wish(
    connection: Connection,
    wish: tuple[UUID, int],
    reason: Closing,
    *,
    booked: UUID | None = None,
    moved_from: datetime | None = None,
) -> bool:
    """Close a wish (id, version); False if it is another by now, or closed. `booked`: by which appointment."""
    values = {
        "id": str(wish[0]),
        "version": wish[1],
        "reason": reason.value,
        "booked": None if booked is None else str(booked),
        "moved_from": moved_from,
    }
    return connection.exec_driver_sql(_CLOSE, values).first() is not None


def note_asked(connection: Connection, wish: tuple[UUID, int]) -> bool:
    """Note that a time was offered and not taken; False if the wish (id, version) is another by now, or closed."""
    return connection.exec_driver_sql(_ASKED, {"id": str(wish[0]), "version": wish[1]}).first() is not None


def freed_by(
    connection: Connection, changes: Iterable[tuple[UUID, int]]
) -> tuple[tuple[UUID, UUID, datetime, datetime], ...]:
    """Return the places (practitioner, site, from, to) that changes of appointments (id, version) left.

    Only what is not over yet, and nothing if nobody waits.
    """
    changes = list(changes)
    values = {"ids": [str(row_id) for row_id, _ in changes], "versions": [version for _, version in changes]}
    return tuple(tuple(row) for row in connection.exec_driver_sql(_FREED, values))


def _values(wish: Wish) -> dict[str, Any]:
    return {
        "id": str(wish.id),
        "version": wish.version,
        "patient": str(wish.patient_id),
        "type": str(wish.type_id),
        "site": None if wish.site_id is None else str(wish.site_id),
        "appointment": None if wish.appointment_id is None else str(wish.appointment_id),
        "practitioners": sorted(map(str, wish.practitioner_ids)),
        "weekdays": sorted(wish.weekdays),
        "times": [minute for span in wish.times for minute in span],
        "until": wish.until,
        "priority": wish.priority.value,
        "note": wish.note,
    }


def _record(row: Sequence[Any]) -> Waiting:
    elsewhere, row_id, patient_id, type_id, site_id, appointment_id, practitioners, weekdays, times, until = row[:10]
    priority, note, added_at, asked_at, closed, version, *changed = row[10:19]
    wish = Wish(
        row_id,
        patient_id,
        type_id,
        frozenset(map(UUID, practitioners)),
        site_id,
        frozenset(weekdays),
        tuple(zip(times[::2], times[1::2], strict=True)),
        until,
        Priority(priority),
        note,
        appointment_id,
        added_at,
        asked_at,
        None if closed is None else Closing(closed),
        version,
    )
    forward = None if row[19] is None else Forward(*row[19:26])
    return Waiting(
        wish,
        patient_record(row[26:]),
        forward,
        ChangeNote(changed[1], changed[2], changed[0]),
        tuple((_instant(begin), _instant(end)) for begin, end in elsewhere or ()),
    )


def _instant(text: str) -> datetime:
    from datetime import datetime

    return datetime.fromisoformat(text)
