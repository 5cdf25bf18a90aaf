"""Settings, rules and texts are saved over the versions that were seen, by managers only, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Kind, Messaging, ReminderRule
from clinic_desk.domain.records import Channel
from clinic_desk.errors import NotAllowed
from clinic_desk.notifications.templates import TextKey
from clinic_desk.services import messaging
from clinic_desk.services.messaging import MessagingSetup
from clinic_desk.ui.compare import CompareSheet
from clinic_desk.ui.leaving import LeavingSheet
from clinic_desk.ui.messages.settings.dialog import SettingsDialog
from tests.support.small_clinic import SMALL_CLINIC
from tests.ui.messages.settings.conftest import box_of, line_of, number_of

OpenSettings = Callable[[DeskProgram], SettingsDialog]
SAVED = "✓ Saved, and in force at every desk."
Key = Qt.Key
Shown = TypeVar("Shown", bound=QWidget)


@pytest.fixture
def stored(database: Database) -> Callable[[], MessagingSetup]:
    """What the database holds."""
    return lambda: messaging.load_messaging(database)


@pytest.fixture
def other(url_as: Callable[..., URL], owner_engine: Engine) -> Iterator[Database]:
    """Another desk of a manager."""
    identity = DeskIdentity(new_id(), "Back office")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (%s, %s)", (identity.id, identity.name))
    desk = Database(url_as("clinic_manager"), identity)
    yield desk
    desk.dispose()


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    QTest.keyClick(widget, key, modifiers)


def click(where: QWidget, name: str) -> None:
    found = where.window().findChild(QPushButton, name)
    assert isinstance(found, QPushButton), name
    QTest.mouseClick(found, Qt.MouseButton.LeftButton)


def sheet_of(dialog: SettingsDialog, kind: type[Shown], qtbot: QtBot) -> Shown:
    def found() -> Shown | None:
        return next((each for each in dialog.window().findChildren(kind) if each.isVisible()), None)

    qtbot.waitUntil(lambda: found() is not None)
    shown = found()
    assert shown is not None
    guard: QObject = shown.guard  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: guard.is_ready, timeout=20_000)  # type: ignore[attr-defined]
    return shown


# --- saving -----------------------------------------------------------------------------------------------------------


def test_what_a_manager_changes_is_saved_at_once_and_again(
    manager: DeskProgram, open_settings: OpenSettings, stored: Callable[[], MessagingSetup], qtbot: QtBot
) -> None:
    dialog, before = open_settings(manager), stored().settings
    assert not dialog.who.isVisible()
    assert not dialog.save.isEnabled()
    press(Key.Key_3, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(dialog.when.isVisible)
    box_of(dialog.when.rows, "wait_s").setCurrentText("5 minutes")
    assert dialog.told.text() == "Not saved yet."
    press(Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: dialog.told.text() == SAVED)
    assert stored().settings.wait_s == 300
    dialog.when.quiet.setChecked(False)
    assert not dialog.when.rows.fields["quiet_from_minute"].isVisible()
    click(dialog, "settings_save")
    qtbot.waitUntil(lambda: dialog.told.text() == SAVED)
    settings = stored().settings
    assert settings.quiet_from_minute == settings.quiet_until_minute
    assert settings.version == before.version + 2
    assert not dialog.is_changed


def test_a_change_taken_back_is_nothing_to_save(manager: DeskProgram, open_settings: OpenSettings) -> None:
    dialog = open_settings(manager)
    line = line_of(dialog.email.rows, "from_name")
    line.setText("Mitte")
    assert dialog.save.isEnabled()
    line.setText("")
    assert not dialog.save.isEnabled()
    assert dialog.told.text() == ""


def test_what_cannot_be_saved_is_told_at_its_field_in_its_section(
    manager: DeskProgram, open_settings: OpenSettings, stored: Callable[[], MessagingSetup]
) -> None:
    dialog, before = open_settings(manager), stored().settings
    dialog.areas.setCurrentRow(3)
    box_of(dialog.sms.rows, "sms_by").setCurrentIndex(1)
    line_of(dialog.sms.rows, "twilio_base_url").setText("http://gateway.example")
    click(dialog, "settings_save")
    assert dialog.areas.currentRow() == 1
    remark = dialog.sms.rows.remarks["twilio_base_url"]
    assert remark.isVisible()
    assert remark.text().startswith("Type https:// and a host")
    assert line_of(dialog.sms.rows, "twilio_base_url").hasFocus()
    assert stored().settings == before
    line_of(dialog.sms.rows, "twilio_base_url").setText("https://gateway.example")
    assert not remark.isVisible()


def test_rules_are_added_changed_and_removed(
    manager: DeskProgram, open_settings: OpenSettings, stored: Callable[[], MessagingSetup], qtbot: QtBot
) -> None:
    dialog = open_settings(manager)
    dialog.areas.setCurrentRow(2)
    rules = dialog.when.rules
    before = len(rules.rows)
    click(dialog, "add_rule")
    row = rules.rows[-1]
    assert row.lead.hasFocus()
    row.lead.setValue(3)
    row.unit.setCurrentText("days")
    row.type.setCurrentText("Procedure")
    row.channel.setCurrentText("SMS")
    assert row.told.text() == "3 days before, at the same time of day; booked later than that: no reminder."
    click(dialog, "settings_save")
    qtbot.waitUntil(lambda: dialog.told.text() == SAVED)
    found = {(rule.lead, rule.unit, rule.type_id, rule.channel) for rule in stored().rules}
    assert (3, "days", SMALL_CLINIC.procedure, Channel.SMS) in found
    rules.rows[-1].active.setChecked(False)
    assert rules.rows[-1].told.text() == "Not in use: nobody is reminded by it."
    click(dialog, "settings_save")
    qtbot.waitUntil(lambda: dialog.told.text() == SAVED)
    assert [rule.active for rule in stored().rules].count(False) == 1
    for number in range(len(rules.rows)):
        assert number <= before
        QTest.mouseClick(rules.rows[0].remove, Qt.MouseButton.LeftButton)
    assert rules.none.isVisible()
    click(dialog, "settings_save")
    qtbot.waitUntil(lambda: dialog.told.text() == SAVED)
    assert stored().rules == ()


def test_the_same_rule_twice_is_told_at_the_second(
    manager: DeskProgram, open_settings: OpenSettings, other: Database, qtbot: QtBot
) -> None:
    messaging.save_rule(other, messaging.SaveRule(ReminderRule(new_id(), 2, "hours", version=0)))
    dialog = open_settings(manager)
    dialog.areas.setCurrentRow(2)
    click(dialog, "add_rule")
    row = dialog.when.rules.rows[-1]
    row.lead.setValue(2)
    click(dialog, "settings_save")
    qtbot.waitUntil(row.remark.isVisible)
    assert row.remark.text() == "At least 1, at most a year, and no rule twice."


# --- another desk -----------------------------------------------------------------------------------------------------


def test_what_another_desk_saved_meanwhile_is_compared_field_by_field(
    manager: DeskProgram,
    open_settings: OpenSettings,
    other: Database,
    stored: Callable[[], MessagingSetup],
    qtbot: QtBot,
) -> None:
    dialog = open_settings(manager)
    theirs = replace(stored().settings, retention_days=30, from_name="Theirs", reply_to="them@clinic.example")
    messaging.save_messaging(other, messaging.SaveMessaging(theirs))
    box_of(dialog.email.rows, "email_by").setCurrentIndex(2)
    line_of(dialog.email.rows, "from_name").setText("Mine")
    number_of(dialog.when.rows, "retention_days").setValue(60)
    click(dialog, "settings_save")
    sheet = sheet_of(dialog, CompareSheet, qtbot)
    assert [each.accessibleName() for each in sheet.choices] == [
        "Keep what was sent, as you want it, 1 60 days",
        "Keep what was sent, as it is now, 2 30 days",
        "Sender's name, as you want it, 3 Mine",
        "Sender's name, as it is now, 4 Theirs",
    ]
    told = [sheet.table.text_of(row) for row in range(2, 4)]
    assert ("Answers go to", "unchanged", "them@clinic.example", "✓ as it is now") in told
    assert not sheet._save.isEnabled()
    press(Key.Key_2)
    press(Key.Key_3)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.told.text() == SAVED)
    saved = stored().settings
    assert (saved.retention_days, saved.from_name, saved.reply_to) == (30, "Mine", "them@clinic.example")
    assert (saved.email_by, saved.version) == ("folder", theirs.version + 2)
    assert line_of(dialog.email.rows, "reply_to").text() == "them@clinic.example"


def test_esc_at_a_comparison_keeps_what_was_typed_and_saves_nothing(
    manager: DeskProgram,
    open_settings: OpenSettings,
    other: Database,
    stored: Callable[[], MessagingSetup],
    qtbot: QtBot,
) -> None:
    dialog = open_settings(manager)
    messaging.save_messaging(other, messaging.SaveMessaging(replace(stored().settings, from_name="Theirs")))
    line_of(dialog.email.rows, "from_name").setText("Mine")
    click(dialog, "settings_save")
    sheet_of(dialog, CompareSheet, qtbot)
    press(Key.Key_Escape)
    assert dialog.isVisible()
    assert line_of(dialog.email.rows, "from_name").text() == "Mine"
    assert stored().settings.from_name == "Theirs"
    click(dialog, "settings_save")
    sheet_of(dialog, CompareSheet, qtbot)


def test_a_rule_removed_elsewhere_can_be_had_back(
    manager: DeskProgram,
    open_settings: OpenSettings,
    other: Database,
    stored: Callable[[], MessagingSetup],
    qtbot: QtBot,
) -> None:
    messaging.save_rule(other, messaging.SaveRule(ReminderRule(new_id(), 7, "days", version=0)))
    dialog = open_settings(manager)
    rule = next(rule for rule in stored().rules if rule.lead == 7)
    messaging.delete_rule(other, messaging.DeleteRule(rule))
    row = next(row for row in dialog.when.rules.rows if row.rule.id == rule.id)
    row.lead.setValue(6)
    click(dialog, "settings_save")
    sheet_of(dialog, CompareSheet, qtbot)
    press(Key.Key_1)
    press(Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.told.text() == SAVED)
    assert 6 in {rule.lead for rule in stored().rules}


# --- leaving ----------------------------------------------------------------------------------------------------------


def test_unsaved_changes_are_asked_about(
    manager: DeskProgram, open_settings: OpenSettings, stored: Callable[[], MessagingSetup], qtbot: QtBot
) -> None:
    dialog = open_settings(manager)
    line_of(dialog.email.rows, "from_name").setText("Mitte")
    press(Key.Key_Escape)
    sheet_of(dialog, LeavingSheet, qtbot)
    press(Key.Key_Escape)
    assert dialog.isVisible()
    press(Key.Key_Escape)
    sheet_of(dialog, LeavingSheet, qtbot)
    with qtbot.waitSignal(dialog.destroyed):
        press(Key.Key_Return)
    assert stored().settings.from_name == "Mitte"


def test_changes_can_be_left_unsaved_and_are_gone_then(
    manager: DeskProgram, open_settings: OpenSettings, stored: Callable[[], MessagingSetup], qtbot: QtBot
) -> None:
    dialog = open_settings(manager)
    line_of(dialog.email.rows, "from_name").setText("Mitte")
    press(Key.Key_Escape)
    sheet_of(dialog, LeavingSheet, qtbot)
    with qtbot.waitSignal(dialog.destroyed):
        click(manager.window, "leaving_drop")
    assert stored().settings.from_name == ""
    again = open_settings(manager)
    assert line_of(again.email.rows, "from_name").text() == ""
    with qtbot.waitSignal(again.destroyed):
        press(Key.Key_Escape)
    assert manager.window.calendar.hasFocus()


# --- who may ----------------------------------------------------------------------------------------------------------


def test_the_reception_sees_everything_and_changes_nothing(
    reception: DeskProgram, open_settings: OpenSettings, database: Database
) -> None:
    dialog = open_settings(reception)
    assert dialog.who.isVisible()
    assert dialog.who.text() == "You can look at everything here. Only a practice manager can change it."
    assert not dialog.save.isVisible()
    assert line_of(dialog.email.rows, "from_name").isReadOnly()
    assert not dialog.email.rows.fields["email_by"].isEnabled()
    assert not dialog.when.quiet.isEnabled()
    assert dialog.texts.editor.body.isReadOnly()
    assert not any(row.remove.isVisibleTo(row) for row in dialog.when.rules.rows)
    with pytest.raises(NotAllowed):
        messaging.save_messaging(database, messaging.SaveMessaging(Messaging(wait_s=5)))


def test_the_database_refuses_a_manager_who_no_longer_is_one(
    manager: DeskProgram, open_settings: OpenSettings, owner_engine: Engine, qtbot: QtBot
) -> None:
    dialog = open_settings(manager)
    line_of(dialog.email.rows, "from_name").setText("Mitte")
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("REVOKE UPDATE ON messaging FROM clinic_manager")
    click(dialog, "settings_save")
    qtbot.waitUntil(lambda: dialog.told.text().startswith("Your sign-in may not do this."))
    assert line_of(dialog.email.rows, "from_name").text() == "Mitte"


# --- texts ------------------------------------------------------------------------------------------------------------

REMINDER = TextKey(Kind.REMINDER, Channel.SMS, "de")


def test_a_text_is_written_with_its_preview_its_length_and_its_placeholders(
    manager: DeskProgram, open_settings: OpenSettings, stored: Callable[[], MessagingSetup], qtbot: QtBot
) -> None:
    dialog = open_settings(manager)
    dialog.areas.setCurrentRow(3)
    texts, editor = dialog.texts, dialog.texts.editor
    texts.choose(REMINDER)
    assert not editor.subject.isVisible()
    assert "Harlem: Erinnerung an Ihren Termin am" in editor.preview.text()
    assert editor.size_told.text().endswith("more fit")
    assert not editor.default.isEnabled()
    editor.body.setFocus()
    editor.body.selectAll()
    QTest.keyClicks(editor.body, "Bitte kommen Sie am ")
    press(Key.Key_2, Qt.KeyboardModifier.ControlModifier)
    assert "1 segment" in editor.size_told.text()
    assert editor.body.toPlainText().endswith("$date")
    click(dialog, "settings_save")
    assert editor.body_remark.text() == "The patient must know when: the text lacks $time."
    assert editor.body.hasFocus()
    QTest.keyClicks(editor.body, " um ")
    click(dialog, "put_time")
    assert editor.body_remark.text() == ""
    editor.body.insertPlainText(" „pünktlich“")
    assert "“„” ““” makes it Unicode: 70 characters in a segment, not 160." in editor.size_told.text()
    assert "✎" in texts.list.item(10).text()
    click(dialog, "settings_save")
    qtbot.waitUntil(lambda: dialog.told.text() == SAVED)
    [own] = stored().texts
    assert (own.kind, own.channel, own.language) == REMINDER
    assert own.body == "Bitte kommen Sie am $date um $time „pünktlich“"
    click(dialog, "text_default")
    assert "Erinnerung" in editor.body.toPlainText()
    click(dialog, "settings_save")
    qtbot.waitUntil(lambda: dialog.told.text() == SAVED)
    assert stored().texts == ()


def test_an_own_text_is_kept_while_others_are_looked_at(manager: DeskProgram, open_settings: OpenSettings) -> None:
    dialog = open_settings(manager)
    dialog.areas.setCurrentRow(3)
    texts, editor = dialog.texts, dialog.texts.editor
    editor.subject.setText("$clinic am $date")
    typed = editor.text()
    assert editor.preview_subject.text().startswith("Harlem am ")
    texts.choose(REMINDER)
    texts.choose(TextKey(Kind.CONFIRMATION, Channel.EMAIL, "fr"))
    assert "rendez-vous" in editor.preview.text()
    texts.choose(TextKey(Kind.CONFIRMATION, Channel.EMAIL, "en"))
    assert editor.text() == typed
    assert dialog.is_changed
