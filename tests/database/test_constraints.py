"""What must hold is held by the database itself, whoever writes: places, checks, references."""

import threading
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Connection, Engine, delete, insert, select, text, update

from clinic_desk.database import tables
from clinic_desk.domain.messaging import MESSAGING_ID
from clinic_desk.domain.records import AppointmentStatus
from tests.database import checked_rules
from tests.support.small_clinic import SmallClinic
from tests.support.sql import add, appointment, at, connected, refused_by, savepoint

PRACTITIONER = "appointment_practitioner_excl"
ROOM = "appointment_room_excl"


@pytest.fixture
def desk(clinic: SmallClinic, database_url: URL) -> Iterator[Connection]:
    """A reception's connection in one transaction."""
    with connected(database_url) as connection:
        yield connection


def _booking(start: float, end: float, **others: Any) -> Any:
    return insert(tables.appointment).values(appointment(start, end, **others))


def _change(identifier: UUID, **values: Any) -> Any:
    return update(tables.appointment).where(tables.appointment.c.id == identifier).values(**values)


# --- double bookings --------------------------------------------------------------------------------------------------


def test_two_appointments_of_one_practitioner_cannot_overlap(desk: Connection) -> None:
    add(desk, 9, 10)
    for start, end in ((9, 10), (8.5, 9.25), (9.75, 11), (9.25, 9.5), (8, 12)):
        assert refused_by(desk, _booking(start, end)) == PRACTITIONER


def test_appointments_that_only_touch_are_no_overlap(desk: Connection) -> None:
    add(desk, 9, 10)
    assert refused_by(desk, _booking(8, 9)) is None
    assert refused_by(desk, _booking(10, 11)) is None


def test_another_practitioner_at_the_same_time_is_no_overlap(desk: Connection, clinic: SmallClinic) -> None:
    add(desk, 9, 10)
    assert refused_by(desk, _booking(9, 10, practitioner_id=clinic.okafor)) is None


def test_buffers_are_occupied_time_on_both_sides_of_both_appointments(desk: Connection) -> None:
    add(desk, 9, 10, buffer_before_minutes=15, buffer_after_minutes=30)
    assert refused_by(desk, _booking(8, 8.75)) is None
    assert refused_by(desk, _booking(8, 8.8)) == PRACTITIONER
    assert refused_by(desk, _booking(10.5, 11)) is None
    assert refused_by(desk, _booking(10.25, 11)) == PRACTITIONER
    assert refused_by(desk, _booking(11, 12, buffer_before_minutes=30)) is None
    assert refused_by(desk, _booking(11, 12, buffer_before_minutes=31)) == PRACTITIONER


@pytest.mark.parametrize("status", list(AppointmentStatus))
def test_the_status_decides_whether_time_is_occupied_as_it_does_in_the_domain(
    desk: Connection, status: AppointmentStatus
) -> None:
    identifier = add(desk, 9, 10, status=status.value)
    expected = PRACTITIONER if status.occupies_time else None
    assert refused_by(desk, _booking(9, 10)) == expected
    columns = select(tables.appointment.c.occupies).where(tables.appointment.c.id == identifier)
    assert desk.scalar(columns) is status.occupies_time


def test_a_room_cannot_be_used_twice_at_a_time_by_different_practitioners(
    desk: Connection, clinic: SmallClinic
) -> None:
    add(desk, 9, 10, room_id=clinic.room_1)
    other = {"practitioner_id": clinic.okafor}
    assert refused_by(desk, _booking(9.5, 10.5, room_id=clinic.room_1, **other)) == ROOM
    assert refused_by(desk, _booking(9.5, 10.5, room_id=clinic.room_2, **other)) is None
    assert refused_by(desk, _booking(9.5, 10.5, **other)) is None
    assert refused_by(desk, _booking(10, 10.5, room_id=clinic.room_1, **other)) is None


