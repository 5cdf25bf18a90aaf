"""Import over patients who are there: what the file says becomes theirs if that was asked for and looked at."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.database.queries import importing as queries_importing
from clinic_desk.database.setup import Group
from clinic_desk.domain.exchange import Existing, Kind, Reason
from clinic_desk.domain.folding import search_key
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Patient
from clinic_desk.services.importing.plan import ImportPlan
from clinic_desk.services.importing.run import carry_out_import, check_import
from clinic_desk.services.patients import search_patients
from tests.support.exchanging import PATIENTS, desk_of, imported, plan_of, value

HEAD = "Patient ID;Family name;Given name;Birth date;Phone;E-mail;Channel;Language;Note\n"
FIRST = f"{HEAD}P1;Meier;Anna;14.03.1987;030 1234567;a@example.org;email;de;old\nP2;Kaya;Can;;;;;;\n"


@pytest.fixture
def manager(url_as: Callable[[Group], URL]) -> Iterator[Database]:
    with desk_of(url_as, "clinic_manager") as database:
        yield database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "patients.csv"


def update_of(path: Path, text: str) -> ImportPlan:
    return plan_of(Kind.PATIENTS, path, text, existing=Existing.UPDATE)


def anna(manager: Database) -> Patient:
    (match,) = search_patients(manager, "Anna")
    return match.patient


def test_what_the_file_says_is_changed_and_what_it_leaves_empty_stays(
    manager: Database, path: Path, owner_engine: Engine
) -> None:
    imported(manager, plan_of(Kind.PATIENTS, path, FIRST))
    before = anna(manager)
    plan = update_of(path, f"{HEAD}P1;Schulze;Anna;;0151 12345678;;;;\nP2;Kaya;Can;;;;;;\nP3;Neu;Nina;;;;;;\n")
    seen = check_import(manager, plan)
    assert (seen.new, seen.changed, seen.there, seen.rows) == (1, 1, 1, 3)
    (change,) = seen.changes
    assert (change.row, change.patient) == (2, before)
    assert change.fields == (("family_name", "Meier", "Schulze"), ("phone", "+49301234567", "+4915112345678"))
    assert anna(manager) == before
    report = imported(manager, replace(plan, agreed=seen.seal))
    assert (report.new, report.changed, report.there, report.changes) == (1, 1, 1, seen.changes)
    after = anna(manager)
    assert after == replace(before, family_name="Schulze", phone="+4915112345678", version=2)
    assert value(owner_engine, f"SELECT search_key FROM patient WHERE id = '{after.id}'") == search_key(after)
    history = "SELECT before ->> 'family_name' FROM history WHERE table_name = 'patient' AND action = 'update'"
    assert value(owner_engine, history) == "Meier"
    again = imported(manager, plan)
    assert (again.new, again.changed, again.there) == (0, 0, 3)


def test_a_channel_that_is_named_counts_and_one_that_is_not_is_no_wish_for_silence(
    manager: Database, path: Path
) -> None:
    imported(manager, plan_of(Kind.PATIENTS, path, FIRST))
    assert imported(manager, update_of(path, f"{HEAD}P1;Meier;Anna;;;;;;\n")).changed == 0
    report = imported(manager, update_of(path, f"{HEAD}P1;Meier;Anna;;;;none;fr;\n"))
    assert report.changes[0].fields == (("channel", "email", "none"), ("language", "de", "fr"))
    assert anna(manager).birth_date == date(1987, 3, 14)


def test_without_being_asked_nobody_is_changed(manager: Database, path: Path) -> None:
    imported(manager, plan_of(Kind.PATIENTS, path, FIRST))
    report = imported(manager, plan_of(Kind.PATIENTS, path, f"{HEAD}P1;Schulze;Anna;;;;;;\n"))
    assert (report.changed, report.there, anna(manager).family_name) == (0, 1, "Meier")


def test_what_a_desk_changed_after_the_look_is_shown_anew_and_nothing_is_stored(
    manager: Database, path: Path, owner_engine: Engine
) -> None:
    imported(manager, plan_of(Kind.PATIENTS, path, FIRST))
    plan = update_of(path, f"{HEAD}P1;Schulze;Anna;;;;;;\nP9;Neu;Nina;;;;;;\n")
    plan = replace(plan, agreed=check_import(manager, plan).seal)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE patient SET family_name = 'Weber' WHERE given_name = 'Anna'")
    report = carry_out_import(manager, plan, new_id())
    assert (report.stored, report.outdated, report.problem_count) == (False, True, 0)
    assert report.changes[0].fields == (("family_name", "Weber", "Schulze"),)
    assert (anna(manager).family_name, value(owner_engine, "SELECT count(*) FROM patient")) == ("Weber", 2)
    assert imported(manager, replace(plan, agreed=report.seal)).changed == 1


def test_a_change_between_the_look_up_and_the_write_takes_everything_back(
    manager: Database, path: Path, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    imported(manager, plan_of(Kind.PATIENTS, path, FIRST))
    look_up = queries_importing.patients_by_id

    def then_changed(*arguments: object) -> object:
        found = look_up(*arguments)  # type: ignore[arg-type]
        with owner_engine.begin() as connection:
            connection.exec_driver_sql("UPDATE patient SET note = 'called' WHERE given_name = 'Anna'")
        return found

    monkeypatch.setattr(queries_importing, "patients_by_id", then_changed)
    report = carry_out_import(manager, update_of(path, f"{HEAD}P1;Schulze;Anna;;;;;;\nP9;Neu;Nina;;;;;;\n"), new_id())
    assert [(problem.row, problem.reason) for problem in report.problems] == [(2, Reason.CHANGED)]
    assert (report.stored, report.new, report.changed) == (False, 1, 0)
    assert (anna(manager).family_name, anna(manager).note) == ("Meier", "called")


def test_a_record_that_was_merged_into_another_is_left_alone(
    manager: Database, path: Path, owner_engine: Engine
) -> None:
    imported(manager, plan_of(Kind.PATIENTS, path, PATIENTS.replace(",", ";") + "P1;A;B;;;\nP2;C;D;;;\n"))
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE patient SET merged_into_id = (SELECT id FROM patient WHERE family_name = 'C')"
            " WHERE family_name = 'A'"
        )
    report = imported(manager, update_of(path, f"{HEAD}P1;Z;B;;;;;;\n"))
    assert (report.changed, report.there) == (0, 1)
