"""The buttons under a message: only what can be done with it is there, the likeliest first and in colour."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from clinic_desk.ui.booking.fields import restyle
from clinic_desk.ui.messages.acts import Acts, Possible
from clinic_desk.ui.shell.key_button import KeyButton

_IN_A_ROW = 2


class ActButtons(QWidget):
    """Two in a row."""

    def __init__(self, acts: Acts, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._acts = acts
        self._names = tuple(names)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 0)
        self._grid.setSpacing(6)
        for column in range(_IN_A_ROW):
            self._grid.setColumnStretch(column, 1)
        self.buttons = {name: KeyButton(acts[name], self) for name in names}
        for button in self.buttons.values():
            button.setSizePolicy(QSizePolicy.Policy.MinimumExpanding, QSizePolicy.Policy.Fixed)
            button.hide()
        self._shown: tuple[str, ...] = ()

    def offer(self, possible: Possible) -> None:
        """Show these."""
        self._acts.allow(possible.names, self._names)
        for name, button in self.buttons.items():
            restyle(button, "kind", "primary" if name == possible.first else "")
        if possible.names == self._shown:
            return
        self._shown = possible.names
        for button in self.buttons.values():
            self._grid.removeWidget(button)
            button.hide()
        for number, name in enumerate(possible.names):
            self._grid.addWidget(self.buttons[name], number // _IN_A_ROW, number % _IN_A_ROW)
            self.buttons[name].show()
