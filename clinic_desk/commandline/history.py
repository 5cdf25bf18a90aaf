"""The commands about the history of all changes: what was changed by whom, and is it whole?"""

from __future__ import annotations

import sys
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.commandline import lookup
from clinic_desk.commandline.appointments import Answer, Work
from clinic_desk.commandline.documents import plain
from clinic_desk.commandline.output import write
from clinic_desk.commandline.usage import Usage
from clinic_desk.domain.history_chain import Finding, Problem, Restore
from clinic_desk.domain.history_list import ChangeKind, Wanted
from clinic_desk.domain.wall import day_bounds
from clinic_desk.services.exporting.lists import Listing, Target, save_list
from clinic_desk.services.history_list import changes, is_as_on_paper, writers
from clinic_desk.services.history_verify import look_through

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from clinic_desk.database.engine import Database

NOT_SOUND: Final = 1
"""The exit code when something is wrong with the history, as when something is refused."""

_WORDS: Final = {
    Problem.ANCHOR: "seal {seal}, which this PC saw on {at}, is missing or another one: the end of the history was cut "
    "off or written anew, and no restore that is recorded explains it",
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


def list_(work: Work, arguments: argparse.Namespace) -> Answer:
    """List changes, the latest first, in the words of the window; with --csv also into a file."""
    from clinic_desk.ui.history.words import by_text, what_text, when_text, whose_text  # words are Qt's

    zone = work.clinic.sites[0].zone if work.clinic.sites else "UTC"
    doctor = arguments.practitioner
    wanted = Wanted(
        login=_login(work, arguments.who),
        desk_id=_desk(work, arguments.desk),
        since=_start(work, "from", arguments.from_, zone),
        until=_start(work, "to", arguments.to, zone, days=1),
        kind=None if arguments.kind is None else ChangeKind(arguments.kind),
        record=arguments.record,
        practitioner_id=None if doctor is None else lookup.practitioner(work.clinic, doctor).id,
    )
    page = changes(work.database, wanted, limit=arguments.limit)
    rows = tuple(
        (when_text(one, zone), by_text(one), whose_text(one), what_text(one, work.clinic)) for one in page.changes
    )
    if arguments.csv is not None:
        listing = Listing("history", "history", ("When", "Who", "Patient", "What"), rows)
        save_list(work.database, listing, Target(arguments.csv, overwrite=arguments.overwrite), work.operation_id)
    document = {
        "changes": [
            plain(one) | {"patient": whose, "what": what}
            for one, (_, _, whose, what) in zip(page.changes, rows, strict=True)
        ],
        "more": page.more,
    }
    lines = [f"{when}  {by}: {what}" + ("" if whose == "–" else f" [{whose}]") for when, by, whose, what in rows]
    if page.more:
        lines.append(f"and earlier ones: the latest {arguments.limit} are listed")
    return Answer(document, tuple(lines))


def _start(work: Work, field: str, typed: str | None, zone: str, days: int = 0) -> datetime | None:
    if typed is None:
        return None
    return day_bounds(lookup.day(field, typed, work.now, zone) + timedelta(days=days), zone)[0]


def _login(work: Work, who: str | None) -> str | None:
    """Return a person's login; of somebody who left the history may know the login alone."""
    if who is None:
        return None
    wanted = who.casefold()
    known = (login for login, name in work.clinic.staff.items() if wanted in (login.casefold(), name.casefold()))
    return next(known, who)


def _desk(work: Work, name: str | None) -> UUID | None:
    if name is None:
        return None
    known = {desk.name.casefold(): desk.id for desk in writers(work.database)}
    if name.casefold() not in known:
        raise Usage(field="desk", expected=f"the name of a desk, got {name!r}")
    return known[name.casefold()]


def verify(database: Database, data: Path, on_paper: Sequence[tuple[int, str]] = ()) -> Answer:
    """Read the history through; say what is wrong, where, and how much was looked at.

    `on_paper`: seals as they stand on printed changes, which are compared too.
    """
    shown = sys.stderr is not None and sys.stderr.isatty()
    result = look_through(database, data, tell=_tell if shown else None)
    if shown:
        write(sys.stderr, "\r")
    held = {no: is_as_on_paper(database, no, start) for no, start in on_paper}
    lines = [f"seal {no} is {'as' if same else 'NOT as'} on the paper" for no, same in held.items()]
    lines += [_line(one) for one in result.findings]
    if result.more:
        lines.append("and more")
    lines += [_restore_line(one) for one in result.restores]
    if result.explained:
        lines.append(f"{result.explained} seals that this PC knew went with that")
    rate = int(result.rows / max(result.seconds, 0.001))
    erased = f", {result.blanked} with erased or closed fields" if result.blanked else ""
    lines.append(
        f"{result.rows} changes in {result.seals} seals{erased}, the last {result.unsealed} not sealed yet; "
        f"{result.anchors} seals known to this PC; {result.seconds:.1f} s, {rate} changes a second"
    )
    sound = result.is_sound and all(held.values())
    lines.append("the history is whole" if sound else "the history is NOT whole")
    paper = [{"seal": no, "as_on_paper": same} for no, same in held.items()]
    return Answer(plain(result) | {"sound": sound, "paper": paper}, tuple(lines), 0 if sound else NOT_SOUND)


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


def _restore_line(one: Restore) -> str:
    at, taken = (when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") for when in (one.at, one.taken_at))
    return f"on {at} {one.login} at {one.desk or 'an unnamed desk'} had the backup of {taken} restored"


def _tell(done: int, total: int) -> None:
    write(sys.stderr, f"\r{done} of {total} changes")
