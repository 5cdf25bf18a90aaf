"""Proposes to mark who never arrived: when the day's last visit is over, and once for the days before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from PySide6.QtCore import QObject

from clinic_desk.domain.flow import day_is_over, never_arrived
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import local_day
from clinic_desk.ui.booking.words import day_text
from clinic_desk.ui.lanes import Priority

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

SHOWN_MS: Final = 30_000
"""A proposal stays so long; the panel beside the calendar goes on saying how many there are."""


class NoShowProposal(QObject):
    """A note with a button, once for each evening and once for what was before; it opens the list."""

    def __init__(self, workspace: Workspace, site_id: Callable[[], UUID | None], parent: QObject) -> None:
        super().__init__(parent)
        self._space = workspace
        self._site_id = site_id
        self._proposed: set[date] = set()

    def look(self, entries: Iterable[Entry], now: datetime) -> None:
        """Propose it in the evening, when nobody more is expected."""
        entries, site_id = tuple(entries), self._site_id()
        if not self._space.may_write or not day_is_over(entries, now, site_id):
            return
        missing = [
            entry for entry in never_arrived(entries, now, site_id) if _day(entry) == _today(now, entry)
        ]  # of today; for those before it was done in the morning
        if missing and _day(missing[0]) not in self._proposed:
            self._proposed.add(_day(missing[0]))
            text = self.tr("The day is over. Booked and never marked as arrived: {number}")
            self._propose(text.format(number=len(missing)))

    def look_back(self) -> None:
        """Propose it for the days before, which are asked for once."""
        if not self._space.may_write:
            return
        database, site_id = self._space.desk.database, self._site_id()

        def work() -> tuple[Entry, ...]:
            from clinic_desk.services import flow

            return flow.never_arrived(database, site_id)

        # What cannot be read now is proposed in the evening; the panel tells of yesterday's at any time.
        self._space.desk.tasks.query(
            self, work, self._found, lambda _error: None, key="never arrived before", priority=Priority.IDLE
        )

    def _found(self, entries: tuple[Entry, ...]) -> None:
        now = self._space.store.freshness.now()
        before = [entry for entry in entries if _day(entry) < _today(now, entry)]
        if not before:
            return
        days = sorted({_day(entry) for entry in before})
        if len(days) == 1:
            text = self.tr("{day}: booked and never marked as arrived: {number}")
        else:
            text = self.tr("Since {day}: booked and never marked as arrived: {number}")
        self._propose(text.format(day=day_text(days[0]), number=len(before)))

    def _propose(self, text: str) -> None:
        toasts, space = self._space.window.toasts, self._space
        toast = toasts.show_text(text, action=self.tr("Look…"), act=lambda: space.house().open_noshows())
        toasts.keep(toast, SHOWN_MS)


def _day(entry: Entry) -> date:
    return local_day(entry.appointment.starts_at, entry.appointment.zone)


def _today(now: datetime, entry: Entry) -> date:
    return local_day(now, entry.appointment.zone)
