"""Searches patients for the top bar's box and leads to what was chosen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from clinic_desk.domain.records import Patient, PatientMatch
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, Unavailable
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.navigation import Navigator
from clinic_desk.ui.shell.find_box import FindBox


class Finder(QObject):
    """Answers the box; a patient leads to the next appointment, or to a booking when there is none."""

    booking_wanted = Signal(object)
    """`Patient`: book for this one."""

    def __init__(self, box: FindBox, desk: Connected, navigator: Navigator, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._box = box
        self._database = desk.database
        self._tasks = desk.tasks
        self._store = desk.store
        self._navigator = navigator
        self._looking_for: Patient | None = None
        box.wall_of = self._wall
        box.search_requested.connect(self._search)
        box.day_chosen.connect(navigator.go_to)
        box.patient_chosen.connect(self._show)
        box.booking_requested.connect(lambda match: self.booking_wanted.emit(match.patient))
        navigator.view_changed.connect(self._select_found)

    def start(self, *, dates_only: bool = False) -> Callable[[], None]:
        """Return what gives the keyboard to the box."""

        def start() -> None:
            self._box.today = self._navigator.today()
            self._box.start(dates_only=dates_only)

        return start

    def _search(self, text: str) -> None:
        from clinic_desk.ui.booking.patient_line import find_lines

        database = self._database
        self._tasks.query(
            self,
            lambda: find_lines(database, text),
            lambda lines: self._box.show_matches(text, lines, self.tr("Nobody is found by this.")),
            lambda error: self._box.show_matches(text, (), self._trouble(error)),
            key="find",
            priority=Priority.URGENT,
        )

    def _trouble(self, error: ClinicDeskError) -> str:
        if isinstance(error, Unavailable):
            return self.tr("The database cannot be reached just now.")
        return self.tr("The search did not work. Try other letters.")

    def _wall(self, instant: datetime) -> datetime:
        return to_wall(instant, self._store.clinic.sites[0].zone)

    def _show(self, match: PatientMatch) -> None:
        at = match.next_appointment_at
        if at is None:
            self.booking_wanted.emit(match.patient)
            return
        wall = self._wall(at)
        self._looking_for = match.patient
        self._navigator.go_to(wall.date(), minute=wall.hour * 60 + wall.minute)

    def _select_found(self) -> None:
        """The day is there: select the patient's first open appointment on it."""
        patient, self._looking_for = self._looking_for, None
        board = self._store.boards.get(self._navigator.view.day)
        if patient is None or board is None:
            return
        found = [entry for entry in board.entries if entry.patient.id == patient.id]
        found.sort(key=lambda entry: (not entry.appointment.status.occupies_time, entry.appointment.starts_at))
        if found:
            self._navigator.select(found[0].id)
