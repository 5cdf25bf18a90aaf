"""What the history's seals are made of, and what a look through it can find wrong. Pure; as sql/0005/70_history.sql.

A seal is the SHA-256 of the seal before it, of which rows it covers, and of the digests of these rows. What a row says
of a patient goes in by a salted digest of its own, which is all that is left of it when her data is erased.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

PERSONAL: Final[Mapping[str, tuple[str, ...]]] = {
    "patient": ("family_name", "given_name", "birth_date", "gender", "phone", "email", "note"),
    "appointment": ("note",),
    "wish": ("note",),
    "contact_note": ("address", "reason"),
}
"""The fields of each table that tell of a patient: `blank_history()` erases them, everything else stays provable."""

MADE_WITH_THE_SCHEMA: Final = "00000000-0000-7000-8000-"
"""So begin the ids of rows that were there before anybody changed them: their history begins with the first change."""


class Problem(StrEnum):
    """What can be wrong, the gravest first."""

    ANCHOR = "anchor"
    """A seal that this PC has seen is not there any more, or another one."""
    SEALS_MISSING = "seals-missing"
    SEAL_CHANGED = "seal-changed"
    """The rows are as they were sealed, but the seal itself is not."""
    ROW_CHANGED = "row-changed"
    ROW_REMOVED = "row-removed"
    ROW_ADDED = "row-added"
    """A row that was not there when its part of the history was sealed."""
    ROWS_DIFFER = "rows-differ"
    """Rows of a seal are not as they were, and the seal does not say which."""
    UNKNOWN_ERASURE = "unknown-erasure"
    """Fields were erased by no act that the history knows."""
    BEGINNING = "beginning"
    """The history of a record does not begin with its making."""
    HOLE = "hole"
    """Versions of a record are missing."""
    BETWEEN = "between"
    """A record was not, before a change, what the change before left."""
    UNRECORDED = "unrecorded"
    """A record is not as its last change in the history left it."""
    WITHOUT_HISTORY = "without-history"
    GONE = "gone"
    """A record is not there any more, and no deletion is in the history."""
    NOT_RECORDING = "not-recording"
    """A trigger that records or protects is switched off."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. What does not apply is None or empty.

    `row`: the number of a row of the history; `seal`: of a seal; `last_seal`: of the last of several. `fields`: names
    of columns, never what they hold. `at`: when the row was written, or an anchor was taken.
    """

    problem: Problem
    table: str = ""
    record: UUID | None = None
    version: int | None = None
    row: int | None = None
    seal: int | None = None
    last_seal: int | None = None
    fields: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seal:
    """A link of the chain as it is stored. `at`: as its digest has it."""

    no: int
    first_id: int
    last_id: int
    count: int
    digest: bytes
    marks: bytes
    at: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A seal that was seen at some moment, kept outside the database."""

    no: int
    digest: bytes
    at: datetime


PAPER_SEAL: Final = re.compile(r"(?P<no>[0-9]{1,18}):(?P<start>[0-9a-f]{16,64})")
"""A seal as it stands on paper once what separates its digits for the eye is left out."""


def on_paper(seal: Anchor) -> str:
    """Return `312:3fa9-12cd-88e0-77aa`: the seal's number, and as much of its digest as nobody hits upon by chance."""
    digits = seal.digest.hex()
    return f"{seal.no}:{'-'.join(digits[at : at + 4] for at in range(0, 16, 4))}"


def from_paper(text: str) -> tuple[int, str]:
    """Return the number of a seal on paper and the beginning of its digest. Raises ValueError for anything else."""
    found = PAPER_SEAL.fullmatch(re.sub(r"[-\s]", "", text).lower())
    if found is None:
        raise ValueError(text)
    return int(found["no"]), found["start"]


@dataclass(frozen=True, slots=True)
class Restore:
    """A backup that became this clinic at the moment `at`, as `login` had it at `desk`. It holds the state of
    `taken_at`; its history had `seals` seals.
    """

    at: datetime
    login: str
    desk: str
    taken_at: datetime
    seals: int

    def explains(self, anchor: Anchor) -> bool:
        """Whether a seal that was seen went with what this one took the place of."""
        return anchor.no > self.seals and anchor.at <= self.at


def row_digest(fixed: str, personal: str | None, blanked: bytes | None) -> bytes:
    """Return the digest of a row of the history. `personal`: with its salt; None where `blanked` stands for it."""
    inner = blanked if blanked is not None else hashlib.sha256((personal or "").encode()).digest()
    return hashlib.sha256(fixed.encode() + inner).digest()


def seal_digest(previous: bytes, seal: Seal, digests: Sequence[bytes]) -> bytes:
    """Return what a seal's digest must be. `previous`: of the seal before, empty for the first; `digests`: by id."""
    head = f"{seal.no}|{seal.first_id}|{seal.last_id}|{seal.count}|{seal.at}"
    return hashlib.sha256(previous + head.encode() + b"".join(digests)).digest()


def compared_to_marks(seal: Seal, rows: Sequence[tuple[int, bytes]]) -> Iterator[Finding]:
    """Say how the rows (id, digest) of a broken seal differ from those it was made of."""
    whole = len(seal.marks) % 16 == 0
    marks: dict[int, bytes] = dict(struct.iter_unpack(">q8s", seal.marks)) if whole else {}
    if len(marks) != seal.count:
        yield Finding(Problem.ROWS_DIFFER, seal=seal.no)
        return
    found = dict(rows)
    before = True
    for number in sorted(marks.keys() | found.keys()):
        if number not in found:
            yield Finding(Problem.ROW_REMOVED, row=number, seal=seal.no)
        elif number not in marks:
            yield Finding(Problem.ROW_ADDED, row=number, seal=seal.no)
        elif found[number][:8] != marks[number]:
            yield Finding(Problem.ROW_CHANGED, row=number, seal=seal.no)
        else:
            continue
        before = False
    if before:
        yield Finding(Problem.SEAL_CHANGED, seal=seal.no)


def differing(
    table: str, earlier: Mapping[str, Any] | None, later: Mapping[str, Any] | None, *, blanked: bool = False
) -> tuple[str, ...]:
    """Return the fields in which two images of one row differ that should be the same.

    A column that only one of them has was added or dropped by an upgrade between. The same instant may be written in
    two zones. `blanked`: one of the two was erased, so what tells of the patient is not compared.
    """
    if earlier is None or later is None:
        return () if earlier is later else ("*",)
    ignored = frozenset(PERSONAL.get(table, ())) if blanked else frozenset()
    common = (earlier.keys() & later.keys()) - ignored
    return tuple(sorted(name for name in common if not _same(earlier[name], later[name])))


def _same(one: object, other: object) -> bool:
    if one == other:
        return True
    if not (isinstance(one, str) and isinstance(other, str) and "T" in one and "T" in other):
        return False
    try:
        first, second = datetime.fromisoformat(one), datetime.fromisoformat(other)
    except ValueError:
        return False
    return first.tzinfo is not None and second.tzinfo is not None and first == second
