"""The booking form in place: from a time, or from anywhere, to a booked visit in a few keys; the same for changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Rule, Update
from clinic_desk.domain.records import Clinic, DayBoard, Entry, Patient, PatientMatch
from clinic_desk.domain.refusals import PatientConflict, RuleViolation, Violation
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.services.slots import FreeSlot
from clinic_desk.ui.booking.carry_out import CarryOut
from clinic_desk.ui.booking.form_content import FormContent
from clinic_desk.ui.booking.form_view import FormState, FormView
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.holding import Holding
from clinic_desk.ui.booking.judging import FIELD_OF_RULE
from clinic_desk.ui.booking.match_list import hint_text
from clinic_desk.ui.booking.patient_form import PatientForm
from clinic_desk.ui.booking.patient_line import PatientLine
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.sentences import About, combined, question, sentence
from clinic_desk.ui.tasks import Tasks

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.places import Place

translate = QCoreApplication.translate
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


def utc_now() -> datetime:
    """Return the desk's own clock; what the database decides is decided by its own."""
    return datetime.now(UTC)


class BookingForm(FormView):
    """Not modal: the calendar goes on beside it. Everything typed stays until it is booked or thrown away."""

    booked = Signal(object)
    """The Entry as the database holds it now (new or changed)."""
    closed = Signal()
    """The form is gone, booked or not; its hold is let go."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        clinic: Clinic,
        parent: QWidget,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.patient_line = PatientLine(database, tasks, parent)
        self.patient_form = PatientForm(database, tasks, clinic)
        super().__init__(self.patient_line, self.patient_form, parent)
        self.setObjectName("booking_form")
        self._database = database
        self._tasks = tasks
        self._asked: tuple[Violation, ...] = ()
        self._hint = ""
        self.content = FormContent(database, tasks, clinic, clock, self)
        self.holding = Holding(database, tasks, self)
        self.carry_out = CarryOut(database, tasks, clinic, parent, clock)
        self.guard = Guard(self)
        self._connect()
        self.hide()

    def _connect(self) -> None:
        self.book_pressed.connect(self.submit)
        self.cancel_pressed.connect(self.let_go)
        self.content.changed.connect(self._show)
        self.content.search_failed.connect(self._tell)
        self.fields.changed.connect(self._field_changed)
        self.patient_line.taken.connect(self._patient_taken)
        self.patient_line.cleared.connect(self._patient_cleared)
        self.patient_line.new_requested.connect(self.add_patient)
        self.patient_form.chosen.connect(self._patient_added)
        self.patient_form.given_up.connect(self._back_to_fields)
        self.carry_out.done.connect(self._booked)
        self.carry_out.asked.connect(self._ask)
        self.carry_out.refused.connect(self._refused)
        self.carry_out.finding_out.connect(lambda: self._tell(OutcomeUnknown()))
        self.carry_out.busy_changed.connect(lambda _: self._show_busy())
        self.carry_out.another_time.connect(self._choose_another_time)
        self.carry_out.given_up.connect(self.close_form)

    # --- opening ---

    def start_new(self, place: Place | None, patient: Patient | None = None, *, beside: QRect | None = None) -> None:
        """Begin a booking at a place of the calendar, or (None) at the next free time.

        `beside`: the place on screen (global coordinates), which the form then keeps free.
        While an earlier booking's outcome is not known the form stays with that one.
        """
        if place is None:
            self._open(lambda: self.content.begin_anywhere(patient), patient, beside)
        else:
            self._open(lambda: self.content.begin_at(place, patient), patient, beside)

    def start_at_slot(
        self, slot: FreeSlot, type_id: UUID, patient: Patient | None = None, *, beside: QRect | None = None
    ) -> None:
        """Begin a booking at a free time that was chosen from a list."""
        self._open(lambda: self.content.begin_at_slot(slot, type_id, patient), patient, beside)

    def edit(self, entry: Entry, *, beside: QRect | None = None) -> None:
        """Change an appointment; the version in `entry` is the one the user saw."""
        self._open(lambda: self.content.begin_edit(entry), entry.patient, beside)

    def _open(self, begin: Callable[[], None], patient: Patient | None, beside: QRect | None) -> None:
        if self.carry_out.is_busy:
            self.show_in_place(self.place)
            return
        self.holding.release()
        self._forget_asking()
        self._hint = ""
        self.show_page(0)
        self.fields.when.setModified(False)
        self.fields.note.setModified(False)
        self.show()
        begin()
        self.fields.set_today(self.content.clock(), self._zone())
        self.patient_form.zone = self._zone()
        self.patient_form.site_phone = self.content.clinic.site(self.content.draft.site_id).phone
        self.patient_line.show_patient(patient)
        self._show_busy()
        self._show()
        self.show_in_place(beside)
        editing = self.content.entry is not None
        first = self.patient_line if patient is None else self.fields.when if editing else self.fields.type
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_clinic(self, clinic: Clinic) -> None:
        """Take over a changed set-up of the clinic; what is in the form stays."""
        self.content.clinic = self.carry_out.clinic = self.patient_form.clinic = clinic
        if self.isVisible():
            self.content.forget_boards()
            self._show()

    def show_board(self, board: DayBoard) -> None:
        """Take a day as the calendar shows it now, so that what is said about the time is true live."""
        if self.isVisible():
            self.content.show_board(board)

    # --- what is in it ---

    def _field_changed(self, name: str) -> None:
        self._forget_asking()
        fields, content = self.fields, self.content
        if name == "type":
            content.set_type(fields.type.value)
        elif name == "length":
            content.set_length(fields.length.value())
        elif name == "when" and fields.when.when is not None:
            content.set_when(fields.when.when)
        elif name == "with":
            content.set_practitioner(fields.practitioner.value)
        else:
            note = fields.note.text().strip() if fields.note.isModified() else content.draft.note
            content.set_others(room_id=fields.room.value, note=note, tell_patient=fields.tell.isChecked())

    def _show(self) -> None:
        """Show the draft, what is said about it, and claim its time."""
        content, draft = self.content, self.content.draft
        self.fields.show_draft(draft, content.clinic)
        self.fields.show_tell(draft, content.clinic, content.clock(), change=content.entry is not None)
        self._remark()
        self._name()
        self.holding.want(content.claim() if self.isVisible() else None)

    def _remark(self) -> None:
        broken: dict[str, list[Violation]] = {}
        for violation in self.content.violations():
            broken.setdefault(FIELD_OF_RULE.get(violation.rule, "when"), []).append(violation)
        told = {"when": self._said_about_time()}
        if self.content.draft.patient is not None:
            told["patient"] = (self._hint, "muted")
        for field, found in broken.items():
            text = " ".join(sentence(one, self.content.clinic, self._zone(), self._about()) for one in combined(found))
            told[field] = (text, "warning" if all(one.overrulable for one in found) else "danger")
        self.fields.remark({} if self._asked else told)

    def _said_about_time(self) -> tuple[str, str]:
        content = self.content
        hold = content.foreign_hold(self.holding.hold_id)
        if hold is not None:
            desk = one_line(hold.desk_name)
            return translate("booking", "{desk} is booking this time just now.").format(desk=desk), "warning"
        if content.time_source == "searching":
            return translate("booking", "Looking for the next free time…"), "muted"
        if content.time_source == "found":
            return translate("booking", "The next free time. Type another one, or ↑↓ to step."), "muted"
        if content.draft.day is None:
            return translate("booking", "No free time was found. Type one, or choose another visit or doctor."), "muted"
        return "", "muted"

    def _name(self) -> None:
        state = FormState(
            new=self.content.entry is None,
            busy=self.carry_out.is_busy,
            unknown=self.carry_out.is_unknown,
            asking=bool(self._asked),
        )
        self.name_all(self.content.draft, self.content.clinic, state)

    def _about(self) -> About:
        draft = self.content.draft
        return About(draft.practitioner_id, draft.type_id, draft.starts_at(self.content.clinic))

    def _zone(self) -> str:
        return self.content.clinic.site(self.content.draft.site_id).zone

    # --- patients ---

    def _patient_taken(self, match: PatientMatch) -> None:
        self._forget_asking()
        self._hint = hint_text(match, self.patient_line.wall_of)
        self.content.set_patient(match.patient)
        self.fields.type.setFocus(Qt.FocusReason.OtherFocusReason)

    def _patient_cleared(self) -> None:
        self._hint = ""
        self._forget_asking()
        self.content.set_patient(None)

    def add_patient(self, typed: str) -> None:
        """Open the new-patient page with what was typed."""
        if self.carry_out.is_busy:
            return
        self.patient_line.matches.hide()
        self.show_page(1)
        self._name()
        self.patient_form.start(typed, self.patient_line.today)

    def _patient_added(self, patient: Patient) -> None:
        self.show_page(0)
        self.patient_line.take(PatientMatch(patient))

    def _back_to_fields(self) -> None:
        self.show_page(0)
        self._name()
        self.patient_line.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- sending ---

    def submit(self) -> None:
        """Book, or save the change; broken rules that may be overruled are asked about once, in place."""
        if self.carry_out.is_busy:
            return
        if self._asked:
            if self.guard.is_ready:
                self._send(frozenset(violation.rule for violation in self._asked))
            return
        if not self._is_complete():
            return
        found = self.content.violations()
        if not found:
            self._send(frozenset())
        elif all(violation.overrulable for violation in found):
            self._ask(found)
        else:
            self._refused(RuleViolation(tuple(one for one in found if not one.overrulable)))

    def _is_complete(self) -> bool:
        """Whether patient and time are there; if not, say what is missing and go there."""
        content, remarks = self.content, self.fields.remarks
        if content.draft.patient is None:
            text = translate("booking", "Who is it for? Type letters of the name, a birth date or a phone number.")
            if self.patient_line.is_searching():
                text = translate("booking", "Choose the patient from the list, or add a new one with Ctrl N.")
            remarks["patient"].say(text)
            self.patient_line.setFocus(Qt.FocusReason.OtherFocusReason)
            return False
        if self.fields.when.isModified() and not self.fields.when.take_text():
            self.fields.when.setFocus(Qt.FocusReason.OtherFocusReason)
            return False
        if content.time_source == "searching":
            return False
        if content.draft.day is None or content.draft.practitioner_id is None:
            remarks["when"].say(translate("booking", "When? Type a time, for example 10:30 or fri 9."))
            self.fields.when.setFocus(Qt.FocusReason.OtherFocusReason)
            return False
        return True

    def _send(self, overrule: frozenset[Rule]) -> None:
        content = self.content
        command, patient = content.command(overrule, self.holding.hold_id), content.draft.patient
        self._forget_asking()
        if isinstance(command, Book) and patient is not None:
            self.carry_out.book(command, patient)
        elif isinstance(command, Update) and content.entry is not None:
            self.carry_out.update(command, content.entry, patient)
        else:
            # Nothing was changed: there is nothing to save.
            self.close_form()

    def _ask(self, violations: tuple[Violation, ...]) -> None:
        self._asked = violations
        self.fields.remark({})
        told = question(violations, self.content.clinic, self._zone(), self._about())
        self.problem.say(told, "warning")
        self.guard.begin()
        self._name()
        self.book_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _forget_asking(self) -> None:
        self._asked = ()
        self.problem.say("")

    def _refused(self, error: ClinicDeskError) -> None:
        """Nothing was written: say so where it can be put right, keep everything."""
        if isinstance(error, PatientConflict):
            self._follow_merge(error.now)
            return
        self._tell(error)
        at = {"when": self.fields.when, "room": self.fields.room, "type": self.fields.type}
        field = ""
        if isinstance(error, RuleViolation) and error.violations:
            field = FIELD_OF_RULE.get(error.violations[0].rule, "when")
        target = {**at, "with": self.fields.practitioner, "patient": self.patient_line}.get(field, self.book_button)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def _follow_merge(self, patient: Patient) -> None:
        """The patient's record was merged into another one: put that one in, to be booked by the next Enter."""
        self.patient_line.show_patient(patient)
        self._hint = translate("booking", "The record was merged with this one at another desk. Enter books it.")
        self.content.set_patient(patient)
        self.book_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _tell(self, error: ClinicDeskError) -> None:
        self.problem.say(sentence(error, self.content.clinic, self._zone(), self._about()))
        self._name()

    def _show_busy(self) -> None:
        busy = self.carry_out.is_busy
        if busy and self.isVisible():
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.fields.set_locked(busy)
        self.book_button.setEnabled(not busy)
        self.cancel_button.setEnabled(not busy)
        self._name()

    def _booked(self, entry: Entry) -> None:
        self.close_form()
        self.booked.emit(entry)

    def _choose_another_time(self) -> None:
        """Back from the dialog: the time is what is to be changed."""
        self.content.choose_time_by_hand()
        self.content.forget_boards()
        self.content.set_patient(self.content.draft.patient)
        self.fields.when.setFocus(Qt.FocusReason.TabFocusReason)

    # --- leaving ---

    def let_go(self) -> None:
        """Esc: no to a question that is asked, else throw the form away; not while an outcome is not known."""
        if self.carry_out.is_busy:
            return
        if self._asked:
            self._forget_asking()
            self._name()
            self.fields.when.setFocus(Qt.FocusReason.TabFocusReason)
            return
        self.close_form()

    def close_form(self) -> None:
        """Hide, let the hold go, and say so."""
        self.holding.release()
        self.patient_line.show_patient(None)
        was_visible = self.isVisible()
        self.hide()
        if was_visible:
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focus = QApplication.focusWidget()
        if event.key() in _ENTER:
            if isinstance(focus, QPushButton) and focus is not self.book_button and not self._asked:
                focus.click()
            elif not event.isAutoRepeat():
                self.submit()
        elif event.key() == Qt.Key.Key_Escape:
            self.let_go()
        elif event.matches(QKeySequence.StandardKey.New):
            self.add_patient("")
        # Whatever else is typed here is not for the calendar behind.
        event.accept()
