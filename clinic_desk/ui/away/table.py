"""Those whom an absence hits with what becomes of each, and the choices for the chosen one by number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.away import Proposal
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.wall import minute_to_instant, to_wall
from clinic_desk.services.away import Looked
from clinic_desk.ui.away.choices import LEFT, Choice, Way, choice_of, options_of
from clinic_desk.ui.away.words import WAY_COLOURS, choice_words, note_words, option_words, visit_words, when_words
from clinic_desk.ui.booking.fields import field_label, let_wrap, plain_label
from clinic_desk.ui.booking.numbered_choices import NumberedChoices
from clinic_desk.ui.booking.when_line import WhenLine
from clinic_desk.ui.booking.when_text import When
from clinic_desk.ui.booking.words import list_name
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel

translate = QCoreApplication.translate
_ROWS_SHOWN = 9
_NO_TIME = "—"


@dataclass(frozen=True, slots=True)
class AwayRow:
    """One line of the table: `id` is the appointment's; `mark`: what is to be known before it is carried out."""

    id: UUID
    proposal: Proposal
    choice: Choice
    name: str
    when: str
    visit: str
    becomes: str
    mark: str
    in_trouble: bool


class AwayList(MessageList):
    """As high as its rows wish, and lower where the window is. T asks for the line of another time."""

    time_wanted = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_T and not event.modifiers():
            self.time_wanted.emit()
            event.accept()
            return
        super().keyPressEvent(event)

    def rows_height(self, rows: int) -> int:
        """Return how high it is with so many rows."""
        return self.verticalHeader().defaultSectionSize() * rows + 30

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.rows_height(min(max(3, len(self.rows.records)), _ROWS_SHOWN)))


