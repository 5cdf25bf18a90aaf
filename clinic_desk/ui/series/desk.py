"""Opens the screens of series where they are asked for, and lets what they committed into the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.records import Entry
from clinic_desk.domain.series import ChangeSeries, SeriesRefused, SeriesView, taking_back
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.draft import as_book
from clinic_desk.ui.booking.submission import Submission
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.own_changes import OwnChanges
from clinic_desk.ui.series.words import when_words
from clinic_desk.ui.shell.toasts import Toasts
from clinic_desk.ui.undo import DoneTogether

if TYPE_CHECKING:
    from clinic_desk.ui.booking.form import BookingForm
    from clinic_desk.ui.series.end import CancelSeriesDialog
    from clinic_desk.ui.series.move import MoveSeriesDialog


class SeriesDesk(QObject):
    """One per window. Its dialogs are made when they are wanted."""

    closed = Signal()
    """A dialog that was opened from the calendar is gone."""

    def __init__(
        self, desk: Connected, own: OwnChanges, toasts: Toasts, over: QWidget, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._own = own
        self._toasts = toasts
        self._over = over

    # --- booking ---

    def repeat(self, form: BookingForm) -> None:
        """Make a series of what is in the booking form, which stays open behind until it is booked."""
        from clinic_desk.ui.series.repeat import RepeatDialog

        content = form.content
        if form.carry_out.is_busy or content.entry is not None or not form.sending.is_complete():
            return
        draft = content.draft
        template, patient = as_book(draft, content.clinic, frozenset(), form.holding.hold_id), draft.patient
        if template is None or patient is None:
            return
        desk = self._desk
        dialog = RepeatDialog(
            desk.database,
            desk.tasks,
            desk.store.clinic,
            self._over,
            template=template,
            patient=patient,
            clock=desk.store.freshness.now,
        )
        dialog.committed.connect(lambda _entries: form.close_form())
        dialog.committed.connect(self._booked)
        dialog.open()

    def _booked(self, entries: tuple[Entry, ...]) -> None:
        self._apply(entries)
        name = one_line(entries[0].patient.display_name)
        first = entries[0].appointment
        text = self.tr("Booked: {name} · {n} dates from {first}").format(
            name=name, n=len(entries), first=when_words(first.starts_at, first.zone)
        )
        self._own.committed_together(text, DoneTogether(lambda: self._take_back(entries)))

    def _take_back(self, entries: tuple[Entry, ...]) -> None:
        self._send(
            taking_back(entries), self.tr("Undone: {n} dates were taken off the calendar").format(n=len(entries))
        )

    # --- changing ---

    def move(self, entry: Entry) -> None:
        """Ask where dates of this appointment's series are to go."""
        from clinic_desk.ui.series.move import MoveSeriesDialog

        self._look_up(
            entry, lambda view: self._open(MoveSeriesDialog, view, entry, self.tr("Moved: {name} · {n} dates"))
        )

    def cancel(self, entry: Entry) -> None:
        """Ask which dates of this appointment's series are to be cancelled, and why."""
        from clinic_desk.ui.series.end import CancelSeriesDialog

        told = self.tr("Cancelled: {name} · {n} dates")
        self._look_up(entry, lambda view: self._open(CancelSeriesDialog, view, entry, told))

    def _look_up(self, entry: Entry, found: Callable[[SeriesView], None]) -> None:
        database = self._desk.database

        def work() -> SeriesView:
            from clinic_desk.services import series

            return series.series_of(database, entry.id)

        self._desk.tasks.query(self, work, found, lambda error: self._own.say(error, entry), key="series")

    def _open(
        self, kind: type[MoveSeriesDialog | CancelSeriesDialog], view: SeriesView, entry: Entry, told: str
    ) -> None:
        chosen = next((one for one in view.entries if one.id == entry.id), entry)
        desk = self._desk
        dialog = kind(
            desk.database,
            desk.tasks,
            desk.store.clinic,
            self._over,
            view=view,
            chosen=chosen,
            clock=desk.store.freshness.now,
        )
        dialog.committed.connect(lambda entries: self._changed(entries, told))
        dialog.finished.connect(lambda _result: self.closed.emit())
        dialog.open()

    def _changed(self, entries: tuple[Entry, ...], told: str) -> None:
        self._apply(entries)
        name = one_line(entries[0].patient.display_name)
        instead = self.tr(
            "This changed {n} dates of {name} at once and is not taken back by Undo: change them from the menu of one "
            "of them. Undo again takes back what you did before."
        ).format(n=len(entries), name=name)
        self._own.committed_together(told.format(name=name, n=len(entries)), DoneTogether(None, instead))

    # --- what is sent without a screen ---

    def _send(self, command: ChangeSeries, told: str) -> None:
        database = self._desk.database

        def work() -> object:
            from clinic_desk.services import series

            return series.change(database, command)

        submission = Submission(self._desk.tasks, self)
        submission.done.connect(lambda entries: self._sent(entries, told))
        submission.failed.connect(self._not_sent)
        submission.done.connect(submission.deleteLater)
        submission.failed.connect(submission.deleteLater)
        submission.send(work)

    def _sent(self, entries: tuple[Entry, ...], told: str) -> None:
        self._apply(entries)
        self._toasts.show_text(told)

    def _not_sent(self, error: ClinicDeskError) -> None:
        from clinic_desk.ui.sentences import sentence

        cause = error.cause if isinstance(error, SeriesRefused) else error
        clinic = self._desk.store.clinic
        zone = clinic.sites[0].zone if clinic.sites else "UTC"
        self._toasts.show_text(sentence(cause, clinic, zone), level="danger")

    def _apply(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self._desk.store.apply_entry(entry)
            self._own.stack.moved_on(entry)
