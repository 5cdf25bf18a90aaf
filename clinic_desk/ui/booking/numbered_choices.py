"""What can be chosen for the row of a list, as cards in two columns: by their numbers, or by Tab and Space."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final, Generic, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout

from clinic_desk.ui.booking.choice_button import ChoiceButton

C = TypeVar("C")
_COLUMNS: Final = 2


class NumberedChoices(Generic[C]):
    """Of one list; `grid` is put below it. `choose` is called with what was pressed."""

    def __init__(self, choose: Callable[[C], None]) -> None:
        self.grid = QGridLayout()
        self.grid.setSpacing(6)
        self.options: tuple[tuple[C, ChoiceButton], ...] = ()
        self._choose = choose

    def show(self, options: Iterable[tuple[C, tuple[str, str]]]) -> None:
        """Show other choices, each with its text and what is special about it (or "")."""
        for _, button in self.options:
            button.hide()
            button.deleteLater()
        self.options = tuple(
            (choice, self._button(number, choice, *words)) for number, (choice, words) in enumerate(options, start=1)
        )

    def _button(self, number: int, choice: C, text: str, hint: str) -> ChoiceButton:
        made = ChoiceButton(number, text, hint, partial(self._choose, choice))
        made.setCheckable(True)
        made.setAutoDefault(False)
        made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.grid.addWidget(made, (number - 1) // _COLUMNS, (number - 1) % _COLUMNS)
        return made

    def choose_number(self, number: int) -> bool:
        """Choose what stands under a number; False if nothing does."""
        if not 1 <= number <= len(self.options):
            return False
        self._choose(self.options[number - 1][0])
        return True

    def check(self, chosen: C | None) -> None:
        """Show which of them is chosen; None: none."""
        for choice, button in self.options:
            button.setChecked(chosen is not None and choice == chosen)
