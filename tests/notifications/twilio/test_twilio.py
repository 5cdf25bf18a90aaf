"""SMS go through Twilio's own SDK to a server on loopback; what each answer means is Twilio's published word."""

import logging
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clinic_desk.domain.messaging import Answer, Outcome, Trace
from clinic_desk.domain.provider_address import is_allowed, is_base_url
from clinic_desk.errors import ProviderDown
from clinic_desk.notifications.senders import twilio_codes
from clinic_desk.notifications.senders.twilio import TwilioSender
from tests.support.outgoing import NOON, sms
from tests.support.twilio_senders import MakeSender, just_begun
from tests.support.twilio_server import ACCOUNT, NUMBER, SERVICE, TOKEN, Fault, TwilioServer, refusal
from tests.support.waiting import until

# --- sending ----------------------------------------------------------------------------------------------------------


def test_a_message_arrives_and_its_sid_is_kept(server: TwilioServer, sender: TwilioSender) -> None:
    outcome = sender.send(sms())
    [message] = server.received
    assert (outcome.answer, outcome.provider_id) == (Answer.SENT, message.sid)
    assert (message.to, message.from_, message.body) == (sms().recipient, NUMBER, sms().body)


def test_a_messaging_service_stands_in_for_the_number(server: TwilioServer, sender_to: MakeSender) -> None:
    assert sender_to(server, service_sid=SERVICE).send(sms()).answer is Answer.SENT
    assert server.received[0].service == SERVICE


@pytest.mark.parametrize(
    ("left", "period"),
    [(timedelta(hours=1), 3600), (timedelta(days=3), 36_000), (timedelta(seconds=5), 5), (None, None)],
)
def test_it_cannot_leave_twilio_after_it_is_of_no_use(
    server: TwilioServer, sender: TwilioSender, left: timedelta | None, period: int | None
) -> None:
    """Both ends are the database's times, far from this PC's clock: that is never asked."""
    sender.send(sms(sending_started_at=NOON, not_after=None if left is None else NOON + left))
    assert server.received[0].validity_period == period


@pytest.mark.parametrize("left", [4, 0, -60])
def test_it_is_not_sent_at_all_when_its_time_is_over(server: TwilioServer, sender: TwilioSender, left: int) -> None:
    outcome = sender.send(sms(sending_started_at=NOON, not_after=NOON + timedelta(seconds=left)))
    assert (outcome.answer, outcome.code) == (Answer.PERMANENT, "too-late")
    assert server.received == []


@pytest.mark.parametrize(
    "body", ["Grüße, 10 € – 山田 👍🏽 بن علي", "x" * 1600, "a&b=c+d%20;e\r\nTo: +4917", "\u2028 \x07"]
)
def test_any_text_arrives_as_it_is(server: TwilioServer, sender: TwilioSender, body: str) -> None:
    assert sender.send(sms(body=body)).answer is Answer.SENT
    assert server.received[0].body == body


def test_a_text_too_long_for_twilio_fails_alone(server: TwilioServer, sender: TwilioSender) -> None:
    outcome = sender.send(sms(body="x" * 1601))
    assert (outcome.answer, outcome.code, outcome.note) == (Answer.PERMANENT, "21617", "")


@pytest.mark.parametrize(
    "number", ["", "030 1234567", "+49 30 1234567", "+4930\u2028123", "+493012345671,+491", "whatsapp:+493012345671"]
)
def test_anything_but_one_number_goes_nowhere(server: TwilioServer, sender: TwilioSender, number: str) -> None:
    outcome = sender.send(sms(recipient=number))
    assert (outcome.answer, outcome.code) == (Answer.PERMANENT, "unusable-address")
    assert server.requests == []


# --- the table of answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [20003, 30002, 30034, 21606, 21612, 21408, 21608])
def test_what_concerns_the_account_stops_the_channel(server: TwilioServer, sender: TwilioSender, code: int) -> None:
    server.plan("POST", refusal(code, 401 if code == 20003 else 400))
    outcome = sender.send(sms())
    assert (outcome.answer, outcome.code, outcome.note) == (Answer.CONFIGURATION, str(code), "")
    assert outcome.reason == twilio_codes.CONFIGURATION[code]


