"""Takes windows off the screen, the task switcher and the tree of screen readers, and puts them back as they were.

A hidden window keeps its native window, and a screen reader can still read through it. So a window that is put away is
made a part of another one that is never shown: Qt then lets the native one go.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from clinic_desk.ui.door.stand import Stand, place_at, stand_of

_PASSING = frozenset({Qt.WindowType.Popup, Qt.WindowType.ToolTip, Qt.WindowType.SplashScreen})
_OF_THE_TRAY = frozenset({"QSystemTrayIconSys", "QBalloonTip"})
"""Windows that Qt makes for an icon in an X11 tray: they show counts only, and stay."""
_MANY = 20


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a window was; `focus` is what had its keyboard."""

    window: QWidget
    parent: QWidget | None
    flags: Qt.WindowType
    modality: Qt.WindowModality
    stand: Stand
    focus: QWidget | None
    was_shown: bool
    was_active: bool


class _Inside(QWidget):
    """What is put away is a part of it. It is never shown."""

    def let_go(self) -> None:
        """Let go of the native window, which Qt makes when a window opens that belongs to one in here."""
        if self.windowHandle() is not None:
            self.destroy()


class Locker(QObject):
    """One person's windows while she cannot see them: all of the program but `stays`."""

    def __init__(self, stays: QWidget, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stays = stays
        self._inside = _Inside()
        self._places: list[_Place] = []
        self._is_watching = False

    def put_away(self, active: QWidget) -> None:
        """Put all windows away, and those that open by themselves from now on (a paper that is ready).

        `active`: the one that gets the keyboard back.
        """
        _close_passing()
        clear_own_clipboard(QGuiApplication.clipboard())
        self._watch(on=True)
        self._take_all(active)

    def stop_watching(self) -> None:
        """Leave alone what opens from now on: it is somebody else's."""
        self._watch(on=False)

    def put_back(self) -> None:
        """Show everything where it was, and give the keyboard to what had it."""
        self._watch(on=False)
        places, self._places = [each for each in self._places if isValid(each.window)], []
        for place in places:
            _restore(place)
        for place in sorted(places, key=lambda each: each.was_active):
            focus = place.focus
            if place.was_active:
                place.window.activateWindow()
            if focus is not None and isValid(focus) and focus.isVisible():
                focus.setFocus(Qt.FocusReason.OtherFocusReason)

    def finish(self) -> None:
        """The program ends: nobody comes back for what is put away."""
        self._watch(on=False)
        self._inside.deleteLater()

    def _watch(self, *, on: bool) -> None:
        application = QApplication.instance()
        if application is None or on == self._is_watching:
            return
        self._is_watching = on
        if on:
            application.installEventFilter(self)
        else:
            application.removeEventFilter(self)

    def _take_all(self, active: QWidget | None = None) -> None:
        for window in QApplication.topLevelWidgets():
            stays = window is self._stays or isinstance(window, _Inside)
            stays = stays or window.metaObject().className() in _OF_THE_TRAY
            if self._is_watching and not stays and window.windowHandle() is not None:
                self._take(window, was_active=window is active)
        self._inside.let_go()

    def _take_late(self) -> None:
        before = len(self._places)
        self._take_all()
        if len(self._places) > before:
            self._stays.activateWindow()

    def _take(self, window: QWidget, *, was_active: bool) -> None:
        if window.windowType() in _PASSING:
            window.hide()
            return
        self._places.append(
            _Place(
                window,
                window.parentWidget(),
                window.windowFlags(),
                window.windowModality(),
                stand_of(window),
                window.focusWidget(),
                window.isVisible(),
                was_active,
            )
        )
        window.hide()
        window.setParent(self._inside)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            QTimer.singleShot(0, self, self._take_late)
        return False


def _restore(place: _Place) -> None:
    window = place.window
    window.setParent(place.parent, place.flags)
    window.setWindowModality(place.modality)
    place_at(window, place.stand)
    if place.was_shown:
        window.show()


def _close_passing() -> None:
    """Close menus, lists that hang from boxes, and tool tips."""
    for _ in range(_MANY):
        popup = QApplication.activePopupWidget()
        if popup is None:
            break
        popup.close()
    for window in QApplication.topLevelWidgets():
        if window.windowType() in _PASSING and window.isVisible():
            window.close()
            if window.windowType() == Qt.WindowType.ToolTip:
                window.deleteLater()  # Qt makes the next one anew; this one still has its text


def clear_own_clipboard(clipboard: QClipboard) -> None:
    """Take from the clipboard what this program put there; what another one did is that one's."""
    if clipboard.ownsClipboard():
        clipboard.clear(QClipboard.Mode.Clipboard)
    if clipboard.supportsSelection() and clipboard.ownsSelection():
        clipboard.clear(QClipboard.Mode.Selection)
