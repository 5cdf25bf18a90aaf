"""What another desk saved of a record of the settings meanwhile, field by field in words."""

from __future__ import annotations

from clinic_desk.domain.messaging import ReminderRule
from clinic_desk.domain.records import Clinic
from clinic_desk.ui.compare import Difference, whole
from clinic_desk.ui.messages.settings.draft import Record, Step, compared
from clinic_desk.ui.messages.settings.words import field_names, rule_text, value_text


def differences(step: Step, now: Record | None, clinic: Clinic) -> list[Difference]:
    """Compare a record as wanted with how it stands. `now` None: it was removed."""
    if now is None or step.mine is None:
        return [whole(_summary(step.mine, clinic), _summary(now, clinic))]
    names, found = field_names(), []
    for name, here, there in compared(step, now):
        words = (value_text(name, step.mine, clinic), value_text(name, now, clinic))
        found.append(Difference(name, names[name], *words, here=here, there=there))
    return found


def _summary(record: Record | None, clinic: Clinic) -> str:
    if record is None:
        return ""
    return rule_text(record) if isinstance(record, ReminderRule) else value_text("body", record, clinic)
