"""Follows who is in the house, for the panel beside the calendar and the window of its own; says when one waits long.

Nothing is asked of the database for it but the days' boards, which the store keeps live; one timer makes minutes pass.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final
from uuid import UUID

from PySide6.QtCore import QObject, QPoint, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeySequence

from clinic_desk.domain.flow import house_days, in_the_house, never_arrived
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import local_day
from clinic_desk.ui.house.listing import HouseList
from clinic_desk.ui.house.panel import HousePanel
from clinic_desk.ui.house.proposal import NoShowProposal
from clinic_desk.ui.house.rows import HouseRow, house_row, spoken
from clinic_desk.ui.house.step_links import StepLinks
from clinic_desk.ui.house.window import HouseWindow
from clinic_desk.ui.menus import entry_menu
from clinic_desk.ui.window_place import keep_place, place_left, place_window

if TYPE_CHECKING:
    from clinic_desk.ui.workspace import Workspace

TICK_MS: Final = 5_000
"""A minute is over at most so much later on screen."""
_PLACE: Final = "house"


class HouseDesk(QObject):
    """Made when the calendar is on screen. `rows`: who is here, as they came."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._space = workspace
        self._store = workspace.store
        self.rows: tuple[HouseRow, ...] = ()
        self.window: HouseWindow | None = None
        self.panel = HousePanel(self._store.freshness.now)
        self._days: tuple[date, ...] = ()
        self._known: frozenset[UUID] = frozenset()
        self._proposal = NoShowProposal(workspace, lambda: self.site_id, self)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.look)
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self.look)
        self._tick.start()
        self._put_in()
        self._wire()
        self.look()
        if workspace.window.preferences.is_open(_PLACE):
            self.show_window()

    def _put_in(self) -> None:
        space, panel = self._space, self.panel
        links = StepLinks(space.window.actions_by_name)
        links.left.connect(space.window.focus_calendar)
        space.sides.panel.add_below_buttons(links)
        space.sides.put_beside(panel)
        self._serve(panel.list)
        panel.site_chosen.connect(self._choose_site)
        panel.window_wanted.connect(space.window.actions_by_name["house_window"].trigger)
        panel.noshows_wanted.connect(space.window.actions_by_name["noshows"].trigger)
        panel.walk_in_wanted.connect(space.window.actions_by_name["walk_in"].trigger)
        panel.walk_in.setEnabled(space.may_write)
        keys = (self._keys(name) for name in ("house_window", "walk_in", "noshows"))
        panel.set_keys(*keys)

    def _keys(self, name: str) -> str:
        return self._space.window.actions_by_name[name].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def _wire(self) -> None:
        store, space = self._store, self._space
        store.board_loaded.connect(self._day_changed)
        store.board_changed.connect(lambda day, _ids: self._day_changed(day))
        store.clinic_changed.connect(self._soon.start)
        space.closing.connect(self._close)

    def _day_changed(self, day: date) -> None:
        if day in self._days:
            self._soon.start()

    # --- who is here ---

    @property
    def site_id(self) -> UUID | None:
        """The site whose patients are listed; None: all."""
        site_id = self._space.window.preferences.house_site()
        return site_id if any(site.id == site_id for site in self._store.clinic.sites) else None

    def _choose_site(self, site_id: UUID | None) -> None:
        self._space.window.preferences.set_house_site(site_id)
        self.look()

    def entries(self) -> list[Entry]:
        """Return the appointments of the days that somebody in the house may be of."""
        boards = (self._store.boards[day] for day in self._days if day in self._store.boards)
        return list({entry.id: entry for board in boards for entry in board.entries}.values())

    def look(self) -> None:
        """Show who is here now, and how long."""
        now, clinic, site_id = self._store.freshness.now(), self._store.clinic, self.site_id
        days = house_days(clinic, now)
        if days != self._days:
            self._days = days
            self._store.follow(days)
            self._proposal.look_back()
        entries = self.entries()
        self.rows = tuple(house_row(entry, clinic, now) for entry in in_the_house(entries, now, site_id))
        self.panel.show_sites(clinic, site_id)
        self.panel.show_rows(self.rows)
        self.panel.show_never(len(never_arrived(entries, now, site_id)))
        if self.window is not None:
            self.window.show_rows(self.rows)
        self._proposal.look(entries, now)
        self._announce()

    def _announce(self) -> None:
        """Tell a screen reader who waits too long, once each."""
        late = frozenset(row.id for row in self.rows if row.is_late)
        for row in self.rows:
            if row.id in late - self._known:
                QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.panel, spoken(row)))
        self._known = late

    # --- what is done with them ---

    def _serve(self, listing: HouseList) -> None:
        """The keys and menus of the calendar are about whom is chosen here while the keyboard is here."""
        space = self._space
        space.window.actions_by_name.add_to_calendar(listing)
        listing.in_hand.connect(lambda row: space.commands.choose_elsewhere(None if row is None else row.entry))
        listing.opened.connect(self._go_to)
        listing.left.connect(space.commands.back_to_calendar)
        listing.menu_requested.connect(lambda place: self._show_menu(listing, place))

    def _show_menu(self, listing: HouseList, place: QPoint) -> None:
        menu = entry_menu(listing, self._space.window.actions_by_name)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _go_to(self, row: HouseRow) -> None:
        """Show the appointment on the calendar."""
        appointment, space = row.entry.appointment, self._space
        if not space.window.calendar.isVisible():
            space.window.actions_by_name["today"].trigger()
        space.navigator.go_to(local_day(appointment.starts_at, appointment.zone), select=row.id)
        space.commands.back_to_calendar()

    def open_noshows(self) -> None:
        """Show who never arrived."""
        from clinic_desk.ui.house.noshow_desk import open_noshows

        open_noshows(self._space, self.site_id)

    def go_there(self) -> None:
        """Give the list the keyboard; where nobody is here, what can be done instead."""
        window = self._space.window
        if not window.side_panel.isVisible():
            window.actions_by_name["right_side"].trigger()
        target = self.panel.list if self.rows else self.panel.walk_in
        window.side_panel.ensureWidgetVisible(self.panel)
        target.setFocus()

    # --- the window of its own ---

    def show_window(self) -> HouseWindow:
        """Open the window where it was left, or bring it to the front."""
        window, preferences = self.window, self._space.window.preferences
        if window is None:
            window = self.window = HouseWindow(self._store.freshness.now, self._space.window)
            window.closed.connect(self._window_closed)
            self._serve(window.list)
            window.show_rows(self.rows)
            if not (left := place_left(preferences, _PLACE)).isEmpty():
                place_window(window, left)
        preferences.set_open(_PLACE, is_open=True)
        self._space.window.actions_by_name["house_window"].setChecked(True)
        window.show()
        return window

    def toggle_window(self) -> None:
        """Open the window, or close it."""
        if self.window is None:
            self.show_window().activateWindow()
        else:
            self.window.close()

    def _window_closed(self) -> None:
        window, self.window = self.window, None
        preferences = self._space.window.preferences
        if window is not None:
            keep_place(preferences, _PLACE, window.saveGeometry())
            window.deleteLater()
        preferences.set_open(_PLACE, is_open=False)
        self._space.window.actions_by_name["house_window"].setChecked(False)

    def _close(self) -> None:
        """The main window is closed: this one too, to be opened again with it the next time."""
        self._tick.stop()
        self._soon.stop()
        if self.window is not None:
            self.window.close()
            self._space.window.preferences.set_open(_PLACE, is_open=True)
