"""A way of looking at the calendar that a person named: what of the screen it holds, and how it is written down. Pure.

What is read may have been written by an older or a newer program: whatever is not understood is as if it was not said.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any, Final
from uuid import UUID

from clinic_desk.errors import Refused

LONGEST_NAME: Final = 40
_CHOICES: Final = {
    "span": ("day", "week", "days"),
    "kind": ("practitioner", "room"),
    "pace": ("day", "workday", "week"),
}
_MOST_TEXT: Final = 200


class ViewsChanged(Refused):
    """The saved views are others by now: they were changed at another desk of the same person, or the name is taken."""

    def __init__(self) -> None:
        super().__init__("the saved views were changed meanwhile")


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What is shown, and how. The day is not part of it.

    `shown`: the chosen doctors (or rooms) in their order; empty: all. `of`: whose days, of a week or several days.
    `filter` and `sort` are the list's, by names of its own. `sides`: which sides of the window are open.
    """

    span: str = "day"
    kind: str = "practitioner"
    of: str = ""
    count: int = 3
    pace: str = "day"
    as_list: bool = False
    shown: tuple[str, ...] = ()
    step: int = 15
    sides: tuple[str, ...] = ("left", "right")
    sort: str = "time"
    backwards: bool = False
    typed: str = ""
    status: str = ""
    doctor: str = ""
    not_arrived: bool = False
    unconfirmed: bool = False
    failed: bool = False

    def to_text(self) -> str:
        """Return it as it is stored: a JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @property
    def resources(self) -> tuple[UUID, ...]:
        """The doctors or rooms it names, each once: chosen ones, whose days it shows, whom the list is filtered by."""
        return tuple(dict.fromkeys(UUID(each) for each in (*self.shown, self.of, self.doctor) if each))


def arrangement_of(text: str) -> Arrangement:
    """Return what a stored text says; what cannot be understood of it is left out."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return Arrangement()
    usual = Arrangement()
    known = {
        field.name: found[field.name]
        for field in fields(Arrangement)
        if field.name in found and _is_understood(field.name, found[field.name], getattr(usual, field.name))
    }
    for name in ("shown", "sides"):
        if name in known:
            known[name] = tuple(known[name])
    return Arrangement(**known)


def _is_understood(name: str, value: Any, usual: Any) -> bool:
    if isinstance(usual, tuple):
        is_list = isinstance(value, list) and len(value) <= _MOST_TEXT
        return is_list and all(isinstance(one, str) and (name != "shown" or _is_id(one)) for one in value)
    if type(value) is not type(usual):
        return False
    if name in _CHOICES:
        return value in _CHOICES[name]
    if name == "count":
        return 2 <= int(value) <= 7
    if name in {"of", "doctor"}:
        return value == "" or _is_id(value)
    return not isinstance(value, str) or len(value) <= _MOST_TEXT


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class SavedView:
    """One of a person's views. `place`: its order among them. `version` 0: it is not stored yet."""

    id: UUID
    name: str
    arrangement: Arrangement
    place: int = 0
    at_start: bool = False
    version: int = 0
