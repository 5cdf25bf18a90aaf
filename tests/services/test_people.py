"""Managers make people, reset, change and shut them out; each has a password that nobody else knows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Rule, Update
from clinic_desk.domain.exchange import Kind
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.people import (
    CreatePerson,
    Group,
    OneTimeCode,
    PersonChanged,
    RenamePerson,
    ResetPassword,
    SetDisabled,
    SetGroup,
    SetRight,
    as_code,
    display_name_of,
    login_of,
    new_code,
)
from clinic_desk.domain.refusals import NotFound, RuleViolation, SlotTaken
from clinic_desk.domain.rights import Right
from clinic_desk.errors import DatabaseDown, InvalidInput, NotAllowed
from clinic_desk.services import people
from clinic_desk.services.booking import book, update
from clinic_desk.services.calendar import load_clinic
from clinic_desk.services.desks import who_am_i
from clinic_desk.services.exporting.run import ExportPlan, export
from tests.plugins.postgres import PASSWORD, PostgresServer
from tests.support.bookings import at, checkup
from tests.support.people import unique_logins
from tests.support.small_clinic import SmallClinic

OWN = "a tall tree in june"


@pytest.fixture
def end(postgres_server: PostgresServer) -> Iterator[str]:
    with unique_logins(postgres_server) as names_end:
        yield names_end


@pytest.fixture
def desk_as(url_as: Callable[[Any], URL]) -> Iterator[Callable[..., Database]]:
    """A desk of whoever signs in."""
    made: list[Database] = []

    def make(url: URL) -> Database:
        made.append(Database(url, DeskIdentity(new_id(), "Desk 9")))
        return made[-1]

    yield make
    for database in made:
        database.dispose()


@pytest.fixture
def manager(desk_as: Callable[..., Database], url_as: Callable[[Any], URL]) -> Database:
    return desk_as(url_as("clinic_manager"))


def url_with(manager: Database, code: OneTimeCode) -> URL:
    return manager.url.set(username=code.login, password=code.code)


def enter(manager: Database, code: OneTimeCode, password: str = OWN) -> URL:
    return people.set_first_password(people.let_in(url_with(manager, code)), password)


def test_somebody_new_signs_in_with_a_code_however_she_types_it_and_sets_a_password(
    manager: Database, desk_as: Callable[..., Database], end: str
) -> None:
    code = people.create_person(manager, CreatePerson(f" Anna.Weber{end} ", " Anna   Weber ", Group.READONLY))
    assert (code.login, code.display_name) == (f"anna.weber{end}", "Anna Weber")
    assert code.code not in repr(code)
    typed = url_with(manager, code).set(password=f" {code.code.lower().replace('-', ' ')}")
    entry = people.let_in(typed)
    assert entry.must_set_password
    with pytest.raises(InvalidInput):
        people.set_first_password(entry, "password12")
    url = people.set_first_password(entry, OWN)
    with pytest.raises(NotAllowed, match="password"):
        people.set_first_password(entry, "another tree in july")  # used twice
    me = who_am_i(desk_as(url))
    assert (me.login, me.display_name, me.group) == (code.login, "Anna Weber", "readonly")
    again = people.let_in(url)
    assert (again.login, again.must_set_password) == (code.login, False)
    person = people.person(manager, code.login)
    assert (person.group, person.code_until, person.disabled, person.rights) == (Group.READONLY, None, False, {})


def test_a_reset_ends_what_she_has_open_and_what_the_manager_knows_ends_with_her_own_password(
    manager: Database, desk_as: Callable[..., Database], end: str
) -> None:
    hers = desk_as(enter(manager, people.create_person(manager, CreatePerson(f"karl{end}", "Karl", Group.RECEPTION))))
    assert who_am_i(hers).group == "reception"
    code = people.reset_password(manager, ResetPassword(f"karl{end}"))
    assert people.person(manager, code.login).code_until == code.until
    with pytest.raises((DatabaseDown, NotAllowed)):
        who_am_i(hers)
    enter(manager, code, "another tree in july")
    with pytest.raises(NotAllowed, match="password"):
        people.let_in(url_with(manager, code))
    with pytest.raises(NotAllowed, match="password"):
        people.let_in(url_with(manager, code).set(password=OWN))


def test_her_own_password_is_changed_with_the_old_one_only_and_her_desk_goes_on(
    manager: Database, desk_as: Callable[..., Database], end: str
) -> None:
    hers = desk_as(enter(manager, people.create_person(manager, CreatePerson(f"karl{end}", "Karl", Group.RECEPTION))))
    with pytest.raises(NotAllowed, match="password"):
        people.change_own_password(hers, "not the old one", "another tree in july")
    with pytest.raises(InvalidInput):
        people.change_own_password(hers, OWN, f"KARL{end}", names=("Karl",))
    people.change_own_password(hers, OWN, "another tree in july")
    assert who_am_i(hers).display_name == "Karl"
    with pytest.raises(NotAllowed, match="password"):
        people.let_in(hers.url.set(password=OWN))


def test_a_leaver_is_out_at_once_and_in_again_with_her_password_when_she_is_enabled(
    manager: Database, desk_as: Callable[..., Database], end: str
) -> None:
    url = enter(manager, people.create_person(manager, CreatePerson(f"karl{end}", "Karl", Group.RECEPTION)))
    hers = desk_as(url)
    assert who_am_i(hers).may_write
    person = people.person(manager, f"karl{end}")
    out = people.set_disabled(manager, SetDisabled(person.login, disabled=True, version=person.version))
    assert out.disabled
    assert people.people(manager)[-1].login == person.login
    with pytest.raises((DatabaseDown, NotAllowed)):
        who_am_i(hers)
    with pytest.raises(NotAllowed, match="password"):
        people.let_in(url)
    people.set_disabled(manager, SetDisabled(person.login, disabled=False, version=out.version))
    assert who_am_i(hers).group == "reception"


def test_a_change_over_a_version_that_is_gone_is_refused_and_nothing_of_it_stands(manager: Database, end: str) -> None:
    people.create_person(manager, CreatePerson(f"karl{end}", "Karl", Group.RECEPTION))
    person = people.person(manager, f"karl{end}")
    named = people.rename_person(manager, RenamePerson(person.login, "Karl Stein", person.version))
    assert named.display_name == "Karl Stein"
    moved = people.set_group(manager, SetGroup(person.login, Group.MANAGER, named.version))
    assert moved.group is Group.MANAGER
    late: tuple[Callable[[], object], ...] = (
        lambda: people.rename_person(manager, RenamePerson(person.login, "Charles", person.version)),
        lambda: people.set_group(manager, SetGroup(person.login, Group.READONLY, person.version)),
        lambda: people.set_disabled(manager, SetDisabled(person.login, disabled=True, version=person.version)),
    )
    for act in late:
        with pytest.raises(PersonChanged) as caught:
            act()
        assert caught.value.now == moved
    assert people.person(manager, person.login) == moved


def test_a_right_by_name_is_given_refused_and_left_to_the_group_again(
    manager: Database, desk_as: Callable[..., Database], end: str
) -> None:
    hers = desk_as(enter(manager, people.create_person(manager, CreatePerson(f"karl{end}", "Karl", Group.RECEPTION))))
    login = f"karl{end}"
    for granted, expected in ((True, {Right.EXPORT: True}), (False, {Right.EXPORT: False}), (None, {})):
        person = people.set_right(manager, SetRight(login, Right.EXPORT, granted))
        assert person.rights == expected
        assert who_am_i(hers).may(Right.EXPORT) is bool(granted)
    with pytest.raises(NotAllowed, match="own-login"):
        people.set_right(manager, SetRight("test_manager", Right.EXPORT, granted=True))
    with pytest.raises(NotAllowed):
        people.set_right(hers, SetRight(login, Right.EXPORT, granted=True))


def test_a_login_that_is_there_in_any_case_or_that_nobody_has_is_told_so(manager: Database, end: str) -> None:
    people.create_person(manager, CreatePerson(f"karl{end}", "Karl", Group.RECEPTION))
    for login in (f"KARL{end}", "clinic_owner", "Test_Reception"):
        with pytest.raises(InvalidInput, match="login: another login"):
            people.create_person(manager, CreatePerson(login, "Karl", Group.RECEPTION))
    with pytest.raises(NotFound):
        people.reset_password(manager, ResetPassword("nobody"))
    with pytest.raises(NotAllowed, match="own-login"):
        people.reset_password(manager, ResetPassword("test_manager"))


def test_the_same_command_done_again_makes_one_person_and_the_same_code(manager: Database, end: str) -> None:
    command = CreatePerson(f"karl{end}", "Karl", Group.RECEPTION)
    first = people.create_person(manager, command)
    second = people.create_person(manager, command)
    assert second == first
    assert people.let_in(url_with(manager, first)).must_set_password


def test_a_reception_changes_nobody(database: Database, end: str) -> None:
    acts: tuple[Callable[[], object], ...] = (
        lambda: people.create_person(database, CreatePerson(f"karl{end}", "Karl", Group.MANAGER)),
        lambda: people.reset_password(database, ResetPassword("test_manager")),
        lambda: people.set_group(database, SetGroup("test_reception", Group.MANAGER, 1)),
        lambda: people.set_disabled(database, SetDisabled("test_manager", disabled=True, version=1)),
        lambda: people.rename_person(database, RenamePerson("test_reception", "Boss", 1)),
    )
    for act in acts:
        with pytest.raises(NotAllowed):
            act()
    assert people.let_in(database.url.set(password=PASSWORD)).login == "test_reception"


@pytest.mark.parametrize(
    "typed", ["", " ", "-", ".karl", "karl weber", "karl;", 'k"', "pg_karl", "k\u202earl", "ä" * 32]
)
def test_a_login_is_letters_and_digits(typed: str) -> None:
    with pytest.raises(InvalidInput):
        login_of(typed)


def test_any_text_is_a_person_or_is_refused(manager: Database, end: str) -> None:
    fields: set[str] = set()

    @settings(max_examples=25, database=None, deadline=None)
    @given(st.text(max_size=20), st.text(max_size=40))
    def tried(login: str, name: str) -> None:
        try:
            made = people.create_person(manager, CreatePerson(login + end, name, Group.READONLY))
        except InvalidInput as refused:
            fields.add(refused.field)
        else:
            assert people.person(manager, made.login).display_name == made.display_name

    tried()
    assert fields <= {"login", "display_name"}
    assert not any(each.group is Group.MANAGER for each in people.people(manager) if each.login != "test_manager")


def test_logins_are_small_and_composed_and_names_are_one_line() -> None:
    assert login_of(" Zoe\u0308.Müller-2 ") == "zoë.müller-2"
    assert display_name_of("<b>Anna</b>  'Weber'") == "<b>Anna</b> 'Weber'"
    for name in ("", "\t", "An\u202ena", "x" * 101):
        with pytest.raises(InvalidInput):
            display_name_of(name)


def test_codes_are_read_back_as_they_were_made_and_nothing_else_is_one() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    for code in codes:
        assert as_code(code) == as_code(code.lower().replace("-", "  ")) == code
    assert [as_code(text) for text in ("", "K7QM-3XPD", "K7QM-3XPD-9RT0", "a tall tree")] == [None] * 4


@pytest.mark.parametrize(
    ("right", "rule"), [(Right.SQUEEZE_IN, Rule.SLOT_TAKEN), (Right.OUTSIDE_HOURS, Rule.OUTSIDE_HOURS)]
)
def test_who_lost_a_right_is_told_that_nobody_but_a_manager_can_overrule(
    database: Database, manager: Database, clinic: SmallClinic, *, right: Right, rule: Rule
) -> None:
    first = checkup(clinic, at(clinic.monday, 9 if rule is Rule.SLOT_TAKEN else 22), overrule=frozenset({rule}))
    booked = book(database, first)
    people.set_right(manager, SetRight("test_reception", right, granted=False))
    assert rule not in load_clinic(database).overrulable
    assert rule in load_clinic(manager).overrulable
    later = first.starts_at if rule is Rule.SLOT_TAKEN else at(clinic.monday, 23)
    again = replace(
        first, patient_id=clinic.patients[1], starts_at=later, appointment_id=new_id(), operation_id=new_id()
    )
    with pytest.raises(RuleViolation if rule is Rule.OUTSIDE_HOURS else SlotTaken) as caught:
        book(database, again)
    if isinstance(caught.value, RuleViolation):
        assert [violation.barred for violation in caught.value.violations] == [True]
    note = Update(booked.id, booked.appointment.version, note="what stood may be changed")
    assert update(database, note).appointment.note == note.note
    assert book(manager, replace(again, operation_id=new_id())).appointment.overruled == {rule.value}


def test_who_was_given_the_right_exports_and_it_is_noted_how_much(
    database: Database, manager: Database, clinic: SmallClinic, tmp_path: Path, owner_engine: Engine
) -> None:
    assert clinic.patients
    plan = ExportPlan(Kind.PATIENTS, tmp_path / "patients.csv")
    with pytest.raises(NotAllowed, match="export"):
        export(database, plan, new_id())
    people.set_right(manager, SetRight("test_reception", Right.EXPORT, granted=True))
    operation = new_id()
    count = export(database, plan, operation)
    with owner_engine.connect() as owner:
        row = owner.exec_driver_sql(
            "SELECT command, db_user, detail FROM operation WHERE id = %s", (str(operation),)
        ).one()
    assert row == ("ExportPatients", "test_reception", {"rows": count, "format": "csv", "days": [None, None]})
