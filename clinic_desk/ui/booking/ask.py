"""A yes-or-no question over the window, for changes that have no form of their own (a drag)."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet

translate = QCoreApplication.translate


class AskSheet(Sheet):
    """Enter is yes once the question can have been read, Esc is no."""

    answered = Signal(bool)

    def __init__(self, title: str, question: str, yes: str, parent: QWidget) -> None:
        super().__init__(parent, width=460)
        self.setObjectName("ask_sheet")
        self.setAccessibleName(title)
        self.setAccessibleDescription(question)
        self.guard = Guard(self)
        self.yes = button(yes, "ask_yes", self._say_yes, "primary")
        self.no = button(translate("ask", "No"), "ask_no", self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.no)
        buttons.addWidget(self.yes)
        self.body.addWidget(plain_label(title, "title", wrap=True))
        self.body.addWidget(plain_label(question, wrap=True))
        self.body.addSpacing(4)
        self.body.addLayout(buttons)
        self.guard.begin()

    def first_focus(self) -> QWidget | None:
        return self.yes

    def _say_yes(self) -> None:
        if self.guard.is_ready:
            self.done(self.DialogCode.Accepted)
            self.answered.emit(True)

    def reject(self) -> None:
        """No."""
        super().reject()
        self.answered.emit(False)
