"""The clinic's own server on this PC, by an installed PostgreSQL: made, started, stopped, its certificate renewed.

It lies in a folder as the embedded server's (`database.embedded.folder`), in files of its own, beside whatever cluster
the system has. What was begun and not finished is used by nobody: `make_share` goes on with it, `discard` removes it.
"""

from __future__ import annotations

import json
import secrets
import shutil
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from filelock import FileLock, Timeout

from clinic_desk.database import setup
from clinic_desk.database.embedded import cluster, configuration, postmaster
from clinic_desk.database.embedded.binaries import Binaries
from clinic_desk.database.embedded.commands import run
from clinic_desk.database.embedded.folder import (
    LOCK,
    MARKER,
    Folder,
    claim,
    open_folder,
    read_json,
    write_marker,
    write_private,
)
from clinic_desk.database.embedded.problems import EmbeddedServerError, Problem, told
from clinic_desk.sharing import certificates, finding, managers, service, serving
from clinic_desk.sharing.certificates import Signed
from clinic_desk.sharing.plans import (
    DATABASE,
    Manager,
    Share,
    SharePlan,
    SharingError,
    Step,
    Tell,
    Trouble,
    tell_nobody,
)

if TYPE_CHECKING:
    from sqlalchemy import URL

HERE: Final = "127.0.0.1"
_USUAL_PORT: Final = 5432
_PORTS: Final = 20
_NOT_SHARED: Final = "This PC does not share a database in the folder {}."


@dataclass(frozen=True, slots=True)
class _Noted:
    """What the folder says of the server: `share.json`."""

    programs: Path
    port: int
    addresses: tuple[str, ...]
    listen: tuple[str, ...]
    networks: tuple[str, ...]
    is_ready: bool


def make_share(plan: SharePlan, tell: Tell = tell_nobody) -> Share:
    """Make the clinic's own server on this PC, with an empty clinic in it, and start it.

    Called again it goes on where it was stopped, and where all is done changes nothing but the manager's password.
    Raises SharingError (postgresql-…, port-taken), InvalidInput (`login`, `display_name`, `password`),
    EmbeddedServerError, ClinicDeskError.
    """
    finding.choose([plan.server])
    manager = None if plan.manager is None else managers.checked(plan.manager)
    root = plan.folder.expanduser().absolute()
    with told(root):
        folder = open_folder(root)
        with folder.locked():
            claim(folder)
            noted = _note(folder, plan)
            if not cluster.check(folder):
                tell(Step.MAKING_SERVER, 0, 0)
                cluster.clear_half_made(folder)
                found = Binaries(plan.server.folder, plan.server.major)
                cluster.create(folder, found, _password(folder, configuration.SUPERUSER))
            tell(Step.MAKING_CERTIFICATE, 0, 0)
            _authority(folder)
            tell(Step.STARTING, 0, 0)
            _start(folder, noted)
            tell(Step.PREPARING, 0, 0)
            _prepare(folder, noted, manager)
            if not noted.is_ready:
                _write_note(folder, noted, is_ready=True)
            if plan.as_service:
                service.install(root, noted.programs, folder.account)
    return share_of(root)


def share_of(root: Path) -> Share:
    """Return the clinic's server in a folder, up or not. Raises SharingError (not-shared)."""
    folder, noted = _opened(root)
    authority = root / "authority.pem"
    shown = (folder.pgdata / serving.CERTIFICATE).read_text("utf-8")
    return Share(
        folder=root,
        port=noted.port,
        addresses=noted.addresses,
        authority=authority,
        fingerprint=certificates.fingerprint(authority.read_text("utf-8")),
        certificate_until=certificates.ends(shown),
        service=service.look(root, noted.programs, folder.account),
    )


def ensure_running(root: Path) -> Share:
    """Start the clinic's server if it is down; renew its certificate if it ends soon. Raises as `make_share`."""
    folder, noted = _opened(root)
    with told(root), folder.locked():
        _start(folder, noted)
    return share_of(root)


def keep_running(root: Path) -> None:
    """The same for a desk that is about to connect: another user's server, which it may not start, may well be on.

    Raises EmbeddedServerError, SharingError, ClinicDeskError for one that this user looks after.
    """
    try:
        folder, noted = _opened(root)
        with told(root), folder.locked():
            _start(folder, noted)
    except EmbeddedServerError as error:
        if error.code not in {Problem.NOT_PERMITTED, Problem.UNREACHABLE}:
            raise


