"""Checks what is typed about a new patient while it is typed, and says beside each field what cannot stay so."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Clinic, Patient
from clinic_desk.errors import ClinicDeskError, InvalidInput, OutcomeUnknown
from clinic_desk.services import patients
from clinic_desk.ui.booking.fields import Remark
from clinic_desk.ui.booking.new_patient import lacks_address, patient_of
from clinic_desk.ui.booking.patient_choices import region_of
from clinic_desk.ui.booking.patient_fields import PatientFields
from clinic_desk.ui.booking.when_line import is_day_first, vocabulary
from clinic_desk.ui.booking.words import birth_text
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate


class CheckedPatient(PatientFields):
    """`problem` is where what belongs to no field is told."""

    def __init__(self, tasks: Tasks, clinic: Clinic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tasks = tasks
        self.clinic = clinic
        self.zone = clinic.sites[0].zone if clinic.sites else "UTC"
        self.site_phone = clinic.sites[0].phone if clinic.sites else ""
        self.today = date.min
        self.patient_id: UUID = new_id()
        self.asked_phone = ""
        """The doubtful number that was asked about: sent again, it is meant."""
        self.problem = Remark()
        self.problem.setObjectName("patient_problem")
        self.problem.setProperty("boxed", "true")
        self.birth_date.editingFinished.connect(self._check_birth_date)
        self.phone.editingFinished.connect(lambda: self._check("phone"))
        self.email.editingFinished.connect(lambda: self._check("email"))
        self.channel.activated.connect(self._check_channel)

    def patient(self) -> Patient:
        """Return the Patient the fields make; InvalidInput for the birth date."""
        return patient_of(self.typed(), self.patient_id, self.today, day_first=is_day_first(), vocabulary=vocabulary())

    def tell(self, error: ClinicDeskError) -> None:
        """Say what is wrong under its field, or under all of them."""
        told = sentence(error, self.clinic, self.zone)
        if isinstance(error, OutcomeUnknown):
            told = translate("patient", "We are finding out whether the patient was added. Please wait a moment.")
        field = getattr(error, "field", "")
        self.remarks.get("family_name" if field in ("given_name", "name") else field, self.problem).say(told)

    def _check_birth_date(self) -> None:
        try:
            patient = self.patient()
        except InvalidInput as problem:
            self.tell(problem)
            return
        told = "" if patient.birth_date is None else birth_text(patient.birth_date, self.today)
        self.remarks["birth_date"].say(told, "muted")

    def _check(self, field: str) -> None:
        """Let the library judge one field, off the GUI thread: it takes a while to load."""
        typed = self.typed()
        phone, email = (typed.phone.strip(), "") if field == "phone" else ("", typed.email.strip())
        if not (phone or email):
            return
        alone = Patient(id=self.patient_id, family_name="-", given_name="", birth_date=None, phone=phone, email=email)
        near = self.site_phone

        def work() -> bool:
            patients.validate_patient(alone, region_of(near))
            return patients.is_doubtful_phone(phone, region_of(near))

        def judged(is_doubtful: bool) -> None:
            if is_doubtful:
                self.doubt(phone)
            else:
                self.remarks[field].say("")

        def refused(error: ClinicDeskError) -> None:
            if isinstance(error, InvalidInput):
                self.tell(error)

        self.tasks.query(self, work, judged, refused, key=f"check {field}")

    def _check_channel(self) -> None:
        """Say so when messages are to go where there is no address."""
        self.remarks["channel"].say("")
        if lacks_address(self.typed()):
            self.tell(InvalidInput("channel", "an address to tell the patient by"))

    def doubt(self, phone: str) -> None:
        """Tell that the number may be wrong; who then presses Enter means it."""
        self.asked_phone = phone
        self.say_doubtful_phone()
