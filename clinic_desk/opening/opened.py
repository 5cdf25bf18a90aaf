"""What a desk works with once a clinic is open: its database, its people and its server, until it is closed.

Its methods wait and import what is heavy when it is wanted: never on the GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from clinic_desk.opening.logins import DEMO_PASSWORD, DEMO_PEOPLE, WORKER_LOGIN

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.backups.dumping import Source
    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.database.engine import Database, DeskIdentity
    from clinic_desk.domain.records import Clinic
    from clinic_desk.notifications.scheduler import Sending
    from clinic_desk.notifications.shared_secrets import Sealed
    from clinic_desk.sending import SendingProgram
    from clinic_desk.services.desks import SignedIn
    from clinic_desk.services.signing_in import Entered
    from clinic_desk.settings import ClaimedDesk, Settings


@dataclass(frozen=True, slots=True)
class Opened:
    """What a desk works with, until `close`."""

    database: Database
    clinic: Clinic
    desk: ClaimedDesk
    desk_no: int
    person: SignedIn
    is_demo: bool = False
    server: EmbeddedServer | None = None
    settings: Settings | None = None
    is_automatic: bool = False
    """Nobody typed a password: this desk signs in by itself, as who installed it chose."""

    @property
    def weak_connection(self) -> str:
        """What is not secure on the way to a configured database, as an administrator allowed it; empty: nothing."""
        return self.settings.weak_connection if self.settings is not None and self.server is None else ""

    def start_sending(self, told: Callable[[Sending], None]) -> SendingProgram | None:
        """Begin to work through the message queue beside the desk; None if this PC has no login for that, or somebody
        who may only read is signed in.

        Waits, and imports what is heavy. `told` is called from other threads. Raises ClinicDeskError.
        """
        address = self._sending_address()
        if address is None or self.settings is None:
            return None
        locate = self._worker_address if self.server is not None else None
        return begin_sending(address, self.database.desk, self.settings, told, locate=locate, source=self.backup_source)

    def _sending_address(self) -> URL | str | None:
        """Where this PC signs in to work through the queue, if it may. Waits: it may ask the keyring."""
        from clinic_desk.notifications.credentials import worker_login

        if self.settings is None or not self.person.may_write:
            return None
        if self.server is not None:
            return self._worker_address()
        login = worker_login(self.settings.worker_database_url)
        return login.get_secret_value() if login is not None else None

    def backup_source(self) -> Source | None:
        """Return where the whole database can be read for a backup; None if this PC may not. Waits."""
        from clinic_desk.backups.source import embedded_source, shared_source

        if self.server is None:
            return None if self.settings is None else shared_source(self.settings)
        return embedded_source(self.server, self.database.url.database or "")

    def read_sealed(self) -> Sealed:
        """Return the clinic's passwords, encrypted, read as who sends; none if this PC has no login for that.

        Waits. Raises ClinicDeskError.
        """
        from clinic_desk.database.engine import Database
        from clinic_desk.notifications import shared_secrets

        address = self._sending_address()
        if address is None:
            return {}
        database = Database(address, self.database.desk, pool_size=1)
        try:
            return shared_secrets.read_sealed(database)
        finally:
            database.dispose()

    def _worker_address(self) -> URL | None:
        if self.server is None:
            return None
        self.server.ensure_running()
        return self.server.url(WORKER_LOGIN, self.database.url.database or "")

    def revive(self) -> URL:
        """Start this PC's server again if it is down; return where it is now. Before each try to reconnect."""
        if self.server is not None:
            self.server.ensure_running()
            self.database.move_to(_at_server(self.database.url, self.server))
        elif self.settings is not None and self.settings.shared_folder is not None:
            from clinic_desk.sharing import cluster

            cluster.keep_running(self.settings.shared_folder)
        return self.database.url

    def address_of(self, login: str, password: str) -> URL:
        """Return where this person signs in. The demo's password is nobody's at the server."""
        address = self.database.url.set(username=login, password=password)
        if self.server is None:
            return address
        if self.is_demo and password == DEMO_PASSWORD and login in {each[0] for each in DEMO_PEOPLE}:
            return self.server.url(login, address.database or "")
        return _at_server(address, self.server)

    def knock(self, address: URL) -> Entered:
        """Ask the server whether it lets somebody in. Waits. Raises as `services.signing_in.knock`."""
        from clinic_desk.services.signing_in import knock

        return knock(address, self.database.desk, wrong_passwords_of(self.settings))

    def knock_again(self) -> None:
        """Ask the server whether who is signed in may still sign in. Waits. Raises as `knocking.signed_in_as`."""
        from clinic_desk.database.knocking import signed_in_as

        with signed_in_as(self.database.url):
            pass

    @property
    def lock_after_min(self) -> int:
        """After how many idle minutes this PC locks, sooner than the clinic has it; 0: as that."""
        return self.settings.lock_after_min if self.settings is not None else 0

    def read_again(self) -> Opened:
        """Return it with the clinic as it stands now. Waits. Raises DatabaseDown, Busy, NotAllowed."""
        from clinic_desk.database.queries.clinic import clinic_record

        with self.database.reading() as connection:
            return replace(self, clinic=clinic_record(connection))

    def close(self) -> None:
        """Let go of everything, the embedded server last. May wait some seconds; doing it again does nothing."""
        self.database.dispose()
        self.desk.release()
        if self.server is not None:
            self.server.leave()


def begin_sending(
    address: URL | str,
    desk: DeskIdentity,
    settings: Settings,
    told: Callable[[Sending], None],
    *,
    locate: Callable[[], URL | None] | None,
    source: Callable[[], Source | None],
) -> SendingProgram:
    """Work through the message queue from here, as the worker's login at `address`. As `Opened.start_sending`."""
    from clinic_desk.sending import SendingProgram

    program = SendingProgram(address, desk, settings.messages_to, told, locate, data=settings.data, source=source)
    try:
        program.start()
    except BaseException:
        program.close()
        raise
    return program


def wrong_passwords_of(settings: Settings | None) -> Path:
    """The file of this user of this PC in which wrong passwords are counted."""
    folder = Path() if settings is None else settings.config
    return folder / "wrong-passwords.json"


def _at_server(address: URL, server: EmbeddedServer) -> URL:
    now = server.url(WORKER_LOGIN)
    return address.set(host=now.host, port=now.port)
