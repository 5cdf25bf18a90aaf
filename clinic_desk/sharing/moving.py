"""Moves a clinic from one database to another, such as from the embedded one of a PC to a shared one.

The old one is closed for changes while it is copied, by locks that end with the connection: whatever happens, it goes
on as before. The copy is one transaction, compared row by row, its history looked through. Only then nobody is let into
the old one any more, and it is noted there where the clinic went (for the embedded one in a file beside it): from that
moment on the new one counts. What was stopped before is done again from the start, later it is brought to its end.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import URL, create_engine, make_url
from sqlalchemy.pool import NullPool

from clinic_desk import connection_file
from clinic_desk.database import anchors, copies, copying, schema, setup
from clinic_desk.database.connections import driver_arguments
from clinic_desk.database.embedded.folder import read_json, write_private
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.database.failures import translated
from clinic_desk.domain.ids import new_id
from clinic_desk.services.history_verify import verify_history
from clinic_desk.sharing import certificates, connecting, managers
from clinic_desk.sharing.plans import Moved, MovePlan, SharingError, Step, Tell, Trouble, tell_nobody

if TYPE_CHECKING:
    import psycopg2.extensions

NOTE: Final = connection_file.MOVED
_PATIENCE_S: Final = 60.0
_PAUSE_S: Final = 0.5
_WAIT_FOR_LOCKS: Final = "10s"
_OPTIONS: Final = (
    f"-c lock_timeout={_WAIT_FOR_LOCKS} -c statement_timeout=0 -c idle_in_transaction_session_timeout=0"
    " -c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=1 -c search_path=public"
)
_SENDING: Final = "SELECT count(*) FROM notification WHERE status = 'sending' AND lease_until > clock_timestamp()"
_IN_USE: Final = "SELECT EXISTS (SELECT FROM practitioner) OR EXISTS (SELECT FROM patient)"
_WHICH: Final = "SELECT system_identifier::text || '/' || current_database() FROM pg_control_system()"
_SAID: Final = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
_COPY_OF: Final = "Clinic Desk: a copy, not in use yet, of "
_MOVED_TO: Final = "Clinic Desk: the clinic moved from here to "


@dataclass(frozen=True, slots=True)
class MovedTo:
    """Where the clinic of an embedded database went: the address, and its authority's certificate in PEM."""

    address: str
    authority: str
    shared_folder: str = ""
    """Of the server of this PC, if it is that."""


def move(plan: MovePlan, tell: Tell = tell_nobody) -> Moved:
    """Move a clinic; the old database stays as it is, and takes nobody in any more. Minutes for a large one.

    Desks on the old one are told that it does not let them in. Raises SharingError (target-in-use, sending, no-manager,
    moved-already, not-equal), InvalidInput, SchemaMismatch (the old one is upgraded first), NotAllowed, DatabaseDown,
    Busy.
    """
    old, new = _address(plan.old), _address(plan.new)
    if plan.manager is not None:
        plan = replace(plan, manager=managers.checked(plan.manager, new.username or ""))
    tell(Step.PREPARING, 0, 0)
    with translated(), ExitStack() as stack:
        if (went := _went(plan, old)) is not None:
            if went != plan.new_address:
                raise SharingError(Trouble.MOVED_ALREADY, f"The clinic moved already, to {went}.", went)
            _open_new(new)
            with connected(old) as closer:
                copying.say(closer, _MOVED_TO + plan.new_address)
                closer.commit()
            return _counted(stack.enter_context(connected(new)))
        _check_old(old, plan)
        setup.prepare_database(
            new.set(database="postgres"), database=new.database or "", owner_password=plan.owner_password
        )
        source = stack.enter_context(connected(old))
        target = stack.enter_context(connected(new))
        _check_new(target, _one(source, _WHICH))
        tell(Step.CLOSING_OLD, 0, 0)
        _lock(source)
        if copying.tables(source) != copying.tables(target):
            raise SharingError(Trouble.NOT_EQUAL, "The two databases do not have the same tables. Nothing was copied.")
        copying.copy(source, target, partial(tell, Step.COPYING))
        copying.say(target, _COPY_OF + _one(source, _WHICH))
        if copying.sums(source, partial(tell, Step.CHECKING)) != copying.sums(target, partial(tell, Step.CHECKING)):
            raise SharingError(Trouble.NOT_EQUAL, "The copy is not what was copied. The old database stays in use.")
        target.commit()
        _keep_people(old, new, plan)
        _look_through(old, new, plan, tell)
        moved = _counted(target)
        target.commit()
        _close_old(source, old, plan)
        _open_new(new)
    return moved


