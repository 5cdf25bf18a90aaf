"""Asks a manager to upgrade the clinic: in the window of a program that is newer than the clinic's database."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.errors import ClinicDeskError, UpgradeNeeded, WrongPassword
from clinic_desk.ui.booking.fields import TickBox, button, field_label, plain_label
from clinic_desk.ui.door.card import card_in
from clinic_desk.ui.door.password_field import PasswordField
from clinic_desk.ui.door.remark import Remark
from clinic_desk.ui.door.waits import Waits
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.opening_words import trouble_text

translate = QCoreApplication.translate
_WIDTH = 480


class UpgradeDoor(QObject):
    """From the first `answer` to `close`; what is typed stays in between."""

    asked = Signal(str, bool)
    """The owner's password, and whether there is a backup."""

    def __init__(self, window: MainWindow, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        window.cover_with("")
        self.page = UpgradePage()
        self.page.asked.connect(self.asked)
        window.cover.show_page(self.page)

    def answer(self, error: ClinicDeskError) -> None:
        """It is still to be upgraded, or that could not be done, or not even looked at."""
        if isinstance(error, UpgradeNeeded):
            self.page.ask(error)
        else:
            self.page.answer(error)

    def close(self) -> None:
        """It is done, here or elsewhere."""
        self._window.cover.drop_page()


class UpgradePage(QWidget):
    """A card in the middle. It asks for the owner's password and for a backup, and says why it was not done."""

    asked = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("upgrade_page")
        self._waits = Waits()
        self._is_busy = False
        self._needed: UpgradeNeeded | None = None
        self.title = plain_label(translate("door", "This clinic must be upgraded"), "title", wrap=True)
        self.text = plain_label("", "", wrap=True)
        self.setAccessibleName(self.title.text())
        self.password = PasswordField("upgrade_password")
        self.password.line.textChanged.connect(self._renew_button)
        self.password.entered.connect(self.submit)
        self.backup = TickBox()
        self.backup.setObjectName("upgrade_backup")
        self.backup.setText(translate("door", "A &backup of the database was made today and is kept safe"))
        self.backup.toggled.connect(self._renew_button)
        self.remark = Remark("upgrade_remark", self._waits)
        self.remark.counted.connect(self._renew_button)
        self.go = button("", "upgrade_go", self.submit, "primary")
        self.hint = plain_label("", "muted", wrap=True)
        self._lay_out()
        self._set_busy(on=False)

    def _lay_out(self) -> None:
        column = card_in(self, _WIDTH)
        self.label = field_label(translate("door", "&Password of the database’s owner"), self.password)
        self.password.line.setAccessibleName(self.label.text().replace("&", ""))
        for part in (self.title, self.text, self.label, self.password, self.backup, self.remark):
            column.addWidget(part)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.go)
        column.addLayout(row)
        column.addWidget(self.hint)

    def ask(self, needed: UpgradeNeeded) -> None:
        """Ask for what this PC does not know, and for a backup where it makes none; what was typed stays."""
        self._needed = needed
        self.text.setText(_text(backs_up=needed.backs_up))
        for part in (self.label, self.password):
            part.setVisible(not needed.knows_owner)
        self.hint.setText(_hint(knows_owner=needed.knows_owner))
        self.backup.setVisible(not needed.backs_up)
        self._set_busy(on=False)

    def take_keyboard(self) -> None:
        """Put the cursor where the next thing is to be done."""
        parts = (self.password, self.backup, self.go)
        next(part for part in parts if not part.isHidden()).setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Ask for the upgrade, if all is there that it needs."""
        if self.go.isEnabled():
            self.password.hide_text()
            self.remark.say("")
            self._set_busy(on=True)
            self.asked.emit(self.password.line.text(), self.backup.isChecked())
        elif self._has_owner and not self._is_busy and self._waits.left_s() <= 0:
            self.remark.say(
                translate("door", "Nothing is upgraded without a backup: make one, then tick that there is one.")
            )
            self.backup.setFocus(Qt.FocusReason.OtherFocusReason)

    def answer(self, error: ClinicDeskError) -> None:
        """Say why it was not done, or could not be looked at."""
        was_busy = self._is_busy
        self._set_busy(on=False)
        if isinstance(error, WrongPassword):
            self._waits.begin(error.wait_s)
            self.password.line.selectAll()
            self.remark.say(translate("door", "This is not the owner’s password. Nothing was changed; try again."))
        else:
            self.remark.say(trouble_text(error))
        if was_busy:
            self.take_keyboard()
        self.remark.count()

    def _set_busy(self, *, on: bool) -> None:
        self._is_busy = on
        self.go.setText(translate("door", "Upgrading…") if on else translate("door", "Upgrade the clinic ⏎"))
        self.go.setAccessibleName(self.go.text().replace("⏎", "").strip())
        self.password.setEnabled(not on)
        self.backup.setEnabled(not on)
        self._renew_button()

    def _renew_button(self) -> None:
        has_backup = self._needed is not None and (self._needed.backs_up or self.backup.isChecked())
        self.go.setEnabled(self._has_owner and has_backup and not self._is_busy and self._waits.left_s() <= 0)

    @property
    def _has_owner(self) -> bool:
        return self._needed is not None and (self._needed.knows_owner or bool(self.password.line.text()))


def _text(*, backs_up: bool) -> str:
    text = translate(
        "door",
        "This program is newer than the clinic’s database. Upgrading takes from some seconds to some minutes; desks "
        "that are open go on reading meanwhile, and must be updated to this version to book again.",
    )
    if backs_up:
        backup = translate("door", "A backup is made first, and checked; nothing is changed without one.")
        return f"{text}\n{backup}"
    return text


def _hint(*, knows_owner: bool) -> str:
    other = translate("door", "If another manager upgrades the clinic first, this window opens by itself.")
    if knows_owner:
        return other
    where = translate(
        "door",
        "The owner’s password was chosen when the clinic was set up (init-db), by whoever looks after the server. "
        "A clinic that one of its PCs shares is upgraded at that PC, without a password.",
    )
    return f"{where}\n{other}"
