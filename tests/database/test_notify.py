"""Changes announce themselves at commit: ids, versions and local days, never patient data, and never noise."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg2
import pytest
from sqlalchemy import URL, Connection, Engine, delete, insert, text, update

from clinic_desk.database import tables
from clinic_desk.database.listener import CHANNEL, parse_change
from clinic_desk.domain.changes import Change
from clinic_desk.domain.messaging import MESSAGING_ID
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic
from tests.support.sql import add, appointment, at, connected

MONDAY = date(2031, 3, 3)
TUESDAY = date(2031, 3, 4)
BLOCK = UUID(int=0xB10C)
ROUND, WISH = uuid4(), uuid4()


class Ear:
    """A listening connection; what it has heard is complete once it has heard its own mark."""

    def __init__(self, url: URL, channel: str = CHANNEL) -> None:
        self._connection = psycopg2.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
        self._connection.autocommit = True
        self._channel = channel
        self._run(f"LISTEN {channel}")

    def _run(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def payloads(self) -> list[str]:
        """What was announced since the last call."""
        self._run(f"NOTIFY {self._channel}, 'mark'")  # commits are announced in their order
        heard = [notify.payload for notify in self._connection.notifies]
        self._connection.notifies.clear()
        assert heard.pop() == "mark"
        return heard

    def changes(self) -> list[Change]:
        return [parse_change(payload) for payload in self.payloads()]

    def change(self) -> Change:
        [change] = self.changes()
        return change

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def ear(clinic: SmallClinic, database_url: URL) -> Iterator[Ear]:
    """It began to listen when the small clinic was there already."""
    assert clinic is SMALL_CLINIC
    ear = Ear(database_url)
    yield ear
    ear.close()


@pytest.fixture
def manager(owner_engine: Engine) -> Any:
    """Makes transactions with all rights."""

    @contextmanager
    def transaction() -> Iterator[Connection]:
        with owner_engine.begin() as connection:
            yield connection

    return transaction


def _set(connection: Connection, **settings: object) -> None:
    for name, value in settings.items():
        statement = text("SELECT set_config(:name, :value, true)")
        connection.execute(statement, {"name": f"clinic_desk.{name}", "value": str(value)})


def _change(connection: Connection, identifier: UUID, **values: Any) -> None:
    connection.execute(update(tables.appointment).where(tables.appointment.c.id == identifier).values(**values))


def test_a_booking_tells_its_id_version_day_desk_and_operation(ear: Ear, database_url: URL) -> None:
    operation_id, desk_id = uuid4(), uuid4()
    with connected(database_url) as connection:
        _set(connection, operation_id=operation_id, desk_id=desk_id)
        identifier = add(connection, 9, 10)
    assert ear.change() == Change("appointment", identifier, 1, frozenset({MONDAY}), desk_id, operation_id)


def test_nothing_is_told_before_the_commit_nor_of_what_is_rolled_back(ear: Ear, owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        add(connection, 9, 10)
        assert ear.payloads() == []
        connection.rollback()
    assert ear.payloads() == []


def test_a_move_tells_the_old_day_and_the_new_one(ear: Ear, database_url: URL) -> None:
    with connected(database_url) as connection:
        identifier = add(connection, 9, 10)
    with connected(database_url) as connection:
        _change(connection, identifier, starts_at=at(57), ends_at=at(58))
    assert [change.days for change in ear.changes()] == [{MONDAY}, {MONDAY, date(2031, 3, 5)}]


def test_days_are_those_of_the_appointments_own_zone(ear: Ear, database_url: URL, clinic: SmallClinic) -> None:
    cases = [
        (clinic.berlin, 22.5, 22.75, {MONDAY}),
        (clinic.berlin, 23.0, 23.5, {TUESDAY}),  # 00:00 in Berlin
        (clinic.berlin, 22.5, 23.0, {MONDAY}),  # ends at midnight, exclusive
        (clinic.berlin, 22.5, 23.25, {MONDAY, TUESDAY}),
        (clinic.new_york, 28.0, 29.0, {MONDAY}),  # 23:00-24:00 there
        (clinic.new_york, 29.0, 30.0, {TUESDAY}),
    ]
    for site_id, start, end, days in cases:
        with connected(database_url) as connection:
            identifier = add(connection, start, end, site_id=site_id)
        assert ear.change().days == days
        with connected(database_url) as connection:
            _change(connection, identifier, status="cancelled")
        assert ear.change().days == days


def test_on_the_days_the_clocks_change_days_are_still_right(ear: Ear, database_url: URL) -> None:
    # Berlin 2031: 30 March has 23 hours (22:00 UTC ends it), 26 October has 25 (23:00 UTC)
    for start, days in (
        (datetime(2031, 3, 30, 21, 59, tzinfo=UTC), {date(2031, 3, 30)}),
        (datetime(2031, 3, 30, 22, 0, tzinfo=UTC), {date(2031, 3, 31)}),
        (datetime(2031, 10, 26, 22, 59, tzinfo=UTC), {date(2031, 10, 26)}),
        (datetime(2031, 10, 26, 23, 0, tzinfo=UTC), {date(2031, 10, 27)}),
    ):
        with connected(database_url) as connection:
            add(connection, 0, 1, starts_at=start, ends_at=start + timedelta(minutes=1))
        assert ear.change().days == days


def test_a_deletion_says_so(ear: Ear, manager: Any) -> None:
    with manager() as connection:
        identifier = add(connection, 9, 10)
        _set(connection, operation_id="")
    with manager() as connection:
        connection.execute(delete(tables.appointment).where(tables.appointment.c.id == identifier))
    change = ear.changes()[-1]
    assert (change.id, change.version, change.days, change.deleted) == (identifier, 2, frozenset({MONDAY}), True)


def test_no_payload_holds_anything_but_ids_numbers_and_days(ear: Ear, manager: Any, clinic: SmallClinic) -> None:
    words = {"note": "Zanzibar"}
    with manager() as connection:
        _set(connection, operation_id=uuid4(), desk_id=uuid4())
        patient = {"id": uuid4(), "family_name": "Zanzibar", "email": "z@zanzibar", "search_key": "zanzibar", **words}
        connection.execute(insert(tables.patient).values(patient))
        connection.execute(insert(tables.appointment).values(appointment(9, 10, **words)))
        away = {
            "id": uuid4(),
            "practitioner_id": clinic.weber,
            "starts_at": at(0),
            "ends_at": at(1),
            "name": "Zanzibar",
        }
        connection.execute(insert(tables.time_off).values(away))
    payloads = ear.payloads()
    assert len(payloads) == 3
    for payload in payloads:
        assert "zanzibar" not in payload.lower()
        assert set(json.loads(payload)) <= {"t", "i", "v", "d", "k", "o", "x"}
        assert " " not in payload


def _rows(clinic: SmallClinic) -> dict[str, tuple[dict[str, Any], dict[str, Any], set[date]]]:
    """Table: a row, a change of it, the days."""
    interval = {"starts_at": at(9), "ends_at": at(10)}
    hours = {"weekday": 6, "start_minute": 0, "end_minute": 60, "valid_from": MONDAY}
    who, where = {"practitioner_id": clinic.weber}, {"site_id": clinic.berlin}
    return {
        "site": ({"name": "S", "zone": "UTC"}, {"name": "T"}, set()),
        "practitioner": ({"name": "P"}, {"name": "Q"}, set()),
        "room": ({"name": "R", **where}, {"name": "S"}, set()),
        "appointment_type": ({"name": "T", "length_minutes": 5}, {"name": "U"}, set()),
        "appointment_type_practitioner": (
            {"type_id": clinic.procedure, "practitioner_id": clinic.okafor},
            {"practitioner_id": clinic.okafor},
            set(),
        ),
        "appointment_type_room": (
            {"type_id": clinic.procedure, "room_id": clinic.room_1},
            {"room_id": clinic.room_2},
            set(),
        ),
        "working_hours": ({**who, **where, **hours}, {"end_minute": 61}, set()),
        "time_off": ({**who, **interval}, {"name": "x"}, {MONDAY}),
        "block": ({"name": "B", **who, **interval}, {"name": "C"}, {MONDAY}),
        "date_override": ({**who, **where, "day": MONDAY}, {"name": "x"}, {MONDAY}),
        "block_type": ({"type_id": clinic.procedure, "block_id": BLOCK}, {"type_id": clinic.checkup}, set()),
        "series": (
            {"rule": "FREQ=DAILY", "starts_on": MONDAY, "wall_minute": 540, "zone": "Europe/Berlin"},
            {"wall_minute": 600},
            set(),
        ),
        "closure": ({**where, "first_day": MONDAY, "last_day": TUESDAY}, {"name": "x"}, {MONDAY, TUESDAY}),
        "staff": ({"login": "l", "display_name": "L"}, {"display_name": "M"}, set()),
        "staff_right": ({"login": "test_reception", "name": "export", "granted": True}, {"granted": False}, set()),
        "backup_run": (
            {"kind": "by-hand", "lease_until": at(9)},
            {"state": "failed", "problem": "x", "ended_at": at(9)},
            set(),
        ),
        "provider_secret": ({"name": "email_password", "key_id": "0" * 16}, {"key_id": "1" * 16}, set()),
        "saved_view": ({"login": "test_reception", "name": "V", "content": {}}, {"name": "W"}, set()),
        "patient": ({"family_name": "P"}, {"family_name": "Q"}, set()),
        "appointment": (appointment(9, 10), {"note": "x"}, {MONDAY}),
        "desk": ({"name": "D"}, {"name": "E"}, set()),
        "wish": ({"patient_id": clinic.patients[0], "type_id": clinic.checkup}, {"note": "B"}, set()),
        "two_people": (
            {"one_id": clinic.patients[0], "other_id": clinic.patients[1]},
            {"other_id": clinic.patients[2]},
            set(),
        ),
        "offer_round": ({**who, **where, **interval, "answer_minutes": 20}, {"state": "over"}, {MONDAY}),
        "offer": (
            {"round_id": ROUND, "wish_id": WISH, "patient_id": clinic.patients[0], "position": 1, **interval},
            {"reason": "x"},
            {MONDAY},
        ),
        "reminder_rule": ({"lead": 2}, {"lead": 3}, set()),
        "message_text": ({"kind": "reminder", "channel": "sms", "language": "de", "body": "x"}, {"body": "y"}, set()),
        "contact_note": (
            {"channel": "sms", "address": "+4930", "state": "opted-out", "source": "reply"},
            {"state": "unusable"},
            set(),
        ),
        "clinic_pc": ({"name": "Room 2"}, {"name": "Room 3"}, set()),
        "inbound_message": ({"provider_id": "x", "sender": "+4930", "received_at": at(9)}, {"status": "done"}, set()),
    }


def test_new_settings_and_the_state_of_a_channel_are_news_but_its_pace_is_not(ear: Ear, manager: Any) -> None:
    with manager() as connection:
        version = connection.scalar(text("UPDATE messaging SET wait_s = 0 RETURNING version"))
    change = ear.change()
    assert (change.table, change.id, change.version) == ("messaging", MESSAGING_ID, version)
    with manager() as connection:
        connection.execute(text("UPDATE message_channel SET next_send_at = now(), failures = 1"))
    assert ear.payloads() == []
    with manager() as connection:
        connection.execute(text("UPDATE message_channel SET state = 'stopped', code = '20003' WHERE channel = 'sms'"))
    assert ear.change().table == "message_channel"
    with manager() as connection:
        connection.execute(text("UPDATE messaging SET sms_by = 'folder'"))
    assert {change.table for change in ear.changes()} == {"messaging", "message_channel"}


@pytest.mark.parametrize("changed", ["booking_rules SET step_minutes = 10", "lock_rules SET idle_minutes = 5"])
def test_new_rules_of_the_clinic_are_news(ear: Ear, manager: Any, changed: str) -> None:
    with manager() as connection:
        row = connection.execute(text(f"UPDATE {changed} RETURNING id, version")).one()
    change, table = ear.change(), changed.partition(" ")[0]
    assert (change.table, change.id, change.version, change.days) == (table, row.id, row.version, frozenset())


def test_hours_of_a_date_that_move_to_another_tell_both(ear: Ear, manager: Any, clinic: SmallClinic) -> None:
    row = {"id": uuid4(), "practitioner_id": clinic.weber, "site_id": clinic.berlin, "day": MONDAY}
    with manager() as connection:
        connection.execute(insert(tables.date_override).values(row))
    assert ear.change().days == {MONDAY}
    with manager() as connection:
        connection.execute(update(tables.date_override).values(day=TUESDAY))
    assert ear.change().days == {MONDAY, TUESDAY}


def test_every_table_but_the_queue_and_the_records_announces_each_change(
    ear: Ear, manager: Any, clinic: SmallClinic
) -> None:
    rows = _rows(clinic)
    with manager() as connection:
        _set(connection, quiet="on")
        standing = {"id": BLOCK, "name": "B", "practitioner_id": clinic.weber, "starts_at": at(9), "ends_at": at(10)}
        connection.execute(insert(tables.block).values(standing))
        connection.execute(insert(tables.wish).values(rows["wish"][0] | {"id": WISH}))
        connection.execute(insert(tables.offer_round).values(rows["offer_round"][0] | {"id": ROUND}))
    silent = {"operation", "history", "taken_back", "notification", "provider_secret_text", "provider_copy"}
    silent |= {"history_seal", "history_horizon", "history_blank", "patient_access", "closed_data", "restore"}
    silent |= {"invitation", "sending_seen"}
    only_changed = {"messaging", "message_channel", "booking_rules", "backup_setting", "lock_rules"}
    assert set(rows) | silent | only_changed | {"hold"} == set(tables.metadata.tables)
    for name, (row, changed, days) in rows.items():
        table = tables.metadata.tables[name]
        identifier = uuid4()
        with manager() as connection:
            connection.execute(insert(table).values(row | {"id": identifier}))
        with manager() as connection:
            connection.execute(update(table).where(table.c.id == identifier).values(changed))
        with manager() as connection:
            connection.execute(delete(table).where(table.c.id == identifier))
        told = ear.changes()
        assert {(change.table, change.id, change.days) for change in told} == {(name, identifier, frozenset(days))}
        versions = [0, 0, 1] if name in {"desk", "backup_run"} else [1, 2, 3]
        assert [(change.version, change.deleted) for change in told] == list(
            zip(versions, [False, False, True], strict=True)
        )


def test_intervals_without_a_zone_tell_their_days_at_every_site(ear: Ear, manager: Any, clinic: SmallClinic) -> None:
    away = {"id": uuid4(), "practitioner_id": clinic.diaz, "starts_at": at(23.5), "ends_at": at(24)}
    with manager() as connection:
        connection.execute(insert(tables.time_off).values(away))
    assert ear.change().days == {MONDAY, TUESDAY}


def test_a_very_long_interval_tells_any_day_and_fits_a_payload(ear: Ear, manager: Any, clinic: SmallClinic) -> None:
    for days, told in ((360, True), (4000, False)):
        row = {"id": uuid4(), "practitioner_id": clinic.weber, "starts_at": at(0), "ends_at": at(24 * days)}
        closure = {
            "id": uuid4(),
            "site_id": clinic.berlin,
            "first_day": MONDAY,
            "last_day": MONDAY + timedelta(days=days),
        }
        with manager() as connection:
            connection.execute(insert(tables.time_off).values(row))
            connection.execute(insert(tables.closure).values(closure))
        for change in ear.changes():
            assert bool(change.days) is told
            assert not told or len(change.days) >= 360


def test_a_hold_is_news_when_it_is_placed_moved_or_released_but_not_when_renewed(
    ear: Ear, manager: Any, clinic: SmallClinic
) -> None:
    desk_id, hold_id = uuid4(), uuid4()
    hold = tables.hold
    with manager() as connection:
        connection.execute(insert(tables.desk).values(id=desk_id, name="D"))
    assert ear.change().table == "desk"
    row = {"id": hold_id, "desk_id": desk_id, "practitioner_id": clinic.weber, "expires_at": at(1)}
    with manager() as connection:
        connection.execute(insert(hold).values(**row, starts_at=at(9), ends_at=at(10)))
    assert ear.change() == Change("hold", hold_id, 0, frozenset({MONDAY}))
    with manager() as connection:
        connection.execute(update(hold).values(expires_at=at(2)))
    assert ear.payloads() == []
    with manager() as connection:
        connection.execute(update(hold).values(starts_at=at(33), ends_at=at(34)))
    assert ear.change().days == {MONDAY, TUESDAY}
    with manager() as connection:
        connection.execute(delete(hold))
    assert ear.change() == Change("hold", hold_id, 1, frozenset({TUESDAY}), deleted=True)


def test_a_desks_sign_of_life_is_no_news(ear: Ear, manager: Any) -> None:
    with manager() as connection:
        connection.execute(insert(tables.desk).values(id=uuid4(), name="D"))
    assert ear.change().table == "desk"
    with manager() as connection:
        connection.execute(text("UPDATE desk SET last_seen_at = now()"))
    assert ear.payloads() == []


def test_the_queues_own_bookkeeping_is_silent(ear: Ear, manager: Any, clinic: SmallClinic) -> None:
    row = {"id": uuid4(), "patient_id": clinic.patients[0], "kind": "reminder", "channel": "sms", "dedupe_key": "k"}
    with manager() as connection:
        connection.execute(insert(tables.notification).values(row))
        connection.execute(text("UPDATE notification SET status = 'sent'"))
        connection.execute(text("DELETE FROM notification"))
    assert ear.payloads() == []


def test_imports_may_be_quiet(ear: Ear, manager: Any, clinic: SmallClinic) -> None:
    with manager() as connection:
        _set(connection, quiet="on")
        add(connection, 9, 10)
        connection.execute(insert(tables.patient).values(id=uuid4(), family_name="X"))
        away = {"id": uuid4(), "practitioner_id": clinic.weber, "starts_at": at(9), "ends_at": at(10)}
        connection.execute(insert(tables.time_off).values(away))
    assert ear.payloads() == []
    with manager() as connection:  # and the next transaction is not
        add(connection, 11, 12)
    assert ear.change().table == "appointment"


def test_handing_a_place_on_is_silent(ear: Ear, database_url: URL) -> None:
    with connected(database_url) as connection:
        neighbour = add(connection, 9, 10)
        add(connection, 9, 10, squeezed_in=True)
    assert len(ear.changes()) == 2
    with connected(database_url) as connection:
        _change(connection, neighbour, status="cancelled")
    assert ear.change().id == neighbour
