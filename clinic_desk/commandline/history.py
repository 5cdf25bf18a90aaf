"""The commands about the history of all changes: is it whole?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from clinic_desk.commandline.appointments import Answer
from clinic_desk.commandline.documents import plain
from clinic_desk.commandline.output import write
from clinic_desk.domain.history_chain import Finding, Problem
from clinic_desk.services.history_verify import look_through

if TYPE_CHECKING:
    from pathlib import Path

    from clinic_desk.database.engine import Database

NOT_SOUND: Final = 1
"""The exit code when something is wrong with the history, as when something is refused."""

_WORDS: Final = {
    Problem.ANCHOR: "seal {seal}, which this PC saw on {at}, is missing or another one: the end of the history was cut "
    "off or written anew, or an older backup was restored",
    Problem.SEALS_MISSING: "seals {seal} to {last_seal} are missing",
    Problem.SEAL_CHANGED: "seal {seal} was changed",
    Problem.ROW_CHANGED: "row {row} of the history was changed after it was sealed (seal {seal})",
    Problem.ROW_REMOVED: "row {row} of the history was removed after it was sealed (seal {seal})",
    Problem.ROW_ADDED: "row {row} of the history was added after its time was sealed (seal {seal})",
    Problem.ROWS_DIFFER: "the rows of seal {seal} are not those that were sealed",
    Problem.UNKNOWN_ERASURE: "row {row} of the history was erased by no act that is recorded",
    Problem.BEGINNING: "the history of {record} begins with row {row}, which is not its making",
    Problem.HOLE: "the history of {record} has a hole before version {version} (row {row}, {at})",
    Problem.BETWEEN: "{record} was changed without a trace before version {version} (row {row}, {at}): {fields}",
    Problem.UNRECORDED: "{record} is not as its last recorded change left it (row {row}, {at}): {fields}",
    Problem.WITHOUT_HISTORY: "{record} has no history at all",
    Problem.GONE: "{record} is not there any more, and no deletion is recorded (made in row {row}, {at})",
    Problem.NOT_RECORDING: "table {table}: what records or protects its changes is switched off",
}


def verify(database: Database, data: Path) -> Answer:
    """Read the history through; say what is wrong, where, and how much was looked at."""
    shown = sys.stderr is not None and sys.stderr.isatty()
    result = look_through(database, data, tell=_tell if shown else None)
    if shown:
        write(sys.stderr, "\r")
    lines = [_line(one) for one in result.findings]
    if result.more:
        lines.append("and more")
    rate = int(result.rows / max(result.seconds, 0.001))
    erased = f", {result.blanked} with erased fields" if result.blanked else ""
    lines.append(
        f"{result.rows} changes in {result.seals} seals{erased}, the last {result.unsealed} not sealed yet; "
        f"{result.anchors} seals known to this PC; {result.seconds:.1f} s, {rate} changes a second"
    )
    lines.append("the history is whole" if result.is_sound else "the history is NOT whole")
    return Answer(plain(result) | {"sound": result.is_sound}, tuple(lines), 0 if result.is_sound else NOT_SOUND)


def _line(one: Finding) -> str:
    values = {
        "table": one.table,
        "record": f"{one.table} {one.record}",
        "version": one.version,
        "row": one.row,
        "seal": one.seal,
        "last_seal": one.last_seal,
        "fields": ", ".join(one.fields) or "all of it",
        "at": "" if one.at is None else one.at.isoformat(sep=" ", timespec="seconds"),
    }
    return _WORDS[one.problem].format(**values)


def _tell(done: int, total: int) -> None:
    write(sys.stderr, f"\r{done} of {total} changes")
