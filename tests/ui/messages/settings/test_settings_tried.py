"""Connections and texts are tried out against real servers, and passwords go to the keyring of the PC alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import keyring
import keyring.errors
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.messaging import Kind
from clinic_desk.domain.records import Channel
from clinic_desk.notifications.templates import TextKey
from clinic_desk.services import messaging
from clinic_desk.services.provider_secrets import kept_secrets
from clinic_desk.ui.messages.settings.channel_section import ChannelSection
from clinic_desk.ui.messages.settings.dialog import SettingsDialog
from tests.support.mail_server import MailServer, Step
from tests.support.twilio_server import ACCOUNT, NUMBER, TOKEN, TwilioServer, refusal
from tests.ui.messages.settings.conftest import MemoryKeyring, box_of, line_of, number_of

OpenSettings = Callable[[DeskProgram], SettingsDialog]
PATIENCE = 30_000


def press(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def fill_mail(dialog: SettingsDialog, server: MailServer, **others: str) -> None:
    host, port = server.address
    section = dialog.email
    box_of(section.rows, "email_by").choose("smtp")
    section._edited("email_by")
    box_of(section.rows, "smtp_security").choose("none")
    number_of(section.rows, "smtp_port").setValue(port)
    for name, text in {"smtp_host": host, "from_address": "desk@clinic.example", **others}.items():
        line_of(section.rows, name).setText(text)


def fill_sms(dialog: SettingsDialog, server: TwilioServer) -> None:
    dialog.areas.setCurrentRow(1)
    section = dialog.sms
    box_of(section.rows, "sms_by").choose("twilio")
    section._edited("sms_by")
    for name, text in {
        "twilio_account_sid": ACCOUNT,
        "twilio_number": NUMBER,
        "twilio_base_url": server.address,
    }.items():
        line_of(section.rows, name).setText(text)


def tried(section: ChannelSection, qtbot: QtBot) -> tuple[str, str]:
    """Press "Test connection" and return what it says."""
    press(section.test.try_it)
    qtbot.waitUntil(lambda: not section.test._errand.is_busy, timeout=PATIENCE)
    return section.test.result.text(), section.test.result.property("role")


# --- the connection ---------------------------------------------------------------------------------------------------


def test_a_mail_server_is_tried_as_often_as_one_likes_before_anything_is_saved(
    manager: DeskProgram, open_settings: OpenSettings, database: Database, qtbot: QtBot
) -> None:
    before = messaging.load_messaging(database).settings
    with MailServer() as server:
        dialog = open_settings(manager)
        fill_mail(dialog, server)
        host = server.address[0]
        told = f"It works: {host} answered and took the sign-in. Nothing was sent."
        assert tried(dialog.email, qtbot) == (told, "ok")
        assert tried(dialog.email, qtbot) == (told, "ok")
        server.plan("connect", Step(reply="554 5.7.1 go away"))
        text, role = tried(dialog.email, qtbot)
        assert role == "danger"
        assert "554" in text
        assert server.received == []
    text, role = tried(dialog.email, qtbot)
    assert (role, "check host and port" in text or "cannot be reached" in text) == ("danger", True)
    assert messaging.load_messaging(database).settings == before


def test_a_server_that_hangs_holds_nothing_up(manager: DeskProgram, open_settings: OpenSettings, qtbot: QtBot) -> None:
    with MailServer() as server:
        dialog = open_settings(manager)
        fill_mail(dialog, server)
        server.plan("connect", Step(hang=True))
        press(dialog.email.test.try_it)
        assert dialog.email.test.try_it.text() == "Trying…"
        line_of(dialog.email.rows, "from_name").setText("Mitte")
        press(dialog.save)
        qtbot.waitUntil(lambda: dialog.told.text().startswith("✓ Saved"), timeout=8_000)
        assert dialog.email.test._errand.is_busy
        server.stop()
        qtbot.waitUntil(lambda: not dialog.email.test._errand.is_busy, timeout=PATIENCE)


def test_what_is_typed_wrong_is_told_at_its_field_and_not_tried(
    manager: DeskProgram, open_settings: OpenSettings
) -> None:
    with MailServer() as server:
        dialog = open_settings(manager)
        fill_mail(dialog, server, from_address="nobody")
        press(dialog.email.test.try_it)
        assert dialog.email.rows.remarks["from_address"].text().startswith("This is not an e-mail address.")
        assert not dialog.email.test._errand.is_busy


def test_a_wrong_token_is_told_and_the_right_one_is_kept_in_the_keyring(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, owner_engine: Engine, qtbot: QtBot
) -> None:
    with TwilioServer() as server:
        dialog = open_settings(manager)
        fill_sms(dialog, server)
        secret = dialog.sms.secret
        assert secret.source.text() == "Not known on this PC."
        text, role = tried(dialog.sms, qtbot)
        assert (text, role) == ("The auth token or API key is not known on this PC. Type it below.", "danger")
        secret.lines["twilio_auth_token"].setText("wrong")
        text, _role = tried(dialog.sms, qtbot)
        assert text.startswith("Twilio refused the sign-in (20003).")
        secret.lines["twilio_auth_token"].setText(TOKEN)
        assert tried(dialog.sms, qtbot)[1] == "ok"
        assert ring.kept == {}
        assert dialog.is_changed
        press(secret.keep)
        qtbot.waitUntil(lambda: ring.kept == {"twilio_auth_token": TOKEN})
        qtbot.waitUntil(lambda: secret.source.text() == "In force: what this PC's keyring holds.")
        assert secret.lines["twilio_auth_token"].text() == ""
        assert tried(dialog.sms, qtbot)[1] == "ok"
    with owner_engine.begin() as connection:
        rows = (
            connection.exec_driver_sql(
                "SELECT to_jsonb(h)::text FROM history h UNION ALL SELECT to_jsonb(m)::text FROM messaging m"
            )
            .scalars()
            .all()
        )
    assert not any(TOKEN in row for row in rows)


def test_an_api_key_takes_the_tokens_place_and_can_be_forgotten(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, qtbot: QtBot
) -> None:
    ring.kept["twilio_auth_token"] = TOKEN
    with TwilioServer() as server:
        dialog = open_settings(manager)
        fill_sms(dialog, server)
        secret = dialog.sms.secret
        secret.way.setCurrentIndex(1)
        assert not secret.lines["twilio_auth_token"].isVisible()
        secret.lines["twilio_api_key"].setText("SK" + "1" * 32)
        assert not secret.keep.isEnabled()
        secret.lines["twilio_api_secret"].setText("s3cret")
        press(secret.keep)
        qtbot.waitUntil(lambda: ring.kept == {"twilio_api_key": "SK" + "1" * 32, "twilio_api_secret": "s3cret"})
        qtbot.waitUntil(lambda: secret.drop.isVisible() and secret.drop.isEnabled())
        press(secret.drop)
        qtbot.waitUntil(lambda: ring.kept == {})
        qtbot.waitUntil(lambda: secret.source.text() == "Not known on this PC.")


def test_the_environment_goes_before_the_keyring_and_is_said(
    manager: DeskProgram, open_settings: OpenSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", TOKEN)
    with TwilioServer() as server:
        dialog = open_settings(manager)
        fill_sms(dialog, server)
        secret = dialog.sms.secret
        assert secret.source.text().startswith("In force: the environment variable TWILIO_AUTH_TOKEN of this PC.")
        assert secret.lines["twilio_auth_token"].isReadOnly()


def test_without_a_keyring_nothing_is_kept_anywhere_and_it_is_said(
    manager: DeskProgram, open_settings: OpenSettings, qtbot: QtBot
) -> None:
    keyring.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]
    with TwilioServer() as server:
        dialog = open_settings(manager)
        fill_sms(dialog, server)
        secret = dialog.sms.secret
        qtbot.waitUntil(lambda: "This PC has no keyring for passwords" in secret.source.text())
        secret.lines["twilio_auth_token"].setText(TOKEN)
        press(secret.keep)
        qtbot.waitUntil(secret.problem.isVisible)
        assert secret.problem.text().endswith("Set it in the environment: TWILIO_AUTH_TOKEN.")
        assert secret.lines["twilio_auth_token"].text() == TOKEN
        secret.lines["twilio_auth_token"].clear()


def test_a_locked_keyring_can_be_unlocked_and_asked_again(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, qtbot: QtBot
) -> None:
    with TwilioServer() as server:
        dialog = open_settings(manager)
        fill_sms(dialog, server)
        secret = dialog.sms.secret
        ring.error = keyring.errors.KeyringLocked()
        secret.lines["twilio_auth_token"].setText(TOKEN)
        press(secret.keep)
        qtbot.waitUntil(lambda: secret.problem.text() == "This PC's keyring is locked. Unlock it, then try again.")
        ring.error = None
        press(secret.keep)
        qtbot.waitUntil(lambda: ring.kept == {"twilio_auth_token": TOKEN})


def test_a_folder_is_said_to_tell_nobody(manager: DeskProgram, open_settings: OpenSettings, qtbot: QtBot) -> None:
    dialog = open_settings(manager)
    box_of(dialog.email.rows, "email_by").setCurrentText("to a folder: nobody is told, for trials")
    text, role = tried(dialog.email, qtbot)
    assert role == "warning"
    assert text.startswith("The folder can be written to: ")
    assert text.endswith("Nobody is told.")


def test_a_stopped_channel_says_why_and_can_try_again(
    manager: DeskProgram, open_settings: OpenSettings, owner_engine: Engine, database: Database, qtbot: QtBot
) -> None:
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE message_channel SET state = 'stopped', code = '20003' WHERE channel = 'sms'")
    dialog = open_settings(manager)
    dialog.areas.setCurrentRow(1)
    assert dialog.sms.state.text().startswith("It is stopped: the provider refused the sign-in (20003)")
    press(dialog.sms.resume)
    qtbot.waitUntil(lambda: not dialog.sms.state.isVisible())
    assert messaging.load_messaging(database).channels[Channel.SMS].state == "working"


# --- a test message ---------------------------------------------------------------------------------------------------


def test_a_test_of_a_text_reaches_the_mail_server_as_the_preview_shows_it(
    manager: DeskProgram, open_settings: OpenSettings, qtbot: QtBot
) -> None:
    with MailServer() as server:
        dialog = open_settings(manager)
        fill_mail(dialog, server)
        dialog.areas.setCurrentRow(3)
        editor = dialog.texts.editor
        editor.subject.setText("$clinic: am $date")
        press(editor.test.try_it)
        assert editor.test.result.text() == "Type your own e-mail address first."
        assert editor.address.hasFocus()
        QTest.keyClicks(editor.address, "me@clinic.example")
        QTest.keyClick(editor.address, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: editor.test.result.text() == "Sent to me@clinic.example.", timeout=PATIENCE)
        [received] = server.received
        assert received.recipients == ("me@clinic.example",)
        assert received.mail["Subject"] == editor.preview_subject.text()
        assert dialog.isVisible()


def test_a_test_by_sms_is_sent_once_to_a_number_as_typed_at_home(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, qtbot: QtBot
) -> None:
    ring.kept["twilio_auth_token"] = TOKEN
    with TwilioServer() as server:
        dialog = open_settings(manager)
        fill_sms(dialog, server)
        dialog.areas.setCurrentRow(3)
        dialog.texts.choose(TextKey(Kind.REMINDER, Channel.SMS, "en"))
        editor = dialog.texts.editor
        editor.address.setText("12")
        press(editor.test.try_it)
        qtbot.waitUntil(lambda: not editor.test._errand.is_busy, timeout=PATIENCE)
        assert editor.test.result.property("role") == "danger"
        assert server.received == []
        editor.address.setText("+49 30 12345671")
        press(editor.test.try_it)
        qtbot.waitUntil(lambda: editor.test.result.text() == "Sent to +49 30 12345671.", timeout=PATIENCE)
        [message] = server.received
        assert (message.to, message.body) == ("+493012345671", editor.words.body)
        server.plan("POST", refusal(21606))
        press(editor.test.try_it)
        qtbot.waitUntil(lambda: "21606" in editor.test.result.text(), timeout=PATIENCE)
        assert server.violations == []


def test_a_typed_password_is_kept_for_the_clinic_when_everything_is_saved(
    manager: DeskProgram, open_settings: OpenSettings, ring: MemoryKeyring, database: Database, qtbot: QtBot
) -> None:
    with TwilioServer() as server:
        dialog = open_settings(manager)
        fill_sms(dialog, server)
        dialog.sms.secret.lines["twilio_auth_token"].setText(TOKEN)
        press(dialog.save)
        qtbot.waitUntil(lambda: list(ring.kept) == ["clinic_key"])
        qtbot.waitUntil(lambda: not dialog.is_changed)
        assert [secret.name for secret in kept_secrets(database)] == ["twilio_auth_token"]
        saved = messaging.load_messaging(database).settings
        assert replace(saved, version=0).twilio_account_sid == ACCOUNT
