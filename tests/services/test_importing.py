"""Import of patients and practitioners from real files into a real database: all or nothing, and never twice."""

import csv
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from sqlalchemy import URL, Connection, Engine

from clinic_desk.database import exchange
from clinic_desk.database.doubt import Unanswered
from clinic_desk.database.engine import Database
from clinic_desk.database.listener import parse_change
from clinic_desk.database.setup import Group
from clinic_desk.domain.changes import IMPORTED
from clinic_desk.domain.exchange import DateOrder, Doubles, Kind, Reason
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import Busy, DatabaseDown, InvalidInput, NotAllowed
from clinic_desk.services.importing import files
from clinic_desk.services.importing.files import look_at
from clinic_desk.services.importing.plan import Cancelled, Progress, planned
from clinic_desk.services.importing.run import BATCH, carry_out_import, check_import
from clinic_desk.services.importing.seen import SeenKeys
from clinic_desk.services.patients import search_patients
from tests.support.exchanging import PATIENTS, desk_of, imported, plan_of, value
from tests.support.small_clinic import SmallClinic

UrlAs = Callable[[Group], URL]
COUNT = "SELECT count(*) FROM patient"


@pytest.fixture
def manager(url_as: UrlAs) -> Iterator[Database]:
    with desk_of(url_as, "clinic_manager") as database:
        yield database


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "patients.csv"


def many(count: int) -> str:
    return PATIENTS + "".join(f"P{number},Meier,Anna{number},14.03.1987,,\n" for number in range(count))


# --- what is stored ---------------------------------------------------------------------------------------------------


def test_patients_are_stored_as_a_desk_would_store_them_and_found_at_once(
    manager: Database, path: Path, owner_engine: Engine
) -> None:
    text = (
        "Patientennummer;Nachname;Vorname;Geb.-Datum;Geschlecht;Telefon;Handy;E-Mail;Kanal;Sprache;Bemerkung\n"
        '17;Müller;Käthe;30.11.1952;w;030 1234567;0170 1234567; Kaethe@Example.ORG ;sms;de;"zwei\nZeilen"\n'
    )
    report = imported(manager, plan_of(Kind.PATIENTS, path, text))
    assert (report.rows, report.new, report.there, report.left_out) == (1, 1, 0, 0)
    (match,) = search_patients(manager, "mueller 1952")
    one = match.patient
    assert (one.display_name, one.birth_date, one.gender, one.channel, one.language) == (
        "Käthe Müller",
        date(1952, 11, 30),
        "female",
        "sms",
        "de",
    )
    assert (one.phone, one.email) == ("+491701234567", "Kaethe@example.org")
    assert one.note == "zwei\nZeilen\nTelefon: 030 1234567"
    operation = "SELECT command FROM operation o JOIN history h ON h.operation_id = o.id WHERE h.table_name = 'patient'"
    assert value(owner_engine, operation) == "ImportPatients"


@pytest.mark.parametrize("name", ["a\tb", "back\\slash", r"\N", "\\.", 'quote"d', "Robert'); DROP TABLE patient;--"])
def test_characters_that_mean_something_to_copy_are_stored_or_refused_but_never_obeyed(
    manager: Database, path: Path, owner_engine: Engine, name: str
) -> None:
    out = io.StringIO()
    csv.writer(out).writerow(["1", name, "Anna", "", "", ""])
    imported(manager, plan_of(Kind.PATIENTS, path, PATIENTS + out.getvalue()))
    assert value(owner_engine, "SELECT family_name FROM patient") == " ".join(name.split())


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found_out(path: Path, codec: str, found: str, delimiter: str) -> None:
    text = "Nachname,Vorname,Geburtsdatum\r\nMüller-Lüdenscheidt,Käthe,30.11.1952\r\nWeiß,Zoë,1.1.2000\r\n"
    path.write_bytes(text.replace(",", delimiter).encode(codec))
    source = look_at(path)
    assert (source.encoding, source.delimiter) == (found, delimiter)
    assert source.headings == ("Nachname", "Vorname", "Geburtsdatum")
    assert source.sample == (("Müller-Lüdenscheidt", "Käthe", "30.11.1952"), ("Weiß", "Zoë", "1.1.2000"))


def test_a_sheet_that_says_its_delimiter_is_believed(path: Path) -> None:
    path.write_text("sep=;\nNachname;Vorname\nO,Neill;Siobhan\n")
    source = look_at(path)
    assert source.headings == ("Nachname", "Vorname")
    assert source.sample == (("O,Neill", "Siobhan"),)


