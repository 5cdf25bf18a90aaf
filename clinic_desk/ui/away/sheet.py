"""Doctor away over the window: everybody whom an absence hits, what becomes of each, and all of it done at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.away import AwayRefused, CarriedOut, CarryOut, Proposal, Saving
from clinic_desk.domain.away_times import Typed, promised_rows
from clinic_desk.domain.records import Entry
from clinic_desk.domain.refusals import Conflict
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown, Refused
from clinic_desk.notifications.planning import address_of
from clinic_desk.services.away import Looked
from clinic_desk.ui.away.choices import Way, kept, number_of, plan_of
from clinic_desk.ui.away.table import AwayTable
from clinic_desk.ui.away.words import absence_words, send_words, tally_words, trouble_words, typed_words, zone_of
from clinic_desk.ui.booking.fields import Remark, TickBox, button, let_wrap, plain_label, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate
_WIDTH = 1160
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class AwaySheet(Sheet):
    """Nothing is written before Enter; Esc leaves everything as it is. A conflict loses nothing that was chosen."""

    committed = Signal(object, object)
    """The CarriedOut, and the entries (tuple of Entry) as they were before."""
    refused = Signal(object)
    """A ClinicDeskError about the absence itself; the sheet is gone."""
    given_up = Signal()
    """Left with nothing done."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        parent: QWidget,
        looked: Looked,
        save: Saving,
        *,
        today: date,
        tell: bool,
        may_save: bool,
    ) -> None:
        super().__init__(parent, width=_WIDTH)
        self.setObjectName("away_sheet")
        self._database, self._tasks = database, tasks
        self.save = save
        self.looked = looked
        self._saves = may_save and not looked.covered
        self._sent: CarryOut | None = None
        self._looking = False
        self.table = AwayTable(today)
        self.title = plain_label(absence_words(save, looked.clinic), "title", wrap=True)
        self.story = plain_label(self._story(), "muted")
        let_wrap(self.story)
        self.tell = TickBox()
        self.tell.setObjectName("away_tell")
        self.tell.setChecked(tell)
        self.tell_parked = TickBox()
        self.tell_parked.setObjectName("away_tell_parked")
        self.tell_parked.setText(translate("away", "Tell those who are &parked that their appointment is cancelled"))
        self.problem = Remark()
        self.problem.setObjectName("away_problem")
        self.problem.setProperty("boxed", "true")
        self.progress = plain_label("", "muted")
        self.progress.setObjectName("away_progress")
        self.cancel_button = button(translate("away", "Cancel"), "away_cancel", self.reject)
        self.only_save = button(translate("away", "Save, move &nobody"), "away_only_save", self._save_only)
        self.send_button = button("", "away_send", self.submit, "primary")
        self._submission = Submission(tasks, self)
        self._lay_out()
        self._wire()
        self.setAccessibleName(self.title.text())
        self.setAccessibleDescription(self.story.text())
        self.table.show_looked(looked, {})

    def _story(self) -> str:
        number = len(self.looked.proposals)
        if self.looked.covered:
            entered = translate("away", "This time off is entered already.")
        elif not self._saves:
            entered = translate("away", "Only a practice manager can enter the time off; patients can be moved.")
        else:
            entered = ""
        if not number:
            return entered
        booked = (
            translate("away", "One patient is booked then.")
            if number == 1
            else translate("away", "{n} patients are booked then.").format(n=number)
        )
        how = translate("away", "A number chooses for the chosen row. All is done at once, and Undo takes it all back.")
        return " ".join(part for part in (booked, entered, how) if part)

    def _lay_out(self) -> None:
        footer = QHBoxLayout()
        footer.setSpacing(8)
        footer.addWidget(self.progress, 1)
        for each in (self.cancel_button, self.only_save, self.send_button):
            footer.addWidget(each)
        for part in (self.title, self.story, self.table, self.tell, self.tell_parked, self.problem):
            self.body.addWidget(part)
        self.body.addLayout(footer)
        self.only_save.setVisible(self._saves and bool(self.looked.proposals))
        self.story.setVisible(bool(self.story.text()))
        self.send_button.setDefault(True)

    def _wire(self) -> None:
        self.table.changed.connect(self._show_state)
        self.table.entered.connect(self.submit)
        self.table.left.connect(self.reject)
        self.table.typed.connect(self._judge_typed)
        self._submission.done.connect(self._done)
        self._submission.failed.connect(self._failed)
        self._submission.finding_out.connect(lambda: self._tell_problem(OutcomeUnknown()))
        self._submission.busy_changed.connect(lambda _busy: self._show_state())

    def first_focus(self) -> QWidget | None:
        return self.table.list if self.table.proposals else self.send_button

    # --- showing ---

    @property
    def is_busy(self) -> bool:
        """Whether the plan is on its way, or those in trouble are looked at again."""
        return self._looking or self._submission.is_busy

    def _show_state(self) -> None:
        tally = {way: number_of(self.table.proposals, self.table.chosen, way) for way in Way}
        self.progress.setText(tally_words(tally))
        if self._submission.is_busy:
            unknown = self._submission.is_unknown
            text = translate("away", "Finding out…") if unknown else translate("away", "Saving…")
        elif self._looking:
            text = translate("away", "Looking again…")
        else:
            text = send_words(tally, saving=self._saves)
        set_button_text(self.send_button, text)
        self._show_tell()
        focus = QApplication.focusWidget()
        for part in (self.table, self.cancel_button, self.only_save, self.tell, self.tell_parked):
            part.setEnabled(not self.is_busy)
        self.send_button.setEnabled(not self.is_busy)
        if self.isVisible() and focus is not None and not focus.isEnabled():
            self.setFocus()
        elif self.isVisible() and not self.is_busy and QApplication.focusWidget() in {self, None}:
            (self.first_focus() or self).setFocus()

    def _show_tell(self) -> None:
        moved = [one for one in self.table.rows.records if one.choice.way is Way.MOVED]
        lost = sum(not address_of(one.proposal.entry.patient) for one in moved)
        text = translate("away", "&Tell the patients: one message each")
        if lost:
            text += translate("away", " ({n} of them cannot be told: call them)").format(n=lost)
        self.tell.setText(text)
        self.tell.setVisible(bool(moved))
        parked = [one for one in self.table.rows.records if one.choice.way is Way.PARKED]
        self.tell_parked.setVisible(any(address_of(one.proposal.entry.patient) for one in parked))

    # --- doing it ---

    def submit(self) -> None:
        """Do it all, once however often it is asked for."""
        if self.is_busy:
            return
        command = self._command()
        if command.save is None and not command.steps:
            self.reject()
            return
        self.problem.say("")
        database = self._database

        def work() -> object:
            from clinic_desk.services import away

            return away.carry_out(database, command)

        self._submission.send(work)

    def _command(self) -> CarryOut:
        """Return the plan; the same one once more is sent under the same ids."""
        save = self.save if self._saves else None
        parked = self.tell_parked.isChecked()
        looked = replace(self.looked, proposals=self.table.proposals)  # with the times that were typed
        command = plan_of(looked, save, self.table.chosen, tell=self.tell.isChecked(), tell_parked=parked)
        if self._sent is not None and _same(self._sent, command):
            command = self._sent
        self._sent = command
        return command

    def _save_only(self) -> None:
        if not self.is_busy:
            self.table.leave_all()
            self.submit()

    def _done(self, result: CarriedOut) -> None:
        moved = {entry.id for entry in result.entries}
        before = tuple(one.entry for one in self.table.proposals if one.entry.id in moved)
        self.done(self.DialogCode.Accepted)
        self.committed.emit(result, before)

    def _failed(self, error: ClinicDeskError) -> None:
        if isinstance(error, AwayRefused):
            self._look_again(error)
        elif isinstance(error, Refused):
            self.done(self.DialogCode.Rejected)
            self.refused.emit(error)
        else:
            self._tell_problem(error)

    def _tell_problem(self, error: ClinicDeskError) -> None:
        self.problem.say(sentence(error, self.looked.clinic, zone_of(self.save, self.looked.clinic)))
        self._show_state()

    # --- after a conflict ---

    def _look_again(self, error: AwayRefused) -> None:
        """Look at everybody anew; the times that nothing was said against stay promised."""
        taken = frozenset(one.appointment_id for one in error.troubles if not isinstance(one.cause, Conflict))
        promised = kept(self.table.proposals, self.table.chosen, taken)
        for row_id in taken:
            self.table.chosen.pop(row_id, None)
        database, save = self._database, self.save
        self._looking = True
        self._show_state()

        def work() -> Looked:
            from clinic_desk.services import away

            return away.look(database, save, promised)

        self._tasks.query(self, work, lambda found: self._looked_again(error, found), self._not_looked, key="away")

    def _looked_again(self, error: AwayRefused, found: Looked) -> None:
        self._looking = False
        before = {one.entry.id: one.entry for one in self.table.proposals}
        there = {one.entry.id: one for one in found.proposals}
        marks = {
            one.appointment_id: trouble_words(one, there[one.appointment_id], found.clinic)
            for one in error.troubles
            if one.appointment_id in there
        }
        marks |= {
            row_id: translate("away", "booked just now at another desk") for row_id in there if row_id not in before
        }
        gone = [entry for row_id, entry in before.items() if row_id not in there]
        self.looked = found
        self.story.setText(self._story())
        self.problem.say(_nothing_done(gone))
        self.table.show_looked(found, marks)
        self._show_state()

    def _not_looked(self, error: ClinicDeskError) -> None:
        self._looking = False
        self._tell_problem(error)

    # --- a time that was typed ---

    def _judge_typed(self, one: Proposal, starts_at: datetime) -> None:
        """Look whether a patient can come then, beside all that is chosen for the others."""
        if self.is_busy:
            return
        promised = kept(self.table.proposals, self.table.chosen, frozenset({one.entry.id}))
        database, save, row = self._database, self.save, one.entry.appointment
        others = promised_rows(self.table.proposals, promised)
        self._looking = True
        self._show_state()

        def work() -> Typed:
            from clinic_desk.services import away_times

            return away_times.look_at(database, save, row, starts_at, others)

        def found(typed: Typed) -> None:
            self._looking = False
            if typed.slot is not None:
                self.table.accept_typed(row.id, typed.slot)
                self.table.list.setFocus()
                return
            self._show_state()
            self.table.line.setFocus()
            self.table.refuse(row.id, typed_words(typed, one, starts_at, self.looked.clinic))

        self._tasks.query(self, work, found, self._not_looked, key="away")

    # --- leaving and keys ---

    def reject(self) -> None:
        """Leave everything as it is; not while it is not known what became of it."""
        if not self._submission.is_busy:
            super().reject()
            self.given_up.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            focus = QApplication.focusWidget()
            (focus.click if focus in {self.cancel_button, self.only_save} else self.submit)()
            event.accept()
            return
        if event.text().isdigit() and not self.is_busy and self.table.choices.choose_number(int(event.text())):
            event.accept()
            return
        super().keyPressEvent(event)


def _same(one: CarryOut, other: CarryOut) -> bool:
    """Whether two plans ask for the same; the operation ids are not looked at."""
    if len(one.steps) != len(other.steps):
        return False
    steps = all(
        replace(mine, operation_id=its.operation_id) == its for mine, its in zip(one.steps, other.steps, strict=True)
    )
    return steps and replace(one, steps=(), operation_id=other.operation_id) == replace(other, steps=())


def _nothing_done(gone: list[Entry]) -> str:
    told = translate("away", "Nothing was done yet: another desk was quicker. What is marked has been looked at again.")
    names = ", ".join(one_line(entry.patient.display_name) for entry in gone[:3])
    if len(gone) > 3:
        names = translate("away", "{names} and {n} more").format(names=names, n=len(gone) - 3)
    if not gone:
        return told
    return f"{told} " + translate("away", "No longer booked then: {names}.").format(names=names)
