"""When a desk locks by itself, or by the key of the lock: the clinic's rule, this PC's, and hers who is at it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QKeyCombination, QObject, QTimer, Signal
from PySide6.QtGui import QKeySequence

from clinic_desk.ui.door import words
from clinic_desk.ui.door.idle import GRACE_S, Idle, minutes_of

if TYPE_CHECKING:
    from clinic_desk.desk.seat import Seat


class LockTime(QObject):
    """Of whoever is at the desk; `idle` runs while it is not locked."""

    lock_wanted = Signal()
    """Nobody touched anything for too long, or somebody pressed the key."""
    other_wanted = Signal()
    """Somebody pressed the key with which another person signs in."""

    def __init__(self, seat: Seat, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._seat = seat
        self.idle = Idle(self._minutes(), seat.workspace.store.clinic.lock.session_hours, self)
        self.idle.too_long.connect(self.lock_wanted)
        self.idle.session_over.connect(self._warn_of_end)
        self.idle.pressed.connect(self._pressed)
        self.idle.begin()

    def serve(self, seat: Seat) -> None:
        """From now on take what is chosen in this window."""
        actions, preferences = seat.window.actions_by_name, seat.window.preferences
        actions[f"lock_{preferences.lock_after()}"].setChecked(True)
        for minutes in (0, 5, 2):
            actions[f"lock_{minutes}"].triggered.connect(partial(self._set_minutes, seat, minutes))
        seat.workspace.store.clinic_changed.connect(self._rules_changed)

    def begin(self, seat: Seat) -> None:
        """She typed her password just now, or came in by what took its place."""
        self._seat = seat
        self._rules_changed()
        self.idle.begin()

    def _minutes(self) -> int:
        """After how many idle minutes this desk locks. One that signs in by itself is locked by hand only."""
        seat = self._seat
        if seat.opened.is_automatic:
            return 0
        clinic = seat.workspace.store.clinic.lock.idle_minutes
        return minutes_of(clinic, seat.opened.lock_after_min, seat.window.preferences.lock_after())

    def _set_minutes(self, seat: Seat, minutes: int) -> None:
        """Somebody wants the desk locked sooner than the clinic has it."""
        seat.window.preferences.set_lock_after(minutes)
        self._rules_changed()

    def _rules_changed(self) -> None:
        """The clinic's rules of locking, a person's, or the person may be others now."""
        self.idle.minutes = self._minutes()
        self.idle.session_hours = self._seat.workspace.store.clinic.lock.session_hours

    def _warn_of_end(self) -> None:
        self._seat.window.toasts.show_text(words.session_text(self.idle.session_hours, int(GRACE_S // 60)))

    def _pressed(self, keys: QKeyCombination) -> None:
        """The lock has its key whatever lies over the window."""
        actions = self._seat.window.actions_by_name
        for name, wanted in (("lock", self.lock_wanted), ("change_user", self.other_wanted)):
            if QKeySequence(keys) in actions[name].shortcuts():
                # Not within the event of a window that is about to be put away.
                QTimer.singleShot(0, self, partial(wanted.emit))
