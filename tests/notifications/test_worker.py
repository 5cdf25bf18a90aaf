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
from clinic_desk.domain.commands import Book, Cancel, Update
from clinic_desk.domain.messaging import Answer, Delivery, Found, Outcome, Outgoing, Trace
from clinic_desk.domain.records import CancellationReason, Channel, Entry
from clinic_desk.domain.recurrence import Every, Recurrence
from clinic_desk.domain.series import BookSeries, SeriesDate, planned_dates, series_of, told_once
from clinic_desk.errors import DatabaseDown
from clinic_desk.notifications import queue, worker
from clinic_desk.notifications.worker import Worker
from clinic_desk.services import series
from clinic_desk.services.booking import book, cancel, update
from tests.plugins.postgres import PostgresServer
from tests.support.bookings import at, checkup
from tests.support.queue_rows import Provider, ids, let_pass, put, row, rows, sql, state_of, steps_of
from tests.support.small_clinic import SmallClinic

DOWN = Outcome(Answer.TRANSIENT, code="connect", reason="no route")


@pytest.fixture
def sms() -> Provider:
    return Provider(Channel.SMS)


@pytest.fixture
def mail() -> Provider:
    return Provider(Channel.EMAIL)


@pytest.fixture
def one(worker_db: Database, sms: Provider, mail: Provider) -> Worker:
    """The first worker, with both providers."""
    return Worker(worker_db, {Channel.SMS: sms, Channel.EMAIL: mail}, "one")


@pytest.fixture
def other(make_worker_db: Callable[[], Database], sms: Provider, mail: Provider) -> Worker:
    """Another one, on the same providers."""
    return Worker(make_worker_db(), {Channel.SMS: sms, Channel.EMAIL: mail}, "other")


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    """The first patient's checkup, booked at a desk: a confirmation in 20 seconds, a reminder the day before."""
    return book(database, checkup(clinic))


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


# --- quiet hours, the other channel -----------------------------------------------------------------------------------