class AwayTable(QWidget):
    """`changed` follows every choice; Enter in the list is `entered`, Esc `left`."""

    changed = Signal()
    typed = Signal(object, object)
    """A Proposal, and the instant that was typed for it."""
    entered = Signal()
    left = Signal()

    def __init__(self, today: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._today = today
        self._clinic: Clinic | None = None
        self._several = False
        self.proposals: tuple[Proposal, ...] = ()
        self.chosen: dict[UUID, Choice] = {}
        self.marks: Mapping[UUID, str] = {}
        self.rows = RowsModel(_columns(), datetime.now, self)
        self.list = AwayList(self.rows, "away_patients", translate("away", "Patients who are booked then"))
        self.list.setMinimumHeight(self.list.rows_height(3))
        self.none = plain_label(translate("away", "Nobody is booked then."), "muted")
        self.none.setObjectName("away_none")
        self.why = plain_label("", "warning")
        self.why.setObjectName("away_why")
        let_wrap(self.why)
        self.choices = NumberedChoices(self.choose)
        self.refused: dict[UUID, str] = {}
        """Why the time that was typed last cannot be, by appointment."""
        self.line = WhenLine()
        self.line.today = today
        self._line_row = QHBoxLayout()
        self.line_label = field_label(translate("away", "Another time (T)"), self.line)
        self._line_row.addWidget(self.line_label)
        self._line_row.addWidget(self.line)
        self._line_row.addStretch(1)
        self.line.setMinimumWidth(260)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for part in (self.none, self.list, self.why):
            column.addWidget(part)
        column.addLayout(self.choices.grid)
        column.addLayout(self._line_row)
        self.none.hide()
        self.list.chosen_changed.connect(lambda _row: self._show_options())
        self.list.opened.connect(lambda _row: self.entered.emit())
        self.list.left.connect(self.left)
        self.list.time_wanted.connect(self.line.setFocus)

    # --- what is shown ---

    def show_looked(self, looked: Looked, marks: Mapping[UUID, str]) -> None:
        """Show who is hit; what was chosen stays chosen while it can be had, and so does the row."""
        self._clinic, self.proposals, self.marks = looked.clinic, looked.proposals, marks
        self._several = looked.away.practitioner_id is None
        self.refused.clear()
        self._show_rows()
        self.list.updateGeometry()
        self.none.setVisible(not self.proposals)
        self.list.setVisible(bool(self.proposals))
        if self.list.chosen is None and self.proposals:
            self.list.selectRow(0)
        trouble = next((one.entry.id for one in self.proposals if one.entry.id in marks), None)
        if trouble is not None:
            self.list.choose(trouble)
        self._show_options()
        self.changed.emit()

    def _show_rows(self) -> None:
        self.rows.show_records([self._row(one) for one in self.proposals])

    def _row(self, one: Proposal) -> AwayRow:
        assert self._clinic is not None
        row, choice = one.entry.appointment, choice_of(one, self.chosen)
        return AwayRow(
            one.entry.id,
            one,
            choice,
            list_name(one.entry.patient) or _NO_TIME,
            when_words(row.starts_at, row.zone, self._today),
            visit_words(one, self._clinic, several=self._several),
            choice_words(choice, one, self._clinic, self._today),
            self.refused.get(one.entry.id) or self.marks.get(one.entry.id) or note_words(one),
            one.entry.id in self.marks or one.entry.id in self.refused,
        )

    # --- choosing ---

    def choose(self, choice: Choice) -> None:
        """Choose for the patient whose row is selected."""
        row: AwayRow | None = self.list.chosen
        if row is not None:
            self.chosen[row.id] = choice
            self.refused.pop(row.id, None)
            self._show_rows()
            self._show_why()
            self._check_options()
            self.changed.emit()

    def leave_all(self) -> None:
        """Choose for everybody that nothing is changed."""
        self.chosen = {one.entry.id: LEFT for one in self.proposals}
        self._show_rows()
        self._check_options()
        self.changed.emit()

    def _show_options(self) -> None:
        row: AwayRow | None = self.list.chosen
        wanted = () if row is None else options_of(row.proposal, self.proposals, self.chosen)
        self.choices.show((choice, self._words(choice, row)) for choice in wanted if row is not None)
        self._show_why()
        self._show_line()
        self._check_options()

    def _show_why(self) -> None:
        row: AwayRow | None = self.list.chosen
        self.why.setText(row.mark if row is not None and row.in_trouble else "")
        self.why.setVisible(bool(self.why.text()))

    # --- another time ---

    def _show_line(self) -> None:
        row: AwayRow | None = self.list.chosen
        self.line.setVisible(row is not None)
        self.line_label.setVisible(row is not None)
        if row is None or (row.id in self.refused and self.line.hasFocus()):
            return  # what was typed and cannot be stays there, to be corrected
        was, slot = row.proposal.entry.appointment, row.choice.slot
        wall = to_wall(was.starts_at if slot is None else slot.starts_at, was.zone)
        minutes = int(was.length.total_seconds()) // 60
        self.line.show_when(When(wall.date(), wall.hour * 60 + wall.minute, minutes))

    def _take_line(self) -> None:
        row: AwayRow | None = self.list.chosen
        if row is None:
            return
        if not self.line.take_text() or self.line.when is None:
            self.refuse(row.id, translate("away", "This time is not understood: type 10:30, fri 10:30 or 24.11. 9:45"))
            return
        when, zone = self.line.when, row.proposal.entry.appointment.zone
        minutes = int(row.proposal.entry.appointment.length.total_seconds()) // 60
        if when.length != minutes:
            told = translate("away", "Visits keep their length here, this one its {n} minutes: type only its start.")
            self.refuse(row.id, told.format(n=minutes))
            return
        self.typed.emit(row.proposal, minute_to_instant(when.day, when.minute, zone))

    def accept_typed(self, row_id: UUID, slot: FreeSlot) -> None:
        """Choose a time that was typed and can be; it is among the choices from now on."""
        self.proposals = tuple(
            replace(one, offers=tuple(dict.fromkeys((*one.offers, slot)))) if one.entry.id == row_id else one
            for one in self.proposals
        )
        self.chosen[row_id] = Choice(Way.MOVED, slot)
        self.refused.pop(row_id, None)
        self._show_rows()
        self._show_options()
        self.changed.emit()

    def refuse(self, row_id: UUID, why: str) -> None:
        """Say in the row why the time that was typed cannot be; what was chosen before stays chosen."""
        self.refused[row_id] = why
        self._show_rows()
        self._show_why()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the line looks at its time, Esc leaves the line for the list."""
        if not self.line.hasFocus():
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_line()
            event.accept()
        elif event.key() == Qt.Key.Key_Escape:
            self.list.setFocus()
            self._show_line()
            event.accept()
        else:
            super().keyPressEvent(event)

    def _words(self, choice: Choice, row: AwayRow) -> tuple[str, str]:
        assert self._clinic is not None
        return option_words(choice, row.proposal, self._clinic, self._today)

    def _check_options(self) -> None:
        row: AwayRow | None = self.list.chosen
        self.choices.check(None if row is None else row.choice)


def _columns() -> tuple[Column, ...]:
    return (
        Column(translate("away", "Patient"), lambda row, _now: row.name, 24, is_bold=True),
        Column(translate("away", "Booked"), lambda row, _now: row.when, 17),
        Column(translate("away", "For"), lambda row, _now: row.visit, 24, lambda _row: "muted"),
        Column(translate("away", "Becomes"), lambda row, _now: row.becomes, 34, _colour),
        Column(translate("away", "To be known"), lambda row, _now: row.mark, 0, _mark_colour),
    )


def _colour(row: AwayRow) -> str:
    return WAY_COLOURS[row.choice.way]


def _mark_colour(row: AwayRow) -> str:
    if row.in_trouble:
        return "danger"
    return "muted" if row.proposal.offers else "warning"
