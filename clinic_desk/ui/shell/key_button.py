"""A button of an action that shows the action's key on itself."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAction, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QWidget

from clinic_desk.ui.theme import scaled, theme_of

_GAP = 8
_INSET = 4
_PADDING = 12
"""Left and right padding of buttons in the program's style sheet, in pixels."""


class KeyButton(QPushButton):
    """Text, key, tool tip, enabled and checked follow the action; a click triggers it."""

    def __init__(self, action: QAction, parent: QWidget | None = None, *, kind: str = "") -> None:
        super().__init__(parent)
        self._action = action
        self._keys = ""
        self._show_keys = True
        self._label = ""
        self._extra_style = ""
        self.setProperty("kind", kind)
        self.setObjectName(action.objectName().replace("action_", "button_"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCheckable(action.isCheckable())
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def show_keys(self, shown: bool) -> None:
        """Whether the key is drawn on the button (it stays in the tool tip)."""
        self._show_keys = shown
        self._follow()

    def set_label(self, label: str) -> None:
        """Show a sign instead of the action's text (which stays the accessible name)."""
        self._label = label
        self._follow()

    def set_extra_style(self, style: str) -> None:
        """Add style sheet declarations to the button."""
        self._extra_style = style
        self._follow()

    def _follow(self) -> None:
        action = self._action
        self.setText(self._label or action.text().replace("&", "&&"))
        self.setAccessibleName(action.text())
        self.setToolTip(action.toolTip())
        self.setEnabled(action.isEnabled())
        self.setChecked(action.isChecked())
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ")
        self._keys = keys if self._show_keys else ""
        room = self._badge_width() + _GAP if self._keys else 0
        style = (f"padding-right: {_PADDING + room}px; " if room else "") + self._extra_style
        sheet = f"QPushButton {{ {style} }}" if style else ""
        if sheet != self.styleSheet():
            self.setStyleSheet(sheet)
        self.update()

    def _badge_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self._keys) + 2 * _INSET

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the button, then its key in a small frame."""
        super().paintEvent(event)
        if not self._keys:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = theme_of(self.palette())
        is_primary = self.property("kind") == "primary"
        colour = theme.on_fill if is_primary and self.isEnabled() else theme.ink_muted
        width, height = self._badge_width(), self.fontMetrics().height()
        box = QRectF(self.width() - _PADDING - width + 2, (self.height() - height) / 2, width, height)
        painter.setPen(QPen(colour, 1))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)
        painter.setFont(scaled(self.font(), 0.9))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._keys)
