"""Reads the clinic's figures, for who may see them: one period, or one beside the period before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from clinic_desk.database.queries import figures as queries_figures
from clinic_desk.database.queries.calendar import absences_between
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.figures import Place, Sums
from clinic_desk.domain.figures import (
    LONGEST_DAYS,
    Figures,
    LeadTime,
    Period,
    bookable_time,
    bounds_of,
    clocks,
    in_order,
)
from clinic_desk.domain.rights import Right
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services.importing.plan import Cancelled

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Clinic

T = TypeVar("T")
Tell = Callable[[int], None]
Stop = Callable[[], bool]
STEPS: Final = 5
"""So many steps has each period that is read."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figures: of which local days; None: of all sites, of all doctors."""

    period: Period
    site_id: UUID | None = None
    practitioner_id: UUID | None = None


def read_figures(db: Database, wanted: Wanted, tell: Tell | None = None, stop: Stop | None = None) -> Figures:
    """Return the figures of a period, read in one snapshot by nine statements.

    `tell` hears how many steps are done, `stop` is asked between them. Raises NotAllowed (no right to figures),
    InvalidInput(period, site), Cancelled, DatabaseDown, Busy.
    """
    _check(wanted.period)
    with db.reading() as connection:
        if not queries_figures.may_see(connection):
            raise NotAllowed(Right.STATISTICS.value)
        clinic = _only(clinic_record(connection), wanted.practitioner_id)
        return _read(connection, clinic, wanted, tell or (lambda _: None), stop or (lambda: False))


def compare(
    db: Database, wanted: Wanted, before: Period, tell: Tell | None = None, stop: Stop | None = None
) -> tuple[Figures, Figures]:
    """Return the figures of a period and of the one before it. Raises as `read_figures`."""
    now = read_figures(db, wanted, tell, stop)
    told = (lambda count: tell(STEPS + count)) if tell else None
    return now, read_figures(db, replace(wanted, period=before), told, stop)


def _check(period: Period) -> None:
    if period.last_day < period.first_day:
        raise InvalidInput(field="period", expected="a last day that is not before the first")
    if period.days > LONGEST_DAYS:
        raise InvalidInput(field="period", expected=f"at most {LONGEST_DAYS} days")


def _only(clinic: Clinic, practitioner_id: UUID | None) -> Clinic:
    """Return the clinic as if it had one doctor only."""
    if practitioner_id is None:
        return clinic
    return replace(
        clinic,
        practitioners=tuple(row for row in clinic.practitioners if row.id == practitioner_id),
        working_hours=tuple(row for row in clinic.working_hours if row.practitioner_id == practitioner_id),
        date_overrides=tuple(row for row in clinic.date_overrides if row.practitioner_id == practitioner_id),
    )


def _read(connection: Connection, clinic: Clinic, wanted: Wanted, tell: Tell, stop: Stop) -> Figures:
    now, since = queries_figures.clock(connection)
    period = wanted.period
    places = [
        Place(site.id, *bounds_of(period, site.zone), clocks(site.zone, period))
        for site in clinic.sites
        if wanted.site_id in {None, site.id}
    ]
    if not places:
        if wanted.site_id is not None:
            raise InvalidInput(field="site", expected="a site of this clinic")
        return Figures(period, None, wanted.practitioner_id, now, (), LeadTime(), (), (), since.date())
    sums = Sums(connection, places, wanted.practitioner_id, all_sites=wanted.site_id is None)
    begin, end = min(place.starts_at for place in places), max(place.ends_at for place in places)
    free = bookable_time(clinic, *absences_between(connection, begin, end), period, wanted.site_id)
    step = _Steps(tell, stop)
    times, visits, leads = step(lambda: sums.time(free)), step(sums.visits), step(sums.lead)
    return Figures(
        period=period,
        site_id=wanted.site_id,
        practitioner_id=wanted.practitioner_id,
        read_at=now,
        doctors=in_order(clinic, times, visits, {person: row for person, row in leads.items() if person is not None}),
        lead=leads.get(None, LeadTime()),
        bookings=step(sums.bookings),
        messages=step(sums.messages),
        messages_since=local_day(since, clinic.sites[0].zone),
    )


class _Steps:
    """One thing after the other, as long as nobody says stop."""

    def __init__(self, tell: Tell, stop: Stop) -> None:
        self._tell, self._stop, self._done = tell, stop, 0

    def __call__(self, work: Callable[[], T]) -> T:
        if self._stop():
            raise Cancelled
        result = work()
        self._done += 1
        self._tell(self._done)
        return result
