"""What stands beside the calendar: month, columns and free times; the chosen appointment and the counts of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from clinic_desk.ui.booking.appointment_panel import AppointmentPanel
from clinic_desk.ui.booking.next_free import NextFreePanel
from clinic_desk.ui.columns import resources
from clinic_desk.ui.focus_chain import preceding
from clinic_desk.ui.shell.counts import MessageCountsPanel
from clinic_desk.ui.shell.month import MonthPanel
from clinic_desk.ui.shell.resource_list import ResourceList

if TYPE_CHECKING:
    from clinic_desk.ui.shell.sidebar import SidePanel
    from clinic_desk.ui.workspace import Workspace

_CHANGES_FREE_TIMES = frozenset({"appointment", "time_off", "block", "working_hours", "closure"})


class Sides(QObject):
    """Fills both sides of the window. Made when the calendar is on screen, which is what everybody waits for."""

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._space = workspace
        desk, store = workspace.desk, workspace.store
        self.month = MonthPanel()
        self.resources = ResourceList()
        self.resources.hide()
        self.next_free = NextFreePanel(desk.database, desk.tasks, store.clinic, clock=store.freshness.now)
        self.panel = AppointmentPanel(desk.database, desk.tasks, store.clinic)
        self.counts = MessageCountsPanel()
        self._put_in()
        self._wire()
        self._show_view()

    def _put_in(self) -> None:
        window = self._space.window
        for part in (self.month, self.resources, self.next_free):
            window.sidebar.add(part)
        window.side_panel.add(self.panel)
        window.side_panel.add(self.counts)
        window.side_panel.reserve(self.panel.card)
        _have_tab_go(preceding(window.sidebar), window.sidebar)
        _have_tab_go(window.calendar, window.side_panel)
        window.actions_by_name.add_to_calendar(self.month, self.resources)

    def _wire(self) -> None:
        space, store, navigator = self._space, self._space.store, self._space.navigator
        store.clinic_changed.connect(lambda: self.panel.set_clinic(store.clinic))
        store.clinic_changed.connect(lambda: self.next_free.set_clinic(store.clinic))
        store.tables_changed.connect(self._refresh_next_free)
        store.messages_changed.connect(self._renew_messages)
        self.month.day_chosen.connect(navigator.go_to)
        space.fullness.read.connect(self.month.model.set_fullness)
        self.resources.choice_changed.connect(navigator.set_choice)
        self.resources.week_requested.connect(navigator.show_week)
        navigator.view_changed.connect(self._show_view)
        self.next_free.chosen.connect(space.booking.start_at_slot)
        self.counts.opened.connect(space.open_messages)
        space.commands.serve(self.panel)

    def put_beside(self, part: QWidget) -> None:
        """Put a part below the chosen appointment, where Tab comes by it."""
        side = self._space.window.side_panel
        side.add(part, below=self.panel)
        _have_tab_go(self._space.window.calendar, side)

    def ask_for_fullness(self) -> None:
        """From now on, have the days of the month marked that is shown."""
        self.month.month_shown.connect(self._space.fullness.want)
        self._space.fullness.want(self.month.model.first_day, self.month.model.last_day)

    def _show_view(self) -> None:
        """Say what the calendar shows."""
        view, navigator = self._space.navigator.view, self._space.navigator
        self.month.show_days(view.days, navigator.today())
        name = self.tr("Doctors") if view.kind == "practitioner" else self.tr("Rooms")
        self.resources.fill(name, resources(self._space.store.clinic, view.kind), navigator.choice())

    def _refresh_next_free(self, tables: frozenset[str]) -> None:
        if tables & _CHANGES_FREE_TIMES:
            self.next_free.refresh()

    def _renew_messages(self, appointment_ids: frozenset[UUID]) -> None:
        if self.panel.entry is not None and self.panel.entry.id in appointment_ids:
            self.panel.show_entry(self.panel.entry)


def _have_tab_go(before: QWidget, side: SidePanel) -> None:
    """Have Tab go through a side after what takes the keyboard before it, as if it had been made with the window."""
    while before.focusPolicy() == Qt.FocusPolicy.NoFocus:
        before = preceding(before)
    for part in (each for top in side.parts() for each in (top, *top.findChildren(QWidget))):
        if part.focusPolicy() != Qt.FocusPolicy.NoFocus and part.window() is side.window():
            QWidget.setTabOrder(before, part)
            before = part