@pytest.mark.parametrize("code", [21211, 21614, 21635, 30005, 30006])
def test_a_number_that_cannot_be_reached_is_flagged_and_another_channel_may_serve(
    server: TwilioServer, sender: TwilioSender, code: int
) -> None:
    server.plan("POST", refusal(code))
    outcome = sender.send(sms())
    assert (outcome.answer, outcome.code) == (Answer.PERMANENT, str(code))
    assert (outcome.note, outcome.another_channel) == ("unusable", True)


def test_a_number_that_opted_out_is_remembered(server: TwilioServer, sender: TwilioSender) -> None:
    server.plan("POST", refusal(21610))
    outcome = sender.send(sms())
    assert (outcome.answer, outcome.code, outcome.note) == (Answer.PERMANENT, "21610", "opted-out")


@pytest.mark.parametrize("code", [21617, 30004, 30007, 29999])
def test_a_refused_text_fails_without_a_mark_on_the_number(
    server: TwilioServer, sender: TwilioSender, code: int
) -> None:
    server.plan("POST", refusal(code))
    outcome = sender.send(sms())
    assert (outcome.answer, outcome.code, outcome.note) == (Answer.PERMANENT, str(code), "")
    assert not outcome.another_channel


@pytest.mark.parametrize(
    ("fault", "wish"),
    [
        (Fault(status=429, code=20429, retry_after="7"), timedelta(seconds=7)),
        (Fault(status=429, code=20429), None),
        (Fault(status=429, html=True), None),
        (Fault(status=429, code=20429, retry_after="999999"), timedelta(hours=2)),
        (Fault(status=429, code=20429, retry_after="soon"), None),
        (Fault(status=429, code=20429, retry_after="Mon, 03 Mar 1980 12:00:00 GMT"), timedelta(seconds=1)),
        (Fault(status=400, code=14107), None),
    ],
)
def test_too_many_messages_pass_and_the_wish_to_wait_is_kept(
    server: TwilioServer, sender: TwilioSender, fault: Fault, wish: timedelta | None
) -> None:
    server.plan("POST", fault)
    outcome = sender.send(sms())
    assert (outcome.answer, outcome.retry_after) == (Answer.TRANSIENT, wish)
    assert server.received == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500, code=20500),
        Fault(status=503),
        Fault(status=502, html=True),
        Fault(status=504, html=True, taken=True),
        Fault(garbage=True, taken=True),
        Fault(cut=True),
        Fault(cut=True, taken=True),
        Fault(hang=True),
        Fault(hang=True, taken=True),
    ],
)
def test_when_nobody_can_tell_whether_it_went_it_is_unknown(
    server: TwilioServer, sender_to: MakeSender, fault: Fault
) -> None:
    server.plan("POST", fault)
    outcome = sender_to(server, read_s=0.3).send(sms())
    assert outcome.answer is Answer.UNKNOWN
    assert len(server.received) == fault.taken


def test_after_a_lost_answer_the_next_message_goes(server: TwilioServer, sender: TwilioSender) -> None:
    server.plan("POST", Fault(cut=True))
    outcomes = [sender.send(sms()).answer for _ in range(2)]
    assert outcomes == [Answer.UNKNOWN, Answer.SENT]


def test_a_connection_that_twilio_closed_while_idle_costs_no_message(
    server: TwilioServer, sender: TwilioSender
) -> None:
    sender.send(sms())
    assert server._server is not None
    server._server.cut_all()
    assert sender.send(sms()).answer in {Answer.SENT, Answer.UNKNOWN}


def test_a_slow_answer_within_the_time_is_waited_for(server: TwilioServer, sender: TwilioSender) -> None:
    server.plan("POST", Fault(delay_s=0.3))
    assert sender.send(sms()).answer is Answer.SENT


