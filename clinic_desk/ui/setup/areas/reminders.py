"""Reminder rules: how long before a visit patients are reminded, of which visits, and by which channel."""

from __future__ import annotations

from typing import Any, Final, Literal
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import ReminderRule
from clinic_desk.services import messaging as service
from clinic_desk.services.messaging import DeleteRule, SaveRule, checked_rule
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.messages.settings.words import choices, field_names, lead_text, type_name, value_text
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work, plain_record
from clinic_desk.ui.setup.areas.shared import in_use
from clinic_desk.ui.setup.inputs import choice_input, number_input, tick_input
from clinic_desk.ui.setup.spans import titled

translate = QCoreApplication.translate
REMINDERS: Final = "reminders"
_USUAL: Final[tuple[tuple[int, Literal["hours", "days"]], ...]] = (
    (24, "hours"),
    (2, "hours"),
    (7, "days"),
    (3, "days"),
)


def _read(values: Values, base: ReminderRule, setup: Setup) -> ReminderRule:
    return checked_rule(plain_record(values, base, setup))


def _line(rule: ReminderRule, setup: Setup) -> Line:
    when = translate("setup", "{lead} before").format(lead=lead_text(rule.lead, rule.unit))
    by = "" if rule.channel is None else value_text("channel", rule, setup.clinic)
    return Line(when, titled(type_name(rule.type_id, setup.clinic), by), "", rule.active)


def _saving(_base: Any, rule: ReminderRule, operation: UUID) -> Work:
    command = SaveRule(rule, operation)
    return lambda db: service.save_rule(db, command)


def _removing(rule: ReminderRule, operation: UUID) -> Work:
    command = DeleteRule(rule, operation)
    return lambda db: service.delete_rule(db, command)


def _visits(setup: Setup, rule: ReminderRule) -> list[tuple[str, Any]]:
    return [(type_name(None, setup.clinic), None), *in_use(setup.clinic.types, (rule.type_id,))]


def _blank(setup: Setup) -> ReminderRule:
    """A rule of the usual ones that there is not yet: the same twice could not be saved."""
    known = {(rule.lead, rule.unit) for rule in setup.reminder_rules if rule.type_id is None and rule.channel is None}
    lead, unit = next((each for each in _USUAL if each not in known), _USUAL[0])
    return ReminderRule(new_id(), lead, unit, version=0)


def reminder_area() -> Area:
    """Return the area of the reminder rules; all else about messages is in their settings."""
    names = field_names()
    return Area(
        name=REMINDERS,
        title=translate("setup", "Reminders"),
        about=translate(
            "setup",
            "How long before a visit patients are reminded. Rules for one kind of visit replace those for any visit.",
        ),
        none_yet=translate("setup", "There is no rule: nobody is reminded."),
        new_text=translate("setup", "&New reminder"),
        extra_text=translate("setup", "&Messages…"),
        rows=(
            Row(
                "lead",
                names["lead"],
                number_input(1, 10_000),
                translate("setup", "Whoever books later than that gets no reminder."),
            ),
            Row("unit", names["unit"], choice_input(), offered=lambda _setup, _rule: choices("unit")),
            Row("type_id", names["type_id"], choice_input(), offered=_visits),
            Row("channel", names["channel"], choice_input(), offered=lambda _setup, _rule: choices("channel")),
            Row("active", names["active"], tick_input(translate("setup", "patients are reminded by it"))),
        ),
        records=lambda setup: setup.reminder_rules,
        line=_line,
        read=_read,
        said=lambda name, rule, setup: value_text(name, rule, setup.clinic),
        saving=_saving,
        blank=_blank,
        removing=_removing,
        compared=("lead", "unit", "type_id", "channel", "active"),
    )
