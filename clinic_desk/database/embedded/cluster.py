"""Makes, checks, starts and stops the one PostgreSQL of a data folder; every function needs the folder's lock."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import socket
import stat
import sys
import tempfile
import time
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from clinic_desk.database.embedded import binaries as programs
from clinic_desk.database.embedded import configuration, postmaster
from clinic_desk.database.embedded.account import first_closed, hand_over
from clinic_desk.database.embedded.commands import run
from clinic_desk.database.embedded.folder import patiently, read_json, read_marker, write_marker, write_private
from clinic_desk.database.embedded.problems import EmbeddedServerError, OlderServer, Problem, classify, from_output

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.database.embedded.binaries import Binaries
    from clinic_desk.database.embedded.folder import Folder
    from clinic_desk.database.embedded.postmaster import Postmaster

logger = logging.getLogger(__name__)

CREATE_LIMIT = 300.0  # seconds; it takes one
START_LIMIT = 240.0  # seconds for everything: crash recovery, other programs' half-done starts
RECOVERY_LIMIT = 20.0  # seconds that a server which is to stop gets for finishing its recovery
END_LIMIT = 5.0  # seconds between a server's last word and the end of its processes
PORT_TRIES = 5
PAUSE = 0.05  # seconds between two looks at what the server says of itself
SOCKET_PATH_LIMIT = 103  # bytes: 107 on Linux, 103 on macOS, without the closing zero
OUR_SIGN = "clinic-desk.json"  # in pgdata too: a PostgreSQL folder put here by somebody else is not ours
CONTROL_FILE_SIZE = 8192


class Step(StrEnum):
    """What takes a while, in words for the user."""

    CREATING = "Making the database (only the first time) …"
    STARTING = "Starting the database …"
    RECOVERING = "The database is recovering from a crash …"


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where the server listens: TCP `host` and `port`, and on Unix also a socket in the private folder `socket_dir`."""

    host: str
    port: int
    socket_dir: Path | None


def address_of(server: Postmaster) -> ServerAddress:
    """The address a living server has."""
    return ServerAddress(configuration.HOST, server.port, server.socket_dir)


def running(folder: Folder) -> ServerAddress | None:
    """The address if the server is up and ready; needs no lock."""
    server = postmaster.alive(folder.pgdata)
    return address_of(server) if server is not None and server.status == "ready" else None


def ensure(folder: Folder, superuser_password: str, setting: Path | None, tell: Callable[[str], None]) -> ServerAddress:
    """Make the database if there is none, start the server if it is not up, and return where it listens.

    Raises EmbeddedServerError with every code but left, OlderServer.
    """
    if (address := running(folder)) is not None:
        return address
    made = check(folder)
    if made and (older := of_older_major(folder, setting)) is not None:
        raise older
    clear_half_made(folder)
    found = programs.usable(programs.find(major(folder) if made else None, setting), folder.account)
    if not made:
        tell(Step.CREATING)
        create(folder, found, superuser_password)
    tell(Step.STARTING)
    return start_alone(folder, found, tell)


def check(folder: Folder) -> bool:
    """Whether there is a database to start. Raises EmbeddedServerError if it is foreign or visibly damaged."""
    pgdata = folder.pgdata
    if not pgdata.exists():
        if read_marker(folder.marker):
            raise _damaged(folder, "the folder pgdata is missing")
        return False
    if not (pgdata / OUR_SIGN).exists():
        message = f"{pgdata} was not made by Clinic Desk. Nothing was changed. Choose another folder with --data."
        raise EmbeddedServerError(Problem.FOREIGN_FOLDER, message)
    for name in ("base", "global", "pg_wal", "pg_xact", "postgresql.conf", "pg_hba.conf", "PG_VERSION"):
        if not (pgdata / name).exists():
            raise _damaged(folder, f"{name} is missing")
    control = pgdata / "global" / "pg_control"
    if not control.exists() or control.stat().st_size != CONTROL_FILE_SIZE:
        raise _damaged(folder, "pg_control is missing or cut off")
    if not read_marker(folder.marker):  # stopped between making and marking
        write_marker(folder, made=True)
    return True


def major(folder: Folder) -> int:
    text = (folder.pgdata / "PG_VERSION").read_text(encoding="ascii", errors="replace").strip()
    if not text.isdigit():
        raise _damaged(folder, "PG_VERSION holds no number")
    return int(text)


def of_older_major(folder: Folder, setting: Path | None) -> OlderServer | None:
    """What is to be said of a database that an older PostgreSQL made than a new one is made by; None: it was not."""
    if not (folder.pgdata / "PG_VERSION").exists():
        return None
    found, wanted = major(folder), programs.find(None, setting).major
    return OlderServer(folder.root, found, wanted) if found < wanted else None


def _damaged(folder: Folder, what: str) -> EmbeddedServerError:
    message = (
        f"The database in {folder.root} is damaged ({what}). Nothing was changed: restore the folder from a backup."
    )
    return EmbeddedServerError(Problem.DAMAGED, message)


