"""How long the text of an SMS is, in words, and what makes it dear."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.notifications.segments import Segments

translate = QCoreApplication.translate
_NAMED = 5


def size_words(size: Segments) -> tuple[str, str]:
    """Return (`96 characters · 1 segment · 64 more fit`, role); characters that make it Unicode are named."""
    told = [
        translate("settings", "{count} characters").format(count=size.characters),
        translate("settings", "1 segment")
        if size.count == 1
        else translate("settings", "{count} segments").format(count=size.count),
        translate("settings", "{count} more fit").format(count=size.left),
    ]
    text = " · ".join(told)
    if not size.foreign:
        return text, "muted" if size.count == 1 else "warning"
    named = " ".join(f"“{_shown(char)}”" for char in size.foreign[:_NAMED])
    if len(size.foreign) > _NAMED:
        named += " …"
    why = translate("settings", "{characters} makes it Unicode: 70 characters in a segment, not 160.")
    return f"{text}\n{why.format(characters=named)}", "warning"


def _shown(char: str) -> str:
    """Return a character that can be seen: a blank of a special kind is told by its number."""
    return char if char.isprintable() and not char.isspace() else f"U+{ord(char):04X}"
