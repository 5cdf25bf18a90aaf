"""The scheduler works the queue through: woken or by looking, through errors, lost links, and to its orderly end."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.messaging import Delivery, Heard, Messaging, Outgoing
from clinic_desk.domain.pcs import SenderSeen
from clinic_desk.domain.records import Channel
from clinic_desk.errors import ProviderDown
from clinic_desk.notifications import retention
from clinic_desk.notifications import scheduler as scheduling
from clinic_desk.notifications.providers import Sender
from clinic_desk.notifications.scheduler import Scheduler, Sending
from clinic_desk.notifications.worker import Worker
from clinic_desk.services.pcs import senders_seen
from tests.support.proxy import FaultyProxy
from tests.support.queue_rows import Provider, put, row, rows, sql
from tests.support.waiting import until

PATIENCE = 15.0
pytestmark = pytest.mark.usefixtures("appointment")


class Told:
    """What a scheduler told, and a way to wait for it."""

    def __init__(self) -> None:
        self.all: list[Sending] = []
        self._news = threading.Condition()

    def __call__(self, sending: Sending) -> None:
        with self._news:
            self.all.append(sending)
            self._news.notify_all()

    def wait_for(self, true: Callable[[Sending], bool]) -> None:
        with self._news:
            assert self._news.wait_for(lambda: any(map(true, self.all)), PATIENCE), self.all


def holding(until: threading.Event) -> Callable[[Outgoing], None]:
    """What lets a provider answer only then."""

    def hold(_message: Outgoing) -> None:
        until.wait(PATIENCE)

    return hold


Run = Callable[..., Scheduler]


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def run(worker_db: Database, sms: Provider, told: Told) -> Iterator[Run]:
    """Start a scheduler and wait until it sends; closed at the end."""
    with ExitStack() as stack:

        def start(database: Database = worker_db, *others: Provider, owner: str = "Desk 1#1") -> Scheduler:
            providers: dict[Channel, Sender] = {each.channel: each for each in (sms, *others)}
            made = Scheduler(database, lambda _settings: providers, owner, told)
            stack.callback(made.close)
            made.start()
            told.wait_for(lambda sending: Channel.SMS in sending.channels)
            return made

        yield start


def is_sent(engine: Engine, row_id: UUID) -> Callable[[], bool]:
    return lambda: row(engine, row_id)["status"] == "sent"


def test_a_message_that_is_put_into_the_queue_wakes_it_long_before_it_would_look_by_itself(
    run: Run, owner_engine: Engine, appointment: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "POLL_S", 3600.0)
    run()
    until(is_sent(owner_engine, put(owner_engine, appointment)))
    until(is_sent(owner_engine, put(owner_engine, appointment)))


def test_the_clinic_is_told_who_sends_and_over_what_as_soon_as_it_is_known(run: Run, owner_engine: Engine) -> None:
    run()

    def senders() -> list[SenderSeen]:
        with owner_engine.connect() as connection:
            return [sender for sender in senders_seen(connection) if sender.is_working(sender.seen_at)]

    until(lambda: [(sender.name, sender.channels) for sender in senders()] == [("Desk 1", ("sms",))])


def test_a_message_whose_hint_was_lost_is_found_by_looking(
    run: Run, owner_engine: Engine, appointment: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "POLL_S", 0.3)
    run()
    sql(owner_engine, "ALTER TABLE notification DISABLE TRIGGER notification_95_wake")
    until(is_sent(owner_engine, put(owner_engine, appointment)))


def test_a_message_goes_when_its_moment_has_come_and_not_at_the_next_look(
    run: Run, owner_engine: Engine, appointment: UUID
) -> None:
    run()
    row_id = put(owner_engine, appointment, due_in=timedelta(seconds=1.5))
    until(is_sent(owner_engine, row_id))
    sent = row(owner_engine, row_id)
    assert timedelta() <= sent["sent_at"] - sent["due_at"] < timedelta(seconds=2)


def test_a_provider_that_does_not_answer_holds_up_its_own_channel_only(
    run: Run, worker_db: Database, sms: Provider, owner_engine: Engine, appointment: UUID
) -> None:
    answered = threading.Event()
    sms.before = holding(answered)
    run(worker_db, Provider(Channel.EMAIL))
    stuck = put(owner_engine, appointment)
    until(lambda: row(owner_engine, stuck)["status"] == "sending")
    sql(owner_engine, "UPDATE patient SET email = 'a@example.org', channel = 'email'")
    until(is_sent(owner_engine, put(owner_engine, appointment, channel=Channel.EMAIL)))
    answered.set()
    until(is_sent(owner_engine, stuck))


def test_a_job_that_fails_is_told_and_logged_without_what_it_was_about_and_comes_again(
    *,
    run: Run,
    told: Told,
    owner_engine: Engine,
    appointment: UUID,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(scheduling, "POLL_S", 0.3)
    run()
    work = Worker.tick
    failed: list[bool] = []

    def fail_once(worker: Any, stop: Callable[[], bool]) -> Any:
        if not failed:
            failed.append(True)
            message = "Peter Novák"
            raise RuntimeError(message)
        return work(worker, stop)

    monkeypatch.setattr(Worker, "tick", fail_once)
    with caplog.at_level(logging.DEBUG):
        row_id = put(owner_engine, appointment)
        told.wait_for(lambda sending: sending.trouble == "RuntimeError")
        until(is_sent(owner_engine, row_id))
        until(lambda: told.all[-1].trouble == "")
    assert "failed" in caplog.text
    assert "Novák" not in caplog.text


def test_a_lost_database_is_told_and_everything_goes_on_when_it_is_back(
    *,
    worker_db: Database,
    run: Run,
    told: Told,
    owner_engine: Engine,
    appointment: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduling, "POLL_S", 0.3)
    with FaultyProxy.before(worker_db.url) as proxy:
        far = Database(proxy.url(worker_db.url), DeskIdentity(UUID(int=77), "far"), pool_size=4)
        program = run(far)
        proxy.refuse()
        proxy.cut_all()
        told.wait_for(lambda sending: bool(sending.trouble))
        row_id = put(owner_engine, appointment)
        proxy.resume()
        until(is_sent(owner_engine, row_id))
        assert program.close()
        far.dispose()


def test_new_settings_take_effect_without_a_restart(
    worker_db: Database, told: Told, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "SETTINGS_S", 0.2)
    seen: list[Messaging] = []

    def make(settings: Messaging) -> Mapping[Channel, Sender]:
        seen.append(settings)
        return {} if settings.sms_by == "off" else {Channel.SMS: Provider()}

    sql(owner_engine, "UPDATE messaging SET sms_by = 'off'")
    program = Scheduler(worker_db, make, "Desk 1#1", told)
    program.start()
    try:
        told.wait_for(lambda sending: not sending.channels)
        sql(owner_engine, "UPDATE messaging SET sms_by = 'folder'")
        told.wait_for(lambda sending: sending.channels == {Channel.SMS})
        until(lambda: len(seen) == 4)
        assert [settings.sms_by for settings in seen] == ["off"] * 2 + ["folder"] * 2, "once for each channel"
    finally:
        assert program.close()


def test_a_new_password_is_used_by_the_program_that_stores_it_and_what_waits_leaves(
    *,
    worker_db: Database,
    told: Told,
    owner_engine: Engine,
    appointment: UUID,
    sms: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for every in ("SETTINGS_S", "POLL_S", "CHECK_S", "REPLIES_S"):
        monkeypatch.setattr(scheduling, every, 3600.0)
    heard: list[datetime] = []

    def hear(since: datetime) -> tuple[Heard, ...]:
        heard.append(since)
        return ()

    monkeypatch.setattr(sms, "heard", hear)
    passwords: list[str] = []
    program = Scheduler(worker_db, lambda _: {Channel.SMS: sms} if passwords else {}, "Desk 1#1", told)
    program.start()
    try:
        told.wait_for(lambda sending: not sending.channels)
        row_id = put(owner_engine, appointment)
        passwords.append("secret")
        program.credentials_changed()
        until(is_sent(owner_engine, row_id))
        told.wait_for(lambda sending: sending.channels == {Channel.SMS})
        until(lambda: heard)
    finally:
        assert program.close()


def test_a_hint_that_comes_as_a_tick_sets_its_next_turn_is_not_lost(
    run: Run, owner_engine: Engine, appointment: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock's own thread is slow to hear of the hint: the later turn that the tick asks for would stand."""
    monkeypatch.setattr(scheduling, "POLL_S", 3600.0)
    program = run()
    work, run_at = Worker.tick, program._run_at
    ids: list[UUID] = []
    ticked = threading.Event()

    def tick(worker: Any, stop: Callable[[], bool]) -> Any:
        done = work(worker, stop)
        if threading.current_thread() in ours and not ids:
            sql(owner_engine, "ALTER TABLE notification DISABLE TRIGGER notification_95_wake")
            ids.append(put(owner_engine, appointment))
            monkeypatch.setattr(program, "_run_at", lambda *_: None)
            program.wake()
            monkeypatch.setattr(program, "_run_at", run_at)
            ticked.set()
        return done

    ours: list[threading.Thread] = []

    def begin() -> None:
        ours.append(threading.current_thread())
        program._guarded("queue-sms", lambda: program._work(Channel.SMS))

    monkeypatch.setattr(Worker, "tick", tick)
    until(lambda: not program._turns._running)
    thread = threading.Thread(target=begin)
    thread.start()
    thread.join(PATIENCE)
    assert ticked.is_set()
    until(is_sent(owner_engine, ids[0]))


