"""Asks what becomes of unsaved settings when they are left."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet

translate = QCoreApplication.translate


class LeavingSheet(Sheet):
    """Enter saves, Esc goes on editing."""

    answered = Signal(bool)
    """True: save, then leave. False: leave without saving."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, width=520)
        self.setObjectName("leaving_sheet")
        title = translate("settings", "Save what you changed?")
        question = translate("settings", "Nobody else sees it until it is saved.")
        self.setAccessibleName(title)
        self.setAccessibleDescription(question)
        self.guard = Guard(self)
        self.save = button(translate("settings", "Save ⏎"), "leaving_save", lambda: self._answer(save=True), "primary")
        self.drop = button(translate("settings", "&Do not save"), "leaving_drop", lambda: self._answer(save=False))
        self.stay = button(translate("settings", "&Go on editing"), "leaving_stay", self.reject)
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
