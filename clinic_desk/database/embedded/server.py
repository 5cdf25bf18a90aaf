"""One program's membership in the shared embedded server of a data folder: join, use, leave."""

from __future__ import annotations

import atexit
import json
import logging
import os
import secrets
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

import platformdirs

from clinic_desk.database.embedded import cluster, members, succession
from clinic_desk.database.embedded.account import first_closed, is_root, service_account
from clinic_desk.database.embedded.configuration import SUPERUSER
from clinic_desk.database.embedded.folder import Folder, claim, open_folder, read_json, write_private
from clinic_desk.database.embedded.problems import EmbeddedServerError, Problem, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from filelock import BaseFileLock
    from sqlalchemy.engine import URL

    from clinic_desk.database.embedded.cluster import ServerAddress

logger = logging.getLogger(__name__)


def default_folder() -> Path:
    """Where the data lies unless the user says otherwise: the platform's data directory of the user.

    As root that may be closed to the account which runs PostgreSQL (/root is, mostly): then a place of the machine's.
    """
    users = platformdirs.user_data_path("clinic-desk", appauthor=False) / "server"
    if not is_root() or first_closed(users, service_account(0)) is None:
        return users
    machines = "/Library/Application Support/clinic-desk" if sys.platform == "darwin" else "/var/lib/clinic-desk"
    return Path(machines) / "server"


def join(
    data: Path | None = None,
    *,
    progress: Callable[[str], None] | None = None,
    postgres_bin: Path | None = None,
) -> EmbeddedServer:
    """Use the server of the folder `data`: make its database if it is new, start it if it is down, share it if it runs.

    `progress` is called in this thread with a cluster.Step (a str) before what takes long. `postgres_bin` is a folder
    with PostgreSQL's programs to use instead of those shipped. Blocks for up to some seconds: not for the GUI thread.
    Raises EmbeddedServerError (OlderServer: `succession`); a folder that is refused is left as it was.
    """
    root = (default_folder() if data is None else data.expanduser()).absolute()
    with told(root):
        folder = open_folder(root)
        with folder.locked():
            succession.finish(folder)
            claim(folder)
            _stop_older(folder, postgres_bin)
            member = members.enter(folder.members)
            try:
                password = _password(folder, SUPERUSER)
                address = cluster.ensure(folder, password, postgres_bin, progress or (lambda _step: None))
            except BaseException:
                members.leave(member, folder.members)
                raise
    return EmbeddedServer(folder, member, address, postgres_bin)


def _stop_older(folder: Folder, postgres_bin: Path | None) -> None:
    """A server of an older major version that nobody uses is stopped: it was left by a program that was killed."""
    if cluster.running(folder) is None or cluster.of_older_major(folder, postgres_bin) is None:
        return
    if not members.anybody(folder.members):
        cluster.stop(folder, postgres_bin)


def _password(folder: Folder, user: str) -> str:
    """Under the folder's lock: the user's password, made up now if there is none."""
    known = read_json(folder.passwords)
    if SUPERUSER not in known and (user != SUPERUSER or (folder.pgdata / cluster.OUR_SIGN).exists()):
        message = (
            f"The file {folder.passwords} is missing or damaged, and without it nobody gets into the database. "
            "Nothing was changed: restore the folder from a backup."
        )
        raise EmbeddedServerError(Problem.DAMAGED, message)
    if user not in known:
        known[user] = secrets.token_urlsafe(32)  # 256 bits, in characters that need no quoting anywhere
        write_private(folder.passwords, json.dumps(known, indent=1))
    return str(known[user])


class EmbeddedServer:
    """A membership, made by join(). Every method may be called from any thread but the GUI's: they can wait."""

    def __init__(self, folder: Folder, member: BaseFileLock, address: ServerAddress, postgres_bin: Path | None) -> None:
        self._folder = folder
        self._member = member
        self._address = address
        self._postgres_bin = postgres_bin
        self._guard = threading.Lock()
        self._left = False
        self._process = os.getpid()
        # A program that ends by an exception still leaves; it also keeps the membership from being collected.
        atexit.register(self.leave)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    @property
    def data(self) -> Path:
        """The data folder."""
        return self._folder.root

    @property
    def address(self) -> ServerAddress:
        """Where the server listened when last looked at; ensure_running() looks again."""
        return self._address

    def password(self, user: str) -> str:
        """The password of a database user, from the folder's 0600 file; made up at the first asking.

        This does not set it in the database: whoever creates the role does.
        """
        known = read_json(self._folder.passwords)
        if user in known:
            return str(known[user])
        with told(self.data), self._folder.locked():
            return _password(self._folder, user)

    def url(self, user: str, database: str = "clinic", *, password: str | None = None) -> URL:
        """The database as `user`, over TCP; the client accepts no other authentication than SCRAM.

        `password`: of a person; the folder knows those of the program's own logins only.
        """
        from sqlalchemy.engine import URL

        return URL.create(
            "postgresql+psycopg2",
            username=user,
            password=self.password(user) if password is None else password,
            host=self._address.host,
            port=self._address.port,
            database=database,
            query={"require_auth": "scram-sha-256"},
        )

    def superuser_url(self, database: str = "postgres") -> URL:
        """The same as the superuser: for setting up roles and the database only."""
        return self.url(SUPERUSER, database)

    def ensure_running(self) -> None:
        """Start the server again if it is down, whoever or whatever ended it; on the same port if that is free.

        For after a lost connection: right after a kill the dying process can still be seen, and nothing is done.
        Raises EmbeddedServerError, with code left after leave().
        """
        with self._guard, told(self.data):
            if self._left:
                message = "this program has already left the embedded server"
                raise EmbeddedServerError(Problem.LEFT, message)
            address = cluster.running(self._folder)
            if address is None:
                with self._folder.locked():
                    password = _password(self._folder, SUPERUSER)
                    address = cluster.ensure(self._folder, password, self._postgres_bin, logger.info)
            self._address = address

    def leave(self) -> None:
        """Stop using the server; the last one to leave stops it. Leaving again does nothing. Trouble is logged."""
        with self._guard:
            if self._left or os.getpid() != self._process:  # a forked child is not the member
                return
            self._left = True
            atexit.unregister(self.leave)
            try:
                with told(self.data), self._folder.locked():
                    if members.leave(self._member, self._folder.members):
                        cluster.stop(self._folder, self._postgres_bin)
            except EmbeddedServerError as error:  # the folder is gone or closed: nothing left to stop from here
                logger.warning("leaving the embedded server: %s", error)
            finally:
                self._member.release()
