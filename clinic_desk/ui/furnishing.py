"""Makes the parts of the main window and lays them out; imported when the bare window is on screen already."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from clinic_desk.ui.actions import Actions
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.menus import main_menu
from clinic_desk.ui.shell.banner import Banner
from clinic_desk.ui.shell.hint_strip import HintStrip
from clinic_desk.ui.shell.sidebar import SidePanel
from clinic_desk.ui.shell.status_bar import StatusBar
from clinic_desk.ui.shell.toasts import Toasts
from clinic_desk.ui.shell.top_bar import TopBar

translate = QCoreApplication.translate


def furnish(window: MainWindow) -> None:
    """Make every part, lay them out out of sight, and hang the actions on them; `put_in` shows them."""
    actions = window.actions_by_name = Actions(window, window.preferences)
    window.body = QWidget(window)
    window.body.hide()
    window.top_bar = TopBar(actions)
    window.sidebar = _side(window, "sidebar", translate("MainWindow", "Month and columns"), 232)
    window.banner = Banner()
    window.hint = HintStrip()
    window.calendar = window.board = CalendarView()
    window.side_panel = _side(window, "side_panel", translate("MainWindow", "Appointment and messages"), 264)
    window.status_bar = StatusBar(window)
    window.status_bar.hide()
    _lay_out(window)
    window.toasts = Toasts(window.calendar_area)
    window.menu = main_menu(window, actions)
    window.top_bar.set_menu(window.menu)
    actions.add_to_calendar(window.calendar, window.side_panel, window.top_bar)
    actions.set_state(may_write=False, status=None)


def _side(window: MainWindow, name: str, accessible_name: str, width: int) -> SidePanel:
    """A side without parts (they come when the calendar is there), as wide as it was with them the last time."""
    return SidePanel(name, accessible_name, width, first_width=window.preferences.width(name))


def _lay_out(window: MainWindow) -> None:
    window.calendar_area = QWidget()
    window.calendar_area.setObjectName("calendar_area")
    window.stack = QStackedLayout(window.calendar_area)
    window.stack.addWidget(window.calendar)
    middle = QVBoxLayout()
    middle.setSpacing(0)
    middle.addWidget(window.banner)
    middle.addWidget(window.hint)
    middle.addWidget(window.calendar_area, 1)
    row = QHBoxLayout()
    row.setSpacing(0)
    row.addWidget(window.sidebar)
    row.addWidget(_rule())
    row.addLayout(middle, 1)
    row.addWidget(_rule())
    row.addWidget(window.side_panel)
    column = QVBoxLayout(window.body)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(window.top_bar)
    column.addLayout(row, 1)


def put_in(window: MainWindow) -> None:
    """Show the parts in the place of the cover, which from now on lies over the calendar only."""
    window.takeCentralWidget()
    window.stack.addWidget(window.cover)
    window.stack.setCurrentWidget(window.cover)
    window.setCentralWidget(window.body)
    window.setStatusBar(window.status_bar)
    for part in (window.body, window.status_bar):
        part.show()  # now: the window's own way would show them at the next turn of the event loop


def _rule() -> QWidget:
    """A thin upright line, in the colour the palette has for lines."""
    rule = QWidget()
    rule.setFixedWidth(1)
    rule.setBackgroundRole(QPalette.ColorRole.Mid)
    rule.setAutoFillBackground(True)
    return rule
