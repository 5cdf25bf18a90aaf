"""One connection to a mail server: TCP, TLS with a verified certificate, sign-in. Says what is wrong as an Outcome."""

from __future__ import annotations

import base64
import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.notifications.senders.dial import dial
from clinic_desk.notifications.senders.smtp_replies import PAUSE, refused

if TYPE_CHECKING:
    from clinic_desk.notifications.senders.time_limit import TimeLimit

CONNECT_S: Final = 5.0
ANSWER_S: Final = 15.0
_PARTING_S: Final = 1.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_CLOCK_MATTERS: Final = frozenset({9, 10})
"""X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED: the PC's clock may be what is wrong."""


@dataclass(frozen=True, slots=True)
class MailAccount:
    """Where e-mail is handed over. `user` and `password` empty: without signing in. `ca_file`: trusted as well."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    connect_s: float = CONNECT_S
    answer_s: float = ANSWER_S


class Trouble(Exception):
    """The connection cannot be used for sending; `outcome` says why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.code)
        self.outcome = outcome


class Link(smtplib.SMTP):
    """A connection that `open` has made ready for MAIL FROM. Its password never goes over a clear line."""

    def __init__(self, account: MailAccount, own_name: str, limit: TimeLimit) -> None:
        super().__init__(timeout=account.answer_s, local_hostname=own_name)
        self._account = account
        self._host = account.host  # the name that starttls() checks the certificate against
        self._limit = limit

    def open(self) -> None:
        """Connect, turn on TLS and sign in. Raises Trouble; the connection is closed then."""
        stage = "connect"
        try:
            self._refuse_clear_line()
            code, text = self.connect(self._account.host, self._account.port)
            self._expect(220, code, text, stage)
            stage = "ehlo"
            self._expect(250, *self.ehlo(), stage)
            if self._account.security == "starttls":
                stage = "starttls"
                self._turn_on_tls()
            if self._account.password and self._account.security != "none":
                stage = "auth"
                self._sign_in()
        except Trouble:
            self.part()
            raise
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self.close()
            raise Trouble(_explained(error, stage, self._account)) from None

    def part(self) -> None:
        """End the talk as the protocol asks, without waiting long for the answer."""
        if self.sock is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException, ValueError):
                self.sock.settimeout(_PARTING_S)
                self.quit()
        self.close()

    def watched_by(self, limit: TimeLimit) -> None:
        """Be cut by another time limit from now on: that of the next message."""
        self._limit = limit
        limit.watch(self.sock)

    def _get_socket(self, host: str, port: int, timeout: float | None) -> socket.socket:
        link = dial(host, port, self._account.connect_s, self._limit)
        link.settimeout(timeout)
        self._limit.watch(link)
        if self._account.security != "tls":
            return link
        try:
            link = self._context().wrap_socket(link, server_hostname=host)
        except BaseException:
            link.close()
            raise
        self._limit.watch(link)
        return link

    def _refuse_clear_line(self) -> None:
        if self._account.security == "none" and self._account.host not in _LOOPBACK:
            raise Trouble(_wrong("insecure", "E-mail may go without encryption only to this computer itself."))

    def _turn_on_tls(self) -> None:
        if not self.has_extn("starttls"):
            reason = "The mail server does not offer STARTTLS (or something on the way hides it); try TLS on port 465."
            raise Trouble(_wrong("no-starttls", reason))
        code, text = self.starttls(context=self._context())
        self._expect(220, code, text, "starttls")
        self._limit.watch(self.sock)
        self._expect(250, *self.ehlo(), "ehlo")

    def _sign_in(self) -> None:
        """AUTH PLAIN, or LOGIN, in UTF-8; one try only: a wrong password must not lock the account."""
        offered = self.esmtp_features.get("auth", "").upper().split()
        user, password = self._account.user.encode(), self._account.password.encode()
        if "PLAIN" in offered:
            code, text = self.docmd("AUTH", "PLAIN " + _base64(b"\0" + user + b"\0" + password))
        elif "LOGIN" in offered:
            code, text = self.docmd("AUTH", "LOGIN " + _base64(user))
            if code == 334:
                code, text = self.docmd(_base64(password))
        else:
            reason = "The mail server takes no password here (neither AUTH PLAIN nor LOGIN); check server and port."
            raise Trouble(_wrong("no-auth", reason))
        self._expect(235, code, text, "auth")

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._account.ca_file is not None:
            context.load_verify_locations(self._account.ca_file)
        return context

    def _expect(self, wanted: int, code: int, text: bytes, stage: str) -> None:
        if code != wanted:
            raise Trouble(refused(stage, code, text))


def _base64(secret: bytes) -> str:
    return base64.b64encode(secret).decode("ascii")


def _wrong(code: str, reason: str) -> Outcome:
    return Outcome(Answer.CONFIGURATION, code=code, reason=reason)


def _passing(code: str, reason: str) -> Outcome:
    return Outcome(Answer.TRANSIENT, code=code, reason=reason, retry_after=PAUSE)


def _explained(error: Exception, stage: str, account: MailAccount) -> Outcome:
    """Return what an error before MAIL FROM means. Nothing has been sent."""
    where = f"{account.host}:{account.port}"
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return refused(stage, error.smtp_code, text if isinstance(text, bytes) else text.encode())
    if isinstance(error, ssl.SSLError):
        return _without_tls(error, where)
    if isinstance(error, smtplib.SMTPServerDisconnected | TimeoutError):
        reason = f"{where} does not answer, or broke off ({stage}); check host and port (587 STARTTLS, 465 TLS)."
        return _passing("connection-lost", reason)
    if isinstance(error, socket.gaierror):
        return _passing("dns", f"The name {account.host} is not known; check it, or this PC's network.")
    if isinstance(error, OSError):
        return _passing("connect", f"{where} cannot be reached; check host and port, or this PC's network.")
    return _wrong("settings", "The settings of the mail server cannot be used as they are.")


def _without_tls(error: ssl.SSLError, where: str) -> Outcome:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error, where)
    if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
        return _wrong("tls", f"{where} does not speak TLS from the start; try STARTTLS.")
    return _passing("tls", f"The encrypted connection to {where} failed ({error.reason or 'broken off'}).")


def _untrusted(error: ssl.SSLCertVerificationError, where: str) -> Outcome:
    if error.verify_code in _CLOCK_MATTERS:
        return _passing("certificate", f"The certificate of {where} is out of date, or this PC's clock is wrong.")
    return _wrong("certificate", f"The certificate of {where} is not to be trusted: {error.verify_message}.")
