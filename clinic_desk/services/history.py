"""Who changed an appointment or a patient, when, at which desk, and which fields: read from the append-only history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries import messages as queries_messages

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from clinic_desk.database.engine import Database

_BOOKKEEPING: Final = frozenset({"version", "changed_at", "changed_by", "changed_desk_id", "cancelled_at"})


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change of one row. `fields` maps each changed field to its (before, after), as stored."""

    at: datetime
    person: str
    desk: str
    command: str
    action: str
    version: int
    fields: dict[str, tuple[Any, Any]] = field(default_factory=dict)


def history_of(db: Database, appointment_id: UUID) -> tuple[HistoryLine, ...]:
    """Return the changes of an appointment, oldest first; its making has no `fields`."""
    return _lines(db, "appointment", appointment_id)


def _lines(db: Database, table: str, row_id: UUID) -> tuple[HistoryLine, ...]:
    with db.reading() as connection:
        rows = queries_messages.history_of(connection, table, row_id)
    return tuple(
        HistoryLine(at, person, desk, command or "", action, version, _difference(before, after))
        for at, person, desk, command, action, version, before, after in rows
    )


def _difference(before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, tuple[Any, Any]]:
    if before is None or after is None:
        return {}
    return {
        name: (before.get(name), after.get(name))
        for name in after
        if name not in _BOOKKEEPING and before.get(name) != after.get(name)
    }
