"""Takes back what this desk did, and does it again: one after the other, told in a note, asked where it was crossed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from clinic_desk.domain.refusals import Conflict, PatientConflict, SlotTaken
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.shell.toasts import Toasts
from clinic_desk.ui.told import place_text

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.domain.records import Appointment
    from clinic_desk.domain.undoing import Deed, Hindrance, Mark, NotTakenBack, TakeBack, TakenBack
    from clinic_desk.ui.own_changes import OwnChanges


class TakingBack(QObject):
    """One per window, of its own changes."""

    unknown = Signal()
    """What can be taken back is not all known here: the history is to be read."""
    crossed = Signal(object, object, bool)
    """The Deed that was not taken back, or done again (bool), and the Hindrance: another desk changed it since."""
    taken = Signal(object, object, bool)
    """As `crossed`: its time was given to somebody else meanwhile."""
    told = Signal(str, str)
    """What became of it, and its role (ok, danger): for what lies over the notes."""
    hindered = Signal(object, object, bool)
    """The Deed of several appointments that was not, and the NotTakenBack."""

    def __init__(self, own: OwnChanges, desk: Connected, toasts: Toasts) -> None:
        super().__init__(own)
        self._own = own
        self._desk = desk
        self._toasts = toasts
        self.left: Mark | None = None
        """A change of which a message has left: taking it back sends a correction."""
        self._wishes: deque[bool] = deque()
        """Undo (False) and redo (True) that wait until what was sent before them is done: then the last is known."""
        desk.tasks.commands_changed.connect(self._next_wish, Qt.ConnectionType.QueuedConnection)

    def wish(self, *, again: bool) -> None:
        """Take back the newest change that can be; `again`: do again what was taken back last."""
        self._wishes.append(again)
        self._next_wish()

    def _next_wish(self) -> None:
        if not self._wishes or self._desk.tasks.unfinished_commands:
            return
        again = self._wishes.popleft()
        deed = self._own.stack.last_undone() if again else self._own.stack.last()
        if deed is not None:
            self.take_back(deed, again=again)

    def take_back_told(self, mark: Mark) -> None:
        """The button of a note: what it tells of may be taken back already, or be known by another name since."""
        found = self._own.stack.find(mark)
        if found is None:
            self._toasts.show_text(self.tr("This was taken back already."))
        else:
            self.take_back(found[0], again=found[1])

    def take_back(self, deed: Deed, *, again: bool = False, leaving: frozenset[UUID] = frozenset()) -> None:
        """Send what takes a change back; of an undo, what does it again. `leaving`: what is not taken back with it."""
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

        def done(taken: TakenBack) -> None:
            self._taken_back(deed, taken, again=again, elsewhere=command.elsewhere)

        self._own.submit(work, done, failed)

    def _taken_back(self, deed: Deed, taken: TakenBack, *, again: bool, elsewhere: bool = False) -> None:
        from clinic_desk.ui.undo.words import deed_words

        for entry in taken.entries:
            self._desk.store.apply_entry(entry)
        tells = self.left == deed.mark
        if not self._own.stack.took_back(deed.mark, taken.operation_id):
            self.unknown.emit()
        part = self._own.stack.last_undone() if again else self._own.stack.last()
        if deed.group is not None and part is not None and part.group == deed.group:
            self.take_back(part, again=again)
            return
        what = deed_words(deed, self._desk.store.clinic)
        text = self.tr("Done again: {what}") if again else self.tr("Undone: {what}")
        text = text.format(what=what)
        if elsewhere and taken.entries:
            text = f"{text} · {place_text(taken.entries[0], self._desk.store.clinic)}"
        if tells:
            text = self.tr("{undone} · a correction will be sent").format(undone=text)
        if taken.separated is not None:
            from clinic_desk.ui.patients.words import separated_text

            text = separated_text(taken.separated)
        self.told.emit(text, "ok")
        action = self.tr("Undo") if again else self.tr("Redo")
        toast = self._toasts.show_text(text, action=action, act=lambda: self.take_back_told(taken.operation_id))
        if len(taken.entries) == 1 and deed.after is not None:
            (after,) = taken.entries
            self._own.noted.emit(toast, after)
            self._own.finished.emit(after)

    def _stays(self, deed: Deed, error: ClinicDeskError, *, again: bool) -> None:
        """Say why it was not taken back, or ask what is to be instead; it may be tried again."""
        from clinic_desk.domain.setup import SetupConflict
        from clinic_desk.domain.undoing import NothingToTakeBack, NotTakenBack

        self._wishes.clear()
        if isinstance(error, NothingToTakeBack):
            self._own.stack.drop(deed.mark)
            self._trouble(self.tr("This was taken back already."))
            self.unknown.emit()
        elif isinstance(error, NotTakenBack):
            self._hindered(deed, error, again=again)
        elif isinstance(error, SetupConflict):
            who = one_line(error.changed.desk) if error.changed else ""
            told = self.tr("The absence was changed at {desk} since. Nothing was changed.")
            self._trouble(told.format(desk=who or self.tr("another desk")))
        elif isinstance(error, PatientConflict):
            self._own.stack.drop(deed.mark)
            told = self.tr("This cannot be taken back: the records were separated or merged on since.")
            self._trouble(told)
        else:
            from clinic_desk.ui.sentences import sentence

            zone = self._desk.store.clinic.sites[0].zone if self._desk.store.clinic.sites else "UTC"
            self._trouble(sentence(error, self._desk.store.clinic, zone))

    def _trouble(self, text: str) -> None:
        self._own.tell_trouble(text)
        self.told.emit(text, "danger")

    def _hindered(self, deed: Deed, error: NotTakenBack, *, again: bool) -> None:
        for hindrance in error.hindrances:
            if isinstance(hindrance.cause, Conflict):
                self._desk.store.apply_entry(hindrance.cause.now)
        if error.number > 1:
            self.hindered.emit(deed, error, again)
        else:
            self.ask_about(deed, error.hindrances[0], again=again)

    def ask_about(self, deed: Deed, hindrance: Hindrance, *, again: bool) -> None:
        """Have it asked what is to be with the one appointment that stands in the way, or say what it is."""
        if isinstance(hindrance.cause, Conflict):
            self.crossed.emit(deed, hindrance, again)
        elif isinstance(hindrance.cause, SlotTaken) and hindrance.cause.resource is None:
            self.taken.emit(deed, hindrance, again)
        else:
            self._own.say(hindrance.cause, hindrance.left)

    def take_back_instead(
        self,
        deed: Deed,
        instead: Appointment,
        failed: Callable[[ClinicDeskError], None],
        *,
        again: bool,
        elsewhere: bool = False,
        beside: frozenset[UUID] = frozenset(),
    ) -> None:
        """Take a change back as it was decided after a conflict, over the version that it carries; see TakeBack."""
        from clinic_desk.domain.undoing import TakeBack

        command = TakeBack(deed.mark, instead=instead, elsewhere=elsewhere, beside=beside)
        self._send_back(command, deed, again=again, failed=failed)
