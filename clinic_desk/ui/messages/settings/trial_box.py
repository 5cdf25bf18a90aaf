"""A button that tries something out off the GUI thread, and what it brought as a sentence; as often as one likes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.domain.messaging import Outcome
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle, set_button_text
from clinic_desk.ui.messages.settings.errands import Errand
from clinic_desk.ui.messages.settings.words import invalid_text

translate = QCoreApplication.translate

Told = Callable[[Outcome], tuple[str, str]]


class TrialBox(QWidget):
    """`pressed` is asked what to try when the button is; while it is tried the rest can be used."""

    def __init__(self, text: str, name: str, pressed: Callable[[], object], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = text
        self._errand = Errand(self)
        self.try_it = button(text, name, pressed)
        self.try_it.setShortcut(QKeySequence("Alt+T"))
        self.result = plain_label("", "muted")
        self.result.setObjectName(f"{name}_result")
        let_wrap(self.result)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.try_it)
        row.addWidget(self.result, 1)

    def run(self, work: Callable[[], Outcome], told: Told) -> None:
        """Try it; `told` makes a sentence and its role of the outcome."""

        def done(outcome: Outcome) -> None:
            self.say(*told(outcome))

        if self._errand.run(work, done, self._failed):
            self.try_it.setEnabled(False)
            set_button_text(self.try_it, translate("settings", "Trying…"))
            self._tell("", "muted")

    def say(self, text: str, role: str = "danger") -> None:
        """Say what it brought."""
        self.try_it.setEnabled(True)
        set_button_text(self.try_it, self._text)
        self._tell(text, role)

    def clear(self) -> None:
        """What was said holds no more."""
        if not self._errand.is_busy:
            self._tell("", "muted")

    def _failed(self, error: ClinicDeskError) -> None:
        from clinic_desk.errors import InvalidInput

        self.say(invalid_text(error) if isinstance(error, InvalidInput) else str(error))

    def _tell(self, text: str, role: str) -> None:
        self.result.setText(text)
        restyle(self.result, "role", role)
        self.try_it.setAccessibleDescription(text)
