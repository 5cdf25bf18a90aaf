"""A PC that joins a clinic which another PC shares, or connects to its server: real server, real TLS."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desk import connection_file
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.people import CreatePerson, Group
from clinic_desk.errors import SignInNeeded
from clinic_desk.opening.configured import open_clinic
from clinic_desk.services import people
from clinic_desk.settings import Settings, load_settings
from clinic_desk.sharing import cluster, finding, inviting, service
from clinic_desk.sharing.pairing import pairing_text, read_pairing
from clinic_desk.sharing.plans import Share, TestKind, TestResult
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.first_run.clinic import ClinicPage
from clinic_desk.ui.first_run.join import JoinPage
from clinic_desk.ui.first_run.moving import MovingSheet
from clinic_desk.ui.first_run.one_pc import NewClinicPage
from clinic_desk.ui.first_run.pairing import PairingSheet
from clinic_desk.ui.first_run.server import ServerPage
from clinic_desk.ui.first_run.tried import tried_text
from clinic_desk.ui.first_run.ways import Lacking
from clinic_desk.ui.pcs.sheet import PcsSheet
from tests.sharing.conftest import MANAGER, Keyring, installed, pc, share
from tests.ui.first_run.conftest import PASSWORD, Start, asked, end, one_pc, type_manager
from tests.ui.setup.conftest import press, tab_to, type_keys

__all__ = ["installed", "pc", "share"]

Key = Qt.Key


def chosen(program: DeskProgram, number: Key, name: str, qtbot: QtBot) -> object:
    """Choose a way by its number; return its page."""
    first_run = asked(program, qtbot)
    press(number)
    qtbot.waitUntil(lambda: first_run.page.objectName() == name)
    qtbot.waitUntil(lambda: first_run.page.isAncestorOf(QApplication.focusWidget() or first_run.page.window()))
    return first_run.page


def wait_for_clinic(program: DeskProgram, qtbot: QtBot) -> None:
    """A manager is in: the empty clinic asks for the least there is to enter."""
    qtbot.waitUntil(lambda: bool(program.window.findChildren(ClinicPage)), timeout=90_000)  # it may make a server
    assert program.opener.first_run is None


def fill_and_go(program: DeskProgram, qtbot: QtBot) -> None:
    """Enter the least there is to enter, and wait for the calendar."""
    page = program.window.findChildren(ClinicPage)[0]
    page.site.setText("Lindenhof")
    page.zone.show("Europe/Berlin")
    page.doctor.setText("Dr. Okafor")
    with qtbot.waitSignal(program.ready, timeout=30_000):
        page.submit()


@pytest.fixture
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a test is started with this PC."""
    monkeypatch.setattr(service, "install", service.look)


def test_a_pc_joins_by_the_text_and_asks_who_it_is(
    start: Start, here: Settings, share: Share, pc: Keyring, qtbot: QtBot
) -> None:
    program = start()
    page = chosen(program, Key.Key_4, "join", qtbot)
    assert isinstance(page, JoinPage)
    text = pairing_text(inviting.invite(share))
    wrong = text[:3] + ("2" if text[3] != "2" else "3") + text[4:]
    page.pairing.setPlainText(wrong)
    page.submit()
    qtbot.waitUntil(page.remarks["text"].isVisible)
    assert "mistake" in page.remarks["text"].text()
    assert connection_file.read(here.config) == {}
    assert page.pairing.toPlainText() == wrong
    QApplication.clipboard().clear()
    page.paste.click()
    assert page.pairing.toPlainText() == wrong
    QApplication.clipboard().setText(text)
    page.paste.click()
    assert page.pc.hasFocus()
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: program.opener.door is not None)
    assert program.opener.first_run is None
    door = program.opener.door
    assert door is not None
    door.page.name.setCurrentText(MANAGER.login)
    door.page.password.line.setText(MANAGER.password)
    door.page.submit()
    wait_for_clinic(program, qtbot)
    written = connection_file.read(here.config)
    assert str(share.port) in written["database_url"]
    assert MANAGER.password not in str(written)


