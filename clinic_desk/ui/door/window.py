"""The window of a locked desk: it stands where the main window stood, and shows nothing but the page to sign in."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desk.ui.door.page import SignInPage
from clinic_desk.ui.door.stand import Stand, place_at
from clinic_desk.ui.door.waits import Waits


class DoorWindow(QWidget):
    """Its title is the program's, so the task switcher tells nothing either."""

    close_requested = Signal()

    def __init__(self, waits: Waits) -> None:
        super().__init__()
        self.setObjectName("door_window")
        self.setWindowTitle(self.tr("Clinic Desk"))
        self.setMinimumSize(560, 480)
        self.page = SignInPage(waits)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.page)

    def show_at(self, stand: Stand) -> None:
        """Show it in the place of a window, and give it the keyboard."""
        place_at(self, stand)
        self.show()
        self.activateWindow()
        self.page.take_keyboard()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Whoever owns the program decides."""
        event.ignore()
        self.close_requested.emit()
