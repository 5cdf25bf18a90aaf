"""How every record of the set-up is saved, deactivated and removed: once, over the version that was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from clinic_desk.database.queries import setup as queries
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.setup import SetupConflict, StillUsed
from clinic_desk.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.setup import Deactivate, Remove, SetupRecord

R = TypeVar("R", bound="SetupRecord")


class Command(Protocol):
    """What every command to save one record has."""

    @property
    def id(self) -> UUID: ...

    @property
    def version(self) -> int: ...

    @property
    def operation_id(self) -> UUID: ...


def save(
    db: Database,
    command: Command,
    table: str,
    record: type[R],
    values: Mapping[str, Any],
    *,
    before: Callable[[Connection], None] | None = None,
    after: Callable[[Connection], None] | None = None,
) -> R:
    """Write one row over the version the command carries, and return its record as it now stands.

    `before` may refuse within the transaction, `after` writes what belongs to the row. Raises SetupConflict and as
    `Database.changing`.
    """

    def work(connection: Connection) -> R:
        if before is not None:
            before(connection)
        write(connection, table, command.id, command.version, values)
        if after is not None:
            after(connection)
        return standing(connection)

    def standing(connection: Connection) -> R:
        found = queries.read_record(connection, table, command.id)
        if not isinstance(found, record):
            raise NotFound(what=table.replace("_", " "))
        return found

    return db.changing(command.operation_id, type(command).__name__, work, standing)


def write(connection: Connection, table: str, row_id: UUID, version: int, values: Mapping[str, Any]) -> None:
    """Write a row, or raise SetupConflict with what stands and who changed it."""
    if not queries.write_row(connection, table, row_id, version, values):
        raise conflict(connection, table, row_id)


def erase(connection: Connection, table: str, row_id: UUID, version: int) -> None:
    """Delete a row, or raise SetupConflict."""
    if not queries.delete_row(connection, table, row_id, version):
        raise conflict(connection, table, row_id)


def conflict(connection: Connection, table: str, row_id: UUID) -> SetupConflict:
    """Return the refusal for a row that was changed, or deleted, since it was seen."""
    return SetupConflict(queries.read_record(connection, table, row_id), queries.last_change(connection, table, row_id))


def deactivate(db: Database, command: Deactivate, table: str, record: type[R]) -> R:
    """Take a row out of use; it stays with all that refers to it."""
    return save(db, command, table, record, {"active": False})


def remove(db: Database, command: Remove, table: str) -> None:
    """Delete a row that nothing refers to; StillUsed says what does. Nobody can begin to meanwhile."""

    def work(connection: Connection) -> None:
        if table in {"site", "practitioner", "room", "appointment_type"} and queries.hold_row(
            connection, table, command.id
        ):
            used = queries.uses(connection, table, command.id)
            if used:
                raise StillUsed(used)
        erase(connection, table, command.id, command.version)

    db.changing(command.operation_id, f"Remove {table}", work, nothing)


def refuse_namesake(connection: Connection, table: str, command: Any, name: str, site_id: UUID | None = None) -> None:
    """Raise InvalidInput if another row in use has the name, whatever its letters (at this site)."""
    names = queries.names_beside(connection, table, command.id, site_id)
    if cast("bool", command.active) and name.casefold() in names:
        raise InvalidInput(field="name", expected="another name: there is one of this name already")


def nothing(_connection: Connection) -> None:
    """A removal that stands already leaves nothing to read."""
