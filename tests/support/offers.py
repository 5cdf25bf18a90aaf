"""A gap of a quarter of an hour on the small clinic's Monday, patients who wait for it, and who works the offers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.asking import Asking, Round, StartOffers
from clinic_desk.domain.records import Entry
from clinic_desk.domain.waiting import AddWish, Gap, Waiting, Wish
from clinic_desk.services import asking, booking, waiting
from tests.support.bookings import BERLIN, at, checkup
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic

NEVER_QUIET = """
UPDATE messaging SET quiet_from_minute = 0, quiet_until_minute = 0, wait_s = 0, sms_by = 'folder',
    sms_per_minute = 60000
"""


@dataclass(frozen=True, slots=True)
class Waiters:
    """Weber's Monday 9:00-9:15 is free between two visits; `wishes` wait for it, in this order of rank."""

    db: Database
    engine: Engine
    clinic: SmallClinic
    gap: Gap
    wishes: tuple[Waiting, ...]

    def begin(self, wishes: Sequence[Waiting] | None = None, db: Database | None = None) -> Round:
        """Offer the gap to all of them, or to these."""
        ids = tuple(one.wish.id for one in (self.wishes if wishes is None else wishes))
        return asking.start_offers(db or self.db, StartOffers(self.gap, ids))

    def now(self) -> Round:
        """The latest round as it stands."""
        return asking.rounds(self.db)[0]

    def asked(self) -> Asking:
        """Who may say yes now."""
        found = self.now().asked
        assert found is not None
        return found

    def states(self) -> list[str]:
        """How it stands with each, in the order in which they are asked."""
        return [one.state.value for one in self.now().askings]

    def leaves(self, ago: str = "1 minute") -> None:
        """The offer that is asked was sent some time ago."""
        run(
            self.engine,
            "UPDATE notification n SET status = 'sent', sent_at = now() - %s::interval, recipient = p.phone"
            " FROM patient p WHERE p.id = n.patient_id AND n.kind = 'waitlist-offer' AND n.status = 'pending'",
            ago,
        )

    def runs_out(self, ago: str = "3 minutes") -> None:
        """The time of whoever is asked is over."""
        run(
            self.engine,
            "UPDATE offer SET asked_at = now() - interval '30 minutes', until_at = now() - %s::interval"
            " WHERE state = 'asked'",
            ago,
        )

    def fill(self, patient: int = 7, db: Database | None = None) -> Entry:
        """A desk books the gap by hand."""
        return booking.book(db or self.db, checkup(self.clinic, patient_id=self.clinic.patients[patient]))

    def messages(self, kind: str) -> list[tuple[Any, ...]]:
        """(patient, status, body) of all messages of a kind, oldest first."""
        with self.engine.connect() as connection:
            found = connection.exec_driver_sql(
                "SELECT patient_id, status, body FROM notification WHERE kind = %s ORDER BY created_at, id", (kind,)
            )
            return [tuple(row) for row in found]


def waiters(db: Database, engine: Engine, clinic: SmallClinic, patients: Sequence[int] = (2, 3, 4)) -> Waiters:
    """Make the gap and put patients on the list, the first the longest."""
    run(engine, NEVER_QUIET)
    for minute, patient in ((45, 8), (75, 9)):
        booking.book(
            db, checkup(clinic, at(clinic.monday, 8 + minute // 60, minute % 60), patient_id=clinic.patients[patient])
        )
    wishes = [
        waiting.add_wish(
            db, AddWish(Wish(uuid4(), clinic.patients[patient], clinic.checkup, frozenset({clinic.weber})))
        )
        for patient in patients
    ]
    gap = Gap(clinic.weber, clinic.berlin, BERLIN, at(clinic.monday, 9), at(clinic.monday, 9, 15))
    return Waiters(db, engine, clinic, gap, tuple(wishes))


def ids(wishes: Sequence[Waiting]) -> tuple[UUID, ...]:
    """The patients of wishes."""
    return tuple(one.patient.id for one in wishes)
