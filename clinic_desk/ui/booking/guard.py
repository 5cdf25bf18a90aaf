"""Keeps a question that has just appeared from being answered by a key that was meant for what was there before."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QGuiApplication


class Guard(QObject):
    """`is_ready` becomes True when a question was on screen as long as a double click may take."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True)

    def begin(self) -> None:
        """A question appeared or changed."""
        hints = QGuiApplication.styleHints()
        self._timer.start(hints.mouseDoubleClickInterval())

    @property
    def is_ready(self) -> bool:
        """Whether the question can have been seen."""
        return not self._timer.isActive()
