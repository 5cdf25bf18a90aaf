"""What can become of each patient whom an absence hits, and what was chosen; no two choices clash. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.away import CarryOut, Proposal, Saving, Step, meet, step_to
from clinic_desk.domain.commands import Park
from clinic_desk.services.away import Looked


class Way(Enum):
    """What becomes of a patient."""

    MOVED = "moved"
    PARKED = "parked"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Choice:
    """One way; `slot` is the new time with MOVED."""

    way: Way
    slot: FreeSlot | None = None


PARKED = Choice(Way.PARKED)
LEFT = Choice(Way.LEFT)
Chosen = Mapping[UUID, Choice]


def choice_of(proposal: Proposal, chosen: Chosen) -> Choice:
    """Return what becomes of a patient: what was chosen if it can still be had, else the first time proposed."""
    was = chosen.get(proposal.entry.id)
    if was is not None and (was.slot is None or was.slot in proposal.offers):
        return was
    return Choice(Way.MOVED, proposal.offers[0]) if proposal.offers else LEFT


def options_of(proposal: Proposal, proposals: Sequence[Proposal], chosen: Chosen) -> tuple[Choice, ...]:
    """Return what can be chosen for a patient: no time that the choice for another takes."""
    others = [
        (other.entry.appointment, slot)
        for other in proposals
        if other.entry.id != proposal.entry.id and (slot := choice_of(other, chosen).slot) is not None
    ]
    row = proposal.entry.appointment
    free = [slot for slot in proposal.offers if not any(meet(row, slot, other, its) for other, its in others)]
    return (*(Choice(Way.MOVED, slot) for slot in free), PARKED, LEFT)


def kept(proposals: Iterable[Proposal], chosen: Chosen, besides: frozenset[UUID]) -> dict[UUID, FreeSlot]:
    """Return the times that stay promised while it is looked again, but for the patients `besides`."""
    found = ((one.entry.id, choice_of(one, chosen).slot) for one in proposals if one.entry.id not in besides)
    return {row_id: slot for row_id, slot in found if slot is not None}


def plan_of(looked: Looked, save: Saving | None, chosen: Chosen, *, tell: bool, tell_parked: bool) -> CarryOut:
    """Return the command that carries out what is chosen."""
    steps: list[Step] = []
    left: set[UUID] = set()
    for one in looked.proposals:
        choice, row = choice_of(one, chosen), one.entry.appointment
        if choice.slot is not None:
            steps.append(step_to(row, choice.slot, tell=tell))
        elif choice.way is Way.PARKED:
            steps.append(Park(row.id, row.version, tell_patient=tell_parked))
        else:
            left.add(row.id)
    return CarryOut(looked.away, save, tuple(steps), frozenset(left))


def number_of(proposals: Iterable[Proposal], chosen: Chosen, way: Way) -> int:
    """Return how many go this way."""
    return sum(choice_of(one, chosen).way is way for one in proposals)
