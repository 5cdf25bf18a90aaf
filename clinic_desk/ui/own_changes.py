"""What this desk changes: sent once, let into the store when committed, told in a note, and taken back on request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Entry
from clinic_desk.domain.refusals import Conflict
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui import boards
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.shell.toasts import Toasts
from clinic_desk.ui.told import already_text, done_text
from clinic_desk.ui.undo import Done, DoneTogether, UndoStack

if TYPE_CHECKING:
    from clinic_desk.domain.undoing import Undoing


class OwnChanges(QObject):
    """Sends changes that need no form, and is told of those that a form or a drag committed."""

    finished = Signal(object)
    """The Entry after a change that was sent here, whatever came of it (as the user sees it now)."""
    noted = Signal(object, object)
    """The Toast that tells of a change that stands, and the Entry as it is now."""

    def __init__(self, desk: Connected, toasts: Toasts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._toasts = toasts
        self.stack = UndoStack(self)
        self.reads_only = False
        """Whoever is signed in may only look."""

    def committed(self, before: Entry | None, after: Entry) -> None:
        """A change of this desk stands: show it, say it, and offer to take it back."""
        self._desk.store.apply_entry(after)
        beside = boards.beside(self._desk.store.boards.values(), before) if before is not None else frozenset()
        done = self.stack.push(before, after, beside)
        text = done_text(before, after, self._desk.store.clinic)
        if done is None:
            toast = self._toasts.show_text(text)
        else:
            toast = self._toasts.show_text(text, action=self.tr("Undo"), act=lambda: self._take_back(done))
        self.noted.emit(toast, after)

    def send(self, command: Undoing, before: Entry) -> None:
        """Carry out a change of `before`, the appointment as the user saw it."""
        self._submit(
            command, lambda after: self.committed(before, after), lambda error: self._refused(command, before, error)
        )

    def undo_last(self) -> None:
        """Take back the newest change that can be."""
        done = self.stack.last()
        if isinstance(done, DoneTogether):
            self._take_back_together(done)
        elif done is not None:
            self._take_back(done)

    def committed_together(self, text: str, done: DoneTogether) -> None:
        """A change of several appointments stands, and they are shown: say it, and offer to take it back if it can."""
        self.stack.push_together(done)
        if done.take_back is None:
            self._toasts.show_text(text)
        else:
            self._toasts.show_text(text, action=self.tr("Undo"), act=lambda: self._take_back_together(done))

    def say(self, error: ClinicDeskError, about: Entry) -> None:
        """Say in a note why something was not done."""
        from clinic_desk.ui.sentences import sentence

        text = sentence(error, self._desk.store.clinic, about.appointment.zone)
        self._toasts.show_text(text, level="danger")

    def refuses(self) -> bool:
        """Whether whoever is signed in may only look; a note says so then."""
        if self.reads_only:
            self.tell(reads_only_text())
        return self.reads_only

    def tell(self, text: str) -> None:
        """Say something in a note."""
        self._toasts.show_text(text)

    def tell_trouble(self, text: str) -> None:
        """Say in a note what did not work."""
        self._toasts.show_text(text, level="danger")

    # --- sending ---

    def _submit(
        self, command: Undoing, done: Callable[[Entry], None], failed: Callable[[ClinicDeskError], None]
    ) -> None:
        """One submission per change: the lane keeps their order, and each is pursued until its end is known."""
        database = self._desk.database
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
        submission.send(lambda: perform(database, command))

    def _refused(self, command: Undoing, before: Entry, error: ClinicDeskError) -> None:
        if isinstance(error, Conflict):
            now = error.now
            self._desk.store.apply_entry(now)
            from clinic_desk.domain.commands import SetStatus

            if isinstance(command, SetStatus) and command.is_so(now.appointment):
                self._toasts.show_text(already_text(now))  # whoever was first: it is as it was wished here
                self.finished.emit(now)
                return
            if isinstance(command, SetStatus) and now.appointment.status is before.appointment.status:
                # Another desk changed something else: both changes stand, as they would in the dialog.
                self.send(replace(command, version=now.appointment.version), now)
                return
        self.say(error, before)
        self.finished.emit(before)

    # --- taking back ---

    def _take_back(self, done: Done) -> None:
        current = self.stack.current(done)
        command = current.command if current is not None else None
        if current is None or command is None:
            self._toasts.show_text(self.tr("This was taken back already."))
            return
        self.stack.remove(current)
        self._submit(command, lambda after: self._taken_back(current, after), lambda error: self._stays(current, error))

    def _take_back_together(self, done: DoneTogether) -> None:
        if done not in self.stack:
            self._toasts.show_text(self.tr("This was taken back already."))
            return
        self.stack.remove(done)
        if done.take_back is None:
            self._toasts.show_text(done.instead, level="warning")
        else:
            done.take_back()

    def _taken_back(self, done: Done, after: Entry) -> None:
        self._desk.store.apply_entry(after)
        self.stack.moved_on(after)
        text = done_text(done.before, done.after, self._desk.store.clinic)
        self.noted.emit(self._toasts.show_text(self.tr("Undone: {what}").format(what=text)), after)
        self.finished.emit(after)

    def _stays(self, done: Done, error: ClinicDeskError) -> None:
        if not isinstance(error, Conflict):
            self.stack.restore(done)
            self.say(error, done.after)
            return
        self.stack.forget(done.after.id)
        self._desk.store.apply_entry(error.now)
        changed = error.changed
        who = self.tr("{person} at {desk}").format(person=changed.person, desk=changed.desk) if changed else "?"
        self._toasts.show_text(
            self.tr("This cannot be taken back: {who} changed the appointment since.").format(who=who), level="danger"
        )


def reads_only_text() -> str:
    """Return why nothing can be changed at this desk."""
    return QCoreApplication.translate("OwnChanges", "Your login may only look: nothing can be changed here.")


def perform(database: Database, command: Undoing) -> Entry:
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
