"""Carries out what is asked for with a message or a reply, and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.message_list import Candidate, FileReply, MessageRefused, MessageRow, OnMessage, ReplyRow, Why
from clinic_desk.domain.messaging import QueueStatus
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import message_actions, replies
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.messages.story import refusal_text
from clinic_desk.ui.messages.words import channel_text
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.shell.toasts import Toasts

translate = QCoreApplication.translate


class MessageActing(QObject):
    """One submission per act; each is pursued until its end is known."""

    changed = Signal(object)
    """The MessageRow as it stands after an act of this desk."""
    filed = Signal()
    """A reply was filed, or turned out to be."""

    def __init__(self, desk: Connected, toasts: Toasts, window: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._toasts = toasts
        self._window = window

    # --- messages ---

    def act(self, name: str, row: MessageRow) -> None:
        """Do what the action of this name says."""
        if name == "retry" and row.status is QueueStatus.UNKNOWN:
            self._ask_again(row)
        elif name in {"call", "done"}:
            self._deal_with(name, row)
        else:
            {"retry": self.retry, "cancel": self.cancel, "send_now": self.send_now, "allow": self.allow_again}.get(
                name, self.send_by_other
            )(row)

    def retry(self, row: MessageRow) -> None:
        """Send it again."""
        act, db = OnMessage(row.id), self._desk.database
        told = translate("messages", "It is sent again: {name}").format(name=one_line(row.patient_name))
        self._submit(lambda: message_actions.retry(db, act), told)

    def cancel(self, row: MessageRow) -> None:
        """Take it back."""
        act, db = OnMessage(row.id), self._desk.database
        told = translate("messages", "Taken back: {name} is not told.").format(name=one_line(row.patient_name))
        self._submit(lambda: message_actions.cancel(db, act), told)

    def send_now(self, row: MessageRow, *, even_if_quiet: bool = False) -> None:
        """Let it leave now; asks if it is quiet."""
        act, db = OnMessage(row.id), self._desk.database
        told = translate("messages", "It leaves now: {name}").format(name=one_line(row.patient_name))
        self._submit(
            lambda: message_actions.send_now(db, act, even_if_quiet=even_if_quiet),
            told,
            lambda error: self._ask_quiet(row, error),
        )

    def send_by_other(self, row: MessageRow) -> None:
        """Send it by the other channel."""
        other = row.other_channel
        if other is None:
            return
        act, db = OnMessage(row.id), self._desk.database
        told = translate("messages", "It goes by {channel} now: {name}")
        told = told.format(channel=channel_text(other), name=one_line(row.patient_name))
        self._submit(lambda: message_actions.send_by(db, act, other), told)

    def allow_again(self, row: MessageRow) -> None:
        """The patient's address may be used again."""
        operation_id, db = new_id(), self._desk.database
        told = translate("messages", "Messages to {name} are allowed again.").format(name=one_line(row.patient_name))
        self._submit(lambda: message_actions.allow_again(db, row.patient_id, row.channel, operation_id), told)

    def _deal_with(self, name: str, row: MessageRow) -> None:
        act, db = OnMessage(row.id), self._desk.database
        how: message_actions.How = "call" if name == "call" else "done"
        told = (
            translate("messages", "Noted: you will call {name}.")
            if name == "call"
            else translate("messages", "Noted as done: {name}")
        )
        self._submit(lambda: message_actions.deal_with(db, act, how), told.format(name=one_line(row.patient_name)))

    def _ask_again(self, row: MessageRow) -> None:
        self._ask(
            translate("messages", "Send it again?"),
            translate("messages", "It is not known whether it went: {name} may get it twice.").format(
                name=one_line(row.patient_name)
            ),
            translate("messages", "Send again ⏎"),
            partial(self.retry, row),
        )

    def _ask_quiet(self, row: MessageRow, error: ClinicDeskError) -> bool:
        if not (isinstance(error, MessageRefused) and error.reason is Why.QUIET_HOURS):
            return False
        self._ask(
            translate("messages", "Send it in the quiet hours?"),
            translate("messages", "It would wait for the morning. {name} may be asleep.").format(
                name=one_line(row.patient_name)
            ),
            translate("messages", "Send now ⏎"),
            partial(self.send_now, row, even_if_quiet=True),
        )
        return True

    def _ask(self, title: str, question: str, yes: str, act: Callable[[], None]) -> None:
        sheet = AskSheet(title, question, yes, self._window)
        sheet.answered.connect(lambda agreed: act() if agreed else None)
        sheet.open()

    # --- replies ---

    def take_as_yes(self, row: ReplyRow) -> None:
        """The reply means that the patient comes."""
        of = row.owner if row.owner is not None and row.owner.appointment_id is not None else row.candidates[0]
        command = FileReply(row.id, row.version, of.patient_id, of.appointment_id, confirms=True)
        told = translate("messages", "Confirmed: {name}").format(name=one_line(of.patient_name))
        self._file(command, told)

    def file(self, row: ReplyRow) -> None:
        """The reply needs nobody any more."""
        self._file(FileReply(row.id, row.version), translate("messages", "Noted as done."))

    def assign(self, row: ReplyRow, candidate: Candidate) -> None:
        """The reply is from this patient; it stays open."""
        command = FileReply(row.id, row.version, candidate.patient_id, candidate.appointment_id, done=False)
        self._file(command, translate("messages", "From {name}").format(name=one_line(candidate.patient_name)))

    def _file(self, command: FileReply, told: str) -> None:
        db = self._desk.database
        self._submit(lambda: replies.file_reply(db, command), told)

    # --- sending ---

    def _submit(
        self, work: Callable[[], object], told: str, asks: Callable[[ClinicDeskError], bool] = lambda _error: False
    ) -> None:
        submission = Submission(self._desk.tasks, self)
        submission.done.connect(lambda result: self._done(result, told))
        submission.failed.connect(lambda error: self._failed(error, asks))
        submission.done.connect(submission.deleteLater)
        submission.failed.connect(submission.deleteLater)
        submission.send(work)

    def _done(self, result: object, told: str) -> None:
        self._toasts.show_text(told)
        if isinstance(result, MessageRow):
            self.changed.emit(result)
        else:
            self.filed.emit()

    def _failed(self, error: ClinicDeskError, asks: Callable[[ClinicDeskError], bool]) -> None:
        if asks(error):
            return
        if isinstance(error, MessageRefused):
            is_news = error.reason in {Why.LEFT, Why.FILED}
            self._toasts.show_text(refusal_text(error), level="" if is_news else "danger")
        else:
            self._toasts.show_text(sentence(error, self._desk.store.clinic, "UTC"), level="danger")
        self.filed.emit()
