"""The new-patient page of the booking form: checked while it is filled, likely doubles shown, back with the patient."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AddPatient
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AdministrativeGender, Channel, Clinic, Patient
from clinic_desk.domain.refusals import LikelyDuplicates
from clinic_desk.errors import ClinicDeskError, InvalidInput, OutcomeUnknown
from clinic_desk.services import patients
from clinic_desk.ui.booking.double_list import DoubleList
from clinic_desk.ui.booking.fields import ChoiceBox, Remark, button, field_label, set_button_text
from clinic_desk.ui.booking.new_patient import TypedPatient, patient_of, typed_from_search
from clinic_desk.ui.booking.patient_choices import LANGUAGES, channels, genders, region_of, rows_of
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.when_line import is_day_first, vocabulary
from clinic_desk.ui.booking.words import birth_text
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate


class PatientForm(QWidget):
    """Adds one patient. Everything typed stays until it is saved or given up."""

    chosen = Signal(object)
    """The Patient: newly added, or one that was there already."""
    given_up = Signal()

    def __init__(self, database: Database, tasks: Tasks, clinic: Clinic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("patient_form")
        self.clinic = clinic
        self.zone = clinic.sites[0].zone if clinic.sites else "UTC"
        self.site_phone = clinic.sites[0].phone if clinic.sites else ""
        self.today = date.min
        self._database = database
        self._tasks = tasks
        self._patient_id: UUID = new_id()
        self._sent: AddPatient | None = None
        self._even_if_similar = False
        self._submission = Submission(tasks, self)
        self._submission.done.connect(self._saved)
        self._submission.failed.connect(self._refused)
        self._submission.finding_out.connect(lambda: self._tell(OutcomeUnknown()))
        self._submission.busy_changed.connect(self._show_busy)
        self._make_fields()
        self._lay_out()
        self._watch()

    # --- building ---

    def _make_fields(self) -> None:
        self.family_name = _line("family_name", 100)
        self.given_name = _line("given_name", 100)
        self.birth_date = _line("birth_date", 30)
        self.birth_date.setPlaceholderText(translate("patient", "14.3.1987"))
        self.phone = _line("phone", 40)
        self.email = _line("email", 254)
        self.gender = ChoiceBox("gender")
        self.gender.fill(genders(), AdministrativeGender.UNKNOWN)
        self.channel = ChoiceBox("channel")
        self.channel.fill(channels(), Channel.NONE)
        self.language = ChoiceBox("language")
        self.language.fill(((name, code) for code, name in LANGUAGES), "en")
        self.remarks = {
            name: Remark(field)
            for name, field in (
                ("family_name", self.family_name),
                ("birth_date", self.birth_date),
                ("phone", self.phone),
                ("email", self.email),
                ("channel", self.channel),
            )
        }
        self.problem = Remark()
        self.problem.setObjectName("patient_problem")
        self.problem.setProperty("boxed", "true")
        self.doubles = DoubleList(self)
        self.back = button(translate("patient", "Back"), "patient_back", self.give_up)
        self.save = button("", "patient_save", self.submit, "primary")
        self._name_save()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, 88)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        rows = (
            (
                (translate("patient", "&Family name"), self.family_name),
                (translate("patient", "&Given"), self.given_name),
            ),
            ((translate("patient", "B&orn"), self.birth_date), (translate("patient", "Gen&der"), self.gender)),
            ((translate("patient", "&Phone"), self.phone), (translate("patient", "&E-mail"), self.email)),
            ((translate("patient", "&Tell by"), self.channel), (translate("patient", "&Language"), self.language)),
        )
        under = (("family_name", None), ("birth_date", None), ("phone", "email"), ("channel", None))
        for row, ((left, right), (left_remark, right_remark)) in enumerate(zip(rows, under, strict=True)):
            for column, (text, field) in ((0, left), (2, right)):
                grid.addWidget(field_label(text, field), 2 * row, column)
                grid.addWidget(field, 2 * row, column + 1)
            grid.addWidget(self.remarks[left_remark], 2 * row + 1, 1, 1, 1 if right_remark else 3)
            if right_remark:
                grid.addWidget(self.remarks[right_remark], 2 * row + 1, 3)
        buttons = QHBoxLayout()
        buttons.addWidget(self.back)
        buttons.addStretch(1)
        buttons.addWidget(self.save)
        column_box = QVBoxLayout(self)
        column_box.setContentsMargins(0, 0, 0, 0)
        column_box.setSpacing(8)
        column_box.addLayout(grid)
        column_box.addWidget(self.doubles)
        column_box.addStretch(1)
        column_box.addWidget(self.problem)
        column_box.addLayout(buttons)
        order: list[QWidget] = [self.family_name, self.given_name, self.birth_date, self.gender, self.phone, self.email]
        order += [self.channel, self.language, self.doubles, self.save, self.back]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _watch(self) -> None:
        for line in (self.family_name, self.given_name, self.birth_date):
            line.editingFinished.connect(self._look_for_doubles)
        self.birth_date.editingFinished.connect(self._check_birth_date)
        self.phone.editingFinished.connect(lambda: self._check("phone"))
        self.email.editingFinished.connect(lambda: self._check("email"))
        for name, line in (("family_name", self.family_name), ("phone", self.phone), ("email", self.email)):
            line.textEdited.connect(lambda _text, name=name: self._edited(name))
        self.given_name.textEdited.connect(lambda: self._edited("family_name"))
        self.birth_date.textEdited.connect(lambda: self._edited("birth_date"))
        self.channel.activated.connect(lambda: self._check("channel"))
        self.doubles.used.connect(self._use)
        self.doubles.refused.connect(self._add_anyway)

    # --- from outside ---

    def start(self, typed: str, today: date) -> None:
        """Begin a new patient with what was typed in the patient line."""
        self.today = today
        self._patient_id = new_id()
        self._sent = None
        begun = typed_from_search(typed, today, day_first=is_day_first())
        self.family_name.setText(begun.family_name)
        self.given_name.setText(begun.given_name)
        self.birth_date.setText(begun.birth_date)
        self.phone.setText(begun.phone)
        self.email.clear()
        self.gender.choose(AdministrativeGender.UNKNOWN)
        self.channel.choose(Channel.SMS if begun.phone else Channel.NONE)
        for remark in (*self.remarks.values(), self.problem):
            remark.say("")
        self.doubles.show_patients((), "")
        self._even_if_similar = False
        self._name_save()
        first = self.given_name if begun.family_name and not begun.given_name else self.family_name
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        first.end(False)

    def give_up(self) -> None:
        """Go back to the booking without a new patient; not while it is not known whether one was added."""
        if not self._submission.is_busy:
            self.given_up.emit()

    def typed(self) -> TypedPatient:
        """Return the fields as they stand."""
        return TypedPatient(
            family_name=self.family_name.text(),
            given_name=self.given_name.text(),
            birth_date=self.birth_date.text(),
            gender=self.gender.value,
            phone=self.phone.text(),
            email=self.email.text(),
            channel=self.channel.value,
            language=self.language.value,
        )

    # --- checking while typing ---

    def _patient(self) -> Patient:
        return patient_of(self.typed(), self._patient_id, self.today, day_first=is_day_first(), vocabulary=vocabulary())

    def _edited(self, field: str) -> None:
        self.remarks[field].say("")
        self.problem.say("")
        self._even_if_similar = False
        self._name_save()
        if field in ("phone", "email") and self.channel.value is not Channel.NONE:
            return
        if field in ("phone", "email"):
            self.channel.choose(Channel.EMAIL if self.email.text().strip() else Channel.SMS)

    def _check_birth_date(self) -> None:
        try:
            patient = self._patient()
        except InvalidInput as problem:
            self._tell(problem)
            return
        told = "" if patient.birth_date is None else birth_text(patient.birth_date, self.today)
        self.remarks["birth_date"].say(told, "muted")

    def _check(self, field: str) -> None:
        """Let the library judge one field, off the GUI thread: it takes a while to load."""
        typed = self.typed()
        value = {"phone": typed.phone, "email": typed.email}.get(field, "")
        if field != "channel" and not value.strip():
            return
        alone = Patient(
            id=self._patient_id,
            family_name="-",
            given_name="",
            birth_date=None,
            phone=typed.phone.strip() if field in ("phone", "channel") else "",
            email=typed.email.strip() if field in ("email", "channel") else "",
            channel=typed.channel if field == "channel" else Channel.NONE,
        )
        near = self.site_phone
        self._tasks.query(
            self,
            lambda: patients.validate_patient(alone, region_of(near)),
            lambda _: self.remarks[field].say(""),
            lambda error: self._tell(error) if isinstance(error, InvalidInput) else None,
            key=f"check {field}",
        )

    def _look_for_doubles(self) -> None:
        """Ask early whether this patient is there already."""
        try:
            patient = self._patient()
        except InvalidInput:
            return
        if not patient.family_name or not (patient.given_name or patient.birth_date) or self._even_if_similar:
            return
        database = self._database
        self._tasks.query(
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
            patient = self._patient()
        except InvalidInput as problem:
            self._refused(problem)
            return
        if not (patient.family_name or patient.given_name):
            self._refused(InvalidInput("family_name", "a name"))
            return
        if not {Channel.SMS: patient.phone, Channel.EMAIL: patient.email}.get(patient.channel, "-"):
            self._refused(InvalidInput("channel", "an address to tell the patient by"))
            return
        fresh = AddPatient(patient, even_if_similar=self._even_if_similar)
        if self._sent is None or self._sent.patient != patient or self._sent.even_if_similar != self._even_if_similar:
            self._sent = fresh
        command, database, near = self._sent, self._database, self.site_phone

        def work() -> Patient:
            checked = patients.validate_patient(command.patient, region_of(near))
            return patients.add_patient(database, AddPatient(checked, command.even_if_similar, command.operation_id))

        self._submission.send(work)

    def _add_anyway(self) -> None:
        self._even_if_similar = True
        self.doubles.show_patients((), "")
        self.submit()

    def _saved(self, patient: Patient) -> None:
        self._sent = None
        self.chosen.emit(patient)

    def _use(self, patient: Patient) -> None:
        if not self._submission.is_busy:
            self.chosen.emit(patient)

    def _refused(self, error: ClinicDeskError) -> None:
        if isinstance(error, LikelyDuplicates):
            found = error.patients
            self._tasks.query(
                self,
                lambda: rows_of(found),
                lambda rows: self._show_doubles(rows, ask=True),
                lambda error: None,
                key="doubles",
            )
            return
        self._tell(error)
        field = {"given_name": "family_name", "name": "family_name"}.get(getattr(error, "field", ""), "")
        line = getattr(self, field or getattr(error, "field", ""), None)
        if isinstance(line, QWidget):
            line.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.save.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self, error: ClinicDeskError) -> None:
        told = sentence(error, self.clinic, self.zone)
        if isinstance(error, OutcomeUnknown):
            told = translate("patient", "We are finding out whether the patient was added. Please wait a moment.")
        field = getattr(error, "field", "")
        self.remarks.get("family_name" if field in ("given_name", "name") else field, self.problem).say(told)

    def _show_busy(self, busy: bool) -> None:
        for field in self.findChildren(QWidget):
            if isinstance(field, QLineEdit | ChoiceBox | QPushButton):
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


def _line(name: str, longest: int) -> QLineEdit:
    line = QLineEdit()
    line.setObjectName(name)
    line.setMaxLength(longest)
    return line
