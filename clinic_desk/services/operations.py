"""Whether an operation was carried out already: for callers that send the same one again to be sure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinic_desk.database.queries import operations as queries_operations
from clinic_desk.database.queries.entries import entries_by_id

if TYPE_CHECKING:
    from uuid import UUID

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Entry


@dataclass(frozen=True, slots=True)
class Operation:
    """What was done under an id: the command's name (`Book`, `Update`, ...), and the appointment as it is now.

    `entry` is None when the command changed no appointment.
    """

    command: str
    entry: Entry | None


def earlier_operation(db: Database, operation_id: UUID) -> Operation | None:
    """Return what stands under this id, None if nothing does. Raises DatabaseDown, Busy, NotAllowed."""
    with db.reading() as connection:
        found = queries_operations.operation(connection, operation_id)
        if found is None:
            return None
        command, appointment_id = found
        ids = [] if appointment_id is None else [appointment_id]
        return Operation(command, next(iter(entries_by_id(connection, ids, erroneous=True)), None))


def waits_for_standby(db: Database) -> bool:
    """Whether a change of this desk waits for a second server to have it too. Raises DatabaseDown, Busy, NotAllowed."""
    with db.reading() as connection:
        return queries_operations.waits_for_standby(connection)
