"""Counts key presses as a person makes them, for the table of keys in the manual: a chord is one, typing is as long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

_MODIFIERS = frozenset(
    {Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr, Qt.Key.Key_CapsLock}
)


class KeyCount(QObject):
    """`pressed`: the keys, in order, as Qt names them. Each is seen once, whatever then becomes of it.

    Before Qt hands a key press on, it asks what has the keyboard whether it wants it for itself instead of a shortcut:
    one such question for each key that goes down, be it a shortcut, text, or nobody's.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pressed: list[str] = []

    def __len__(self) -> int:
        return len(self.pressed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and watched is QApplication.focusObject()
            and event.key() not in _MODIFIERS
            and not event.isAutoRepeat()
        ):
            self.pressed.append(event.keyCombination().key().name.removeprefix("Key_"))
        return False


@contextmanager
def counted_keys() -> Iterator[KeyCount]:
    """Count the keys that are pressed, in any window, while the block runs."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    count = KeyCount()
    app.installEventFilter(count)
    try:
        yield count
    finally:
        app.removeEventFilter(count)
