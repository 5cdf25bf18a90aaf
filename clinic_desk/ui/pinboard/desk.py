"""Keeps the pinboard as the database has it, and carries out what is dragged, parked and put back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QPoint

from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.parking import Parked, parked
from clinic_desk.ui.away.parked_desk import ask_cancel, take_in_hand
from clinic_desk.ui.booking.words import day_text, length_text, list_name, one_line, time_text
from clinic_desk.ui.calendar.model import CalendarModel
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.calendar.pointer import place_at
from clinic_desk.ui.calendar.scene import Range
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.lanes import Priority
from clinic_desk.ui.pinboard.listing import Slip
from clinic_desk.ui.pinboard.panel import PinboardPanel

if TYPE_CHECKING:
    from datetime import datetime

    from clinic_desk.errors import ClinicDeskError
    from clinic_desk.ui.workspace import Workspace


class PinboardDesk(QObject):
    """One per window."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self._found: tuple[Parked, ...] = ()
        self.panel = PinboardPanel()
        space.sides.put_beside(self.panel)
        self._wire()
        self.read()

    def _wire(self) -> None:
        space, slips = self._space, self.panel.list
        store, calendar = space.store, space.window.calendar
        store.tables_changed.connect(lambda tables: self.read() if tables & {"appointment", "patient"} else None)
        store.connection_changed.connect(lambda now: self.read() if now is Connection.LIVE else None)
        store.clinic_changed.connect(lambda: self._show(self._found))
        calendar.dragged_outside.connect(lambda _entry, at: self.panel.await_at(at))
        calendar.dropped_outside.connect(self._dropped_here)
        slips.taken.connect(self._take)
        slips.cancelled.connect(self._cancel)
        slips.left.connect(space.commands.back_to_calendar)
        slips.dragged.connect(self._preview)
        slips.drag_ended.connect(lambda: calendar.time_cursor.put_range(None))
        slips.dropped.connect(self._dropped_there)

    # --- what is on it ---

    def read(self) -> None:
        """Read what is parked at any desk."""
        database = self._space.desk.database
        self._space.desk.tasks.query(
            self, lambda: parked(database), self._show, self._not_read, key="pinboard", priority=Priority.IDLE
        )

    def _show(self, found: tuple[Parked, ...]) -> None:
        self._found = found
        clinic, now = self._space.store.clinic, self._space.store.freshness.now()
        self.panel.show_slips(tuple(slip_of(one, clinic, now) for one in found))

    def _not_read(self, error: ClinicDeskError) -> None:
        from clinic_desk.ui.sentences import sentence

        self.panel.say(sentence(error, self._space.store.clinic, "UTC"))

    # --- onto it ---

    def _dropped_here(self, entry: Entry, at: QPoint) -> None:
        space = self._space
        if not self.panel.is_under(at) or space.own.refuses():
            return
        if entry.appointment.status is AppointmentStatus.BOOKED:
            space.commands.park(entry)
        else:
            space.own.tell(self.tr("Only who has not arrived yet can be parked."))

    # --- off it ---

    def put_back(self) -> None:
        """Put the chosen slip, or what this desk parked last, at the time cursor."""
        space = self._space
        if space.own.refuses():
            return
        entry = self._next()
        place = space.window.calendar.current_place() if space.window.calendar.isVisible() else None
        if entry is None:
            space.own.tell(self.tr("Nothing is parked."))
        elif place is None:
            space.own.tell(self.tr("Choose a time on the calendar first."))
        else:
            self._put(entry, place)

    def _next(self) -> Entry | None:
        if self.panel.list.chosen is not None:
            return self.panel.list.chosen
        desk = self._space.desk.database.desk.name
        newest = sorted(self._found, key=lambda one: (one.by.desk == desk, one.by.at))
        return newest[-1].entry if newest else None

    def _put(self, entry: Entry, place: Place) -> None:
        self.panel.list.clearSelection()
        self._space.moving.put_at(entry, place)

    def _take(self, entry: Entry) -> None:
        if not self._space.own.refuses():
            take_in_hand(self._space, entry)

    def _cancel(self, entry: Entry) -> None:
        if not self._space.own.refuses():
            ask_cancel(self._space, entry)

    def _preview(self, entry: Entry, at: QPoint) -> None:
        found = self._target(entry, at)
        self._space.window.calendar.time_cursor.put_range(None if found is None else found[0])

    def _dropped_there(self, entry: Entry, at: QPoint) -> None:
        found = self._target(entry, at)
        if found is not None and not self._space.own.refuses():
            self._put(entry, found[1])

    def _target(self, entry: Entry, at: QPoint) -> tuple[Range, Place] | None:
        """Return where an appointment held over the calendar would go; None beside it, or at a time that is not."""
        calendar = self._space.window.calendar
        model, point = calendar.model(), calendar.viewport().mapFromGlobal(at)
        if not calendar.isVisible() or not calendar.viewport().rect().contains(point):
            return None
        column = calendar.surface.column_at(point.x())
        if column is None or not isinstance(model, CalendarModel):
            return None
        minutes = int(entry.appointment.length.total_seconds()) // 60
        start = calendar.surface.position(point.y()) // calendar.step * calendar.step
        start = max(0, min(start, model.grid.length - minutes))
        place = place_at(model, column, start)
        return None if place is None else (Range(column, start, min(model.grid.length, start + minutes)), place)


def slip_of(one: Parked, clinic: Clinic, now: datetime) -> Slip:
    """Return what a slip says of a parked appointment; `now` leaves out the day of today."""
    row, by = one.entry.appointment, one.by
    since, today = to_wall(by.at, row.zone), to_wall(now, row.zone)
    when = (
        time_text(since)
        if since.date() == today.date()
        else f"{day_text(since.date(), today.date())} {time_text(since)}"
    )
    who = " · ".join(part for part in (one_line(by.person), one_line(by.desk)) if part)
    kinds = [one_line(kind.name) for kind in clinic.types if kind.id == row.type_id]
    visit = " · ".join([*kinds, length_text(int(row.length.total_seconds()) // 60)])
    told = QCoreApplication.translate("pinboard", "since {when}").format(when=when)
    return Slip(one.entry, list_name(one.entry.patient), visit, f"{told} · {who}" if who else told)
