"""How the state of a message looks and is called: a sign and a word, and a role for its colour; never colour alone."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.message_list import MessageRow
from clinic_desk.domain.messaging import QueueStatus

translate = QCoreApplication.translate
_Q = QueueStatus


@dataclass(frozen=True, slots=True)
class Look:
    """`role` names a colour of the theme: danger, warning, accent, ok, muted, or none."""

    sign: str
    word: str
    role: str

    @property
    def text(self) -> str:
        """Sign and word."""
        return f"{self.sign} {self.word}"


def state_look(row: MessageRow) -> Look:
    """Return how a message's state is shown; what somebody takes care of is no alarm any more."""
    if row.dealt_with_by and row.status in {_Q.FAILED, _Q.EXPIRED, _Q.UNKNOWN}:
        return _dealt_look(row)
    return status_look(row.status, checking=row.check_at is not None)


def status_look(status: QueueStatus, *, checking: bool = False) -> Look:
    """Return how a status is shown; `checking`: the provider is still being asked."""
    unknown = (
        Look("?", translate("messages", "checking"), "warning")
        if checking
        else Look("?", translate("messages", "not known"), "danger")
    )
    return {
        _Q.PENDING: Look("○", translate("messages", "due"), "muted"),
        _Q.LEASED: Look("➤", translate("messages", "sending"), "accent"),
        _Q.SENDING: Look("➤", translate("messages", "sending"), "accent"),
        _Q.UNKNOWN: unknown,
        _Q.SENT: Look("✓", translate("messages", "sent"), ""),
        _Q.DELIVERED: Look("✓✓", translate("messages", "delivered"), "ok"),
        _Q.FAILED: Look("⚠", translate("messages", "failed"), "danger"),
        _Q.EXPIRED: Look("⚠", translate("messages", "expired"), "danger"),
        _Q.CANCELLED: Look("–", translate("messages", "cancelled"), "muted"),
    }[status]


def _dealt_look(row: MessageRow) -> Look:
    word = {
        "call": translate("messages", "will call"),
        "done": translate("messages", "done"),
        "email": translate("messages", "by e-mail"),
        "sms": translate("messages", "by SMS"),
    }.get(row.dealt_with_how, translate("messages", "done"))
    return Look("☑", word, "muted")
