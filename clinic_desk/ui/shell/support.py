"""The support bundle from the menu: says what is inside, where it goes, and that it is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QStandardPaths, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.ui.booking.fields import Remark, button, field_label, let_wrap, plain_label
from clinic_desk.ui.booking.sheet import Sheet

translate = QCoreApplication.translate


class SupportSheet(Sheet):
    """Asks where to; writes nothing itself."""

    wanted = Signal(object)
    """The Path of the file to make."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent, width=600)
        self.setObjectName("support_sheet")
        title = translate("support", "Support bundle")
        about = plain_label(_about_text(), "muted")
        let_wrap(about)
        self.setAccessibleName(title)
        self.setAccessibleDescription(about.text())
        self.path = QLineEdit(str(_folder() / name))
        self.path.setObjectName("support_path")
        self.path.setMaxLength(4000)
        self.told = Remark(self.path)
        self.make = button(translate("support", "&Make the file"), "support_make", self._make, "primary")
        self.close_button = button(translate("support", "&Close"), "support_close", self.reject)
        file, below = QHBoxLayout(), QHBoxLayout()
        file.addWidget(field_label(translate("support", "&File"), self.path))
        file.addWidget(self.path, 1)
        below.addStretch(1)
        below.addWidget(self.close_button)
        below.addWidget(self.make)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addWidget(about)
        self.body.addLayout(file)
        self.body.addWidget(self.told)
        self.body.addLayout(below)

    def first_focus(self) -> QWidget | None:
        return self.make

    def main_act(self) -> Callable[[], object] | None:
        return self._make

    def _make(self) -> None:
        if self.make.isEnabled() and self.path.text().strip():
            self.make.setEnabled(False)
            self.told.say(translate("support", "It is being made…"), "muted")
            self.wanted.emit(Path(self.path.text().strip()))

    def is_made(self, path: Path) -> None:
        """Say that the file is there."""
        self.told.say(translate("support", "✓ It is there: {path}").format(path=path), "ok")
        self.make.setEnabled(True)
        self.close_button.setFocus()

    def is_not_made(self, error: ClinicDeskError) -> None:
        """Say why there is no file."""
        if isinstance(error, InvalidInput):
            self.told.say(translate("support", "It cannot be written there, or is there already. Choose another name."))
        else:
            self.told.say(translate("support", "It could not be made."))
        self.make.setEnabled(True)


def _about_text() -> str:
    return translate(
        "support",
        "One file for whoever looks after the program: its log, versions, settings and the state of the database. It "
        "holds no patient data, no passwords and no names; everything in it is plain text that you can read before you "
        "send it.",
    )


def _folder() -> Path:
    return Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation) or Path.home())
