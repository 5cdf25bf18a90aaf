"""The statements of copying a whole database: what is in it, who signs in, and where copies are restored into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database import setup
from clinic_desk.database.setup import GROUPS, PASSWORD_ONLY, KeptRole

if TYPE_CHECKING:
    from sqlalchemy import Connection

SNAPSHOT: Final = """
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0
"""
BESIDE: Final = "clinic_restoring_"
"""How the name of a database begins that is being restored into."""
_LOCK: Final = 1128415570
_TABLES: Final = """
SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1
"""
_PEOPLE: Final = """
SELECT r.rolname::text, array_agg(DISTINCT g.rolname::text ORDER BY g.rolname::text), r.rolcanlogin, r.rolconnlimit,
    coalesce(to_char(nullif(r.rolvaliduntil, 'infinity') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'), ''),
    {verifier}
FROM {roles} r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid
WHERE g.rolname = ANY (%(groups)s::text[]) AND NOT r.rolsuper AND r.rolname IN (SELECT login FROM staff)
GROUP BY 1, 3, 4, 5, 6 ORDER BY 1
"""
_WITH_VERIFIERS: Final = _PEOPLE.format(verifier="coalesce(r.rolpassword, '')", roles="pg_authid")
_WITHOUT: Final = _PEOPLE.format(verifier="''::text", roles="pg_roles")
_LEFT: Final = f"""
SELECT datname::text FROM pg_database d WHERE starts_with(datname, '{BESIDE}')
    AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = {_LOCK}
        AND l.objid::bigint = hashtext(d.datname)::bigint & 4294967295)
"""  # noqa: S608  # constants of this module only
_MARK: Final = f"SELECT pg_advisory_lock({_LOCK}, hashtext(%(name)s))"

# What was due, or was being sent, when the backup was taken or since then, may have gone out from the database that
# this one takes the place of: nothing sends it by itself, and it is shown as "it may have gone". The rest waits until
# a manager says so, for both channels are stopped.
_WHAT_MAY_HAVE_GONE: Final = """
UPDATE notification SET status = 'unknown', check_at = NULL, lease_owner = NULL, lease_until = NULL,
    error_code = 'restored', last_error = 'it was due before the backup was restored: it may have gone'
WHERE status IN ('leased', 'sending', 'unknown') OR status = 'pending' AND due_at <= clock_timestamp()
"""
_WAITS: Final = "SELECT count(*) FROM notification WHERE status = 'pending'"
_STOP_CHANNELS: Final = """
UPDATE message_channel SET state = 'stopped', code = 'restored', failures = 0, since = now(), resume_at = NULL,
    reason = 'a backup was restored: a manager has to say that messages go out again'
"""
# The backup that is restored was still being made when the state that it holds was read: it is a good one by now.
_THIS_ONE: Final = """
UPDATE backup_run SET state = 'good', ended_at = now(), lease_until = NULL, taken_at = %(taken_at)s,
    file_name = %(file_name)s, bytes = %(bytes)s, rows = %(rows)s, schema_revision = %(revision)s
WHERE state = 'running' AND folder = %(folder)s
"""
_NONE_RUNS: Final = """
UPDATE backup_run SET state = 'failed', problem = 'lost', ended_at = now(), lease_until = NULL WHERE state = 'running'
"""
_RESTORED: Final = """
INSERT INTO restore (id, login, desk, taken_at, file_name, seals)
SELECT %(id)s::uuid, %(login)s, %(desk)s, %(taken_at)s, %(file_name)s, coalesce(max(no), 0) FROM history_seal
"""
_STRANGERS: Final = """
SELECT login FROM staff s JOIN pg_roles r ON r.rolname = s.login
WHERE NOT r.rolsuper AND s.login <> ALL (%(known)s::text[])
"""
_END_SESSIONS: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %(name)s AND pid <> pg_backend_pid()
"""


def counted(connection: Connection) -> tuple[tuple[str, int], ...]:
    """Return how many rows each table has, by name."""
    tables = connection.exec_driver_sql(_TABLES).scalars().all()
    return tuple((table, _count(connection, table.replace('"', '""'))) for table in tables)


def _count(connection: Connection, table: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM public."{table}"').scalar_one())  # noqa: S608


def people(connection: Connection) -> tuple[KeptRole, ...]:
    """Return who signs in; with the SCRAM verifiers where this login may read them (a superuser)."""
    may_read = connection.exec_driver_sql("SELECT has_table_privilege('pg_authid', 'SELECT')").scalar_one()
    values: dict[str, Any] = {"groups": [*GROUPS, PASSWORD_ONLY]}
    rows = connection.exec_driver_sql(_WITH_VERIFIERS if may_read else _WITHOUT, values)
    return tuple(KeptRole(name, tuple(groups), *others) for name, groups, *others in rows)


def make_beside(connection: Connection, name: str) -> None:
    """Make an empty database to restore into; marked as in use while this connection lives."""
    connection.exec_driver_sql(_MARK, {"name": name})
    connection.exec_driver_sql(f"CREATE DATABASE {name} OWNER {setup.OWNER} TEMPLATE template0 ENCODING 'UTF8'")


def drop_beside(connection: Connection, name: str) -> None:
    """Drop it, whoever is connected; nothing to do if it has another name by now."""
    connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def drop_left(connection: Connection) -> None:
    """Drop what restores left that were killed."""
    for name in connection.exec_driver_sql(_LEFT).scalars().all():
        drop_beside(connection, name)


def settle_messages(connection: Connection) -> tuple[int, int]:
    """Have no message of a restored database go out by itself; return how many may have gone, and how many wait."""
    gone = connection.exec_driver_sql(_WHAT_MAY_HAVE_GONE).rowcount
    connection.exec_driver_sql(_STOP_CHANNELS)
    return gone, int(connection.exec_driver_sql(_WAITS).scalar_one())


def settle_backups(connection: Connection, restored: dict[str, Any]) -> None:
    """Have no backup of a restored database count as being made; the one it is restored from is a good one."""
    connection.exec_driver_sql(_THIS_ONE, restored)
    connection.exec_driver_sql(_NONE_RUNS)


def note_restore(connection: Connection, values: dict[str, Any]) -> None:
    """Write down in a restored database who had it restored, of when it is, and how far its history reaches."""
    connection.exec_driver_sql(_RESTORED, values)


def strangers(connection: Connection, known: tuple[str, ...]) -> tuple[KeptRole, ...]:
    """Return who signs in to this database and is not among these: as somebody who may not any more."""
    names = connection.exec_driver_sql(_STRANGERS, {"known": list(known)}).scalars()
    return tuple(KeptRole(name, (PASSWORD_ONLY,), can_login=False) for name in names)


def take_the_place(connection: Connection, name: str, beside: str, before: str) -> None:
    """In a transaction: give the database `beside` the name `name`, and that one the name `before`.

    Who is connected is cut off, and connects to the new one after the COMMIT. PostgreSQL says 55006 (object_in_use) if
    others come in meanwhile.
    """
    connection.exec_driver_sql(_END_SESSIONS, {"name": name})
    rename(connection, name, before)
    rename(connection, beside, name)


def is_there(connection: Connection, name: str) -> bool:
    """Whether the server has a database of this name."""
    found = connection.exec_driver_sql("SELECT EXISTS (SELECT FROM pg_database WHERE datname = %(n)s)", {"n": name})
    return bool(found.scalar_one())


def rename(connection: Connection, name: str, new: str) -> None:
    """Give a database another name that none has."""
    connection.exec_driver_sql(f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(new)}")


def quoted(name: str) -> str:
    """A name of a database, as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'
