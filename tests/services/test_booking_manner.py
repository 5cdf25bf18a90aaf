"""How a booking tells by the clinic's own rules, texts and quiet hours; and what is claimed, or was answered."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, Reinstate, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry, MessageState, ParticipationStatus
from clinic_desk.services import calendar
from clinic_desk.services.booking import book, cancel, reinstate, update
from tests.support.bookings import at, checkup, statements_of
from tests.support.queued import leaves, pending, queue, run
from tests.support.small_clinic import SmallClinic


def change(database: Database, entry: Entry, **to: Any) -> Entry:
    return update(database, Update(entry.id, entry.appointment.version, **to))


def call_off(database: Database, entry: Entry) -> Entry:
    return cancel(database, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT))


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    return book(database, checkup(clinic))


# --- the clinic's own manner ------------------------------------------------------------------------------------------


def test_reminders_leave_by_the_rules_of_the_appointments_type_and_name_their_rule(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    run(
        owner_engine,
        "INSERT INTO reminder_rule (id, lead, unit, type_id) VALUES ('00000000-0000-7000-8000-0000000000a1', 2, 'days',"
        " %s), ('00000000-0000-7000-8000-0000000000a2', 90, 'minutes', %s)",
        clinic.checkup,
        clinic.checkup,
    )
    entry = book(database, checkup(clinic, at(clinic.monday, 14)))
    start = entry.appointment.starts_at
    assert queue(owner_engine, "due_at, right(rule_id::text, 2)", "kind = 'reminder'") == [
        (start - timedelta(hours=48), "a1"),
        (start - timedelta(minutes=90), "a2"),
    ]
    other = book(database, checkup(clinic, at(clinic.monday, 10), type_id=clinic.consultation, length_minutes=30))
    assert len(queue(owner_engine, where=f"kind = 'reminder' AND appointment_id = '{other.id}'")) == 1


def test_the_clinics_own_text_and_quiet_hours_are_used(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    run(
        owner_engine,
        "INSERT INTO message_text (id, kind, channel, language, body) VALUES (gen_random_uuid(), 'confirmation', 'sms',"
        " 'en', 'See you on $date at $time')",
    )
    run(owner_engine, "UPDATE messaging SET quiet_from_minute = 480, quiet_until_minute = 600")
    entry = book(database, checkup(clinic))
    assert queue(owner_engine, "body", "kind = 'confirmation'") == [("See you on Mon 3 Mar 2031 at 09:00",)]
    assert queue(owner_engine, "due_at", "kind = 'reminder'") == [
        (entry.appointment.starts_at - timedelta(hours=23),),
    ]


@pytest.mark.parametrize(("state", "code"), [("opted-out", "opted-out"), ("unusable", "unusable-address")])
def test_an_address_that_is_not_to_be_used_is_a_failed_message_that_staff_see(
    clinic: SmallClinic, database: Database, owner_engine: Engine, state: str, code: str
) -> None:
    note = "INSERT INTO contact_note (id, channel, address, state, source) SELECT gen_random_uuid(), 'sms', phone, %s,"
    run(owner_engine, f"{note} 'provider' FROM patient WHERE id = %s", state, clinic.patients[0])
    entry = book(database, checkup(clinic))
    assert queue(owner_engine, "kind, status, error_code") == [("confirmation", "failed", code)]
    assert entry.message_state is MessageState.FAILED
    run(owner_engine, "UPDATE patient SET email = 'Anna@example.org' WHERE id = %s", clinic.patients[0])
    book(database, checkup(clinic, at(clinic.monday, 10)))
    by_email = {channel for channel, _ in queue(owner_engine, "channel, id", "status = 'pending'")}
    assert by_email == ({"email"} if state == "unusable" else set())


def test_a_text_that_cannot_be_written_does_not_break_the_booking(
    clinic: SmallClinic, database: Database, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def poisoned(*_: Any, **__: Any) -> Any:
        message = "no such letter"
        raise UnicodeError(message)

    monkeypatch.setattr("clinic_desk.notifications.planning.words_for", poisoned)
    entry = book(database, checkup(clinic))
    assert entry.appointment.status is AppointmentStatus.BOOKED
    assert {row[0] for row in queue(owner_engine, "error_code")} == {"rendering"}


@pytest.mark.parametrize("name", ["<img src=x>", "Ann\u202e", "Praxis $date ${time} %s", "山田 العيادة 🦷", "a" * 3000])
def test_no_name_of_a_site_breaks_a_booking(
    clinic: SmallClinic, database: Database, owner_engine: Engine, name: str
) -> None:
    run(owner_engine, "UPDATE site SET name = %s WHERE id = %s", name, clinic.berlin)
    book(database, checkup(clinic))
    for status, body in queue(owner_engine, "status, body"):
        assert status == "pending"
        assert len(body) <= 160
        assert "09:00" in body


# --- what is claimed, and what was answered ---------------------------------------------------------------------------


def test_what_a_worker_has_claimed_and_not_begun_is_recalled_with_the_rest(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE notification SET status = 'leased', lease_owner = 'w', lease_until = now() + '1 minute'")
    change(database, booked, starts_at=at(clinic.monday, 14))
    assert sorted(queue(owner_engine, "kind, status, appointment_version")) == [
        ("confirmation", "cancelled", 1),
        ("confirmation", "pending", 2),
        ("reminder", "cancelled", 1),
        ("reminder", "pending", 2),
    ]
    assert set(queue(owner_engine, "error_code", "status = 'cancelled'")) == {("superseded",)}


def test_a_second_reminder_never_comes_for_the_same_time(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    """It had left; then the appointment was cancelled, and taken back."""
    leaves(owner_engine, "confirmation")
    leaves(owner_engine, "reminder")
    entry = call_off(database, booked)
    reinstate(database, Reinstate(entry.id, entry.appointment.version))
    assert pending(owner_engine) == set()
    moved = change(database, calendar.load_entries(database, [booked.id])[0], starts_at=at(clinic.monday, 14))
    assert pending(owner_engine) == {"rescheduled", "reminder"}, "for another time one more comes"
    assert moved.appointment.starts_at == at(clinic.monday, 14)


def test_sending_never_changes_the_appointment(database: Database, booked: Entry, owner_engine: Engine) -> None:
    leaves(owner_engine, "confirmation")
    assert calendar.load_entries(database, [booked.id])[0].appointment == booked.appointment


def test_a_move_asks_for_a_new_answer_and_other_changes_keep_the_old_one(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE appointment SET answer = 'accepted'")
    entry = calendar.load_entries(database, [booked.id])[0]
    entry = change(database, entry, length_minutes=20)
    entry = change(database, entry, practitioner_id=clinic.okafor)
    entry = change(database, entry, note="brings papers")
    assert entry.appointment.answer is ParticipationStatus.ACCEPTED
    entry = change(database, entry, starts_at=at(clinic.monday, 14))
    assert entry.appointment.answer is ParticipationStatus.NEEDS_ACTION
    run(owner_engine, "UPDATE appointment SET answer = 'accepted'")
    entry = calendar.load_entries(database, [booked.id])[0]
    entry = change(database, entry, patient_id=clinic.patients[1])
    assert entry.appointment.answer is ParticipationStatus.NEEDS_ACTION
    assert entry == calendar.load_entries(database, [booked.id])[0]


def test_what_a_plan_needs_takes_no_statement_of_its_own(clinic: SmallClinic, database: Database) -> None:
    book(database, checkup(clinic))
    with statements_of(database) as silent:
        book(database, checkup(clinic, at(clinic.monday, 10), patient_id=clinic.patients[6]))
    with statements_of(database) as telling:
        book(database, checkup(clinic, at(clinic.monday, 11)))
    assert len(telling) == len(silent)
