"""What this desk can take back and do again: read from the history at the start, kept as the user goes on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.domain.undoing import Deed, Ledger, Mark


class UndoStack(QObject):
    """The ledger of this session."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ledger: Ledger | None = None
        self.changes = 0
        """How often something was remembered: whoever reads the history knows whether it was read too early."""

    def __contains__(self, mark: object) -> bool:
        return self._ledger is not None and mark in self._ledger

    def last(self) -> Deed | None:
        """Return the newest change that can be taken back."""
        return self._ledger.undo[-1] if self._ledger and self._ledger.undo else None

    def last_undone(self) -> Deed | None:
        """Return what was taken back last and can be done again."""
        return self._ledger.redo[-1] if self._ledger and self._ledger.redo else None

    def find(self, mark: Mark) -> tuple[Deed, bool] | None:
        """Return a change, and whether it is one that was taken back.

        One that stands is known by its row too: it was done again since, or read from the history.
        """
        if self._ledger is None:
            return None
        standing = next((deed for deed in self._ledger.undo if mark in {deed.mark, _row_of(deed)}), None)
        if standing is not None:
            return standing, False
        return next(((deed, True) for deed in self._ledger.redo if deed.mark == mark), None)

    def did(self, deed: Deed) -> None:
        """Remember a change."""
        self._put(self._known().did(deed))

    def took_back(self, mark: Mark, by: UUID) -> bool:
        """Remember that an operation took this one back; False if it is not known here, so that all is to be read."""
        found = self.find(mark)
        self._put(self._known().took_back(mark if found is None else found[0].mark, by))
        return found is not None

    def drop(self, mark: Mark) -> None:
        """Forget a change: it cannot be taken back, or is not to be."""
        self._put(self._known().without(mark))

    def read(self, ledger: Ledger) -> None:
        """Take over what the history says; what is known here already goes by the mark that it has here."""
        known = {_row_of(deed): deed for deed in self._known().undo if isinstance(deed.mark, tuple)}
        undo = tuple(_as_known(deed, known.get(_row_of(deed))) for deed in ledger.undo)
        self._ledger = replace(ledger, undo=undo)
        self.changed.emit()

    def _known(self) -> Ledger:
        from clinic_desk.domain.undoing import Ledger

        return self._ledger or Ledger()

    def _put(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.changes += 1
        self.changed.emit()


def _as_known(deed: Deed, known: Deed | None) -> Deed:
    """Return what the history says of a change, with what only this session knows of it."""
    return deed if known is None else replace(deed, mark=known.mark, text=known.text, group=known.group)


def _row_of(deed: Deed) -> Mark | None:
    return None if deed.after is None else (deed.after.id, deed.after.appointment.version)
