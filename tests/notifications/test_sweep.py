"""The sweep gives every appointment to come the reminders that the rules now want, and does nothing a second time."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Update
from clinic_desk.domain.records import Entry
from clinic_desk.notifications import sweep
from clinic_desk.notifications.planning import DEFAULT_RULE
from clinic_desk.notifications.retention import prune
from clinic_desk.notifications.sweep import repair_plan
from clinic_desk.services.booking import book, update
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic

HOUR = timedelta(hours=1)


@pytest.fixture
def worker(url_as: Callable[[Any], URL]) -> Iterator[Database]:
    """Signed in as what works the queue, with no right but its own."""
    database = Database(url_as("clinic_worker"), DeskIdentity(uuid4(), "worker"))
    yield database
    database.dispose()


def run(engine: Engine, statement: str, *values: Any) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, values)


def rows(engine: Engine, columns: str, where: str = "kind = 'reminder'") -> list[Any]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT {columns} FROM notification WHERE {where} ORDER BY due_at, id")
        return [tuple(row) for row in found]


def pending(engine: Engine) -> list[Any]:
    """When the reminders leave that still will."""
    return [due for (due,) in rows(engine, "due_at", "kind = 'reminder' AND status = 'pending'")]


def rule(engine: Engine, lead: int, **columns: Any) -> UUID:
    identifier = uuid4()
    values = {"id": str(identifier), "lead": lead, **columns}
    bound = ", ".join(["%s"] * len(values))
    run(engine, f"INSERT INTO reminder_rule ({', '.join(values)}) VALUES ({bound})", *values.values())
    return identifier


def start_of(entry: Entry) -> datetime:
    return entry.appointment.starts_at


def test_a_plan_that_is_as_the_rules_want_it_is_left_alone(
    booked: Entry, worker: Database, owner_engine: Engine
) -> None:
    before = rows(owner_engine, "*", "true")
    assert repair_plan(worker) == 0
    assert rows(owner_engine, "*", "true") == before
    assert pending(owner_engine) == [start_of(booked) - 24 * HOUR]


def test_a_rule_that_is_new_is_carried_out_for_what_was_booked_before_it(
    booked: Entry, worker: Database, owner_engine: Engine
) -> None:
    rule(owner_engine, 48)
    assert repair_plan(worker) == 1
    assert pending(owner_engine) == [start_of(booked) - 48 * HOUR, start_of(booked) - 24 * HOUR]
    assert repair_plan(worker) == 0


def test_a_rule_that_is_changed_moves_its_reminder(booked: Entry, worker: Database, owner_engine: Engine) -> None:
    before = rows(owner_engine, "id")
    run(owner_engine, "UPDATE reminder_rule SET lead = 2, unit = 'days'")
    assert repair_plan(worker) == 1
    assert pending(owner_engine) == [start_of(booked) - 48 * HOUR]
    assert rows(owner_engine, "id") == before
    assert repair_plan(worker) == 0


def test_a_rule_that_is_switched_off_recalls_its_reminder_and_switched_on_gives_it_back(
    booked: Entry, worker: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE reminder_rule SET active = false")
    assert repair_plan(worker) == 1
    assert rows(owner_engine, "status, error_code") == [("cancelled", "rule-changed")]
    assert repair_plan(worker) == 0
    run(owner_engine, "UPDATE reminder_rule SET active = true")
    assert repair_plan(worker) == 1
    assert rows(owner_engine, "status, error_code, last_error") == [("pending", "", "")]
    assert repair_plan(worker) == 0


def test_a_rule_that_is_deleted_recalls_its_reminder(booked: Entry, worker: Database, owner_engine: Engine) -> None:
    run(owner_engine, "DELETE FROM reminder_rule")
    assert repair_plan(worker) == 1
    assert pending(owner_engine) == []
    assert booked.appointment.status == "booked"


def test_a_reminder_that_is_missing_is_planned(booked: Entry, worker: Database, owner_engine: Engine) -> None:
    run(owner_engine, "DELETE FROM notification WHERE kind = 'reminder'")
    assert repair_plan(worker) == 1
    ((rule_id, channel, body, version),) = rows(owner_engine, "rule_id, channel, body, appointment_version")
    assert (rule_id, channel, version) == (DEFAULT_RULE.id, "sms", 1)
    assert "09:00" in body
    assert start_of(booked) == at(booked.appointment.wall_start.date(), 9)
    assert repair_plan(worker) == 0


@pytest.mark.parametrize("status", ["leased", "sending", "unknown", "sent", "delivered", "expired"])
@pytest.mark.parametrize("change", ["lead = 2", "lead = 48"])
def test_what_has_left_is_never_sent_again_whatever_the_rule_now_says(
    booked: Entry, worker: Database, owner_engine: Engine, status: str, change: str
) -> None:
    run(
        owner_engine,
        "UPDATE notification SET status = %s, lease_owner = 'w', lease_until = now() WHERE kind = 'reminder'",
        status,
    )
    run(owner_engine, f"UPDATE reminder_rule SET {change}")
    assert repair_plan(worker) == 0
    assert rows(owner_engine, "status, due_at") == [(status, start_of(booked) - 24 * HOUR)]


@pytest.mark.parametrize(
    "change",
    [
        "status = 'cancelled', error_code = 'cancelled-by-desk'",
        "status = 'failed', error_code = '21614'",
        "status = 'failed', error_code = 'gave-up', attempts = 8",
    ],
)
def test_what_a_person_cancelled_or_staff_know_to_have_failed_is_not_planned_anew(
    booked: Entry, worker: Database, owner_engine: Engine, change: str
) -> None:
    run(owner_engine, f"UPDATE notification SET {change} WHERE kind = 'reminder'")
    assert repair_plan(worker) == 0
    assert pending(owner_engine) == []
    assert booked.message_state


def test_a_reminder_that_is_being_tried_or_was_hurried_keeps_its_time_and_text(
    booked: Entry, worker: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE reminder_rule SET lead = 48")
    for column, value in (("attempts", 1), ("error_code", "send-now")):
        run(owner_engine, f"UPDATE notification SET {column} = %s WHERE kind = 'reminder'", value)
        assert repair_plan(worker) == 0
        run(owner_engine, "UPDATE notification SET attempts = 0, error_code = ''")
    assert pending(owner_engine) == [start_of(booked) - 24 * HOUR]


_OWN_TEXT = """
INSERT INTO message_text (id, kind, channel, language, body)
VALUES (gen_random_uuid(), 'reminder', 'sms', 'de', 'Bis $date um $time')
"""


def test_the_words_follow_the_clinics_details_texts_and_the_patients_language(
    clinic: SmallClinic, booked: Entry, worker: Database, owner_engine: Engine
) -> None:
    for statement, word in (
        ("UPDATE site SET phone = '+499999'", "+499999"),
        ("UPDATE patient SET language = 'de'", "Erinnerung"),
        ("UPDATE messaging SET sms_by = 'folder'", "C: best"),
        (_OWN_TEXT, "Bis Mo 03.03.2031 um 09:00"),
        ("UPDATE message_text SET body = 'kaputt $x $date $time'", "Erinnerung"),
    ):
        run(owner_engine, statement)
        assert repair_plan(worker) == 1, statement
        ((body,),) = rows(owner_engine, "body", "kind = 'reminder' AND status = 'pending'")
        assert word in body
        assert repair_plan(worker) == 0
    assert booked.patient.id == clinic.patients[0]


def test_quiet_hours_that_are_changed_move_what_is_due_in_them(
    booked: Entry, worker: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE messaging SET quiet_until_minute = 660")
    assert repair_plan(worker) == 1
    assert pending(owner_engine) == [start_of(booked) - 22 * HOUR]


def test_a_patient_who_wants_another_channel_or_none_is_reminded_as_she_wishes(
    booked: Entry, worker: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE patient SET channel = 'email', email = 'a@example.org'")
    assert repair_plan(worker) == 2
    assert sorted(rows(owner_engine, "channel, status")) == [("email", "pending"), ("sms", "cancelled")]
    run(owner_engine, "UPDATE patient SET channel = 'none'")
    assert repair_plan(worker) == 1
    assert pending(owner_engine) == []
    run(owner_engine, "UPDATE patient SET channel = 'sms'")
    repair_plan(worker)
    assert repair_plan(worker) == 0
    assert len(pending(owner_engine)) == 1
    assert booked.message_state


def test_who_opts_out_is_shown_to_staff_and_who_opts_in_again_is_reminded(
    booked: Entry, worker: Database, owner_engine: Engine
) -> None:
    run(
        owner_engine,
        "INSERT INTO contact_note (id, channel, address, state, source)"
        " SELECT gen_random_uuid(), 'sms', phone, 'opted-out', 'reply' FROM patient WHERE id = %s",
        booked.patient.id,
    )
    assert repair_plan(worker) == 1
    assert rows(owner_engine, "status, error_code") == [("failed", "opted-out")]
    assert repair_plan(worker) == 0
    run(owner_engine, "DELETE FROM contact_note")
    assert repair_plan(worker) == 1
    assert pending(owner_engine) == [start_of(booked) - 24 * HOUR]


def test_who_has_opted_out_already_is_not_shown_again_for_each_reminder(
    clinic: SmallClinic, database: Database, worker: Database, owner_engine: Engine
) -> None:
    run(
        owner_engine,
        "INSERT INTO contact_note (id, channel, address, state, source)"
        " SELECT gen_random_uuid(), 'sms', phone, 'opted-out', 'reply' FROM patient WHERE id = %s",
        clinic.patients[0],
    )
    book(database, checkup(clinic))
    assert rows(owner_engine, "kind, status, error_code", "true") == [("confirmation", "failed", "opted-out")]
    assert repair_plan(worker) == 0


def test_a_reminder_of_a_time_that_was_changed_past_the_program_is_replaced(
    booked: Entry, worker: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE appointment SET starts_at = starts_at + '1 day', ends_at = ends_at + '1 day'")
    assert repair_plan(worker) == 2
    assert pending(owner_engine) == [start_of(booked)]
    assert repair_plan(worker) == 0


def test_what_a_desk_then_changes_is_planned_as_ever(
    clinic: SmallClinic, booked: Entry, database: Database, worker: Database, owner_engine: Engine
) -> None:
    rule(owner_engine, 48)
    repair_plan(worker)
    update(database, Update(booked.id, 1, starts_at=at(clinic.monday, 14)))
    assert len(pending(owner_engine)) == 2
    assert repair_plan(worker) == 0


def test_it_goes_through_all_appointments_by_batches_and_stops_when_told(
    clinic: SmallClinic, database: Database, worker: Database, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in (8, 9, 10, 11, 14):
        book(database, checkup(clinic, at(clinic.monday, hour)))
    run(owner_engine, "DELETE FROM notification")
    monkeypatch.setattr(sweep, "BATCH", 2)
    monkeypatch.setattr(sweep, "CHUNK", 1)
    asked = iter([False, False, True, True, True])
    assert repair_plan(worker, lambda: next(asked)) == 1
    assert repair_plan(worker) == 4
    assert len(pending(owner_engine)) == 5
    assert repair_plan(worker) == 0


def test_two_sweeps_at_once_plan_nothing_twice(
    booked: Entry, worker: Database, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one reads before the first one writes, and reads again behind the lock."""
    run(owner_engine, "DELETE FROM notification WHERE kind = 'reminder'")
    mend = sweep._mend
    first: list[int] = []

    def overtaken(db: Database, ids: list[UUID]) -> int:
        if not first:
            first.append(mend(db, ids))
        return mend(db, ids)

    monkeypatch.setattr(sweep, "_mend", overtaken)
    assert repair_plan(worker) == 0
    assert first == [1]
    assert len(pending(owner_engine)) == 1
    assert booked.message_state


