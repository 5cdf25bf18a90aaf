"""What people do with messages, on real PostgreSQL as the reception's role: each once, and never against a worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.message_list import Confirm, FileReply, MessageRefused, OnMessage, Why
from clinic_desk.domain.messaging import Kind, QueueStatus
from clinic_desk.domain.records import CancellationReason, Channel, Entry
from clinic_desk.domain.refusals import NotFound
from clinic_desk.services import message_actions as actions
from clinic_desk.services import messages, replies
from clinic_desk.services.booking import book, cancel, update
from tests.support.bookings import at, checkup, count
from tests.support.small_clinic import SmallClinic

S = QueueStatus
QUIET_NOW = """
UPDATE messaging SET quiet_from_minute = m, quiet_until_minute = mod(m + 60, 1440)
FROM (SELECT mod(floor(extract(epoch FROM clock_timestamp() AT TIME ZONE 'Europe/Berlin') / 60)::int, 1440) AS m) AS n
"""
"""From this minute on, for an hour."""


def sql(engine: Engine, statement: str, *values: Any) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, values)


@pytest.fixture
def entry(clinic: SmallClinic, database: Database) -> Entry:
    return book(database, checkup(clinic))


@pytest.fixture
def message(entry: Entry, database: Database) -> Callable[[str], UUID]:
    """The id of the booked appointment's message of a kind."""

    def of(kind: str) -> UUID:
        return next(row.id for row in messages.messages_about(database, entry.id) if row.kind == kind)

    return of


@pytest.fixture
def becomes(owner_engine: Engine) -> Callable[..., None]:
    """Let a message come to a state, as a worker would."""

    def become(message_id: UUID, status: str, **others: Any) -> None:
        given = {"status": status, **others}
        if status in {"leased", "sending"}:
            given |= {"lease_owner": "w", "lease_until": "2040-01-01"}
        if status in {"sent", "delivered"}:
            given |= {"sent_at": "2026-01-01"}
        names = ", ".join(f"{name} = %s" for name in given)
        sql(owner_engine, f"UPDATE notification SET {names} WHERE id = %s", *given.values(), message_id)

    return become


@pytest.mark.parametrize("status", ["failed", "expired", "unknown"])
def test_what_went_wrong_is_tried_again_now(
    database: Database, message: Callable[[str], UUID], becomes: Callable[..., None], status: str, owner_engine: Engine
) -> None:
    message_id = message("confirmation")
    becomes(message_id, status, attempts=8, last_error="x", error_code="gave-up")
    row = actions.retry(database, OnMessage(message_id))
    assert (row.status, row.error, row.code, row.dealt_with_by) == (S.PENDING, "", "", "")
    assert row.attempts == (8 if status == "unknown" else 0)
    assert count(owner_engine, f"notification WHERE id = '{message_id}' AND due_at <= clock_timestamp()") == 1


def test_a_retry_whose_answer_was_lost_is_made_once(
    database: Database, message: Callable[[str], UUID], becomes: Callable[..., None]
) -> None:
    message_id = message("confirmation")
    becomes(message_id, "failed")
    act = OnMessage(message_id)
    actions.retry(database, act)
    becomes(message_id, "sent")
    assert actions.retry(database, act).status is S.SENT


@pytest.mark.parametrize("status", ["sending", "sent", "delivered"])
def test_a_worker_that_was_quicker_is_told_of_and_nothing_is_changed(
    database: Database, message: Callable[[str], UUID], becomes: Callable[..., None], status: str
) -> None:
    message_id = message("confirmation")
    becomes(message_id, status)
    for act in (
        actions.retry,
        actions.cancel,
        actions.send_now,
        actions.deal_with,
        lambda db, on: actions.send_by(db, on, Channel.EMAIL),
    ):
        with pytest.raises(MessageRefused) as refused:
            act(database, OnMessage(message_id))
        assert (refused.value.reason, refused.value.status) == (Why.LEFT, S(status))


@pytest.mark.parametrize("status", ["pending", "leased"])
def test_what_has_not_left_is_taken_back(
    database: Database, message: Callable[[str], UUID], becomes: Callable[..., None], status: str
) -> None:
    message_id = message("confirmation")
    becomes(message_id, status)
    row = actions.cancel(database, OnMessage(message_id))
    assert (row.status, row.code) == (S.CANCELLED, "recalled")
    assert row.log[-1].by == "test_reception person"


