"""What a person may be allowed or refused by name, beside what her group may; the database decides (`has_right`)."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """A right by name, as the table `staff_right` writes it."""

    SQUEEZE_IN = "squeeze-in"
    OUTSIDE_HOURS = "outside-hours"
    MERGE = "merge"
    EXPORT = "export"
    STATISTICS = "statistics"
    HISTORY = "history"
    RESTRICTED = "restricted"
