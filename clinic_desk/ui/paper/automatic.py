"""Writes day lists by themselves at the times chosen for this PC, so that the clinic can work through an outage.

What was due while this PC was off, or could not be written, is made up for: each minute it is tried again, and until it
is done the status bar says so.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from clinic_desk.domain.day_list import last_due
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.ui.exchange.job import Job
from clinic_desk.ui.paper import choices

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
log = logging.getLogger(__name__)
LOOK_MS: Final = 20_000
_AGAIN: Final = timedelta(minutes=1)


class AutomaticLists(QObject):
    """Of one window. `trouble`: why the last try failed, "" if it did not or there was none."""

    ended = Signal()
    """A try has ended, well or not."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self._preferences = space.window.preferences
        self._not_before: datetime | None = None
        self.trouble = ""
        self.job = Job(self)
        space.closing.connect(self._stop)
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        QTimer.singleShot(0, self, self.look)

    def look(self) -> None:
        """Write what is due and not written yet."""
        choice = choices.automatic(self._preferences)
        if not choice.on:
            self._tell("")
            return
        now = self._space.store.freshness.now()
        if self.job.is_busy or (self._not_before is not None and now < self._not_before):
            return
        due = [
            site.id for site in self._space.store.clinic.sites if site.active and self._is_due(site.id, site.zone, now)
        ]
        if due:
            self._write(choice, due, now)

    def look_anew(self) -> None:
        """Something else was chosen: what failed before is tried again at once."""
        self._not_before = None
        self.look()

    def _is_due(self, site_id: UUID, zone: str, now: datetime) -> bool:
        moment = last_due(now, choices.automatic(self._preferences).minutes, zone)
        written = choices.written_at(self._preferences, site_id)
        return moment is not None and (written is None or written < moment)

    def write_now(self) -> bool:
        """Write the lists of all sites; False while others are being written."""
        if self.job.is_busy:
            return False
        sites = [site.id for site in self._space.store.clinic.sites if site.active]
        self._write(choices.automatic(self._preferences), sites, self._space.store.freshness.now())
        return True

    def _write(self, choice: choices.Automatic, site_ids: list[UUID], now: datetime) -> None:
        database, desk = self._space.desk.database, self._space.desk.database.desk.name
        zones = {site.id: site.zone for site in self._space.store.clinic.sites}
        since = tuple((site_id, local_day(now, zones[site_id])) for site_id in site_ids)

        def work(tell: Any, stop: Any) -> int:
            from clinic_desk.services.day_list import Order, carry_out
            from clinic_desk.ui.paper.day_pages import day_document
            from clinic_desk.ui.paper.painter import paper_of_locale, pdf_of

            order = Order(Path(choice.folder).expanduser(), since, choice.keep_days)
            paper = paper_of_locale()
            written = carry_out(
                database, order, lambda lists, clinic: pdf_of(day_document(lists, clinic, desk), paper, None, stop)
            )
            return len(written)

        self.job.run(work, partial(self._written, site_ids, now), self._failed)

    def _written(self, site_ids: list[UUID], now: datetime, count: int) -> None:
        for site_id in site_ids:
            choices.set_written_at(self._preferences, site_id, now)
        self._not_before = None
        log.info("%d day lists were written", count)
        self._tell("")
        self.ended.emit()

    def _failed(self, error: ClinicDeskError) -> None:
        self._not_before = self._space.store.freshness.now() + _AGAIN
        # The reason of a folder is the operating system's; neither names a patient.
        log.warning("the day lists were not written: %s", error)
        self._tell(_reason(error))
        self.ended.emit()

    def _tell(self, trouble: str) -> None:
        if trouble != self.trouble:
            self.trouble = trouble
            self._space.window.status_bar.set_paper(trouble)

    def _stop(self) -> None:
        self._timer.stop()
        self.job.stop()


def _reason(error: ClinicDeskError) -> str:
    if isinstance(error, InvalidInput):
        return translate(
            "paper",
            "The day lists could not be written into their folder. Choose one that is there and can be written to.",
        )
    return translate("paper", "The day lists could not be written: the database did not answer. It is tried again.")


def automatic_of(space: Workspace) -> AutomaticLists:
    """Return what writes the day lists of a desk's window; it begins when it is asked for first."""
    made = space.findChild(AutomaticLists)
    return made if isinstance(made, AutomaticLists) else AutomaticLists(space)
