"""Names desks: the name that the others read of who booked where."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import setup as queries
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.setup import SetupConflict
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import checks

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import Desk
    from clinic_desk.domain.setup import SaveDesk

_LONGEST_NAME: Final = 40


def save_desk(db: Database, command: SaveDesk) -> Desk:
    """Give a desk a name that it keeps from now on, whatever its own settings say.

    Raises InvalidInput, SetupConflict, NotFound, NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    name = checks.name(command.name, _LONGEST_NAME)

    def work(connection: Connection) -> Desk:
        if name.casefold() in queries.desk_names_beside(connection, command.id):
            raise InvalidInput(field="name", expected="another name: there is a desk of this name already")
        if not queries.rename_desk(connection, command.id, name, command.seen_name):
            raise SetupConflict(queries.read_desk(connection, command.id))
        return standing(connection)

    def standing(connection: Connection) -> Desk:
        found = queries.read_desk(connection, command.id)
        if found is None:
            raise NotFound(what="desk")
        return found

    desk = db.changing(command.operation_id, "SaveDesk", work, standing)
    if desk.id == db.desk.id:
        db.desk = replace(db.desk, name=desk.name)
    return desk
