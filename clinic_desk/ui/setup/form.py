"""The form of one record: a label, a field, and under it what is to be said about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.fields import Remark, field_label, let_wrap, plain_label
from clinic_desk.ui.setup.area import Row, Values
from clinic_desk.ui.setup.inputs import Input

_LABEL_WIDTH = 128
_FIELD_WIDTH = 300


class RecordForm(QWidget):
    """The rows of one area; shows values and returns them."""

    edited = Signal()

    def __init__(self, rows: Iterable[Row], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = tuple(rows)
        self.inputs: dict[str, Input] = {}
        self.remarks: dict[str, Remark] = {}
        self._parts: dict[str, tuple[QWidget, ...]] = {}
        self._setup: Setup | None = None
        self._is_showing = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnMinimumWidth(1, _FIELD_WIDTH)
        self._grid.setColumnStretch(2, 1)
        for row in self.rows:
            self._add(row)

    def _add(self, row: Row) -> None:
        made = row.make(row.name)
        remark = Remark(made.field)
        remark.setObjectName(f"{row.name}_remark")
        label = field_label(row.label, made.field)
        self.inputs[row.name], self.remarks[row.name] = made, remark
        at = self._grid.rowCount()
        above = Qt.AlignmentFlag.AlignTop if made.is_wide else Qt.AlignmentFlag.AlignVCenter
        self._grid.addWidget(label, at, 0, above)
        self._grid.addWidget(made.field, at, 1, 1, 2 if made.is_wide else 1)
        self._grid.addWidget(remark, at + 1, 1, 1, 2)
        parts: list[QWidget] = [label, made.field]
        if row.hint:
            told = plain_label(row.hint, "muted")
            let_wrap(told)
            made.field.setAccessibleDescription(row.hint)
            self._grid.addWidget(told, at + 2, 1, 1, 2)
            parts.append(told)
        self._parts[row.name] = tuple(parts)
        for signal in made.edited:
            signal.connect(lambda *_, name=row.name: self._edited(name))

    def _edited(self, name: str) -> None:
        if not self._is_showing:
            self.remarks[name].say("")
            self._describe(name)
            self._show_wanted()
            self.edited.emit()

    def _describe(self, name: str) -> None:
        """A remark took the hint's place as the field's description: give it back."""
        hint = next(row.hint for row in self.rows if row.name == name)
        if hint:
            self.inputs[name].field.setAccessibleDescription(hint)

    def show_values(self, values: Values, record: Any, setup: Setup) -> None:
        """Fill every field; offers what can be chosen for this record."""
        self._setup = setup
        self._is_showing = True
        for row in self.rows:
            made = self.inputs[row.name]
            if row.offered is not None and made.fill is not None:
                made.fill(row.offered(setup, record))
            if row.follows is not None and made.fill is not None:
                made.fill(row.follows(values))
            made.show(values[row.name])
            self.remarks[row.name].say("")
            self._describe(row.name)
        self._is_showing = False
        self._show_wanted()

    def _show_wanted(self) -> None:
        assert self._setup is not None
        values = self.values()
        for row in self.rows:
            fill = self.inputs[row.name].fill
            if row.follows is not None and fill is not None:
                fill(row.follows(values))
            wanted = row.shown is None or row.shown(values, self._setup)
            for part in self._parts[row.name]:
                part.setVisible(wanted)

    def values(self) -> dict[str, Any]:
        """Return what stands in the fields."""
        return {name: made.read() for name, made in self.inputs.items()}

    def set_writable(self, *, writable: bool) -> None:
        """Let the fields be written, or only read."""
        for made in self.inputs.values():
            made.lock(not writable)

    def tell(self, name: str, text: str) -> bool:
        """Say what is wrong with a field, which gets the keyboard; False if there is no such field."""
        if name not in self.inputs:
            return False
        self.remarks[name].say(text)
        self.begin(name)
        return True

    def begin(self, name: str = "") -> None:
        """Give the keyboard to a field, to the first one if none is named."""
        names = [name] if name else [row.name for row in self.rows]
        made = self.inputs[names[0]]
        made.focus()

    def field(self, name: str) -> QWidget:
        """Return the widget of a field."""
        return self.inputs[name].field
