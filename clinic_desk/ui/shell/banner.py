"""The strip over the calendar: what is wrong with the connection, how old the picture is, what still works."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from clinic_desk.ui.freshness import Freshness
from clinic_desk.ui.shell.day_words import age_text

_GOOD_NEWS_MS = 6_000


class Banner(QFrame):
    """Hidden while all is well; `lost` counts the age on, `back` says so for some seconds, `waiting` stays to its end.

    What is offered stays too, until it is taken or put aside, and comes back when the connection has.
    """

    retry_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setProperty("role", "banner")
        self._freshness: Freshness | None = None
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.text.setObjectName("banner_text")
        self._retry = QPushButton(self.tr("Try now"))
        self._retry.setObjectName("banner_retry")
        self._retry.clicked.connect(self.retry_requested)
        self._waiting = ""
        self._standing = ""
        self._offer: tuple[str, str, Callable[[], None]] | None = None
        self._take = QPushButton()
        self._take.setObjectName("banner_take")
        self._take.clicked.connect(self._taken)
        self._aside = QPushButton(self.tr("Not now"))
        self._aside.setObjectName("banner_aside")
        self._aside.clicked.connect(self.withdraw)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 6, 14, 6)
        layout.addWidget(self.text, 1)
        for each in (self._retry, self._take, self._aside):
            layout.addWidget(each)
            each.hide()
        self._timer = QTimer(self, interval=1_000)
        self._timer.timeout.connect(self._count)
        self._hide_timer = QTimer(self, singleShot=True, interval=_GOOD_NEWS_MS)
        self._hide_timer.timeout.connect(self._rest)
        self.hide()

    def offer(self, text: str, button: str, act: Callable[[], None]) -> None:
        """Say something that can be looked at when there is time; nobody is kept from working."""
        self._offer = (text, button, act)
        if self._freshness is None and not self._hide_timer.isActive():
            self._rest()

    def stand(self, text: str) -> None:
        """Say something for good: whatever else is said for a while, it comes back."""
        self._standing = text
        if self._freshness is None and not self._hide_timer.isActive():
            self._rest()

    def withdraw(self) -> None:
        """Offer it no more."""
        had, self._offer = self._offer, None
        if had is not None and self._freshness is None and not self._hide_timer.isActive():
            self._rest()

    def _taken(self) -> None:
        act = self._offer[2] if self._offer is not None else None
        self.withdraw()
        if act is not None:
            act()

    def _rest(self) -> None:
        """Show what changes wait for, else what stands, else what is offered, else nothing."""
        said = self._waiting or self._standing
        self._show_buttons(offered=self._offer is not None and not said)
        if said:
            self.text.setText(said)
        elif self._offer is not None:
            self.text.setText(self._offer[0])
            self._take.setText(self._offer[1])
        else:
            self.hide()
            return
        self._set_level("")
        self._appear()

    def _show_buttons(self, *, retry: bool = False, offered: bool = False) -> None:
        self._retry.setVisible(retry)
        self._take.setVisible(offered)
        self._aside.setVisible(offered)

    def lost(self, freshness: Freshness) -> None:
        """Say that the database is gone and count the age of the picture."""
        self._freshness = freshness
        self._hide_timer.stop()
        self._show_buttons(retry=True)
        self._set_level("danger")
        self._count()
        self._timer.start()
        self._appear()

    def forget(self) -> None:
        """Say nothing of the database any more, gone or back."""
        self._freshness = None
        self._timer.stop()
        self._rest()

    def back(self) -> None:
        """Say that the database is there again."""
        if self._freshness is None:
            return
        self._freshness = None
        self._timer.stop()
        self._show_buttons()
        self._set_level("ok")
        self.text.setText(self.tr("The database is back. The calendar was read anew; booking works again."))
        self._hide_timer.start()
        self._appear()

    def waiting(self, text: str) -> None:
        """Say what changes wait for that were sent; empty: for nothing any more."""
        if text == self._waiting:
            return
        self._waiting = text
        if self._freshness is None:
            self._hide_timer.stop()
            self._rest()

    def _count(self) -> None:
        if self._freshness is not None:
            self.text.setText(
                self.tr(
                    "No connection to the database. What you see is {age} old and can be read on; booking and changing "
                    "are off until it is back. It is tried again all the time, and nothing you typed is lost."
                ).format(age=age_text(self._freshness.age()))
            )

    def _set_level(self, level: str) -> None:
        self.setProperty("level", level)
        self.style().unpolish(self)
        self.style().polish(self)

    def _appear(self) -> None:
        self.show()
        self.setAccessibleName(self.text.text())
        event = QAccessibleAnnouncementEvent(self, self.text.text())
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
        QAccessible.updateAccessibility(event)
