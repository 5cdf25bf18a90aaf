"""The latest messages of one patient, for her form and beside a message: what, how it stands; and why she gets none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.message_list import MessageRow
from clinic_desk.domain.messaging import ContactNote
from clinic_desk.domain.records import Channel
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import message_actions, messages
from clinic_desk.ui.booking.appointment_panel import DetailRows
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, set_button_text
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import date_text
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.messages.states import state_look
from clinic_desk.ui.messages.words import channel_text, due_text, kind_text

translate = QCoreApplication.translate
_AT_MOST = 6
_PAUSE_MS = 150


@dataclass(frozen=True, slots=True)
class _Found:
    """What was read of a patient."""

    rows: tuple[MessageRow, ...]
    notes: tuple[ContactNote, ...]


class PatientMessages(QWidget):
    """Reads for itself; `show_patient` may be called as often as the choice changes, `renew` when messages changed."""

    all_requested = Signal(object)
    """The patient's id: all the messages are wanted."""
    failed = Signal(object)
    """The ClinicDeskError for which an address was not allowed again."""

    def __init__(self, desk: Connected, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("patient_messages")
        self._desk = desk
        self._patient_id: UUID | None = None
        self._noted: Channel | None = None
        self.title = plain_label(translate("messages", "THE PATIENT'S MESSAGES"), "section")
        self.rows = DetailRows()
        self.empty = plain_label(translate("messages", "No messages yet."), "muted", wrap=True)
        self.note = plain_label("", "danger")
        let_wrap(self.note)
        self.allow = button(translate("messages", "Allow again"), "patient_allow", self._allow, "link")
        self.all = button(
            translate("messages", "Show all"), "patient_all", lambda: self.all_requested.emit(self._patient_id), "link"
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for part in (self.title, self.note, self.allow, self.rows, self.empty, self.all):
            column.addWidget(part)
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self.renew)
        self._submission = Submission(desk.tasks, self)
        self._submission.done.connect(lambda _allowed: self.renew())
        self._submission.failed.connect(self.failed)
        self._show(_Found((), ()))
        self.hide()

    def show_patient(self, patient_id: UUID | None) -> None:
        """Show this patient's messages, after a moment; None: nobody's."""
        if patient_id != self._patient_id:
            self._patient_id = patient_id
            self.hide()
            self._pause.start()

    def renew_soon(self) -> None:
        """Read them again after a moment: what was chosen changed."""
        self._pause.start()

    def renew(self) -> None:
        """Read them again."""
        patient_id, database = self._patient_id, self._desk.database
        if patient_id is None:
            return

        def work() -> _Found:
            rows = messages.messages_of_patient(database, patient_id, _AT_MOST)
            return _Found(rows, message_actions.contact_notes(database, patient_id))

        self._desk.tasks.query(self, work, partial(self._read, patient_id), self._missed, key="patient")

    def _read(self, patient_id: UUID, found: _Found) -> None:
        if patient_id == self._patient_id:
            self._show(found)
            self.show()

    def _missed(self, error: ClinicDeskError) -> None:
        """It is read again with the next change; who reads the days tells about the connection."""

    def _show(self, found: _Found) -> None:
        now = self._desk.store.freshness.now()
        lines = []
        for row in found.rows:
            look = state_look(row)
            parts = f"{kind_text(row.kind)} · {channel_text(row.channel)}", look.text
            what = " ".join(part.replace(" ", "\u00a0") for part in parts)  # lines break between the two only
            lines.append((due_text(row, now), what, "" if look.role == "accent" else look.role))
        self.rows.show_rows(lines)
        self.empty.setVisible(not lines)
        self.all.setVisible(len(lines) == _AT_MOST)
        note = next(iter(found.notes), None)
        self._noted = None if note is None else note.channel
        self.note.setText("" if note is None else note_text(note))
        self.note.setVisible(note is not None)
        self.allow.setVisible(note is not None)
        if note is not None:
            told = translate("messages", "Allow {channel} again").format(channel=channel_text(note.channel))
            set_button_text(self.allow, told)

    def _allow(self) -> None:
        patient_id, channel, database = self._patient_id, self._noted, self._desk.database
        if patient_id is not None and channel is not None:
            operation_id = new_id()
            self._submission.send(lambda: message_actions.allow_again(database, patient_id, channel, operation_id))


def note_text(note: ContactNote) -> str:
    """Return why a patient gets no messages by a channel."""
    since = "" if note.changed_at is None else date_text(to_wall(note.changed_at, "UTC").date())
    if note.state == "opted-out":
        told = translate("messages", "Wants no {channel} since {day}.")
    else:
        told = translate("messages", "{channel} cannot reach this address (since {day}).")
    return told.format(channel=channel_text(note.channel), day=since)
