"""The first start: from nothing to a calendar, and nothing half-made however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from clinic_desk.database import embedded
from clinic_desk.desk.program import DeskProgram
from clinic_desk.errors import ClinicDeskError, NothingHere, SignInNeeded
from clinic_desk.opening.first_start import open_or_ask, ways_of
from clinic_desk.settings import Settings
from clinic_desk.ui.first_run.clinic import ClinicPage
from clinic_desk.ui.first_run.words import login_from
from tests.ui.first_run.conftest import PASSWORD, Start, asked, end, one_pc, type_manager
from tests.ui.setup.conftest import press, tab_to, type_keys

Key = Qt.Key


def tell(_stage: str) -> None:
    """Nobody watches."""


def has_nothing(settings: Settings) -> bool:
    """Whether a start now would ask what this PC is to work with."""
    try:
        open_or_ask(settings, tell).close()
    except NothingHere:
        return True
    except SignInNeeded as needed:
        needed.let_go()
    return False


def book_the_first_patient(program: DeskProgram, qtbot: QtBot) -> None:
    """By keys, from the calendar as it opens: a patient whom nobody knows yet, at the next free time."""
    assert program.workspace is not None
    form = program.workspace.booking.form
    qtbot.waitUntil(program.window.board.hasFocus)
    press(Key.Key_N)
    qtbot.waitUntil(form.isVisible)
    type_keys("Weiß, Käthe")
    qtbot.waitUntil(form.patient_line.matches.isVisible)
    press(Key.Key_Return)
    qtbot.waitUntil(form.patient_form.isVisible)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: not form.patient_form.isVisible())
    press(Key.Key_Return)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: not form.isVisible())


def test_from_nothing_to_the_first_booking_by_keys_alone_and_in_again_by_her_password(
    start: Start, here: Settings, qtbot: QtBot
) -> None:
    program = start()
    one_pc(program, qtbot)
    type_manager()
    told: list[str] = []
    program.stage_told.connect(told.append)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: bool(program.window.findChildren(ClinicPage)))
    assert any("Making the database" in step for step in told)
    assert program.opener.first_run is None
    qtbot.waitUntil(program.window.findChildren(ClinicPage)[0].site.hasFocus)
    type_keys("Lindenhof")
    tab_to("first_doctor")
    type_keys("Dr. Okafor")
    with qtbot.waitSignal(program.ready, timeout=30_000):
        press(Key.Key_Return)
    space = program.workspace
    assert space is not None
    assert (space.store.clinic.sites[0].name, program.opener.everything[-1].person.display_name) == (
        "Lindenhof",
        "Anna Weber",
    )
    book_the_first_patient(program, qtbot)
    with program.opener.everything[-1].database.reading() as connection:
        booked = connection.exec_driver_sql(
            "SELECT p.given_name, p.family_name FROM appointment JOIN patient p ON p.id = patient_id"
        ).all()
    assert [tuple(row) for row in booked] == [("Käthe", "Weiß")]
    end(program, qtbot)

    again = start()
    qtbot.waitUntil(lambda: again.opener.door is not None)
    door = again.opener.door
    assert door is not None
    assert not door.page.password.line.text()
    door.page.name.setCurrentText("anna.weber")
    door.page.password.line.setText(PASSWORD)
    with qtbot.waitSignal(again.ready, timeout=30_000):
        door.page.submit()
    left = [file for file in here.config.rglob("*") if file.is_file() and PASSWORD.encode() in file.read_bytes()]
    assert left == [], "the password is kept nowhere"


def test_what_cannot_be_made_is_said_and_goes_on_with_what_was_typed(
    start: Start, here: Settings, qtbot: QtBot
) -> None:
    foreign = here.data / "server"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("not a database")
    program = start()
    page = one_pc(program, qtbot)
    type_manager()
    press(Key.Key_Return)
    qtbot.waitUntil(page.remark.isVisible)
    assert "not this program's" in page.remark.text()
    assert (foreign / "thesis.txt").read_text() == "not a database"
    press(Key.Key_Escape)
    first_run = program.opener.first_run
    assert first_run is not None
    assert first_run.page is first_run.choice
    assert first_run.choice.rows[1].hasFocus()
    assert one_pc(program, qtbot) is page
    assert page.manager.display_name.text() == "Anna Weber"
    assert page.manager.new.password == PASSWORD


def test_stopped_and_closed_in_the_middle_it_can_be_begun_again(start: Start, here: Settings, qtbot: QtBot) -> None:
    program = start()
    page = one_pc(program, qtbot)
    type_manager()
    told: list[str] = []
    program.stage_told.connect(told.append)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: any("Making the database" in step for step in told))
    assert page.end.hasFocus()
    press(Key.Key_Space)
    qtbot.waitUntil(lambda: not page.is_busy)
    assert "stopped" in page.remark.text()
    assert page.manager.new.password == PASSWORD
    page.submit()
    qtbot.waitUntil(lambda: any("Preparing" in step for step in told))
    end(program, qtbot)
    opened = ways_of(here).one_pc("anna.weber", "Anna Weber", PASSWORD)(tell)  # whatever was made, or was not
    assert opened.person.group == "manager"
    opened.close()


def test_closed_while_the_demo_is_made_it_leaves_nothing_half_made(start: Start, here: Settings, qtbot: QtBot) -> None:
    program = start()
    asked(program, qtbot)
    told: list[str] = []
    program.stage_told.connect(told.append)
    press(Key.Key_1)
    qtbot.waitUntil(lambda: any("Making the demo" in step for step in told), timeout=30_000)
    end(program, qtbot)
    with embedded.join(here.data / "demo") as server:
        engine = create_engine(server.superuser_url(), poolclass=NullPool)
        with engine.connect() as connection:
            demos = connection.exec_driver_sql("SELECT datname FROM pg_database WHERE datname ~ '^demo'").all()
    assert demos == []


@pytest.mark.parametrize("typed", ["postgres", "a b"])
def test_a_login_that_will_not_do_is_refused_at_its_field(
    start: Start, here: Settings, qtbot: QtBot, typed: str
) -> None:
    program = start()
    page = one_pc(program, qtbot)
    type_manager()
    page.manager.login.setText(typed)
    page.submit()
    qtbot.waitUntil(page.manager.remarks["login"].isVisible)
    assert page.manager.login.hasFocus()
    assert not (here.data / "server").exists()


@pytest.mark.parametrize(
    ("name", "login"),
    [
        ("Anna-Lena Weber", "anna-lena.weber"),
        ("Prof. Dr. Jürgen K. Freiherr von Müller", "jürgen.müller"),
        ("Anna", "anna"),
        ("Dr.", "dr"),
        (" ", ""),
        ("X" * 70, "x" * 63),
    ],
)
def test_a_login_is_suggested_without_titles_and_middle_names(name: str, login: str) -> None:
    assert login_from(name) == login


_KILLED = """
import os, signal, sys
from pathlib import Path
from clinic_desk.database import setup
from clinic_desk.opening.first_start import ways_of
from clinic_desk.settings import load_settings

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