def test_a_taken_time_is_zero_rows_with_on_conflict_do_nothing(desk: Connection, clinic: SmallClinic) -> None:
    add(desk, 9, 10, room_id=clinic.room_1)
    quietly = " ON CONFLICT DO NOTHING"
    columns = "(id, patient_id, practitioner_id, site_id, type_id, room_id, starts_at, ends_at)"
    values = "(:id, :patient_id, :practitioner_id, :site_id, :type_id, :room_id, :starts_at, :ends_at)"
    statement = text(f"INSERT INTO appointment {columns} VALUES {values}{quietly}")
    assert desk.execute(statement, appointment(9.5, 10.5, room_id=None)).rowcount == 0
    in_the_room = appointment(9.5, 10.5, practitioner_id=clinic.okafor, room_id=clinic.room_1)
    assert desk.execute(statement, in_the_room).rowcount == 0
    assert desk.execute(statement, appointment(10, 10.5, room_id=clinic.room_1)).rowcount == 1


def test_moving_lengthening_and_reinstating_are_guarded_like_booking(desk: Connection, clinic: SmallClinic) -> None:
    add(desk, 9, 10)
    later = add(desk, 10, 11)
    elsewhere = add(desk, 9, 10, practitioner_id=clinic.okafor)
    gone = add(desk, 9, 10, status="cancelled")
    assert refused_by(desk, _change(later, starts_at=at(9.5))) == PRACTITIONER
    assert refused_by(desk, _change(later, buffer_before_minutes=1)) == PRACTITIONER
    assert refused_by(desk, _change(elsewhere, practitioner_id=clinic.weber)) == PRACTITIONER
    assert refused_by(desk, _change(gone, status="booked")) == PRACTITIONER
    assert refused_by(desk, _change(later, starts_at=at(11), ends_at=at(12))) is None


def test_a_desk_cannot_free_a_place_by_writing_the_guarded_columns(desk: Connection, clinic: SmallClinic) -> None:
    identifier = add(desk, 9, 10, room_id=clinic.room_1)
    nobody = text("INSERT INTO appointment (id) VALUES (:id)")
    assert refused_by(desk, nobody, {"id": uuid4()}) is not None
    for column in ("practitioner_busy", "room_busy", "footprint", "practitioner_no", "room_no", "cancelled_at"):
        statement = text(f"UPDATE appointment SET {column} = NULL WHERE id = :id")
        assert refused_by(desk, statement, {"id": identifier}) == "42501"
    # sent with an INSERT they are overwritten
    lie = appointment(9.5, 10.5) | {"practitioner_busy": "{}", "practitioner_no": 99, "footprint": "empty"}
    names = ", ".join(lie)
    statement = text(f"INSERT INTO appointment ({names}) VALUES ({', '.join(':' + name for name in lie)})")
    assert refused_by(desk, statement, lie) == PRACTITIONER


def test_of_eight_desks_that_race_for_one_slot_exactly_one_gets_it(clinic: SmallClinic, database_url: URL) -> None:
    start = threading.Barrier(8)
    rows: list[int] = []

    def race() -> None:
        with connected(database_url) as connection:
            statement = text(
                "INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, starts_at, ends_at) VALUES"
                " (:id, :patient_id, :practitioner_id, :site_id, :type_id, :starts_at, :ends_at) ON CONFLICT DO NOTHING"
            )
            start.wait(10)
            rows.append(connection.execute(statement, appointment(9, 10, patient_id=clinic.patients[1])).rowcount)

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(rows) == [0] * 7 + [1]


# --- what else must hold ----------------------------------------------------------------------------------------------


def test_the_footprint_and_the_numbers_are_filled_in(desk: Connection, clinic: SmallClinic) -> None:
    identifier = add(desk, 9, 10, room_id=clinic.room_2, buffer_before_minutes=5, buffer_after_minutes=10)
    row = desk.execute(select(tables.appointment).where(tables.appointment.c.id == identifier)).one()
    assert (row.footprint.lower, row.footprint.upper) == (at(9) - timedelta(minutes=5), at(10) + timedelta(minutes=10))
    number = select(tables.practitioner.c.no).where(tables.practitioner.c.id == clinic.weber)
    assert row.practitioner_no == desk.scalar(number)
    assert row.room_no == desk.scalar(select(tables.room.c.no).where(tables.room.c.id == clinic.room_2))


