"""The booking rules of the clinic: the step of offered starts, notice, horizon, and what may be overruled."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.commands import OVERRULABLE, Rule
from clinic_desk.domain.records import BookingRules
from clinic_desk.domain.setup import SaveBookingRules
from clinic_desk.services.setup import rules as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work
from clinic_desk.ui.setup.areas.types import HORIZONS, NOTICES
from clinic_desk.ui.setup.inputs import choice_input, tick_input
from clinic_desk.ui.setup.words import days_text, minutes_text

translate = QCoreApplication.translate
_STEPS: Final = (5, 10, 15, 20, 30, 60)


def rule_texts() -> dict[str, str]:
    """Return what each rule is called that a reception may be let overrule, by its value."""
    texts = {
        Rule.OUTSIDE_HOURS: translate("setup", "book outside working hours"),
        Rule.OVER_BREAK: translate("setup", "book over a break"),
        Rule.TIME_OFF: translate("setup", "book into time off"),
        Rule.BLOCKED: translate("setup", "book into a block"),
        Rule.PATIENT_BUSY: translate("setup", "book a patient who has another appointment then"),
        Rule.SLOT_TAKEN: translate("setup", "squeeze in beside another appointment"),
    }
    return {rule.value: text for rule, text in texts.items() if rule in OVERRULABLE}


def _values(rules: BookingRules, _setup: Setup) -> dict[str, Any]:
    ticks = {_tick(name): name in rules.overrulable for name in rule_texts()}
    plain = {name: getattr(rules, name) for name in ("step_minutes", "notice_minutes", "horizon_days")}
    return plain | ticks


def _tick(rule: str) -> str:
    return f"may_{rule.replace('-', '_')}"


def _read(values: Values, base: BookingRules, _setup: Setup) -> BookingRules:
    known = rule_texts()
    ticked = frozenset(name for name in known if values[_tick(name)])
    return replace(
        base,
        step_minutes=values["step_minutes"],
        notice_minutes=values["notice_minutes"],
        horizon_days=values["horizon_days"],
        overrulable=ticked | (base.overrulable - set(known)),
    )


def _said(name: str, rules: BookingRules, _setup: Setup) -> str:
    if name == "overrulable":
        return ", ".join(text for rule, text in rule_texts().items() if rule in rules.overrulable) or "—"
    value = getattr(rules, name)
    return days_text(value) if name == "horizon_days" else minutes_text(value)


def _saving(_base: Any, rules: BookingRules, operation: UUID) -> Work:
    command = SaveBookingRules(rules, operation)
    return lambda db: service.save_rules(db, command)


def rules_area() -> Area:
    """Return the area of the booking rules."""
    may = translate("setup", "The reception may")
    return Area(
        name="rules",
        title=translate("setup", "Booking rules"),
        about=translate("setup", "Which free times are offered, and what the reception may do after being asked."),
        none_yet="",
        rows=(
            Row(
                "step_minutes",
                translate("setup", "Offered every"),
                choice_input(minutes_text),
                translate("setup", "Counted from the start of working hours and again after each break."),
                offered=lambda _setup, _rules: [(minutes_text(each), each) for each in _STEPS],
            ),
            Row(
                "notice_minutes",
                translate("setup", "No sooner than"),
                choice_input(minutes_text),
                offered=lambda _setup, _rules: [(minutes_text(each), each) for each in NOTICES],
            ),
            Row(
                "horizon_days",
                translate("setup", "No later than"),
                choice_input(days_text),
                translate("setup", "From now on. They bind what is offered; staff may type in any time."),
                offered=lambda _setup, _rules: [(days_text(each), each) for each in HORIZONS],
            ),
            *(
                Row(_tick(rule), may if at == 0 else "", tick_input(text))
                for at, (rule, text) in enumerate(rule_texts().items())
            ),
        ),
        records=lambda setup: (setup.clinic.rules,),
        line=lambda _rules, _setup: Line(translate("setup", "Booking rules")),
        read=_read,
        said=_said,
        saving=_saving,
        values=_values,
        is_single=True,
        compared=("step_minutes", "notice_minutes", "horizon_days", "overrulable"),
        names={"overrulable": may},
        key=lambda _rules: "rules",
        is_same=lambda _rules, _now: True,
    )
