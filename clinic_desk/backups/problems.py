"""What can go wrong with a backup, as two exceptions with a code: the window chooses its sentence by it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from clinic_desk.errors import Refused, Unavailable

Stop = Callable[[], bool]
"""Is asked now and then, on any thread, whether to stop."""
Told = Callable[[int], None]
"""Is told how many bytes are done."""


def never() -> bool:
    """Nobody stops it."""
    return False


def told_nobody(_done: int) -> None:
    """Nobody wants to know."""


class Problem(StrEnum):
    """Why there is no backup, or why one cannot be used."""

    FOLDER = "folder"
    """The folder for backups cannot be reached or written to."""
    DISK_FULL = "disk-full"
    NO_PROGRAM = "no-program"
    """No pg_dump, pg_restore or server to check on here fits the server's version."""
    NO_LOGIN = "no-login"
    """This PC has no login that may read the whole database."""
    DUMP = "dump"
    """pg_dump ended with an error."""
    RESTORE = "restore"
    """pg_restore ended with an error, or the scratch server did not start."""
    DIFFERS = "differs"
    """What was restored is not what was dumped."""
    DATABASE = "database"
    """The database could not be reached, or went away meanwhile."""
    PASSPHRASE = "passphrase"  # noqa: S105 - a code
    """This PC does not have the passphrase for backups."""
    STOPPED = "stopped"
    """It was stopped, by somebody or by the end of the program."""
    LOST = "lost"
    """The program that made it ended or fell silent."""
    WRONG_PASSPHRASE = "wrong-passphrase"  # noqa: S105 - a code
    DAMAGED = "damaged"
    NOT_A_BACKUP = "not-a-backup"
    NEWER = "newer"
    """A newer program made the file."""
    IN_USE = "in-use"
    """Other programs connect to the clinic again and again, so that nothing can take its place."""


_SAYS: Final = {
    Problem.FOLDER: "the folder for backups cannot be reached or written to",
    Problem.DISK_FULL: "the disk is full",
    Problem.NO_PROGRAM: "no PostgreSQL programs here fit this server",
    Problem.NO_LOGIN: "this PC has no login that may read the whole database",
    Problem.DUMP: "the database could not be read out",
    Problem.RESTORE: "the backup could not be restored",
    Problem.DIFFERS: "what was restored is not what was backed up",
    Problem.DATABASE: "the database could not be reached",
    Problem.PASSPHRASE: "this PC does not have the passphrase for backups",
    Problem.STOPPED: "it was stopped",
    Problem.LOST: "the program that made it ended",
    Problem.WRONG_PASSPHRASE: "the passphrase is not the one of this backup",
    Problem.DAMAGED: "the file is damaged or cut off",
    Problem.NOT_A_BACKUP: "the file is not a backup of Clinic Desk",
    Problem.NEWER: "a newer Clinic Desk made this backup: update this one",
    Problem.IN_USE: "other programs connect to the clinic again and again: close them, and try again",
}


def says(problem: Problem) -> str:
    """Return the English sentence of a code, for the command line and the log."""
    return _SAYS[problem]


class BackupFailed(Unavailable):
    """A backup was not made, checked or restored; nothing that was there is changed. `code` says why.

    `major`: of the PostgreSQL that is missing, with no-program.
    """

    def __init__(self, code: Problem, detail: str = "", *, major: int = 0) -> None:
        super().__init__(f"{_SAYS[code]}{': ' if detail else ''}{detail}")
        self.code = code
        self.major = major


class NotUsable(Refused):
    """A file cannot be restored from: wrong-passphrase, damaged, not-a-backup or newer (`program`: its version)."""

    def __init__(self, code: Problem, program: str = "") -> None:
        super().__init__(_SAYS[code] + (f" (it was made by {program})" if program else ""))
        self.code = code
        self.program = program