def test_an_appointment_that_is_cancelled_moved_or_over_is_not_told_of_again(
    clinic: SmallClinic, database: Database, message: Callable[[str], UUID], becomes: Callable[..., None], entry: Entry
) -> None:
    message_id = message("confirmation")
    becomes(message_id, "failed")
    moved = update(database, Update(entry.id, entry.appointment.version, starts_at=at(clinic.monday, 11)))
    assert _refusal(database, message_id) is Why.MOVED
    back = update(database, Update(entry.id, moved.appointment.version, starts_at=entry.appointment.starts_at))
    cancel(database, Cancel(entry.id, back.appointment.version, CancellationReason.PATIENT))
    assert _refusal(database, message_id) is Why.CANCELLED
    becomes(message_id, "failed", not_after="2026-01-01")
    assert _refusal(database, message_id) is Why.PASSED


def _refusal(database: Database, message_id: UUID) -> Why:
    with pytest.raises(MessageRefused) as refused:
        actions.retry(database, OnMessage(message_id))
    return refused.value.reason


def test_who_opted_out_is_not_written_to_until_she_allows_it_again(
    clinic: SmallClinic,
    database: Database,
    message: Callable[[str], UUID],
    becomes: Callable[..., None],
    owner_engine: Engine,
) -> None:
    message_id = message("confirmation")
    becomes(message_id, "failed")
    note = "INSERT INTO contact_note VALUES (gen_random_uuid(), 'sms', '+493012345671', 'opted-out', 'reply')"
    sql(owner_engine, note)
    assert _refusal(database, message_id) is Why.OPTED_OUT
    (noted,) = actions.contact_notes(database, clinic.patients[0])
    assert (noted.channel, noted.state) == (Channel.SMS, "opted-out")
    assert actions.allow_again(database, clinic.patients[0], Channel.SMS, new_id())
    assert actions.contact_notes(database, clinic.patients[0]) == ()
    assert actions.retry(database, OnMessage(message_id)).status is S.PENDING


def test_a_reminder_is_sent_now_and_in_the_quiet_hours_only_if_one_insists(
    database: Database, message: Callable[[str], UUID], owner_engine: Engine
) -> None:
    reminder = message("reminder")
    sql(owner_engine, QUIET_NOW)
    with pytest.raises(MessageRefused) as refused:
        actions.send_now(database, OnMessage(reminder))
    assert refused.value.reason is Why.QUIET_HOURS
    row = actions.send_now(database, OnMessage(reminder), even_if_quiet=True)
    assert (row.status, row.code) == (S.PENDING, "send-now")
    assert count(owner_engine, f"notification WHERE id = '{reminder}' AND due_at <= clock_timestamp()") == 1
    confirmation = message("confirmation")
    assert actions.send_now(database, OnMessage(confirmation)).status is S.PENDING


def test_the_other_channel_takes_over_once_with_words_of_its_own(
    clinic: SmallClinic,
    database: Database,
    message: Callable[[str], UUID],
    becomes: Callable[..., None],
    owner_engine: Engine,
) -> None:
    message_id = message("confirmation")
    with pytest.raises(MessageRefused) as refused:
        actions.send_by(database, OnMessage(message_id), Channel.EMAIL)
    assert refused.value.reason is Why.NO_ADDRESS
    sql(owner_engine, "UPDATE patient SET email = 'a@example.org' WHERE id = %s", clinic.patients[0])
    becomes(message_id, "failed", error_code="21614")
    act = OnMessage(message_id)
    new = actions.send_by(database, act, Channel.EMAIL)
    assert (new.status, new.channel, new.kind, new.address) == (
        S.PENDING,
        Channel.EMAIL,
        Kind.CONFIRMATION,
        "a@example.org",
    )
    assert "09:00" in new.body
    assert new.subject
    assert actions.send_by(database, act, Channel.EMAIL) == new
    old = messages.message(database, message_id)
    assert (old.status, old.passed_on, old.dealt_with_how, old.needs_attention) == (S.FAILED, True, "email", False)
    with pytest.raises(MessageRefused) as again:
        actions.send_by(database, OnMessage(message_id), Channel.EMAIL)
    assert again.value.reason is Why.PASSED_ON