# --- importing again --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [many(5), many(5).replace("Patient ID", "Foo")])
def test_importing_again_makes_no_doubles_with_or_without_numbers(
    manager: Database, path: Path, owner_engine: Engine, text: str
) -> None:
    plan = plan_of(Kind.PATIENTS, path, text)
    assert imported(manager, plan).new == 5
    again = imported(manager, plan)
    assert (again.new, again.there) == (0, 5)
    assert value(owner_engine, COUNT) == 5


def test_what_a_desk_changed_since_is_left_as_it_is(manager: Database, path: Path, owner_engine: Engine) -> None:
    plan = plan_of(Kind.PATIENTS, path, many(1))
    imported(manager, plan)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE patient SET family_name = 'Schulze'")
    imported(manager, plan)
    assert value(owner_engine, "SELECT family_name FROM patient") == "Schulze"


def test_the_same_operation_is_carried_out_once(manager: Database, path: Path, owner_engine: Engine) -> None:
    plan, operation = plan_of(Kind.PATIENTS, path, many(2)), new_id()
    first = carry_out_import(manager, plan, operation)
    second = carry_out_import(manager, plan, operation)
    assert (first.stored, first.repeated, second.stored, second.repeated) == (True, False, True, True)
    assert value(owner_engine, COUNT) == 2


def test_a_row_that_comes_twice_is_stored_once_and_told(manager: Database, path: Path, owner_engine: Engine) -> None:
    report = imported(manager, plan_of(Kind.PATIENTS, path, many(3) + "P1,Meier,Anna,,,\n"))
    assert (report.new, report.left_out) == (3, 1)
    assert [(double.row, double.of_row) for double in report.doubles] == [(5, 3)]
    assert value(owner_engine, COUNT) == 3


@pytest.mark.parametrize(("doubles", "stored"), [(Doubles.SKIP, 10), (Doubles.ADD, 11)])
def test_who_may_be_there_already_is_left_out_or_added_and_told(
    clinic: SmallClinic, manager: Database, path: Path, owner_engine: Engine, *, doubles: Doubles, stored: int
) -> None:
    text = PATIENTS + "17,Meyer,Anna,1987-03-14,,\n"  # Anna Meier was added at a desk
    report = imported(manager, plan_of(Kind.PATIENTS, path, text, doubles=doubles))
    ((double,),) = (report.doubles,)
    assert (double.row, [one.id for one in double.patients]) == (2, [clinic.patients[0]])
    assert value(owner_engine, COUNT) == stored


@pytest.mark.parametrize("born", ["", "14.03.1986"])
def test_the_same_name_without_a_birth_date_or_with_a_slip_in_it_may_be_there_already(
    clinic: SmallClinic, manager: Database, path: Path, born: str
) -> None:
    report = check_import(manager, plan_of(Kind.PATIENTS, path, f"{PATIENTS}17,MEIER,Ánna,{born},,\n"))
    assert [double.patients[0].id for double in report.doubles] == [clinic.patients[0]]


def test_a_sister_with_the_same_phone_and_a_namesake_are_no_doubles(
    clinic: SmallClinic, manager: Database, path: Path
) -> None:
    text = PATIENTS + "17,Meier,Lena,2019-01-01,+493012345671,\n18,Meier,Anna,1950-10-01,,\n"
    assert imported(manager, plan_of(Kind.PATIENTS, path, text)).new == 2


# --- what cannot be imported ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("x,,,,,", "Family name", Reason.NAME),
        (",Meier,Anna,,,", "Patient ID", Reason.MISSING),
        ("x,Meier,Anna,31.02.1990,,", "Birth date", Reason.DATE),
        ("x,Meier,Anna,14.3.87,,", "Birth date", Reason.DATE),
        ("x,Meier,Anna,01.01.1849,,", "Birth date", Reason.BIRTH_DATE),
        ("x,Meier,Anna,01.01.2199,,", "Birth date", Reason.BIRTH_DATE),
        ("x,Meier,Anna,,12,", "Phone", Reason.PHONE),
        ("x,Meier,Anna,,,nobody", "E-mail", Reason.EMAIL),
        (f"x,{'M' * 201},Anna,,,", "Family name", Reason.TEXT),
        ("x,Meier\x07,Anna,,,", "Family name", Reason.TEXT),
        ("x,Meier,Anna", "", Reason.CELLS),
        ('x,"Meier"x,Anna,,,', "", Reason.UNREADABLE),
        ('x,"Meier,Anna,,,', "", Reason.UNREADABLE),
    ],
)
def test_one_bad_row_keeps_all_out_and_says_row_column_and_what_was_expected(
    manager: Database, path: Path, owner_engine: Engine, *, row: str, column: str, reason: Reason
) -> None:
    plan = plan_of(Kind.PATIENTS, path, f"{many(2)}{row}\n")
    for report in (check_import(manager, plan), carry_out_import(manager, plan, new_id())):
        (problem,) = report.problems
        assert (problem.row, problem.column, problem.reason) == (4, column, reason)
        assert problem.expected
        assert "{" not in problem.expected
        assert not report.stored
        assert (report.rows, report.new, report.problem_count) == (3, 2, 1)
    assert value(owner_engine, COUNT) == 0
    assert value(owner_engine, "SELECT count(*) FROM operation WHERE command = 'ImportPatients'") == 0


