"""A restricted record at a desk, by keyboard: closed, opened with a reason, counted down, closed again, and told of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import pytest
from PySide6.QtCore import QAbstractTableModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import text

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import UpdatePatient
from clinic_desk.domain.history_list import ChangeKind
from clinic_desk.domain.records import Channel, Patient
from clinic_desk.domain.restricted import RestrictPatient
from clinic_desk.services.booking import book
from clinic_desk.services.patients import get_patient, update_patient
from clinic_desk.services.restricted import restrict_patient
from clinic_desk.ui.booking.match_list import spoken
from clinic_desk.ui.booking.patient_line import find_lines
from clinic_desk.ui.history.sheet import HistorySheet
from clinic_desk.ui.patients.closed_desk import ClosedRecord
from clinic_desk.ui.patients.sheet import CHANGES, MESSAGES, PAST, PatientSheet
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import checkup
from tests.support.small_clinic import SmallClinic
from tests.ui.patients.test_patient_page import opened, over
from tests.ui.setup.conftest import manager, other, press, type_keys

__all__ = ["manager", "other"]

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
WHY: Final = "She fainted in the waiting room"
SECRETS: Final = ("111222333", "canary@example.org", "canary note")


@pytest.fixture
def anna(clinic: SmallClinic, database: Database, other: Database) -> UUID:
    """A restricted patient with an appointment to come."""
    now = get_patient(database, clinic.patients[0])
    new = replace(now, phone="+4930111222333", email=SECRETS[1], note=SECRETS[2], channel=Channel.SMS)
    saved = update_patient(database, UpdatePatient(new))
    book(database, checkup(clinic, patient_id=saved.id))
    restrict_patient(other, RestrictPatient(saved.id, saved.version))
    return saved.id


def said(window: QWidget) -> str:
    """All that a window's widgets say, shown or not: texts, tool tips, accessible names, rows of lists."""
    found = []
    for each in (window, *window.findChildren(QWidget)):
        found += [each.toolTip(), each.accessibleName(), each.accessibleDescription()]
        if isinstance(each, QLabel | QLineEdit):
            found.append(each.text())
        elif isinstance(each, QPlainTextEdit):
            found.append(each.toPlainText())
        elif isinstance(each, QAbstractItemView) and each.model() is not None and each.model().rowCount() < 200:
            model = each.model()
            columns = model.columnCount() if isinstance(model, QAbstractTableModel) else 1
            found += [str(model.index(at // columns, at % columns).data()) for at in range(model.rowCount() * columns)]
    return "\n".join(found).replace(" ", "")


def leaks(window: QWidget) -> list[str]:
    words = said(window)
    return [secret for secret in SECRETS if secret.replace(" ", "") in words]


def state_of(sheet: PatientSheet) -> ClosedRecord:
    found = sheet.findChild(ClosedRecord)
    assert isinstance(found, ClosedRecord)
    return found


def open_by_keys(sheet: PatientSheet, reason: str, qtbot: QtBot) -> None:
    qtbot.waitUntil(sheet.closed.isVisible)
    sheet.closed.reason.setFocus()
    type_keys(reason)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: sheet.record is not None and sheet.record.patient.opened)


def test_a_reception_opens_it_with_a_reason_and_what_it_said_leaves_the_screen_again(
    anna: UUID, space: Workspace, qtbot: QtBot
) -> None:
    sheet = opened(space, anna, qtbot)
    assert sheet.closed.isVisible()
    assert not sheet.fields.isVisible()
    assert leaks(space.window) == []
    assert not any(sheet.lists.buttons[page].isEnabled() for page in (PAST, MESSAGES, CHANGES))
    assert sheet.lists.buttons[PAST].text() == "Earlier"  # no number: 0 would say that she was never here
    sheet.closed.reason.setFocus()
    type_keys("too short")
    press(Qt.Key.Key_Return)
    assert not sheet.closed.open.isEnabled()
    assert sheet.closed.remark.text() == "One character more."
    sheet.closed.reason.clear()
    open_by_keys(sheet, WHY, qtbot)
    assert (sheet.details.phone.text(), sheet.details.note.toPlainText()) == ("+4930111222333", SECRETS[2])
    assert sheet.open_line.isVisible()
    assert "left" in sheet.open_line.told.text()
    press(Qt.Key.Key_H, ALT)
    qtbot.waitUntil(lambda: sheet.closed.isVisible() and not sheet.open_line.isVisible())
    assert leaks(space.window) == []
    assert sheet.closed.reason.text() == ""


def test_time_ends_it_also_while_something_is_typed_and_the_server_decides(
    anna: UUID, space: Workspace, database: Database, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = opened(space, anna, qtbot)
    open_by_keys(sheet, WHY, qtbot)
    sheet.details.given_name.setFocus()
    type_keys("x")
    ahead = space.store.freshness.now() + timedelta(minutes=14, seconds=30)
    monkeypatch.setattr(space.store.freshness, "now", lambda: ahead)
    qtbot.waitUntil(lambda: "Save now" in sheet.open_line.told.text())
    later = ahead + timedelta(minutes=1)
    monkeypatch.setattr(space.store.freshness, "now", lambda: later)
    qtbot.waitUntil(sheet.closed.isVisible)
    assert leaks(space.window) == []
    monkeypatch.undo()
    open_by_keys(sheet, WHY, qtbot)
    with database.writing() as connection:
        connection.execute(text("SELECT end_access(id, NULL) FROM patient_access"))
    space.store.tables_changed.emit(frozenset({"patient"}))
    qtbot.waitUntil(sheet.closed.isVisible)
    assert leaks(space.window) == []


def test_what_is_open_is_saved_and_leaving_the_page_closes_it(
    anna: UUID, space: Workspace, database: Database, qtbot: QtBot
) -> None:
    sheet = opened(space, anna, qtbot)
    open_by_keys(sheet, WHY, qtbot)
    sheet.details.email.setFocus()
    sheet.details.email.selectAll()
    type_keys("new@example.org")
    press(Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: sheet.told.text() == "✓ Saved")
    qtbot.waitUntil(lambda: not sheet.details.is_changed)
    assert get_patient(database, anna).email == ""
    press(Qt.Key.Key_Escape)

    def ended() -> bool:
        with database.reading() as connection:
            return bool(connection.scalar(text("SELECT bool_and(ended_at IS NOT NULL) FROM patient_access")))

    qtbot.waitUntil(ended)
    qtbot.waitUntil(lambda: leaks(space.window) == [])


def test_a_manager_restricts_opens_by_right_lifts_and_sees_who_opened_it(
    clinic: SmallClinic, database: Database, manager: DeskProgram, qtbot: QtBot
) -> None:
    space = manager.workspace
    assert space is not None
    manager.window.activateWindow()
    qtbot.waitActive(manager.window)
    sheet = opened(space, clinic.patients[0], qtbot)

    def now() -> Patient:
        return get_patient(database, clinic.patients[0])

    press(Qt.Key.Key_H, ALT)
    qtbot.waitUntil(lambda: now().restricted and sheet.closed.isVisible())
    press(Qt.Key.Key_O, ALT)
    qtbot.waitUntil(lambda: sheet.record is not None and sheet.record.patient.opened)
    press(Qt.Key.Key_V, ALT)
    qtbot.waitUntil(lambda: not now().restricted and sheet.fields.isVisible() and not sheet.open_line.isVisible())
    press(Qt.Key.Key_Escape)
    space.window.actions_by_name["history"].trigger()
    history = over(space, HistorySheet, qtbot)
    history.kind.setFocus()
    press(Qt.Key.Key_End)
    assert history.kind.value is ChangeKind.ACCESSES
    qtbot.waitUntil(lambda: history.rows.rowCount() == 2)
    told = [history.rows.index(row, 3).data() for row in range(2)]
    assert told[0] == "Restricted record closed before its time"
    assert told[1].startswith("Restricted record opened until ")
    assert history.rows.index(1, 2).data() == "Anna Meier"


def test_the_type_ahead_shows_her_with_a_mark_instead_of_what_is_closed(anna: UUID, database: Database) -> None:
    (line,) = find_lines(database, "Anna Meier")
    told = spoken(line.match, date(2031, 3, 3), lambda at: at)
    assert told.startswith("Meier, Anna, restricted record, next: ")
    assert get_patient(database, anna) == line.match.patient
