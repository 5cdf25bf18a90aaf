"""Asks what becomes of what is not saved when a sheet, or the window below it, is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet

if TYPE_CHECKING:
    from clinic_desk.ui.main_window import MainWindow

translate = QCoreApplication.translate


class LeavingSheet(Sheet):
    """Enter saves, Esc goes on editing."""

    answered = Signal(bool)
    """True: save, then leave. False: leave without saving."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, width=520)
        self.setObjectName("leaving_sheet")
        title = translate("leaving", "Save what you changed?")
        question = translate("leaving", "Nobody else sees it until it is saved.")
        self.setAccessibleName(title)
        self.setAccessibleDescription(question)
        self.guard = Guard(self)
        self.save = button(translate("leaving", "Save ⏎"), "leaving_save", lambda: self._answer(save=True), "primary")
        self.drop = button(translate("leaving", "&Do not save"), "leaving_drop", lambda: self._answer(save=False))
        self.stay = button(translate("leaving", "&Go on editing"), "leaving_stay", self.reject)
        buttons = QHBoxLayout()
        buttons.addWidget(self.stay)
        buttons.addStretch(1)
        buttons.addWidget(self.drop)
        buttons.addWidget(self.save)
        self.body.addWidget(plain_label(title, "title", wrap=True))
        self.body.addWidget(plain_label(question, wrap=True))
        self.body.addSpacing(4)
        self.body.addLayout(buttons)
        self.guard.begin()

    def first_focus(self) -> QWidget | None:
        return self.save

    def _answer(self, *, save: bool) -> None:
        if self.guard.is_ready:
            self.done(self.DialogCode.Accepted)
            self.answered.emit(save)


class Leaving(QObject):
    """Of one window and what may be open in it unsaved; `is_unsaved` tells whether it is.

    While it is open (`begin` to `end`) the window asks here before it closes.
    """

    save_wanted = Signal()
    left = Signal()
    """It is to be closed now: nothing is unsaved, or it is not wanted."""

    def __init__(self, window: MainWindow, is_unsaved: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._is_unsaved = is_unsaved
        self._before: Callable[[], bool] | None = None
        self._is_asking = False
        self._ends_window = False
        self.is_wanted = False
        """It is left as soon as it is saved."""

    def begin(self) -> None:
        """It is open."""
        self._before = self._window.may_leave
        self._window.may_leave = self._may_window_close

    def ask(self) -> None:
        """Leave, after the question if something is not saved."""
        if self._is_asking:
            return
        if not self._is_unsaved():
            self.left.emit()
            return
        self._is_asking = True
        sheet = LeavingSheet(self._window)
        sheet.answered.connect(self._answered)
        sheet.rejected.connect(self.stay)
        sheet.finished.connect(self._asked)
        sheet.open()

    def _may_window_close(self) -> bool:
        """Whether the window may be closed. If not, it is asked what becomes of what is unsaved, and then closed."""
        if not self._is_unsaved():
            return self._before is None or self._before()
        self._ends_window = True
        self.ask()
        return False

    def _asked(self) -> None:
        self._is_asking = False

    def _answered(self, save: bool) -> None:
        if save:
            self.is_wanted = True
            self.save_wanted.emit()
        else:
            self.left.emit()

    def stay(self) -> None:
        """It stays open: it could not be saved, or was not to be left after all."""
        self.is_wanted = self._ends_window = False

    def end(self) -> None:
        """It is closed; so is the window, if that was meant."""
        ends_window, self._window.may_leave = self._ends_window, self._before
        self.stay()
        if ends_window:
            self._window.close()
