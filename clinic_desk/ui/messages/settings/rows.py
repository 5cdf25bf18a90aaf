"""Rows of label, field and remark, whose fields bear the names of a record's: shown from one, read into one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QListWidget, QListWidgetItem, QWidget

from clinic_desk.errors import InvalidInput
from clinic_desk.ui.booking.fields import ChoiceBox, NumberBox, Remark, TickBox, field_label, let_wrap, plain_label
from clinic_desk.ui.messages.settings.words import invalid_text

_LABEL_WIDTH = 150
_FIELD_WIDTH = 360
_ROW_HEIGHT = 34


Field = QLineEdit | ChoiceBox | NumberBox | TickBox


def line(name: str, longest: int = 250, placeholder: str = "") -> QLineEdit:
    """Return a line to type in."""
    made = QLineEdit()
    made.setObjectName(name)
    made.setMaxLength(longest)
    made.setPlaceholderText(placeholder)
    return made


def choice(name: str, rows: Iterable[tuple[str, Any]]) -> ChoiceBox:
    """Return a box of (text, value) to choose from."""
    made = ChoiceBox(name)
    made.fill(rows, None)
    return made


def value_of(field: Field) -> Any:
    """Return what stands in a field."""
    match field:
        case QLineEdit():
            return field.text()
        case NumberBox():
            return field.value()
        case TickBox():
            return field.isChecked()
        case ChoiceBox():
            return field.value


def show_value(field: Field, value: Any) -> None:
    """Put a value into a field, without a signal."""
    blocked = field.blockSignals(True)
    match field:
        case QLineEdit():
            if field.text() != value:
                field.setText(value)
        case NumberBox():
            field.setValue(value)
        case TickBox():
            field.setChecked(value)
        case ChoiceBox():
            field.choose(value)
    field.blockSignals(blocked)


def lock(field: Field, *, locked: bool) -> None:
    """Let a field be read and not written. What is typed in can still be selected and copied."""
    if isinstance(field, QLineEdit | NumberBox):
        field.setReadOnly(locked)
    else:
        field.setEnabled(not locked)


def list_item(text: str = "") -> QListWidgetItem:
    """Return a row of a list that is high enough to hit."""
    item = QListWidgetItem(text)
    item.setSizeHint(QSize(80, _ROW_HEIGHT))
    return item


def show_focus(rows: QListWidget) -> None:
    """Let a list be seen to have the keyboard."""
    rows.setStyleSheet("QListWidget:focus { border: 2px solid palette(highlight); }")


class FieldRows(QWidget):
    """A column of rows; `fields` by name, `remarks` under each."""

    edited = Signal(str)
    """The name of the field in which something was changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fields: dict[str, Field] = {}
        self.remarks: dict[str, Remark] = {}
        self._parts: dict[str, tuple[QWidget, ...]] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(5)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._grid.setColumnMinimumWidth(1, _FIELD_WIDTH)
        self._grid.setColumnStretch(2, 1)

    def tell(self, problem: InvalidInput) -> bool:
        """Say what is wrong at its field, and give it the keyboard; False if it is none of these."""
        field = self.fields.get(problem.field)
        if field is None:
            return False
        self.remarks[problem.field].say(invalid_text(problem))
        field.setFocus()
        return True

    def add(self, name: str, text: str, field: Field, hint: str = "") -> None:
        """Put a row at the end; `hint` stands under the field for good."""
        at = self._grid.rowCount()
        remark = Remark(field)
        remark.setObjectName(f"{name}_remark")
        label = field_label(text, field)
        self.fields[name], self.remarks[name] = field, remark
        parts: list[QWidget] = [label, field]
        self._grid.addWidget(label, at, 0)
        self._grid.addWidget(field, at, 1)
        self._grid.addWidget(remark, at + 1, 1, 1, 2)
        if hint:
            told = plain_label(hint, "muted")
            let_wrap(told)
            field.setAccessibleDescription(hint)
            self._grid.addWidget(told, at + 2, 1, 1, 2)
            parts.append(told)
        self._parts[name] = tuple(parts)
        self._watch(name, field)

    def put(self, part: QWidget) -> None:
        """Put something as wide as a row at the end; it shows and hides by itself."""
        self._grid.addWidget(part, self._grid.rowCount(), 0, 1, 3)

    def _watch(self, name: str, field: Field) -> None:
        def changed(*_: object) -> None:
            self.remarks[name].say("")
            self.edited.emit(name)

        match field:
            case QLineEdit():
                field.textChanged.connect(changed)
            case NumberBox():
                field.valueChanged.connect(changed)
            case TickBox():
                field.toggled.connect(changed)
            case ChoiceBox():
                field.currentIndexChanged.connect(changed)

    def show_only(self, names: Iterable[str]) -> None:
        """Hide all rows but these."""
        wanted = set(names)
        for name, parts in self._parts.items():
            for part in parts:
                part.setVisible(name in wanted)
            if name not in wanted:
                self.remarks[name].say("")

    def show_values(self, record: object) -> None:
        """Fill each field from the record's of the same name."""
        for name, field in self.fields.items():
            show_value(field, getattr(record, name))
            self.remarks[name].say("")

    def values(self) -> dict[str, Any]:
        """Return what stands in the fields."""
        return {name: value_of(field) for name, field in self.fields.items()}

    def set_writable(self, *, writable: bool) -> None:
        """Let the fields be written, or only read."""
        for field in self.fields.values():
            lock(field, locked=not writable)
