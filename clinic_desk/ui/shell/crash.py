"""The last resort: a bug anywhere (a slot, a thread, a lane) is logged and shown with a report that can be copied."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from clinic_desk.reports import crash_report

log = logging.getLogger(__name__)
_AT_MOST = 3


class CrashDialog(QDialog):
    """Says what the user can do, with the report below."""

    def __init__(self, report: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setObjectName("crash_dialog")
        self.setWindowTitle(self.tr("Clinic Desk: an error"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(480, 300)
        self.resize(680, 420)
        text = QLabel(
            self.tr(
                "Something went wrong in the program itself. What is booked is safe in the database. If the program "
                "behaves oddly, close it and start it again. Please send the report below to whoever looks after it; "
                "it holds no patient data."
            )
        )
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        self.report = QPlainTextEdit(report)
        self.report.setReadOnly(True)
        self.report.setAccessibleName(self.tr("Report"))
        self.report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox()
        copy = buttons.addButton(self.tr("Copy the report"), QDialogButtonBox.ButtonRole.ActionRole)
        copy.setObjectName("copy_report")
        copy.clicked.connect(self.copy)
        buttons.addButton(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        for part in (text, self.report, buttons):
            layout.addWidget(part)

    def copy(self) -> None:
        """Put the report on the clipboard."""
        QGuiApplication.clipboard().setText(self.report.toPlainText())


class CrashReporter(QObject):
    """Catches what nobody caught, in every thread, from `install` to `uninstall`."""

    reported = Signal(str)
    """The report of a bug, on the GUI thread."""
    _caught = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._previous = (sys.excepthook, threading.excepthook)
        self._shown: list[CrashDialog] = []  # a dialog without a window to belong to must belong to somebody
        self._caught.connect(self._report, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Catch from now on."""
        sys.excepthook = self._in_main
        threading.excepthook = self._in_thread

    def uninstall(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook = self._previous

    def _in_main(self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        self._catch(error, threading.current_thread().name)

    def _in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            self._catch(args.exc_value, args.thread.name if args.thread else "?")

    def _catch(self, error: BaseException, thread: str) -> None:
        report = crash_report(error, thread)
        log.critical("bug: %s", report)
        self._caught.emit(report)

    def _report(self, report: str) -> None:
        self.reported.emit(report)
        if len(self._shown) >= _AT_MOST:
            return  # a bug in a timer must not bury the screen under dialogs
        dialog = CrashDialog(report, QApplication.activeWindow())
        self._shown.append(dialog)
        dialog.finished.connect(lambda _: self._shown.remove(dialog))
        dialog.open()
