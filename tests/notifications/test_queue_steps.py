"""Claiming and beginning: the first steps of the queue, on a real database whose clock the tests put forward."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.stepping import Steps, stepping
from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.domain.records import Channel
from clinic_desk.notifications import queue
from clinic_desk.notifications.queue import Sent
from tests.support.queue_hands import BOTH, ME, MINUTE, OTHER, SMS, begin_one, claim_one, claimed
from tests.support.queue_rows import let_pass, put, row, sql, state_of, steps_of
from tests.support.small_clinic import SmallClinic

# --- claim ------------------------------------------------------------------------------------------------------------


def test_what_is_due_is_leased_for_a_minute_and_what_is_not_is_left(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    put(owner_engine, appointment, due_in=MINUTE)
    assert claimed(steps) == [due]
    found = row(owner_engine, due)
    assert (found["status"], found["lease_owner"], found["attempts"]) == ("leased", ME, 0)
    assert timedelta(seconds=50) < found["lease_until"] - found["changed_at"] <= MINUTE


def test_at_most_ten_are_claimed_at_once_the_longest_due_first(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    ids = [put(owner_engine, appointment, due_in=timedelta(minutes=-number)) for number in range(13)]
    assert claimed(steps) == ids[:2:-1]
    assert claimed(steps) == ids[2::-1]
    assert claimed(steps) == []


def test_what_answers_somebody_goes_before_reminders(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    reminders = [put(owner_engine, appointment, kind="reminder", due_in=timedelta(hours=-5)) for _ in range(12)]
    confirmation = put(owner_engine, appointment)
    first = claimed(steps)
    assert first[0] == confirmation
    assert len(first) == 10
    assert set(first[1:]) < set(reminders)


def test_each_message_is_claimed_by_one_of_many(
    make_worker_db: Callable[[], Database], appointment: UUID, owner_engine: Engine
) -> None:
    ids = {put(owner_engine, appointment) for _ in range(15)}
    with stepping(make_worker_db()) as one, stepping(make_worker_db()) as other:
        first, second = claimed(one), claimed(other, OTHER)
    assert len(first) == 10
    assert set(first) | set(second) == ids
    assert len(second) == 5


def test_what_another_holds_locked_is_passed_over_and_not_waited_for(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    locked, free = put(owner_engine, appointment), put(owner_engine, appointment)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("SELECT FROM notification WHERE id = %s FOR UPDATE", (locked,))
        assert claimed(steps) == [free]


def test_only_channels_that_were_named_and_are_not_stopped_are_claimed(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    email, sms = put(owner_engine, appointment, channel=Channel.EMAIL), put(owner_engine, appointment)
    assert claimed(steps, channels=()) == []
    sql(owner_engine, "UPDATE message_channel SET state = 'stopped' WHERE channel = 'sms'")
    assert claimed(steps) == [email]
    assert row(owner_engine, sms)["status"] == "pending"


def test_a_lease_that_ran_out_with_nothing_sent_is_simply_claimed(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    claimed(steps)
    assert claimed(steps, OTHER) == []
    let_pass(owner_engine, MINUTE)
    assert claimed(steps, OTHER) == [due]
    assert row(owner_engine, due)["lease_owner"] == OTHER


def test_a_channel_that_pauses_is_tried_with_one_message_by_one_worker_when_its_time_comes(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    for _ in range(3):
        put(owner_engine, appointment)
    sql(
        owner_engine,
        "UPDATE message_channel SET state = 'pausing', failures = 5, resume_at = clock_timestamp() + INTERVAL '30 s'"
        " WHERE channel = 'sms'",
    )
    assert claimed(steps) == []
    let_pass(owner_engine, timedelta(seconds=31))
    probe = claim_one(steps)
    assert probe.probe
    assert claimed(steps, OTHER) == []
    begun = queue.begin(steps, probe, ME)
    assert begun is not None
    assert begun.verdict == ""
    queue.settle(steps, begun.ended(Outcome(Answer.SENT, "SM1")), ME)
    assert state_of(owner_engine)["state"] == "working"
    assert len(claimed(steps, OTHER)) == 2


def test_a_probe_whose_worker_died_is_followed_by_another(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    put(owner_engine, appointment)
    sql(
        owner_engine,
        "UPDATE message_channel SET state = 'pausing', failures = 5, resume_at = now() WHERE channel = 'sms'",
    )
    assert claim_one(steps).probe
    let_pass(owner_engine, MINUTE)
    assert claim_one(steps, OTHER).probe


def time_at(engine: Engine) -> datetime:
    """The database's clock."""
    with engine.connect() as connection:
        now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return now