def test_a_reminder_waits_for_the_end_of_the_quiet_hours(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    sql(
        owner_engine,
        "UPDATE messaging SET quiet_from_minute = mod(m + 1380, 1440), quiet_until_minute = mod(m + 60, 1440) FROM ("
        " SELECT (extract(hour FROM t) * 60 + extract(minute FROM t))::int AS m"
        " FROM (SELECT clock_timestamp() AT TIME ZONE 'Europe/Berlin' AS t) AS local) AS minute",
    )
    due = put(owner_engine, appointment, kind="reminder")
    tick = one.tick()
    found = row(owner_engine, due)
    assert (found["status"], found["error_code"], found["attempts"]) == ("pending", "quiet-hours", 0)
    assert tick.next_in_s == pytest.approx(3600, abs=120)
    let_pass(owner_engine, timedelta(minutes=61))
    one.tick()
    assert ids(sms.arrived) == [due]


def test_a_number_that_cannot_be_reached_is_noted_and_the_mail_serves_once(
    one: Worker, sms: Provider, mail: Provider, booked: Entry, owner_engine: Engine
) -> None:
    sql(owner_engine, "UPDATE patient SET email = 'anna@example.org'")
    let_pass(owner_engine, timedelta(minutes=1))
    refused = Outcome(Answer.PERMANENT, code="21614", reason="Not a mobile.", note="unusable", another_channel=True)
    sms.script = [refused]
    one.tick()
    one.tick()
    assert [(each.kind, each.recipient) for each in mail.arrived] == [("confirmation", "anna@example.org")]
    assert "09:00" in mail.arrived[0].body
    assert mail.arrived[0].subject
    failed, instead = rows(owner_engine, "status, error_code, channel, origin_id", "kind = 'confirmation'")
    assert failed == ("failed", "21614", "sms", None)
    assert instead[:3] == ("sent", "", "email")
    assert instead[3] is not None
    with owner_engine.connect() as connection:
        notes = connection.exec_driver_sql("SELECT channel, address, state, source FROM contact_note").all()
    assert [tuple(each) for each in notes] == [("sms", "+493012345671", "unusable", "provider")]


def test_what_takes_the_place_of_an_sms_about_several_dates_names_them_where_they_are(
    worker_db: Database, mail: Provider, clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    sms = Provider(Channel.SMS)
    one = Worker(worker_db, {Channel.SMS: sms, Channel.EMAIL: mail}, "one")
    rule = Recurrence(Every.WEEKS, count=3)
    found = planned_dates(rule, checkup(clinic), "Europe/Berlin")
    books = [SeriesDate(each.day, each.step) for each in found if isinstance(each.step, Book)]
    made = series_of(rule, clinic.monday, 540, "Europe/Berlin")
    dates = series.book(database, BookSeries(made, told_once(books, tell=True)))
    sql(owner_engine, "UPDATE patient SET email = 'anna@example.org'")
    let_pass(owner_engine, timedelta(minutes=1))
    sms.script = [Outcome(Answer.PERMANENT, code="21614", note="unusable", another_channel=True)]
    one.tick()
    one.tick()
    days = "Mon 3 Mar 2031 09:00, Mon 10 Mar 2031 09:00, Mon 17 Mar 2031 09:00"
    assert [each.kind for each in mail.arrived] == ["confirmation"]
    assert f"All 3 dates: {days}." in mail.arrived[0].body
    update(database, Update(dates[1].id, 1, starts_at=dates[1].appointment.starts_at))
    assert rows(owner_engine, "status", "kind = 'rescheduled'") == []
    cancel(database, Cancel(dates[2].id, 1, CancellationReason.PROVIDER))  # by the e-mail she knew of it
    assert rows(owner_engine, "channel, status", "kind = 'cancelled'") == [("email", "pending")]


def test_without_another_address_nothing_takes_its_place(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    put(owner_engine, appointment)
    sms.script = [Outcome(Answer.PERMANENT, code="21614", note="unusable", another_channel=True)]
    one.tick()
    assert rows(owner_engine) == [("confirmation", "sms", "failed")]


def test_the_other_channels_failure_does_not_come_back_to_the_first(
    one: Worker, sms: Provider, mail: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    sql(owner_engine, "UPDATE patient SET email = 'anna@example.org'")
    put(owner_engine, appointment)
    sms.script = [Outcome(Answer.PERMANENT, code="30006", another_channel=True)]
    mail.script = [Outcome(Answer.PERMANENT, code="550", note="unusable", another_channel=True)]
    one.tick()
    one.tick()
    assert rows(owner_engine) == [("confirmation", "sms", "failed"), ("confirmation", "email", "failed")]


def test_an_opt_out_is_not_overwritten_by_less(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    put(owner_engine, appointment)
    sms.script = [Outcome(Answer.PERMANENT, code="21610", note="opted-out")]
    one.tick()
    assert rows(owner_engine, "status, error_code") == [("failed", "21610")]
    put(owner_engine, appointment)
    one.tick()
    assert len(sms.asked) == 1
    assert rows(owner_engine, "status, error_code")[1] == ("failed", "opted-out")


# --- finding out ------------------------------------------------------------------------------------------------------

LOST_ANSWER = Outcome(Answer.UNKNOWN, code="arrived", reason="no answer")
LOST = Outcome(Answer.UNKNOWN, code="no-answer", reason="no answer")


def test_a_message_whose_answer_was_lost_is_found_and_not_sent_again(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    sms.script = [LOST_ANSWER]
    one.tick()
    assert one.reconcile() == 0  # a slow provider is given a minute
    let_pass(owner_engine, timedelta(seconds=61))
    assert one.reconcile() == 1
    found = row(owner_engine, due)
    assert (found["status"], found["provider_id"]) == ("sent", f"SM-{due}-1")
    assert found["sent_at"] == found["sending_started_at"]
    one.tick()
    assert len(sms.asked) == 1


def test_a_message_found_at_the_provider_that_is_another_rows_is_not_taken_for_this_one(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    sisters = put(owner_engine, appointment)
    one.tick()
    its_id = row(owner_engine, sisters)["provider_id"]
    due = put(owner_engine, appointment)
    sms.script = [LOST_ANSWER]
    one.tick()
    sms.finds = [Found(Trace.FOUND, its_id, also=(f"SM-{due}-1",))]
    let_pass(owner_engine, timedelta(seconds=61))
    one.reconcile()
    assert (row(owner_engine, due)["status"], row(owner_engine, due)["provider_id"]) == ("sent", f"SM-{due}-1")
    third = put(owner_engine, appointment)
    sms.script = [LOST]
    one.tick()
    sms.finds = [Found(Trace.FOUND, its_id, also=(f"SM-{due}-1",))]
    let_pass(owner_engine, timedelta(seconds=61))
    one.reconcile()
    assert row(owner_engine, third)["status"] == "pending"


def test_a_message_that_comes_too_late_for_its_provider_expires(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    sms.script = [Outcome(Answer.PERMANENT, code="too-late", reason="it begins in less than 5 s")]
    one.tick()
    assert (row(owner_engine, due)["status"], row(owner_engine, due)["error_code"]) == ("expired", "too-late")


def test_a_message_that_never_arrived_is_sent_again_as_the_same_row(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    sms.script = [LOST]
    one.tick()
    let_pass(owner_engine, timedelta(seconds=61))
    one.reconcile()
    one.tick()
    assert ids(sms.arrived) == [due]
    assert (row(owner_engine, due)["status"], row(owner_engine, due)["attempts"]) == ("sent", 2)
    assert sms.asked[0].created_at == sms.asked[1].created_at


def test_what_never_arrived_and_is_too_late_now_expires(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    sms.script = [LOST]
    one.tick()
    sql(owner_engine, "UPDATE notification SET not_after = now()")
    let_pass(owner_engine, timedelta(seconds=61))
    one.reconcile()
    assert row(owner_engine, due)["status"] == "expired"


def test_what_nobody_can_tell_is_left_to_a_human_in_the_end(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    sms.script = [LOST]
    sms.finds = [Found(Trace.CANNOT_TELL, reason="the list cannot be read")] * 20
    sms.finds[2] = RuntimeError("a bug")
    one.tick()
    asked = 0
    for _ in range(60):
        let_pass(owner_engine, timedelta(minutes=10))
        asked += one.reconcile()
    assert asked == 6
    found = row(owner_engine, due)
    assert (found["status"], found["check_at"], found["last_error"]) == ("unknown", None, "the list cannot be read")


def test_a_worker_that_sleeps_past_its_lease_leaves_one_message_unknown_and_the_others_to_others(
    one: Worker, other: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    for number in range(3):
        put(owner_engine, appointment, due_in=timedelta(seconds=-20 + number))

    def sleep(_message: Outgoing) -> None:
        sms.before = lambda _: None
        let_pass(owner_engine, timedelta(seconds=61))
        assert other.tick().worked == 2

    sms.before = sleep
    assert one.tick().worked == 1
    assert sorted(each[0] for each in rows(owner_engine, "status")) == ["sent", "sent", "unknown"]
    other.reconcile()
    assert {each[0] for each in rows(owner_engine, "status")} == {"sent"}
    assert len(sms.asked) == 3


def test_a_program_that_slept_between_begin_and_send_sends_nothing_late(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = put(owner_engine, appointment)
    ages = [31.0, 0.0]
    monkeypatch.setattr(worker._Since, "seconds", lambda _self: ages.pop(0))
    one.tick()
    assert ids(sms.asked) == [due]
    assert steps_of(owner_engine, due) == ["pending", "leased", "sending", "pending", "leased", "sending", "sent"]
    assert row(owner_engine, due)["attempts"] == 1


def test_delivery_is_asked_for_ever_more_seldom_and_never_goes_backwards(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    one.tick()
    asked = []
    for minute in range(0, 50 * 60, 10):
        asked += [minute] * one.poll_deliveries()
        let_pass(owner_engine, timedelta(minutes=10))
    assert len(asked) == 5  # at ten-minute looks: 30 s and 2 min and 10 min fall into one or two
    assert row(owner_engine, due)["check_at"] is None
    assert row(owner_engine, due)["status"] == "sent"


def test_a_delivered_message_is_not_asked_for_again(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    one.tick()
    sms.deliveries = [Delivery("on-its-way"), Delivery("delivered"), Delivery("undelivered", code="30005")]
    for _ in range(5):
        let_pass(owner_engine, timedelta(hours=7))
        one.poll_deliveries()
    assert row(owner_engine, due)["status"] == "delivered"
    assert len(sms.deliveries) == 1


def test_an_undelivered_message_is_seen_by_staff_and_its_number_noted(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    one.tick()
    sms.deliveries = [Delivery("undelivered", code="30005", reason="Unknown number.", note="unusable")]
    let_pass(owner_engine, timedelta(minutes=1))
    one.poll_deliveries()
    found = row(owner_engine, due)
    assert (found["status"], found["error_code"], found["dealt_with_at"]) == ("failed", "30005", None)
    with owner_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT state FROM contact_note").scalar_one() == "unusable"


def test_a_failure_that_may_pass_is_tried_as_a_new_message_twice_and_then_staffs(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    put(owner_engine, appointment)
    for _ in range(6):
        one.tick()
        sms.deliveries = [Delivery("undelivered", code="30003", reason="Switched off.", again=True)]
        let_pass(owner_engine, timedelta(minutes=1))
        one.poll_deliveries()
        let_pass(owner_engine, timedelta(hours=2))
    found = rows(owner_engine, "status, error_code, dealt_with_at IS NULL, due_at - created_at")
    assert [each[:3] for each in found] == [
        ("failed", "30003", False),
        ("failed", "30003", False),
        ("failed", "30003", True),
    ]
    assert len(sms.arrived) == 3


def test_a_late_account_trouble_stops_the_channel(
    one: Worker, sms: Provider, appointment: UUID, owner_engine: Engine
) -> None:
    put(owner_engine, appointment)
    one.tick()
    sms.deliveries = [Delivery("undelivered", code="30034", reason="Not registered.", configuration=True)]
    let_pass(owner_engine, timedelta(minutes=1))
    one.poll_deliveries()
    assert (state_of(owner_engine)["state"], state_of(owner_engine)["code"]) == ("stopped", "30034")
