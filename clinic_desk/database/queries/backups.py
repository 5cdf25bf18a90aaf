"""The statements of backups: their settings, which were made, and who makes the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.domain.backups import BACKUP_SETTING_ID, BackupRun, BackupSettings, BackupsNow, RunKind, RunState

if TYPE_CHECKING:
    from collections.abc import Iterable

    import psycopg2.extensions
    from sqlalchemy import Connection

LEASE_S: Final = 300
"""So long a program that makes a backup may be silent before another desk takes its turn."""
_SHOWN: Final = 60
_SETTINGS: Final = "enabled, folder, at_minute, zone, keep_daily, keep_weekly, keep_monthly, version"
_RUN: Final = """id, kind, state, problem, desk, started_at, lease_until, ended_at, taken_at, folder, file_name, bytes,
    rows, schema_revision, findings, removed_at"""
_READ_SETTINGS: Final = f"SELECT {_SETTINGS}, now() FROM backup_setting"  # noqa: S608  # constants of this module
_LATEST: Final = f"""
(SELECT {_RUN} FROM backup_run ORDER BY started_at DESC LIMIT {_SHOWN})
UNION
(SELECT {_RUN} FROM backup_run WHERE state = 'good' AND removed_at IS NULL AND kind <> 'restore')
ORDER BY started_at DESC
"""  # noqa: S608  # constants of this module
_TURN: Final = "SELECT pg_advisory_xact_lock(20262, 40)"
_LIVES: Final = "SELECT pg_advisory_lock(20263, hashtext(%s))"
_LOST: Final = """
UPDATE backup_run r SET state = 'failed', problem = 'lost', ended_at = now(), lease_until = NULL
WHERE state = 'running' AND (lease_until <= now() OR NOT EXISTS (
    SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 20263
        AND l.objid::bigint = hashtext(r.id::text)::bigint & 4294967295
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())))
"""
_BEGIN: Final = f"""
INSERT INTO backup_run (id, kind, desk, folder, lease_until)
VALUES (%(id)s::uuid, %(kind)s, %(desk)s, %(folder)s, now() + INTERVAL '{LEASE_S} seconds')
"""  # noqa: S608  # constants of this module
_RENEW: Final = f"""
UPDATE backup_run SET lease_until = now() + INTERVAL '{LEASE_S} seconds'
WHERE id = %(id)s::uuid AND state = 'running' RETURNING id
"""  # noqa: S608  # constants of this module
_FAIL: Final = """
UPDATE backup_run SET state = 'failed', problem = %(problem)s, ended_at = now(), lease_until = NULL
WHERE id = %(id)s::uuid AND state = 'running'
"""
_SUCCEED: Final = """
UPDATE backup_run SET state = 'good', ended_at = now(), lease_until = NULL, taken_at = %(taken_at)s,
    file_name = %(file_name)s, bytes = %(bytes)s, rows = %(rows)s, schema_revision = %(revision)s,
    findings = %(findings)s
WHERE id = %(id)s::uuid AND state = 'running' RETURNING id
"""
_NOTE: Final = """
INSERT INTO backup_run (id, kind, state, desk, folder, ended_at, taken_at, file_name, bytes, rows, schema_revision,
    findings)
VALUES (%(id)s::uuid, %(kind)s, 'good', %(desk)s, %(folder)s, now(), %(taken_at)s, %(file_name)s, %(bytes)s, %(rows)s,
    %(revision)s, %(findings)s)
"""
_REMOVED: Final = "UPDATE backup_run SET removed_at = now() WHERE id = ANY (%(ids)s::uuid[]) AND removed_at IS NULL"
_LET_GO: Final = """
UPDATE message_channel SET state = 'working', failures = 0, code = '', reason = '', since = now(), resume_at = NULL
WHERE code = 'restored'
"""
_WAITS: Final = "SELECT EXISTS (SELECT FROM message_channel WHERE code = 'restored')"
_WAITING: Final = "SELECT count(*) FROM notification WHERE status = 'pending'"
_SAVE: Final = """
UPDATE backup_setting SET enabled = %(enabled)s, folder = %(folder)s, at_minute = %(at_minute)s, zone = %(zone)s,
    keep_daily = %(keep_daily)s, keep_weekly = %(keep_weekly)s, keep_monthly = %(keep_monthly)s
