"""What a mail server's refusals mean (RFC 5321 §4.2, RFC 3463, RFC 4954): pass, stop the channel, or never again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.logs import redacted

PAUSE: Final = timedelta(minutes=5)
"""The least time before another try: greylisting wants it (RFC 6647 §4.5)."""

_ENHANCED: Final = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})\b")
_SERVER_STAGES: Final = frozenset({"connect", "ehlo", "starttls", "auth", "mail"})
"""Stages in which nothing was said of a patient: the server's words may be shown."""
_UNUSABLE_CODES: Final = frozenset({501, 550, 551, 553})
_NEEDS_SIGN_IN: Final = frozenset({530, 538})


def refused(stage: str, code: int, text: bytes) -> Outcome:
    """Return what a reply other than the hoped-for one means. `stage`: connect, ehlo, starttls, auth, mail, rcpt, data.

    The reason holds the server's own words only where they cannot be about a patient.
    """
    said = text.decode("utf-8", "replace")
    found = _ENHANCED.match(said)
    enhanced = found[0] if found else ""
    name = f"{code}" if 200 <= code <= 599 else "protocol"
    if not 500 <= code <= 599:
        reason = f"The mail server cannot take it just now ({_named(name, enhanced)})."
        return Outcome(Answer.TRANSIENT, code=name, reason=_with_words(reason, stage, said), retry_after=PAUSE)
    if stage in _SERVER_STAGES or code in _NEEDS_SIGN_IN or _refuses_to_relay(enhanced, said):
        reason = f"{_advice(stage, code)} ({_named(name, enhanced)})."
        return Outcome(Answer.CONFIGURATION, code=name, reason=_with_words(reason, stage, said))
    if stage == "rcpt":
        return _refused_recipient(code, enhanced, name)
    return Outcome(
        Answer.PERMANENT, code=name, reason=f"The mail server refused this message ({_named(name, enhanced)})."
    )


def _refused_recipient(code: int, enhanced: str, name: str) -> Outcome:
    """5.1.x: no such address, 5.2.1: mailbox closed; any other code of RFC 3463: not the address's fault."""
    subject = enhanced.split(".")[1] if enhanced else ""
    unusable = subject == "1" or enhanced == "5.2.1" if enhanced else code in _UNUSABLE_CODES
    return Outcome(
        Answer.PERMANENT,
        code=name,
        reason=f"The mail server refused the address ({_named(name, enhanced)}).",
        note="unusable" if unusable else "",
        another_channel=True,
    )


def _refuses_to_relay(enhanced: str, said: str) -> bool:
    """Whether it refuses every recipient, because it does not know the sender: no fault of the address."""
    return enhanced in {"", "5.7.1", "5.7.0"} and "relay" in said.casefold()


def _advice(stage: str, code: int) -> str:
    if stage == "auth":
        return "The mail server refused user name and password; many providers want an app password"
    if code in _NEEDS_SIGN_IN:
        return "The mail server wants a user name and password"
    if stage == "mail":
        return "The mail server refused the sending address; use one that belongs to the account"
    if stage in {"rcpt", "data"}:
        return "The mail server sends to nobody for this account; it wants a user name and password"
    return "The mail server refuses to talk to this program"


def _named(name: str, enhanced: str) -> str:
    return f"{name} {enhanced}".strip()


def _with_words(reason: str, stage: str, said: str) -> str:
    words = " ".join(redacted(said).split())[:160]
    return f"{reason} It says: {words}" if stage in _SERVER_STAGES and words else reason
