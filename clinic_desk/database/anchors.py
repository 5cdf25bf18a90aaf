"""The seals of the history that this PC has seen, kept in a file of its own: what the database's owner cannot reach.

A line per seal: when it was seen, its number, its digest. Of each day the last one is kept, and the latest some.
A restore that the database tells of explains why seals went; once there is a later one they lie in a file beside. There
is one file for each database of each server: PostgreSQL numbers a server when it is made, and only that tells a demo,
or a clinic that moved to a new server, from a history that was written anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from clinic_desk.domain.history_chain import Anchor, Restore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clinic_desk.database.engine import Database

_LATEST: Final = 100
_SERVER: Final = "(SELECT system_identifier::text FROM pg_control_system()), current_database()"
_SEAL: Final = f"SELECT no, digest, at, more, {_SERVER} FROM seal_history()"  # noqa: S608  # constants of this module only
_RESTORES: Final = "SELECT at, login, desk, taken_at, seals FROM restore"
_WHERE: Final = f"SELECT {_SERVER}"


def seal(db: Database, folder: Path | None) -> bool:
    """Seal what can be sealed of the history, and keep the last seal in mind; return whether more can be at once.

    `folder`: the program's data folder. Raises DatabaseDown, Busy, NotAllowed; OSError if it cannot be written to.
    """
    with db.writing() as connection:
        row = connection.exec_driver_sql(_SEAL).first()
        restores = [Restore(*each) for each in connection.exec_driver_sql(_RESTORES)] if row is not None else []
    if row is None:
        return False
    if folder is not None:
        _keep(_file(folder, row[4], row[5]), Anchor(row[0], bytes(row[1]), row[2]), restores)
    return bool(row[3])


def known(db: Database, folder: Path) -> tuple[Anchor, ...]:
    """Return the seals of this database that this PC has seen, the oldest first. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        server, name = connection.exec_driver_sql(_WHERE).one()
    return load(_file(folder, server, name))


def carry_over(db: Database, folder: Path, anchors: tuple[Anchor, ...]) -> None:
    """Keep seals in mind that were seen of this history at another server. Raises DatabaseDown, Busy, OSError."""
    with db.reading() as connection:
        server, name = connection.exec_driver_sql(_WHERE).one()
    for anchor in anchors:
        _keep(_file(folder, server, name), anchor)


def _file(folder: Path, server: str, database: str) -> Path:
    return folder / "history" / f"seals-{server}-{hashlib.sha256(database.encode()).hexdigest()[:12]}.jsonl"


def load(file: Path) -> tuple[Anchor, ...]:
    """Return the seals in a file, the oldest first; damaged lines are left out."""
    found = []
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return ()
    for line in lines:
        try:
            content = json.loads(line)
            at = datetime.fromisoformat(content["at"]).astimezone(UTC)
            found.append(Anchor(int(content["no"]), bytes.fromhex(content["digest"]), at))
        except (ValueError, TypeError, KeyError):
            continue
    return tuple(found)


def _keep(file: Path, anchor: Anchor, restores: Sequence[Restore] = ()) -> None:
    """Add a seal unless it is known. A number that was seen with another digest stays as it was seen first, unless it
    went with a restore before this seal: then it is put aside.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(file.with_suffix(".lock"), mode=0o600, timeout=5):
        seen = list(load(file))
        over = [restore for restore in restores if not restore.explains(anchor)]
        gone = [one for one in seen if any(restore.explains(one) for restore in over)]
        if gone:
            aside = file.with_suffix(".before-restore")
            _write(aside, [*load(aside), *gone])
            seen = [one for one in seen if one not in gone]
        if any(one.no >= anchor.no for one in seen):
            return
        days = {one.at.date(): one for one in seen[:-_LATEST]}
        _write(file, [*days.values(), *seen[-_LATEST:], anchor])


def _write(file: Path, anchors: Sequence[Anchor]) -> None:
    draft = file.with_name(f"{file.name}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        for one in anchors:
            line = {"at": one.at.astimezone(UTC).isoformat(), "no": one.no, "digest": one.digest.hex()}
            stream.write(json.dumps(line) + "\n")
    draft.replace(file)
