"""The main window: its parts and where they are. What they do is wired in `workspace`; here is no logic."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedLayout, QVBoxLayout, QWidget

from clinic_desk.ui.actions import Actions
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.menus import main_menu
from clinic_desk.ui.preferences import Preferences
from clinic_desk.ui.shell.banner import Banner
from clinic_desk.ui.shell.counts import MessageCountsPanel
from clinic_desk.ui.shell.cover import Cover
from clinic_desk.ui.shell.hint_strip import HintStrip
from clinic_desk.ui.shell.sidebar import Sidebar, SidePanel
from clinic_desk.ui.shell.status_bar import StatusBar
from clinic_desk.ui.shell.toasts import Toasts
from clinic_desk.ui.shell.top_bar import TopBar


class MainWindow(QMainWindow):
    """Shown at once, before anything is connected; `cover` lies over the calendar until there is something to see."""

    first_painted = Signal()
    close_requested = Signal()
    """The user closes the window: whoever owns the program ends it orderly, then calls `close_now`."""

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("main_window")
        self.setWindowTitle(self.tr("Clinic Desk"))
        self._is_painted = False
        self._may_close = False
        self._was_uncovered = False
        self.preferences = preferences
        self.actions_by_name = Actions(self, preferences)
        self.top_bar = TopBar(self.actions_by_name)
        self.sidebar = Sidebar()
        self.banner = Banner()
        self.hint = HintStrip()
        self.calendar = CalendarView()
        self.cover = Cover()
        self.side_panel = SidePanel("side_panel", self.tr("Appointment and messages"), 268)
        self.counts = MessageCountsPanel()
        self.status_bar = StatusBar()
        self._lay_out()
        self.toasts = Toasts(self.calendar_area)
        self.menu = main_menu(self, self.actions_by_name)
        self.top_bar.set_menu(self.menu)
        self.actions_by_name.add_to_calendar(
            self.calendar, self.sidebar.month, self.sidebar.resources, self.side_panel, self.top_bar
        )
        self.actions_by_name.set_state(may_write=False, status=None)
        self._restore()

    def _lay_out(self) -> None:
        self.calendar_area = QWidget()
        self.calendar_area.setObjectName("calendar_area")
        self._stack = QStackedLayout(self.calendar_area)
        self._stack.addWidget(self.calendar)
        self._stack.addWidget(self.cover)
        self._stack.setCurrentWidget(self.cover)
        middle = QVBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.banner)
        middle.addWidget(self.hint)
        middle.addWidget(self.calendar_area, 1)
        row = QHBoxLayout()
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addWidget(_rule())
        row.addLayout(middle, 1)
        row.addWidget(_rule())
        row.addWidget(self.side_panel)
        self.body = QWidget()
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.top_bar)
        column.addLayout(row, 1)
        self.setCentralWidget(self.body)
        self.setStatusBar(self.status_bar)
        self.setMinimumSize(900, 560)

    def _restore(self) -> None:
        if not self.restoreGeometry(self.preferences.geometry("main")):
            self.resize(1440, 900)

    # --- cover ---

    def cover_with(self, text: str) -> None:
        """Lay a text over the calendar."""
        self.cover.say(text)
        self._stack.setCurrentWidget(self.cover)

    def offer_on_cover(self, text: str, button: str) -> None:
        """Lay a text with a button over the calendar."""
        self._stack.setCurrentWidget(self.cover)
        self.cover.offer(text, button)

    def uncover(self) -> None:
        """Show the calendar; it takes the keyboard the first time, and when nothing else wanted it."""
        if self._stack.currentWidget() is self.calendar:
            return
        takes_focus = not self._was_uncovered or self.focusWidget() in {None, self, self.cover.button}
        self._was_uncovered = True
        self._stack.setCurrentWidget(self.calendar)
        if takes_focus:
            self.calendar.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- Qt ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell of the first time the window is on screen."""
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            self.first_painted.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing is a wish until the program has ended orderly."""
        if self._may_close:
            event.accept()
            return
        self.preferences.set_geometry("main", self.saveGeometry())
        event.ignore()
        self.close_requested.emit()

    def close_now(self) -> None:
        """Close without asking anybody."""
        self._may_close = True
        self.close()

    def changeEvent(self, event: QEvent) -> None:
        """A window that comes to the front shows the present age at once."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isVisible():
            self.status_bar.renew()


def _rule() -> QWidget:
    """A thin upright line, in the colour the palette has for lines."""
    rule = QWidget()
    rule.setFixedWidth(1)
    rule.setBackgroundRole(QPalette.ColorRole.Mid)
    rule.setAutoFillBackground(True)
    return rule
