"""Any text at all, into every other place where a service takes one: done, or refused by name; never a bug of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.database.setup import Group as LoginGroup
from clinic_desk.domain import setup
from clinic_desk.domain.commands import AddPatient, UpdatePatient
from clinic_desk.domain.exchange import Kind
from clinic_desk.domain.history_list import Wanted
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.message_list import Filter, MessageQuery
from clinic_desk.domain.messaging import Messaging
from clinic_desk.domain.patients_merge import MergePatients
from clinic_desk.domain.people import CreatePerson, Group, RenamePerson, ResetPassword
from clinic_desk.domain.records import Closure, Desk, Patient, Series
from clinic_desk.domain.saved_views import Arrangement, SavedView
from clinic_desk.domain.series import BookSeries, SeriesDate
from clinic_desk.domain.waiting import AddWish, ChangeWish, CloseWish, Wish
from clinic_desk.errors import Refused
from clinic_desk.services import (
    history_list,
    messages,
    messaging,
    patients,
    patients_merge,
    people,
    provider_secrets,
    saved_views,
    search,
    series,
    waiting,
)
from clinic_desk.services.desks import register_desk
from clinic_desk.services.exporting.lists import Listing, Target, save_list
from clinic_desk.services.importing.files import look_at
from clinic_desk.services.importing.plan import planned
from clinic_desk.services.importing.run import carry_out_import
from clinic_desk.services.setup import absences, desks, practitioners, sites
from tests.services.test_hostile_text import ANY
from tests.support.bookings import checkup
from tests.support.exchanging import desk_of
from tests.support.hostile import BROKEN, STORABLE
from tests.support.small_clinic import SMALL_CLINIC as CLINIC
from tests.support.small_clinic import SmallClinic

Call = Callable[[Database, str], object]


@pytest.fixture
def manager(url_as: Callable[[LoginGroup], URL], clinic: SmallClinic) -> Iterator[Database]:
    assert clinic.patients
    with desk_of(url_as, "clinic_manager") as database:
        yield database


def _with(record: Any, part: str, typed: object) -> Any:
    return replace(record, **{part: typed})


def _update_patient(db: Database, typed: str) -> object:
    seen = patients.get_patient(db, CLINIC.patients[0])
    return patients.update_patient(db, UpdatePatient(replace(seen, family_name=typed, note=typed)))


def _merge(db: Database, typed: str) -> object:
    double = Patient(new_id(), "Double", "", None)
    patients.add_patient(db, AddPatient(double, even_if_similar=True))
    kept = patients.get_patient(db, CLINIC.patients[1])
    return patients_merge.merge_patients(db, MergePatients(replace(kept, given_name=typed, note=typed), double.id, 1))


def _change_wish(db: Database, typed: str) -> object:
    wish = waiting.add_wish(db, AddWish(Wish(new_id(), CLINIC.patients[0], CLINIC.checkup))).wish
    try:
        wish = waiting.change_wish(db, ChangeWish(replace(wish, note=typed))).wish
    finally:
        waiting.close_wish(db, CloseWish(wish.id, wish.version))
    return wish


def _series(part: str, db: Database, typed: str) -> object:
    rule = Series(new_id(), "FREQ=WEEKLY;COUNT=2", CLINIC.monday, 9 * 60, "Europe/Berlin")
    book = checkup(CLINIC)
    if part == "note":
        book = replace(book, note=typed)
    else:
        rule = _with(rule, part, typed)
    return series.book(db, BookSeries(rule, (SeriesDate(CLINIC.monday, book),)))


def _messaging(part: str, db: Database, typed: str) -> object:
    seen = messaging.load_messaging(db).settings
    return messaging.save_messaging(db, messaging.SaveMessaging(_with(seen, part, typed)))


def _view(part: str, db: Database, typed: str) -> object:
    if part == "name":
        view = SavedView(new_id(), typed, Arrangement())
    else:
        kind = type(getattr(Arrangement(), part))
        view = SavedView(new_id(), "Mine", _with(Arrangement(), part, (typed,) if kind is tuple else typed))
    try:
        return saved_views.save(db, view)
    finally:
        for kept in saved_views.read(db):
            saved_views.remove(db, kept)


def _desk(db: Database, typed: str) -> object:
    found: Desk = desks.save_desk(db, setup.SaveDesk(db.desk.id, typed, db.desk.name))
    return desks.save_desk(db, setup.SaveDesk(db.desk.id, db.desk.name, found.name))


def _rename(db: Database, typed: str) -> object:
    me = next(one for one in people.people(db) if one.group is Group.MANAGER)
    return people.rename_person(db, RenamePerson(me.login, typed, me.version))


def _texts_of(record: type, *, but: frozenset[str] = frozenset()) -> list[str]:
    return [one.name for one in fields(record) if one.type in ("str", "tuple[str, ...]") and one.name not in but]


CALLS: Final[Mapping[str, Call]] = {
    "patient, changed": _update_patient,
    "patient, similar": lambda db, typed: patients.similar_patients(
        db, Patient(new_id(), typed, typed, None, phone=typed, email=typed)
    ),
    "patient, merged": _merge,
    "wish, changed": _change_wish,
    "site, zone": lambda db, typed: sites.save_site(db, setup.SaveSite("Site", typed)),
    "site, country": lambda db, typed: sites.save_site(db, setup.SaveSite("Site", "UTC", country=typed)),
    "site, subdivision": lambda db, typed: sites.save_site(
        db, setup.SaveSite("Site", "UTC", country="DE", subdivision=typed)
    ),
    "doctor, colour": lambda db, typed: practitioners.save_practitioner(db, setup.SavePractitioner("Dr", colour=typed)),
    "closures": lambda db, typed: absences.save_closures(
        db, setup.SaveClosures((Closure(new_id(), CLINIC.new_york, CLINIC.monday, CLINIC.monday, typed),))
    ),
    "desk": _desk,
    "computer": register_desk,
    "person, login": lambda db, typed: people.create_person(db, CreatePerson(typed, "Somebody", Group.READONLY)),
    "person, name": _rename,
    "person, asked for": people.person,
    "person, reset": lambda db, typed: people.reset_password(db, ResetPassword(typed)),
    "person, sessions": people.end_sessions,
    "own password": lambda db, typed: people.change_own_password(db, typed, typed, names=(typed,)),
    "clinic key": provider_secrets.take_key,
    "list of messages": lambda db, typed: messages.list_messages(db, MessageQuery(Filter.ALL, typed)),
    "caller": lambda db, typed: search.patients_of_caller(db, typed, "DE"),
    "caller's region": lambda db, typed: search.patients_of_caller(db, "030 1234567", typed),
    "history of a login": lambda db, typed: history_list.changes(db, Wanted(login=typed)),
    **{f"series, {part}": partial(_series, part) for part in ("note", "rule", "zone")},
    **{f"message settings, {part}": partial(_messaging, part) for part in _texts_of(Messaging)},
    **{f"view, {part}": partial(_view, part) for part in ("name", *_texts_of(Arrangement))},
}


def test_any_text_is_taken_or_refused_by_name(manager: Database) -> None:
    @settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(typed=ANY)
    def with_any(typed: str) -> None:
        for name, call in CALLS.items():
            try:
                call(manager, typed)
            except Refused:
                continue
            except Exception as error:
                error.add_note(f"into: {name}")
                raise

    for one in (*STORABLE[::4], *BROKEN):
        with_any = example(typed=one)(with_any)
    with_any()


EVENT: Final = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Other//EN\r
BEGIN:VEVENT\r
UID:1@example.com\r
SUMMARY:Checkup\r
DTSTART;TZID=Europe/Berlin:20310303T100000\r
DURATION:PT15M\r
LOCATION:Berlin\r
DESCRIPTION:note\r
ATTENDEE;ROLE=CHAIR;CN=Dr. Weber:mailto:weber@example.com\r
ATTENDEE;CN=Anna Meier:mailto:anna@example.com\r
END:VEVENT\r
END:VCALENDAR\r
"""
PARTS: Final = (
    *("1@example.com", "Checkup", "Europe/Berlin", "20310303T100000", "PT15M", "Berlin", "note", "Dr. Weber"),
    *("anna@example.com", "DURATION", ";ROLE=CHAIR", "\r\nUID"),
)


