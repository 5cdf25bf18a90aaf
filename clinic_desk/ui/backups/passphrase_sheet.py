"""Asks for the passphrase of backups, twice, and says what becomes of it when it is lost."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from clinic_desk.ui.booking.fields import Remark, button, field_label, let_wrap, plain_label
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.door.password_field import PasswordField

translate = QCoreApplication.translate


class PassphraseSheet(Sheet):
    """Enter keeps it on this PC."""

    given = Signal(str)
    """What was typed, twice the same."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, width=600)
        self.setObjectName("passphrase_sheet")
        title = translate("backups", "The passphrase for backups")
        self.setAccessibleName(title)
        about = plain_label(
            translate(
                "backups",
                "Every backup is encrypted with it. It goes into the keyring of this PC, and nowhere else: type the "
                "same one at each PC that makes backups. Without it nobody can read a backup again: a sheet to print "
                "comes next.",
            )
        )
        let_wrap(about)
        self.first, self.second = PasswordField("passphrase"), PasswordField("passphrase_again")
        self.problem = Remark()
        self.cancel = button(translate("backups", "Cancel"), "passphrase_cancel", self.reject)
        self.keep = button(translate("backups", "Keep it on this PC ⏎"), "passphrase_keep", self._give, "primary")
        grid = QGridLayout()
        for row, (text, field) in enumerate(
            (
                (translate("backups", "&Passphrase, at least 12 characters"), self.first),
                (translate("backups", "The same a&gain"), self.second),
            )
        ):
            grid.addWidget(field_label(text, field.line), row, 0)
            grid.addWidget(field, row, 1)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.cancel)
        below.addWidget(self.keep)
        for part in (plain_label(title, "title"), about):
            self.body.addWidget(part)
        self.body.addLayout(grid)
        self.body.addWidget(self.problem)
        self.body.addLayout(below)

    def _give(self) -> None:
        if self.first.line.text() != self.second.line.text():
            self.say(translate("backups", "These are two different ones. Type the second one again."))
            self.second.line.clear()
            self.second.line.setFocus()
            return
        self.given.emit(self.first.line.text())

    def say(self, text: str) -> None:
        """Say why it is not kept."""
        self.problem.say(text)

    def first_focus(self) -> QWidget | None:
        return self.first.line

    def main_act(self) -> Callable[[], object]:
        return self.keep.click
