"""Sends SMS by Twilio's official SDK, looks for messages of unknown outcome, and reads what patients answer.

Twilio knows no idempotency key. So a request whose answer was lost is never repeated before the list of messages was
looked through; the text was rendered once and names date and time, which makes it comparable.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from anyascii import anyascii

from clinic_desk.domain.messaging import Answer, Delivery, Found, Heard, Outcome, Outgoing, Trace
from clinic_desk.domain.records import Channel
from clinic_desk.errors import ProviderDown
from clinic_desk.notifications.senders import twilio_codes as codes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clinic_desk.notifications.senders.twilio_http import TwilioHttp

TOLERANCE: Final = timedelta(minutes=2)
"""By how much Twilio's clock and the database's may differ when a message is looked for."""
LIMIT_S: Final = 20.0

_E164: Final = re.compile(r"\+[1-9][0-9]{1,14}")
_TRIAL_PREFIX: Final = "Sent from your Twilio trial account - "
_WRONG_ACCOUNT: Final = dict.fromkeys((401, 403), 20003) | dict.fromkeys((*range(300, 400), 404, 405), 20404)
"""HTTP statuses that tell of credentials or a base address, and the code with the sentence for it."""
_LONGEST_VALIDITY_S: Final = 36_000
_SHORTEST_VALIDITY_S: Final = 5
"""Twilio advises against less; a message with less time left is not sent any more."""
_PAGE: Final = 100
_PAGES: Final = 10
_INBOX_PAGE: Final = 1000
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


class TwilioSender:
    """One Twilio account. For one thread at a time."""

    channel = Channel.SMS

    def __init__(self, account: TwilioAccount, *, limit_s: float = LIMIT_S) -> None:
        self._account = account
        self._limit_s = limit_s
        self._http: TwilioHttp | None = None
        self._client: Any = None  # the SDK is not typed

    def send(self, message: Outgoing) -> Outcome:
        """Hand one message over, within 20 s. The provider's id is the message's sid."""
        if not _E164.fullmatch(message.recipient):
            reason = "The patient's number is not in international form."
            return Outcome(
                Answer.PERMANENT, code="unusable-address", reason=reason, note="unusable", another_channel=True
            )
        validity = _validity(message)
        if validity is not None and validity < _SHORTEST_VALIDITY_S:
            return Outcome(Answer.PERMANENT, code="too-late", reason="Its time was over before it could be sent.")
        sent_by = (
            {"messaging_service_sid": self._account.service_sid}
            if self._account.service_sid
            else {"from_": self._account.number}
        )
        if validity is not None:
            sent_by["validity_period"] = min(validity, _LONGEST_VALIDITY_S)  # type: ignore[assignment]
        try:
            sid = self._messages().create(to=message.recipient, body=message.body, **sent_by).sid
        except Exception as error:  # three unrelated families, and whatever an answer that is none makes the SDK raise
            return self._outcome(error)
        return Outcome(Answer.SENT, provider_id=sid) if sid else _UNREADABLE

    def find(self, message: Outgoing) -> Found:
        """Look for the message in Twilio's list: same recipient, same text, not older than its sending."""
        if message.sending_started_at is None:
            return Found(Trace.ABSENT)
        oldest = message.sending_started_at - TOLERANCE
        wanted = _comparable(message.body)
        try:
            for page in self._pages(to=message.recipient, page_size=_PAGE):
                created = [each.date_created for each in page if each.date_created is not None]
                for each in page:
                    if _is(each, wanted, oldest):
                        return Found(Trace.FOUND, each.sid)
                if created and max(created) < oldest:
                    break  # newest first: what follows is older still
        except Exception as error:
            return Found(Trace.CANNOT_TELL, reason=self._outcome(error).reason)
        return Found(Trace.ABSENT)

    def delivery(self, provider_id: str) -> Delivery | None:
        """Ask what became of a message; None when Twilio cannot be asked now or does not know it."""
        try:
            return _delivery(self._messages()(provider_id).fetch())
        except Exception as error:
            self._outcome(error)
            return None

    def heard(self, since: datetime) -> tuple[Heard, ...]:
        """Return the messages from patients since, oldest first. Raises ProviderDown."""
        # The list's own filter knows days only; a day more costs little and forgives any clock.
        filters: dict[str, Any] = {"date_sent_after": since - timedelta(days=1), "page_size": _INBOX_PAGE}
        if self._account.number and not self._account.service_sid:
            filters["to"] = self._account.number
        try:
            listed = [each for page in self._pages(**filters) for each in page]
            heard = [_heard(each) for each in listed if each.direction == "inbound"]
        except Exception as error:
            raise ProviderDown(self.channel, self._outcome(error).reason) from None
        return tuple(sorted((each for each in heard if each.received_at >= since), key=lambda each: each.received_at))

    def check(self) -> Outcome:
        """Test account and token; a trial account works, and says so."""
        try:
            if self._account.key:
                self._messages().page(page_size=1)  # an API key may not read the account itself
                return Outcome(Answer.SENT)
            self._messages()
            found = self._client.api.v2010.accounts(self._account.sid).fetch()
        except Exception as error:
            return self._outcome(error)
        if found.status not in {None, "active"}:
            return Outcome(Answer.CONFIGURATION, code="20005", reason="The Twilio account is suspended or closed.")
        trial = str(found.type).casefold() == "trial"
        return Outcome(Answer.SENT, code="trial" if trial else "", reason=codes.reason_of(21608) if trial else "")

    def close(self) -> None:
        """Let go of the connection."""
        if self._http is not None:
            self._http.close()

    def _messages(self) -> Any:
        if self._client is None:
            from twilio.rest import Client  # type: ignore[import-untyped]

            from clinic_desk.notifications.senders.twilio_http import TwilioHttp

            account = self._account
            self._http = TwilioHttp(
                account.base_url, connect_s=account.connect_s, read_s=account.read_s, limit_s=self._limit_s
            )
            self._client = Client(
                account.key or account.sid,
                account.token,
                account.sid,
                http_client=self._http,
                environment={"TWILIO_REGION": ""},  # else the SDK looks for another host to talk to
            )
        return self._client.messages

    def _pages(self, **filters: Any) -> Iterator[list[Any]]:
        """Yield the pages of the message list, newest first; LookupError when there are more than a sane number."""
        page = self._messages().page(**filters)
        for _ in range(_PAGES):
            yield list(page)
            page = page.next_page()
            if page is None:
                return
        raise LookupError

    def _outcome(self, error: Exception) -> Outcome:
        """Return what an error means. Its own text is never used: it can hold a number."""
        from requests.exceptions import RequestException
        from twilio.base.exceptions import (  # type: ignore[import-untyped]
            TwilioException,
            TwilioRestException,
            TwilioServiceException,
        )

        if isinstance(error, TwilioRestException | TwilioServiceException):
            return _refused(_number(error.code), _number(error.status), self._http and self._http.retry_after)
        if isinstance(error, RequestException):
            return self._unreachable(error)
        if isinstance(error, TwilioException) and len(error.args) > 1:  # a page: (text, response)
            status = _number(getattr(error.args[1], "status_code", 0))
            return _refused(status, status, self._http and self._http.retry_after)
        if not isinstance(error, TwilioException | ValueError | KeyError | TypeError | LookupError):
            _log.error("Twilio's answer made the SDK fail: %s", type(error).__name__)
        return _UNREADABLE if self._http is not None and self._http.may_have_left else _NOT_SENT

    def _unreachable(self, error: Exception) -> Outcome:
        assert self._http is not None
        if self._http.may_have_left:
            return _UNANSWERED
        if "CERTIFICATE_VERIFY_FAILED" in repr(error):
            return _untrusted(repr(error))
        return _NOT_SENT


