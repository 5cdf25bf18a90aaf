"""Settings, reminder rules and texts of the messages: what is stored, what is refused by its field, who was first."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.queries.messaging import channel_states, contact_notes
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import ContactNote, Kind, MessageText, Messaging, ReminderRule
from clinic_desk.domain.records import Channel
from clinic_desk.domain.refusals import MessagingConflict
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.notifications.planning import DEFAULT_RULE
from clinic_desk.notifications.templates import TextKey
from clinic_desk.notifications.texts import Text
from clinic_desk.services.booking import book
from clinic_desk.services.messaging import (
    DeleteRule,
    ResumeChannel,
    SaveMessaging,
    SaveRule,
    SaveText,
    UseDefaultText,
    checked_rule,
    checked_settings,
    checked_text,
    delete_rule,
    first_reminder,
    load_messaging,
    preview_text,
    resume_channel,
    save_messaging,
    save_rule,
    save_text,
    use_default_text,
)
from tests.support.bookings import BERLIN, at, checkup
from tests.support.small_clinic import SmallClinic


@pytest.fixture
def manager(url_as: Callable[[Any], URL]) -> Iterator[Database]:
    """The desk of whoever may set things."""
    database = Database(url_as("clinic_manager"), DeskIdentity(uuid4(), "Office"))
    yield database
    database.dispose()


def text(**other: Any) -> MessageText:
    usual = {"id": new_id(), "kind": Kind.REMINDER, "channel": Channel.SMS, "language": "de", "subject": ""}
    return MessageText(**{**usual, "body": "Am $date um $time", "version": 0, **other})


def test_a_fresh_clinics_settings_are_the_defaults_of_the_record(manager: Database) -> None:
    assert load_messaging(manager).settings == Messaging()


def test_a_fresh_clinic_has_one_rule_no_texts_of_its_own_and_working_channels(
    manager: Database, clinic: SmallClinic
) -> None:
    setup = load_messaging(manager)
    assert setup.rules == (DEFAULT_RULE,)
    assert setup.texts == ()
    assert {state.state for state in setup.channels.values()} == {"working"}
    assert setup.site is not None
    assert setup.site.id in {clinic.berlin, clinic.new_york}


def test_settings_are_written_over_the_version_that_was_seen(manager: Database) -> None:
    wanted = Messaging(
        quiet_from_minute=0,
        quiet_until_minute=1440,
        wait_s=0,
        email_by="smtp",
        smtp_host=" mail.example.org ",
        from_address="clinic@example.org",
        from_name="Praxis, Mitte",
        sms_by="twilio",
        twilio_account_sid="AC" + "0" * 32,
        twilio_number="+493012345",
        twilio_base_url="http://127.0.0.1:8080",
    )
    stored = save_messaging(manager, SaveMessaging(wanted))
    assert stored == replace(wanted, smtp_host="mail.example.org", version=2)
    assert load_messaging(manager).settings == stored
    with pytest.raises(MessagingConflict) as refused:
        save_messaging(manager, SaveMessaging(replace(wanted, wait_s=5)))
    assert refused.value.now == stored


def test_the_same_command_again_changes_nothing_more(manager: Database) -> None:
    command = SaveMessaging(Messaging(wait_s=60))
    assert save_messaging(manager, command) == save_messaging(manager, command)
    rule = SaveRule(ReminderRule(new_id(), 2, version=0))
    assert save_rule(manager, rule) == save_rule(manager, rule)
    own = SaveText(text())
    assert save_text(manager, own) == save_text(manager, own)
    removal = UseDefaultText(save_text(manager, own))
    use_default_text(manager, removal)
    use_default_text(manager, removal)
    assert load_messaging(manager).texts == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quiet_from_minute", 1441),
        ("quiet_until_minute", -1),
        ("wait_s", 901),
        ("retention_days", 0),
        ("email_by", "pigeon"),
        ("email_per_minute", 0),
        ("smtp_host", "mail.example.org/x"),
        ("smtp_port", 0),
        ("smtp_security", "ssl"),
        ("smtp_security", "none"),
        ("smtp_user", "a\nb"),
        ("from_address", "a@b, c@d"),
        ("from_address", "Clinic <a@b>"),
        ("from_name", "Praxis\r\nBcc: a@b"),
        ("from_name", "x" * 251),
        ("reply_to", "a@b\u0000"),
        ("sms_by", "smtp"),
        ("sms_per_minute", 60_001),
        ("twilio_account_sid", "MG" + "0" * 32),
        ("twilio_number", "030 12345"),
        ("twilio_service_sid", "x"),
        ("twilio_base_url", "http://api.twilio.com"),
        ("twilio_base_url", "https://api.twilio.com@evil.example"),
        ("twilio_base_url", "https://evil.example/path"),
        ("twilio_base_url", "https://"),
        ("twilio_base_url", "https://host:port"),
        ("twilio_base_url", "ftp://host"),
        ("twilio_base_url", "https://ho st"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_its_name(field: str, value: Any) -> None:
    given = Messaging(smtp_host="mail.example.org")
    with pytest.raises(InvalidInput) as refused:
        checked_settings(replace(given, **{field: value}))
    assert refused.value.field == field


def test_sending_by_smtp_needs_a_host_and_only_this_computer_may_be_spoken_to_in_clear() -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_settings(Messaging(email_by="smtp"))
    assert refused.value.field == "smtp_host"
    checked_settings(Messaging(email_by="smtp", smtp_host="127.0.0.1", smtp_security="none"))


@pytest.mark.parametrize(
    "address", ["", "https://api.example.org", "https://api.example.org:8443/", "http://localhost", "http://[::1]:80"]
)
def test_what_the_program_takes_as_an_address_the_database_takes_too(manager: Database, address: str) -> None:
    assert save_messaging(manager, SaveMessaging(Messaging(twilio_base_url=address))).twilio_base_url == address


# --- rules ------------------------------------------------------------------------------------------------------------


def test_rules_are_added_changed_and_deleted(manager: Database, clinic: SmallClinic) -> None:
    added = save_rule(manager, SaveRule(ReminderRule(new_id(), 2, "days", clinic.checkup, Channel.EMAIL, version=0)))
    assert added.version == 1
    changed = save_rule(manager, SaveRule(replace(added, active=False)))
    assert changed == replace(added, active=False, version=2)
    assert load_messaging(manager).rules == (changed, DEFAULT_RULE)
    with pytest.raises(MessagingConflict) as refused:
        delete_rule(manager, DeleteRule(added))
    assert refused.value.now == changed
    delete_rule(manager, DeleteRule(changed))
    with pytest.raises(MessagingConflict) as gone:
        save_rule(manager, SaveRule(changed))
    assert gone.value.now is None
    assert load_messaging(manager).rules == (DEFAULT_RULE,)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("lead", {"lead": 0}),
        ("lead", {"lead": 367, "unit": "days"}),
        ("lead", {"lead": 10_001, "unit": "minutes"}),
        ("unit", {"unit": "weeks"}),
        ("channel", {"channel": Channel.NONE}),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_by_its_field(field: str, other: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_rule(ReminderRule(**{"id": UUID(int=1), "lead": 24, **other}))
    assert refused.value.field == field


def test_the_same_rule_twice_is_refused(manager: Database) -> None:
    with pytest.raises(InvalidInput) as refused:
        save_rule(manager, SaveRule(ReminderRule(new_id(), 24, version=0)))
    assert refused.value.field == "lead"


# --- texts ------------------------------------------------------------------------------------------------------------


def test_texts_are_stored_as_written_and_used_by_the_next_booking(
    manager: Database, database: Database, clinic: SmallClinic, owner_engine: Engine
) -> None:
    english = text(kind=Kind.CONFIRMATION, language="en", body="See you $date, $time\r\nDr. W ")
    stored = save_text(manager, SaveText(english))
    assert stored == replace(english, body="See you $date, $time\nDr. W", version=1)
    book(database, checkup(clinic))
    with owner_engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT body FROM notification WHERE kind = 'confirmation'").scalar_one()
    assert found == "See you Mon 3 Mar 2031, 09:00\nDr. W"


def test_who_is_second_with_a_text_is_told_what_stands(manager: Database) -> None:
    first = save_text(manager, SaveText(text()))
    with pytest.raises(MessagingConflict) as refused:
        save_text(manager, SaveText(text(body="anders: $date $time")))
    assert refused.value.now == first
    second = save_text(manager, SaveText(replace(first, body="anders: $date $time")))
    with pytest.raises(MessagingConflict):
        use_default_text(manager, UseDefaultText(first))
    use_default_text(manager, UseDefaultText(second))
    assert load_messaging(manager).texts == ()


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("language", {"language": "it"}),
        ("channel", {"channel": Channel.NONE}),
        ("body", {"body": "$date $time $diagnosis"}),
        ("subject", {"subject": "x"}),
        ("subject", {"channel": Channel.EMAIL, "subject": " "}),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_by_its_field(field: str, other: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_text(text(**other))
    assert refused.value.field == field


@pytest.mark.usefixtures("clinic")
def test_the_editor_shows_what_a_patient_would_read_in_a_week(manager: Database) -> None:
    setup = load_messaging(manager)
    key = TextKey("reminder", Channel.SMS, "en")
    seen = preview_text(setup, key)
    assert setup.site is not None
    assert setup.site.name in seen.words.body
    assert ":30" in seen.words.body
    assert preview_text(setup, key, Text("", "$date")).problem is not None


def test_the_form_knows_when_the_first_reminder_would_leave(manager: Database, clinic: SmallClinic) -> None:
    save_rule(manager, SaveRule(ReminderRule(new_id(), 2, type_id=clinic.checkup, version=0)))
    save_rule(manager, SaveRule(ReminderRule(new_id(), 1, "days", type_id=clinic.checkup, version=0)))
    setup, start = load_messaging(manager), at(clinic.monday, 10)
    early = start - timedelta(days=9)
    assert first_reminder(setup, start, clinic.checkup, BERLIN, early) == start - timedelta(days=1)
    assert first_reminder(setup, start, clinic.checkup, BERLIN, start - timedelta(hours=3)) == start - timedelta(
        hours=1
    )
    assert first_reminder(setup, start, clinic.procedure, BERLIN, early) == start - timedelta(hours=24)
    assert first_reminder(setup, start, clinic.procedure, BERLIN, start - timedelta(hours=3)) is None


# --- who may, and channels --------------------------------------------------------------------------------------------


def test_a_reception_may_look_and_not_change(database: Database) -> None:
    setup = load_messaging(database)
    for attempt in (
        lambda: save_messaging(database, SaveMessaging(setup.settings)),
        lambda: save_rule(database, SaveRule(setup.rules[0])),
        lambda: delete_rule(database, DeleteRule(setup.rules[0])),
        lambda: save_text(database, SaveText(text())),
        lambda: resume_channel(database, ResumeChannel(Channel.SMS)),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert load_messaging(database).settings == setup.settings


def test_who_sends_the_credentials_elsewhere_stands_in_the_history(manager: Database, owner_engine: Engine) -> None:
    settings = replace(load_messaging(manager).settings, twilio_base_url="https://gateway.example")
    save_messaging(manager, SaveMessaging(settings))
    with owner_engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT db_user, before ->> 'twilio_base_url', after ->> 'twilio_base_url' FROM history"
            " WHERE table_name = 'messaging' AND action = 'update' ORDER BY at DESC LIMIT 1"
        )
        assert found.all() == [("test_manager", "", "https://gateway.example")]


def test_a_stopped_channel_is_resumed_by_a_manager_or_by_new_settings(manager: Database, owner_engine: Engine) -> None:
    def stop() -> None:
        with owner_engine.begin() as connection:
            connection.exec_driver_sql("UPDATE message_channel SET state = 'stopped', code = '20003', failures = 3")

    stop()
    state = resume_channel(manager, ResumeChannel(Channel.SMS))
    assert (state.state, state.code) == ("working", "")
    with manager.reading() as connection:
        assert channel_states(connection)[Channel.EMAIL].state == "stopped"
    stop()
    save_messaging(manager, SaveMessaging(load_messaging(manager).settings))
    assert {state.state for state in load_messaging(manager).channels.values()} == {"working"}


def test_notes_are_found_by_address(database: Database, owner_engine: Engine) -> None:
    with owner_engine.begin() as connection:
        for number, address in enumerate(("a@example.org", "b@example.org"), start=1):
            connection.exec_driver_sql(
                "INSERT INTO contact_note (id, channel, address, state, source, reason)"
                " VALUES (%s, 'email', %s, 'unusable', 'provider', '550')",
                (UUID(int=number), address),
            )
    with database.reading() as connection:
        (note,) = contact_notes(connection, ["B@Example.org", "c@example.org"])
        assert replace(note, changed_at=None) == ContactNote(
            UUID(int=2), Channel.EMAIL, "b@example.org", "unusable", "provider", "550"
        )
        assert len(contact_notes(connection)) == 2
        assert contact_notes(connection, []) == ()
