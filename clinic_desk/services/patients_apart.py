"""Remembers for all desks that two records which look alike are two people's, and forgets it when asked to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from clinic_desk.database.queries import patients_apart as queries
from clinic_desk.errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.patients_merge import KeepApart


def keep_apart(db: Database, command: KeepApart) -> None:
    """Have no list of doubles name two records any more, or (`apart` False) have it name them again.

    Either is so already at another desk: nothing is done. Raises InvalidInput (one and the same record), NotAllowed,
    DatabaseDown, Busy, OutcomeUnknown.
    """
    if command.one_id == command.other_id:
        raise InvalidInput(field="patient", expected="two different records")
    db.changing(command.operation_id, command.name, partial(_write, command), lambda _connection: None)


def _write(command: KeepApart, connection: Connection) -> None:
    if command.apart:
        queries.add(connection, command.row_id, command.one_id, command.other_id)
    else:
        queries.remove(connection, command.one_id, command.other_id)
