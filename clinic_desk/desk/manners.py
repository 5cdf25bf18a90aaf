"""What a desk does outside its window: the tray, notifications, starting with the PC, looking anew after sleep.

Made some time after the calendar is there. The counts are those that the status bar shows; nothing more is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QKeyCombination, QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication

from clinic_desk.desk.leaving import leave
from clinic_desk.ui.desktop import autostart
from clinic_desk.ui.desktop.attention import Attention, count_text, lines, news, page_of
from clinic_desk.ui.desktop.tray import Tray
from clinic_desk.ui.desktop.waking import Waking
from clinic_desk.ui.search.attention import bring_to_front

if TYPE_CHECKING:
    from clinic_desk.desk.program import DeskProgram
    from clinic_desk.services.messages import MessageCounts
    from clinic_desk.ui.workspace import Workspace

log = logging.getLogger(__name__)
_SWITCH: Final = "notifications"
_OFF: Final = "off"


class Manners(QObject):
    """Of one program, whoever is at its desk, until it closes."""

    def __init__(self, program: DeskProgram, arguments: Sequence[str] | None, tray: Tray | None = None) -> None:
        """`arguments`: with what the program starts with the PC; None: it cannot, as what it opens is a secret."""
        super().__init__(program)
        self._program = program
        self._arguments = arguments
        self._served: list[Workspace] = []
        self._known = Attention()
        self._is_first = True
        self._news = Attention()
        self.tray = tray or Tray(parent=self)
        self.waking = Waking(self)
        self.waking.woke.connect(self._woke)
        self.tray.opened.connect(lambda: bring_to_front(program.front))
        self.tray.told_opened.connect(self._open_news)
        self.tray.lock_requested.connect(program.lock)
        self.tray.quit_requested.connect(lambda: leave(program))
        program.closed.connect(self.close)
        self._serve()
        if program.seats is not None:
            program.seats.unlocked.connect(self._serve)
            for turned in (program.seats.locked, program.seats.unlocked):
                turned.connect(lambda: self.tray.show_attention(self._known, locked=self._program.is_locked))
            program.seats.idle.pressed.connect(self._pressed)

    def close(self) -> None:
        """The program ends."""
        self.waking.stop()
        self.tray.close()

    # --- who is at the desk ---

    def _serve(self) -> None:
        """Somebody is at the desk, the same or another one with a window of her own."""
        space = self._program.workspace
        if space is None or space in self._served:
            return
        self._served.append(space)
        space.pulse.counts_read.connect(lambda counts: self._count(space, counts))
        actions = space.window.actions_by_name
        actions["notifications"].setChecked(self._are_wanted(space))
        actions["notifications"].toggled.connect(lambda on: self._want(space, on=on))
        actions["autostart"].setEnabled(self._arguments is not None)
        actions["autostart"].setChecked(autostart.is_on())
        actions["autostart"].toggled.connect(lambda on: self._start_with_pc(space, actions["autostart"], on=on))
        space.pulse.ask()

    def _are_wanted(self, space: Workspace) -> bool:
        return space.window.preferences.of_this_pc(_SWITCH) != _OFF

    def _want(self, space: Workspace, *, on: bool) -> None:
        space.window.preferences.set_of_this_pc(_SWITCH, "" if on else _OFF)

    def _start_with_pc(self, space: Workspace, action: QAction, *, on: bool) -> None:
        try:
            autostart.set_on(autostart.command_of(self._arguments or ()) if on else None)
        except OSError as error:
            log.warning("starting with the PC could not be switched: %s", type(error).__name__)
            space.window.toasts.show_text(self.tr("Starting with the PC could not be switched: no right to write it."))
            action.blockSignals(True)
            action.setChecked(not on)
            action.blockSignals(False)

    def _pressed(self, keys: QKeyCombination) -> None:
        """The manual has its key whatever lies over the window, and opens where it is about that."""
        action = self._program.window.actions_by_name["manual"]
        if QKeySequence(keys) in action.shortcuts() and not self._program.is_locked:
            action.trigger()

    # --- what waits ---

    def _count(self, space: Workspace, counts: MessageCounts) -> None:
        if space is not self._program.workspace:
            return
        from clinic_desk.ui.backups.desk import backups_of
        from clinic_desk.ui.paper.automatic import automatic_of

        self.take(
            Attention(
                messages=counts.need_attention,
                replies=counts.replies,
                stopped=len({*counts.stopped, *counts.unsent}),
                day_lists=1 if automatic_of(space).trouble else 0,
                backups=1 if backups_of(space).is_missing else 0,
            )
        )

    def take(self, now: Attention) -> None:
        """Show what waits; tell what is new unless the window is in front, where the status bar says it."""
        self.tray.show_attention(now, locked=self._program.is_locked)
        new, self._known = news(self._known, now), now
        is_first, self._is_first = self._is_first, False
        space = self._program.workspace
        if not new.total or is_first or space is None or not self._are_wanted(space):
            return
        if QApplication.activeWindow() is not None and not self._program.is_locked:
            return
        self._news = new
        text = count_text(now) if self._program.is_locked else "\n".join(lines(new))
        if not self.tray.tell(self.tr("Clinic Desk"), text):
            QApplication.alert(self._program.front)

    def _open_news(self) -> None:
        bring_to_front(self._program.front)
        space = self._program.workspace
        if space is not None and not self._program.is_locked and (page := page_of(self._news)):
            space.open_messages(page)

    # --- sleep ---

    def _woke(self) -> None:
        """First the lock, as whoever wakes the PC need not be who left it; then whether all is still true."""
        log.info("this computer slept, or its clock was set: the desk looks anew")
        if self._program.seats is not None:
            self._program.seats.idle.look_now()
        space = self._program.workspace
        if space is not None:
            space.live.check_now()
            space.pulse.ask()
