"""Puts a database of a newer major version of PostgreSQL in the place of the old one, inside a data folder, by renames.

    postgresql-18.new      the new database while it is being filled: a data folder of its own. Nobody misses it.
    postgresql-18.whole    the same, once everything in it was compared. From the rename on it counts; unless the old
                           database was started again since then (by an earlier program): then it is thrown away.
    before-postgresql-18   the old database, kept until a person removes it.

Whoever is killed in between leaves one of these states; `finish` looks which, and goes on from there. Every function
needs the folder's lock.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk.database.embedded import postmaster
from clinic_desk.database.embedded.account import hand_over
from clinic_desk.database.embedded.folder import Folder, claim, patiently, read_json, write_marker, write_private
from clinic_desk.database.embedded.problems import EmbeddedServerError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

_NOTE: Final = "succession.json"
_CONTROL: Final = Path("global", "pg_control")


def new_folder(folder: Folder, major: int) -> Folder:
    """Where the new database is filled."""
    return Folder(folder.root / f"postgresql-{major}.new", folder.account)


def begin(folder: Folder, major: int) -> Folder:
    """Make an empty data folder with the same passwords inside this one; its server must not run."""
    discard(folder, major)
    new = new_folder(folder, major)
    new.root.mkdir(mode=0o700)
    hand_over(new.root, folder.account)
    write_marker(new, made=False)
    claim(new)
    write_private(new.passwords, folder.passwords.read_text("utf-8"))
    return new


def discard(folder: Folder, major: int) -> None:
    """Remove a new database that is not to count; its server has stopped."""
    shutil.rmtree(new_folder(folder, major).root, ignore_errors=True)


def accept(folder: Folder, major: int) -> None:
    """From now on the new database counts. Both servers have stopped; `finish` puts it in its place.

    Raises EmbeddedServerError if one of them still runs.
    """
    new = new_folder(folder, major)
    for pgdata in (folder.pgdata, new.pgdata):
        if postmaster.survivors(pgdata):
            message = f"The database server of {pgdata} did not stop. Nothing was changed: start the program again."
            raise EmbeddedServerError(Problem.BUSY, message)
    note = {"old": _last_stop(folder.pgdata), "kept": _free_name(folder.root, major).name}
    write_private(new.root / _NOTE, json.dumps(note))
    _rename(new.root, _whole(new.root))


def finish(folder: Folder) -> None:
    """Bring a succession to its end that was stopped after the new database was accepted; mostly there is none."""
    for whole in sorted(folder.root.glob("postgresql-*.whole")):
        if (whole / "pgdata").exists() and not _take_the_place(folder, whole):
            logger.warning("the old database was used after it had been copied: the copy is not taken")
            left = whole.with_suffix(".new")  # what is cut off while it is removed must not count
            shutil.rmtree(left, ignore_errors=True)
            _rename(whole, left)
            whole = left  # noqa: PLW2901
        shutil.rmtree(whole, ignore_errors=True)


def set_aside(folder: Folder, major: int) -> None:
    """Keep the old database under another name and have a new one made in its place: for what is made up anyway."""
    write_marker(folder, made=False)
    _rename(folder.pgdata, _free_name(folder.root, major))


def _take_the_place(folder: Folder, whole: Path) -> bool:
    note = read_json(whole / _NOTE)
    if folder.pgdata.exists():
        if postmaster.survivors(folder.pgdata) or note.get("old") != _last_stop(folder.pgdata):
            return False
        _rename(folder.pgdata, folder.root / str(note["kept"]))
    _rename(whole / "pgdata", folder.pgdata)
    return True


def _last_stop(pgdata: Path) -> str:
    """What is different from the moment on at which a server is started on a folder: its control file."""
    try:
        return hashlib.sha256((pgdata / _CONTROL).read_bytes()).hexdigest()
    except OSError:
        return "unreadable"


def _whole(new: Path) -> Path:
    return new.with_suffix(".whole")


def _free_name(root: Path, major: int) -> Path:
    return next(path for path in _names(root, major) if not path.exists())


def _names(root: Path, major: int) -> Iterator[Path]:
    yield root / f"before-postgresql-{major}"
    for number in range(2, 1000):
        yield root / f"before-postgresql-{major}-{number}"


def _rename(path: Path, new: Path) -> None:
    """Rename, and have it stand on the disk before anything that comes after it."""
    patiently(lambda: path.rename(new))
    for parent in {path.parent, new.parent}:
        _sync(parent)


def _sync(folder: Path) -> None:
    if sys.platform == "win32":  # folders cannot be opened there; NTFS keeps the order
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
