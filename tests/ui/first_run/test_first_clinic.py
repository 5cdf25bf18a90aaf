"""A manager enters the least a new clinic needs on one page, by the keyboard alone, and books."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.setup import BeginClinic
from clinic_desk.errors import DatabaseDown
from clinic_desk.services.setup_overview import load_setup
from clinic_desk.services.slots import SlotQuery, next_free
from clinic_desk.ui.first_run.clinic import ClinicPage
from tests.ui.setup.conftest import press, tab_to, type_keys
from tests.ui.shell.conftest import OpenProgram

Key = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def page_of(program: DeskProgram, qtbot: QtBot) -> ClinicPage:
    """The short page of an empty clinic, with the keyboard in its first field."""
    qtbot.waitUntil(lambda: bool(program.window.findChildren(ClinicPage)))
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    page = program.window.findChildren(ClinicPage)[0]
    qtbot.waitUntil(page.site.hasFocus)
    return page


def write(name: str, text: str) -> None:
    """Go to a field by Tab and type in the place of what stands there."""
    tab_to(name)
    press(Key.Key_A, CTRL)
    type_keys(text)


@pytest.fixture
def empty(programs: OpenProgram, url_as: Callable[..., URL]) -> DeskProgram:
    """A manager's desk of a clinic without anything."""
    return programs(url=url_as("clinic_manager"), wait=False)


@pytest.fixture
def page(qtbot: QtBot) -> ClinicPage:
    """The page alone, in a window of its own."""
    page = ClinicPage()
    qtbot.addWidget(page)
    page.show()
    page.take_keyboard()
    return page


@pytest.mark.qt_log_ignore("This plugin does not support")  # the list of time zones pops up: offscreen says so
def test_one_page_by_the_keyboard_brings_a_calendar_that_can_be_booked(
    empty: DeskProgram, qtbot: QtBot, database: Database
) -> None:
    page = page_of(empty, qtbot)
    type_keys("Lindenhof")
    write("first_zone", "europe/berlin")
    write("first_doctor", "Dr. Okafor")
    tab_to("first_day_5")
    press(Key.Key_Space)  # no Fridays
    write("first_minutes", "20")
    press(Key.Key_Return)
    assert page.is_busy or not page.isVisible()
    with qtbot.waitSignal(empty.ready, timeout=30_000):
        pass
    setup = load_setup(database)
    assert [(site.name, site.zone) for site in setup.clinic.sites] == [("Lindenhof", "Europe/Berlin")]
    assert sorted({row.weekday for row in setup.clinic.working_hours}) == [1, 2, 3, 4]
    assert len(setup.clinic.working_hours) == 8
    kind = setup.clinic.types[0]
    assert (kind.name, kind.length_minutes) == ("Consultation", 20)
    assert next_free(database, SlotQuery(kind.id, from_at=setup.now))
    note = empty.window.toasts.findChild(QLabel, "toast_text")
    assert note is not None
    assert "Set up the clinic" in note.text()


def test_the_window_closed_on_the_page_leaves_the_clinic_empty(
    empty: DeskProgram, qtbot: QtBot, database: Database
) -> None:
    page_of(empty, qtbot)
    type_keys("Lindenhof")
    with qtbot.waitSignal(empty.closed, timeout=30_000):
        empty.window.close()
    assert load_setup(database).clinic.sites == ()


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("site", "", "Type a name"),
        ("doctor", "  ", "Type a name"),
        ("kind", "", "Type a name"),
        ("hours", "8-12, 11-13", "none overlap"),
        ("zone", "Atlantis", "Choose a time zone"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(
    page: ClinicPage, qtbot: QtBot, field: str, text: str, said: str
) -> None:
    page.site.setText("Lindenhof")
    page.doctor.setText("Dr. Okafor")
    page.zone.show("Europe/Berlin")
    line = page.zone.field if field == "zone" else getattr(page, field)
    assert isinstance(line, QLineEdit)
    line.setText(text)
    with qtbot.assertNotEmitted(page.wanted):
        page.submit()
    told = [remark.text() for remark in page.remarks.values() if remark.text()]
    assert len(told) == 1
    assert said in told[0]
    assert line.hasFocus()
    assert line.accessibleDescription() == told[0]
    assert line.text() == text


def test_days_without_any_ticked_are_no_week(page: ClinicPage) -> None:
    page.site.setText("Lindenhof")
    page.doctor.setText("Dr. Okafor")
    page.zone.show("Europe/Berlin")
    for box in page.days:
        box.setChecked(False)
    page.submit()
    assert page.remarks["week.windows"].isVisible()


def test_a_refusal_frees_the_page_with_all_that_was_typed(page: ClinicPage) -> None:
    page.site.setText("Lindenhof")
    page.doctor.setText("Dr. Okafor")
    page.zone.show("Europe/Berlin")
    sent: list[BeginClinic] = []
    page.wanted.connect(sent.append)
    page.submit()
    page.submit()  # again, while it is being saved
    assert len(sent) == 1
    assert not page.fields.isEnabled()
    page.answer(DatabaseDown("no connection"))
    assert page.fields.isEnabled()
    assert "cannot be reached" in page.remark.text()
    assert page.site.text() == "Lindenhof"
    page.submit()
    assert len(sent) == 2
    assert page.remark.isHidden()


def test_every_field_has_a_name_and_is_reached_by_tab(page: ClinicPage) -> None:
    seen = []
    for _ in range(16):
        widget = QApplication.focusWidget()
        assert widget is not None
        assert widget.accessibleName(), widget.objectName()
        seen.append(widget.objectName())
        press(Key.Key_Tab)
    order = ["first_site", "first_zone", "first_doctor", *(f"first_day_{day}" for day in range(1, 8))]
    order += ["first_hours", "first_kind", "first_minutes", "first_clinic_back", "first_clinic_go"]
    assert seen[: len(order)] == order
