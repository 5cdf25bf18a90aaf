"""What the keyboard does on the calendar: move, choose a range, book or open, jump to a typed time, let go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent

from clinic_desk.ui.calendar.jump import JumpBuffer
from clinic_desk.ui.calendar.moves import Action

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.hands import Hands
    from clinic_desk.ui.calendar.view import CalendarView

JUMP_PAUSE_MS: Final = 1200
"""How long the calendar waits for the next digit of a time."""
_MOVES: Final = {
    Qt.Key.Key_Up: Action.MoveUp,
    Qt.Key.Key_Down: Action.MoveDown,
    Qt.Key.Key_Left: Action.MoveLeft,
    Qt.Key.Key_Right: Action.MoveRight,
    Qt.Key.Key_PageUp: Action.MovePageUp,
    Qt.Key.Key_PageDown: Action.MovePageDown,
    Qt.Key.Key_Home: Action.MoveHome,
    Qt.Key.Key_End: Action.MoveEnd,
}
_PLAIN: Final = Qt.KeyboardModifier.NoModifier
_NUMBERS: Final = frozenset("0123456789:.,")


class Keyboard(QObject):
    """Handles the calendar's keys; those it does not know go on to the window."""

    def __init__(self, view: CalendarView, hands: Hands) -> None:
        self._view, self._hands = view, hands
        self.jump = JumpBuffer()
        super().__init__(view)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(JUMP_PAUSE_MS)
        self._pause.timeout.connect(self._commit)

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key is the calendar's, before any shortcut of the window's may take it."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = event.key()
        if key == Qt.Key.Key_Escape:
            return bool(self.jump.text) or self._hands.has_something_to_cancel
        if modifiers == Qt.KeyboardModifier.ShiftModifier:
            return key in {Qt.Key.Key_Up, Qt.Key.Key_Down}
        if modifiers != _PLAIN:
            return False
        return key in _MOVES or key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} or self._is_typed(event)

    def press(self, event: QKeyEvent) -> bool:
        """Handle a key; return whether it was one of the calendar's."""
        return self._jump_key(event) or self._move_key(event) or self._act_key(event)

    def _move_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key in _MOVES and modifiers in {_PLAIN, Qt.KeyboardModifier.ControlModifier}:
            self._hands.move_cursor(_MOVES[key], absolute=modifiers != _PLAIN)
            return True
        if key in {Qt.Key.Key_Up, Qt.Key.Key_Down} and modifiers == Qt.KeyboardModifier.ShiftModifier:
            self._hands.extend_range(1 if key == Qt.Key.Key_Down else -1)
            return True
        return False

    def _act_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key == Qt.Key.Key_Escape:
            return self._hands.cancel()
        if key in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and modifiers == _PLAIN:
            self._hands.activate()
            return True
        if key == Qt.Key.Key_F10 and modifiers == Qt.KeyboardModifier.ShiftModifier:
            self._hands.ask_for_context_at_cursor()
            return True
        return False

    def stop(self) -> None:
        """Forget what was typed of a time."""
        self._pause.stop()
        self.jump.text = ""
        self._hands.show_jump("", None)

    def _jump_key(self, event: QKeyEvent) -> bool:
        if self._is_typed(event):
            if self.jump.feed(event.text()):
                self._hands.show_jump(self.jump.text, self.jump.minute)
                self._commit() if self.jump.is_complete else self._pause.start()
            return True
        if not self.jump.text:
            return False
        if event.key() == Qt.Key.Key_Backspace:
            self.jump.backspace()
            self._hands.show_jump(self.jump.text, self.jump.minute)
            self._pause.start()
            return True
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self._commit()
            return True
        self.stop()
        return event.key() == Qt.Key.Key_Escape

    def _is_typed(self, event: QKeyEvent) -> bool:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        text = event.text()
        if modifiers != _PLAIN or text not in _NUMBERS or not text:
            return False
        return text.isdigit() or bool(self.jump.text)

    def _commit(self) -> None:
        minute = self.jump.take()
        self.stop()
        if minute is not None:
            self._view.go_to_minute(minute)
