"""The desktop's composition root: the one place that knows every concrete class, and the order of start and end.

Start: the window is painted first; only then are the database's libraries imported, on the query lane, and connected.
End: what was asked for is finished, the listener and the lanes stop, the database is let go, the embedded server last.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.garbage import GarbageCollector
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.opening_words import not_set_up_text, stage_text, trouble_text
from clinic_desk.ui.preferences import Preferences
from clinic_desk.ui.shell.crash import CrashReporter

if TYPE_CHECKING:
    from clinic_desk.opening import Opened
    from clinic_desk.ui.tasks import Tasks
    from clinic_desk.ui.workspace import Workspace

log = logging.getLogger(__name__)
CLOSE_WITHIN_S: Final = 3.0
"""What is still running so long after closing was asked for is given up."""
OPENING_WITHIN_S: Final = 60.0
"""So long closing waits, with the window gone, for a database that is being made or started."""

Open = Callable[[Callable[[str], None]], "Opened"]
"""Opens a clinic off the GUI thread, telling what it is doing."""


class DeskProgram(QObject):
    """One desk: its window, its lanes, and what it is connected to. A program has one; the guided tour has two."""

    tasks: Tasks
    """The lanes, there once the window is on screen."""
    ready = Signal()
    """The calendar is there and live."""
    stage_told = Signal(str)
    """What is being done while the clinic is opened, as it is said in the window."""
    opening_failed = Signal(str)
    """Why the clinic could not be opened, as it is said in the window."""
    closed = Signal()
    """The window is closed and nothing more is asked; `finish` then lets go of everything."""
    _told = Signal(str)

    def __init__(self, open_clinic: Open, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = open_clinic
        self._settings = settings
        self._opened: list[Opened] = []
        self._is_opening = False
        self._closing_since: float | None = None
        self.workspace: Workspace | None = None
        self.is_ready = False
        login = settings.value("last_login", "")
        self.window = MainWindow(Preferences(settings, login if isinstance(login, str) else ""))
        _ask_for_scheme(self.window.preferences.scheme())
        self.window.cover_with(self.tr("Starting…"))
        # Queued: the paint event has ended and the picture is on its way before anything else is done.
        self.window.first_painted.connect(self._begin, Qt.ConnectionType.QueuedConnection)
        self.window.close_requested.connect(self.close)
        self.window.cover.button.clicked.connect(self._connect)
        self._told.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def show(self) -> None:
        """Show the window; everything else follows its first picture."""
        self.window.show()

    # --- start ---

    def _begin(self) -> None:
        """Furnish the window, then open the clinic on the query lane's thread.

        Not both at once: two threads that import at the same time through PySide's import hook can see half a module.
        """
        if self.is_closing:
            return
        from clinic_desk.ui.tasks import Tasks

        self.tasks = Tasks(self)
        self.tasks.commands_changed.connect(self._commands_changed)
        self._apply_style()
        self.window.furnish()
        self.window.actions_by_name["quit"].triggered.connect(self.window.close)
        self._connect()

    def _apply_style(self) -> None:
        from clinic_desk.ui.theme import apply_style

        app, scheme = QApplication.instance(), self.window.preferences.scheme()
        if isinstance(app, QApplication):
            apply_style(app, dark=None if scheme == "system" else scheme == "dark")

    def _connect(self) -> None:
        open_clinic, tell, opened = self._open, self._told.emit, self._opened

        def work() -> Opened:
            while opened:
                opened.pop().close()  # tried again
            opened.append(open_clinic(tell))  # noted on the thread: closing must find it whenever it comes
            return opened[-1]

        self._is_opening = True
        self.tasks.query(self, work, self._connected, self._not_connected)

    def _tell(self, stage: str) -> None:
        text = stage_text(stage)
        self.window.cover_with(text)
        if self.window.is_furnished:
            self.window.status_bar.show_step(text)
        self.stage_told.emit(text)

    def _connected(self, opened: Opened) -> None:
        from clinic_desk.ui.workspace import Opening, Workspace

        self._is_opening = False
        if self.is_closing:
            return
        clinic = opened.clinic
        if not (clinic.sites and clinic.practitioners and clinic.types):
            self._offer_again(not_set_up_text())
            return
        self._settings.setValue("last_login", opened.person.login)
        self.window.preferences.sign_in(opened.person.login)
        opening = Opening(
            opened.database, opened.clinic, opened.desk_no, opened.person, opened.is_demo, before_connect=opened.revive
        )
        log.info("opened the clinic as %s (%s)", opened.desk.name, "demo" if opened.is_demo else "in use")
        self.workspace = Workspace(self.window, opening, self.tasks, self)
        self.workspace.ready.connect(self._set_ready)
        self.workspace.start()

    def _set_ready(self) -> None:
        self.is_ready = True
        self.ready.emit()

    def _not_connected(self, error: ClinicDeskError) -> None:
        self._is_opening = False
        log.warning("the clinic was not opened: %s", error)
        self._offer_again(trouble_text(error))

    def _offer_again(self, text: str) -> None:
        self.window.offer_on_cover(text, self.tr("Try again"))
        self.window.status_bar.show_step(self.tr("Not connected"))
        self.opening_failed.emit(text)

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
        self.window.close_now()
        if self.workspace is not None:
            self.workspace.close()
        if not self.window.is_furnished or self.tasks.unfinished_commands == 0:
            self.closed.emit()
        else:
            QTimer.singleShot(int(CLOSE_WITHIN_S * 600), self, self.closed.emit)

    def _commands_changed(self, count: int) -> None:
        if self.is_closing and count == 0:
            self.closed.emit()

    def finish(self) -> bool:
        """Let go of everything; return whether all threads ended in time. Waits: the event loop has ended."""
        began = self._closing_since or monotonic()

        def left() -> float:
            return max(0.3, CLOSE_WITHIN_S - (monotonic() - began))

        listener_ended = self.workspace is None or self.workspace.finish(left())
        # A database that is just being made or started is waited for: left half made it would be in the way next time.
        patience = OPENING_WITHIN_S if self._is_opening else left()
        lanes_ended = not self.window.is_furnished or self.tasks.close(patience)
        for opened in self._opened:
            opened.close()
        self.window.deleteLater()
        return listener_ended and lanes_ended


def _ask_for_scheme(scheme: str) -> None:
    """Have Qt paint the bare window in the wanted colours: cheap, and what the program's own style says later."""
    wanted = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}.get(scheme)
    if wanted is not None:
        QGuiApplication.styleHints().setColorScheme(wanted)


