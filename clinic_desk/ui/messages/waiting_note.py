"""The moment before a message leaves, shown on the note of the change it tells: counted down, and "Don't tell"."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer
from PySide6.QtWidgets import QLabel, QPushButton
from shiboken6 import isValid

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.message_list import MessageRow
from clinic_desk.domain.messaging import Kind, QueueStatus
from clinic_desk.domain.records import Entry
from clinic_desk.notifications.planning import address_of
from clinic_desk.services import message_actions, messages
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.messages.words import channel_text, left_text
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.shell.toasts import Toast, Toasts

translate = QCoreApplication.translate
_TELLS: Final = frozenset({Kind.CONFIRMATION, Kind.RESCHEDULED, Kind.CANCELLED})
_LONGEST_MS: Final = 30_000
"""So long a note stays at most, however long the message waits."""
_AFTER_MS: Final = 3_000
_SECOND_MS: Final = 1_000


class WaitingNotes(QObject):
    """Looks, after each change of this desk, what the patient will be told of it."""

    def __init__(self, desk: Connected, toasts: Toasts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._toasts = toasts
        self._newest: dict[UUID, Toast] = {}

    def follow(self, toast: Toast, entry: Entry) -> None:
        """Add to a note what leaves because of the change that made this version of an appointment.

        The note of an earlier change of it goes: what it counts down to was taken back or replaced by this one.
        """
        self._newest = {each: note for each, note in self._newest.items() if isValid(note)}
        before = self._newest.get(entry.id)
        if before is not None and before is not toast:
            before.close()
        self._newest[entry.id] = toast
        if not address_of(entry.patient):
            return
        database = self._desk.database
        self._desk.tasks.query(
            toast,
            lambda: messages.messages_about(database, entry.id),
            lambda rows: self._found(toast, entry, rows),
            lambda error: None,
        )

    def _found(self, toast: Toast, entry: Entry, rows: tuple[MessageRow, ...]) -> None:
        waiting = [row for row in rows if row.kind in _TELLS and row.status is QueueStatus.PENDING]
        if waiting and not toast.isHidden():
            CountDown(toast, waiting[-1], self._desk).not_wanted.clicked.connect(
                lambda _checked: self._recall(toast, entry)
            )
            left = (waiting[-1].due_at - self._desk.store.freshness.now()).total_seconds()
            self._toasts.keep(toast, max(8_000, min(_LONGEST_MS, int(left * 1000) + _AFTER_MS)))

    def _recall(self, toast: Toast, entry: Entry) -> None:
        toast.close()
        operation_id, database, version = new_id(), self._desk.database, entry.appointment.version
        submission = Submission(self._desk.tasks, self)
        submission.done.connect(self._told)
        submission.failed.connect(
            lambda error: self._toasts.show_text(
                sentence(error, self._desk.store.clinic, entry.appointment.zone), level="danger"
            )
        )
        submission.done.connect(submission.deleteLater)
        submission.failed.connect(submission.deleteLater)
        submission.send(lambda: message_actions.recall(database, entry.id, version, operation_id))

    def _told(self, count: object) -> None:
        self._toasts.show_text(
            translate("messages", "The patient is not told.")
            if count
            else translate("messages", "The message was quicker: it has left.")
        )


class CountDown(QObject):
    """`SMS in 18 s` and the button that calls it back, on a note; both go with the note."""

    def __init__(self, toast: Toast, row: MessageRow, desk: Connected) -> None:
        super().__init__(toast)
        self._row = row
        self._clock = desk.store.freshness
        self.label = QLabel()
        self.label.setObjectName("toast_waiting")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setProperty("role", "muted")
        self.not_wanted = QPushButton(translate("messages", "Don't tell"))
        self.not_wanted.setObjectName("toast_not_tell")
        self.not_wanted.setProperty("kind", "link")
        toast.row.insertWidget(1, self.label)
        toast.row.insertWidget(toast.row.count() - 1, self.not_wanted)
        self._timer = QTimer(self, interval=_SECOND_MS)
        self._timer.timeout.connect(lambda: self.tell(self._clock.now()))
        self._timer.start()
        self.tell(self._clock.now())

    def tell(self, now: datetime) -> None:
        """Say how long it still waits."""
        left = int((self._row.due_at - now).total_seconds())
        channel = channel_text(self._row.channel)
        if left > 0:
            text = translate("messages", "· {channel} in {left}").format(channel=channel, left=left_text(left))
        else:
            text = translate("messages", "· {channel} leaves now").format(channel=channel)
            self._timer.stop()
        self.label.setText(text)
