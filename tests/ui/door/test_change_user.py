"""Two people at one desk: each has her own window, rights and forms; the desk and its calendar's place stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.setup import Group
from clinic_desk.domain.people import CreatePerson, SetDisabled
from clinic_desk.domain.people import Group as PersonGroup
from clinic_desk.opening.configured import open_clinic
from clinic_desk.services import people
from clinic_desk.settings import load_settings
from clinic_desk.ui.door.own_password import OwnPasswordSheet
from clinic_desk.ui.workspace import Workspace
from tests.plugins.postgres import LOGINS, PASSWORD, PostgresServer
from tests.support.small_clinic import SmallClinic
from tests.ui.door.conftest import Desk
from tests.ui.shell.conftest import OpenProgram

MANAGER: str = LOGINS["clinic_manager"]
RECEPTION: str = LOGINS["clinic_reception"]


def space_of(desk: Desk) -> Workspace:
    found = desk.program.workspace
    assert found is not None
    return found


def shown_texts(program_window: QWidget) -> set[str]:
    lines = [each for each in QApplication.allWidgets() if each.isVisible() and hasattr(each, "text")]
    return {each.text() for each in lines if each.window() is program_window}


@pytest.fixture
def on_monday(desk: Desk, clinic: SmallClinic, qtbot: QtBot) -> Desk:
    """The desk looks at the Monday, finely, at noon."""
    space = space_of(desk)
    with qtbot.waitSignal(space.navigator.shown):
        space.navigator.go_to(clinic.monday)
    space.navigator.set_step(10)
    desk.program.window.calendar.go_to_minute(12 * 60)
    return desk


def test_the_calendar_stays_where_it_is_and_the_rights_are_the_other_persons(
    on_monday: Desk, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot
) -> None:
    desk, first = on_monday, on_monday.program.window
    calendar = first.calendar
    before = calendar.current_place(), calendar.step, calendar.verticalScrollBar().value()
    number, name = space_of(desk).opening.desk_no, space_of(desk).desk.database.desk
    desk.change_user()
    desk.come_in(MANAGER)
    window, space = desk.program.window, space_of(desk)
    assert window is not first
    assert not first.isVisible()
    assert space.opening.person.group == "manager"
    assert space.navigator.view.day == clinic.monday
    after = window.calendar.current_place(), window.calendar.step, window.calendar.verticalScrollBar().value()
    assert after == before
    assert (space.opening.desk_no, space.desk.database.desk) == (number, name)
    assert "test_manager person" in window.status_bar.person.text()
    with owner_engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM desk").scalar() == 1
    assert window.isActiveWindow()


def test_an_open_form_is_kept_for_the_first_and_never_shown_to_the_other(
    on_monday: Desk, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot
) -> None:
    desk, space = on_monday, space_of(on_monday)
    desk.to_front()
    space.booking.start_anywhere()
    form = space.booking.form
    qtbot.waitUntil(form.patient_line.hasFocus)
    QTest.keyClicks(form.patient_line, "Meier, An")

    def holds() -> int:
        with owner_engine.connect() as connection:
            return int(connection.exec_driver_sql("SELECT count(*) FROM hold").scalar() or 0)

    qtbot.waitUntil(lambda: holds() == 1)
    desk.change_user()
    desk.come_in(MANAGER)
    assert not form.isVisible()
    assert "Meier, An" not in shown_texts(desk.program.window)
    qtbot.waitUntil(lambda: holds() == 0)
    with pytest.raises(Exception, match="nobody is signed in"):
        space.desk.database.engine()
    assert space.desk.database.url.password is None
    desk.change_user()
    desk.come_in(RECEPTION)
    assert form.isVisible()
    assert form.patient_line.text() == "Meier, An"
    qtbot.waitUntil(form.patient_line.hasFocus)
    qtbot.waitUntil(lambda: holds() == 1)
    assert not desk.program.window.banner.isVisible()


def test_who_comes_back_hears_of_changes_again(
    on_monday: Desk, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot
) -> None:
    desk, space = on_monday, space_of(on_monday)
    desk.change_user()
    desk.come_in(MANAGER)
    desk.change_user()
    desk.come_in(RECEPTION)
    assert space_of(desk) is space
    qtbot.waitUntil(lambda: space.live._listener._state is not None)
    with qtbot.waitSignal(space.store.clinic_changed, timeout=15_000), owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE practitioner SET name = 'Dr. Neu' WHERE id = %s", (clinic.weber,))


def test_what_sends_is_not_stopped_by_lock_or_change_of_user(on_monday: Desk, qtbot: QtBot) -> None:
    desk = on_monday
    qtbot.waitUntil(lambda: desk.program.sending.background is not None)
    sending = desk.program.sending.background
    desk.lock()
    desk.come_in()
    desk.change_user()
    desk.come_in(MANAGER)
    assert desk.program.sending.background is sending
    assert sending is not None
    assert not sending._stopping.is_set()


def test_the_last_names_are_offered_and_no_password_is_kept(on_monday: Desk) -> None:
    desk = on_monday
    desk.change_user()
    desk.come_in(MANAGER)
    desk.lock()
    name = desk.page.name
    assert [name.itemText(number) for number in range(name.count())] == [MANAGER, RECEPTION]
    assert desk.page.login == MANAGER
    assert desk.page.password.line.text() == ""


CODE = "K7QM-3XPD-9RTA"


@pytest.fixture
def newcomer(on_monday: Desk, url_as: Callable[[Group], URL]) -> Iterator[str]:
    """Somebody who was given a one-time code."""
    database = Database(url_as("clinic_manager"), DeskIdentity(uuid4(), "Office"))
    login = f"new{uuid4().hex[:8]}"
    try:
        people.create_person(database, CreatePerson(login, "Nina Neu", PersonGroup.RECEPTION, CODE))
        yield login
    finally:
        database.dispose()


def test_somebody_who_is_shut_out_sees_the_door_and_nothing_of_any_patient(
    on_monday: Desk, newcomer: str, url_as: Callable[[Group], URL], expected_notices: list[str], qtbot: QtBot
) -> None:
    expected_notices.append("terminating connection")
    desk = on_monday
    address = url_as("clinic_reception").set(username=newcomer, password=CODE)
    people.set_first_password(people.let_in(address), "seven lamps by the window")
    desk.change_user()
    desk.come_in(newcomer, "seven lamps by the window")
    space = space_of(desk)
    qtbot.waitUntil(lambda: space.live._listener._state is not None)
    office = Database(url_as("clinic_manager"), DeskIdentity(uuid4(), "Office"))
    try:
        people.set_disabled(
            office, SetDisabled(newcomer, disabled=True, version=people.person(office, newcomer).version)
        )
    finally:
        office.dispose()
    qtbot.waitUntil(lambda: desk.seats.is_locked)
    assert "signed out" in desk.page.text.text()
    assert not desk.program.window.isVisible()
    desk.come_in(MANAGER)
    assert space_of(desk).opening.person.group == "manager"


def test_a_one_time_code_leads_to_a_password_of_her_own_and_in(on_monday: Desk, newcomer: str, qtbot: QtBot) -> None:
    desk = on_monday
    desk.change_user()
    desk.try_it(newcomer, CODE.lower().replace("-", " "))
    new = desk.page.new
    qtbot.waitUntil(new.isVisible)
    assert "At least 10 characters" in new.judged.text()
    QTest.keyClicks(new.first.line, "password")
    assert "Too short" in new.judged.text()
    QTest.keyClicks(new.first.line, "123")
    assert "Many people" in new.judged.text()
    assert not desk.page.enter.isEnabled()
    new.first.line.clear()
    for line in (new.first.line, new.second.line):
        line.setFocus()
        QTest.keyClicks(line, "seven lamps by the window")
    desk.key(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not desk.seats.is_locked)
    assert space_of(desk).opening.person.display_name == "Nina Neu"
    desk.lock()
    desk.come_in(password="seven lamps by the window")


def test_ones_own_password_is_changed_with_the_old_one_and_holds_at_the_lock(
    on_monday: Desk, newcomer: str, postgres_server: PostgresServer, qtbot: QtBot
) -> None:
    desk = on_monday
    desk.change_user()
    desk.try_it(newcomer, CODE)
    qtbot.waitUntil(desk.page.new.isVisible)
    for line in (desk.page.new.first.line, desk.page.new.second.line):
        QTest.keyClicks(line, "seven lamps by the window")
    QTest.keyClick(desk.page.new.second.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not desk.seats.is_locked)
    window = desk.program.window
    window.actions_by_name["own_password"].trigger()
    sheet = window.findChild(OwnPasswordSheet)
    assert isinstance(sheet, OwnPasswordSheet)
    for line, text in (
        (sheet.old.line, "not the old one"),
        (sheet.new.first.line, "nine apples on the stairs"),
        (sheet.new.second.line, "nine apples on the stairs"),
    ):
        QTest.keyClicks(line, text)
    QTest.keyClick(sheet.new.second.line, Qt.Key.Key_Return)
    qtbot.waitUntil(sheet.remark.isVisible)
    assert "so far is not right" in sheet.remark.text()
    QTest.keyClicks(sheet.old.line, "seven lamps by the window")
    QTest.mouseClick(sheet.change, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "is changed" in window.toasts.latest_text())
    desk.lock()
    desk.come_in(password="nine apples on the stairs")


def test_a_desk_with_an_address_without_password_asks_who_it_is_in_its_window(
    programs: OpenProgram, clinic: SmallClinic, tmp_path: Path, database_url: URL, qtbot: QtBot
) -> None:
    assert clinic.monday.isoweekday() == 1
    address = database_url._replace(password=None).render_as_string(hide_password=False)
    settings = load_settings(database_url=address, data=tmp_path, config=tmp_path / "config")
    program = programs(wait=False)
    program.opener._open = partial(open_clinic, settings)
    qtbot.waitUntil(lambda: program.opener.door is not None)
    door = program.opener.door
    assert door is not None
    page = door.page
    line = page.name.lineEdit()
    assert line is not None
    qtbot.waitUntil(page.isVisible)
    QTest.keyClicks(line, RECEPTION)
    QTest.keyClick(line, Qt.Key.Key_Return)
    QTest.keyClicks(page.password.line, "wrong")
    QTest.keyClick(page.password.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "not right" in page.remark.text())
    assert page.login == RECEPTION
    page.password.line.clear()
    QTest.keyClicks(page.password.line, PASSWORD)
    with qtbot.waitSignal(program.ready, timeout=15_000):
        QTest.mouseClick(page.enter, Qt.MouseButton.LeftButton)
    assert program.window.calendar.isVisible()
    assert "test_reception" in program.window.status_bar.person.text()
