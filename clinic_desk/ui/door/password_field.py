"""A field for a password: seen only while the button beside it is held down, and it says when Caps Lock is on."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from clinic_desk.ui.booking.fields import plain_label
from clinic_desk.ui.door.caps import caps_after

translate = QCoreApplication.translate


class PasswordField(QWidget):
    """The line, the button, and below both the hint of Caps Lock."""

    entered = Signal()
    """Enter was pressed in it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caps: bool | None = None
        self.line = QLineEdit()
        self.line.setObjectName(name)
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.returnPressed.connect(self.entered)
        self.line.installEventFilter(self)
        self.setFocusProxy(self.line)
        self.look = QPushButton(translate("door", "Show"))
        self.look.setObjectName(f"{name}_show")
        self.look.setAutoDefault(False)
        self.look.setToolTip(translate("door", "Shows the password while it is held down"))
        self.look.setAccessibleDescription(self.look.toolTip())
        self.look.pressed.connect(lambda: self.line.setEchoMode(QLineEdit.EchoMode.Normal))
        self.look.released.connect(self.hide_text)
        self.caps = plain_label(translate("door", "Caps Lock is on."), "warning")
        self.caps.setObjectName(f"{name}_caps")
        self.caps.hide()
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.line, 1)
        row.addWidget(self.look)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self.caps)

    def hide_text(self) -> None:
        """Show dots again."""
        self.line.setEchoMode(QLineEdit.EchoMode.Password)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            self._caps = caps_after(event, self._caps)
            self.caps.setVisible(self._caps is True)
        return super().eventFilter(watched, event)
