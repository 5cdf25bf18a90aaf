"""A clinic comes back from its backup, on a new PC: which file, and the passphrase it was made with."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from clinic_desk.backups.problems import BackupFailed, NotUsable, Problem
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.backups.words import problem_text
from clinic_desk.ui.booking.fields import button, field_label
from clinic_desk.ui.door.password_field import PasswordField
from clinic_desk.ui.first_run.card import Card
from clinic_desk.ui.messages.settings.rows import line

translate = QCoreApplication.translate


class RestorePage(Card):
    """`wanted`: the file and the passphrase. What is typed stays whatever the answer is."""

    wanted = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "restore",
            translate("first_run", "Restore a clinic from a backup"),
            translate(
                "first_run",
                "Patients, appointments, people with their passwords and the whole history come back as they were when "
                "the backup was made, and stay on this PC. It takes a few minutes. Then sign in as always; the clinic "
                "can be shared with other PCs again from the menu.",
            ),
            translate("first_run", "Restore the clinic ⏎"),
            parent,
        )
        self.file = line("restore_file", 1000)
        self.phrase = PasswordField("restore_passphrase")
        row = QHBoxLayout()
        row.setSpacing(6)
        self.column.addWidget(field_label(translate("first_run", "&File of the backup"), self.file))
        row.addWidget(self.file, 1)
        row.addWidget(button(translate("first_run", "&Choose…"), "restore_choose", self._choose))
        self.column.addLayout(row)
        self.remarks = {
            "file": self.add_remark(
                self.file,
                translate("first_run", "The newest file that ends in .cdbackup, where the clinic keeps them."),
            )
        }
        self.column.addWidget(field_label(translate("first_run", "&Passphrase of the backups"), self.phrase))
        self.phrase.line.setAccessibleName(translate("first_run", "Passphrase of the backups"))
        self.column.addWidget(self.phrase)
        self.remarks["phrase"] = self.add_remark(
            self.phrase.line,
            translate("first_run", "It was written down when backups were set up; nobody signs in with it."),
        )
        for each in (self.file, self.phrase.line):
            each.textChanged.connect(self._renew)
        self.go.connect(self.submit)
        self._renew()

    def take_keyboard(self) -> None:
        """The first empty field has the keyboard."""
        fields = (self.file, self.phrase.line)
        next((field for field in fields if not field.text()), self.file).setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Tell what was typed."""
        if self.is_busy:
            return
        self.say("")
        for remark in self.remarks.values():
            remark.say("")
        self.phrase.hide_text()
        self.show_busy(on=True, step=translate("first_run", "Beginning…"))
        self.wanted.emit(Path(self.file.text().strip()), self.phrase.line.text())

    def answer(self, error: ClinicDeskError) -> None:
        """It was not restored: say why, where it belongs."""
        self.show_busy(on=False)
        if isinstance(error, NotUsable):
            is_phrase = error.code is Problem.WRONG_PASSPHRASE
            self.remarks["phrase" if is_phrase else "file"].say(problem_text(error.code))
            (self.phrase if is_phrase else self.file).setFocus(Qt.FocusReason.OtherFocusReason)
        elif isinstance(error, BackupFailed):
            self.say(f"{problem_text(error.code)}\n{error}")
            self.act.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.refuse(error)
            self.act.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """Keep no passphrase."""
        self.phrase.line.clear()

    def _choose(self) -> None:
        dialog = QFileDialog(self, translate("first_run", "The backup"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([translate("first_run", "Backups (*.cdbackup)"), "*"])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.file.setText(str(Path(chosen))))
        dialog.open()

    def _renew(self) -> None:
        self.act.setEnabled(bool(self.file.text().strip() and self.phrase.line.text()) and not self.is_busy)
