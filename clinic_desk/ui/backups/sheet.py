"""The window of backups: how they stand, when they are made and where they go, and each that was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QWidget

from clinic_desk.backups.problems import BackupFailed, Problem
from clinic_desk.domain.backups import BackupSettings, BackupsNow
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.backups.words import became_role, became_text, here_text, kind_text, size_text, state_text
from clinic_desk.ui.booking.fields import NumberBox, TickBox, button, field_label, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import day_text, one_line, time_text
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel
from clinic_desk.ui.paper.choices import minutes_of, times_text

translate = QCoreApplication.translate
_WIDTH = 980
_ROWS = 6


class BackupsSheet(Sheet):
    """Shows and asks; makes and saves nothing itself. `may_write`: a manager can change it."""

    save_wanted = Signal(object)
    """`BackupSettings` as they are to be."""
    now_wanted = Signal(object)
    """A backup, into the folder of the settings (None) or another (Path)."""
    stop_wanted = Signal()
    passphrase_wanted = Signal()
    recovery_wanted = Signal()
    """The recovery sheet, of a PC that has the passphrase."""
    restore_wanted = Signal()
    messages_wanted = Signal()
    """The messages to come may go out again."""

    def __init__(self, parent: QWidget, clock: Callable[[], datetime], *, may_write: bool) -> None:
        super().__init__(parent, width=_WIDTH)
        self.setObjectName("backups_sheet")
        self._may_write = may_write
        self._seen = BackupSettings()
        self._zone = "UTC"
        self._is_busy = self._has_phrase = False
        self.title = translate("backups", "Backups")
        self.setAccessibleName(self.title)
        self._make_fields()
        self._make_buttons()
        self.rows = RowsModel(self._columns(), clock, self)
        self.list = MessageList(self.rows, "backups_list", translate("backups", "Backups that were made"))
        self.list.setFixedHeight(self.list.verticalHeader().defaultSectionSize() * _ROWS + 30)
        self.list.left.connect(self.reject)
        self._lay_out()
        self._show_buttons()

    def _make_fields(self) -> None:
        self.state = plain_label(translate("backups", "Looking…"), "muted")
        self.state.setObjectName("backups_state")
        self.waiting = plain_label(
            translate(
                "backups",
                "Since the restore no message goes out. What was due by then may have gone already and is listed "
                "under Messages as unsure; what is still to come waits for you.",
            ),
            "warning",
        )
        self.on = TickBox()
        self.on.setObjectName("backups_on")
        self.on.setText(translate("backups", "&Make a backup every night, by one PC of those that have the passphrase"))
        self.at = _line("backups_at", 5)
        self.at.setFixedWidth(90)
        self.folder = _line("backups_folder", 1000)
        self.daily, self.weekly, self.monthly = (
            NumberBox("backups_daily", 1, 366),
            NumberBox("backups_weekly", 0, 260),
            NumberBox("backups_monthly", 0, 240),
        )
        self.phrase = plain_label(translate("backups", "Looking what this PC has…"), "muted")
        self.phrase.setObjectName("backups_phrase")
        self.told = plain_label("", "muted")
        self.told.setObjectName("backups_told")
        for label in (self.state, self.waiting, self.phrase, self.told):
            let_wrap(label)

    def _make_buttons(self) -> None:
        self.let_go = button(
            translate("backups", "Send those still to come"), "backups_messages", self.messages_wanted.emit
        )
        self.browse = button(translate("backups", "C&hoose…"), "backups_browse", self._browse)
        self.set_phrase = button(
            translate("backups", "Set the &passphrase…"), "backups_passphrase", self.passphrase_wanted.emit
        )
        self.recovery = button(translate("backups", "R&ecovery sheet…"), "backups_recovery", self.recovery_wanted.emit)
        self.now = button(translate("backups", "Back up &now"), "backups_now", lambda: self.now_wanted.emit(None))
        self.now_to = button(translate("backups", "Back &up to…"), "backups_now_to", self._choose_target)
        self.restore = button(translate("backups", "&Restore…"), "backups_restore", self.restore_wanted.emit)
        self.stop = button(translate("backups", "St&op"), "backups_stop", self.stop_wanted.emit)
        self.close_button = button(translate("backups", "&Close"), "backups_close", self.reject)
        self.save = button(translate("backups", "&Save ⏎"), "backups_save", self._save, "primary")

    def _lay_out(self) -> None:
        waiting, phrase, keep, below = QHBoxLayout(), QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        waiting.addWidget(self.waiting, 1)
        waiting.addWidget(self.let_go)
        phrase.addWidget(self.phrase, 1)
        phrase.setSpacing(8)
        phrase.addWidget(self.recovery)
        phrase.addWidget(self.set_phrase)
        for text, field in (
            (translate("backups", "&days"), self.daily),
            (translate("backups", "&weeks"), self.weekly),
            (translate("backups", "mon&ths"), self.monthly),
        ):
            keep.addWidget(field)
            keep.addWidget(field_label(text, field))
            keep.addSpacing(14)
        keep.setSpacing(6)
        keep.addStretch(1)
        grid = QGridLayout()
        grid.setVerticalSpacing(8)
        grid.addWidget(field_label(translate("backups", "Time of da&y"), self.at), 0, 0)
        grid.addWidget(self.at, 0, 1)
        grid.addWidget(field_label(translate("backups", "&Folder"), self.folder), 1, 0)
        grid.addWidget(self.folder, 1, 1)
        grid.addWidget(self.browse, 1, 2)
        grid.addWidget(plain_label(translate("backups", "Keep the newest of each of the last")), 2, 0)
        grid.addLayout(keep, 2, 1)
        grid.addWidget(plain_label(translate("backups", "Passphrase")), 3, 0)
        grid.addLayout(phrase, 3, 1, 1, 2)
        grid.setColumnStretch(1, 1)
        for part in (self.now, self.now_to, self.restore, self.stop):
            below.addWidget(part)
        below.addStretch(1)
        below.addWidget(self.close_button)
        below.addWidget(self.save)
        self.body.addWidget(plain_label(self.title, "title"))
        self.body.addWidget(self.state)
        self.body.addLayout(waiting)
        self.body.addWidget(self.on)
        self.body.addLayout(grid)
        self.body.addWidget(self.list)
        self.body.addWidget(self.told)
        self.body.addLayout(below)
        self.show_waiting(waits=False)

    def _columns(self) -> tuple[Column, ...]:
        def when(run: object, _now: datetime) -> str:
            wall = to_wall(getattr(run, "taken_at") or getattr(run, "started_at"), self._zone)  # noqa: B009
            return f"{day_text(wall.date())}, {time_text(wall)}"

        return (
            Column(translate("backups", "When"), when, 20, is_bold=True),
            Column(translate("backups", "Made"), lambda run, _now: kind_text(run), 16),
            Column(translate("backups", "At"), lambda run, _now: one_line(run.desk), 12),
            Column(translate("backups", "Size"), lambda run, _now: size_text(run.bytes), 8),
            Column(translate("backups", "State"), lambda run, _now: became_text(run), 0, became_role),
        )

    # --- what is shown ---

    def show_now(self, now: BackupsNow, *, first: bool) -> None:
        """Show how it stands; what is being typed stays unless it was saved."""
        self._zone = now.settings.zone
        text, role = state_text(now)
        self.state.setText(text)
        restyle(self.state, "role", role)
        self.list.show_records(now.runs)
        if first or self.wanted() == self._seen:
            self._fill(now.settings)
        self._seen = replace(self._seen, version=now.settings.version)
        self._show_buttons()

    def _fill(self, settings: BackupSettings) -> None:
        self._seen = settings
        self.on.setChecked(settings.enabled)
        self.at.setText(times_text((settings.at_minute,)))
        self.folder.setText(settings.folder)
        self.daily.setValue(settings.keep_daily)
        self.weekly.setValue(settings.keep_weekly)
        self.monthly.setValue(settings.keep_monthly)

    def wanted(self) -> BackupSettings | None:
        """Return the settings as they are typed; None if the time is no time."""
        minutes = minutes_of(self.at.text())
        if len(minutes) != 1:
            return None
        return replace(
            self._seen,
            enabled=self.on.isChecked(),
            folder=self.folder.text().strip(),
            at_minute=minutes[0],
            keep_daily=self.daily.value(),
            keep_weekly=self.weekly.value(),
            keep_monthly=self.monthly.value(),
        )

    def show_here(self, trouble: BackupFailed | None) -> None:
        """Say whether this PC can make backups."""
        text, role = here_text(trouble)
        self.phrase.setText(text)
        restyle(self.phrase, "role", role)
        self._has_phrase = trouble is None or trouble.code is not Problem.PASSPHRASE
        self._show_buttons()

    def show_waiting(self, *, waits: bool) -> None:
        """Say that messages wait since a restore."""
        self.waiting.setVisible(waits)
        self.let_go.setVisible(waits and self._may_write)

    def say(self, text: str, role: str = "muted") -> None:
        """Say how far it is, or what became of it."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def set_busy(self, *, busy: bool) -> None:
        """Something is being made: it can be stopped, and nothing else begun."""
        self._is_busy = busy
        self._show_buttons()

    def _show_buttons(self) -> None:
        may = self._may_write and not self._is_busy
        for each in (
            *(self.on, self.at, self.folder, self.daily, self.weekly, self.monthly, self.browse, self.set_phrase),
            *(self.now, self.now_to, self.restore, self.save, self.let_go),
        ):
            each.setEnabled(may)
        self.recovery.setEnabled(may and self._has_phrase)
        self.stop.setVisible(self._is_busy)

    # --- what is asked for ---

    def _save(self) -> None:
        wanted = self.wanted()
        if wanted is None:
            self.say(translate("backups", "This is no time of day. Type it as 02:10."), "danger")
            self.at.setFocus()
        elif wanted.enabled and not Path(wanted.folder).is_absolute():
            self.say(translate("backups", "Say the whole path of the folder."), "danger")
            self.folder.setFocus()
        else:
            self.save_wanted.emit(wanted)

    def _browse(self) -> None:
        self._ask_folder(lambda chosen: self.folder.setText(str(chosen)))

    def _choose_target(self) -> None:
        self._ask_folder(self.now_wanted.emit)

    def _ask_folder(self, then: Callable[[Path], object]) -> None:
        dialog = QFileDialog(self.window(), translate("backups", "Folder for backups"), self.folder.text())
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda chosen: then(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def first_focus(self) -> QWidget | None:
        return self.on if self._may_write else self.close_button

    def main_act(self) -> Callable[[], object]:
        return self.save.click


def _line(name: str, longest: int) -> QLineEdit:
    line = QLineEdit()
    line.setObjectName(name)
    line.setMaxLength(longest)
    return line
