"""A thread that sends is free again in time also when the system's look-up of a provider's name does not answer."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.notifications.senders import dial as dialling
from clinic_desk.notifications.senders.compose import Origin
from clinic_desk.notifications.senders.dial import dial
from clinic_desk.notifications.senders.smtp import SmtpSender
from clinic_desk.notifications.senders.smtp_link import MailAccount
from clinic_desk.notifications.senders.time_limit import TimeLimit
from clinic_desk.notifications.senders.twilio import TwilioSender
from tests.support.mail_server import MailServer
from tests.support.outgoing import email, sms
from tests.support.twilio_senders import MakeSender, making_senders
from tests.support.twilio_server import TwilioServer
from tests.support.waiting import until

PATIENCE = 40.0
Found = list[tuple[Any, ...]]


class Resolver:
    """The system's look-up, which answers for the name `stuck` only once it is `released`."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked: list[str] = []
        self._real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *others: Any) -> Found:
        self.asked.append(host)
        if host == "stuck":
            self.released.wait(PATIENCE)
        return list(self._real("127.0.0.1", port, *others))


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    made = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", made)
    yield made
    made.released.set()


@pytest.fixture
def sender_to() -> Iterator[MakeSender]:
    with making_senders() as make:
        yield make


def by_mail(server: MailServer, host: str) -> SmtpSender:
    account = MailAccount(host, server.address[1], security="none", connect_s=0.2)
    return SmtpSender(account, Origin("desk@clinic.example", "Mitte"))


def in_time(sender: SmtpSender | TwilioSender, message: Any) -> Outcome:
    began = time.monotonic()
    outcome = sender.send(message)
    assert time.monotonic() - began < PATIENCE / 2  # a first import of the SDK takes seconds
    return outcome


def test_a_mail_servers_name_that_is_not_answered_for_frees_the_thread(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic_desk.notifications.senders.smtp_link._LOOPBACK", frozenset({"stuck", "localhost"}))
    with MailServer() as server:
        sender = by_mail(server, "stuck")
        for _ in range(2):
            outcome = in_time(sender, email())
            assert (outcome.answer, outcome.code) == (Answer.TRANSIENT, "dns")
        assert resolver.asked == ["stuck"], "one thread for each name is enough"
        other = by_mail(server, "localhost")
        assert in_time(other, email()).answer is Answer.SENT
        resolver.released.set()
        wait_for_threads()
        assert in_time(sender, email()).answer is Answer.SENT
        sender.close()
        other.close()


def test_twilios_name_that_is_not_answered_for_frees_the_thread(resolver: Resolver, sender_to: MakeSender) -> None:
    with TwilioServer() as server:
        sender = sender_to(server.address.replace("127.0.0.1", "stuck"), connect_s=0.2)
        outcome = in_time(sender, sms())
        assert (outcome.answer, outcome.code) == (Answer.TRANSIENT, "connect")
        resolver.released.set()
        wait_for_threads()
        assert in_time(sender, sms()).answer is Answer.SENT


def wait_for_threads() -> None:
    until(lambda: not dialling._under_way)


def test_of_several_addresses_the_first_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as gone:
        closed = gone.getsockname()
        gone.close()
        kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [(*kind, closed), (*kind, server.getsockname())])
        with TimeLimit(5.0) as limit, dial("provider", 25, 1.0, limit) as made:
            assert made.getpeername() == server.getsockname()


def test_no_address_is_tried_when_the_time_for_one_message_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", server.getsockname())]
        monkeypatch.setattr(TimeLimit, "left_s", lambda _limit: 1.0 if not looked_up else -1.0)
        looked_up: list[bool] = []

        def look(*_of: object) -> Found:
            looked_up.append(True)
            return list(found)

        monkeypatch.setattr(socket, "getaddrinfo", look)
        with TimeLimit(5.0) as limit, pytest.raises(TimeoutError):
            dial("provider", 25, 1.0, limit)


@pytest.mark.parametrize("host", ["", "a" * 64 + ".example", "..", "\udc80"])
def test_what_is_no_name_is_an_error_of_the_network_and_no_bug(host: str) -> None:
    with TimeLimit(5.0) as limit, pytest.raises(OSError, match=r"."):
        dial(host, 1, 1.0, limit)
