"""Invitations for one more PC, the PCs that joined, and who sends; what makes and uses invitations up are functions of
the database (0007/30_pairing.sql).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries.desks import ALIVE
from clinic_desk.database.queries.people import scram_verifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

_PCS: Final = f"""
SELECT p.id, p.name, coalesce(p.login, ''), p.desk_id, p.joined_at, coalesce(s.display_name, p.invited_by),
       CASE WHEN d.id IS NOT NULL AND {ALIVE} THEN clock_timestamp() ELSE greatest(d.last_seen_at, w.seen_at) END,
       w.seen_at, coalesce(w.channels, '{{}}')
FROM clinic_pc p
LEFT JOIN desk d ON d.id = p.desk_id
LEFT JOIN staff s ON s.login = p.invited_by
LEFT JOIN LATERAL (SELECT n.seen_at, n.channels FROM sending_seen n WHERE n.login = p.login
                   ORDER BY n.seen_at DESC LIMIT 1) w ON true
ORDER BY lower(p.name), p.id
"""  # noqa: S608  # constants of this program only
_INVITATIONS: Final = """
SELECT i.login, coalesce(s.display_name, i.invited_by), i.invited_at, i.until_at, i.sends
FROM invitation i LEFT JOIN staff s ON s.login = i.invited_by
WHERE i.until_at > clock_timestamp() AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = i.login AND r.rolcanlogin)
ORDER BY i.until_at, i.login
"""
_SENDERS: Final = "SELECT name, seen_at, channels FROM sending_seen ORDER BY seen_at DESC, login, name"


def invite_desk(connection: Connection, login: str, password: str, hours: int, *, sends: bool, sealed: str) -> datetime:
    """Make a login that may join one PC, once, for so many hours; return until when.

    `sends`: that PC gets a login for sending; `sealed`: the clinic key for it, "" for none.
    """
    values = (login, scram_verifier(connection, login, password), hours, sends, sealed or None)
    until: datetime = connection.exec_driver_sql("SELECT invite_desk(%s, %s, %s, %s, %s)", values).scalar_one()
    return until


def read_invitation(connection: Connection) -> tuple[bool, str]:
    """Return (whether the PC is to send, the sealed clinic key or "") of the invitation that is signed in."""
    sends, sealed = connection.exec_driver_sql("SELECT sends, sealed FROM read_invitation()").one()
    return sends, sealed or ""


def join_clinic(connection: Connection, desk_name: str, login: str, password: str, desk_id: UUID) -> str:
    """Use up the invitation that is signed in; return the login this PC sends with, "" without a password for it.

    `login`: the one that it will be, which the verifier of its password is made for. `desk_id`: the PC's first desk.
    """
    verifier = scram_verifier(connection, login, password) if password else None
    values = (desk_name, verifier, str(desk_id))
    made: str = connection.exec_driver_sql("SELECT join_clinic(%s, %s, %s::uuid)", values).scalar_one()
    return made


def clinic_pcs(connection: Connection) -> Sequence[Any]:
    """Return of every PC that joined: id, name, login it sends with, desk, joined when, invited by whom, seen when,
    seen sending when, over which channels.
    """
    return connection.exec_driver_sql(_PCS).all()


def open_invitations(connection: Connection) -> Sequence[Any]:
    """Return of every open invitation: login, by whom, since when, until when, whether the PC is to send."""
    return connection.exec_driver_sql(_INVITATIONS).all()


def senders(connection: Connection) -> Sequence[Any]:
    """Return (name, seen when, channels) of every program that sent in the last 30 days, the last seen first."""
    return connection.exec_driver_sql(_SENDERS).all()


def sending_pcs(connection: Connection) -> int:
    """Return how many PCs that joined have a login for sending."""
    count: int = connection.exec_driver_sql("SELECT count(login) FROM clinic_pc").scalar_one()
    return count


def dismiss_pc(connection: Connection, pc_id: UUID, *, only_sending: bool) -> int:
    """Close the login of a PC; return how many of its sessions the server did not let us end."""
    values = (str(pc_id), only_sending)
    left: int = connection.exec_driver_sql("SELECT dismiss_pc(%s::uuid, %s)", values).scalar_one()
    return left


def withdraw_invitation(connection: Connection, login: str) -> None:
    """Have nobody join by this invitation any more."""
    connection.exec_driver_sql("SELECT withdraw_invitation(%s)", (login,))


def note_sending(connection: Connection, name: str, channels: Iterable[str]) -> None:
    """Write that a program of this name works through the queue; as a login of clinic_worker."""
    connection.exec_driver_sql("SELECT note_sending(%s, %s::text[])", (name, sorted(channels)))


def forget_invitations(connection: Connection) -> None:
    """Remove invitations that are over, and what they would have handed over; as a login of clinic_worker."""
    connection.exec_driver_sql("SELECT forget_invitations()")
