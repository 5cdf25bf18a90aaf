"""The sheet in which somebody changes her own password."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.errors import ClinicDeskError, InvalidInput, NotAllowed
from clinic_desk.services import people
from clinic_desk.ui.booking.fields import button, field_label, plain_label
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.door.new_password import NewPassword
from clinic_desk.ui.door.password_field import PasswordField
from clinic_desk.ui.door.words import refused_text

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate


class OwnPasswordSheet(Sheet):
    """The old one and the new one twice; Enter changes it. It says why not, and keeps what was typed."""

    def __init__(self, parent: QWidget, login: str, names: tuple[str, ...], send: Callable[[str, str], object]) -> None:
        """`send` (the old, the new one) has it changed; `refuse` or `accept` follows."""
        super().__init__(parent, width=480)
        self.setObjectName("own_password_sheet")
        title = translate("door", "Change your password")
        self.setAccessibleName(title)
        self._send = send
        self.old = PasswordField("own_password_old")
        self.new = NewPassword("own_password")
        self.new.begin(login, *names)
        self.remark = plain_label("", "danger", wrap=True)
        self.remark.setObjectName("own_password_remark")
        self.remark.hide()
        self.change = button(translate("door", "Change it ⏎"), "own_password_change", self._submit, "primary")
        self.leave = button(translate("door", "&Leave it as it is"), "own_password_leave", self.reject)
        label = field_label(translate("door", "&Password so far"), self.old)
        self.old.line.setAccessibleName(translate("door", "Password so far"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.leave)
        buttons.addStretch(1)
        buttons.addWidget(self.change)
        self.body.addWidget(plain_label(title, "title"))
        for part in (label, self.old, self.new, self.remark):
            self.body.addWidget(part)
        self.body.addLayout(buttons)
        self.new.changed.connect(lambda: self.change.setEnabled(bool(self.new.password)))
        self.change.setEnabled(False)

    def first_focus(self) -> QWidget | None:
        return self.old.line if self.old.isEnabled() else self.leave

    def main_act(self) -> Callable[[], object] | None:
        return self._submit

    def _submit(self) -> None:
        if self.new.password and self.old.line.text():
            self.change.setEnabled(False)
            self._send(self.old.line.text(), self.new.password)

    def keep(self, text: str) -> None:
        """Say why it is not changed here."""
        for part in (self.old, self.new):
            part.setEnabled(False)
        self.remark.setText(text)
        self.remark.show()

    def refuse(self, text: str) -> None:
        """Say why it was not changed."""
        self.change.setEnabled(True)
        self.remark.setText(text)
        self.remark.show()
        self.old.line.selectAll()
        self.old.line.setFocus()


def why_not_changed(error: ClinicDeskError) -> str:
    """Return why a password was not changed."""
    if isinstance(error, InvalidInput):
        return translate("door", "The new password will not do.")
    if isinstance(error, NotAllowed) and error.right == "password":
        return translate("door", "The password so far is not right. Nothing was changed.")
    if isinstance(error, NotAllowed):
        return translate("door", "The server does not let you change it here. Ask a practice manager.")
    return refused_text(error)


def change_own_password(space: Workspace) -> None:
    """Open the sheet, and have the server change the password."""
    person, desk = space.opening.person, space.desk
    names = (person.display_name, *(site.name for site in space.store.clinic.sites))

    def send(old: str, new: str) -> None:
        desk.tasks.query(
            sheet,
            lambda: people.change_own_password(desk.database, old, new, names=names),
            lambda _: _changed(sheet, space),
            lambda error: sheet.refuse(why_not_changed(error)),
        )

    sheet = OwnPasswordSheet(space.window, person.login, names, send)
    if space.opening.is_demo:
        sheet.keep(translate("door", "In the demo clinic everybody's password stays as it is said on the screen."))
    elif space.opening.is_automatic:
        sheet.keep(
            translate("door", "This desk signs in by itself. Whoever installed it keeps its password and changes it.")
        )
    sheet.open()


def _changed(sheet: OwnPasswordSheet, space: Workspace) -> None:
    sheet.accept()
    space.window.toasts.show_text(translate("door", "Your password is changed. It holds at every desk from now on."))
