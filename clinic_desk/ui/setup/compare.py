"""What another desk saved of a record of the set-up meanwhile, and the record over it."""

from __future__ import annotations

from typing import Any

from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.compare import Difference, whole
from clinic_desk.ui.setup.drafts import Step
from clinic_desk.ui.setup.section import line_text


def differences(step: Step, now: Any, setup: Setup) -> list[Difference]:
    """Compare a record as wanted with how it stands. `now` None: it was removed."""
    area = step.area
    if now is None:
        return [whole(line_text(area.line(step.mine, setup)), "")]
    found = []
    for name in area.compared:
        mine, theirs = getattr(step.mine, name), getattr(now, name)
        base = getattr(step.base, name, None)
        if mine != base or theirs != base:
            words = (area.said(name, step.mine, setup), area.said(name, now, setup))
            found.append(Difference(name, area.label(name), *words, here=mine != base, there=theirs != base))
    return found


def merged(step: Step, now: Any, kept: frozenset[str]) -> Any:
    """Return the record over what another desk wrote, `kept` fields as wanted here; None: it stays removed."""
    if now is None:
        return step.area.fresh(step.mine) if kept else None
    return step.area.over(step.mine, now, kept)
