"""Opens the booking form where something is to be booked or changed, and hands on what it committed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, QRect, Qt, Signal

from clinic_desk.domain.records import Entry, Patient
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.own_changes import OwnChanges

if TYPE_CHECKING:
    from clinic_desk.domain.series import Scope
    from clinic_desk.services.slots import FreeSlot
    from clinic_desk.ui.booking.form import BookingForm
    from clinic_desk.ui.calendar.places import MoveWish


class BookingDesk(QObject):
    """One form per window, made when it is first wanted, for the calendar is on screen without it.

    `before` is the appointment as it stood before what the form commits.
    """

    closed = Signal()
    """The form is gone, booked or not."""
    placed = Signal(object)
    """UUID of what was just booked or changed by the form."""
    record_requested = Signal(object)
    """The page of the Patient in the form."""
    repeat_requested = Signal(object)
    """What is in the form (BookingForm) is to become a series."""
    waiting_requested = Signal(object)
    """No time serves whoever is in the form (BookingForm): to be put on the waiting list."""
    series_requested = Signal(object, object, object)
    """The BookingForm, the MoveWish in it for a date of a series, and the Scope: others are to go along."""

    def __init__(
        self,
        desk: Connected,
        window: MainWindow,
        own: OwnChanges,
        first_day: Callable[[], date],
        parent: QObject | None = None,
    ) -> None:
        """`first_day`: the first of the days that the calendar shows."""
        super().__init__(parent)
        self._first_day = first_day
        self._desk = desk
        self._calendar = window.calendar
        self._is_day_shown: Callable[[], bool] = window.board.isVisible
        self._focus_calendar = window.focus_calendar
        self._preferences = window.preferences
        self._own = own
        self._before: Entry | None = None
        self._over = window.body
        self._form: BookingForm | None = None

    @property
    def form(self) -> BookingForm:
        """The form, made now if it was not wanted before."""
        if self._form is None:
            self._form = self._made()
        return self._form

    def _made(self) -> BookingForm:
        from clinic_desk.ui.booking.form import BookingForm

        store = self._desk.store
        form = BookingForm(self._desk.database, self._desk.tasks, store.clinic, self._over, clock=store.freshness.now)
        form.booked.connect(self._booked)
        form.impossible.connect(self._own.tell_trouble)
        form.closed.connect(self._focus_calendar)
        form.closed.connect(self.closed)
        form.sending.scope_wanted.connect(lambda wish: self._ask_scope(form, wish))
        form.record_pressed.connect(lambda: self.record_requested.emit(form.content.draft.patient))
        form.repeat_pressed.connect(lambda: self.repeat_requested.emit(form))
        form.waiting_pressed.connect(lambda: self.waiting_requested.emit(form))
        store.clinic_changed.connect(lambda: form.set_clinic(store.clinic))
        store.board_changed.connect(self._board_changed)
        store.board_loaded.connect(lambda day: form.show_board(store.boards[day]))
        return form

    def _ask_scope(self, form: BookingForm, wish: MoveWish) -> None:
        from clinic_desk.ui.series.question import ScopeQuestion

        question = ScopeQuestion(wish.entry, self._over)
        question.decided.connect(lambda scope: self._scope_decided(form, wish, scope))
        question.open()

    def _scope_decided(self, form: BookingForm, wish: MoveWish, scope: Scope | None) -> None:
        if scope is None:
            form.fields.when.setFocus(Qt.FocusReason.OtherFocusReason)
        elif scope.value == "this":
            form.sending.only_this()
        else:
            self.series_requested.emit(form, wish, scope)

    def close(self) -> None:
        """Close the form, which lets go of its hold."""
        if self._form is not None:
            self._form.close_form()

    @property
    def is_open(self) -> bool:
        """Whether the form is open, seen or put away."""
        return self._form is not None and not self._form.isHidden()

    def pause(self) -> None:
        """Let go of the form's hold; what is typed stays."""
        if self._form is not None:
            self._form.holding.release()

    def renew(self) -> None:
        """Have an open form look at the days and the clinic as they are now, and claim its time again."""
        store, form = self._desk.store, self._form
        if form is not None and form.isVisible():
            for board in tuple(store.boards.values()):
                form.show_board(board)
            form.set_clinic(store.clinic)

    def start_at(self, place: Place, patient: Patient | None = None, *, arrived: bool = False) -> None:
        """Begin a booking at a place of the calendar, or put the place into the one that is begun.

        `arrived`: of somebody who stands at the desk.
        """
        if self._own.refuses():
            return
        if self._is_begun and patient is None and not arrived:
            self.form.retime(lambda content: content.take_place(place), self._place_rect(place))
        elif not self._refuses():
            self._before = None
            self.form.start_new(place, patient, beside=self._place_rect(place), arrived=arrived)

    def start_anywhere(self, patient: Patient | None = None, *, arrived: bool = False) -> None:
        """Begin a booking at the next free time: who looks at a day to come means that day or one after it.

        `arrived`: of somebody who stands at the desk, so from now on whatever is looked at.
        """
        if self._own.refuses() or self._refuses():
            return
        self._before = None
        looked_at = self._first_day() if self._is_day_shown() and not arrived else None
        self.form.start_anywhere(patient, from_day=looked_at, arrived=arrived)

    def start_for_new(self, typed: str) -> None:
        """Begin a booking at the next free time for somebody new, of whom this was typed."""
        if self._refuses():
            return
        self.start_anywhere()
        if self._form is not None and self._form.isVisible():
            self._form.add_patient(typed)

    def start_at_slot(self, slot: FreeSlot, type_id: UUID) -> None:
        """Begin a booking at a free time from the list, or put it into the one that is begun."""
        if self._own.refuses():
            return
        if self._is_begun and self.form.content.entry is None:
            self.form.retime(lambda content: content.take_slot(slot, type_id))
        elif not self._refuses():
            self._before = None
            self.form.start_at_slot(slot, type_id)

    def edit_at_next_free(self, entry: Entry) -> None:
        """Open an appointment with the next free time after it put in: Enter moves it there."""
        self.edit(entry)
        if self.form.isVisible() and self.form.content.entry is entry:
            self.form.content.find_later()

    def edit(self, entry: Entry) -> None:
        """Open an appointment to change it."""
        if self._own.refuses() or self._refuses():
            return
        self._before = entry
        row = entry.appointment
        minutes = int(row.length.total_seconds()) // 60
        place = Place(row.practitioner_id, row.room_id, row.site_id, row.starts_at, minutes)
        tell = self._preferences.tell_moves() != "never"  # who wants to be asked is asked by the tick in the form
        self.form.edit(entry, beside=self._place_rect(place), tell=tell)

    @property
    def _is_begun(self) -> bool:
        return self._form is not None and self._form.is_begun

    def _refuses(self) -> bool:
        """Whether a form has something in it that is not thrown away for another; the user is told."""
        if self._form is None or not self._form.is_begun:
            return False
        self._own.tell(self.tr("Finish the open form first: Enter saves it, Esc throws it away."))
        self._form.take_keyboard()
        return True

    def _place_rect(self, place: Place) -> QRect | None:
        rect = self._calendar.place_rect(place)
        return rect if rect.isValid() and self._calendar.isVisible() else None

    def _booked(self, entry: Entry) -> None:
        before, self._before = self._before, None
        if before is not None and before.id != entry.id:
            before = None  # the old one was ended at another desk, and it was booked anew
        self._own.committed(before, entry)
        self._calendar.select_entry(entry.id)
        self.placed.emit(entry.id)

    def _board_changed(self, day: date, changed: frozenset[UUID]) -> None:
        board = self._desk.store.boards[day]
        self.form.show_board(board)
        before = self._before
        if before is None or before.id not in changed:
            return
        now = self._desk.store.entry(before.id)
        if now is not None and now.changed is not None and now.changed.desk != self._desk.database.desk.name:
            self._before = now  # another desk's change is not ours to take back
