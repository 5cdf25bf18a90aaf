"""The fields of a rule: every so many days, weeks or months, on which weekdays, and where it ends."""

from __future__ import annotations

from datetime import date, timedelta

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QToolButton, QWidget

from clinic_desk.domain.recurrence import LONGEST_INTERVAL, MOST_DATES, Every, Recurrence
from clinic_desk.domain.typed_dates import parse_typed_date
from clinic_desk.errors import InvalidInput
from clinic_desk.ui.booking.fields import ChoiceBox, NumberBox, Remark, field_label
from clinic_desk.ui.booking.when_line import is_day_first, vocabulary
from clinic_desk.ui.booking.words import date_text
from clinic_desk.ui.series.words import invalid_words, unit_rows, weekday_text

translate = QCoreApplication.translate
USUAL_COUNT = 6
_BY_COUNT, _BY_DAY = "count", "until"


class RuleFields(QWidget):
    """Holds a rule while it is made. `changed` follows every edit; `rule()` says what it comes to."""

    changed = Signal()

    def __init__(self, first_day: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rule_fields")
        self.first_day = first_day
        self.interval = NumberBox("series_interval", 1, LONGEST_INTERVAL)
        self.every = ChoiceBox("series_every")
        self.every.fill(unit_rows(), Every.WEEKS)
        self.weekdays = [_weekday_button(number) for number in range(1, 8)]
        self.weekdays[first_day.isoweekday() - 1].setChecked(True)
        self.ends = ChoiceBox("series_ends")
        self.ends.fill(
            [(translate("series", "after"), _BY_COUNT), (translate("series", "on the day"), _BY_DAY)], _BY_COUNT
        )
        self.count = NumberBox("series_count", 1, MOST_DATES)
        self.count.setSuffix(translate("series", " dates"))
        self.count.setValue(USUAL_COUNT)
        self.until = QLineEdit()
        self.until.setObjectName("series_until")
        self.until.setMaxLength(40)
        self._until: date | None = first_day + timedelta(weeks=USUAL_COUNT - 1)
        self.until.setText(date_text(self._until))
        self.until.setToolTip(translate("series", "Type 24.12., +3m or fri"))
        self.remark = Remark(self.until)
        self._lay_out()
        self._connect()
        self._show_parts()

    def _lay_out(self) -> None:
        days = QWidget()
        row = QHBoxLayout(days)
        row.setContentsMargins(8, 0, 0, 0)
        row.setSpacing(3)
        for each in self.weekdays:
            row.addWidget(each)
        self._days = days
        self.interval.setFixedWidth(72)
        self.every.setFixedWidth(104)
        self.ends.setFixedWidth(120)
        self.count.setFixedWidth(110)
        self.until.setFixedWidth(150)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        grid.addWidget(field_label(translate("series", "Every"), self.interval), 0, 0)
        first = QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.interval)
        first.addWidget(self.every)
        first.addWidget(days)
        first.addStretch(1)
        grid.addLayout(first, 0, 1)
        second = QHBoxLayout()
        second.setSpacing(6)
        second.addWidget(self.ends)
        second.addWidget(self.count)
        second.addWidget(self.until)
        second.addStretch(1)
        grid.addWidget(field_label(translate("series", "Ends"), self.ends), 1, 0)
        grid.addLayout(second, 1, 1)
        grid.addWidget(self.remark, 2, 1)
        grid.setColumnStretch(1, 1)
        self.every.setAccessibleName(translate("series", "Unit"))
        self.count.setAccessibleName(translate("series", "Number of dates"))
        self.until.setAccessibleName(translate("series", "Last day"))

    def _connect(self) -> None:
        self.interval.valueChanged.connect(self._edited)
        self.every.currentIndexChanged.connect(self._edited)
        self.ends.currentIndexChanged.connect(self._edited)
        self.count.valueChanged.connect(self._edited)
        self.until.editingFinished.connect(self._take_until)
        for each in self.weekdays:
            each.toggled.connect(self._edited)

    def _show_parts(self) -> None:
        self._days.setVisible(self.every.value is not Every.MONTHS)
        if self.every.value is Every.DAYS and self._checked() == {self.first_day.isoweekday()}:
            for each in self.weekdays:
                each.blockSignals(True)
                each.setChecked(False)  # a daily rule means every day unless days are named
                each.blockSignals(False)
        self.count.setVisible(self.ends.value == _BY_COUNT)
        self.until.setVisible(self.ends.value == _BY_DAY)

    def _checked(self) -> frozenset[int]:
        return frozenset(number for number, each in enumerate(self.weekdays, start=1) if each.isChecked())

    def rule(self) -> Recurrence | None:
        """Return the rule; None, with a remark, while it is none."""
        by_count = self.ends.value == _BY_COUNT
        if not by_count and self._until is None:
            self.remark.say(translate("series", "Which day is meant? Type for example 24.12. or +3m."))
            return None
        every: Every = self.every.value
        try:
            rule = Recurrence(
                every,
                self.interval.value(),
                frozenset() if every is Every.MONTHS else self._checked(),
                self.count.value() if by_count else None,
                None if by_count else self._until,
            )
        except InvalidInput as error:
            self.refuse(error)
            return None
        self.remark.say("")
        return rule

    def refuse(self, error: InvalidInput) -> None:
        """Say what is wrong with the rule."""
        self.remark.say(invalid_words(error))

    def take_text(self) -> None:
        """Understand what was typed for the last day."""
        self._take_until()

    def set_locked(self, *, locked: bool) -> None:
        """Let nothing be changed while it is sent."""
        self.setEnabled(not locked)

    def _take_until(self) -> None:
        if not self.until.isModified():
            return
        self.until.setModified(False)
        typed = self.until.text()
        found = parse_typed_date(typed, self.first_day, day_first=is_day_first(), vocabulary=vocabulary())
        self._until = found
        if found is not None:
            self.until.setText(date_text(found))
        self.changed.emit()

    def _edited(self, *_: object) -> None:
        self._show_parts()
        self.changed.emit()


def _weekday_button(number: int) -> QToolButton:
    made = QToolButton()
    made.setObjectName(f"series_weekday_{number}")
    made.setText(weekday_text(number)[:2])
    made.setAccessibleName(weekday_text(number, long=True))
    made.setCheckable(True)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    made.setMinimumSize(QSize(38, 0))
    return made
