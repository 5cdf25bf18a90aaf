"""What the database does with messages by itself: it wakes who works the queue, and notes what happened to each row."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Connection, Engine, insert, text

from clinic_desk.database import tables
from tests.database.test_notify import MONDAY, Ear
from tests.support.small_clinic import SmallClinic
from tests.support.sql import add, at, connected

QUEUE = "clinic_desk_queue"


@pytest.fixture
def bell(clinic: SmallClinic, database_url: URL) -> Iterator[Ear]:
    """Who works the queue listens here."""
    assert clinic.patients
    ear = Ear(database_url, QUEUE)
    yield ear
    ear.close()


def _message(clinic: SmallClinic, **others: Any) -> Any:
    row = {"id": uuid4(), "patient_id": clinic.patients[0], "kind": "reminder", "channel": "sms"}
    return insert(tables.notification).values(row | {"dedupe_key": uuid4().hex, "due_at": at(9)} | others)


def _run(url: URL, *statements: Any) -> None:
    with connected(url) as connection:
        for statement in statements:
            connection.execute(text(statement) if isinstance(statement, str) else statement)


def test_whoever_works_the_queue_is_woken_by_new_messages_once_a_transaction(
    bell: Ear, clinic: SmallClinic, database_url: URL
) -> None:
    _run(database_url, _message(clinic), _message(clinic))
    assert bell.payloads() == [""]


def test_what_is_due_earlier_or_again_wakes_it_and_what_is_due_later_or_void_does_not(
    bell: Ear, clinic: SmallClinic, database_url: URL, owner_url: URL
) -> None:
    _run(database_url, _message(clinic))
    bell.payloads()
    for change, woken in (
        ("due_at = due_at + interval '1 hour'", []),
        ("due_at = due_at - interval '1 hour'", [""]),
        ("last_error = 'x'", []),
        ("status = 'failed'", []),
        ("status = 'pending'", [""]),
        ("status = 'cancelled'", []),
    ):
        _run(owner_url, f"UPDATE notification SET {change}")
        assert (change, bell.payloads()) == (change, woken)


def test_the_workers_own_steps_do_not_wake_it(
    bell: Ear, clinic: SmallClinic, url_as: Callable[[Any], URL], database_url: URL
) -> None:
    _run(database_url, _message(clinic))
    bell.payloads()
    for change in (
        "status = 'leased', lease_owner = 'w', lease_until = now()",
        "status = 'sending', attempts = 1",
        "status = 'pending', lease_owner = NULL, due_at = now() + interval '1 minute'",
    ):
        _run(url_as("clinic_worker"), f"UPDATE notification SET {change}")
    assert bell.payloads() == []


def test_a_channel_that_may_send_again_wakes_it(bell: Ear, url_as: Callable[[Any], URL]) -> None:
    worker = url_as("clinic_worker")
    _run(worker, "UPDATE message_channel SET state = 'stopped', code = '20003'")
    assert bell.payloads() == []
    _run(url_as("clinic_manager"), "UPDATE message_channel SET state = 'working', code = ''")
    assert bell.payloads() == [""]
    _run(worker, "UPDATE message_channel SET next_send_at = now()")
    assert bell.payloads() == []


def test_new_settings_wake_it_and_an_import_does_not(bell: Ear, clinic: SmallClinic, owner_url: URL) -> None:
    _run(owner_url, "UPDATE messaging SET sms_by = 'folder'")
    assert bell.payloads() == [""]
    _run(owner_url, "SELECT set_config('clinic_desk.quiet', 'on', true)", _message(clinic))
    assert bell.payloads() == []


@pytest.mark.usefixtures("clinic")
@pytest.mark.parametrize("group", ["clinic_worker", "clinic_reception"])
def test_the_desks_are_told_which_days_have_messages_of_another_state(
    database_url: URL, url_as: Callable[[Any], URL], group: str
) -> None:
    with connected(database_url) as connection:
        ids = [add(connection, 9, 10), add(connection, 22.5, 23.5)]
    ear = Ear(database_url)
    with connected(url_as(group)) as connection:
        connection.execute(text("SELECT announce_messages(:ids)"), {"ids": [*ids, uuid4()]})
    changes = {change.id: change for change in ear.changes()}
    ear.close()
    assert {change.table for change in changes.values()} == {"notification"}
    assert {key: change.days for key, change in changes.items()} == {
        ids[0]: {MONDAY},
        ids[1]: {MONDAY, MONDAY + timedelta(days=1)},
    }


# --- what happened to it ----------------------------------------------------------------------------------------------


def _log(connection: Connection, identifier: UUID) -> list[dict[str, Any]]:
    found = connection.execute(text("SELECT log FROM notification WHERE id = :id"), {"id": identifier}).scalar_one()
    return [{name: value for name, value in step.items() if name != "at"} for step in found]


def _queued(url: URL, clinic: SmallClinic, **others: Any) -> UUID:
    identifier = uuid4()
    _run(url, _message(clinic, id=identifier, **others))
    return identifier


def test_each_step_of_its_way_is_noted_with_who_took_it(
    clinic: SmallClinic, database_url: URL, url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    identifier = _queued(database_url, clinic, log=[{"s": "sent"}])
    for change in (
        "status = 'leased', lease_owner = 'Desk 2', lease_until = now()",
        "lease_until = now() + interval '1 minute'",
        "status = 'sending', attempts = 1",
        "status = 'failed', lease_owner = NULL, lease_until = NULL, error_code = '21614', last_error = 'a landline'",
    ):
        _run(url_as("clinic_worker"), f"UPDATE notification SET {change}")
    with owner_engine.connect() as connection:
        assert _log(connection, identifier) == [
            {"s": "pending", "n": 0, "by": "test_reception"},
            {"s": "leased", "n": 0, "by": "Desk 2"},
            {"s": "sending", "n": 1, "by": "Desk 2"},
            {"s": "failed", "n": 1, "by": "Desk 2", "c": "21614", "e": "a landline"},
        ]
        stamped = text("SELECT (log -> -1 ->> 'at')::timestamptz, changed_at FROM notification")
        at_, changed_at = connection.execute(stamped).one()
        assert isinstance(at_, datetime)
        assert at_ == changed_at


def test_what_a_desk_does_with_a_message_is_noted_under_its_persons_login(
    clinic: SmallClinic, database_url: URL, url_as: Callable[[Any], URL], owner_engine: Engine
) -> None:
    identifier = _queued(database_url, clinic, status="failed")
    desk = f"SELECT set_config('clinic_desk.desk_id', '{uuid4()}', true)"
    _run(url_as("clinic_worker"), "UPDATE notification SET lease_owner = 'Desk 2'")
    for change in (
        "dealt_with_at = now(), dealt_with_by = 'Julia'",
        "status = 'pending', due_at = '2031-03-03 10:00Z'",
    ):
        _run(database_url, desk, f"UPDATE notification SET {change}")
    with owner_engine.connect() as connection:
        assert _log(connection, identifier)[1:] == [
            {"s": "failed", "n": 0, "by": "test_reception", "w": "Julia"},
            {"s": "pending", "n": 0, "by": "test_reception", "d": "2031-03-03T10:00:00+00:00"},
        ]


def test_only_the_first_and_the_latest_39_steps_are_kept(
    clinic: SmallClinic, database_url: URL, owner_engine: Engine
) -> None:
    identifier = _queued(database_url, clinic)
    with owner_engine.begin() as connection:
        for attempt in range(1, 60):
            connection.execute(text("UPDATE notification SET attempts = :n"), {"n": attempt})
    with owner_engine.connect() as connection:
        assert [step["n"] for step in _log(connection, identifier)] == [0, *range(21, 60)]


def test_nobody_can_write_what_happened_but_an_import(
    clinic: SmallClinic, url_as: Callable[[Any], URL], owner_url: URL, owner_engine: Engine
) -> None:
    lie = [{"s": "delivered"}]
    identifier = _queued(owner_url, clinic, log=lie)
    _run(url_as("clinic_worker"), "UPDATE notification SET log = '[]'")
    known = uuid4()
    quietly = "SELECT set_config('clinic_desk.quiet', 'on', true)"
    _run(owner_url, quietly, _message(clinic, id=known, log=lie))
    with owner_engine.connect() as connection:
        assert [step["s"] for step in _log(connection, identifier)] == ["pending"]
        assert _log(connection, known) == lie


# --- what a fresh clinic starts with ----------------------------------------------------------------------------------


def test_a_fresh_clinic_has_settings_two_working_channels_and_a_reminder_a_day_before(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        settings = connection.execute(text("SELECT email_by, sms_by, wait_s, version FROM messaging")).all()
        assert settings == [("off", "off", 20, 1)]
        channels = connection.execute(text("SELECT channel, state FROM message_channel ORDER BY channel")).all()
        assert channels == [("email", "working"), ("sms", "working")]
        rules = connection.execute(text("SELECT lead, unit, type_id, channel, active FROM reminder_rule")).all()
        assert rules == [(24, "hours", None, None, True)]


def test_a_rule_that_is_deleted_leaves_its_messages(
    clinic: SmallClinic, url_as: Callable[[Any], URL], database_url: URL, owner_engine: Engine
) -> None:
    with owner_engine.connect() as connection:
        rule = connection.scalar(text("SELECT id FROM reminder_rule"))
    _run(database_url, _message(clinic, rule_id=rule))
    _run(url_as("clinic_manager"), "DELETE FROM reminder_rule")
    with owner_engine.connect() as connection:
        assert connection.execute(text("SELECT rule_id, status FROM notification")).all() == [(None, "pending")]
