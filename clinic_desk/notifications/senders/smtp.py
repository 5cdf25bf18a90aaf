"""Sends e-mail over SMTP. When the connection is lost, it knows whether the message can have gone.

A message belongs to the server from the final dot on (RFC 5321 §4.1.1.4): lost before it, nothing was sent; lost
between it and the answer, nobody can tell, and the same message goes again under the same Message-ID.
"""

from __future__ import annotations

import contextlib
import logging
import re
import smtplib
import threading
import time
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.messaging import Answer, Delivery, Found, Heard, Outcome, Outgoing, Trace
from clinic_desk.domain.records import Channel
from clinic_desk.notifications.senders.addresses import UnusableAddress, single_address
from clinic_desk.notifications.senders.compose import Origin, compose, message_id
from clinic_desk.notifications.senders.smtp_link import Link, MailAccount, Trouble
from clinic_desk.notifications.senders.smtp_replies import PAUSE, refused
from clinic_desk.notifications.senders.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S: Final = 20.0
_MOST_PER_LINK: Final = 50
_IDLE_S: Final = 20.0
_ALIVE_S: Final = 3.0
_log = logging.getLogger(__name__)

_LOST = Outcome(
    Answer.TRANSIENT,
    code="connection-lost",
    reason="The connection to the mail server broke before the message was handed over.",
    retry_after=PAUSE,
)
_UNANSWERED = Outcome(
    Answer.UNKNOWN,
    code="connection-lost",
    reason="The connection to the mail server broke after the message, before its answer.",
)
_NO_SENDER = Outcome(
    Answer.CONFIGURATION, code="from-address", reason="The clinic's sending or answer address is not usable."
)
_NOT_ASCII = Outcome(
    Answer.PERMANENT,
    code="smtputf8",
    reason="The mail server cannot write to an address with letters outside ASCII.",
    another_channel=True,
)