def create(folder: Folder, found: Binaries, superuser_password: str) -> None:
    """Make the database in a folder beside, and rename it when it is whole: a half-made one is never taken for one."""
    unique = uuid4().hex
    new = folder.root / f"pgdata.{unique}.new"
    password_file = folder.root / f"password.{unique}.new"
    try:
        new.mkdir(mode=0o700)
        hand_over(new, folder.account)
        write_private(password_file, superuser_password + "\n", folder.account)
        arguments = configuration.initdb_arguments(new.name, password_file.name, found.major)
        ended = run(found.program("initdb"), *arguments, account=folder.account, folder=folder.root, limit=CREATE_LIMIT)
        if ended.code != 0:
            raise from_output(ended.output, folder=folder.root, log=folder.log, creating=True)
        settings = (new / "postgresql.conf").read_text(encoding="utf-8")
        write_private(new / "postgresql.conf", f"{settings}\ninclude '{configuration.INCLUDED}'\n", folder.account)
        write_private(new / OUR_SIGN, json.dumps({"program": "clinic-desk", "id": unique}), folder.account)
        patiently(lambda: new.rename(folder.pgdata))
        write_marker(folder, made=True)
    finally:
        password_file.unlink(missing_ok=True)
        shutil.rmtree(new, ignore_errors=True)


