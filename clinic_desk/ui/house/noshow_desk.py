"""From the list of who never arrived to one change: read on a lane, kept as it stands, and marked."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject
from shiboken6 import isValid

from clinic_desk.domain.flow import Marked, MarkNoShows
from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.domain.undoing import Deed
from clinic_desk.services import flow
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.house.noshow import NoShowSheet
from clinic_desk.ui.sentences import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.errors import ClinicDeskError
    from clinic_desk.ui.workspace import Workspace


def open_noshows(space: Workspace, site_id: UUID | None) -> None:
    """Show who never arrived, unless it is shown already."""
    if not any(sheet.isVisible() for sheet in space.window.findChildren(NoShowSheet)):
        NoShows(space, site_id)


class NoShows(QObject):
    """One open sheet, and after it what takes its change back."""

    def __init__(self, space: Workspace, site_id: UUID | None) -> None:
        super().__init__(space)
        self._space, self._site_id = space, site_id
        self._database, self._store = space.desk.database, space.store
        self.sheet = NoShowSheet(space.window, self._store.freshness.now, may_write=space.may_write)
        self.sheet.confirmed.connect(self._mark)
        self.sheet.was_here.connect(lambda entry: space.commands.set_status(AppointmentStatus.FULFILLED, entry))
        self.sheet.rejected.connect(space.commands.back_to_calendar)
        self._store.tables_changed.connect(self._heard)
        self.sheet.finished.connect(lambda _result: self._store.tables_changed.disconnect(self._heard))
        self.sheet.open()
        self._read()

    def _heard(self, tables: frozenset[str]) -> None:
        if "appointment" in tables:
            self._read()

    def _read(self) -> None:
        database, site_id = self._database, self._site_id
        self._space.desk.tasks.query(
            self.sheet, lambda: flow.never_arrived(database, site_id), self._show, self._failed, key="never arrived"
        )

    def _show(self, entries: tuple[Entry, ...]) -> None:
        self.sheet.show_entries(entries, self._store.clinic)

    def _failed(self, error: ClinicDeskError) -> None:
        if isValid(self.sheet):
            self.sheet.say(self._sentence(error))
        else:  # it was closed before the answer came
            self._space.own.tell_trouble(self._sentence(error))

    def _sentence(self, error: ClinicDeskError) -> str:
        sites = self._store.clinic.sites
        return sentence(error, self._store.clinic, sites[0].zone if sites else "UTC")

    # --- marking ---

    def _mark(self, entries: tuple[Entry, ...]) -> None:
        marks = tuple((entry.id, entry.appointment.version) for entry in entries)
        self._send(MarkNoShows(marks), self._marked, self._failed)

    def _send(
        self, command: MarkNoShows, done: Callable[[Marked], None], failed: Callable[[ClinicDeskError], None]
    ) -> None:
        database = self._database
        submission = Submission(self._space.desk.tasks, self)
        submission.done.connect(done)
        submission.failed.connect(failed)
        submission.done.connect(submission.deleteLater)
        submission.failed.connect(submission.deleteLater)
        submission.send(lambda: flow.mark_noshows(database, command))

    def _marked(self, marked: Marked) -> None:
        if isValid(self.sheet):
            self.sheet.done(NoShowSheet.DialogCode.Accepted)
            self._space.commands.back_to_calendar()
        self._apply(marked)
        if not marked.entries:
            self._space.own.tell(self.tr("Nobody was marked: other desks did something with them just now."))
            return
        text = self.tr("Marked as not having come: {number}").format(number=len(marked.entries))
        if marked.left:
            left = self.tr("{number} changed at other desks just now and were left").format(number=len(marked.left))
            text = f"{text} · {left}"
        first = marked.entries[0]
        deed = Deed((first.id, first.appointment.version), None, first, len(marked.entries))
        self._space.own.committed_together(text, deed)

    def _apply(self, marked: Marked) -> None:
        for entry in (*marked.entries, *marked.left):
            self._store.apply_entry(entry)
