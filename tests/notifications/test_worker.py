"""The worker, tick by tick: what it sends, what it does when something goes wrong, and what it leaves to others."""

import json
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.stepping import stepping
from clinic_desk.domain.commands import Cancel, Update
from clinic_desk.domain.messaging import Answer, Outcome, Outgoing
from clinic_desk.domain.records import CancellationReason, Channel, Entry
from clinic_desk.errors import DatabaseDown
from clinic_desk.notifications import queue, worker
from clinic_desk.notifications.worker import Worker
from clinic_desk.services.booking import book, cancel, update
from tests.plugins.postgres import PostgresServer
from tests.support.bookings import at, checkup
from tests.support.queue_rows import Provider, ids, let_pass, put, row, rows, sql, state_of, steps_of
from tests.support.small_clinic import SmallClinic

DOWN = Outcome(Answer.TRANSIENT, code="connect", reason="no route")


def test_a_tick_sends_all_that_is_due_and_says_when_there_is_more(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    due = [put(owner_engine, appointment, due_in=timedelta(seconds=-number)) for number in range(1, 14)]
    put(owner_engine, appointment, due_in=timedelta(seconds=90))
    tick = one.tick()
    assert tick.worked == 13
    assert set(ids(sms.arrived)) == set(due)
    assert tick.next_in_s == pytest.approx(90, abs=20)
    assert all(steps_of(owner_engine, each) == ["pending", "leased", "sending", "sent"] for each in due)
    assert one.tick().worked == 0
    let_pass(owner_engine, timedelta(seconds=91))
    assert one.tick() == worker.Tick(1, None, ())


def test_a_skipped_minute_and_a_night_off_lose_nothing(
    one: Worker, sms: Provider, booked: Entry, owner_engine: Engine
) -> None:
    start = booked.appointment.starts_at
    let_pass(owner_engine, start - datetime.now(UTC) - timedelta(hours=14))  # ten hours after the reminder was due
    one.tick()
    assert [each.kind for each in sms.arrived] == ["confirmation", "reminder"]


def test_two_runs_send_once(one: Worker, other: Worker, sms: Provider, appointment: UUID, owner_engine: Engine) -> None:
    put(owner_engine, appointment)
    one.tick()
    other.tick()
    one.tick()
    assert len(sms.asked) == 1


def test_many_workers_at_once_send_each_message_once(
    make_worker_db: Callable[[], Database], appointment: UUID, owner_engine: Engine
) -> None:
    due = {put(owner_engine, appointment) for _ in range(40)}
    provider = Provider()
    workers = [Worker(make_worker_db(), {Channel.SMS: provider}, f"w{number}") for number in range(3)]
    threads = [threading.Thread(target=each.tick) for each in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(provider.asked) == 40
    assert set(ids(provider.asked)) == due


def test_sending_changes_nothing_about_the_appointment(one: Worker, appointment: UUID, owner_engine: Engine) -> None:
    def stored() -> Any:
        with owner_engine.connect() as connection:
            return connection.exec_driver_sql("SELECT * FROM appointment").all()

    before = stored()
    put(owner_engine, appointment)
    one.tick()
    assert stored() == before


def test_a_move_replaces_the_reminder_and_a_cancel_recalls_it(
    one: Worker, sms: Provider, clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entry = book(database, checkup(clinic))
    let_pass(owner_engine, timedelta(minutes=1))
    one.tick()
    entry = update(database, Update(entry.id, entry.appointment.version, starts_at=at(clinic.monday, 14)))
    let_pass(owner_engine, timedelta(minutes=1))
    one.tick()
    assert [each.kind for each in sms.arrived] == ["confirmation", "rescheduled"]
    cancel(database, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT))
    let_pass(owner_engine, entry.appointment.starts_at - datetime.now(UTC) - timedelta(hours=5))
    one.tick()
    assert [each.kind for each in sms.arrived] == ["confirmation", "rescheduled", "cancelled"]


def test_nothing_of_an_appointment_is_sent_after_its_cancel_was_committed(
    one: Worker, sms: Provider, clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    first = book(database, checkup(clinic))
    second = book(database, checkup(clinic, at(clinic.monday, 10), patient_id=clinic.patients[1]))

    def cancel_the_other(message: Outgoing) -> None:
        if message.uid == first.id:
            cancel(database, Cancel(second.id, second.appointment.version, CancellationReason.PATIENT))

    let_pass(owner_engine, timedelta(minutes=1))
    sms.before = cancel_the_other  # when both are leased, and the first is on its way
    one.tick()
    let_pass(owner_engine, timedelta(minutes=5))
    one.tick()
    told = [each.kind for each in sms.arrived if each.uid == second.id]
    assert told in ([], ["cancelled"])


def test_a_message_on_its_way_when_its_appointment_is_cancelled_is_followed_by_the_correction(
    one: Worker, sms: Provider, booked: Entry, database: Database, owner_engine: Engine
) -> None:
    def cancel_it(message: Outgoing) -> None:
        if message.kind == "confirmation":
            cancel(database, Cancel(booked.id, booked.appointment.version, CancellationReason.PATIENT))

    let_pass(owner_engine, timedelta(minutes=1))
    sms.before = cancel_it
    one.tick()
    let_pass(owner_engine, timedelta(minutes=1))
    one.tick()
    assert [each.kind for each in sms.arrived] == ["confirmation", "cancelled"]


def test_a_reminder_late_past_the_start_expires(
    one: Worker, sms: Provider, booked: Entry, owner_engine: Engine
) -> None:
    let_pass(owner_engine, booked.appointment.starts_at - datetime.now(UTC) + timedelta(seconds=1))
    one.tick()
    assert sms.asked == []
    assert rows(owner_engine, "kind, status, error_code") == [
        ("confirmation", "expired", "too-late"),
        ("reminder", "expired", "too-late"),
    ]


# --- when something goes wrong ----------------------------------------------------------------------------------------


def test_a_poison_row_among_ten_fails_alone_and_says_nothing_of_the_patient(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    due = [put(owner_engine, appointment, due_in=timedelta(seconds=-20 + number)) for number in range(10)]
    sms.script = [Outcome(Answer.SENT, f"SM{number}") for number in range(10)]
    sms.script[4] = ValueError("cannot render Anna Meier +493012345671")
    with caplog.at_level(logging.DEBUG):
        assert one.tick().worked == 10
    assert [row(owner_engine, each)["status"] for each in due].count("sent") == 9
    poison = row(owner_engine, due[4])
    assert (poison["status"], poison["error_code"], poison["attempts"]) == ("failed", "bug", 1)
    assert "Meier" not in caplog.text + poison["last_error"]
    assert str(due[4]) in caplog.text
    assert state_of(owner_engine)["state"] == "working"


def test_a_row_that_cannot_even_be_begun_fails_alone(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = [put(owner_engine, appointment, due_in=timedelta(seconds=-20 + number)) for number in range(3)]
    begin = queue.begin

    def broken(steps: Any, claimed: Any, *others: Any) -> Any:
        if claimed.id == due[1]:
            raise ValueError
        return begin(steps, claimed, *others)

    monkeypatch.setattr(queue, "begin", broken)
    one.tick()
    assert ids(sms.arrived) == [due[0], due[2]]
    assert [row(owner_engine, each)["status"] for each in due] == ["sent", "failed", "sent"]
    assert row(owner_engine, due[1])["error_code"] == "bug"


def test_a_stopped_channel_leaves_the_rest_of_its_batch_and_the_other_channel_goes_on(
    one: Worker, sms: Provider, mail: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    sql(owner_engine, "UPDATE patient SET email = 'anna@example.org'")
    for number in range(4):
        put(owner_engine, appointment, due_in=timedelta(seconds=-20 + number))
        put(owner_engine, appointment, channel=Channel.EMAIL)
    sms.script = [Outcome(Answer.CONFIGURATION, code="20003", reason="Sign in.")]
    tick = one.tick()
    assert len(sms.asked) == 1
    assert len(mail.arrived) == 4
    assert [(each.channel, each.state, each.code) for each in tick.states] == [(Channel.SMS, "stopped", "20003")]
    found = rows(owner_engine, "status, attempts, lease_owner", "channel = 'sms'")
    assert found == [("pending", 0, None)] * 4
    assert one.tick().worked == 0


def test_a_failing_provider_is_left_alone_after_five_and_tried_with_one(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    for _ in range(20):
        put(owner_engine, appointment)
    sms.script = [DOWN] * 6
    tick = one.tick()
    assert (len(sms.asked), tick.states[0].state) == (5, "pausing")
    assert tick.next_in_s == pytest.approx(30, abs=5)
    let_pass(owner_engine, timedelta(seconds=31))
    one.tick()
    assert len(sms.asked) == 6
    let_pass(owner_engine, timedelta(seconds=61))
    tick = one.tick()
    assert tick.states[-1].state == "working"
    let_pass(owner_engine, timedelta(hours=3))
    one.tick()
    assert {each[2] for each in rows(owner_engine)} == {"sent"}
    assert len(sms.arrived) == 20


def test_a_lost_database_is_told_and_what_was_sent_meanwhile_is_written_later(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = put(owner_engine, appointment)
    settle = queue.settle

    def lost(*_: Any) -> None:
        raise DatabaseDown

    monkeypatch.setattr(queue, "settle", lost)
    with pytest.raises(DatabaseDown):
        one.tick()
    assert row(owner_engine, due)["status"] == "sending"
    monkeypatch.setattr(queue, "settle", settle)
    one.tick()
    assert row(owner_engine, due)["status"] == "sent"
    assert len(sms.asked) == 1


def test_a_begin_whose_answer_was_lost_sends_nothing_and_is_taken_back(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = put(owner_engine, appointment)
    begin = queue.begin

    def lost(*arguments: Any) -> None:
        begin(*arguments)
        raise DatabaseDown

    monkeypatch.setattr(queue, "begin", lost)
    with pytest.raises(DatabaseDown):
        one.tick()
    assert (row(owner_engine, due)["status"], sms.asked) == ("sending", [])
    monkeypatch.setattr(queue, "begin", begin)
    one.tick()
    assert (row(owner_engine, due)["status"], row(owner_engine, due)["attempts"]) == ("sent", 1)


def test_a_cut_connection_costs_one_tick(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine, postgres_server: PostgresServer
) -> None:
    for number in range(3):
        put(owner_engine, appointment, due_in=timedelta(seconds=-20 + number))

    def cut(_message: Outgoing) -> None:
        sms.before = lambda _: None
        database = owner_engine.url.database
        postgres_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            f" WHERE usename = 'test_worker' AND datname = '{database}'"
        )

    sms.before = cut
    with pytest.raises(DatabaseDown):
        one.tick()
    one.tick()
    let_pass(owner_engine, timedelta(seconds=61))  # what the lost connection had leased
    one.tick()
    assert {each[2] for each in rows(owner_engine)} == {"sent"}
    assert len(sms.asked) == 3


def test_a_wrong_clock_on_this_desk_sends_nothing_early_late_or_twice(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime(2035, 1, 1, tzinfo=tz)

    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    for module in (worker, queue):
        monkeypatch.setattr(module, "datetime", Wrong)
    due = put(owner_engine, appointment)
    later = put(owner_engine, appointment, due_in=timedelta(minutes=1))
    for _ in range(2):
        one.tick()
    assert ids(sms.asked) == [due]
    found = row(owner_engine, due)
    assert abs((found["sent_at"] - found["changed_at"]).total_seconds()) < 5
    assert row(owner_engine, later)["status"] == "pending"


# --- stopping and handing over ----------------------------------------------------------------------------------------


def test_a_worker_that_is_stopped_finishes_the_one_in_hand_and_gives_the_rest_back(
    one: Worker, other: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    for _ in range(5):
        put(owner_engine, appointment)
    one.tick(stop=lambda: bool(sms.asked))
    assert sorted(each[0] for each in rows(owner_engine, "status")) == ["pending"] * 4 + ["sent"]
    assert other.tick().worked == 4


def test_release_hands_over_at_once(one: Worker, other: Worker, appointment: UUID, owner_engine: Engine) -> None:
    put(owner_engine, appointment)
    with stepping(one._db) as steps:
        queue.claim(steps, (Channel.SMS,), "one")
    assert other.tick().worked == 0
    assert one.release() == 1
    assert other.tick().worked == 1


def test_a_message_waits_for_its_turn_but_not_for_long(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    sql(owner_engine, "UPDATE messaging SET sms_per_minute = 120")
    for _ in range(3):
        put(owner_engine, appointment)
    one.tick()
    started = [row(owner_engine, each.id)["sending_started_at"] for each in sms.arrived]
    assert len(started) == 3
    assert started[2] - started[0] >= timedelta(seconds=0.95)
    sql(owner_engine, "UPDATE messaging SET sms_per_minute = 10")
    for _ in range(2):
        put(owner_engine, appointment)
    let_pass(owner_engine, timedelta(seconds=1))
    tick = one.tick()
    assert tick.worked == 1
    assert tick.next_in_s == pytest.approx(6, abs=2)


def test_the_desks_are_told_once_of_all_that_a_tick_changed(
    one: Worker, appointment: UUID, owner_engine: Engine
) -> None:
    for _ in range(5):
        put(owner_engine, appointment)
    with owner_engine.connect() as connection:
        connection.exec_driver_sql("LISTEN clinic_desk")
        connection.commit()
        one.tick()
        connection.exec_driver_sql("SELECT 1")
        driver: Any = connection.connection.dbapi_connection
        told = [json.loads(each.payload) for each in driver.notifies]
    assert [(each["t"], each["i"]) for each in told] == [("notification", str(appointment))]
