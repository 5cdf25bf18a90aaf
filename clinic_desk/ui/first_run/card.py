"""A page of the first start: a card in the middle with a title, fields, what is being done, and its buttons."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from clinic_desk.errors import ClinicDeskError, Stopped
from clinic_desk.ui.booking.fields import Remark, button, field_label, let_wrap, plain_label, restyle
from clinic_desk.ui.door.card import card_in
from clinic_desk.ui.first_run.words import refused_text

translate = QCoreApplication.translate
_WIDTH: Final = 620


class Card(QScrollArea):
    """Its `column` takes the fields. While `show_busy` they are locked, and the step and a button to stop stand there.

    What has no room in the window is scrolled to; nothing is cut off.
    """

    go = Signal()
    """The main button, or Enter in the last field."""
    back = Signal()
    stop = Signal()

    def __init__(self, name: str, title: str, text: str, act: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.is_busy = False
        self.has_way_back = True
        self.title = plain_label(title, "title", wrap=True)
        self.text = plain_label(text, "", wrap=True)
        self.fields = QWidget()
        self.column = QVBoxLayout(self.fields)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(4)
        self.remark = plain_label("", "danger", wrap=True)
        self.remark.setObjectName(f"{name}_remark")
        self.remark.setProperty("boxed", "true")
        self.remark.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # a command to be copied
        self.remark.hide()
        self.step = plain_label("", "muted", wrap=True)
        self.step.setObjectName(f"{name}_step")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setAccessibleName(translate("first_run", "Being done"))
        self.go_back = button(translate("first_run", "← &Back"), f"{name}_back", self.back.emit, "link")
        self.end = button(translate("first_run", "&Stop"), f"{name}_stop", self._stop)
        self.act = button(act, f"{name}_go", self._go, "primary")
        self._lay_out()
        for part, has_words in ((self.text, text), (self.act, act)):
            part.setHidden(not has_words)  # only now: what has no parent yet would be a window of its own
        self.show_busy(on=False)

    def _lay_out(self) -> None:
        inner = QWidget()
        column = card_in(inner, _WIDTH)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addSpacing(8)
        for part in (self.fields, self.remark, self.step, self.bar):
            column.addWidget(part)
        column.addSpacing(4)
        buttons = QHBoxLayout()
        buttons.addWidget(self.go_back)
        buttons.addStretch(1)
        buttons.addWidget(self.end)
        buttons.addWidget(self.act)
        column.addLayout(buttons)
        self.setWidget(inner)
        self.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)

    # --- fields ---

    def add(self, label: str, field: QWidget, *, below: str = "") -> Remark:
        """Add a field under its label; return the place for what is wrong with it. `below`: what is good to know."""
        self.column.addWidget(field_label(label, field))
        self.column.addWidget(field)
        return self.add_remark(field, below)

    def add_remark(self, field: QWidget, below: str = "") -> Remark:
        """Add only the place for what is wrong with a field that stands already."""
        if below:
            hint = plain_label(below, "muted")
            let_wrap(hint)
            self.column.addWidget(hint)
        remark = Remark(field)
        remark.setObjectName(f"{field.objectName()}_remark")
        if isinstance(field, QLineEdit | QPlainTextEdit):  # what was wrong with it was wrong with what stood there
            field.textChanged.connect(lambda: remark.say("") if remark.text() else None)
        self.column.addWidget(remark)
        self.column.addSpacing(6)
        return remark

    # --- what is being done ---

    def show_busy(self, *, on: bool, step: str = "") -> None:
        """Lock the fields while something is being done, and say what; the keyboard stays on the page."""
        had_keyboard = self.isAncestorOf(self.focusWidget()) if self.focusWidget() is not None else False
        self.is_busy = on
        self.step.setText(step)
        for told in (self.step, self.bar, self.end):
            told.setVisible(on)
        for asked in (self.fields, self.act):
            asked.setEnabled(not on)
        self.go_back.setVisible(not on and self.has_way_back)
        self.end.setEnabled(on)
        if on and had_keyboard:
            self.end.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_step(self, text: str) -> None:
        """Say what is being done now."""
        if self.is_busy and text != self.step.text():
            self.step.setText(text)
            self._announce(text)

    def say(self, text: str, role: str = "danger") -> None:
        """Say what is wrong with none of the fields alone, or by another role what is good to know; "" for nothing."""
        self.remark.setText(text)
        restyle(self.remark, "role", role)
        self.remark.setVisible(bool(text))
        if text:
            self._announce(text)
            self.ensureWidgetVisible(self.remark)

    def refuse(self, error: ClinicDeskError) -> None:
        """Say why it was not done, where that belongs to none of the fields alone."""
        self.say(refused_text(error), "muted" if isinstance(error, Stopped) else "danger")

    def _announce(self, text: str) -> None:
        if self.isVisible():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def _go(self) -> None:
        if not self.is_busy and self.act.isEnabled() and self.act.isVisible():
            self.go.emit()

    def _stop(self) -> None:
        self.end.setEnabled(False)
        self.show_step(translate("first_run", "Stopping after this step…"))
        self.stop.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back, or stops what is being done; Enter is the main button where no other has the keyboard."""
        if event.key() == Qt.Key.Key_Escape:
            target = self.end if self.is_busy else self.go_back
            if target.isVisible() and target.isEnabled():
                target.click()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._go()
        else:
            super().keyPressEvent(event)
            return
        event.accept()