def test_wall_time_and_zone_are_those_agreed_in_or_else_the_sites(desk: Connection) -> None:
    left_out = add(desk, 9, 10)
    told = add(desk, 11, 12, wall_start=datetime(2031, 3, 3, 6), zone="America/New_York")  # noqa: DTZ001 - wall time
    read = select(tables.appointment.c.wall_start, tables.appointment.c.zone)
    row = desk.execute(read.where(tables.appointment.c.id == left_out)).one()
    assert row == (datetime(2031, 3, 3, 10), "Europe/Berlin")  # noqa: DTZ001
    row = desk.execute(read.where(tables.appointment.c.id == told)).one()
    assert row == (datetime(2031, 3, 3, 6), "America/New_York")  # noqa: DTZ001
    desk.execute(_change(left_out, starts_at=at(8), ends_at=at(9)))  # a client that moves the instant alone
    row = desk.execute(read.where(tables.appointment.c.id == left_out)).one()
    assert row == (datetime(2031, 3, 3, 9), "Europe/Berlin")  # noqa: DTZ001


_CHECKED: list[tuple[str, str, dict[str, Any]]] = [
    # FHIR R5 app-2, app-3: start and end, always
    ("23502", "appointment", {"starts_at": None}),
    ("23502", "appointment", {"ends_at": None}),
    # app-5
    ("appointment_end_after_start", "appointment", {"ends_at": at(9)}),
    ("appointment_end_after_start", "appointment", {"ends_at": at(8)}),
    # app-4
    ("appointment_cancellation_reason", "appointment", {"cancellation_reason": "pat"}),
    ("appointment_cancellation_reason", "appointment", {"cancellation_reason": "pat", "status": "fulfilled"}),
    ("appointment_cancellation_reason", "appointment", {"cancellation_reason": "why", "status": "cancelled"}),
    ("appointment_length", "appointment", {"ends_at": at(33.1)}),
    ("appointment_status", "appointment", {"status": "proposed"}),
    ("appointment_answer", "appointment", {"answer": "tentative"}),
    ("appointment_buffer_before", "appointment", {"buffer_before_minutes": -1}),
    ("appointment_buffer_after", "appointment", {"buffer_after_minutes": 241}),
    ("appointment_overruled", "appointment", {"overruled": [None]}),
    ("appointment_patient_id_fkey", "appointment", {"patient_id": UUID(int=1)}),
    ("appointment_practitioner_fkey", "appointment", {"practitioner_id": UUID(int=1)}),
    ("appointment_room_fkey", "appointment", {"room_id": UUID(int=1)}),
    ("appointment_type_id_fkey", "appointment", {"type_id": UUID(int=1)}),
    ("appointment_site_id_fkey", "appointment", {"site_id": UUID(int=1), "zone": "UTC"}),
    ("appointment_zone", "appointment", {"zone": "Europe/Atlantis"}),
    ("site_zone", "site", {"zone": "Europe/Atlantis"}),
    ("site_zone", "site", {"zone": "europe/berlin"}),
    ("site_zone", "site", {"zone": "UTC+3"}),
    ("site_zone", "site", {"zone": ""}),
    ("site_name", "site", {"name": ""}),
    ("practitioner_name", "practitioner", {"name": ""}),
    ("practitioner_colour", "practitioner", {"colour": "red"}),
    ("room_name", "room", {"name": ""}),
    ("room_site_id_fkey", "room", {"site_id": UUID(int=1)}),
    ("appointment_type_name", "appointment_type", {"name": ""}),
    ("appointment_type_length", "appointment_type", {"length_minutes": 0}),
    ("appointment_type_length", "appointment_type", {"length_minutes": 1441}),
    ("appointment_type_buffer_before", "appointment_type", {"buffer_before_minutes": -1}),
    ("appointment_type_buffer_after", "appointment_type", {"buffer_after_minutes": 241}),
    ("appointment_type_colour", "appointment_type", {"colour": "#12345"}),
    ("working_hours_weekday", "working_hours", {"weekday": 0}),
    ("working_hours_weekday", "working_hours", {"weekday": 8}),
    ("working_hours_minutes", "working_hours", {"start_minute": -1}),
    ("working_hours_minutes", "working_hours", {"end_minute": 1441}),
    ("working_hours_minutes", "working_hours", {"start_minute": 600, "end_minute": 600}),
    ("working_hours_validity", "working_hours", {"valid_to": date(2025, 12, 31)}),
    ("time_off_end_after_start", "time_off", {"ends_at": at(9)}),
    ("closure_days", "closure", {"last_day": date(2031, 3, 2)}),
    ("block_name", "block", {"name": ""}),
    ("block_end_after_start", "block", {"ends_at": at(9)}),
    ("block_practitioner_or_room", "block", {"practitioner_id": None}),
    ("staff_login", "staff", {"login": "x" * 64}),
    ("staff_display_name", "staff", {"display_name": ""}),
    ("patient_name", "patient", {"family_name": "", "given_name": ""}),
    ("patient_birth_date", "patient", {"birth_date": date(1849, 12, 31)}),
    ("patient_gender", "patient", {"gender": "f"}),
    ("patient_channel", "patient", {"channel": "fax"}),
    ("patient_language", "patient", {"language": "german please"}),
    ("patient_merged_into_id_fkey", "patient", {"merged_into_id": UUID(int=1)}),
    ("patient_merged_into_another", "patient", {"id": UUID(int=2), "merged_into_id": UUID(int=2)}),
    *(
        ("patient_phone", "patient", {"phone": phone})
        for phone in ("0301234567", "+0301", "+49 30 1", "+", "+1234567890123456")
    ),
    *(("patient_email", "patient", {"email": email}) for email in ("anna", "a@b,c@d", "a b@c", "a@b\n", "@b", "a@")),
    ("desk_name", "desk", {"name": ""}),
    ("hold_end_after_start", "hold", {"ends_at": at(9)}),
    ("hold_desk_id_fkey", "hold", {"desk_id": UUID(int=1)}),
    ("notification_kind", "notification", {"kind": "advert"}),
    ("notification_channel", "notification", {"channel": "fax"}),
    ("notification_status", "notification", {"status": "lost"}),
    ("notification_attempts", "notification", {"attempts": -1}),
    ("notification_lease", "notification", {"status": "leased"}),
    ("notification_lease", "notification", {"status": "sending", "lease_owner": "me"}),
    ("notification_patient_id_fkey", "notification", {"patient_id": UUID(int=1)}),
    ("notification_appointment_id_fkey", "notification", {"appointment_id": UUID(int=1)}),
    ("notification_dedupe_key_key", "notification", {"dedupe_key": "taken"}),
    ("notification_rule_id_fkey", "notification", {"rule_id": UUID(int=1)}),
    ("notification_origin_id_fkey", "notification", {"origin_id": UUID(int=1)}),
    ("notification_dealt_with", "notification", {"dealt_with_by": "Julia"}),
    ("notification_dealt_with", "notification", {"dealt_with_at": at(9)}),
    ("messaging_only_one", "messaging", {"id": UUID(int=1)}),
    *(
        (f"messaging_{constraint}", "messaging", {column: value})
        for constraint, column, values in (
            ("quiet_from", "quiet_from_minute", (-1, 1441)),
            ("quiet_until", "quiet_until_minute", (-1, 1441)),
            ("wait", "wait_s", (-1, 901)),
            ("retention", "retention_days", (0, 3651)),
            ("email_by", "email_by", ("pigeon",)),
            ("email_rate", "email_per_minute", (0,)),
            ("smtp_port", "smtp_port", (0, 65536)),
            ("smtp_security", "smtp_security", ("ssl",)),
            ("from_address", "from_address", ("clinic", "a@b,c@d")),
            ("reply_to", "reply_to", ("clinic", "a@b\nBcc: c@d")),
            ("sms_by", "sms_by", ("smtp",)),
            ("sms_rate", "sms_per_minute", (0,)),
            ("account", "twilio_account_sid", ("AC1", "MG" + "0" * 32)),
            ("number", "twilio_number", ("030123", "+0")),
            ("service", "twilio_service_sid", ("AC" + "0" * 32,)),
            (
                "base_url",
                "twilio_base_url",
                ("http://api.twilio.com", "https://user@host", "https://", "http://127.0.0.1.evil.org", "ftp://x"),
            ),
        )
        for value in values
    ),
    ("reminder_rule_lead", "reminder_rule", {"lead": 0}),
    ("reminder_rule_lead", "reminder_rule", {"lead": 10001}),
    ("reminder_rule_unit", "reminder_rule", {"unit": "weeks"}),
    ("reminder_rule_channel", "reminder_rule", {"channel": "none"}),
    ("reminder_rule_type_id_fkey", "reminder_rule", {"type_id": UUID(int=1)}),
    ("message_text_kind", "message_text", {"kind": "advert"}),
    ("message_text_channel", "message_text", {"channel": "none"}),
    ("message_text_language", "message_text", {"language": "english"}),
    ("message_text_body", "message_text", {"body": ""}),
    ("contact_note_channel", "contact_note", {"channel": "none"}),
    ("contact_note_address", "contact_note", {"address": ""}),
    ("contact_note_address", "contact_note", {"address": "Anna@example.org"}),
    ("contact_note_state", "contact_note", {"state": "sleeping"}),
    ("contact_note_source", "contact_note", {"source": "rumour"}),
    ("inbound_message_channel", "inbound_message", {"channel": "none"}),
    ("inbound_message_meaning", "inbound_message", {"meaning": "maybe"}),
    ("inbound_message_status", "inbound_message", {"status": "read"}),
    ("inbound_message_patient_id_fkey", "inbound_message", {"patient_id": UUID(int=1)}),
    ("inbound_message_appointment_id_fkey", "inbound_message", {"appointment_id": UUID(int=1)}),
    ("message_channel_channel", "message_channel", {"channel": "none"}),
    ("message_channel_state", "message_channel", {"state": "tired"}),
    ("message_channel_resume", "message_channel", {"state": "pausing"}),
    ("message_channel_resume", "message_channel", {"resume_at": at(9)}),
]


