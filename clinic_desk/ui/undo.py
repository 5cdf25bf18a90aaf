"""What this desk can take back and do again: read from the history at the start, kept as the user goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.domain.undoing import Deed, Ledger, Mark


@dataclass(frozen=True, slots=True, eq=False)
class DoneTogether:
    """A change that is no appointment's: whoever made it takes it back, and it is not done again."""

    take_back: Callable[[], None]


class UndoStack(QObject):
    """The ledger of this session. What is on its way to be taken back is not offered meanwhile."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ledger: Ledger | None = None
        self._acts: dict[Mark, DoneTogether] = {}
        self._on_its_way: set[Mark] = set()
        self.changes = 0
        """How often something was remembered: whoever reads the history knows whether it was read too early."""

    def __contains__(self, mark: object) -> bool:
        return self._ledger is not None and mark in self._ledger

    def last(self) -> Deed | None:
        """Return the newest change that can be taken back."""
        return self._newest(self._ledger.undo if self._ledger else ())

    def last_undone(self) -> Deed | None:
        """Return what was taken back last and can be done again."""
        return self._newest(self._ledger.redo if self._ledger else ())

    def _newest(self, deeds: tuple[Deed, ...]) -> Deed | None:
        return next((deed for deed in reversed(deeds) if deed.mark not in self._on_its_way), None)

    def find(self, mark: Mark) -> tuple[Deed, bool] | None:
        """Return a change, and whether it is one that was taken back; one that was read is known by its row as well."""
        if self._ledger is None:
            return None
        both = [(deed, False) for deed in self._ledger.undo] + [(deed, True) for deed in self._ledger.redo]
        return next((each for each in both if mark in {each[0].mark, _row_of(each[0])}), None)

    def did(self, deed: Deed, act: DoneTogether | None = None) -> None:
        """Remember a change; `act` takes it back if the history does not tell how."""
        if act is not None:
            self._acts[deed.mark] = act
        self._put(self._known().did(deed))

    def push_together(self, act: DoneTogether) -> None:
        """Remember such a change again: taking it back did not work and may be tried once more."""
        from clinic_desk.domain.ids import new_id
        from clinic_desk.domain.undoing import Deed

        self.did(Deed(new_id()), act)

    def act_of(self, mark: Mark) -> DoneTogether | None:
        """Return what takes a change back that the history does not tell of."""
        return self._acts.get(mark)

    def set_on_its_way(self, mark: Mark, *, on: bool) -> None:
        """Say that a change is being taken back, or that this is over."""
        (self._on_its_way.add if on else self._on_its_way.discard)(mark)
        self.changed.emit()

    def took_back(self, mark: Mark, by: UUID) -> bool:
        """Remember that an operation took this one back; False if it is not known here, so that all is to be read."""
        known = mark in self
        self._put(self._known().took_back(mark, by))
        return known

    def drop(self, mark: Mark) -> None:
        """Forget a change: it cannot be taken back, or is not to be."""
        self._acts.pop(mark, None)
        self._put(self._known().without(mark))

    def read(self, ledger: Ledger) -> None:
        """Take over what the history says."""
        self._acts.clear()
        self._ledger = ledger
        self.changed.emit()

    def _known(self) -> Ledger:
        from clinic_desk.domain.undoing import Ledger

        return self._ledger or Ledger()

    def _put(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.changes += 1
        self.changed.emit()


def _row_of(deed: Deed) -> Mark | None:
    return None if deed.after is None else (deed.after.id, deed.after.appointment.version)
