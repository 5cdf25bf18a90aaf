"""What can be done with each date of a series that is planned, and what was chosen. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.commands import Book, Update
from clinic_desk.domain.series import PlannedDate, put_all_the_same, put_instead


class Way(Enum):
    """What becomes of a date."""

    AS_PLANNED = "as planned"
    INSTEAD = "instead"
    ANYWAY = "anyway"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to deal with a date; `slot` is the free time with INSTEAD."""

    way: Way
    slot: FreeSlot | None = None


LEFT_OUT = Choice(Way.LEFT_OUT)
Chosen = Mapping[date, Choice]


def options_of(planned: PlannedDate) -> tuple[Choice, ...]:
    """Return what can be chosen for a date that was looked at; the first is proposed."""
    if planned.is_free:
        return Choice(Way.AS_PLANNED), LEFT_OUT
    instead = tuple(Choice(Way.INSTEAD, slot) for slot in planned.replacements)
    anyway = (Choice(Way.ANYWAY),) if planned.may_stand else ()
    return (*instead, LEFT_OUT, *anyway) if not instead else (*instead, *anyway, LEFT_OUT)


def choice_of(planned: PlannedDate, chosen: Chosen) -> Choice:
    """Return what is chosen for a date: what was, if it can still be had, else what is proposed."""
    options = options_of(planned)
    was = chosen.get(planned.day)
    return was if was is not None and was in options else options[0]


def step_of(planned: PlannedDate, choice: Choice) -> Book | Update | None:
    """Return the booking or change that a choice comes to; None: this date is left out."""
    match choice.way:
        case Way.AS_PLANNED:
            return planned.step
        case Way.ANYWAY:
            return put_all_the_same(planned)
        case Way.INSTEAD if choice.slot is not None:
            return put_instead(planned, choice.slot)
    return None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many dates go where."""

    as_planned: int = 0
    moved: int = 0
    anyway: int = 0
    left_out: int = 0

    @property
    def kept(self) -> int:
        """How many are not left out."""
        return self.as_planned + self.moved + self.anyway


def tally_of(dates: Iterable[PlannedDate], chosen: Chosen) -> Tally:
    """Count the dates by what is chosen for them."""
    ways = [choice_of(one, chosen).way for one in dates]
    return Tally(*(ways.count(way) for way in Way))
