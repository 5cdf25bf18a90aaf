"""What the search for free time needs of a stretch of days: the footprints that stand, absences, blocks and holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries_calendar import absences_between, holds_between
from clinic_desk.database.queries_entries import LONGEST_FOOTPRINT
from clinic_desk.domain.availability import Occupied

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Block, TimeOff

_OCCUPIED: Final = f"""
SELECT a.practitioner_id::text, a.room_id::text, lower(a.footprint), upper(a.footprint) FROM appointment a
WHERE a.starts_at > %(begin)s - interval '{LONGEST_FOOTPRINT}' AND a.starts_at < %(end)s + interval '4 hours'
  AND a.occupies AND a.footprint && tstzrange(%(begin)s, %(end)s) AND a.id <> ALL(%(besides)s::uuid[])
  AND (a.practitioner_id = ANY(%(practitioners)s::uuid[]) OR (%(rooms)s AND a.room_id IS NOT NULL))
"""  # noqa: S608  # constants of this module only


@dataclass(frozen=True, slots=True)
class Taken:
    """All that takes time in a stretch of days; `now` is the database's clock."""

    now: datetime
    occupied: tuple[Occupied, ...]
    time_off: tuple[TimeOff, ...]
    blocks: tuple[Block, ...]


def taken_between(
    connection: Connection,
    bounds: tuple[datetime, datetime],
    practitioner_ids: Iterable[UUID],
    desk_id: UUID,
    *,
    rooms: bool,
    besides: Iterable[UUID] = (),
) -> Taken:
    """Return what takes the time of these practitioners, and of all rooms if asked for, in three statements.

    Live holds of other desks take time as well; the appointments `besides` do not.
    """
    begin, end = bounds
    values = {
        "begin": begin,
        "end": end,
        "practitioners": [str(row) for row in practitioner_ids],
        "rooms": rooms,
        "besides": [str(row) for row in besides],
    }
    rows = _occupied(connection.exec_driver_sql(_OCCUPIED, values).all())
    time_off, blocks = absences_between(connection, begin, end)
    now, holds = holds_between(connection, begin, end, desk_id)
    held = tuple(Occupied(hold.practitioner_id, None, hold.starts_at, hold.ends_at) for hold in holds)
    return Taken(now, rows + held, time_off, blocks)


def _occupied(rows: Iterable[Any]) -> tuple[Occupied, ...]:
    known: dict[str, UUID] = {}

    def same(text: str) -> UUID:
        return known.get(text) or known.setdefault(text, UUID(text))

    return tuple(Occupied(same(who), same(where) if where else None, begin, end) for who, where, begin, end in rows)
