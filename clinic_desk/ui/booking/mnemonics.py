"""Whose a key is while a sheet is open: its own shortcuts' and letters', never those of what lies below."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget

_ALT: Final = Qt.KeyboardModifier.AltModifier
_OTHERS: Final = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier
_SYSTEMS: Final = frozenset({Qt.Key.Key_F4, Qt.Key.Key_Tab, Qt.Key.Key_Backtab, Qt.Key.Key_Space, Qt.Key.Key_Alt})
"""What the window manager is asked for by Alt and these: to close, to switch, the window's menu."""


def is_kept(sheet: QWidget, event: QEvent) -> bool:
    """Whether this is a key with Alt that nothing outside the sheet may have.

    Not those that a shortcut or an action within the sheet is waiting for: Qt finds these by itself.
    """
    if not isinstance(event, QKeyEvent) or not event.modifiers() & _ALT or event.modifiers() & _OTHERS:
        return False
    return event.key() not in _SYSTEMS and not is_awaited(sheet, event)


def is_awaited(sheet: QWidget, event: QKeyEvent) -> bool:
    """Whether a shortcut or an action of what is visible within the sheet waits for this key."""
    keys = _sequence(event)
    shortcuts = (each for each in sheet.findChildren(QShortcut) if each.key() == keys)
    actions = (each for each in sheet.findChildren(QAction) if keys in each.shortcuts())
    return any(each.isEnabled() and _is_visible(each) for each in shortcuts) or any(
        each.isEnabled() and _is_visible(each) for each in actions
    )


def is_answered(sheet: QWidget, event: QKeyEvent) -> bool:
    """Do what the letter stands for: press the button, or go to the field; return False if it stands for nothing.

    Of several with one letter: go to the next.
    """
    found = list(_with_letter(sheet, _sequence(event)))
    if len(found) == 1 and isinstance(found[0], QAbstractButton):
        found[0].animateClick()
    elif found:
        now = QApplication.focusWidget()
        at = found.index(now) + 1 if now in found else 0
        found[at % len(found)].setFocus(Qt.FocusReason.ShortcutFocusReason)
    return bool(found)


def _sequence(event: QKeyEvent) -> QKeySequence:
    return QKeySequence(event.keyCombination())


def _is_visible(what: QObject) -> bool:
    parent = what.parent()
    return isinstance(parent, QWidget) and parent.isVisible()


def _with_letter(sheet: QWidget, keys: QKeySequence) -> Iterator[QWidget]:
    for button in sheet.findChildren(QAbstractButton):
        if button.shortcut() == keys and button.isVisibleTo(sheet) and button.isEnabled():
            yield button
    for label in sheet.findChildren(QLabel):
        buddy: QWidget | None = label.buddy()  # None for most, whatever stubs say
        if buddy is None or QKeySequence.mnemonic(label.text()) != keys:
            continue
        if label.isVisibleTo(sheet) and buddy.isVisibleTo(sheet) and buddy.isEnabled():
            yield buddy
