"""Brings a clinic to this program's schema: who may ask for it, the backup before, and what is done at a newer one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import time
from typing import TYPE_CHECKING, Final

from clinic_desk.database import schema
from clinic_desk.database.knocking import signed_in_as
from clinic_desk.database.setup import OWNER
from clinic_desk.errors import BackupMissing, SchemaMismatch, UpgradeNeeded, WrongPassword
from clinic_desk.services import wrong_passwords

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import URL, Connection

Tell = Callable[[str], None]
UPGRADING: Final = "upgrading"
"""The stage that is told when nothing but the schema is left to do."""


def look(connection: Connection, address: URL, wrong: Path) -> SchemaMismatch | None:
    """Return what is different about a newer schema that this program may still read; None if it is this program's.

    `wrong`: the file of wrong passwords of this PC. Raises UpgradeNeeded for an older schema, SchemaMismatch for what
    cannot be read.
    """
    try:
        schema.check(connection)
    except SchemaMismatch as mismatch:
        if mismatch.is_readable:
            return mismatch
        if not mismatch.is_older:
            raise
        act = partial(upgrade_shared, address, wrong) if schema.may_upgrade(connection) else None
        raise UpgradeNeeded(mismatch.found, mismatch.expected, act) from None
    return None


def upgrade_shared(address: URL, wrong: Path, owner_password: str, has_backup: bool, tell: Tell) -> None:
    """Upgrade the clinic at `address`, as the owner role with the password that was chosen when it was set up. Waits.

    Of several at once one does it, and the others find it done. Raises BackupMissing, WrongPassword (`wait_s`: when it
    can be tried again), and as `schema.upgrade`.
    """
    if not has_backup:
        raise BackupMissing
    owner = address.set(username=OWNER, password=owner_password)
    left = wrong_passwords.wait_s(wrong, OWNER, time())
    if left > 0:
        raise WrongPassword(OWNER, wait_s=left)
    try:
        with signed_in_as(owner):
            pass
    except WrongPassword:
        raise WrongPassword(OWNER, wait_s=wrong_passwords.note_wrong(wrong, OWNER, time())) from None
    wrong_passwords.note_right(wrong, OWNER)
    tell(UPGRADING)
    schema.upgrade(owner)
