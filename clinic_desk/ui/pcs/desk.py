"""The way to the clinic's PCs from a desk's window: what is read and done for the window of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from clinic_desk.domain.pcs import ClinicPc, OpenInvitation
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import pcs
from clinic_desk.sharing import this_pc
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.first_run.pairing import PairingSheet, invited
from clinic_desk.ui.first_run.words import refused_text
from clinic_desk.ui.messages.settings.errands import Errand
from clinic_desk.ui.pcs import words
from clinic_desk.ui.pcs.sheet import PcsSheet

if TYPE_CHECKING:
    from clinic_desk.settings import Settings
    from clinic_desk.sharing.plans import Joined
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
_EVERY_MS: Final = 15_000
"""Who was seen when, and how long an invitation is good, is announced by nobody."""


class PcsDesk(QObject):
    """From `open` until the window of PCs is closed."""

    def __init__(self, space: Workspace, settings: Settings) -> None:
        zone = next((site.zone for site in space.store.clinic.sites), "UTC")
        self.sheet = PcsSheet(space.window, space.store.freshness.now, zone)
        super().__init__(self.sheet)
        self._space = space
        self._settings = settings
        self._zone = zone
        self._here = Errand(self)
        self._every = QTimer(self, interval=_EVERY_MS)
        self._every.timeout.connect(self.look)
        space.store.tables_changed.connect(self._heard)
        sheet = self.sheet
        sheet.invite_wanted.connect(self._invite)
        sheet.dismiss_wanted.connect(self._ask_to_dismiss)
        sheet.no_sending_wanted.connect(self._ask_for_no_sending)
        sheet.withdraw_wanted.connect(self._withdraw)
        sheet.send_here_wanted.connect(self._send_here)
        sheet.look_wanted.connect(self._look_here)

    def open(self) -> None:
        """Show it."""
        self.sheet.open()
        self._every.start()
        self.look()
        self._look_here()

    def look(self) -> None:
        """Read how the clinic's PCs stand."""
        database = self._space.desk.database
        self._space.desk.tasks.query(
            self.sheet, lambda: pcs.pcs_now(database), self.sheet.show_now, self._failed, key="pcs"
        )

    def _heard(self, tables: frozenset[str]) -> None:
        if "clinic_pc" in tables:
            self.look()

    def _look_here(self) -> None:
        """By a thread of its own: a keyring may ask its user."""
        settings = self._settings
        self._here.run(lambda: this_pc.look(settings), self.sheet.show_this_pc, self._failed)

    # --- inviting ---

    def _invite(self, sends: bool) -> None:
        sheet = PairingSheet(self._space.window, self._zone)
        sheet.finished.connect(self.look)
        sheet.open()
        work = partial(invited, self._space.desk.database, self._settings.shared_folder, sends=sends)
        Errand(sheet).run(work, sheet.show_text, sheet.show_refusal)  # it asks the keyring for the clinic key

    def _withdraw(self, invitation: OpenInvitation) -> None:
        database = self._space.desk.database
        told = translate("pcs", "Nobody can join by that text any more.")
        self._do(lambda: pcs.withdraw(database, invitation.id), lambda _: told)

    # --- one PC ---

    def _ask_to_dismiss(self, pc: ClinicPc) -> None:
        name, database = one_line(pc.name), self._space.desk.database
        title = translate("pcs", "Dismiss {name}?").format(name=name)
        told = translate("pcs", "{name} is one of the clinic's PCs no more.").format(name=name)
        self._ask(
            (title, words.dismiss_text(pc), translate("pcs", "Dismiss it")),
            lambda: pcs.dismiss(database, pc.id),
            partial(_with_left, told),
        )

    def _ask_for_no_sending(self, pc: ClinicPc) -> None:
        name, database = one_line(pc.name), self._space.desk.database
        title = translate("pcs", "Send no more from {name}?").format(name=name)
        question = translate(
            "pcs",
            "What it sends messages with ends at once; everything else goes on there. Messages leave from the other "
            "PCs that send. To have it send again, have it join once more.",
        )
        told = translate("pcs", "{name} leaves sending to others.").format(name=name)
        self._ask(
            (title, question, translate("pcs", "Send no more")),
            lambda: pcs.stop_sending(database, pc.id),
            partial(_with_left, told),
        )

    def _ask(self, question: tuple[str, str, str], work: Callable[[], int], said: Callable[[int], str]) -> None:
        ask = AskSheet(*question, self.sheet)
        ask.answered.connect(lambda yes: self._do(work, said) if yes else None)
        ask.open()

    def _send_here(self) -> None:
        database, settings = self._space.desk.database, self._settings
        self.sheet.send_here.setEnabled(False)

        def done(joined: Joined) -> None:
            self.sheet.send_here.setEnabled(True)
            self.sheet.send_here.setVisible(not joined.sends)
            text = translate("pcs", "This PC sends from the next start of Clinic Desk on.")
            self.sheet.say(text if joined.sends else joined.note, "ok" if joined.sends else "danger")
            self.look()

        Errand(self).run(lambda: this_pc.send_from_here(database, settings), done, self._failed)

    def _do(self, work: Callable[[], object], said: Callable[..., str]) -> None:
        def done(result: object) -> None:
            self.sheet.say(said(result), "ok")
            self.look()

        self._space.desk.tasks.command(self.sheet, work, done, self._failed)

    def _failed(self, error: ClinicDeskError) -> None:
        self.sheet.send_here.setEnabled(True)
        self.sheet.say(refused_text(error), "danger")


def _with_left(told: str, left: int) -> str:
    if not left:
        return told
    more = translate("pcs", "{count} of its connections could not be ended from here: they end with the program there.")
    return f"{told} {more.format(count=left)}"
