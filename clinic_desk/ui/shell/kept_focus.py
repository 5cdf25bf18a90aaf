"""Gives the keyboard back to what had it when the database went away and that could not be used meanwhile."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from clinic_desk.ui.freshness import Connection


class KeptFocus(QObject):
    """Of one window. Told of the connection before all who switch off what cannot be used: Qt then moves the keyboard
    on to whatever comes next, wherever that is.
    """

    def __init__(self, window: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._had: QWidget | None = None
        self._moved_to: QWidget | None = None

    def connection_changed(self, connection: Connection) -> None:
        """Note who has the keyboard, or give it back when all who switch on again have done so."""
        if connection is Connection.LOST:
            self._had = self._focus()
            QTimer.singleShot(0, self, self._note_where_it_went)
        else:
            QTimer.singleShot(0, self, self._give_back)

    def _focus(self) -> QWidget | None:
        """Who has it, or will have it when the window is in front again."""
        return QApplication.focusWidget() or self._window.focusWidget()

    def _note_where_it_went(self) -> None:
        self._moved_to = self._focus()

    def _give_back(self) -> None:
        had, self._had = self._had, None
        if had is None or not isValid(had) or self._focus() is not self._moved_to:
            return  # it is gone, or the user has chosen another place since
        if had is not self._moved_to and had.isEnabled() and had.isVisibleTo(had.window()):
            had.setFocus()
