"""A mail account's password goes only to the right server, over an encrypted line: T10, F25."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic_desk.domain.messaging import Answer
from clinic_desk.notifications.senders.compose import Origin
from clinic_desk.notifications.senders.smtp import SmtpSender
from clinic_desk.notifications.senders.smtp_link import MailAccount
from tests.support.certificates import TestCertificate, make_certificate
from tests.support.mail_server import MailServer, Step
from tests.support.outgoing import email

ORIGIN = Origin("desk@clinic.example", "Mitte")
PASSWORD = "päss wörd"
USERS = {"desk@clinic.example": PASSWORD}
MakeSender = Callable[..., SmtpSender]


@pytest.fixture
def certificate(tmp_path: Path) -> TestCertificate:
    return make_certificate(tmp_path)


@pytest.fixture
def sender_to(certificate: TestCertificate) -> Iterator[MakeSender]:
    made: list[SmtpSender] = []

    def make(server: MailServer, **others: Any) -> SmtpSender:
        host, port = server.address
        given: dict[str, Any] = {
            "host": host,
            "port": port,
            "security": "starttls",
            "user": "desk@clinic.example",
            "password": PASSWORD,
            "ca_file": certificate.authority,
            "answer_s": 5.0,
        }
        made.append(SmtpSender(MailAccount(**(given | others)), ORIGIN))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("mechanisms", [("PLAIN", "LOGIN"), ("LOGIN",)])
def test_it_signs_in_over_a_verified_line(
    certificate: TestCertificate, sender_to: MakeSender, security: Any, mechanisms: Any
) -> None:
    context = certificate.server_context()
    with MailServer(security=security, context=context, users=USERS, mechanisms=mechanisms) as server:
        sender = sender_to(server, security=security)
        assert sender.check().answer is Answer.SENT
        assert sender.send(email()).answer is Answer.SENT
        assert sender.send(email()).answer is Answer.SENT
        assert [each.encrypted for each in server.received] == [True, True]
        assert server.sign_ins[-1] == ("desk@clinic.example", PASSWORD.encode())


def test_a_server_without_starttls_gets_neither_password_nor_mail(sender_to: MakeSender) -> None:
    with MailServer(users=USERS) as server:
        outcome = sender_to(server).send(email())
        assert (outcome.answer, outcome.code) == (Answer.CONFIGURATION, "no-starttls")
        assert (server.sign_ins, server.received) == ([], [])


def test_a_certificate_of_an_unknown_authority_gets_neither_password_nor_mail(
    certificate: TestCertificate, sender_to: MakeSender
) -> None:
    security: Any
    for security in ("starttls", "tls"):
        with MailServer(security=security, context=certificate.server_context(), users=USERS) as server:
            outcome = sender_to(server, security=security, ca_file=None).send(email())
            assert (outcome.answer, outcome.code) == (Answer.CONFIGURATION, "certificate")
            assert (server.sign_ins, server.received) == ([], [])


def test_a_certificate_for_another_name_gets_neither_password_nor_mail(tmp_path: Path, sender_to: MakeSender) -> None:
    other = make_certificate(tmp_path, host="mail.elsewhere.example")
    with MailServer(security="starttls", context=other.server_context(), users=USERS) as server:
        outcome = sender_to(server, ca_file=other.authority).send(email())
        assert (outcome.answer, outcome.code) == (Answer.CONFIGURATION, "certificate")
        assert (server.sign_ins, server.received) == ([], [])


@pytest.mark.parametrize("days", [(-20, -1), (1, 20)])
def test_a_certificate_out_of_date_does_not_stop_the_channel_for_all_for_one_wrong_clock(
    tmp_path: Path, sender_to: MakeSender, days: tuple[int, int]
) -> None:
    old = make_certificate(tmp_path, days=days)
    with MailServer(security="tls", context=old.server_context(), users=USERS) as server:
        outcome = sender_to(server, security="tls", ca_file=old.authority).send(email())
        assert (outcome.answer, outcome.code) == (Answer.TRANSIENT, "certificate")
        assert "clock" in outcome.reason
        assert server.sign_ins == []


def test_a_port_without_tls_from_the_start_is_named(sender_to: MakeSender) -> None:
    with MailServer() as server:
        outcome = sender_to(server, security="tls").send(email())
        assert (outcome.answer, outcome.code) == (Answer.CONFIGURATION, "tls")
        assert "STARTTLS" in outcome.reason


def test_without_encryption_it_talks_only_to_this_computer_and_never_signs_in(sender_to: MakeSender) -> None:
    with MailServer() as server:
        assert sender_to(server, security="none").send(email()).answer is Answer.SENT
        assert server.sign_ins == []
        outcome = sender_to(server, security="none", host="mail.example.org").send(email())
        assert (outcome.answer, outcome.code) == (Answer.CONFIGURATION, "insecure")


def test_a_wrong_password_is_tried_once_and_stops_the_channel(
    certificate: TestCertificate, sender_to: MakeSender
) -> None:
    with MailServer(security="starttls", context=certificate.server_context(), users=USERS) as server:
        outcome = sender_to(server, password="wrong").send(email())
        assert (outcome.answer, outcome.code) == (Answer.CONFIGURATION, "535")
        assert "password" in outcome.reason
        assert len(server.sign_ins) == 1
        assert "wrong" not in repr(outcome)


@pytest.mark.parametrize(
    ("stage", "reply", "answer"),
    [
        ("AUTH", "454 4.7.0 temporary authentication failure", Answer.TRANSIENT),
        ("AUTH", "421 4.7.0 try later", Answer.TRANSIENT),
        ("AUTH", "535 5.7.8 bad credentials", Answer.CONFIGURATION),
        ("AUTH", "534 5.7.9 application-specific password required", Answer.CONFIGURATION),
        ("STARTTLS", "454 4.7.0 TLS not available", Answer.TRANSIENT),
        ("STARTTLS", "502 5.5.1 no", Answer.CONFIGURATION),
    ],
)
def test_a_refused_sign_in_passes_or_stops_the_channel_by_its_code(
    certificate: TestCertificate, sender_to: MakeSender, stage: Any, reply: str, answer: Answer
) -> None:
    with MailServer(security="starttls", context=certificate.server_context(), users=USERS) as server:
        server.refuse(stage, reply)
        sender = sender_to(server)
        outcome = sender.send(email())
        assert (outcome.answer, outcome.code) == (answer, reply[:3])
        assert sender.send(email()).answer is Answer.SENT


def test_a_server_that_takes_no_password_is_named(certificate: TestCertificate, sender_to: MakeSender) -> None:
    with MailServer(security="starttls", context=certificate.server_context(), mechanisms=()) as server:
        outcome = sender_to(server).send(email())
        assert (outcome.answer, outcome.code) == (Answer.CONFIGURATION, "no-auth")


@pytest.mark.parametrize("step", [Step(cut=True), Step(hang=True)])
@pytest.mark.parametrize("stage", ["STARTTLS", "AUTH"])
def test_a_line_lost_while_signing_in_passes(
    certificate: TestCertificate, sender_to: MakeSender, stage: Any, step: Step
) -> None:
    with MailServer(security="starttls", context=certificate.server_context(), users=USERS) as server:
        server.plan(stage, step)
        assert sender_to(server, answer_s=0.3).send(email()).answer is Answer.TRANSIENT


def test_an_account_shows_its_password_to_nobody() -> None:
    assert "sesame" not in repr(MailAccount("host", 587, password="sesame"))
