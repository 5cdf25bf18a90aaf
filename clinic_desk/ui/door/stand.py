"""Where a window stands, to have the same one, or another one, stand there again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QByteArray, QRect, Qt

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class Stand(NamedTuple):
    """The rectangle of what is in the frame, and all that Qt keeps: the screen, whether it is as large as that."""

    inside: QRect
    kept: QByteArray
    state: Qt.WindowState


def stand_of(window: QWidget) -> Stand:
    """Return where a window stands."""
    return Stand(window.geometry(), window.saveGeometry(), window.windowState())


def place_at(window: QWidget, stand: Stand) -> None:
    """Put a window there that is not on screen. Qt would shrink one that reaches beyond the screen, where it stood."""
    if stand.state == Qt.WindowState.WindowNoState:
        window.setGeometry(stand.inside)
    else:
        # The native window is another one by now, and has no state; Qt thinks the widget has it still.
        window.setWindowState(Qt.WindowState.WindowNoState)
        window.restoreGeometry(stand.kept)
