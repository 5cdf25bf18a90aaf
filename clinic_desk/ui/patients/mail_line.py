"""The buttons of a patient's page by which her own list is e-mailed, and taken back while it waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.domain.messaging import Kind, QueueStatus
from clinic_desk.domain.records import Channel
from clinic_desk.ui.booking.fields import button
from clinic_desk.ui.messages.patient_messages import note_text

if TYPE_CHECKING:
    from clinic_desk.domain.message_list import MessageRow
    from clinic_desk.domain.patients_record import PatientRecord

translate = QCoreApplication.translate


class MailLine(QWidget):
    """Shows what it is given and says what is wanted."""

    wanted = Signal()
    undo_wanted = Signal(object)
    """The MessageRow of the list that waits."""

    def __init__(self) -> None:
        super().__init__()
        self._waits: MessageRow | None = None
        self.undo = button(translate("record", "Take bac&k"), "patient_mail_undo", self._undo)
        self.undo.setToolTip(translate("record", "Take the list back: it has not left yet, and nobody is told"))
        self.send = button(translate("record", "List b&y e-mail"), "patient_mail", self.wanted.emit)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.undo)
        row.addWidget(self.send)

    def show_record(self, record: PatientRecord | None, *, may: bool) -> None:
        """Show whether the list can go to her, and why not. `may`: whoever is signed in may write, and nothing is
        being saved."""
        why = "" if record is None else why_not(record)
        self.send.setEnabled(may and record is not None and not why)
        self.send.setToolTip(why or translate("record", "E-mail her the list of what is booked to come"))
        self.send.setAccessibleDescription(why)
        rows = () if record is None else record.messages
        waiting = (row for row in rows if row.kind is Kind.APPOINTMENT_LIST and row.status is QueueStatus.PENDING)
        self._waits = next(waiting, None)
        had_focus = self.undo.hasFocus()
        self.undo.setVisible(self._waits is not None)
        self.undo.setEnabled(may and self._waits is not None)
        if had_focus and self._waits is None:
            self.send.setFocus()

    def _undo(self) -> None:
        if self._waits is not None:
            self.undo_wanted.emit(self._waits)


def why_not(record: PatientRecord) -> str:
    """Return why no list can be e-mailed to a patient; empty if it can."""
    if not record.patient.email:
        return translate("record", "No e-mail address is known: ask for one and save it.")
    if record.patient.channel is Channel.NONE:
        return translate("record", "The patient wants no messages.")
    return next((note_text(note) for note in record.notes if note.channel is Channel.EMAIL), "")
