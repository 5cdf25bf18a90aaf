"""Whether the clinic's server starts with this PC, and the command that makes it, to be copied."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from clinic_desk.sharing.plans import Service
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label, restyle
from clinic_desk.ui.pcs.words import service_text

translate = QCoreApplication.translate
_LINES = 3


class ServerLine(QWidget):
    """Hidden where this PC has no server of the clinic's."""

    look_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = plain_label()
        self.state.setObjectName("pcs_server")
        let_wrap(self.state)
        self.command = QPlainTextEdit()
        self.command.setObjectName("pcs_command")
        self.command.setAccessibleName(translate("pcs", "Command that makes the server start with this PC"))
        self.command.setReadOnly(True)
        self.command.setTabChangesFocus(True)
        self.command.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.command.setFixedHeight(self.command.fontMetrics().lineSpacing() * _LINES + 22)
        self.copy = button(translate("pcs", "Cop&y"), "pcs_copy", self._copy)
        self.again = button(translate("pcs", "&Look again"), "pcs_look", self._look)
        buttons = QVBoxLayout()
        buttons.addWidget(self.copy)
        buttons.addWidget(self.again)
        row = QHBoxLayout()
        row.addWidget(self.command, 1)
        row.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.state)
        column.addLayout(row)
        self.hide()

    def show_service(self, service: Service | None) -> None:
        """Say how it is; None: there is no server here."""
        self.setVisible(service is not None)
        if service is None:
            return
        text, role = service_text(service)
        self.state.setText(text)
        restyle(self.state, "role", role)
        if self.command.toPlainText() != service.command:
            self.command.setPlainText(service.command)
        for part in (self.command, self.copy, self.again):
            part.setVisible(not service.is_installed)
        self.copy.setText(translate("pcs", "Cop&y"))
        self.again.setEnabled(True)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.command.toPlainText())
        self.copy.setText(translate("pcs", "✓ Copied"))

    def _look(self) -> None:
        self.again.setEnabled(False)
        self.look_wanted.emit()
