"""What can be done with the chosen message or reply: words, key, and when; actions of the page that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.message_list import MessageRow, ReplyRow
from clinic_desk.domain.messaging import QueueStatus
from clinic_desk.domain.records import Channel

translate = QCoreApplication.translate
_WAITS: Final = frozenset({QueueStatus.PENDING, QueueStatus.LEASED})
KEYS: Final = {
    "by_other": "E",
    "retry": "R",
    "send_now": "S",
    "cancel": "C",
    "call": "W",
    "done": "D",
    "allow": "A",
    "show": "G",
    "yes": "Y",
    "filed": "D",
}
MESSAGE_ACTS: Final = ("by_other", "retry", "send_now", "cancel", "call", "done", "allow", "show")
REPLY_ACTS: Final = ("yes", "filed", "show")


@dataclass(frozen=True, slots=True)
class Possible:
    """What can be done now, the likeliest first: it is the one button in colour."""

    names: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """The likeliest; empty if nothing can be done but to look at the appointment."""
        return self.names[0] if self.names and self.names[0] != "show" else ""


def possible(row: MessageRow, now: datetime, *, may_write: bool) -> Possible:
    """Return what can be done with a message."""
    names = []
    if may_write:
        if row.status in _WAITS:
            names += ["send_now"] if row.status is QueueStatus.PENDING and row.is_still_true(now) else []
            names += ["by_other"] if row.may_go_by_other(now) else []
            names += ["cancel"]
        else:
            names += ["by_other"] if row.may_go_by_other(now) and not row.dealt_with_by else []
            names += ["retry"] if row.may_retry(now) else []
            names += ["call", "done"] if row.needs_attention else []
            names += ["done"] if row.dealt_with_how == "call" else []
        names += ["allow"] if row.noted else []
    if row.appointment_id is not None:
        names.append("show")
    return Possible(tuple(names))


def possible_reply(row: ReplyRow, *, may_write: bool) -> Possible:
    """Return what can be done with a reply."""
    names = []
    visit = visit_of(row)
    if may_write and row.status == "open":
        yes = ["yes"] if visit is not None and row.meaning != "stop" else []
        names += [*yes, "filed"] if row.meaning == "confirm" else ["filed", *yes]
    if visit is not None:
        names.append("show")
    return Possible(tuple(names))


def visit_of(row: ReplyRow) -> ReplyRow | None:
    """Return the reply if it is clear about which appointment it is."""
    known = row.owner is not None and row.owner.appointment_id is not None
    return row if known or (len(row.candidates) == 1 and row.candidates[0].appointment_id is not None) else None


class Acts(QObject):
    """The actions by name."""

    def __init__(self, page: QWidget) -> None:
        super().__init__(page)
        words = _words()
        self._by_name = {name: self._made(name, words[name]) for name in KEYS}

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def _made(self, name: str, text: str) -> QAction:
        action = QAction(text, self)
        action.setObjectName(f"action_message_{name}")
        action.setShortcut(QKeySequence(KEYS[name]))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.setToolTip(f"{text} ({KEYS[name]})")
        action.setEnabled(False)
        return action

    def allow(self, names: tuple[str, ...], among: tuple[str, ...]) -> None:
        """Switch those of `among` on that are in `names`, the others off."""
        for name in among:
            self[name].setEnabled(name in names)

    def name_other(self, channel: Channel | None) -> None:
        """Say which the other channel is."""
        if channel is not None:
            text = translate("messages", "By e-mail") if channel is Channel.EMAIL else translate("messages", "By SMS")
            self["by_other"].setText(text)
            self["by_other"].setToolTip(f"{text} ({KEYS['by_other']})")


def _words() -> dict[str, str]:
    return {
        "by_other": translate("messages", "By e-mail"),
        "retry": translate("messages", "Retry"),
        "send_now": translate("messages", "Send now"),
        "cancel": translate("messages", "Take back"),
        "call": translate("messages", "Will call"),
        "done": translate("messages", "Done"),
        "allow": translate("messages", "Allow again"),
        "show": translate("messages", "Show on calendar"),
        "yes": translate("messages", "It is a yes"),
        "filed": translate("messages", "Done"),
    }
