"""The recovery sheet: the passphrase of backups, for where the clinic keeps its keys; on screen only when asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.ui.booking.fields import Remark, TickBox, button, field_label, plain_label
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.door.password_field import PasswordField

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.ui.paper.document import Document

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Recovery:
    """What is on the sheet. `folder`: where backups are kept; empty: it is not said yet."""

    clinic: str
    folder: str
    day: str
    phrase: str = field(repr=False)


class RecoverySheet(Sheet):
    """Holds the passphrase as long as it is open. `is_new`: it is left only when somebody said that it is on paper."""

    def __init__(self, parent: QWidget, recovery: Recovery, *, is_new: bool) -> None:
        super().__init__(parent, width=640)
        self.setObjectName("recovery_sheet")
        self._recovery, self._is_new = recovery, is_new
        title = translate("backups", "The recovery sheet")
        self.setAccessibleName(title)
        about = translate(
            "backups",
            "Should every PC of the clinic be stolen or burn, a backup and this passphrase bring the clinic back; "
            "without the passphrase nobody can, not even who made this program. Print it, or write it down, and keep "
            "it where the clinic keeps its keys: not beside the backups.",
        )
        self.phrase = PasswordField("recovery_phrase")
        self.phrase.line.setText(recovery.phrase)
        self.phrase.line.setReadOnly(True)
        self.on_paper = TickBox()
        self.on_paper.setObjectName("recovery_on_paper")
        self.on_paper.setText(translate("backups", "It is on &paper, where the clinic keeps its keys"))
        self.problem = Remark()
        self.print = button(translate("backups", "P&rint it…"), "recovery_print", self._print)
        self.done_button = button(translate("backups", "&Done ⏎"), "recovery_done", self.accept, "primary")
        row, below = QHBoxLayout(), QHBoxLayout()
        row.addWidget(field_label(translate("backups", "Passp&hrase"), self.phrase.line))
        row.addWidget(self.phrase, 1)
        below.addWidget(self.print)
        below.addStretch(1)
        below.addWidget(self.done_button)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addWidget(plain_label(about, wrap=True))
        self.body.addLayout(row)
        self.body.addWidget(self.on_paper)
        self.body.addWidget(self.problem)
        self.body.addLayout(below)
        self.on_paper.setVisible(is_new)

    def accept(self) -> None:
        """Leave, if it is on paper."""
        if self._stays():
            return
        super().accept()

    def reject(self) -> None:
        """Esc leaves no sooner."""
        if not self._stays():
            super().reject()

    def _stays(self) -> bool:
        if not self._is_new or self.on_paper.isChecked():
            return False
        self.problem.say(translate("backups", "Print it or write it down first, and tick that it is on paper."))
        self.on_paper.setFocus()
        return True

    def _print(self) -> None:
        """What Qt needs for a printer is loaded only now."""
        from PySide6.QtWidgets import QDialog

        from clinic_desk.ui.paper.painter import page_layout, paper_of_locale
        from clinic_desk.ui.paper.preview import Preview

        document = recovery_document(self._recovery)
        QDialog.open(Preview(document, page_layout(document, paper_of_locale()), self.window()))

    def first_focus(self) -> QWidget | None:
        return self.print

    def main_act(self) -> Callable[[], object]:
        return self.done_button.click


def recovery_document(recovery: Recovery) -> Document:
    """Return the sheet as a document for paper."""
    from clinic_desk.ui.paper.day_pages import one_line
    from clinic_desk.ui.paper.document import Column, Document, Row, Sheet, Style, Text

    title = translate("backups", "Recovery sheet for the clinic's backups")
    facts = (
        (translate("backups", "Passphrase"), recovery.phrase, Style.TITLE),
        (translate("backups", "Backups are in"), one_line(recovery.folder) or "–", Style.NORMAL),
        (translate("backups", "Written on"), recovery.day, Style.NORMAL),
    )
    steps = (
        translate("backups", "Install Clinic Desk on a PC, and have the newest file that ends in .cdbackup at hand."),
        translate("backups", "At its first start choose “Restore a clinic from a backup”."),
        translate("backups", "Choose the file, and type the passphrase."),
        translate("backups", "Capital letters, blanks and signs count. Who has this and a backup reads everything."),
    )
    sheet = Sheet(
        title=title,
        below=one_line(recovery.clinic),
        columns=(Column("", 40, 0), Column("", 80, 1)),
        rows=(
            *(Row(((Text(name),), (Text(value, style),))) for name, value, style in facts),
            *(Row(((Text(f"{number}."),), (Text(step),))) for number, step in enumerate(steps, 1)),
        ),
    )
    return Document(name=title, sheets=(sheet,), page_words="{page} / {pages}", larger=1.3)
