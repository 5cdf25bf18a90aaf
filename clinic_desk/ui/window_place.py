"""Where a window stands when it opens: as it was left with these screens, or as large as is good, its frame seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QMargins, QPoint, QRect, QSize
from PySide6.QtGui import QGuiApplication

if TYPE_CHECKING:
    from PySide6.QtCore import QByteArray
    from PySide6.QtWidgets import QWidget

    from clinic_desk.ui.preferences import Preferences

GOOD: Final = QSize(1440, 900)
FRAME: Final = QMargins(8, 40, 8, 8)
"""Room for title bar and borders, in pixels: a window learns their size only when it is on screen."""


def first_place(room: QRect) -> QRect | None:
    """Return the good size in the middle of `room`, the free part of a screen; None where it does not fit."""
    inner = room.marginsRemoved(FRAME)
    if GOOD.width() > inner.width() or GOOD.height() > inner.height():
        return None
    place = QRect(inner.topLeft(), GOOD)
    place.moveCenter(inner.center())
    return place


def _with_these_screens(name: str) -> str:
    """The name under which a place is kept for the screens that there are: a notebook has others in its dock."""
    screens = [screen.geometry() for screen in QGuiApplication.screens()]
    places = sorted(f"{each.width()}x{each.height()}+{each.x()}+{each.y()}" for each in screens)
    return f"{name}@{' '.join(places)}"


def place_left(preferences: Preferences, name: str) -> QByteArray:
    """Return where a window was left with the screens that there are, else where it was left last; empty if never."""
    left = preferences.geometry(_with_these_screens(name))
    return preferences.geometry(name) if left.isEmpty() else left


def keep_place(preferences: Preferences, name: str, left: QByteArray) -> None:
    """Remember where a window was left (`saveGeometry`), for these screens and for others it was never left on."""
    for each in (name, _with_these_screens(name)):
        preferences.set_geometry(each, left)


def place_window(window: QWidget, left: QByteArray) -> None:
    """Put a window that was not shown yet where `left` (`saveGeometry`) says, else where a first one goes.

    Qt moves and shrinks what was left on another screen until it fits one that is there, or says that it cannot.
    """
    if window.restoreGeometry(left):
        return
    room = window.screen().availableGeometry()
    place = first_place(room)
    if place is None:
        from PySide6.QtCore import Qt  # a tenth of the time to the first picture, for small screens only

        place = room.marginsRemoved(FRAME)  # what it goes back to
        window.setWindowState(Qt.WindowState.WindowMaximized)
    window.resize(place.size())
    window.move(place.topLeft() - QPoint(FRAME.left(), FRAME.top()))  # the frame's corner
