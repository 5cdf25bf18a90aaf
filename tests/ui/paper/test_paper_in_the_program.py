"""Printing at a desk: asked for by key, seen before it is printed, saved, stopped; the card; lists by themselves."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtPrintSupport import QPrintPreviewDialog, QPrintPreviewWidget
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.services.booking import book
from clinic_desk.services.day_list import read_day
from clinic_desk.ui.paper import choices
from clinic_desk.ui.paper.automatic import AutomaticLists, automatic_of
from clinic_desk.ui.paper.automatic_sheet import AutomaticSheet
from clinic_desk.ui.paper.desk import PaperDesk, paper_of
from clinic_desk.ui.paper.print_sheet import PrintSheet, Wish
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic

OFFSCREEN = pytest.mark.qt_log_ignore("This plugin does not support")
"""The preview is a window of its own: offscreen says of each that it takes no hints of its size."""
OpenProgram = Callable[..., DeskProgram]
Key = Qt.Key
Ctrl, Shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def desk(open_program: OpenProgram, clinic: SmallClinic, database: Database, qtbot: QtBot) -> Workspace:
    """A desk that shows the clinic's Monday with one appointment, chosen on the calendar."""
    entry = book(database, checkup(clinic))
    space = open_program().workspace
    assert space is not None
    space.navigator.go_to(clinic.monday, select=entry.id)
    qtbot.waitUntil(lambda: space.window.calendar.selected_entry() is not None)
    space.window.activateWindow()
    return space


