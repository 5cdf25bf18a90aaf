"""Day lists by themselves: whether, when, where to, and how long they are kept on this PC."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal, SignalInstance
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from clinic_desk.ui.booking.fields import (
    NumberBox,
    Remark,
    TickBox,
    button,
    field_label,
    let_wrap,
    plain_label,
    restyle,
)
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.paper.choices import Automatic, minutes_of, times_text

translate = QCoreApplication.translate


class AutomaticSheet(Sheet):
    """Enter saves; what was typed wrong is said at its field."""

    saved = Signal(object)
    """The `Automatic` that was chosen."""
    now_wanted = Signal(object)
    """The same, to be saved and written at once."""

    def __init__(self, choice: Automatic, parent: QWidget) -> None:
        super().__init__(parent, width=680)
        self.setObjectName("automatic_sheet")
        self.setAccessibleName(translate("paper", "Automatic day lists"))
        self.on = TickBox()
        self.on.setObjectName("automatic_on")
        self.on.setText(translate("paper", "&Write the day lists as PDF at these times"))
        self.on.setChecked(choice.on)
        self.times = _line("automatic_times", ", ".join(times_text(choice.minutes).split()), 80)
        self.folder = _line("automatic_folder", choice.folder, 1000)
        self.keep = NumberBox("automatic_keep", 1, 365)
        self.keep.setValue(choice.keep_days)
        self.problem = Remark()
        self.told = plain_label("", "muted")
        self.told.setObjectName("automatic_told")
        let_wrap(self.told)
        self.browse = button(translate("paper", "Choose…"), "automatic_browse", self._browse)
        self.now = button(translate("paper", "Write &now"), "automatic_now", lambda: self._give(self.now_wanted))
        self.cancel = button(translate("paper", "&Close"), "automatic_close", self.reject)
        self.save = button(translate("paper", "Save ⏎"), "automatic_save", lambda: self._give(self.saved), "primary")
        self._lay_out()

    def _lay_out(self) -> None:
        about = plain_label(
            translate(
                "paper",
                "For the day on which the computer fails: today's lists and those up to the next working day, one "
                "file for each site. They name patients: choose a folder that only the reception can open.",
            ),
            "muted",
        )
        let_wrap(about)
        grid = QGridLayout()
        grid.setVerticalSpacing(10)
        rows = (
            (translate("paper", "&Times of day"), self.times),
            (translate("paper", "&Folder"), self.folder),
            (translate("paper", "Days that old lists are &kept"), self.keep),
        )
        for row, (text, field) in enumerate(rows):
            grid.addWidget(field_label(text, field), row, 0)
            grid.addWidget(field, row, 1)
        grid.addWidget(self.browse, 1, 2)
        grid.setColumnStretch(1, 1)
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self.now)
        below.addStretch(1)
        below.addWidget(self.cancel)
        below.addWidget(self.save)
        self.body.addWidget(plain_label(translate("paper", "Automatic day lists"), "title"))
        self.body.addWidget(about)
        self.body.addWidget(self.on)
        self.body.addLayout(grid)
        self.body.addWidget(self.problem)
        self.body.addWidget(self.told)
        self.body.addLayout(below)

    def _browse(self) -> None:
        dialog = QFileDialog(self.window(), translate("paper", "Folder of the day lists"), self.folder.text())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda chosen: self.folder.setText(str(Path(chosen))))
        dialog.open()

    def _give(self, signal: SignalInstance) -> None:
        minutes, folder = minutes_of(self.times.text()), self.folder.text().strip()
        if not minutes:
            self.problem.say(translate("paper", "These are no times of day. Type them as 12:00, 18:00."))
            self.times.setFocus()
        elif not Path(folder).expanduser().is_absolute():
            self.problem.say(translate("paper", "Say the whole path of the folder."))
            self.folder.setFocus()
        else:
            self.problem.say("")
            signal.emit(Automatic(self.on.isChecked(), folder, minutes, self.keep.value()))

    def say(self, text: str, role: str = "muted") -> None:
        """Say when they were written last, or why not."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def first_focus(self) -> QWidget | None:
        return self.on

    def main_act(self) -> Callable[[], object]:
        return self.save.click


def _line(name: str, text: str, longest: int) -> QLineEdit:
    line = QLineEdit(text)
    line.setObjectName(name)
    line.setMaxLength(longest)
    return line
