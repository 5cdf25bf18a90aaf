"""A PC whose server is gone for good: the page that it cannot be reached leads to another one, and harms nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from clinic_desk import connection_file
from clinic_desk.database.embedded.cluster import choose_port
from clinic_desk.desk.program import DeskProgram
from clinic_desk.errors import DatabaseDown, SignInNeeded, Stopped
from clinic_desk.opening.first_start import open_or_ask
from clinic_desk.opening.opened import Opened
from clinic_desk.opening.stages import Stage
from clinic_desk.settings import Settings, load_settings
from clinic_desk.sharing import connecting, inviting
from clinic_desk.sharing.pairing import pairing_text
from clinic_desk.sharing.plans import Share, Step
from clinic_desk.ui.first_run.join import JoinPage
from clinic_desk.ui.first_run.server import ServerPage
from tests.sharing.conftest import MANAGER, installed, pc, share
from tests.ui.first_run.conftest import Start, asked
from tests.ui.first_run.test_other_pcs import chosen, wait_for_clinic
from tests.ui.setup.conftest import press, tab_to

__all__ = ["installed", "pc", "share"]

Key = Qt.Key


@pytest.fixture
def old(here: Settings, share: Share) -> str:
    """What set-up wrote on this PC: a server at whose address nobody answers any more."""
    address = connecting.address_of(("127.0.0.1",), choose_port(0), "clinic", share.authority)
    connecting.connect_this_pc(here.config, address, share.authority)
    return written(here)


def written(here: Settings) -> str:
    return (here.config / connection_file.NAME).read_text("utf-8")


def of_this_pc(here: Settings) -> Settings:
    """What a start of the program finds set."""
    return load_settings(config=here.config, **connection_file.read(here.config))


def open_what_is_written(here: Settings, tell: Callable[[str], None]) -> Opened:
    return open_or_ask(of_this_pc(here), tell)


def unreachable(program: DeskProgram, qtbot: QtBot) -> QPushButton:
    """Wait for the page that the server cannot be reached; return the quiet button on it."""
    qtbot.waitUntil(lambda: hasattr(program.window, "cover") and program.window.cover.other.isVisible(), timeout=15_000)
    assert "cannot be reached" in program.window.cover.text.text()
    assert program.window.cover.button.hasFocus()
    return program.window.cover.other


def another(program: DeskProgram, qtbot: QtBot) -> None:
    """By the keyboard: ask for another server."""
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    unreachable(program, qtbot)
    tab_to("cover_other")
    press(Key.Key_Return)
    choice = asked(program, qtbot).choice
    assert [row.objectName() for row in choice.rows] == ["first_join", "first_server"]
    assert "Nothing is deleted" in choice.text.text()
    assert not program.opener.look_again.isActive()


@pytest.mark.usefixtures("pc")
def test_a_pc_joins_the_clinic_on_another_server_and_until_then_keeps_what_it_had(
    start: Start, here: Settings, old: str, share: Share, qtbot: QtBot
) -> None:
    program = start(partial(open_what_is_written, here))
    another(program, qtbot)
    press(Key.Key_Escape)
    unreachable(program, qtbot)  # it looks again
    qtbot.waitUntil(program.opener.look_again.isActive)
    another(program, qtbot)
    page = chosen(program, Key.Key_1, "join", qtbot)
    assert isinstance(page, JoinPage)
    text = pairing_text(inviting.invite(share))
    page.pairing.setPlainText(text[:-5])
    page.submit()
    qtbot.waitUntil(page.remarks["text"].isVisible)
    press(Key.Key_Escape)
    press(Key.Key_Escape)
    unreachable(program, qtbot)
    assert written(here) == old, "what it had is there, and is what it looks for"
    another(program, qtbot)
    page = chosen(program, Key.Key_1, "join", qtbot)
    assert isinstance(page, JoinPage)
    page.pairing.setPlainText(text)
    page.submit()
    qtbot.waitUntil(lambda: program.opener.door is not None, timeout=15_000)
    assert program.opener.first_run is None
    assert f":{share.port}/" in written(here)
    assert (here.config / connection_file.BEFORE).read_text("utf-8") == old
    door = program.opener.door
    assert door is not None
    door.page.name.setCurrentText(MANAGER.login)
    door.page.password.line.setText(MANAGER.password)
    door.page.submit()
    wait_for_clinic(program, qtbot)


def test_a_pc_connects_to_another_server_that_was_tried_first(
    start: Start, here: Settings, old: str, share: Share, qtbot: QtBot
) -> None:
    program = start(partial(open_what_is_written, here))
    another(program, qtbot)
    page = chosen(program, Key.Key_2, "server", qtbot)
    assert isinstance(page, ServerPage)
    page.hosts.setText("127.0.0.1")
    page.port.setValue(share.port)
    page.authority.setText(str(share.authority))
    page.login.setText(MANAGER.login)
    page.password.line.setText("seven red birds")
    page.submit()
    qtbot.waitUntil(page.remarks["password"].isVisible)
    assert written(here) == old
    page.password.line.setText(MANAGER.password)
    page.submit()
    wait_for_clinic(program, qtbot)
    assert f":{share.port}/" in written(here)


@pytest.mark.usefixtures("pc")
def test_joining_anew_that_ends_at_any_step_leaves_one_connection_whole_and_can_be_done_again(
    here: Settings, old: str, share: Share
) -> None:
    with pytest.raises(DatabaseDown) as down:
        open_what_is_written(here, lambda _stage: None)
    join = down.value.ways.join(pairing_text(inviting.invite(share)), "Desk")

    def end_at(last: str) -> None:
        def tell(stage: str) -> None:
            if stage == last:
                raise Stopped

        with pytest.raises(Stopped):
            join(tell)

    for step in (Step.REACHING, Step.JOINING, Step.SETTING):
        end_at(step)
        assert written(here) == old
    end_at(Stage.CONNECTING)
    new = written(here)
    assert f":{share.port}/" in new
    with pytest.raises(SignInNeeded):  # the text is used up, and is not asked for again
        join(lambda _stage: None)
    assert written(here) == new


@pytest.mark.usefixtures("old")
def test_another_server_is_offered_only_in_the_place_of_one_that_set_up_wrote(here: Settings, share: Share) -> None:
    def offered(settings: Settings) -> bool:
        with pytest.raises(DatabaseDown) as down:
            open_or_ask(settings, lambda _stage: None)
        return down.value.ways is not None

    assert offered(of_this_pc(here))
    named = connecting.address_of(("127.0.0.1",), choose_port(0), "clinic", share.authority)
    assert not offered(load_settings(config=here.config, database_url=named)), "the file would not be looked at"
    (here.config / connection_file.NAME).write_text("damaged")
    assert not offered(load_settings(config=here.config, database_url=named))
    (here.config / connection_file.NAME).unlink()
    assert not offered(load_settings(config=here.config, database_url=named))