def test_a_bad_row_far_behind_takes_back_what_was_stored_before_it(
    manager: Database, path: Path, owner_engine: Engine
) -> None:
    report = carry_out_import(manager, plan_of(Kind.PATIENTS, path, many(3 * BATCH) + "x,,,,,\n"), new_id())
    assert (report.stored, report.problem_count, report.new) == (False, 1, 3 * BATCH)
    assert value(owner_engine, COUNT) == 0


def test_a_date_that_can_be_read_both_ways_is_asked_about(manager: Database, path: Path, owner_engine: Engine) -> None:
    plan = plan_of(Kind.PATIENTS, path, PATIENTS + "1,Meier,Anna,3/4/1987,,\n")
    with pytest.raises(InvalidInput) as refused:
        check_import(manager, plan)
    assert refused.value.field == "date_order"
    imported(manager, replace(plan, order=DateOrder.MONTH_FIRST))
    assert value(owner_engine, "SELECT birth_date FROM patient") == date(1987, 3, 4)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"PK\x03\x04 a spreadsheet",
        b"\xd0\xcf\x11\xe0 an older one",
        b"a,b\n\0\0\0,1\n",
        b"\xff\xfe\x00\x00a\x00\x00\x00",
        b"caf\x81,\n",
        b"," * 300 + b"\n",
        b'"never closed\n' + b"x" * 300_000,
    ],
)
def test_what_is_no_table_of_text_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        look_at(path)
    assert refused.value.field == "file"


def test_a_file_that_is_not_there_or_too_large_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput):
        look_at(path)
    path.write_text(many(100))
    monkeypatch.setattr(files, "MAX_BYTES", 100)
    with pytest.raises(InvalidInput):
        look_at(path)


