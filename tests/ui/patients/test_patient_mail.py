"""A patient's own list, e-mailed from her page by keyboard, followed live, and taken back."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import UpdatePatient
from clinic_desk.domain.records import Channel
from clinic_desk.services.booking import book
from clinic_desk.services.patients import get_patient, update_patient
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import checkup
from tests.support.queued import queue, run
from tests.support.small_clinic import SmallClinic
from tests.ui.patients.test_patient_page import opened, texts
from tests.ui.setup.conftest import press

ALT = Qt.KeyboardModifier.AltModifier
SENDING = "UPDATE messaging SET email_by = 'folder', wait_s = 300"


def test_by_keyboard_it_is_sent_once_shown_at_once_taken_back_and_followed(
    clinic: SmallClinic, database: Database, owner_engine: Engine, space: Workspace, qtbot: QtBot
) -> None:
    run(owner_engine, SENDING)
    anna = get_patient(database, clinic.patients[0])
    sheet = opened(space, anna.id, qtbot)
    assert not sheet.mail.send.isEnabled()
    assert "address" in sheet.mail.send.toolTip()
    update_patient(database, UpdatePatient(replace(anna, email="anna@example.org")))
    qtbot.waitUntil(sheet.mail.send.isEnabled)
    press(Qt.Key.Key_Y, ALT)
    qtbot.waitUntil(lambda: "Nothing is booked" in sheet.told.text())
    assert not sheet.mail.undo.isVisible()
    book(database, checkup(clinic))
    qtbot.waitUntil(lambda: bool(texts(sheet, "coming")))
    press(Qt.Key.Key_Y, ALT)
    press(Qt.Key.Key_Y, ALT)
    qtbot.waitUntil(lambda: sheet.told.text() == "The list goes to anna@example.org.")
    qtbot.waitUntil(sheet.mail.undo.isVisible)
    press(Qt.Key.Key_Y, ALT)
    qtbot.waitUntil(lambda: ["e-mail", "list of appointments"] in [row[1::2] for row in texts(sheet, "messages")])
    press(Qt.Key.Key_K, ALT)
    qtbot.waitUntil(lambda: sheet.told.text() == "✓ Taken back: no list is sent.")
    qtbot.waitUntil(lambda: not sheet.mail.undo.isVisible())
    assert queue(owner_engine, "status", "kind = 'appointment-list'") == [("cancelled",)]
    press(Qt.Key.Key_Y, ALT)
    qtbot.waitUntil(lambda: sheet.told.text() == "The list goes to anna@example.org.")
    qtbot.waitUntil(sheet.mail.undo.isVisible)
    changed = (
        "UPDATE notification SET status = 'cancelled', error_code = 'list-changed' WHERE kind = %s AND status = %s"
    )
    run(owner_engine, changed, "appointment-list", "pending")
    qtbot.waitUntil(lambda: "appointments changed meanwhile" in sheet.told.text())
    sheet.reject()


def test_who_wants_no_messages_gets_no_list_and_the_page_says_why(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    anna = get_patient(database, clinic.patients[0])
    update_patient(database, UpdatePatient(replace(anna, email="anna@example.org", channel=Channel.NONE)))
    sheet = opened(space, anna.id, qtbot)
    assert not sheet.mail.send.isEnabled()
    assert sheet.mail.send.accessibleDescription() == "The patient wants no messages."
    sheet.reject()
