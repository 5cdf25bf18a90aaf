"""Whom an open booking form is for: taken from the type-ahead, added on the form's second page, or exchanged."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from clinic_desk.domain.records import Patient, PatientMatch
from clinic_desk.ui.booking.form_content import FormContent
from clinic_desk.ui.booking.form_told import zone_of
from clinic_desk.ui.booking.form_view import FormView
from clinic_desk.ui.booking.match_list import hint_text
from clinic_desk.ui.booking.patient_form import PatientForm
from clinic_desk.ui.booking.patient_line import PatientLine

translate = QCoreApplication.translate


class FormPatients(QObject):
    """Between patient line, new-patient page and content. `hint`: what is good to know about the one taken."""

    changed = Signal()
    """Another patient, or none, is in the form; what was asked about the one before is asked no more."""
    page_changed = Signal()

    def __init__(self, view: FormView, line: PatientLine, page: PatientForm, content: FormContent) -> None:
        super().__init__(view)
        self.hint = ""
        self._view = view
        self._line = line
        self._page = page
        self._content = content
        line.taken.connect(self._taken)
        line.cleared.connect(lambda: self._put(None, ""))
        line.new_requested.connect(self.add)
        page.chosen.connect(self._added)
        page.given_up.connect(self._back)

    def begin(self, patient: Patient | None) -> None:
        """The form was opened, for this patient or for nobody yet."""
        content = self._content
        self.hint = ""
        self._page.zone = zone_of(content)
        self._page.site_phone = content.clinic.site(content.draft.site_id).phone
        self._line.show_patient(patient)

    def exchange(self, patient: Patient) -> None:
        """The record was merged into this one: it is what the next Enter books."""
        self._line.show_patient(patient)
        told = translate("booking", "The record was merged with this one at another desk. Enter books it.")
        self._put(patient, told)

    def add(self, typed: str) -> None:
        """Open the new-patient page with what was typed."""
        self._line.matches.hide()
        self._view.show_page(1)
        self.page_changed.emit()
        self._page.start(typed, self._line.today)

    def _taken(self, match: PatientMatch) -> None:
        self._put(match.patient, hint_text(match, self._line.wall_of))
        self._view.fields.type.setFocus(Qt.FocusReason.OtherFocusReason)

    def _put(self, patient: Patient | None, hint: str) -> None:
        self.hint = hint
        self.changed.emit()
        self._content.set_patient(patient)

    def _added(self, patient: Patient) -> None:
        self._view.show_page(0)
        self._line.take(PatientMatch(patient))

    def _back(self) -> None:
        self._view.show_page(0)
        self.page_changed.emit()
        self._line.setFocus(Qt.FocusReason.OtherFocusReason)
