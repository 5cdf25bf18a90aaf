"""The clinic's own embedded database, for one PC or several programs on it: made on first use. Not on the GUI thread.

It opens by itself, by a built-in login, as long as nobody can manage it. From the first manager on it asks at the door
who it is, and the built-in login is closed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from clinic_desk.errors import ClinicDeskError, SchemaMismatch, SignInNeeded
from clinic_desk.opening.configured import open_clinic, sign_in
from clinic_desk.opening.connecting import connect, import_heavy, prepare
from clinic_desk.opening.logins import WORKER_LOGIN, queue_login
from clinic_desk.opening.opened import begin_sending
from clinic_desk.opening.stages import Stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import URL

    from clinic_desk.backups.dumping import Source
    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.database.engine import DeskIdentity
    from clinic_desk.database.setup import Login
    from clinic_desk.notifications.scheduler import Sending
    from clinic_desk.opening.opened import Opened
    from clinic_desk.opening.stages import Tell
    from clinic_desk.sending import SendingProgram
    from clinic_desk.settings import Settings

DATABASE: Final = "clinic"


@dataclass(frozen=True, slots=True)
class FirstManager:
    """Who is to manage a clinic that nobody manages yet: the login, the name others see, and a password of her own."""

    login: str
    display_name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What goes on of the clinic while nobody is signed in, until `close`: the server runs, messages are sent."""

    server: EmbeddedServer
    settings: Settings
    desk: DeskIdentity

    def start_sending(self, told: Callable[[Sending], None]) -> SendingProgram:
        """Work through the message queue, whoever comes in. As `Opened.start_sending`."""
        where = self._worker_address
        return begin_sending(where(), self.desk, self.settings, told, locate=where, source=self._backup_source)

    def _worker_address(self) -> URL:
        self.server.ensure_running()
        return self.server.url(WORKER_LOGIN, DATABASE)

    def _backup_source(self) -> Source | None:
        from clinic_desk.backups.source import embedded_source

        return embedded_source(self.server, DATABASE)

    def close(self) -> None:
        """Leave the server. May wait some seconds."""
        self.server.leave()


def open_embedded(settings: Settings, tell: Tell) -> Opened:
    """Open it by itself, or have somebody sign in (SignInNeeded) if it has a manager. Raises ClinicDeskError."""
    from clinic_desk.database import setup
    from clinic_desk.settings import claim_desk

    import_heavy(tell)
    if (elsewhere := _moved(settings)) is not None:
        return open_clinic(elsewhere, tell)
    server = _joined(settings, tell)
    try:
        tell(Stage.PREPARING)
        _prepare(server, tell)
        if not setup.opens_by_itself(server.superuser_url(), built_in_login(server), database=DATABASE):
            raise SignInNeeded(partial(_sign_in, settings), _waiting(server, settings))
        tell(Stage.CONNECTING)
        desk = claim_desk(settings)
        try:
            url = server.url(setup.BUILT_IN, DATABASE)
            return connect(url, desk, settings, server=server, is_automatic=True)
        except BaseException:
            desk.release()
            raise
    except SignInNeeded:
        raise  # the server runs on for who is about to sign in
    except BaseException:
        server.leave()
        raise


def open_with_first_manager(settings: Settings, manager: FirstManager, tell: Tell) -> Opened:
    """Make the first manager of the embedded clinic of this PC, close the login by which it opened by itself until now,
    and open it as her. The clinic is made if there is none.

    All is checked first, and manager and closed login stand together or not at all. Raises InvalidInput (`login`,
    `display_name`, `password`), NotAllowed (`first-manager`: there is one already), and as `open_embedded`.
    """
    from clinic_desk.database import setup

    import_heavy(tell)
    login = checked_manager(manager)
    server = _joined(settings, tell)
    try:
        tell(Stage.PREPARING)
        _prepare(server, tell)
        setup.make_first_manager(server.superuser_url(), login, built_in_login(server), database=DATABASE)
        return _sign_in(settings, login.name, login.password, tell)
    finally:
        server.leave()


