"""Where the time in a booking form comes from, and the search for the next free one."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import slots
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.tasks import Tasks

TimeSource = Literal["given", "searching", "found", "none"]


class TimeSearch(QObject):
    """`source`: "given" by a person, "searching", "found", or "none" was found. An answer that is late is dropped."""

    found = Signal(object)
    """The earliest FreeSlot."""
    nothing = Signal()
    """There is none, or it could not be looked for."""
    failed = Signal(object)
    """The ClinicDeskError that kept it from being looked for; `nothing` follows."""

    def __init__(self, database: Database, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self.source: TimeSource = "given"
        self._database = database
        self._tasks = tasks

    def start(self, query: slots.SlotQuery, clinic: Clinic) -> None:
        """Search; of several searches the last one counts."""
        self.source = "searching"
        database = self._database
        self._tasks.query(
            self,
            lambda: slots.next_free(database, query, clinic),
            self._found,
            self._failed,
            key="next free",
            priority=Priority.URGENT,
        )

    def stop(self, *, has_time: bool) -> None:
        """Search no more: from here on a person gives the time."""
        if self.source != "given":
            self.source = "given" if has_time else "none"

    def _found(self, found: tuple[slots.FreeSlot, ...]) -> None:
        if self.source != "searching":
            return
        if found:
            self.source = "found"
            self.found.emit(min(found, key=lambda slot: slot.starts_at))
        else:
            self.source = "none"
            self.nothing.emit()

    def _failed(self, error: ClinicDeskError) -> None:
        if self.source == "searching":
            self.source = "none"
            self.failed.emit(error)
            self.nothing.emit()
