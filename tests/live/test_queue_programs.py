"""Programs that share a queue: one that ends hands over, one that came too early waits, a wrong clock does no harm."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from clinic_desk.database.engine import DeskIdentity
from clinic_desk.sending import SendingProgram
from tests.live.queue_clinic import QueueClinic, queue_clinic, steps
from tests.plugins.postgres import PostgresServer
from tests.support.mail_server import MailServer
from tests.support.proxy import FaultyProxy
from tests.support.seldom_polling import POLL_S
from tests.support.twilio_server import Fault, TwilioServer
from tests.support.waiting import until
from tests.support.worker_processes import PATIENCE_S, Program
from tests.support.wrong_clock import SECONDS

pytestmark = pytest.mark.timeout(240)

DAYS_S: Final = 3 * 86_400
BEFORE_A_POLL_S: Final = POLL_S - 20.0
"""Sooner than the next look at the queue that nobody asked for, however slow the machine is."""


@pytest.fixture
def queued(postgres_server: PostgresServer) -> Iterator[QueueClinic]:
    with queue_clinic(postgres_server) as made:
        yield made


@pytest.fixture
def twilio() -> Iterator[TwilioServer]:
    with TwilioServer() as server:
        yield server
    assert server.violations == []


def _until(holds: Callable[[], object], what: str, *programs: Program) -> None:
    try:
        until(holds, what, within_s=PATIENCE_S)
    except AssertionError as never:
        pytest.fail(f"{never}; " + "; ".join(each.said for each in programs))


def _by_sms(clinic: QueueClinic) -> list[dict[str, Any]]:
    return [row for row in clinic.rows() if row["channel"] == "sms"]


def _all_are(clinic: QueueClinic, *wanted: str) -> Callable[[], bool]:
    return lambda: {row["status"] for row in _by_sms(clinic)} <= set(wanted)


def test_a_worker_told_to_end_hands_over_at_once(queued: QueueClinic, twilio: TwilioServer, tmp_path: Path) -> None:
    queued.send_by(twilio=twilio.address, email_by="off")
    with ExitStack() as stack:
        module = "tests.support.seldom_polling"
        one, two = (stack.enter_context(Program(queued.url, name, tmp_path, module=module)) for name in ("One", "Two"))
        for program in (one, two):
            program.until_said("sending sms")
        twilio.plan("POST", *[Fault(delay_s=0.4)] * 4)
        queued.add_messages(queued.add_patients(20), [queued.now() + timedelta(hours=3)] * 20, timedelta())
        queued.hint()
        _until(lambda: twilio.received, "a first message", one, two)
        taken = Counter(str(row["lease_owner"]).partition("#")[0] for row in _by_sms(queued))
        busy = one if taken["One"] else two
        assert busy.terminate() == 0
        assert not [row for row in _by_sms(queued) if str(row["lease_owner"]).startswith(busy.name)]
        _until(_all_are(queued, "sent", "delivered"), "all sent", one, two)
    given_back = [row for row in _by_sms(queued) if len(steps(row, "pending")) > 1]
    assert given_back
    for row in given_back:
        assert (steps(row, "leased")[-1] - steps(row, "pending")[-1]).total_seconds() < BEFORE_A_POLL_S
    assert sorted(Counter(each.body for each in twilio.received).values()) == [1] * 10
    assert {row["attempts"] for row in _by_sms(queued)} == {1}


@pytest.mark.skipif(sys.platform == "win32", reason="has no such signals")
def test_a_worker_that_is_told_to_end_as_it_wakes_ends(queued: QueueClinic, tmp_path: Path) -> None:
    """The system may give the signal to another thread than the one that waits for it."""
    queued.send_by(email_by="folder", sms_by="off")
    with Program(queued.url, "Sleeper", tmp_path) as sleeper:
        sleeper.until_said("sending email")
        assert sleeper.stop_and_terminate(within_s=30) == 0


def test_a_worker_that_starts_before_its_database_waits_and_then_sends(
    queued: QueueClinic, twilio: TwilioServer, tmp_path: Path
) -> None:
    queued.send_by(twilio=twilio.address, email_by="off")
    queued.add_messages(queued.add_patients(4), [queued.now() + timedelta(hours=3)] * 4, timedelta())
    with FaultyProxy.before(queued.url) as way:
        way.refuse()
        with Program(way.url(queued.url), "Early", tmp_path) as early:
            early.until_said("trying again")
            assert twilio.requests == []
            way.resume()
            _until(lambda: len(twilio.received) == 2, "sent", early)
            assert early.terminate() == 0


@pytest.mark.parametrize("ahead_s", [DAYS_S, -DAYS_S])
def test_a_pc_with_a_wrong_clock_sends_nothing_early_late_or_twice(
    ahead_s: int, queued: QueueClinic, tmp_path: Path
) -> None:
    with ExitStack() as stack:
        mail = stack.enter_context(MailServer())
        twilio = stack.enter_context(TwilioServer())
        queued.send_by(port=mail.address[1], twilio=twilio.address)
        wrong = Program(queued.url, "Wrong", tmp_path, module="tests.support.wrong_clock", **{SECONDS: str(ahead_s)})
        right = Program(queued.url, "Right", tmp_path)
        for program in (stack.enter_context(wrong), stack.enter_context(right)):
            program.until_said("sending email, sms")
        now, patients = queued.now(), queued.add_patients(40)
        over = set(queued.add_messages(patients, [now - timedelta(minutes=1)] * 4, timedelta()))
        soon = set(queued.add_messages(patients, [now + timedelta(minutes=30)] * 60, timedelta()))
        early = set(queued.add_messages(patients, [now + timedelta(hours=9)] * 8, timedelta(hours=8)))
        queued.hint()
        _until(lambda: _statuses(queued, over | soon) <= {"sent", "delivered", "expired"}, "done", wrong, right)
        assert (_statuses(queued, over), _statuses(queued, soon)) == ({"expired"}, {"sent"})
        assert Counter(row["status"] for row in _of(queued, early)) == {"sent": 1, "pending": 7}
        by_sid = {each.sid: each.validity_period or 0 for each in twilio.received}
        assert all(0 < by_sid[row["provider_id"]] <= 1800 for row in _of(queued, soon) if row["channel"] == "sms")
        assert len(mail.received) + len(twilio.received) == 61
        queued.put_forward(3600)
        _until(lambda: _sent(queued, early) == 2, "the next one sent", wrong, right)
        assert len(mail.received) + len(twilio.received) == 62
        for program in (wrong, right):
            assert program.terminate() == 0
    bodies = Counter(each.body for each in twilio.received) + Counter(
        str(each.mail["Subject"]) for each in mail.received
    )
    assert set(bodies.values()) == {1}
    assert all(row["attempts"] <= 1 for row in queued.rows())


def _of(clinic: QueueClinic, appointments: set[Any]) -> list[dict[str, Any]]:
    return [row for row in clinic.rows() if row["appointment_id"] in appointments]


def _statuses(clinic: QueueClinic, appointments: set[Any]) -> set[str]:
    return {"sent" if row["status"] == "delivered" else row["status"] for row in _of(clinic, appointments)}


def _sent(clinic: QueueClinic, appointments: set[Any]) -> int:
    return sum(row["status"] in {"sent", "delivered"} for row in _of(clinic, appointments))


def test_two_desks_and_a_headless_worker_share_one_queue(queued: QueueClinic, tmp_path: Path) -> None:
    queued.send_by(email_by="folder", sms_by="folder")
    folder = tmp_path / "messages"
    with ExitStack() as stack:
        headless = stack.enter_context(Program(queued.url, "Headless", tmp_path))
        for name in ("Desk 1", "Desk 2"):
            desk = SendingProgram(queued.url, DeskIdentity(uuid4(), name), folder)
            stack.callback(desk.close)
            desk.start()
        headless.until_said("sending email, sms")
        start: datetime = queued.now() + timedelta(hours=3)
        queued.add_messages(queued.add_patients(200), [start] * 300, timedelta())
        queued.hint()
        _until(lambda: {row["status"] for row in queued.rows()} == {"sent"}, "all sent", headless)
        assert headless.terminate() == 0
    rows = queued.rows()
    assert {row["attempts"] for row in rows} == {1}
    assert all(len(steps(row, "sending")) == 1 for row in rows)
    assert sorted(path.name for path in folder.iterdir()) == sorted(str(row["provider_id"]) for row in rows)
    assert len({step["by"] for row in rows for step in row["log"] if step["s"] == "sent"}) > 1
