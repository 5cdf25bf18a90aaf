"""An e-mail whose answer was lost cannot be looked for: it goes again as a copy, and is never said not to have gone."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.stepping import Steps
from clinic_desk.domain.commands import Cancel
from clinic_desk.domain.messaging import Answer, Found, Outcome, Trace
from clinic_desk.domain.records import CancellationReason, Channel
from clinic_desk.notifications import queue
from clinic_desk.notifications.worker import Worker
from clinic_desk.services.booking import book, cancel
from tests.support.bookings import checkup
from tests.support.queue_rows import Provider, let_pass, put, row, rows, sql
from tests.support.small_clinic import SmallClinic

TAKEN: Final = Outcome(Answer.UNKNOWN, code="arrived", reason="no answer")


@pytest.fixture
def one(worker_db: Database) -> Worker:
    """A worker, whose senders each test gives it."""
    return Worker(worker_db, {}, "one")


@pytest.fixture
def lost_mail(one: Worker, appointment: UUID, owner_engine: Engine) -> UUID:
    """An e-mail that the server has, and whose answer was lost."""
    sql(owner_engine, "UPDATE patient SET email = 'a@example.org', channel = 'email'")
    due = put(owner_engine, appointment, channel=Channel.EMAIL)
    mail = Provider(Channel.EMAIL, [TAKEN])
    mail.finds = [Found(Trace.ABSENT)] * 9  # nobody can look for an e-mail: it goes again, as a copy
    one.use({Channel.EMAIL: mail})
    one.tick()
    let_pass(owner_engine, timedelta(seconds=61))
    return due


def pass_its_end(owner_engine: Engine) -> None:
    sql(owner_engine, "UPDATE notification SET not_after = now()")


@pytest.mark.parametrize("seen", ["as it is looked for", "by whoever comes by", "by a worker that had claimed it"])
def test_an_e_mail_that_may_have_gone_is_never_said_to_have_expired(
    one: Worker, steps: Steps, lost_mail: UUID, owner_engine: Engine, seen: str
) -> None:
    if seen == "as it is looked for":
        pass_its_end(owner_engine)
        one.reconcile()
    else:
        one.reconcile()
        assert row(owner_engine, lost_mail)["status"] == "pending"
        claimed = queue.claim(steps, [Channel.EMAIL], "w") if seen == "by a worker that had claimed it" else ()
        pass_its_end(owner_engine)
        if claimed:
            assert queue.begin(steps, claimed[0], "w") is not None
        one.tick()
    found = row(owner_engine, lost_mail)
    assert (found["status"], found["error_code"], found["check_at"]) == ("unknown", "too-late", None)
    assert "may have gone" in found["last_error"]
    assert found["lease_owner"] is None


def test_an_e_mail_that_may_have_gone_is_never_said_to_have_been_tried_in_vain(
    one: Worker, lost_mail: UUID, owner_engine: Engine
) -> None:
    busy = Provider(Channel.EMAIL, [Outcome(Answer.TRANSIENT, code="451", reason="later")] * 9)
    busy.finds = [Found(Trace.ABSENT)] * 9
    one.use({Channel.EMAIL: busy})
    for _ in range(12):
        one.reconcile()
        one.tick()
        let_pass(owner_engine, timedelta(hours=3))
    found = row(owner_engine, lost_mail)
    assert (found["status"], found["error_code"], found["attempts"]) == ("unknown", "gave-up", 8)
    assert "may have gone" in found["last_error"]


def test_who_may_have_got_an_e_mail_is_told_that_the_appointment_is_cancelled(
    one: Worker, clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    sql(owner_engine, "UPDATE patient SET email = 'a@example.org', channel = 'email'")
    entry = book(database, checkup(clinic))
    let_pass(owner_engine, timedelta(minutes=1))
    mail = Provider(Channel.EMAIL, [TAKEN])
    mail.finds = [Found(Trace.ABSENT)]
    one.use({Channel.EMAIL: mail})
    one.tick()
    let_pass(owner_engine, timedelta(seconds=61))
    one.reconcile()
    assert ("confirmation", "email", "pending") in rows(owner_engine)
    cancel(database, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT))
    let_pass(owner_engine, timedelta(minutes=1))
    one.tick()
    assert [each.kind for each in mail.arrived] == ["confirmation", "cancelled"]
