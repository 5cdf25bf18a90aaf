"""The figures in SQL, set by set: each statement reads its rows once and returns sums, never a row of a patient.

Instants become hours of a clock by stretches of `domain.figures.clocks`, and working time comes as multiranges: the
rules of zones and of hours are the program's, not the server's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries.entries import LONGEST_FOOTPRINT
from clinic_desk.domain.figures import LATE_HOURS, LEAD_DAYS, Bookings, Clock, LeadTime, Messages, Outcome, Time, Visits
from clinic_desk.domain.working_time import Interval

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Place:
    """One site and [starts_at, ends_at) of the period by its clocks."""

    site_id: UUID
    starts_at: datetime
    ends_at: datetime
    clocks: tuple[Clock, ...]


_MAY: Final = "SELECT has_right('statistics')"
_PLACES: Final = """places AS (
    SELECT * FROM unnest(%(sites)s::uuid[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
        AS place (site_id, begins, ends))"""
_OF_DOCTOR: Final = "(%(practitioner)s::uuid IS NULL OR a.practitioner_id = %(practitioner)s::uuid)"
_NOT_IMPORTED: Final = "b.operation_id NOT IN (SELECT id FROM operation WHERE command LIKE 'Import%%')"
_BOOKED: Final = "b.table_name = 'appointment' AND b.action = 'insert'"

# What a doctor's appointments take, at each site, as one multirange; then what of it lies where. Time that a squeeze-in
# shares is in it once.
_TIME: Final = f"""
WITH {_PLACES}, bookable AS (
    SELECT * FROM unnest(%(people)s::uuid[], %(at_sites)s::uuid[], %(free)s::tstzmultirange[])
        AS bookable (practitioner_id, site_id, free)
), taken_at AS MATERIALIZED (
    SELECT a.practitioner_id, a.site_id, range_agg(a.footprint) AS taken FROM appointment a
    WHERE a.occupies AND {_OF_DOCTOR} AND a.starts_at < %(last)s + interval '4 hours'
      AND a.starts_at > %(first)s - interval '{LONGEST_FOOTPRINT}'
    GROUP BY 1, 2
), taken AS (
    SELECT practitioner_id, range_agg(span) AS taken FROM taken_at, unnest(taken) AS span GROUP BY 1
), open_hours AS (
    SELECT practitioner_id, range_agg(span) AS free FROM bookable, unnest(free) AS span GROUP BY 1
), spans (practitioner_id, kind, span) AS (
    SELECT practitioner_id, 1, span FROM bookable, unnest(free) AS span
    UNION ALL
    SELECT practitioner_id, 2, span FROM bookable JOIN taken USING (practitioner_id), unnest(taken * free) AS span
    UNION ALL
    SELECT t.practitioner_id, 3, span FROM taken_at t JOIN places p ON p.site_id = t.site_id
    LEFT JOIN open_hours o ON o.practitioner_id = t.practitioner_id,
        unnest(t.taken * tstzmultirange(tstzrange(p.begins, p.ends)) - coalesce(o.free, '{{}}')) AS span
)
SELECT practitioner_id,
       coalesce(sum(extract(epoch FROM upper(span) - lower(span))) FILTER (WHERE kind = 1), 0)::float8 / 60,
       coalesce(sum(extract(epoch FROM upper(span) - lower(span))) FILTER (WHERE kind = 2), 0)::float8 / 60,
       coalesce(sum(extract(epoch FROM upper(span) - lower(span))) FILTER (WHERE kind = 3), 0)::float8 / 60
FROM spans GROUP BY 1
"""  # noqa: S608  # constants of this program only

_IN_PERIOD: Final = f"""places p JOIN appointment a ON a.site_id = p.site_id
      AND a.starts_at >= p.begins AND a.starts_at < p.ends
WHERE a.starts_at >= %(first)s AND a.starts_at < %(last)s AND {_OF_DOCTOR}"""

_VISITS: Final = f"""
WITH {_PLACES}
SELECT a.practitioner_id,
       count(*) FILTER (WHERE a.status IN ('arrived', 'checked-in', 'fulfilled')),
       count(*) FILTER (WHERE a.status = 'noshow'),
       count(*) FILTER (WHERE a.status = 'booked' AND a.ends_at <= now()),
       count(*) FILTER (WHERE a.status = 'booked' AND a.ends_at > now()),
       count(*) FILTER (WHERE a.status = 'cancelled'),
       count(*) FILTER (WHERE a.status = 'cancelled'
                          AND a.cancelled_at > a.starts_at - interval '{LATE_HOURS} hours')
FROM {_IN_PERIOD} AND a.status NOT IN ('entered-in-error', 'waitlist')
GROUP BY 1
"""  # noqa: S608  # constants of this program only

_CLASSES: Final = ", ".join(
    f"count(*) FILTER (WHERE hours >= {24 * low} AND hours < {24 * high})"
    for low, high in zip((0, *LEAD_DAYS), (*LEAD_DAYS, 10**6), strict=True)
)
_LEAD: Final = f"""
WITH {_PLACES}
SELECT practitioner_id, count(*),
       percentile_cont(ARRAY[0.25, 0.5, 0.75]::float8[]) WITHIN GROUP (ORDER BY hours), ARRAY[{_CLASSES}]
FROM (
    SELECT v.practitioner_id, greatest(0, extract(epoch FROM v.starts_at - b.at)::float8 / 3600) AS hours
    FROM (SELECT a.id, a.practitioner_id, a.starts_at FROM {_IN_PERIOD}
            AND a.status IN ('booked', 'arrived', 'checked-in', 'fulfilled', 'noshow')) v
    JOIN history b ON b.row_id = v.id AND {_BOOKED} AND {_NOT_IMPORTED}
) leads
GROUP BY GROUPING SETS ((), (practitioner_id))
"""  # noqa: S608  # constants of this program only

_BOOKINGS: Final = f"""
WITH clocks AS (
    SELECT * FROM unnest(%(clock_sites)s::uuid[], %(clock_begins)s::timestamptz[], %(clock_ends)s::timestamptz[],
                         %(shifts)s::interval[]) AS clock (site_id, begins, ends, shift)
), made AS (
    SELECT b.desk_id, (b.at AT TIME ZONE 'UTC') + c.shift AS wall
    FROM history b JOIN appointment a ON a.id = b.row_id
    JOIN clocks c ON c.site_id = a.site_id AND b.at >= c.begins AND b.at < c.ends
    WHERE {_BOOKED} AND b.at >= %(first)s AND b.at < %(last)s AND {_NOT_IMPORTED}
      AND a.status <> 'entered-in-error' AND {_OF_DOCTOR}
)
SELECT coalesce(d.name, ''), extract(isodow FROM wall)::integer, extract(hour FROM wall)::integer, count(*)
FROM made LEFT JOIN desk d ON d.id = made.desk_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608  # constants of this program only

_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "delivered": Outcome.DELIVERED,
    "sent": Outcome.SENT,
    "failed": Outcome.FAILED,
    "expired": Outcome.FAILED,
    "unknown": Outcome.UNKNOWN,
    "pending": Outcome.WAITING,
    "leased": Outcome.WAITING,
    "sending": Outcome.WAITING,
    "cancelled": Outcome.DROPPED,
}
# A message about no appointment belongs to no site and no doctor: it is counted where all are asked for.
_MESSAGES: Final = f"""
WITH {_PLACES}
SELECT n.kind, n.channel, n.status, count(*)
FROM (SELECT kind, channel, status, appointment_id, coalesce(sent_at, due_at) AS at FROM notification
      WHERE coalesce(sent_at, due_at) >= %(first)s AND coalesce(sent_at, due_at) < %(last)s) n
LEFT JOIN appointment a ON a.id = n.appointment_id
LEFT JOIN places p ON p.site_id = a.site_id
WHERE n.at >= coalesce(p.begins, %(first)s) AND n.at < coalesce(p.ends, %(last)s)
  AND (p.site_id IS NOT NULL OR n.appointment_id IS NULL AND %(all_sites)s)
  AND (%(practitioner)s::uuid IS NULL OR a.practitioner_id = %(practitioner)s::uuid)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608  # constants of this program only
_KEPT: Final = "SELECT now(), now() - make_interval(days => retention_days) FROM messaging"


def may_see(connection: Connection) -> bool:
    """Whether who is signed in may see figures."""
    return bool(connection.exec_driver_sql(_MAY).scalar_one())


def clock(connection: Connection) -> tuple[datetime, datetime]:
    """Return the database's time, and since when messages are kept."""
    now, since = connection.exec_driver_sql(_KEPT).one()
    return now, since


class Sums:
    """The statements of one period. `places`: the sites asked for, at least one; `practitioner_id` None: all."""

    def __init__(
        self, connection: Connection, places: Sequence[Place], practitioner_id: UUID | None, *, all_sites: bool
    ) -> None:
        self._connection = connection
        self._places = places
        self._values: dict[str, Any] = {
            "sites": [str(place.site_id) for place in places],
            "begins": [place.starts_at for place in places],
            "ends": [place.ends_at for place in places],
            "first": min(place.starts_at for place in places),
            "last": max(place.ends_at for place in places),
            "practitioner": None if practitioner_id is None else str(practitioner_id),
            "all_sites": all_sites,
        }

    def time(self, bookable: Mapping[tuple[UUID, UUID], Sequence[Interval]]) -> dict[UUID, Time]:
        """Return each doctor's time; `bookable` by (practitioner, site)."""
        values = {
            "people": [str(person) for person, _ in bookable],
            "at_sites": [str(site) for _, site in bookable],
            "free": [_multirange(free) for free in bookable.values()],
        }
        return {row[0]: Time(*row[1:]) for row in self._rows(_TIME, values)}

    def visits(self) -> dict[UUID, Visits]:
        """Return each doctor's visits."""
        return {row[0]: Visits(*row[1:]) for row in self._rows(_VISITS)}

    def lead(self) -> dict[UUID | None, LeadTime]:
        """Return each doctor's lead times, and under None those of all together."""
        found: dict[UUID | None, LeadTime] = {}
        for person, count, quartiles, classes in self._rows(_LEAD):
            lower, median, upper = quartiles or (None, None, None)
            found[person] = LeadTime(count, lower, median, upper, tuple(classes))
        return found

    def bookings(self) -> tuple[Bookings, ...]:
        """Return what was booked at which desk, by weekday and hour."""
        stretches = [(place.site_id, each) for place in self._places for each in place.clocks]
        values = {
            "clock_sites": [str(site) for site, _ in stretches],
            "clock_begins": [each.starts_at for _, each in stretches],
            "clock_ends": [each.ends_at for _, each in stretches],
            "shifts": [each.shift for _, each in stretches],
        }
        return tuple(Bookings(*row) for row in self._rows(_BOOKINGS, values))

    def messages(self) -> tuple[Messages, ...]:
        """Return what became of messages, by kind, channel and outcome."""
        counts: dict[tuple[str, str, Outcome], int] = {}
        for kind, channel, status, count in self._rows(_MESSAGES):
            key = kind, channel, _OUTCOMES[status]
            counts[key] = counts.get(key, 0) + count
        return tuple(Messages(*key, count) for key, count in counts.items())

    def _rows(self, statement: str, more: Mapping[str, Any] | None = None) -> Sequence[Any]:
        return self._connection.exec_driver_sql(statement, self._values | dict(more or {})).all()


def _multirange(intervals: Sequence[Interval]) -> str:
    return "{" + ",".join(f"[{each.starts_at.isoformat()},{each.ends_at.isoformat()})" for each in intervals) + "}"
