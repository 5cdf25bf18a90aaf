"""The sheet of keys: what each command's key is, and a place to change it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QKeySequenceEdit,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from clinic_desk.ui.actions import SPECS, Actions

_PORTABLE = QKeySequence.SequenceFormat.PortableText


class ShortcutsDialog(QDialog):
    """Two columns of commands; a key that another command has is refused and named. Kept when the field is left."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.fields: dict[str, QKeySequenceEdit] = {}
        self.setObjectName("shortcuts_dialog")
        self.setWindowTitle(self.tr("Keys"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.problem = QLabel()
        self.problem.setTextFormat(Qt.TextFormat.PlainText)
        self.problem.setProperty("role", "danger")
        self.problem.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        reset = buttons.addButton(self.tr("Back to the usual keys"), QDialogButtonBox.ButtonRole.ResetRole)
        reset.setObjectName("reset_keys")
        reset.clicked.connect(self.reset)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        layout.addWidget(self._table())
        layout.addWidget(self._calendar_keys())
        layout.addWidget(self.problem)
        layout.addWidget(buttons)
        self.setMinimumSize(560, 400)
        self.resize(760, 640)

    def _table(self) -> QWidget:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setHorizontalSpacing(14)
        half = (len(SPECS) + 1) // 2
        for number, spec in enumerate(SPECS):
            row, column = number % half, number // half * 2
            name = QLabel(self._actions[spec.name].text())
            name.setTextFormat(Qt.TextFormat.PlainText)
            field = self._field(spec.name)
            name.setBuddy(field)
            grid.addWidget(name, row, column)
            grid.addWidget(field, row, column + 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        return area

    def _field(self, name: str) -> QKeySequenceEdit:
        field = QKeySequenceEdit(self._actions[name].shortcut())
        field.setMaximumSequenceLength(1)
        field.setClearButtonEnabled(True)
        field.setObjectName(f"keys_{name}")
        field.setAccessibleName(self._actions[name].text())
        field.editingFinished.connect(lambda: self._take(name))
        self.fields[name] = field
        return field

    def _calendar_keys(self) -> QLabel:
        text = QLabel(
            self.tr(
                "On the calendar: arrows move the cursor, Shift with arrows chooses a range, PgUp and PgDn turn pages, "
                "Home and End go to the ends of the day, digits go to a time (1030), Enter books or opens, "
                "Ctrl with the wheel changes the grid."
            )
        )
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setProperty("role", "muted")
        text.setWordWrap(True)
        return text

    def _take(self, name: str) -> None:
        keys = self.fields[name].keySequence()
        if keys == self._actions[name].shortcut():
            return
        other = next(
            (
                s.name
                for s in SPECS
                if s.name != name and not keys.isEmpty() and keys in self._actions[s.name].shortcuts()
            ),
            None,
        )
        if other is not None:
            self.problem.setText(
                self.tr("{keys} is the key of “{other}”. Choose another one.").format(
                    keys=keys.toString(QKeySequence.SequenceFormat.NativeText), other=self._actions[other].text()
                )
            )
            self.fields[name].setKeySequence(self._actions[name].shortcut())
            return
        self.problem.clear()
        self._actions.set_keys(name, keys.toString(_PORTABLE))

    def reset(self) -> None:
        """Give every command its usual key."""
        self.problem.clear()
        for spec in SPECS:
            self._actions.set_keys(spec.name, spec.keys)
            self.fields[spec.name].setKeySequence(self._actions[spec.name].shortcut())
