"""Lists changes: those of one appointment or patient for everybody at a desk, everybody's for who has the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import history as queries
from clinic_desk.domain.rights import Right
from clinic_desk.errors import NotAllowed

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database
    from clinic_desk.domain.history_chain import Anchor
    from clinic_desk.domain.history_list import Change, Page, Wanted, Writer

AT_ONCE: Final = 200


def changes(db: Database, wanted: Wanted, before: Change | None = None, limit: int = AT_ONCE) -> Page:
    """Return the latest changes, the latest first; after a page the next is of those before its last.

    Of one record anybody may see them; for all the right `history` is needed. Raises NotAllowed, DatabaseDown, Busy.
    """
    with db.reading() as connection:
        if wanted.record is None and not queries.may_see_all(connection):
            raise NotAllowed(Right.HISTORY.value)
        return queries.changes(connection, wanted, before, limit)


def last_seal(db: Database) -> Anchor | None:
    """Return the last seal there is now, to stand on a list of changes that is printed. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return queries.last_seal(connection)


def is_as_on_paper(db: Database, no: int, start: str) -> bool:
    """Whether there is a seal of this number whose digest begins so. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        digest = queries.digest_of_seal(connection, no)
    return digest is not None and digest.hex().startswith(start)


def writers(db: Database) -> tuple[Writer, ...]:
    """Return the desks there are or were, by name."""
    with db.reading() as connection:
        return queries.writers(connection)
