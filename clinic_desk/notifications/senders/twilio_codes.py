"""What Twilio's error codes mean for the queue (https://www.twilio.com/docs/api/errors), each with what to change."""

from __future__ import annotations

from typing import Final, Literal

Note = Literal["", "opted-out", "unusable"]

CONFIGURATION: Final = {
    20003: "Twilio refused the account SID or the auth token; copy both again from the Twilio console.",
    20005: "The Twilio account is not active.",
    20006: "The Twilio account may not do this; check the rights of the API key.",
    20404: "Twilio does not know this account; check the account SID and the base address.",
    21212: "The clinic's number is not valid; choose one of the account's numbers.",
    21408: "The Twilio account may not send to this country; allow it under Messaging, Geo permissions.",
    21603: "No sending number is set.",
    21606: "The clinic's number cannot send messages; choose one of the account's numbers.",
    21608: "A trial account sends only to verified numbers; upgrade it or verify the number.",
    21612: "The clinic's number cannot reach this one; another number or a messaging service is needed.",
    21219: "A trial account sends only to verified numbers; upgrade it or verify the number.",
    21659: "The clinic's number is not a Twilio number.",
    21660: "The clinic's number does not belong to this Twilio account.",
    21661: "The clinic's number cannot send SMS.",
    21701: "The messaging service does not exist.",
    21703: "The messaging service has no number.",
    21704: "The messaging service has no number for this country.",
    21705: "The messaging service is not valid.",
    30002: "The Twilio account is suspended.",
    30010: "The message costs more than the account's limit.",
    30032: "The clinic's toll-free number is not verified yet.",
    30034: "The clinic's number is not registered for business messages (A2P 10DLC).",
}
UNUSABLE: Final = {
    21211: "The number is not valid.",
    21214: "The number cannot be reached.",
    21217: "The number is not valid.",
    21265: "The number is a short code.",
    21614: "The number is not a mobile one.",
    21635: "The number is a landline.",
    30005: "The number is unknown or out of service.",
    30006: "The number is a landline, or its carrier cannot be reached.",
}
NOT_THIS_TEXT: Final = {
    21602: "The message has no text.",
    21617: "The message is longer than 1,600 characters.",
    30004: "The recipient's carrier blocked the message.",
    30007: "A carrier took the message for spam.",
}
OPTED_OUT: Final = 21610
TOO_FAST: Final = frozenset({14107, 20429, 21611, 30022, 63038})
MAY_PASS: Final = {
    30001: "Twilio's queue was full.",
    30003: "The phone was off or out of reach.",
    30008: "The carrier gave no reason.",
}
NOT_IN_TIME: Final = 30036
"""The validity period was over before the message could leave Twilio."""


def reason_of(code: int) -> str:
    """Return the sentence for a code; a general one for those not listed here."""
    if code == OPTED_OUT:
        return "The recipient has opted out (answered STOP)."
    if code == NOT_IN_TIME:
        return "Twilio could not send it in time."
    for table in (CONFIGURATION, UNUSABLE, NOT_THIS_TEXT, MAY_PASS):
        if code in table:
            return table[code]
    return f"Twilio refused the message (code {code})."


def note_of(code: int) -> Note:
    """Return what is to be remembered of the number."""
    if code == OPTED_OUT:
        return "opted-out"
    return "unusable" if code in UNUSABLE else ""
