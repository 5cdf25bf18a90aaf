"""What cancelling and deleting have in common: a sheet that asks, sends once, and asks again if the row was changed."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.quick import Quick, is_as_wished
from clinic_desk.domain.records import Clinic, Entry
from clinic_desk.domain.refusals import Conflict
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, OutcomeUnknown
from clinic_desk.ui.booking.fields import Remark, button, plain_label
from clinic_desk.ui.booking.merge_text import status_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import day_span_text, one_line
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate


class EndDialog(Sheet):
    """Asks before an appointment is ended. `ended` tells of it once the database has it."""

    ended = Signal(object)
    """The Entry as the database holds it now."""
    crossed = Signal(object, object, object)
    """The domain.quick.Quick that was sent, the Entry it was about, and the Entry that another desk made of it first;
    nothing is asked here any more."""

    def __init__(self, database: Database, tasks: Tasks, clinic: Clinic, entry: Entry, parent: QWidget) -> None:
        super().__init__(parent, width=600)
        self.clinic = clinic
        self.entry = entry
        self._database = database
        self._title = plain_label("", "title", wrap=True)
        self._story = plain_label("", wrap=True)
        self.problem = Remark()
        self.problem.setObjectName("end_problem")
        self.problem.setProperty("boxed", "true")
        self.middle = QVBoxLayout()
        self.keep_button = button("", "end_keep", self.reject)
        self.end_button = button("", "end_confirm", self.submit, "primary")
        self._submission = Submission(tasks, self)
        self._submission.done.connect(self._done)
        self._submission.failed.connect(self._failed)
        self._submission.finding_out.connect(lambda: self._tell(OutcomeUnknown()))
        self._submission.busy_changed.connect(self._show_busy)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.keep_button)
        buttons.addWidget(self.end_button)
        self.body.addWidget(self._title)
        self.body.addWidget(self._story)
        self.body.addLayout(self.middle)
        self.body.addWidget(self.problem)
        self.body.addLayout(buttons)

    def name(self, title: str, story: str, keep: str, end: str) -> None:
        """Write title, what it is about, and the two buttons."""
        self._title.setText(title)
        self._story.setText(story)
        self.setAccessibleName(title)
        self.setAccessibleDescription(story)
        self.keep_button.setText(keep)
        self.keep_button.setAccessibleName(keep.replace("&", ""))
        self.end_button.setText(end)
        self.end_button.setAccessibleName(end.replace("&", "").replace("⏎", "").strip())
        self.end_button.setDefault(True)

    def about(self) -> str:
        """Return `Clara Jensen · Tue 24 Nov, 09:45–10:00 · Dr. Weber` of the appointment as it is known."""
        row = self.entry.appointment
        return " · ".join(
            (
                one_line(self.entry.patient.display_name),
                day_span_text(to_wall(row.starts_at, row.zone), to_wall(row.ends_at, row.zone)),
                one_line(self.clinic.practitioner(row.practitioner_id).name),
            )
        )

    @property
    @abstractmethod
    def command(self) -> Quick:
        """What is sent."""

    @abstractmethod
    def work(self) -> Entry:
        """Carry the command out, on the command lane."""

    @abstractmethod
    def renew(self) -> None:
        """Make the command anew, for `entry` as it is known now."""

    def submit(self) -> None:
        """Do it, once however often it is asked for."""
        self.problem.say("")
        self._submission.send(self.work)

    def _done(self, entry: Entry) -> None:
        self.done(self.DialogCode.Accepted)
        self.ended.emit(entry)

    def _failed(self, error: ClinicDeskError) -> None:
        if isinstance(error, Conflict):
            self._changed_meanwhile(error.now)
            return
        self.renew()
        self._tell(error)
        self.end_button.setFocus()

    def _changed_meanwhile(self, now: Entry) -> None:
        """Another desk was first: both are shown side by side, but for one that is ended as it was to be."""
        if not is_as_wished(now.appointment, self.command):
            self.done(self.DialogCode.Rejected)
            self.crossed.emit(self.command, self.entry, now)
            return
        self.entry = now
        desk = one_line(now.changed.desk) if now.changed else translate("ending", "another desk")
        self._story.setText(self.about())
        status = status_text(now.appointment.status)
        told = translate("ending", "It was changed at {desk} just now: {status}. There is nothing left to do.")
        self.problem.say(told.format(desk=desk, status=status), "warning")
        self.end_button.setEnabled(False)
        self.arrange()

    def _tell(self, error: ClinicDeskError) -> None:
        self.problem.say(sentence(error, self.clinic, self.entry.appointment.zone))
        self.arrange()

    def _show_busy(self, busy: bool) -> None:
        self.end_button.setEnabled(not busy)
        self.keep_button.setEnabled(not busy)

    def reject(self) -> None:
        """Leave it as it is; not while it is not known what became of it."""
        if not self._submission.is_busy:
            super().reject()
