"""Which messages a booking and its changes leave in the queue, written in the same transaction."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, Reinstate, SetStatus, Update
from clinic_desk.domain.records import (
    AppointmentStatus,
    CancellationReason,
    Entry,
    MessageState,
)
from clinic_desk.domain.refusals import SlotTaken
from clinic_desk.services import calendar
from clinic_desk.services.booking import book, cancel, reinstate, set_status, update
from tests.support.bookings import at, checkup
from tests.support.queued import leaves, pending, queue, run
from tests.support.small_clinic import SmallClinic

Line = tuple[str, str]


def change(database: Database, entry: Entry, **to: Any) -> Entry:
    return update(database, Update(entry.id, entry.appointment.version, **to))


def call_off(database: Database, entry: Entry, **other: Any) -> Entry:
    return cancel(database, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT, **other))


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    return book(database, checkup(clinic))


def test_a_booking_queues_a_confirmation_after_a_moment_and_a_reminder_a_day_before(
    clinic: SmallClinic, booked: Entry, owner_engine: Engine
) -> None:
    rows = queue(owner_engine, "kind, status, channel, language, due_at - created_at, not_after, appointment_version")
    start = booked.appointment.starts_at
    assert rows[0] == ("confirmation", "pending", "sms", "en", timedelta(seconds=20), start, 1)
    assert rows[1][:2] == ("reminder", "pending")
    due = queue(owner_engine, "due_at", "kind = 'reminder'")
    assert due == [(start - timedelta(hours=24),)]
    assert booked.message_state is MessageState.PENDING


def test_the_text_names_clinic_date_local_time_and_telephone_and_neither_type_nor_doctor(
    clinic: SmallClinic, booked: Entry, owner_engine: Engine
) -> None:
    ((body,),) = queue(owner_engine, "body", "kind = 'confirmation'")
    assert "Mitte" in body
    assert "Mon 3 Mar 2031" in body
    assert "09:00" in body
    assert "+49301234567" in body
    assert "Weber" not in body
    assert "Checkup" not in body
    assert len(body) <= 160


def test_the_waiting_moment_is_a_setting(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    database.message_wait_s = 0
    book(database, checkup(clinic))
    assert queue(owner_engine, "due_at - created_at", "kind = 'confirmation'") == [(timedelta(),)]


def test_unless_a_desk_is_told_otherwise_it_waits_as_long_as_the_clinic_has_set(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    assert database.message_wait_s is None
    run(owner_engine, "UPDATE messaging SET wait_s = 900")
    book(database, checkup(clinic))
    assert queue(owner_engine, "due_at - created_at", "kind = 'confirmation'") == [(timedelta(minutes=15),)]


def test_who_wants_no_messages_gets_none(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    entry = book(database, checkup(clinic, patient_id=clinic.patients[6]))
    assert queue(owner_engine) == []
    assert entry.message_state is MessageState.NONE


def test_not_telling_leaves_only_the_reminder(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    book(database, checkup(clinic, tell_patient=False))
    assert queue(owner_engine) == [("reminder", "pending")]


def test_a_refused_booking_queues_nothing(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    before = queue(owner_engine)
    with pytest.raises(SlotTaken):
        book(database, checkup(clinic, patient_id=clinic.patients[1]))
    assert queue(owner_engine) == before


def test_a_change_of_only_the_note_the_doctor_or_the_length_sends_nothing(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    before = queue(owner_engine, "id, status")
    entry = change(database, booked, note="brings papers")
    entry = change(database, entry, practitioner_id=clinic.okafor)
    entry = change(database, entry, length_minutes=20)
    assert queue(owner_engine, "id, status") == before
    assert entry.message_state is MessageState.PENDING


def test_a_move_before_the_confirmation_left_replaces_it(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    entry = change(database, booked, starts_at=at(clinic.monday, 14))
    rows = queue(owner_engine, "kind, status, appointment_version")
    assert sorted(rows) == [
        ("confirmation", "cancelled", 1),
        ("confirmation", "pending", 2),
        ("reminder", "cancelled", 1),
        ("reminder", "pending", 2),
    ]
    ((body,),) = queue(owner_engine, "body", "kind = 'confirmation' AND status = 'pending'")
    assert "14:00" in body
    assert entry == calendar.load_entries(database, [entry.id])[0]


def test_a_move_after_the_confirmation_left_tells_the_new_time(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    change(database, booked, starts_at=at(clinic.monday, 14))
    assert pending(owner_engine) == {"rescheduled", "reminder"}
    assert len(queue(owner_engine, where="kind = 'reminder' AND status = 'pending'")) == 1


def test_a_move_that_is_undone_in_time_tells_nothing(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    entry = change(database, booked, starts_at=at(clinic.monday, 14))
    change(database, entry, starts_at=at(clinic.monday, 9))
    assert pending(owner_engine) == {"reminder"}
    assert queue(owner_engine, "due_at", "kind = 'reminder' AND status = 'pending'") == [
        (booked.appointment.starts_at - timedelta(hours=24),)
    ]


def test_a_move_there_and_back_that_was_told_is_told_back(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    entry = change(database, booked, starts_at=at(clinic.monday, 14))
    leaves(owner_engine, "rescheduled")
    entry = change(database, entry, starts_at=at(clinic.monday, 9))
    leaves(owner_engine, "rescheduled")
    change(database, entry, starts_at=at(clinic.monday, 14))
    assert pending(owner_engine) == {"rescheduled", "reminder"}
    assert len(queue(owner_engine, where="kind = 'rescheduled' AND status = 'sent'")) == 2


def test_a_message_that_is_being_sent_counts_as_told(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE notification SET status = 'sending', lease_owner = 'w', lease_until = now()"
            " WHERE kind = 'confirmation'"
        )
    change(database, booked, starts_at=at(clinic.monday, 14))
    assert pending(owner_engine) == {"rescheduled", "reminder"}


def test_a_cancel_drops_what_was_not_sent_and_tells_only_who_knew(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    call_off(database, booked)
    assert pending(owner_engine) == set()
    other = book(database, checkup(clinic, at(clinic.monday, 10), patient_id=clinic.patients[1]))
    leaves(owner_engine, "confirmation")
    entry = call_off(database, other)
    assert pending(owner_engine) == {"cancelled"}
    assert entry == calendar.load_entries(database, [entry.id])[0]


def test_a_cancel_that_shall_not_be_told_is_not(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    call_off(database, booked, tell_patient=False)
    assert pending(owner_engine) == set()


def test_an_undone_cancel_is_as_if_nothing_had_been(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    entry = call_off(database, booked)
    reinstate(database, Reinstate(entry.id, entry.appointment.version))
    assert pending(owner_engine) == {"reminder"}


def test_an_undone_cancel_that_was_told_is_confirmed_anew(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    entry = call_off(database, booked)
    leaves(owner_engine, "cancelled")
    reinstate(database, Reinstate(entry.id, entry.appointment.version))
    assert pending(owner_engine) == {"confirmation", "reminder"}


@pytest.mark.parametrize(
    "status", [AppointmentStatus.ARRIVED, AppointmentStatus.NOSHOW, AppointmentStatus.ENTERED_IN_ERROR]
)
def test_who_has_come_or_will_not_come_is_not_reminded(
    database: Database, booked: Entry, owner_engine: Engine, status: AppointmentStatus
) -> None:
    entry = set_status(database, SetStatus(booked.id, 1, status))
    assert pending(owner_engine) == set()
    set_back = AppointmentStatus.BOOKED
    if status is not AppointmentStatus.ENTERED_IN_ERROR:
        set_status(database, SetStatus(booked.id, entry.appointment.version, set_back))
        assert pending(owner_engine) == {"confirmation", "reminder"}


def test_deleting_what_was_just_cancelled_recalls_the_cancellation(
    database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    entry = call_off(database, booked)
    assert pending(owner_engine) == {"cancelled"}
    deleted = set_status(database, SetStatus(booked.id, entry.appointment.version, AppointmentStatus.ENTERED_IN_ERROR))
    assert pending(owner_engine) == set()
    assert queue(owner_engine, "status, error_code", "kind = 'cancelled'") == [("cancelled", "superseded")]
    assert deleted.message_state is MessageState.SENT, "of the messages that were not recalled one has left"


@pytest.mark.parametrize("status", [AppointmentStatus.ARRIVED, AppointmentStatus.NOSHOW, AppointmentStatus.FULFILLED])
def test_deleting_what_was_entered_in_error_leaves_nothing_waiting_whatever_it_was(
    database: Database, booked: Entry, owner_engine: Engine, status: AppointmentStatus
) -> None:
    entry = set_status(database, SetStatus(booked.id, 1, status))
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE notification SET status = 'pending' WHERE kind = 'reminder'")
    set_status(database, SetStatus(booked.id, entry.appointment.version, AppointmentStatus.ENTERED_IN_ERROR))
    assert pending(owner_engine) == set()


def test_an_appointment_given_to_another_patient_tells_both(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    change(database, booked, patient_id=clinic.patients[1])
    rows = queue(owner_engine, "kind, patient_id", "status = 'pending'")
    assert sorted(rows) == [
        ("cancelled", clinic.patients[0]),
        ("confirmation", clinic.patients[1]),
        ("reminder", clinic.patients[1]),
    ]


@pytest.mark.parametrize("note", ["opted-out", "unusable"])
def test_who_lost_the_appointment_and_cannot_be_reached_is_shown_to_staff(
    *, clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine, note: str
) -> None:
    leaves(owner_engine, "confirmation")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO contact_note (id, channel, address, state, source)"
            " SELECT gen_random_uuid(), 'sms', phone, %s, 'provider' FROM patient WHERE id = %s",
            (note, clinic.patients[0]),
        )
    change(database, booked, patient_id=clinic.patients[2])  # who has another number
    assert queue(owner_engine, "patient_id, status", "kind = 'cancelled'") == [(clinic.patients[0], "failed")]


def test_inside_the_lead_there_is_no_reminder(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    """The database's clock decides, so the appointment is brought near it, then cancelled and taken back."""
    soon = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(hours=5)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE appointment SET starts_at = %s, ends_at = %s, overruled = '{outside-hours,over-break}'",
            (soon, soon + timedelta(minutes=15)),
        )
    entry = call_off(database, calendar.load_entries(database, [booked.id])[0])
    reinstate(database, Reinstate(entry.id, entry.appointment.version))
    assert pending(owner_engine) == {"confirmation"}


def test_about_the_past_nothing_is_sent(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE appointment SET starts_at = now() - interval '1 hour', ends_at = now() - interval '30 min'"
        )
    call_off(database, calendar.load_entries(database, [booked.id])[0])
    assert pending(owner_engine) == set()


def test_the_worst_of_its_messages_is_what_an_appointment_shows(
    database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    assert calendar.load_entries(database, [booked.id])[0].message_state is MessageState.SENT
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE notification SET status = 'failed' WHERE kind = 'reminder'")
    assert calendar.load_entries(database, [booked.id])[0].message_state is MessageState.FAILED