def checked_manager(manager: FirstManager) -> Login:
    """Return the login that will be made. Raises InvalidInput (`login`, `display_name`, `password`)."""
    from clinic_desk.database import setup
    from clinic_desk.domain.people import display_name_of, login_of
    from clinic_desk.errors import InvalidInput
    from clinic_desk.services.passwords import check_new_password

    login, shown = login_of(manager.login), display_name_of(manager.display_name)
    servers = {*setup.GROUPS, setup.PASSWORD_ONLY, setup.OWNER, setup.BUILT_IN, WORKER_LOGIN, "postgres", "public"}
    if login in servers:
        raise InvalidInput(field="login", expected="a name of a person: this one is the program's own")
    check_new_password(manager.password, login=login, others=(shown,))
    return setup.Login(login, manager.password, "clinic_manager", shown)


def built_in_login(server: EmbeddedServer) -> Login:
    """Return the login by which a clinic that nobody manages opens by itself, named as the user of this PC."""
    import getpass

    from clinic_desk.database import setup

    return setup.Login(setup.BUILT_IN, server.password(setup.BUILT_IN), "clinic_reception", getpass.getuser())


def _sign_in(settings: Settings, login: str, password: str, tell: Tell) -> Opened:
    server = _joined(settings, tell)
    try:
        return sign_in(settings, server.url(login, DATABASE, password=password), tell, server=server)
    except BaseException:
        server.leave()
        raise


def _prepare(server: EmbeddedServer, tell: Tell) -> None:
    """Make the clinic, or upgrade it after a backup; one that a newer program made is left as it is, to be read."""
    from clinic_desk.upgrading import before_upgrade

    try:
        prepare(server, DATABASE, [queue_login(server)], before_upgrade(server, tell, DATABASE))
    except SchemaMismatch as mismatch:
        if not mismatch.is_readable:
            raise
    _drop_left(server)


def _drop_left(server: EmbeddedServer) -> None:
    """Remove the copies of a clinic that restores which were killed left on its server."""
    from clinic_desk.database import copies, setup
    from clinic_desk.database.failures import translated

    with suppress(ClinicDeskError), translated(), setup.superuser(server.superuser_url()) as connection:
        copies.drop_left(connection)


def _waiting(server: EmbeddedServer, settings: Settings) -> Waiting:
    from clinic_desk.database.engine import DeskIdentity
    from clinic_desk.settings import claim_desk

    desk = claim_desk(settings)
    desk.release()  # who signs in claims it
    return Waiting(server, settings, DeskIdentity(desk.id, desk.name))


def _joined(settings: Settings, tell: Tell) -> EmbeddedServer:
    from clinic_desk.database import embedded

    try:
        return embedded.join(_folder(settings), progress=tell)
    except embedded.OlderServer as older:
        from clinic_desk import server_upgrade

        raise server_upgrade.needed(older, DATABASE, settings.data) from None


def _folder(settings: Settings) -> Path:
    from clinic_desk.database import embedded

    # Without a folder given the embedded server knows one: root's own is closed to the account that runs PostgreSQL.
    return settings.data / "server" if "data" in settings.model_fields_set else embedded.default_folder()


def _moved(settings: Settings) -> Settings | None:
    """What leads to the database that the clinic of this PC moved to, if it did. The next start goes there at once."""
    from clinic_desk.connection_file import MOVED

    folder = _folder(settings).expanduser()
    if not (folder / MOVED).exists():
        return None
    from pathlib import Path

    from pydantic import SecretStr

    from clinic_desk.database_address import secured
    from clinic_desk.sharing.moving import follow

    written = follow(folder, settings.config)
    if not written:
        return None
    shared = written.get("shared_folder")
    found = {
        "database_url": SecretStr(secured(written["database_url"])),
        "shared_folder": Path(shared) if shared else None,
    }
    return settings.model_copy(update=found)