def test_a_sweep_waits_for_a_desk_that_is_planning_for_the_same_patient(
    booked: Entry, clinic: SmallClinic, worker: Database, database: Database, owner_engine: Engine
) -> None:
    """Else it would plan for the time that the desk, not committed yet, has just taken the appointment from."""
    run(owner_engine, "DELETE FROM notification WHERE kind = 'reminder'")
    later = at(clinic.monday, 14)
    moved, swept = threading.Event(), threading.Event()

    def sweep_it() -> None:
        moved.wait(15)
        repair_plan(worker)
        swept.set()

    writing = Database.changing

    def lingering(db: Database, operation_id: UUID, name: str, work: Any, replay: Any) -> Any:
        def and_wait(connection: Any) -> Any:
            done = work(connection)
            moved.set()
            until = time.monotonic() + 15
            while not swept.is_set() and not waits_for_a_lock(owner_engine) and time.monotonic() < until:
                time.sleep(0.02)
            return done

        return writing(db, operation_id, name, and_wait, replay)

    thread = threading.Thread(target=sweep_it)
    thread.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "changing", lingering)
        update(database, Update(booked.id, booked.appointment.version, starts_at=later))
    thread.join(15)
    assert swept.is_set()
    assert pending(owner_engine) == [later - 24 * HOUR]


