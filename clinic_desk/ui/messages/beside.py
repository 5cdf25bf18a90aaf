"""The messages of the patient whose visit is chosen on the calendar, below the visit itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinic_desk.ui.messages.patient_messages import PatientMessages

if TYPE_CHECKING:
    from clinic_desk.domain.records import Entry
    from clinic_desk.ui.workspace import Workspace


class MessagesBeside(QObject):
    """Follows what is chosen, and what becomes of its messages."""

    all_requested = Signal(str)
    """The name of the patient, all of whose messages are wanted."""

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entry: Entry | None = None
        self.of_patient = PatientMessages(workspace.desk)
        self.of_patient.setObjectName("messages_beside")
        self.of_patient.all_requested.connect(self._ask_for_all)
        chosen = workspace.sides.panel  # made now, if it was not: it stands above
        workspace.window.side_panel.add(self.of_patient)
        workspace.window.calendar.entry_selected.connect(self._follow)
        workspace.store.messages_changed.connect(self._renew)
        self._follow(chosen.entry)

    def _follow(self, entry: Entry | None) -> None:
        self._entry = entry
        self.of_patient.show_patient(None if entry is None else entry.patient.id)
        self.of_patient.renew_soon()

    def _renew(self, appointment_ids: frozenset[UUID]) -> None:
        if self._entry is not None and self._entry.id in appointment_ids:
            self.of_patient.renew_soon()

    def _ask_for_all(self, _patient_id: UUID) -> None:
        if self._entry is not None:
            self.all_requested.emit(self._entry.patient.display_name)
