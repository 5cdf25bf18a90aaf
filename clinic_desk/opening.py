"""Opens a clinic's database for a desk: the configured one, and what all have in common. Not on the GUI thread.

The heavy libraries (SQLAlchemy, psycopg2, the embedded server, pydantic) are imported here, when something is opened,
and not with this module: the window is on screen before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk.errors import NotAllowed, SignInNeeded

if TYPE_CHECKING:
    from sqlalchemy import URL

    from clinic_desk.backups.dumping import Source
    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.database.engine import Database, DeskIdentity
    from clinic_desk.database.setup import Group, Login
    from clinic_desk.domain.records import Clinic
    from clinic_desk.notifications.scheduler import Sending
    from clinic_desk.notifications.shared_secrets import Sealed
    from clinic_desk.sending import SendingProgram
    from clinic_desk.services.desks import SignedIn
    from clinic_desk.services.signing_in import Entered
    from clinic_desk.settings import ClaimedDesk, Settings

Tell = Callable[[str], None]
"""Is told, on the working thread, what is being done; a `Stage` or a step of the embedded server."""

DEMO_PEOPLE: Final[tuple[tuple[str, str, Group], ...]] = (
    ("julia", "Julia Brandt", "clinic_manager"),
    ("karl", "Karl Stein", "clinic_reception"),
)
"""Login, name and group; the first is a manager, so that all that can be set can be tried."""
WORKER_LOGIN: Final = "message_worker"
"""The login in the embedded database that works through the message queue."""
DEMO_PASSWORD: Final = "demo"  # noqa: S105 - said on the screen
"""What the people of the demo clinic type. It is no role's password at the server, which a real clinic may share."""


class Stage:
    """What `Tell` can be told besides the steps of the embedded server."""

    IMPORTING: Final = "importing"
    PREPARING: Final = "preparing"
    DEMO: Final = "demo"
    CONNECTING: Final = "connecting"


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
        from clinic_desk.backups.source import configured_source, embedded_source

        if self.server is None:
            return configured_source(None if self.settings is None else self.settings.backup_database_url)
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
            _keep_running(self.settings.shared_folder)
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

    def for_person(self, address: URL) -> Opened:
        """Open the same clinic at the same desk for another person. Waits. Raises as `connect`."""
        settings = self.settings
        assert settings is not None
        return connect(address, self.desk, settings, is_demo=self.is_demo, server=self.server)

    def read_again(self) -> Opened:
        """Return it with the clinic as it stands now. Waits. Raises DatabaseDown, Busy, NotAllowed."""
        from clinic_desk.database.queries_clinic import clinic_record

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


def open_clinic(settings: Settings, tell: Tell) -> Opened:
    """Open the configured database. Raises ClinicDeskError, SignInNeeded if its address has no password."""
    from clinic_desk.settings import claim_desk

    assert settings.database_url is not None
    import_heavy(tell)
    if settings.shared_folder is not None:
        tell(Stage.PREPARING)
        _keep_running(settings.shared_folder)
    desk = claim_desk(settings)
    try:
        tell(Stage.CONNECTING)
        return connect(settings.database_url.get_secret_value(), desk, settings, is_automatic=True)
    except BaseException as error:
        desk.release()
        # a server may refuse at its door whoever is not named at all
        if isinstance(error, NotAllowed) and (getattr(error, "is_missing", False) or _names_nobody(settings)):
            raise SignInNeeded(partial(_sign_in, settings)) from None
        raise


def _keep_running(folder: Path) -> None:
    from clinic_desk.sharing import cluster

    cluster.keep_running(folder)


def _names_nobody(settings: Settings) -> bool:
    from urllib.parse import urlsplit

    return settings.database_url is not None and not urlsplit(settings.database_url.get_secret_value()).username


def _sign_in(settings: Settings, login: str, password: str, tell: Tell) -> Opened:
    """Open the configured database for who typed this. Raises as `open_clinic`."""
    from sqlalchemy import make_url

    assert settings.database_url is not None
    configured = make_url(settings.database_url.get_secret_value())
    return sign_in(settings, configured.set(username=login, password=password), tell)


