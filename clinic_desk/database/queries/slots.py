"""What the search for free time needs of a stretch of days: the time that is taken, absences, blocks and holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.domain.availability import Occupied

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

_known: Final = lru_cache(maxsize=4096)(UUID)


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose time is asked for. `shared_ids`: rooms and devices for several at once, which are in no other field."""

    practitioner_ids: tuple[UUID, ...]
    room_ids: tuple[UUID, ...] = ()
    device_ids: tuple[UUID, ...] = ()
    shared_ids: tuple[UUID, ...] = ()


# 24 hours and two buffers of four: what begins earlier does not reach in. Footprints sort by their start, and nothing
# but columns of the index is asked for, so that no row is looked at.
_NEAR: Final = """a.occupies AND a.{column} = ANY(%({column})s::uuid[])
        AND a.footprint > tstzrange(%(begin)s - interval '32 hours', NULL) AND a.footprint < tstzrange(%(end)s, NULL)"""
# Footprints between which nothing fits are made one where they lie: of 4,500 a doctor, 90 may be left to be sent.
_TOGETHER: Final = f"""
SELECT who::text, floor(extract(epoch FROM lower(span)))::bigint,
       ceil(extract(epoch FROM upper(span)))::bigint - %(gap)s
FROM (SELECT a.{{column}} AS who,
             range_agg(tstzrange(lower(a.footprint), upper(a.footprint) + make_interval(secs => %(gap)s))) AS spans
      FROM appointment a WHERE {_NEAR}{{besides}} GROUP BY a.{{column}}) AS taken, unnest(spans) AS span
"""  # noqa: S608  # constants of this module only
# Where several fit at once, each footprint counts.
_SINGLY: Final = f"""
SELECT a.{{column}}::text, floor(extract(epoch FROM lower(a.footprint)))::bigint,
       ceil(extract(epoch FROM upper(a.footprint)))::bigint
FROM appointment a WHERE {_NEAR.replace("%({column})s", "%(shared)s")}{{besides}}
"""  # noqa: S608  # constants of this module only
_BESIDES: Final = " AND a.id <> ALL(%(besides)s::uuid[])"


def taken_between(
    connection: Connection,
    bounds: tuple[datetime, datetime],
    asked: Asked,
    *,
    shortest_gap_minutes: int,
    besides: Collection[UUID] = (),
) -> tuple[Occupied, ...]:
    """Return what takes the time of practitioners, rooms and devices in [from, to), in one statement.

    Footprints with less than `shortest_gap_minutes` between them are made one, but not those of rooms and devices for
    several appointments at once. The appointments `besides` are left out.
    """
    values: dict[str, Any] = {
        "begin": bounds[0],
        "end": bounds[1],
        "practitioner_id": [str(key) for key in asked.practitioner_ids],
        "room_id": [str(key) for key in asked.room_ids],
        "device_id": [str(key) for key in asked.device_ids],
        "shared": [str(key) for key in asked.shared_ids],
        "gap": max(0, shortest_gap_minutes * 60 - 1),
        "besides": [str(key) for key in besides],
    }
    parts = [(_TOGETHER, column) for column in ("practitioner_id", "room_id", "device_id") if values[column]]
    parts += [(_SINGLY, column) for column in ("room_id", "device_id") if values["shared"]]
    if not parts:
        return ()
    apart = _BESIDES if besides else ""
    statement = " UNION ALL ".join(part.format(column=column, besides=apart) for part, column in parts)
    rows = connection.exec_driver_sql(statement, values)
    return tuple([Occupied(_known(who), start, end) for who, start, end in rows])
