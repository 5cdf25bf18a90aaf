"""A follow-up: "in 3 weeks" is typed, free times around that day are offered, Enter books the chosen one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QWidget,
)

from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.patients_follow_up import follow_up_day
from clinic_desk.domain.records import Clinic, Patient
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.fields import ChoiceBox, Remark, button, field_label, let_wrap, plain_label, set_button_text
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.when_line import is_day_first, vocabulary
from clinic_desk.ui.booking.words import breakable, day_text, one_line, span_text, type_text
from clinic_desk.ui.patients.words import shortened

translate = QCoreApplication.translate
_PAUSE_MS = 150
_ROWS_SHOWN = 7


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a follow-up begins with. `from_day`: what "in 3 weeks" counts from; `minute`: the wall time liked best."""

    patient: Patient
    from_day: date
    type_id: UUID | None
    practitioner_id: UUID | None
    minute: int


@dataclass(frozen=True, slots=True)
class Wished:
    """What free times are looked for."""

    day: date
    type_id: UUID
    practitioner_id: UUID | None


class FollowUpSheet(Sheet):
    """Finds and books nothing itself."""

    wished = Signal(object)
    """A Wished: look for free times."""
    chosen = Signal(object, object)
    """The FreeSlot to be booked, and the type's id."""

    def __init__(self, parent: QWidget, clinic: Clinic, start: FollowUp) -> None:
        super().__init__(parent, width=560)
        self.setObjectName("follow_up_sheet")
        self._clinic, self._start = clinic, start
        self._busy = False
        self._found: tuple[FreeSlot, ...] = ()
        name = shortened(one_line(start.patient.display_name), 60)
        title = translate("follow_up", "Follow-up of {name}").format(name=name)
        self.setAccessibleName(title)
        self.line = QLineEdit(translate("follow_up", "3 weeks"))
        self.line.setObjectName("follow_up_in")
        self.line.setMaxLength(40)
        self.line.setToolTip(translate("follow_up", "Type 3w, 10d, 3 months, or a date"))
        self.remark = Remark(self.line)
        self.type = ChoiceBox("follow_up_type")
        self.practitioner = ChoiceBox("follow_up_with")
        self.list = QListWidget()
        self.list.setObjectName("follow_up_list")
        self.list.setAccessibleName(translate("follow_up", "Free times, the best one first"))
        self.told = plain_label("", "muted", wrap=True)
        self._back = button(translate("follow_up", "Back"), "follow_up_back", self.reject)
        self.book = button("", "follow_up_book", self._book, "primary")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE_MS)
        self._pause.timeout.connect(self._wish)
        self._lay_out(title)
        self._fill()
        self._wish()

    def _lay_out(self, title: str) -> None:
        grid, footer = QGridLayout(), QHBoxLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        rows = (
            (translate("follow_up", "&In"), self.line),
            (translate("follow_up", "&Visit"), self.type),
            (translate("follow_up", "&With"), self.practitioner),
        )
        for row, (text, field) in enumerate(rows):
            grid.addWidget(field_label(text, field), 2 * row, 0)
            grid.addWidget(field, 2 * row, 1)
        grid.addWidget(self.remark, 1, 1)
        self.list.setFixedHeight(int(self.list.fontMetrics().height() * 2.2) * _ROWS_SHOWN)
        footer.setSpacing(8)
        footer.addWidget(self.told, 1)
        footer.addWidget(self._back)
        footer.addWidget(self.book)
        heading = plain_label(breakable(title, 30), "title")
        let_wrap(heading)
        self.body.addWidget(heading)
        self.body.addLayout(grid)
        self.body.addWidget(self.list)
        self.body.addLayout(footer)
        self.line.textEdited.connect(lambda _text: self._pause.start())
        self.type.activated.connect(lambda _row: self._other_type())
        self.practitioner.activated.connect(lambda _row: self._wish())
        self.list.itemDoubleClicked.connect(lambda _item: self._book())
        self.list.currentRowChanged.connect(lambda _row: self._show_state())

    def _fill(self) -> None:
        kinds = [kind for kind in self._clinic.types if kind.active and kind.practitioner_ids]
        wanted = self._start.type_id if any(kind.id == self._start.type_id for kind in kinds) else None
        self.type.fill(((type_text(kind), kind.id) for kind in kinds), wanted or (kinds[0].id if kinds else None))
        self._fill_people()
        if self._start.practitioner_id in self.practitioner.values:
            self.practitioner.choose(self._start.practitioner_id)

    def _fill_people(self) -> None:
        kind = next((kind for kind in self._clinic.types if kind.id == self.type.value), None)
        people = [
            (one_line(one.name), one.id)
            for one in self._clinic.practitioners
            if kind is not None and one.active and one.id in kind.practitioner_ids
        ]
        kept = self.practitioner.value if self.practitioner.value in {key for _, key in people} else None
        self.practitioner.fill([(translate("follow_up", "Any who does it"), None), *people], kept)

    def _other_type(self) -> None:
        self._fill_people()
        self._wish()

    # --- looking ---

    def _wish(self) -> None:
        self._pause.stop()
        typed, start = self.line.text(), self._start.from_day
        day = follow_up_day(typed, start, day_first=is_day_first(), vocabulary=vocabulary())
        self._show(())
        if day is None or self.type.value is None:
            self.remark.say(translate("follow_up", "When? Such as 3w, 10d, 3 months, or a date to come."))
            return
        self.remark.say(day_text(day, start), "muted")
        self.told.setText(translate("follow_up", "Looking…"))
        self.wished.emit(Wished(day, self.type.value, self.practitioner.value))

    @property
    def wish(self) -> Wished | None:
        """What is asked for now; None if it is not understood."""
        day = follow_up_day(self.line.text(), self._start.from_day, day_first=is_day_first(), vocabulary=vocabulary())
        return None if day is None or self.type.value is None else Wished(day, self.type.value, self.practitioner.value)

    def show_found(self, wished: Wished, found: tuple[FreeSlot, ...]) -> None:
        """Offer free times, if they are still what is asked for."""
        if wished != self.wish:
            return
        self._show(found)
        self.told.setText(
            "" if found else translate("follow_up", "Nothing is free around that day. Try another day or doctor.")
        )

    def _show(self, found: tuple[FreeSlot, ...]) -> None:
        self._found = found
        self.list.clear()
        for slot in found:
            self.list.addItem(QListWidgetItem(self._text(slot)))
        if found:
            self.list.setCurrentRow(0)
        self._show_state()

    def _text(self, slot: FreeSlot) -> str:
        site = self._clinic.site(slot.site_id)
        start, end = to_wall(slot.starts_at, site.zone), to_wall(slot.ends_at, site.zone)
        parts = [
            f"{day_text(start.date(), self._start.from_day)}, {span_text(start, end)}",
            one_line(self._clinic.practitioner(slot.practitioner_id).name),
        ]
        if len(self._clinic.sites) > 1:
            parts.append(one_line(site.name))
        return "   ".join(parts)

    # --- booking ---

    def first_focus(self) -> QWidget | None:
        self.line.selectAll()
        return self.line

    def say(self, text: str) -> None:
        """Say why it was not booked."""
        self.told.setText(text)

    def set_busy(self, *, busy: bool) -> None:
        """Book once."""
        self._busy = busy
        self._show_state()

    def _show_state(self) -> None:
        self.book.setEnabled(bool(self._found) and not self._busy)
        told = translate("follow_up", "Booking…") if self._busy else translate("follow_up", "Book ⏎")
        set_button_text(self.book, told)

    def _book(self) -> None:
        row = self.list.currentRow()
        if self.book.isEnabled() and 0 <= row < len(self._found):
            self.chosen.emit(self._found[row], self.type.value)

    def reject(self) -> None:
        """Esc leaves; not while it is being booked."""
        if not self._busy:
            super().reject()

    def main_act(self) -> Callable[[], object]:
        return self._book

    def keyPressEvent(self, event: QKeyEvent) -> None:
        focused = QApplication.focusWidget()
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up) and focused is self.line and self._found:
            step = 1 if event.key() == Qt.Key.Key_Down else -1
            self.list.setCurrentRow((self.list.currentRow() + step) % len(self._found))
            event.accept()
        else:
            super().keyPressEvent(event)
