"""Opens the booking form where something is to be booked or changed, and hands on what it committed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtWidgets import QWidget

from clinic_desk.domain.records import Entry, Patient
from clinic_desk.services.slots import FreeSlot
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.own_changes import OwnChanges


class BookingDesk(QObject):
    """One form per window. `before` is the appointment as it stood before what the form commits."""

    def __init__(
        self, desk: Connected, calendar: CalendarView, own: OwnChanges, over: QWidget, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._calendar = calendar
        self._own = own
        self._before: Entry | None = None
        store = desk.store
        self.form = BookingForm(desk.database, desk.tasks, store.clinic, over, clock=store.freshness.now)
        self.form.booked.connect(self._booked)
        self.form.impossible.connect(own.tell_trouble)
        self.form.closed.connect(lambda: calendar.setFocus(Qt.FocusReason.OtherFocusReason))
        store.clinic_changed.connect(lambda: self.form.set_clinic(store.clinic))
        store.board_changed.connect(self._board_changed)
        store.board_loaded.connect(lambda day: self.form.show_board(store.boards[day]))

    def start_at(self, place: Place, patient: Patient | None = None) -> None:
        """Begin a booking at a place of the calendar."""
        self._before = None
        self.form.start_new(place, patient, beside=self._place_rect(place))

    def start_anywhere(self, patient: Patient | None = None) -> None:
        """Begin a booking at the next free time."""
        self._before = None
        self.form.start_new(None, patient)

    def start_at_slot(self, slot: FreeSlot, type_id: UUID) -> None:
        """Begin a booking at a free time from the list."""
        self._before = None
        self.form.start_at_slot(slot, type_id)

    def edit(self, entry: Entry) -> None:
        """Open an appointment to change it."""
        self._before = entry
        row = entry.appointment
        minutes = int(row.length.total_seconds()) // 60
        place = Place(row.practitioner_id, row.room_id, row.site_id, row.starts_at, minutes)
        self.form.edit(entry, beside=self._place_rect(place))

    def _place_rect(self, place: Place) -> QRect | None:
        rect = self._calendar.place_rect(place)
        return rect if rect.isValid() else None

    def _booked(self, entry: Entry) -> None:
        before, self._before = self._before, None
        if before is not None and before.id != entry.id:
            before = None  # the old one was ended at another desk, and it was booked anew
        self._own.committed(before, entry)
        self._calendar.select_entry(entry.id)

    def _board_changed(self, day: date, changed: frozenset[UUID]) -> None:
        board = self._desk.store.boards[day]
        self.form.show_board(board)
        before = self._before
        if before is None or before.id not in changed:
            return
        now = self._desk.store.entry(before.id)
        if now is not None and now.changed is not None and now.changed.desk != self._desk.database.desk.name:
            self._before = now  # another desk's change is not ours to take back
