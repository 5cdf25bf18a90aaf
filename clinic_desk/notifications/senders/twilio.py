"""Sends SMS by Twilio's official SDK, looks for messages of unknown outcome, and reads what patients answer.

Twilio knows no idempotency key. So a request whose answer was lost is never repeated before the list of messages was
looked through; the text was rendered once and names date and time, which makes it comparable.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from anyascii import anyascii

from clinic_desk.domain.messaging import Answer, Delivery, Found, Heard, Outcome, Outgoing, Trace
from clinic_desk.domain.records import Channel
from clinic_desk.errors import ProviderDown
from clinic_desk.notifications.senders import twilio_codes as codes
from clinic_desk.notifications.senders.twilio_line import LIMIT_S, UNREADABLE, Line, TwilioAccount, number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TwilioAccount", "TwilioSender"]

TOLERANCE: Final = timedelta(minutes=2)
"""By how much Twilio's clock and the database's may differ when a message is looked for."""

_E164: Final = re.compile(r"\+[1-9][0-9]{1,14}")
_TRIAL_PREFIX: Final = "Sent from your Twilio trial account - "
_LONGEST_VALIDITY_S: Final = 36_000
_SHORTEST_VALIDITY_S: Final = 5
"""Twilio advises against less; a message with less time left is not sent any more."""
_PAGE: Final = 100
_INBOX_PAGE: Final = 1000


class TwilioSender:
    """One Twilio account. For any number of threads: each call has a line of its own, kept for the next one."""

    channel = Channel.SMS

    def __init__(self, account: TwilioAccount, *, limit_s: float = LIMIT_S) -> None:
        self._account = account
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._free: list[Line] = []
        self._closed = 0
        """How often it was closed: a line lent before that is not kept."""

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
        with self._line() as line:
            try:
                sid = line.messages.create(to=message.recipient, body=message.body, **sent_by).sid
            except (
                Exception
            ) as error:  # three unrelated families, and whatever the SDK raises at an answer that is none
                return line.outcome(error)
        return Outcome(Answer.SENT, provider_id=sid) if sid else UNREADABLE

    def find(self, message: Outgoing) -> Found:
        """Look for the message in Twilio's list: same recipient, same text, not older than its sending."""
        if message.sending_started_at is None:
            return Found(Trace.ABSENT)
        oldest = message.sending_started_at - TOLERANCE
        wanted = _comparable(message.body)
        found: list[str] = []
        with self._line() as line:
            try:
                for page in line.pages(to=message.recipient, page_size=_PAGE):
                    found += (each.sid for each in page if _is(each, wanted, oldest))
                    if _is_older(page, oldest):
                        break  # newest first: what follows is older still
            except Exception as error:
                return Found(Trace.CANNOT_TELL, reason=line.outcome(error).reason)
        return Found(Trace.FOUND, found[0], also=tuple(found[1:])) if found else Found(Trace.ABSENT)

    def delivery(self, provider_id: str) -> Delivery | None:
        """Ask what became of a message; None when Twilio cannot be asked now or does not know it."""
        with self._line() as line:
            try:
                return _delivery(line.messages(provider_id).fetch())
            except Exception as error:
                line.outcome(error)  # logs what is a bug
                return None

    def heard(self, since: datetime) -> tuple[Heard, ...]:
        """Return the messages from patients since, oldest first. Raises ProviderDown."""
        # The list's own filter knows days only; a day more costs little and forgives any clock.
        filters: dict[str, Any] = {"date_sent_after": since - timedelta(days=1), "page_size": _INBOX_PAGE}
        if self._account.number and not self._account.service_sid:
            filters["to"] = self._account.number
        with self._line() as line:
            try:
                listed = [each for page in line.pages(**filters) for each in page]
                heard = [_heard(each) for each in listed if each.direction == "inbound"]
            except Exception as error:
                raise ProviderDown(self.channel, line.outcome(error).reason) from None
        return tuple(sorted((each for each in heard if each.received_at >= since), key=lambda each: each.received_at))

    def forget(self, provider_id: str) -> Outcome:
        """Delete a message at Twilio, text and number; one that it does not know is gone already."""
        with self._line() as line:
            try:
                line.messages(provider_id).delete()
            except Exception as error:
                outcome = line.outcome(error)
                return Outcome(Answer.SENT) if _is_unknown(error) and outcome.code == "20404" else outcome
        return Outcome(Answer.SENT)

    def check(self) -> Outcome:
        """Test account and token; a trial account works, and says so."""
        with self._line() as line:
            try:
                if self._account.key:
                    line.messages.page(page_size=1)  # an API key may not read the account itself
                    return Outcome(Answer.SENT)
                found = line.account()
            except Exception as error:
                return line.outcome(error)
        if found.status not in {None, "active"}:
            return Outcome(Answer.CONFIGURATION, code="20005", reason="The Twilio account is suspended or closed.")
        trial = str(found.type).casefold() == "trial"
        return Outcome(Answer.SENT, code="trial" if trial else "", reason=codes.reason_of(21608) if trial else "")

    def close(self) -> None:
        """Let go of the connections; one that is in use goes when it is done."""
        with self._lock:
            free, self._free = self._free, []
            self._closed += 1
        for line in free:
            line.close()

    @contextmanager
    def _line(self) -> Iterator[Line]:
        with self._lock:
            line, closed = self._free.pop() if self._free else None, self._closed
        line = line or Line(self._account, self._limit_s)
        try:
            yield line
        finally:
            with self._lock:
                kept = closed == self._closed
                if kept:
                    self._free.append(line)
            if not kept:
                line.close()


def _is_unknown(error: Exception) -> bool:
    return number_of(getattr(error, "status", 0)) == 404


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


def _is_older(page: list[Any], oldest: datetime) -> bool:
    created = [each.date_created for each in page if each.date_created is not None]
    return bool(created) and max(created) < oldest


def _comparable(body: str) -> str:
    """Return a text without what Twilio may change in it: like-looking letters, blanks, a trial account's prefix."""
    return " ".join(anyascii(body.removeprefix(_TRIAL_PREFIX)).split())


def _delivery(found: Any) -> Delivery:
    status = str(found.status)
    if status in {"delivered", "read", "partially_delivered"}:
        return Delivery("delivered")
    if status not in {"undelivered", "failed", "canceled"}:
        return Delivery("on-its-way")
    code = number_of(found.error_code)
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
