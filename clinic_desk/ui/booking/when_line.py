"""The When line: shows weekday, date, from and to; understands what is typed; steps by keys, wheel and buttons."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from PySide6.QtCore import QCoreApplication, QDate, QLocale, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desk.domain.typed_dates import Vocabulary
from clinic_desk.ui.booking.when_text import When, parse_when
from clinic_desk.ui.booking.words import minute_text

translate = QCoreApplication.translate
DAY = 1440


class WhenLine(QLineEdit):
    """A line edit of a `When`. Text that cannot be understood stays; `is_understood` is then False."""

    changed = Signal(object)
    """A new When, typed or stepped."""
    misunderstood = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("when_line")
        self.setMaxLength(60)
        self.step_minutes = 5
        self.today = date.min
        self.when: When | None = None
        self.is_understood = True
        self.setToolTip(
            translate("when", "Type 10:30, fri 9, 24.11. 9:45–10:15, +1w · ↑↓ five minutes · Page ↑↓ a day")
        )
        self.editingFinished.connect(self.take_text)

    def show_when(self, when: When | None) -> None:
        """Show a time, or that none is known yet."""
        self.when = when
        self.is_understood = True
        self.setModified(False)
        self.setText("" if when is None else when_text(when, self.today))
        self.setCursorPosition(0)
        if self.hasFocus():
            self.selectAll()

    def follow(self, when: When | None) -> None:
        """Take over a time changed elsewhere in the form; text being typed stays, and is understood over it."""
        if self.isModified():
            self.when = when
        else:
            self.show_when(when)

    def take_text(self) -> bool:
        """Understand what was typed, if anything was; return whether the line holds a time that is understood."""
        if not self.isModified():
            return self.is_understood and self.when is not None
        base = self.when or When(self.today, 0, 15)
        found = parse_when(self.text(), base, self.today, day_first=is_day_first(), vocabulary=vocabulary())
        if found is None:
            self.is_understood = False
            self.misunderstood.emit()
            return False
        self._set(found)
        return True

    def step(self, minutes: int = 0, days: int = 0) -> None:
        """Move along; times step on the grid of the step, over midnight into the next day."""
        if self.when is None:
            return
        if self.isModified() and not self.take_text():
            return
        now = self.when
        if minutes:
            raster = abs(minutes)
            at = now.minute // raster * raster if minutes < 0 and now.minute % raster else now.minute + minutes
            at = at - at % raster
            days, at = days + at // DAY, at % DAY
            now = replace(now, minute=at)
        self._set(replace(now, day=now.day + timedelta(days=days)))

    def _set(self, when: When) -> None:
        is_new = when != self.when
        self.show_when(when)
        if is_new:
            self.changed.emit(when)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: (self.step_minutes, 0),
            Qt.Key.Key_Down: (-self.step_minutes, 0),
            Qt.Key.Key_PageUp: (0, 1),
            Qt.Key.Key_PageDown: (0, -1),
        }
        if event.key() in steps:
            self.step(*steps[Qt.Key(event.key())])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            # The form asks for the text; the base class would tell of it a second time.
            event.ignore()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.hasFocus() or not event.angleDelta().y():
            event.ignore()
            return
        self.step(self.step_minutes if event.angleDelta().y() > 0 else -self.step_minutes)
        event.accept()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.MouseFocusReason:
            self.selectAll()


def when_text(when: When, today: date) -> str:
    """Return `Tue 24.11. · 09:45–10:00`, with the year if it is another one: it is understood when typed back.

    What has no length is a moment: `Tue 24.11. · 09:45`.
    """
    pattern = "ddd d.M." if is_day_first() else "ddd M/d"
    if when.day.year != today.year:
        pattern = "ddd d.M.yyyy" if is_day_first() else "ddd M/d/yyyy"
    end = when.minute + when.length
    ends = minute_text(end if end <= DAY else end % DAY)
    begins = f"{QLocale().toString(QDate(when.day.year, when.day.month, when.day.day), pattern)}"
    begins += f" · {minute_text(when.minute)}"
    return f"{begins}–{ends}" if when.length else begins


def is_day_first() -> bool:
    """Whether the user's country writes the day before the month."""
    short = QLocale().dateFormat(QLocale.FormatType.ShortFormat)
    day, month = short.find("d"), short.find("M")
    return QLocale().language() == QLocale.Language.C or day < month


def vocabulary() -> Vocabulary:
    """Return the words for days and months in the user's language; English ones for the C locale."""
    locale = QLocale()
    if locale.language() in (QLocale.Language.C, QLocale.Language.English):
        return Vocabulary()
    form = QLocale.FormatType.LongFormat
    today, tomorrow = translate("when", "today"), translate("when", "tomorrow")
    return Vocabulary(
        weekdays=tuple(locale.dayName(number, form) for number in range(1, 8)),
        months=tuple(locale.monthName(number, form) for number in range(1, 13)),
        words={today: 0, tomorrow: 1},
    )
