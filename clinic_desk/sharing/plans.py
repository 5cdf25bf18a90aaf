"""What goes into sharing a database and what comes out: frozen records, the steps that are told, and what can go wrong.

Texts here are English, for the command line and logs; a window says its own by the codes and the records' fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from clinic_desk.errors import Refused

DATABASE: Final = "clinic"
OLDEST_MAJOR: Final = 14
INVITED_FOR_HOURS: Final = 24


class Step(StrEnum):
    """What takes a while; told before it begins."""

    LOOKING = "looking"
    """For an installed PostgreSQL."""
    MAKING_SERVER = "making-server"
    MAKING_CERTIFICATE = "making-certificate"
    STARTING = "starting"
    PREPARING = "preparing"
    """Roles, database and schema."""
    REACHING = "reaching"
    """Another PC's server."""
    JOINING = "joining"
    CLOSING_OLD = "closing-old"
    """Waits until nothing is being changed or sent in the old database."""
    COPYING = "copying"
    CHECKING = "checking"
    """Rows are counted, the history is looked through."""
    SETTING = "setting"
    """This PC's connection is written."""


Tell = Callable[[Step, int, int], None]
"""(step, done, in all): rows of a table copied and the like; 0, 0 where nothing is counted. On the calling thread."""


def tell_nobody(_step: Step, _done: int = 0, _total: int = 0) -> None:
    """For who does not watch."""


class Trouble(StrEnum):
    """Why something was refused; what a window chooses its sentence by."""

    NO_POSTGRESQL = "no-postgresql"
    POSTGRESQL_TOO_OLD = "postgresql-too-old"
    POSTGRESQL_WITHOUT_TLS = "postgresql-without-tls"
    ALREADY_SHARED = "already-shared"
    """The folder holds a server of the clinic already, made for something else than is asked for now."""
    NOT_SHARED = "not-shared"
    """The folder holds no server of the clinic."""
    PORT_TAKEN = "port-taken"
    NO_MANAGER = "no-manager"
    """Nobody could sign in as a manager afterwards."""
    PAIRING_MISTYPED = "pairing-mistyped"
    """`detail`: the group with the mistake, if it is known."""
    PAIRING_CUT_OFF = "pairing-cut-off"
    PAIRING_NEWER = "pairing-newer"
    PAIRING_OLDER = "pairing-older"
    PAIRING_OVER = "pairing-over"
    """It was used already, or its time is over."""
    WRONG_SERVER = "wrong-server"
    """Who answers at the address cannot prove to be the server that the pairing text is for."""
    NOT_REACHED = "not-reached"
    """None of the addresses of a pairing text answers."""
    AUTHORITY_NOT_SENT = "authority-not-sent"
    """The server does not send its authority's certificate, so nobody can be paired with it by text."""
    TARGET_IN_USE = "target-in-use"
    """There is a clinic's data already where this clinic should move to."""
    MOVED_ALREADY = "moved-already"
    SENDING = "sending"
    """Messages are under way and did not end in time: try again, or close the other programs."""
    NOT_EQUAL = "not-equal"
    """The copy is not what was copied; the old database stays in use."""
    SERVICE = "service"
    """The server could not be made a service of this PC."""


