"""Puts the messages page in the calendar's place and takes it away again: the calendar is as it was left."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desk.ui.columns import View
from clinic_desk.ui.main_window import MainWindow
from clinic_desk.ui.navigation import Navigator

_GOES_TO_CALENDAR = (
    *("today", "back", "forward", "back_one", "forward_one"),
    *("day", "week", "days", "list", "doctors", "rooms", "all_columns"),
)


class MessagesPlace(QObject):
    """While it is open the sides are hidden, and what the calendar is covered with waits below the page."""

    opened = Signal()
    closed = Signal()

    def __init__(self, window: MainWindow, page: QWidget, navigator: Navigator, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._window = window
        self._page = page
        self._navigator = navigator
        self._below: QWidget = window.calendar
        self._view: View | None = None
        self.is_open = False
        window.stack.addWidget(page)
        window.stack.currentChanged.connect(self._stay)
        navigator.view_changed.connect(self._gone_elsewhere)
        actions = window.actions_by_name
        for name in _GOES_TO_CALENDAR:
            actions[name].triggered.connect(lambda _checked=False: self.close())
        for name in ("left_side", "right_side"):
            actions[name].toggled.connect(lambda _shown: self._hide_sides())
        window.top_bar.find_box.calendar_wanted.connect(self.close)

    def open(self) -> None:
        """Show the page."""
        if self.is_open:
            return
        self._below = self._window.stack.currentWidget() or self._window.calendar
        self._view = self._navigator.view
        self.is_open = True
        self._put(self._page)
        self._hide_sides()
        self.opened.emit()

    def close(self) -> None:
        """Show the calendar as it was."""
        if not self.is_open:
            return
        self.is_open = False
        self._put(self._below)
        actions = self._window.actions_by_name
        self._window.sidebar.setVisible(actions["left_side"].isChecked())
        self._window.side_panel.setVisible(actions["right_side"].isChecked())
        self._window.focus_calendar()
        self.closed.emit()

    def _put(self, widget: QWidget) -> None:
        """Show a widget in the calendar's place; the notes stay over it."""
        self._window.stack.setCurrentWidget(widget)
        self._window.toasts.raise_()

    def _hide_sides(self) -> None:
        if self.is_open:
            self._window.sidebar.hide()
            self._window.side_panel.hide()

    def _stay(self, _number: int) -> None:
        """The calendar was covered or uncovered: that is what is seen when the page is closed."""
        current = self._window.stack.currentWidget()
        if self.is_open and current is not None and current is not self._page:
            self._below = current
            self._put(self._page)

    def _gone_elsewhere(self) -> None:
        if self.is_open and self._navigator.view != self._view:
            self.close()
