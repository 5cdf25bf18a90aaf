"""The calendar as it was at a moment that is typed or stepped to, and below it what became of the day since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.domain.past import Difference, Past
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.card import SHADOW
from clinic_desk.ui.booking.fields import button, field_label, let_wrap, plain_label, restyle
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import one_line, time_text
from clinic_desk.ui.calendar.places import Column as Shown
from clinic_desk.ui.calendar.view import CalendarView
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import Column, RowsModel
from clinic_desk.ui.past.moment_line import MomentLine
from clinic_desk.ui.past.words import became_text, looking_text, result_text, who_text

translate = QCoreApplication.translate
_ROWS_SHOWN = 6
_PIXELS_PER_ROW = 150
"""So high the window is for each line that is listed: the calendar keeps most of a small one."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list; `id` is the appointment's."""

    id: UUID
    difference: Difference
    when: str
    who: str
    doctor: str
    became: str
    by: str


class PastSheet(Sheet):
    """Shows a Past; reads nothing itself. `title` says which day, `zone` by whose clock where there are several."""

    wanted = Signal(object)
    """The Entry to go to on the calendar of now."""

    def __init__(self, parent: QWidget, title: str, clock: Callable[[], datetime], zone: str = "") -> None:
        super().__init__(parent)
        self.setObjectName("past_sheet")
        self.setAccessibleName(title)
        self.moment = MomentLine()
        self.moment.setMaximumWidth(260)
        self.told = plain_label("", "muted")
        self.told.setObjectName("past_told")
        let_wrap(self.told)
        self.calendar = CalendarView()
        self.calendar.setObjectName("past_calendar")
        self.calendar.setAccessibleName(translate("past", "The calendar as it was"))
        self.calendar.set_read_only()
        self.rows = RowsModel(_columns(), clock, self)
        self.list = MessageList(self.rows, "past_list", translate("past", "What became of the day since"))
        self.close_button = button(translate("past", "&Back to now"), "past_close", self.reject)
        self.go = button(translate("past", "Go to it ⏎"), "past_go", self._go, "primary")
        self._lay_out(title, zone)
        self.list.chosen_changed.connect(self._choose)
        self.list.opened.connect(lambda _row: self._go())
        self.list.left.connect(self.reject)
        self._choose(None)

    def _lay_out(self, title: str, zone: str) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        above.setSpacing(10)
        asked = (
            translate("past", "As it was at ({zone})").format(zone=zone) if zone else translate("past", "As it was at")
        )
        above.addWidget(field_label(asked, self.moment))
        above.addWidget(self.moment)
        above.addWidget(self.told, 1)
        below.setSpacing(8)
        hint = plain_label(translate("past", "Nothing can be changed here. Esc: back to the calendar of now"), "muted")
        below.addWidget(hint, 1)
        below.addWidget(self.close_button)
        below.addWidget(self.go)
        self.body.addWidget(plain_label(title, "title"))
        self.body.addLayout(above)
        self.body.addWidget(self.calendar, 1)
        self.body.addWidget(self.list)
        self.body.addLayout(below)

    # --- what is shown ---

    def show_reading(self) -> None:
        """The history is being read; what is shown stays until it is there."""
        self.say(looking_text(), "muted")

    def show_past(self, past: Past, columns: Sequence[Shown], clinic: Clinic) -> None:
        """Show the board as it was, and list what became of it."""
        board = past.board
        is_first = not self.calendar.model().columnCount()
        self.calendar.show_columns(tuple(columns), {board.day: board}, clinic, board.read_at)
        if is_first:
            self.calendar.go_to_minute(self._first_minute(past, clinic))
        self.list.show_records([_row(one, clinic) for one in past.differences])
        self.list.setVisible(bool(past.differences))
        self.say(result_text(past), "warning" if past.differences else "muted")
        self._choose(self.list.chosen)

    def _first_minute(self, past: Past, clinic: Clinic) -> int:
        """Return the minute of the day that is shown first: that of the moment, or of the first visit."""
        board = past.board
        zone = clinic.sites[0].zone
        wall = to_wall(board.read_at, zone)
        if wall.date() != board.day:
            entry = next(iter(board.entries), None)
            wall = to_wall(entry.appointment.starts_at, zone) if entry is not None else wall.replace(hour=8, minute=0)
        return wall.hour * 60 + wall.minute

    def say(self, text: str, role: str = "danger") -> None:
        """Say what was found, or why nothing was."""
        self.told.setText(text)
        restyle(self.told, "role", role)

    def _choose(self, row: Row | None) -> None:
        """Point at the chosen appointment where it was."""
        self.go.setVisible(row is not None)
        self.go.setEnabled(row is not None and row.difference.now is not None)
        if row is not None:
            self.calendar.select_entry(row.id)

    def _go(self) -> None:
        row: Row | None = self.list.chosen
        if row is not None and row.difference.now is not None:
            self.wanted.emit(row.difference.now)

    # --- the sheet ---

    def first_focus(self) -> QWidget | None:
        return self.moment

    def arrange(self) -> None:
        """Take nearly all of the window."""
        room = self.rect().adjusted(2 * SHADOW, 2 * SHADOW, -2 * SHADOW, -2 * SHADOW)
        rows = min(_ROWS_SHOWN, room.height() // _PIXELS_PER_ROW)
        self.list.setFixedHeight(self.list.verticalHeader().defaultSectionSize() * rows + 30)
        self.card.setGeometry(QRect(room))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes what was typed; nothing else is there for it to press."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self.moment.hasFocus():
                self.moment.take_text()
            event.accept()
            return
        super().keyPressEvent(event)


def _row(one: Difference, clinic: Clinic) -> Row:
    row = one.entry.appointment
    return Row(
        one.id,
        one,
        time_text(to_wall(row.starts_at, clinic.site(row.site_id).zone)),
        one_line(one.entry.patient.display_name),
        one_line(clinic.practitioner(row.practitioner_id).name),
        became_text(one, clinic),
        who_text(one),
    )


def _columns() -> tuple[Column, ...]:
    return (
        Column(translate("past", "Now at"), lambda row, _now: row.when, 7, is_bold=True),
        Column(translate("past", "Patient"), lambda row, _now: row.who, 20),
        Column(translate("past", "With"), lambda row, _now: row.doctor, 18),
        Column(translate("past", "What became of it"), lambda row, _now: row.became, 30, lambda _row: "warning"),
        Column(translate("past", "By"), lambda row, _now: row.by, 0),
    )
