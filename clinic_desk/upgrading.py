"""Brings a clinic to this program's schema: who may ask for it, the backup before, and what is done at a newer one."""

from __future__ import annotations

import platform
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Final

from clinic_desk.database import schema
from clinic_desk.database.knocking import signed_in_as
from clinic_desk.database.setup import OWNER
from clinic_desk.errors import BackupMissing, ClinicDeskError, SchemaMismatch, UpgradeNeeded, WrongPassword
from clinic_desk.services import wrong_passwords

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

    from clinic_desk.backups.making import Backup
    from clinic_desk.database.embedded import EmbeddedServer

Tell = Callable[[str], None]
BACKING_UP: Final = "backing-up"
UPGRADING: Final = "upgrading"
FOLDER: Final = "before-upgrade"
"""Below the folder of a server of this PC: its backups from before each upgrade."""
KEPT: Final = 3
_FOLDER_SET: Final = "SELECT to_regclass('public.backup_setting') IS NOT NULL"


@dataclass(frozen=True, slots=True)
class BackupPlace:
    """Where this PC makes the backup before an upgrade, and what encrypts it."""

    folder: Path
    passphrase: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Here:
    """What is known at this PC: the file of its wrong passwords, and the folder of the server it shares, if any."""

    wrong: Path
    shared: Path | None = None


def look(connection: Connection, address: URL, here: Here) -> SchemaMismatch | None:
    """Return what is different about a newer schema that this program may still read; None if it is this program's.

    Raises UpgradeNeeded for an older schema, SchemaMismatch for what cannot be read.
    """
    try:
        schema.check(connection)
    except SchemaMismatch as mismatch:
        if mismatch.is_readable:
            return mismatch
        if not mismatch.is_older:
            raise
        if not schema.may_upgrade(connection):
            raise UpgradeNeeded(mismatch.found, mismatch.expected) from None
        place, owner = _place(connection, here), _owner_here(here)
        needed = UpgradeNeeded(mismatch.found, mismatch.expected, Upgrade(address, here, place))
        needed.backs_up, needed.knows_owner = place is not None, owner is not None
        raise needed from None
    return None


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The upgrade of the clinic at `address`, when a manager asks for it.

    `place`: the backup is made there first, and checked; None: somebody made one.
    """

    address: URL = field(repr=False)
    here: Here
    place: BackupPlace | None

    def __call__(self, owner_password: str, has_backup: bool, tell: Tell) -> None:
        """Carry it out as the owner role, whose password is known here or was typed. Waits.

        Of several at once one does it all, and the others find it done. Raises BackupMissing, BackupFailed,
        WrongPassword (`wait_s`: when it can be tried again), and as `schema.upgrade`: nothing was changed then.
        """
        if self.place is None and not has_backup:
            raise BackupMissing
        owner = _owner_here(self.here)
        if owner is None:
            owner = self.address.set(username=OWNER, password=owner_password)
            _try(owner, self.here.wrong)
        tell(UPGRADING)
        schema.upgrade(owner, None if self.place is None else partial(_back_up, owner, self.place, tell))


def before_upgrade(server: EmbeddedServer, tell: Tell, database: str) -> Callable[[str], schema.Note]:
    """Return what backs the embedded clinic up, in a folder beside it, before it is upgraded by itself."""

    def back_up(found: str) -> schema.Note:
        from clinic_desk.backups import passphrase

        secret = passphrase.here() if passphrase.is_here() else server.password(OWNER)
        place = BackupPlace(server.data / FOLDER, secret)
        return _back_up(server.url(OWNER, database), place, tell, found)

    return back_up


def _back_up(owner: URL, place: BackupPlace, tell: Tell, _found: str) -> schema.Note:
    from clinic_desk.backups.making import back_up_before_upgrade

    tell(BACKING_UP)
    is_ours = place.folder.name == FOLDER
    if is_ours:
        place.folder.mkdir(mode=0o700, exist_ok=True)
    made = back_up_before_upgrade(owner, place.folder, place.passphrase, datetime.now(UTC))
    if is_ours:
        keep_latest(place.folder)
    tell(UPGRADING)
    return noted(made)


def noted(made: Backup) -> schema.Note:
    """Return what writes the backup down after the upgrade: it may be the last good one."""
    from clinic_desk.backups import recording
    from clinic_desk.domain.backups import RunKind

    return partial(recording.write_down, made=made, kind=RunKind.BEFORE_UPGRADE, desk=platform.node())


def keep_latest(folder: Path) -> None:
    """Let go what is older than the last few backups from before an upgrade."""
    from clinic_desk.backups.making import SUFFIX

    for old in sorted(folder.glob(f"*{SUFFIX}"))[:-KEPT]:
        with suppress(OSError):
            old.unlink()


def _place(connection: Connection, here: Here) -> BackupPlace | None:
    """Where this PC can make a backup by itself: in the clinic's folder, or beside the server that it shares."""
    from clinic_desk.backups import passphrase

    secret = passphrase.here() if passphrase.is_here() else ""
    if secret and connection.exec_driver_sql(_FOLDER_SET).scalar():
        folder = connection.exec_driver_sql("SELECT folder FROM backup_setting").scalar()
        if folder and Path(folder).is_dir():
            return BackupPlace(Path(folder), secret)
    owner = _owner_here(here)
    if owner is None or here.shared is None:
        return None
    return BackupPlace(here.shared / FOLDER, secret or str(owner.password))


def _owner_here(here: Here) -> URL | None:
    """The owner's address, where this PC runs the server that the clinic is shared by."""
    if here.shared is None:
        return None
    from clinic_desk.sharing import cluster

    try:
        return cluster.owner_url(here.shared)
    except ClinicDeskError:
        return None  # another user's folder: the password is asked for


def _try(owner: URL, wrong: Path) -> None:
    left = wrong_passwords.wait_s(wrong, OWNER, time())
    if left > 0:
        raise WrongPassword(OWNER, wait_s=left)
    try:
        with signed_in_as(owner):
            pass
    except WrongPassword:
        raise WrongPassword(OWNER, wait_s=wrong_passwords.note_wrong(wrong, OWNER, time())) from None
    wrong_passwords.note_right(wrong, OWNER)
