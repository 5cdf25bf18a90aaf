"""What became of messages: the worker finds out where no answer came, and whether they were delivered."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.domain.messaging import Answer, Delivery, Found, Outcome, Outgoing, Trace
from clinic_desk.notifications import worker
from clinic_desk.notifications.worker import Worker
from tests.support.queue_rows import Provider, ids, let_pass, put, row, rows, sql, state_of, steps_of

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
