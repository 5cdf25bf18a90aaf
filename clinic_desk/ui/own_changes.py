"""What this desk changes: sent once, let into the store when committed, told in a note, taken back and done again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Entry
from clinic_desk.domain.refusals import Conflict
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.shell.toasts import Toasts
from clinic_desk.ui.told import already_text, done_text
from clinic_desk.ui.undo import DoneTogether, UndoStack

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.domain.commands import Cancel, Park, SetStatus, Update
    from clinic_desk.domain.records import Appointment
    from clinic_desk.domain.undoing import Deed, Mark, NotTakenBack, TakeBack, TakenBack

    Sendable = Update | SetStatus | Cancel | Park


class OwnChanges(QObject):
    """Sends changes that need no form, and is told of those that a form or a drag committed."""

    finished = Signal(object)
    """The Entry after a change that was sent here, whatever came of it (as the user sees it now)."""
    noted = Signal(object, object)
    """The Toast that tells of a change that stands, and the Entry as it is now."""
    unknown = Signal()
    """What can be taken back is not all known here: the history is to be read."""
    crossed = Signal(object, object, bool)
    """The Deed that was not taken back, or done again (bool), and the Hindrance: another desk changed it since."""
    hindered = Signal(object, object, bool)
    """The Deed of several appointments that was not, and the NotTakenBack."""

    def __init__(self, desk: Connected, toasts: Toasts, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._toasts = toasts
        self.stack = UndoStack(self)
        self.reads_only = False
        """Whoever is signed in may only look."""
        self.left: Mark | None = None
        """A change of which a message has left: taking it back sends a correction."""
        self._wishes: deque[bool] = deque()
        """Undo (False) and redo (True) that wait until what was sent before them is done: then the last is known."""
        desk.tasks.commands_changed.connect(self._next_wish, Qt.ConnectionType.QueuedConnection)

    def committed(self, before: Entry | None, after: Entry) -> None:
        """A change of this desk stands: show it, say it, and offer to take it back."""
        from clinic_desk.domain.undoing import Deed

        self._desk.store.apply_entry(after)
        text = done_text(before, after, self._desk.store.clinic)
        if self._is_own(before, after):
            mark = (after.id, after.appointment.version)
            self.stack.did(Deed(mark, before, after))
            toast = self._toasts.show_text(text, action=self.tr("Undo"), act=lambda: self._take_back_told(mark))
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
        self._submit(
            lambda: perform(database, command),
            lambda after: self.committed(before, after),
            lambda error: self._refused(command, before, error),
        )

    def undo_last(self) -> None:
        """Take back the newest change that can be."""
        self._wishes.append(False)
        self._next_wish()

    def redo_last(self) -> None:
        """Do again what was taken back last."""
        self._wishes.append(True)
        self._next_wish()

    def _next_wish(self) -> None:
        if not self._wishes or self._desk.tasks.unfinished_commands:
            return
        again = self._wishes.popleft()
        deed = self.stack.last_undone() if again else self.stack.last()
        if deed is not None:
            self.take_back(deed, again=again)

    def committed_together(self, text: str, done: Deed | DoneTogether) -> None:
        """A change of several appointments stands, and they are shown: say it, and offer to take it back."""
        from clinic_desk.domain.ids import new_id
        from clinic_desk.domain.undoing import Deed

        if isinstance(done, Deed):
            deed, act = replace(done, text=text), None
        else:
            deed, act = Deed(new_id(), text=text), done
        self.stack.did(deed, act)
        self._toasts.show_text(text, action=self.tr("Undo"), act=lambda: self._take_back_told(deed.mark))

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

    # --- taking back, and doing again ---

    def _take_back_told(self, mark: Mark) -> None:
        """The button of a note: what it tells of may be taken back already, or be known by another name since."""
        found = self.stack.find(mark)
        if found is None:
            self._toasts.show_text(self.tr("This was taken back already."))
        else:
            self.take_back(found[0], again=found[1])

    def take_back(self, deed: Deed, *, again: bool = False, leaving: frozenset[UUID] = frozenset()) -> None:
        """Send what takes a change back; of an undo, what does it again. `leaving`: what is not taken back with it."""
        act = self.stack.act_of(deed.mark)
        if act is not None:
            self.stack.drop(deed.mark)
            act.take_back()
            return
        from clinic_desk.domain.undoing import TakeBack

        self._send_back(
            TakeBack(deed.mark, leaving), deed, again=again, failed=lambda error: self._stays(deed, error, again=again)
        )

    def _send_back(
        self, command: TakeBack, deed: Deed, *, again: bool, failed: Callable[[ClinicDeskError], None]
    ) -> None:
        database = self._desk.database

        def work() -> object:
            from clinic_desk.services import undoing

            return undoing.take_back(database, command)

        self._submit(work, lambda taken: self._taken_back(deed, taken, again=again), failed)

    def _taken_back(self, deed: Deed, taken: TakenBack, *, again: bool) -> None:
        from clinic_desk.ui.undo_words import deed_words

        for entry in taken.entries:
            self._desk.store.apply_entry(entry)
        tells = self.left == deed.mark
        if not self.stack.took_back(deed.mark, taken.operation_id):
            self.unknown.emit()
        what = deed_words(deed, self._desk.store.clinic)
        text = self.tr("Done again: {what}") if again else self.tr("Undone: {what}")
        text = text.format(what=what)
        if tells:
            text = self.tr("{undone} · a correction will be sent").format(undone=text)
        action = self.tr("Undo") if again else self.tr("Redo")
        toast = self._toasts.show_text(text, action=action, act=lambda: self._take_back_told(taken.operation_id))
        if len(taken.entries) == 1:
            (after,) = taken.entries
            self.noted.emit(toast, after)
            self.finished.emit(after)

    def _stays(self, deed: Deed, error: ClinicDeskError, *, again: bool) -> None:
        """Say why it was not taken back, or ask what is to be instead; it may be tried again."""
        from clinic_desk.domain.undoing import NothingToTakeBack, NotTakenBack

        self._wishes.clear()
        if isinstance(error, NothingToTakeBack):
            self.stack.drop(deed.mark)
            self._toasts.show_text(self.tr("This was taken back already."))
            self.unknown.emit()
        elif isinstance(error, NotTakenBack):
            self._hindered(deed, error, again=again)
        else:
            from clinic_desk.ui.sentences import sentence

            zone = self._desk.store.clinic.sites[0].zone if self._desk.store.clinic.sites else "UTC"
            self.tell_trouble(sentence(error, self._desk.store.clinic, zone))

    def _hindered(self, deed: Deed, error: NotTakenBack, *, again: bool) -> None:
        for hindrance in error.hindrances:
            if isinstance(hindrance.cause, Conflict):
                self._desk.store.apply_entry(hindrance.cause.now)
        if error.number > 1:
            self.hindered.emit(deed, error, again)
        elif isinstance(error.hindrances[0].cause, Conflict):
            self.crossed.emit(deed, error.hindrances[0], again)
        else:
            self.say(error.hindrances[0].cause, error.hindrances[0].left)

    def take_back_instead(
        self, deed: Deed, instead: Appointment, failed: Callable[[ClinicDeskError], None], *, again: bool
    ) -> None:
        """Take a change back as it was decided after a conflict, over the version that it carries."""
        from clinic_desk.domain.undoing import TakeBack

        self._send_back(TakeBack(deed.mark, instead=instead), deed, again=again, failed=failed)


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
