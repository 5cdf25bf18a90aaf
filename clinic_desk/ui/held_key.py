"""Keeps the key that opened something from being typed into it while it is still held down.

Some window systems (Wayland) leave the repeating to the program: one that is busy opening a form when the key is let go
repeats it before it hears of that.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget


class HeldKey(QObject):
    """Swallows the repeats of a key in `field`, until it is let go or another one is pressed."""

    def __init__(self, field: QWidget) -> None:
        super().__init__(field)
        field.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whether this is such a repeat; what is not is the end of it."""
        if not isinstance(event, QKeyEvent) or event.type() == QEvent.Type.ShortcutOverride:
            return False
        if event.isAutoRepeat():
            return True
        watched.removeEventFilter(self)
        self.deleteLater()
        return False
