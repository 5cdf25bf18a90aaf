"""E-mail goes over a real SMTP connection, and each way it can fail is told apart: again, unknown, never, or stop."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic_desk.domain.messaging import Answer, Outcome, Trace
from clinic_desk.notifications.senders.compose import Origin
from clinic_desk.notifications.senders.smtp import SmtpSender
from clinic_desk.notifications.senders.smtp_link import MailAccount
from tests.support.mail_server import DrippingServer, MailServer, Step
from tests.support.outgoing import ROW, email
from tests.support.waiting import until

ORIGIN = Origin("desk@clinic.example", "Mitte")
MakeSender = Callable[..., SmtpSender]


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture
def sender_to() -> Iterator[MakeSender]:
    made: list[SmtpSender] = []

    def make(
        server: MailServer | DrippingServer, *, limit_s: float = 20.0, origin: Origin = ORIGIN, **others: Any
    ) -> SmtpSender:
        host, port = server.address
        given: dict[str, Any] = {"host": host, "port": port, "security": "none", "answer_s": 5.0}
        made.append(SmtpSender(MailAccount(**(given | others)), origin, limit_s=limit_s))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def sender(server: MailServer, sender_to: MakeSender) -> SmtpSender:
    return sender_to(server)


def test_a_message_arrives_with_its_envelope_and_the_id_of_its_row(server: MailServer, sender: SmtpSender) -> None:
    outcome = sender.send(email())
    assert outcome.answer is Answer.SENT
    assert outcome.provider_id == f"<{ROW}@clinic.example>"
    [received] = server.received
    assert (received.sender, received.recipients) == ("desk@clinic.example", ("anna@example.org",))
    assert received.mail["Message-ID"] == outcome.provider_id


def test_each_try_of_a_message_is_the_same_bytes(server: MailServer, sender: SmtpSender, sender_to: MakeSender) -> None:
    server.plan("dot", Step(cut=True))
    assert sender.send(email(attempt=1)).answer is Answer.UNKNOWN
    assert sender.find(email()).trace is Trace.ABSENT
    assert sender_to(server).send(email(attempt=2)).answer is Answer.SENT
    first, second = server.received
    assert first.content == second.content


def test_several_messages_go_over_one_connection(server: MailServer, sender: SmtpSender) -> None:
    assert [sender.send(email()).answer for _ in range(5)] == [Answer.SENT] * 5
    assert (len(server.received), server.talks) == (5, 1)


def test_a_connection_that_the_server_closed_while_idle_costs_no_message(
    server: MailServer, sender: SmtpSender
) -> None:
    sender.send(email())
    server.cut_all()
    assert sender.send(email()).answer is Answer.SENT
    assert (len(server.received), server.talks) == (2, 2)


def test_a_connection_is_given_up_after_a_number_of_messages(
    server: MailServer, sender: SmtpSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic_desk.notifications.senders.smtp._MOST_PER_LINK", 2)
    for _ in range(5):
        sender.send(email())
    assert server.talks == 3


def test_it_can_be_used_again_after_it_was_closed(server: MailServer, sender: SmtpSender) -> None:
    sender.send(email())
    sender.close()
    sender.close()
    assert sender.send(email()).answer is Answer.SENT


PASSING = [
    ("connect", "421 4.3.2 too busy"),
    ("EHLO", "421 4.3.2 too busy"),
    ("MAIL", "451 4.3.0 later"),
    ("MAIL", "421 closing"),
    ("RCPT", "450 4.2.0 greylisted, come back in 300 seconds"),
    ("RCPT", "452 4.5.3 too many"),
    ("RCPT", "421 closing"),
    ("DATA", "451 4.3.0 later"),
    ("dot", "452 4.3.1 disk full"),
    ("dot", "421 closing"),
]


@pytest.mark.parametrize(("stage", "reply"), PASSING)
def test_a_4yz_reply_at_any_stage_passes_after_five_minutes(
    server: MailServer, sender: SmtpSender, stage: Any, reply: str
) -> None:
    server.refuse(stage, reply)
    outcome = sender.send(email())
    assert outcome.answer is Answer.TRANSIENT
    assert outcome.code == reply[:3]
    assert outcome.retry_after is not None
    assert outcome.retry_after >= timedelta(minutes=5)
    assert server.received == []
    assert sender.send(email()).answer is Answer.SENT


UNUSABLE = [
    "550 5.1.1 <anna@example.org>: no such user",
    "550 no such user anna@example.org",
    "553 5.1.3 bad syntax",
    "550 5.2.1 disabled",
]
NOT_ITS_FAULT = ["552 5.2.2 mailbox full", "550 5.7.1 policy", "554 5.7.1 blocked"]


@pytest.mark.parametrize("reply", UNUSABLE)
def test_a_refused_recipient_is_never_tried_again_and_its_address_is_flagged(
    server: MailServer, sender: SmtpSender, reply: str
) -> None:
    server.refuse("RCPT", reply)
    outcome = sender.send(email())
    assert (outcome.answer, outcome.note, outcome.another_channel) == (Answer.PERMANENT, "unusable", True)
    assert "anna" not in outcome.reason


@pytest.mark.parametrize("reply", NOT_ITS_FAULT)
def test_a_recipient_refused_for_another_reason_is_not_flagged(
    server: MailServer, sender: SmtpSender, reply: str
) -> None:
    server.refuse("RCPT", reply)
    outcome = sender.send(email())
    assert (outcome.answer, outcome.note, outcome.another_channel) == (Answer.PERMANENT, "", True)


@pytest.mark.parametrize("stage", ["DATA", "dot"])
def test_a_refused_text_fails_without_a_mark_on_the_address(server: MailServer, sender: SmtpSender, stage: Any) -> None:
    server.refuse(stage, "554 5.6.0 looks like spam to anna@example.org")
    outcome = sender.send(email())
    assert (outcome.answer, outcome.note, outcome.code) == (Answer.PERMANENT, "", "554")
    assert "anna" not in outcome.reason


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("connect", "554 go away"),
        ("EHLO", "550 not you"),
        ("MAIL", "530 5.7.0 authentication required"),
        ("MAIL", "550 5.7.1 sender not owned"),
        ("RCPT", "530 5.7.0 authentication required"),
        ("RCPT", "554 5.7.1 <anna@example.org>: Relay access denied"),
        ("RCPT", "550 relaying denied"),
    ],
)
def test_what_concerns_the_account_stops_the_channel(
    server: MailServer, sender: SmtpSender, stage: Any, reply: str
) -> None:
    server.refuse(stage, reply)
    outcome = sender.send(email())
    assert (outcome.answer, outcome.code, outcome.note) == (Answer.CONFIGURATION, reply[:3], "")
    assert "anna" not in outcome.reason


@pytest.mark.parametrize("stage", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "body"])
def test_a_connection_cut_before_the_final_dot_sent_nothing(server: MailServer, sender: SmtpSender, stage: Any) -> None:
    server.plan(stage, Step(cut=True))
    outcome = sender.send(email(body="long " * 1_000_000 if stage == "body" else "short"))
    assert outcome.answer is Answer.TRANSIENT
    assert outcome.code in {"connect", "connection-lost"}
    assert server.received == []
    assert sender.send(email()).answer is Answer.SENT


def test_a_short_message_cut_in_the_middle_may_be_unknown_but_never_sent(
    server: MailServer, sender: SmtpSender
) -> None:
    server.plan("body", Step(cut=True))
    assert sender.send(email()).answer in {Answer.TRANSIENT, Answer.UNKNOWN}
    assert server.received == []


def test_a_connection_cut_after_the_final_dot_is_unknown(server: MailServer, sender: SmtpSender) -> None:
    server.plan("dot", Step(cut=True))
    assert sender.send(email()).answer is Answer.UNKNOWN
    assert len(server.received) == 1


@pytest.mark.parametrize("stage", ["connect", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_server_that_does_not_answer_frees_the_thread_in_time(
    server: MailServer, sender_to: MakeSender, stage: Any
) -> None:
    server.plan(stage, Step(hang=True))
    outcome = sender_to(server, answer_s=0.3).send(email())
    assert (outcome.answer, outcome.code) == (Answer.TRANSIENT, "connection-lost")


def test_no_answer_after_the_final_dot_is_unknown(server: MailServer, sender_to: MakeSender) -> None:
    server.plan("dot", Step(hang=True))
    assert sender_to(server, answer_s=0.3).send(email()).answer is Answer.UNKNOWN


def test_a_server_that_drips_is_cut_when_the_time_for_one_message_is_up(sender_to: MakeSender) -> None:
    """Each of its bytes comes within the socket's timeout, so that alone would wait for ever."""
    with DrippingServer() as server:
        outcome = sender_to(server, answer_s=5.0, limit_s=0.5).send(email())
    assert outcome.answer is Answer.TRANSIENT


