"""The door of a locked desk: it asks who comes in, and asks the server whether it lets her."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from clinic_desk.opening.logins import demo_people
from clinic_desk.ui.door import words
from clinic_desk.ui.door.names import last_names
from clinic_desk.ui.door.waits import Waits
from clinic_desk.ui.door.window import DoorWindow
from clinic_desk.ui.lanes import Priority

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.desk.seat import Seat
    from clinic_desk.errors import PasswordNeeded
    from clinic_desk.opening.opened import Opened
    from clinic_desk.ui.tasks import Tasks

T = TypeVar("T")


class Entrance(QObject):
    """One door for all who work at a desk. Nobody comes in by herself: `Seats` shows a window when one is known."""

    known = Signal(object)
    """Entered: the server let her in."""
    unasked = Signal()
    """Who is expected came back without a password, as this desk signs in by itself."""
    came = Signal(object)
    """The Opened that was asked for with `open_for`."""
    close_wanted = Signal()
    """Somebody closes the door's window."""

    def __init__(self, seat: Seat, tasks: Tasks, opened: list[Opened], parent: QObject | None = None) -> None:
        """`opened`: all that is opened is added, on the lane's thread, so that closing finds it whenever it comes."""
        super().__init__(parent)
        self._seat = seat
        self._tasks = tasks
        self._opened = opened
        self._door: DoorWindow | None = None
        self._waits = Waits()

    @property
    def door(self) -> DoorWindow:
        """The door, made when it is first wanted."""
        if self._door is None:
            self._door = DoorWindow(self._waits)
            self._door.page.asked.connect(self._asked)
            self._door.page.chosen.connect(self._chosen)
            self._door.close_requested.connect(self.close_wanted)
        return self._door

    def ask(self, seat: Seat, *, for_other: bool, has_ended: bool) -> None:
        """Ask for who was here last. `for_other`: for anybody else; `has_ended`: she may not sign in any more."""
        self._seat = seat
        page, name = self.door.page, seat.person.display_name
        hint = words.demo_text(*demo_people()) if seat.opened.is_demo else ""
        page.offer(last_names(seat.window.preferences))
        if has_ended:
            page.ask(self.tr("Signed out"), words.ended_text(), "", hint=hint)
        elif for_other:
            page.ask(self.tr("Change user"), words.other_text(name), "", hint=hint)
        else:
            login, by_itself = seat.person.login, seat.opened.is_automatic
            text = words.locked_text(name, by_itself=by_itself)
            page.ask(self.tr("Locked"), text, login, hint=hint, opens_without=login if by_itself else "")

    def _asked(self, login: str, password: str) -> None:
        if not password:  # the page lets that pass only for who comes in by itself
            self.unasked.emit()
            return
        opened = self._seat.opened
        self._ask_server(lambda: opened.knock(opened.address_of(login, password)), self.known.emit)

    def _chosen(self, needed: PasswordNeeded, password: str) -> None:
        """A one-time code led here: who used it has set a password of her own."""
        opened = self._seat.opened
        self._ask_server(lambda: opened.knock(needed.set_password(password)), self.known.emit)

    def open_for(self, address: URL) -> None:
        """Open the clinic for another person; `came` brings it, or the door says why not."""
        self._ask_server(partial(_opened_for, self._seat.opened, address, self._opened), self.came.emit)

    def _ask_server(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._tasks.query(self, work, done, self.door.page.answer, key="door", priority=Priority.URGENT)

    def open(self) -> None:
        """Somebody is in: the door goes."""
        self.door.page.come_in()
        self.door.hide()

    def close(self) -> None:
        """Let nobody in any more."""
        if self._door is not None:
            self._door.hide()

    def finish(self) -> None:
        """Let go of the window."""
        if self._door is not None:
            self._door.deleteLater()


def _opened_for(here: Opened, address: URL, everything: list[Opened]) -> Opened:
    """On the lane's thread."""
    from clinic_desk.opening.connecting import for_person

    everything.append(for_person(here, address))
    return everything[-1]
