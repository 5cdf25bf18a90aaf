"""The layout of a data folder: what lies where, whose it is, and the checks that keep us off anything foreign."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from filelock import FileLock, Timeout

from clinic_desk.database.embedded.account import (
    Account,
    as_its_folder,
    first_closed,
    hand_over,
    is_root,
    service_account,
)
from clinic_desk.database.embedded.problems import EmbeddedServerError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

T = TypeVar("T")

MARKER = "clinic-desk.json"
LOCK = "clinic-desk.lock"
FORMAT = 1
LOCK_LIMIT = 300.0  # seconds; longer than a start with crash recovery on a slow disk


@dataclass(frozen=True, slots=True)
class Folder:
    """One data folder: `root` is what the user gave; `account` runs PostgreSQL in it (None: ourselves)."""

    root: Path
    account: Account | None

    @property
    def marker(self) -> Path:
        """Says that the folder is ours, and whether its database has been made."""
        return self.root / MARKER

    @property
    def pgdata(self) -> Path:
        """PostgreSQL's own folder."""
        return self.root / "pgdata"

    @property
    def log(self) -> Path:
        """PostgreSQL's log files, seven days of them; no statements in them."""
        return self.root / "log"

    @property
    def passwords(self) -> Path:
        """The generated passwords, readable by the owner only."""
        return self.root / "secrets" / "passwords.json"

    @property
    def members(self) -> Path:
        """One locked file for each program that uses the server."""
        return self.root / "members"

    @property
    def state(self) -> Path:
        """Port and socket folder of the last start, to be used again."""
        return self.root / "server.json"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder's lock: whoever starts, stops, joins or leaves does it alone. Not reentrant."""
        lock = FileLock(self.root / LOCK, mode=0o600, fallback_to_soft=False)
        try:
            lock.acquire(timeout=LOCK_LIMIT)
        except Timeout as error:
            message = f"Another program has been busy with {self.root} for minutes. Close it and try again."
            raise EmbeddedServerError(Problem.BUSY, message) from error
        try:
            as_its_folder(self.root / LOCK)
            yield
        finally:
            lock.release()


def open_folder(root: Path) -> Folder:
    """Look at the folder, refuse a foreign one, make a missing one, and close it to others. Writes no file.

    Raises EmbeddedServerError: foreign_folder, other_version, no_account, unreachable.
    """
    refuse_foreign(root)
    # An existing database decides: it stays with the account it was made for.
    owned = next((path for path in (root / "pgdata", root) if path.exists()), None)
    account = service_account(0 if owned is None else owned.stat().st_uid)
    closed = first_closed(root.parent, account)
    if closed is not None and account is not None:
        raise EmbeddedServerError(Problem.UNREACHABLE, _unreachable(root, closed, account))
    _make(root)
    _close_to_others(root, account)
    return Folder(root, account)


def _unreachable(root: Path, closed: Path, account: Account) -> str:
    return (
        f"PostgreSQL does not run as root but as {account.name}, and that account cannot enter {closed}. "
        f"Choose a folder outside it with --data instead of {root}, or start the program as an ordinary user."
    )


def _make(root: Path) -> None:
    missing = [step for step in reversed(root.parents) if not step.exists()]
    for step in missing:
        step.mkdir(exist_ok=True)
        if is_root():  # the account must get through what we make here, whatever the umask
            step.chmod(0o755)
    root.mkdir(mode=0o700, exist_ok=True)


def _close_to_others(root: Path, account: Account | None) -> None:
    if sys.platform == "win32":  # the user's profile is private already
        return
    found = root.stat()
    wanted, group = 0o700, found.st_gid
    if account is not None and found.st_uid != account.uid:  # root's folder: the account may pass, nothing more
        wanted, group = 0o710, account.gid
    if found.st_gid != group:
        os.chown(root, found.st_uid, group)
    if found.st_mode & 0o7777 != wanted:
        root.chmod(wanted)


def refuse_foreign(root: Path) -> None:
    """Refuse a folder that is neither absent, nor empty, nor ours; changes nothing.

    Raises EmbeddedServerError: foreign_folder, damaged (the marker), other_version.
    """
    try:
        names = set(os.listdir(root))  # noqa: PTH208 - names are wanted
    except FileNotFoundError:
        return
    except NotADirectoryError as error:
        message = f"{root} is a file, not a folder. Choose another place with --data."
        raise EmbeddedServerError(Problem.FOREIGN_FOLDER, message) from error
    if MARKER in names:
        read_marker(root / MARKER)
    elif [name for name in names if name != LOCK and not _is_being_written(name)]:
        message = (
            f"The folder {root} holds files that are not Clinic Desk's. Nothing was changed. "
            "Choose an empty or a new folder with --data."
        )
        raise EmbeddedServerError(Problem.FOREIGN_FOLDER, message)


def _is_being_written(name: str) -> bool:
    """Whether it is the marker that another program is just writing, see write_private."""
    return name.startswith(f"{MARKER}.") and name.endswith(".new")


def has_database(root: Path) -> bool:
    """Whether a database was made in a folder, though it may be lost or damaged; changes nothing, raises nothing."""
    folder = Folder(root, None)
    try:
        return folder.pgdata.exists() or bool(read_json(folder.marker).get("made"))
    except OSError:
        return True


def read_marker(marker: Path) -> bool:
    """Whether the folder's database has been made. Raises EmbeddedServerError if the marker is not one of ours."""
    content = read_json(marker)
    if content.get("program") != "clinic-desk" or not isinstance(content.get("format"), int):
        message = f"{marker} is damaged or not Clinic Desk's. Nothing was changed; restore the folder from a backup."
        raise EmbeddedServerError(Problem.DAMAGED, message)
    if content["format"] > FORMAT:
        message = f"{marker.parent} was made by a newer Clinic Desk. Nothing was changed: update this one."
        raise EmbeddedServerError(Problem.OTHER_VERSION, message)
    return bool(content.get("made"))


def write_marker(folder: Folder, *, made: bool) -> None:
    """Mark the folder as ours; `made` once the database stands: a lost one is never replaced by an empty one."""
    write_private(folder.marker, json.dumps({"program": "clinic-desk", "format": FORMAT, "made": made}))


def claim(folder: Folder) -> None:
    """Under the lock: mark a new folder as ours and make its subfolders."""
    refuse_foreign(folder.root)
    if not folder.marker.exists():
        write_marker(folder, made=False)
    for path in (folder.passwords.parent, folder.members):
        path.mkdir(mode=0o700, exist_ok=True)
        as_its_folder(path)
    folder.log.mkdir(mode=0o700, exist_ok=True)
    hand_over(folder.log, folder.account)


def read_json(path: Path) -> dict[str, Any]:
    """The record in a small file of ours; empty when it is missing or cannot be understood."""
    try:
        content = json.loads(patiently(lambda: path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def patiently(action: Callable[[], T], platform: str = sys.platform) -> T:
    """Do it; on Windows, where a file that somebody has open a moment cannot be replaced or moved, try for a while."""
    deadline = time.monotonic() + (10 if platform == "win32" else 0)
    while True:
        try:
            return action()
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.05)


def write_private(path: Path, text: str, account: Account | None = None) -> None:
    """Write a file only its owner reads (0600), whole or not at all; owned by `account`, else as its folder is."""
    new = path.with_name(f"{path.name}.{uuid4().hex}.new")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if account is None:
            as_its_folder(new)
        else:
            hand_over(new, account)
        patiently(lambda: new.replace(path))
    finally:
        new.unlink(missing_ok=True)