def press(space: Workspace, key: Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the keyboard is."""
    QTest.keyClick(space.window.focusWidget(), key, modifier)


def sheet_of(space: Workspace, qtbot: QtBot) -> PrintSheet:
    press(space, Key.Key_P, Ctrl)
    sheet = paper_of(space).sheet
    assert sheet is not None
    return sheet


def preview_of(space: Workspace, qtbot: QtBot) -> QPrintPreviewDialog:
    qtbot.waitUntil(lambda: space.window.findChild(QPrintPreviewDialog) is not None)
    found = space.window.findChild(QPrintPreviewDialog)
    assert isinstance(found, QPrintPreviewDialog)
    qtbot.waitUntil(found.isVisible)
    return found


def pages_of(preview: QPrintPreviewDialog) -> int:
    widget = preview.findChild(QPrintPreviewWidget)
    assert isinstance(widget, QPrintPreviewWidget)
    return widget.pageCount()


@OFFSCREEN
def test_two_keys_show_the_lists_of_the_day_on_screen(desk: Workspace, clinic: SmallClinic, qtbot: QtBot) -> None:
    sheet = sheet_of(desk, qtbot)
    assert sheet.day.text() == "3 Mar 2031"
    press(desk, Key.Key_Return)
    preview = preview_of(desk, qtbot)
    qtbot.waitUntil(lambda: pages_of(preview) == 3)  # two doctors in Berlin, one in New York
    preview.close()
    sheet.reject()
    assert paper_of(desk).sheet is None


@OFFSCREEN
def test_a_week_is_of_one_doctor_and_a_wrong_date_is_said_at_its_field(desk: Workspace, qtbot: QtBot) -> None:
    sheet = sheet_of(desk, qtbot)
    sheet.what.setCurrentIndex(1)
    assert None not in sheet.doctor.values
    sheet.day.setText("someday")
    press(desk, Key.Key_Return)
    assert sheet.problem.text()
    assert sheet.day.hasFocus()
    sheet.day.setText("5.3.2031")
    press(desk, Key.Key_Return)
    preview = preview_of(desk, qtbot)
    qtbot.waitUntil(lambda: pages_of(preview) == 1)
    assert preview.windowTitle() == "Week plan"
    preview.close()
    sheet.day.setText("2.3.2031")
    sheet.what.setCurrentIndex(0)
    sheet.doctor.setCurrentIndex(0)
    sheet.next.click()
    qtbot.waitUntil(lambda: "Nobody works" in sheet.told.text())
    sheet.reject()


@OFFSCREEN
def test_rooms_have_lists_and_weeks_too(desk: Workspace, clinic: SmallClinic, database: Database, qtbot: QtBot) -> None:
    row = {
        "type_id": clinic.procedure,
        "room_id": clinic.room_2,
        "length_minutes": 60,
        "patient_id": clinic.patients[2],
    }
    book(database, checkup(clinic, at(clinic.monday, 14), **row))
    desk.window.actions_by_name["rooms"].trigger()
    sheet = sheet_of(desk, qtbot)
    assert sheet.what.value == "rooms"
    press(desk, Key.Key_Return)
    preview = preview_of(desk, qtbot)
    qtbot.waitUntil(lambda: pages_of(preview) == 1)  # the room in use
    preview.close()
    sheet.what.setCurrentIndex(sheet.what.values.index("room-week"))
    assert set(sheet.doctor.values) == {clinic.room_1, clinic.room_2}
    wish = Wish("room-week", clinic.monday, None, None, "a4", clinic.room_2)
    document = paper_of(desk)._read(wish)()
    (plan,) = document.sheets
    told = [text.text for line in plan.rows for cell in line.cells for text in cell]
    assert plan.title == "Room 2"
    assert "14:00 O'Neill, Siobhán" in told
    assert any("Procedure · Dr. Weber" in text for text in told)
    sheet.reject()


def test_a_pdf_is_saved_whole_and_stopping_leaves_nothing(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot, tmp_path: Path
) -> None:
    sheet, paper = sheet_of(desk, qtbot), paper_of(desk)
    wish = paper._first()
    paper.save(sheet, wish, tmp_path / "x.pdf")
    assert sheet.close_button.text() == "&Stop"
    qtbot.waitUntil(lambda: sheet.told.text() == "✓ Saved as x.pdf")
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF-")
    paper.save(sheet, wish, tmp_path / "not" / "there" / "x.pdf")
    qtbot.waitUntil(lambda: "could not be saved" in sheet.told.text())
    stopped = threading.Event()

    def read_until_stopped(*arguments: Any) -> Any:
        stopped.wait(20)
        return read_day(*arguments)

    with patch("clinic_desk.services.day_list.read_day", read_until_stopped):
        paper.save(sheet, wish, tmp_path / "y.pdf")
        QTest.keyClick(sheet, Key.Key_Escape)
        stopped.set()
        qtbot.waitUntil(lambda: sheet.told.text().startswith("Stopped."))
    assert [path.name for path in tmp_path.glob("*.pdf")] == ["x.pdf"]
    assert sheet.isVisible()
    sheet.reject()


@OFFSCREEN
def test_the_card_of_the_chosen_patient_is_one_key_away(
    desk: Workspace, clinic: SmallClinic, database: Database, qtbot: QtBot
) -> None:
    press(desk, Key.Key_P, Ctrl | Shift)
    preview = preview_of(desk, qtbot)
    qtbot.waitUntil(lambda: pages_of(preview) == 1)
    assert preview.windowTitle() == "Your appointment"
    keys = [action.shortcut().toString() for action in preview.findChildren(QAction)]
    assert "Ctrl+P" in keys
    QTest.keyClick(preview, Key.Key_Escape)
    qtbot.waitUntil(lambda: desk.window.findChild(QPrintPreviewDialog) is None)
    assert desk.window.focusWidget() is desk.window.calendar


# --- by themselves ----------------------------------------------------------------------------------------------------


def settings_of(space: Workspace) -> AutomaticSheet:
    space.window.actions_by_name["automatic_lists"].trigger()
    sheet = paper_of(space).settings
    assert sheet is not None
    return sheet


def test_nothing_is_written_until_somebody_says_where(desk: Workspace, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: desk.findChild(AutomaticLists) is not None)
    automatic_of(desk).look()
    assert not automatic_of(desk).job.is_busy
    assert not choices.automatic(desk.window.preferences).on


def test_chosen_by_keyboard_the_lists_are_written_and_not_again_before_they_are_due(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot, tmp_path: Path
) -> None:
    sheet = settings_of(desk)
    assert sheet.times.text() == "12:00, 18:00"
    QTest.keyClick(sheet.on, Key.Key_Space)
    sheet.times.setText("25 o'clock")
    QTest.keyClick(sheet.times, Key.Key_Return)
    assert sheet.problem.text()
    sheet.times.setText("0:00")
    sheet.folder.setText(str(tmp_path / "lists"))
    automatic = automatic_of(desk)
    with qtbot.waitSignal(automatic.ended, timeout=20_000):
        QTest.keyClick(sheet.times, Key.Key_Return)
    assert paper_of(desk).settings is None
    files = sorted((tmp_path / "lists").iterdir())
    assert {path.name.rpartition(" ")[2] for path in files} == {"Mitte.pdf", "Harlem.pdf"}
    assert all(path.read_bytes().startswith(b"%PDF-") for path in files)
    automatic.look()
    assert not automatic.job.is_busy
    assert settings_of(desk).told.text().startswith("Last written: ")
    paper = desk.findChild(PaperDesk)
    assert paper is not None
    assert paper.settings is not None
    paper.settings.reject()


def test_what_could_not_be_written_is_said_in_the_status_bar_until_it_is(
    desk: Workspace, qtbot: QtBot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    automatic, shown = automatic_of(desk), desk.window.status_bar.paper
    wrong = choices.Automatic(on=True, folder=str(tmp_path / "not" / "there"), minutes=(0,))
    choices.set_automatic(desk.window.preferences, wrong)
    with qtbot.waitSignal(automatic.ended, timeout=20_000):
        automatic.look_anew()
    assert shown.isVisible()
    assert "folder" in shown.toolTip()
    assert "Meier" not in caplog.text
    automatic.look()
    assert not automatic.job.is_busy  # not at once again
    shown.click()
    sheet = paper_of(desk).settings
    assert sheet is not None
    assert "could not be written" in sheet.told.text()
    sheet.folder.setText(str(tmp_path))
    with qtbot.waitSignal(automatic.ended, timeout=20_000):
        sheet.now.click()
    assert not shown.isVisible()
    assert sheet.told.text().startswith("Last written: ")
    sheet.reject()


def test_a_list_that_was_due_while_the_desk_was_off_is_made_up_for(desk: Workspace) -> None:
    automatic = automatic_of(desk)
    site = desk.store.clinic.sites[0]
    now = at(desk.navigator.today(), 12, 30, site.zone)
    choices.set_automatic(desk.window.preferences, choices.Automatic(on=False, folder="/x"))
    for hours, due in ((1, True), (0, False)):
        choices.set_written_at(desk.window.preferences, site.id, now - timedelta(hours=hours))
        assert automatic._is_due(site.id, site.zone, now) is due
