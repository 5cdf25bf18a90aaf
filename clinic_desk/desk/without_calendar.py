"""What the window says as long as there is no calendar in it: what is being done, why not, and what can be done."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from clinic_desk.errors import ClinicDeskError, DatabaseDown, SignInNeeded
from clinic_desk.ui.opening_words import (
    elsewhere_text,
    may_mend_itself,
    not_set_up_text,
    stage_text,
    trouble_text,
    trying_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.desk.opener import ClinicOpener
    from clinic_desk.opening.opened import Opened
    from clinic_desk.ui.first_run.beginning import BeginningClinic
    from clinic_desk.ui.first_run.ways import Ways
    from clinic_desk.ui.main_window import MainWindow
    from clinic_desk.ui.tasks import Tasks

log = logging.getLogger(__name__)


class WithoutCalendar(QObject):
    """Lies on the window's cover from its first picture to the calendar's."""

    stage_told = Signal(str)
    """What is being done, as it is said."""
    failed = Signal(str)
    """Why there is no calendar, as it is said."""
    begin_sending = Signal(object)
    """A Begin: by which messages are sent while nobody is signed in."""

    def __init__(
        self, window: MainWindow, opener: ClinicOpener, furnish: Callable[[], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._window = window
        self._opener = opener
        self._furnish = furnish
        window.cover_with(self.tr("Starting…"))
        window.cover.again.connect(self._try_again)
        window.cover.other_wanted.connect(self._ask_elsewhere)
        self._elsewhere: Ways | None = None
        opener.told.connect(self._tell)
        opener.failed.connect(self._not_opened)

    def _try_again(self) -> None:
        self._window.cover_with(trying_text())  # at once: a quiet look may still be under way before it
        self._opener.open()

    def _ask_elsewhere(self) -> None:
        """The server is gone for good: have somebody say which other one this PC is to work with."""
        if self._elsewhere is not None:
            self._opener.ask_what(self._elsewhere, anew=True)

    def _tell(self, stage: str) -> None:
        from clinic_desk.opening.stages import Stage

        text = stage_text(stage)
        self._window.cover_with(text)
        if stage != Stage.IMPORTING and not self._opener.is_closed:
            self._window.paint_cover()
            self._furnish()
        if self._window.is_furnished:
            self._window.status_bar.show_step(text)
        self.stage_told.emit(text)

    def _not_opened(self, error: ClinicDeskError) -> None:
        self._furnish()
        step = self._window.status_bar.show_step
        if self._opener.ask_for_upgrade(error):
            step(self.tr("Waiting for the upgrade"))
            self._opener.look_again.start()
            return
        if self._opener.ask_who(error):
            step(self.tr("Nobody is signed in"))
            if isinstance(error, SignInNeeded) and error.waiting is not None:
                self.begin_sending.emit(error.waiting.start_sending)
            return
        self._elsewhere = error.ways if isinstance(error, DatabaseDown) else None
        other = elsewhere_text() if self._elsewhere is not None else ""
        if self._offer(trouble_text(error), self.tr("Try again"), other):
            log.warning("the clinic was not opened: %s", error)
        if may_mend_itself(error):
            self._opener.look_again.start()

    def not_set_up(self, opened: Opened, tasks: Tasks, *, quietly: bool) -> BeginningClinic | None:
        """There is nothing to book yet: a manager enters the least there is to, or all in the set-up area."""
        is_manager = opened.person.group == "manager"
        self._offer(not_set_up_text(), self.tr("Set up the clinic") if is_manager else self.tr("Try again"))
        if not is_manager or quietly:
            self._opener.look_again.start()
            return None
        from clinic_desk.ui.first_run.beginning import BeginningClinic

        beginning = BeginningClinic(self._window, opened.database, opened.clinic, tasks, self)
        beginning.closed.connect(self._opener.look_again.start)
        beginning.completed.connect(self._opener.open)
        beginning.open()
        return beginning

    def _offer(self, text: str, button: str, other: str = "") -> bool:
        """Say why there is no calendar; False if that stands there: nobody's eye or ear is drawn to it again."""
        if self._window.cover.offers(text, button, other):
            return False
        self._window.offer_on_cover(text, button, other)
        self._window.status_bar.show_step(self.tr("Not connected"))
        self.failed.emit(text)
        return True