def test_every_job_comes_at_its_pace(run: Run) -> None:
    scheduler = run()._scheduler
    assert scheduler is not None
    paces = {job.id: job.trigger.interval.total_seconds() for job in scheduler.get_jobs()}
    of_queue = dict.fromkeys(("queue-email", "queue-sms"), 5.0) | dict.fromkeys(("check-email", "check-sms"), 20.0)
    of_time = {"settings": 30.0, "replies": 60.0, "holds": 60.0, "plan": 3600.0, "retention": 6 * 3600.0}
    of_time |= {"seal": 60.0, "copies": 300.0, "seen": 30.0}
    assert paces == of_queue | of_time
    assert all(job.coalesce and job.misfire_grace_time is None for job in scheduler.get_jobs())


def test_the_sweep_the_checks_and_the_pruning_are_done(
    *, run: Run, sms: Provider, owner_engine: Engine, appointment: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    for every in ("SWEEP_S", "RETENTION_S", "CHECK_S"):
        monkeypatch.setattr(scheduling, every, 0.3)
    monkeypatch.setattr(scheduling, "FIRST_SWEEP_AFTER_S", 0.0)
    done: list[str] = []
    monkeypatch.setattr(retention, "prune", lambda *_: done.append("pruned"))
    sms.deliveries = [Delivery("delivered")]
    run()
    row_id = put(owner_engine, appointment)
    until(is_sent(owner_engine, row_id))
    sql(owner_engine, "UPDATE notification SET check_at = now() WHERE id = %s", (row_id,))
    until(lambda: row(owner_engine, row_id)["status"] == "delivered")
    until(lambda: rows(owner_engine, "kind", "kind = 'reminder'"))
    until(lambda: done)


def test_a_desk_that_closes_hands_over_at_once_what_it_had_claimed(
    *,
    run: Run,
    make_worker_db: Callable[[], Database],
    sms: Provider,
    told: Told,
    owner_engine: Engine,
    appointment: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduling, "POLL_S", 3600.0)
    first_is_in, go_on = threading.Event(), threading.Event()

    def hold(_message: Outgoing) -> None:
        first_is_in.set()
        go_on.wait(PATIENCE)

    sms.before = hold
    one = run(owner="Desk 1#1")
    with owner_engine.begin() as connection:  # so that all are claimed together
        connection.exec_driver_sql("SELECT set_config('clinic_desk.quiet', 'on', true)")
    ids = [put(owner_engine, appointment) for _ in range(5)]
    assert first_is_in.wait(PATIENCE)
    other = Provider()
    second_told = Told()
    two = Scheduler(make_worker_db(), lambda _: {Channel.SMS: other}, "Desk 2#2", second_told)
    two.start()
    second_told.wait_for(lambda sending: bool(sending.channels))
    until(lambda: two._wake_ups._was_connected)
    until(lambda: not two._turns._running)  # from here on it does what it is told of
    closing = threading.Thread(target=one.close)
    closing.start()
    go_on.set()
    for row_id in ids:
        until(is_sent(owner_engine, row_id))
    closing.join(PATIENCE)
    assert two.close()
    arrived = [message.id for message in (*sms.arrived, *other.arrived)]
    assert sorted(arrived) == sorted(ids)


def test_closing_does_not_wait_for_a_provider_that_hangs(
    run: Run, sms: Provider, owner_engine: Engine, appointment: UUID
) -> None:
    answered = threading.Event()
    sms.before = holding(answered)
    program = run()
    row_id = put(owner_engine, appointment)
    until(lambda: row(owner_engine, row_id)["status"] == "sending")
    began = time.monotonic()
    assert not program.close(0.5)
    assert time.monotonic() - began < 3
    answered.set()
    until(lambda: row(owner_engine, row_id)["status"] in {"sent", "sending", "unknown"})
    assert program.close(PATIENCE)


def test_after_the_clock_was_set_every_job_is_due_at_once(run: Run) -> None:
    program = run()
    assert program._scheduler is not None
    program._scheduler.modify_job("plan", next_run_time=datetime(2099, 1, 1, tzinfo=UTC))
    program.wake_all()
    until(lambda: program._scheduler.get_job("plan").next_run_time.year < 2099)  # type: ignore[union-attr]


def test_holds_that_have_expired_are_cleared_away(
    run: Run, owner_engine: Engine, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "HOLDS_S", 0.2)
    sql(
        owner_engine,
        "INSERT INTO hold (id, desk_id, practitioner_id, starts_at, ends_at, expires_at)"
        " SELECT gen_random_uuid(), %s, p.id, now(), now() + INTERVAL '1 hour', now() - INTERVAL '1 second'"
        " FROM practitioner p LIMIT 1",
        (database.desk.id,),
    )
    run()

    def left() -> int:
        with owner_engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM hold").scalar_one())

    until(lambda: left() == 0)


def test_offers_are_worked_on_at_once_when_something_happens_and_replies_are_read_soon_while_one_is_open(
    worker_db: Database, sms: Provider, told: Told, owner_engine: Engine
) -> None:
    looks: list[Database] = []

    def work(database: Database, stop: Callable[[], bool]) -> bool:
        looks.append(database)
        return not stop()

    scheduler = Scheduler(worker_db, lambda _settings: {Channel.SMS: sms}, "Desk 1#1", told, offers=work)
    try:
        scheduler.start()
        told.wait_for(lambda sending: bool(sending.channels))
        until(lambda: looks == [worker_db] * len(looks) and looks, "a first look")
        seen = len(looks)
        sql(owner_engine, "NOTIFY clinic_desk_queue")
        until(lambda: len(looks) > seen, "a look after the hint")
    finally:
        scheduler.close()


def test_replies_that_cannot_be_read_stop_nothing_else(
    *,
    run: Run,
    sms: Provider,
    told: Told,
    owner_engine: Engine,
    appointment: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scheduling, "REPLIES_S", 0.2)

    def deaf(_since: datetime) -> tuple[Heard, ...]:
        raise ProviderDown(channel="sms", reason="no answer")

    monkeypatch.setattr(sms, "heard", deaf)
    run()
    told.wait_for(lambda sending: sending.trouble == "ProviderDown")
    until(is_sent(owner_engine, put(owner_engine, appointment)))
