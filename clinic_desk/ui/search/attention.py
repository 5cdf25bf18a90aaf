"""Whether somebody who calls may take over the window just now, and bringing the window to the front."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QDialog, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from clinic_desk.ui.shell.toasts import Toast

_SHOWN_MS: Final = 30_000
"""A phone rings so long before somebody gives up."""
_TYPED_IN = (QLineEdit, QAbstractSpinBox, QTextEdit, QPlainTextEdit)


def is_in_the_middle(window: QWidget) -> bool:
    """Whether a form, a question or something typed would be lost sight of."""
    if QApplication.activeModalWidget() is not None or QApplication.activePopupWidget() is not None:
        return True
    if any(sheet.isVisible() for sheet in window.findChildren(QDialog)):
        return True
    form = window.findChild(QWidget, "booking_form")
    if form is not None and form.isVisible():
        return True
    focus = window.focusWidget()
    if isinstance(focus, QLineEdit) and focus.objectName() == "find_box":
        return bool(focus.text())
    return isinstance(focus, _TYPED_IN)


def note_over(window: QWidget, text: str, action: str, act: Callable[[], None]) -> Toast:
    """Show a note over the upper edge of the window: also over a form or a page, and hiding nothing of them."""
    note = Toast(text, "", window)
    note.setObjectName("call_note")
    note.add_action(action, "show_caller", act)
    note.add_close()
    note.stay(_SHOWN_MS)
    note.adjustSize()
    note.move((window.width() - note.width()) // 2, 6)
    note.show()
    note.raise_()
    QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(note, text))
    return note


def bring_to_front(window: QWidget) -> None:
    """Show the window before others, as far as the window system lets a program do so."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.activateWindow()
    QApplication.alert(window)
