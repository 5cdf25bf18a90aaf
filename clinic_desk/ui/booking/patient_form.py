"""The new-patient page of the booking form: checked while it is filled, likely doubles shown, back with the patient."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AddPatient
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Channel, Clinic, Patient
from clinic_desk.domain.refusals import LikelyDuplicates
from clinic_desk.errors import ClinicDeskError, InvalidInput, OutcomeUnknown
from clinic_desk.services import patients
from clinic_desk.ui.booking.double_list import DoubleList
from clinic_desk.ui.booking.fields import button, set_button_text
from clinic_desk.ui.booking.new_patient import lacks_address, typed_from_search
from clinic_desk.ui.booking.patient_check import CheckedPatient
from clinic_desk.ui.booking.patient_choices import region_of, rows_of
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.when_line import is_day_first
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class _Doubtful:
    """Not added yet: nobody is known to have such a number, and this one was not asked about before."""

    phone: str


class PatientForm(CheckedPatient):
    """Adds one patient. Everything typed stays until it is saved or given up."""

    chosen = Signal(object)
    """The Patient: newly added, or one that was there already."""
    given_up = Signal()

    def __init__(self, database: Database, tasks: Tasks, clinic: Clinic, parent: QWidget | None = None) -> None:
        super().__init__(tasks, clinic, parent)
        self.setObjectName("patient_form")
        self._database = database
        self._sent: AddPatient | None = None
        self._even_if_similar = False
        self._submission = Submission(tasks, self)
        self._submission.done.connect(self._saved)
        self._submission.failed.connect(self._refused)
        self._submission.finding_out.connect(lambda: self.tell(OutcomeUnknown()))
        self._submission.busy_changed.connect(self._show_busy)
        self.doubles = DoubleList(self)
        self.back = button(translate("patient", "Back"), "patient_back", self.give_up)
        self.save = button("", "patient_save", self.submit, "primary")
        self._lay_out_page()
        self._watch()
        self._name_save()

    # --- building ---

    def _lay_out_page(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.back)
        buttons.addStretch(1)
        buttons.addWidget(self.save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self.grid)
        column.addWidget(self.doubles)
        column.addStretch(1)
        column.addWidget(self.problem)
        column.addLayout(buttons)
        for before, after in pairwise((*self.in_order(), self.doubles, self.save, self.back)):
            QWidget.setTabOrder(before, after)

    def _watch(self) -> None:
        for line in (self.family_name, self.given_name, self.birth_date):
            line.editingFinished.connect(self._look_for_doubles)
        self.edited.connect(self._edited)
        self.doubles.used.connect(self._use)
        self.doubles.refused.connect(self._add_anyway)

    # --- from outside ---

    def start(self, typed: str, today: date) -> None:
        """Begin a new patient with what was typed in the patient line."""
        self.today = today
        self.patient_id = new_id()
        self._sent = None
        self.asked_phone = ""
        self.problem.say("")
        self.doubles.show_patients((), "")
        self._even_if_similar = False
        self._name_save()
        self.clear_with(typed_from_search(typed, today, day_first=is_day_first()))

    def give_up(self) -> None:
        """Go back to the booking without a new patient; not while it is not known whether one was added."""
        if not self._submission.is_busy:
            self.given_up.emit()

    # --- checking while typing ---

    def _edited(self, field: str) -> None:
        self.remarks[field].say("")
        self.problem.say("")
        self._even_if_similar = False
        self._name_save()
        if field in ("phone", "email"):
            self.remarks["channel"].say("")
        if field in ("phone", "email") and self.channel.value is Channel.NONE:
            self.channel.choose(Channel.EMAIL if self.email.text().strip() else Channel.SMS)

    def _look_for_doubles(self) -> None:
        """Ask early whether this patient is there already."""
        try:
            patient = self.patient()
        except InvalidInput:
            return
        if not patient.family_name or not (patient.given_name or patient.birth_date) or self._even_if_similar:
            return
        database = self._database
        self.tasks.query(
            self,
            lambda: rows_of(patients.similar_patients(database, patient)),
            lambda rows: self._show_doubles(rows, ask=False),
            lambda error: None,
            key="doubles",
        )

    def _show_doubles(self, rows: tuple[tuple[Patient, str], ...], *, ask: bool) -> None:
        if self._even_if_similar:
            return
        self.doubles.show_patients(rows, translate("patient", "Already there? Enter uses the one that is meant."))
        if ask and rows:
            self.doubles.take_keyboard()

    # --- saving ---

    def submit(self) -> None:
        """Add the patient; the first field that cannot stay so gets the keyboard and its sentence."""
        if self._submission.is_busy:
            return
        self.problem.say("")
        try:
            patient = self.patient()
        except InvalidInput as problem:
            self._refused(problem)
            return
        if not (patient.family_name or patient.given_name):
            self._refused(InvalidInput("family_name", "a name"))
            return
        if lacks_address(self.typed()):
            self._refused(InvalidInput("channel", "an address to tell the patient by"))
            return
        fresh = AddPatient(patient, even_if_similar=self._even_if_similar)
        if self._sent is None or self._sent.patient != patient or self._sent.even_if_similar != self._even_if_similar:
            self._sent = fresh
        command, database, near, asked = self._sent, self._database, self.site_phone, self.asked_phone

        def work() -> Patient | _Doubtful:
            region = region_of(near)
            checked = patients.validate_patient(command.patient, region)
            if command.patient.phone != asked and patients.is_doubtful_phone(command.patient.phone, region):
                return _Doubtful(command.patient.phone)
            return patients.add_patient(database, AddPatient(checked, command.even_if_similar, command.operation_id))

        self._submission.send(work)

    def _add_anyway(self) -> None:
        self._even_if_similar = True
        self.doubles.show_patients((), "")
        self.submit()

    def _saved(self, saved: Patient | _Doubtful) -> None:
        if isinstance(saved, _Doubtful):
            self.doubt(saved.phone)
            self.phone.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._sent = None
        self.chosen.emit(saved)

    def _use(self, patient: Patient) -> None:
        if not self._submission.is_busy:
            self.chosen.emit(patient)

    def _refused(self, error: ClinicDeskError) -> None:
        if isinstance(error, LikelyDuplicates):
            found = error.patients
            self.tasks.query(
                self,
                lambda: rows_of(found),
                lambda rows: self._show_doubles(rows, ask=True),
                lambda error: None,
                key="doubles",
            )
            return
        self.tell(error)
        field = {"given_name": "family_name", "name": "family_name"}.get(getattr(error, "field", ""), "")
        line = getattr(self, field or getattr(error, "field", ""), None)
        if isinstance(line, QWidget):
            line.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.save.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_busy(self, busy: bool) -> None:
        for field in (*self.in_order(), *self.doubles.choices, self.back, self.save):
            field.setEnabled(not busy)
        if busy:
            self.setFocus()
        self._name_save()

    def _name_save(self) -> None:
        if self._submission.is_busy:
            set_button_text(self.save, translate("patient", "Adding…"))
        else:
            set_button_text(self.save, translate("patient", "Add patient ⏎"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.submit()
        elif event.key() == Qt.Key.Key_Escape:
            self.give_up()
        else:
            super().keyPressEvent(event)
