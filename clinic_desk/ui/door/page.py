"""The page on which somebody signs in: name, password, and why not. It asks nobody itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from clinic_desk.errors import ClinicDeskError, PasswordNeeded, WrongPassword
from clinic_desk.ui.booking.fields import button, field_label, plain_label
from clinic_desk.ui.door import words
from clinic_desk.ui.door.card import card_in
from clinic_desk.ui.door.name_box import NameBox
from clinic_desk.ui.door.new_password import NewPassword
from clinic_desk.ui.door.password_field import PasswordField
from clinic_desk.ui.door.remark import Remark
from clinic_desk.ui.door.waits import Waits

translate = QCoreApplication.translate
_WIDTH = 420


class SignInPage(QWidget):
    """A card in the middle. Enter signs in; what was typed stays whatever the answer is."""

    asked = Signal(str, str)
    """Login and password; `answer` or `come_in` follows."""
    chosen = Signal(object, str)
    """The PasswordNeeded that was answered, and a password that will do; the same follows."""

    def __init__(self, waits: Waits, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sign_in_page")
        self._waits = waits
        self._is_busy = False
        self._needed: PasswordNeeded | None = None
        """A one-time code was used: a password is asked for in the place of name and password."""
        self._opens_without = ""
        """The login that needs no password here; empty: none."""
        self.title = plain_label("", "title", wrap=True)
        self.text = plain_label("", "", wrap=True)
        self.text.setObjectName("sign_in_text")
        self.name = NameBox()
        self.password = PasswordField("sign_in_password")
        self.new = NewPassword("sign_in")
        self.new.hide()
        self.new.changed.connect(self._renew_button)
        self.new.entered.connect(self.submit)
        self.remark = Remark("sign_in_remark", self._waits)
        self.remark.counted.connect(self._renew_button)
        self.enter = button(translate("door", "Sign in ⏎"), "sign_in", self.submit, "primary")
        self.other = button(translate("door", "Sign in as somebody &else"), "sign_in_other", self.ask_other, "link")
        self.hint = plain_label("", "muted", wrap=True)
        self.hint.setObjectName("sign_in_hint")
        self._lay_out()
        self.password.entered.connect(self.submit)
        line = self.name.lineEdit()
        if line is not None:
            line.returnPressed.connect(self._name_entered)

    def _lay_out(self) -> None:
        column = card_in(self, _WIDTH)
        column.addWidget(self.title)
        column.addWidget(self.text)
        column.addSpacing(6)
        labels = (
            _label(translate("door", "&Name"), self.name, self.name),
            _label(translate("door", "&Password"), self.password, self.password.line),
        )
        self._who = (labels[0], self.name, labels[1], self.password, self.other)
        for part in (*self._who[:4], self.new, self.remark):
            column.addWidget(part)
        column.addSpacing(6)
        buttons = QHBoxLayout()
        buttons.addWidget(self.other)
        buttons.addStretch(1)
        buttons.addWidget(self.enter)
        column.addLayout(buttons)
        column.addWidget(self.hint)

    # --- who is asked ---

    def offer(self, logins: Sequence[str]) -> None:
        """List the last names used on this PC."""
        typed = self.name.currentText()
        self.name.clear()
        self.name.addItems(list(logins))
        self.name.setCurrentText(typed)

    def ask(self, title: str, text: str, login: str, *, hint: str = "", opens_without: str = "") -> None:
        """Ask anew. `login`: who is expected, "" if it is not known; `opens_without`: who comes in by Enter alone."""
        self._opens_without = opens_without
        self._choose(None)
        self._set_busy(on=False)
        self.title.setText(title)
        self.setAccessibleName(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.name.setCurrentText(login)
        self.password.line.clear()
        self.other.setVisible(bool(login))
        self.remark.say("")
        self.remark.count()

    def ask_other(self) -> None:
        """Ask somebody else than who is expected."""
        self.name.setCurrentText("")
        self.password.line.clear()
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def take_keyboard(self) -> None:
        """Put the cursor where the next thing is to be typed."""
        target = self.password.line if self.login else self.name
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def login(self) -> str:
        """Return the name that stands there."""
        return self.name.currentText().strip()

    # --- asking ---

    def _name_entered(self) -> None:
        if self.password.line.text() or self.login == self._opens_without:
            self.submit()
        else:
            self.password.setFocus(Qt.FocusReason.TabFocusReason)

    def submit(self) -> None:
        """Ask whether who is named comes in, if enough is typed and nobody is being asked."""
        password = self.password.line.text()
        if self._is_busy or self._waits.left_s() > 0:
            return
        if self._needed is not None:
            if self.new.password:
                self.remark.say("")
                self._set_busy(on=True)
                self.chosen.emit(self._needed, self.new.password)
            return
        if not self.login:
            self.remark.say(translate("door", "Type your name."))
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)
        elif not password and self.login != self._opens_without:
            self.remark.say(translate("door", "Type your password."))
            self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.password.hide_text()
            self.remark.say("")
            self._set_busy(on=True)
            self.asked.emit(self.login, password)

    def answer(self, error: ClinicDeskError) -> None:
        """Nobody came in. A password that was wrong again and again costs time."""
        self._set_busy(on=False)
        if isinstance(error, PasswordNeeded):
            self.remark.say("")
            self._choose(error)
            return
        if isinstance(error, WrongPassword):
            self._choose(None)  # the code is used up, or was not right any more
            self._waits.begin(error.wait_s)
            self.password.line.selectAll()
        self.remark.say(words.refused_text(error))
        (self.password if self._needed is None else self.new.second).setFocus(Qt.FocusReason.OtherFocusReason)
        self.remark.count()

    def _choose(self, needed: PasswordNeeded | None) -> None:
        """Ask for a password of her own, or (None) for name and password."""
        self._needed = needed
        for part in self._who:
            part.setVisible(needed is None)
        self.new.setVisible(needed is not None)
        self.hint.setVisible(needed is None and bool(self.hint.text()))
        if needed is not None:
            self.new.begin(needed.login)
            self.title.setText(translate("door", "Set your own password"))
            self.text.setText(translate("door", "The code was right. It is used up when you have set a password."))
            self.text.show()
            self.new.first.setFocus(Qt.FocusReason.OtherFocusReason)
        self._renew_button()

    def come_in(self) -> None:
        """Somebody came in: forget what was typed."""
        self._set_busy(on=False)
        self.password.line.clear()
        self.new.begin("")
        self._choose(None)
        self.remark.say("")

    def say(self, text: str) -> None:
        """Say something where refusals are said."""
        self.remark.say(text)

    # --- what it looks like ---

    def _set_busy(self, *, on: bool) -> None:
        self._is_busy = on
        self.enter.setText(translate("door", "Signing in…") if on else translate("door", "Sign in ⏎"))
        for part in (self.name, self.password, self.other, self.new):
            part.setEnabled(not on)
        self._renew_button()

    def _renew_button(self) -> None:
        can_enter = self._needed is None or bool(self.new.password)
        self.enter.setEnabled(can_enter and not self._is_busy and self._waits.left_s() <= 0)


def _label(text: str, buddy: QWidget, named: QWidget) -> QLabel:
    label = field_label(text, buddy)
    named.setAccessibleName(text.replace("&", ""))
    return label
