"""The booking form in place: from a time, or from anywhere, to a booked visit in a few keys; the same for changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QEvent, QKeyCombination, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic, DayBoard, Entry, Patient
from clinic_desk.errors import OutcomeUnknown
from clinic_desk.services.slots import FreeSlot
from clinic_desk.ui.booking.carry_out import CarryOut
from clinic_desk.ui.booking.draft import claim_of
from clinic_desk.ui.booking.form_content import FormContent
from clinic_desk.ui.booking.form_patients import FormPatients
from clinic_desk.ui.booking.form_sending import FormSending
from clinic_desk.ui.booking.form_told import remarks_of, zone_of
from clinic_desk.ui.booking.form_view import FormState, FormView
from clinic_desk.ui.booking.holding import Holding
from clinic_desk.ui.booking.patient_form import PatientForm
from clinic_desk.ui.booking.patient_line import PatientLine
from clinic_desk.ui.booking.starting import missing_for_booking
from clinic_desk.ui.booking.telling import Telling
from clinic_desk.ui.held_key import HeldKey
from clinic_desk.ui.tasks import Tasks

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.places import Place

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_SEARCH = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_K)


def utc_now() -> datetime:
    """Return the desk's own clock; what the database decides is decided by its own."""
    return datetime.now(UTC)


