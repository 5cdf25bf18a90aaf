"""Carries one booking or change through to its end: sent once, conflicts asked, and what was decided there sent too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AUTOMATIC, Book, Update
from clinic_desk.domain.merge import merge, resolve
from clinic_desk.domain.records import Appointment, AppointmentStatus, Clinic, Entry, Patient
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken, Violation
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.services import booking, slots
from clinic_desk.ui.booking.changed_first import ChangedFirstDialog
from clinic_desk.ui.booking.draft import RoomChoice, Writing
from clinic_desk.ui.booking.merge_text import Side, update_to, wanted_by
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog, Wanted
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.lanes import Priority
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
    given_up = Signal()
    """The user let the change go; what the database holds stays."""

    def __init__(
        self, database: Database, tasks: Tasks, clinic: Clinic, window: QWidget, clock: Callable[[], datetime]
    ) -> None:
        super().__init__(window)
        self.clinic = clinic
        self._database = database
        self._tasks = tasks
        self._window = window
        self._clock = clock
        self._sent: Writing | None = None
        self._base: Side | None = None
        self._patient: Patient | None = None
        self._violations: tuple[Violation, ...] = ()
        self._seen: Entry | None = None
        self._wish: Appointment | None = None
        self.dialog: SlotTakenDialog | ChangedFirstDialog | None = None
        """The conflict that is being shown."""
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
        if self.is_busy:
            return False
        self._base, self._patient = None, patient
        return self._send(command)

    def update(self, command: Update, base: Entry, patient: Patient | None = None) -> bool:
        """Change what `base` shows (the version the user saw); `patient` if another one is put in."""
        if self.is_busy:
            return False
        self._base, self._patient = Side(base.appointment, base.patient), patient or base.patient
        return self._send(command)

    def overrule(self) -> bool:
        """Send the same again with the rules that were asked about overruled."""
        if self._sent is None:
            return False
        rules = self._sent.overrule | {violation.rule for violation in self._violations}
        beside = (self._sent.beside or frozenset()) | {row.by for row in self._violations if row.by is not None}
        return self._send(replace(self._sent, overrule=rules, beside=beside))

    def _send(self, command: Writing) -> bool:
        database = self._database

        def work() -> Entry:
            return booking.book(database, command) if isinstance(command, Book) else booking.update(database, command)

        self._sent = command
        return self._submission.send(work)

    # --- what came of it ---

    def _finished(self, entry: Entry) -> None:
        self._close_dialog()
        self._sent = None
        self.done.emit(entry)

    def _failed(self, error: ClinicDeskError) -> None:
        if isinstance(error, SlotTaken) and not error.room:
            self._show_taken(error)
        elif isinstance(error, Conflict) and isinstance(self._sent, Update):
            self._show_changed(error.now)
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
            self.dialog.tell(question(violations, self.clinic, self._zone(), self._about()), ask=True)
        elif self.dialog is not None:
            self.dialog.tell(self._sentence(RuleViolation(violations)))
        else:
            self.asked.emit(violations)

    # --- the time was taken first ---

    def _show_taken(self, error: SlotTaken) -> None:
        wanted = self._wanted()
        if wanted is None:
            self.refused.emit(error)
            return
        dialog = self.dialog
        if not isinstance(dialog, SlotTakenDialog):
            self._close_dialog()
            dialog = SlotTakenDialog(self._window, self.clinic)
            dialog.slot_chosen.connect(self._take_slot)
            dialog.another_time.connect(self._leave_dialog_for_form)
            dialog.discarded.connect(self._give_up)
            self.dialog = dialog
            dialog.show_taken(wanted, error.by, self._clock())
            dialog.open()
        else:
            dialog.show_taken(wanted, error.by, self._clock())
        self._look_for_alternatives(dialog, wanted)

    def _look_for_alternatives(self, dialog: SlotTakenDialog, wanted: Wanted) -> None:
        database, clinic = self._database, self.clinic
        besides = (self._base.appointment.id,) if self._base else ()
        like = Book(
            patient_id=wanted.patient.id,
            type_id=wanted.type_id,
            practitioner_id=wanted.practitioner_id,
            site_id=wanted.site_id,
            starts_at=wanted.starts_at,
            length_minutes=wanted.length_minutes,
        )
        self._tasks.query(
            dialog,
            lambda: slots.alternatives(database, like, clinic, besides=besides),
            dialog.show_alternatives,
            lambda error: dialog.tell_not_looked_for(),
            key="alternatives",
            priority=Priority.URGENT,
        )

    def _take_slot(self, slot: slots.FreeSlot) -> None:
        sent = self._sent
        if isinstance(sent, Book):
            self._send(
                replace(
                    sent,
                    practitioner_id=slot.practitioner_id,
                    site_id=slot.site_id,
                    starts_at=slot.starts_at,
                    room_id=_room_at(sent.room_id, sent.site_id, slot),
                    overrule=frozenset(),
                )
            )
        elif isinstance(sent, Update) and self._base is not None:
            room = sent.room_id if slot.site_id == self._base.appointment.site_id else AUTOMATIC
            self._send(
                replace(
                    sent,
                    practitioner_id=slot.practitioner_id,
                    site_id=slot.site_id,
                    starts_at=slot.starts_at,
                    room_id=room,
                    overrule=frozenset(),
                )
            )

    # --- the appointment was changed first ---

    def _show_changed(self, now: Entry) -> None:
        wanted = self._wanted_appointment()
        if self._base is None or wanted is None or self._patient is None:
            return
        dialog = self.dialog
        is_new = not isinstance(dialog, ChangedFirstDialog)
        if not isinstance(dialog, ChangedFirstDialog):
            self._close_dialog()
            dialog = ChangedFirstDialog(self._window, self.clinic)
            dialog.decided.connect(self._write_decided)
            dialog.overruled.connect(self.overrule)
            dialog.book_again.connect(self._book_again)
            dialog.left_as_is.connect(self._give_up)
            self.dialog = dialog
        dialog.show_conflict(self._base, Side(wanted, self._patient), now, self._clock())
        # From here on the user has seen what stands now: the next conflict is told against it.
        self._seen = now
        self._wish = wanted
        if is_new:
            dialog.open()

    def _write_decided(self, wanted: Appointment) -> None:
        sent, seen = self._sent, self._seen
        if not isinstance(sent, Update) or seen is None:
            return
        update = update_to(seen.appointment, wanted, sent)
        if update is None:
            self._finished(seen)
            return
        patient = self._patient if wanted.patient_id != seen.appointment.patient_id else seen.patient
        self._base, self._patient = Side(seen.appointment, seen.patient), patient
        self._send(update)

    def _book_again(self) -> None:
        """Book again, as it was wanted, an appointment that was ended meanwhile; a deleted one under ids of its own."""
        wanted, sent, patient, seen = self._wish, self._sent, self._patient, self._seen
        self.dialog = None
        if patient is None or wanted is None or seen is None or not isinstance(sent, Update):
            return
        if seen.appointment.status is AppointmentStatus.CANCELLED:
            self._reinstate(seen, wanted, sent)
            return
        self._base = None
        self._send(
            Book(
                patient_id=wanted.patient_id,
                type_id=wanted.type_id,
                practitioner_id=wanted.practitioner_id,
                site_id=wanted.site_id,
                starts_at=wanted.starts_at,
                length_minutes=int(wanted.length.total_seconds()) // 60,
                note=wanted.note,
                overrule=sent.overrule,
                beside=sent.beside,
                tell_patient=sent.tell_patient,
            )
        )

    def _reinstate(self, seen: Entry, wanted: Appointment, sent: Update) -> None:
        """Take the cancellation back and put everything in that was wanted here, in one change."""
        base = self._base.appointment if self._base else seen.appointment
        found = merge(base, wanted, seen.appointment)
        mine = resolve(found, wanted, frozenset(clash.field for clash in found.clashes))
        update = update_to(seen.appointment, mine, sent) or Update(seen.id, seen.appointment.version)
        if mine.patient_id == seen.appointment.patient_id:
            self._patient = seen.patient
        self._base = Side(seen.appointment, seen.patient)
        self._send(replace(update, reinstate=True, tell_patient=sent.tell_patient))

    # --- small things ---

    def _wanted_appointment(self) -> Appointment | None:
        if self._base is None or not isinstance(self._sent, Update):
            return None
        return wanted_by(self._sent, self._base.appointment, self.clinic)

    def _wanted(self) -> Wanted | None:
        sent, patient = self._sent, self._patient
        if patient is None:
            return None
        if isinstance(sent, Book):
            return Wanted(
                patient, sent.type_id, sent.practitioner_id, sent.site_id, sent.starts_at, sent.length_minutes
            )
        row = self._wanted_appointment()
        if row is None:
            return None
        minutes = int(row.length.total_seconds()) // 60
        return Wanted(patient, row.type_id, row.practitioner_id, row.site_id, row.starts_at, minutes, row.version)

    def _about(self) -> About:
        wanted = self._wanted()
        return About(wanted.practitioner_id, wanted.type_id, wanted.starts_at) if wanted else About()

    def _zone(self) -> str:
        wanted = self._wanted()
        return self.clinic.site(wanted.site_id).zone if wanted else "UTC"

    def _sentence(self, error: ClinicDeskError) -> str:
        return sentence(error, self.clinic, self._zone(), self._about())

    def _close_dialog(self) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is not None:
            dialog.done(dialog.DialogCode.Accepted)

    def _leave_dialog_for_form(self) -> None:
        self.dialog = None
        self.another_time.emit()

    def _give_up(self) -> None:
        self.dialog = None
        self.given_up.emit()


def _room_at(room_id: RoomChoice, site_id: UUID, slot: slots.FreeSlot) -> RoomChoice:
    """Return the room wish for another slot: a chosen room only if the slot is at the same site."""
    return room_id if slot.site_id == site_id else AUTOMATIC
