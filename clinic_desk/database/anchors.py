"""The seals of the history that this PC has seen, kept in a file of its own: what the database's owner cannot reach.

A line per seal: when it was seen, its number, its digest. Of each day the last one is kept, and the latest some.
Whoever restores an older backup, or begins anew, is told of it by the next `verify-history`; who knows why removes the
file.
"""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from filelock import FileLock

from clinic_desk.domain.history_chain import Anchor

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.database.engine import Database

_LATEST: Final = 100
_SEAL: Final = "SELECT no, digest, at, more FROM seal_history()"


def anchor_file(folder: Path, url: URL) -> Path:
    """Return the file for a database below a data folder. A local server may have another port each time."""
    hosts = url.normalized_query.get("host", ())
    place = "\n".join([url.host or "", *sorted(hosts), url.database or ""])
    return folder / "history" / f"seals-{hashlib.sha256(place.encode()).hexdigest()[:12]}.jsonl"


def seal(db: Database, file: Path | None) -> bool:
    """Seal what can be sealed of the history, and keep the last seal in mind; return whether more can be at once.

    Raises DatabaseDown, Busy, NotAllowed; OSError if the file cannot be written.
    """
    with db.writing() as connection:
        row = connection.exec_driver_sql(_SEAL).first()
    if row is None:
        return False
    if file is not None:
        _keep(file, Anchor(row[0], bytes(row[1]), row[2]))
    return bool(row[3])


def load(file: Path) -> tuple[Anchor, ...]:
    """Return the seals this PC has seen, the oldest first; damaged lines are left out."""
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


def _keep(file: Path, anchor: Anchor) -> None:
    """Add a seal unless it is known. A number that was seen with another digest stays as it was seen first."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(file.with_suffix(".lock"), mode=0o600, timeout=5):
        known = load(file)
        if any(one.no >= anchor.no for one in known):
            return
        days = {one.at.date(): one for one in known[:-_LATEST]}
        _write(file, [*days.values(), *known[-_LATEST:], anchor])


def _write(file: Path, anchors: list[Anchor]) -> None:
    draft = file.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        for one in anchors:
            line = {"at": one.at.astimezone(UTC).isoformat(), "no": one.no, "digest": one.digest.hex()}
            stream.write(json.dumps(line) + "\n")
    draft.replace(file)
