"""What another desk saved meanwhile, field by field beside what is wanted here; each clash is asked."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.domain.records import Clinic
from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.compare_table import Cell, CompareTable
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.messages.settings.draft import Record, Step, compared
from clinic_desk.ui.messages.settings.words import field_names, record_title, rule_text, value_text
from clinic_desk.ui.tool_tips import plain_tip

translate = QCoreApplication.translate
WHOLE = "whole"
"""Stands for the record itself, where one side removed it."""


class CompareSheet(Sheet):
    """Of one record. Esc keeps everything typed here and saves nothing."""

    decided = Signal(object)
    """The names of the fields that stay as wanted here, as a frozenset; WHOLE where one side removed the record."""

    def __init__(self, parent: QWidget, clinic: Clinic, step: Step, now: Record | None) -> None:
        super().__init__(parent, width=760)
        self.setObjectName("compare_sheet")
        self.guard = Guard(self)
        self.choices: list[ChoiceButton] = []
        self._clinic = clinic
        self._step = step
        self._now = now
        self._kept: dict[str, bool] = {}
        self._asked: dict[str, tuple[ChoiceButton, ChoiceButton]] = {}
        self._title = plain_label(self._title_text(), "title", wrap=True)
        self._story = plain_label(
            translate("settings", "Another desk saved it after you opened it. Nothing you typed is lost."), wrap=True
        )
        self.table = CompareTable(
            ("", translate("settings", "As you want it"), translate("settings", "As it is now"), "")
        )
        self._leave = button(translate("settings", "Back to the settings"), "compare_back", self.reject)
        self._save = button(translate("settings", "Save ⏎"), "compare_save", self._go_on, "primary")
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._leave)
        buttons.addWidget(self._save)
        for widget in (self._title, self._story, self.table):
            self.body.addWidget(widget)
        self.body.addSpacing(4)
        self.body.addLayout(buttons)
        self.setAccessibleName(self._title.text())
        self.setAccessibleDescription(self._story.text())
        self.table.show_rows(self._rows())
        self._show()
        self.guard.begin()

    def _title_text(self) -> str:
        name = record_title(self._step.about)
        if self._now is None:
            return translate("settings", "{what}: removed at another desk first").format(what=name)
        return translate("settings", "{what}: changed at another desk first").format(what=name)

    def _rows(self) -> list[tuple[Cell, ...]]:
        if self._now is None or self._step.mine is None:
            return [self._whole_row()]
        asked, told = [], []
        for name, here, there in compared(self._step, self._now):
            mine, now = (value_text(name, side, self._clinic) for side in (self._step.mine, self._now))
            if here and there and mine != now:
                asked.append(self._asked_row(name, field_names()[name], mine, now))
                continue
            self._kept[name] = here
            same = translate("settings", "unchanged")
            result = translate("settings", "✓ as you want it") if here else translate("settings", "✓ as it is now")
            told.append((field_names()[name], mine if here else same, now if there else same, result))
        return [*asked, *told]

    def _whole_row(self) -> tuple[Cell, ...]:
        removed = translate("settings", "removed")
        mine = removed if self._step.mine is None else self._summary(self._step.mine)
        now = removed if self._now is None else self._summary(self._now)
        return self._asked_row(WHOLE, "", mine, now)

    def _summary(self, record: Record) -> str:
        if hasattr(record, "lead"):
            return rule_text(record)  # type: ignore[arg-type]
        return value_text("body", record, self._clinic)

    def _asked_row(self, name: str, label: str, mine: str, now: str) -> tuple[Cell, ...]:
        number = len(self.choices) + 1
        pair = (
            ChoiceButton(number, mine, "", lambda: self._keep(name, mine=True), self.table, wraps=True),
            ChoiceButton(number + 1, now, "", lambda: self._keep(name, mine=False), self.table, wraps=True),
        )
        whose = (translate("settings", "as you want it"), translate("settings", "as it is now"))
        for each, told in zip(pair, whose, strict=True):
            each.setCheckable(True)
            each.setToolTip(plain_tip(each.accessibleName()))
            each.setAccessibleName(", ".join(part for part in (label, told, each.accessibleName()) if part))
        self.choices += pair
        self._asked[name] = pair
        return label, pair[0], pair[1], translate("settings", "← choose")

    def first_focus(self) -> QWidget | None:
        return self.choices[0] if self.choices else self._save

    def choose(self, number: int) -> None:
        """Choose by the number (from 1) that stands on a choice."""
        if 1 <= number <= len(self.choices):
            self._keep(list(self._asked)[(number - 1) // 2], mine=number % 2 == 1)

    def _keep(self, name: str, *, mine: bool) -> None:
        if self.guard.is_ready:
            self._kept[name] = mine
        self._show()
        left = [each for each in self._asked if each not in self._kept]
        (self._asked[left[0]][0] if left else self._save).setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self) -> None:
        for name, (mine, theirs) in self._asked.items():
            mine.setChecked(self._kept.get(name) is True)
            theirs.setChecked(self._kept.get(name) is False)
        self._save.setEnabled(all(name in self._kept for name in self._asked))

    def _go_on(self) -> None:
        if self.guard.is_ready and self._save.isEnabled():
            self.done(self.DialogCode.Accepted)
            self.decided.emit(frozenset(name for name, mine in self._kept.items() if mine))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        number = event.key() - Qt.Key.Key_0.value
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.isAutoRepeat():
            event.accept()
        elif 1 <= number <= len(self.choices):
            self.choose(number)
        else:
            super().keyPressEvent(event)
