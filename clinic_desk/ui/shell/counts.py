"""The counts of messages at the right: due, sent, and those that need somebody."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget


class MessageCountsPanel(QWidget):
    """Three lines; the last one is red only when there is something to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_counts")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(8)
        heading = _label(self.tr("Messages").upper(), role="section")
        self._grid.addWidget(heading, 0, 0, 1, 2)
        self._due = self._line(1, self.tr("Due today"), "messages_due")
        self._sent = self._line(2, self.tr("Sent today"), "messages_sent")
        self._attention = self._line(3, self.tr("Need attention"), "messages_need_attention")

    def _line(self, row: int, text: str, name: str) -> QLabel:
        self._grid.addWidget(_label(text, role="muted"), row, 0)
        number = _label("–")
        number.setObjectName(name)
        number.setAccessibleName(text)
        number.setStyleSheet("font-weight: bold;")
        self._grid.addWidget(number, row, 1, Qt.AlignmentFlag.AlignRight)
        return number

    def show_counts(self, due: int, sent: int, attention: int) -> None:
        """Show the three numbers."""
        self._due.setText(str(due))
        self._sent.setText(str(sent))
        self._attention.setText(str(attention))
        self._attention.setProperty("role", "danger" if attention else "")
        self._attention.style().unpolish(self._attention)
        self._attention.style().polish(self._attention)


def _label(text: str, role: str = "") -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setProperty("role", role)
    return label
