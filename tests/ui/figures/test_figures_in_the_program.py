"""The figures at a desk: by keyboard, as charts and tables, saved and on paper; only for who may see them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.figures import Span
from clinic_desk.services.booking import book
from clinic_desk.ui.figures.desk import FiguresDesk
from clinic_desk.ui.figures.sheet import PAGES, FiguresSheet
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic

OpenProgram = Callable[..., DeskProgram]
Key = Qt.Key
Alt, Ctrl, Shift = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


@pytest.fixture
def desk(
    open_program: OpenProgram, clinic: SmallClinic, database: Database, url_as: Callable[[Any], URL], qtbot: QtBot
) -> Workspace:
    """A manager's desk; two checkups are on the Monday, one on the Tuesday before."""
    for days, hour in ((0, 9), (0, 10), (-6, 9)):
        book(database, checkup(clinic, at(clinic.monday + timedelta(days=days), hour)))
    space = open_program("Office", url_as("clinic_manager")).workspace
    assert space is not None
    space.window.activateWindow()
    qtbot.waitUntil(space.window.isActiveWindow)
    return space


def press(key: Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    focused = QApplication.focusWidget()
    assert isinstance(focused, QWidget)
    QTest.keyClick(focused, key, modifiers)


def opened(space: Workspace, qtbot: QtBot) -> FiguresSheet:
    """The sheet, on the week of the clinic's Monday."""
    space.window.calendar.setFocus()
    press(Key.Key_F, Ctrl | Shift)
    found = space.findChild(FiguresDesk)
    assert isinstance(found, FiguresDesk)
    sheet = found.sheet
    assert isinstance(sheet, FiguresSheet)
    qtbot.waitUntil(sheet.csv.isEnabled)
    return sheet


def go_to_the_week(sheet: FiguresSheet, clinic: SmallClinic, qtbot: QtBot) -> None:
    sheet.span.setCurrentIndex(sheet.span.values.index(Span.ANY))
    for line, day in ((sheet.first, clinic.monday), (sheet.last, clinic.monday + timedelta(days=6))):
        line.setFocus()
        line.setText(day.isoformat())
        press(Key.Key_Return)
    qtbot.waitUntil(lambda: sheet.csv.isEnabled() and sheet.pages[0].chart is not None and sheet.told.text() == "")


def test_a_manager_looks_at_figures_by_keyboard_alone(desk: Workspace, clinic: SmallClinic, qtbot: QtBot) -> None:
    sheet = opened(desk, qtbot)
    assert sheet.span.hasFocus()
    month = sheet.when.text()
    press(Key.Key_Left, Ctrl)
    qtbot.waitUntil(lambda: sheet.csv.isEnabled() and sheet.when.text() != month)
    press(Key.Key_Right, Ctrl)
    assert sheet.when.text() == month
    go_to_the_week(sheet, clinic, qtbot)
    chart = sheet.pages[0].chart
    assert chart is not None
    assert chart.series[0].values[1] == 100 * 30 / 2400
    assert chart.series[1].values[1] == 100 * 15 / 2400
    assert sheet.tiles[0][1].text() == "0.4 %"
    press(Key.Key_6, Alt)
    assert sheet.page.objectName() == "figures_messages"
    press(Key.Key_PageUp, Ctrl)
    assert sheet.page.objectName() == f"figures_{PAGES[4]}"
    press(Key.Key_1, Alt)
    press(Key.Key_T, Alt)
    qtbot.waitUntil(sheet.as_table.isChecked)
    assert sheet.page.table is not None
    assert sheet.page.table.isVisible()
    assert sheet.page.table.model().index(1, 1).data() == "1.2 %"
    press(Key.Key_Y, Alt)
    qtbot.waitUntil(lambda: "clipboard" in sheet.told.text())
    assert QApplication.clipboard().text().splitlines()[2].startswith("Dr. Weber\t1.2 %\t0.6 %\t40\t0.5\t0")
    press(Key.Key_Escape)
    assert desk.window.calendar.hasFocus()
    assert opened(desk, qtbot).wish.span is Span.ANY  # what was looked at last


@pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen says so of the file dialog's size
def test_a_figure_is_saved_as_csv_with_plain_numbers_and_all_of_them_as_pdf(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot, tmp_path: Path
) -> None:
    sheet = opened(desk, qtbot)
    go_to_the_week(sheet, clinic, qtbot)
    press(Key.Key_S, Alt)
    qtbot.waitUntil(lambda: desk.window.findChild(QFileDialog) is not None)
    dialog = desk.window.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "u.csv"))
    dialog.close()
    qtbot.waitUntil(lambda: sheet.told.text() == "✓ Saved as u.csv")
    rows = list(csv.reader((tmp_path / "u.csv").read_text("utf-8-sig").splitlines()))
    assert rows[0] == [
        "Doctor",
        "3–9 Mar 2031 (%)",
        "24 Feb–2 Mar 2031 (%)",
        "Bookable hours",
        "Taken hours",
        "Hours beyond",
    ]
    assert rows[2] == ["Dr. Weber", "1.25", "0.62", "40", "0.5", "0"]
    figures = desk.findChild(FiguresDesk)
    assert isinstance(figures, FiguresDesk)
    figures.save_pdf(tmp_path / "all.pdf")
    qtbot.waitUntil(lambda: sheet.told.text() == "✓ Saved as all.pdf")
    assert (tmp_path / "all.pdf").read_bytes().startswith(b"%PDF-")
    figures.save_pdf(tmp_path / "not" / "there" / "all.pdf")
    qtbot.waitUntil(lambda: "could not be saved" in sheet.told.text())


def test_days_that_are_none_are_said_and_a_year_without_anything_is_said_to_be_empty(
    desk: Workspace, clinic: SmallClinic, qtbot: QtBot
) -> None:
    sheet = opened(desk, qtbot)
    sheet.span.setCurrentIndex(sheet.span.values.index(Span.ANY))
    sheet.last.setText("someday")
    sheet.last.editingFinished.emit()
    assert "not a date" in sheet.problem.text()
    for line in (sheet.first, sheet.last):
        line.setText("1.1.2019")  # before anybody worked
    sheet.last.editingFinished.emit()
    qtbot.waitUntil(lambda: "Nobody worked" in sheet.told.text())
    assert sheet.page.nothing.isVisible()


def test_who_may_not_see_figures_is_told_who_can_change_that(
    open_program: OpenProgram, clinic: SmallClinic, qtbot: QtBot
) -> None:
    space = open_program().workspace
    assert space is not None
    space.window.actions_by_name["figures"].trigger()
    (sheet,) = space.window.findChildren(FiguresSheet)
    assert "may not see the figures" in sheet.told.text()
    assert sheet.close_button.hasFocus()
    assert not sheet.span.isEnabled()
    assert not sheet.csv.isEnabled()