def make_application(arguments: list[str]) -> QApplication:
    """Return Qt's application with the program's names, style and translations; there is one per process."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([sys.argv[0], *arguments])
    app.setApplicationName("clinic-desk")
    app.setApplicationDisplayName("Clinic Desk")
    app.setDesktopFileName("clinic-desk")
    app.setQuitOnLastWindowClosed(False)
    app.setStyle("Fusion")  # its own palette follows the system's light or dark until the window is furnished
    return app


def run_desktop(open_clinic: Open) -> int:
    """Run one desk until its window is closed; return the exit code."""
    app = make_application([])
    reporter = CrashReporter(app)
    reporter.install()
    garbage = GarbageCollector(app)
    program = DeskProgram(open_clinic, QSettings("clinic-desk", "clinic-desk"))
    program.closed.connect(app.quit)
    for number in (signal.SIGINT, signal.SIGTERM):
        # Python looks at signals between its own steps; the collector's timer makes one every second.
        signal.signal(number, lambda *_: program.window.close())
    program.show()
    code = app.exec()
    ended = program.finish()
    garbage.stop()
    reporter.uninstall()
    if not ended:
        log.warning("a thread did not end in time and was left behind")
        logging.shutdown()
        import os

        os._exit(code)  # a statement that hangs in the driver must not keep a closed program alive
    return code
