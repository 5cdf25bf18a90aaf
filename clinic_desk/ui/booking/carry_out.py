"""Carries one booking or change through to its end: sent once, conflicts asked, and what was decided there sent too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Update
from clinic_desk.domain.records import Clinic, Entry, Patient
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken, Violation
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.services import booking
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.booking.changed_meanwhile import ChangedMeanwhile
from clinic_desk.ui.booking.draft import Writing
from clinic_desk.ui.booking.merge_text import Side
from clinic_desk.ui.booking.sent import Sent
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.taken_first import TakenFirst
from clinic_desk.ui.sentences import About, question, sentence
from clinic_desk.ui.tasks import Tasks


class CarryOut(QObject):
    """One command at a time, for a form or for a drag. `clinic` is kept up to date by the owner."""

    done = Signal(object)
    """The Entry as it stands."""
    asked = Signal(object)
    """Violations (tuple) that may be overruled: ask, then call `overrule`."""
    refused = Signal(object)
    """A ClinicDeskError with nothing written: tell it where the user acted."""
    finding_out = Signal()
    """The outcome is not known yet; it is being found out."""
    busy_changed = Signal(bool)
    another_time = Signal()
    """The time was taken, and the user wants to choose another one by hand."""
    waiting_wanted = Signal()
    """The time was taken, and the patient is to be put on the waiting list; see `offer_waiting_list`."""
    given_up = Signal()
    """The user let the change go; what the database holds stays."""

    def __init__(
        self, database: Database, tasks: Tasks, clinic: Clinic, window: QWidget, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(window)
        self.clinic = clinic
        self._database = database
        self._sent: Sent | None = None
        self._violations: tuple[Violation, ...] = ()
        self.perform: Callable[[Database, Writing], Entry] = perform
        """What writes a command, on the lane's thread; another one may do more in the same transaction."""
        self.dialog: SlotTakenDialog | ChangedFirstDialog | None = None
        """The conflict that is being shown."""
        self._taken_first = TakenFirst(database, tasks, window, clock)
        self._taken_first.chosen.connect(self._send_instead)
        self._taken_first.another_time.connect(self._leave_dialog_for_form)
        self._taken_first.waiting_wanted.connect(self._leave_dialog_for_list)
        self._taken_first.given_up.connect(self._give_up)
        self._changed_meanwhile = ChangedMeanwhile(window, clock)
        self._changed_meanwhile.decided.connect(self._send)
        self._changed_meanwhile.stands.connect(self._finished)
        self._changed_meanwhile.overruled.connect(self.overrule)
        self._changed_meanwhile.ended.connect(self._forget_dialog)
        self._changed_meanwhile.given_up.connect(self._give_up)
        self._submission = Submission(tasks, self)
        self._submission.done.connect(self._finished)
        self._submission.failed.connect(self._failed)
        self._submission.finding_out.connect(self._wait_for_outcome)
        self._submission.busy_changed.connect(self.busy_changed)

    @property
    def is_busy(self) -> bool:
        """Whether a command is on its way or its outcome is not known."""
        return self._submission.is_busy

    @property
    def is_unknown(self) -> bool:
        """Whether COMMIT was sent and its outcome is being found out."""
        return self._submission.is_unknown

    def book(self, command: Book, patient: Patient) -> bool:
        """Book; False while another command is on its way."""
        return self._send(Sent(command, patient))

    def update(self, command: Update, base: Entry, patient: Patient | None = None) -> bool:
        """Change what `base` shows (the version the user saw); `patient` if another one is put in."""
        return self._send(Sent(command, patient or base.patient, Side(base.appointment, base.patient)))

    def overrule(self) -> bool:
        """Send the same again with the rules that were asked about overruled."""
        if self._sent is None:
            return False
        sent = self._sent.command
        rules = sent.overrule | {violation.rule for violation in self._violations}
        beside = (sent.beside or frozenset()) | {row.by for row in self._violations if row.by is not None}
        return self._send_instead(replace(sent, overrule=rules, beside=beside))

    def _send_instead(self, command: Writing) -> bool:
        return self._sent is not None and self._send(replace(self._sent, command=command))

    def _send(self, sent: Sent) -> bool:
        if self.is_busy:
            return False
        database, command, write = self._database, sent.command, self.perform
        self._sent = sent
        return self._submission.send(lambda: write(database, command))

    # --- what came of it ---

    def _finished(self, entry: Entry) -> None:
        self._close_dialog()
        self._sent = None
        self.done.emit(entry)

    def _failed(self, error: ClinicDeskError) -> None:
        if isinstance(error, SlotTaken) and error.resource is None:
            self._show_taken(error)
        elif isinstance(error, Conflict) and self._sent is not None and self._sent.base is not None:
            self._show_changed(error, self._sent)
        elif isinstance(error, RuleViolation) and error.overrulable:
            self._ask(error.violations)
        elif self.dialog is not None:
            self.dialog.tell(self._sentence(error))
        else:
            self.refused.emit(error)

    def _wait_for_outcome(self) -> None:
        if self.dialog is not None:
            self.dialog.tell(self._sentence(OutcomeUnknown()))
            self.dialog.set_busy(True)
        self.finding_out.emit()

    def _ask(self, violations: tuple[Violation, ...]) -> None:
        self._violations = violations
        if isinstance(self.dialog, ChangedFirstDialog):
            about, zone = self._about()
            self.dialog.tell(question(violations, self.clinic, zone, about), ask=True)
        elif self.dialog is not None:
            self.dialog.tell(self._sentence(RuleViolation(violations)))
        else:
            self.asked.emit(violations)

    # --- somebody was quicker ---

    def _show_taken(self, error: SlotTaken) -> None:
        open_one = self.dialog if isinstance(self.dialog, SlotTakenDialog) else None
        if open_one is None:
            self._close_dialog()
        if self._sent is not None:
            self.dialog = self._taken_first.show(self._sent, error.by, self.clinic, open_one)
        if self.dialog is None:
            self.refused.emit(error)

    def _show_changed(self, error: Conflict, sent: Sent) -> None:
        open_one = self.dialog if isinstance(self.dialog, ChangedFirstDialog) else None
        if open_one is None:
            self._close_dialog()
        self.dialog = self._changed_meanwhile.show(sent, error.now, self.clinic, open_one)
        if self.dialog is None:
            self.refused.emit(error)

    # --- small things ---

    def _about(self) -> tuple[About, str]:
        return self._sent.about(self.clinic) if self._sent is not None else (About(), "UTC")

    def _sentence(self, error: ClinicDeskError) -> str:
        about, zone = self._about()
        return sentence(error, self.clinic, zone, about)

    def _close_dialog(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.done(dialog.DialogCode.Accepted)

    def _forget_dialog(self) -> None:
        self.dialog = None

    def _leave_dialog_for_form(self) -> None:
        self.dialog = None
        self.another_time.emit()

    def offer_waiting_list(self) -> None:
        """From now on, a new booking whose time was taken can be put on the waiting list instead."""
        self._taken_first.may_wait = True

    def _leave_dialog_for_list(self) -> None:
        self.dialog = None
        self.waiting_wanted.emit()

    def _give_up(self) -> None:
        self.dialog = None
        self.given_up.emit()


def perform(database: Database, command: Writing) -> Entry:
    """Book, or change."""
    return booking.book(database, command) if isinstance(command, Book) else booking.update(database, command)
