"""A worker that slept between "this is being sent" and the provider does not send any more: others may have."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.queries.queue import LEASE_S
from clinic_desk.domain.messaging import Answer
from clinic_desk.domain.records import Channel
from clinic_desk.notifications import queue
from clinic_desk.notifications.senders import smtp, twilio_line
from clinic_desk.notifications.senders.time_limit import TimeLimit
from clinic_desk.notifications.worker import LATEST_START_S, Worker
from tests.support.outgoing import sms
from tests.support.queue_rows import Provider, let_pass, put, row, steps_of
from tests.support.twilio_senders import making_senders
from tests.support.twilio_server import TwilioServer

SLEPT_S = LEASE_S + 1.0


class Sleeping:
    """Lets a worker sleep right after its next begin, by the clocks that go on while it does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clocks: tuple[str, ...] = ()
        self.seconds = SLEPT_S
        self.meanwhile: Callable[[], object] = lambda: None
        self._patch = monkeypatch
        self._begin = queue.begin
        monkeypatch.setattr(queue, "begin", self._begin_and_sleep)

    def _begin_and_sleep(self, *arguments: object) -> object:
        begun = self._begin(*arguments)  # type: ignore[arg-type]
        clocks, self.clocks = self.clocks, ()
        for name in clocks:
            clock: Callable[[], float] = getattr(time, name)
            self._patch.setattr(time, name, lambda clock=clock: clock() + self.seconds)
        if clocks:
            self.meanwhile()
        return begun


@pytest.fixture
def sleeping(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sleeping]:
    with monkeypatch.context() as patch:
        yield Sleeping(patch)


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL])
@pytest.mark.parametrize("clocks", [("time",), ("monotonic",), ("time", "monotonic")])
def test_what_another_worker_sent_meanwhile_is_not_sent_again(  # noqa: PLR0917 - fixtures
    clocks: tuple[str, ...],
    channel: Channel,
    sleeping: Sleeping,
    make_worker_db: Callable[[], Database],
    appointment: UUID,
    owner_engine: Engine,
) -> None:
    provider = Provider(channel)
    one = Worker(make_worker_db(), {channel: provider}, "one")
    other = Worker(make_worker_db(), {channel: provider}, "other")
    message = put(owner_engine, appointment, channel=channel)
    if channel is Channel.EMAIL:  # the first patient of the small clinic has none
        with owner_engine.begin() as connection:
            connection.exec_driver_sql("UPDATE patient SET email = 'a@example.org'")

    def others_go_on() -> None:
        let_pass(owner_engine, timedelta(seconds=SLEPT_S))
        other.tick()
        other.reconcile()
        other.tick()
        assert row(owner_engine, message)["status"] == "sent"

    sleeping.clocks, sleeping.meanwhile = clocks, others_go_on
    one.tick()
    assert len(provider.arrived) == 1
    assert (row(owner_engine, message)["status"], row(owner_engine, message)["attempts"]) == ("sent", 2)


def test_if_nobody_took_it_meanwhile_it_goes_at_once_and_no_attempt_is_lost(
    sleeping: Sleeping, worker_db: Database, appointment: UUID, owner_engine: Engine
) -> None:
    provider = Provider()
    message = put(owner_engine, appointment)
    sleeping.clocks, sleeping.seconds = ("monotonic",), LATEST_START_S + 1
    one = Worker(worker_db, {Channel.SMS: provider}, "one")
    one.tick()
    one.tick()
    assert len(provider.arrived) == 1
    assert row(owner_engine, message)["attempts"] == 1
    assert steps_of(owner_engine, message) == ["pending", "leased", "sending", "pending", "leased", "sending", "sent"]


def test_a_send_that_starts_in_time_ends_before_its_lease() -> None:
    assert LATEST_START_S + max(smtp.LIMIT_S, twilio_line.LIMIT_S) < LEASE_S


@pytest.mark.parametrize("clock", ["time", "monotonic"])
def test_no_sms_leaves_whole_after_a_sleep_between_the_connection_and_the_request(
    clock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TwilioServer() as server, making_senders() as make, monkeypatch.context() as patch:
        watch, real = TimeLimit.watch, getattr(time, clock)

        def watch_and_sleep(limit: TimeLimit, *arguments: object) -> None:
            watch(limit, *arguments)  # type: ignore[arg-type]
            patch.setattr(time, clock, lambda: real() + SLEPT_S)

        patch.setattr(TimeLimit, "watch", watch_and_sleep)
        outcome = make(server).send(sms())
        assert (server.received, server.requests) == ([], [])
        assert outcome.answer is Answer.UNKNOWN
