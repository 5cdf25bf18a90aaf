"""Moves on the calendar: by drag, by drop on the month, by keyboard (take it, go, put it there); and back onto it."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, Signal

from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import to_instant, to_wall
from clinic_desk.ui.calendar.places import MoveWish, Place
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.own_changes import OwnChanges

if TYPE_CHECKING:
    from clinic_desk.domain.series import Scope
    from clinic_desk.ui.booking.moving import Moving
    from clinic_desk.ui.booking.tell_sheet import TellAnswer


class Moves(QObject):
    """One `Moving` per move under way; the block is drawn as pending at its target until the database decided."""

    carrying_changed = Signal(object)
    """The Entry that was taken to be put elsewhere by keyboard, or None."""

    series_requested = Signal(object, object)
    """The MoveWish of a date of a series, and the Scope: others are to go along."""

    tell_changed = Signal()
    """Whether patients are told of moves is remembered from now on."""

    def __init__(
        self,
        desk: Connected,
        calendar: CalendarView,
        own: OwnChanges,
        window: MainWindow,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._calendar = calendar
        self._own = own
        self._window = window
        self._preferences = window.preferences
        self._under_way: dict[UUID, Moving] = {}
        self.carrying: Entry | None = None
        calendar.move_requested.connect(self.move)

    # --- by keyboard ---

    def take(self, entry: Entry) -> None:
        """Take an appointment in hand; the next place that is chosen is where it goes."""
        if self._own.refuses():
            return
        self.carrying = entry
        self.carrying_changed.emit(entry)

    def put(self, place: Place) -> bool:
        """Put what is in hand there; False if nothing is in hand."""
        entry = self.carrying
        if entry is None:
            return False
        self.let_go()
        self.put_at(entry, place)
        return True

    def put_at(self, entry: Entry, place: Place) -> None:
        """Move an appointment to a place, or put a parked one back there."""
        row = entry.appointment
        self.move(
            MoveWish(
                entry,
                place.practitioner_id or row.practitioner_id,
                place.site_id,
                place.starts_at,
                _minutes(entry),
                place.room_id,
            )
        )

    def let_go(self) -> None:
        """Leave what is in hand where it was."""
        if self.carrying is not None:
            self.carrying = None
            self.carrying_changed.emit(None)

    # --- by mouse ---

    def move_to_day(self, entry: Entry, day: date) -> None:
        """Move to the same wall time on another local day: dropped on the month."""
        row = entry.appointment
        zone = self._desk.store.clinic.site(row.site_id).zone
        wall = datetime.combine(day, to_wall(row.starts_at, zone).time())
        self.move(MoveWish(entry, row.practitioner_id, row.site_id, to_instant(wall, zone), _minutes(entry)))

    def move(self, wish: MoveWish) -> None:
        """Do what was wished, unless a wish for the same appointment is still on its way.

        Whether the patient is told is what the user chose for good, or answers now. What is told without a question
        waits a moment, and the note of the move can call it back.
        """
        if self._own.refuses():
            return
        if wish.may_take_others_along and self._is_idle(wish):
            self._ask_scope(wish)
        else:
            self._move_one(wish)

    def _is_idle(self, wish: MoveWish) -> bool:
        return wish.entry.id not in self._under_way

    def _ask_scope(self, wish: MoveWish) -> None:
        from clinic_desk.ui.series.question import ScopeQuestion

        question = ScopeQuestion(wish.entry, self._window)
        question.decided.connect(lambda scope: self._scope_decided(wish, scope))
        self._calendar.set_pending(wish.entry.id, wish)
        question.open()

    def _scope_decided(self, wish: MoveWish, scope: Scope | None) -> None:
        self._calendar.clear_pending(wish.entry.id)
        if scope is None:
            return
        if scope.value == "this":
            self._move_one(wish)
        else:
            self.series_requested.emit(wish, scope)

    def _move_one(self, wish: MoveWish) -> None:
        from clinic_desk.ui.booking.tell_sheet import matters

        tell = self._preferences.tell_moves()
        if tell == "ask" and matters(wish) and self._is_idle(wish):
            self._ask(wish)
        else:
            self._carry_out(wish, tell=tell != "never")

    def _ask(self, wish: MoveWish) -> None:
        from clinic_desk.ui.booking.tell_sheet import TellSheet

        sheet = TellSheet(wish.entry, wish.starts_at, self._desk.store.clinic.site(wish.site_id).zone, self._window)
        sheet.decided.connect(lambda answer: self._decided(wish, answer))
        self._calendar.set_pending(wish.entry.id, wish)
        sheet.open()

    def _decided(self, wish: MoveWish, answer: TellAnswer) -> None:
        if answer.tell is None:
            self._calendar.clear_pending(wish.entry.id)
            return
        if answer.remember:
            self._preferences.set_tell_moves("always" if answer.tell else "never")
            self.tell_changed.emit()
        self._carry_out(wish, tell=answer.tell)

    def _carry_out(self, wish: MoveWish, *, tell: bool) -> None:
        entry = wish.entry
        moving = self._begin(entry)
        if moving is None:
            return
        self._calendar.set_pending(entry.id, wish)
        if not moving.move(entry, wish, tell=tell):
            self._ended(entry.id)

    def reinstate(self, entry: Entry) -> None:
        """Book a cancelled appointment again at its old place; if somebody has it by now, ask where to."""
        moving = self._begin(entry)
        if moving is not None and not moving.reinstate(entry):
            self._ended(entry.id)

    def _begin(self, entry: Entry) -> Moving | None:
        if entry.id in self._under_way:
            self._own.tell(self.tr("This appointment is still being moved."))
            return None
        from clinic_desk.ui.booking.moving import Moving

        store = self._desk.store
        moving = Moving(self._desk.database, self._desk.tasks, store.clinic, self._window, store.freshness.now)
        moving.moved.connect(lambda after: self._moved(entry, after))
        moving.told.connect(self._own.tell_trouble)
        moving.ended.connect(self._ended)
        self._under_way[entry.id] = moving
        return moving

    def _moved(self, before: Entry, after: Entry) -> None:
        # When the old one was ended meanwhile the user may have had it booked anew, under another id.
        self._own.committed(before if after.id == before.id else None, after)
        self._calendar.clear_pending(before.id)
        self._calendar.select_entry(after.id)

    def _ended(self, appointment_id: UUID) -> None:
        self._calendar.clear_pending(appointment_id)
        moving = self._under_way.pop(appointment_id, None)
        if moving is not None:
            moving.deleteLater()


def _minutes(entry: Entry) -> int:
    return int(entry.appointment.length.total_seconds()) // 60
