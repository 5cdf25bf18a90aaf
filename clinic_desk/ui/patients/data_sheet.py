"""What is kept of a patient, for a manager: written to a file for the patient, or erased for good once it was read."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QHBoxLayout, QLineEdit, QWidget

from clinic_desk.domain.erasure import Erasable
from clinic_desk.domain.folding import fold
from clinic_desk.domain.records import Patient
from clinic_desk.ui.booking.fields import button, field_label, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import breakable, one_line

translate = QCoreApplication.translate


class DataSheet(Sheet):
    """Shows what it is told and says what is wanted. Erasing asks for the name to be typed: it cannot be undone."""

    file_wanted = Signal(object)
    """The Path of a file to be written; the user agreed that one that is there is replaced."""
    erase_wanted = Signal()

    def __init__(self, parent: QWidget, patient: Patient) -> None:
        super().__init__(parent, width=640)
        self.setObjectName("patient_data")
        self._patient = patient
        self._seen: Erasable | None = None
        self._busy = False
        name = one_line(patient.display_name)
        title = translate("erasure", "Data of {name}").format(name=name)
        self.setAccessibleName(title)
        self.heading = plain_label(breakable(title, 40), "title")
        self.file_hint = plain_label(
            translate(
                "erasure",
                "All that is kept, for the patient: record, appointments, messages, replies and changes, as one file.",
            ),
            "muted",
        )
        self.file = button(translate("erasure", "&Write to a file…"), "data_file", self._ask_file)
        self.below = plain_label(translate("erasure", "Erase for good"), "title")
        self.facts = plain_label(translate("erasure", "Looking what there is…"))
        self.facts.setObjectName("data_facts")
        self.confirm = QLineEdit()
        self.confirm.setObjectName("data_confirm")
        self.confirm.setMaxLength(200)
        self.confirm.textChanged.connect(lambda _text: self._show_state())
        asked = translate("erasure", "&Type the name “{name}” to be able to erase")
        self.asked = field_label(asked.format(name=self._word.replace("&", "&&")), self.confirm)
        self.told = plain_label("", "muted")
        self.told.setObjectName("data_told")
        self.erase = button(translate("erasure", "&Erase for good"), "data_erase", self.erase_wanted.emit, "danger")
        self.close_button = button(translate("erasure", "&Close"), "data_close", self.reject)
        self._lay_out()
        self._show_state()

    @property
    def _word(self) -> str:
        """What is to be typed: the family name, or the given one where there is no other."""
        return one_line(self._patient.family_name or self._patient.given_name)

    def _lay_out(self) -> None:
        writing, footer = QHBoxLayout(), QHBoxLayout()
        writing.addWidget(self.file)
        writing.addStretch(1)
        footer.addWidget(self.told, 1)
        footer.addWidget(self.close_button)
        footer.addWidget(self.erase)
        for label in (self.heading, self.file_hint, self.facts, self.told):
            let_wrap(label)
        for part in (self.heading, self.file_hint):
            self.body.addWidget(part)
        self.body.addLayout(writing)
        self.body.addSpacing(12)
        for line in (self.below, self.facts, self.asked):
            self.body.addWidget(line)
        self.body.addWidget(self.confirm)
        self.body.addSpacing(6)
        self.body.addLayout(footer)

    def first_focus(self) -> QWidget | None:
        return self.file

    def show_facts(self, seen: Erasable) -> None:
        """Say what erasing would take away, and what stands in its way."""
        self._seen = seen
        self.facts.setText("\n".join(_hindrances(seen) or _consequences(seen)))
        self._show_state()

    @property
    def seen(self) -> Erasable | None:
        """What was read last."""
        return self._seen

    def set_busy(self, *, busy: bool) -> None:
        """Take no answer while the last one is on its way."""
        self._busy = busy
        if busy:
            self.say(translate("erasure", "Working…"), "muted")
        self._show_state()

    def say(self, text: str, role: str = "danger") -> None:
        """Say what came of it."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def reject(self) -> None:
        """Esc closes, unless what was asked for is under way."""
        if not self._busy:
            super().reject()

    def _show_state(self) -> None:
        may = self._seen is not None and not _hindrances(self._seen)
        for part in (self.asked, self.confirm):
            part.setVisible(may)
        is_typed = fold(self.confirm.text()) == fold(self._word) != ""
        focused = QApplication.focusWidget()
        self.erase.setEnabled(may and is_typed and not self._busy)
        self.file.setEnabled(not self._busy)
        self.close_button.setEnabled(not self._busy)
        if focused is not None and self.isAncestorOf(focused) and not focused.isEnabled():
            self.setFocus()  # else the key that comes next would go to the page behind

    def _ask_file(self) -> None:
        dialog = QFileDialog(self.window(), translate("erasure", "Write all data of the patient"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter(translate("erasure", "Data (*.json)"))
        dialog.setDefaultSuffix("json")
        dialog.selectFile(translate("erasure", "patient-data.json"))
        dialog.fileSelected.connect(lambda path: self.file_wanted.emit(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()


def _hindrances(seen: Erasable) -> list[str]:
    found = []
    if seen.coming:
        told = translate("erasure", "There are appointments to come: {count}. Cancel them first.")
        found.append(told.format(count=seen.coming))
    if seen.unsettled == 1:
        found.append(translate("erasure", "Of one message it is not known yet whether it went. Settle it first."))
    elif seen.unsettled:
        told = translate("erasure", "Of {count} messages it is not known yet whether they went. Settle them first.")
        found.append(told.format(count=seen.unsettled))
    return found


def _consequences(seen: Erasable) -> list[str]:
    """One sentence for each thing that happens, the last one: there is no way back."""
    lines = [translate("erasure", "Name, birth date, phone, e-mail and notes go, also from the history.")]
    if seen.records > 1:
        told = translate("erasure", "The same for records that were merged into this one: {count}.")
        lines.append(told.format(count=seen.records - 1))
    if seen.appointments:
        told = translate("erasure", "Appointments stay without the patient, so that figures stay right: {count}.")
        lines.append(told.format(count=seen.appointments))
    if seen.messages or seen.replies:
        told = translate("erasure", "Messages and replies are emptied: {count}.")
        lines.append(told.format(count=seen.messages + seen.replies))
    if seen.copies:
        told = translate("erasure", "Copies at the SMS provider are deleted there within minutes: {count}.")
        lines.append(told.format(count=seen.copies))
    lines.append(translate("erasure", "Backups and files that were exported earlier are not reached by this."))
    lines.append(translate("erasure", "This cannot be taken back."))
    return lines