def stop(root: Path) -> None:
    """Stop the clinic's server in order; nothing to do when it is down. Desks lose their connections."""
    folder, noted = _opened(root)
    with told(root), folder.locked():
        cluster.stop(folder, noted.programs)


def discard(root: Path) -> None:
    """Remove a server that was begun and never became whole; one that did stays, and so does anything foreign."""
    if not _is_half_made(root):
        return
    folder = open_folder(root)
    with told(root), folder.locked():
        if not _is_half_made(root):  # it became whole meanwhile
            return
        cluster.stop(folder, Path(read_json(root / "share.json")["programs"]))
        # killed in between, it is begun anew or discarded again: what says that it is ours and half-made goes last
        write_marker(folder, made=False)
        if folder.pgdata.exists():
            folder.pgdata.rename(root / f"pgdata.{uuid4().hex}.new")
        for left in set(root.iterdir()) - {folder.marker, root / "share.json", root / LOCK}:
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        (root / "share.json").unlink()
        folder.marker.unlink()
    shutil.rmtree(root, ignore_errors=True)


def discard_left(root: Path) -> None:
    """The same for what a killed program left, unless another one is just at it."""
    if not _is_half_made(root):
        return
    try:
        with FileLock(root / LOCK, mode=0o600, fallback_to_soft=False, timeout=0):
            pass
    except (Timeout, OSError):
        return
    discard(root)


def _is_half_made(root: Path) -> bool:
    return (root / MARKER).exists() and not read_json(root / "share.json").get("ready", True)


def superuser_url(root: Path, database: str = "postgres") -> URL:
    """The clinic's server as its superuser, over TLS from this PC: for setting up and moving only."""
    folder, noted = _opened(root)
    return _url(folder, noted, configuration.SUPERUSER, database)


def owner_url(root: Path) -> URL:
    """The clinic's database as the owner of its schema, over TLS from this PC."""
    folder, noted = _opened(root)
    return _url(folder, noted, setup.OWNER, DATABASE)


def owner_password(root: Path) -> str:
    """The password of the schema's owner, from the folder's 0600 file."""
    folder, _ = _opened(root)
    return _password(folder, setup.OWNER)


# --- the folder -------------------------------------------------------------------------------------------------------


def _opened(root: Path) -> tuple[Folder, _Noted]:
    with told(root):
        noted = _noted(root)
        if noted is None or not noted.is_ready:
            raise SharingError(Trouble.NOT_SHARED, _NOT_SHARED.format(root), str(root))
        return open_folder(root), noted


def _noted(root: Path) -> _Noted | None:
    said: dict[str, Any] = read_json(root / "share.json")
    if not said:
        return None
    return _Noted(
        Path(said["programs"]),
        int(said["port"]),
        tuple(said["addresses"]),
        tuple(said["listen"]),
        tuple(said["networks"]),
        bool(said["ready"]),
    )


def _note(folder: Folder, plan: SharePlan) -> _Noted:
    """Keep in mind what was asked for; what is there already stays where desks look for it."""
    known = _noted(folder.root)
    if known is not None and known.is_ready:
        if plan.port not in {0, known.port}:
            message = f"This PC shares the clinic's database already, at port {known.port}."
            raise SharingError(Trouble.ALREADY_SHARED, message, str(known.port))
        return known
    if known is None and cluster.check(folder):
        message = f"The folder {folder.root} holds a database that is not shared. Choose another one."
        raise SharingError(Trouble.ALREADY_SHARED, message)
    up = postmaster.alive(folder.pgdata)
    port = up.port if up is not None else _free_port(plan.port)
    networks = tuple(serving.check_network(network) for network in plan.networks)
    addresses = plan.addresses or certificates.addresses_of_this_pc()
    noted = _Noted(plan.server.folder, port, addresses, plan.listen, networks, is_ready=False)
    _write_note(folder, noted, is_ready=False)
    return noted


def _write_note(folder: Folder, noted: _Noted, *, is_ready: bool) -> None:
    said = {
        "programs": str(noted.programs),
        "port": noted.port,
        "addresses": noted.addresses,
        "listen": noted.listen,
        "networks": noted.networks,
        "ready": is_ready,
    }
    write_private(folder.root / "share.json", json.dumps(said, indent=1))


def _free_port(wanted: int) -> int:
    for port in [wanted] if wanted else range(_USUAL_PORT, _USUAL_PORT + _PORTS):
        try:
            with socket.create_server(("", port), reuse_port=False):
                return port
        except OSError:
            continue
    message = f"The port {wanted or _USUAL_PORT} is taken by another program of this PC. Choose another one."
    raise SharingError(Trouble.PORT_TAKEN, message, str(wanted or _USUAL_PORT))


