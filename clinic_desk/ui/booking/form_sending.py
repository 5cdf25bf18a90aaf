"""Sends what is in a booking form: asks what is missing or may be overruled first, tells there why it was refused."""

from __future__ import annotations

from collections import Counter

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.commands import Book, Rule, Update
from clinic_desk.domain.refusals import PatientConflict, RuleViolation, SlotTaken, Violation
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.carry_out import CarryOut
from clinic_desk.ui.booking.draft import Draft
from clinic_desk.ui.booking.form_content import FormContent
from clinic_desk.ui.booking.form_told import asked_of, told_of
from clinic_desk.ui.booking.form_view import FormView
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.holding import Holding
from clinic_desk.ui.booking.judging import field_of

translate = QCoreApplication.translate


class FormSending(QObject):
    """One command at a time. `asked`: the broken rules that the next Enter overrules; empty when nothing is asked."""

    state_changed = Signal()
    """Something is asked, or asked no more, or a sentence was told: the form names its buttons anew."""
    nothing_to_save = Signal()
    scope_wanted = Signal(object)
    """The MoveWish of a date of a series: which dates are meant? Answered by `only_this`, or it goes on elsewhere."""
    patient_merged = Signal(object)
    """The Patient whose record the chosen one was merged into; nothing was written."""

    def __init__(self, view: FormView, content: FormContent, holding: Holding, carry_out: CarryOut) -> None:
        super().__init__(view)
        self.asked: tuple[Violation, ...] = ()
        self._agreed: Counter[Violation] = Counter()
        self._only_this: Draft | None = None
        self.guard = Guard(self)
        self._view = view
        self._content = content
        self._holding = holding
        self._carry_out = carry_out
        carry_out.asked.connect(self._ask)
        carry_out.refused.connect(self._refused)

    def submit(self) -> None:
        """Book, or save the change; broken rules that may be overruled are asked about once, in place."""
        if self._carry_out.is_busy:
            return
        if self.asked:
            if self.guard.is_ready:
                self._agreed |= Counter(self.asked)
                self._judge()
        elif self.is_complete():
            self._agreed = Counter()
            wish = self._content.series_wish()
            if wish is not None and self._only_this is not self._content.opened:
                self.scope_wanted.emit(wish)
            else:
                self._judge()

    def only_this(self) -> None:
        """Of the dates of the series this one is meant, until the form is opened anew."""
        self._only_this = self._content.opened
        self.submit()

    def _judge(self) -> None:
        """Send, unless something is in the way that was not agreed to: who comes later is not squeezed in with."""
        found = tuple((Counter(self._content.violations()) - self._agreed).elements())
        if not found:
            self._send(frozenset(violation.rule for violation in self._agreed))
        elif all(violation.overrulable for violation in found):
            self._ask(found)
        else:
            self.asked = ()
            self._refused(RuleViolation(tuple(one for one in found if not one.overrulable)))

    def forget_asking(self) -> None:
        """What was asked or told is no longer about what is in the form."""
        self._agreed = Counter()
        self._ask_no_more()

    def _ask_no_more(self) -> None:
        self.asked = ()
        self._view.problem.say("")

    def tell(self, error: ClinicDeskError) -> None:
        """Say in the form what did not work."""
        self._view.problem.say(told_of(error, self._content))
        self.state_changed.emit()

    def is_complete(self) -> bool:
        """Whether patient and time are there; if not, say what is missing and go there."""
        content, fields = self._content, self._view.fields
        if content.draft.patient is None:
            text = translate("booking", "Who is it for? Type letters of the name, a birth date or a phone number.")
            if fields.patient.is_searching():
                text = translate("booking", "Choose the patient from the list, or add a new one with Ctrl N.")
            fields.remarks["patient"].say(text)
            fields.patient.setFocus(Qt.FocusReason.OtherFocusReason)
            return False
        if fields.when.isModified() and not fields.when.take_text():
            fields.when.setFocus(Qt.FocusReason.OtherFocusReason)
            return False
        if content.time_source == "searching":
            return False
        if content.draft.day is None or content.draft.practitioner_id is None:
            fields.remarks["when"].say(translate("booking", "When? Type a time, for example 10:30 or fri 9."))
            fields.when.setFocus(Qt.FocusReason.OtherFocusReason)
            return False
        return True

    def _send(self, overrule: frozenset[Rule]) -> None:
        content = self._content
        beside = frozenset(violation.by for violation in self._agreed if violation.by is not None)
        command, patient = content.command(overrule, beside, self._holding.hold_id), content.draft.patient
        self._ask_no_more()
        if isinstance(command, Book) and patient is not None:
            self._carry_out.book(command, patient)
        elif isinstance(command, Update) and content.entry is not None:
            self._carry_out.update(command, content.entry, patient)
        else:
            self.nothing_to_save.emit()

    def _ask(self, violations: tuple[Violation, ...]) -> None:
        self.asked = violations
        self._view.problem.say(asked_of(violations, self._content), "warning")
        self.guard.begin()
        self.state_changed.emit()
        self._view.book_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _refused(self, error: ClinicDeskError) -> None:
        """Nothing was written: say so where it can be put right, keep everything."""
        if isinstance(error, PatientConflict):
            self.patient_merged.emit(error.now)
            self._view.book_button.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.tell(error)
        fields = self._view.fields
        target: QWidget = self._view.book_button
        if isinstance(error, RuleViolation) and error.violations:
            target = fields.at(field_of(error.violations[0]))
        elif isinstance(error, SlotTaken):
            target = fields.at(field_of(error))
        target.setFocus(Qt.FocusReason.OtherFocusReason)
