"""What an empty list says."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.message_list import Filter
from clinic_desk.ui.messages.filters import REPLIES

translate = QCoreApplication.translate


def empty_text(chosen: str, search: str) -> str:
    """Return why there is nothing to see with this filter and search."""
    if search and chosen != REPLIES:
        return translate("messages", "No message of “{search}” is found here.\nTry fewer letters, or All.").format(
            search=search
        )
    return {
        REPLIES: translate("messages", "No replies. What patients write back, and is no plain yes, appears here."),
        Filter.ATTENTION: translate("messages", "Nothing needs attention."),
        Filter.DUE: translate("messages", "No message is due today."),
        Filter.SENT_TODAY: translate("messages", "No message was sent today yet."),
        Filter.ALL: translate("messages", "There are no messages yet. Each booking writes its own."),
        Filter.LATER: translate("messages", "No message waits."),
        Filter.SENDING: translate("messages", "No message is being sent just now."),
        Filter.UNKNOWN: translate("messages", "Of every message it is known what became of it."),
    }.get(chosen, translate("messages", "No such message in this time."))
