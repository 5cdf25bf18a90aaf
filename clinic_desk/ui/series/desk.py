"""Opens the screens of series where they are asked for, and lets what they committed into the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.records import Entry
from clinic_desk.domain.series import Scope, SeriesView, like_entry
from clinic_desk.domain.undoing import Deed
from clinic_desk.ui.booking.draft import as_book
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.own_changes import OwnChanges
from clinic_desk.ui.series.words import when_words
from clinic_desk.ui.shell.toasts import Toasts

if TYPE_CHECKING:
    from clinic_desk.domain.commands import Book
    from clinic_desk.domain.records import Patient
    from clinic_desk.ui.booking.form import BookingForm
    from clinic_desk.ui.calendar.places import MoveWish
    from clinic_desk.ui.series.end import CancelSeriesDialog
    from clinic_desk.ui.series.move import MoveSeriesDialog
    from clinic_desk.ui.series.repeat import RepeatDialog


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
        content = form.content
        if form.carry_out.is_busy or content.entry is not None or not form.sending.is_complete():
            return
        draft = content.draft
        template, patient = as_book(draft, content.clinic, frozenset(), form.holding.hold_id), draft.patient
        if template is None or patient is None:
            return
        dialog = self._repeat_dialog(template, patient)
        dialog.committed.connect(lambda _entries: form.close_form())
        dialog.committed.connect(self._booked)
        dialog.open()

    def repeat_entry(self, entry: Entry) -> None:
        """Book more dates like an appointment that stands, which becomes the first of their series."""
        dialog = self._repeat_dialog(like_entry(entry, self._desk.store.clinic), entry.patient, first=entry)
        dialog.committed.connect(self._booked)
        dialog.finished.connect(lambda _result: self.closed.emit())
        dialog.open()

    def _repeat_dialog(self, template: Book, patient: Patient, first: Entry | None = None) -> RepeatDialog:
        from clinic_desk.ui.series.repeat import RepeatDialog

        desk = self._desk
        return RepeatDialog(
            desk.database,
            desk.tasks,
            desk.store.clinic,
            self._over,
            template=template,
            patient=patient,
            clock=desk.store.freshness.now,
            first=first,
        )

    def _booked(self, entries: tuple[Entry, ...]) -> None:
        self._apply(entries)
        name = one_line(entries[0].patient.display_name)
        first = entries[0].appointment
        text = self.tr("Booked: {name} · {n} dates from {first}").format(
            name=name, n=len(entries), first=when_words(first.starts_at, first.zone)
        )
        self._own.committed_together(text, _deed(None, entries))

    # --- changing ---

    def move(self, entry: Entry, scope: Scope = Scope.FOLLOWING, wish: MoveWish | None = None) -> None:
        """Ask where dates of this appointment's series are to go; with a wish, as far as it goes."""
        from clinic_desk.ui.series.move import MoveSeriesDialog

        def show(view: SeriesView) -> None:
            dialog = self._open(MoveSeriesDialog, view, entry, self.tr("Moved: {name} · {n} dates"))
            dialog.scope.set_scope(scope)
            if wish is not None and isinstance(dialog, MoveSeriesDialog):
                dialog.propose(wish)

        self._look_up(entry, show)

    def move_from(self, form: BookingForm, wish: MoveWish, scope: Scope) -> None:
        """Go on with what was typed in the booking form, which stays open behind until the dates are moved."""
        from clinic_desk.ui.series.move import MoveSeriesDialog

        besides = form.content.besides()

        def done(entries: tuple[Entry, ...]) -> None:
            form.close_form()
            now = next((entry for entry in entries if entry.id == wish.entry.id), None)
            if besides is not None and now is not None:
                self._own.send(replace(besides, version=now.appointment.version), now)

        def show(view: SeriesView) -> None:
            dialog = self._open(MoveSeriesDialog, view, wish.entry, self.tr("Moved: {name} · {n} dates"))
            dialog.scope.set_scope(scope)
            dialog.tell.setChecked(dialog.tell.isEnabled() and form.content.draft.tell_patient)
            dialog.committed.connect(done)
            dialog.rejected.connect(lambda: form.fields.when.setFocus(Qt.FocusReason.OtherFocusReason))
            if isinstance(dialog, MoveSeriesDialog):
                dialog.propose(wish)

        self._look_up(wish.entry, show)

    def cancel(self, entry: Entry, scope: Scope = Scope.FOLLOWING) -> None:
        """Ask which dates of this appointment's series are to be cancelled, and why."""
        from clinic_desk.ui.series.end import CancelSeriesDialog

        told = self.tr("Cancelled: {name} · {n} dates")
        self._look_up(entry, lambda view: self._open(CancelSeriesDialog, view, entry, told).scope.set_scope(scope))

    def _look_up(self, entry: Entry, found: Callable[[SeriesView], None]) -> None:
        database = self._desk.database

        def work() -> SeriesView:
            from clinic_desk.services import series

            return series.series_of(database, entry.id)

        self._desk.tasks.query(self, work, found, lambda error: self._own.say(error, entry), key="series")

    def _open(
        self, kind: type[MoveSeriesDialog | CancelSeriesDialog], view: SeriesView, entry: Entry, told: str
    ) -> MoveSeriesDialog | CancelSeriesDialog:
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
        dialog.committed.connect(lambda entries: self._changed(entries, told, dialog))
        dialog.finished.connect(lambda _result: self.closed.emit())
        dialog.open()
        return dialog

    def _changed(self, entries: tuple[Entry, ...], told: str, dialog: MoveSeriesDialog | CancelSeriesDialog) -> None:
        before = {entry.id: entry for entry in dialog.scope.series.entries}
        self._apply(entries)
        text = told.format(name=one_line(entries[0].patient.display_name), n=len(entries))
        self._own.committed_together(text, _deed(before.get(entries[0].id), entries))

    def _apply(self, entries: tuple[Entry, ...]) -> None:
        for entry in entries:
            self._desk.store.apply_entry(entry)


def _deed(before: Entry | None, entries: tuple[Entry, ...]) -> Deed:
    """Return a change of several dates, known by what it made of the first."""
    first = entries[0]
    return Deed((first.id, first.appointment.version), before, first, len(entries))
