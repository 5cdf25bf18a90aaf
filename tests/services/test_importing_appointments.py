"""Import of appointments from CSV and iCalendar into a clinic that is set up."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.setup import Group
from clinic_desk.domain.exchange import Kind, OutOfHours, Reason
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Entry
from clinic_desk.services.calendar import load_clinic, load_days
from clinic_desk.services.importing.run import carry_out_import, check_import
from tests.support.bookings import at, checkup
from tests.support.exchanging import PATIENTS, desk_of, imported, plan_of, value
from tests.support.small_clinic import SmallClinic

HEAD = "Appointment ID;Patient;Birth date;Doctor;Type;Date;Start;Length;Status;Note\n"
WEBER = "Anna Meier;14.03.1987;Dr. Weber;Checkup;03.03.2031"


@pytest.fixture
def manager(url_as: Callable[[Group], URL], clinic: SmallClinic) -> Iterator[Database]:
    with desk_of(url_as, "clinic_manager") as database:
        yield database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "appointments"


def monday(manager: Database, clinic: SmallClinic) -> list[Entry]:
    (board,) = load_days(manager, clinic.monday, clinic.monday, load_clinic(manager), None)
    return list(board.entries)


def test_an_appointment_is_stored_as_agreed_with_everything_of_its_type(
    manager: Database, clinic: SmallClinic, path: Path
) -> None:
    text = HEAD + "a1;Meier, Anna;14.03.1987;weber;Consultation;03.03.2031;10:15;;confirmed;bring X-rays\n"
    plan = plan_of(Kind.APPOINTMENTS, path, text)
    assert imported(manager, plan).new == 1
    (entry,) = monday(manager, clinic)
    one = entry.appointment
    assert (one.patient_id, one.practitioner_id, one.site_id) == (clinic.patients[0], clinic.weber, clinic.berlin)
    assert one.starts_at == datetime(2031, 3, 3, 9, 15, tzinfo=UTC)
    assert (one.wall_start, one.zone) == (datetime.fromisoformat("2031-03-03T10:15"), "Europe/Berlin")
    assert one.length.total_seconds() == 30 * 60
    assert (one.buffer_before_minutes, one.buffer_after_minutes, one.note) == (5, 10, "bring X-rays")
    again = imported(manager, plan)
    assert (again.new, again.there) == (0, 1)


def test_patients_are_found_by_the_number_they_were_imported_with(
    manager: Database, clinic: SmallClinic, path: Path, owner_engine: Engine
) -> None:
    imported(manager, plan_of(Kind.PATIENTS, path, PATIENTS + "P9,Zimmer,Otto,,,\n", label="old"))
    text = "Patient ID;Doctor;Type;Start\nP9;Dr. Diaz;Checkup;2031-03-03T09:00\n"
    stranger = check_import(manager, plan_of(Kind.APPOINTMENTS, path, text, label="another program"))
    assert [problem.reason for problem in stranger.problems] == [Reason.UNKNOWN]
    imported(manager, plan_of(Kind.APPOINTMENTS, path, text, label="old"))
    assert value(owner_engine, "SELECT zone FROM appointment") == "America/New_York"  # where Dr. Diaz works


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (f"x;{WEBER};;;;", "Start", Reason.TIME),
        (f"x;{WEBER};25:00;;;", "Start", Reason.TIME),
        ("x;Anna Meier;14.03.1987;Dr. Weber;Checkup;31.02.2031;10:00;;;", "Date", Reason.DATE),
        ("x;Nobody Here;14.03.1987;Dr. Weber;Checkup;03.03.2031;10:00;;;", "Patient", Reason.UNKNOWN),
        (";;;Dr. Weber;Checkup;03.03.2031;10:00;;;", "Patient", Reason.MISSING),
        ("x;Anna Meier;;Dr. Who;Checkup;03.03.2031;10:00;;;", "Doctor", Reason.UNKNOWN),
        ("x;Anna Meier;;Dr.;Checkup;03.03.2031;10:00;;;", "Doctor", Reason.SEVERAL),
        ("x;Anna Meier;;Dr. Okafor;Procedure;03.03.2031;10:00;;;", "Type", Reason.UNKNOWN),
        (f"x;{WEBER};10:00;1441;;", "Length", Reason.LENGTH),
        (f"x;{WEBER};10:00;15;maybe;", "Status", Reason.WORD),
        (f"x;{WEBER};10:00;15;;{'n' * 4001}", "Note", Reason.TEXT),
        (f"x;{WEBER};09:10;15;;", "Start", Reason.TAKEN),
    ],
)
def test_what_does_not_fit_the_clinic_is_told_by_row_and_column_and_keeps_all_out(
    manager: Database, path: Path, owner_engine: Engine, *, row: str, column: str, reason: Reason
) -> None:
    plan = plan_of(Kind.APPOINTMENTS, path, f"{HEAD}a1;{WEBER};09:00;15;;\n{row}\n")
    for report in (check_import(manager, plan), carry_out_import(manager, plan, new_id())):
        (problem,) = report.problems
        assert (problem.row, problem.column, problem.reason) == (3, column, reason)
        assert not report.stored
    assert value(owner_engine, "SELECT count(*) FROM appointment") == 0


def test_a_time_that_a_desk_has_booked_is_not_free_and_one_beside_it_is(
    manager: Database, database: Database, clinic: SmallClinic, path: Path
) -> None:
    from clinic_desk.services.booking import book

    book(database, checkup(clinic, at(clinic.monday, 9)))
    taken = check_import(manager, plan_of(Kind.APPOINTMENTS, path, f"{HEAD}a1;{WEBER};09:10;15;;\n"))
    assert [problem.reason for problem in taken.problems] == [Reason.TAKEN]
    assert "09:00" in taken.problems[0].detail
    cancelled = f"{HEAD}a1;{WEBER};09:10;15;cancelled;\na2;{WEBER};09:15;15;;\n"
    assert imported(manager, plan_of(Kind.APPOINTMENTS, path, cancelled)).new == 2


def test_a_time_booked_between_the_look_and_the_write_takes_everything_back(
    manager: Database, database: Database, clinic: SmallClinic, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clinic_desk.database.queries import importing as queries_importing
    from clinic_desk.services.booking import book

    booked = book(database, checkup(clinic, at(clinic.monday, 9)))
    monkeypatch.setattr(queries_importing, "overlapping", lambda *_: {})
    text = f"{HEAD}a1;{WEBER};09:10;15;;\na2;{WEBER};11:00;15;;\n"
    report = carry_out_import(manager, plan_of(Kind.APPOINTMENTS, path, text), new_id())
    assert [(problem.row, problem.reason) for problem in report.problems] == [(2, Reason.TAKEN)]
    assert (report.stored, report.new) == (False, 1)
    assert [entry.id for entry in monday(manager, clinic)] == [booked.id]


# --- devices, and when doctors work ----------------------------------------------------------------------------------

LASER = UUID(int=0x1A5E)
LONELY = "Anna Meier;14.03.1987;Dr. Weber;Checkup"


def test_a_device_is_found_by_name_kept_and_not_given_twice(
    manager: Database, clinic: SmallClinic, path: Path, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO room (id, site_id, name, kind) VALUES (%s, %s, 'Laser', 'device')", (LASER, clinic.berlin)
        )
    head = "Appointment ID;Patient;Birth date;Doctor;Type;Device;Start\n"
    first = "a1;Anna Meier;14.03.1987;Dr. Weber;Checkup;laser;2031-03-03T09:00\n"
    other = "a2;Zofia Nowak;;Dr. Okafor;Checkup;laser;2031-03-03T09:10\n"
    both = check_import(manager, plan_of(Kind.APPOINTMENTS, path, head + first + other))
    assert [(problem.row, problem.reason, problem.detail) for problem in both.problems] == [
        (3, Reason.TAKEN, "row 2 has it")
    ]
    imported(manager, plan_of(Kind.APPOINTMENTS, path, head + first))
    (entry,) = monday(manager, clinic)
    assert entry.appointment.device_id == LASER
    taken = check_import(manager, plan_of(Kind.APPOINTMENTS, path, head + other))
    assert [problem.reason for problem in taken.problems] == [Reason.TAKEN]
    stranger = check_import(manager, plan_of(Kind.APPOINTMENTS, path, head + other.replace("laser", "Room 1")))
    assert [problem.reason for problem in stranger.problems] == [Reason.UNKNOWN]


def test_the_row_for_which_a_device_for_several_has_no_place_is_told_and_nothing_is_stored(
    manager: Database, clinic: SmallClinic, path: Path, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO room (id, site_id, name, kind, capacity) VALUES (%s, %s, 'Laser', 'device', 2)",
            (LASER, clinic.berlin),
        )
        connection.exec_driver_sql(
            "WITH p AS (INSERT INTO practitioner (id, name) VALUES (gen_random_uuid(), 'Dr. Third') RETURNING id)"
            " INSERT INTO appointment_type_practitioner (practitioner_id, type_id) SELECT id, %s FROM p",
            (clinic.checkup,),
        )
    head = "Appointment ID;Patient;Birth date;Doctor;Type;Site;Device;Start\n"
    text = head + "".join(
        f"a{number};{who};{doctor};Checkup;Mitte;laser;2031-03-03T09:00\n"
        for number, (who, doctor) in enumerate(
            [("Anna Meier;14.03.1987", "Dr. Weber"), ("Zofia Nowak;", "Dr. Okafor"), ("Zofia Nowak;", "Dr. Third")]
        )
    )
    checked = check_import(manager, plan_of(Kind.APPOINTMENTS, path, text))
    told = [(4, Reason.TAKEN, "all 2 places of Laser are taken")]
    assert [(problem.row, problem.reason, problem.detail) for problem in checked.problems] == told
    assert checked.new == 2
    report = carry_out_import(manager, plan_of(Kind.APPOINTMENTS, path, text), new_id())
    assert report.problems == checked.problems
    assert (report.stored, report.new) == (False, 2)
    assert monday(manager, clinic) == []


@pytest.mark.parametrize(
    ("stands", "starts", "lost"),
    [
        pytest.param([], ["09:00", "09:00"], [], id="two of two"),
        pytest.param(["09:00"], ["09:00", "09:00"], [1], id="one stands, one more"),
        pytest.param(["09:00", "09:00"], ["09:00", "09:15"], [0], id="two stand, and one touches them"),
        pytest.param(["09:00"], ["08:50", "09:10"], [], id="one goes as the other comes"),
        pytest.param(["09:00", "09:05"], ["09:10"], [0], id="both are still there"),
    ],
)
def test_places_of_a_device_for_several_are_counted_before_anything_is_stored(
    *,
    manager: Database,
    clinic: SmallClinic,
    path: Path,
    owner_engine: Engine,
    stands: list[str],
    starts: list[str],
    lost: list[int],
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO room (id, site_id, name, kind, capacity) VALUES (%s, %s, 'Laser', 'device', 2)",
            (LASER, clinic.berlin),
        )
        for number in range(len(stands) + len(starts)):
            connection.exec_driver_sql(
                "WITH p AS (INSERT INTO practitioner (id, name) VALUES (gen_random_uuid(), %s) RETURNING id)"
                " INSERT INTO appointment_type_practitioner (practitioner_id, type_id) SELECT id, %s FROM p",
                (f"Dr. Guest{number}", clinic.checkup),
            )
    head = "Appointment ID;Patient;Birth date;Doctor;Type;Site;Device;Start\n"
    rows = [
        f"a{number};Anna Meier;14.03.1987;Dr. Guest{number};Checkup;Mitte;laser;2031-03-03T{start}\n"
        for number, start in enumerate([*stands, *starts])
    ]
    if stands:
        imported(manager, plan_of(Kind.APPOINTMENTS, path, head + "".join(rows[: len(stands)])))
    checked = check_import(manager, plan_of(Kind.APPOINTMENTS, path, head + "".join(rows[len(stands) :])))
    assert [problem.row for problem in checked.problems] == [row + 2 for row in lost]
    assert checked.new == len(starts) - len(lost)


@pytest.mark.parametrize(
    ("when", "reason", "overruled"),
    [
        ("03.03.2031;17:30", Reason.OUTSIDE_HOURS, {"outside-hours"}),
        ("03.03.2031;12:15", Reason.OVER_BREAK, {"over-break"}),
        ("04.03.2031;10:00", Reason.TIME_OFF, {"time-off"}),
        ("05.03.2031;10:00", Reason.BLOCKED, {"blocked"}),
        ("06.03.2031;10:00", Reason.CLOSURE, None),
        ("03.03.2031;10:00", None, set()),
        ("02.03.2020;03:00", None, set()),
    ],
)
def test_a_coming_appointment_outside_working_time_is_taken_and_noted_or_refused_as_was_chosen(
    manager: Database, clinic: SmallClinic, path: Path, owner_engine: Engine, *, when: str, reason: Reason | None,
    overruled: set[str] | None,
) -> None:  # fmt: skip
    away = "(gen_random_uuid(), '{}', '2031-03-0{} 00:00Z', '2031-03-0{} 23:00Z', 'Congress')"
    with owner_engine.begin() as connection:
        for table, day in (("time_off", 4), ("block", 5)):
            connection.exec_driver_sql(
                f"INSERT INTO {table} (id, practitioner_id, starts_at, ends_at, name) VALUES "
                + away.format(clinic.weber, day, day)
            )
        connection.exec_driver_sql(
            "INSERT INTO closure (id, site_id, first_day, last_day, name)"
            " VALUES (gen_random_uuid(), %s, '2031-03-06', '2031-03-06', 'Works outing')",
            (clinic.berlin,),
        )
    plan = plan_of(Kind.APPOINTMENTS, path, f"{HEAD}a1;{LONELY};{when};15;;\n")
    strict = check_import(manager, replace(plan, out_of_hours=OutOfHours.REFUSE))
    assert [problem.reason for problem in strict.problems] == ([] if reason is None else [reason])
    report = carry_out_import(manager, plan, new_id())
    if overruled is None:
        assert [(one.reason, one.detail) for one in report.problems] == [(Reason.CLOSURE, "Works outing")]
        return
    assert report.stored
    assert [warning.reason for warning in report.warnings] == ([] if reason is None else [reason])
    assert report.warning_count == len(report.warnings)
    assert set(value(owner_engine, "SELECT overruled FROM appointment")) == overruled


# --- iCalendar --------------------------------------------------------------------------------------------------------


def event(*lines: str) -> str:
    common = ("UID:one@example.org", "SUMMARY:Anna Meier", "ORGANIZER;CN=Dr. Weber:mailto:w@example.org")
    return "\r\n".join(("BEGIN:VEVENT", *common, "CATEGORIES:Checkup", *lines, "END:VEVENT", ""))


def calendar(*events: str) -> str:
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + "".join(events) + "END:VCALENDAR\r\n"


@pytest.mark.parametrize(
    ("start", "instant"),
    [
        ("DTSTART:20310303T081500Z", datetime(2031, 3, 3, 8, 15, tzinfo=UTC)),
        ("DTSTART:20310303T091500", datetime(2031, 3, 3, 8, 15, tzinfo=UTC)),  # floating: the site's
        ("DTSTART;TZID=Europe/Berlin:20310303T091500", datetime(2031, 3, 3, 8, 15, tzinfo=UTC)),
        ("DTSTART;TZID=W. Europe Standard Time:20310303T091500", datetime(2031, 3, 3, 8, 15, tzinfo=UTC)),
        ("DTSTART;TZID=America/New_York:20310303T031500", datetime(2031, 3, 3, 8, 15, tzinfo=UTC)),
        ("DTSTART;TZID=Europe/Berlin:20310330T023000", datetime(2031, 3, 30, 1, 30, tzinfo=UTC)),  # does not exist
    ],
)
def test_an_event_is_an_appointment_at_its_instant_in_any_zone(
    manager: Database, path: Path, owner_engine: Engine, start: str, instant: datetime
) -> None:
    plan = plan_of(Kind.APPOINTMENTS, path, calendar(event(start, "DURATION:PT20M", "DESCRIPTION:two\\nlines")))
    assert plan.source.format == "ics"
    assert imported(manager, plan).new == 1
    assert imported(manager, plan).there == 1
    assert value(owner_engine, "SELECT starts_at FROM appointment") == instant
    assert value(owner_engine, "SELECT (ends_at - starts_at)::text FROM appointment") == "00:20:00"
    assert value(owner_engine, "SELECT note FROM appointment") == "two\nlines"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (("DTSTART:20310303T081500Z", "RRULE:FREQ=DAILY"), Reason.REPEATS),
        (("DTSTART;VALUE=DATE:20310303",), Reason.TIME),
        (("DTSTART:nonsense",), Reason.UNREADABLE),
        (("DTSTART;TZID=Middle-earth/Shire:20310303T091500",), Reason.TIME),
        (("DTSTART:20310303T081500Z", "DTEND:20310303T081500Z"), Reason.LENGTH),
        (("SUMMARY:Two", "DTSTART:20310303T081500Z", "X" * 300_000), Reason.UNREADABLE),
        ((), Reason.TIME),
    ],
)
def test_an_event_that_is_no_single_visit_is_told_by_its_place_in_the_file(
    manager: Database, path: Path, lines: tuple[str, ...], reason: Reason
) -> None:
    good = event("DTSTART:20310303T090000Z").replace("UID:one", "UID:two")
    report = check_import(manager, plan_of(Kind.APPOINTMENTS, path, calendar(good, event(*lines))))
    assert [(problem.row, problem.reason) for problem in report.problems] == [(2, reason)]
    assert report.new == 1


def test_a_calendar_that_breaks_off_is_told(manager: Database, path: Path) -> None:
    text = calendar(event("DTSTART:20310303T090000Z")).rpartition("END:VEVENT")[0]
    report = check_import(manager, plan_of(Kind.APPOINTMENTS, path, text))
    assert [problem.reason for problem in report.problems] == [Reason.UNREADABLE]
