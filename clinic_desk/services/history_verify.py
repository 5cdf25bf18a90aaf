"""Reads the whole history through and says what is wrong with it: seals, anchors, and each record's own story.

What it finds: a row of the history that was changed, removed or added since it was sealed; a seal that was; seals at
the end that were taken away, if this PC has seen them; a record whose changes do not follow one from the other, or that
is not as its last change left it. What it cannot know is told in sql/0005/70_history.sql.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database import anchors
from clinic_desk.database.long_reading import LongReading, long_reading
from clinic_desk.database.queries import verify as queries
from clinic_desk.domain.history_chain import (
    MADE_WITH_THE_SCHEMA,
    Anchor,
    Finding,
    Problem,
    Restore,
    Seal,
    compared_to_marks,
    differing,
    row_digest,
    seal_digest,
)
from clinic_desk.domain.rights import Right
from clinic_desk.errors import NotAllowed, Unavailable
from clinic_desk.services.importing.plan import Cancelled

if TYPE_CHECKING:
    from pathlib import Path

    from clinic_desk.database.engine import Database

MOST_FINDINGS: Final = 200
"""So many are told; more is no news."""
_TELL_EVERY: Final = 5000
_SEALS_AT_ONCE: Final = 4
_MAY_LOOK: Final = "SELECT has_right('history') OR pg_has_role(session_user, 'clinic_owner', 'MEMBER')"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look through the history found. `findings` may be cut (`more`); `blanked`: rows whose fields were erased.

    `anchors`: how many seals known to this PC were held against the chain. `restores`: when a backup became this
    clinic, the oldest first; `explained`: how many of the seals known to this PC went with one.
    """

    rows: int
    seals: int
    unsealed: int
    blanked: int
    anchors: int
    seconds: float
    findings: tuple[Finding, ...] = ()
    more: bool = False
    restores: tuple[Restore, ...] = ()
    explained: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


