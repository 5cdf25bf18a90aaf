"""The history at a desk, by keyboard: one appointment's, everybody's for a manager, saved, checked, and going there."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Cancel, Update
from clinic_desk.domain.history_chain import from_paper
from clinic_desk.domain.history_list import ChangeKind
from clinic_desk.domain.records import CancellationReason, Entry
from clinic_desk.services.booking import book, cancel, update
from clinic_desk.services.exporting.lists import Target
from clinic_desk.ui.history.desk import HistoryDesk
from clinic_desk.ui.history.sheet import HistorySheet
from clinic_desk.ui.history.words import what_text
from clinic_desk.ui.paper.desk import PaperDesk
from clinic_desk.ui.paper.document import Document
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
def moved(clinic: SmallClinic, database: Database, second_database: Database) -> Entry:
    """A visit on the Monday that Desk 1 booked and Desk 2 moved; another one that was cancelled."""
    made = book(database, checkup(clinic, at(clinic.monday, 9)))
    other = book(database, checkup(clinic, at(clinic.monday, 10), patient_id=clinic.patients[2])).appointment
    cancel(database, Cancel(other.id, other.version, CancellationReason.PATIENT))
    row = made.appointment
    return update(second_database, Update(row.id, row.version, starts_at=at(clinic.monday, 11)))


def press(key: Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    focused = QApplication.focusWidget()
    assert isinstance(focused, QWidget)
    QTest.keyClick(focused, key, modifiers)


def desk_of(open_program: OpenProgram, url: URL, qtbot: QtBot) -> Workspace:
    space = open_program("Office", url).workspace
    assert space is not None
    space.window.activateWindow()
    qtbot.waitUntil(space.window.isActiveWindow)
    return space


def opened(space: Workspace, qtbot: QtBot) -> HistorySheet:
    """All changes, by the key."""
    space.window.calendar.setFocus()
    press(Key.Key_H, Ctrl | Shift)
    desk = space.findChild(HistoryDesk)
    assert isinstance(desk, HistoryDesk)
    assert desk.sheet is not None
    read(desk.sheet, qtbot)
    return desk.sheet


def read(sheet: HistorySheet, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: "Reading" not in sheet.told.text(), timeout=10_000)


def lines(sheet: HistorySheet) -> list[str]:
    return [what_text(one, sheet._clinic) for one in sheet.rows.records]


def test_a_receptionist_sees_what_became_of_one_appointment_and_not_everybodys_changes(
    open_program: OpenProgram, qtbot: QtBot, database_url: URL, moved: Entry, clinic: SmallClinic
) -> None:
    space = desk_of(open_program, database_url, qtbot)
    space.navigator.go_to(clinic.monday, select=moved.id)
    qtbot.waitUntil(lambda: clinic.monday in space.store.boards and space.window.calendar.selected_entry() is not None)
    space.window.calendar.setFocus()
    press(Key.Key_H, Shift)
    desk = space.findChild(HistoryDesk)
    assert isinstance(desk, HistoryDesk)
    assert desk.sheet is not None
    sheet = desk.sheet
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 2)
    assert lines(sheet)[0].startswith("Moved from Mon 3 Mar 09:00 to Mon 3 Mar 11:00")
    assert lines(sheet)[1].startswith("Booked: Mon 3 Mar 09:00, Checkup with Dr. Weber")
    assert "Desk 2" in sheet.rows.index(0, 1).data()
    assert not sheet.csv.isVisible()
    press(Key.Key_Escape)
    qtbot.waitUntil(lambda: desk.sheet is None)
    refused = opened(space, qtbot)
    assert "may not look through everybody's changes" in refused.told.text()
    assert refused.rows.records == []


def test_a_manager_narrows_saves_and_goes_to_what_was_changed(
    *, open_program: OpenProgram, qtbot: QtBot, url_as: Callable[[Any], URL], moved: Entry, tmp_path: Path
) -> None:
    space = desk_of(open_program, url_as("clinic_manager"), qtbot)
    sheet = opened(space, qtbot)
    assert sheet.list.hasFocus()
    assert lines(sheet)[0].startswith("Moved from Mon 3 Mar 09:00 to Mon 3 Mar 11:00")
    assert any(line.startswith("Working hours Dr. Weber, Mitte, Mon 08:00–12:00 added") for line in lines(sheet))
    qtbot.waitUntil(lambda: len(sheet.desk.values) > 2)
    sheet.kind.setCurrentIndex(sheet.kind.values.index(ChangeKind.APPOINTMENTS))
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 4)
    sheet.first_day.setText("tomorrow")
    sheet.first_day.setFocus()
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: not sheet.rows.records)
    assert "Nothing was changed" in sheet.told.text()
    sheet.first_day.setText("when?")
    press(Key.Key_Return)
    assert "not understood as a day" in sheet.told.text()
    sheet.first_day.setText("-1w")
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 4)
    desk = space.findChild(HistoryDesk)
    assert isinstance(desk, HistoryDesk)
    desk.save_csv(Target(tmp_path / "changes.csv", ";"))
    qtbot.waitUntil(lambda: "saved as changes.csv" in sheet.told.text())
    rows = list(csv.reader((tmp_path / "changes.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0] == ["When", "Who", "Patient", "What"]
    assert rows[1][2] == "Anna Meier"
    sheet.list.setFocus()
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: desk.sheet is None)
    qtbot.waitUntil(lambda: (entry := space.window.calendar.selected_entry()) is not None and entry.id == moved.id)


def test_a_manager_has_the_history_checked(
    open_program: OpenProgram, qtbot: QtBot, url_as: Callable[[Any], URL], moved: Entry, owner_engine: Engine
) -> None:
    space = desk_of(open_program, url_as("clinic_manager"), qtbot)
    sheet = opened(space, qtbot)
    press(Key.Key_W, Alt)
    qtbot.waitUntil(lambda: sheet.told.text().startswith("✓ The history is whole"), timeout=20_000)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE history DISABLE TRIGGER USER")
        connection.exec_driver_sql("DELETE FROM history WHERE row_id = %s", (moved.id,))
        connection.exec_driver_sql("ALTER TABLE history ENABLE TRIGGER USER")
    press(Key.Key_W, Alt)
    qtbot.waitUntil(lambda: "NOT whole" in sheet.told.text(), timeout=20_000)
    assert f"appointment {moved.id}: has no history at all." in sheet.told.text()


def test_printed_changes_carry_the_last_seal_of_the_history(
    *,
    open_program: OpenProgram,
    qtbot: QtBot,
    url_as: Callable[[Any], URL],
    moved: Entry,
    owner_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pages: list[Document] = []
    monkeypatch.setattr(PaperDesk, "preview", lambda _desk, document, _paper: pages.append(document))
    space = desk_of(open_program, url_as("clinic_manager"), qtbot)
    sheet = opened(space, qtbot)
    sheet.kind.setCurrentIndex(sheet.kind.values.index(ChangeKind.APPOINTMENTS))
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 4)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO history_seal (no, first_id, last_id, count, digest, marks, at)"
            " SELECT coalesce(max(no), 0) + 1, 1, 2, 2, %s, '', now() FROM history_seal",
            (bytes(range(32)),),
        )
        seal = connection.exec_driver_sql("SELECT no, digest FROM history_seal ORDER BY no DESC LIMIT 1").one()
    press(Key.Key_P, Alt)
    qtbot.waitUntil(lambda: len(pages) == 1)
    (page,) = pages[0].sheets
    assert from_paper(pages[0].foot.split(": ")[1].split(" of ")[0]) == (seal[0], bytes(seal[1]).hex()[:16])
    assert "Appointments" in page.below
    assert page.aside[0] == "4 changes"
    first = [cell[0].text for cell in page.rows[0].cells]
    assert first[2] == "Anna Meier"
    assert first[3].startswith("Moved from Mon 3 Mar 09:00 to Mon 3 Mar 11:00")


def test_each_kind_of_change_is_a_sentence(
    open_program: OpenProgram, qtbot: QtBot, url_as: Callable[[Any], URL], clinic: SmallClinic, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        off = {"practitioner_id": clinic.weber, "starts_at": at(clinic.monday, 9), "ends_at": at(clinic.monday, 12)}
        for statement, values in (
            (insert(tables.time_off), off | {"id": uuid4(), "name": "School"}),
            (insert(tables.staff_right), {"id": uuid4(), "login": "test_reception", "name": "export", "granted": True}),
            (insert(tables.wish), {"id": uuid4(), "patient_id": clinic.patients[0], "type_id": clinic.checkup}),
        ):
            connection.execute(statement.values(values))
        connection.exec_driver_sql("UPDATE room SET name = 'Room one', active = false WHERE name = 'Room 1'")
        connection.exec_driver_sql("UPDATE working_hours SET start_minute = 540 WHERE start_minute = 480")
        connection.exec_driver_sql("UPDATE patient SET phone = '+4930999' WHERE given_name = 'Anna'")
        connection.exec_driver_sql("UPDATE booking_rules SET step_minutes = 20")
    space = desk_of(open_program, url_as("clinic_manager"), qtbot)
    told = lines(opened(space, qtbot))
    for line in (
        "Time off Dr. Weber, “School”, Mon 3 Mar 03:00 – Mon 3 Mar 06:00 added",
        "Right “Export” of test_reception person, given added",
        "Wish for an earlier time added",
        "Room or device Mitte, “Room one”: name: Room 1 → Room one; in use: yes → no",
        "Working hours Dr. Weber, Mitte, Mon 09:00–12:00: from: 08:00 → 09:00",
        "Booking rules: step minutes: 15 → 20",
    ):
        assert line in told, [one for one in told if one[:4] == line[:4]]
    assert any(line.startswith("Phone: ") and line.endswith("→ +4930999") for line in told)
