"""Decides what is shown: which day or days, whose columns, how fine, or as a list; keeps it shown as data changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desk.domain.records import DayBoard, Entry
from clinic_desk.domain.wall import local_day, to_wall
from clinic_desk.ui.calendar.places import Column, Place
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.column_choice import ColumnChoice
from clinic_desk.ui.columns import View, columns_of, heading, resources, with_fullness
from clinic_desk.ui.connected import Connected
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.preferences import STEPS, Kind, Pace, Preferences

_PATIENCE_MS: Final = 150
_CLOCK_MS: Final = 5_000
_FIRST_DAY: Final = date(1970, 1, 1)
_LAST_DAY: Final = date(2199, 12, 31)


class Navigator(QObject):
    """Holds the `View`; asks the store for its days and gives boards to the calendar when they are there."""

    view_changed = Signal()
    """Another day, week or choice of columns is shown now."""
    waiting = Signal(str)
    """The wanted days are not there yet: cover the calendar with this text, for what it shows is not what is asked."""
    selecting = Signal(object)
    """UUID of an appointment that is to be chosen on what is shown, or will be in a moment."""
    shown = Signal()
    """The calendar shows what is asked: uncover it."""

    def __init__(self, desk: Connected, calendar: CalendarView, preferences: Preferences, parent: QObject) -> None:
        super().__init__(parent)
        store = desk.store
        self._store = store
        self._database = desk.database
        self._calendar = calendar
        self._preferences = preferences
        self._is_shown = False
        self._minute_wanted: int | None = None
        self._select_wanted: UUID | None = None
        self._place_wanted: Place | None = None
        count, pace = preferences.days_beside()
        self.view = View(self.today(), count=count, pace=pace)
        self.list_chosen: Entry | None = None
        """What is chosen on the list, while that stands in the calendar's place."""
        self._columns: tuple[Column, ...] = ()
        self._patience = QTimer(self, singleShot=True, interval=_PATIENCE_MS)
        self._patience.timeout.connect(self._tell_waiting)
        self._clock = QTimer(self, interval=_CLOCK_MS)
        self._clock.timeout.connect(lambda: calendar.set_now(store.freshness.now()))
        store.board_loaded.connect(self._board_loaded)
        store.board_changed.connect(self._board_changed)
        store.entries_edited.connect(self._entries_edited)
        store.clinic_changed.connect(self._clinic_changed)
        store.connection_changed.connect(lambda _: None if self._is_shown else self._tell_waiting())
        calendar.step_changed.connect(preferences.set_step)

    def start(self) -> None:
        """Show today, by now."""
        self._calendar.set_step(self._preferences.step())
        self._clock.start()
        self.go_to_now()

    def start_at(self, view: View, step: int) -> None:
        """Show what another window shows, as finely."""
        self._calendar.set_step(step)
        self._clock.start()
        self._show(view)

    # --- where ---

    def today(self) -> date:
        """Return today in the first site's zone, by the database's clock."""
        sites = self._store.clinic.sites
        now = self._store.freshness.now()
        return local_day(now, sites[0].zone) if sites else now.date()

    def go_to(self, day: date, *, minute: int | None = None, select: UUID | None = None) -> None:
        """Show a local day (or its week), scrolled to a minute, with an appointment selected."""
        day = min(max(day, _FIRST_DAY), _LAST_DAY)
        self._minute_wanted = minute
        self._select_wanted = select
        self._show(replace(self.view, day=day))

    def go_to_now(self) -> None:
        """Show today, scrolled to the present minute; at night to the opening hour nearest to it."""
        now = self._store.freshness.now()
        sites = self._store.clinic.sites
        wall = to_wall(now, sites[0].zone) if sites else now
        minute = wall.hour * 60 + wall.minute
        hours = [row for row in self._store.clinic.working_hours if row.weekday == wall.isoweekday()]
        hours = hours or list(self._store.clinic.working_hours)
        if hours:
            opens, closes = min(row.start_minute for row in hours), max(row.end_minute for row in hours)
            minute = min(max(minute, opens), closes)
        self.go_to(wall.date(), minute=minute)

    def step(self, by: int) -> None:
        """Show the day, or week, so many further on."""
        self._show(_bounded(self.view.stepped(by)))

    def step_one(self, by: int) -> None:
        """Show so many days further on; of several days side by side the others stay."""
        self._show(_bounded(self.view.stepped_one(by)))

    def select(self, appointment_id: UUID) -> None:
        """Select an appointment that is shown."""
        self._calendar.select_entry(appointment_id)
        self.selecting.emit(appointment_id)

    # --- whose, and how ---

    def show_day(self) -> None:
        """Show all chosen columns of the day the cursor is on."""
        self._show(replace(self.view, span="day", day=self._calendar_day(), as_list=False))

    def show_week(self, resource_id: UUID | None = None) -> None:
        """Show seven days of one column: the given one, or the one the cursor is in."""
        day = self._calendar_day() if resource_id is None else self.view.day
        wanted = resource_id or self._cursor_resource()
        self._show(replace(self.view, span="week", day=day, week_of=wanted, as_list=False))

    def show_days(self, count: int | None = None, pace: Pace | None = None) -> None:
        """Show several days of one column side by side, from the one the cursor is on; so many and such from now on."""
        view = self.view
        day = view.day if view.span == "days" else self._calendar_day()
        view = replace(view, span="days", day=day, week_of=self._cursor_resource(), as_list=False)
        self._show(replace(view, count=count or view.count, pace=pace or view.pace))
        self._preferences.set_days_beside(self.view.count, self.view.pace)

    def arrange(self, view: View) -> None:
        """Show another view altogether; of which columns, the preferences say by now."""
        self._show(view)
        self._preferences.set_days_beside(view.count, view.pace)

    def show_list(self) -> None:
        """Show the appointments of the same columns as a list."""
        self._show(replace(self.view, as_list=True))

    def show_calendar(self) -> None:
        """Show the calendar, if its columns are shown as a list."""
        if self.view.as_list:
            self._show(replace(self.view, as_list=False))

    def show_kind(self, kind: Kind) -> None:
        """Show doctors or rooms."""
        if kind != self.view.kind:
            self._show(replace(self.view, span="day", kind=kind, week_of=None))

    def set_choice(self, choice: ColumnChoice) -> None:
        """Show these columns from now on, and remember it."""
        self._preferences.set_columns(self.view.kind, choice)
        if self.view.span == "day":
            self._show(self.view)

    def choice(self) -> ColumnChoice:
        """Return which columns of the shown kind are wanted."""
        return self._preferences.columns(self.view.kind)

    def zoom(self, by: int) -> None:
        """Make the grid finer (-1) or coarser (1)."""
        at = STEPS.index(self._calendar.step) + by
        if 0 <= at < len(STEPS):
            self.set_step(STEPS[at])

    def set_step(self, minutes: int) -> None:
        """Show so many minutes per row; the calendar's answer is remembered."""
        self._calendar.set_step(minutes)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that are shown."""
        return self._columns

    # --- showing ---

    def _show(self, view: View) -> None:
        before = self.view
        other = (view.span, view.week_of, view.as_list) != (before.span, before.week_of, before.as_list)
        if other and self._is_shown:
            self._keep_cursor()  # where it stands, though that is another column now
        if view.span != "day" and view.week_of is None:
            view = replace(view, span="day")
        self.view = view
        self._is_shown = False
        self._store.show(view.days)
        self._present()
        if not self._is_shown:
            self._patience.start()

    def _keep_cursor(self) -> None:
        selected = self.list_chosen if self.view.as_list else self._calendar.selected_entry()
        self._place_wanted = self._calendar.current_place()
        if selected is not None and self._select_wanted is None:
            self._select_wanted = selected.id

    def _present(self) -> None:
        boards = self._boards()
        if len(boards) < len(self.view.days):
            return
        clinic = self._store.clinic
        columns = columns_of(self.view, clinic, self.choice())
        if self.view.span != "day":
            columns = with_fullness(columns, boards, clinic)
        self._columns = columns
        self._calendar.show_columns(columns, boards, clinic, self._store.freshness.now())
        self._is_shown = True
        self._patience.stop()
        if self._place_wanted is not None:
            self._calendar.go_to_place(self._place_wanted)
        if self._minute_wanted is not None:
            self._calendar.go_to_minute(self._minute_wanted)
        if self._select_wanted is not None:
            self.select(self._select_wanted)
        self._minute_wanted = self._select_wanted = self._place_wanted = None
        self.shown.emit()
        self.view_changed.emit()

    def _boards(self) -> dict[date, DayBoard]:
        return {day: self._store.boards[day] for day in self.view.days if day in self._store.boards}

    def _tell_waiting(self) -> None:
        if self._is_shown:
            return
        what = heading(self.view, self._store.clinic)
        if self._store.freshness.connection is Connection.LIVE:
            self.waiting.emit(self.tr("Reading {what}…").format(what=what))
        else:
            self.waiting.emit(
                self.tr("{what}\nThis was not read before the connection was lost. It appears when it is back.").format(
                    what=what
                )
            )

    def _board_loaded(self, day: date) -> None:
        if day in self.view.days and not self._is_shown:
            self._present()

    def _board_changed(self, day: date, changed: frozenset[UUID]) -> None:
        if day in self.view.days and self._is_shown:
            boards = {day: self._store.boards[day]}
            self._calendar.update_boards(boards, changed)
            if self.view.span != "day":
                self._columns = with_fullness(self._columns, boards, self._store.clinic)
                self._calendar.retitle(self._columns)

    def _entries_edited(self, day: date, edited: frozenset[UUID]) -> None:
        if day in self.view.days and self._is_shown:
            elsewhere = [each for each in edited if self._was_elsewhere(each)]
            if elsewhere:
                self._calendar.highlight(elsewhere)

    def _was_elsewhere(self, appointment_id: UUID) -> bool:
        """Whether an appointment on screen was changed last by another desk."""
        entry = self._store.entry(appointment_id)
        return entry is not None and entry.changed is not None and entry.changed.desk != self._database.desk.name

    def _clinic_changed(self) -> None:
        known = {resource.id for resource in resources(self._store.clinic, self.view.kind)}
        if self.view.week_of is not None and self.view.week_of not in known:
            self.view = replace(self.view, span="day", week_of=None)
            self._store.show(self.view.days)
        self._present()

    # --- where the cursor is ---

    def _cursor_resource(self) -> UUID | None:
        if self.view.as_list and self.list_chosen is not None and self.view.kind == "practitioner":
            return self.list_chosen.appointment.practitioner_id
        place = self._calendar.current_place()
        ids = tuple(resource.id for resource in resources(self._store.clinic, self.view.kind))
        if place is not None:
            wanted = place.practitioner_id if self.view.kind == "practitioner" else place.room_id
            if wanted in ids:
                return wanted
        visible = self.choice().visible(ids)
        return visible[0] if visible else None

    def _calendar_day(self) -> date:
        if self.view.as_list and self.list_chosen is not None:
            day = self.list_chosen.appointment.wall_start.date()
            return day if day in self.view.days else self.view.day
        place = self._calendar.current_place()
        if place is None:
            return self.view.day
        day = local_day(place.starts_at, self._store.clinic.site(place.site_id).zone)
        return day if day in self.view.days else self.view.day


def _bounded(view: View) -> View:
    return replace(view, day=min(max(view.day, _FIRST_DAY), _LAST_DAY))
