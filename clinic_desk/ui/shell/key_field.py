"""The line in which a new key for a command is pressed; Tab and Esc leave it, so nobody is caught in it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit

_MODIFIERS: Final = frozenset(
    {Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_unknown}
)
_LEAVES: Final = frozenset({Qt.Key.Key_Tab, Qt.Key.Key_Backtab})


class KeyField(QLineEdit):
    """Read only: a key pressed in it is told, not typed."""

    pressed = Signal(object)
    """The QKeyCombination; None for Backspace: no key."""
    left = Signal()
    """Esc, or the keyboard went elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setObjectName("new_key")
        self.setAccessibleName(self.tr("Press the new key"))
        self.setPlaceholderText(self.tr("Press the new key… Backspace: none, Esc: leave it"))

    def event(self, event: QEvent) -> bool:
        """What is a shortcut elsewhere is a key here."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tell of the key."""
        key = Qt.Key(event.key())
        if key in _LEAVES:
            super().keyPressEvent(event)
        elif key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key == Qt.Key.Key_Backspace:
            self.pressed.emit(None)
        elif key not in _MODIFIERS and not event.isAutoRepeat():
            self.pressed.emit(event.keyCombination())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Elsewhere keys are keys again."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self.left.emit()