setup.make_first_manager = die
settings = load_settings(data=Path(sys.argv[1]), config=Path(sys.argv[2]))
ways_of(settings).one_pc("anna", "Anna Weber", sys.argv[3])(lambda stage: None)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_killed_before_anybody_could_sign_in_the_next_start_asks_again(here: Settings) -> None:
    child = [sys.executable, "-c", _KILLED, str(here.data), str(here.config), PASSWORD]
    assert subprocess.run(child, check=False, env=dict(os.environ)).returncode == -signal.SIGKILL
    assert has_nothing(here)
    begin = ways_of(here).one_pc("anna", "Anna Weber", PASSWORD)
    first = begin(tell)
    first.close()
    second = begin(tell)  # its answer was lost: the same again signs in
    assert (second.person.login, second.is_automatic) == ("anna", False)
    second.close()
    assert not has_nothing(here)
    with pytest.raises(ClinicDeskError):
        ways_of(here).one_pc("eve", "Eve", PASSWORD)(tell)


def test_what_was_begun_and_killed_is_cleared_by_the_next_start(here: Settings) -> None:
    (here.data / ".server.restoring" / "pgdata").mkdir(parents=True)
    shared = here.data / "shared"
    shared.mkdir()
    (shared / "clinic-desk.json").write_text('{"program": "clinic-desk", "format": 1, "made": false}')
    (shared / "share.json").write_text('{"programs": "/", "ready": false}')
    assert has_nothing(here)
    assert list(here.data.iterdir()) == []


def test_a_pc_with_an_address_or_a_clinic_is_not_asked(here: Settings) -> None:
    settings = here.model_copy(update={"database_url": None})
    assert has_nothing(settings)
    assert not (here.data / "server").exists(), "asking makes nothing"