def test_any_text_in_a_calendar_file_is_imported_or_refused_row_by_row(manager: Database, tmp_path: Path) -> None:
    path = tmp_path / "calendar.ics"

    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(part=st.sampled_from(PARTS), typed=ANY)
    def with_any(part: str, typed: str) -> None:
        path.write_bytes(EVENT.replace(part, typed, 1).encode("utf-8", "surrogatepass"))
        try:
            report = carry_out_import(manager, planned(Kind.APPOINTMENTS, look_at(path)), new_id())
        except Refused:
            return
        assert report.stored is not bool(report.problems)

    for number, one in enumerate((*STORABLE, *BROKEN)):
        with_any = example(part=PARTS[number % len(PARTS)], typed=one)(with_any)
    with_any()


def test_a_list_of_any_text_is_saved_without_a_formula(manager: Database, tmp_path: Path) -> None:
    for number, typed in enumerate((*STORABLE, *BROKEN)):
        _save_as_list(manager, tmp_path / f"{number}.csv", typed)


def _save_as_list(manager: Database, path: Path, typed: str) -> None:
    listing = Listing("patients", typed, (typed, "Name"), ((typed, "x"),))
    try:
        save_list(manager, listing, Target(path), new_id())
    except Refused:
        assert not path.exists()
        return
    for line in path.read_text("utf-8-sig").splitlines():
        assert not line.startswith(('"=', '"+', '"-', '"@', '"\t'))
