"""The composition root: one desk, and the order of its start and end.

Start: a bare window is painted first, with as little imported as can be. Then the clinic is opened on the query lane,
which imports the database's libraries for it and has Python to itself for that. When it comes to wait for the database,
the GUI thread imports the window's parts and furnishes it meanwhile.
End: what was asked for is finished, the listener and the lanes stop, the database is let go, the embedded server last.
"""

from __future__ import annotations

import logging
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from clinic_desk.desk.callers import Callers
from clinic_desk.desk.opener import ClinicOpener, Open
from clinic_desk.desk.sending import DeskSending
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.preferences import Preferences

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from clinic_desk.desk.seat import Seat
    from clinic_desk.desk.seats import Seats
    from clinic_desk.desk.without_calendar import WithoutCalendar
    from clinic_desk.opening.opened import Opened
    from clinic_desk.ui.door.place import KeptPlace
    from clinic_desk.ui.tasks import Tasks
    from clinic_desk.ui.workspace import Workspace

log = logging.getLogger(__name__)
CLOSE_WITHIN_S: Final = 3.0
"""What is still running so long after closing was asked for is given up."""
OPENING_WITHIN_S: Final = 60.0
"""So long closing waits, with the window gone, for a database that is being made or started."""
SEATS_AFTER_MS: Final = 2_000
"""So long the calendar has the computer to itself before it is noticed that nobody is at the desk."""


