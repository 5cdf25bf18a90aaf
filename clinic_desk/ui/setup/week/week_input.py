"""A week in a form: a line to type in for each day, and beside it the same as a picture that can be dragged."""

from __future__ import annotations

from typing import Any, Final

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from clinic_desk.ui.booking.fields import button, field_label, restyle
from clinic_desk.ui.messages.settings.rows import line
from clinic_desk.ui.setup.days import Windows, understood_windows, windows_text
from clinic_desk.ui.setup.inputs import Input
from clinic_desk.ui.setup.week.strip import DayStrip, HourRuler

translate = QCoreApplication.translate
_LINE_WIDTH: Final = 188
_USUAL_HOURS: Final = (6, 22)


def weekday_name(weekday: int, *, short: bool = False) -> str:
    """Return the name of a weekday, 1 is Monday."""
    form = QLocale.FormatType.ShortFormat if short else QLocale.FormatType.LongFormat
    return QLocale().standaloneDayName(weekday, form)


class WeekInput(QWidget):
    """Its value: seven texts, Monday first, as they were typed. What cannot be understood is not drawn, and stays."""

    edited = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.lines = [line(f"{name}_{day}", 120) for day in range(1, 8)]
        self.strips = [DayStrip() for _ in range(7)]
        self.ruler = HourRuler(self.strips[0])
        self.alike = button(
            translate("setup", "Monday's hours on the other working days"), f"{name}_alike", self._make_alike, "link"
        )
        self._is_showing = False
        self._lay_out()
        for day, (typed, strip) in enumerate(zip(self.lines, self.strips, strict=True)):
            typed.textChanged.connect(lambda _text, day=day: self._typed(day))
            strip.dragged.connect(lambda windows, day=day: self._dragged(day, windows))

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(2, 1)
        grid.addWidget(self.ruler, 0, 2)
        for day, (typed, strip) in enumerate(zip(self.lines, self.strips, strict=True), start=1):
            typed.setFixedWidth(_LINE_WIDTH)
            typed.setPlaceholderText(translate("setup", "does not work"))
            label = field_label(weekday_name(day, short=True), typed)
            typed.setAccessibleName(weekday_name(day))
            strip.setAccessibleName(translate("setup", "{day} as a picture").format(day=weekday_name(day)))
            grid.addWidget(label, day, 0)
            grid.addWidget(typed, day, 1)
            grid.addWidget(strip, day, 2)
        grid.addWidget(self.alike, 8, 1, 1, 2, Qt.AlignmentFlag.AlignLeft)

    # --- its value ---

    def texts(self) -> tuple[str, ...]:
        """Return what stands in the lines, Monday first."""
        return tuple(typed.text() for typed in self.lines)

    def show_texts(self, texts: tuple[str, ...]) -> None:
        """Put texts into the lines, and draw what they mean."""
        self._is_showing = True
        for typed, text in zip(self.lines, texts, strict=True):
            if typed.text() != text:
                typed.setText(text)
                typed.setCursorPosition(0)
        self._is_showing = False
        self._draw()

    def set_locked(self, locked: bool) -> None:
        """Let the week be read and not changed."""
        self.alike.setVisible(not locked)
        for typed, strip in zip(self.lines, self.strips, strict=True):
            typed.setReadOnly(locked)
            strip.is_locked = locked

    def first(self) -> QWidget:
        """Return what has the keyboard first: the first line that cannot be understood, else Monday's."""
        wrong = [typed for typed in self.lines if understood_windows(typed.text()) is None]
        return next(iter([*wrong, *self.lines]))

    # --- both ways ---

    def _typed(self, _day: int) -> None:
        if not self._is_showing:
            self._draw()
            self.edited.emit()

    def _dragged(self, day: int, windows: Windows) -> None:
        self._is_showing = True
        self.lines[day].setText(windows_text(windows))
        self._is_showing = False
        self._mark(self.lines[day])
        self.edited.emit()

    def _draw(self) -> None:
        week = [understood_windows(typed.text()) for typed in self.lines]
        hours = _hours_of([windows or () for windows in week])
        for strip, windows in zip(self.strips, week, strict=True):
            strip.show_windows(windows or (), hours)
        for typed in self.lines:
            self._mark(typed)
        self.ruler.update()

    def _mark(self, typed: QLineEdit) -> None:
        wrong = understood_windows(typed.text()) is None
        restyle(typed, "invalid", "true" if wrong else "false")
        told = translate("setup", "Type times such as 8-12, 13-17; each ends after it begins, and none overlap.")
        typed.setAccessibleDescription(told if wrong else "")

    def _make_alike(self) -> None:
        """Tuesday to Friday get what stands at Monday."""
        monday = self.lines[0].text()
        self.show_texts((monday,) * 5 + self.texts()[5:])
        self.edited.emit()


def _hours_of(week: list[Windows]) -> tuple[int, int]:
    """Return the hours to draw: the usual ones, and all in which somebody works."""
    starts = [start for windows in week for start, _ in windows]
    ends = [end for windows in week for _, end in windows]
    return min([_USUAL_HOURS[0], *(start // 60 for start in starts)]), max(
        [_USUAL_HOURS[1], *(-(-end // 60) for end in ends)]
    )


def week_input(name: str) -> Input:
    """Return the field of a week."""
    made = WeekInput(name)

    def show(value: Any) -> None:
        made.show_texts(value)

    return Input(made, made.texts, show, made.set_locked, (made.edited,), first=made.first, is_wide=True)
