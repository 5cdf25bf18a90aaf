"""The first start on a PC: whether anything is set up here, and what it can begin with. Not on the GUI thread."""

from __future__ import annotations

import getpass
import platform
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from clinic_desk.errors import (
    ClinicDeskError,
    DatabaseDown,
    NotAllowed,
    NothingHere,
    PasswordNeeded,
    SignInNeeded,
    Stopped,
)

if TYPE_CHECKING:
    from pathlib import Path

    from clinic_desk.opening.embedded import FirstManager
    from clinic_desk.opening.opened import Opened
    from clinic_desk.opening.stages import Tell
    from clinic_desk.settings import Settings
    from clinic_desk.sharing.plans import Manager
    from clinic_desk.ui.first_run.ways import Begin, Server, Ways


def open_or_ask(settings: Settings, tell: Tell) -> Opened:
    """Open the configured database, or the embedded one when none is configured. Raises NothingHere if there is none
    yet, and as `configured.open_clinic`.

    A database that was left before somebody could sign in to it and that holds nothing counts as none. A server that
    set-up wrote down and that is not reached: DatabaseDown with the ways to another one.
    """
    from clinic_desk.opening.configured import open_clinic
    from clinic_desk.opening.embedded import open_embedded

    if settings.database_url is not None:
        try:
            return open_clinic(settings, tell)
        except DatabaseDown as error:
            error.ways = _ways_elsewhere(settings)
            raise
    _clear_half_made(settings)
    if not _has_database(settings):
        raise NothingHere(ways_of(settings))
    opened = open_embedded(settings, tell)
    if opened.is_automatic and _is_blank(opened):
        opened.close()
        raise NothingHere(ways_of(settings))
    return opened


def _ways_elsewhere(settings: Settings) -> Ways | None:
    """What this PC can work with instead of the server that set-up wrote down; None: nobody did, or it is this PC's."""
    from clinic_desk import connection_file

    with suppress(connection_file.Damaged, ClinicDeskError):  # what is named in another way is opened without the file
        is_there = bool(connection_file.read(settings.config))
        is_written = is_there and _written(settings).database_url == settings.database_url
        return ways_of(settings) if is_written and settings.shared_folder is None else None
    return None


def ways_of(settings: Settings) -> Ways:
    """Return what this PC can begin with."""
    from clinic_desk.opening.demo import open_demo
    from clinic_desk.ui.first_run.ways import Ways

    given = "data" in settings.model_fields_set
    used: set[str] = set()
    return Ways(
        demo=partial(open_demo, settings, settings.data / "demo" if given else None),
        one_pc=partial(_one_pc, settings),
        share=partial(_share, settings),
        connect=lambda server: partial(_connect, settings, server),
        join=lambda text, pc: partial(_join, settings, used, text, pc),
        restore=lambda file, passphrase: partial(_restore, settings, file, passphrase),
        folder=_folder(settings),
    )


def _one_pc(settings: Settings, login: str, name: str, password: str) -> Begin:
    from clinic_desk.opening.embedded import FirstManager

    return partial(_begin_here, settings, FirstManager(login, name, password))


def _begin_here(settings: Settings, manager: FirstManager, tell: Tell) -> Opened:
    """Make the clinic with its manager, or sign her in if that was done already: it may be carried out again."""
    from clinic_desk.opening.embedded import open_embedded, open_with_first_manager

    try:
        return open_with_first_manager(settings, manager, tell)
    except NotAllowed as error:
        if error.right != "first-manager":
            raise
    try:
        return open_embedded(settings, tell)
    except SignInNeeded as needed:
        try:
            signed_in: Opened = needed.sign_in(manager.login, manager.password, tell)
        finally:
            needed.let_go()
        return signed_in


def _share(settings: Settings, login: str, name: str, password: str) -> Begin:
    from clinic_desk.sharing.plans import Manager

    return partial(_share_here, settings, Manager(login, password, name))


def _share_here(settings: Settings, manager: Manager, tell: Tell) -> Opened:
    """Make the clinic's own server on this PC, by an installed PostgreSQL, and sign its manager in.

    Done again it goes on where it was stopped.
    """
    from clinic_desk.opening.connecting import import_heavy
    from clinic_desk.sharing import acts, cluster, finding
    from clinic_desk.sharing.plans import SharePlan, Step

    import_heavy(tell)
    tell(Step.LOOKING)
    folder = _shared_folder(settings)
    plan = SharePlan(finding.choose(finding.find_servers()), folder, manager)
    pc = (settings.desk_name or platform.node() or "Desk")[:40]
    try:
        acts.share_from_this_pc(plan, settings.config, pc, lambda step, _done, _total: tell(step))
    except Stopped:
        cluster.discard(folder)
        raise
    return _signed_in(settings, manager.login, manager.password, tell)