class SmtpSender:
    """One mail account; keeps its connection for the next message. Threads take turns."""

    channel = Channel.EMAIL

    def __init__(self, account: MailAccount, origin: Origin, *, limit_s: float = LIMIT_S) -> None:
        self._account = account
        self._origin = origin
        self._limit_s = limit_s
        self._turn = threading.Lock()
        self._closing = False
        self._link: Link | None = None
        self._used = 0
        self._used_at = 0.0

    def send(self, message: Outgoing) -> Outcome:
        """Hand one message over, within 20 s. The provider's id is the Message-ID."""
        refusal, recipient, data = self._prepared(message)
        if refusal is not None:
            return refusal
        with self._taking_turns(), TimeLimit(self._limit_s) as limit:
            try:
                link = self._ready(limit)
            except Trouble as trouble:
                return trouble.outcome
            outcome = self._hand_over(link, recipient, data)
            if outcome.answer is not Answer.SENT:
                self._part()
                return outcome
            self._used += 1
            self._used_at = time.monotonic()
        return Outcome(Answer.SENT, provider_id=message_id(message, self._origin), code="250")

    def find(self, message: Outgoing) -> Found:
        """Always ABSENT: it is sent again, and its Message-ID tells the recipient's program that it is a copy."""
        return Found(Trace.ABSENT)

    def delivery(self, provider_id: str) -> Delivery | None:
        """Always None: what becomes of an e-mail comes back as a mail to a person."""
        return None

    def heard(self, since: datetime) -> tuple[Heard, ...]:
        """Nothing: answers go to the clinic's own mailbox."""
        return ()

    def forget(self, provider_id: str) -> Outcome:
        """Nothing: a mail that left is in the recipient's mailbox."""
        return Outcome(Answer.SENT)

    def check(self) -> Outcome:
        """Connect, sign in and ask whether the sending address may be used; send nothing."""
        with self._taking_turns(), TimeLimit(self._limit_s) as limit:
            self._part()
            try:
                link = self._ready(limit)
                sender = single_address(self._origin.address)
                code, text = link.mail(sender, _options(link, sender))
            except Trouble as trouble:
                return trouble.outcome
            except (OSError, UnicodeError, smtplib.SMTPException):
                return _LOST
            except UnusableAddress:
                return _NO_SENDER
            finally:
                self._part()
        return Outcome(Answer.SENT, code="250") if code == 250 else refused("mail", code, text)

    def close(self) -> None:
        """Let go of the connection: at once, or when the message that is under way is done."""
        self._closing = True
        self._part_if_free()

    @contextmanager
    def _taking_turns(self) -> Iterator[None]:
        """Hold the connection; who asked meanwhile for it to be closed gets that at the end."""
        try:
            with self._turn:
                yield
        finally:
            self._part_if_free()

    def _part_if_free(self) -> None:
        if self._closing and self._turn.acquire(blocking=False):
            try:
                self._closing = False
                self._part()
            finally:
                self._turn.release()

    def _part(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.part()

    def _prepared(self, message: Outgoing) -> tuple[Outcome | None, str, bytes]:
        try:
            recipient = single_address(message.recipient)
            return None, recipient, compose(message, self._origin)
        except UnusableAddress:
            return _unusable(message, self._origin), "", b""
        except Exception as error:  # one message that cannot be built must never stop the others
            _log.error("An e-mail could not be built: %s", type(error).__name__)
            reason = f"The e-mail could not be built ({type(error).__name__})."
            return Outcome(Answer.PERMANENT, code="rendering", reason=reason), "", b""

    def _ready(self, limit: TimeLimit) -> Link:
        """Return the kept connection if it lives, or a new one. Raises Trouble."""
        link = self._link
        if link is not None and self._used < _MOST_PER_LINK and time.monotonic() - self._used_at < _IDLE_S:
            link.watched_by(limit)
            if _lives(link, self._account.answer_s):
                return link
        self._part()
        link = Link(self._account, self._origin.domain, limit)
        link.open()
        self._link, self._used = link, 0
        return link

    def _hand_over(self, link: Link, recipient: str, data: bytes) -> Outcome:
        """The transaction MAIL, RCPT, DATA; one recipient."""
        try:
            sender = single_address(self._origin.address)
            if not (sender + recipient).isascii() and not link.has_extn("smtputf8"):
                return _NOT_ASCII
            code, text = link.mail(sender, _options(link, sender + recipient))
            if code != 250:
                return refused("mail", code, text)
            code, text = link.rcpt(recipient)
            if code not in {250, 251}:
                return refused("rcpt", code, text)
            code, text = link.docmd("DATA")
            if code != 354:
                return refused("data", code, text)
            link.send(_stuffed(data))
            link.send(b".\r\n")
        except (OSError, smtplib.SMTPException):
            return _LOST  # without its final dot no server may deliver a message
        return _answer_of(link)


def _answer_of(link: Link) -> Outcome:
    try:
        code, text = link.getreply()
    except (OSError, smtplib.SMTPException):
        return _UNANSWERED
    if code == 250:
        return Outcome(Answer.SENT)
    return refused("data", code, text) if 400 <= code <= 599 else _UNANSWERED


def _lives(link: Link, answer_s: float) -> bool:
    """Whether a kept connection still answers: servers close idle ones, routers forget them."""
    with contextlib.suppress(OSError, smtplib.SMTPException):
        if link.sock is not None:
            link.sock.settimeout(min(_ALIVE_S, answer_s))
            if link.noop()[0] == 250:
                link.sock.settimeout(answer_s)
                return True
    link.close()
    return False


def _options(link: Link, addresses: str) -> list[str]:
    if addresses.isascii():
        link.command_encoding = "ascii"
        return []
    return ["SMTPUTF8", "BODY=8BITMIME"]


def _stuffed(data: bytes) -> bytes:
    """Return the data as it goes over the line: a dot that begins a line is doubled (RFC 5321 §4.5.2)."""
    return re.sub(rb"(?m)^\.", b"..", data if data.endswith(b"\r\n") else data + b"\r\n")


def _unusable(message: Outgoing, origin: Origin) -> Outcome:
    try:
        single_address(origin.address)
        if origin.reply_to:
            single_address(origin.reply_to)
    except UnusableAddress:
        return _NO_SENDER
    return Outcome(
        Answer.PERMANENT,
        code="unusable-address",
        reason="The patient's e-mail address is not exactly one usable address.",
        note="unusable" if message.recipient else "",
        another_channel=True,
    )
