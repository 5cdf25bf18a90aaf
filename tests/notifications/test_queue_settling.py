"""Settling, the breaker, recovering, giving back: the last steps of the queue, on a real database as the first."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, text

from clinic_desk.database.stepping import Steps
from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.domain.records import Channel
from clinic_desk.notifications import queue
from clinic_desk.notifications.checking import next_missing
from tests.support.queue_hands import BOTH, ME, MINUTE, OTHER, SMS, begin_one, claimed, settle_one
from tests.support.queue_rows import let_pass, put, row, rows, sql, state_of
from tests.support.small_clinic import SmallClinic
from tests.support.sql import connected

# --- settle -----------------------------------------------------------------------------------------------------------


def test_sent_keeps_the_providers_id_and_when_to_ask_for_the_delivery(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    assert settle_one(steps, Outcome(Answer.SENT, "SM1")) == "sent"
    found = row(owner_engine, due)
    assert (found["provider_id"], found["lease_owner"], found["error_code"]) == ("SM1", None, "")
    assert found["check_at"] - found["sent_at"] == timedelta(seconds=30)
    email = put(owner_engine, appointment, channel=Channel.EMAIL)
    sql(owner_engine, "UPDATE patient SET email = 'a@example.org'")
    settle_one(steps, Outcome(Answer.SENT))
    assert row(owner_engine, email)["check_at"] is None  # nobody can be asked


def test_a_failure_that_passes_is_tried_again_ever_later(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    due = put(owner_engine, appointment)
    for attempts in (0, 1, 2, 3, 6):
        sql(owner_engine, "UPDATE notification SET attempts = %s, due_at = now()", (attempts,))
        sql(owner_engine, "UPDATE message_channel SET failures = 0")
        assert settle_one(steps, Outcome(Answer.TRANSIENT, code="connect", reason="no route")) == "pending"
        found = row(owner_engine, due)
        wait = (found["due_at"] - found["changed_at"]).total_seconds()
        nominal = min(7200, 30 * 4**attempts)
        assert 0.79 * nominal <= wait <= 1.21 * nominal
        assert (found["error_code"], found["last_error"], found["attempts"]) == ("connect", "no route", attempts + 1)


def test_a_provider_that_says_when_is_heeded(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    due = put(owner_engine, appointment)
    settle_one(steps, Outcome(Answer.TRANSIENT, code="20429", retry_after=timedelta(seconds=7)))
    found = row(owner_engine, due)
    assert (found["due_at"] - found["changed_at"]).total_seconds() == pytest.approx(7, abs=1)


def test_a_mail_server_that_puts_a_sender_off_is_left_alone_for_five_minutes(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    sql(owner_engine, "UPDATE patient SET email = 'a@example.org'")
    due = put(owner_engine, appointment, channel=Channel.EMAIL)
    settle_one(steps, Outcome(Answer.TRANSIENT, code="451"))
    found = row(owner_engine, due)
    assert found["due_at"] - found["changed_at"] >= timedelta(seconds=299)
    assert state_of(owner_engine, Channel.EMAIL)["failures"] == 0  # it is the recipient's, not the channel's


def test_after_the_eighth_try_it_is_given_up(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    due = put(owner_engine, appointment)
    sql(owner_engine, "UPDATE notification SET attempts = 7")
    assert settle_one(steps, Outcome(Answer.TRANSIENT, code="connect", reason="no route")) == "failed"
    assert row(owner_engine, due)["error_code"] == "gave-up"
    assert "no route" in row(owner_engine, due)["last_error"]


def test_no_try_comes_after_the_messages_own_end(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    due = put(owner_engine, appointment)
    sql(owner_engine, "UPDATE notification SET not_after = clock_timestamp() + INTERVAL '20 s'")
    assert settle_one(steps, Outcome(Answer.TRANSIENT, code="connect")) == "failed"
    assert row(owner_engine, due)["error_code"] == "gave-up"


def test_what_is_unknown_is_looked_for_a_minute_later(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    due = put(owner_engine, appointment)
    assert settle_one(steps, Outcome(Answer.UNKNOWN, code="no-answer", reason="no answer")) == "unknown"
    found = row(owner_engine, due)
    assert (found["check_at"] - found["changed_at"]).total_seconds() == pytest.approx(60, abs=1)
    assert claimed(steps) == []


def test_a_wrong_configuration_stops_the_channel_and_costs_no_attempt(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    due, other = put(owner_engine, appointment), put(owner_engine, appointment, channel=Channel.EMAIL)
    one = next(each for each in queue.claim(steps, SMS, ME))
    begun = queue.begin(steps, one, ME)
    assert begun is not None
    settled = queue.settle(steps, begun.ended(Outcome(Answer.CONFIGURATION, code="20003", reason="Sign in.")), ME)
    assert settled is not None
    assert settled.channel is not None
    assert (settled.channel.state, settled.channel.code, settled.channel.reason) == ("stopped", "20003", "Sign in.")
    found = row(owner_engine, due)
    assert (found["status"], found["attempts"], found["error_code"]) == ("pending", 0, "20003")
    assert claimed(steps) == [other]
    sql(owner_engine, "UPDATE messaging SET from_name = 'new settings'")  # deserve a new try
    assert claimed(steps) == [due]


def test_a_permanent_failure_is_staffs(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    due = put(owner_engine, appointment)
    assert settle_one(steps, Outcome(Answer.PERMANENT, code="21614", reason="Not a mobile.")) == "failed"
    found = row(owner_engine, due)
    assert (found["error_code"], found["last_error"]) == ("21614", "Not a mobile.")


def test_what_was_begun_and_not_sent_costs_no_attempt(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    due = put(owner_engine, appointment)
    queue.settle(steps, begin_one(steps).ended(None), ME)
    found = row(owner_engine, due)
    assert (found["status"], found["attempts"]) == ("pending", 0)
    assert state_of(owner_engine)["state"] == "working"


def test_one_step_settles_a_message_and_begins_the_next(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    first, second = put(owner_engine, appointment, due_in=-MINUTE), put(owner_engine, appointment)
    one, two = queue.claim(steps, BOTH, ME)
    begun = queue.begin(steps, one, ME)
    assert begun is not None
    after = queue.begin(steps, two, ME, begun.ended(Outcome(Answer.SENT, "SM1")))
    assert after is not None
    assert (row(owner_engine, first)["status"], row(owner_engine, second)["status"]) == ("sent", "sending")


def test_a_reason_is_kept_on_one_line_and_not_longer_than_is_read(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    settle_one(steps, Outcome(Answer.PERMANENT, code="x", reason="one\r\n\0two " + "long " * 200))
    found: Any = row(owner_engine, due)["last_error"]
    assert found.startswith("one two long")
    assert len(found) <= 300


# --- the breaker ------------------------------------------------------------------------------------------------------


def fail(steps: Steps, engine: Engine, appointment: UUID, outcome: Outcome) -> None:
    put(engine, appointment)
    settle_one(steps, outcome)


def test_five_failures_in_a_row_pause_the_channel_and_only_it(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    down = Outcome(Answer.TRANSIENT, code="connect", reason="no route")
    for count in range(1, 6):
        fail(steps, owner_engine, appointment, down)
        assert state_of(owner_engine)["failures"] == count
        assert state_of(owner_engine)["state"] == ("pausing" if count == 5 else "working")
    found = state_of(owner_engine)
    assert (found["code"], found["reason"]) == ("connect", "no route")
    assert timedelta(seconds=29) < found["resume_at"] - found["since"] <= timedelta(seconds=30)
    assert state_of(owner_engine, Channel.EMAIL)["state"] == "working"


def test_a_success_forgets_the_failures_before(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    for _ in range(4):
        fail(steps, owner_engine, appointment, Outcome(Answer.TRANSIENT, code="connect"))
    fail(steps, owner_engine, appointment, Outcome(Answer.SENT, "SM1"))
    assert state_of(owner_engine)["failures"] == 0


def test_a_hanging_provider_pauses_its_channel_too(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    for _ in range(5):
        fail(steps, owner_engine, appointment, Outcome(Answer.UNKNOWN, code="no-answer"))
    assert state_of(owner_engine)["state"] == "pausing"


def test_each_probe_that_fails_doubles_the_pause(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    pauses: list[int] = []
    for count in range(10):
        put(owner_engine, appointment)
        one = next(iter(queue.claim(steps, SMS, ME)))
        begun = queue.begin(steps, one, ME)
        assert begun is not None
        queue.settle(steps, begun.ended(Outcome(Answer.TRANSIENT, code="connect")), ME)
        found = state_of(owner_engine)
        if count >= 4:
            now = row(owner_engine, one.id)["changed_at"] + timedelta(seconds=sum(pauses) + len(pauses))
            pauses.append(round((found["resume_at"] - now).total_seconds()))
            let_pass(owner_engine, timedelta(seconds=pauses[-1] + 1))
    assert pauses == [30, 60, 120, 240, 480, 480]


# --- recover, give back, what is next ---------------------------------------------------------------------------------


def test_what_was_being_sent_when_its_worker_died_is_unknown(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    begin_one(steps)
    assert queue.recover(steps) == ()
    let_pass(owner_engine, MINUTE)
    assert queue.recover(steps) == (appointment,)
    found = row(owner_engine, due)
    assert (found["status"], found["error_code"], found["attempts"]) == ("unknown", "lease-lost", 1)
    assert found["check_at"] is not None
    assert claimed(steps) == []


def test_what_is_due_after_its_own_end_expires_even_if_its_channel_is_off(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    ahead = put(owner_engine, appointment)
    sql(owner_engine, "UPDATE message_channel SET state = 'stopped'")
    sql(owner_engine, "UPDATE notification SET not_after = now() WHERE id = %s", (due,))
    queue.recover(steps)
    assert row(owner_engine, due)["status"] == "expired"
    assert row(owner_engine, due)["error_code"] == "too-late"
    assert row(owner_engine, ahead)["status"] == "pending"


def test_what_was_leased_is_given_back_and_others_are_told(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    for _ in range(3):
        put(owner_engine, appointment)
    first = claimed(steps)
    assert queue.give_back(steps, OTHER) == 0
    assert queue.give_back(steps, ME, first[:1]) == 1
    with owner_engine.connect() as connection:
        connection.exec_driver_sql("LISTEN clinic_desk_queue")
        connection.commit()
        assert queue.give_back(steps, ME, aloud=True) == 2
        connection.exec_driver_sql("SELECT 1")
        driver: Any = connection.connection.dbapi_connection
        assert [each.channel for each in driver.notifies] == ["clinic_desk_queue"]
    assert {each[2] for each in rows(owner_engine)} == {"pending"}


def test_what_is_being_sent_is_not_given_back(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    put(owner_engine, appointment)
    begin_one(steps)
    assert queue.give_back(steps, ME) == 0


def test_the_next_moment_is_when_something_is_due_a_channel_resumes_or_a_lease_ends(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    assert queue.next_in_s(steps, BOTH) is None
    due = put(owner_engine, appointment, due_in=timedelta(seconds=100))
    assert queue.next_in_s(steps, BOTH) == pytest.approx(100, abs=5)
    assert queue.next_in_s(steps, (Channel.EMAIL,)) is None
    sql(
        owner_engine,
        "UPDATE message_channel SET state = 'pausing', resume_at = clock_timestamp() + INTERVAL '300 s'"
        " WHERE channel = 'sms'",
    )
    assert queue.next_in_s(steps, BOTH) == pytest.approx(300, abs=5)
    sql(owner_engine, "UPDATE message_channel SET state = 'stopped', resume_at = NULL")
    assert queue.next_in_s(steps, BOTH) is None
    sql(owner_engine, "UPDATE message_channel SET state = 'working'")
    sql(owner_engine, "UPDATE notification SET due_at = now() WHERE id = %s", (due,))
    claimed(steps)
    assert queue.next_in_s(steps, BOTH) == pytest.approx(60, abs=5)


def test_a_restricted_patients_message_goes_to_her_number_which_the_queue_does_not_say(
    steps: Steps, appointment: UUID, clinic: SmallClinic, owner_engine: Engine, url_as: Callable[[Any], URL]
) -> None:
    with connected(url_as("clinic_manager")) as manager:
        number = manager.scalar(text("SELECT phone FROM patient WHERE id = :id"), {"id": clinic.patients[0]})
        manager.execute(text("UPDATE patient SET restricted = true WHERE id = :id"), {"id": clinic.patients[0]})
    message = put(owner_engine, appointment)
    begun = begin_one(steps)
    assert (begun.verdict, begun.message.recipient) == ("", number)
    assert row(owner_engine, message)["recipient"] == ""
    assert number
    sql(owner_engine, "UPDATE notification SET status = 'unknown', check_at = now(), lease_owner = NULL")
    missing = next_missing(steps, dict.fromkeys(BOTH))
    assert missing is not None
    assert missing.message.recipient == number, "by it the provider is asked what became of the message"
