"""When a desk locks by itself: after how many idle minutes, and after how many hours the password is asked anyway."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import LockRules
from clinic_desk.domain.setup import SaveLockRules
from clinic_desk.services.setup import locking as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.area import Area, Line, Row, Work, plain_record
from clinic_desk.ui.setup.inputs import choice_input
from clinic_desk.ui.setup.words import minutes_text

translate = QCoreApplication.translate
_IDLE: Final = (1, 2, 3, 5, 10, 15, 20, 30, 60)
_SESSIONS: Final = (1, 2, 4, 6, 8, 10, 12, 16, 24)


def hours_text(hours: int) -> str:
    """Return `1 hour` or `12 hours`."""
    return translate("setup", "1 hour") if hours == 1 else translate("setup", "{count} hours").format(count=hours)


def _said(name: str, rules: LockRules, _setup: Setup) -> str:
    return hours_text(rules.session_hours) if name == "session_hours" else minutes_text(rules.idle_minutes)


def _saving(_base: Any, rules: LockRules, operation: UUID) -> Work:
    command = SaveLockRules(rules, operation)
    return lambda db: service.save_lock_rules(db, command)


def locking_area() -> Area:
    """Return the area of the lock."""
    title = translate("setup", "Lock")
    return Area(
        name="locking",
        title=title,
        about=translate(
            "setup",
            "When a desk that nobody uses shows the door. It holds at every desk at once; a person can have hers locked"
            " sooner, never later.",
        ),
        none_yet="",
        rows=(
            Row(
                "idle_minutes",
                translate("setup", "Without key or mouse"),
                choice_input(minutes_text),
                translate("setup", "What is open stays open under the lock, and messages go on."),
                offered=lambda _setup, _rules: [(minutes_text(each), each) for each in _IDLE],
            ),
            Row(
                "session_hours",
                translate("setup", "Password again after"),
                choice_input(hours_text),
                translate(
                    "setup",
                    "However busy the desk is: at the next pause of a minute, in a quarter of an hour anyway.",
                ),
                offered=lambda _setup, _rules: [(hours_text(each), each) for each in _SESSIONS],
            ),
        ),
        records=lambda setup: (setup.clinic.lock,),
        line=lambda _rules, _setup: Line(title),
        read=plain_record,
        said=_said,
        saving=_saving,
        is_single=True,
        compared=("idle_minutes", "session_hours"),
        key=lambda _rules: "locking",
        is_same=lambda _rules, _now: True,
    )