_UNREADABLE = Outcome(Answer.UNKNOWN, code="unreadable", reason="Twilio's answer could not be read.")
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


def _validity(message: Outgoing) -> int | None:
    """Return the seconds until it must not go any more, both ends by the database's clock; None: no such end."""
    if message.not_after is None:
        return None
    return int((message.not_after - (message.sending_started_at or datetime.now(UTC))).total_seconds())


def _is(listed: Any, wanted: str, oldest: datetime) -> bool:
    created = listed.date_created
    return (
        listed.direction == "outbound-api"
        and created is not None
        and created >= oldest
        and _comparable(listed.body or "") == wanted
    )


def _comparable(body: str) -> str:
    """Return a text without what Twilio may change in it: like-looking letters, blanks, a trial account's prefix."""
    return " ".join(anyascii(body.removeprefix(_TRIAL_PREFIX)).split())


def _delivery(found: Any) -> Delivery:
    status = str(found.status)
    if status in {"delivered", "read", "partially_delivered"}:
        return Delivery("delivered")
    if status not in {"undelivered", "failed", "canceled"}:
        return Delivery("on-its-way")
    code = _number(found.error_code)
    return Delivery(
        "undelivered",
        code=str(code or status),
        reason=codes.reason_of(code) if code else "Twilio gives no reason.",
        note=codes.note_of(code),
        again=code in codes.MAY_PASS,
        configuration=code in codes.CONFIGURATION,
    )


def _heard(listed: Any) -> Heard:
    return Heard(
        provider_id=str(listed.sid),
        sender=str(listed.from_ or ""),
        body=str(listed.body or ""),
        received_at=listed.date_sent or listed.date_created or datetime.now(UTC),
    )


def _number(value: object) -> int:
    """Return a code as a number whatever the answer held; 0 for none."""
    text = str(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
