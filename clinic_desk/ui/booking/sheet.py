"""A modal question inside the window: a card over the dimmed window, an ordinary QDialog to a screen reader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from clinic_desk.ui.booking.card import SHADOW, focus_within, is_ours, paint_card
from clinic_desk.ui.booking.mnemonics import is_answered, is_awaited, is_kept
from clinic_desk.ui.theme import theme_of

ENTER: Final = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class Sheet(QDialog):
    """Covers the window of its parent while it is open. Esc rejects, Enter presses the default button.

    It is a child widget, so it is where the window is on every window system, and is in every picture of it. The
    focus comes back to where it was when the sheet closes. Enter held down answers nothing, whatever has the keyboard:
    the press that opened the sheet is still under way, and what it asks has not been read.
    """

    def __init__(self, parent: QWidget, *, width: int = 620) -> None:
        super().__init__(parent.window())
        self.setWindowFlags(Qt.WindowType.Widget)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, on=False)
        self.setAutoFillBackground(False)
        self._came_from: QWidget | None = None
        self._width = width
        self.card = QWidget(self)
        self.card.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.body = QVBoxLayout(self.card)
        self.body.setContentsMargins(24, 20, 24, 20)
        self.body.setSpacing(10)
        parent.window().installEventFilter(self)
        self.card.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._watch)
        self.hide()

    def open(self) -> None:
        """Show the sheet over the window and take the keyboard."""
        self._came_from = QApplication.focusWidget()
        self._cover()
        self.arrange()
        self.show()
        self.raise_()
        self.setFocus()
        first = self.first_focus()
        if first is not None:
            first.setFocus(Qt.FocusReason.TabFocusReason)

    def _watch(self, _old: QWidget | None, new: QWidget | None) -> None:
        """Hear the keys before whatever has the keyboard does: a button would answer by itself."""
        if new is not None and self.isAncestorOf(new):
            new.installEventFilter(self)

    def _cover(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())

    def first_focus(self) -> QWidget | None:
        """Return the widget that has the keyboard first."""
        return None

    def arrange(self) -> None:
        """Give the card the size its content needs, in the middle of the upper part of the window."""
        room = self.rect().adjusted(2 * SHADOW, 2 * SHADOW, -2 * SHADOW, -2 * SHADOW)
        width = min(self._width, room.width())
        layout = self.card.layout()
        if layout is None:
            return
        layout.activate()
        height = layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()
        size = QSize(width, min(height, room.height()))
        top = room.top() + max(0, (room.height() - size.height()) * 2 // 5)
        self.card.setGeometry(QRect(room.center().x() - width // 2, top, size.width(), size.height()))
        self.update()

    def arrange_fixed(self, size: tuple[int, int]) -> None:
        """Give the card this size, or what room there is: nothing jumps when something else is shown in it."""
        room = self.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)
        width, height = min(size[0], room.width()), min(size[1], room.height())
        top = room.top() + (room.height() - height) * 2 // 5
        self.card.setGeometry(QRect(room.center().x() - width // 2, top, width, height))
        self.update()

    def done(self, result: int) -> None:
        """Close and give the keyboard back."""
        super().done(result)
        self.close()
        if self._came_from is not None and _alive(self._came_from) and self._came_from.isVisible():
            self._came_from.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and watched is not self.parent() and _is_held_enter(event):
            return not isinstance(watched, QPlainTextEdit | QTextEdit)  # which writes lines
        if isinstance(event, QKeyEvent) and watched is not self.parent() and self._answers(event):
            return True
        if watched is self.card and event.type() == QEvent.Type.LayoutRequest:
            self.arrange()
        if watched is self.parent() and event.type() == QEvent.Type.Resize and self.isVisible():
            self._cover()
            self.arrange()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(10, 14, 22, 92))
        paint_card(painter, self.card.geometry(), theme_of(self.palette()))
        painter.end()

    def event(self, event: QEvent) -> bool:
        """Leave its own keys to its shortcuts; all others are not for the window behind."""
        if is_ours(event) and not _saves_list(self.window(), event):
            assert isinstance(event, QKeyEvent)
            is_own = is_awaited(self, event)
            event.setAccepted(not is_own)
            return not is_own
        if event.type() == QEvent.Type.ShortcutOverride and is_kept(self, event):
            event.accept()
            return True
        return super().event(event)

    def _answers(self, event: QKeyEvent) -> bool:
        """Whether this pressed a letter of the sheet's own."""
        return event.type() == QEvent.Type.KeyPress and is_kept(self, event) and is_answered(self, event)

    def main_act(self) -> Callable[[], object] | None:
        """Return what Enter does where no button has the keyboard; None: what a QDialog does."""
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._answers(event):
            event.accept()
            return
        act = self.main_act() if event.key() in ENTER else None
        if act is None:
            super().keyPressEvent(event)
        else:
            focused = QApplication.focusWidget()
            (focused.click if isinstance(focused, QPushButton) else act)()
        event.accept()

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        return focus_within(self, forward=forward)


def _saves_list(window: QWidget, event: QEvent) -> bool:
    """Whether this key saves the list that a sheet shows, which is the same key everywhere."""
    action = window.findChild(QAction, "action_save_list")
    keys = event.keyCombination() if isinstance(event, QKeyEvent) else None
    return action is not None and keys is not None and QKeySequence(keys) in action.shortcuts()


def _is_held_enter(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.isAutoRepeat() and event.key() in ENTER


def _alive(widget: QWidget) -> bool:
    from shiboken6 import isValid

    return isValid(widget)