# --- the rate ---------------------------------------------------------------------------------------------------------


def test_the_rate_gives_each_message_its_turn_for_all_workers_together(
    make_worker_db: Callable[[], Database], appointment: UUID, owner_engine: Engine
) -> None:
    sql(owner_engine, "UPDATE messaging SET sms_per_minute = 600")
    for _ in range(25):
        put(owner_engine, appointment)
    before = time_at(owner_engine)
    with stepping(make_worker_db()) as one, stepping(make_worker_db()) as other:
        first = queue.claim(one, BOTH, ME)
        second = queue.claim(other, BOTH, OTHER)
    assert [each.wait_s for each in first] == pytest.approx([n / 10 for n in range(10)], abs=0.01)
    assert len(second) < 10  # what time went by meanwhile gave it turns, and no more
    assert state_of(owner_engine)["next_send_at"] - before >= timedelta(seconds=(len(first) + len(second)) / 10)


def test_one_a_second_leaves_the_other_channel_alone(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    sql(owner_engine, "UPDATE messaging SET sms_per_minute = 60")
    for _ in range(3):
        put(owner_engine, appointment)
    emails = [put(owner_engine, appointment, channel=Channel.EMAIL) for _ in range(3)]
    first = queue.claim(steps, BOTH, ME)
    assert [each.channel for each in first].count(Channel.SMS) == 1
    assert {each.id for each in first} >= set(emails)
    assert queue.next_in_s(steps, SMS) == pytest.approx(1.0, abs=0.3)
    let_pass(owner_engine, timedelta(seconds=1))
    assert len(claimed(steps)) == 1


# --- begin ------------------------------------------------------------------------------------------------------------


def test_begin_writes_that_it_is_being_sent_before_it_is(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    due = put(owner_engine, appointment)
    one = claim_one(steps)
    let_pass(owner_engine, timedelta(seconds=40))
    begun = queue.begin(steps, one, ME)
    found = row(owner_engine, due)
    assert begun is not None
    assert (found["status"], found["attempts"], found["recipient"]) == ("sending", 1, "+493012345671")
    assert found["lease_until"] - found["sending_started_at"] == MINUTE  # renewed: three times a provider's time limit
    message = begun.message
    assert (message.attempt, message.recipient, message.body, message.uid) == (1, "+493012345671", "Body", appointment)
    assert (message.clinic, message.phone, message.zone, message.sequence) == (
        "Mitte",
        "+49301234567",
        "Europe/Berlin",
        1,
    )
    assert message.sending_started_at == found["sending_started_at"]
    assert steps_of(owner_engine, due) == ["pending", "leased", "sending"]


Change = tuple[str, str, str]
NOTED = """
INSERT INTO contact_note (id, channel, address, state, source)
VALUES (gen_random_uuid(), 'sms', '+493012345671', '{state}', 'reply')
"""
CHANGES: dict[str, Change] = {
    "a cancelled appointment": (
        "UPDATE appointment SET status = 'cancelled'",
        "cancelled",
        "appointment-gone",
    ),
    "a patient who came already": ("UPDATE appointment SET status = 'arrived'", "cancelled", "appointment-gone"),
    "a moved appointment": (
        "UPDATE appointment SET starts_at = starts_at + INTERVAL '1 h', ends_at = ends_at + INTERVAL '1 h'",
        "cancelled",
        "superseded",
    ),
    "an appointment given to another": (
        "UPDATE appointment SET patient_id = '00000005-0000-7000-8000-000000000004'",
        "cancelled",
        "patient-changed",
    ),
    "a patient who wants no messages": ("UPDATE patient SET channel = 'none'", "cancelled", "opted-out"),
    "a number that was taken out": ("UPDATE patient SET phone = ''", "failed", "no-address"),
    "an owner of the number who opted out": (
        NOTED.format(state="opted-out"),
        "failed",
        "opted-out",
    ),
    "a number that cannot be reached": (
        NOTED.format(state="unusable"),
        "failed",
        "unusable-address",
    ),
    "a message whose time has passed": (
        "UPDATE notification SET not_after = now() - INTERVAL '1 s'",
        "expired",
        "too-late",
    ),
    "a channel that was stopped meanwhile": (
        "UPDATE message_channel SET state = 'stopped'",
        "pending",
        "channel",
    ),
    "a channel that pauses since": (
        "UPDATE message_channel SET state = 'pausing', resume_at = now() + INTERVAL '1 min'",
        "pending",
        "channel",
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changed_after_the_claim_is_seen_before_it_is_sent(
    steps: Steps, appointment: UUID, owner_engine: Engine, change: Change
) -> None:
    statement, status, code = change
    due = [put(owner_engine, appointment, kind=kind) for kind in ("confirmation", "reminder", "rescheduled")]
    leased = queue.claim(steps, BOTH, ME)
    assert {each.id for each in leased} == set(due)
    sql(owner_engine, statement)
    for one in leased:
        begun = queue.begin(steps, one, ME)
        assert begun is not None
        assert begun.verdict == code
        found = row(owner_engine, one.id)
        assert (found["status"], found["attempts"], found["lease_owner"]) == (status, 0, None)
        if code != "channel":
            assert found["error_code"] == code
            assert found["last_error"]


def test_a_change_that_the_message_does_not_speak_of_does_not_hold_it_up(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    put(owner_engine, appointment, kind="reminder")
    sql(owner_engine, "UPDATE appointment SET note = 'brings papers', answer = 'accepted'")
    assert begin_one(steps).verdict == ""


def test_a_cancellation_that_was_taken_back_is_not_told(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    sql(owner_engine, "UPDATE appointment SET status = 'cancelled'")
    put(owner_engine, appointment, kind="cancelled")
    one = claim_one(steps)
    sql(owner_engine, "UPDATE appointment SET status = 'booked', cancellation_reason = NULL")
    begun = queue.begin(steps, one, ME)
    assert begun is not None
    assert begun.verdict == "superseded"


def test_who_lost_an_appointment_to_another_is_told_so(
    steps: Steps, appointment: UUID, clinic: SmallClinic, owner_engine: Engine
) -> None:
    put(owner_engine, appointment, kind="cancelled")
    sql(owner_engine, "UPDATE appointment SET patient_id = %s", (clinic.patients[3],))
    assert begin_one(steps).verdict == ""


def test_a_new_number_is_where_it_goes(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    put(owner_engine, appointment)
    one = claim_one(steps)
    sql(owner_engine, "UPDATE patient SET phone = '+4930999' WHERE phone = '+493012345671'")
    begun = queue.begin(steps, one, ME)
    assert begun is not None
    assert begun.message.recipient == "+4930999"


def test_an_opted_out_address_is_known_in_any_spelling(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    sql(owner_engine, "UPDATE patient SET email = 'Anna@Example.org'")
    sql(
        owner_engine,
        "INSERT INTO contact_note (id, channel, address, state, source)"
        " VALUES (gen_random_uuid(), 'email', 'anna@example.org', 'opted-out', 'desk')",
    )
    put(owner_engine, appointment, channel=Channel.EMAIL)
    assert begin_one(steps).verdict == "opted-out"


def test_a_patient_whose_record_was_a_double_is_reached_at_the_other_records_address(
    steps: Steps, appointment: UUID, clinic: SmallClinic, owner_engine: Engine
) -> None:
    put(owner_engine, appointment)
    sql(
        owner_engine,
        "UPDATE patient SET merged_into_id = %s WHERE id = %s",
        (clinic.patients[3], clinic.patients[0]),
    )
    begun = begin_one(steps)
    assert (begun.verdict, begun.message.recipient) == ("", "+493012345673")


def test_begin_and_settle_say_nothing_when_the_lease_was_lost(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    mine = claim_one(steps)
    let_pass(owner_engine, MINUTE)
    theirs = claim_one(steps, OTHER)
    assert queue.begin(steps, mine, ME) is None
    begun = queue.begin(steps, theirs, OTHER)
    assert begun is not None
    late = Sent(mine.id, 1, Channel.SMS, appointment, Outcome(Answer.SENT, "SM-late"))
    before = row(owner_engine, due)
    assert queue.settle(steps, late, ME) is None
    assert row(owner_engine, due) == before


def test_the_late_word_of_a_worker_that_slept_undoes_nothing(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    due = put(owner_engine, appointment)
    begun = begin_one(steps)
    let_pass(owner_engine, MINUTE)
    assert queue.recover(steps) == (appointment,)
    before, channel = row(owner_engine, due), state_of(owner_engine)
    assert before["status"] == "unknown"
    for answer in (Answer.SENT, Answer.PERMANENT, Answer.TRANSIENT, Answer.CONFIGURATION, Answer.UNKNOWN):
        assert queue.settle(steps, begun.ended(Outcome(answer, "SM-late")), ME) is None
        assert row(owner_engine, due) == before
        assert state_of(owner_engine) == channel


def test_a_message_cancelled_while_it_was_claimed_is_not_begun(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    put(owner_engine, appointment)
    one = claim_one(steps)
    sql(owner_engine, "UPDATE notification SET status = 'cancelled', lease_owner = NULL")
    assert queue.begin(steps, one, ME) is None


# --- quiet hours ------------------------------------------------------------------------------------------------------


def quiet_now(engine: Engine, hours: int = 2) -> None:
    """Make it quiet in Berlin from an hour ago for so many hours."""
    sql(
        engine,
        "UPDATE messaging SET quiet_from_minute = mod(m + 1380, 1440), quiet_until_minute = mod(m + %s, 1440) FROM ("
        " SELECT extract(hour FROM t) * 60 + extract(minute FROM t) AS m"
        " FROM (SELECT clock_timestamp() AT TIME ZONE 'Europe/Berlin' AS t) AS local) AS minute",
        ((hours - 1) * 60,),
    )


def test_only_what_is_not_urgent_keeps_the_quiet_hours(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    quiet_now(owner_engine)
    for kind, verdict in (
        ("reminder", "quiet-hours"),
        ("confirmation", ""),
        ("rescheduled", ""),
        ("waitlist-offer", "quiet-hours"),
    ):
        put(owner_engine, appointment, kind=kind)
        assert begin_one(steps).verdict == verdict


def test_a_reminder_that_somebody_wants_sent_now_goes_in_the_quiet_hours_too(
    steps: Steps, appointment: UUID, owner_engine: Engine
) -> None:
    quiet_now(owner_engine)
    put(owner_engine, appointment, kind="reminder")
    sql(owner_engine, "UPDATE notification SET error_code = 'send-now'")
    assert begin_one(steps).verdict == ""


def test_equal_ends_mean_that_it_is_never_quiet(steps: Steps, appointment: UUID, owner_engine: Engine) -> None:
    put(owner_engine, appointment, kind="reminder")
    sql(owner_engine, "UPDATE messaging SET quiet_from_minute = 0, quiet_until_minute = 1440")
    assert begin_one(steps).verdict == ""