def moved_to(folder: Path) -> MovedTo | None:
    """Return where the clinic of the embedded server in a folder went; None: it is still here."""
    said = read_json(folder / NOTE)
    if not said.get("address"):
        return None
    return MovedTo(str(said["address"]), str(said.get("authority", "")), str(said.get("shared_folder", "")))


def follow(folder: Path, config: Path) -> dict[str, str]:
    """Have this user's program on this PC go where the clinic of the embedded server in a folder went.

    For who was stopped before that was written, and for another user of the same folder. Return what was written, as
    `connection_file` keeps it; nothing if the clinic is there. Raises OSError.
    """
    went = moved_to(folder)
    if went is None:
        return {}
    authority = None
    if went.authority:
        authority = config / f"authority-{certificates.fingerprint(went.authority).hex()[:16]}.pem"
        config.mkdir(parents=True, exist_ok=True, mode=0o700)
        connection_file.keep(authority, went.authority)
    shared = Path(went.shared_folder) if went.shared_folder else None
    connecting.connect_this_pc(config, went.address, authority, shared_folder=shared)
    return connection_file.read(config)


# --- before -----------------------------------------------------------------------------------------------------------


def _address(text_: str) -> URL:
    return make_url(text_).set(drivername="postgresql+psycopg2")


@contextmanager
def connected(url: URL) -> Iterator[psycopg2.extensions.connection]:
    """A connection to read a whole database by: everything is written the same, and nothing takes too long."""
    import psycopg2

    arguments = driver_arguments(url, "clinic-desk move") | {"options": _OPTIONS}
    connection: psycopg2.extensions.connection = psycopg2.connect(**arguments)
    with closing(connection):
        yield connection


