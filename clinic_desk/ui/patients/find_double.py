"""Asks which other record is the same person's: one of the likely ones, or whoever is found by typing."""

from __future__ import annotations

from datetime import date
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Patient, PatientMatch
from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.fields import button, field_label, let_wrap, plain_label
from clinic_desk.ui.booking.match_list import Row
from clinic_desk.ui.booking.patient_line import PatientLine
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import breakable, list_name, one_line
from clinic_desk.ui.patients.words import shortened
from clinic_desk.ui.tasks import Tasks

translate = QCoreApplication.translate


class KnownPatientLine(PatientLine):
    """Finds who is there; offers nobody new."""

    def _show(self, rows: tuple[Row, ...]) -> None:
        super()._show(tuple(row for row in rows if row.line is not None or not row.takes))


class FindDouble(Sheet):
    """Esc leaves without a choice."""

    chosen = Signal(object)
    """The id of the other record."""

    def __init__(self, parent: QWidget, database: Database, tasks: Tasks, patient: Patient, today: date) -> None:
        super().__init__(parent, width=620)
        self.setObjectName("find_double")
        self._patient = patient
        name = shortened(one_line(patient.display_name), 80)
        title = translate("merge", "Which record is the same person as {name}?").format(name=name)
        self.setAccessibleName(title)
        heading = plain_label(breakable(title, 30), "title")
        let_wrap(heading)
        self.line = KnownPatientLine(database, tasks, self)
        self.line.today = today
        self.told = plain_label(translate("merge", "Looking for records that are alike…"), "muted", wrap=True)
        self.choices: list[ChoiceButton] = []
        self._places = QVBoxLayout()
        self._places.setSpacing(4)
        footer = QHBoxLayout()
        footer.addStretch(1)
        footer.addWidget(button(translate("merge", "Back"), "find_double_back", self.reject))
        for part in (heading, self.told):
            self.body.addWidget(part)
        self.body.addLayout(self._places)
        self.body.addWidget(
            field_label(translate("merge", "&Or find another one by name, birth date or phone"), self.line)
        )
        self.body.addWidget(self.line)
        self.body.addSpacing(150)  # the list of matches lies there
        self.body.addLayout(footer)
        self.line.taken.connect(self._taken)

    def first_focus(self) -> QWidget | None:
        return self.line

    def show_likely(self, rows: tuple[tuple[Patient, str], ...]) -> None:
        """Offer records that are alike, each with what tells it apart."""
        told = translate("merge", "These records are alike:")
        self.told.setText(told if rows else translate("merge", "No other record looks like this one."))
        for number, (patient, line) in enumerate(rows, start=1):
            text = f"{list_name(patient)}   {line}"
            choice = ChoiceButton(number, text, "", partial(self._choose, patient), self)
            self._places.addWidget(choice)
            self.choices.append(choice)
        if rows:
            self.choices[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def _taken(self, match: PatientMatch) -> None:
        if match.patient.id == self._patient.id:
            self.line.show_patient(None)
            self.told.setText(translate("merge", "That is the record itself. Choose another one."))
            return
        self._choose(match.patient)

    def _choose(self, patient: Patient) -> None:
        self.done(self.DialogCode.Accepted)
        self.chosen.emit(patient.id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_0.value
        focused = QApplication.focusWidget()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if isinstance(focused, QPushButton) and not event.isAutoRepeat():
                focused.click()
            event.accept()
        elif 1 <= number <= len(self.choices) and focused is not self.line:
            self.choices[number - 1].click()
        else:
            super().keyPressEvent(event)