def test_what_was_taken_and_not_delivered_goes_as_a_new_message(
    database: Database, message: Callable[[str], UUID], becomes: Callable[..., None]
) -> None:
    message_id = message("confirmation")
    becomes(message_id, "failed", sent_at="2026-01-01", error_code="30003")
    new = actions.retry(database, OnMessage(message_id))
    assert (new.id != message_id, new.status, new.channel) == (True, S.PENDING, Channel.SMS)
    assert messages.message(database, message_id).passed_on


def test_who_takes_care_of_a_failure_is_noted(
    database: Database, message: Callable[[str], UUID], becomes: Callable[..., None]
) -> None:
    message_id = message("confirmation")
    becomes(message_id, "failed")
    row = actions.deal_with(database, OnMessage(message_id), "call")
    assert (row.dealt_with_by, row.dealt_with_how, row.needs_attention) == ("test_reception person", "call", False)
    assert row.log[-1].dealt == "call"
    assert actions.retry(database, OnMessage(message_id)).dealt_with_by == ""


def test_a_confirmation_that_waits_is_sent_now_and_one_that_left_again(
    database: Database, entry: Entry, message: Callable[[str], UUID], becomes: Callable[..., None], owner_engine: Engine
) -> None:
    waiting = message("confirmation")
    first = actions.confirm(database, Confirm(entry.id))
    assert first.id == waiting
    becomes(first.id, "sent")
    command = Confirm(entry.id)
    again = actions.confirm(database, command)
    assert (again.id, again.kind, again.status) == (command.new_message_id, Kind.CONFIRMATION, S.PENDING)
    assert actions.confirm(database, command) == again
    assert count(owner_engine, "notification WHERE kind = 'confirmation'") == 2


def test_a_cancelled_appointment_is_not_confirmed(database: Database, entry: Entry) -> None:
    cancel(database, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT))
    with pytest.raises(MessageRefused) as refused:
        actions.confirm(database, Confirm(entry.id))
    assert refused.value.reason is Why.CANCELLED
    with pytest.raises(NotFound):
        actions.confirm(database, Confirm(uuid4()))


def test_not_telling_of_a_move_leaves_the_reminder(
    clinic: SmallClinic, database: Database, entry: Entry, becomes: Callable[..., None], message: Callable[[str], UUID]
) -> None:
    becomes(message("confirmation"), "sent")
    moved = update(database, Update(entry.id, entry.appointment.version, starts_at=at(clinic.monday, 11)))
    assert actions.recall(database, entry.id, moved.appointment.version, new_id()) == 1
    waiting = [row.kind for row in messages.messages_about(database, entry.id) if row.status is S.PENDING]
    assert waiting == [Kind.REMINDER]


# --- replies ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def reply(owner_engine: Engine) -> UUID:
    reply_id = uuid4()
    sql(
        owner_engine,
        "INSERT INTO inbound_message (id, provider_id, sender, body, received_at)"
        " VALUES (%s, 'SM1', '+493012345671', 'Can I come <b>later</b>?', now())",
        reply_id,
    )
    return reply_id


def test_a_reply_from_a_family_s_number_names_all_it_may_be_from(
    clinic: SmallClinic, database: Database, entry: Entry, reply: UUID
) -> None:
    (row,) = replies.open_replies(database)
    assert (row.id, row.status, row.owner, row.sender) == (reply, "open", None, "+49 30 12345671")
    first, second = row.candidates
    assert (first.patient_id, first.appointment_id) == (clinic.patients[0], entry.id)
    assert (second.patient_id, second.appointment_id) == (clinic.patients[1], None)


def test_a_reply_taken_as_a_yes_confirms_the_appointment(
    database: Database, second_database: Database, entry: Entry, reply: UUID, owner_engine: Engine
) -> None:
    (row,) = replies.open_replies(database)
    command = FileReply(reply, row.version, entry.patient.id, entry.id, confirms=True)
    replies.file_reply(database, command)
    replies.file_reply(database, command)
    (filed,) = replies.open_replies(database)
    assert (filed.status, filed.meaning) == ("done", "confirm")
    assert filed.owner is not None
    assert filed.owner.appointment_id == entry.id
    assert count(owner_engine, "appointment WHERE answer = 'accepted'") == 1
    with pytest.raises(MessageRefused) as refused:
        replies.file_reply(second_database, FileReply(row.id, row.version))
    assert refused.value.reason is Why.FILED