def look_through(
    db: Database,
    data: Path,
    tell: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Verified:
    """Hold the history against the seals that this PC has seen (below the folder `data`), and keep the last in mind.

    A history that is not whole is not sealed on, and its last seal is not remembered. As `verify_history` otherwise.
    """
    result = verify_history(db, anchors.known(db, data), tell, stop)
    if result.is_sound:
        with suppress(OSError, Unavailable):  # next time, then
            anchors.seal(db, data)
    return result


def verify_history(
    db: Database,
    known: tuple[Anchor, ...] = (),
    tell: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Verified:
    """Read everything as of one moment, in bounded memory; desks go on working, and what they do meanwhile is not seen.

    `known`: seals that were seen before.
    `tell(rows read, rows in all)` and `stop` as it goes. Raises NotAllowed (without the right `history`), Cancelled,
    DatabaseDown, Busy.
    """
    began = time.monotonic()
    with long_reading(db) as reading:
        if not next(reading.rows(_MAY_LOOK))[0]:
            raise NotAllowed(Right.HISTORY)
        look = _Look(reading, {anchor.no: anchor for anchor in known}, tell, stop)
        findings = tuple(islice(look.findings(), MOST_FINDINGS + 1))
    return Verified(
        look.rows,
        look.seals,
        look.unsealed,
        look.blanked,
        len(known),
        time.monotonic() - began,
        findings[:MOST_FINDINGS],
        more=len(findings) > MOST_FINDINGS,
        restores=look.restores,
        explained=look.explained,
    )


class _Look:
    """One look through the history, and what it has counted so far."""

    def __init__(
        self,
        reading: LongReading,
        anchors: dict[int, Anchor],
        tell: Callable[[int, int], None] | None,
        stop: Callable[[], bool] | None,
    ) -> None:
        self._reading = reading
        self._anchors = anchors
        self._tell = tell
        self._stop = stop
        self.rows = self.seals = self.unsealed = self.blanked = self.explained = 0
        self.restores = tuple(Restore(*row) for row in reading.rows(queries.RESTORES))

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong, the chain first."""
        yield from self._chain()
        yield from self._steps()
        yield from self._as_it_stands()

    # --- the chain ---

    def _chain(self) -> Iterator[Finding]:
        rows = self._digests()
        ahead = next(rows, None)
        known = b"", b""  # the digest of the seal before: as it is stored, and as it should be
        expected, next_id = 1, 1
        for row in self._reading.rows(queries.SEALS, many=_SEALS_AT_ONCE):
            seal = Seal(row[0], row[1], row[2], row[3], bytes(row[4]), bytes(row[5]), row[6])
            if seal.no != expected:
                yield Finding(Problem.SEALS_MISSING, seal=expected, last_seal=seal.no - 1)
                known = b"", b""
            inside: list[tuple[int, bytes]] = []
            while ahead is not None and ahead[0] <= seal.last_id:
                if seal.no == expected or ahead[0] >= seal.first_id:
                    inside.append(ahead[:2])
                yield from ahead[2]
                ahead = next(rows, None)
            digests = [digest for _, digest in inside]
            made = [seal_digest(one, seal, digests) for one in known]
            if seal.digest not in made and (seal.no == expected or not _as_marked(seal, inside)):
                yield from compared_to_marks(seal, inside)
            elif seal.first_id != next_id and seal.no == expected:
                yield Finding(Problem.SEAL_CHANGED, seal=seal.no)
            yield from self._anchored(seal)
            known, expected, next_id = (seal.digest, made[1]), seal.no + 1, seal.last_id + 1
            self.seals += 1
        while ahead is not None:
            self.unsealed += 1
            yield from ahead[2]
            ahead = next(rows, None)
        for anchor in sorted(self._anchors.values(), key=lambda one: one.no):
            yield from self._missed(anchor)

    def _anchored(self, seal: Seal) -> Iterator[Finding]:
        anchor = self._anchors.pop(seal.no, None)
        if anchor is not None and anchor.digest != seal.digest:
            yield from self._missed(anchor)

    def _missed(self, anchor: Anchor) -> Iterator[Finding]:
        """A seal that was seen is not there as it was: a restore that is told of may be why."""
        if any(restore.explains(anchor) for restore in self.restores):
            self.explained += 1
        else:
            yield Finding(Problem.ANCHOR, seal=anchor.no, at=anchor.at)

    def _digests(self) -> Iterator[tuple[int, bytes, tuple[Finding, ...]]]:
        """Yield id and digest of each row, and what is wrong with it by itself."""
        acts = {row[0] for row in self._reading.rows(queries.BLANKS)}
        total = next(self._reading.rows(queries.COUNT))[0]
        for number, fixed, personal, blanked, blank_id in self._reading.rows(queries.ROWS):
            self.rows += 1
            wrong: tuple[Finding, ...] = ()
            if blanked is not None:
                self.blanked += 1
                if blank_id not in acts:
                    wrong = (Finding(Problem.UNKNOWN_ERASURE, row=number),)
            if self.rows % _TELL_EVERY == 0:
                self._breathe(total)
            yield number, row_digest(fixed, personal, None if blanked is None else bytes(blanked)), wrong
        self._breathe(total)

    def _breathe(self, total: int) -> None:
        if self._stop is not None and self._stop():
            raise Cancelled
        if self._tell is not None:
            self._tell(self.rows, total)

    # --- each record's own story ---

    def _steps(self) -> Iterator[Finding]:
        for row in self._reading.rows(queries.STEPS):
            self._breathe(self.rows)
            number, table, record, action, version, at, before, was, was_version, was_action, blanked = row
            where: dict[str, Any] = {"table": table, "record": record, "version": version, "row": number, "at": at}
            if was_action in (None, "delete"):
                yield Finding(Problem.BEGINNING, **where)
            elif action == "insert" or version != was_version + 1:
                yield Finding(Problem.HOLE, **where)
            elif fields := differing(table, was, before, blanked=blanked):
                yield Finding(Problem.BETWEEN, fields=fields, **where)

    def _as_it_stands(self) -> Iterator[Finding]:
        for table, statement in queries.AS_IT_STANDS.items():
            for record, version, image, number, action, after, blanked, at in self._reading.rows(statement):
                where: dict[str, Any] = {"table": table, "record": record, "version": version, "row": number, "at": at}
                if number is None:
                    if not (version == 1 and str(record).startswith(MADE_WITH_THE_SCHEMA)):
                        yield Finding(Problem.WITHOUT_HISTORY, **where)
                elif action == "delete":
                    yield Finding(Problem.UNRECORDED, **where)
                elif fields := differing(table, after, image, blanked=blanked):
                    yield Finding(Problem.UNRECORDED, fields=fields, **where)
            self._breathe(self.rows)
        for number, table, record, at in self._reading.rows(queries.GONE):
            yield Finding(Problem.GONE, table=table, record=UUID(str(record)), row=number, at=at)
        for (table,) in self._reading.rows(queries.SWITCHED_OFF, {"tables": list(queries.RECORDED)}):
            yield Finding(Problem.NOT_RECORDING, table=table)


def _as_marked(seal: Seal, rows: list[tuple[int, bytes]]) -> bool:
    """Whether a seal's rows are those it marked: all that can be said of one whose predecessor is missing."""
    return seal.marks == b"".join(number.to_bytes(8, "big") + digest[:8] for number, digest in rows)
