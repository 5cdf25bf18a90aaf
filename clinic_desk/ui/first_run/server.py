"""Connect to a server that somebody looks after: its address, its authority's certificate, and who signs in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QWidget

from clinic_desk.errors import ClinicDeskError
from clinic_desk.sharing.plans import TestKind
from clinic_desk.ui.booking.fields import NumberBox, Remark, button, field_label
from clinic_desk.ui.door.password_field import PasswordField
from clinic_desk.ui.first_run.card import Card
from clinic_desk.ui.first_run.tried import tried_text
from clinic_desk.ui.first_run.ways import NotConnected, Server
from clinic_desk.ui.messages.settings.rows import line

translate = QCoreApplication.translate
_USUAL_PORT: Final = 5432
_BETWEEN: Final = re.compile(r"[\s,;]+")
_MORE: Final = re.compile(r"[/@?]|^[^:]*:\d+$")
"""What is more of an address than a host, which may be an IPv6 address."""
_WHERE: Final = {
    "authority": {TestKind.NO_AUTHORITY, TestKind.UNKNOWN_AUTHORITY},
    "login": {TestKind.LOGIN_CLOSED, TestKind.NO_ENTRY},
    "password": {TestKind.NO_PASSWORD, TestKind.WRONG_PASSWORD, TestKind.CLEAR_TEXT},
    "database": {TestKind.NO_DATABASE, TestKind.NO_RIGHTS, TestKind.EMPTY, TestKind.FOREIGN, TestKind.SCHEMA_NEWER},
}
"""At which field a finding is said; any other at the address."""


class ServerPage(Card):
    """`wanted`: the Server. What is typed stays whatever the answer is."""

    wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "server",
            translate("first_run", "Connect to the clinic's server"),
            translate("first_run", "Whoever looks after the server can tell you all of this. It is tried first."),
            translate("first_run", "Try and connect ⏎"),
            parent,
        )
        self.hosts = line("server_hosts", 500, "db.clinic.example")
        self.port = NumberBox("server_port", 1, 65_535)
        self.port.setValue(_USUAL_PORT)
        self.database = line("server_database", 63)
        self.database.setText("clinic")
        self.authority = line("server_authority", 1000)
        self.login = line("server_login", 63)
        self.password = PasswordField("server_password")
        self.remarks = self._lay_out_fields()
        for field in (self.hosts, self.database, self.login, self.password.line):
            field.textChanged.connect(self._renew)
        self.go.connect(self.submit)
        self._renew()

    def _lay_out_fields(self) -> dict[str, Remark]:
        remarks = {
            "hosts": self.add(
                translate("first_run", "&Address of the server"),
                self.hosts,
                below=translate("first_run", "Several of one clinic, such as a primary and its standby: with commas."),
            )
        }
        remarks["database"] = self._pair(
            (translate("first_run", "&Database"), self.database), (translate("first_run", "P&ort"), self.port)
        )
        row = QHBoxLayout()
        row.setSpacing(6)
        self.column.addWidget(field_label(translate("first_run", "&Certificate of its authority"), self.authority))
        row.addWidget(self.authority, 1)
        row.addWidget(button(translate("first_run", "Choose a &file…"), "server_choose", self._choose))
        self.column.addLayout(row)
        remarks["authority"] = self.add_remark(
            self.authority, translate("first_run", "A .pem or .crt file. Empty where this PC trusts it already.")
        )
        remarks["login"] = self.add(translate("first_run", "Name to sign in &with"), self.login)
        self.column.addWidget(field_label(translate("first_run", "&Password"), self.password))
        self.password.line.setAccessibleName(translate("first_run", "Password"))
        self.column.addWidget(self.password)
        remarks["password"] = self.add_remark(self.password.line)
        return remarks

    def _pair(self, left: tuple[str, QWidget], right: tuple[str, QWidget]) -> Remark:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        for at, (text, field) in enumerate((left, right)):
            grid.addWidget(field_label(text, field), 0, at)
            grid.addWidget(field, 1, at)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 1)
        self.column.addLayout(grid)
        return self.add_remark(left[1])

    def take_keyboard(self) -> None:
        """The first empty field has the keyboard."""
        fields = (self.hosts, self.login, self.password.line)
        next((field for field in fields if not field.text()), self.hosts).setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Tell what was typed."""
        if self.is_busy:
            return
        self.say("")
        for remark in self.remarks.values():
            remark.say("")
        hosts = tuple(filter(None, _BETWEEN.split(self.hosts.text())))
        if any(map(_MORE.search, hosts)):
            self.remarks["hosts"].say(
                translate(
                    "first_run",
                    "Only a computer's name or IP address stands here, such as db.clinic.example: the database and the "
                    "port have fields of their own.",
                )
            )
            self.hosts.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self.password.hide_text()
        self.show_busy(on=True, step=translate("first_run", "Trying the connection…"))
        authority = self.authority.text().strip()
        self.wanted.emit(
            Server(
                hosts,
                self.port.value(),
                self.database.text().strip(),
                Path(authority) if authority else None,
                self.login.text().strip(),
                self.password.line.text(),
            )
        )

    def answer(self, error: ClinicDeskError) -> None:
        """This PC was not connected: say why, where it belongs."""
        self.show_busy(on=False)
        if not isinstance(error, NotConnected):
            self.refuse(error)
            self.act.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        kind = error.result.kind
        name = next((name for name, kinds in _WHERE.items() if kind in kinds), "hosts")
        self.remarks[name].say(tried_text(error.result, self.login.text().strip()))
        fields = {"authority": self.authority, "login": self.login, "database": self.database, "hosts": self.hosts}
        fields.get(name, self.password.line).setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """Keep no password."""
        self.password.line.clear()

    def _choose(self) -> None:
        dialog = QFileDialog(self, translate("first_run", "The certificate of the server's authority"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([translate("first_run", "Certificates (*.pem *.crt *.cer)"), "*"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.authority.setText)
        dialog.open()

    def _renew(self) -> None:
        needed = (self.hosts, self.database, self.login, self.password.line)
        self.act.setEnabled(all(field.text().strip() for field in needed) and not self.is_busy)
