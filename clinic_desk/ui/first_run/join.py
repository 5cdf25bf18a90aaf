"""Join with a pairing text: the text, and what the clinic calls this PC."""

from __future__ import annotations

import platform

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from clinic_desk.errors import ClinicDeskError
from clinic_desk.sharing.plans import SharingError, Trouble
from clinic_desk.ui.booking.fields import button, set_button_text
from clinic_desk.ui.first_run.card import Card
from clinic_desk.ui.first_run.ways import Lacking
from clinic_desk.ui.messages.settings.rows import line

translate = QCoreApplication.translate
_LONGEST_NAME = 40


class JoinPage(Card):
    """`wanted`: the text and the PC's name."""

    wanted = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "join",
            translate("first_run", "Join with a pairing text"),
            translate(
                "first_run",
                "The PC that shares the clinic shows a text for each PC that joins. Type it, or paste it; capital "
                "letters, blanks and line breaks do not matter. It is good for this PC alone.",
            ),
            translate("first_run", "Join the clinic ⏎"),
            parent,
        )
        self.pairing = QPlainTextEdit()
        self.pairing.setObjectName("join_text")
        self.pairing.setTabChangesFocus(True)
        self.pairing.setFixedHeight(96)
        self.pc = line("join_pc", _LONGEST_NAME)
        self.pc.setText(platform.node()[:_LONGEST_NAME])
        self.paste = button(translate("first_run", "&Paste"), "join_paste", self._paste, "link")
        self.remarks = {"text": self.add(translate("first_run", "Pairing &text"), self.pairing)}
        self.column.addWidget(self.paste, 0, Qt.AlignmentFlag.AlignLeft)
        self.remarks["pc"] = self.add(translate("first_run", "Name of this P&C"), self.pc)
        self.pairing.textChanged.connect(self._renew)
        self.pc.textChanged.connect(self._renew)
        self.go.connect(self.submit)
        self._renew()

    def take_keyboard(self) -> None:
        """The text has the keyboard."""
        self.pairing.setFocus(Qt.FocusReason.OtherFocusReason)

    def submit(self) -> None:
        """Tell what was typed."""
        if self.is_busy:
            return
        self.say("")
        for remark in self.remarks.values():
            remark.say("")
        self.show_busy(on=True, step=translate("first_run", "Beginning…"))
        self.wanted.emit(self.pairing.toPlainText(), self.pc.text().strip())

    def answer(self, error: ClinicDeskError) -> None:
        """This PC did not join: say why, where it belongs."""
        self.show_busy(on=False)
        if isinstance(error, Lacking):
            self._show_joined(error.trouble)
        elif isinstance(error, SharingError):
            self.remarks["text"].say(pairing_text(error))
            self.take_keyboard()
        else:
            self.refuse(error)
            self.act.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_joined(self, trouble: str) -> None:
        """It joined: what it lacks is read before the clinic is opened."""
        self.say(lacking_text(trouble), "warning")
        self.fields.setEnabled(False)
        self.has_way_back = False
        self.go_back.hide()
        set_button_text(self.act, translate("first_run", "Go on ⏎"))
        self.act.setFocus(Qt.FocusReason.OtherFocusReason)

    def forget(self) -> None:
        """Keep no text: there is a secret in it."""
        self.pairing.clear()

    def _paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        if text.strip():  # Enter may be pressed here by who has typed it
            self.pairing.setPlainText(text)
        self.pc.setFocus(Qt.FocusReason.TabFocusReason)

    def _renew(self) -> None:
        is_filled = bool(self.pairing.toPlainText().strip() and self.pc.text().strip())
        self.act.setEnabled(is_filled and not self.is_busy)


def lacking_text(trouble: str) -> str:
    """Return that a PC joined, why it does not send messages, and what can be done."""
    known = {
        "clinic-key-missing": translate(
            "first_run",
            "✓ This PC joined. It was not handed the clinic key, so it may not be able to send messages: a manager "
            "enters the key here, in the settings of messages.",
        ),
        "keyring-none": translate(
            "first_run",
            "✓ This PC joined. It does not send messages to patients, because it has no keyring to keep passwords in, "
            "such as GNOME Keyring or KWallet. Everything else works; other PCs send.",
        ),
    }
    other = translate(
        "first_run",
        "✓ This PC joined. It does not send messages to patients, because its keyring cannot be used now. Everything "
        "else works; other PCs send, and a manager can have this one send later: ☰, The clinic, PCs of the clinic…",
    )
    return known.get(trouble, other)


def pairing_text(error: SharingError) -> str:
    """Return why a PC did not join by a text, and what to do."""
    known = {
        Trouble.PAIRING_CUT_OFF: translate("first_run", "The text is not whole: something is missing at its end."),
        Trouble.PAIRING_NEWER: translate(
            "first_run", "The text is of a newer version of Clinic Desk. Update Clinic Desk on this PC first."
        ),
        Trouble.PAIRING_OLDER: translate(
            "first_run",
            "The text is of an older version of Clinic Desk. Update Clinic Desk on the PC that shows it, and have a "
            "new one shown.",
        ),
        Trouble.PAIRING_OVER: translate(
            "first_run",
            "This text was used already, was withdrawn, or its time is over. Have a new one shown on the PC that "
            "shares the clinic.",
        ),
        Trouble.WRONG_SERVER: translate(
            "first_run",
            "Who answers at {detail} is not the server that the text is for; nothing was told to it. Are both PCs in "
            "the clinic's network? If the server was set up anew, have a new text shown.",
        ),
        Trouble.NOT_REACHED: translate(
            "first_run",
            "Nobody answers at {detail}. Is the PC that shares the clinic on and in the same network, and does its "
            "firewall let this port through?",
        ),
    }
    if error.code is Trouble.PAIRING_MISTYPED:
        return _mistyped(error.detail)
    return known.get(error.code, str(error)).format(detail=error.detail)


def _mistyped(group: str) -> str:
    if group:
        return translate("first_run", "There is a mistake in group {group} of the text. Compare it.").format(
            group=group
        )
    return translate("first_run", "There is a mistake in the text. Compare it with what the other PC shows.")
