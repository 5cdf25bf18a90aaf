"""The columns left and right of the calendar."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget


class SidePanel(QScrollArea):
    """A narrow column of parts that scrolls when the window is low.

    `first_width`: how wide it is, in pixels, until it has parts.
    """

    def __init__(
        self, name: str, accessible_name: str, width: int, parent: QWidget | None = None, *, first_width: int = 0
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(accessible_name)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._least = width
        self._width = max(width, first_width)
        self.setFixedWidth(self._width)
        inside = QFrame()
        inside.setProperty("role", "side")
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(12, 10, 12, 10)
        self._column.setSpacing(14)
        self._column.addStretch(1)
        self._inside = inside
        self.setWidget(inside)
        inside.installEventFilter(self)

    def add(self, part: QWidget, *, stretch: int = 0, below: QWidget | None = None) -> None:
        """Add a part below the others, or right below one of them."""
        if self._column.count() == 1:  # the first, beside the stretch
            self._width = self._least
        at = self._column.count() - 1 if below is None else self._column.indexOf(below) + 1
        self._column.insertWidget(at, part, stretch)
        self._fit()

    def parts(self) -> list[QWidget]:
        """Return the parts, from the top."""
        widgets = (item.widget() for at in range(self._column.count()) if (item := self._column.itemAt(at)) is not None)
        return [widget for widget in widgets if widget is not None]

    def reserve(self, part: QWidget) -> None:
        """Be wide enough for a part from the start, though it is not shown yet."""
        margins = self._column.contentsMargins()
        self._grow(part.minimumSizeHint().width() + margins.left() + margins.right())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Grow with what the parts need; never shrink again, so that nothing jumps to and fro."""
        if watched is self._inside and event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """Be as wide as was asked for, or as the parts need with this font."""
        self._grow(self._inside.minimumSizeHint().width())

    def _grow(self, needed: int) -> None:
        self._width = max(self._width, needed + self.verticalScrollBar().sizeHint().width())
        if self.width() != self._width:
            self.setFixedWidth(self._width)