def waits_for_a_lock(engine: Engine) -> bool:
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return bool(found.scalar_one())


# --- retention --------------------------------------------------------------------------------------------------------


def _old(engine: Engine, status: str, days: int, patient: UUID, appointment: UUID | None = None) -> None:
    run(
        engine,
        "INSERT INTO notification (id, patient_id, appointment_id, kind, channel, dedupe_key, status, created_at,"
        " lease_owner, lease_until) VALUES (gen_random_uuid(), %s, %s, 'reminder', 'sms', gen_random_uuid(), %s,"
        " now() - make_interval(days => %s), 'w', now())",
        patient,
        appointment,
        status,
        days,
    )


def test_only_what_is_finished_old_and_about_the_past_is_deleted(
    clinic: SmallClinic, booked: Entry, worker: Database, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic_desk.notifications.retention.BATCH", 2)
    who = clinic.patients[0]
    run(owner_engine, "DELETE FROM notification")
    for status in ("sent", "delivered", "failed", "expired", "cancelled"):
        _old(owner_engine, status, 91, who)
        _old(owner_engine, status, 89, who)
        _old(owner_engine, status, 91, who, booked.id)  # still to come
    for status in ("pending", "leased", "sending", "unknown"):
        _old(owner_engine, status, 1000, who)
    assert prune(worker) == 5
    assert len(rows(owner_engine, "id")) == 14
    run(owner_engine, "UPDATE messaging SET retention_days = 30")
    assert prune(worker) == 5
    assert prune(worker) == 0


def test_replies_that_were_dealt_with_go_too_and_open_ones_stay(worker: Database, owner_engine: Engine) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    for status in ("open", "done"):
        run(
            owner_engine,
            "INSERT INTO inbound_message (id, provider_id, sender, received_at, status) VALUES (%s, %s, '+49', %s, %s)",
            uuid4(),
            status,
            long_ago,
            status,
        )
    assert prune(worker) == 1
    with owner_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT status FROM inbound_message").all() == [("open",)]


def test_pruning_stops_when_told(clinic: SmallClinic, worker: Database, owner_engine: Engine) -> None:
    _old(owner_engine, "sent", 100, clinic.patients[0])
    assert prune(worker, lambda: True) == 0
    assert len(rows(owner_engine, "id")) == 1
