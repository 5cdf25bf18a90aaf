"""Who is at this desk: the lock, and quick changes of user. Each person who signs in has a window of her own.

A desk that is locked shows one window, the door, and goes on with everything else. When somebody else comes in, the
first one's window sleeps, put away, with all that is open in it: it holds no time and no password, and its database
answers as one that is down. It wakes when she signs in here again. The rights of each window are its person's.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from clinic_desk.desk.entrance import Entrance
from clinic_desk.desk.let_in import LetIn
from clinic_desk.desk.lock_time import LockTime
from clinic_desk.desk.seat import Make, Seat, rights_of
from clinic_desk.ui.door import words
from clinic_desk.ui.door.locker import Locker
from clinic_desk.ui.door.names import note_name
from clinic_desk.ui.door.place import KeptPlace, place_of
from clinic_desk.ui.door.stand import place_at, stand_of
from clinic_desk.ui.window_place import keep_place

if TYPE_CHECKING:
    from clinic_desk.opening.opened import Opened
    from clinic_desk.services.signing_in import Entered
    from clinic_desk.ui.door.idle import Idle
    from clinic_desk.ui.door.window import DoorWindow
    from clinic_desk.ui.tasks import Tasks

log = logging.getLogger(__name__)
PATIENCE_MS: Final = 1_500
"""So long the door stays for somebody whose calendar is being read; then her window is shown, and says what it does."""


class Seats(QObject):
    """From the time that the first calendar is on screen until `close`."""

    locked = Signal()
    unlocked = Signal()
    """Somebody is at the desk again; `seat` is hers."""
    leave_requested = Signal()
    """The program is to end, though the desk is locked."""

    def __init__(
        self, first: Seat, tasks: Tasks, make: Make, opened: list[Opened], parent: QObject | None = None
    ) -> None:
        """`opened`: as `Entrance`."""
        super().__init__(parent)
        self.seat = first
        self.is_locked = False
        self._tasks = tasks
        self._make = make
        self._asleep: dict[str, Seat] = {}
        self._outdated: list[Seat] = []
        """Put away for good: the rights were changed with which their windows were made."""
        self._locker: Locker | None = None
        self._stand = stand_of(first.window)
        self._has_ended = False
        """The login of who was here may not sign in any more."""
        self._was_warned = False
        self._make_parts(first, opened)
        self._serve(first)
        note_name(first.window.preferences, first.person.login)

    def _make_parts(self, first: Seat, opened: list[Opened]) -> None:
        self._lock_time = LockTime(first, self)
        self._lock_time.lock_wanted.connect(self.lock)
        self._lock_time.other_wanted.connect(self.change_user)
        self._let_in = LetIn(first, self._tasks, self)
        self._let_in.refused.connect(self._end)
        self._entrance = Entrance(first, self._tasks, opened, self)
        self._entrance.known.connect(self._known)
        self._entrance.unasked.connect(self._go_on)
        self._entrance.came.connect(self._sit_down)
        self._entrance.close_wanted.connect(self._close_wanted)

    @property
    def idle(self) -> Idle:
        """What notices that nobody touches anything."""
        return self._lock_time.idle

    @property
    def door(self) -> DoorWindow:
        """The window of the locked desk."""
        return self._entrance.door

    @property
    def all_seats(self) -> tuple[Seat, ...]:
        """Everybody's, this one's first."""
        return (self.seat, *self._asleep.values(), *self._outdated)

    # --- locking ---

    def lock(self, *, for_other: bool = False) -> None:
        """Show the door and put everything else away. `for_other`: somebody else wants to sign in."""
        if self.is_locked:
            return
        seat, self.is_locked, self._was_warned = self.seat, True, False
        self.idle.stop()
        active = QApplication.activeWindow() or seat.window
        self._stand = stand_of(seat.window)
        keep_place(seat.window.preferences, "main", self._stand.kept)
        self._locker = seat.locker = Locker(self.door)
        self._entrance.ask(seat, for_other=for_other, has_ended=self._has_ended)
        self.door.show_at(self._stand)
        self._locker.put_away(active)
        self.door.page.take_keyboard()
        log.info("locked")
        self.locked.emit()

    def change_user(self) -> None:
        """Have somebody else sign in."""
        self.lock(for_other=True)

    def _end(self) -> None:
        """Who is here may not be: nothing is shown any more."""
        self._let_in.stop()
        if self._has_ended:
            return
        self._has_ended = True
        log.info("this login may not sign in any more: signed out")
        if self.is_locked:
            self._entrance.ask(self.seat, for_other=False, has_ended=True)
        else:
            self.lock()

    # --- somebody comes in ---

    def _known(self, entered: Entered) -> None:
        login, address = entered.person.login, entered.address
        seat = self.seat if login == self.seat.person.login else self._asleep.get(login)
        if seat is None or rights_of(seat.person) != rights_of(entered.person):
            self._entrance.open_for(address)
        elif seat is self.seat:
            seat.opened.database.move_to(address)
            self._unlock()
            self.idle.begin()
        else:
            seat.opened.database.wake(address)
            self._wake(seat)

    def _go_on(self) -> None:
        self._unlock()
        self.idle.go_on()

    def _unlock(self) -> None:
        """Everything is as it was."""
        seat = self.seat
        if self._has_ended:
            self._has_ended = False
            seat.workspace.live.check_now()
        if self._locker is not None:
            self._locker.put_back()
        self._locker = seat.locker = None
        self._open_door()
        seat.workspace.look_again()
        log.info("unlocked")
        self.unlocked.emit()

    def _wake(self, seat: Seat) -> None:
        """Who was here before is here again, with all that was open."""
        place = self._leave()
        del self._asleep[seat.person.login]
        self.seat = seat
        self._let_in.sit(seat)
        seat.workspace.wake()
        if seat.locker is not None:
            seat.locker.put_back()
        seat.locker = None
        self._open_door()
        if not seat.workspace.booking.is_open:
            seat.workspace.go_to_place(place)
        seat.workspace.look_again()
        self._begin()

    def _sit_down(self, opened: Opened) -> None:
        """Somebody is here for the first time, or with other rights than before."""
        stand = self._stand
        place = self._leave()
        before = self._asleep.pop(opened.person.login, None)
        if before is not None:
            self._outdated.append(before)
        self.seat = seat = self._make(opened, place)
        self._serve(seat)
        shown: list[bool] = []

        def show() -> None:
            if shown or self.seat is not seat:
                return
            shown.append(True)
            place_at(seat.window, stand)
            seat.window.show()
            place.put(seat.window.calendar)
            self._open_door()
            seat.window.activateWindow()
            if before is not None:
                seat.window.toasts.show_text(words.gone_text())
            self._begin()

        seat.workspace.ready.connect(show)
        QTimer.singleShot(PATIENCE_MS, self, show)

    def _serve(self, seat: Seat) -> None:
        self._lock_time.serve(seat)
        self._let_in.serve(seat)

    def _leave(self) -> KeptPlace:
        """Have the window of who was here sleep; return where its calendar is."""
        seat = self.seat
        place = place_of(seat.workspace.navigator, seat.window.calendar)
        if self._locker is not None:
            self._locker.stop_watching()
        self._locker = None
        self._asleep[seat.person.login] = seat
        seat.workspace.sleep()
        # After everything that was given already: changes on their way, and the hold that is let go.
        tasks = self._tasks
        tasks.command(self, _nothing, lambda _: tasks.query(self, seat.rest, _ignore, _ignore), _ignore)
        return place

    def _open_door(self) -> None:
        self.is_locked = self._has_ended = False
        self._entrance.open()

    def _begin(self) -> None:
        """Another person is at the desk."""
        note_name(self.seat.window.preferences, self.seat.person.login)
        self._lock_time.begin(self.seat)
        log.info("another person signed in")
        self.unlocked.emit()

    # --- the end ---

    def _close_wanted(self) -> None:
        """Closing a locked program says first that something is open; it cannot be shown to whoever closes it."""
        unsaved = next((seat for seat in self.all_seats if seat.is_unsaved), None)
        if unsaved is None or self._was_warned:
            self.leave_requested.emit()
            return
        self._was_warned = True
        self.door.page.say(words.unsaved_text(unsaved.person.display_name))

    def close(self) -> None:
        """Let nobody in any more."""
        self.idle.stop()
        self._let_in.stop()
        self._entrance.close()

    def finish(self) -> None:
        """Let go of all windows."""
        for seat in self.all_seats:
            seat.window.deleteLater()
            if seat.locker is not None:
                seat.locker.finish()
        self._entrance.finish()


def _nothing() -> None:
    """What is waited for."""


def _ignore(_: object) -> None:
    """Nobody waits for it."""
