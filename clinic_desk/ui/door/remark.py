"""What a door says of the last try, seen and heard; while nobody can try again it counts the seconds."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QLabel

from clinic_desk.ui.booking.fields import restyle
from clinic_desk.ui.door import words
from clinic_desk.ui.door.waits import Waits

translate = QCoreApplication.translate


class Remark(QLabel):
    """Hidden while there is nothing to say."""

    counted = Signal()
    """Whether somebody can try may have changed."""

    def __init__(self, name: str, waits: Waits) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("role", "danger")
        self.setProperty("boxed", "true")
        self.hide()
        self._waits = waits
        self._clock = QTimer(self, interval=250)
        self._clock.timeout.connect(self.count)

    def say(self, text: str, *, aloud: bool = True) -> None:
        """Show it, and have a screen reader interrupt itself for it; nothing with an empty text."""
        self.setText(text)
        self.setVisible(bool(text))
        restyle(self, "role", "danger")
        if text and aloud and self.isVisible():
            event = QAccessibleAnnouncementEvent(self, text)
            event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
            QAccessible.updateAccessibility(event)

    def count(self) -> None:
        """While nobody can try, say for how long; the clock runs only then."""
        left = self._waits.left_s()
        if left > 0:
            self.say(words.wait_text(int(left) + 1), aloud=not self._clock.isActive())
            if not self._clock.isActive():
                self._clock.start()
        elif self._clock.isActive():
            self._clock.stop()
            self.say(translate("door", "You can try again now."))
        self.counted.emit()
