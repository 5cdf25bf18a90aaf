"""One message of the queue as a line of the appointment's card: what it is, by which channel, how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import moment_text
from clinic_desk.ui.messages.reasons import reason_text

if TYPE_CHECKING:
    from clinic_desk.services.messages import MessageLine

translate = QCoreApplication.translate
_GOOD = {"sent", "delivered"}
_BAD = {"failed", "unknown", "expired"}
_LONGEST = 90


_ORDER = ("confirmation", "rescheduled", "cancelled", "reminder")


def latest_messages(lines: tuple[MessageLine, ...]) -> tuple[MessageLine, ...]:
    """Return the last message of each kind, in the order in which they come about; the history has them all.

    What was taken back says nothing if another one of its kind went, or will go.
    """
    latest: dict[str, MessageLine] = {}
    for line in lines:
        if line.status != "cancelled" or line.kind not in latest or latest[line.kind].status == "cancelled":
            latest[line.kind] = line
    return tuple(sorted(latest.values(), key=lambda line: _ORDER.index(line.kind) if line.kind in _ORDER else 99))


def message_row(line: MessageLine, zone: str) -> tuple[str, str, str]:
    """Return (name, value, role) of a message; times are in `zone`."""
    role = "ok" if line.status in _GOOD else "danger" if line.status in _BAD else ""
    return _kind_text(line.kind), _state_text(line, zone), role


def _kind_text(kind: str) -> str:
    return {
        "confirmation": translate("message", "Confirmation"),
        "rescheduled": translate("message", "Change told"),
        "cancelled": translate("message", "Cancellation"),
        "reminder": translate("message", "Reminder"),
    }.get(kind, kind)


def _state_text(line: MessageLine, zone: str) -> str:
    by = {"email": translate("message", "e-mail"), "sms": translate("message", "SMS")}.get(line.channel, line.channel)
    at = moment_text(to_wall(line.sent_at or line.due_at, zone))
    told = {
        "pending": translate("message", "{channel} due {at}"),
        "leased": translate("message", "{channel} being sent"),
        "sending": translate("message", "{channel} being sent"),
        "sent": translate("message", "{channel} sent {at} ✓"),
        "delivered": translate("message", "{channel} delivered {at} ✓"),
        "unknown": translate("message", "⚠ {channel}: not known whether it went"),
        "failed": translate("message", "⚠ {channel} failed: {error}"),
        "expired": translate("message", "⚠ {channel} was not sent in time"),
        "cancelled": translate("message", "{channel} taken back"),
    }.get(line.status, line.status)
    error = reason_text(line.error_code, line.last_error) or translate("message", "reason not known")
    return told.format(channel=by, at=at, error=error if len(error) <= _LONGEST else f"{error[:_LONGEST]}…")
