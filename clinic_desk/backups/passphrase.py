"""The passphrase of the clinic's backups: in the keyring of each PC that makes them, or in its environment.

Never in the database, in a file, on a command line, or in a log. Whoever loses it loses every backup made with it.
"""

from __future__ import annotations

import os
from typing import Final

from clinic_desk.backups.problems import BackupFailed, Problem
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications import credentials

VARIABLE: Final = "CLINIC_DESK_BACKUP_PASSPHRASE"
KEY: Final = "backup_passphrase"
SHORTEST: Final = 12
LONGEST: Final = 200


def here() -> str:
    """Return this PC's passphrase. Raises BackupFailed(passphrase), with the reason why there is none.

    Waits: it may ask the keyring.
    """
    given = os.environ.get(VARIABLE, "")
    if given:
        return given
    try:
        kept = credentials.kept_here((KEY,)).get(KEY, "")
    except credentials.KeyringTrouble as trouble:
        raise BackupFailed(Problem.PASSPHRASE, f"{trouble}; or set {VARIABLE}") from None
    if not kept:
        raise BackupFailed(Problem.PASSPHRASE, f"it is set in the window, or in {VARIABLE}")
    return kept


def is_here() -> bool:
    """Whether this PC has a passphrase. Waits."""
    try:
        here()
    except BackupFailed:
        return False
    return True


def keep(passphrase: str) -> None:
    """Keep a passphrase in this PC's keyring. Raises InvalidInput, KeyringTrouble. Waits."""
    credentials.store(KEY, good(passphrase))


def good(passphrase: str) -> str:
    """Return a passphrase that can be used. Raises InvalidInput."""
    from clinic_desk.services.passwords import weakness_of

    if not SHORTEST <= len(passphrase) <= LONGEST or weakness_of(passphrase, login="") is not None:
        raise InvalidInput(field="passphrase", expected=f"at least {SHORTEST} characters that nobody guesses")
    return passphrase