def test_the_thread_is_free_again_when_the_time_for_one_message_is_up(
    server: TwilioServer, sender_to: MakeSender
) -> None:
    server.plan("POST", Fault(hang=True))
    assert sender_to(server, read_s=30.0, limit_s=0.3).send(sms()).answer is Answer.UNKNOWN


def test_what_never_left_is_simply_tried_again(sender_to: MakeSender) -> None:
    with TwilioServer() as gone:
        pass
    outcomes = [
        sender_to(gone).send(sms()),
        sender_to("https://" + gone.address.removeprefix("http://")).send(sms()),
    ]
    assert [each.answer for each in outcomes] == [Answer.TRANSIENT, Answer.TRANSIENT]


def test_a_handshake_that_fails_sent_nothing(server: TwilioServer, sender_to: MakeSender) -> None:
    """The server speaks no TLS: the credentials never left."""
    outcome = sender_to("https://" + server.address.removeprefix("http://")).send(sms())
    assert outcome.answer is Answer.TRANSIENT
    assert server.requests == []


def test_a_wrong_token_stops_the_channel(server: TwilioServer, sender_to: MakeSender) -> None:
    sender = sender_to(server, token="wrong")
    assert [sender.send(sms()).answer, sender.check().answer] == [Answer.CONFIGURATION, Answer.CONFIGURATION]
    assert sender.find(just_begun()).trace is Trace.CANNOT_TELL


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_a_redirect_is_not_followed(sender_to: MakeSender, server: TwilioServer, method: Any) -> None:
    with TwilioServer() as elsewhere:
        server.plan(method, Fault(status=307, location=f"{elsewhere.address}/2010-04-01/Accounts/{ACCOUNT}.json"))
        sender = sender_to(server)
        outcome = sender.send(sms()) if method == "POST" else sender.check()
        assert outcome.answer is Answer.CONFIGURATION
        assert elsewhere.requests == []


@pytest.mark.parametrize("begins", ["http://", "@", "https://api.twilio.com@"])
def test_a_page_of_a_list_that_lies_elsewhere_is_not_asked_for(
    server: TwilioServer, sender: TwilioSender, monkeypatch: pytest.MonkeyPatch, begins: str
) -> None:
    """The SDK follows addresses out of answers; the credentials would go with it."""
    with TwilioServer() as elsewhere:
        from tests.support import twilio_handler

        told = twilio_handler.Handler._answer
        following = f"{begins}{elsewhere.address.removeprefix('http://')}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        meta = {"key": "messages", "next_page_url": following}
        monkeypatch.setattr(
            twilio_handler.Handler,
            "_answer",
            lambda self, status, content: told(self, status, content | {"meta": meta}),
        )
        assert sender.find(just_begun()).trace is Trace.CANNOT_TELL
        assert elsewhere.requests == []


