"""Shows that a time was taken first, with what can be had instead, and says what was chosen there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic, Entry
from clinic_desk.services import slots
from clinic_desk.ui.booking.sent import Sent, like
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog, Wanted
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.tasks import Tasks


class TakenFirst(QObject):
    """One dialog at a time; it stays while something else is tried, and is shown again if that is taken as well."""

    chosen = Signal(object)
    """The Writing to send instead."""
    another_time = Signal()
    waiting_wanted = Signal()
    """The patient is to be put on the waiting list; offered where `may_wait`."""
    given_up = Signal()

    def __init__(self, database: Database, tasks: Tasks, window: QWidget, clock: Callable[[], datetime]) -> None:
        super().__init__(window)
        self._database = database
        self._tasks = tasks
        self._window = window
        self._clock = clock
        self._sent: Sent | None = None
        self._by: Entry | None = None
        self.may_wait = False

    def show(
        self, sent: Sent, by: Entry | None, clinic: Clinic, dialog: SlotTakenDialog | None
    ) -> SlotTakenDialog | None:
        """Show who was first, in a dialog of its own or the one that is open; None if it cannot be told."""
        wanted = sent.wanted(clinic)
        if wanted is None:
            return None
        self._sent, self._by = sent, by
        shown = dialog or SlotTakenDialog(self._window, clinic)
        shown.show_taken(wanted, by, self._clock())
        if dialog is None:
            shown.slot_chosen.connect(self._take)
            shown.squeeze_wanted.connect(self._squeeze_in)
            shown.another_time.connect(self.another_time)
            shown.waiting_wanted.connect(self.waiting_wanted)
            if self.may_wait and sent.base is None:
                shown.offer_waiting_list()
            shown.discarded.connect(self.given_up)
            shown.open()
        self._look(shown, wanted, sent, clinic)
        return shown

    def _look(self, dialog: SlotTakenDialog, wanted: Wanted, sent: Sent, clinic: Clinic) -> None:
        database, besides = self._database, (sent.base.appointment.id,) if sent.base else ()
        self._tasks.query(
            dialog,
            lambda: slots.alternatives(database, like(wanted), clinic, besides=besides),
            dialog.show_alternatives,
            lambda error: dialog.tell_not_looked_for(),
            key="alternatives",
            priority=Priority.URGENT,
        )

    def _take(self, slot: slots.FreeSlot) -> None:
        if self._sent is not None:
            self.chosen.emit(self._sent.at(slot))

    def _squeeze_in(self) -> None:
        if self._sent is not None and self._by is not None:
            self.chosen.emit(self._sent.squeezed_in(self._by.id))
