"""Patients that may be the one about to be added, each one key press from being used instead."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from clinic_desk.domain.records import Patient
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.words import list_name

translate = QCoreApplication.translate


class DoubleList(QWidget):
    """One button per likely double, and one that adds the new patient all the same."""

    used = Signal(object)
    """The Patient that is meant."""
    refused = Signal()
    """None of them is meant: add the new one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("likely_doubles")
        self._title = plain_label("", "warning")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self._title)
        self.choices: list[QPushButton] = []
        self.hide()

    def show_patients(self, rows: tuple[tuple[Patient, str], ...], title: str) -> None:
        """Show (patient, what tells them apart) rows; none hides the list."""
        for choice in self.choices:
            self._column.removeWidget(choice)
            choice.hide()
            choice.deleteLater()
        self.choices = []
        self._title.setText(title)
        for number, (patient, line) in enumerate(rows):
            text = f"{list_name(patient)}   {line}".replace("&", "&&")
            self._add(text, f"double_{number}", lambda patient=patient: self.used.emit(patient))
        if rows:
            self._add(translate("patient", "None of these: add the new patient"), "add_anyway", self.refused.emit)
        self.setVisible(bool(rows))

    def _add(self, text: str, name: str, pressed: object) -> None:
        assert callable(pressed)
        choice = button(text, name, pressed, "choice")
        self._column.addWidget(choice)
        self.choices.append(choice)

    def take_keyboard(self) -> None:
        """Give the keyboard to the first patient, so that Enter uses it."""
        if self.choices:
            self.choices[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        at = next((number for number, choice in enumerate(self.choices) if choice.hasFocus()), None)
        if event.key() in steps and at is not None:
            self.choices[(at + steps[Qt.Key(event.key())]) % len(self.choices)].setFocus()
        else:
            super().keyPressEvent(event)
