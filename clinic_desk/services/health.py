"""The health check: is the database there, is its schema ours, does the queue move, do the clocks agree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clinic_desk.database import schema
from clinic_desk.database.queries import backups as queries_backups
from clinic_desk.database.queries import desks as queries_desks
from clinic_desk.database.queries import messages as queries_messages
from clinic_desk.domain.wall import tzdata_version

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database


@dataclass(frozen=True, slots=True)
class Health:
    """What the check found. `clock_difference_s`: how far this computer's clock is ahead of the database's.

    `backups`: how the clinic stands with them, a value of `Standing`; `backup_last_good`: whose state the last holds.
    """

    server_version: str
    schema_revision: str | None
    schema_expected: str
    signed_in: str
    group: str
    desks_online: int
    queue_waiting: int
    queue_due: int
    queue_sending: int
    queue_attention: int
    clock_difference_s: float
    tzdata: str
    backups: str
    backup_last_good: datetime | None


def check(db: Database) -> Health:
    """Look at everything once. Raises DatabaseDown when there is no database, SchemaMismatch when it is not ours."""
    with db.reading() as connection:
        asked = datetime.now(UTC)
        database_clock = queries_desks.database_now(connection)
        answered = datetime.now(UTC)
        schema.check(connection)
        login, _, group, _, _ = queries_desks.signed_in(connection)
        backups = queries_backups.backups_now(connection)
        good = backups.last_good
        waiting, due, sending, attention = queries_messages.queue(connection)
        return Health(
            server_version=str(connection.exec_driver_sql("SHOW server_version").scalar_one()),
            schema_revision=schema.current_revision(connection),
            schema_expected=schema.EXPECTED_REVISION,
            signed_in=login,
            group=(group or "").removeprefix("clinic_"),
            desks_online=len(queries_desks.desks_online(connection)),
            queue_waiting=waiting,
            queue_due=due,
            queue_sending=sending,
            queue_attention=attention,
            clock_difference_s=round((asked + (answered - asked) / 2 - database_clock).total_seconds(), 3),
            tzdata=tzdata_version(),
            backups=backups.standing.value,
            backup_last_good=None if good is None else good.taken_at,
        )
