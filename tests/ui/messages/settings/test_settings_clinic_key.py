"""The clinic's passwords and their key in the settings of messages: made once, shown once, brought to another PC."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.notifications.clinic_key import new_key
from clinic_desk.services.provider_secrets import KeepSecrets, keep_secrets, kept_secrets
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.messages.settings.clinic_key import ClinicKeySheet
from clinic_desk.ui.messages.settings.dialog import SettingsDialog
from tests.ui.messages.settings.conftest import MemoryKeyring, box_of

OpenSettings = Callable[[DeskProgram], SettingsDialog]
SECRET = "Canary-s3cret-word"


@pytest.fixture
def by_manager(manager: DeskProgram) -> Database:
    """The database as the manager's desk has it."""
    assert manager.workspace is not None
    return manager.workspace.desk.database


def fill_mail(dialog: SettingsDialog) -> None:
    """Choose SMTP, so that its password is asked for."""
    box_of(dialog.email.rows, "email_by").choose("smtp")


def test_the_first_password_for_the_clinic_makes_its_key_which_is_shown_once(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, by_manager: Database, qtbot: QtBot
) -> None:
    dialog = open_settings(manager)
    fill_mail(dialog)
    secret = dialog.email.secret
    assert secret.lines["email_password"].echoMode() == QLineEdit.EchoMode.Password
    secret.lines["email_password"].setText(SECRET)
    secret.share.click()
    qtbot.waitUntil(lambda: manager.window.findChild(ClinicKeySheet) is not None)
    sheet = manager.window.findChild(ClinicKeySheet)
    assert sheet is not None
    assert sheet.key.text() == ring.kept["clinic_key"]
    sheet.close_button.click()
    qtbot.waitUntil(lambda: secret.source.text().startswith("In force: the clinic's own"))
    qtbot.waitUntil(lambda: dialog.key.state.text().startswith("✓ This PC has the clinic key"))
    assert [kept.name for kept in kept_secrets(by_manager)] == ["email_password"]
    assert not secret.is_typed
    shown = [label.text() for label in dialog.findChildren(QLabel)]
    assert not any(SECRET in text or ring.kept["clinic_key"] in text for text in shown)
    secret.drop.click()
    qtbot.waitUntil(lambda: kept_secrets(by_manager) == ())


def test_what_this_pcs_keyring_holds_is_offered_to_the_clinic(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, by_manager: Database, qtbot: QtBot
) -> None:
    ring.kept["email_password"] = SECRET
    dialog = open_settings(manager)
    fill_mail(dialog)
    secret = dialog.email.secret
    qtbot.waitUntil(secret.move_here.isVisible)
    secret.move_here.click()
    qtbot.waitUntil(lambda: list(ring.kept) == ["clinic_key"])
    qtbot.waitUntil(lambda: [kept.name for kept in kept_secrets(by_manager)] == ["email_password"])
    qtbot.waitUntil(lambda: not secret.move_here.isVisible())


def test_the_key_is_brought_to_another_pc_and_a_wrong_one_refused(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, by_manager: Database, qtbot: QtBot
) -> None:
    text = keep_secrets(by_manager, KeepSecrets({"email_password": SECRET}))
    ring.kept.clear()
    dialog = open_settings(manager)
    dialog.areas.setCurrentRow(4)
    page = dialog.key
    qtbot.waitUntil(lambda: "does not have the clinic key" in page.state.text())
    assert not page.take.isEnabled()
    page.text.setText(new_key().text)
    page.take.click()
    qtbot.waitUntil(lambda: "not the clinic's key" in page.problem.text())
    assert ring.kept == {}
    page.text.setText(f" {text.lower()} ")
    page.take.click()
    qtbot.waitUntil(lambda: page.state.text().startswith("✓"))
    assert ring.kept == {"clinic_key": text}
    assert page.text.text() == ""
    fill_mail(dialog)
    dialog.email.secret.lines["email_password"].setText("another")
    dialog.email.secret.share.click()
    qtbot.waitUntil(lambda: kept_secrets(by_manager)[0].version == 2)
    assert manager.window.findChild(ClinicKeySheet) is None


def test_a_new_key_is_made_only_when_asked_whether_to(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, by_manager: Database, qtbot: QtBot
) -> None:
    old = keep_secrets(by_manager, KeepSecrets({"email_password": SECRET}))
    dialog = open_settings(manager)
    dialog.areas.setCurrentRow(4)
    qtbot.waitUntil(dialog.key.change.isVisible)
    dialog.key.change.click()
    sheet = manager.window.findChild(AskSheet)
    assert sheet is not None
    sheet.no.click()
    assert ring.kept == {"clinic_key": old}


def test_without_the_key_a_password_is_not_kept_and_it_is_said_where_the_key_goes(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, by_manager: Database, qtbot: QtBot
) -> None:
    keep_secrets(by_manager, KeepSecrets({"email_password": SECRET}))
    ring.kept.clear()
    dialog = open_settings(manager)
    fill_mail(dialog)
    secret = dialog.email.secret
    secret.lines["email_password"].setText("another")
    secret.share.click()
    qtbot.waitUntil(lambda: "under Clinic key" in secret.problem.text())
    assert kept_secrets(by_manager)[0].version == 1
    assert secret.is_typed, "what was typed is still there"
    secret.lines["email_password"].clear()


def test_the_reception_sees_where_passwords_are_and_changes_nothing(
    reception: DeskProgram, open_settings: OpenSettings
) -> None:
    dialog = open_settings(reception)
    assert not dialog.email.secret.share.isVisibleTo(dialog)
    assert not dialog.key.change.isVisibleTo(dialog)
