"""What a patient's page shows of a restricted record: why it is closed, how it is opened, how long it is open."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desk.domain.restricted import LONGEST_REASON, MINUTES, SHORTEST_REASON
from clinic_desk.ui.booking.fields import button, field_label, let_wrap, plain_label, restyle, set_button_text
from clinic_desk.ui.booking.sheet import ENTER

translate = QCoreApplication.translate
SOON_S = 60
"""So long before the end the line warns."""


class ClosedPanel(QWidget):
    """Stands where the fields of a record stand that is open. `by_right`: no reason has to be given."""

    open_wanted = Signal(str)
    """The reason."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("patient_closed")
        self._by_right = False
        self._busy = False
        self.heading = plain_label(translate("restricted", "Restricted record"), "title")
        self.what = plain_label(
            translate(
                "restricted",
                "Phone, e-mail, birth date, notes, messages and earlier visits are closed. "
                "Booking, moving and messages go on as always.",
            ),
            "muted",
        )
        self.how = plain_label("", "")
        self.reason = QLineEdit()
        self.reason.setObjectName("closed_reason")
        self.reason.setMaxLength(LONGEST_REASON)
        self.reason.textChanged.connect(lambda _text: self._show_state())
        self.asked = field_label(translate("restricted", "R&eason"), self.reason)
        self.remark = plain_label("", "muted")
        self.open = button("", "closed_open", self._open, "primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(8)
        for label in (self.heading, self.what, self.how, self.remark):
            let_wrap(label)
        for part in (self.heading, self.what, self.how, self.asked, self.reason, self.remark):
            column.addWidget(part)
        column.addWidget(self.open, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.ask(by_right=False)

    def ask(self, *, by_right: bool) -> None:
        """Ask for a reason anew; of who has the right none is demanded."""
        self._by_right, self._busy = by_right, False
        self.reason.clear()
        told = translate(
            "restricted", "Whoever opens it is written down for good: who, when and why. It closes after {n} minutes."
        )
        self.how.setText(told.format(n=MINUTES))
        opens = translate("restricted", "&Open") if by_right else translate("restricted", "&Open in an emergency")
        set_button_text(self.open, opens)
        self._show_state()

    def set_busy(self, *, busy: bool) -> None:
        """Take nothing while it is being opened."""
        self._busy = busy
        self._show_state()

    def _show_state(self) -> None:
        letters = len(" ".join(self.reason.text().split()))
        lacking = 0 if self._by_right else max(0, SHORTEST_REASON - letters)
        self.open.setEnabled(not lacking and not self._busy)
        if self._by_right:
            self.remark.setText(
                translate("restricted", "You may open it without a reason; one helps whoever reads it.")
            )
        elif lacking == 1:
            self.remark.setText(translate("restricted", "One character more."))
        elif lacking:
            self.remark.setText(translate("restricted", "At least {n} characters more.").format(n=lacking))
        else:
            self.remark.setText("")
        self.remark.setVisible(bool(self.remark.text()))

    def _open(self) -> None:
        if self.open.isEnabled():
            self.open_wanted.emit(self.reason.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the reason opens."""
        if event.key() in ENTER and self.reason.hasFocus():
            event.accept()
            self._open()
            return
        super().keyPressEvent(event)


class OpenLine(QWidget):
    """How long the record is open still, and the button that closes it before."""

    end_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("patient_open_line")
        self.told = plain_label("", "warning")
        self.told.setObjectName("open_told")
        self.end = button(translate("restricted", "Close t&he record"), "open_end", self.end_wanted.emit)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.told, 1)
        row.addWidget(self.end)
        self.hide()

    def show_left(self, seconds: int, until: str, *, unsaved: bool) -> None:
        """Say until when it is open, and how many seconds are left."""
        told = translate(
            "restricted", "Restricted record: open until {time}, {left} left. It is written down that you opened it."
        )
        left = f"{seconds // 60}:{seconds % 60:02}"
        text = told.format(time=until, left=left)
        if unsaved and seconds <= SOON_S:
            text += " " + translate("restricted", "Save now, or what you typed is lost.")
        self.told.setText(text)
        restyle(self.told, "role", "danger" if seconds <= SOON_S else "warning")