def test_a_server_is_tried_first_and_each_fault_stands_at_its_field(
    start: Start, here: Settings, share: Share, tmp_path: Path, qtbot: QtBot
) -> None:
    program = start()
    page = chosen(program, Key.Key_5, "server", qtbot)
    assert isinstance(page, ServerPage)
    type_keys("127.0.0.1")
    tab_to("server_port")
    press(Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    type_keys(str(share.port))
    tab_to("server_authority")
    type_keys(str(tmp_path / "none.pem"))
    tab_to("server_login")
    type_keys(MANAGER.login)
    tab_to("server_password")
    type_keys("seven red birds")
    press(Key.Key_Return)
    qtbot.waitUntil(page.remarks["authority"].isVisible)
    assert page.authority.hasFocus()
    page.authority.setText(str(share.authority))
    press(Key.Key_Return)
    qtbot.waitUntil(page.remarks["password"].isVisible)
    assert page.remarks["authority"].isHidden()
    assert "login with this password" in page.remarks["password"].text()
    assert connection_file.read(here.config) == {}, "nothing is written of what does not work"
    page.password.line.setText(MANAGER.password)
    press(Key.Key_Return)
    wait_for_clinic(program, qtbot)
    assert MANAGER.password not in str(connection_file.read(here.config))


def test_a_one_time_code_typed_at_the_server_page_leads_to_a_password_of_her_own(
    start: Start, here: Settings, share: Share, qtbot: QtBot
) -> None:
    owner = Database(cluster.owner_url(share.folder), DeskIdentity(new_id(), "test"), pool_size=1)
    code = people.create_person(owner, CreatePerson("nina", "Nina Neu", Group.MANAGER)).code
    owner.dispose()
    program = start()
    page = chosen(program, Key.Key_5, "server", qtbot)
    assert isinstance(page, ServerPage)
    type_keys("127.0.0.1")
    page.port.setValue(share.port)
    page.authority.setText(str(share.authority))
    tab_to("server_login")
    type_keys("nina")
    tab_to("server_password")
    type_keys(code)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: program.opener.door is not None or any(each.text() for each in page.remarks.values()))
    door = program.opener.door
    assert door is not None, [each.text() for each in page.remarks.values()]
    assert program.opener.first_run is None
    qtbot.waitUntil(door.page.new.first.line.hasFocus)
    type_keys(PASSWORD)
    tab_to("sign_in_again")
    type_keys(PASSWORD)
    press(Key.Key_Return)
    wait_for_clinic(program, qtbot)
    assert program.opener.everything[-1].person.login == "nina"


