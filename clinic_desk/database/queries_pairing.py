"""Invitations for one more PC; what makes and uses them up is a function of the database (0006/30_pairing.sql)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries_people import scram_verifier

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

_DESKS: Final = """
SELECT login, display_name FROM staff WHERE login ~ '^desk_[0-9a-f]{16}$' AND group_name = 'worker' AND NOT disabled
ORDER BY lower(display_name), login
"""


def invite_desk(connection: Connection, login: str, password: str, hours: int) -> datetime:
    """Make a login that may join one PC, once, for so many hours; return until when."""
    values = (login, scram_verifier(connection, login, password), hours)
    until: datetime = connection.exec_driver_sql("SELECT invite_desk(%s, %s, %s)", values).scalar_one()
    return until


def join_clinic(connection: Connection, desk_name: str, login: str, password: str) -> str:
    """Use up the invitation that is signed in; return the login this PC sends with, "" without a password for it.

    `login`: the one that it will be, which the verifier of its password is made for.
    """
    verifier = scram_verifier(connection, login, password) if password else None
    made: str = connection.exec_driver_sql("SELECT join_clinic(%s, %s)", (desk_name, verifier)).scalar_one()
    return made


def paired_desks(connection: Connection) -> tuple[tuple[str, str], ...]:
    """Return (login, name) of every PC that joined and was not dismissed."""
    return tuple((row[0], row[1]) for row in connection.exec_driver_sql(_DESKS))


def dismiss_desk(connection: Connection, login: str) -> int:
    """Close the login of a PC that is gone; return how many of its sessions the server did not let us end."""
    left: int = connection.exec_driver_sql("SELECT dismiss_desk(%s)", (login,)).scalar_one()
    return left