class BookingForm(FormView):
    """Not modal: the calendar goes on beside it. Everything typed stays until it is booked or thrown away."""

    booked = Signal(object)
    """The Entry as the database holds it now (new or changed)."""
    closed = Signal()
    """The form is gone, booked or not; its hold is let go."""
    impossible = Signal(str)
    """Nothing can be booked, and the form stays closed: what the clinic lacks, in one sentence."""

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
        self.content = FormContent(database, tasks, clinic, clock, self)
        self.holding = Holding(database, tasks, self)
        self.telling = Telling(database, tasks, self)
        self.carry_out = CarryOut(database, tasks, clinic, parent, clock)
        self.patients = FormPatients(self, self.patient_line, self.patient_form, self.content)
        self.sending = FormSending(self, self.content, self.holding, self.carry_out)
        self.guard = self.sending.guard
        self._connect()
        self.hide()

    def _connect(self) -> None:
        self.book_pressed.connect(self.submit)
        self.cancel_pressed.connect(self.let_go)
        self.content.changed.connect(self._show)
        self.telling.changed.connect(self._show_tell)
        self.content.search.failed.connect(self.sending.tell)
        self.fields.changed.connect(self._field_changed)
        self.patients.changed.connect(self.sending.forget_asking)
        self.patients.page_changed.connect(self._name)
        self.sending.state_changed.connect(self._name)
        self.sending.nothing_to_save.connect(self.close_form)
        self.sending.patient_merged.connect(self.patients.exchange)
        self.carry_out.done.connect(self._booked)
        self.carry_out.finding_out.connect(lambda: self.sending.tell(OutcomeUnknown()))
        self.carry_out.busy_changed.connect(lambda _: self._show_busy())
        self.carry_out.another_time.connect(self._choose_another_time)
        self.carry_out.offer_waiting_list()
        self.carry_out.waiting_wanted.connect(self._choose_another_time)
        self.carry_out.waiting_wanted.connect(self.waiting_pressed)
        self.carry_out.given_up.connect(self.close_form)

    # --- opening ---

    def start_new(
        self, place: Place, patient: Patient | None = None, *, beside: QRect | None = None, arrived: bool = False
    ) -> None:
        """Begin a booking at a place of the calendar; `arrived`: of somebody who stands at the desk.

        `beside`: the place on screen (global coordinates), which the form then keeps free.
        While an earlier booking's outcome is not known the form stays with that one.
        """
        self._open_new(lambda: self.content.begin_at(place, patient, arrived=arrived), patient, beside)

    def start_anywhere(
        self, patient: Patient | None = None, *, from_day: date | None = None, arrived: bool = False
    ) -> None:
        """Begin a booking at the next free time, from `from_day` on if that is still to come."""
        self._open_new(lambda: self.content.begin_anywhere(patient, from_day, arrived=arrived), patient, None)

    def start_at_slot(
        self, slot: FreeSlot, type_id: UUID, patient: Patient | None = None, *, beside: QRect | None = None
    ) -> None:
        """Begin a booking at a free time that was chosen from a list."""
        self._open_new(lambda: self.content.begin_at_slot(slot, type_id, patient), patient, beside)

    def edit(self, entry: Entry, *, beside: QRect | None = None, tell: bool = True) -> None:
        """Change an appointment; the version in `entry` is the one the user saw. `tell`: how the tick begins."""
        self._open(lambda: self.content.begin_edit(entry, tell=tell), entry.patient, beside)

    @property
    def is_begun(self) -> bool:
        """Whether it is open with something in it that would have to be put in again."""
        typed = self.patient_line.text().strip() or self.fields.note.text().strip()
        return self.isVisible() and (self.content.is_begun or self.page != 0 or bool(typed))

    def retime(self, put: Callable[[FormContent], None], beside: QRect | None = None) -> None:
        """Put another time in; whatever else is in the form stays, and so does what had the keyboard."""
        if not self.carry_out.is_busy:
            self.sending.forget_asking()
            self.fields.when.setModified(False)
            put(self.content)
        self.show_in_place(beside or self.place)
        self.take_keyboard()

    def take_keyboard(self) -> None:
        """Give the keyboard back to what had it in the form."""
        last: QWidget | None = self.focusWidget()
        (self if last is None else last).setFocus(Qt.FocusReason.OtherFocusReason)

    def event(self, event: QEvent) -> bool:
        """The window's search is at hand here too: somebody else may call. All other keys are the form's own."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.keyCombination() == _SEARCH
        ):
            return False
        return super().event(event)

    def _open_new(self, begin: Callable[[], None], patient: Patient | None, beside: QRect | None) -> None:
        missing = missing_for_booking(self.content.clinic)
        if missing:
            self.impossible.emit(missing)
        else:
            self._open(begin, patient, beside)

    def _open(self, begin: Callable[[], None], patient: Patient | None, beside: QRect | None) -> None:
        if self.carry_out.is_busy:
            self.show_in_place(self.place)
            return
        self.holding.release()
        self.telling.renew()
        self.sending.forget_asking()
        self.show_page(0)
        self.fields.when.setModified(False)
        self.fields.note.setModified(False)
        self.show()
        begin()
        self.fields.set_today(self.content.clock(), zone_of(self.content))
        self.patients.begin(patient)
        self._show_busy()
        self._show()
        self.show_in_place(beside)
        editing = self.content.entry is not None
        first = self.patient_line if patient is None else self.fields.when if editing else self.fields.type
        first.setFocus(Qt.FocusReason.OtherFocusReason)
        HeldKey(first)

    def set_clinic(self, clinic: Clinic) -> None:
        """Take over a changed set-up of the clinic; what is in the form stays."""
        missing = missing_for_booking(clinic)
        if missing and self.isVisible():
            # The form goes on with what it knows, so that nothing typed is lost; the service has the last word.
            self.problem.say(missing)
            return
        self.carry_out.clinic = self.patient_form.clinic = clinic
        self.content.set_clinic(clinic)
        if self.isVisible():
            self._show()

    def show_board(self, board: DayBoard) -> None:
        """Take a day as the calendar shows it now, so that what is said about the time is true live."""
        if self.isVisible():
            self.content.days.show(board)

    # --- what is in it ---

    def _field_changed(self, name: str) -> None:
        self.sending.forget_asking()
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
            content.set_others(
                room_id=fields.room.value,
                device_id=fields.device.value,
                note=note,
                tell_patient=fields.tell.is_wanted,
            )

    def _show(self) -> None:
        """Show the draft, what is said about it, and claim its time."""
        content, draft = self.content, self.content.draft
        self.fields.show_draft(draft, content.clinic)
        self._show_tell()
        self._name()
        self.holding.want(claim_of(draft, content.opened, content.clinic) if self.isVisible() else None)

    def _show_tell(self) -> None:
        content = self.content
        if self.isVisible():
            is_change = content.entry is not None
            self.fields.show_tell(content.draft, content.clinic, content.clock(), self.telling.setup, change=is_change)
            if content.walks_in:
                self.fields.tell.say_not_told()

    def _name(self) -> None:
        """Say what there is to say under the fields, and on title and buttons what comes next."""
        content = self.content
        foreign = content.days.foreign_hold(content.draft, content.clinic, self.holding.hold_id)
        asked = bool(self.sending.asked)
        self.fields.remark(remarks_of(content, foreign, self.patients.hint, asked=asked))
        state = FormState(
            new=self.content.entry is None,
            busy=self.carry_out.is_busy,
            unknown=self.carry_out.is_unknown,
            asking=asked,
            walk_in=self.content.walks_in,
        )
        self.name_all(self.content.draft, self.content.clinic, state)

    def add_patient(self, typed: str) -> None:
        """Open the new-patient page with what was typed."""
        if not self.carry_out.is_busy:
            self.patients.add(typed)

    # --- sending ---

    def submit(self) -> None:
        """Book, or save the change; broken rules that may be overruled are asked about once, in place."""
        self.sending.submit()

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
        self.content.search.stop(has_time=self.content.draft.day is not None)
        self.content.days.forget()
        self.content.set_patient(self.content.draft.patient)
        self.fields.when.setFocus(Qt.FocusReason.TabFocusReason)

    # --- leaving ---

    def let_go(self) -> None:
        """Esc: no to a question that is asked, else throw the form away; not while an outcome is not known."""
        if self.carry_out.is_busy:
            return
        if self.sending.asked:
            self.sending.forget_asking()
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
            if isinstance(focus, QPushButton) and focus is not self.book_button and not self.sending.asked:
                focus.click()
            elif not event.isAutoRepeat():
                self.submit()
        elif event.key() == Qt.Key.Key_Escape:
            self.let_go()
        elif event.matches(QKeySequence.StandardKey.New):
            self.add_patient("")
        elif event.key() == Qt.Key.Key_R and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.repeat_pressed.emit()
        elif event.key() == Qt.Key.Key_I and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.record_pressed.emit()
        elif event.key() == Qt.Key.Key_W and event.modifiers() == Qt.KeyboardModifier.ControlModifier:
            self.waiting_button.click()
        # Whatever else is typed here is not for the calendar behind.
        event.accept()
