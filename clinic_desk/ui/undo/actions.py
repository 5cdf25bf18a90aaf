"""The actions Undo and Redo: what they say they would do, when they can, and what is known of it after a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence

from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.lanes import Priority

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from clinic_desk.domain.undoing import Deed, Hindrance, Ledger, Mark, NotTakenBack
    from clinic_desk.ui.workspace import Workspace


class UndoActions(QObject):
    """One per window."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self._stack = space.own.stack
        self._left: Mark | None = None
        """The change that would be taken back next and of which a message has left: a correction follows."""
        actions = space.window.actions_by_name
        self._undo, self._redo = actions["undo"], actions["redo"]
        self._undo.triggered.connect(lambda _checked: space.own.undo_last())
        self._redo.triggered.connect(lambda _checked: space.own.redo_last())
        self._stack.changed.connect(self.renew)
        self._stack.changed.connect(self._look_for_messages)
        space.own.taking_back.unknown.connect(self.read)
        space.own.taking_back.crossed.connect(self._show_conflict)
        space.own.taking_back.taken.connect(self._show_taken)
        space.own.taking_back.hindered.connect(self._ask_for_the_rest)
        space.store.connection_changed.connect(lambda _: self.renew())
        space.store.clinic_changed.connect(self.renew)
        space.store.messages_changed.connect(self._messages_changed)
        self.renew()

    def read(self) -> None:
        """Read from the history what this desk did last."""
        if not self._space.may_write:
            return
        database, tasks, changes = self._space.desk.database, self._space.desk.tasks, self._stack.changes

        def work() -> Ledger:
            from clinic_desk.services import undoing

            return undoing.ledger(database)

        def done(ledger: Ledger) -> None:
            if self._stack.changes != changes:
                self.read()  # something was changed while it was read
            elif tasks.unfinished_commands:  # what stands of it by now, the reading may have seen or not
                tasks.commands_changed.connect(self._read_again, Qt.ConnectionType.SingleShotConnection)
            else:
                self._stack.read(ledger)

        # What cannot be read now leaves what this session knows.
        tasks.query(self, work, done, lambda _error: None, key="deeds", priority=Priority.IDLE)

    def _read_again(self, _commands: int) -> None:
        self.read()

    def renew(self) -> None:
        """Say what would be taken back and done again, and whether it can be now."""
        live = self._space.store.freshness.connection is Connection.LIVE
        may_write = live and self._space.may_write
        last, undone = self._stack.last(), self._stack.last_undone()
        tells = last is not None and last.mark == self._left
        self._show(self._undo, self.tr("Undo"), last, may_write=may_write, tells=tells)
        self._show(self._redo, self.tr("Redo"), undone, may_write=may_write, tells=False)

    def _show(self, action: QAction, name: str, deed: Deed | None, *, may_write: bool, tells: bool) -> None:
        text = name
        if deed is not None:
            from clinic_desk.ui.undo.words import deed_words

            what = deed_words(deed, self._space.store.clinic)
            text = self.tr("{undo}: {what}").format(undo=name, what=what)
        if tells:
            text = self.tr("{undo} (a correction will be sent)").format(undo=text)
        action.setText(text.replace("&", "&&"))
        if self._space.may_write:  # else the tool tip says why nothing can be changed
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{text} ({keys})" if keys else text)
        action.setEnabled(may_write and deed is not None)

    # --- what stands in the way ---

    def _show_conflict(self, deed: Deed, hindrance: Hindrance, again: bool) -> None:
        from clinic_desk.ui.undo.conflict import show_conflict

        show_conflict(self._space.desk, self._space.own, self._space.window, (deed, hindrance), again=again)

    def _show_taken(self, deed: Deed, hindrance: Hindrance, again: bool) -> None:
        from clinic_desk.ui.undo.taken import UndoTaken

        UndoTaken(self._space.desk, self._space.own, self._space.window, deed, again=again).show(hindrance)

    def _ask_for_the_rest(self, deed: Deed, error: NotTakenBack, again: bool) -> None:
        from clinic_desk.ui.undo.conflict import ask_for_the_rest

        ask_for_the_rest(self._space.desk, self._space.own, self._space.window, (deed, error), again=again)

    # --- whether the patient knows already ---

    def _messages_changed(self, appointment_ids: frozenset[UUID]) -> None:
        last = self._stack.last()
        if last is not None and (last.number > 1 or (last.after is not None and last.after.id in appointment_ids)):
            self._look_for_messages()

    def _look_for_messages(self) -> None:
        last = self._stack.last()
        if last is None or last.after is None or last.mark == self._left:
            return
        database, mark = self._space.desk.database, last.mark

        def work() -> bool:
            from clinic_desk.services import undoing

            return undoing.message_left(database, mark)

        def done(left: bool) -> None:
            if left:
                self._left = mark
                self._space.own.taking_back.left = mark
                self.renew()

        self._space.desk.tasks.query(self, work, done, lambda _error: None, key="left", priority=Priority.IDLE)
