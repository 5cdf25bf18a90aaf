"""Asks which dates of a series are meant when one of them is moved on the calendar."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.domain.records import Entry
from clinic_desk.domain.series import Scope
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import one_line

translate = QCoreApplication.translate
_KEYS = {Qt.Key.Key_1: Scope.THIS, Qt.Key.Key_2: Scope.FOLLOWING, Qt.Key.Key_3: Scope.ALL}

_ROLES = {Scope.THIS: "primary", Scope.FOLLOWING: "", Scope.ALL: ""}


class ScopeQuestion(Sheet):
    """Enter means only this date; a digit, or the letter of a button, any of the three. Esc leaves it where it was."""

    decided = Signal(object)
    """The Scope, once; None: nothing is to be moved."""

    def __init__(self, entry: Entry, parent: QWidget) -> None:
        super().__init__(parent, width=680)
        self.setObjectName("scope_question")
        title = translate("series", "Move only this date?")
        question = translate("series", "This appointment of {name} is a date of a series.").format(
            name=one_line(entry.patient.display_name)
        )
        self.setAccessibleName(title)
        self.setAccessibleDescription(question)
        self.guard = Guard(self)
        texts = {
            Scope.THIS: translate("series", "1  &Only this date ⏎"),
            Scope.FOLLOWING: translate("series", "2  This and &following…"),
            Scope.ALL: translate("series", "3  &All to come…"),
        }
        self.choices = {
            scope: button(text, f"scope_{scope}", partial(self._decide, scope), _ROLES[scope])
            for scope, text in texts.items()
        }
        buttons = QHBoxLayout()
        buttons.addWidget(button(translate("series", "&Leave it"), "scope_leave", self.reject))
        buttons.addStretch(1)
        for each in reversed(self.choices.values()):
            buttons.addWidget(each)
        self.body.addWidget(plain_label(title, "title", wrap=True))
        self.body.addWidget(plain_label(question, wrap=True))
        self.body.addSpacing(4)
        self.body.addLayout(buttons)
        self.guard.begin()

    def first_focus(self) -> QWidget | None:
        return self.choices[Scope.THIS]

    def _decide(self, scope: Scope) -> None:
        if self.guard.is_ready:
            self.done(self.DialogCode.Accepted)
            self.decided.emit(scope)

    def reject(self) -> None:
        """The appointment stays where it was."""
        super().reject()
        self.decided.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        scope = _KEYS.get(Qt.Key(event.key()))
        if scope is not None and not event.isAutoRepeat():
            self.choices[scope].click()
        else:
            super().keyPressEvent(event)
