"""The page of the clinic key: whether this PC has it, bringing it from another PC, and making a new one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.services.provider_secrets import KeyState
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.fields import Remark, button, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.messages.settings.errands import Errand
from clinic_desk.ui.messages.settings.rows import line

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class KeyActs:
    """What the page can have done, off the GUI thread; `change` None: not by who is signed in."""

    look: Callable[[], KeyState]
    take: Callable[[str], None]
    change: Callable[[], str] | None
    said: Callable[[ClinicDeskError], str]
    """What went wrong, in words."""


class ClinicKeySection(QWidget):
    """Shows no key: only whether this PC has it, and which by the first digits of its id."""

    key_made = Signal(str)
    """A new key's text, to be shown once."""

    def __init__(self, acts: KeyActs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._acts = acts
        self._errand = Errand(self)
        self.about = plain_label(_about_text(), "muted")
        self.state = plain_label(translate("settings", "Looking into this PC's keyring…"), "muted")
        self.state.setObjectName("clinic_key_state")
        self.text = line("clinic_key", 60)
        self.text.setEchoMode(QLineEdit.EchoMode.Password)
        self.text.setAccessibleName(translate("settings", "Clinic key from another PC"))
        self.text.setPlaceholderText(translate("settings", "Clinic key from another PC"))
        self.take = button(translate("settings", "Keep it on this PC"), "take_clinic_key", self.take_typed)
        self.change = button(translate("settings", "Make a new key…"), "change_clinic_key", self.ask_to_change)
        self.problem = Remark(self.text)
        for label in (self.about, self.state):
            let_wrap(label)
        self._lay_out()
        self.text.textChanged.connect(lambda _text: self._show_buttons())
        self.text.returnPressed.connect(self.take_typed)
        self._known: KeyState | None = None
        self._show_buttons()

    def _lay_out(self) -> None:
        row, below = QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.text, 1)
        row.addWidget(self.take)
        below.addWidget(self.change)
        below.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(8)
        column.addWidget(self.about)
        column.addWidget(self.state)
        column.addLayout(row)
        column.addWidget(self.problem)
        column.addLayout(below)
        column.addStretch(1)

    def look(self) -> None:
        """Find out whether this PC has the key."""
        self._errand.run(self._acts.look, self.show_known, self._failed)
        self._show_buttons()

    def show_known(self, known: KeyState) -> None:
        """Say how it is."""
        self._known = known
        text, role = _state_text(known)
        self.state.setText(text)
        restyle(self.state, "role", role)
        self._show_buttons()

    def take_typed(self) -> None:
        """Keep what was typed, if it is the clinic's key."""
        typed = self.text.text()
        if typed and self._errand.run(lambda: self._acts.take(typed), lambda _: self._taken(), self._failed):
            self._show_buttons()

    def ask_to_change(self) -> None:
        """Ask first: messages go from no other PC any more until it has the new key."""
        question = AskSheet(
            translate("settings", "Make a new clinic key?"),
            translate(
                "settings",
                "The clinic's passwords are encrypted anew. Every other PC that sends messages needs the new key then, "
                "and sends nothing until it is entered there.",
            ),
            translate("settings", "Make a new key"),
            self,
        )
        question.answered.connect(lambda yes: self.change_it() if yes else None)
        question.open()

    def change_it(self) -> None:
        """Make a new key and encrypt everything with it."""
        change = self._acts.change
        if change is not None and self._errand.run(change, self._changed, self._failed):
            self._show_buttons()

    def _taken(self) -> None:
        self.text.clear()
        self.problem.say(translate("settings", "✓ This PC has the clinic key now."), "ok")
        self.look()

    def _changed(self, text: str) -> None:
        self.look()
        self.key_made.emit(text)

    def _failed(self, error: ClinicDeskError) -> None:
        wrong = isinstance(error, InvalidInput)
        self.problem.say(_wrong_text() if wrong else self._acts.said(error))
        self._show_buttons()

    def _show_buttons(self) -> None:
        busy = self._errand.is_busy
        self.take.setEnabled(bool(self.text.text().strip()) and not busy)
        has_it = self._known is not None and bool(self._known.needed) and self._known.needed in self._known.here
        self.change.setVisible(self._acts.change is not None and has_it)
        self.change.setEnabled(not busy)


class ClinicKeySheet(Sheet):
    """Shows a new clinic key, once."""

    def __init__(self, parent: QWidget, text: str) -> None:
        super().__init__(parent, width=560)
        self.setObjectName("clinic_key_sheet")
        title = translate("settings", "The clinic key")
        told = plain_label(
            translate(
                "settings",
                "This key opens the clinic's passwords for messages. It is in this PC's keyring now, and is shown only "
                "once. Every other PC that sends messages needs it too: enter it there under Settings of messages, "
                "Clinic key. Write it down and keep it where the clinic keeps its keys.",
            )
        )
        let_wrap(told)
        self.setAccessibleName(title)
        self.key = plain_label(text)
        self.key.setObjectName("clinic_key_text")
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(font.pointSizeF() * 1.25)
        self.key.setFont(font)
        self.copy = button(translate("settings", "&Copy"), "copy_clinic_key", self._copy)
        self.close_button = button(translate("settings", "I have it ⏎"), "close_clinic_key", self.accept, "primary")
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.copy)
        below.addWidget(self.close_button)
        for part in (plain_label(title, "title"), told, self.key):
            self.body.addWidget(part)
        self.body.addLayout(below)

    def first_focus(self) -> QWidget | None:
        return self.copy

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.key.text())


def _about_text() -> str:
    return translate(
        "settings",
        "Passwords kept for the whole clinic are in the database, encrypted with the clinic key. Each PC that sends "
        "messages needs this key in its keyring once; the database never has it.",
    )


def _state_text(known: KeyState) -> tuple[str, str]:
    if not known.needed:
        return translate(
            "settings", "Nothing is kept for the whole clinic yet. The key is made with the first password that is."
        ), "muted"
    short = known.needed[:4]
    if known.needed in known.here:
        return translate("settings", "✓ This PC has the clinic key ({id}).").format(id=short), "ok"
    if known.here:
        return translate("settings", "This PC has another key. The clinic's is now {id}: enter it here.").format(
            id=short
        ), "warning"
    return translate("settings", "This PC does not have the clinic key ({id}): enter it to send from here.").format(
        id=short
    ), "warning"


def _wrong_text() -> str:
    return translate(
        "settings", "This is not the clinic's key of now. It is 28 letters and digits; look at each group again."
    )
