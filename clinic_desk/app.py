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
from clinic_desk.ui.opening_words import stage_text, trouble_text
from clinic_desk.ui.preferences import Preferences
from clinic_desk.ui.shell.crash import CrashReporter
from clinic_desk.ui.tasks import Tasks
from clinic_desk.ui.theme import apply_style

if TYPE_CHECKING:
    from clinic_desk.opening import Opened
    from clinic_desk.ui.workspace import Workspace

log = logging.getLogger(__name__)
CLOSE_WITHIN_S: Final = 3.0
"""What is still running so long after closing was asked for is given up."""

Open = Callable[[Callable[[str], None]], "Opened"]
"""Opens a clinic off the GUI thread, telling what it is doing."""


class DeskProgram(QObject):
    """One desk: its window, its lanes, and what it is connected to. A program has one; the guided tour has two."""

    ready = Signal()
    """The calendar is there and live."""
    opening_failed = Signal(str)
    """Why the clinic could not be opened, as it is said in the window."""
    closed = Signal()
    """The window is closed and nothing more is asked; `finish` then lets go of everything."""
    _told = Signal(str)

    def __init__(self, open_clinic: Open, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open = open_clinic
        self._settings = settings
        self._opened: Opened | None = None
        self._closing_since: float | None = None
        self.workspace: Workspace | None = None
        self.is_ready = False
        self.tasks = Tasks(self)
        login = settings.value("last_login", "")
        self.window = MainWindow(Preferences(settings, login if isinstance(login, str) else ""))
        self.window.cover_with(self.tr("Starting…"))
        # Queued twice: the paint event has ended and the picture is on screen before anything else is done.
        self.window.first_painted.connect(self._connect, Qt.ConnectionType.QueuedConnection)
        self.window.close_requested.connect(self.close)
        self.window.actions_by_name["quit"].triggered.connect(self.window.close)
        self.window.cover.button.clicked.connect(self._connect)
        self._told.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self.tasks.commands_changed.connect(self._commands_changed)

    def show(self) -> None:
        """Show the window; everything else follows its first picture."""
        self.window.show()

    # --- start ---

    def _connect(self) -> None:
        open_clinic, tell = self._open, self._told.emit
        self.tasks.query(self, lambda: open_clinic(tell), self._connected, self._not_connected)

    def _tell(self, stage: str) -> None:
        text = stage_text(stage)
        self.window.cover_with(text)
        self.window.status_bar.show_step(text)

    def _connected(self, opened: Opened) -> None:
        from clinic_desk.ui.workspace import Opening, Workspace

        self._opened = opened
        if self._closing_since is not None:
            return
        self._settings.setValue("last_login", opened.person.login)
        self.window.preferences.sign_in(opened.person.login)
        opening = Opening(
            opened.database, opened.clinic, opened.desk_no, opened.person, opened.is_demo, before_connect=opened.revive
        )
        self.workspace = Workspace(self.window, opening, self.tasks, self)
        self.workspace.ready.connect(self._set_ready)
        self.workspace.start()

    def _set_ready(self) -> None:
        self.is_ready = True
        self.ready.emit()

    def _not_connected(self, error: ClinicDeskError) -> None:
        log.warning("the clinic was not opened: %s", error)
        text = trouble_text(error)
        self.window.offer_on_cover(text, self.tr("Try again"))
        self.opening_failed.emit(text)
        self.window.status_bar.show_step(self.tr("Not connected"))

    # --- end ---

    @property
    def is_closing(self) -> bool:
        """Whether closing was asked for."""
        return self._closing_since is not None

    def close(self) -> None:
        """End orderly: nothing new is begun, commands that were given are finished, then `closed`."""
        if self._closing_since is not None:
            return
        self._closing_since = monotonic()
        self.window.close_now()
        if self.workspace is not None:
            self.workspace.close()
        if self.tasks.unfinished_commands == 0:
            self.closed.emit()
        else:
            QTimer.singleShot(int(CLOSE_WITHIN_S * 600), self, self.closed.emit)

    def _commands_changed(self, count: int) -> None:
        if self._closing_since is not None and count == 0:
            self.closed.emit()

    def finish(self) -> bool:
        """Let go of everything; return whether all threads ended in time. Waits: the event loop has ended."""
        began = self._closing_since or monotonic()

        def left() -> float:
            return max(0.3, CLOSE_WITHIN_S - (monotonic() - began))

        listener_ended = self.workspace is None or self.workspace.finish(left())
        lanes_ended = self.tasks.close(left())
        if self._opened is not None:
            self._opened.close()
        self.window.deleteLater()
        return listener_ended and lanes_ended


def make_application(arguments: list[str]) -> QApplication:
    """Return Qt's application with the program's names, style and translations; there is one per process."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
    app = QApplication([sys.argv[0], *arguments])
    app.setApplicationName("clinic-desk")
    app.setApplicationDisplayName("Clinic Desk")
    app.setDesktopFileName("clinic-desk")
    app.setQuitOnLastWindowClosed(False)
    apply_style(app)
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
