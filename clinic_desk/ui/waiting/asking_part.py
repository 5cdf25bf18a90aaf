"""In the panel of a time that became free: offering it by message, one patient after the other, and how that stands."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.domain.asking import Round, RoundState
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.tool_tips import plain_tip
from clinic_desk.ui.waiting.asking_words import round_text

translate = QCoreApplication.translate


class AskingPart(QWidget):
    """Shows a Round, or the way to begin one. Its letters are the panel's: M, A, W."""

    ask_wanted = Signal()
    """Offer the gap by message to all whom it fits."""
    next_wanted = Signal(object)
    """Of this Round, ask the next one now."""
    withdraw_wanted = Signal(object)
    """Offer what this Round offers to nobody any more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.standing: Round | None = None
        self._may_write = True
        self.told = plain_label("", wrap=True)
        self.told.setObjectName("asking_told")
        self.ask_button = button(translate("waiting", "Offer by &message (M)"), "asking_begin", self.begin)
        self.ask_button.setToolTip(
            plain_tip(
                translate(
                    "waiting",
                    "They are asked one after the other by SMS or e-mail. The first yes is booked by itself; the time "
                    "is not reserved meanwhile.",
                )
            )
        )
        self.next_button = button(translate("waiting", "&Ask the next (A)"), "asking_next", self.go_on)
        self.next_button.setToolTip(plain_tip(translate("waiting", "Wait no longer for an answer")))
        self.end_button = button(translate("waiting", "&Withdraw (W)"), "asking_end", self.withdraw)
        self.end_button.setToolTip(
            plain_tip(translate("waiting", "Offer it to nobody; what has not left is called back"))
        )
        row = QHBoxLayout()
        row.setSpacing(6)
        for each in (self.ask_button, self.next_button, self.end_button):
            row.addWidget(each, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.told)
        column.addLayout(row)
        self.show_round(None, None)

    @property
    def is_running(self) -> bool:
        """Whether somebody is asked, or about to be."""
        return self.standing is not None and self.standing.state is RoundState.RUNNING

    def show_round(self, standing: Round | None, now: datetime | None) -> None:
        """Show how it stands with the gap; None: it was not offered by message."""
        self.standing = standing
        text = "" if standing is None or now is None else round_text(standing, now)
        self.told.setText(text)
        self.told.setVisible(bool(text))
        had = next((each for each in (self.ask_button, self.next_button, self.end_button) if each.hasFocus()), None)
        self.ask_button.setVisible(not self.is_running)
        for each in (self.next_button, self.end_button):
            each.setVisible(self.is_running)
        self._enable()
        if had is not None and not had.isVisible():
            (self.next_button if self.is_running else self.ask_button).setFocus(Qt.FocusReason.OtherFocusReason)

    def set_writing(self, *, on: bool) -> None:
        """Let it be offered only while that can be done."""
        self._may_write = on
        self._enable()

    def _enable(self) -> None:
        for each in (self.ask_button, self.next_button, self.end_button):
            each.setEnabled(self._may_write)

    def begin(self) -> None:
        """Offer the gap, unless it is offered already."""
        if self._may_write and not self.is_running:
            self.ask_wanted.emit()

    def go_on(self) -> None:
        """Ask the next one now."""
        if self._may_write and self.is_running:
            self.next_wanted.emit(self.standing)

    def withdraw(self) -> None:
        """Offer it to nobody any more."""
        if self._may_write and self.is_running:
            self.withdraw_wanted.emit(self.standing)
