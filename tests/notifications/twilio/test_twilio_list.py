"""What Twilio's list tells: whether a message of unknown outcome went, what became of it, and what came back."""

from datetime import UTC, datetime, timedelta

import pytest

from clinic_desk.domain.messaging import Answer, Outcome, Trace
from clinic_desk.errors import ProviderDown
from clinic_desk.notifications.senders.twilio import TwilioSender
from tests.support import twilio_description
from tests.support.outgoing import sms
from tests.support.twilio_senders import MakeSender, just_begun
from tests.support.twilio_server import ACCOUNT, NUMBER, SERVICE, TOKEN, Fault, TwilioServer

# --- looking for a message --------------------------------------------------------------------------------------------


def test_a_message_that_was_taken_is_found_by_number_and_text(server: TwilioServer, sender: TwilioSender) -> None:
    message = just_begun()
    server.list_outgoing(message.recipient, "another text")
    server.plan("POST", Fault(cut=True, taken=True))
    assert sender.send(message).answer is Answer.UNKNOWN
    found = sender.find(message)
    assert (found.trace, found.provider_id) == (Trace.FOUND, server.received[-1].sid)


def test_what_is_not_that_message_is_not_found(server: TwilioServer, sender: TwilioSender) -> None:
    message = just_begun()
    server.list_outgoing(message.recipient, message.body, ago=timedelta(minutes=3))
    server.list_outgoing(message.recipient, message.body, direction="outbound-reply")
    server.list_outgoing(message.recipient, message.body + " Room 2.")
    server.list_outgoing("+493012345672", message.body)
    server.hear(message.recipient, message.body)
    assert sender.find(message).trace is Trace.ABSENT


@pytest.mark.parametrize("skew", [timedelta(seconds=-110), timedelta(seconds=110)])
def test_clocks_that_differ_by_less_than_two_minutes_do_not_hide_it(
    server: TwilioServer, sender: TwilioSender, skew: timedelta
) -> None:
    message = just_begun()
    server.skew = skew
    sender.send(message)
    assert sender.find(message).trace is Trace.FOUND


@pytest.mark.parametrize(
    ("sent", "listed"),
    [
        ("“Termin” am 3. März – 14:00", '"Termin" am 3. März - 14:00'),
        ("two  blanks and an end ", "two blanks and an end"),
    ],
)
def test_what_twilio_changes_in_a_text_does_not_hide_it(
    server: TwilioServer, sender: TwilioSender, sent: str, listed: str
) -> None:
    message = just_begun(body=sent)
    server.list_outgoing(message.recipient, listed)
    assert sender.find(message).trace is Trace.FOUND


def test_the_prefix_of_a_trial_account_does_not_hide_it(server: TwilioServer, sender: TwilioSender) -> None:
    server.trial_prefix = "Sent from your Twilio trial account - "
    message = just_begun()
    sender.send(message)
    assert sender.find(message).trace is Trace.FOUND


def test_it_is_found_behind_many_others(server: TwilioServer, sender: TwilioSender) -> None:
    message = just_begun()
    sender.send(message)
    for number in range(250):
        server.list_outgoing(message.recipient, f"later message {number}")
    assert sender.find(message).trace is Trace.FOUND


def test_a_list_without_end_cannot_tell(server: TwilioServer, sender: TwilioSender) -> None:
    message = just_begun()
    for number in range(1_100):
        server.list_outgoing(message.recipient, f"message {number}")
    assert sender.find(message).trace is Trace.CANNOT_TELL


def test_old_messages_are_not_read_to_their_end(server: TwilioServer, sender: TwilioSender) -> None:
    message = just_begun()
    for number in range(1_100):
        server.list_outgoing(message.recipient, f"message {number}", ago=timedelta(days=30))
    assert sender.find(message).trace is Trace.ABSENT
    assert len([line for line in server.requests if line]) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=502, html=True),
        Fault(status=200, html=True),
        Fault(status=429, code=20429),
        Fault(status=401, code=20003),
        Fault(cut=True),
        Fault(hang=True),
    ],
)
def test_a_list_that_cannot_be_read_cannot_tell(server: TwilioServer, sender_to: MakeSender, fault: Fault) -> None:
    sender = sender_to(server, read_s=0.3)
    server.plan("GET", fault)
    assert sender.find(just_begun()).trace is Trace.CANNOT_TELL
    server.plan("GET", fault)
    with pytest.raises(ProviderDown):
        sender.heard(datetime.now(UTC) - timedelta(days=2))
    server.plan("GET", fault)
    assert sender.delivery("SM" + "0" * 32) is None
    server.plan("GET", fault)
    assert sender.check().answer is not Answer.SENT