def _good_rows(clinic: SmallClinic) -> dict[str, dict[str, Any]]:
    interval = {"starts_at": at(9), "ends_at": at(10)}
    return {
        "appointment": appointment(9, 10, practitioner_id=clinic.okafor),
        "site": {"name": "New", "zone": "Europe/Paris"},
        "practitioner": {"name": "New"},
        "room": {"name": "New", "site_id": clinic.berlin},
        "appointment_type": {"name": "New", "length_minutes": 10},
        "working_hours": {
            "practitioner_id": clinic.weber,
            "site_id": clinic.berlin,
            "weekday": 7,
            "start_minute": 0,
            "end_minute": 1440,
            "valid_from": date(2026, 1, 1),
        },
        "time_off": {"practitioner_id": clinic.weber, **interval},
        "closure": {"site_id": clinic.berlin, "first_day": date(2031, 3, 3), "last_day": date(2031, 3, 3)},
        "block": {"name": "Meeting", "practitioner_id": clinic.weber, **interval},
        "staff": {"login": "x" * 63, "display_name": "X"},
        "patient": {
            "family_name": "x" * 200,
            "phone": "+123456789012345",
            "email": "a@b",
            "language": "pt-BR",
            "birth_date": date(1850, 1, 1),
        },
        "desk": {"name": "Desk"},
        "hold": {"desk_id": UUID(int=50), "practitioner_id": clinic.weber, "expires_at": at(9), **interval},
        "notification": {
            "patient_id": clinic.patients[0],
            "kind": "reminder",
            "channel": "sms",
            "dedupe_key": "mine",
            "due_at": at(9),
        },
        "messaging": {
            "id": MESSAGING_ID,
            "quiet_until_minute": 1440,
            "wait_s": 900,
            "twilio_account_sid": "AC" + "0f" * 16,
            "twilio_number": "+493012345",
            "twilio_base_url": "http://127.0.0.1:8080",
            "from_address": "a@b",
        },
        "reminder_rule": {"lead": 2, "unit": "days", "type_id": clinic.checkup, "channel": "email"},
        "message_text": {"kind": "reminder", "channel": "sms", "language": "de", "body": "x"},
        "contact_note": {"channel": "email", "address": "a@b", "state": "unusable", "source": "provider"},
        "inbound_message": {"provider_id": "SM1", "sender": "+4930", "received_at": at(9)},
        "message_channel": {"channel": "sms"},
    }