WHERE id = %(id)s::uuid AND version = %(version)s
"""


def backups_now(connection: Connection) -> BackupsNow:
    """Return how the clinic stands with its backups: the latest, and every good one that is still there."""
    *values, now = connection.exec_driver_sql(_READ_SETTINGS).one()
    return BackupsNow(BackupSettings(*values), tuple(_run(row) for row in connection.exec_driver_sql(_LATEST)), now)


def _run(row: Any) -> BackupRun:
    identifier, kind, state, *others = row
    return BackupRun(UUID(str(identifier)), RunKind(kind), RunState(state), *others)


def take_turn(connection: Connection) -> None:
    """Have whoever else begins a backup wait for the end of this transaction, and note whose programs are gone."""
    connection.exec_driver_sql(_TURN)
    connection.exec_driver_sql(_LOST)


def say_it_lives(driver: psycopg2.extensions.connection, run_id: UUID) -> None:
    """Have the server know, for as long as this connection lives, that the program that makes this backup does."""
    with driver.cursor() as cursor:
        cursor.execute(_LIVES, (str(run_id),))


def begin_run(connection: Connection, run_id: UUID, kind: RunKind, desk: str, folder: str) -> None:
    """Note that a backup begins."""
    connection.exec_driver_sql(_BEGIN, {"id": str(run_id), "kind": kind.value, "desk": desk, "folder": folder})


def renew_lease(connection: Connection, run_id: UUID) -> bool:
    """Say that it is still being made; False if it counts as lost by now."""
    return connection.exec_driver_sql(_RENEW, {"id": str(run_id)}).first() is not None


def fail_run(connection: Connection, run_id: UUID, problem: str) -> None:
    """Note that it failed, and why."""
    connection.exec_driver_sql(_FAIL, {"id": str(run_id), "problem": problem})


def succeed_run(connection: Connection, run_id: UUID, values: dict[str, Any]) -> bool:
    """Note that it passed its check; False if it counts as lost by now."""
    return connection.exec_driver_sql(_SUCCEED, values | {"id": str(run_id)}).first() is not None


def note_run(connection: Connection, run_id: UUID, kind: RunKind, values: dict[str, Any]) -> None:
    """Note one that is made already."""
    connection.exec_driver_sql(_NOTE, values | {"id": str(run_id), "kind": kind.value})


def note_removed(connection: Connection, ids: Iterable[UUID]) -> None:
    """Note that these files are there no more."""
    connection.exec_driver_sql(_REMOVED, {"ids": [str(each) for each in ids]})


def save_settings(connection: Connection, settings: BackupSettings) -> bool:
    """Write the settings over the version they carry; False if another desk was first."""
    values = {
        "id": str(BACKUP_SETTING_ID),
        "enabled": settings.enabled,
        "folder": settings.folder,
        "at_minute": settings.at_minute,
        "zone": settings.zone,
        "keep_daily": settings.keep_daily,
        "keep_weekly": settings.keep_weekly,
        "keep_monthly": settings.keep_monthly,
        "version": settings.version,
    }
    return connection.exec_driver_sql(_SAVE, values).rowcount == 1


def messages_wait(connection: Connection) -> bool:
    """Whether messages wait since a restore."""
    return bool(connection.exec_driver_sql(_WAITS).scalar_one())


def let_messages_go(connection: Connection) -> int:
    """Have the channels work again that a restore stopped; return how many messages wait."""
    connection.exec_driver_sql(_LET_GO)
    return int(connection.exec_driver_sql(_WAITING).scalar_one())
