"""Desks, their holds, and who is signed in: what is written outside the history, because it is no record of care."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.database.queries.calendar import DESK_LOCK
from clinic_desk.domain.records import Desk, Hold
from clinic_desk.domain.rights import Right

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.domain.commands import PlaceHold

HOLD_MINUTES: Final = 2
"""A hold not renewed for this long is over, even if its desk seems alive."""

STARTING_S: Final = 20
"""A desk that registered this recently counts as running: its listener may not be connected yet."""
_NAMING_LOCK: Final = 20262

_REGISTER: Final = """
INSERT INTO desk (id, name) VALUES (%(id)s::uuid, %(name)s)
ON CONFLICT (id) DO UPDATE SET name = CASE WHEN desk.named THEN desk.name ELSE excluded.name END, last_seen_at = now()
RETURNING no, name
"""
_REGISTER_READER: Final = "SELECT no, name FROM register_reader(%(id)s::uuid, %(name)s)"
ALIVE: Final = f"""
EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = {DESK_LOCK} AND l.objid = d.no::oid
        AND l.objsubid = 2 AND l.granted
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
"""  # noqa: S608  # constants of this module only
_ONLINE: Final = f"""
SELECT d.id, d.name, coalesce(s.display_name, d.db_user), d.last_seen_at
FROM desk d LEFT JOIN staff s ON s.login = d.db_user
WHERE {ALIVE}
ORDER BY d.name, d.no
"""  # noqa: S608  # constants of this module only
_TURN_AT_NAMING: Final = f"SELECT pg_advisory_xact_lock({_NAMING_LOCK})"
_NAMES: Final = f"""
SELECT (SELECT name FROM desk WHERE id = %(id)s::uuid),
       ARRAY(SELECT d.name FROM desk d WHERE d.id <> %(id)s::uuid
             AND ({ALIVE} OR d.last_seen_at > clock_timestamp() - INTERVAL '{STARTING_S} seconds'))
"""  # noqa: S608  # constants of this module only
_SIGNED_IN: Final = """
SELECT session_user::text, (SELECT display_name FROM staff WHERE login = session_user),
       (SELECT r.rolname::text FROM pg_roles r
        WHERE r.rolname IN ('clinic_manager', 'clinic_reception', 'clinic_worker', 'clinic_readonly')
          AND pg_has_role(session_user, r.oid, 'MEMBER')
        ORDER BY array_position(ARRAY['clinic_manager', 'clinic_reception', 'clinic_worker'], r.rolname::text)
        LIMIT 1),
       ARRAY(SELECT name FROM unnest(%(rights)s::text[]) AS name WHERE has_right(name)),
       (SELECT content::text FROM saved_view WHERE login = session_user AND at_start)
"""
_AS_DESK: Final = "SELECT set_config('clinic_desk.desk_id', %(desk)s, true)"
_PLACE_HOLD: Final = f"""
INSERT INTO hold (id, desk_id, practitioner_id, starts_at, ends_at, expires_at)
VALUES (%(id)s::uuid, %(desk)s::uuid, %(practitioner)s::uuid, %(starts_at)s, %(ends_at)s,
        clock_timestamp() + INTERVAL '{HOLD_MINUTES} minutes')
ON CONFLICT (id) DO UPDATE SET practitioner_id = excluded.practitioner_id, starts_at = excluded.starts_at,
        ends_at = excluded.ends_at, expires_at = excluded.expires_at
RETURNING expires_at
"""  # noqa: S608  # constants of this module only
_RELEASE_HOLD: Final = "DELETE FROM hold WHERE id = %(id)s::uuid OR expires_at < now()"


def register_desk(connection: Connection, desk_id: UUID, name: str, *, reader: bool = False) -> tuple[int, str]:
    """Write the desk's name, unless a manager gave it another, and its sign of life.

    Return its number (the second key of its session lock) and the name it has. `reader`: as somebody who may write
    nothing else; the desk must be nobody else's.
    """
    statement = _REGISTER_READER if reader else _REGISTER
    number, name = connection.exec_driver_sql(statement, {"id": str(desk_id), "name": name}).one()
    return number, name


def desk_number(connection: Connection, desk_id: UUID) -> int:
    """Return the number of a desk that was registered before; 0 for one that never was."""
    found = connection.exec_driver_sql("SELECT no FROM desk WHERE id = %(id)s::uuid", {"id": str(desk_id)}).scalar()
    return int(found or 0)


def names_in_use(connection: Connection, desk_id: UUID) -> tuple[str | None, frozenset[str]]:
    """Return the name this desk was registered by before, if it was, and those of the other desks that run now.

    Until the end of this transaction no other desk is told: of two that start at once the second sees the first.
    """
    connection.exec_driver_sql(_TURN_AT_NAMING)
    before, others = connection.exec_driver_sql(_NAMES, {"id": str(desk_id)}).one()
    return before, frozenset(others)


def desks_online(connection: Connection) -> tuple[Desk, ...]:
    """Return the desks whose listener is connected, by name."""
    return tuple(Desk(*row) for row in connection.exec_driver_sql(_ONLINE))


def all_desks(connection: Connection) -> tuple[Desk, ...]:
    """Return all desks that ever ran, by name."""
    rows = connection.exec_driver_sql("SELECT id, name, db_user, last_seen_at FROM desk ORDER BY name, no")
    return tuple(Desk(*row) for row in rows)


def signed_in(connection: Connection) -> tuple[str, str | None, str | None, frozenset[Right], str | None]:
    """Return the login, its display name, its strongest group role, its rights by name, and what it sees first."""
    found = connection.exec_driver_sql(_SIGNED_IN, {"rights": list(Right)}).one()
    login, display_name, group, rights, first_view = found
    return login, display_name, group, frozenset(map(Right, rights)), first_view


def database_now(connection: Connection) -> datetime:
    """Return the database's clock, the only one that decides."""
    now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    return now


def place_hold(connection: Connection, command: PlaceHold, desk_id: UUID, desk_name: str) -> Hold:
    """Place or renew a hold of this desk."""
    connection.exec_driver_sql(_AS_DESK, {"desk": str(desk_id)})
    expires_at: datetime = connection.exec_driver_sql(
        _PLACE_HOLD,
        {
            "id": str(command.hold_id),
            "desk": str(desk_id),
            "practitioner": str(command.practitioner_id),
            "starts_at": command.starts_at,
            "ends_at": command.ends_at,
        },
    ).scalar_one()
    return Hold(
        command.hold_id, desk_id, desk_name, command.practitioner_id, command.starts_at, command.ends_at, expires_at
    )


def release_hold(connection: Connection, hold_id: UUID, desk_id: UUID) -> None:
    """Delete a hold of this desk, and any that has expired."""
    connection.exec_driver_sql(_AS_DESK, {"desk": str(desk_id)})
    connection.exec_driver_sql(_RELEASE_HOLD, {"id": str(hold_id)})
