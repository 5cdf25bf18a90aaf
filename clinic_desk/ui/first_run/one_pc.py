"""A new clinic on this PC, for it alone or shared with others: who manages it, with a password of her own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QLineEdit

from clinic_desk.domain.people import display_name_of, login_of
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.ui.booking.fields import let_wrap, plain_label
from clinic_desk.ui.door.new_password import NewPassword
from clinic_desk.ui.first_run.card import Card
from clinic_desk.ui.first_run.words import field_text, login_from
from clinic_desk.ui.messages.settings.rows import line

translate = QCoreApplication.translate


class ManagerFields:
    """The fields of the first manager, put into a card: her name, her login, her password twice."""

    def __init__(self, card: Card, name: str) -> None:
        self.display_name = line(f"{name}_display_name", 100)
        self.login = line(f"{name}_login", 63)
        self.new = NewPassword(name)
        self._is_own_login = False
        self.remarks = {
            "display_name": card.add(translate("first_run", "&Your name"), self.display_name),
            "login": card.add(
                translate("first_run", "Name to sign in &with"),
                self.login,
                below=translate("first_run", "You are the practice manager: you let in everybody else."),
            ),
        }
        card.column.addWidget(self.new)
        self.remarks["password"] = card.add_remark(self.new.first.line)
        self.display_name.textChanged.connect(self._suggest)
        self.login.textEdited.connect(self._login_edited)
        self.login.textChanged.connect(lambda _text: self._judge())

    def _suggest(self, name: str) -> None:
        if not self._is_own_login:
            self.login.setText(login_from(name))
        self._judge()

    def _login_edited(self, text: str) -> None:
        self._is_own_login = bool(text)

    def _judge(self) -> None:
        self.new.judge_by(self.login.text().strip(), self.display_name.text())

    @property
    def is_filled(self) -> bool:
        """Whether enough is typed to try."""
        return bool(self.display_name.text().strip() and self.login.text().strip() and self.new.password)

    def checked(self) -> tuple[str, str, str]:
        """Return login, name and password. Raises InvalidInput."""
        name = display_name_of(self.display_name.text())
        login = login_of(self.login.text())
        if not self.new.password:
            raise InvalidInput(field="password", expected="a password that will do, twice the same")
        return login, name, self.new.password

    def field(self, name: str) -> QLineEdit:
        """Return the line that is called so."""
        return {"display_name": self.display_name, "login": self.login}.get(name, self.new.first.line)


class NewClinicPage(Card):
    """`wanted`: login, name and password that will do. What is typed stays whatever the answer is."""

    wanted = Signal(str, str, str)

    def __init__(self, name: str, title: str, text: str, act: str, folder: Path | None = None) -> None:
        super().__init__(name, title, text, act)
        self.manager = ManagerFields(self, name)
        if folder is not None:
            where = plain_label(
                translate("first_run", "The data is kept in {folder}.").format(folder=folder), "muted", wrap=True
            )
            let_wrap(where)
            self.column.addWidget(where)
        self.manager.new.changed.connect(self._renew)
        for field in (self.manager.display_name, self.manager.login):
            field.textChanged.connect(self._renew)
        self.go.connect(self.submit)
        self._renew()

    def take_keyboard(self) -> None:
        """The first empty field has the keyboard."""
        fields = (self.manager.display_name, self.manager.login, self.manager.new.first.line)
        target = next((field for field in fields if not field.text()), fields[0])
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Tell what was typed, if it will do."""
        if self.is_busy:
            return
        self.say("")
        for remark in self.manager.remarks.values():
            remark.say("")
        try:
            login, name, password = self.manager.checked()
        except InvalidInput as problem:
            self.answer(problem)
            return
        for field in (self.manager.new.first, self.manager.new.second):
            field.hide_text()
        self.show_busy(on=True, step=translate("first_run", "Beginning…"))
        self.wanted.emit(login, name, password)

    def answer(self, error: ClinicDeskError) -> None:
        """It was not made: say why, where it belongs."""
        self.show_busy(on=False)
        if isinstance(error, InvalidInput) and error.field in self.manager.remarks:
            self.manager.remarks[error.field].say(field_text(error))
            self.manager.field(error.field).setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.refuse(error)
            self.act.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """Keep no password."""
        self.manager.new.begin("")

    def _renew(self) -> None:
        self.act.setEnabled(self.manager.is_filled and not self.is_busy)


def one_pc_page(folder: Path) -> NewClinicPage:
    """Return the page of a clinic on this PC only."""
    return NewClinicPage(
        "one_pc",
        translate("first_run", "Use it on this PC only"),
        translate("first_run", "A database for the clinic is made on this PC. It takes about ten seconds."),
        translate("first_run", "Set up this PC ⏎"),
        folder,
    )


def share_page() -> NewClinicPage:
    """Return the page of a clinic on this PC that others can join."""
    return NewClinicPage(
        "share",
        translate("first_run", "Share a clinic from this PC"),
        translate(
            "first_run",
            "The clinic's own server is made on this PC, with encryption, by the PostgreSQL that is installed here (14 "
            "or newer; if there is none, you are told how to get it). This PC has to be on while the others work.",
        ),
        translate("first_run", "Share from this PC ⏎"),
    )
