"""What can go wrong with the embedded server, as one exception with a code and a sentence that says what to do."""

from __future__ import annotations

import contextlib
import errno
from enum import StrEnum
from typing import TYPE_CHECKING

from clinic_desk.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Problem(StrEnum):
    """The kinds of trouble; the GUI chooses its translated sentence by these."""

    FOREIGN_FOLDER = "foreign_folder"
    """The folder holds files that are not this program's."""
    DAMAGED = "damaged"
    """The database's files are incomplete or unreadable; nothing was changed."""
    OTHER_VERSION = "other_version"
    """The folder was made by a PostgreSQL or a Clinic Desk that this installation cannot open."""
    NO_BINARIES = "no_binaries"
    """PostgreSQL's programs are missing or do not run."""
    PORT = "port"
    """No TCP port on 127.0.0.1 could be opened."""
    DISK_FULL = "disk_full"
    START_FAILED = "start_failed"
    """PostgreSQL did not start for another reason; its own words are in the message."""
    NO_ACCOUNT = "no_account"
    """Started as root, and there is no other account to run PostgreSQL as."""
    UNREACHABLE = "unreachable"
    """Started as root, and the account that runs PostgreSQL cannot enter the folder."""
    NOT_PERMITTED = "not_permitted"
    """The operating system refuses the access to the folder."""
    BUSY = "busy"
    """Another program has been starting or stopping the same server for minutes."""
    LEFT = "left"
    """Asked of a member that has already left."""


class EmbeddedServerError(Unavailable):
    """The embedded server is not to be had; `code` says why, the message what to do. Nothing was deleted."""

    def __init__(self, code: Problem, message: str) -> None:
        super().__init__(message)
        self.code = code


class OlderServer(EmbeddedServerError):
    """The database in `folder` is of an older PostgreSQL (`found`) than this program works with (`wanted`).

    `server_upgrade.take_over` takes it over.
    """

    def __init__(self, folder: Path, found: int, wanted: int) -> None:
        message = (
            f"The database in {folder} was made by PostgreSQL {found}; this program works with {wanted}. Nothing was "
            "changed. Start Clinic Desk in its window, or run clinic-desk upgrade-db --data with this folder: that "
            "takes it over."
        )
        super().__init__(Problem.OTHER_VERSION, message)
        self.folder = folder
        self.found = found
        self.wanted = wanted


_PORT_TAKEN = ("could not bind", "Address already in use", "could not create any TCP/IP sockets", "WSAEADDRINUSE")
_DISK_FULL = ("No space left on device", "Disk quota exceeded", "There is not enough space on the disk")
_NOT_YET_GONE = ('lock file "postmaster.pid" already exists', "pre-existing shared memory block")
_PERMISSIONS = ("Permission denied", "wrong ownership", "invalid permissions", "Operation not permitted")
_DAMAGED = (
    "incorrect checksum in control file",
    "database files are incompatible",
    "is not a valid data directory",
    "could not locate a valid checkpoint record",
    "could not locate required checkpoint record",
    "invalid checkpoint record",
    "could not open file",
    "could not read file",
    "invalid data in file",
    "PANIC:",
)
_NOT_RUNNABLE = ("error while loading shared libraries", "Library not loaded", "is needed by", "cannot execute")
_KINDS = (
    (Problem.NO_BINARIES, _NOT_RUNNABLE),
    (Problem.DISK_FULL, _DISK_FULL),
    (Problem.PORT, _PORT_TAKEN),
    (Problem.BUSY, _NOT_YET_GONE),
    (Problem.NOT_PERMITTED, _PERMISSIONS),
    (Problem.DAMAGED, _DAMAGED),
)


def classify(output: str) -> Problem:
    """The kind of trouble that PostgreSQL's own output (in English, LC_ALL=C) tells of; START_FAILED when unknown."""
    return next((kind for kind, phrases in _KINDS if any(phrase in output for phrase in phrases)), Problem.START_FAILED)


def own_words(output: str) -> str:
    """The one line of PostgreSQL's output that says most: the last FATAL, PANIC or error line, else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    told = [line for line in lines if any(mark in line for mark in ("FATAL:", "PANIC:", "error:"))]
    return (told or lines or ["no output"])[-1]


_ADVICE = {
    Problem.NO_BINARIES: "PostgreSQL's programs do not run on this computer. Install Clinic Desk again.",
    Problem.DISK_FULL: "The disk is full. Free some space and start again; nothing was lost.",
    Problem.PORT: "No free port could be opened on 127.0.0.1. A firewall or security program may be blocking it.",
    Problem.BUSY: "Another PostgreSQL is still using the folder. Close the other programs and start again.",
    Problem.NOT_PERMITTED: "PostgreSQL may not use the folder: it must belong to the account that runs the program.",
    Problem.DAMAGED: "The database's files are damaged. Nothing was changed: restore the folder from a backup.",
    Problem.START_FAILED: "PostgreSQL did not start.",
}


def from_output(output: str, *, folder: Path, log: Path, creating: bool = False) -> EmbeddedServerError:
    """The error for a start, or an initialisation, that failed with `output`; names the folder and where the log is."""
    code = classify(output)
    if creating and code is Problem.DAMAGED:  # what is not there yet cannot be damaged
        code = Problem.START_FAILED
    message = f"{_ADVICE[code]} (folder {folder}, log in {log}; PostgreSQL said: {own_words(output)})"
    return EmbeddedServerError(code, message)


@contextlib.contextmanager
def told(folder: Path) -> Iterator[None]:
    """Turn the operating system's refusals inside the block into an EmbeddedServerError about `folder`."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            message = f"{_ADVICE[Problem.DISK_FULL]} (folder {folder})"
            raise EmbeddedServerError(Problem.DISK_FULL, message) from error
        reason = error.strerror or type(error).__name__
        message = (
            f"The folder {folder} cannot be used ({reason}: {error.filename or 'unknown file'}). "
            "Choose another with --data, or have its permissions put right."
        )
        raise EmbeddedServerError(Problem.NOT_PERMITTED, message) from error
