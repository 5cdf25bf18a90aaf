"""Import and export in the whole program: reached from the menu, and an import is seen at every desk."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pytestqt.qtbot import QtBot
from sqlalchemy import URL

from clinic_desk.database.setup import Group
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.exchange import Kind
from clinic_desk.domain.wall import local_day
from clinic_desk.ui.exchange.opener import Exchange
from tests.support.exchanging import desk_of, imported, plan_of

OpenProgram = Callable[..., DeskProgram]


def test_a_manager_reaches_import_and_export_from_the_menu(
    open_program: OpenProgram, url_as: Callable[[Group], URL], qtbot: QtBot
) -> None:
    program = open_program("Office", url_as("clinic_manager"))
    for name in ("import_file", "export_file"):
        program.window.actions_by_name[name].trigger()
        exchange = _exchange(program)
        assert exchange.sheet is not None
        assert exchange.sheet.next.isEnabled()
        assert exchange.sheet.isVisible()
        exchange.sheet.reject()
        assert exchange.sheet is None


def _exchange(program: DeskProgram) -> Exchange:
    found = program.findChild(Exchange)
    assert isinstance(found, Exchange)
    return found


def test_an_import_is_seen_at_a_desk_that_is_open(
    open_program: OpenProgram, url_as: Callable[[Group], URL], qtbot: QtBot, tmp_path: Path
) -> None:
    program = open_program()
    assert program.workspace is not None
    store = program.workspace.store
    today = local_day(datetime.now(UTC), "Europe/Berlin")
    text = f"Patient;Birth date;Doctor;Type;Start\nAnna Meier;1987-03-14;Dr. Weber;Checkup;{today}T12:00\n"
    with desk_of(url_as, "clinic_manager") as manager:
        imported(manager, plan_of(Kind.APPOINTMENTS, tmp_path / "a.csv", text))
    qtbot.waitUntil(lambda: any(board.entries for board in store.boards.values()), timeout=15_000)
