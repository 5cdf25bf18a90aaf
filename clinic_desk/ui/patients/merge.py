"""Two records side by side: which one stays, and what it says in each field in which they differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.domain.patients import LIKELY, likeness
from clinic_desk.domain.patients_merge import FIELDS, MergePatients, differing, proposed
from clinic_desk.domain.records import Clinic, Entry, Patient
from clinic_desk.domain.wall import to_wall
from clinic_desk.services.patients_merge import Pair
from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.compare_table import Cell, CompareTable
from clinic_desk.ui.booking.fields import button, let_wrap, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.booking.words import day_span_text, one_line
from clinic_desk.ui.pages_sheet import scrolled
from clinic_desk.ui.patients.words import field_names, field_text
from clinic_desk.ui.tool_tips import plain_tip

translate = QCoreApplication.translate
_OVERLAPS_TOLD = 3
_LEAST, _BESIDE = 200, 330
"""Pixels of the table at least, and of all that stands above and below it."""


class MergeSheet(Sheet):
    """A digit chooses a value, Ctrl+W exchanges the two records, Enter merges. Esc leaves both as they are."""

    decided = Signal(object)
    """The MergePatients to be carried out; the sheet stays until `leave`."""

    def __init__(self, parent: QWidget, pair: Pair, clinic: Clinic) -> None:
        super().__init__(parent, width=860)
        self.setObjectName("merge_sheet")
        self.setAccessibleName(translate("merge", "Merge two records"))
        self._clinic = clinic
        self.guard = Guard(self)
        self.choices: list[ChoiceButton] = []
        self._pair: dict[str, tuple[ChoiceButton, ChoiceButton]] = {}
        self._mine: dict[str, bool] = {}
        self._busy = False
        self.table = CompareTable(("", "", ""))
        self._place = QHBoxLayout()
        self.story = plain_label("", "muted")
        self.overlaps = plain_label("", "warning")
        self.overlaps.setProperty("boxed", "true")
        self.unlike = plain_label(
            translate(
                "merge", "These two do not look like one person: check name and birth date before you merge them."
            ),
            "danger",
        )
        self.unlike.setObjectName("merge_unlike")
        self.unlike.setProperty("boxed", "true")
        self.told = plain_label("", "danger")
        for each in (self.story, self.unlike, self.overlaps, self.told):
            let_wrap(each)
        self._back = button(translate("merge", "Back"), "merge_back", self.reject)
        self.swap = button(translate("merge", "The other one s&tays"), "merge_swap", self._exchange)
        self.merge = button(translate("merge", "Merge ⏎"), "merge_go", self._go_on, "primary")
        self._lay_out()
        self.show_pair(pair)

    def _lay_out(self) -> None:
        footer = QHBoxLayout()
        footer.setSpacing(8)
        footer.addWidget(self.told, 1)
        for each in (self._back, self.swap, self.merge):
            footer.addWidget(each)
        inner = QWidget()
        inner.setLayout(self._place)
        self._place.setContentsMargins(0, 0, 0, 0)
        area = self._area = scrolled(inner)
        self.body.addWidget(plain_label(translate("merge", "Merge two records of one person"), "title"))
        self.body.addWidget(self.story)
        self.body.addWidget(self.unlike)
        self.body.addWidget(area, 1)
        self.body.addWidget(self.overlaps)
        self.body.addLayout(footer)

    # --- showing ---

    def show_pair(self, pair: Pair) -> None:
        """Show both as they stand; what only one knows is taken over, the rest as the one that stays has it."""
        self.kept, self.double, self._overlapping = pair.one, pair.other, pair.overlaps
        coming = sum(entry.patient.id == self.double.id for entry in pair.coming)
        self._coming = {self.kept.id: len(pair.coming) - coming, self.double.id: coming}
        self._show()

    def _show(self) -> None:
        both = proposed(self.kept, self.double)
        self._mine = {
            name: getattr(both, name) != getattr(self.double, name) for name in differing(self.kept, self.double)
        }
        told = translate(
            "merge",
            "All that is the other record's goes to the one that stays (appointments to come: {count}). The other"
            " record is found nowhere any more; it leads to the one that stays. Undo takes it all back.",
        )
        self.story.setText(told.format(count=self._coming[self.double.id]))
        self.unlike.setVisible(likeness(self.kept, self.double) < LIKELY)
        self._show_table()
        self._show_overlaps()
        self.told.setText("")
        self.guard.begin()

    def _show_table(self) -> None:
        self._place.removeWidget(self.table)
        self.table.hide()
        self.table.deleteLater()
        self.table = CompareTable(("", translate("merge", "Stays"), translate("merge", "Leads there")))
        self._place.addWidget(self.table, 0, Qt.AlignmentFlag.AlignTop)
        self.choices, self._pair = [], {}
        names = field_names()
        self.table.show_rows([self._row(name, names[name]) for name in FIELDS])
        room = self.window().height() - _BESIDE
        self._area.setMinimumHeight(max(_LEAST, min(self.table.sizeHint().height() + 8, room)))
        self._mark()

    def _row(self, name: str, label: str) -> tuple[Cell, ...]:
        texts = field_text(name, self.kept), field_text(name, self.double)
        if name not in self._mine:
            return label, texts[0], texts[1]
        number = len(self.choices) + 1
        whose = translate("merge", "as in the record that stays"), translate("merge", "as in the other record")
        pair = tuple(
            ChoiceButton(
                number + at if number + at < 10 else "·",
                text,
                "",
                partial(self._choose, name, mine=not at),
                self.table,
                wraps=name == "note",
            )
            for at, text in enumerate(texts)
        )
        for choice, told, text in zip(pair, whose, texts, strict=True):
            choice.setCheckable(True)
            choice.setToolTip(plain_tip(text))
            choice.setAccessibleName(f"{label}, {told}, {text}")
        self.choices += pair
        self._pair[name] = pair[0], pair[1]
        return label, *pair

    def _mark(self) -> None:
        for name, (mine, theirs) in self._pair.items():
            is_joined = name == "note" and self.kept.note and self.double.note
            mine.setChecked(bool(self._mine[name] or is_joined))
            theirs.setChecked(bool(not self._mine[name] or is_joined))

    def _show_overlaps(self) -> None:
        lines = [self._overlap(*pair) for pair in self._overlapping[:_OVERLAPS_TOLD]]
        left = len(self._overlapping) - len(lines)
        if left > 0:
            lines.append(translate("merge", "and {count} more").format(count=left))
        head = translate("merge", "Appointments of the two are at the same time; both stay booked:")
        self.overlaps.setText("\n".join((head, *lines)) if lines else "")
        self.overlaps.setVisible(bool(lines))

    def _overlap(self, one: Entry, other: Entry) -> str:
        def told(entry: Entry) -> str:
            row = entry.appointment
            when = day_span_text(to_wall(row.starts_at, row.zone), to_wall(row.ends_at, row.zone))
            return f"{when} {one_line(self._clinic.practitioner(row.practitioner_id).name)}"

        return f"{told(one)}  ·  {told(other)}"

    # --- choosing ---

    def first_focus(self) -> QWidget | None:
        return self.merge

    def _choose(self, name: str, *, mine: bool) -> None:
        self._mine[name] = mine
        self._mark()

    def _exchange(self) -> None:
        self.kept, self.double = self.double, self.kept
        self._show()
        self.swap.setFocus()

    def wanted(self) -> Patient:
        """Return the record that stays as it is to be; notes of both are joined."""
        joined = proposed(self.kept, self.double).note if self.kept.note and self.double.note else None
        taken = {name: getattr(self.double, name) for name, mine in self._mine.items() if not mine}
        if joined is not None:
            taken["note"] = joined
        return replace(self.kept, **taken)

    def _go_on(self) -> None:
        if self.guard.is_ready and not self._busy:
            self.decided.emit(MergePatients(self.wanted(), self.double.id, self.double.version))

    def say(self, text: str) -> None:
        """Say why it was not done."""
        self.told.setText(text)

    def set_busy(self, *, busy: bool) -> None:
        """Send it once."""
        self._busy = busy
        if busy:
            self.setFocus()
        for each in (self.merge, self.swap, self._back, *self.choices):
            each.setEnabled(not busy)
        if not busy:
            self.merge.setFocus()

    def leave(self) -> None:
        """It is done."""
        self.done(self.DialogCode.Accepted)

    def reject(self) -> None:
        """Esc leaves both records as they are; not while it is being done."""
        if not self._busy:
            super().reject()

    def main_act(self) -> Callable[[], object]:
        return self._go_on

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_0.value
        if 1 <= number <= len(self.choices):
            self.choices[number - 1].click()
        else:
            super().keyPressEvent(event)
