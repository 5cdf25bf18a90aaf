"""What a drag makes of one day's spans: a new one, one moved, or one made longer or shorter. Pure; in minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from clinic_desk.ui.setup.days import Windows

SNAP: Final = 15
_DAY: Final = 1440


@dataclass(frozen=True, slots=True)
class Grip:
    """What was taken hold of: span `index` (None: a free place) by its start, its end or whole, at `minute`."""

    index: int | None
    part: Literal["start", "end", "whole"]
    minute: int


def snapped(minute: float) -> int:
    """Return the nearest quarter of an hour within the day."""
    return min(max(round(minute / SNAP) * SNAP, 0), _DAY)


def grip_at(windows: Windows, minute: float, reach: float) -> Grip:
    """Return what lies at a minute; `reach` is how near (in minutes) an end must be to be taken hold of."""
    for index, (start, end) in enumerate(windows):
        if abs(minute - end) <= reach and (minute <= end or not _begins(windows, minute)):
            return Grip(index, "end", round(minute))
        if abs(minute - start) <= reach:
            return Grip(index, "start", round(minute))
        if start < minute < end:
            return Grip(index, "whole", round(minute))
    return Grip(None, "whole", snapped(minute))


def _begins(windows: Windows, minute: float) -> bool:
    return any(start <= minute < end for start, end in windows)


def dragged(windows: Windows, grip: Grip, minute: float) -> Windows:
    """Return the spans when what `grip` holds is dragged to a minute; nothing passes its neighbours.

    A span that is made nothing is gone.
    """
    if grip.index is None:
        return _drawn(windows, grip.minute, minute)
    start, end = windows[grip.index]
    least, most = _room(windows, grip.index)
    if grip.part == "start":
        start = min(max(snapped(minute), least), end)
    elif grip.part == "end":
        end = max(min(snapped(minute), most), start)
    else:
        length = end - start
        by = min(max(snapped(start + minute - grip.minute), least), most - length) - start
        start, end = start + by, end + by
    return _with(windows, grip.index, (start, end))


def without(windows: Windows, index: int) -> Windows:
    """Return the spans without one."""
    return windows[:index] + windows[index + 1 :]


def _drawn(windows: Windows, anchor: int, minute: float) -> Windows:
    least = max((end for _, end in windows if end <= anchor), default=0)
    most = min((start for start, _ in windows if start >= anchor), default=_DAY)
    to = min(max(snapped(minute), least), most)
    span = (min(anchor, to), max(anchor, to))
    return windows if span[0] == span[1] else tuple(sorted((*windows, span)))


def _room(windows: Windows, index: int) -> tuple[int, int]:
    least = windows[index - 1][1] if index else 0
    most = windows[index + 1][0] if index + 1 < len(windows) else _DAY
    return least, most


def _with(windows: Windows, index: int, span: tuple[int, int]) -> Windows:
    made = [span if at == index else each for at, each in enumerate(windows)]
    return tuple(each for each in made if each[0] < each[1])