def test_a_pc_without_postgresql_is_told_how_to_get_it_and_nothing_is_made(
    start: Start, here: Settings, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.setattr(finding, "find_servers", lambda: ())
    program = start()
    page = chosen(program, Key.Key_3, "share", qtbot)
    assert isinstance(page, NewClinicPage)
    type_manager(page="share")
    press(Key.Key_Return)
    qtbot.waitUntil(page.remark.isVisible)
    assert "no PostgreSQL server" in page.remark.text()
    assert finding.how_to_get().command in page.remark.text()
    assert page.manager.new.password == PASSWORD
    assert not (here.data / "shared").exists()


def look_at_pcs(pcs: PcsSheet, here: Settings, qtbot: QtBot) -> None:
    """What the window of PCs says of this PC, by keyboard: an invitation withdrawn, the PC sends no more, dismissed."""
    qtbot.waitUntil(pcs.withdraw.isVisible)
    assert pcs.invited.rows.records[0].invited_by == "clinic_owner"
    tab_to("pcs_withdraw")
    press(Key.Key_Space)
    qtbot.waitUntil(lambda: not pcs.invited.rows.records)
    assert "Nobody can join" in pcs.told.text()
    qtbot.waitUntil(lambda: "This PC sends" in pcs.this_pc.text())
    assert str(here.data / "shared") in pcs.server.command.toPlainText()
    pcs.server.copy.click()
    assert QApplication.clipboard().text() == pcs.server.command.toPlainText()
    tab_to("pcs_no_sending")
    press(Key.Key_Space)
    answer_yes(pcs, qtbot)
    qtbot.waitUntil(lambda: not pcs.list.rows.records[0].sends)
    assert not pcs.no_sending.isEnabled()
    tab_to("pcs_dismiss")
    press(Key.Key_Space)
    answer_yes(pcs, qtbot)
    qtbot.waitUntil(pcs.empty.isVisible)


def answer_yes(pcs: PcsSheet, qtbot: QtBot) -> None:
    """Say yes to what is asked, once it can have been read."""
    [ask] = [each for each in pcs.window().findChildren(AskSheet) if each.isVisible()]
    qtbot.waitUntil(lambda: ask.guard.is_ready)
    ask.yes.click()


def test_a_pc_that_joined_with_a_lack_says_so_before_it_goes_on(qtbot: QtBot) -> None:
    page = JoinPage()
    qtbot.addWidget(page)
    page.show()
    page.answer(Lacking("keyring-none"))
    assert "joined" in page.remark.text()
    assert "no keyring" in page.remark.text()
    assert not page.go_back.isVisible()
    with qtbot.waitSignal(page.wanted):
        page.act.click()


@pytest.mark.usefixtures("installed", "pc", "no_service")
@pytest.mark.qt_log_ignore("This plugin does not support")  # the list of time zones
def test_a_clinic_shared_from_this_pc_shows_its_manager_a_pairing_text(
    start: Start, here: Settings, qtbot: QtBot
) -> None:
    program = start()
    assert chosen(program, Key.Key_3, "share", qtbot) is not None
    type_manager(page="share")
    press(Key.Key_Return)
    try:
        wait_for_clinic(program, qtbot)
        written = connection_file.read(here.config)
        assert written["shared_folder"] == str(here.data / "shared")
        assert PASSWORD not in str(written)
        assert program.opener.everything[-1].person.group == "manager"
        fill_and_go(program, qtbot)
        program.window.actions_by_name["pair"].trigger()
        pcs = program.window.findChild(PcsSheet)
        assert pcs is not None
        qtbot.waitUntil(lambda: len(pcs.list.rows.records) == 1)
        assert pcs.list.rows.records[0].sends
        assert pcs.sends.isChecked()
        assert pcs.invite.hasFocus()
        press(Key.Key_Return)
        sheet = program.window.findChild(PairingSheet)
        assert sheet is not None
        qtbot.waitUntil(sheet.text.isVisible)
        assert "gets the clinic key with the text" in sheet.about.text()
        made = read_pairing(sheet.text.toPlainText())
        assert made.addresses
        assert "127.0.0.1" not in made.addresses
        sheet.copy.click()
        assert QApplication.clipboard().text() == sheet.text.toPlainText()
        press(Key.Key_Escape)
        look_at_pcs(pcs, here, qtbot)
        press(Key.Key_Escape)
    finally:
        end(program, qtbot)
        cluster.stop(here.data / "shared")


@pytest.mark.usefixtures("installed", "pc", "no_service")
@pytest.mark.qt_log_ignore("This plugin does not support")  # the list of time zones
def test_a_clinic_of_one_pc_moves_to_a_shared_server_and_opens_there_with_the_same_password(
    start: Start, here: Settings, qtbot: QtBot
) -> None:
    program = start()
    one_pc(program, qtbot)
    type_manager()
    press(Key.Key_Return)
    wait_for_clinic(program, qtbot)
    fill_and_go(program, qtbot)
    program.window.actions_by_name["pair"].trigger()
    sheet = program.window.findChild(MovingSheet)
    assert sheet is not None
    press(Key.Key_Return)
    assert sheet.is_busy
    press(Key.Key_Escape)
    assert sheet.isVisible()
    try:
        qtbot.waitUntil(lambda: program.is_closing or sheet.step.property("role") == "danger", timeout=90_000)
        assert program.is_closing, sheet.step.text()
        assert program.finish()
        program.deleteLater()
        written = load_settings(config=here.config, **connection_file.read(here.config))
        with pytest.raises(SignInNeeded) as needed:
            open_clinic(written, lambda _stage: None)
        opened = needed.value.sign_in("anna.weber", PASSWORD, lambda _stage: None)
        assert [site.name for site in opened.clinic.sites] == ["Lindenhof"]
        opened.close()
    finally:
        cluster.stop(here.data / "shared")


def test_every_finding_has_its_advice() -> None:
    for kind in set(TestKind) - {TestKind.GOOD, TestKind.READ_ONLY, TestKind.ONE_TIME_CODE}:
        text = tried_text(TestResult(kind, "", "praxis-server", 5432, "detail"), "anna")
        assert len(text) > 20
        assert "{" not in text
