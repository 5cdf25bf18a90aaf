"""What surrounds the appointments of a stretch of time: absences, blocks, live holds, and how full its days are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.domain.records import Block, Hold, TimeOff

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy import Connection

DESK_LOCK: Final = 20261
"""First key of the session lock that a desk's listener holds while it lives; the second is desk.no."""

_ABSENCES: Final = """
SELECT id, practitioner_id, NULL::uuid, starts_at, ends_at, name, version, true, '{}'::uuid[] FROM time_off
WHERE starts_at < %(ends_at)s AND ends_at > %(starts_at)s
UNION ALL
SELECT id, practitioner_id, room_id, starts_at, ends_at, name, version, false,
       ARRAY(SELECT t.type_id FROM block_type t WHERE t.block_id = block.id) FROM block
WHERE starts_at < %(ends_at)s AND ends_at > %(starts_at)s
ORDER BY 4, 1
"""
_HOLDS: Final = f"""
SELECT json_agg(json_build_array(h.id, h.desk_id, d.name, h.practitioner_id, h.starts_at, h.ends_at, h.expires_at)
                ORDER BY h.starts_at, h.id)
FROM hold h JOIN desk d ON d.id = h.desk_id
WHERE h.starts_at < %(ends_at)s AND h.ends_at > %(starts_at)s AND h.expires_at > clock_timestamp()
  AND h.desk_id <> %(desk)s::uuid
  AND EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = {DESK_LOCK} AND l.objid = d.no::oid
              AND l.objsubid = 2 AND l.granted
              AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""  # noqa: S608  # constants of this module only
# A time that is offered by message to patients who wait: to be seen at every desk, the one that began it included.
_OFFERED: Final = """
SELECT json_agg(json_build_array(o.id, coalesce(r.changed_desk_id, r.id), '', r.practitioner_id, o.starts_at, o.ends_at,
                                 o.until_at, 1, s.zone) ORDER BY o.starts_at, o.id)
FROM offer_round r JOIN site s ON s.id = r.site_id JOIN offer o ON o.round_id = r.id AND o.state = 'asked'
WHERE r.state = 'running' AND r.starts_at < %(ends_at)s AND r.ends_at > %(starts_at)s
  AND o.starts_at < %(ends_at)s AND o.ends_at > %(starts_at)s AND o.starts_at > clock_timestamp()
  AND o.until_at > clock_timestamp() - interval '10 minutes'  -- nobody works the queue who could have ended it
"""
_BOOKED: Final = """
SELECT wall_start::date, (sum(extract(epoch FROM ends_at - starts_at)) / 60)::float8 FROM appointment
WHERE starts_at >= %(starts_at)s AND starts_at < %(ends_at)s AND occupies
  AND (%(site)s::uuid IS NULL OR site_id = %(site)s::uuid)
GROUP BY 1
"""


def absences_between(
    connection: Connection, starts_at: datetime, ends_at: datetime
) -> tuple[tuple[TimeOff, ...], tuple[Block, ...]]:
    """Return the time off and the blocks that touch [starts_at, ends_at), by start."""
    rows = connection.exec_driver_sql(_ABSENCES, {"starts_at": starts_at, "ends_at": ends_at}).all()
    return absence_records(rows)


def absence_records(rows: Iterable[Any]) -> tuple[tuple[TimeOff, ...], tuple[Block, ...]]:
    """Turn (id, practitioner, room, start, end, name, version, is time off, types) into records."""
    off: list[TimeOff] = []
    blocks: list[Block] = []
    for row_id, practitioner_id, room_id, begin, end, name, version, is_off, types in rows:
        if is_off:
            off.append(TimeOff(row_id, practitioner_id, begin, end, name, version))
        else:
            blocks.append(Block(row_id, begin, end, name, practitioner_id, room_id, frozenset(types), version))
    return tuple(off), tuple(blocks)


def holds_between(
    connection: Connection, starts_at: datetime, ends_at: datetime, desk_id: UUID
) -> tuple[datetime, tuple[Hold, ...]]:
    """Return the database's clock and the holds of other living desks that touch [starts_at, ends_at).

    Among them what is offered there by message, whichever desk began it.
    """
    values = {"starts_at": starts_at, "ends_at": ends_at, "desk": str(desk_id)}
    now, rows, offered = connection.exec_driver_sql(f"SELECT now(), ({_HOLDS}), ({_OFFERED})", values).one()
    return now, tuple(map(_hold, (*(rows or ()), *(offered or ()))))


def booked_minutes(
    connection: Connection, starts_at: datetime, ends_at: datetime, site_id: UUID | None
) -> dict[date, float]:
    """Return the booked minutes of each local day (by the wall time agreed) of appointments that start in a range."""
    values = {"starts_at": starts_at, "ends_at": ends_at, "site": None if site_id is None else str(site_id)}
    return {row[0]: row[1] for row in connection.exec_driver_sql(_BOOKED, values)}


def _hold(row: list[Any]) -> Hold:
    starts_at, ends_at, expires_at = map(datetime.fromisoformat, row[4:7])
    offered_to, zone = row[7:] or (0, "UTC")
    place = UUID(row[3]), starts_at, ends_at
    return Hold(UUID(row[0]), UUID(row[1]), row[2], *place, expires_at, offered_to=offered_to, zone=zone)
