"""A patient's details as fields to be edited in place; checks what is typed, sends nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from clinic_desk.domain.records import Clinic, Patient
from clinic_desk.ui.booking.fields import field_label
from clinic_desk.ui.booking.new_patient import TypedPatient, patient_of
from clinic_desk.ui.booking.patient_check import CheckedPatient
from clinic_desk.ui.booking.when_line import is_day_first, vocabulary
from clinic_desk.ui.booking.words import date_text
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate
_NOTE_LINES = 4


class NoteField(QPlainTextEdit):
    """Several lines; Tab goes on to the next field."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("patient_note")
        self.setTabChangesFocus(True)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * _NOTE_LINES + 16)


class PatientDetails(CheckedPatient):
    """`base` is the record as it was read; what was not touched stays as it is there, however it is written."""

    def __init__(self, tasks: Tasks, clinic: Clinic, parent: QWidget | None = None) -> None:
        super().__init__(tasks, clinic, parent)
        self.setObjectName("patient_details")
        self.base: Patient | None = None
        self._shown = TypedPatient()
        self.note = NoteField()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self.grid)
        column.addWidget(field_label(translate("record", "&Note"), self.note))
        column.addWidget(self.note)
        column.addWidget(self.problem)
        column.addStretch(1)
        self.edited.connect(self._forget_remark)
        self.note.textChanged.connect(lambda: self.edited.emit("note"))
        for box in (self.gender, self.channel, self.language):
            box.activated.connect(lambda _row: self.edited.emit(""))

    def show_patient(self, patient: Patient, today: date) -> None:
        """Show a record as it stands; what was typed is gone."""
        self.base, self.today, self.patient_id = patient, today, patient.id
        self.asked_phone = ""
        for line, text in (
            (self.family_name, patient.family_name),
            (self.given_name, patient.given_name),
            (self.birth_date, "" if patient.birth_date is None else date_text(patient.birth_date)),
            (self.phone, patient.phone),
            (self.email, patient.email),
        ):
            if line.text() != text:
                line.setText(text)
                line.setCursorPosition(0)
        for box, value in (
            (self.gender, patient.gender),
            (self.channel, patient.channel),
            (self.language, patient.language),
        ):
            box.choose(value)
        if self.note.toPlainText() != patient.note:
            blocked = self.note.blockSignals(True)
            self.note.setPlainText(patient.note)
            self.note.blockSignals(blocked)
        self._shown = self.typed()
        self.problem.say("")
        for remark in self.remarks.values():
            remark.say("")
        if self.language.value is not None:
            self.say_language()

    @property
    def is_changed(self) -> bool:
        """Whether something is typed that is not saved."""
        return self.base is not None and (self.typed() != self._shown or self.note.toPlainText() != self.base.note)

    def wanted(self) -> Patient:
        """Return the record as it is typed; InvalidInput for the birth date."""
        assert self.base is not None
        typed, shown, base = self.typed(), self._shown, self.base
        read = patient_of(typed, base.id, self.today, day_first=is_day_first(), vocabulary=vocabulary())
        names = ("family_name", "given_name", "birth_date", "gender", "phone", "email", "channel", "language")
        touched = {name: getattr(read, name) for name in names if getattr(typed, name) != getattr(shown, name)}
        return replace(base, note=self.note.toPlainText(), **touched)

    def patient(self) -> Patient:
        """Return what the fields make, for the checks while it is typed."""
        return self.wanted()

    def _check_birth_date(self) -> None:
        if self.base is not None:
            super()._check_birth_date()

    def _forget_remark(self, field: str) -> None:
        self.problem.say("")
        if field in self.remarks:
            self.remarks[field].say("")

    def set_locked(self, *, locked: bool) -> None:
        """Let nothing be typed."""
        for line in (self.family_name, self.given_name, self.birth_date, self.phone, self.email, self.note):
            line.setReadOnly(locked)
        for box in (self.gender, self.channel, self.language):
            box.setEnabled(not locked)
