"""Qt's events of keys, mouse and focus on one calendar, handed to its hands before the table sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent

from clinic_desk.ui.calendar.metrics import STEPS

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.view import CalendarView

_Handler = Callable[[QEvent], bool]


class Events(QObject):
    """Watches a calendar and its viewport; each handler returns whether the event ends there. Total, like overrides."""

    def __init__(self, view: CalendarView) -> None:
        kind = QEvent.Type
        self._view = view
        self._of_view: dict[int, _Handler] = {
            kind.ShortcutOverride: self._override_shortcut,
            kind.KeyPress: self._press_key,
            kind.ContextMenu: self._ask_for_context,
            kind.FocusIn: self._focus_in,
            kind.FocusOut: self._focus_out,
            kind.Hide: self._hide,
        }
        self._of_viewport: dict[int, _Handler] = {
            kind.MouseButtonPress: self._press,
            kind.MouseMove: self._move,
            kind.MouseButtonRelease: self._release,
            kind.MouseButtonDblClick: self._open,
            kind.ContextMenu: self._ask_for_context,
            kind.ToolTip: self._show_tip,
            kind.Wheel: self._turn_wheel,
        }
        super().__init__(view)
        view.installEventFilter(self)
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        handlers = self._of_view if watched is self._view else self._of_viewport
        handler = handlers.get(event.type())
        return handler(event) if handler is not None else False

    # -- keys and focus ----------------------------------------------------------------------------------------------

    def _override_shortcut(self, event: QEvent) -> bool:
        wanted = self._view.hands.keyboard.wants(cast("QKeyEvent", event))
        if wanted:
            event.accept()
        return wanted

    def _press_key(self, event: QEvent) -> bool:
        pressed = cast("QKeyEvent", event)
        if pressed.key() in {Qt.Key.Key_Tab, Qt.Key.Key_Backtab}:
            return False  # the focus goes on
        self._view.flush()
        # What is not wanted here is the window's command, not a search through the cells.
        pressed.setAccepted(self._view.hands.keyboard.press(pressed))
        return True

    def _focus_in(self, _event: QEvent) -> bool:
        return self._focus(focused=True)

    def _focus_out(self, _event: QEvent) -> bool:
        self._view.hands.keyboard.stop()
        return self._focus(focused=False)

    def _hide(self, _event: QEvent) -> bool:
        """The lock, or another page, came over a drag: the button goes up where this does not see it."""
        self._view.hands.mouse.cancel()
        return False

    def _focus(self, *, focused: bool) -> bool:
        stage = self._view.stage
        self._view.scene.focused = focused
        stage.update_rects([stage.cursor_rect()])
        return False

    # -- mouse -------------------------------------------------------------------------------------------------------

    def _press(self, event: QEvent) -> bool:
        self._view.flush()
        self._view.hands.keyboard.stop()
        self._view.hands.mouse.press(cast("QMouseEvent", event))
        return True

    def _move(self, event: QEvent) -> bool:
        self._view.hands.mouse.move(cast("QMouseEvent", event))
        return True

    def _release(self, event: QEvent) -> bool:
        self._view.hands.mouse.release(cast("QMouseEvent", event))
        return True

    def _open(self, event: QEvent) -> bool:
        """Open the appointment that was double-clicked."""
        clicked = cast("QMouseEvent", event)
        if clicked.button() == Qt.MouseButton.LeftButton:
            hit = self._view.surface.hit(clicked.position().toPoint())
            if hit is not None and hit.item is not None:
                self._view.hands.mouse.cancel()
                self._view.open_requested.emit(hit.item.entry)
        return True

    def _ask_for_context(self, event: QEvent) -> bool:
        asked, view = cast("QContextMenuEvent", event), self._view
        asked.accept()
        if asked.reason() != QContextMenuEvent.Reason.Mouse:
            view.hands.ask_for_context_at_cursor()
            return True
        hit = view.surface.hit(asked.pos())
        if hit is not None:
            view.hands.mouse.cancel()
            view.hands.choose(hit)
            about = view.selected_entry() or view.current_place()
            if about is not None:
                view.context_requested.emit(about, asked.globalPos())
        return True

    def _show_tip(self, event: QEvent) -> bool:
        self._view.hands.mouse.show_tip(cast("QHelpEvent", event))
        return True

    def _turn_wheel(self, event: QEvent) -> bool:
        """With Ctrl, make the rows' steps shorter or longer; without, the table scrolls."""
        turn = cast("QWheelEvent", event)
        if not turn.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        turned = turn.angleDelta().y()
        at = STEPS.index(self._view.step) + (-1 if turned > 0 else 1 if turned < 0 else 0)
        self._view.set_step(STEPS[max(0, min(len(STEPS) - 1, at))])
        turn.accept()
        return True
