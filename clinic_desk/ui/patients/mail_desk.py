"""E-mails a patient's own list from her page, takes it back, and says what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from clinic_desk.domain.message_list import MessageRefused, MessageRow, OnMessage, SendList
from clinic_desk.domain.messaging import QueueStatus
from clinic_desk.services import message_actions, own_list
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import breakable, one_line
from clinic_desk.ui.messages.story import refusal_text
from clinic_desk.ui.messages.words import when_text

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.domain.patients_record import PatientRecord
    from clinic_desk.errors import ClinicDeskError
    from clinic_desk.ui.patients.desk import PatientPage

translate = QCoreApplication.translate
_LEFT = frozenset({QueueStatus.SENT, QueueStatus.DELIVERED})


class PatientMail(QObject):
    """Of one open page, with which it ends."""

    def __init__(self, page: PatientPage) -> None:
        super().__init__(page)
        self._page = page
        self._asked: UUID | None = None
        self._follows: UUID | None = None
        self._undo_next = False
        self._submission = Submission(page.space.desk.tasks, self)
        self._submission.done.connect(self._done)
        self._submission.failed.connect(self._failed)
        page.sheet.shown.connect(self._look)

    def send(self) -> None:
        """Send it, however often this is asked for while it is on its way."""
        database, command = self._page.space.desk.database, SendList(self._page.stays)
        if self._submission.send(lambda: own_list.send_list(database, command)):
            self._asked = command.new_message_id

    def take_back(self, row: MessageRow) -> None:
        """Take it back, if it has not left; when what is on its way is known, if something is."""
        database, act = self._page.space.desk.database, OnMessage(row.id)
        self._undo_next = not self._submission.send(lambda: message_actions.cancel(database, act))

    def _done(self, row: MessageRow) -> None:
        page, undo_next = self._page, self._undo_next
        self._undo_next = False
        if undo_next and row.status is QueueStatus.PENDING:
            self.take_back(row)
            return
        if row.status is QueueStatus.CANCELLED:
            page.sheet.say(translate("record", "✓ Taken back: no list is sent."), "ok")
        elif row.id != self._asked and row.status in _LEFT:
            at = when_text(row.sent_at or row.due_at, page.sheet.zone, page.space.store.freshness.now())
            told = translate("record", "The same list went to {address} at {time} already.")
            page.sheet.say(told.format(address=_address(row), time=at), "muted")
        else:
            self._follows = row.id
            page.sheet.say(translate("record", "The list goes to {address}.").format(address=_address(row)), "ok")
        page.read()

    def _failed(self, error: ClinicDeskError) -> None:
        self._undo_next = False
        if isinstance(error, MessageRefused):
            self._page.sheet.say(refusal_text(error), "warning")
            self._page.read()
        else:
            self._page.tell(error)

    def _look(self, record: PatientRecord) -> None:
        """Say once what became of the list that was sent from here."""
        row = next((row for row in record.messages if row.id == self._follows), None)
        if row is None or row.status in {QueueStatus.PENDING, QueueStatus.LEASED, QueueStatus.SENDING}:
            return
        self._follows = None
        if row.status in _LEFT:
            told = translate("record", "✓ The list went to {address}.")
            self._page.sheet.say(told.format(address=_address(row)), "ok")
        elif row.code == "list-changed":
            told = translate("record", "The list was not sent: her appointments changed meanwhile. Send it again.")
            self._page.sheet.say(told, "warning")
        elif row.code != "recalled":
            self._page.sheet.say(translate("record", "The list was not sent: see Messages."), "danger")


def _address(row: MessageRow) -> str:
    """Return where a list goes, as a narrow line can show it."""
    return breakable(one_line(row.address), 20)


def mail_of(page: PatientPage) -> PatientMail:
    """Return what e-mails for a page, made when it is wanted first."""
    made = page.findChild(PatientMail)
    return made if isinstance(made, PatientMail) else PatientMail(page)