class SharingError(Refused):
    """What was asked for was not done, and nothing half-made is in use; `code` says why, `detail` about what."""

    def __init__(self, code: Trouble, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail


# --- an installed PostgreSQL ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FoundServer:
    """An installed PostgreSQL. `folder`: of its programs; `version` as it says, such as "15.6"."""

    folder: Path
    version: str
    major: int
    has_tls: bool

    @property
    def trouble(self) -> Trouble | None:
        """Why no database can be shared with it; None: it can."""
        if self.major < OLDEST_MAJOR:
            return Trouble.POSTGRESQL_TOO_OLD
        return None if self.has_tls else Trouble.POSTGRESQL_WITHOUT_TLS


@dataclass(frozen=True, slots=True)
class HowToGet:
    """How to get a PostgreSQL on this kind of computer: a sentence, and the command or address, ready to be copied."""

    platform: str
    """`debian`, `fedora`, `suse`, `arch`, `linux` (any other), `windows` or `macos`."""
    sentence: str
    command: str


# --- sharing from this PC ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Manager:
    """Who manages the clinic from the start."""

    login: str
    password: str = field(repr=False)
    display_name: str


@dataclass(frozen=True, slots=True)
class SharePlan:
    """A server of the clinic's own to be made on this PC.

    `addresses`: the names and IP addresses by which other PCs reach this one, the best first; empty: found out.
    `listen`: the addresses of this PC to listen on besides 127.0.0.1; empty: all of them. `networks`: who may come, as
    CIDR or `samenet` (the networks this PC is in). `port` 0: 5432, or the next one that is free.
    """

    server: FoundServer
    folder: Path
    manager: Manager | None
    addresses: tuple[str, ...] = ()
    listen: tuple[str, ...] = ()
    networks: tuple[str, ...] = ("samenet",)
    port: int = 0
    as_service: bool = True
    """Whether the server is made a service of this PC, where this program may."""


@dataclass(frozen=True, slots=True)
class Service:
    """How the server is kept running when nobody is signed in.

    `is_installed`: the system starts it by itself. Otherwise an administrator runs `command`, in which `file` (written,
    if there is one) is named.
    """

    kind: str
    """`systemd`, `windows`, `launchd` or `none`: this system starts nothing by itself."""
    is_installed: bool
    command: str
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """The clinic's own server on this PC, up. `fingerprint`: SHA-256 of its authority's certificate, 32 bytes."""

    folder: Path
    port: int
    addresses: tuple[str, ...]
    authority: Path
    fingerprint: bytes
    certificate_until: datetime
    service: Service
    database: str = DATABASE


# --- pairing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pairing:
    """What a pairing text says. `fingerprint`: the first 16 bytes of the SHA-256 of the authority's certificate.

    `secret`: good for one PC, until `valid_until`. That, whether the PC `sends`, and why it is not handed the clinic
    key (`key_trouble`, a code of `credentials.TROUBLES`) are not in the text: only who made it knows.
    """

    addresses: tuple[str, ...]
    port: int
    fingerprint: bytes
    secret: bytes = field(repr=False)
    database: str = DATABASE
    valid_until: datetime | None = None
    sends: bool = True
    key_trouble: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """A PC that joined, its connection written. `sends`: it has a login of its own for sending messages, too.

    `note`: why it does not, or lacks something for it, as a sentence; empty otherwise. `trouble`: the same as a code of
    `credentials.TROUBLES`; empty also where the manager who invited it left sending to others.
    """

    address: str
    """Without a login and a password."""
    authority: Path
    sends: bool
    note: str = ""
    trouble: str = ""


# --- trying a connection ----------------------------------------------------------------------------------------------


class TestKind(StrEnum):
    """What a try of a connection found."""

    __test__ = False

    GOOD = "good"
    READ_ONLY = "read-only"
    """The login may only look."""
    ONE_TIME_CODE = "one-time-code"
    """What was typed is the code of somebody new: it leads to a password of her own, and nowhere else."""
    ADDRESS = "address"
    NAME = "name"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    NO_TLS = "no-tls"
    NO_AUTHORITY = "no-authority"
    """The file with the authority's certificate cannot be used, or none was given and the system knows none."""
    UNKNOWN_AUTHORITY = "unknown-authority"
    WRONG_HOST = "wrong-host"
    EXPIRED = "expired"
    TLS_FAILED = "tls-failed"
    NOT_POSTGRESQL = "not-postgresql"
    CLEAR_TEXT = "clear-text"
    """The server asks for the password in clear text, or by MD5."""
    NO_ENTRY = "no-entry"
    """The server lets nobody in from this PC, or not this login (pg_hba.conf)."""
    NO_PASSWORD = "no-password"  # noqa: S105 - a code
    WRONG_PASSWORD = "wrong-password"  # noqa: S105 - a code
    LOGIN_CLOSED = "login-closed"
    NO_DATABASE = "no-database"
    NO_RIGHTS = "no-rights"
    FULL = "full"
    STARTING = "starting"
    TOO_OLD = "too-old"
    STANDBY = "standby"
    EMPTY = "empty"
    FOREIGN = "foreign"
    """A database of something else."""
    SCHEMA_OLDER = "schema-older"
    SCHEMA_NEWER = "schema-newer"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a try of a connection found, and what to do about it, in a sentence.

    `host`, `port`: where it was found; `detail`: a name, date or number that belongs to it, never a password.
    """

    __test__ = False

    kind: TestKind
    advice: str
    host: str = ""
    port: int = 0
    detail: str = ""

    @property
    def is_good(self) -> bool:
        """Whether a desk can work with it."""
        return self.kind in {TestKind.GOOD, TestKind.READ_ONLY, TestKind.ONE_TIME_CODE}


# --- moving -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MovePlan:
    """A clinic to be moved. Addresses are a superuser's, with the password and the database.

    `manager`: made in the new database, for a clinic in which nobody could sign in as a manager. `data`: the program's
    data folder, with the seals of the history that this PC has seen. `old_folder`: of the embedded server that is left.
    `new_address`: what desks connect to afterwards, without a login. `shared_folder`: of this PC's, if it is that.
    """

    old: str = field(repr=False)
    new: str = field(repr=False)
    new_address: str
    owner_password: str = field(repr=False)
    data: Path
    old_folder: Path | None = None
    shared_folder: Path | None = None
    manager: Manager | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A clinic that was moved: how many rows of how many tables, people, seals of the history that still hold."""

    rows: int
    tables: int
    people: int
    seals: int
