"""Shares a clinic that was for one PC only: it moves to a server of its own on this PC, with all that is in it."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from clinic_desk.errors import ClinicDeskError, Stopped
from clinic_desk.sharing.plans import Step
from clinic_desk.ui.booking.fields import button, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.first_run.words import refused_text
from clinic_desk.ui.opening_words import stage_text

if TYPE_CHECKING:
    from clinic_desk.settings import Settings
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
_MOVED: Final = {Step.REACHING, Step.JOINING, Step.SETTING}
"""The clinic counts at its new place: there is nothing to stop any more."""


class MovingSheet(Sheet):
    """Asks first, tells the steps, and can be stopped. When the clinic has moved, this desk has to end."""

    wanted = Signal()
    stop = Signal()
    told = Signal(str)
    """A step, from the lane's thread."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, width=620)
        self.setObjectName("moving_sheet")
        title = translate("first_run", "Share this clinic with other PCs")
        self.setAccessibleName(title)
        self.is_busy = False
        self.about = plain_label(
            translate(
                "first_run",
                "The clinic is for this PC only until now. A server of its own is made here, with encryption, by the "
                "PostgreSQL that is installed on this PC, and everything moves there: patients, appointments, people "
                "with their passwords, the whole history. It is compared before it counts; nothing is changed until "
                "then.\nNobody can work meanwhile, some minutes in a large clinic. When it is done Clinic Desk closes "
                "itself: start it again, sign in as always, and have the other PCs join from the menu.",
            ),
            wrap=True,
        )
        self.step = plain_label("", "muted", wrap=True)
        self.step.setObjectName("moving_step")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.not_now = button(translate("first_run", "&Not now"), "moving_not_now", self.reject)
        self.end = button(translate("first_run", "&Stop"), "moving_stop", self._stop)
        self.act = button(translate("first_run", "&Share this clinic ⏎"), "moving_go", self._go, "primary")
        self.body.addWidget(plain_label(title, "title", wrap=True))
        for part in (self.about, self.step, self.bar):
            self.body.addWidget(part)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for each in (self.not_now, self.end, self.act):
            buttons.addWidget(each)
        self.body.addLayout(buttons)
        self.told.connect(self._show_step)
        self._show_busy(on=False)

    def first_focus(self) -> QWidget | None:
        return self.act

    def main_act(self) -> Callable[[], object]:
        return self._go

    def reject(self) -> None:
        """Esc stops nothing by itself."""
        if not self.is_busy:
            super().reject()

    def is_not_done(self, error: ClinicDeskError) -> None:
        """It has not moved; the clinic is where it was."""
        self._show_busy(on=False)
        self._say(refused_text(error), "muted" if isinstance(error, Stopped) else "danger")
        self.act.setFocus()

    def _go(self) -> None:
        if not self.is_busy:
            self._show_busy(on=True)
            self.wanted.emit()

    def _stop(self) -> None:
        self.end.setEnabled(False)
        self._say(translate("first_run", "Stopping after this step…"), "muted")
        self.stop.emit()

    def _show_step(self, step: str) -> None:
        if self.is_busy and self.end.isEnabled():
            self._say(stage_text(step), "muted")

    def _show_busy(self, *, on: bool) -> None:
        self.is_busy = on
        self._say("", "muted")
        for part in (self.bar, self.end):
            part.setVisible(on)
        for asked in (self.not_now, self.act):
            asked.setVisible(not on)
        self.end.setEnabled(on)
        if on:
            self.end.setFocus()

    def _say(self, text: str, role: str) -> None:
        self.step.setText(text)
        self.step.setVisible(bool(text))
        restyle(self.step, "role", role)


def offer_to_share(space: Workspace, settings: Settings) -> None:
    """Open the sheet for a clinic of this PC's embedded database."""
    sheet = MovingSheet(space.window)
    stop = Event()
    # what was open at the old place is of no use any more: there is nothing to ask before this desk ends

    def begin() -> None:
        stop.clear()
        work = partial(_share, settings, stop, sheet.told.emit)
        space.desk.tasks.command(sheet, work, lambda _share: space.window.close_requested.emit(), sheet.is_not_done)

    sheet.wanted.connect(begin)
    sheet.stop.connect(stop.set)
    sheet.open()


def _share(settings: Settings, stop: Event, tell: Callable[[str], None]) -> None:
    """On the lane's thread. Killed anywhere, the clinic opens where it counts; begun again it goes on."""
    from clinic_desk.database import embedded
    from clinic_desk.sharing import acts, cluster, finding
    from clinic_desk.sharing.plans import SharePlan

    def told(step: Step, _done: int, _total: int) -> None:
        if stop.is_set() and step not in _MOVED:
            raise Stopped
        tell(step)

    told(Step.LOOKING, 0, 0)
    given = "data" in settings.model_fields_set
    with embedded.join(settings.data / "server" if given else None) as server:
        folder = server.data.with_name("shared")
        plan = SharePlan(finding.choose(finding.find_servers()), folder, None)
        pc = (settings.desk_name or platform.node() or "Desk")[:40]
        try:
            acts.share_from_this_pc(plan, settings.config, pc, told, clinic=server, data=settings.data)
        except Stopped:
            cluster.discard(folder)
            raise
