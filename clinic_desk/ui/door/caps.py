"""Whether Caps Lock is on, found out from what is typed: Qt does not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent


def caps_after(event: QKeyEvent, was: bool | None) -> bool | None:
    """Return whether Caps Lock is on after a key was pressed; None while it is not known."""
    if event.key() == Qt.Key.Key_CapsLock:
        return None if was is None else not was
    text = event.text()
    if len(text) != 1 or text.upper() == text.lower():
        return was
    shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    return text.isupper() != shifted