# --- what became of it, and what came back ----------------------------------------------------------------------------


def test_a_message_goes_its_way_until_it_is_delivered(server: TwilioServer, sender: TwilioSender) -> None:
    server.fates[sms().recipient] = [("queued", None), ("sending", None), ("sent", None), ("delivered", None)]
    sid = sender.send(sms()).provider_id
    seen = [delivery.status for _ in range(5) if (delivery := sender.delivery(sid))]
    assert seen == ["on-its-way"] * 3 + ["delivered"] * 2


@pytest.mark.parametrize(
    ("code", "note", "again", "configuration"),
    [
        (30001, "", True, False),
        (30003, "", True, False),
        (30008, "", True, False),
        (30005, "unusable", False, False),
        (30006, "unusable", False, False),
        (30007, "", False, False),
        (30034, "", False, True),
        (21610, "opted-out", False, False),
        (30036, "", False, False),
        (None, "", False, False),
    ],
)
def test_a_message_that_was_not_delivered_says_why(
    server: TwilioServer, sender: TwilioSender, *, code: int | None, note: str, again: bool, configuration: bool
) -> None:
    server.fates[sms().recipient] = [("undelivered", code)]
    delivery = sender.delivery(sender.send(sms()).provider_id)
    assert delivery is not None
    assert (delivery.status, delivery.note, delivery.again) == ("undelivered", note, again)
    assert (delivery.configuration, delivery.code) == (configuration, str(code or "undelivered"))


def test_what_patients_wrote_is_read_for_two_days_oldest_first(server: TwilioServer, sender: TwilioSender) -> None:
    server.hear("+493012345671", "too old", ago=timedelta(days=2, minutes=1))
    second = server.hear("+493012345671", "Second", ago=timedelta(hours=1))
    first = server.hear("+493012345672", "First 👍", ago=timedelta(days=1, hours=23))
    server.hear("+493012345672", "to another number of the account", to="+15005550009")
    sender.send(sms())
    heard = sender.heard(datetime.now(UTC) - timedelta(days=2))
    assert [(each.provider_id, each.body) for each in heard] == [(first, "First 👍"), (second, "Second")]
    assert heard[0].sender == "+493012345672"


def test_with_a_messaging_service_answers_to_any_of_its_numbers_are_read(
    server: TwilioServer, sender_to: MakeSender
) -> None:
    server.hear("+493012345672", "C", to="+15005550009")
    assert len(sender_to(server, service_sid=SERVICE).heard(datetime.now(UTC) - timedelta(days=2))) == 1


def test_checking_looks_at_the_account_and_sends_nothing(server: TwilioServer, sender: TwilioSender) -> None:
    assert sender.check() == Outcome(Answer.SENT)
    server.account_type = "Trial"
    assert (sender.check().answer, sender.check().code) == (Answer.SENT, "trial")
    server.account_status = "suspended"
    assert sender.check().answer is Answer.CONFIGURATION
    assert server.received == []


def test_an_api_key_signs_in_instead_of_the_account(server: TwilioServer, sender_to: MakeSender) -> None:
    """The server of this test knows the account's own token only."""
    outcome = sender_to(server, key="SK" + "0" * 32, token="secret").check()
    assert outcome.answer is Answer.CONFIGURATION
    assert sender_to(server, key=ACCOUNT, token=TOKEN).check().answer is Answer.SENT


# --- the server of these tests ----------------------------------------------------------------------------------------


def test_the_server_tells_a_message_with_the_properties_of_twilios_description(
    server: TwilioServer, sender: TwilioSender
) -> None:
    from tests.support.twilio_handler import resource

    properties = twilio_description.message_properties()
    if properties is None:
        pytest.skip("Twilio's description is not present")
    sender.send(sms())
    assert set(resource(server.received[0])) == set(properties)


def test_the_description_refuses_what_twilio_does_not_know() -> None:
    if twilio_description.description() is None:
        pytest.skip("Twilio's description is not present")
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    good = {"To": ["+493012345671"], "From": [NUMBER], "Body": ["x"], "ValidityPeriod": ["60"]}
    assert twilio_description.violations("POST", path, {}, good) == []
    for wrong in ({"Cc": ["+1"]}, {"ValidityPeriod": ["soon"]}, {"To": ["030 123"]}, {"To": ["+49301", "+49302"]}):
        assert twilio_description.violations("POST", path, {}, good | wrong) != []
    assert twilio_description.violations("GET", path, {"PageSize": ["5000"]}, {}) != []
    assert twilio_description.violations("GET", "/2010-04-01/Accounts/me/Messages.json", {}, {}) != []
