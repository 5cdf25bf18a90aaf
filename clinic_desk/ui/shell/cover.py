"""What lies over the calendar while it cannot show what is asked, so that nothing old is taken for new.

It is the first picture of the program too, so it does with few of Qt's classes: the name `Qt` alone, with all its
enumerations, takes a tenth of the time to that picture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QPushButton

_ALIGN_CENTER: Final = 0x84
"""`Qt.AlignmentFlag.AlignCenter`, as a property takes it."""
_PLAIN_TEXT: Final = 0
"""`Qt.TextFormat.PlainText`, as a property takes it."""


class Cover(QWidget):
    """A text in the middle, with a moving bar while something is being done, or a button to try again."""

    first_painted = Signal()
    again = Signal()
    """The button was pressed."""
    button: QPushButton
    """There after `complete`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cover")
        self._is_painted = False
        self.setAutoFillBackground(True)
        self.text = QLabel()
        self.text.setObjectName("cover_text")
        self.text.setProperty("textFormat", _PLAIN_TEXT)
        self.text.setProperty("alignment", _ALIGN_CENTER)
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(220, 6)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(14)
        self._column.addStretch(2)
        self._column.addWidget(self.text)
        self._add_in_middle(self.bar)
        self._column.addStretch(3)

    def complete(self) -> None:
        """Make what the first picture did without; doing it again does nothing."""
        if hasattr(self, "button"):
            return
        from PySide6.QtWidgets import QPushButton

        self.button = QPushButton()
        self.button.setObjectName("cover_button")
        self.button.hide()
        self.button.clicked.connect(self.again)
        self._add_in_middle(self.button, before=self._column.count() - 1)

    def _add_in_middle(self, widget: QWidget, before: int = -1) -> None:
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(widget)
        row.addStretch()
        self._column.insertLayout(before, row)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell of the first time it is on screen."""
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            self.first_painted.emit()

    def say(self, text: str, *, is_working: bool = True) -> None:
        """Show a text, with or without the moving bar."""
        self.text.setText(text)
        self.setAccessibleName(text)
        self.bar.setVisible(is_working)
        if hasattr(self, "button"):
            self.button.hide()

    def offer(self, text: str, button: str) -> None:
        """Show a text with a button; `again` tells when it is pressed."""
        from PySide6.QtCore import Qt

        self.complete()
        self.say(text, is_working=False)
        self.button.setText(button)
        self.button.show()
        self.button.setFocus(Qt.FocusReason.OtherFocusReason)
