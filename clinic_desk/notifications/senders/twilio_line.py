"""One line to a Twilio account: the SDK's client, and what its answers and errors mean as an Outcome."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.notifications.senders import twilio_codes as codes

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S: Final = 20.0
_PAGES: Final = 10
_WRONG_ACCOUNT: Final = dict.fromkeys((401, 403), 20003) | dict.fromkeys((*range(300, 400), 404, 405), 20404)
"""HTTP statuses that tell of credentials or a base address, and the code with the sentence for it."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Whose account, and which number or messaging service sends (the service wins). With `key` its secret is `token`.

    `base_url` empty: Twilio's own. Times in seconds.
    """

    sid: str
    token: str = field(repr=False)
    number: str = field(default="", repr=False)
    service_sid: str = ""
    base_url: str = ""
    key: str = ""
    connect_s: float = 5.0
    read_s: float = 15.0


class Line:
    """For one thread at a time: what an error means depends on the request before it."""

    def __init__(self, account: TwilioAccount, limit_s: float) -> None:
        from twilio.rest import Client  # type: ignore[import-untyped]

        from clinic_desk.notifications.senders.twilio_http import TwilioHttp

        self._sid = account.sid
        self._http = TwilioHttp(account.base_url, connect_s=account.connect_s, read_s=account.read_s, limit_s=limit_s)
        self._client: Any = Client(  # the SDK is not typed
            account.key or account.sid,
            account.token,
            account.sid,
            http_client=self._http,
            environment={"TWILIO_REGION": ""},  # else the SDK looks for another host to talk to
        )

    @property
    def messages(self) -> Any:
        """The SDK's messages of this account."""
        return self._client.messages

    def account(self) -> Any:
        """Fetch the account itself."""
        return self._client.api.v2010.accounts(self._sid).fetch()

    def pages(self, **filters: Any) -> Iterator[list[Any]]:
        """Yield the pages of the message list, newest first; LookupError when there are more than a sane number."""
        page = self.messages.page(**filters)
        for _ in range(_PAGES):
            yield list(page)
            page = page.next_page()
            if page is None:
                return
        raise LookupError

    def outcome(self, error: Exception) -> Outcome:
        """Return what an error of the last request means. Its own text is never used: it can hold a number."""
        from requests.exceptions import RequestException
        from twilio.base.exceptions import (  # type: ignore[import-untyped]
            TwilioException,
            TwilioRestException,
            TwilioServiceException,
        )

        if isinstance(error, TwilioRestException | TwilioServiceException):
            return _refused(number_of(error.code), number_of(error.status), self._http.retry_after)
        if isinstance(error, RequestException):
            return self._unreachable(error)
        if isinstance(error, TwilioException) and len(error.args) > 1:  # a page: (text, response)
            status = number_of(getattr(error.args[1], "status_code", 0))
            return _refused(status, status, self._http.retry_after)
        if not isinstance(error, TwilioException | ValueError | KeyError | TypeError | LookupError):
            _log.error("Twilio's answer made the SDK fail: %s", type(error).__name__)
        return UNREADABLE if self._http.may_have_left else _NOT_SENT

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _unreachable(self, error: Exception) -> Outcome:
        if self._http.may_have_left:
            return _UNANSWERED
        if "CERTIFICATE_VERIFY_FAILED" in repr(error):
            return _untrusted(repr(error))
        return _NOT_SENT


UNREADABLE = Outcome(Answer.UNKNOWN, code="unreadable", reason="Twilio's answer could not be read.")
_UNANSWERED = Outcome(Answer.UNKNOWN, code="no-answer", reason="Twilio did not answer, or the connection broke.")
_NOT_SENT = Outcome(
    Answer.TRANSIENT, code="connect", reason="Twilio cannot be reached; check the base address, or this PC's network."
)


def _untrusted(said: str) -> Outcome:
    """A certificate out of date may be this PC's clock; any other fault of it somebody has to see to."""
    if "expired" in said or "not yet valid" in said:
        reason = "Twilio's certificate is out of date, or this PC's clock is wrong."
        return Outcome(Answer.TRANSIENT, code="certificate", reason=reason)
    reason = "The certificate of Twilio's address is not to be trusted; check the base address."
    return Outcome(Answer.CONFIGURATION, code="certificate", reason=reason)


def _refused(code: int, status: int, wish: timedelta | None) -> Outcome:
    """Return what an answer other than 2xx means. `code`: Twilio's, or the HTTP status if it gave none."""
    word, reason, note = str(code or status), codes.reason_of(code), codes.note_of(code)
    if code in codes.TOO_FAST or status == 429:
        return Outcome(Answer.TRANSIENT, code=word, reason="Twilio asks to slow down.", retry_after=wish)
    if status >= 500 or status == 408:
        return Outcome(Answer.UNKNOWN, code=word, reason=f"Twilio had trouble of its own ({status}).", retry_after=wish)
    if not (note or code in codes.NOT_THIS_TEXT) and (code in codes.CONFIGURATION or status in _WRONG_ACCOUNT):
        known = code if code in codes.CONFIGURATION else _WRONG_ACCOUNT[status]
        return Outcome(Answer.CONFIGURATION, code=word, reason=codes.reason_of(known))
    return Outcome(Answer.PERMANENT, code=word, reason=reason, note=note, another_channel=bool(note))


def number_of(value: object) -> int:
    """Return a code as a number whatever the answer held; 0 for none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
