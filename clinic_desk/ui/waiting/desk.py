"""The way from a desk's calendar to the waiting list: the list, putting somebody on it, and what closes a wish."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from clinic_desk.domain.waiting import CloseWish, Closing, NotTaken, Waiting
from clinic_desk.services import asking, waiting
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import list_name
from clinic_desk.ui.waiting.form import WishForm
from clinic_desk.ui.waiting.form_fields import Beginning
from clinic_desk.ui.waiting.sheet import ClosingQuestion, WaitingSheet
from clinic_desk.ui.waiting.words import trouble_text

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from clinic_desk.domain.asking import Round
    from clinic_desk.domain.records import Entry, Patient
    from clinic_desk.errors import ClinicDeskError
    from clinic_desk.ui.booking.form import BookingForm
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


class WaitingDesk(QObject):
    """Opens what is asked for, and carries out what is decided there."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space

    # --- the list ---

    def open(self) -> None:
        """Show the waiting list, unless it is shown already."""
        space, store = self._space, self._space.store
        if any(sheet.isVisible() for sheet in space.window.findChildren(WaitingSheet)):
            return
        sheet = WaitingSheet(space.window, store.freshness.now, may_write=space.may_write)
        heard = store.tables_changed.connect(
            lambda tables: self._read(sheet) if tables & {"wish", "patient", "appointment", "offer"} else None
        )
        sheet.new_wanted.connect(lambda: self.add(Beginning(), sheet))
        sheet.change_wanted.connect(lambda one: self._change(one, sheet))
        sheet.closing_wanted.connect(lambda one: self._ask_why(one, sheet))
        sheet.time_wanted.connect(lambda standing: self._go_to(standing, sheet))
        sheet.rejected.connect(space.commands.back_to_calendar)
        sheet.finished.connect(lambda _result: store.tables_changed.disconnect(heard))
        sheet.open()
        self._read(sheet)

    def _go_to(self, standing: Round, sheet: WaitingSheet) -> None:
        """Show the offered time beside the calendar, where it is decided."""
        sheet.reject()
        self._space.gaps().look_at(standing.gap)

    def _read(self, sheet: WaitingSheet) -> None:
        database, store = self._space.desk.database, self._space.store
        self._space.desk.tasks.query(
            sheet,
            lambda: (waiting.waiting(database), asking.rounds(database)),
            lambda found: sheet.show_waiting(found[0], store.clinic, found[1]),
            lambda error: sheet.say(self._sentence(error)),
            key="waiting",
        )

    # --- putting somebody on it ---

    def add(self, begin: Beginning, over: QWidget | None = None) -> None:
        """Ask what a patient waits for. `over`: a sheet that stays open behind it."""
        if self._space.own.refuses():
            return
        form = WishForm(self._space.window, self._space.desk, begin)
        form.saved.connect(self._added)
        self._show(form, over)

    def add_chosen(self) -> None:
        """Put the patient of the chosen appointment on the list, to come sooner; without one, whoever is typed."""
        entry = self._space.window.calendar.selected_entry()
        self.add(beginning_of(entry))

    def add_patient(self, patient: Patient, entry: Entry | None, over: QWidget) -> None:
        """Put a patient on the list; `entry`: an appointment of hers that could be moved forward."""
        self.add(Beginning(patient) if entry is None else beginning_of(entry), over)

    def add_from(self, booking: BookingForm) -> None:
        """Put whoever is in the booking form on the list; the form goes once that is done."""
        draft = booking.content.draft
        begin = Beginning(draft.patient, type_id=draft.type_id, practitioner_id=draft.practitioner_id)
        form = WishForm(self._space.window, self._space.desk, begin)
        form.saved.connect(self._added)
        form.saved.connect(lambda _one: booking.close_form())
        form.open()

    def _change(self, one: Waiting, over: QWidget) -> None:
        self._show(WishForm(self._space.window, self._space.desk, wish=one), over)

    def _show(self, form: WishForm, over: QWidget | None) -> None:
        if over is None:
            form.finished.connect(lambda _result: self._space.commands.back_to_calendar())
        form.open()

    def _added(self, one: Waiting) -> None:
        told = translate("waiting", "{name} is on the waiting list.")
        self._space.own.tell(told.format(name=list_name(one.patient)))

    # --- taking somebody off it ---

    def _ask_why(self, one: Waiting, over: QWidget) -> None:
        question = ClosingQuestion(over, list_name(one.patient))
        question.decided.connect(lambda reason: self._close(one, reason))
        question.open()

    def _close(self, one: Waiting, reason: Closing) -> None:
        database, command = self._space.desk.database, CloseWish(one.wish.id, one.wish.version, reason)
        told = translate("waiting", "{name} is off the waiting list.").format(name=list_name(one.patient))
        self._submit(lambda: waiting.close_wish(database, command), lambda: self._space.own.tell(told))

    def not_taken(self, one: Waiting) -> None:
        """Note that a patient was asked, or not reached: others are asked before she is again."""
        database, command = self._space.desk.database, NotTaken(one.wish.id, one.wish.version)
        self._submit(lambda: waiting.not_taken(database, command), lambda: None)

    def _submit(self, work: Callable[[], Waiting], done: Callable[[], object]) -> None:
        submission = Submission(self._space.desk.tasks, self)
        submission.done.connect(lambda _one: done())
        submission.failed.connect(lambda error: self._space.own.tell_trouble(self._sentence(error)))
        submission.done.connect(submission.deleteLater)
        submission.failed.connect(submission.deleteLater)
        submission.send(work)

    def _sentence(self, error: ClinicDeskError) -> str:
        return trouble_text(error, self._space.store.clinic, "UTC")


def beginning_of(entry: Entry | None) -> Beginning:
    """Return what a wish begins with that was asked for at an appointment: booked, it is to be moved forward."""
    if entry is None:
        return Beginning()
    row = entry.appointment
    if row.status.value == "booked":
        return Beginning(entry.patient, entry)
    return Beginning(entry.patient, type_id=row.type_id, practitioner_id=row.practitioner_id)
