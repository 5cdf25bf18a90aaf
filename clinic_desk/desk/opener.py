"""Opens the clinic for a desk on its query lane: the first time, again when it could not be, and for who signs in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.errors import (
    ClinicDeskError,
    NothingHere,
    SchemaMismatch,
    ServerUpgradeNeeded,
    SignInNeeded,
    Stopped,
    UpgradeNeeded,
)

if TYPE_CHECKING:
    from clinic_desk.errors import PasswordNeeded
    from clinic_desk.opening.opened import Opened
    from clinic_desk.ui.door.first import FirstDoor
    from clinic_desk.ui.door.server_upgrade import ServerDoor
    from clinic_desk.ui.door.upgrade import UpgradeDoor
    from clinic_desk.ui.first_run.door import FirstRun
    from clinic_desk.ui.first_run.ways import Ways
    from clinic_desk.ui.main_window import MainWindow
    from clinic_desk.ui.tasks import Tasks

LOOK_AGAIN_MS: Final = 5_000
"""So often a desk that could not be opened looks by itself whether it can be by now."""

Open = Callable[[Callable[[str], None]], "Opened"]
"""Opens a clinic off the GUI thread, telling what it is doing."""


class ClinicOpener(QObject):
    """What is open of the clinic, and how it comes to be; asks who it is where the server must know first."""

    opened_clinic = Signal(object, bool)
    """The Opened, and whether it was found by a quiet look that nobody asked for."""
    failed = Signal(object)
    """The ClinicDeskError for which there is no clinic: `ask_who`, say it, or `look_again`."""
    told = Signal(str)
    """What is being done, from the lane's thread."""

    def __init__(self, open_clinic: Open, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.everything: list[Opened] = []
        """All that is to be closed at the end; what was opened last is the last."""
        self.is_opening = False
        """Whether a clinic is just being made, started or connected."""
        self.is_closed = False
        self.look_again = QTimer(self, singleShot=True, interval=LOOK_AGAIN_MS)
        self.look_again.timeout.connect(self._look_quietly)
        self.door: FirstDoor | None = None
        self._upgrade_door: UpgradeDoor | None = None
        self._needed: UpgradeNeeded | None = None
        self._server_door: ServerDoor | None = None
        self.first_run: FirstRun | None = None
        self._let_go: list[Callable[[], None]] = []
        self._open = open_clinic
        self._tasks: Tasks | None = None
        self._window: MainWindow | None = None

    def start(self, tasks: Tasks, window: MainWindow) -> None:
        """Open the clinic by the query lane for the first time; who must sign in is asked in `window`."""
        self._tasks, self._window = tasks, window
        self.open()

    def open(self) -> None:
        """Open it anew; what was open is closed before."""
        self.look_again.stop()
        self.is_opening = True
        self._ask(partial(_open_anew, self._open, self._tell, self.everything), quietly=False)

    def _tell(self, stage: str) -> None:
        """On the lane's thread: what is still being made or started goes no further when the window was closed."""
        if self._window is None:
            raise Stopped
        self.told.emit(stage)

    def close(self) -> None:
        """Nothing more is begun, and what comes of what was is not told."""
        self.is_closed = True
        self._window = None
        self.look_again.stop()

    def let_go(self) -> None:
        """Close all that is open and what was kept ready for who signs in; waits. The event loop has ended."""
        for opened in self.everything:
            opened.close()
        for let_go in self._let_go:
            let_go()

    def _ask(self, work: Callable[[], Opened], *, quietly: bool) -> None:
        if self._tasks is not None:
            failed = self._has_looked_in_vain if quietly else self._has_failed
            self._tasks.query(self, work, partial(self._has_opened, quietly=quietly), failed, key="open")

    def _look_quietly(self) -> None:
        """Whether another desk set the clinic up, or the server is on by now: only what is new by it is shown."""
        if self._window is None:
            return
        if self.everything:
            work = partial(_read_again, self.everything)
        else:
            self.is_opening = True
            work = partial(_open_anew, self._open, _tell_nobody, self.everything)
        self._ask(work, quietly=True)

    def _has_opened(self, opened: Opened, *, quietly: bool) -> None:
        self.is_opening = False
        if self._window is None:
            return
        if self.door is not None:
            self.door.close()
            self.door = None
        if self._upgrade_door is not None:
            self._upgrade_door.close()
            self._upgrade_door = None
        self._end_first_run()
        self._end_server_door()
        self.opened_clinic.emit(opened, quietly)

    def _has_failed(self, error: ClinicDeskError) -> None:
        self.is_opening = False
        if isinstance(error, SignInNeeded):
            self._let_go.append(error.let_go)
        if self._window is not None:
            self.failed.emit(error)

    def _has_looked_in_vain(self, error: ClinicDeskError) -> None:
        if self.first_run is None or isinstance(error, SignInNeeded):
            self._has_failed(error)
        else:  # somebody is being asked for another server: that the old one is still not there is no answer of hers
            self.is_opening = False

    def ask_for_upgrade(self, error: ClinicDeskError) -> bool:
        """Have a manager upgrade the clinic, or who is there take it over to another PostgreSQL, if that is what is
        missing; False if it is not, or nobody here may.
        """
        if isinstance(error, SignInNeeded | NothingHere | SchemaMismatch):  # the server is up: it was taken over
            self._end_server_door()
        if isinstance(error, ServerUpgradeNeeded) or self._server_door is not None:
            return self._ask_for_server(error)
        if isinstance(error, UpgradeNeeded) and error.upgrade is not None:
            self._needed = error
            self._end_first_run()
        elif self._upgrade_door is None:
            return False
        if self._upgrade_door is None and self._window is not None:
            if self.door is not None:
                self.door.close()
                self.door = None
            from clinic_desk.ui.door.upgrade import UpgradeDoor

            self._upgrade_door = UpgradeDoor(self._window, self)
            self._upgrade_door.asked.connect(self._upgrade)
            self._upgrade_door.answer(error)
            self._upgrade_door.page.take_keyboard()
        elif self._upgrade_door is not None:
            self._upgrade_door.answer(error)
        return True

    def _ask_for_server(self, error: ClinicDeskError) -> bool:
        if self._server_door is None and self._window is not None:
            self._end_first_run()
            from clinic_desk.ui.door.server_upgrade import ServerDoor

            self._server_door = ServerDoor(self._window, self)
            self._server_door.begin_wanted.connect(self._take_over)
            self._server_door.look_wanted.connect(self.open)
            self.told.connect(self._server_door.show_step)
        if self._server_door is not None:
            self._server_door.answer(error)
        return True

    def _take_over(self, act: Callable[[Callable[[str], None]], None]) -> None:
        if self._tasks is not None:
            self.look_again.stop()
            self.is_opening = True
            self._tasks.query(
                self, partial(act, self._tell), lambda _: self._has_taken_over(), self._has_failed, key="open"
            )

    def _has_taken_over(self) -> None:
        self._end_server_door()
        self.open()

    def _end_server_door(self) -> None:
        if self._server_door is not None:
            self._server_door.close()
            self._server_door.deleteLater()
            self._server_door = None

    def _upgrade(self, owner_password: str, has_backup: bool) -> None:
        needed = self._needed
        if self._tasks is None or needed is None or needed.upgrade is None:
            return
        self.look_again.stop()
        self.is_opening = True
        act = partial(needed.upgrade, owner_password, has_backup, self.told.emit)
        self._tasks.query(self, act, lambda _: self.open(), self._has_failed, key="open")

    def ask_who(self, error: ClinicDeskError) -> bool:
        """Have somebody say who it is, if nobody has; False if that is not what is missing."""
        if isinstance(error, NothingHere) and self.first_run is None and self._window is not None:
            self.ask_what(error.ways)
        if isinstance(error, SignInNeeded):
            self._end_first_run()
        if self.first_run is not None:
            self.first_run.answer(error)
            return True
        if self.door is None:
            if not isinstance(error, SignInNeeded) or self._window is None:
                return False
            from clinic_desk.ui.door.first import FirstDoor

            self.door = FirstDoor(self._window, self)
            self.door.asked.connect(partial(self._sign_in, error.sign_in))
            self.door.chosen.connect(partial(self._sign_in_first, error.sign_in))
        self.door.answer(error)
        return True

    def ask_what(self, ways: Ways, *, anew: bool = False) -> None:
        """Have somebody say what this PC is to work with. `anew`: it works with a clinic, and goes on with it until
        another one is open.
        """
        if self._window is None:
            return
        from clinic_desk.ui.first_run.door import FirstRun

        self.look_again.stop()
        self.first_run = FirstRun(self._window, ways, self, anew=anew)
        self.first_run.begin_wanted.connect(self._begin)
        self.first_run.left.connect(partial(self._stay, self._open))
        self.told.connect(self.first_run.show_step)

    def _stay(self, before: Open) -> None:
        """Nobody wants another clinic after all: look again for the one that there was."""
        self._end_first_run()
        self._open = before
        self.open()

    def _end_first_run(self) -> None:
        """What this PC works with is settled."""
        if self.first_run is not None:
            self.first_run.close()
            self.first_run.deleteLater()
            self.first_run = None

    def _begin(self, begin: Open) -> None:
        self._open = begin
        self.open()

    def _sign_in(self, sign_in: Callable[..., Opened], login: str, password: str) -> None:
        self._open = partial(sign_in, login, password)
        self.open()

    def _sign_in_first(self, sign_in: Callable[..., Opened], needed: PasswordNeeded, password: str) -> None:
        """A one-time code led here: who used it has set a password of her own."""

        def opening(tell: Callable[[str], None]) -> Opened:
            needed.set_password(password)
            return sign_in(needed.login, password, tell)

        self._open = opening
        self.open()


def _open_anew(open_clinic: Open, tell: Callable[[str], None], opened: list[Opened]) -> Opened:
    """On the lane's thread: open the clinic; it is noted there, so that closing finds it whenever it comes."""
    while opened:
        opened.pop().close()
    opened.append(open_clinic(tell))
    return opened[-1]


def _read_again(opened: list[Opened]) -> Opened:
    """On the lane's thread: read what the clinic is by now; what cannot be read is opened anew the next time."""
    try:
        opened[-1] = opened[-1].read_again()
    except Exception:
        opened.pop().close()
        raise
    return opened[-1]


def _tell_nobody(_stage: str) -> None:
    """Nobody asked for it."""
