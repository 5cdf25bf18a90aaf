"""A follow-up as it is asked for, "in 3 weeks", and which free times around that day are offered first. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.folding import fold
from clinic_desk.domain.typed_dates import ENGLISH, Vocabulary, parse_typed_date
from clinic_desk.domain.wall import to_wall

BEFORE: Final = timedelta(days=4)
AFTER: Final = timedelta(days=10)
"""Free times are looked for from so long before the day that was asked for until so long after it."""
_PER_DAY: Final = 2
_UNITS: Final = {
    "d": ("d", "day", "days", "tag", "tage", "tagen"),
    "w": ("w", "wk", "wks", "week", "weeks", "woche", "wochen"),
    "m": ("m", "mo", "month", "months", "monat", "monate", "monaten"),
    "y": ("y", "yr", "year", "years", "jahr", "jahre", "jahren"),
}
_UNIT_OF: Final = {word: unit for unit, words in _UNITS.items() for word in words}


def follow_up_day(text: str, today: date, *, day_first: bool = True, vocabulary: Vocabulary = ENGLISH) -> date | None:
    """Return the day that is meant by "3w", "3 weeks", "in 10 days", "3 Monate", or by a date; None if it is none.

    A day that is not to come is none: a follow-up is.
    """
    typed = re.sub(r"^in\s+", "", fold(text).strip())
    match = re.fullmatch(r"\+?\s*(\d{1,3})\s*([a-z]+)\.?", typed)
    unit = _UNIT_OF.get(match[2]) if match else None
    if match is not None and unit is not None:
        found = parse_typed_date(f"{match[1]}{unit}", today, vocabulary=ENGLISH)
    else:
        found = parse_typed_date(text, today, day_first=day_first, vocabulary=vocabulary)
    return found if found is not None and found > today else None


def nearest(
    slots: Iterable[FreeSlot], day: date, minute: int, zones: Mapping[UUID, str], limit: int = 9
) -> tuple[FreeSlot, ...]:
    """Return the free times to offer: those of the days nearest to `day` first, a later day before an earlier one.

    Of each day those nearest to the wall time `minute` (the last visit's), two at most. `zones`: by site id.
    """

    def distance(slot: FreeSlot) -> tuple[int, bool, int, int]:
        wall = to_wall(slot.starts_at, zones[slot.site_id])
        away = (wall.date() - day).days
        return abs(away), away < 0, abs(wall.hour * 60 + wall.minute - minute), wall.hour * 60 + wall.minute

    offered: list[FreeSlot] = []
    per_day: dict[tuple[int, bool], int] = {}
    for slot in sorted(slots, key=distance):
        which = distance(slot)[:2]
        if per_day.get(which, 0) < _PER_DAY:
            per_day[which] = per_day.get(which, 0) + 1
            offered.append(slot)
    return tuple(offered[:limit])
