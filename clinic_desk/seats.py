"""Who is at this desk: the lock, and quick changes of user. Each person who signs in has a window of her own.

A desk that is locked shows one window, the door, and goes on with everything else. When somebody else comes in, the
first one's window sleeps, put away, with all that is open in it: it holds no time and no password, and its database
answers as one that is down. It wakes when she signs in here again. The rights of each window are its person's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import QKeyCombination, QObject, QTimer, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication

from clinic_desk.errors import ClinicDeskError, PasswordNeeded, Unavailable
from clinic_desk.opening import demo_people
from clinic_desk.ui.door import words
from clinic_desk.ui.door.idle import GRACE_S, Idle, minutes_of
from clinic_desk.ui.door.locker import Locker
from clinic_desk.ui.door.names import last_names, note_name
from clinic_desk.ui.door.place import KeptPlace, place_of
from clinic_desk.ui.door.stand import place_at, stand_of
from clinic_desk.ui.door.waits import Waits
from clinic_desk.ui.door.window import DoorWindow
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.window_place import keep_place

if TYPE_CHECKING:
    from clinic_desk.domain.rights import Right
    from clinic_desk.opening import Opened
    from clinic_desk.services.desks import SignedIn
    from clinic_desk.services.signing_in import Entered
    from clinic_desk.ui.main_window import MainWindow
    from clinic_desk.ui.tasks import Tasks
    from clinic_desk.ui.workspace import Workspace

T = TypeVar("T")
log = logging.getLogger(__name__)
PATIENCE_MS: Final = 1_500
"""So long the door stays for somebody whose calendar is being read; then her window is shown, and says what it does."""
LOOK_MS: Final = 5_000
"""So often it is asked, while the connection is lost, whether this login may sign in at all."""


@dataclass(eq=False, slots=True)
class Seat:
    """One person's window, what is in it, and where it is put away while somebody else is at the desk."""

    opened: Opened
    window: MainWindow
    workspace: Workspace
    locker: Locker | None = None

    @property
    def person(self) -> SignedIn:
        """Who it is."""
        return self.opened.person


Make = Callable[["Opened", KeptPlace], Seat]
"""Makes a window for another person, which begins to read what it is to show, and is not on screen."""