def test_a_server_that_is_not_there_passes(sender_to: MakeSender) -> None:
    with MailServer() as gone:
        pass
    outcome = sender_to(gone).send(email())
    assert (outcome.answer, outcome.code) == (Answer.TRANSIENT, "connect")


def test_a_name_that_cannot_be_looked_up_passes(sender_to: MakeSender, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with MailServer() as gone:
        pass
    outcome = sender_to(gone, host="localhost").send(email())
    assert (outcome.answer, outcome.code) == (Answer.TRANSIENT, "dns")


@pytest.mark.parametrize(
    "address",
    [
        "anna@example.org,eve@evil.example",
        "anna@example.org;eve@evil.example",
        "anna@example.org\r\nBcc: eve@evil.example",
        "anna@example.org\nRCPT TO:<eve@evil.example>",
        "anna@example.org\u2028Bcc: eve@evil.example",
        "anna@example.org\x00",
        "Anna <anna@example.org>",
        '"a,b"@example.org',
        "anna@@example.org",
        "@example.org",
        "anna@",
        "anna",
        " anna@example.org",
        "anna(comment)@example.org",
        "anna@exam ple.org",
        "anna@example.org>",
        "a..b@example.org",
        "a" * 65 + "@example.org",
        "a@" + "b" * 64 + ".org",
    ],
)
def test_anything_but_exactly_one_address_goes_nowhere(server: MailServer, sender: SmtpSender, address: str) -> None:
    outcome = sender.send(email(recipient=address))
    assert (outcome.answer, outcome.code, outcome.note) == (Answer.PERMANENT, "unusable-address", "unusable")
    assert server.received == []
    assert server.talks == 0


def test_a_domain_in_another_script_is_written_as_mail_servers_know_it(server: MailServer, sender: SmtpSender) -> None:
    assert sender.send(email(recipient="anna@straße-müller.example")).answer is Answer.SENT
    assert (
        server.received[0].recipients == ("anna@xn--strae-mller-y6a49a.example",)
        or server.received[0].recipients[0].isascii()
    )


def test_letters_outside_ascii_before_the_at_need_a_server_that_knows_them(
    server: MailServer, sender: SmtpSender, sender_to: MakeSender
) -> None:
    outcome = sender.send(email(recipient="jörg@example.org"))
    assert (outcome.answer, outcome.code, outcome.another_channel) == (Answer.PERMANENT, "smtputf8", True)
    with MailServer(utf8=True) as knowing:
        other = sender_to(knowing)
        assert other.send(email(recipient="jörg@example.org")).answer is Answer.SENT
        assert other.send(email()).answer is Answer.SENT
        assert [each.recipients for each in knowing.received] == [("jörg@example.org",), ("anna@example.org",)]


def test_a_sending_address_that_is_none_stops_the_channel(sender_to: MakeSender, server: MailServer) -> None:
    sender = sender_to(server, origin=Origin("desk@clinic.example, eve@evil.example"))
    outcomes = [sender.send(email()), sender.check()]
    assert [(each.answer, each.code) for each in outcomes] == [(Answer.CONFIGURATION, "from-address")] * 2


def test_a_text_that_cannot_be_built_fails_alone(
    server: MailServer, sender: SmtpSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("clinic_desk.notifications.senders.compose.html_of", lambda _: 1 / 0)
        outcome = sender.send(email())
    assert (outcome.answer, outcome.code) == (Answer.PERMANENT, "rendering")
    assert sender.send(email()).answer is Answer.SENT
    assert len(server.received) == 1


def test_checking_sends_nothing(server: MailServer, sender: SmtpSender) -> None:
    assert sender.check().answer is Answer.SENT
    server.refuse("MAIL", "550 5.7.1 sender not owned")
    outcome = sender.check()
    assert (outcome.answer, outcome.code) == (Answer.CONFIGURATION, "550")
    assert "sending address" in outcome.reason
    assert server.received == []


def test_closing_while_a_message_is_under_way_waits_for_it_and_nobody_waits_for_closing(
    server: MailServer, sender: SmtpSender
) -> None:
    """Another thread closes it when the settings change: its QUIT must not get into the message."""
    server.plan("DATA", Step(delay_s=1.0))
    outcomes: list[Outcome] = []
    sending = threading.Thread(target=lambda: outcomes.append(sender.send(email())))
    sending.start()
    until(lambda: server.talks)
    sender.close()
    assert sending.is_alive()
    sending.join()
    assert [each.answer for each in outcomes] == [Answer.SENT]
    assert b"QUIT" not in server.received[0].content
    assert sender._link is None


def test_two_threads_take_turns(server: MailServer, sender: SmtpSender) -> None:
    outcomes: list[Answer] = []
    threads = [
        threading.Thread(target=lambda: outcomes.extend(sender.send(email()).answer for _ in range(5)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [Answer.SENT] * 15
    assert (len(server.received), server.talks) == (15, 1)


def test_what_e_mail_cannot_tell_is_said_so(sender: SmtpSender) -> None:
    assert sender.delivery("<any>") is None
    assert sender.heard(email().created_at) == ()


def test_nothing_about_a_patient_or_an_account_is_logged(
    sender_to: MakeSender, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    outcomes: list[Outcome] = []
    with MailServer() as server:
        sender = sender_to(server, user="desk@clinic.example", password="sesame-42")
        outcomes.append(sender.send(email()))
        for stage, reply in [*PASSING, *[("RCPT", reply) for reply in UNUSABLE + NOT_ITS_FAULT]]:
            server.refuse(stage, reply + " anna@example.org")  # type: ignore[arg-type]
            outcomes.append(sender.send(email()))
        outcomes.append(sender.send(email(recipient="anna@example.org,eve@example.org")))
    said = caplog.text + "".join(f"{each.code} {each.reason}" for each in outcomes)
    for secret in ("anna", "sesame", "14:00", "example.org"):
        assert secret not in said