def sign_in(settings: Settings, address: URL, tell: Tell, *, server: EmbeddedServer | None = None) -> Opened:
    """Open the database for whom this address signs in; wrong passwords are counted. Raises as `open_clinic`."""
    from clinic_desk.database.engine import DeskIdentity
    from clinic_desk.services.signing_in import knock
    from clinic_desk.settings import claim_desk

    desk = claim_desk(settings)
    try:
        tell(Stage.CONNECTING)
        entered = knock(address, DeskIdentity(desk.id, desk.name), wrong_passwords_of(settings))
        return connect(entered.address, desk, settings, server=server)
    except BaseException:
        desk.release()
        raise


def wrong_passwords_of(settings: Settings | None) -> Path:
    """The file of this user of this PC in which wrong passwords are counted."""
    folder = Path() if settings is None else settings.config
    return folder / "wrong-passwords.json"


def _at_server(address: URL, server: EmbeddedServer) -> URL:
    now = server.url(WORKER_LOGIN)
    return address.set(host=now.host, port=now.port)


def demo_people() -> tuple[str, str]:
    """Return who can sign in to the demo clinic, and the password of all of them."""
    return ", ".join(each[0] for each in DEMO_PEOPLE), DEMO_PASSWORD


def import_heavy(tell: Tell) -> None:
    """Import what the window did without: the driver, SQLAlchemy and what reads a day by them."""
    tell(Stage.IMPORTING)
    import sqlalchemy.dialects.postgresql.psycopg2  # noqa: F401

    import clinic_desk.database.engine
    import clinic_desk.services.calendar
    import clinic_desk.services.desks  # noqa: F401


def queue_login(server: EmbeddedServer) -> Login:
    """Return the login of the embedded database that works through the message queue."""
    from clinic_desk.database import setup

    return setup.Login(WORKER_LOGIN, server.password(WORKER_LOGIN), "clinic_worker", "Message worker")


def has_worker(server: EmbeddedServer) -> bool:
    """Whether the embedded server has the login that works through the message queue."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    engine = create_engine(server.superuser_url(), poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        known = connection.scalar(text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": WORKER_LOGIN})
    return bool(known)


def prepare(
    server: EmbeddedServer, name: str, logins: list[Login], before_upgrade: Callable[[str], None] | None = None
) -> None:
    """Make the database `name` with these logins, or bring it to this schema. Waits. Raises ClinicDeskError."""
    from clinic_desk.database import setup

    setup.prepare_database(
        server.superuser_url(),
        database=name,
        owner_password=server.password("clinic_owner"),
        logins=logins,
        before_upgrade=before_upgrade,
    )


def connect(
    url: URL | str,
    desk: ClaimedDesk,
    settings: Settings,
    *,
    is_demo: bool = False,
    server: EmbeddedServer | None = None,
    is_automatic: bool = False,
) -> Opened:
    """Connect a desk to a database that is there and has this program's schema, or a newer one that it may read: then
    nothing is written. Raises ClinicDeskError: UpgradeNeeded, where a manager is to be asked.
    """
    from clinic_desk import upgrading
    from clinic_desk.database.engine import Database, DeskIdentity
    from clinic_desk.database.queries_clinic import clinic_record
    from clinic_desk.services.desks import number_here, register_desk, register_reader, shut_out, signed_in

    here = upgrading.Here(wrong_passwords_of(settings), settings.shared_folder)
    database = Database(url, DeskIdentity(desk.id, desk.name), message_wait_s=settings.message_wait_s)
    try:
        with database.reading() as connection:
            database.other_version = upgrading.look(connection, database.url, here)
            person, clinic = signed_in(connection), clinic_record(connection)
        if database.other_version is not None:
            person = person.only_reading()
            desk_no = number_here(database)
        else:
            desk_no = register_desk(database) if person.may_write else register_reader(database, person.login)
    except BaseException as error:
        database.dispose()
        raise shut_out(error, database.url) from None
    return Opened(database, clinic, desk, desk_no, person, is_demo, server, settings, is_automatic)