def _password(folder: Folder, user: str) -> str:
    """Under the folder's lock: the user's password, made up if there is none."""
    known = read_json(folder.passwords)
    if user not in known:
        if (folder.pgdata / cluster.OUR_SIGN).exists() and configuration.SUPERUSER not in known:
            message = f"The file {folder.passwords} is missing or damaged. Restore the folder from a backup."
            raise EmbeddedServerError(Problem.DAMAGED, message)
        known[user] = secrets.token_urlsafe(32)
        write_private(folder.passwords, json.dumps(known, indent=1))
    return str(known[user])


# --- the server -------------------------------------------------------------------------------------------------------


def _start(folder: Folder, noted: _Noted) -> None:
    if cluster.running(folder) is None:
        found = _programs(folder, noted)
        cluster.start(folder, found, lambda _step: None, partial(_set_up, folder, noted), ports_left=1)
    elif _renew(folder, noted):
        control = _programs(folder, noted).program("pg_ctl")
        run(control, "reload", "--silent", "--pgdata=pgdata", account=folder.account, folder=folder.root)


def _set_up(folder: Folder, noted: _Noted, _fresh_port: object) -> None:
    """Write what the server reads when it starts."""
    import psutil

    _renew(folder, noted)
    other = serving.settings(noted.listen, psutil.virtual_memory().total)
    # no socket: its folder would be gone when the system starts the server by itself
    text = configuration.server_settings(noted.port, None, other)
    write_private(folder.pgdata / configuration.INCLUDED, text, folder.account)
    write_private(folder.pgdata / "pg_hba.conf", serving.access_rules(DATABASE, noted.networks), folder.account)


def _programs(folder: Folder, noted: _Noted) -> Binaries:
    """The programs the server was made with, or others of the same major version where the system moved them."""
    major = cluster.major(folder)
    there = finding.look_at(noted.programs)
    for found in [there] if there is not None else finding.find_servers():
        if found.major == major and found.has_tls:
            return Binaries(found.folder, major)
    message = f"The clinic's database needs PostgreSQL {major}, which is not on this PC any more. Install it again."
    raise SharingError(Trouble.NO_POSTGRESQL, message, str(major))


def _authority(folder: Folder) -> Signed:
    """The clinic's authority; made if there is none. Its key stays with the owner of the folder, who is not always the
    account that runs PostgreSQL.
    """
    key, certificate = folder.passwords.parent / "authority.key", folder.root / "authority.pem"
    if not (key.exists() and certificate.exists()):
        if (folder.pgdata / serving.CERTIFICATE).exists():  # other PCs know it: a new one would shut them all out
            message = f"{key} or {certificate} is missing. Restore the folder from a backup."
            raise EmbeddedServerError(Problem.DAMAGED, message)
        made = certificates.new_authority(socket.gethostname(), datetime.now(UTC))
        write_private(key, made.key)
        write_private(certificate, made.certificate)
    return Signed(certificate.read_text("utf-8"), key.read_text("utf-8"))


def _renew(folder: Folder, noted: _Noted) -> bool:
    """Make the server's certificate anew if it is missing, ends soon, or lacks an address; whether it was."""
    file = folder.pgdata / serving.CERTIFICATE
    addresses = (*noted.addresses, HERE, "localhost")
    now = datetime.now(UTC)
    if file.exists() and not certificates.is_due(file.read_text("utf-8"), addresses, now):
        return False
    authority = _authority(folder)
    made = certificates.new_server(authority, addresses, now)
    write_private(folder.pgdata / serving.KEY, made.key, folder.account)
    write_private(file, certificates.chain(made, authority), folder.account)
    return True


def _prepare(folder: Folder, noted: _Noted, manager: Manager | None) -> None:
    logins = []
    if manager is not None:
        logins.append(setup.Login(manager.login, manager.password, "clinic_manager", manager.display_name))
    setup.prepare_database(
        _url(folder, noted, configuration.SUPERUSER, "postgres"),
        database=DATABASE,
        owner_password=_password(folder, setup.OWNER),
        logins=logins,
    )


def _url(folder: Folder, noted: _Noted, user: str, database: str) -> URL:
    from sqlalchemy.engine import URL

    safest = {
        "sslmode": "verify-full",
        "sslrootcert": str(folder.root / "authority.pem"),
        "require_auth": "scram-sha-256",
    }
    return URL.create(
        "postgresql+psycopg2",
        user,
        _password(folder, user),
        HERE,
        noted.port,
        database,
        {**safest, "gssencmode": "disable"},
    )
