"""What a patient waits for, put down in a few keys: Enter saves, Esc leaves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.domain.records import Patient, PatientMatch
from clinic_desk.domain.waiting import AddWish, ChangeWish, Waiting
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, InvalidInput, OutcomeUnknown
from clinic_desk.services import waiting
from clinic_desk.ui.booking.fields import Remark, button, plain_label
from clinic_desk.ui.booking.patient_form import PatientForm
from clinic_desk.ui.booking.patient_line import PatientLine
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.waiting.form_fields import Beginning, WishFields, new_wish
from clinic_desk.ui.waiting.words import trouble_text

translate = QCoreApplication.translate
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class WishForm(Sheet):
    """A new wish, or (`wish`) one that is changed: the version in it is the one the user saw.

    Its second page adds a patient who was never here.
    """

    saved = Signal(object)
    """The Waiting as it stands."""

    def __init__(
        self, parent: QWidget, desk: Connected, begin: Beginning | None = None, wish: Waiting | None = None
    ) -> None:
        super().__init__(parent, width=640)
        self.setObjectName("wish_form")
        begin = begin or Beginning()
        self._desk, self._wish = desk, wish
        self._clinic = desk.store.clinic
        self._zone = next((site.zone for site in self._clinic.sites if site.active), "UTC")
        today = to_wall(desk.store.freshness.now(), self._zone).date()
        line = PatientLine(desk.database, desk.tasks, self)
        line.today = today
        line.wall_of = lambda instant: to_wall(instant, self._zone)
        self.fields = WishFields(line, self._clinic, today)
        self.new_patient = PatientForm(desk.database, desk.tasks, self._clinic)
        self.new_patient.zone = self._zone
        self.new_patient.site_phone = next((site.phone for site in self._clinic.sites if site.active), "")
        self.problem = Remark()
        self.problem.setObjectName("wish_problem")
        self.problem.setProperty("boxed", "true")
        self.save_button = button(translate("waiting", "Save ⏎"), "wish_save", self.submit, "primary")
        self.cancel_button = button(translate("waiting", "Cancel"), "wish_cancel", self.reject)
        self._command: AddWish | ChangeWish | None = None
        self._submission = Submission(desk.tasks, self)
        self._lay_out()
        self._connect(line)
        if wish is None:
            self.fields.show_wish(new_wish(begin, self._clinic), begin.patient, begin.entry)
        else:
            self.fields.show_wish(wish.wish, wish.patient)
            line.setReadOnly(True)

    def _lay_out(self) -> None:
        new = self._wish is None
        title = translate("waiting", "Put on the waiting list") if new else translate("waiting", "Change the wish")
        self.setAccessibleName(title)
        buttons = QHBoxLayout()
        hint = translate("waiting", "No doctor ticked, no weekday: any will do")
        buttons.addWidget(plain_label(hint, "muted"), 1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.save_button)
        self._page = QWidget()
        page = QVBoxLayout(self._page)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(10)
        page.addWidget(self.fields)
        page.addWidget(self.problem)
        page.addLayout(buttons)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addWidget(self._page)
        self.body.addWidget(self.new_patient)
        self.new_patient.hide()

    def _connect(self, line: PatientLine) -> None:
        self._submission.done.connect(self._done)
        self._submission.failed.connect(self._failed)
        self._submission.finding_out.connect(lambda: self._failed(OutcomeUnknown()))
        self._submission.busy_changed.connect(lambda busy: self.save_button.setEnabled(not busy))
        line.taken.connect(lambda _match: self.fields.times.setFocus(Qt.FocusReason.OtherFocusReason))
        line.new_requested.connect(self._add_patient)
        self.new_patient.chosen.connect(self._added)
        self.new_patient.given_up.connect(lambda: self._show_page(adds=False))

    def first_focus(self) -> QWidget | None:
        return self.fields.patient if self.fields.patient.patient is None else self.fields.times

    # --- a patient who was never here ---

    def _add_patient(self, typed: str) -> None:
        if self._wish is None:
            self.fields.patient.matches.hide()
            self._show_page(adds=True)
            self.new_patient.start(typed, self.fields.patient.today)

    def _added(self, patient: Patient) -> None:
        self._show_page(adds=False)
        self.fields.patient.take(PatientMatch(patient))

    def _show_page(self, *, adds: bool) -> None:
        self._page.setVisible(not adds)
        self.new_patient.setVisible(adds)
        if not adds:
            self.fields.patient.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- saving ---

    def submit(self) -> None:
        """Save what stands in it, or say what is wrong."""
        if self._submission.is_busy:
            return
        try:
            wish = self.fields.typed()
        except InvalidInput as error:
            self._say(error)
            return
        self.problem.say("")
        if self._command is None or self._command.wish != wish:  # the same again keeps its ids
            self._command = AddWish(wish) if self._wish is None else ChangeWish(wish)
        database, command = self._desk.database, self._command
        if isinstance(command, AddWish):
            self._submission.send(lambda: waiting.add_wish(database, command))
        else:
            self._submission.send(lambda: waiting.change_wish(database, command))

    def _say(self, error: InvalidInput) -> None:
        fields = self.fields
        named = {"patient": fields.patient, "type": fields.type, "times": fields.times, "until": fields.until}
        self.problem.say(_wrong_text(error))
        named.get(error.field, fields.note).setFocus(Qt.FocusReason.OtherFocusReason)

    def _done(self, found: Waiting) -> None:
        self.done(self.DialogCode.Accepted)
        self.saved.emit(found)

    def _failed(self, error: ClinicDeskError) -> None:
        self.problem.say(trouble_text(error, self._clinic, self._zone))

    def reject(self) -> None:
        """Esc leaves; not while it is not known whether it was saved."""
        if not self._submission.is_busy:
            super().reject()

    def main_act(self) -> Callable[[], object]:
        return self.submit


def _wrong_text(error: InvalidInput) -> str:
    return {
        "patient": translate("waiting", "Choose the patient who waits: type a part of the name, then ⏎."),
        "type": translate("waiting", "Choose what the patient waits for."),
        "times": translate("waiting", "Write times of day as 8-10, 16-18, or leave them empty for any time."),
        "until": translate("waiting", "Write the last day that serves, such as 24.12., or leave it empty."),
    }.get(error.field, translate("waiting", "This cannot be used."))
