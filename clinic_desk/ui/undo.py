"""What this desk did last and how each of it is taken back: as a new change with the version it left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinic_desk.domain.records import Entry

if TYPE_CHECKING:
    from clinic_desk.domain.undoing import Undoing

_AT_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Done:
    """One own change: the appointment before (None: it was booked) and after, and its version as it should be now.

    `beside`: those who shared its time before; whoever came there since was never agreed to.
    """

    before: Entry | None
    after: Entry
    version: int
    beside: frozenset[UUID] = frozenset()

    @property
    def command(self) -> Undoing | None:
        """The command that takes it back."""
        from clinic_desk.domain.undoing import undoing

        before = self.before.appointment if self.before else None
        return undoing(before, self.after.appointment, self.version, self.beside)


@dataclass(frozen=True, slots=True, eq=False)
class DoneTogether:
    """One own change of several appointments. `take_back` takes all of it back; None: `instead` says what to do.

    `versions`: what the appointments should have now; own later changes raise them.
    """

    take_back: Callable[[], None] | None
    instead: str = ""
    versions: dict[UUID, int] = field(default_factory=dict)


class UndoStack(QObject):
    """Own changes of this session, newest last."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done: list[Done | DoneTogether] = []

    def push(self, before: Entry | None, after: Entry, beside: frozenset[UUID] = frozenset()) -> Done | None:
        """Remember a change; return it if it can be taken back."""
        self.moved_on(after)
        done = Done(before, after, after.appointment.version, beside)
        if done.command is None:
            return None
        self._remember(done)
        return done

    def push_together(self, done: DoneTogether) -> None:
        """Remember a change of several appointments."""
        self._remember(done)

    def _remember(self, done: Done | DoneTogether) -> None:
        self._done.append(done)
        del self._done[:-_AT_MOST]
        self.changed.emit()

    def __contains__(self, done: Done | DoneTogether) -> bool:
        return done in self._done

    def last(self) -> Done | DoneTogether | None:
        """Return the newest change that was not taken back."""
        return self._done[-1] if self._done else None

    def current(self, done: Done) -> Done | None:
        """Return this change as it is remembered now (own later changes raise the version); None if it is gone."""
        own = [each for each in self._done if isinstance(each, Done)]
        same = [each for each in own if each.after == done.after and each.before == done.before]
        return same[-1] if same else None

    def remove(self, done: Done | DoneTogether) -> None:
        """Forget a change: it was taken back, or cannot be."""
        if done in self._done:
            self._done.remove(done)
            self.changed.emit()

    def restore(self, done: Done | DoneTogether) -> None:
        """Remember a change again: taking it back did not work and may be tried once more."""
        self._done.append(done)
        self.changed.emit()

    def forget(self, appointment_id: UUID) -> None:
        """Forget all changes of an appointment: another desk changed it since."""
        self._done = [done for done in self._done if isinstance(done, DoneTogether) or done.after.id != appointment_id]
        self.changed.emit()

    def moved_on(self, after: Entry) -> None:
        """This desk changed an appointment again: earlier changes of it are taken back from the new version."""
        version = after.appointment.version
        for done in self._done:
            if isinstance(done, DoneTogether) and after.id in done.versions:
                done.versions[after.id] = version
        self._done = [
            replace(done, version=version) if isinstance(done, Done) and done.after.id == after.id else done
            for done in self._done
        ]
