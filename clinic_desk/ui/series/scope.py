"""Which dates of a series a change is meant for: this one, this and following, or all that are still to come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import Entry
from clinic_desk.domain.series import Scope, SeriesView, entries_in
from clinic_desk.ui.booking.fields import ChoiceBox
from clinic_desk.ui.series.words import when_words

translate = QCoreApplication.translate


class ScopeBox(ChoiceBox):
    """Holds the series as it is known, and the appointment that was chosen from it."""

    def __init__(self, series: SeriesView, chosen: Entry, clock: Callable[[], datetime]) -> None:
        self.series = series
        self.chosen = chosen
        self._clock = clock
        super().__init__("series_scope")
        self.fill_anew()
        self.choose(Scope.FOLLOWING)

    def fill_anew(self) -> None:
        """Say how many dates each scope has now."""
        row = self.chosen.appointment
        texts = {
            Scope.THIS: translate("series", "Only this date: {day}").format(day=when_words(row.starts_at, row.zone)),
            Scope.FOLLOWING: translate("series", "This date and those after it ({n})"),
            Scope.ALL: translate("series", "All dates still to come ({n})"),
        }
        rows = [(texts[scope].format(n=len(self.entries_of(scope))), scope) for scope in Scope]
        self.fill(rows, self.value or Scope.FOLLOWING)

    def set_scope(self, scope: Scope) -> None:
        """Choose it as the user would."""
        self.setCurrentIndex(self.values.index(scope))

    def entries_of(self, scope: Scope) -> tuple[Entry, ...]:
        """Return the appointments of a scope."""
        return entries_in(self.series, self.chosen, scope, self._clock())

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The appointments that are meant."""
        return self.entries_of(self.value)

    def take(self, now: Entry) -> None:
        """Another desk changed one of the dates: this is how it stands."""
        if now.id == self.chosen.id:
            self.chosen = now
        found = tuple(now if entry.id == now.id else entry for entry in self.series.entries)
        self.series = replace(self.series, entries=found)
        self.fill_anew()