@pytest.mark.parametrize("variable", ["TWILIO_REGION", "TWILIO_EDGE", "HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_environment_does_not_send_it_elsewhere(
    server: TwilioServer, sender: TwilioSender, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9" if "roxy" in variable.lower() else "dublin")
    assert sender.send(sms()).answer is Answer.SENT


def test_a_proxy_that_is_not_there_sent_nothing(sender_to: MakeSender, monkeypatch: pytest.MonkeyPatch) -> None:
    with TwilioServer() as gone:
        pass
    monkeypatch.setenv("HTTPS_PROXY", gone.address)
    monkeypatch.setenv("NO_PROXY", "")
    assert sender_to("https://api.twilio.com").send(sms()).answer is Answer.TRANSIENT


@pytest.mark.parametrize(
    ("address", "usable"),
    [
        ("", True),
        ("https://api.twilio.com", True),
        ("https://gateway.clinic.example:8443/", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:8080", True),
        ("http://api.twilio.com", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost@evil.example", False),
        ("https://user:secret@evil.example", False),
        ("https://evil.example/path", False),
        ("https://evil.example?x", False),
        ("https://", False),
        ("ftp://127.0.0.1", False),
        ("//evil.example", False),
        ("https://evil.example\\@api.twilio.com", False),
        ("https://evil .example", False),
    ],
)
def test_the_credentials_go_only_to_an_encrypted_address_or_to_this_computer(address: str, usable: bool) -> None:
    assert is_base_url(address) is usable


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("", True),
        ("https://api.twilio.com", True),
        ("https://api.dublin.ie1.TWILIO.com", True),
        ("http://127.0.0.1:8080", True),
        ("https://gateway.clinic.example:8443", True),
        ("https://other.clinic.example", False),
        ("https://eviltwilio.com", False),
        ("https://api.twilio.com.evil.example", False),
        ("https://api.twilio.com.", False),
    ],
)
def test_the_credentials_go_to_twilio_this_computer_and_hosts_that_the_pc_allows(address: str, allowed: bool) -> None:
    assert is_allowed(address, {"gateway.clinic.example"}) is allowed


# --- several threads --------------------------------------------------------------------------------------------------


def test_it_can_be_used_again_after_it_was_closed(server: TwilioServer, sender: TwilioSender) -> None:
    sender.close()
    sender.send(sms())
    sender.close()
    assert sender.send(sms()).answer is Answer.SENT


def test_many_senders_at_once_are_served(server: TwilioServer, sender_to: MakeSender) -> None:
    senders = [sender_to(server) for _ in range(8)]
    threads = [threading.Thread(target=lambda each=each: [each.send(sms()) for _ in range(10)]) for each in senders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.received) == 80


def test_reading_replies_and_sending_at_once_do_not_mix_up_what_happened(
    server: TwilioServer, sender: TwilioSender
) -> None:
    """One is refused, one cannot connect, one loses its answer: whoever asks is told of the own request."""
    answers: dict[str, list[object]] = {"lost": [], "looked": []}
    since = datetime.now(UTC) - timedelta(days=2)

    def send() -> None:
        answers["lost"].extend(sender.send(sms()).answer for _ in range(20))

    def look() -> None:
        answers["looked"].extend(len(sender.heard(since)) for _ in range(20))

    server.hear("+493012345671", "C")
    server.plan("POST", *[Fault(cut=True, taken=True)] * 20)
    threads = [threading.Thread(target=work) for work in (send, look, look)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {"lost": [Answer.UNKNOWN] * 20, "looked": [1] * 40}


def test_closing_does_not_cut_a_message_that_is_under_way(server: TwilioServer, sender: TwilioSender) -> None:
    server.plan("POST", Fault(delay_s=0.3))
    outcomes: list[Outcome] = []
    sending = threading.Thread(target=lambda: outcomes.append(sender.send(sms())))
    sending.start()
    until(lambda: server.requests)
    sender.close()
    sending.join()
    assert [each.answer for each in outcomes] == [Answer.SENT]
    assert sender._free == []


# --- secrecy ----------------------------------------------------------------------------------------------------------


def test_no_number_text_or_token_is_logged_or_told(
    server: TwilioServer, sender_to: MakeSender, caplog: pytest.LogCaptureFixture
) -> None:
    sender = sender_to(server, read_s=0.3)
    sender.send(just_begun())  # from here on somebody else turns the libraries' loggers up
    for name in ("", "twilio", "twilio.http_client", "urllib3", "urllib3.connectionpool", "requests"):
        caplog.set_level(logging.DEBUG, logger=name)
    said: list[str] = []
    faults = [refusal(21211), refusal(21610), refusal(99999), Fault(status=500), Fault(cut=True), Fault(hang=True)]
    for fault in [None, *faults, Fault(status=502, html=True), Fault(status=302, location=server.address)]:
        method: Any
        for method in ("POST", "GET"):
            if fault is not None:
                server.plan(method, fault)
        said += [str(sender.send(just_begun())), str(sender.find(just_begun()))]
        if fault is not None:
            server.plan("GET", fault)
            with pytest.raises(ProviderDown) as down:
                sender.heard(datetime.now(UTC))
            said.append(repr(down.value))
    said.append(repr(sender._account))
    for secret in ("493012345671", "14:00", TOKEN, "5005550006"):
        assert secret not in caplog.text
        assert secret not in " ".join(said)
