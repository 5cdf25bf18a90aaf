"""The icon beside the clock: how much waits for somebody, the program's window by a click, and notifications.

A desktop without such a place (many Linux desktops) has none, and nothing is missed: the same stands in the status bar.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from clinic_desk.ui.desktop.attention import Attention, count_text, tip
from clinic_desk.ui.theme import LIGHT

_SIZES = (22, 32, 64)
_SHOWN_MS = 12_000


class Tray(QObject):
    """There from the first time that the desktop has a place for it."""

    opened = Signal()
    """The window is wanted."""
    lock_requested = Signal()
    quit_requested = Signal()
    told_opened = Signal()
    """Somebody pressed the notification."""

    def __init__(
        self, is_available: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._is_available = is_available
        self._plain = QApplication.windowIcon()
        self.icon: QSystemTrayIcon | None = None
        self.menu: QMenu | None = None

    def show_attention(self, of: Attention, *, locked: bool = False) -> None:
        """Say how much waits: on the icon a number, in its tool tip of which kinds; locked no more than how much."""
        icon = self._there()
        if icon is not None:
            icon.setIcon(self._plain if of.total == 0 else marked(self._plain, of.total))
            icon.setToolTip(count_text(of) if locked and of.total else tip(of))

    def tell(self, title: str, text: str) -> bool:
        """Have the desktop show a notification; False if it cannot."""
        icon = self._there()
        if icon is None or not QSystemTrayIcon.supportsMessages():
            return False
        icon.showMessage(title, text, icon.icon(), _SHOWN_MS)  # as it is: trays show this one meanwhile
        return True

    def close(self) -> None:
        """Take the icon away."""
        if self.icon is not None:
            self.icon.hide()
            self.icon.deleteLater()
            self.icon = None
        if self.menu is not None:
            self.menu.deleteLater()
            self.menu = None

    def _there(self) -> QSystemTrayIcon | None:
        """The icon; made now if the desktop has a place by now (a PC that has just started makes it late)."""
        if self.icon is None and self._is_available():
            self.icon = QSystemTrayIcon(self._plain, self)
            self.menu = self._menu()
            self.icon.setContextMenu(self.menu)
            self.icon.activated.connect(self._activated)
            self.icon.messageClicked.connect(self.told_opened)
            self.icon.show()
        return self.icon

    def _menu(self) -> QMenu:
        menu = QMenu()
        menu.setObjectName("tray_menu")
        for text, signal in (
            (self.tr("Open Clinic Desk"), self.opened),
            (self.tr("Lock this desk"), self.lock_requested),
            (self.tr("Quit"), self.quit_requested),
        ):
            menu.addAction(text).triggered.connect(lambda _checked=False, signal=signal: signal.emit())
        return menu

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in {QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick}:
            self.opened.emit()


def marked(plain: QIcon, count: int) -> QIcon:
    """Return the icon with a number on it, in all sizes that trays have; more than nine is "9+"."""
    made = QIcon()
    for size in _SIZES:
        picture = QPixmap(size, size)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        plain.paint(painter, QRect(0, 0, size, size))
        _paint_mark(painter, size, str(count) if count < 10 else "9+")
        painter.end()
        made.addPixmap(picture)
    return made


def _paint_mark(painter: QPainter, size: int, text: str) -> None:
    wide = round(size * 0.62)
    place = QRect(size - wide, size - wide, wide, wide)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor("white"))
    painter.setBrush(LIGHT.danger_fill)
    painter.drawEllipse(place.adjusted(0, 0, -1, -1))
    font = QFont(painter.font())
    font.setBold(True)
    font.setPixelSize(round(wide * (0.78 if len(text) == 1 else 0.58)))
    painter.setFont(font)
    painter.setPen(LIGHT.on_fill)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
