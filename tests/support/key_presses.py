"""Key presses as somebody at a desk makes them, counted: what is typed of a name is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

_MODIFIERS = frozenset({Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta})


class KeyPresses(QObject):
    """Counts every key event that reaches the program's windows, but for those of `type_text`.

    A key with Ctrl or Shift held is one press, as people count them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self._is_typing = False

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press a key where the keyboard is."""
        QTest.keyClick(_focused(), key, modifiers)

    def type_text(self, text: str) -> None:
        """Type letters of a name."""
        self._is_typing = True
        QTest.keyClicks(_focused(), text)
        self._is_typing = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count a press where the keyboard is: before anything else Qt asks there whose shortcut it may be."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and watched is QApplication.focusWidget()
            and not self._is_typing
            and Qt.Key(event.key()) not in _MODIFIERS
        ):
            self.count += 1
        return False


@contextmanager
def counted_keys() -> Iterator[KeyPresses]:
    """Count the keys pressed within."""
    presses = KeyPresses()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(presses)
    try:
        yield presses
    finally:
        app.removeEventFilter(presses)


def _focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None, "nothing has the keyboard"
    return widget
