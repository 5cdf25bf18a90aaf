"""People and rights in the set-up, by keyboard, in the whole program."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.people import CreatePerson, Group, RenamePerson
from clinic_desk.domain.rights import Right
from clinic_desk.services import people
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.fields import ChoiceBox
from clinic_desk.ui.compare import CompareSheet
from clinic_desk.ui.setup.code_sheet import CodeSheet, slip
from clinic_desk.ui.setup.page import SetupPage
from clinic_desk.ui.setup.section import ListSection
from tests.plugins.postgres import PostgresServer
from tests.support.people import unique_logins
from tests.ui.setup.conftest import SAVED, OpenSetup, press, save, section_of, sheet_over, tab_to, type_keys

Key = Qt.Key


@pytest.fixture
def end(postgres_server: PostgresServer) -> Iterator[str]:
    with unique_logins(postgres_server) as names_end:
        yield names_end


@pytest.fixture
def page(manager: DeskProgram, open_setup: OpenSetup) -> SetupPage:
    return open_setup(manager)


def choose(section: ListSection, login: str) -> None:
    row = next(row for row, each in enumerate(section._records) if each.login == login)
    section.list.setCurrentRow(row)


def test_somebody_new_gets_a_code_that_is_shown_once_and_printed_on_a_slip(
    page: SetupPage, stored: Callable[[], Setup], end: str, qtbot: QtBot, database: Database
) -> None:
    section = section_of(page, "people")
    assert [each.login for each in section._records] == ["test_manager", "test_readonly", "test_reception"]
    press(Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    type_keys(f"Anna.Weber{end}")
    tab_to("display_name")
    type_keys("Anna <b>Weber</b>")
    tab_to("export")
    press(Key.Key_Down)  # as the group, which may not -> allowed
    press(Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    shown = sheet_over(page, CodeSheet, qtbot)
    qtbot.waitUntil(lambda: page.told.text() == SAVED, timeout=10_000)
    person = next(each for each in stored().people if each.login == f"anna.weber{end}")
    assert (person.display_name, person.group, person.rights) == (
        "Anna <b>Weber</b>",
        Group.RECEPTION,
        {Right.EXPORT: True},
    )
    shown.copy.click()
    code = QApplication.clipboard().text()
    assert shown.code.text() == code
    printed = slip(shown._code, shown._until())
    assert code in {text.text for row in printed.sheets[0].rows for cell in row.cells for text in cell}
    assert people.let_in(database.url.set(username=person.login, password=code)).must_set_password
    shown.accept()
    assert section.record.login == person.login
    login = section.form.field("login")
    assert isinstance(login, QLineEdit)
    assert login.isReadOnly()


def test_a_password_is_reset_after_a_question_and_a_leaver_is_shut_out(
    page: SetupPage, stored: Callable[[], Setup], end: str, qtbot: QtBot, other: Database
) -> None:
    people.create_person(other, CreatePerson(f"karl{end}", "Karl", Group.RECEPTION))
    section = section_of(page, "people")
    qtbot.waitUntil(lambda: any(each.login == f"karl{end}" for each in section._records), timeout=10_000)
    choose(section, f"karl{end}")
    before = section.record.code_until
    section.extra.click()
    sheet_over(page, AskSheet, qtbot)
    press(Key.Key_Return)
    shown = sheet_over(page, CodeSheet, qtbot)
    assert shown._code.until > before
    shown.accept()
    qtbot.waitUntil(lambda: page.told.text().startswith("✓ The password of Karl"), timeout=10_000)
    tab_to("disabled")
    press(Key.Key_Space)
    save(page, qtbot)
    assert next(each for each in stored().people if each.login == f"karl{end}").disabled
    assert "shut out" in section.list.currentItem().text()


def test_what_another_manager_changed_first_is_compared_and_ones_own_rights_stay(
    page: SetupPage, stored: Callable[[], Setup], end: str, qtbot: QtBot, other: Database
) -> None:
    people.create_person(other, CreatePerson(f"karl{end}", "Karl", Group.RECEPTION))
    section = section_of(page, "people")
    qtbot.waitUntil(lambda: any(each.login == f"karl{end}" for each in section._records), timeout=10_000)
    choose(section, f"karl{end}")
    tab_to("group")
    press(Key.Key_End)
    right = section.form.field("merge")
    assert isinstance(right, ChoiceBox)
    assert right.currentText() == "as the group: not allowed"
    version = section.record.version
    people.rename_person(other, RenamePerson(f"karl{end}", "Karl Stein", version))
    qtbot.waitUntil(lambda: any(each.display_name == "Karl Stein" for each in section._records), timeout=10_000)
    press(Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    sheet_over(page, CompareSheet, qtbot)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: page.told.text() == SAVED, timeout=10_000)
    person = next(each for each in stored().people if each.login == f"karl{end}")
    assert (person.display_name, person.group) == ("Karl Stein", Group.READONLY)
    choose(section, "test_manager")
    tab_to("disabled")
    press(Key.Key_Space)
    press(Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: page.told.text().startswith("Nobody changes her own group"), timeout=10_000)
