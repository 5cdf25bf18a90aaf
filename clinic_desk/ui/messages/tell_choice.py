"""Whether patients are told of moves: the choice in the menu, remembered for the person who is signed in."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject

from clinic_desk.ui.actions import Actions
from clinic_desk.ui.preferences import Preferences, Tell

_CHOICES: tuple[Tell, ...] = ("always", "ask", "never")


class TellChoice(QObject):
    """Three actions, one of them chosen."""

    def __init__(self, actions: Actions, preferences: Preferences, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._preferences = preferences
        for choice in _CHOICES:
            actions[f"tell_{choice}"].triggered.connect(partial(self._remember, choice))
        self.renew()

    def renew(self) -> None:
        """Show what is remembered."""
        self._actions[f"tell_{self._preferences.tell_moves()}"].setChecked(True)

    def _remember(self, choice: Tell, _checked: bool = False) -> None:
        self._preferences.set_tell_moves(choice)
