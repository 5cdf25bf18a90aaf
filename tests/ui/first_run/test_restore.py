"""A clinic comes back from its backup at the first start of a new PC."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from clinic_desk.backups.making import Backup
from clinic_desk.settings import Settings
from clinic_desk.ui.first_run.restore import RestorePage
from tests.backups.conftest import PHRASE, made
from tests.plugins.postgres import PASSWORD
from tests.ui.first_run.conftest import Start, asked
from tests.ui.setup.conftest import press, tab_to, type_keys

__all__ = ["made"]


def test_a_clinic_comes_back_from_its_backup_and_what_is_wrong_stands_at_its_field(
    start: Start, here: Settings, made: Backup, tmp_path: Path, qtbot: QtBot
) -> None:
    program = start()
    first_run = asked(program, qtbot)
    press(Qt.Key.Key_6)
    qtbot.waitUntil(lambda: isinstance(first_run.page, RestorePage))
    page = first_run.page
    assert isinstance(page, RestorePage)
    qtbot.waitUntil(page.file.hasFocus)
    (tmp_path / "letter.cdbackup").write_text("Dear Sir or Madam")
    type_keys(str(tmp_path / "letter.cdbackup"))
    tab_to("restore_passphrase")
    type_keys("correct house battery")
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(page.remarks["file"].isVisible)
    assert "not a backup" in page.remarks["file"].text()
    assert page.file.hasFocus()
    page.file.setText(str(made.path))
    assert page.remarks["file"].isHidden(), "what was wrong is not any more"
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(page.remarks["phrase"].isVisible)
    assert not (here.data / "server").exists()
    page.phrase.line.setText(PHRASE)
    press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: program.opener.door is not None or page.remark.isVisible(), timeout=60_000)
    door = program.opener.door
    assert door is not None, page.remark.text()
    door.page.name.setCurrentText("test_manager")
    door.page.password.line.setText(PASSWORD)
    with qtbot.waitSignal(program.ready, timeout=30_000):
        door.page.submit()
    assert program.workspace is not None
    assert program.workspace.store.clinic.practitioners
