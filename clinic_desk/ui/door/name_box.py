"""The box for a name at the door: typed, or taken from the last ones of this PC; drawn as the other boxes."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QWidget

from clinic_desk.ui.booking.fields import draw_chevron


class NameBox(QComboBox):
    """What is typed is not added to the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sign_in_name")
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setProperty("chevron", "own")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.count():
            painter = QPainter(self)
            draw_chevron(painter, QPointF(self.width() - 13, self.height() / 2), self, up=False)
            painter.end()
