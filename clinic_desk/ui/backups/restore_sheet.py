"""Restoring a backup: which file, what is in it, and where it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QRadioButton, QWidget

from clinic_desk.ui.booking.fields import button, field_label, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.door.password_field import PasswordField

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class RestoreWish:
    """What is to be restored. `folder` None: in the place of the present clinic. `passphrase` empty: this PC's."""

    file: Path
    passphrase: str = field(repr=False)
    folder: Path | None = None


class RestoreSheet(Sheet):
    """Enter looks into the file first, and restores only what was looked into."""

    look_wanted = Signal(object)
    restore_wanted = Signal(object)
    """`RestoreWish`."""
    stop_wanted = Signal()

    def __init__(self, parent: QWidget, *, may_replace: bool, is_demo: bool, start: str) -> None:
        super().__init__(parent, width=760)
        self.setObjectName("restore_sheet")
        self._looked: tuple[str, str] | None = None
        self._is_busy = self._is_done = False
        self._start = start
        title = translate("backups", "Restore a backup")
        self.setAccessibleName(title)
        self.file, self.folder = _line("restore_file"), _line("restore_folder")
        self.phrase = PasswordField("restore_passphrase")
        self.phrase.line.setPlaceholderText(translate("backups", "empty: the one that this PC has"))
        self.contents = plain_label("", "")
        self.contents.setObjectName("restore_contents")
        self.told = plain_label("", "muted")
        self.told.setObjectName("restore_told")
        self.aside = QRadioButton(translate("backups", "As a clinic of its own in a &new folder of this PC"))
        self.over = QRadioButton(translate("backups", "In the p&lace of the present clinic"))
        self.aside.setObjectName("restore_aside")
        self.over.setObjectName("restore_over")
        self.aside.setChecked(True)
        self.over.setEnabled(may_replace)
        self._group = QButtonGroup(self)
        for each in (self.aside, self.over):
            self._group.addButton(each)
        self.about = plain_label(_about_text(may_replace=may_replace, is_demo=is_demo), "muted")
        self._make_buttons()
        self._lay_out(title)
        for line in (self.file, self.phrase.line):
            line.textChanged.connect(lambda _text: self._show_state())
        self.over.toggled.connect(lambda _on: self._show_state())
        self._show_state()

    def _make_buttons(self) -> None:
        self.browse = button(translate("backups", "C&hoose…"), "restore_browse", self._choose_file)
        self.browse_folder = button(translate("backups", "Ch&oose…"), "restore_browse_folder", self._choose_folder)
        self.look = button(translate("backups", "Look &into it ⏎"), "restore_look", self._look, "primary")
        self.go = button(translate("backups", "&Restore ⏎"), "restore_go", self._go, "primary")
        self.stop = button(translate("backups", "S&top"), "restore_stop", self.stop_wanted.emit)
        self.close_button = button(translate("backups", "&Close"), "restore_close", self.reject)

    def _lay_out(self, title: str) -> None:
        for label in (self.contents, self.told, self.about):
            let_wrap(label)
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        rows = (
            (translate("backups", "&File"), self.file, self.file, self.browse),
            (translate("backups", "&Passphrase"), self.phrase, self.phrase.line, None),
        )
        for row, (text, part, buddy, beside) in enumerate(rows):
            grid.addWidget(field_label(text, buddy), row, 0)
            grid.addWidget(part, row, 1)
            if beside is not None:
                grid.addWidget(beside, row, 2)
        grid.setColumnStretch(1, 1)
        folder, below = QHBoxLayout(), QHBoxLayout()
        folder.addSpacing(24)
        folder.addWidget(field_label(translate("backups", "Fol&der"), self.folder))
        folder.addWidget(self.folder, 1)
        folder.addWidget(self.browse_folder)
        below.addWidget(self.stop)
        below.addStretch(1)
        for each in (self.close_button, self.look, self.go):
            below.addWidget(each)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addLayout(grid)
        self.body.addWidget(self.contents)
        self.body.addWidget(self.aside)
        self.body.addLayout(folder)
        self.body.addWidget(self.over)
        for part in (self.about, self.told):
            self.body.addWidget(part)
        self.body.addLayout(below)

    # --- what is shown ---

    def show_contents(self, text: str) -> None:
        """Say what is in the file: from now on it can be restored."""
        self._looked = self.file.text(), self.phrase.line.text()
        self.contents.setText("✓ " + text)
        restyle(self.contents, "role", "ok")
        self.say("")
        self._show_state()
        self.folder.setFocus()

    def say(self, text: str, role: str = "muted") -> None:
        """Say how far it is, or what is wrong."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def show_done(self, text: str, role: str = "ok") -> None:
        """Say what stands now; there is nothing more to do here."""
        self._is_done = True
        self.say(text, role)
        self._show_state()
        self.close_button.setFocus()

    def set_busy(self, *, busy: bool) -> None:
        """Something goes on: it can be stopped, and nothing else done."""
        self._is_busy = busy
        self._show_state()

    def _show_state(self) -> None:
        is_looked = self._looked == (self.file.text(), self.phrase.line.text())
        if not is_looked:
            self.contents.setText("")
        free = not self._is_busy and not self._is_done
        for each in (self.file, self.phrase, self.browse, self.aside):
            each.setEnabled(free)
        for part in (self.folder, self.browse_folder):
            part.setEnabled(free and self.aside.isChecked())
        self.look.setVisible(not is_looked and not self._is_done)
        self.look.setEnabled(free and bool(self.file.text().strip()))
        self.go.setVisible(is_looked and not self._is_done)
        self.go.setEnabled(free)
        self.stop.setVisible(self._is_busy)
        self.close_button.setEnabled(not self._is_busy)

    # --- what is asked for ---

    def _wish(self) -> RestoreWish:
        folder = None if self.over.isChecked() else Path(self.folder.text().strip())
        return RestoreWish(Path(self.file.text().strip()), self.phrase.line.text(), folder)

    def _look(self) -> None:
        self.look_wanted.emit(self._wish())

    def _go(self) -> None:
        wish = self._wish()
        if wish.folder is not None and not wish.folder.is_absolute():
            self.say(translate("backups", "Say the whole path of a folder that is not there yet."), "danger")
            self.folder.setFocus()
            return
        self.restore_wanted.emit(wish)

    def _choose_file(self) -> None:
        dialog = QFileDialog(self.window(), translate("backups", "Backup"), self._start)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(translate("backups", "Backups (*.cdbackup)"))
        dialog.fileSelected.connect(lambda chosen: self.file.setText(str(Path(chosen))))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self.window(), translate("backups", "Folder for the restored clinic"), self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda chosen: self.folder.setText(str(Path(chosen))))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def reject(self) -> None:
        """Esc leaves unless something goes on."""
        if not self._is_busy:
            super().reject()

    def first_focus(self) -> QWidget | None:
        return self.file

    def main_act(self) -> Callable[[], object]:
        return self.go.click if self.go.isVisible() else self.look.click


def _about_text(*, may_replace: bool, is_demo: bool) -> str:
    waits = translate(
        "backups", "After a restore no message goes out by itself: Backups then asks whether those to come may go."
    )
    if may_replace:
        before = translate(
            "backups",
            "Before the present clinic is replaced a backup of it is made. All desks see the restored clinic at once; "
            "whoever was given a login since the backup cannot sign in any more.",
        )
        return f"{before} {waits}"
    if is_demo:
        return f"{translate('backups', 'The demo clinic is not replaced.')} {waits}"
    shared = translate(
        "backups",
        "A shared clinic is replaced at the PC that shares it, or by the server's administrator: clinic-desk backup "
        "restore FILE --over.",
    )
    return f"{shared} {waits}"


def _line(name: str) -> QLineEdit:
    line = QLineEdit()
    line.setObjectName(name)
    line.setMaxLength(1000)
    return line
