"""Asks who is away and from when to when, with the very fields of the set-up's time off."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.fields import Remark, button, let_wrap, plain_label, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.sentences import sentence
from clinic_desk.ui.setup.areas.absences import absence_area
from clinic_desk.ui.setup.form import RecordForm
from clinic_desk.ui.setup.words import invalid_text

translate = QCoreApplication.translate


class AwayQuestion(Sheet):
    """Enter looks who is booked then; Esc leaves."""

    asked = Signal(object)
    """A SaveTimeOff of what was typed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, width=620)
        self.setObjectName("away_question")
        title = translate("away", "Doctor away")
        about = translate(
            "away", "Who is booked then is listed next, with a new time for each. Nothing is changed yet."
        )
        self.setAccessibleName(title)
        self.setAccessibleDescription(about)
        self._area = absence_area()
        self._setup: Setup | None = None
        self.form = RecordForm(self._area.rows)
        self.form.setEnabled(False)
        self.problem = Remark()
        self.problem.setProperty("boxed", "true")
        self.cancel_button = button(translate("away", "Cancel"), "away_question_cancel", self.reject)
        self.look_button = button(
            translate("away", "See who is booked ⏎"), "away_question_look", self.submit, "primary"
        )
        self.look_button.setEnabled(False)
        story = plain_label(about, "muted")
        let_wrap(story)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel_button)
        buttons.addWidget(self.look_button)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addWidget(story)
        self.body.addWidget(self.form)
        self.body.addWidget(self.problem)
        self.body.addLayout(buttons)
        self.look_button.setDefault(True)

    def show_setup(self, setup: Setup) -> None:
        """Let it be typed: the clinic was read."""
        assert self._area.blank is not None
        self._setup = setup
        blank = self._area.blank(setup)
        self.form.show_values(self._area.values_of(blank, setup), blank, setup)
        self.form.setEnabled(True)
        self.look_button.setEnabled(True)
        self.form.begin()

    def say(self, error: ClinicDeskError) -> None:
        """Say why it could not be looked."""
        self.set_busy(busy=False)
        if isinstance(error, InvalidInput):
            self.problem.say(translate("away", "So many patients are booked then: enter the time off in parts."))
        elif self._setup is not None:
            self.problem.say(sentence(error, self._setup.clinic, self._setup.zone))
        else:
            self.problem.say(translate("away", "The clinic could not be read. Close this and try again."))

    def set_busy(self, *, busy: bool) -> None:
        """Whether it is being looked who is booked."""
        text = translate("away", "Looking…") if busy else translate("away", "See who is booked ⏎")
        set_button_text(self.look_button, text)
        self.look_button.setEnabled(not busy and self._setup is not None)

    def submit(self) -> None:
        """Look who is booked then, if what was typed can be read."""
        if self._setup is None or not self.look_button.isEnabled():
            return
        assert self._area.blank is not None
        assert self._area.absence is not None
        self.problem.say("")
        try:
            wanted = self._area.read(self.form.values(), self._area.blank(self._setup), self._setup)
        except InvalidInput as problem:
            self.form.tell(self._area.rows_of.get(problem.field, problem.field), invalid_text(problem))
            return
        self.set_busy(busy=True)
        self.asked.emit(self._area.absence(wanted, new_id()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            focus = QApplication.focusWidget()
            (focus.click if isinstance(focus, QPushButton) else self.submit)()
            event.accept()
            return
        super().keyPressEvent(event)
