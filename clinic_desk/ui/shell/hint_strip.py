"""A strip over the calendar that says what the next key or click will do, while that is not what it usually does."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget


class HintStrip(QFrame):
    """Hidden until something is said; the button ends it."""

    ended = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hint_strip")
        self.setProperty("role", "banner")
        self.setProperty("level", "ok")
        self.text = QLabel()
        self.text.setObjectName("hint_text")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self._button = QPushButton()
        self._button.setObjectName("hint_end")
        self._button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._button.clicked.connect(self.ended)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 5, 14, 5)
        row.addWidget(self.text, 1)
        row.addWidget(self._button)
        self.hide()

    def say(self, text: str, button: str) -> None:
        """Show a text and the button that ends it."""
        self.text.setText(text)
        self._button.setText(button)
        self.show()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))
