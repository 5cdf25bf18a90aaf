"""Has the clinic of this PC taken over to the database program that came with an update: a page, and its progress."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Final

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from clinic_desk.errors import ClinicDeskError, ServerUpgradeNeeded
from clinic_desk.ui.first_run.card import Card
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.opening_words import stage_text

translate = QCoreApplication.translate
_MEGABYTE: Final = 1024 * 1024
_MEGABYTES_A_MINUTE: Final = 100
_PARTS: Final = {
    "server-starting": 3,
    "server-reading": 8,
    "server-making": 25,
    "server-filling": 50,
    "server-comparing": 75,
    "server-switching": 97,
}
"""How much of a hundred is done when a step begins."""

TakeOver = Callable[[Callable[[str], None]], None]


class ServerDoor(QObject):
    """From the first `answer` to `close`: what is to be done, then how far it is."""

    begin_wanted = Signal(object)
    """A `TakeOver`: carry it out off the GUI thread; `answer` or `close` follows."""
    look_wanted = Signal()
    """Look again whether programs are there by now."""

    def __init__(self, window: MainWindow, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._stop = Event()
        self._needed: ServerUpgradeNeeded | None = None
        self._looks = False
        self.page = ServerUpgradePage()
        self.page.go.connect(self._go)
        self.page.stop.connect(self.stop)
        window.close_requested.connect(self.stop)
        window.cover_with("")
        window.cover.show_page(self.page)

    def answer(self, error: ClinicDeskError) -> None:
        """It is still to be taken over, or that could not be done."""
        if not isinstance(error, ServerUpgradeNeeded):
            self.page.show_busy(on=False)
            self.page.refuse(error)
            self.page.take_keyboard()
        elif not self.page.is_busy or self._looks:
            self.page.show_busy(on=False)
            is_news = self._needed is None or (self._needed.take_over is None) != (error.take_over is None)
            self._needed = error
            if is_news:
                self.page.ask(error)
                self._window.cover.setAccessibleName(self.page.title.text())
            elif self._looks:
                still = translate("door", "There are still no programs of PostgreSQL {found} on this PC.")
                self.page.say(still.format(found=error.found), "muted")
                self.page.take_keyboard()
            self._looks = False

    def show_step(self, stage: str) -> None:
        """Say what is being done; `stage` as `server_upgrade` tells it."""
        self.page.show_part(stage)

    def stop(self) -> None:
        """Go no further than what is being done just now."""
        self._stop.set()

    def close(self) -> None:
        """It is done."""
        self._window.cover.drop_page()

    def _go(self) -> None:
        if self._needed is None or self._needed.take_over is None:
            self._looks = True
            self.page.show_busy(on=True, step=stage_text("looking"))
            self.look_wanted.emit()
            return
        self._stop = Event()
        self.page.say("")
        self.page.show_busy(on=True, step=stage_text("server-starting"))
        act = self._needed.take_over
        self.begin_wanted.emit(partial(_carry_out, act, self._stop))


def _carry_out(
    act: Callable[[Callable[[str], None], Callable[[], bool]], None], stop: Event, tell: Callable[[str], None]
) -> None:
    act(tell, stop.is_set)


class ServerUpgradePage(Card):
    """Says what happens and how long it takes, and asks for one key; or what a person can do where nothing can."""

    def __init__(self) -> None:
        super().__init__("server_upgrade", " ", " ", translate("door", "Take it over ⏎"))
        self.has_way_back = False
        self.bar.setRange(0, 100)
        self.show_busy(on=False)

    def ask(self, needed: ServerUpgradeNeeded) -> None:
        """Ask for it, or say what is missing."""
        can = needed.take_over is not None
        moves = translate("door", "The clinic moves to PostgreSQL {wanted}").format(wanted=needed.wanted)
        misses = translate("door", "PostgreSQL {found} is needed once more").format(found=needed.found)
        self.title.setText(moves if can else misses)
        self.setAccessibleName(self.title.text())
        self.text.setText(_what_happens(needed) if can else _what_is_missing(needed))
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # a command to be copied
        self.act.setText(translate("door", "Take it over ⏎") if can else translate("door", "Look again ⏎"))
        self.act.setAccessibleName(self.act.text().replace("⏎", "").strip())
        self.say("")
        self.take_keyboard()

    def take_keyboard(self) -> None:
        """Put the keyboard where the next thing is to be done."""
        self.act.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_part(self, stage: str) -> None:
        """Say what is being done, and how far all of it is."""
        self.show_step(stage_text(stage))
        if (part := _PARTS.get(stage)) is not None:
            self.bar.setValue(part)


def _what_happens(needed: ServerUpgradeNeeded) -> str:
    first = translate(
        "door",
        "An earlier Clinic Desk wrote the clinic’s data by PostgreSQL {found}; this one works with {wanted}. "
        "The data is taken over once, and then you sign in as before, with the same names and passwords.",
    ).format(found=needed.found, wanted=needed.wanted)
    then = translate(
        "door",
        "A backup is made, and restored into a new database. Every row is compared, and the history is read through: "
        "only then the new database is used. The old one is kept in {folder}, as before-postgresql-{wanted}.",
    ).format(folder=needed.folder, wanted=needed.wanted)
    minutes = 1 + needed.size // (_MEGABYTES_A_MINUTE * _MEGABYTE)
    lasts = (
        translate("door", "It takes about a minute.")
        if minutes == 1
        else translate("door", "It takes about {minutes} minutes.").format(minutes=minutes)
    )
    safe = translate(
        "door",
        "Nothing can be booked on this PC meanwhile. Closing the program in the middle, or a power cut, is safe: the "
        "old database stays as it is, and you begin again.",
    )
    return f"{first}\n\n{then}\n\n{lasts} {safe}"


def _what_is_missing(needed: ServerUpgradeNeeded) -> str:
    first = translate(
        "door",
        "An earlier Clinic Desk wrote the clinic’s data by PostgreSQL {found}; this one works with {wanted}, "
        "and nothing on this PC can read PostgreSQL {found} data. Nothing was changed, nothing is lost. "
        "One of three ways leads on:",
    ).format(found=needed.found, wanted=needed.wanted)
    install = translate(
        "door",
        "1. Install PostgreSQL {found} on this PC; only its programs are used, once. This page then goes on by itself.",
    ).format(found=needed.found)
    back = translate("door", "2. Put the earlier version of Clinic Desk back: it opens the clinic as before.")
    restore = translate(
        "door",
        "3. Restore the last backup into a new folder (manual: Backups); what was booked since is missing there.",
    )
    where = translate("door", "The data lies in {folder}.").format(folder=needed.folder)
    return f"{first}\n\n{install}\n{needed.how}\n\n{back}\n\n{restore}\n\n{where}"
