"""The rules of reminders as rows: how long before, for which visit, by which channel, in use; and what each means."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import ReminderRule
from clinic_desk.domain.records import Clinic
from clinic_desk.errors import InvalidInput
from clinic_desk.ui.booking.fields import ChoiceBox, NumberBox, Remark, TickBox, button, let_wrap, plain_label
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.messages.settings.rows import lock, show_value
from clinic_desk.ui.messages.settings.words import choices, invalid_text, rule_text, type_name

translate = QCoreApplication.translate


class RuleRow(QWidget):
    """One rule; `rule` is it as it stands in the fields."""

    edited = Signal()
    removed = Signal()

    def __init__(self, rule: ReminderRule, clinic: Clinic, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rule = rule
        self.lead = NumberBox(f"lead_{number}", 1, 10_000)
        self.unit = ChoiceBox(f"unit_{number}")
        self.type = ChoiceBox(f"type_{number}")
        self.channel = ChoiceBox(f"channel_{number}")
        self.active = TickBox()
        self.active.setObjectName(f"active_{number}")
        self.active.setText(translate("settings", "in use"))
        self.remove = button(translate("settings", "Remove"), f"remove_{number}", self.removed.emit, "link")
        self.remark = Remark(self.lead)
        self.told = plain_label("", "muted")
        let_wrap(self.told)
        self.unit.fill(choices("unit"), rule.unit)
        self.channel.fill(choices("channel"), rule.channel)
        self.type.fill(_types(clinic, rule), rule.type_id)
        self._name(number)
        self._lay_out()
        self.lead.valueChanged.connect(self._edited)
        self.active.toggled.connect(self._edited)
        for box in (self.unit, self.type, self.channel):
            box.currentIndexChanged.connect(self._edited)
        self.show_rule(rule)

    def _name(self, number: int) -> None:
        """Name the fields to a screen reader; an invisible label does that for a box, whose value is its name."""
        for field, told in (
            (self.lead, translate("settings", "Rule {number}: how long before")),
            (self.unit, translate("settings", "Rule {number}: unit")),
            (self.type, translate("settings", "Rule {number}: visit")),
            (self.channel, translate("settings", "Rule {number}: by")),
            (self.active, translate("settings", "Rule {number}: in use")),
            (self.remove, translate("settings", "Remove rule {number}")),
        ):
            name = told.format(number=number)
            field.setAccessibleName(name)
            if isinstance(field, ChoiceBox):
                field.view().setAccessibleName(name)
                label = QLabel(name, self)
                label.setTextFormat(Qt.TextFormat.PlainText)
                label.setBuddy(field)
                label.hide()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        self.lead.setFixedWidth(84)
        self.unit.setFixedWidth(104)
        for column, field in enumerate((self.lead, self.unit, self.type, self.channel, self.active, self.remove)):
            grid.addWidget(field, 0, column)
        grid.setColumnStretch(2, 1)
        grid.setColumnStretch(3, 1)
        grid.addWidget(self.remark, 1, 0, 1, 6)
        grid.addWidget(self.told, 2, 0, 1, 6)

    def show_rule(self, rule: ReminderRule) -> None:
        """Show the rule anew, as it was saved or is wanted."""
        self._rule = rule
        for field, value in (
            (self.lead, rule.lead),
            (self.unit, rule.unit),
            (self.type, rule.type_id),
            (self.channel, rule.channel),
            (self.active, rule.active),
        ):
            show_value(field, value)
        self.remark.say("")
        self._tell()

    @property
    def rule(self) -> ReminderRule:
        """Return the rule as it stands in the fields."""
        return replace(
            self._rule,
            lead=self.lead.value(),
            unit=self.unit.value,
            type_id=self.type.value,
            channel=self.channel.value,
            active=self.active.isChecked(),
        )

    def set_writable(self, *, writable: bool) -> None:
        """Let it be changed, or only read."""
        for field in (self.lead, self.unit, self.type, self.channel, self.active):
            lock(field, locked=not writable)
        self.remove.setVisible(writable)

    def _edited(self, *_: object) -> None:
        self.remark.say("")
        self._tell()
        self.edited.emit()

    def _tell(self) -> None:
        self.told.setText(rule_text(self.rule))


class RuleRows(QWidget):
    """All rules; without one nobody is reminded, which is said."""

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[RuleRow] = []
        self._clinic: Clinic | None = None
        self._writable = True
        self.none = plain_label(translate("settings", "There is no rule: nobody is reminded."), "muted")
        self.add_rule = button(translate("settings", "&Add a reminder"), "add_rule", self._add)
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        below = QHBoxLayout()
        below.addWidget(self.add_rule)
        below.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(self._list)
        column.addWidget(self.none)
        column.addLayout(below)

    def show_rules(self, rules: Iterable[ReminderRule], clinic: Clinic) -> None:
        """Show these; the rows stay where they are of the same rules, with the keyboard in them."""
        wanted = list(rules)
        if clinic is self._clinic and [row.rule.id for row in self.rows] == [rule.id for rule in wanted]:
            for row, rule in zip(self.rows, wanted, strict=True):
                row.show_rule(rule)
            return
        self._clinic = clinic
        for row in self.rows:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for rule in wanted:
            self._append(rule)
        self.none.setVisible(not self.rows)

    def rules(self) -> dict[UUID, ReminderRule]:
        """Return the rules as they stand in the fields."""
        return {row.rule.id: row.rule for row in self.rows}

    def set_writable(self, *, writable: bool) -> None:
        """Let rules be changed, or only read."""
        self._writable = writable
        self.add_rule.setVisible(writable)
        for row in self.rows:
            row.set_writable(writable=writable)

    def tell(self, rule_id: UUID, problem: InvalidInput) -> None:
        """Say what is wrong with a rule, and give it the keyboard."""
        for row in self.rows:
            if row.rule.id == rule_id:
                row.remark.say(invalid_text(problem))
                row.lead.setFocus()

    def _append(self, rule: ReminderRule) -> RuleRow:
        assert self._clinic is not None
        row = RuleRow(rule, self._clinic, len(self.rows) + 1)
        row.set_writable(writable=self._writable)
        row.edited.connect(self.edited)
        row.removed.connect(lambda: self._remove(row))
        before = self.rows[-1].remove if self.rows else None
        self.rows.append(row)
        self._list.addWidget(row)
        if before is not None:
            QWidget.setTabOrder(before, row.lead)
        QWidget.setTabOrder(row.remove, self.add_rule)
        return row

    def _add(self) -> None:
        row = self._append(ReminderRule(new_id(), 24, "hours", version=0))
        self.none.hide()
        row.lead.setFocus()
        row.lead.selectAll()
        self.edited.emit()

    def _remove(self, row: RuleRow) -> None:
        self.rows.remove(row)
        self._list.removeWidget(row)
        row.hide()
        row.deleteLater()
        self.none.setVisible(not self.rows)
        self.add_rule.setFocus()
        self.edited.emit()


def _types(clinic: Clinic, rule: ReminderRule) -> list[tuple[str, UUID | None]]:
    rows: list[tuple[str, UUID | None]] = [(translate("settings", "any visit"), None)]
    rows += [(one_line(each.name), each.id) for each in clinic.types if each.active or each.id == rule.type_id]
    if all(value != rule.type_id for _text, value in rows):
        rows.append((type_name(rule.type_id, clinic), rule.type_id))
    return rows
