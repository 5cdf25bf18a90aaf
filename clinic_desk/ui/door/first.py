"""Asks who it is before anything is open: the page to sign in, in the main window."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from clinic_desk.errors import ClinicDeskError, SignInNeeded
from clinic_desk.ui.door.names import last_names
from clinic_desk.ui.door.page import SignInPage
from clinic_desk.ui.door.waits import Waits
from clinic_desk.ui.main_window import MainWindow


class FirstDoor(QObject):
    """From the first `answer` to `close`; what is typed stays in between."""

    asked = Signal(str, str)
    """Login and password."""
    chosen = Signal(object, str)
    """The PasswordNeeded, and the password that was set."""

    def __init__(self, window: MainWindow, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        window.cover_with("")
        self.page = SignInPage(Waits())
        self.page.asked.connect(self.asked)
        self.page.chosen.connect(self.chosen)
        names = last_names(window.preferences)
        self.page.offer(names)
        forgotten = self.tr("Password forgotten? A practice manager gives you a code that lets you in once.")
        self.page.ask(self.tr("Sign in"), "", names[0] if names else "", hint=forgotten)
        window.cover.show_page(self.page)
        self.page.take_keyboard()

    def answer(self, error: ClinicDeskError) -> None:
        """Nobody came in, or nobody was asked yet."""
        if not isinstance(error, SignInNeeded):
            self.page.answer(error)
        elif error.first is not None:
            self.page.answer(error.first)

    def close(self) -> None:
        """Somebody came in."""
        self.page.come_in()
        self._window.cover.drop_page()