def test_every_check_refuses_by_its_name_what_it_is_there_for(owner_engine: Engine, clinic: SmallClinic) -> None:
    good = _good_rows(clinic) | checked_rules.good_rows(clinic)
    with owner_engine.connect() as connection:
        connection.execute(insert(tables.desk).values(id=UUID(int=50), name="Desk"))
        taken = good["notification"] | {"id": uuid4(), "dedupe_key": "taken"}
        connection.execute(insert(tables.notification).values(taken))
        standing = good["block"] | {"id": UUID(int=51)}
        connection.execute(insert(tables.block).values(standing))
        secret = {"id": UUID(int=52), "name": "twilio_api_key", "key_id": "0" * 16}
        connection.execute(insert(tables.provider_secret).values(secret))
        connection.execute(insert(tables.offer_round).values(good["offer_round"] | {"id": UUID(int=54)}))
        connection.execute(insert(tables.wish).values(good["wish"] | {"id": UUID(int=53)}))
        single = (tables.messaging, tables.message_channel, tables.booking_rules, tables.backup_setting)
        for only in (*single, tables.lock_rules):
            connection.execute(delete(only))
        for table, row in good.items():
            assert (table, refused_by(connection, _insert(table, row))) == (table, None)
        for constraint, table, spoilt in _CHECKED + checked_rules.CHECKED:
            found = refused_by(connection, _insert(table, good[table] | spoilt))
            assert (table, spoilt, found) == (table, spoilt, constraint)


