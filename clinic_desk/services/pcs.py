"""The clinic's PCs, as a manager sees and changes them; who sends messages, as everybody may know."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from clinic_desk.database.queries import pairing as queries
from clinic_desk.database.queries.desks import database_now
from clinic_desk.domain.pcs import ClinicPc, OpenInvitation, PcsNow, SenderSeen

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database


def pcs_now(db: Database) -> PcsNow:
    """Return how it stands. Raises NotAllowed to all but managers, DatabaseDown, Busy."""
    with db.reading() as connection:
        pcs = tuple(replace(ClinicPc(*row), channels=tuple(row[-1])) for row in queries.clinic_pcs(connection))
        invitations = tuple(OpenInvitation(*row) for row in queries.open_invitations(connection))
        return PcsNow(pcs, invitations, senders_seen(connection), database_now(connection))


def senders_seen(connection: Connection) -> tuple[SenderSeen, ...]:
    """Return every program that was seen sending in the last 30 days, the last seen first."""
    return tuple(SenderSeen(name, at, tuple(channels)) for name, at, channels in queries.senders(connection))


def dismiss(db: Database, pc_id: UUID) -> int:
    """Have a PC that is gone be one of the clinic's no more; return how many sessions the server did not let us end.

    What it sent with is closed at once. People who signed in there are another matter: their passwords. Raises
    NotFound, NotAllowed, DatabaseDown, Busy.
    """
    with db.writing() as connection:
        return queries.dismiss_pc(connection, pc_id, only_sending=False)


def stop_sending(db: Database, pc_id: UUID) -> int:
    """Have a PC leave sending to others from now on. Returns and raises as `dismiss`."""
    with db.writing() as connection:
        return queries.dismiss_pc(connection, pc_id, only_sending=True)


def withdraw(db: Database, login: str) -> None:
    """Have nobody join by an invitation any more; one that is gone already is no fault. Raises as `dismiss`."""
    with db.writing() as connection:
        queries.withdraw_invitation(connection, login)
