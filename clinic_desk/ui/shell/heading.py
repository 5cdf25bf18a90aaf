"""A line of text that gives way where there is little room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel

from clinic_desk.ui.tool_tips import plain_tip


class Heading(QLabel):
    """A line that ends with an ellipsis where there is no room; the whole is its tool tip and accessible name."""

    _shorter: tuple[str, ...] = ()

    def minimumSizeHint(self) -> QSize:
        """It gives way to buttons, not they to it."""
        return QSize(40, super().minimumSizeHint().height())

    @property
    def shown(self) -> str:
        """What can be read of it: the first text that fits, else as much of the last as there is room for."""
        metrics, texts = self.fontMetrics(), (self.text(), *self._shorter)
        fitting = (text for text in texts if metrics.horizontalAdvance(text) <= self.width())
        return next(fitting, None) or metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, self.width())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw as much as there is room for."""
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.rect(),
            int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft),
            self.palette(),
            self.isEnabled(),
            self.shown,
            self.foregroundRole(),
        )

    def setText(self, text: str, *shorter: str) -> None:  # noqa: N802
        """Show another text; `shorter`: what stands for it where it has no room, the longest first."""
        self._shorter = shorter
        super().setText(text)
        self.setToolTip(plain_tip(text))
