"""What a person may be allowed or refused by name, beside what her group may; the database decides (`has_right`)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """A right by name, as the table `staff_right` writes it."""

    SQUEEZE_IN = "squeeze-in"
    OUTSIDE_HOURS = "outside-hours"
    MERGE = "merge"
    EXPORT = "export"
    STATISTICS = "statistics"
    HISTORY = "history"
    RESTRICTED = "restricted"


_DAILY: Final = frozenset({Right.SQUEEZE_IN, Right.OUTSIDE_HOURS, Right.MERGE})


def by_group(group: str) -> frozenset[Right]:
    """Return what a group (`reception`, ...) has, where nothing else was said of a person; as `has_right` does."""
    if group == "manager":
        return frozenset(Right)
    return _DAILY if group == "reception" else frozenset()
