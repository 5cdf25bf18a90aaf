"""Says what a change waits for that the database does not answer: the second server, which has to have it too (F13)."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import operations
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.shell.banner import Banner

LOOK_AFTER_MS: Final = 2_000
"""A command that takes so long is asked about, and again after as long while it goes on."""


class SlowCommands(QObject):
    """Looks while commands are unfinished, and goes on looking until what it said is over."""

    def __init__(self, desk: Connected, banner: Banner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._banner = banner
        self._says_so = False
        self._look = QTimer(self, singleShot=True, interval=LOOK_AFTER_MS)
        self._look.timeout.connect(self._ask)
        desk.tasks.commands_changed.connect(self._count)
        self._count(desk.tasks.unfinished_commands)

    def _count(self, unfinished: int) -> None:
        if unfinished and not self._look.isActive():
            self._look.start()
        elif not unfinished and not self._says_so:
            self._look.stop()

    def _ask(self) -> None:
        database = self._desk.database
        self._desk.tasks.query(
            self, lambda: operations.waits_for_standby(database), self._answered, self._not_answered, key="standby"
        )

    def _answered(self, waits: bool) -> None:
        self._says_so = waits
        self._banner.waiting(
            self.tr(
                "The database waits for the second server, which has to have every change too. What you saved is not "
                "lost and not confirmed yet: nothing has to be done again."
            )
            if waits
            else ""
        )
        self._go_on()

    def _not_answered(self, _error: ClinicDeskError) -> None:
        self._go_on()

    def _go_on(self) -> None:
        if self._says_so or self._desk.tasks.unfinished_commands:
            self._look.start()
