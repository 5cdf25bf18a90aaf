"""Backups at a desk: their window by key, what it saves and makes, and what the status bar then says."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.backups import passphrase, recording
from clinic_desk.backups.dumping import Source
from clinic_desk.backups.making import Backup
from clinic_desk.backups.restoring import contents
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.backups import RunKind
from clinic_desk.notifications import credentials
from clinic_desk.ui.backups.desk import backups_of
from clinic_desk.ui.backups.passphrase_sheet import PassphraseSheet
from clinic_desk.ui.backups.recovery_sheet import RecoverySheet, recovery_document
from clinic_desk.ui.backups.restore_sheet import RestoreSheet, RestoreWish
from clinic_desk.ui.backups.sheet import BackupsSheet
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.workspace import Workspace
from tests.backups.conftest import PHRASE, Server

OpenProgram = Callable[..., DeskProgram]


@pytest.fixture
def _ready(source: Source, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """This PC may read all, has the passphrase, and checks on the run's server."""
    monkeypatch.setenv("CLINIC_DESK_BACKUP_DATABASE_URL", source.url.render_as_string(hide_password=False))
    monkeypatch.setenv(passphrase.VARIABLE, PHRASE)
    monkeypatch.setattr(recording, "carry_out", partial(recording.carry_out, how=server.how))


def _opened(program: DeskProgram, qtbot: QtBot) -> tuple[Workspace, BackupsSheet]:
    space = program.workspace
    assert space is not None
    space.window.actions_by_name["backups"].trigger()
    sheet = backups_of(space).sheet
    assert sheet is not None
    qtbot.waitUntil(lambda: "Looking" not in sheet.state.text() + sheet.phrase.text())
    return space, sheet


@pytest.mark.usefixtures("_ready")
def test_a_manager_turns_backups_on_makes_one_and_sees_what_is_in_it(
    open_program: OpenProgram, url_as: Callable[[Any], URL], folder: Path, qtbot: QtBot
) -> None:
    space, sheet = _opened(open_program(url=url_as("clinic_manager")), qtbot)
    assert "No backups are made by themselves" in sheet.state.text()
    assert sheet.phrase.text().startswith("✓")
    sheet.on.setChecked(True)
    sheet.at.setText("25:00")
    sheet.save.click()
    assert "no time of day" in sheet.told.text()
    sheet.at.setText("3:05")
    sheet.save.click()
    assert "whole path" in sheet.told.text()
    sheet.folder.setText(str(folder))
    sheet.save.click()
    light = space.window.status_bar.backups
    qtbot.waitUntil(lambda: light.text() == "No good backup yet" and "Saved" in sheet.told.text())
    sheet.now.click()
    assert not sheet.stop.isHidden()
    qtbot.waitUntil(lambda: "checked by restoring" in sheet.told.text(), timeout=20_000)
    qtbot.waitUntil(lambda: light.text().startswith("Backup: "))
    assert [run.state.value for run in sheet.rows.records] == ["good"]
    sheet.restore.click()
    restore = space.window.findChild(RestoreSheet)
    assert restore is not None
    assert not restore.over.isEnabled()  # a shared server's administrator does that
    (path,) = folder.iterdir()
    restore.file.setText(str(path))
    restore.phrase.line.setText("not the passphrase")
    restore.look.click()
    qtbot.waitUntil(lambda: "not the passphrase that this backup" in restore.told.text())
    restore.phrase.line.clear()
    restore.look.click()
    qtbot.waitUntil(lambda: "10 patients" in restore.contents.text())
    restore.restore_wanted.emit(RestoreWish(path, ""))
    question = space.window.findChild(AskSheet)
    assert question is not None  # she was a manager then: it is asked
    question.reject()
    backups_of(space)._found = replace(contents(path, PHRASE), roles=())
    restore.restore_wanted.emit(RestoreWish(path, ""))
    assert "would be shut out" in restore.told.text()
    restore.go.click()
    assert "whole path of a folder" in restore.told.text()
    restore.folder.setText(str(folder))
    restore.folder.setText("relative")
    restore.file.setText("another")
    assert restore.go.isHidden()  # only what was looked into
    restore.reject()
    sheet.reject()


def test_a_receptionist_sees_how_they_stand_and_changes_nothing(open_program: OpenProgram, qtbot: QtBot) -> None:
    _, sheet = _opened(open_program(), qtbot)
    may = {each.objectName() for each in sheet.findChildren(QPushButton) if each.isEnabled() and each.isVisible()}
    assert may == {"backups_close"}
    sheet.reject()