class DeskProgram(QObject):
    """One desk: its window, its lanes, and what it is connected to. A program has one; the guided tour has two."""

    tasks: Tasks
    """The lanes, there once the window is on screen."""
    without_calendar: WithoutCalendar
    """What the window says until the calendar is there; made when it is on screen."""
    on_screen = Signal()
    """The bare window has been painted; only now is anything else done."""
    ready = Signal()
    """The calendar is there and live."""
    stage_told = Signal(str)
    """What is being done while the clinic is opened, as it is said in the window."""
    opening_failed = Signal(str)
    """Why the clinic could not be opened, as it is said in the window."""
    closed = Signal()
    """The window is closed and nothing more is asked; `finish` then lets go of everything."""

    def __init__(self, open_clinic: Open, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._closing_since: float | None = None
        self.is_ready = False
        self.workspace: Workspace | None = None
        self._seats: Seats | None = None
        self._ended: bool | None = None
        self.opener = ClinicOpener(open_clinic, self)
        self.opener.opened_clinic.connect(self._connected)
        self.sending = DeskSending(lambda: self.workspace, self)
        self.callers = Callers(
            lambda: self.front, lambda: self.workspace if self.is_ready and not self.is_locked else None, self
        )
        login = settings.value("last_login", "")
        self.window = MainWindow(Preferences(settings, login if isinstance(login, str) else ""))
        # Not at once: the paint event has ended and the picture is on its way before anything else is done.
        self.window.first_painted.connect(lambda: QTimer.singleShot(0, self, self._begin))
        self.window.close_requested.connect(self.close)

    def show(self) -> None:
        """Show the window; everything else follows its first picture."""
        self.window.show()

    # --- start ---

    def _begin(self) -> None:
        """Open the clinic on the query lane's thread; the window is furnished when that begins to wait."""
        if self.is_closing:
            return
        from clinic_desk.desk.windows import apply_theme
        from clinic_desk.desk.without_calendar import WithoutCalendar

        self.without_calendar = WithoutCalendar(self.window, self.opener, self._furnish, self)
        self.without_calendar.stage_told.connect(self.stage_told)
        self.without_calendar.failed.connect(self.opening_failed)
        self.without_calendar.begin_sending.connect(self.sending.begin_soon)
        apply_theme(self.window)
        self.window.paint_cover()
        self.on_screen.emit()
        from clinic_desk.ui.tasks import Tasks

        self.tasks = Tasks(self)
        self.tasks.commands_changed.connect(self._commands_changed)
        self.opener.start(self.tasks, self.window)

    def _furnish(self) -> None:
        """Make the first window's parts, and import what brings them to life; doing it again does nothing."""
        if self.window.is_furnished:
            return
        from clinic_desk.desk.windows import furnish

        furnish(self.window, self.lock, self.change_user)
        import clinic_desk.ui.workspace  # noqa: F401

    def _connected(self, opened: Opened, quietly: bool) -> None:
        self._furnish()
        clinic = opened.clinic
        if not (clinic.sites and clinic.practitioners and clinic.types):
            beginning = self.without_calendar.not_set_up(opened, self.tasks, quietly=quietly)
            if beginning is not None:
                self.ready.connect(beginning.say_what_is_next)
            return
        from clinic_desk.desk.windows import workspace_of

        self._settings.setValue("last_login", opened.person.login)
        self.window.preferences.sign_in(opened.person.login)
        log.info("opened the clinic as %s (%s)", opened.desk.name, "demo" if opened.is_demo else "in use")
        self.workspace = workspace_of(self.window, opened, self.tasks, self)
        self.workspace.ready.connect(partial(self._set_ready, opened))
        self.workspace.start()

    def _set_ready(self, opened: Opened) -> None:
        from clinic_desk.desk.windows import show_icon

        self.is_ready = True
        show_icon()
        self.ready.emit()
        QTimer.singleShot(SEATS_AFTER_MS, self, lambda: self.seats)
        self.callers.find_kept()
        self.sending.begin_soon(opened.start_sending)

    # --- who is at the desk ---

    def lock(self) -> None:
        """Show nothing of any patient until who is signed in, or somebody else, types a password."""
        if self.seats is not None:
            self.seats.lock()

    def change_user(self) -> None:
        """Have somebody else sign in; what is open is kept for who comes back."""
        if self.seats is not None:
            self.seats.change_user()

    @property
    def is_locked(self) -> bool:
        """Whether nothing but the door can be seen."""
        return self._seats is not None and self._seats.is_locked

    @property
    def front(self) -> QWidget:
        """The window that can be seen: hers who is at the desk, or the door."""
        return self._seats.door if self._seats is not None and self._seats.is_locked else self.window

    @property
    def seats(self) -> Seats | None:
        """Who is at the desk; made some time after the calendar is there, or when somebody locks before."""
        if self._seats is None and self.is_ready and self.workspace is not None and not self.is_closing:
            from clinic_desk.desk.seat import Seat
            from clinic_desk.desk.seats import Seats

            first = Seat(self.opener.everything[-1], self.window, self.workspace)
            self._seats = Seats(first, self.tasks, self._make_seat, self.opener.everything, self)
            self._seats.unlocked.connect(self._is_back)
            self._seats.leave_requested.connect(self.close)
        return self._seats

    def _make_seat(self, opened: Opened, place: KeptPlace) -> Seat:
        from clinic_desk.desk.seat import Seat
        from clinic_desk.desk.windows import furnish, workspace_of
        from clinic_desk.ui.opening_words import trying_text

        window = MainWindow(Preferences(self._settings, opened.person.login))
        window.resize(self.window.size())
        window.close_requested.connect(self.close)
        window.cover_with(trying_text())
        furnish(window, self.lock, self.change_user)
        workspace = workspace_of(window, opened, self.tasks, self)
        workspace.start(place)
        return Seat(opened, window, workspace)

    def _is_back(self) -> None:
        """Somebody is at the desk, the same or another one."""
        if self._seats is None:
            return
        seat = self._seats.seat
        is_other, self.window, self.workspace = seat.window is not self.window, seat.window, seat.workspace
        if is_other:
            self._settings.setValue("last_login", seat.person.login)
            self.sending.begin_soon(seat.opened.start_sending)
        self.callers.find_kept()

    # --- end ---

    @property
    def is_closing(self) -> bool:
        """Whether closing was asked for."""
        return self._closing_since is not None

    def close(self) -> None:
        """End orderly: nothing new is begun, commands that were given are finished, then `closed`."""
        if self.is_closing:
            return
        self._closing_since = monotonic()
        self.opener.close()
        self.callers.close()
        self.sending.close()
        for window, workspace in self._all_windows():
            window.close_now()
            if workspace is not None:
                workspace.close()
        if self._seats is not None:
            self._seats.close()
        if not hasattr(self, "tasks") or self.tasks.unfinished_commands == 0:
            self.closed.emit()
        else:
            QTimer.singleShot(int(CLOSE_WITHIN_S * 600), self, self.closed.emit)

    def _all_windows(self) -> list[tuple[MainWindow, Workspace | None]]:
        if self._seats is None:
            return [(self.window, self.workspace)]
        return [(seat.window, seat.workspace) for seat in self._seats.all_seats]

    def _commands_changed(self, count: int) -> None:
        if self.is_closing and count == 0:
            self.closed.emit()

    def finish(self) -> bool:
        """Let go of everything; return whether all threads ended in time. Waits: the event loop has ended."""
        if not self._ended:  # what did not end in time may have by now
            self._ended = self._finished()
        return self._ended

    def _finished(self) -> bool:
        began = self._closing_since or monotonic()

        def left() -> float:
            return max(0.3, CLOSE_WITHIN_S - (monotonic() - began))

        sending_ended = self.sending.finish(left())
        spaces = [workspace for _, workspace in self._all_windows() if workspace is not None]
        listener_ended = min([True, *(workspace.finish(left()) for workspace in spaces)])
        # A database that is just being made or started is waited for: left half made it would be in the way next time.
        patience = OPENING_WITHIN_S if self.opener.is_opening else left()
        lanes_ended = not hasattr(self, "tasks") or self.tasks.close(patience)
        self.opener.let_go()
        if self._seats is None:
            self.window.deleteLater()
        else:
            self._seats.finish()
        return sending_ended and listener_ended and lanes_ended
