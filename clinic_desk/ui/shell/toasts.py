"""Short notes over the lower edge of the calendar: what was just done, with a way to undo it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRect, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

_SHOWN_MS = 8_000
_AT_MOST = 2


class Toast(QFrame):
    """One note. It goes by itself unless the mouse rests on it or a button of it has the focus."""

    def __init__(self, text: str, level: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("toast")
        self.setProperty("role", "dialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.text = QLabel(text)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setProperty("role", level)
        self.text.setObjectName("toast_text")
        self.text.setWordWrap(len(text) > 90)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(14, 8, 8, 8)
        self.row.addWidget(self.text, 1)
        self._timer = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._timer.timeout.connect(self.close)
        self._timer.start()

    def add_action(self, text: str, name: str, act: Callable[[], None]) -> None:
        """Add a button that acts once and closes the note."""
        button = QPushButton(text)
        button.setProperty("kind", "link")
        button.setObjectName(name)
        button.clicked.connect(self.close)
        button.clicked.connect(lambda _checked: act())
        self.row.addWidget(button)

    def add_close(self) -> None:
        """Add the cross."""
        button = QToolButton()
        button.setText("✕")
        button.setAutoRaise(True)
        button.setAccessibleName(self.tr("Close this note"))
        button.setStyleSheet("QToolButton { border: none; padding: 2px 6px; }")
        button.clicked.connect(self.close)
        self.row.addWidget(button)

    def stay(self, shown_ms: int) -> None:
        """Go only after so long, from now."""
        self._timer.start(shown_ms)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stay while it is being read."""
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Go on counting."""
        self._timer.start()
        super().leaveEvent(event)


class Toasts(QWidget):
    """A stack of at most three notes, newest below, placed over the lower edge of `host`."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self.setObjectName("toasts")
        self._host = host
        self.worked_on: Callable[[], QRect] = QRect
        """Where on the screen is what the user works on: notes that would hide it go to the upper edge."""
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        host.installEventFilter(self)
        self.hide()

    def show_text(
        self, text: str, *, level: str = "", action: str = "", act: Callable[[], None] | None = None
    ) -> Toast:
        """Show a note; with `action` (its text) and `act` it has a button. `level` is a label role such as `danger`."""
        toast = Toast(text, level, self)
        if act is not None:
            toast.add_action(action, "toast_action", act)
        toast.add_close()
        toast.destroyed.connect(self._place_soon)
        self._column.addWidget(toast)
        toast.show()
        for old in self._toasts()[:-_AT_MOST]:
            old.close()
        self.show()
        self._place()
        self.raise_()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))
        return toast

    def make_way(self) -> None:
        """What is worked on is elsewhere now."""
        if self.isVisible():
            self._place()

    def keep(self, toast: Toast, shown_ms: int) -> None:
        """Show a note longer than usual, and as large as what it says by now."""
        toast.stay(shown_ms)
        self._place_soon()

    def latest_text(self) -> str:
        """Return the text of the newest note, or nothing."""
        toasts = self._toasts()
        return toasts[-1].text.text() if toasts else ""

    def clear(self) -> None:
        """Close all notes."""
        for toast in self._toasts():
            toast.close()

    def _toasts(self) -> list[Toast]:
        return [toast for toast in self.findChildren(Toast) if not toast.isHidden()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the host's size."""
        if watched is self._host and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place_soon(self) -> None:
        QTimer.singleShot(0, self, self._place)

    def _place(self) -> None:
        if not self._toasts():
            self.hide()
            return
        self.setMaximumWidth(min(720, self._host.width() - 40))
        self._column.activate()
        self.resize(self._column.totalSizeHint().boundedTo(self.maximumSize()))
        left = (self._host.width() - self.width()) // 2
        below = QRect(left, self._host.height() - self.height() - 20, self.width(), self.height())
        work = self.worked_on()
        hides = below.intersects(QRect(self._host.mapFromGlobal(work.topLeft()), work.size()))
        self.move(left, 20 if hides else below.top())