@pytest.mark.usefixtures("_ready")
def test_what_keeps_a_backup_from_being_made_is_said_with_what_to_do(
    open_program: OpenProgram,
    url_as: Callable[[Any], URL],
    folder: Path,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    space, sheet = _opened(open_program(url=url_as("clinic_manager")), qtbot)
    sheet.now_wanted.emit(folder / "none")
    qtbot.waitUntil(lambda: "Is the drive there" in sheet.told.text())
    kept: list[str] = []
    monkeypatch.setattr(credentials, "store", lambda _name, secret: kept.append(secret))
    sheet.set_phrase.click()
    asking = space.window.findChild(PassphraseSheet)
    assert asking is not None
    asking.first.line.setText(PHRASE)
    asking.second.line.setText(PHRASE + "!")
    asking.keep.click()
    assert "two different ones" in asking.problem.text()
    asking.first.line.setText("short")
    asking.second.line.setText("short")
    asking.keep.click()
    qtbot.waitUntil(lambda: "at least 12 characters" in asking.problem.text())
    asking.first.line.setText(PHRASE)
    asking.second.line.setText(PHRASE)
    asking.keep.click()
    recovery = _recovery(space, qtbot)
    assert kept == [PHRASE]
    recovery.reject()
    assert recovery.isVisible()  # not before it is on paper
    recovery.on_paper.setChecked(True)
    recovery.done_button.click()
    sheet.reject()


def _recovery(space: Workspace, qtbot: QtBot) -> RecoverySheet:
    qtbot.waitUntil(lambda: space.window.findChild(RecoverySheet) is not None)
    found = space.window.findChild(RecoverySheet)
    assert found is not None
    return found


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes into this PC's keyring."""
    found: list[str] = []
    monkeypatch.setattr(credentials, "store", lambda _name, secret: found.append(secret))
    return found


@pytest.fixture
def known(owner_engine: Engine, made: Backup) -> Backup:
    """The last good backup that the clinic knows."""
    with owner_engine.begin() as connection:
        recording.write_down(connection, made, RunKind.BY_HAND, "Office")
    return made


@pytest.mark.usefixtures("_ready")
def test_the_passphrase_is_seen_on_paper_and_one_that_is_not_the_last_backups_is_told(
    open_program: OpenProgram,
    url_as: Callable[[Any], URL],
    kept: list[str],
    known: Backup,
    qtbot: QtBot,
) -> None:  # fmt: skip
    assert known.size
    space, sheet = _opened(open_program(url=url_as("clinic_manager")), qtbot)
    qtbot.waitUntil(sheet.recovery.isEnabled)
    sheet.recovery.click()
    recovery = _recovery(space, qtbot)
    assert recovery.phrase.line.echoMode() is QLineEdit.EchoMode.Password
    rows = recovery_document(recovery._recovery).sheets[0].rows
    assert PHRASE in [text.text for row in rows for cell in row.cells for text in cell]
    recovery.done_button.click()
    sheet.set_phrase.click()
    asking = space.window.findChild(PassphraseSheet)
    assert asking is not None
    for line in (asking.first.line, asking.second.line):
        line.setText("quite another phrase")
    asking.keep.click()
    qtbot.waitUntil(lambda: "made with another passphrase" in asking.problem.text())
    assert kept == []
    asking.keep.click()  # all the same
    qtbot.waitUntil(lambda: kept == ["quite another phrase"])
    asked = _recovery(space, qtbot)
    asked.on_paper.setChecked(True)
    asked.done_button.click()
    sheet.reject()


@pytest.mark.usefixtures("_ready")
def test_after_a_restore_a_manager_lets_the_messages_go(
    open_program: OpenProgram, url_as: Callable[[Any], URL], owner_engine: Any, qtbot: QtBot
) -> None:
    stop = "UPDATE message_channel SET state = 'stopped', code = 'restored'"
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(stop)
    _, sheet = _opened(open_program(url=url_as("clinic_manager")), qtbot)
    qtbot.waitUntil(sheet.let_go.isVisible)
    sheet.let_go.click()
    qtbot.waitUntil(lambda: sheet.let_go.isHidden() and "go out again" in sheet.told.text())
    with owner_engine.connect() as connection:
        states = connection.exec_driver_sql("SELECT DISTINCT state FROM message_channel").scalars().all()
    assert states == ["working"]
    sheet.reject()
