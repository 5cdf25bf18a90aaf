"""Keeps the list of the day true to what the calendar would show, and carries its commands; made when it is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QObject, QPoint, QTimer
from PySide6.QtGui import QKeySequence

from clinic_desk.domain.records import AppointmentStatus, Clinic, Entry
from clinic_desk.domain.rights import Right
from clinic_desk.ui.daylist.page import DayListPage
from clinic_desk.ui.daylist.rows import DayRow, RowMaker, minutes_waited, stands_on
from clinic_desk.ui.menus import entry_menu

if TYPE_CHECKING:
    from clinic_desk.ui.columns import View
    from clinic_desk.ui.daylist.choosing import Order, Wanted
    from clinic_desk.ui.workspace import Workspace

translate = QCoreApplication.translate
TICK_MS: Final = 5_000
"""A minute of waiting is over at most so much later on screen."""
_HIDDEN: Final = frozenset({AppointmentStatus.WAITLIST, AppointmentStatus.ENTERED_IN_ERROR})


class DayListDesk(QObject):
    """Rows are made once for each appointment as it stands; a change makes one of them anew."""

    def __init__(self, space: Workspace) -> None:
        super().__init__(space)
        self._space = space
        self._store = space.store
        self._rows: dict[UUID, DayRow] = {}
        self._of: tuple[Clinic, View] | None = None
        self._wanted: UUID | None = None
        self._to_ask: tuple[Wanted, Order] | None = None
        self.page = DayListPage(self._store.freshness.now)
        space.window.stack.addWidget(self.page)
        self._maker = RowMaker(self._store.clinic, several_days=False)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._look)
        self._tick = QTimer(self, interval=TICK_MS)
        self._tick.timeout.connect(self._look)
        self._wire()

    def _wire(self) -> None:
        store, space, table = self._store, self._space, self.page.table
        actions = space.window.actions_by_name
        actions.add_to_calendar(table)
        self.page.addAction(actions["filter"])
        space.booking.placed.connect(self._select)
        store.board_changed.connect(self._board_changed)
        store.clinic_changed.connect(self._soon.start)
        space.closing.connect(self._tick.stop)
        space.navigator.selecting.connect(self._select)
        table.chosen_changed.connect(self._chosen)
        table.came.connect(self._came)
        table.opened.connect(lambda row: space.booking.edit(row.entry))
        table.menu_requested.connect(self._show_menu)
        self.page.print_button.clicked.connect(lambda _checked: actions["print"].trigger())
        self.page.print_button.setToolTip(actions["print"].toolTip())
        self.page.filters.search.setToolTip(actions["filter"].toolTip())
        keys = actions["filter"].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        self.page.filters.search.setPlaceholderText(translate("daylist", "Filter… ({keys})").format(keys=keys))
        self.page.export_button.clicked.connect(lambda _checked: self.export())

    # --- what is listed ---

    def show(self) -> None:
        """Stand in the calendar's place with what it would show."""
        was_shown = self._space.window.board is self.page
        self._space.window.board = self.page
        self._tick.start()
        chosen = self._space.window.calendar.selected_entry()
        self._look()
        if self._to_ask is not None:
            self.page.filters.put(*self._to_ask)
            self._to_ask = None
        if not was_shown and self._wanted is None and (chosen is None or not self.page.choose(chosen.id)):
            self.page.choose_from(self._store.freshness.now())
        if not was_shown:
            self._came()

    def hide(self) -> None:
        """The calendar stands there again."""
        self._tick.stop()
        self._space.window.board = self._space.window.calendar

    def _board_changed(self, day: date, _ids: frozenset[UUID]) -> None:
        if self._is_shown and day in self._space.navigator.view.days:
            self._soon.start()

    @property
    def _is_shown(self) -> bool:
        return self._space.window.board is self.page

    def _look(self) -> None:
        """List what is to be listed now; what did not change is left as it is."""
        if not self._is_shown:
            return
        clinic, view = self._store.clinic, self._space.navigator.view
        anew = self._of is None or self._of[0] is not clinic or self._of[1] != view
        if anew:
            self._begin_anew(clinic, view)
        now = self._store.freshness.now()
        rows: dict[UUID, DayRow] = {}
        for entry in self._entries():
            row = self._rows.get(entry.id)
            is_same = row is not None and row.entry is entry and row.minutes == minutes_waited(entry, now)
            rows[entry.id] = row if row is not None and is_same else self._maker.row(entry, now)
        self._rows = rows
        self.page.show_rows(list(rows.values()), anew=anew)
        if self._wanted is not None and self.page.choose(self._wanted):
            self._wanted = None

    def _begin_anew(self, clinic: Clinic, view: View) -> None:
        self._of = clinic, view
        self._maker = RowMaker(clinic, several_days=len(view.days) > 1)
        self._rows = {}
        self.page.export_button.setVisible(Right.EXPORT in clinic.rights)
        shown = {column.id for column in self._space.navigator.columns}
        doctors = [each for each in clinic.practitioners if view.kind == "room" or each.id in shown]
        self.page.filters.fill_doctors((each.name, each.id) for each in doctors)

    def _entries(self) -> Iterator[Entry]:
        """The appointments that the calendar's columns would have, each once."""
        navigator, boards = self._space.navigator, self._store.boards
        days = frozenset(navigator.view.days)
        owners = {column.id for column in navigator.columns}
        of_rooms = navigator.view.kind == "room"
        known = self._rows
        for day in navigator.view.days:
            for entry in boards[day].entries if day in boards else ():
                row = entry.appointment
                owner = row.room_id if of_rooms else row.practitioner_id
                if row.status in _HIDDEN or owner not in owners:
                    continue
                before = known.get(entry.id)
                if (before is not None and before.entry is entry) or stands_on(entry, days):
                    yield entry

    # --- what is chosen ---

    def _select(self, appointment_id: UUID) -> None:
        self._wanted = None if self._is_shown and self.page.choose(appointment_id) else appointment_id

    def _chosen(self, row: DayRow | None) -> None:
        if self._is_shown:
            self._space.navigator.list_chosen = None if row is None else row.entry
            self._space.commands.choose_on_list(None if row is None else row.entry)
            self._space.window.toasts.make_way()

    def _came(self) -> None:
        self._space.commands.come_to_list()
        self._chosen(self.page.table.chosen)

    def _show_menu(self, place: QPoint) -> None:
        menu = entry_menu(self.page.table, self._space.window.actions_by_name)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    @property
    def asked(self) -> tuple[Wanted, Order]:
        """What is filtered, and how it is sorted."""
        return self.page.filters.wanted, self.page.filters.order

    def ask(self, wanted: Wanted, order: Order) -> None:
        """Filter and sort so when the list is shown next."""
        self._to_ask = wanted, order

    def find(self) -> None:
        """Show the list, if it is not, and let a filter be typed."""
        self._space.navigator.show_list()
        self.page.begin_filter()

    # --- paper and file ---

    def print_it(self) -> None:
        """Show the list on paper as it stands: filtered, in its order."""
        from clinic_desk.ui.daylist.paper import list_document
        from clinic_desk.ui.paper.painter import paper_of_locale

        space = self._space
        desk, now = space.desk.database.desk.name, self._store.freshness.now()
        document = list_document(self.page.listed, space.navigator.view, self._store.clinic, desk, now)
        space.paper().preview(document, paper_of_locale())

    def export(self) -> None:
        """Ask where the list is to be saved, as it stands."""
        from clinic_desk.ui.exchange.desk import exchange_of
        from clinic_desk.ui.exchange.saving import listing_of

        exchange_of(self._space).open_list(listing_of(self.page.table))


def day_list_of(space: Workspace) -> DayListDesk:
    """Return the list of the day of a desk's window, made when it is wanted first."""
    made = space.findChild(DayListDesk)
    return made if isinstance(made, DayListDesk) else DayListDesk(space)
