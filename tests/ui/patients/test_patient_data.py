"""A manager takes a patient's data out and erases it, by keyboard; nobody else is offered it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Cancel
from clinic_desk.domain.records import CancellationReason
from clinic_desk.services.booking import book, cancel
from clinic_desk.services.patients import get_patient
from clinic_desk.ui.patients.data_sheet import DataSheet
from clinic_desk.ui.patients.sheet import PatientSheet
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import checkup
from tests.support.small_clinic import SmallClinic
from tests.ui.patients.test_patient_page import opened, over
from tests.ui.setup.conftest import manager, press, type_keys

__all__ = ["manager"]


@pytest.fixture
def managers_space(clinic: SmallClinic, manager: DeskProgram, qtbot: QtBot) -> Workspace:
    found = manager.workspace
    assert found is not None
    manager.window.activateWindow()
    qtbot.waitActive(manager.window)
    return found


def data_of(space: Workspace, clinic: SmallClinic, qtbot: QtBot) -> DataSheet:
    page = opened(space, clinic.patients[0], qtbot)
    page.data.setFocus()
    press(Qt.Key.Key_Space)
    sheet = over(space, DataSheet, qtbot)
    qtbot.waitUntil(lambda: sheet.seen is not None)
    return sheet


def test_the_reception_is_not_offered_it(space: Workspace, clinic: SmallClinic, qtbot: QtBot) -> None:
    assert not opened(space, clinic.patients[0], qtbot).data.isVisible()


def test_erasing_says_what_goes_wants_the_name_typed_and_closes_the_page(
    managers_space: Workspace, clinic: SmallClinic, database: Database, qtbot: QtBot
) -> None:
    entry = book(database, checkup(clinic))
    sheet = data_of(managers_space, clinic, qtbot)
    assert sheet.facts.text() == "There are appointments to come: 1. Cancel them first."
    assert not sheet.confirm.isVisible()
    assert not sheet.erase.isEnabled()
    press(Qt.Key.Key_Escape)
    cancel(database, Cancel(entry.id, 1, CancellationReason.PATIENT))
    sheet = data_of(managers_space, clinic, qtbot)
    assert "This cannot be taken back." in sheet.facts.text()
    sheet.confirm.setFocus()
    type_keys("meie")
    assert not sheet.erase.isEnabled()
    type_keys("r")
    assert sheet.erase.isEnabled()
    sheet.erase.setFocus()
    press(Qt.Key.Key_Return)
    window = managers_space.window
    qtbot.waitUntil(lambda: not any(each.isVisible() for each in window.findChildren(PatientSheet)))
    assert window.toasts.latest_text().startswith("The patient's data was erased.")
    assert get_patient(database, clinic.patients[0]).display_name == "–"


def test_the_file_is_written_where_it_was_asked_for(
    managers_space: Workspace, clinic: SmallClinic, qtbot: QtBot, tmp_path: Path
) -> None:
    sheet = data_of(managers_space, clinic, qtbot)
    sheet.file_wanted.emit(tmp_path / "her.json")
    qtbot.waitUntil(lambda: sheet.told.text().startswith("✓ Written"))
    assert json.loads((tmp_path / "her.json").read_text("utf-8"))["patient"][0]["family_name"] == "Meier"
    sheet.file_wanted.emit(tmp_path / "no folder" / "her.json")
    qtbot.waitUntil(lambda: "✓" not in sheet.told.text() and "Working" not in sheet.told.text())
    assert sheet.told.property("role") == "danger"
    press(Qt.Key.Key_Escape)
