"""The counts of messages at the right: due, sent, those that need somebody, replies; each opens its list."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget


class MessageCountsPanel(QWidget):
    """A line for each count; the last ones are coloured only when there is something to do."""

    opened = Signal(str)
    """The name of the list that somebody wants to see: due, sent-today, attention, replies."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_counts")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(0, 1)
        heading = _label(self.tr("Messages").upper(), role="section")
        self._grid.addWidget(heading, 0, 0, 1, 2)
        self._texts: dict[QPushButton, str] = {}
        self._due = self._line(1, self.tr("Due today"), "messages_due", "due")
        self._sent = self._line(2, self.tr("Sent today"), "messages_sent", "sent-today")
        self._attention = self._line(3, self.tr("Need attention"), "messages_need_attention", "attention")
        self._replies = self._line(4, self.tr("Replies to read"), "messages_replies", "replies")

    def _line(self, row: int, text: str, name: str, opens: str) -> QPushButton:
        self._grid.addWidget(_label(text, role="muted"), row, 0)
        number = QPushButton("–")
        number.setProperty("kind", "link")
        number.setObjectName(name)
        number.setAccessibleName(text)
        number.setStyleSheet("font-weight: bold;")
        number.setCursor(Qt.CursorShape.PointingHandCursor)
        number.setToolTip(self.tr("Show these messages"))
        number.clicked.connect(partial(self._open, opens))
        self._texts[number] = text
        self._grid.addWidget(number, row, 1, Qt.AlignmentFlag.AlignRight)
        return number

    def _open(self, name: str, _checked: bool = False) -> None:
        self.opened.emit(name)

    def show_counts(self, due: int, sent: int, attention: int) -> None:
        """Show the numbers of messages."""
        self._tell(self._due, due)
        self._tell(self._sent, sent)
        self._tell(self._attention, attention, "danger")

    def show_replies(self, count: int) -> None:
        """Show how many replies are to be read."""
        self._tell(self._replies, count, "warning")

    def _tell(self, button: QPushButton, count: int, alarm: str = "") -> None:
        wants = bool(alarm and count)
        button.setText(self.tr("{count} — open").format(count=count) if wants else str(count))
        button.setAccessibleName(f"{self._texts[button]}: {count}")
        if button.property("role") != (alarm if wants else ""):
            button.setProperty("role", alarm if wants else "")
            button.style().unpolish(button)
            button.style().polish(button)


def _label(text: str, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    return label
