"""Opens the look back at the day that is shown: first at what was changed since this person looked last."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from clinic_desk.domain.past import Past
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import day_bounds, to_instant, to_wall
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.services.past import look_back
from clinic_desk.ui.booking.when_text import When
from clinic_desk.ui.columns import columns_of, heading
from clinic_desk.ui.past.sheet import PastSheet
from clinic_desk.ui.past.words import not_understood_text, to_come_text
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

_LONGEST_AGO: Final = timedelta(days=30)
"""A last look longer ago than this says little: then it begins with this morning."""


class PastDesk(QObject):
    """One per window. When this person looked last is kept for her: when this was closed, or the program was."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self.sheet: PastSheet | None = None
        self._view = space.navigator.view
        self._zone = space.store.clinic.sites[0].zone

    def open(self) -> None:
        """Look back at the day on screen, at the moment of the last look."""
        space = self._space
        if self.sheet is not None:
            return
        self._view = replace(space.navigator.view, span="day")
        title = self.tr("{day}, as it was").format(day=heading(self._view, space.store.clinic))
        several = len({site.zone for site in space.store.clinic.sites}) > 1
        self.sheet = PastSheet(space.window, title, space.store.freshness.now, self._zone if several else "")
        self.sheet.moment.changed.connect(self._look_at)
        self.sheet.moment.misunderstood.connect(self._not_understood)
        self.sheet.wanted.connect(self._go_to)
        self.sheet.finished.connect(lambda _result: self._closed())
        at = self._last_look()
        wall = to_wall(at, self._zone)
        self.sheet.moment.today = to_wall(space.store.freshness.now(), self._zone).date()
        self.sheet.moment.show_when(When(wall.date(), wall.hour * 60 + wall.minute, 0))
        self.sheet.open()
        self._look(at)

    def _last_look(self) -> datetime:
        now = self._space.store.freshness.now()
        last = self._space.window.preferences.last_look()
        if last is None or not now - _LONGEST_AGO < last < now:
            return day_bounds(to_wall(now, self._zone).date(), self._zone)[0]
        return last

    def _look_at(self, when: When) -> None:
        self._look(to_instant(datetime.combine(when.day, time(when.minute // 60, when.minute % 60)), self._zone))

    def _look(self, at: datetime) -> None:
        sheet, space = self.sheet, self._space
        if sheet is None:
            return
        if at > space.store.freshness.now():
            sheet.say(to_come_text())
            return
        sheet.show_reading()
        database, day, clinic = space.desk.database, self._view.day, space.store.clinic
        space.desk.tasks.query(
            sheet,
            lambda: look_back(database, day, at, clinic),
            self._show,
            self._missed,
            key="past",
        )

    def _show(self, past: Past) -> None:
        if self.sheet is not None:
            clinic = self._space.store.clinic
            self.sheet.show_past(past, columns_of(self._view, clinic, self._space.navigator.choice()), clinic)

    def _missed(self, error: ClinicDeskError) -> None:
        if self.sheet is not None:
            is_to_come = isinstance(error, InvalidInput)
            clinic = self._space.store.clinic
            self.sheet.say(to_come_text() if is_to_come else sentence(error, clinic, self._zone))

    def _not_understood(self) -> None:
        if self.sheet is not None:
            self.sheet.say(not_understood_text())

    def _go_to(self, entry: Entry) -> None:
        row = entry.appointment
        if self.sheet is not None:
            self.sheet.accept()
        shown = to_wall(row.starts_at, self._space.store.clinic.site(row.site_id).zone)
        self._space.navigator.go_to(shown.date(), minute=shown.hour * 60 + shown.minute, select=entry.id)

    def _closed(self) -> None:
        self.sheet = None
        self._space.window.preferences.set_last_look(self._space.store.freshness.now())
        self._space.commands.back_to_calendar()


def open_past(space: Workspace) -> None:
    """Look back at the day on screen."""
    made = space.findChild(PastDesk)
    (made if isinstance(made, PastDesk) else PastDesk(space)).open()
