"""What booking a series and moving one have in common: fields above, the dates looked at below, sent once."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Clinic, Entry
from clinic_desk.domain.series import PlannedDate, SeriesRefused
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.ui.booking.fields import Remark, TickBox, button, plain_label, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.series.kept_focus import KeptFocus
from clinic_desk.ui.series.looking import DatesLooker
from clinic_desk.ui.series.plan_view import PlanView
from clinic_desk.ui.series.words import refusal_words, tally_words
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate
_WIDTH = 820
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class PlanSheet(Sheet):
    """Nothing is sent before every date was looked at and is on screen. Esc ends the look, or leaves."""

    committed = Signal(object)
    """The entries (tuple of Entry) as the database holds them now."""

    def __init__(
        self,
        database: Database,
        tasks: Tasks,
        clinic: Clinic,
        zone: str,
        parent: QWidget,
        *,
        clock: Callable[[], datetime],
        changing: bool,
    ) -> None:
        super().__init__(parent, width=_WIDTH)
        self.clinic = clinic
        self.zone = zone
        self._database = database
        self._changing = changing
        self.looker = DatesLooker(database, tasks, clinic, self)
        self._submission = Submission(tasks, self)
        self.title = plain_label("", "title", wrap=True)
        self.story = plain_label("", "muted", wrap=True)
        self.plan = PlanView(clinic, zone, clock, changing=changing)
        self.tell = TickBox()
        self.tell.setObjectName("series_tell")
        self.problem = Remark()
        self.problem.setObjectName("series_problem")
        self.problem.setProperty("boxed", "true")
        self.progress = plain_label("", "muted")
        self.progress.setObjectName("series_progress")
        self.cancel_button = button(translate("series", "Cancel"), "series_cancel", self.reject)
        self.send_button = button("", "series_send", self.submit, "primary")
        self._ready = False
        self._focus = KeptFocus(self, {self.plan: self.plan.list})
        self._connect()

    def lay_out(self, fields: QWidget) -> None:
        """Put the fields above the dates; the buttons below."""
        footer = QHBoxLayout()
        footer.addWidget(self.progress, 1)
        footer.addWidget(self.cancel_button)
        footer.addWidget(self.send_button)
        for part in (self.title, self.story, fields, self.plan, self.tell, self.problem):
            self.body.addWidget(part)
        self.body.addLayout(footer)
        self.send_button.setDefault(True)

    def _connect(self) -> None:
        self.looker.progressed.connect(lambda done, total: self.progress.setText(_progress_text(done, total)))
        self.looker.looked.connect(self._looked)
        self.looker.failed.connect(self._look_failed)
        self.plan.changed.connect(self._show_state)
        self.plan.entered.connect(self.submit)
        self.plan.left.connect(self.reject)
        self._submission.done.connect(self._done)
        self._submission.failed.connect(self._failed)
        self._submission.finding_out.connect(lambda: self._tell(OutcomeUnknown()))
        self._submission.busy_changed.connect(lambda _busy: self._show_state())

    # --- what a kind of plan says ---

    @abstractmethod
    def planned(self) -> Sequence[PlannedDate] | None:
        """Return the dates to look at; None if the fields do not say (they tell why)."""

    @abstractmethod
    def work(self) -> Callable[[], object] | None:
        """Return what carries the plan out on the command lane; None if there is nothing to do."""

    @abstractmethod
    def send_text(self, number: int) -> str:
        """Return what the button says for so many dates."""

    def idle_text(self) -> str:
        """Return what is said while there are no dates to look at."""
        return ""

    @abstractmethod
    def fields_widget(self) -> QWidget:
        """Return the widget of the fields above."""

    # --- looking ---

    def look(self) -> None:
        """Look at the dates anew: the fields say something else, or time has passed."""
        self._ready = False
        dates = self.planned()
        if dates:
            self.looker.look(dates)
        else:
            self.looker.stop()
            self.plan.show_dates(())
        self._show_state()

    def _looked(self, dates: tuple[PlannedDate, ...]) -> None:
        self._ready = True
        self.plan.show_dates(dates)
        if not self.plan.list.hasFocus():
            self.plan.go_to_trouble()
        self._show_state()

    def _look_failed(self, error: ClinicDeskError) -> None:
        self._tell(error)
        self.progress.setText(translate("series", "The dates could not be looked at."))

    def _show_state(self) -> None:
        tally, busy = self.plan.tally(), self._submission.is_busy
        if self._ready:
            self.progress.setText(tally_words(tally, changing=self._changing))
        elif not self.looker.is_looking and not self.problem.text():
            self.progress.setText(self.idle_text())
        if busy:
            text = (
                translate("series", "Finding out…") if self._submission.is_unknown else translate("series", "Saving…")
            )
            set_button_text(self.send_button, text)
        else:
            set_button_text(self.send_button, self.send_text(tally.kept))
        self._focus.note()
        self.send_button.setEnabled(self._ready and tally.kept > 0 and not busy)
        self.cancel_button.setEnabled(not busy)
        self.fields_widget().setEnabled(not busy)
        self.plan.setEnabled(not busy and self._ready)
        self._focus.give_back()

    # --- sending ---

    def submit(self) -> None:
        """Do it, once however often it is asked for; not before every date was looked at."""
        work = self.work() if self._ready else None
        if work is not None and not self._submission.is_busy:
            self.problem.say("")
            self._submission.send(work)

    def _done(self, entries: tuple[Entry, ...]) -> None:
        self.done(self.DialogCode.Accepted)
        self.committed.emit(entries)

    def _failed(self, error: ClinicDeskError) -> None:
        if isinstance(error, SeriesRefused):
            self.problem.say(refusal_words(error.day, error.cause, self.clinic, self.zone))
            self.refused(error)
            self.look()
        else:
            self._tell(error)

    def refused(self, error: SeriesRefused) -> None:
        """A date was refused: take over what is known of it now, before it is looked at again."""

    def _tell(self, error: ClinicDeskError) -> None:
        self.problem.say(sentence(error, self.clinic, self.zone))
        self._show_state()

    # --- leaving and keys ---

    def reject(self) -> None:
        """Leave everything as it is; not while it is not known what became of it."""
        if not self._submission.is_busy:
            self.looker.stop()
            super().reject()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            self.submit()
            event.accept()
            return
        if event.text().isdigit() and self.plan.isEnabled() and self.plan.choices.choose_number(int(event.text())):
            event.accept()
            return
        super().keyPressEvent(event)


def _progress_text(done: int, total: int) -> str:
    return translate("series", "Looking at date {done} of {total}…").format(done=min(done + 1, total), total=total)
