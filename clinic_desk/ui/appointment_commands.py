"""What can be done with the chosen appointment: by key, by menu, by the panel's buttons, by gesture."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from clinic_desk.domain.records import AppointmentStatus as Status
from clinic_desk.domain.records import Entry
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.menus import entry_menu, place_menu

if TYPE_CHECKING:
    from clinic_desk.domain.quick import Quick
    from clinic_desk.ui.booking.appointment_panel import AppointmentPanel
    from clinic_desk.ui.booking.cancel import CancelDialog, DeleteDialog
    from clinic_desk.ui.workspace import Workspace

_STATUS_OF = {
    "arrived": Status.ARRIVED,
    "in_room": Status.CHECKED_IN,
    "done": Status.FULFILLED,
    "noshow": Status.NOSHOW,
}


class AppointmentCommands(QObject):
    """Acts on the appointment that is selected on the calendar."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._space = workspace
        self._window = workspace.window
        self._calendar = workspace.window.calendar
        self._actions = workspace.window.actions_by_name
        self._selected: Entry | None = None
        self._is_elsewhere = False
        self._panel: AppointmentPanel | None = None
        self._wire_actions()
        self._wire_calendar()
        self._calendar.installEventFilter(self)
        self.renew_state()

    def _wire_actions(self) -> None:
        for name, status in _STATUS_OF.items():
            self._actions[name].triggered.connect(partial(self._on_selected, partial(self.set_status, status)))
        for name, act in (
            ("open", self._open),
            ("next_free", self._space.booking.edit_at_next_free),
            ("step_back", self.step_back),
            ("in_room_choose", self.choose_room),
            ("park", self.park),
            ("cancel", self.ask_cancel),
            ("reinstate", self._space.moving.reinstate),
            ("error", self.ask_error),
            ("move", self._space.moving.take),
            ("follow_up", self._follow_up),
            ("card", lambda entry: self._space.paper().open_card(entry)),
            ("entry_history", lambda entry: self._space.history().open_of(entry)),
            ("repeat", lambda entry: self._space.series().repeat_entry(entry)),
            ("series_move", lambda entry: self._space.series().move(entry)),
            ("series_cancel", lambda entry: self._space.series().cancel(entry)),
        ):
            self._actions[name].triggered.connect(partial(self._on_selected, act))
        self._actions["new"].triggered.connect(lambda _checked: self.begin_booking())
        self._actions["patient"].triggered.connect(lambda _checked: self._open_page(self._selected))
        self._actions["walk_in"].triggered.connect(lambda _checked: self.begin_booking(arrived=True))

    def _wire_calendar(self) -> None:
        calendar, space = self._calendar, self._space
        calendar.book_requested.connect(self._book_at)
        calendar.open_requested.connect(self._open_requested)
        calendar.context_requested.connect(self._show_menu)
        calendar.entry_selected.connect(self._select)
        calendar.dropped_outside.connect(self._dropped_outside)
        space.store.connection_changed.connect(lambda _: self.renew_state())
        space.own.crossed.connect(self._show_crossed)
        space.moving.carrying_changed.connect(self._show_carrying)
        self._window.hint.ended.connect(space.moving.let_go)

    def serve(self, panel: AppointmentPanel) -> None:
        """Show in a panel what is chosen, and do what its buttons ask for."""
        self._panel = panel
        panel.status_requested.connect(lambda entry, status: self.set_status(status, entry))
        panel.move_requested.connect(self._space.moving.take)
        panel.cancel_requested.connect(self.ask_cancel)
        panel.reinstate_requested.connect(self._space.moving.reinstate)
        panel.open_requested.connect(self._open)
        panel.record_requested.connect(self._open_page)
        self._show_chosen(panel)
        self.renew_state()

    # --- what is chosen ---

    def choose_elsewhere(self, entry: Entry | None) -> None:
        """Have the keys and the panel be about an appointment of a list, until the calendar has the keyboard again."""
        self._is_elsewhere = True
        self._choose(entry)

    def choose_on_list(self, entry: Entry | None) -> None:
        """Have the keys and the panel be about what is chosen on the list in the calendar's place."""
        if not self._is_elsewhere:
            self._choose(entry)

    def come_to_list(self) -> None:
        """The list has the keyboard: what is chosen there counts again."""
        self._is_elsewhere = False

    def _select(self, entry: Entry | None) -> None:
        if not self._is_elsewhere and self._window.board is self._calendar:
            self._choose(entry)

    def _choose(self, entry: Entry | None) -> None:
        self._selected = entry
        if self._panel is not None:
            self._show_chosen(self._panel)
        self.renew_state()

    def _show_chosen(self, panel: AppointmentPanel) -> None:
        native = QKeySequence.SequenceFormat.NativeText
        shown = ("arrived", "in_room", "done", "reinstate", "patient")
        panel.keys = {name: self._actions[name].shortcut().toString(native) for name in shown}
        panel.show_entry(self._selected)

    def renew_state(self) -> None:
        """Switch actions on and off by the connection and the chosen appointment."""
        live = self._space.store.freshness.connection is Connection.LIVE
        may_write = live and self._space.may_write
        status = self._selected.appointment.status if self._selected else None
        in_series = self._selected is not None and self._selected.appointment.series_id is not None
        self._actions.set_state(may_write=may_write, status=status, in_series=in_series)
        if self._panel is not None:
            self._panel.set_writing(on=may_write)
        self._space.undo_actions.renew()  # they go by what was done, not by what is chosen

    def _on_selected(self, act: Callable[[Entry], None], _checked: bool = False) -> None:
        if self._selected is not None:
            act(self._selected)

    # --- booking and opening ---

    def begin_booking(self, *, arrived: bool = False) -> None:
        """Book where a range is chosen on the calendar, else at the next free time; `arrived`: who stands here."""
        self._space.moving.let_go()
        place = self._calendar.current_place() if self._calendar.isVisible() else None
        if place is not None and place.length_minutes is not None and self._selected is None:
            self._space.booking.start_at(place, arrived=arrived)
        else:
            self._space.booking.start_anywhere(arrived=arrived)

    def _book_at(self, place: Place) -> None:
        if not self._actions["new"].isEnabled() or self._space.moving.put(place):
            return
        self._space.booking.start_at(place)

    def _open_requested(self, entry: Entry) -> None:
        """In the middle of a move, choosing a taken place is a place all the same: the database says who has it."""
        place = self._calendar.current_place()
        if self._space.moving.carrying is not None and place is not None:
            self._space.moving.put(place)
        else:
            self._open(entry)

    def _open(self, entry: Entry) -> None:
        self._space.booking.edit(entry)

    def _open_page(self, entry: Entry | None) -> None:
        from clinic_desk.ui.patients.desk import open_chosen

        open_chosen(self._space, entry)

    def _follow_up(self, entry: Entry) -> None:
        from clinic_desk.ui.patients.follow_up_desk import follow_up_of

        follow_up_of(self._space, entry)

    # --- status ---

    def set_status(self, status: Status, entry: Entry) -> None:
        """Set the status of an appointment."""
        from clinic_desk.domain.commands import SetStatus

        self._space.own.send(SetStatus(entry.id, entry.appointment.version, status), entry)

    def step_back(self, entry: Entry) -> None:
        """Take the last step of a patient through the house back."""
        from clinic_desk.domain.flow import step_before

        status = step_before(entry)
        if status is not None:
            self.set_status(status, entry)

    def choose_room(self, entry: Entry) -> None:
        """Ask in which room the patient is."""
        from clinic_desk.ui.house.rooms import ask_room

        ask_room(self._space, entry)

    def park(self, entry: Entry) -> None:
        """Take an appointment off the calendar until it is put back; nobody is told."""
        from clinic_desk.domain.commands import Park

        self._space.own.send(Park(entry.id, entry.appointment.version), entry)

    def ask_cancel(self, entry: Entry) -> None:
        """Ask why, then cancel; of a date of a series, which of its dates are meant."""
        row = entry.appointment
        if row.series_id is not None and row.status is Status.BOOKED:
            from clinic_desk.domain.series import Scope

            self._space.series().cancel(entry, Scope.THIS)
            return
        from clinic_desk.ui.booking.cancel import CancelDialog

        self._ask(CancelDialog, entry)

    def ask_error(self, entry: Entry) -> None:
        """Ask before taking an appointment off the calendar as entered in error."""
        from clinic_desk.ui.booking.cancel import DeleteDialog

        self._ask(DeleteDialog, entry)

    def _ask(self, kind: type[CancelDialog] | type[DeleteDialog], entry: Entry) -> None:
        desk = self._space.desk
        dialog = kind(desk.database, desk.tasks, desk.store.clinic, entry, self._window)
        dialog.ended.connect(lambda after: self._space.own.committed(dialog.entry, after))
        dialog.crossed.connect(self._space.own.meet)
        dialog.finished.connect(self.back_to_calendar)
        dialog.open()

    def _show_crossed(self, wish: Quick, seen: Entry, now: Entry) -> None:
        from clinic_desk.ui.quick_conflict import QuickConflict

        QuickConflict(self._space.desk, self._space.own, self._window).show(wish, seen, now)

    def back_to_calendar(self) -> None:
        """The calendar has the keyboard again, or what still lies over it."""
        self._window.activateWindow()
        self._window.focus_calendar()

    # --- gestures ---

    def _show_menu(self, what: Entry | Place, position: QPoint) -> None:
        is_entry = isinstance(what, Entry)
        menu = (entry_menu if is_entry else place_menu)(self._window, self._actions)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(position)

    def _dropped_outside(self, entry: Entry, position: QPoint) -> None:
        month = self._space.sides.month.view
        inside = month.viewport().mapFromGlobal(position)
        day = month.day_at(inside) if month.viewport().rect().contains(inside) else None
        if day is not None and self._actions["new"].isEnabled():
            self._space.moving.move_to_day(entry, day)

    def _show_carrying(self, entry: Entry | None) -> None:
        if entry is None:
            self._window.hint.hide()
            return
        self._space.navigator.show_calendar()
        self._window.hint.say(
            self.tr("Moving {name}: go to the new place (arrows, T, Ctrl+G) and press Enter. Esc leaves it.").format(
                name=entry.patient.display_name
            ),
            self.tr("Leave it"),
        )
        self._calendar.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc on the calendar lets go of what is being moved. With the keyboard there, what is chosen there counts."""
        if self._is_elsewhere and event.type() == QEvent.Type.FocusIn:
            self._is_elsewhere = False
            self._choose(self._calendar.selected_entry())
        if (
            self._space.moving.carrying is not None
            and event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            self._space.moving.let_go()
            return True
        return super().eventFilter(watched, event)
