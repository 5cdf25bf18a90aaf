"""Export to files: safe to open in a spreadsheet, private, noted, and a way back in."""

import csv
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from icalendar import Calendar
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.setup import Group
from clinic_desk.domain.exchange import Kind
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services.booking import book
from clinic_desk.services.exporting.run import HEADINGS, ExportPlan, Format, export
from clinic_desk.services.importing.files import look_at
from clinic_desk.services.importing.plan import Cancelled, planned
from tests.support.bookings import at, checkup
from tests.support.exchanging import desk_of, imported, value
from tests.support.small_clinic import SmallClinic


@pytest.fixture
def manager(url_as: Callable[[Group], URL], clinic: SmallClinic) -> Iterator[Database]:
    with desk_of(url_as, "clinic_manager") as database:
        yield database


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_patients_are_written_safe_for_a_spreadsheet_and_readable_by_their_owner_only(
    manager: Database, tmp_path: Path, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE patient SET note = '=HYPERLINK(\"http://evil\")' WHERE family_name = 'Nowak'"
        )
    path = tmp_path / "patients.csv"
    assert export(manager, ExportPlan(Kind.PATIENTS, path), new_id()) == 10
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    head, *rows = table(path)
    assert tuple(head) == HEADINGS[Kind.PATIENTS]
    assert len(rows) == 10
    for row in rows:
        assert not any(cell[:1] in set("=+-@\t\r\n") and cell for cell in row)
    (nowak,) = [row for row in rows if row[1] == "Nowak"]
    assert nowak[-1] == '\'=HYPERLINK("http://evil")'
    assert value(owner_engine, "SELECT db_user FROM operation WHERE command = 'ExportPatients'") == "test_manager"
    assert [one.name for one in tmp_path.iterdir()] == ["patients.csv"]


@pytest.mark.parametrize("form", ["csv", "ics"])
def test_an_appointments_device_goes_out_and_comes_back(
    manager: Database, database: Database, clinic: SmallClinic, tmp_path: Path, owner_engine: Engine, *, form: Format
) -> None:
    laser = UUID(int=0x1A5E)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO room (id, site_id, name, kind) VALUES (%s, %s, 'Laser', 'device')", (laser, clinic.berlin)
        )
    book(database, checkup(clinic, at(clinic.monday, 9), device_id=laser))
    path = tmp_path / f"appointments.{form}"
    export(manager, ExportPlan(Kind.APPOINTMENTS, path, form), new_id())
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM notification")
        connection.exec_driver_sql("DELETE FROM appointment")
    assert imported(manager, planned(Kind.APPOINTMENTS, look_at(path))).new == 1
    assert value(owner_engine, "SELECT device_id FROM appointment") == laser


def test_what_was_exported_is_there_already_when_it_is_imported(
    manager: Database, database: Database, clinic: SmallClinic, tmp_path: Path
) -> None:
    book(database, checkup(clinic, at(clinic.monday, 9)))
    for kind, form, count in (
        (Kind.PATIENTS, "csv", 10),
        (Kind.PRACTITIONERS, "csv", 3),
        (Kind.APPOINTMENTS, "csv", 1),
        (Kind.APPOINTMENTS, "ics", 1),
    ):
        path = tmp_path / f"{kind}.{form}"
        plan = ExportPlan(kind, path, "ics" if form == "ics" else "csv", ";")
        assert export(manager, plan, new_id()) == count
        report = imported(manager, planned(kind, look_at(path)))
        assert (report.new, report.there) == (0, count), kind


def test_an_export_is_a_whole_clinic_s_patients_and_appointments_for_another_one(
    manager: Database, database: Database, clinic: SmallClinic, tmp_path: Path, owner_engine: Engine
) -> None:
    book(database, checkup(clinic, at(clinic.monday, 9)))
    everything = "SELECT jsonb_agg(to_jsonb(p) - '{version,changed_at,changed_by,changed_desk_id}'::text[] ORDER BY id)"
    before = value(owner_engine, f"{everything} FROM patient p")
    paths = {kind: tmp_path / f"{kind}.csv" for kind in (Kind.PATIENTS, Kind.APPOINTMENTS)}
    for kind, path in paths.items():
        export(manager, ExportPlan(kind, path), new_id())
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("TRUNCATE patient, appointment, notification, contact_note CASCADE")
    for kind, path in paths.items():
        assert imported(manager, planned(kind, look_at(path))).new > 0
    assert value(owner_engine, f"{everything} FROM patient p") == before
    assert value(owner_engine, "SELECT count(*) FROM appointment WHERE practitioner_busy <> '{}'") == 1


def test_appointments_are_a_calendar_of_the_days_asked_for(
    manager: Database, database: Database, clinic: SmallClinic, tmp_path: Path
) -> None:
    entry = book(database, checkup(clinic, at(clinic.monday, 9)))
    path, none = tmp_path / "one.ics", tmp_path / "none.ics"
    monday = clinic.monday
    export(manager, ExportPlan(Kind.APPOINTMENTS, path, "ics", first_day=monday, last_day=monday), new_id())
    (event,) = Calendar.from_ical(path.read_bytes()).events
    assert (event["UID"], event.start) == (str(entry.id), entry.appointment.starts_at)
    assert (event["SUMMARY"], event["LOCATION"]) == ("Anna Meier", "Mitte")
    before = monday.replace(day=monday.day - 1)
    assert export(manager, ExportPlan(Kind.APPOINTMENTS, none, "ics", last_day=before), new_id()) == 0
    assert Calendar.from_ical(none.read_bytes()).events == []


@pytest.mark.parametrize("group", ["clinic_reception", "clinic_readonly", "clinic_worker"])
def test_the_database_lets_nobody_but_a_manager_export(
    url_as: Callable[[Group], URL], clinic: SmallClinic, tmp_path: Path, group: Group
) -> None:
    with desk_of(url_as, group) as desk, pytest.raises(NotAllowed):
        export(desk, ExportPlan(Kind.PATIENTS, tmp_path / "x.csv"), new_id())
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_kept_and_a_stop_leaves_none(manager: Database, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("mine")
    with pytest.raises(InvalidInput):
        export(manager, ExportPlan(Kind.PATIENTS, path), new_id())
    with pytest.raises(Cancelled):
        export(manager, ExportPlan(Kind.PATIENTS, path, overwrite=True), new_id(), stop=lambda: True)
    assert path.read_text() == "mine"
    export(manager, ExportPlan(Kind.PATIENTS, path, overwrite=True), new_id())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for bad in (ExportPlan(Kind.PATIENTS, tmp_path / "no" / "x.csv"), ExportPlan(Kind.PATIENTS, path, "ics")):
        with pytest.raises(InvalidInput):
            export(manager, bad, new_id())
