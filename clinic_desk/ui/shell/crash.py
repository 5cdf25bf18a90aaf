"""The last resort: a bug anywhere (a slot, a thread, a lane) is logged and shown with a report that can be copied."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from clinic_desk.ui.shell.crash_dialog import CrashDialog

log = logging.getLogger(__name__)
_AT_MOST = 3


class CrashReporter(QObject):
    """Catches what nobody caught, in every thread, from `install` to `uninstall`."""

    reported = Signal(str)
    """The report of a bug, on the GUI thread."""
    _caught = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._previous = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        self._shown: list[CrashDialog] = []  # a dialog without a window to belong to must belong to somebody
        self._caught.connect(self._report_soon)

    def install(self) -> None:
        """Catch from now on."""
        sys.excepthook = self._in_main
        threading.excepthook = self._in_thread
        sys.unraisablehook = self._in_passing

    def uninstall(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._previous

    def _in_main(self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        self._catch(error, threading.current_thread().name)

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._catch(args.exc_value, args.thread.name if args.thread else "?")

    def _in_passing(self, raised: sys.UnraisableHookArgs) -> None:
        """What was raised where Python goes on all the same (an object's end): logged, and nobody interrupted."""
        from clinic_desk.reports import crash_report

        if raised.exc_value is not None:
            log.error("bug in passing: %s", crash_report(raised.exc_value, threading.current_thread().name))

    def _catch(self, error: BaseException, thread: str) -> None:
        from clinic_desk.reports import crash_report

        report = crash_report(error, thread)
        log.critical("bug: %s", report)
        self._caught.emit(report)

    def _report_soon(self, report: str) -> None:
        """On the GUI thread: let what is being done come to its end before a dialog opens."""
        QTimer.singleShot(0, self, lambda: self._report(report))

    def _report(self, report: str) -> None:
        self.reported.emit(report)
        if len(self._shown) >= _AT_MOST:
            return  # a bug in a timer must not bury the screen under dialogs
        from clinic_desk.ui.shell.crash_dialog import CrashDialog

        dialog = CrashDialog(report, QApplication.activeWindow())
        self._shown.append(dialog)
        dialog.finished.connect(lambda _: self._shown.remove(dialog))
        dialog.open()