def _one(connection: psycopg2.extensions.connection, question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return (cursor.fetchone() or (None,))[0]


def _went(plan: MovePlan, old: URL) -> str | None:
    """Where the clinic went already, if it did."""
    if plan.old_folder is not None and (went := moved_to(plan.old_folder)) is not None:
        return went.address
    with connected(old) as connection:
        said = _one(connection, _SAID) or ""
    return said.removeprefix(_MOVED_TO) if said.startswith(_MOVED_TO) else None


def _check_old(old: URL, plan: MovePlan) -> None:
    engine = create_engine(old, poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        schema.check(connection)
        if plan.manager is None and not setup.has_manager(connection):
            message = "Nobody could sign in as a manager afterwards: name one, with a password."
            raise SharingError(Trouble.NO_MANAGER, message)


def _check_new(target: psycopg2.extensions.connection, which: str) -> None:
    """Only a database without a clinic, or with a copy of this one that is not in use, is written to."""
    if _one(target, _IN_USE) and _one(target, _SAID) != _COPY_OF + which:
        message = "There is a clinic's data in the new database already. Nothing was changed."
        raise SharingError(Trouble.TARGET_IN_USE, message)


def _lock(source: psycopg2.extensions.connection) -> None:
    """Have nobody change anything, at a moment at which no message is on its way to a provider."""
    import psycopg2

    ends = time.monotonic() + _PATIENCE_S
    while True:
        try:
            copying.lock(source)
            if not _one(source, _SENDING):
                return
        except (psycopg2.errors.LockNotAvailable, psycopg2.errors.DeadlockDetected):
            pass
        source.rollback()
        if time.monotonic() > ends:
            message = (
                "Messages are being sent, or something is being changed, all the time. Close the other desks first."
            )
            raise SharingError(Trouble.SENDING, message)
        time.sleep(_PAUSE_S)


# --- the copy ---------------------------------------------------------------------------------------------------------


def _keep_people(old: URL, new: URL, plan: MovePlan) -> None:
    """People sign in as before. The logins whose passwords lie in the old folder do not: nobody has them to type."""
    engine = create_engine(old, poolclass=NullPool, hide_parameters=True)
    with engine.connect() as connection:
        people = copies.people(connection)
    with setup.superuser(new) as connection:
        for person in people:
            stays = plan.old_folder is None or not _is_programs(person)
            setup.restore_role(connection, replace(person, can_login=person.can_login and stays), anew=True)
    if plan.manager is not None:
        who = plan.manager
        login = setup.Login(who.login, who.password, "clinic_manager", who.display_name)
        setup.prepare_database(
            new.set(database="postgres"),
            database=new.database or "",
            owner_password=plan.owner_password,
            logins=[login],
        )


def _is_programs(person: setup.KeptRole) -> bool:
    return person.name == setup.BUILT_IN or "clinic_worker" in person.groups


def _look_through(old: URL, new: URL, plan: MovePlan, tell: Tell) -> None:
    owner = new.set(username=setup.OWNER, password=plan.owner_password)
    keep_history(old, owner, plan.data, lambda done, total: tell(Step.CHECKING, done, total))


def keep_history(
    old: URL,
    new: URL,
    data: Path,
    tell: Callable[[int, int], None],
    stop: Callable[[], bool] | None = None,
    *,
    is_read: bool = True,
) -> None:
    """Have a copy's history be as sound as it was, and hold the seals that this PC has seen of it (below `data`).

    `is_read`: it is read through, of which only this program's schema allows. Raises SharingError (not-equal), Refused
    when stopped.
    """
    desk = DeskIdentity(new_id(), "move")
    before, after = Database(old, desk, pool_size=1), Database(new, desk, pool_size=1)
    try:
        known = anchors.known(before, data)
        found = verify_history(after, known, tell, stop).findings if is_read else ()
        if found and len(verify_history(before, known, None, stop).findings) != len(found):
            message = "The history of the copy does not hold. The old database stays in use."
            raise SharingError(Trouble.NOT_EQUAL, message)
        anchors.carry_over(after, data, known)
    finally:
        before.dispose()
        after.dispose()


def _counted(target: psycopg2.extensions.connection) -> Moved:
    counts = {name: rows for name, (rows, _) in copying.sums(target, lambda _done, _total: None).items()}
    people = counts.get("staff", 0)
    return Moved(sum(counts.values()), sum(1 for count in counts.values() if count), people, counts["history_seal"])


# --- the moment from which on the new one counts ----------------------------------------------------------------------


def _close_old(source: psycopg2.extensions.connection, old: URL, plan: MovePlan) -> None:
    """Let nobody in any more, end what is open, then note where the clinic went; the locks hold until that is done.

    Stopped before the note, the old one still counts: it is opened to its desks again as it is prepared.
    """
    with connected(old) as closer:
        closer.autocommit = True
        copying.close_door(closer, source.info.backend_pid)
        if plan.old_folder is not None:
            _write_note(plan.old_folder, plan.new_address, plan.shared_folder)
        copying.say(closer, _MOVED_TO + plan.new_address)
    source.rollback()


def _write_note(folder: Path, address: str, shared_folder: Path | None) -> None:
    authority = Path(str(make_url(address).query.get("sslrootcert", "")))
    pem = authority.read_text("utf-8") if authority.is_file() else ""
    note = {"address": address, "authority": pem, "shared_folder": str(shared_folder or "")}
    write_private(folder / NOTE, json.dumps(note, indent=1))
    connection_file.settle(folder)


def _open_new(new: URL) -> None:
    with connected(new) as connection:
        copying.say(connection, None)
        connection.commit()
