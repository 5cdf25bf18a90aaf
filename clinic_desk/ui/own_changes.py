"""What this desk changes: sent once, let into the store when committed, told in a note, taken back and done again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Entry
from clinic_desk.domain.refusals import Conflict
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.shell.toasts import Toasts
from clinic_desk.ui.told import already_text, done_text
from clinic_desk.ui.undo.history import UndoStack
from clinic_desk.ui.undo.taking_back import TakingBack

if TYPE_CHECKING:
    from clinic_desk.domain.commands import Update
    from clinic_desk.domain.quick import Quick
    from clinic_desk.domain.undoing import Deed

    Sendable = Update | Quick


class OwnChanges(QObject):
    """Sends changes that need no form, and is told of those that a form or a drag committed."""

    finished = Signal(object)
    """The Entry after a change that was sent here, whatever came of it (as the user sees it now)."""
    crossed = Signal(object, object, object)
    """What one key was to change (a domain.quick.Quick), the Entry as it was seen, and the Entry that another desk made
    of it: it was not changed, and is asked about."""
    noted = Signal(object, object)
    """The Toast that tells of a change that stands, and the Entry as it is now."""

    def __init__(self, desk: Connected, toasts: Toasts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._toasts = toasts
        self.stack = UndoStack(self)
        self.reads_only = False
        """Nothing can be changed at this desk; `why_not` says why."""
        self.why_not = reads_only_text()
        self.taking_back = TakingBack(self, desk, toasts)

    def committed(self, before: Entry | None, after: Entry) -> None:
        """A change of this desk stands: show it, say it, and offer to take it back."""
        from clinic_desk.domain.undoing import Deed

        self._desk.store.apply_entry(after)
        text = done_text(before, after, self._desk.store.clinic)
        if self._is_own(before, after):
            mark = (after.id, after.appointment.version)
            self.stack.did(Deed(mark, before, after))
            toast = self._toasts.show_text(
                text, action=self.tr("Undo"), act=lambda: self.taking_back.take_back_told(mark)
            )
        else:
            toast = self._toasts.show_text(text)
        self.noted.emit(toast, after)

    def _is_own(self, before: Entry | None, after: Entry) -> bool:
        """Whether this desk changed anything: what was wanted may have stood already, by another desk."""
        own_desk = after.changed is None or after.changed.desk == self._desk.database.desk.name
        return own_desk and (before is None or before.appointment.version != after.appointment.version)

    def send(self, command: Sendable, before: Entry) -> None:
        """Carry out a change of `before`, the appointment as the user saw it."""
        database = self._desk.database
        self.submit(
            lambda: perform(database, command),
            lambda after: self.committed(before, after),
            lambda error: self._refused(command, before, error),
        )

    def undo_last(self) -> None:
        """Take back the newest change that can be."""
        self.taking_back.wish(again=False)

    def redo_last(self) -> None:
        """Do again what was taken back last."""
        self.taking_back.wish(again=True)

    def committed_together(self, text: str, *deeds: Deed) -> None:
        """A change of several appointments stands, and they are shown: say it, and offer to take it back.

        One that was made part by part has a deed for each part; they are taken back in one go.
        """
        from clinic_desk.domain.ids import new_id

        group = new_id() if len(deeds) > 1 else None
        for deed in deeds:
            has_words = deed.text or deed.names
            self.stack.did(replace(deed, text=deed.text if has_words else text, group=group))
        mark = deeds[-1].mark
        self._toasts.show_text(text, action=self.tr("Undo"), act=lambda: self.taking_back.take_back_told(mark))

    def say(self, error: ClinicDeskError, about: Entry) -> None:
        """Say in a note why something was not done."""
        from clinic_desk.ui.sentences import sentence

        text = sentence(error, self._desk.store.clinic, about.appointment.zone)
        self._toasts.show_text(text, level="danger")

    def refuses(self) -> bool:
        """Whether nothing can be changed here; a note says why then."""
        if self.reads_only:
            self.tell(self.why_not)
        return self.reads_only

    def tell(self, text: str) -> None:
        """Say something in a note."""
        self._toasts.show_text(text)

    def tell_trouble(self, text: str) -> None:
        """Say in a note what did not work."""
        self._toasts.show_text(text, level="danger")

    # --- sending ---

    def submit(
        self, work: Callable[[], object], done: Callable[..., None], failed: Callable[[ClinicDeskError], None]
    ) -> None:
        """One submission per change: the lane keeps their order, and each is pursued until its end is known."""
        submission = Submission(self._desk.tasks, self)
        submission.done.connect(done)
        submission.failed.connect(failed)
        submission.done.connect(submission.deleteLater)
        submission.failed.connect(submission.deleteLater)
        submission.finding_out.connect(
            lambda: self._toasts.show_text(
                self.tr("The database has not answered whether this was saved. It is being found out."), level="warning"
            )
        )
        submission.send(work)

    def _refused(self, command: Sendable, before: Entry, error: ClinicDeskError) -> None:
        if isinstance(error, Conflict):
            from clinic_desk.domain.commands import Update

            if not isinstance(command, Update):
                self.meet(command, before, error.now)
                return
        self.say(error, before)
        self.finished.emit(before)

    def meet(self, wish: Quick, seen: Entry, now: Entry) -> None:
        """Another desk was first with an appointment that one key was to change: both stand, or it is asked."""
        from clinic_desk.domain.commands import SetStatus
        from clinic_desk.domain.quick import is_as_wished

        self._desk.store.apply_entry(now)
        was, row = seen.appointment, now.appointment
        if is_as_wished(row, wish):
            self._toasts.show_text(already_text(now))  # whoever was first: it is as it was wished here
            self.finished.emit(now)
        elif isinstance(wish, SetStatus) and (was.status, was.present_room_id) == (row.status, row.present_room_id):
            # Another desk changed something else: both changes stand, as they would in the dialog.
            self.send(replace(wish, version=row.version), now)
        else:
            self.crossed.emit(wish, seen, now)
            self.finished.emit(now)


def reads_only_text() -> str:
    """Return why nothing can be changed at this desk."""
    return QCoreApplication.translate("OwnChanges", "Your login may only look: nothing can be changed here.")


def perform(database: Database, command: Sendable) -> Entry:
    """Carry out a change; for the command lane, which imports what nobody needs before."""
    from clinic_desk.domain.commands import Cancel, Park, SetStatus, Update
    from clinic_desk.services import booking

    match command:
        case SetStatus():
            return booking.set_status(database, command)
        case Cancel():
            return booking.cancel(database, command)
        case Park():
            return booking.park(database, command)
        case Update():
            return booking.update(database, command)