def _connect(settings: Settings, server: Server, tell: Tell) -> Opened:
    """Try the server, write it down if a desk can work with it, and sign in there."""
    from clinic_desk.opening.connecting import import_heavy
    from clinic_desk.opening.stages import Stage
    from clinic_desk.sharing import connecting, trying
    from clinic_desk.sharing.plans import Step, TestKind
    from clinic_desk.ui.first_run.ways import NotConnected

    import_heavy(tell)
    tell(Stage.CONNECTING)
    address = connecting.address_of(server.hosts, server.port, server.database, server.authority)
    found = trying.try_connection(address, server.authority, server.login, server.password)
    if not found.is_good and found.kind is not TestKind.SCHEMA_OLDER:  # which a manager upgrades at the door
        raise NotConnected(found)
    tell(Step.SETTING)
    connecting.connect_this_pc(settings.config, address, server.authority)
    return _signed_in(settings, server.login, server.password, tell)


def _signed_in(settings: Settings, login: str, password: str, tell: Tell) -> Opened:
    """Sign in at the server that was written down just now."""
    from sqlalchemy import make_url

    from clinic_desk.opening.configured import open_clinic, sign_in

    written = _written(settings)
    assert written.database_url is not None
    there = make_url(written.database_url.get_secret_value()).set(username=login, password=password)
    try:
        return sign_in(written, there, tell)
    except PasswordNeeded as needed:
        try:
            return open_clinic(written, tell)
        except SignInNeeded as asked:  # a one-time code: the door asks at once for a password of her own
            asked.first = needed
            raise


def _join(settings: Settings, used: set[str], text: str, pc: str, tell: Tell) -> Opened:
    """Join by a pairing text, once; who signs in is asked at the door. `used`: the texts by which this PC joined.

    A connection there was until then stays as it is until the new one is written in its place.
    """
    from clinic_desk.opening.configured import open_clinic
    from clinic_desk.opening.connecting import import_heavy
    from clinic_desk.sharing import joining, pairing
    from clinic_desk.ui.first_run.ways import Lacking

    import_heavy(tell)
    if text not in used:  # else: joined already, and then not opened
        joined = joining.join(pairing.read_pairing(text), settings.config, pc, lambda step, _done, _total: tell(step))
        used.add(text)
        if joined.trouble:
            raise Lacking(joined.trouble)  # to be read before anything else is shown
    return open_clinic(_written(settings), tell)


def _restore(settings: Settings, file: Path, passphrase: str, tell: Tell) -> Opened:
    """Have a clinic back from its backup as the one of this PC; who signs in is asked at the door.

    Done again it goes on where it was stopped. A clinic that stands here by now stays as it is, and is opened.
    """
    from clinic_desk.backups.problems import BackupFailed, Problem
    from clinic_desk.backups.switching import DATABASE, Asker, restore_into, restore_over
    from clinic_desk.database import embedded
    from clinic_desk.opening.connecting import import_heavy
    from clinic_desk.opening.embedded import open_embedded
    from clinic_desk.opening.stages import Stage

    def is_stopped() -> bool:
        try:
            tell(Stage.RESTORING)
        except Stopped:
            return True
        return False

    import_heavy(tell)
    has_blank = _has_database(settings)
    if has_blank:  # one that nobody signed in to yet was left; of any other, who signs in is asked now
        opened = open_embedded(settings, tell)
        if not _is_blank(opened):
            return opened
        opened.close()
    tell(Stage.RESTORING)
    file = file.expanduser()
    asker = Asker(getpass.getuser(), settings.desk_name or platform.node() or "Desk")
    try:
        if has_blank:
            with embedded.join(_folder(settings)) as server:
                restore_over(server.superuser_url(), DATABASE, file, passphrase, asker=asker, stop=is_stopped)
        else:
            restore_into(_folder(settings), file, passphrase, asker=asker, stop=is_stopped)
    except BackupFailed as error:
        if error.code is Problem.STOPPED:
            raise Stopped from None
        raise
    return open_embedded(settings, tell)


def _written(settings: Settings) -> Settings:
    """Return the settings with the connection that was written down just now."""
    from clinic_desk import connection_file
    from clinic_desk.settings import load_settings

    return load_settings(config=settings.config, **connection_file.read(settings.config))


def _folder(settings: Settings) -> Path:
    """The folder of the embedded database."""
    from clinic_desk.database.embedded.server import default_folder

    return settings.data / "server" if "data" in settings.model_fields_set else default_folder()


def _shared_folder(settings: Settings) -> Path:
    """The folder of the server that this PC shares."""
    return settings.shared_folder or _folder(settings).with_name("shared")


def _has_database(settings: Settings) -> bool:
    """Whether the embedded database was made, or is lost: what cannot be looked at is for the opening to tell."""
    from clinic_desk.database.embedded.folder import has_database

    return has_database(_folder(settings))


def _clear_half_made(settings: Settings) -> None:
    """Stop and remove what was begun here and killed: a restore, a server to share. Waits only if there is any."""
    folder, shared = _folder(settings).expanduser(), _shared_folder(settings).expanduser()
    with suppress(OSError, ClinicDeskError):  # what cannot be looked at is told by who opens it
        if next(folder.parent.glob(f".{folder.name}.restoring*"), None) is not None:
            from clinic_desk.backups.switching import clear_left

            clear_left(folder)
        if (shared / "share.json").exists():
            from clinic_desk.sharing import cluster

            cluster.discard_left(shared)


def _is_blank(opened: Opened) -> bool:
    clinic = opened.clinic
    return not (clinic.sites or clinic.practitioners or clinic.types or clinic.rooms)
