"""Says what it means that the way to the database is not protected as it should be, and who can mend it."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.database_address import managers_file
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.sheet import Sheet

translate = QCoreApplication.translate


class WeakConnectionSheet(Sheet):
    """For whoever presses the warning in the status bar, which stays there; `weak`: what the address asks for."""

    def __init__(self, parent: QWidget, weak: str) -> None:
        super().__init__(parent, width=620)
        self.setObjectName("weak_connection_sheet")
        title = translate("weak_connection", "The connection to the database is not secure")
        text = translate(
            "weak_connection",
            "Somebody in the network could read what is sent, passwords and patients' data included, or pretend to be "
            "the database. An administrator of this computer allowed it in {file} ({weak}).\n\n"
            "To mend it, give the server a certificate, set sslmode=verify-full and delete the line in that file.",
        ).format(file=managers_file(), weak=weak)
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        told = plain_label(text)
        told.setWordWrap(True)
        self.close_button = button(translate("weak_connection", "Close ⏎"), "weak_close", self.accept, "primary")
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.close_button)
        self.body.addWidget(plain_label(title, "title", wrap=True))
        self.body.addWidget(told)
        self.body.addLayout(below)

    def first_focus(self) -> QWidget | None:
        return self.close_button
