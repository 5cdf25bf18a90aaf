"""Two records of one person: which fields the one that stays takes over, and what stands in the way. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AdministrativeGender, Channel, Entry, Patient

FIELDS: Final = (
    *("family_name", "given_name", "birth_date", "gender", "phone", "email", "channel", "language", "note"),
)
"""What is chosen field by field, in the order of the form."""


@dataclass(frozen=True, slots=True)
class MergePatients:
    """`kept` as it is to stay (its version the one the user saw), and the double that is to lead to it."""

    kept: Patient
    double_id: UUID
    double_version: int
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class SeparatePatients:
    """Take the merge of this operation back."""

    merge_id: UUID
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class KeepApart:
    """Two records that look alike are two people's; `apart` False: they may be one person's after all."""

    one_id: UUID
    other_id: UUID
    apart: bool = True
    row_id: UUID = field(default_factory=new_id)
    operation_id: UUID = field(default_factory=new_id)

    @property
    def name(self) -> str:
        """What the operation is called."""
        return "TwoPeople" if self.apart else "MaybeOne"


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge came to: the record that stays, the double, and how many appointments went over."""

    merge_id: UUID
    kept: Patient
    double: Patient
    moved: int


@dataclass(frozen=True, slots=True)
class Separated:
    """Both records again. `moved`: appointments that went back; `since`: those booked since the merge, which stay.

    `kept_fields`: fields that the merge had changed and somebody has changed since: they stay as they are.
    """

    kept: Patient
    double: Patient
    moved: int
    since: int
    kept_fields: tuple[str, ...] = ()


def proposed(kept: Patient, double: Patient) -> Patient:
    """Return `kept` with what only the double knows; where both know something, what `kept` says.

    "No messages" is an answer and stays, unless there was no address to send any to.
    """
    names = [name for name in FIELDS if name != "channel" or not (kept.phone or kept.email)]
    taken = {name: getattr(double, name) for name in names if _is_empty(getattr(kept, name))}
    if kept.note and double.note and double.note not in kept.note:
        taken["note"] = f"{kept.note}\n{double.note}"
    return replace(kept, **taken)


def _is_empty(value: object) -> bool:
    return value in ("", None, AdministrativeGender.UNKNOWN, Channel.NONE)


def differing(one: Patient, other: Patient) -> tuple[str, ...]:
    """Return the fields in which two records differ."""
    return tuple(name for name in FIELDS if getattr(one, name) != getattr(other, name))


def overlapping(entries: Iterable[Entry]) -> tuple[tuple[Entry, Entry], ...]:
    """Return the pairs of appointments, next to each other in time, of which one begins before the other is over."""
    rows = sorted(
        (entry for entry in entries if entry.appointment.status.occupies_time),
        key=lambda entry: (entry.appointment.starts_at, entry.id),
    )
    return tuple((one, other) for one, other in pairwise(rows) if other.appointment.starts_at < one.appointment.ends_at)