def clear_half_made(folder: Folder) -> None:
    """Remove what a killed initialisation left; the names are ours alone, and no database ever had one of them."""
    for left in folder.root.glob("*.new"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def start_alone(folder: Folder, found: Binaries, tell: Callable[[str], None]) -> ServerAddress:
    """Bring the server up for the programs of this PC. Raises EmbeddedServerError."""
    return start(folder, found, tell, partial(_choose_place, folder))


def start(
    folder: Folder,
    found: Binaries,
    tell: Callable[[str], None],
    set_up: Callable[[bool], None],
    ports_left: int = PORT_TRIES,
) -> ServerAddress:
    """Bring the server up from whatever state: down, crashed, coming up or going down by another program's doing.

    `set_up(fresh_port)` writes what the server reads when it starts, before each of at most `ports_left` tries for a
    port. Raises EmbeddedServerError.
    """
    deadline = time.monotonic() + START_LIMIT
    most_ports = ports_left
    _check_control_file(folder, found)
    while time.monotonic() < deadline:
        server = postmaster.alive(folder.pgdata)
        if server is not None and server.status == "ready":
            return address_of(server)
        if server is None and not _old_one_is_in_the_way(folder, tell):
            set_up(ports_left < most_ports)
            failed = _attempt(folder, found)
            if failed is None:
                continue
            ports_left -= failed.code is Problem.PORT
            if failed.code not in {Problem.PORT, Problem.BUSY} or ports_left == 0:
                raise failed
        time.sleep(PAUSE)
    message = (
        f"PostgreSQL did not come up within {START_LIMIT:.0f} s. Start the program again; if that does not help, "
        f"its log in {folder.log} says why."
    )
    raise EmbeddedServerError(Problem.START_FAILED, message)


def _old_one_is_in_the_way(folder: Folder, tell: Callable[[str], None]) -> bool:
    """After a crash: whether old processes live on. If none does, clear a postmaster.pid that misleads."""
    left = folder.pgdata / "postmaster.pid"
    if not left.exists():
        return False
    if postmaster.survivors(folder.pgdata):
        return True
    tell(Step.RECOVERING)
    if postmaster.misleads(folder.pgdata):
        logger.warning("clearing a stale postmaster.pid: nobody works in this folder")
        left.unlink(missing_ok=True)
    return False


def _check_control_file(folder: Folder, found: Binaries) -> None:
    told = run(found.program("pg_controldata"), "pgdata", account=folder.account, folder=folder.root)
    if told.code != 0 or re.search(r"CRC.* does not match", told.output):
        raise _damaged(folder, "pg_control cannot be read")


def _choose_place(folder: Folder, fresh_port: bool) -> None:
    """Choose the embedded server's port and socket folder, keep them in mind, and write its settings."""
    remembered = read_json(folder.state)
    if remembered.get("folder") != str(folder.root):  # moved or copied: the old place's server may be running
        remembered = {}
    port = choose_port(0 if fresh_port else remembered.get("port", 0))
    sockets = socket_folder(folder, remembered.get("socket_dir"))
    state = {"folder": str(folder.root), "port": port, "socket_dir": None if sockets is None else str(sockets)}
    write_private(folder.state, json.dumps(state))
    settings = configuration.server_settings(port, sockets)
    write_private(folder.pgdata / configuration.INCLUDED, settings, folder.account)


def _attempt(folder: Folder, found: Binaries) -> EmbeddedServerError | None:
    """One start; None when pg_ctl reports success."""
    first_words = folder.log / "start.log"
    first_words.unlink(missing_ok=True)
    began = time.time()
    arguments = ["start", "--wait", "--silent", "--timeout=120", "--pgdata=pgdata", f"--log={Path('log', 'start.log')}"]
    ended = run(found.program("pg_ctl"), *arguments, account=folder.account, folder=folder.root)
    if ended.code == 0 or postmaster.alive(folder.pgdata) is not None:
        return None  # also when recovery takes longer than pg_ctl waits: start() goes on waiting
    output = ended.output + _logged_since(folder.log, began)
    logger.warning("the embedded server did not start: %s", classify(output))
    return from_output(output, folder=folder.root, log=folder.log)


def _logged_since(log: Path, began: float) -> str:
    """The ends of the log files written to since `began` (seconds since the epoch)."""
    written = [path for path in sorted(log.glob("*.log")) if path.stat().st_mtime >= began - 1]
    return "\n".join(path.read_bytes()[-4000:].decode("utf-8", "replace") for path in written)


def choose_port(remembered: object) -> int:
    """The remembered TCP port of 127.0.0.1 if it is free, else a free one that the system chooses."""
    for port in (remembered, 0):
        if not isinstance(port, int) or not 0 <= port < 65536:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            # As PostgreSQL does; on Windows the same option would let two programs have one port.
            reuse = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
            probe.setsockopt(socket.SOL_SOCKET, reuse, 1)
            try:
                probe.bind((configuration.HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    message = f"No port can be opened on {configuration.HOST}. A firewall or security program may be blocking it."
    raise EmbeddedServerError(Problem.PORT, message)


def socket_folder(folder: Folder, remembered: object) -> Path | None:
    """A private, short folder for the server's socket: the remembered one if it is still good, else a new one.

    None on Windows, and where no short enough folder can be had: then there is TCP only.
    """
    if sys.platform == "win32":
        return None
    owner = os.geteuid() if folder.account is None else folder.account.uid
    if isinstance(remembered, str) and _is_private(Path(remembered), owner):
        for left in Path(remembered).glob(".s.PGSQL.*"):  # of a crashed server; no other one uses this folder
            left.unlink(missing_ok=True)
        return Path(remembered)
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108 - mkdtemp is private
        if base is None or not os.access(base, os.W_OK) or first_closed(Path(base), folder.account) is not None:
            continue
        if len(os.fsencode(base)) + len("/clinic-desk-12345678/.s.PGSQL.12345") > SOCKET_PATH_LIMIT:
            continue
        new = Path(tempfile.mkdtemp(prefix="clinic-desk-", dir=base))
        hand_over(new, folder.account)
        return new
    return None


def _is_private(path: Path, owner: int) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077


def _wait_for_recovery(folder: Folder, found: Binaries, server: Postmaster) -> None:
    """Wait while the server restarts itself after a crash: PostgreSQL 18.4 told to stop just then hangs for ever."""
    arguments = [f"--host={configuration.HOST}", f"--port={server.port}", "--timeout=3", "--quiet"]
    deadline = time.monotonic() + RECOVERY_LIMIT
    rejecting = 1  # pg_isready's code for "starting up"
    while time.monotonic() < deadline:
        told = run(found.program("pg_isready"), *arguments, account=folder.account, folder=folder.root)
        if told.code != rejecting:
            return
        time.sleep(PAUSE)


def _ends(folder: Folder) -> bool:
    """Whether the processes of a server that said it has stopped are gone, as they should be in a moment."""
    deadline = time.monotonic() + END_LIMIT
    while postmaster.survivors(folder.pgdata):
        if time.monotonic() > deadline or postmaster.read(folder.pgdata) is not None:
            return False
        time.sleep(PAUSE / 5)
    return True


def _able_to_stop(folder: Folder, setting: Path | None) -> Binaries:
    """pg_ctl stops a server of whatever version: that of a server whose programs an update took away."""
    try:
        return programs.find(major(folder), setting)
    except EmbeddedServerError:
        return programs.find(None, setting)


def stop(folder: Folder, setting: Path | None) -> None:
    """Stop the server in an orderly way (what transactions are open is rolled back); nothing to do when it is down."""
    server = postmaster.alive(folder.pgdata)
    if server is not None:
        found = programs.usable(_able_to_stop(folder, setting), folder.account)
        _wait_for_recovery(folder, found, server)
        for mode in ("fast", "immediate"):  # immediate is a crash on purpose: nothing committed is lost by it
            arguments = ["stop", f"--mode={mode}", "--wait", "--silent", "--timeout=30", "--pgdata=pgdata"]
            run(found.program("pg_ctl"), *arguments, account=folder.account, folder=folder.root)
            if _ends(folder):
                break
            logger.error("the embedded server did not stop: %s", mode)
    sockets = read_json(folder.state).get("socket_dir")
    if isinstance(sockets, str):
        with contextlib.suppress(OSError):  # not empty or gone: then it is not ours to remove
            Path(sockets).rmdir()
