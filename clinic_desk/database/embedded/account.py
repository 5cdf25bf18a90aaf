"""Which account PostgreSQL runs as when the program itself is root, and what that account can reach.

PostgreSQL refuses to run as root. As root the server therefore runs as the owner of the data folder if that is somebody
else, else as the first of `clinic-desk` (an account the installer may have made for it), `postgres` and `nobody` that
exists. As an ordinary user, and on Windows (where pg_ctl drops administrators' rights itself), it runs as the user.
"""

from __future__ import annotations

import os
import stat
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinic_desk.database.embedded.problems import EmbeddedServerError, Problem

if TYPE_CHECKING:
    from pathlib import Path

CANDIDATES = ("clinic-desk", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged account of this machine that root starts PostgreSQL as."""

    name: str
    uid: int
    gid: int


def is_root() -> bool:
    """Whether this process is root (never on Windows)."""
    return sys.platform != "win32" and os.geteuid() == 0


def service_account(owner_uid: int) -> Account | None:
    """The account to run PostgreSQL as in a folder of `owner_uid`; None: as the user who runs this program.

    Raises EmbeddedServerError (no_account) when this is root and no other account can be found.
    """
    if sys.platform == "win32" or not is_root():
        return None
    import pwd

    if owner_uid != 0:
        try:
            entry = pwd.getpwuid(owner_uid)
        except KeyError:
            return Account(f"uid {owner_uid}", owner_uid, owner_uid)
        return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)
    message = (
        "PostgreSQL does not run as root, and none of the accounts "
        f"{', '.join(CANDIDATES)} exists. Start the program as an ordinary user, or make an account: "
        "useradd --system clinic-desk"
    )
    raise EmbeddedServerError(Problem.NO_ACCOUNT, message)


def may_enter(mode: int, owner: int, group: int, account: Account) -> bool:
    """Whether permission bits `mode` of a folder of `owner` and `group` let `account` pass through it."""
    if owner == account.uid:
        return bool(mode & stat.S_IXUSR)
    if group == account.gid:
        return bool(mode & stat.S_IXGRP)
    return bool(mode & stat.S_IXOTH)


def first_closed(folder: Path, account: Account | None) -> Path | None:
    """The topmost existing folder from the root down to `folder` that `account` cannot enter; None if it can."""
    if account is None:
        return None
    real = folder.resolve()
    for step in [*reversed(folder.parents), folder, *reversed(real.parents), real]:
        try:
            found = step.stat()
        except FileNotFoundError:
            continue
        if not may_enter(found.st_mode, found.st_uid, found.st_gid, account):
            return step
    return None


def hand_over(path: Path, account: Account | None) -> None:
    """Give `path` to the account that runs PostgreSQL; nothing to do when that is the user who runs this program."""
    if account is not None and sys.platform != "win32":
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def as_its_folder(path: Path) -> None:
    """Give a file that root made to the owner of the folder it lies in, so that this one can still use it later."""
    if sys.platform != "win32" and is_root():
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