def _insert(table: str, row: dict[str, Any]) -> Any:
    values = {"id": uuid4()} | row
    names = ", ".join(values)
    bound = ", ".join(f":{name}" for name in values)
    return text(f"INSERT INTO {table} ({names}) VALUES ({bound})").bindparams(**values)


def test_every_check_of_the_schema_is_tried_by_one_of_these(owner_engine: Engine) -> None:
    with owner_engine.connect() as connection:
        named = set(
            connection.scalars(
                text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND connamespace = 'public'::regnamespace")
            )
        )
    # what only a trigger or a function writes cannot be broken by a client: see the next tests
    written_by_triggers = {
        *("appointment_room_no", "appointment_device_no", "appointment_cancelled_at", "history_action"),
        *("history_blanked", "history_seal_no", "history_seal_count", "history_seal_digest", "history_seal_ids"),
        *("history_horizon_only_one", "provider_copy_channel"),
        *("appointment_arrived_at", "appointment_in_room_at", "appointment_finished_at", "appointment_flow"),
        *("invitation_login", "invitation_sealed_key"),
    }
    assert named - {constraint for constraint, _, _ in _CHECKED + checked_rules.CHECKED} == written_by_triggers


@pytest.mark.usefixtures("clinic")
def test_the_columns_that_triggers_write_are_checked_all_the_same(postgres_server: Any, owner_url: URL) -> None:
    superuser = postgres_server.superuser_url.set(database=owner_url.database)
    with connected(superuser) as connection:
        identifier = add(connection, 9, 10)
        connection.execute(text("SET LOCAL session_replication_role = replica"))  # no triggers
        for column, value, constraint in (
            ("room_no", 1, "appointment_room_no"),
            ("device_no", 1, "appointment_device_no"),
            ("cancelled_at", at(9), "appointment_cancelled_at"),  # app-7
            ("arrived_at", at(9), "appointment_arrived_at"),
            ("in_room_at", at(9), "appointment_in_room_at"),
            ("finished_at", at(9), "appointment_finished_at"),
        ):
            statement = text(f"UPDATE appointment SET {column} = :value WHERE id = :id")
            assert refused_by(connection, statement, {"value": value, "id": identifier}) == constraint
        backwards = (
            "UPDATE appointment SET status = 'fulfilled', arrived_at = :late, finished_at = :early WHERE id = :id"
        )
        values = {"late": at(10), "early": at(9), "id": identifier}
        assert refused_by(connection, text(backwards), values) == "appointment_flow"
        statement = text("UPDATE history SET action = 'truncate'")
        assert refused_by(connection, statement) == "history_action"


