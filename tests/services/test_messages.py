"""What the Messages panel lists: filters, search, order, a message's story, channels; on real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel
from clinic_desk.domain.message_list import Filter, MessageQuery
from clinic_desk.domain.messaging import Kind, QueueStatus
from clinic_desk.domain.records import CancellationReason, Channel, Entry
from clinic_desk.services import messages
from clinic_desk.services.booking import book, cancel
from clinic_desk.ui.messages.channel_line import senders_text, unsent_text
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic

Put = Callable[..., UUID]


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    return book(database, checkup(clinic))


@pytest.fixture
def put(clinic: SmallClinic, owner_engine: Engine) -> Put:
    """Put a message into the queue as it may have become; `**others` are columns. Returns its id."""

    def put_one(status: str = "pending", due: str = "now()", **others: Any) -> UUID:
        message_id = uuid4()
        values = {"patient_id": clinic.patients[0], "kind": "reminder", "channel": "sms"} | others
        values |= {"id": message_id, "status": status, "dedupe_key": others.get("dedupe_key", str(message_id))}
        names = ", ".join(values)
        marks = ", ".join(f"%({name})s" for name in values)
        with owner_engine.begin() as connection:
            connection.exec_driver_sql(f"INSERT INTO notification ({names}, due_at) VALUES ({marks}, {due})", values)
            if status in {"sent", "delivered"} and "sent_at" not in others:
                connection.exec_driver_sql("UPDATE notification SET sent_at = now() WHERE id = %s", (message_id,))
        return message_id

    return put_one


def ids(database: Database, chosen: Filter = Filter.ALL, search: str = "", **others: Any) -> list[UUID]:
    listing = messages.list_messages(database, MessageQuery(chosen, search, **others))
    return [row.id for row in listing.rows]


def test_a_booking_s_messages_are_listed_with_patient_time_and_doctor(database: Database, booked: Entry) -> None:
    listing = messages.list_messages(database, MessageQuery())
    confirmation, reminder = listing.rows
    assert (confirmation.kind, reminder.kind) == (Kind.CONFIRMATION, Kind.REMINDER)
    assert confirmation.patient_name == booked.patient.display_name
    assert confirmation.starts_at == booked.appointment.starts_at
    assert confirmation.doctor == "Dr. Weber"
    assert confirmation.shown_address == "+49 30 12345671"
    assert confirmation.log[0].status is QueueStatus.PENDING
    assert listing.counts.due == 1
    assert listing.quiet == (1200, 540)
    assert [line.by for line in listing.channels] == ["smtp", "twilio"]


def test_what_needs_somebody_comes_first_then_what_leaves_next_then_the_latest_then_the_rest(
    database: Database, put: Put
) -> None:
    old = put("sent", sent_at="2026-01-01")
    sent = put("delivered")
    later, soon = put("pending", "now() + interval '2 hours'"), put("pending", "now() + interval '50 minutes'")
    sending = put("sending", lease_owner="w", lease_until="2040-01-01")
    failed = put("failed", error_code="21614")
    assert ids(database) == [failed, sending, soon, sent, later]
    assert ids(database, days=4000) == [failed, sending, soon, sent, old, later]


def test_each_filter_lists_its_own(database: Database, put: Put) -> None:
    made = {
        status: put(status, **({"lease_owner": "w", "lease_until": "2040-01-01"} if status == "sending" else {}))
        for status in ("pending", "sending", "unknown", "sent", "delivered", "failed", "expired", "cancelled")
    }
    tomorrow = put("pending", "now() + interval '30 hours'")
    for status, message_id in made.items():
        expected = {message_id, tomorrow} if status == "pending" else {message_id}
        assert set(ids(database, Filter(status))) == expected, status
    assert set(ids(database, Filter.DUE)) == {made["pending"], made["sending"]}
    assert set(ids(database, Filter.SENT_TODAY)) == {made["sent"], made["delivered"]}
    assert set(ids(database, Filter.ATTENTION)) == {made["unknown"], made["failed"], made["expired"]}


def test_what_the_provider_is_still_asked_about_needs_nobody_yet(database: Database, put: Put) -> None:
    asked = put("unknown", check_at="2040-01-01", lease_owner="w", lease_until="2040-01-01")
    assert ids(database, Filter.ATTENTION) == []
    assert ids(database) == [asked]
    assert messages.message_counts(database).need_attention == 0


def test_what_somebody_takes_care_of_is_listed_as_over(database: Database, put: Put) -> None:
    done = put("failed", dealt_with_at="2026-01-02", dealt_with_by="Julia Brandt|call")
    assert ids(database, Filter.ATTENTION) == []
    (row,) = messages.list_messages(database, MessageQuery()).rows
    assert (row.id, row.dealt_with_by, row.dealt_with_how) == (done, "Julia Brandt", "call")
    assert not row.needs_attention


@pytest.mark.parametrize("typed", ["sio", "O'Neill", "1234567-2", "+49 30 12345672", "s.oneill@EXAMPLE"])
def test_a_message_is_found_by_part_of_the_name_by_number_and_by_address(
    clinic: SmallClinic, database: Database, put: Put, owner_engine: Engine, typed: str
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE patient SET email = 's.oneill@example.org' WHERE id = %s", (clinic.patients[2],)
        )
    put("sent")
    hers = put("sent", patient_id=clinic.patients[2], sent_at="2020-05-05")
    assert ids(database, search=typed) == [hers]


def test_nobody_is_found_by_what_cannot_be_searched(database: Database, put: Put) -> None:
    put("sent")
    assert ids(database, search="%_") == []
    assert ids(database, search="a\0b") == []


def test_a_long_list_says_that_there_is_more(database: Database, put: Put) -> None:
    for _ in range(5):
        put("failed")
    listing = messages.list_messages(database, MessageQuery(Filter.ATTENTION, limit=3))
    assert listing.has_more
    assert not messages.list_messages(database, MessageQuery(Filter.ATTENTION, limit=10)).has_more


def test_an_e_mail_address_is_masked_in_lists_and_whole_in_the_record(
    clinic: SmallClinic, database: Database, put: Put
) -> None:
    message_id = put("sent", channel="email", recipient="clara.jensen@example.org")
    row = messages.message(database, message_id)
    assert (row.shown_address, row.address) == ("c***@example.org", "clara.jensen@example.org")


def test_a_reply_is_shown_with_the_message_it_came_after(
    database: Database, booked: Entry, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE notification SET status = 'delivered', sent_at = now() - interval '1 hour'"
            " + CASE kind WHEN 'reminder' THEN interval '10 minutes' ELSE interval '0' END"
        )
        connection.exec_driver_sql(
            "INSERT INTO inbound_message (id, provider_id, sender, body, received_at, meaning, appointment_id)"
            " VALUES (gen_random_uuid(), 'SM1', '+493012345671', 'C', now(), 'confirm', %s)",
            (booked.id,),
        )
    answered = {row.kind: row.answered for row in messages.messages_about(database, booked.id)}
    assert answered[Kind.CONFIRMATION] is None
    reply = answered[Kind.REMINDER]
    assert reply is not None
    assert (reply.body, reply.meaning) == ("C", "confirm")


def test_why_a_cancelled_appointment_s_reminder_was_not_sent_is_known(database: Database, booked: Entry) -> None:
    cancel(database, Cancel(booked.id, booked.appointment.version, CancellationReason.PATIENT, tell_patient=False))
    row = messages.messages_about(database, booked.id)[-1]
    assert (row.kind, row.status, row.ended_desk) == (Kind.REMINDER, QueueStatus.CANCELLED, "Desk 1")
    assert row.ended_at is not None


def test_an_address_that_is_not_to_be_used_and_the_other_way_are_told(
    clinic: SmallClinic, database: Database, put: Put, owner_engine: Engine
) -> None:
    message_id = put("failed", error_code="21610")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE patient SET email = 'a@example.org' WHERE id = %s", (clinic.patients[0],))
        connection.exec_driver_sql(
            "INSERT INTO contact_note (id, channel, address, state, source)"
            " VALUES (gen_random_uuid(), 'sms', '+493012345671', 'opted-out', 'reply')"
        )
    row = messages.message(database, message_id)
    assert (row.noted, row.other_channel) == ("opted-out", Channel.EMAIL)
    assert row.noted_at is not None
    assert not row.may_retry(row.due_at)


def test_a_patient_s_messages_are_the_latest_first(clinic: SmallClinic, database: Database, put: Put) -> None:
    put("sent", patient_id=clinic.patients[2])
    first = put("sent", "now() - interval '1 day'")
    second = put("pending", "now() + interval '1 day'")
    rows = messages.messages_of_patient(database, clinic.patients[0])
    assert [row.id for row in rows] == [second, first]
    assert [row.id for row in messages.messages_of_patient(database, clinic.patients[0], limit=1)] == [second]


def test_a_moved_appointment_s_message_is_not_true_any_more(clinic: SmallClinic, database: Database, put: Put) -> None:
    entry = book(database, checkup(clinic))
    told = int(at(clinic.monday, 11).timestamp())
    key = f"{entry.id}:reminder:sms:1:{entry.patient.id}:{told}@{clinic.berlin}"
    row = messages.message(database, put("failed", appointment_id=entry.id, dedupe_key=key))
    assert row.starts_at == at(clinic.monday, 11)
    assert row.moved
    assert not row.is_still_true(row.due_at)


def test_the_counts_tell_of_replies_and_stopped_channels(database: Database, put: Put, owner_engine: Engine) -> None:
    put("pending")
    put("failed")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE message_channel SET state = 'stopped', code = '20003' WHERE channel = 'sms'")
        connection.exec_driver_sql(
            "INSERT INTO inbound_message (id, provider_id, sender, body, received_at)"
            " VALUES (gen_random_uuid(), 'SM1', '+4915', 'hello', now())"
        )
    counts = messages.message_counts(database)
    assert (counts.due_today, counts.need_attention, counts.replies, counts.stopped) == (1, 1, 1, ("sms",))


def test_messages_that_are_late_and_that_no_pc_could_send_are_told(
    database: Database, put: Put, owner_engine: Engine
) -> None:
    put("pending", "now() - interval '4 minutes'")
    assert messages.message_counts(database).unsent == ("sms",)

    def seen(channel: str, ago: str) -> None:
        with owner_engine.begin() as connection:
            connection.exec_driver_sql(
                "INSERT INTO sending_seen (login, name, seen_at, channels) VALUES ('w', 'Front', now() - %s::interval,"
                " ARRAY[%s]) ON CONFLICT (login, name) DO UPDATE SET seen_at = excluded.seen_at,"
                " channels = excluded.channels",
                (ago, channel),
            )

    seen("email", "1 second")
    assert messages.message_counts(database).unsent == ("sms",)
    seen("sms", "5 minutes")
    listing = messages.list_messages(database, MessageQuery())
    assert listing.unsent == (("sms", 1),)
    assert [sender.name for sender in listing.senders] == ["Front"]
    told = unsent_text(listing)
    assert "No PC sends SMS now: 1 message is late" in told
    assert "Front did last" in told
    seen("sms", "1 second")
    assert messages.message_counts(database).unsent == ()
    assert senders_text(messages.list_messages(database, MessageQuery()))[0] == "1 PC sends"


def test_the_wait_is_a_setting_of_the_clinic(database: Database) -> None:
    assert messages.list_messages(database, MessageQuery()).wait == timedelta(seconds=20)
