"""Shows a pairing text for one more PC: made when a manager asks for it, good once, kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QWidget

from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError, NotAllowed
from clinic_desk.sharing.pairing import pairing_text
from clinic_desk.sharing.plans import Pairing, SharingError, Trouble
from clinic_desk.ui.booking.fields import button, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import day_text, time_text
from clinic_desk.ui.first_run.words import refused_text
from clinic_desk.ui.pcs.words import keyless_text

if TYPE_CHECKING:
    from pathlib import Path

    from clinic_desk.database.engine import Database
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
_IN_A_LINE: Final = 5
"""Groups of the text: it is read aloud, or typed from the screen."""


class PairingSheet(Sheet):
    """Holds the text as long as it is open; nothing else does."""

    def __init__(self, parent: QWidget, zone: str) -> None:
        super().__init__(parent, width=620)
        self.setObjectName("pairing_sheet")
        self._zone = zone
        title = translate("first_run", "One more PC joins the clinic")
        self.setAccessibleName(title)
        self.about = plain_label("", wrap=True)
        self.about.setObjectName("pairing_about")
        self.text = QPlainTextEdit()
        self.text.setObjectName("pairing_text")
        self.text.setAccessibleName(translate("first_run", "Pairing text"))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPointSizeF(self.font().pointSizeF() * 1.2)
        self.text.setFont(font)
        self.text.setFixedHeight(120)
        self.copy = button(translate("first_run", "&Copy"), "pairing_copy", self._copy)
        self.close_button = button(translate("first_run", "&Done"), "pairing_done", self.accept, "primary")
        self.told = plain_label("", "muted")
        self.lack = plain_label("", "warning", wrap=True)
        self.lack.setObjectName("pairing_lack")
        self.lack.hide()
        self.body.addWidget(plain_label(title, "title", wrap=True))
        self.body.addWidget(self.about)
        self.body.addWidget(self.text)
        self.body.addWidget(self.lack)
        buttons = QHBoxLayout()
        buttons.addWidget(self.told, 1)
        buttons.addWidget(self.copy)
        buttons.addWidget(self.close_button)
        self.body.addLayout(buttons)
        self._say(translate("first_run", "Making a pairing text…"), "muted")

    def first_focus(self) -> QWidget | None:
        return self.close_button

    def main_act(self) -> Callable[[], object]:
        return self.accept

    def show_text(self, made: Pairing) -> None:
        """Show the text of what was made, until when it is good, and what it does not bring."""
        assert made.valid_until is not None
        wall = to_wall(made.valid_until, self._zone)
        about = translate(
            "first_run",
            "On the other PC start Clinic Desk, choose “Join with a pairing text”, and type or paste this. It is good "
            "for one PC, until {day}, {time}. Whoever has it can join: hand it over yourself.",
        ).format(day=day_text(wall.date()), time=time_text(wall))
        self._say(f"{about} {_sending_text(made)}", "")
        self.lack.setText(keyless_text(made.key_trouble) if made.key_trouble else "")
        self.lack.setVisible(bool(made.key_trouble))
        groups = pairing_text(made).split("-")
        lines = [groups[at : at + _IN_A_LINE] for at in range(0, len(groups), _IN_A_LINE)]
        self.text.setPlainText("-\n".join("-".join(line) for line in lines))
        self.text.show()
        self.copy.show()
        self.setAccessibleDescription(about)
        self.text.setFocus()

    def show_refusal(self, error: ClinicDeskError) -> None:
        """Say why there is none."""
        if isinstance(error, NotAllowed):
            self._say(translate("first_run", "Only a practice manager can have a PC join."), "danger")
        elif isinstance(error, SharingError) and error.code is Trouble.AUTHORITY_NOT_SENT:
            self._say(
                translate(
                    "first_run",
                    "The clinic's server does not show its authority's certificate, so no PC can join it by a text. On "
                    "the other PC choose “Connect to the clinic's server” instead.",
                ),
                "danger",
            )
        else:
            self._say(refused_text(error), "danger")

    def show_why_not(self, text: str) -> None:
        """Say that this clinic cannot be joined."""
        self._say(text, "")

    def _say(self, text: str, role: str) -> None:
        self.about.setText(text)
        restyle(self.about, "role", role)
        self.text.hide()
        self.copy.hide()

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.text.toPlainText())
        self.told.setText(translate("first_run", "✓ Copied."))


def _sending_text(made: Pairing) -> str:
    if not made.sends:
        return translate("first_run", "That PC leaves sending messages to others.")
    if made.key_trouble:
        return translate("first_run", "That PC also sends messages.")
    return translate("first_run", "That PC also sends messages, and gets the clinic key with the text.")


def show_pcs(space: Workspace) -> None:
    """Show a manager the clinic's PCs; a clinic of one PC is offered to be shared first."""
    settings = space.opening.settings
    is_manager = space.opening.person.group == "manager"
    if is_manager and not space.opening.is_demo and settings is not None:
        if settings.database_url is None:
            from clinic_desk.ui.first_run.moving import offer_to_share

            offer_to_share(space, settings)
        else:
            from clinic_desk.ui.pcs.desk import PcsDesk

            PcsDesk(space, settings).open()
        return
    sheet = PairingSheet(space.window, next((site.zone for site in space.store.clinic.sites), "UTC"))
    sheet.open()
    if space.opening.is_demo or settings is None:
        sheet.show_why_not(translate("first_run", "The demo clinic is for this PC only: no other PC can join it."))
    else:
        sheet.show_refusal(NotAllowed("manager"))


def invited(database: Database, shared_folder: Path | None, *, sends: bool) -> Pairing:
    """Off the GUI thread: invite one more PC to this PC's own server, or to the one the manager is connected to."""
    from clinic_desk.sharing import cluster, inviting

    if shared_folder is None:
        return inviting.invite_to(database, sends=sends)
    return inviting.invite(cluster.share_of(shared_folder), sends=sends)