def test_too_many_rows_are_refused_and_nothing_is_stored(
    manager: Database, path: Path, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(Kind.PATIENTS, path, many(2 * BATCH))
    monkeypatch.setattr(files, "MAX_ROWS", BATCH)
    with pytest.raises(InvalidInput):
        carry_out_import(manager, plan, new_id())
    assert value(owner_engine, COUNT) == 0


def test_columns_that_do_not_do_are_refused(manager: Database, path: Path) -> None:
    plan = plan_of(Kind.PATIENTS, path, many(1))
    for columns in ({"email": 5}, {"family_name": 99}):
        with pytest.raises(InvalidInput) as refused:
            check_import(manager, replace(plan, columns=columns))
        assert refused.value.field == "columns"


# --- who may, and at the same time ------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", ["clinic_reception", "clinic_readonly", "clinic_worker"])
def test_the_database_lets_nobody_but_a_manager_import(
    url_as: UrlAs, path: Path, owner_engine: Engine, group: Group
) -> None:
    plan = plan_of(Kind.PATIENTS, path, many(1))
    with desk_of(url_as, group) as desk:
        with pytest.raises(NotAllowed):
            check_import(desk, plan)
        with pytest.raises(NotAllowed):
            carry_out_import(desk, plan, new_id())
    assert value(owner_engine, COUNT) == 0


def test_a_stop_is_obeyed_and_leaves_nothing(manager: Database, path: Path, owner_engine: Engine) -> None:
    told: list[Progress] = []
    plan = plan_of(Kind.PATIENTS, path, many(5 * BATCH))
    with pytest.raises(Cancelled):
        carry_out_import(manager, plan, new_id(), told.append, lambda: len(told) >= 2)
    assert [one.rows for one in told] == [BATCH, 2 * BATCH]
    assert 0 < told[0].position <= told[0].size
    assert value(owner_engine, COUNT) == 0
    assert imported(manager, plan).new == 5 * BATCH  # and nothing is in the way of the next


def test_a_stop_at_the_very_end_is_still_obeyed(manager: Database, path: Path, owner_engine: Engine) -> None:
    with pytest.raises(Cancelled):
        carry_out_import(manager, plan_of(Kind.PATIENTS, path, many(3)), new_id(), stop=lambda: True)
    assert value(owner_engine, COUNT) == 0


@pytest.mark.parametrize("stands", [True, False])
def test_an_answer_to_commit_that_is_lost_is_found_out(
    manager: Database, path: Path, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch, *, stands: bool
) -> None:
    def commit(connection: Connection, _driver: object) -> None:
        if stands:
            connection.commit()
        raise Unanswered

    monkeypatch.setattr(exchange, "commit", commit)
    plan = plan_of(Kind.PATIENTS, path, many(3))
    if stands:
        assert carry_out_import(manager, plan, new_id()).stored
    else:
        with pytest.raises(DatabaseDown):
            carry_out_import(manager, plan, new_id())
    assert value(owner_engine, COUNT) == (3 if stands else 0)


def test_two_imports_at_once_are_one_after_the_other(manager: Database, path: Path, owner_engine: Engine) -> None:
    plan = plan_of(Kind.PATIENTS, path, many(2 * BATCH))
    inside, go_on = threading.Event(), threading.Event()

    def tell(_: Progress) -> None:
        inside.set()
        go_on.wait(30)

    first = threading.Thread(target=carry_out_import, args=(manager, plan, new_id(), tell))
    first.start()
    try:
        assert inside.wait(30)
        with pytest.raises(Busy):
            carry_out_import(manager, plan, new_id())
    finally:
        go_on.set()
        first.join()
    assert value(owner_engine, COUNT) == 2 * BATCH


def test_an_import_is_announced_once_and_not_row_by_row(manager: Database, path: Path, owner_url: URL) -> None:
    dsn = owner_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg2.connect(dsn)) as listening:
        listening.autocommit = True
        with listening.cursor() as cursor:
            cursor.execute("LISTEN clinic_desk")
            imported(manager, plan_of(Kind.PATIENTS, path, many(50)))
            cursor.execute("SELECT 1")
        listening.poll()
        heard: list[Any] = [parse_change(notify.payload) for notify in listening.notifies]
    assert [change.table for change in heard] == [IMPORTED]


# --- practitioners ----------------------------------------------------------------------------------------------------


def test_practitioners_are_added_behind_those_who_are_there(
    clinic: SmallClinic, manager: Database, path: Path, owner_engine: Engine
) -> None:
    text = "Arzt;Fachrichtung;Farbe\nDr. Neu;Innere;#112233\nDR. WEBER;;\n"
    plan = plan_of(Kind.PRACTITIONERS, path, text)
    report = imported(manager, plan)
    assert (report.new, report.there) == (1, 1)
    assert imported(manager, plan).there == 2
    with owner_engine.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT name, speciality, colour, position FROM practitioner ORDER BY position DESC LIMIT 1"
        ).one()
    assert tuple(row) == ("Dr. Neu", "Innere", "#112233", 3)


@pytest.mark.parametrize(("row", "reason"), [(";x;", Reason.MISSING), ("Dr. Neu;;blue", Reason.COLOUR)])
def test_a_practitioner_that_cannot_be_is_told(manager: Database, path: Path, row: str, reason: Reason) -> None:
    plan = plan_of(Kind.PRACTITIONERS, path, f"Arzt;Fachrichtung;Farbe\n{row}\n")
    assert [problem.reason for problem in check_import(manager, plan).problems] == [reason]


# --- memory -----------------------------------------------------------------------------------------------------------


def test_keys_are_remembered_with_their_rows_up_to_the_most_there_can_be() -> None:
    seen, keys = SeenKeys(1000), [new_id() for _ in range(1000)]
    assert [seen.row_of(key, row) for row, key in enumerate(keys, 2)] == [0] * 1000
    assert [seen.row_of(key, 5000) for key in keys] == list(range(2, 1002))


def test_a_plan_is_what_the_headings_suggest(path: Path) -> None:
    path.write_text(PATIENTS + "1,Meier,Anna,,,\n")
    assert planned(Kind.PATIENTS, look_at(path)).columns == {
        "id": 0,
        "family_name": 1,
        "given_name": 2,
        "birth_date": 3,
        "phone": 4,
        "email": 5,
    }
