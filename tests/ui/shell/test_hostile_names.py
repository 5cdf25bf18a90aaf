"""A patient, a doctor, a note called like an attack, on every page and dialog: plain text that turns nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Book, Park
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.waiting import AddWish, Priority, Wish
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking, waiting
from tests.support.hostile import is_shown, wrong_with
from tests.support.small_clinic import SmallClinic
from tests.ui.shell.conftest import OpenProgram

MARK: Final = "Zanzibar"
HOSTILE: Final = f"<img src='//host/{MARK}'><b>Bold</b>\u202e09:15\u2066&amp;"
OF_CLINIC: Final = f"<img src='//host/{MARK}'><b>Bold</b>&amp;"
"""The clinic's own names cannot turn anything: the set-up takes none that would."""
ZONE: Final = "Europe/Berlin"
PAGES: Final = (
    "open", "patient", "follow_up", "repeat", "cancel", "waiting_add", "waiting", "waiting_here", "parked",
    "house", "noshows", "messages", "message_settings", "away", "recheck", "doubles", "past", "print",
    "automatic_lists", "setup", "export_file", "import_file", "shortcuts", "support", "about", "week",
)  # fmt: skip
"""What opens from the menu with an appointment chosen, in the window (paper: tests/ui/paper)."""


@pytest.fixture
def attacked(clinic: SmallClinic, owner_engine: Engine, database: Database) -> SmallClinic:
    """Everything with a name is called so; two visits, one of them parked, a wish and a message."""
    with owner_engine.begin() as connection:
        for column in ("family_name", "given_name", "note"):
            connection.exec_driver_sql(f"UPDATE patient SET {column} = left(%s || ' ' || id, 120)", (HOSTILE,))
        for table, columns in (
            ("practitioner", ("name", "speciality")),
            ("site", ("name", "address")),
            ("room", ("name",)),
            ("appointment_type", ("name",)),
        ):
            for column in columns:
                connection.exec_driver_sql(f"UPDATE {table} SET {column} = left(%s || ' ' || id, 120)", (OF_CLINIC,))
    booked = [
        booking.book(
            database,
            Book(
                clinic.patients[patient],
                clinic.checkup,
                clinic.weber,
                clinic.berlin,
                minute_to_instant(clinic.monday, minute, ZONE),
                15,
                note=HOSTILE,
            ),
        )
        for minute, patient in ((540, 0), (555, 1))
    ]
    booking.park(database, Park(booked[1].appointment.id, 1))
    waiting.add_wish(
        database,
        AddWish(Wish(new_id(), clinic.patients[2], clinic.checkup, note=HOSTILE, priority=Priority.URGENT)),
    )
    return clinic


def look(window: QWidget, page: str) -> list[str]:
    return [
        f"{page}: {wrong}"
        for widget in QApplication.allWidgets()
        if is_shown(widget)
        for wrong in wrong_with(widget, MARK)
    ]


def test_no_page_and_no_dialog_takes_a_name_for_anything_but_plain_text(
    attacked: SmallClinic, open_program: OpenProgram, url_as: Callable[[Any], URL], qtbot: QtBot
) -> None:
    program = open_program(url=url_as("clinic_manager"))
    wrong: set[str] = set()
    seen = False
    for page in PAGES:
        _rest(program, attacked, qtbot)
        action = program.window.actions_by_name[page]
        action.trigger()
        qtbot.waitUntil(lambda: program.tasks.unfinished_commands == 0)
        _settle(program, qtbot)
        wrong |= set(look(program.window, page))
        seen = seen or any(MARK in widget.accessibleName() for widget in program.window.findChildren(QWidget))
    assert seen, "the hostile name was nowhere"
    if wrong:
        pytest.fail("\n".join(sorted(wrong)), pytrace=False)


def _settle(program: DeskProgram, qtbot: QtBot) -> None:
    """Let what was asked for arrive: the query lane answers in its order."""
    answered: list[bool] = []
    program.tasks.query(program, lambda: True, answered.append, lambda _error: answered.append(False), key="look")
    qtbot.waitUntil(lambda: bool(answered))
    QApplication.processEvents()


def _rest(program: DeskProgram, clinic: SmallClinic, qtbot: QtBot) -> None:
    """Close what is open and choose the visit at nine."""
    space = program.workspace
    assert space is not None
    for _ in range(4):
        target = QApplication.activePopupWidget() or QApplication.focusWidget() or program.window
        QTest.keyClick(target, Qt.Key.Key_Escape)
    for dialog in QApplication.topLevelWidgets():
        if dialog is not program.window and dialog.isVisible():
            dialog.close()
    space.navigator.go_to(clinic.monday, minute=540)
    qtbot.waitUntil(lambda: clinic.monday in space.store.boards)
    start = minute_to_instant(clinic.monday, 540, ZONE)
    entry = next(one for one in space.store.boards[clinic.monday].entries if one.appointment.starts_at == start)
    program.window.calendar.select_entry(entry.id)
