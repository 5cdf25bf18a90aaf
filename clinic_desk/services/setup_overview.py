"""Reads all that the set-up screens show, in one snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import desks as queries_desks
from clinic_desk.database.queries import messaging as queries_messaging
from clinic_desk.database.queries import people as queries_people
from clinic_desk.database.queries.calendar import absences_between
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.domain.messaging import ReminderRule
from clinic_desk.domain.people import Person
from clinic_desk.domain.records import Block, Clinic, Desk, TimeOff
from clinic_desk.domain.wall import local_day

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database

_SINCE: Final = timedelta(days=31)
_FOR_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Setup:
    """All there is to set up. `time_off` and `blocks`: those of the last month and all to come, by start.

    `desks`: all that ever ran, by name. `people`: who signs in, or could. `now`: the database's clock.
    """

    clinic: Clinic
    time_off: tuple[TimeOff, ...]
    blocks: tuple[Block, ...]
    desks: tuple[Desk, ...]
    now: datetime
    reminder_rules: tuple[ReminderRule, ...] = ()
    people: tuple[Person, ...] = ()

    @property
    def zone(self) -> str:
        """The first site's zone: that of times which are of no site."""
        active = [site for site in self.clinic.sites if site.active] or self.clinic.sites
        return active[0].zone if active else "UTC"

    @property
    def today(self) -> date:
        """The day it is there."""
        return local_day(self.now, self.zone)


def load_setup(db: Database) -> Setup:
    """Return all that can be set up. Raises DatabaseDown, Busy, NotAllowed."""
    with db.reading() as connection:
        now = queries_desks.database_now(connection)
        time_off, blocks = absences_between(connection, now - _SINCE, _FOR_EVER)
        desks, rules = queries_desks.all_desks(connection), queries_messaging.reminder_rules(connection)
        staff = queries_people.people(connection)
        return Setup(clinic_record(connection), time_off, blocks, desks, now, rules, staff)


def is_bookable(clinic: Clinic) -> bool:
    """Whether there is anything to book: without a site, a practitioner and a type there is no calendar."""
    return bool(clinic.sites and clinic.practitioners and clinic.types)
