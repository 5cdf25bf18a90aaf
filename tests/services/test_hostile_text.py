"""Any text at all, into everything that takes text: stored and read back the same, or refused by name; never a bug."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Engine, text

from clinic_desk.database.engine import Database
from clinic_desk.database.setup import Group
from clinic_desk.domain import setup
from clinic_desk.domain.commands import AddPatient, Update
from clinic_desk.domain.exchange import Kind
from clinic_desk.domain.finding import caller_number
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Kind as MessageKind
from clinic_desk.domain.messaging import MessageText
from clinic_desk.domain.records import Channel, Patient
from clinic_desk.domain.waiting import AddWish, CloseWish, Wish
from clinic_desk.errors import InvalidInput, Refused
from clinic_desk.services import booking, messaging, patients, search, waiting
from clinic_desk.services.calendar import load_clinic
from clinic_desk.services.exporting.run import ExportPlan, Format, export
from clinic_desk.services.importing.files import look_at
from clinic_desk.services.importing.plan import planned
from clinic_desk.services.importing.run import carry_out_import
from clinic_desk.services.setup import absences, practitioners, rooms, sites, types
from tests.support.bookings import at, checkup
from tests.support.exchanging import PATIENTS, desk_of
from tests.support.hostile import BROKEN, STORABLE, TURNING
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

ANY: Final = st.text(
    st.characters() | st.sampled_from("\0\t\r\n\x1b\u2028\u202e\u2066\u200b=+-@<>&'\"\\%{}$;\ud83d\U0001f469"),
    max_size=60,
)
FEW: Final = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMULA: Final = frozenset("=+-@\t\r\n")


def of_all(function: Callable[..., None]) -> Callable[..., None]:
    """Run a test with drawn texts and with every one of the tables."""
    for one in (*STORABLE, *BROKEN[:5]):
        function = example(typed=one)(function)
    return FEW(given(typed=ANY)(function))


@pytest.fixture
def manager(url_as: Callable[[Group], URL], clinic: SmallClinic) -> Iterator[Database]:
    assert clinic.berlin.version == 7
    with desk_of(url_as, "clinic_manager") as database:
        yield database


def is_sound(stored: str) -> bool:
    """Whether nothing is in it that no text may hold."""
    return "\0" not in stored and stored == stored.encode("utf-8", "ignore").decode()


def unless_refused(act: Callable[[], Any], *fields: str) -> Any:
    """What it returns; None if one of these fields was refused, which is an answer. Anything else is a bug."""
    try:
        return act()
    except InvalidInput as refused:
        if refused.field in fields:
            return None
        raise


@of_all
def test_a_patient(manager: Database, typed: str) -> None:
    wanted = Patient(new_id(), typed, typed[::-1], None, note=typed)
    add = partial(patients.add_patient, manager, AddPatient(wanted, even_if_similar=True))
    added = unless_refused(add, "family_name", "given_name", "note")
    if added is None:
        assert typed not in STORABLE
        return
    stored = patients.get_patient(manager, wanted.id)
    assert stored == added
    assert stored.note == typed
    assert is_sound(stored.family_name)
    assert stored.family_name.split() == normalize("NFC", typed).split()


@of_all
def test_a_patients_phone_address_and_language(manager: Database, typed: str) -> None:
    fields: tuple[dict[str, Any], ...] = ({"phone": typed}, {"email": typed}, {"language": typed})
    for given_field in fields:
        (field,) = given_field
        wanted = Patient(new_id(), "Fuzz", "", None, **given_field)
        add = partial(patients.add_patient, manager, AddPatient(wanted, even_if_similar=True))
        added = unless_refused(add, field)
        if added is not None:
            assert patients.get_patient(manager, wanted.id) == added
            assert getattr(added, field).isprintable()


@of_all
def test_notes_of_a_visit_and_of_a_wish(manager: Database, clinic: SmallClinic, typed: str) -> None:
    entry = unless_refused(lambda: booking.book(manager, checkup(clinic, note=typed)), "note")
    if entry is not None:
        assert entry.appointment.note == typed
        change = Update(entry.appointment.id, entry.appointment.version, note=typed[::-1])
        changed = unless_refused(lambda: booking.update(manager, change), "note")
        assert changed is None or changed.appointment.note == typed[::-1]
        with manager.writing() as connection:
            wrong = text("UPDATE appointment SET status = 'entered-in-error' WHERE id = :id")
            connection.execute(wrong, {"id": entry.appointment.id})
    wish = Wish(new_id(), clinic.patients[0], clinic.checkup, note=typed)
    waits = unless_refused(lambda: waiting.add_wish(manager, AddWish(wish)), "note")
    if waits is not None:
        assert is_sound(waits.wish.note)
        waiting.close_wish(manager, CloseWish(wish.id, waits.wish.version))


@of_all
def test_names_of_the_set_up(manager: Database, clinic: SmallClinic, typed: str) -> None:
    start = at(clinic.monday, 9)
    hour = timedelta(hours=1)
    saves: tuple[tuple[Callable[..., Any], Any], ...] = (
        (sites.save_site, setup.SaveSite(typed, "Europe/Berlin", address=typed, phone=typed)),
        (practitioners.save_practitioner, setup.SavePractitioner(typed, speciality=typed)),
        (rooms.save_room, setup.SaveRoom(clinic.berlin, typed)),
        (types.save_type, setup.SaveAppointmentType(typed, 15)),
        (absences.save_time_off, setup.SaveTimeOff(clinic.diaz, start, start + hour, name=typed)),
        (absences.save_closure, setup.SaveClosure(clinic.new_york, clinic.monday, clinic.monday, name=typed)),
        (absences.save_block, setup.SaveBlock(start, start + hour, typed, practitioner_id=clinic.diaz)),
    )
    for save, command in saves:
        saved = unless_refused(partial(save, manager, command), "name", "address", "phone", "speciality")
        if saved is not None:
            assert saved.name == typed.strip()
            assert not set(saved.name) & {*TURNING, "\0", "\n", "\r", "\t", "\x1b", "\u2028"}


@of_all
def test_a_text_to_patients_and_what_is_looked_for(manager: Database, typed: str) -> None:
    wanted = MessageText(new_id(), MessageKind.REMINDER, Channel.EMAIL, "en", subject=typed, body=typed, version=0)
    saved = unless_refused(lambda: messaging.save_text(manager, messaging.SaveText(wanted)), "subject", "body")
    if saved is not None:
        assert is_sound(saved.subject + saved.body)
        assert not set(saved.subject) & set("\r\n\u2028\u2029")
        messaging.use_default_text(manager, messaging.UseDefaultText(saved))
    patients.search_patients(manager, typed)
    search.find(manager, load_clinic(manager), typed, SMALL_CLINIC.monday)
    caller_number(typed)


@of_all
def test_a_cell_of_an_import_and_of_the_export_after_it(manager: Database, tmp_path: Path, typed: str) -> None:
    line = io.StringIO()
    csv.writer(line).writerow([new_id(), typed, "Fuzz", "", "", ""])
    content = (PATIENTS + line.getvalue()).encode("utf-8", "surrogatepass")
    file = tmp_path / f"{new_id()}.csv"
    file.write_bytes(content)
    try:
        plan = planned(Kind.PATIENTS, look_at(file))
        report = carry_out_import(manager, plan, new_id())
    except Refused:
        return
    assert report.stored is not bool(report.problems)
    _exported(manager, tmp_path, "csv")
    _exported(manager, tmp_path, "ics")


def _exported(manager: Database, folder: Path, form: Format) -> None:
    kind = Kind.PATIENTS if form == "csv" else Kind.APPOINTMENTS
    path = folder / f"{new_id()}.{form}"
    export(manager, ExportPlan(kind, path, form), new_id())
    if form == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.reader(file):
                assert not [cell for cell in row if cell[:1] in FORMULA and cell]


def test_a_row_that_was_refused_left_nothing_behind(manager: Database, owner_engine: Engine) -> None:
    def rows() -> Any:
        with owner_engine.connect() as connection:
            return connection.execute(text("SELECT count(*), (SELECT count(*) FROM history) FROM patient")).one()

    before = rows()
    for name in BROKEN[:5]:
        with pytest.raises(InvalidInput):
            patients.add_patient(manager, AddPatient(Patient(UUID(int=7), name, "", None)))
    assert rows() == before
