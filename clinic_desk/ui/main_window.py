"""The main window: bare when it is first painted, then covered, then furnished with its parts; here is no logic.

The bare window does with few of Qt's classes: the name `Qt` alone, with all its enumerations, takes a tenth of the time
to the first picture, and the first letter on it (style, fonts) another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMainWindow

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QCloseEvent, QPaintEvent
    from PySide6.QtWidgets import QMenu, QStackedLayout, QWidget

    from clinic_desk.ui.actions import Actions
    from clinic_desk.ui.calendar.view import CalendarView
    from clinic_desk.ui.preferences import Preferences
    from clinic_desk.ui.shell.banner import Banner
    from clinic_desk.ui.shell.cover import Cover
    from clinic_desk.ui.shell.hint_strip import HintStrip
    from clinic_desk.ui.shell.sidebar import SidePanel
    from clinic_desk.ui.shell.status_bar import StatusBar
    from clinic_desk.ui.shell.toasts import Toasts
    from clinic_desk.ui.shell.top_bar import TopBar


class MainWindow(QMainWindow):
    """Shown before anything else is imported; `cover` lies over the calendar until there is something to see."""

    first_painted = Signal()
    close_requested = Signal()
    """The user closes the window: whoever owns the program ends it orderly, then calls `close_now`."""
    may_leave: Callable[[], bool] | None = None
    """Asked before the window is closed: False keeps it open, for something is not saved and is being asked about."""
    is_furnished = False
    """The parts are made; they are in the window from the first time that the calendar can be shown."""

    cover: Cover
    """There when it was first laid."""

    # The parts, there once the window is furnished. They are put into it full: a start shows no half-filled ones.
    actions_by_name: Actions
    banner: Banner
    body: QWidget
    board: QWidget
    """What the day is looked at on: the calendar, or the list in its place."""
    calendar: CalendarView
    calendar_area: QWidget
    hint: HintStrip
    menu: QMenu
    side_panel: SidePanel
    sidebar: SidePanel
    stack: QStackedLayout
    status_bar: StatusBar
    toasts: Toasts
    top_bar: TopBar

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("main_window")
        self.setWindowTitle(self.tr("Clinic Desk"))
        self.preferences = preferences
        self._may_close = False
        self._has_parts = False
        self._is_painted = False
        self.setMinimumSize(780, 400)  # 1280 x 720 at a scale of 150 %, less the window's frame

    def furnish(self) -> None:
        """Make the parts; doing it again does nothing."""
        if not self.is_furnished:
            from clinic_desk.ui.furnishing import furnish

            self.is_furnished = True
            furnish(self)

    # --- cover ---

    def cover_with(self, text: str) -> None:
        """Lay a text over the calendar; over the whole window until the calendar has been shown."""
        self._make_cover()
        self.cover.say(text)
        if self._has_parts:
            self.stack.setCurrentWidget(self.cover)

    def paint_cover(self) -> None:
        """Have the cover on screen now: what comes next keeps the event loop from painting it."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
        self.cover.repaint()

    def _make_cover(self) -> None:
        if hasattr(self, "cover"):
            return
        from clinic_desk.ui.shell.cover import Cover

        self.cover = Cover()
        self.setCentralWidget(self.cover)
        self.cover.show()

    def offer_on_cover(self, text: str, button: str, other: str = "") -> None:
        """Lay a text with a button there, or with two."""
        self.cover_with(text)
        self.cover.offer(text, button, other)

    def uncover(self) -> None:
        """Show the board; it takes the keyboard the first time, from what it replaces, and when nothing else had it."""
        before: QWidget | None = self.stack.currentWidget() if self._has_parts else None
        if before is self.board:
            return
        from PySide6.QtCore import Qt

        from clinic_desk.ui.furnishing import put_in

        focused: QWidget | None = self.focusWidget()
        takes_focus = not self._has_parts or focused in {None, self, self.cover.button, self.cover.other}
        takes_focus = takes_focus or (before is not None and focused is not None and before.isAncestorOf(focused))
        if not self._has_parts:
            self._has_parts = True
            put_in(self)
        self.stack.setCurrentWidget(self.board)
        if takes_focus:
            self.board.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_calendar(self) -> None:
        """Give the board the keyboard, or the sheet or the form that still lies over it."""
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QDialog, QFrame

        over: list[QWidget] = [each for each in self.findChildren(QDialog) if each.isVisible() and not each.isWindow()]
        form: QWidget | None = self.findChild(QFrame, "booking_form")
        if not over and form is not None and form.isVisible():
            over = [form]
        if not over:
            self.board.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        focused: QWidget | None = self.focusWidget()
        if focused is None or not over[-1].isAncestorOf(focused):
            last: QWidget | None = over[-1].focusWidget()
            (over[-1] if last is None else last).setFocus(Qt.FocusReason.OtherFocusReason)

    # --- Qt ---

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell of the first time it is on screen."""
        super().paintEvent(event)
        if not self._is_painted:
            self._is_painted = True
            self.first_painted.emit()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing is a wish until the program has ended orderly."""
        if self._may_close:
            event.accept()
            return
        from clinic_desk.ui.window_place import keep_place

        keep_place(self.preferences, "main", self.saveGeometry())
        event.ignore()
        if self.may_leave is None or self.may_leave():
            self.close_requested.emit()

    def close_now(self) -> None:
        """Close without asking anybody."""
        self._may_close = True
        self.close()

    def changeEvent(self, event: QEvent) -> None:
        """A window that comes to the front shows the present age at once."""
        super().changeEvent(event)
        if self.is_furnished and self.isVisible():  # asked first: naming the types of events takes its time
            from PySide6.QtCore import QEvent

            if event.type() == QEvent.Type.ActivationChange:
                self.status_bar.renew()
