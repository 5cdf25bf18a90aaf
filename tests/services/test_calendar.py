"""Reading the calendar: days, weeks, changed entries and fullness, in how many statements and by which plans."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.database.queries import calendar as queries_calendar
from clinic_desk.database.queries import entries as queries_entries
from clinic_desk.domain.commands import Rule, SetStatus
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, Clinic, DayBoard
from clinic_desk.services import calendar
from clinic_desk.services.booking import book, set_status
from tests.support.bookings import NEW_YORK, at, checkup, statements_of
from tests.support.small_clinic import SmallClinic


@pytest.fixture
def loaded(clinic: SmallClinic, database: Database) -> Clinic:
    return calendar.load_clinic(database)


def ids(board: DayBoard) -> set[object]:
    return {entry.id for entry in board.entries}


def put(engine: Engine, table: str, **row: object) -> None:
    with engine.begin() as connection:
        connection.execute(insert(tables.metadata.tables[table]), {"id": new_id()} | row)


def test_the_clinic_is_read_whole_and_in_its_order(clinic: SmallClinic, loaded: Clinic) -> None:
    assert [row.name for row in loaded.practitioners] == ["Dr. Weber", "Dr. Okafor", "Dr. Diaz"]
    assert [row.id for row in loaded.rooms] == [clinic.room_1, clinic.room_2]
    assert {row.name: row.zone for row in loaded.sites} == {"Mitte": "Europe/Berlin", "Harlem": NEW_YORK}
    consultation = loaded.type(clinic.consultation)
    assert (consultation.buffer_before_minutes, consultation.buffer_after_minutes) == (5, 10)
    assert consultation.practitioner_ids == {clinic.weber, clinic.okafor}
    assert len(loaded.working_hours) == 30
    assert loaded.working_hours[0].valid_from == date(2026, 1, 1)
    assert loaded.staff["test_reception"] == "test_reception person"


def test_an_empty_database_has_an_empty_clinic_and_an_empty_day(database: Database) -> None:
    loaded = calendar.load_clinic(database)
    assert loaded.practitioners == ()
    assert calendar.load_day(database, date(2031, 3, 3), loaded).entries == ()


def test_a_day_takes_three_statements_and_so_does_a_week(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    book(database, checkup(clinic))
    for last in (clinic.monday, clinic.monday + timedelta(days=6)):
        with statements_of(database) as sent:
            calendar.load_days(database, clinic.monday, last, loaded, None)
        assert len(sent) == 3


def test_a_day_holds_all_that_touches_it_in_any_sites_zone(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    day = clinic.monday
    night = frozenset({Rule.OUTSIDE_HOURS, Rule.OVER_BREAK})
    late = at(day, 23, zone=NEW_YORK)  # five in the morning of the next day in Berlin
    new_york = book(
        database,
        checkup(clinic, late, practitioner_id=clinic.diaz, site_id=clinic.new_york, overrule=night),
    )
    berlin = book(database, checkup(clinic))
    tomorrow = book(database, checkup(clinic, at(day + timedelta(days=1), 9)))
    board = calendar.load_day(database, day, loaded)
    assert {new_york.id, berlin.id} <= ids(board)
    assert tomorrow.id not in ids(board)
    assert board.starts_at == at(day, 0)
    assert board.ends_at == at(day + timedelta(days=1), 0, zone=NEW_YORK)
    assert [entry.appointment.starts_at for entry in board.entries] == sorted(
        entry.appointment.starts_at for entry in board.entries
    )


@pytest.mark.parametrize(("day", "hours"), [(date(2031, 3, 30), 29), (date(2031, 10, 26), 31), (date(2031, 3, 9), 30)])
def test_a_board_is_as_wide_as_its_days_are_long(
    clinic: SmallClinic, database: Database, loaded: Clinic, day: date, hours: int
) -> None:
    """Berlin's day and New York's together; they are six hours apart in the morning, and not always in the evening."""
    board = calendar.load_day(database, day, loaded)
    assert board.starts_at == at(day, 0)
    assert board.ends_at == at(day + timedelta(days=1), 0, zone=NEW_YORK)
    assert abs((board.ends_at - board.starts_at) - timedelta(hours=hours)) <= timedelta(hours=1)


def test_a_board_is_of_one_moment_by_the_databases_clock(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    board = calendar.load_day(database, clinic.monday, loaded)
    assert abs(board.read_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_cancelled_visits_are_on_the_board_and_those_entered_in_error_are_not(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    first = book(database, checkup(clinic))
    second = book(database, checkup(clinic, at(clinic.monday, 10)))
    set_status(database, SetStatus(first.id, 1, AppointmentStatus.NOSHOW))
    set_status(database, SetStatus(second.id, 1, AppointmentStatus.ENTERED_IN_ERROR))
    assert ids(calendar.load_day(database, clinic.monday, loaded)) == {first.id}


def test_time_off_and_blocks_that_reach_into_a_day_are_on_its_board(
    clinic: SmallClinic, database: Database, loaded: Clinic, owner_engine: Engine
) -> None:
    day = clinic.monday
    week = {"starts_at": at(day, 0) - timedelta(days=20), "ends_at": at(day, 9)}
    put(owner_engine, "time_off", practitioner_id=clinic.weber, name="Holiday", **week)
    put(owner_engine, "block", room_id=clinic.room_1, starts_at=at(day, 9), ends_at=at(day, 10), name="Paint")
    put(owner_engine, "block", practitioner_id=clinic.weber, starts_at=at(day, 9), ends_at=at(day, 10), name="Team")
    board = calendar.load_day(database, day, loaded)
    assert [row.name for row in board.time_off] == ["Holiday"]
    assert {(row.name, row.practitioner_id, row.room_id) for row in board.blocks} == {
        ("Paint", None, clinic.room_1),
        ("Team", clinic.weber, None),
    }
    (mine,) = calendar.load_days(database, day, day, loaded, clinic.weber)
    assert [row.name for row in mine.blocks] == ["Team"]


def test_a_week_of_one_doctor_holds_her_entries_each_on_its_days(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    day = clinic.monday
    hers = book(database, checkup(clinic))
    wednesday = book(database, checkup(clinic, at(day + timedelta(days=2), 9)))
    book(database, checkup(clinic, practitioner_id=clinic.okafor, patient_id=clinic.patients[1]))
    boards = calendar.load_days(database, day, day + timedelta(days=6), loaded, clinic.weber)
    assert [board.day for board in boards] == [day + timedelta(days=number) for number in range(7)]
    assert [ids(board) for board in boards] == [{hers.id}, set(), {wednesday.id}, set(), set(), set(), set()]
    assert boards[0] == calendar.load_days(database, day, day, loaded, clinic.weber)[0].__class__(
        day, boards[0].starts_at, boards[0].ends_at, boards[0].read_at, boards[0].entries
    )


def test_changed_entries_are_read_by_one_statement_and_who_is_gone_is_absent(
    clinic: SmallClinic, database: Database
) -> None:
    first = book(database, checkup(clinic))
    with statements_of(database) as sent:
        found = calendar.load_entries(database, [first.id, new_id()])
    assert found == (first,)
    assert len(sent) == 1
    assert calendar.load_entries(database, []) == ()


# --- how full ---------------------------------------------------------------------------------------------------------


def test_a_day_is_as_full_as_its_working_minutes_are_booked(
    clinic: SmallClinic, database: Database, loaded: Clinic, owner_engine: Engine
) -> None:
    day = clinic.monday
    for hour in (8, 9, 10, 11):
        book(database, checkup(clinic, at(day, hour), length_minutes=60))
    with statements_of(database) as sent:
        found = calendar.load_fullness(database, day, day + timedelta(days=6), loaded, clinic.berlin)
    assert len(sent) == 2
    assert found[day] == pytest.approx(4 / 16)  # two doctors, eight hours each
    assert found[day + timedelta(days=1)] == 0.0
    everywhere = calendar.load_fullness(database, day, day, loaded)
    assert everywhere[day] == pytest.approx(4 / 24)
    put(owner_engine, "time_off", practitioner_id=clinic.okafor, starts_at=at(day, 9), ends_at=at(day, 11))
    put(owner_engine, "time_off", practitioner_id=clinic.okafor, starts_at=at(day, 10), ends_at=at(day, 14))
    assert calendar.load_fullness(database, day, day, loaded, clinic.berlin)[day] == pytest.approx(4 / 12)
    put(owner_engine, "time_off", practitioner_id=clinic.okafor, starts_at=at(day, 0), ends_at=at(day, 23))
    assert calendar.load_fullness(database, day, day, loaded, clinic.berlin)[day] == pytest.approx(4 / 8)


def test_a_day_without_working_time_is_empty_or_full(clinic: SmallClinic, database: Database, loaded: Clinic) -> None:
    sunday = clinic.monday - timedelta(days=1)
    assert calendar.load_fullness(database, sunday, sunday, loaded) == {sunday: 0.0}
    book(database, checkup(clinic, at(sunday, 9), overrule=frozenset({Rule.OUTSIDE_HOURS})))
    assert calendar.load_fullness(database, sunday, sunday, loaded) == {sunday: 1.0}


# --- plans ------------------------------------------------------------------------------------------------------------


def test_no_statement_of_a_day_reads_a_whole_large_table(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    """With 20,000 appointments over two years, an index finds those of the day."""
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL clinic_desk.quiet = 'on'")
        connection.exec_driver_sql("ALTER TABLE appointment DISABLE TRIGGER USER")
        connection.exec_driver_sql(
            """
            INSERT INTO appointment (id, patient_id, practitioner_id, practitioner_no, site_id, type_id, starts_at,
                ends_at, wall_start, zone, footprint, practitioner_busy, room_busy)
            SELECT gen_random_uuid(), %(patient)s, p.id, p.no, %(site)s, %(type)s, s, s + interval '15 min',
                s AT TIME ZONE 'UTC', 'UTC', tstzrange(s, s + interval '15 min'),
                tstzmultirange(tstzrange(s, s + interval '15 min')), '{}'
            FROM practitioner p, generate_series(timestamptz '2030-01-01', '2032-01-01', interval '150 min') AS s
            """,
            {"patient": clinic.patients[0], "site": clinic.berlin, "type": clinic.checkup},
        )
        connection.exec_driver_sql("ALTER TABLE appointment ENABLE TRIGGER USER")
        connection.exec_driver_sql("ANALYZE appointment")
    values = {
        "starts_at": at(clinic.monday, 0),
        "ends_at": at(clinic.monday, 24 - 1),
        "site": None,
        "practitioner": None,
    }
    for statement in (queries_entries._BETWEEN + queries_entries._ORDER, queries_calendar._BOOKED):
        with database.reading() as connection:
            plan = "\n".join(connection.exec_driver_sql("EXPLAIN " + statement, values).scalars())
        assert "Seq Scan on appointment" not in plan, plan
        assert "appointment_starts_at_idx" in plan, plan
