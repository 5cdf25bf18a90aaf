"""What this clinic sends at all, for forms that say what a patient will be told: channels in use, reminder rules."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Channel, Patient
from clinic_desk.notifications.planning import address_of
from clinic_desk.services import messaging
from clinic_desk.services.messaging import MessagingSetup
from clinic_desk.ui.tasks import Tasks


class Telling(QObject):
    """Read when a form opens; until then, and if it cannot be read, what was read last is taken for true."""

    changed = Signal()
    """`setup` is different from what it was."""

    def __init__(self, database: Database, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self.setup: MessagingSetup | None = None
        self._database = database
        self._tasks = tasks

    def renew(self) -> None:
        """Read it."""
        database = self._database
        self._tasks.query(
            self, lambda: messaging.load_messaging(database), self._take, lambda error: None, key="telling"
        )

    def _take(self, setup: MessagingSetup) -> None:
        self.setup = setup
        self.changed.emit()


def is_reachable(patient: Patient, setup: MessagingSetup | None) -> bool:
    """Whether there is an address to write to, over a channel that the clinic uses as far as is known."""
    if setup is not None:
        by = {Channel.EMAIL: setup.settings.email_by, Channel.SMS: setup.settings.sms_by}
        if by.get(patient.channel) == "off":
            return False
    return bool(address_of(patient))
