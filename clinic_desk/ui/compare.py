"""What another desk saved meanwhile, field by field beside what is wanted here; each clash is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from clinic_desk.ui.booking.choice_button import ChoiceButton
from clinic_desk.ui.booking.compare_table import Cell, CompareTable
from clinic_desk.ui.booking.fields import button, plain_label
from clinic_desk.ui.booking.guard import Guard
from clinic_desk.ui.booking.sheet import Sheet
from clinic_desk.ui.tool_tips import plain_tip

translate = QCoreApplication.translate
WHOLE = "whole"
"""Stands for the record itself, where one side removed it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which one side is not as it was read, with both sides in words."""

    name: str
    label: str
    mine: str
    now: str
    here: bool
    there: bool

    @property
    def asked(self) -> bool:
        """Whether somebody must choose: both sides changed it, differently."""
        return self.here and self.there and self.mine != self.now


def whole(mine: str, now: str) -> Difference:
    """Return that one side removed the record; an empty text stands for the side that did."""
    removed = translate("compare", "removed")
    return Difference(WHOLE, "", mine or removed, now or removed, here=True, there=True)


class CompareSheet(Sheet):
    """Of one record, called `name`. Esc keeps everything typed here and saves nothing."""

    decided = Signal(object)
    """The names of the fields that stay as wanted here, as a frozenset; WHOLE where one side removed the record."""

    def __init__(
        self, parent: QWidget, name: str, differences: Iterable[Difference], back: str, *, is_gone: bool
    ) -> None:
        """`back`: what the button says that leaves. `is_gone`: the other desk removed it."""
        super().__init__(parent, width=760)
        self.setObjectName("compare_sheet")
        self.guard = Guard(self)
        self.choices: list[ChoiceButton] = []
        self._kept: dict[str, bool] = {}
        self._asked: dict[str, tuple[ChoiceButton, ChoiceButton]] = {}
        changed = translate("compare", "{what}: changed at another desk first")
        gone = translate("compare", "{what}: removed at another desk first")
        self._title = plain_label((gone if is_gone else changed).format(what=name), "title", wrap=True)
        self._story = plain_label(
            translate("compare", "Another desk saved it after you opened it. Nothing you typed is lost."), wrap=True
        )
        self.table = CompareTable(
            ("", translate("compare", "As you want it"), translate("compare", "As it is now"), "")
        )
        self._leave = button(back, "compare_back", self.reject)
        self._save = button(translate("compare", "Save ⏎"), "compare_save", self._go_on, "primary")
        self._lay_out()
        self.table.show_rows([self._row(each) for each in sorted(differences, key=lambda each: not each.asked)])
        self._show()
        self.guard.begin()

    def _lay_out(self) -> None:
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

    def _row(self, each: Difference) -> tuple[Cell, ...]:
        if each.asked:
            return self._asked_row(each)
        self._kept[each.name] = each.here
        same = translate("compare", "unchanged")
        result = translate("compare", "✓ as you want it") if each.here else translate("compare", "✓ as it is now")
        return each.label, each.mine if each.here else same, each.now if each.there else same, result

    def _asked_row(self, each: Difference) -> tuple[Cell, ...]:
        number, name = len(self.choices) + 1, each.name
        pair = (
            ChoiceButton(number, each.mine, "", lambda: self._keep(name, mine=True), self.table, wraps=True),
            ChoiceButton(number + 1, each.now, "", lambda: self._keep(name, mine=False), self.table, wraps=True),
        )
        whose = (translate("compare", "as you want it"), translate("compare", "as it is now"))
        for choice, told in zip(pair, whose, strict=True):
            choice.setCheckable(True)
            choice.setToolTip(plain_tip(choice.accessibleName()))
            choice.setAccessibleName(", ".join(part for part in (each.label, told, choice.accessibleName()) if part))
        self.choices += pair
        self._asked[name] = pair
        return each.label, pair[0], pair[1], translate("compare", "← choose")

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
        if 1 <= number <= len(self.choices):
            self.choose(number)
        else:
            super().keyPressEvent(event)
