"""What lies over the calendar while it cannot show what is asked, so that nothing old is taken for new."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget


class Cover(QWidget):
    """A text in the middle, with a moving bar while something is being done, or a button to try again.

    Below it may stand another, quieter one, for what is seldom wanted.
    """

    again = Signal()
    """The button was pressed."""
    other_wanted = Signal()
    """The quiet button was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("cover")
        self.setAutoFillBackground(True)
        self.text = QLabel()
        self.text.setObjectName("cover_text")
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(220, 6)
        self.button = QPushButton()
        self.button.setObjectName("cover_button")
        self.button.hide()
        self.button.clicked.connect(self.again)
        self.other = QPushButton()
        self.other.setObjectName("cover_other")
        self.other.setProperty("kind", "link")
        self.other.setAutoDefault(True)
        self.other.hide()
        self.other.clicked.connect(self.other_wanted)
        self._page: QWidget | None = None
        column = self._column = QVBoxLayout(self)
        column.setSpacing(14)
        column.addStretch(2)
        column.addWidget(self.text)
        column.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self.other, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def say(self, text: str, *, is_working: bool = True) -> None:
        """Show a text, with or without the moving bar."""
        self.text.setText(text)
        if self._page is not None:
            return
        self.setAccessibleName(text)
        self.bar.setVisible(is_working)
        self.button.hide()
        self.other.hide()

    def show_page(self, page: QWidget) -> None:
        """Show a page in the place of text, bar and button, until `drop_page`."""
        self._page = page
        self.setAccessibleName(page.accessibleName())  # not what is said of it while there is no page
        for part in (self.text, self.bar, self.button, self.other):
            part.hide()
        self._column.insertWidget(0, page, 1_000)  # all there is: the stretches are the text's
        page.show()

    def drop_page(self) -> None:
        """Show a text again."""
        if self._page is not None:
            self._column.removeWidget(self._page)
            self._page.hide()
            self._page.deleteLater()
            self._page = None
            self.text.show()
            self.say(self.text.text())

    def offer(self, text: str, button: str, other: str = "") -> None:
        """Show a text with a button (`again` tells when it is pressed), and below it another one if it has words."""
        self.say(text, is_working=False)
        self.other.setText(other)
        self.other.setVisible(bool(other))
        self.button.setText(button)
        self.button.show()
        self.button.setFocus(Qt.FocusReason.OtherFocusReason)

    def offers(self, text: str, button: str, other: str = "") -> bool:
        """Whether this text stands there with these buttons."""
        shown = (self.text.text(), self.button.text(), self.other.text())
        return not self.button.isHidden() and shown == (text, button, other)
