"""The dates of a series with what speaks against each, and what is to become of them: a list, and choices by number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desk.domain.commands import Book, Update
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.series import PlannedDate
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.fields import let_wrap, plain_label
from clinic_desk.ui.booking.numbered_choices import NumberedChoices
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel
from clinic_desk.ui.series.choices import Choice, Tally, Way, choice_of, options_of, step_of, tally_of
from clinic_desk.ui.series.words import choice_words, reason_words, slot_words, when_words

translate = QCoreApplication.translate
_ROWS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class DateRow:
    """One line of the list: `id` is the appointment's, booked already or to be booked."""

    id: UUID
    planned: PlannedDate
    choice: Choice
    when: str
    what: str
    why: str


class PlanView(QWidget):
    """Shows dates that were looked at. `changed` follows every choice; Enter in the list is `entered`."""

    changed = Signal()
    entered = Signal()
    left = Signal()

    def __init__(
        self, clinic: Clinic, zone: str, clock: Callable[[], datetime], parent: QWidget | None = None, *, changing: bool
    ) -> None:
        super().__init__(parent)
        self.clinic = clinic
        self.zone = zone
        self._changing = changing
        self._today = to_wall(clock(), zone).date()
        self._dates: tuple[PlannedDate, ...] = ()
        self._chosen: dict[date, Choice] = {}
        self.rows = RowsModel(_columns(), clock, self)
        self.list = MessageList(self.rows, "series_dates", translate("series", "Dates"))
        self.list.setFixedHeight(self.list.verticalHeader().defaultSectionSize() * _ROWS_SHOWN + 30)
        self.why = plain_label("")
        self.why.setObjectName("series_why")
        let_wrap(self.why)
        self.choices = NumberedChoices(self.choose)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.list)
        column.addWidget(self.why)
        column.addLayout(self.choices.grid)
        self.list.chosen_changed.connect(lambda _row: self._show_options())
        self.list.opened.connect(lambda _row: self.entered.emit())
        self.list.left.connect(self.left)

    # --- what is shown ---

    def show_dates(self, dates: Sequence[PlannedDate]) -> None:
        """Show dates that were looked at; what was chosen for a day stays chosen while it can be had."""
        row = max(0, self.list.currentIndex().row())
        self._dates = tuple(dates)
        self._show_rows()
        if self.rows.records:
            self.list.selectRow(min(row, len(self.rows.records) - 1))
        self._show_options()
        self.changed.emit()

    def go_to_trouble(self) -> None:
        """Choose the first date that cannot simply stand, so that it is seen."""
        for number, one in enumerate(self._dates):
            if not one.is_free:
                self.list.selectRow(number)
                return

    def _show_rows(self) -> None:
        self.rows.show_records([self._row(one) for one in self._dates])

    def _row(self, one: PlannedDate) -> DateRow:
        choice = choice_of(one, self._chosen)
        return DateRow(
            one.step.appointment_id,
            one,
            choice,
            when_words(one.was_at or one.starts_at, self.zone, self._today),
            choice_words(choice, one, self.clinic, self.zone, changing=self._changing),
            reason_words(one, self.clinic, self.zone),
        )

    # --- choosing ---

    def steps(self) -> tuple[tuple[PlannedDate, Book | Update], ...]:
        """Return what is to be booked or changed, as chosen; dates that are left out are not among it."""
        chosen = ((one, step_of(one, choice_of(one, self._chosen))) for one in self._dates)
        return tuple((one, step) for one, step in chosen if step is not None)

    def tally(self) -> Tally:
        """Count the dates by what is chosen."""
        return tally_of(self._dates, self._chosen)

    def choose(self, choice: Choice) -> None:
        """Choose for the date that is selected."""
        row = self.list.chosen
        if row is None:
            return
        self._chosen[row.planned.day] = choice
        self._show_rows()
        self._check_options()
        self.changed.emit()

    def _show_options(self) -> None:
        row: DateRow | None = self.list.chosen
        wanted = () if row is None else options_of(row.planned)
        self.choices.show((choice, self._words(choice, row)) for choice in wanted if row is not None)
        self.why.setText("" if row is None else row.why)
        self.why.setVisible(bool(row and row.why))
        self._check_options()

    def _words(self, choice: Choice, row: DateRow) -> tuple[str, str]:
        if choice.slot is not None:
            return slot_words(choice.slot, row.planned, self.clinic, self.zone)
        changing = self._changing
        return {
            Way.AS_PLANNED: (translate("series", "At the planned time"), translate("series", "free")),
            Way.ANYWAY: (
                translate("series", "Move it there anyway")
                if changing
                else translate("series", "Book it there anyway"),
                translate("series", "squeezed in or overruled"),
            ),
            Way.LEFT_OUT: (
                translate("series", "Leave it where it is") if changing else translate("series", "Leave this date out"),
                "",
            ),
            Way.INSTEAD: ("", ""),
        }[choice.way]

    def _check_options(self) -> None:
        row: DateRow | None = self.list.chosen
        self.choices.check(None if row is None else row.choice)


def _columns() -> tuple[Column, ...]:
    return (
        Column(translate("series", "Date"), lambda row, _now: row.when, 42, is_bold=True),
        Column(translate("series", "Becomes"), lambda row, _now: row.what, 50, _colour),
        Column(translate("series", "What is in the way"), lambda row, _now: row.why, 0, lambda _row: "muted"),
    )


def _colour(row: DateRow) -> str:
    if row.choice.way is Way.LEFT_OUT:
        return "muted"
    return "ok" if row.choice.way is Way.AS_PLANNED else "warning"