def test_a_cancellation_date_comes_and_goes_with_the_status(desk: Connection) -> None:
    identifier = add(desk, 9, 10)
    when = select(tables.appointment.c.cancelled_at).where(tables.appointment.c.id == identifier)
    assert desk.scalar(when) is None
    desk.execute(_change(identifier, status="cancelled", cancellation_reason="pat"))
    first = desk.scalar(when)
    assert first is not None
    desk.execute(_change(identifier, note="called"))
    assert desk.scalar(when) == first
    assert refused_by(desk, _change(identifier, status="booked")) == "appointment_cancellation_reason"
    desk.execute(_change(identifier, status="booked", cancellation_reason=None))
    assert desk.scalar(when) is None
    desk.execute(_change(identifier, status="noshow"))
    assert desk.scalar(when) is not None


def test_the_version_and_who_changed_it_are_the_databases_whatever_a_client_sends(desk: Connection) -> None:
    patient = tables.patient
    lie = {"version": 77, "changed_by": "somebody", "changed_at": at(0), "changed_desk_id": UUID(int=9)}
    desk.execute(insert(patient).values(id=UUID(int=3), family_name="Lie", **lie))
    read = select(patient.c.version, patient.c.changed_by, patient.c.changed_at, patient.c.changed_desk_id)
    now = desk.scalar(text("SELECT now()"))
    assert desk.execute(read.where(patient.c.id == UUID(int=3))).one() == (1, "test_reception", now, None)
    desk.execute(text("SELECT set_config('clinic_desk.desk_id', :id, true)"), {"id": str(UUID(int=5))})
    desk.execute(update(patient).where(patient.c.id == UUID(int=3)).values(note="x", **lie))
    row = desk.execute(read.where(patient.c.id == UUID(int=3))).one()
    assert row == (2, "test_reception", now, UUID(int=5))
    desk.execute(update(patient).where(patient.c.id == UUID(int=3)).values(note="y"))
    assert desk.execute(read.where(patient.c.id == UUID(int=3))).one().version == 3
    assert refused_by(desk, text("UPDATE patient SET id = gen_random_uuid()")) == "23000"


def test_a_practitioners_number_cannot_be_changed(owner_engine: Engine, clinic: SmallClinic) -> None:
    with owner_engine.connect() as connection:
        assert refused_by(connection, text("UPDATE practitioner SET no = 77")) == "428C9"
        add(connection, 9, 10)
        with savepoint(connection):
            statement = text("UPDATE practitioner SET no = DEFAULT WHERE id = :id")
            assert refused_by(connection, statement, {"id": clinic.weber}) == "appointment_practitioner_fkey"
