"""Senders are made from settings and credentials; a trial says what is missing, or what to change."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clinic_desk.domain.messaging import Answer, Messaging
from clinic_desk.domain.records import Channel
from clinic_desk.notifications.credentials import Credentials
from clinic_desk.notifications.senders import make_senders, why_not
from clinic_desk.notifications.senders.folder import FolderSender
from clinic_desk.notifications.senders.smtp import SmtpSender
from clinic_desk.notifications.senders.twilio import TwilioSender
from clinic_desk.notifications.trial import check_channel, send_test
from tests.support.certificates import make_certificate
from tests.support.mail_server import MailServer
from tests.support.twilio_server import ACCOUNT, NUMBER, SERVICE, TOKEN, TwilioServer, refusal

SETTINGS = Messaging(
    email_by="smtp",
    smtp_host="mail.example",
    from_address="desk@clinic.example",
    smtp_user="desk",
    sms_by="twilio",
    twilio_account_sid=ACCOUNT,
    twilio_number=NUMBER,
)
KNOWN = Credentials(twilio_auth_token=TOKEN, email_password="sesame")


def missing(channel: Channel, settings: Messaging, known: Credentials = KNOWN, folder: Path | None = None) -> str:
    outcome = why_not(settings, known, channel, folder)
    assert outcome is None or outcome.answer is Answer.CONFIGURATION
    assert (outcome is None) == (channel in make_senders(settings, known, folder))
    return "" if outcome is None else outcome.code


def test_each_channel_has_the_sender_its_settings_name(tmp_path: Path) -> None:
    senders = make_senders(SETTINGS, KNOWN, None)
    assert {channel: type(sender) for channel, sender in senders.items()} == {
        Channel.EMAIL: SmtpSender,
        Channel.SMS: TwilioSender,
    }
    trial = make_senders(replace(SETTINGS, email_by="folder", sms_by="folder"), Credentials(), tmp_path)
    assert {channel: type(sender) for channel, sender in trial.items()} == dict.fromkeys(senders, FolderSender)
    assert all(sender.channel is channel for channel, sender in [*senders.items(), *trial.items()])
    assert make_senders(Messaging(), KNOWN, tmp_path) == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"email_by": "off"}, "off"),
        ({"email_by": "folder"}, "no-folder"),
        ({"smtp_host": ""}, "no-host"),
        ({"from_address": ""}, "no-from-address"),
        ({"smtp_security": "none"}, "insecure"),
        ({"smtp_security": "none", "smtp_host": "127.0.0.1"}, ""),
    ],
)
def test_what_e_mail_lacks_is_named(changes: dict[str, Any], code: str) -> None:
    assert missing(Channel.EMAIL, replace(SETTINGS, **changes)) == code


def test_a_user_name_needs_its_password_and_the_keyrings_trouble_is_told() -> None:
    locked = Credentials(trouble="The keyring of this PC is locked.", trouble_code="keyring-locked")
    assert missing(Channel.EMAIL, SETTINGS, locked) == "no-password"
    outcome = why_not(SETTINGS, locked, Channel.EMAIL, None)
    assert outcome is not None
    assert "keyring of this PC is locked" in outcome.reason
    assert missing(Channel.EMAIL, replace(SETTINGS, smtp_user=""), Credentials()) == ""


def test_the_address_of_the_environment_stands_in_for_the_setting() -> None:
    known = replace(KNOWN, email_address="desk@clinic.example")
    assert missing(Channel.EMAIL, replace(SETTINGS, from_address=""), known) == ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"twilio_account_sid": ""}, "no-account"),
        ({"twilio_account_sid": "AC/../x"}, "no-account"),
        ({"twilio_number": ""}, "no-number"),
        ({"twilio_number": "", "twilio_service_sid": SERVICE}, ""),
        ({"twilio_base_url": "http://evil.example"}, "bad-base-url"),
        ({"twilio_base_url": "http://127.0.0.1:99"}, ""),
        ({"twilio_base_url": "https://api.ie1.twilio.com"}, ""),
        ({"twilio_base_url": "https://gateway.clinic.example"}, "strange-host"),
    ],
)
def test_what_sms_lack_is_named(changes: dict[str, Any], code: str) -> None:
    assert missing(Channel.SMS, replace(SETTINGS, **changes)) == code


def test_a_pc_may_allow_another_host_than_twilios(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(SETTINGS, twilio_base_url="https://Gateway.clinic.example:8443")
    assert missing(Channel.SMS, settings) == "strange-host"
    monkeypatch.setenv("CLINIC_DESK_TWILIO_HOSTS", "other.example, gateway.clinic.example")
    assert missing(Channel.SMS, settings) == ""


def test_without_a_token_there_is_no_sender() -> None:
    assert missing(Channel.SMS, SETTINGS, Credentials()) == "no-token"
    known = Credentials(twilio_account_sid=ACCOUNT, twilio_auth_token=TOKEN, twilio_number=NUMBER)
    assert missing(Channel.SMS, replace(SETTINGS, twilio_account_sid="", twilio_number=""), known) == ""


def test_a_trial_of_e_mail_reaches_the_server_and_sends_one_plain_message() -> None:
    with MailServer() as server:
        host, port = server.address
        settings = replace(SETTINGS, smtp_host=host, smtp_port=port, smtp_security="none")
        assert check_channel(settings, KNOWN, Channel.EMAIL).answer is Answer.SENT
        assert server.received == []
        outcome = send_test(settings, KNOWN, Channel.EMAIL, " me@clinic.example ", "A test", "It works.")
        assert outcome.answer is Answer.SENT
        [received] = server.received
        assert received.recipients == ("me@clinic.example",)
        assert "text/calendar" not in [part.get_content_type() for part in received.mail.walk()]


def test_a_trial_of_sms_reaches_the_server_and_says_what_to_change() -> None:
    with TwilioServer() as server:
        settings = replace(SETTINGS, twilio_base_url=server.address)
        assert check_channel(settings, KNOWN, Channel.SMS).answer is Answer.SENT
        outcome = send_test(settings, KNOWN, Channel.SMS, "+493012345671", "", "It works.")
        assert (outcome.answer, server.received[0].body) == (Answer.SENT, "It works.")
        server.plan("POST", refusal(21606))
        outcome = send_test(settings, KNOWN, Channel.SMS, "+493012345671", "", "It works.")
        assert (outcome.code, outcome.reason) == (
            "21606",
            "The clinic's number cannot send messages; choose one of the account's numbers.",
        )
        wrong = check_channel(settings, replace(KNOWN, twilio_auth_token="x"), Channel.SMS)
        assert (wrong.answer, wrong.code) == (Answer.CONFIGURATION, "20003")
        assert server.violations == []


def test_a_trial_of_what_is_off_says_so(tmp_path: Path) -> None:
    off = replace(SETTINGS, email_by="off", sms_by="folder")
    assert check_channel(off, KNOWN, Channel.EMAIL).code == "off"
    assert send_test(off, KNOWN, Channel.EMAIL, "a@b.org", "", "").code == "off"
    assert check_channel(off, KNOWN, Channel.SMS, folder=tmp_path).code == "folder"
    assert send_test(off, KNOWN, Channel.SMS, "+4930123", "", "x", folder=tmp_path).answer is Answer.SENT


def test_a_clinics_own_authority_is_trusted_when_the_environment_names_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    known = replace(KNOWN, email_address="desk@clinic.example")
    context = certificate.server_context()
    with MailServer(security="starttls", context=context, users={"desk": "sesame"}) as server:
        host, port = server.address
        settings = replace(SETTINGS, smtp_host=host, smtp_port=port)
        assert check_channel(settings, known, Channel.EMAIL).code == "certificate"
        monkeypatch.setenv("CLINIC_DESK_MAIL_CA_FILE", str(certificate.authority))
        assert check_channel(settings, known, Channel.EMAIL).answer is Answer.SENT
        monkeypatch.setenv("CLINIC_DESK_MAIL_CA_FILE", str(tmp_path / "absent"))
        assert check_channel(settings, known, Channel.EMAIL).answer is not Answer.SENT