class Seats(QObject):
    """From the time that the first calendar is on screen until `close`. One door for all."""

    locked = Signal()
    unlocked = Signal()
    """Somebody is at the desk again; `seat` is hers."""
    leave_requested = Signal()
    """The program is to end, though the desk is locked."""

    def __init__(
        self, first: Seat, tasks: Tasks, make: Make, opened: list[Opened], parent: QObject | None = None
    ) -> None:
        """`opened`: all that is opened is added, on the lane's thread, so that closing finds it whenever it comes."""
        super().__init__(parent)
        self._opened = opened
        self.seat = first
        self.is_locked = False
        self._tasks = tasks
        self._make = make
        self._asleep: dict[str, Seat] = {}
        self._outdated: list[Seat] = []
        """Put away for good: the rights were changed with which their windows were made."""
        self._door: DoorWindow | None = None
        self._waits = Waits()
        self._locker: Locker | None = None
        self._stand = stand_of(first.window)
        self._has_ended = False
        """The login of who was here may not sign in any more."""
        self._was_warned = False
        self.idle = Idle(self._minutes(), first.workspace.store.clinic.lock.session_hours, self)
        self.idle.too_long.connect(self.lock)
        self.idle.session_over.connect(self._warn_of_end)
        self.idle.pressed.connect(self._pressed)
        self.idle.begin()
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._look_whether_let_in)
        self._serve(first)
        note_name(first.window.preferences, first.person.login)

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
        self._ask(for_other=for_other)
        self.door.show_at(self._stand)
        self._locker.put_away(active)
        self.door.page.take_keyboard()
        log.info("locked")
        self.locked.emit()

    def _pressed(self, keys: QKeyCombination) -> None:
        """The lock has its key whatever lies over the window."""
        actions = self.seat.window.actions_by_name
        for action, act in ((actions["lock"], self.lock), (actions["change_user"], self.change_user)):
            if QKeySequence(keys) in action.shortcuts():
                # Not within the event of a window that is about to be put away.
                QTimer.singleShot(0, self, act)

    def change_user(self) -> None:
        """Have somebody else sign in."""
        self.lock(for_other=True)

    @property
    def door(self) -> DoorWindow:
        """The door, made when it is first wanted."""
        if self._door is None:
            self._door = DoorWindow(self._waits)
            self._door.page.asked.connect(self._asked)
            self._door.page.chosen.connect(self._chosen)
            self._door.close_requested.connect(self._close_wanted)
        return self._door

    def _ask(self, *, for_other: bool) -> None:
        seat, page = self.seat, self.door.page
        name = seat.person.display_name
        by_itself = seat.opened.is_automatic and not for_other and not self._has_ended
        hint = words.demo_text(*demo_people()) if seat.opened.is_demo else ""
        page.offer(last_names(seat.window.preferences))
        if self._has_ended:
            page.ask(self.tr("Signed out"), words.ended_text(), "", hint=hint)
        elif for_other:
            page.ask(self.tr("Change user"), words.other_text(name), "", hint=hint)
        else:
            login = seat.person.login
            text = words.locked_text(name, by_itself=by_itself)
            page.ask(self.tr("Locked"), text, login, hint=hint, opens_without=login if by_itself else "")

    def _minutes(self) -> int:
        """After how many idle minutes this desk locks. One that signs in by itself is locked by hand only."""
        seat = self.seat
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
        self.idle.session_hours = self.seat.workspace.store.clinic.lock.session_hours

    def _warn_of_end(self) -> None:
        self.seat.window.toasts.show_text(words.session_text(self.idle.session_hours, int(GRACE_S // 60)))

    # --- somebody comes in ---

    def _asked(self, login: str, password: str) -> None:
        if not password:  # the page lets that pass only for who comes in by itself
            self._unlock()
            self.idle.go_on()
            return
        opened = self.seat.opened
        self._ask_server(lambda: opened.knock(opened.address_of(login, password)), self._known)

    def _chosen(self, needed: PasswordNeeded, password: str) -> None:
        """A one-time code led here: who used it has set a password of her own."""
        opened = self.seat.opened
        self._ask_server(lambda: opened.knock(needed.set_password(password)), self._known)

    def _known(self, entered: Entered) -> None:
        login, address = entered.person.login, entered.address
        seat = self.seat if login == self.seat.person.login else self._asleep.get(login)
        if seat is not None and _rights(seat.person) == _rights(entered.person):
            if seat is self.seat:
                seat.opened.database.move_to(address)
                self._unlock()
                self.idle.begin()
            else:
                seat.opened.database.wake(address)
                self._wake(seat)
            return
        opened = self.seat.opened
        self._ask_server(partial(_noted, self._opened, lambda: opened.for_person(address)), self._sit_down)

    def _ask_server(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._tasks.query(self, work, done, self.door.page.answer, key="door", priority=Priority.URGENT)

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
        tasks, rest = self._tasks, partial(_rest, seat)
        tasks.command(self, _nothing, lambda _: tasks.query(self, rest, _ignore, _ignore), _ignore)
        return place

    def _open_door(self) -> None:
        self.is_locked = self._has_ended = False
        self.door.page.come_in()
        self.door.hide()

    def _begin(self) -> None:
        """Another person is at the desk."""
        note_name(self.seat.window.preferences, self.seat.person.login)
        self._rules_changed()
        self.idle.begin()
        log.info("another person signed in")
        self.unlocked.emit()

    # --- who may not sign in any more ---

    def _serve(self, seat: Seat) -> None:
        actions, preferences = seat.window.actions_by_name, seat.window.preferences
        actions[f"lock_{preferences.lock_after()}"].setChecked(True)
        for minutes in (0, 5, 2):
            actions[f"lock_{minutes}"].triggered.connect(partial(self._set_minutes, seat, minutes))
        seat.workspace.store.clinic_changed.connect(self._rules_changed)
        seat.workspace.store.connection_changed.connect(partial(self._connection_changed, seat))

    def _connection_changed(self, seat: Seat, connection: Connection) -> None:
        if seat is not self.seat:
            return
        if connection is Connection.LOST:
            self._look_whether_let_in()
            self._look.start()
        else:
            self._look.stop()

    def _look_whether_let_in(self) -> None:
        opened, seat = self.seat.opened, self.seat

        def failed(error: ClinicDeskError) -> None:
            if seat is self.seat and not isinstance(error, Unavailable):
                self._end()

        self._tasks.query(self, opened.knock_again, _ignore, failed, key="let in", priority=Priority.IDLE)

    def _end(self) -> None:
        """Who is here may not be: nothing is shown any more."""
        self._look.stop()
        if self._has_ended:
            return
        self._has_ended = True
        log.info("this login may not sign in any more: signed out")
        if self.is_locked:
            self._ask(for_other=False)
        else:
            self.lock()

    # --- the end ---

    def _close_wanted(self) -> None:
        """Closing a locked program says first that something is open; it cannot be shown to whoever closes it."""
        unsaved = next((seat for seat in self.all_seats if _is_unsaved(seat)), None)
        if unsaved is None or self._was_warned:
            self.leave_requested.emit()
            return
        self._was_warned = True
        self.door.page.say(words.unsaved_text(unsaved.person.display_name))

    def close(self) -> None:
        """Let nobody in any more."""
        self.idle.stop()
        self._look.stop()
        if self._door is not None:
            self._door.hide()

    def finish(self) -> None:
        """Let go of all windows."""
        for seat in self.all_seats:
            seat.window.deleteLater()
            if seat.locker is not None:
                seat.locker.finish()
        if self._door is not None:
            self._door.deleteLater()


def _noted(opened: list[Opened], open_it: Callable[[], Opened]) -> Opened:
    opened.append(open_it())
    return opened[-1]


def _is_unsaved(seat: Seat) -> bool:
    return seat.window.may_leave is not None or seat.workspace.booking.is_open


def _rest(seat: Seat) -> None:
    """On the query lane: unless she is back already."""
    if seat.workspace.is_asleep:
        seat.opened.database.rest()


def _rights(person: SignedIn) -> tuple[str, frozenset[Right]]:
    """What a window was made with: it is another one when this is not the same any more."""
    return person.group, person.rights


def _nothing() -> None:
    """What is waited for."""


def _ignore(_: object) -> None:
    """Nobody waits for it."""
