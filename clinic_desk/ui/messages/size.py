"""How long the text of an SMS is, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.notifications.segments import segments_of

translate = QCoreApplication.translate


def size_text(text: str) -> str:
    """Return `141 characters · 1 segment`."""
    size = segments_of(text)
    characters = translate("messages", "{count} characters").format(count=size.characters)
    if size.count == 1:
        return f"{characters} · {translate('messages', '1 segment')}"
    return f"{characters} · {translate('messages', '{count} segments').format(count=size.count)}"
