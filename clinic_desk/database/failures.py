"""Turns what the driver raises into what the program means: refusals, unavailability, or a bug without patient data.

PostgreSQL's error codes: https://www.postgresql.org/docs/current/errcodes-appendix.html. Detail lines of the server
can hold patient data ("Key (phone)=(…)"), so only codes, constraint names and primary messages ever leave here.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from clinic_desk.database.revision import EXPECTED_REVISION, OTHER_VERSION
from clinic_desk.domain.clinic_records import RoomKind
from clinic_desk.domain.refusals import NotFound, SlotTaken
from clinic_desk.errors import (
    Busy,
    ClinicDeskError,
    DatabaseDown,
    DiskFull,
    InvalidInput,
    LoginClosed,
    NotAllowed,
    SchemaMismatch,
    WrongPassword,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import psycopg2
    from sqlalchemy import URL

RESOURCE_OF: Final = {"appointment_room_excl": RoomKind.ROOM, "appointment_device_excl": RoomKind.DEVICE}
"""What was taken when a constraint refused a booking; of all others it is the practitioner's time."""
CHANGED_UNDERFOOT: Final = frozenset({"40001", "40P01"})
"""Serialization failure and deadlock: the server rolled back; the same transaction may be done again at once."""
WRONG_SERVER: Final = "25006"
"""A write on a standby: after a failover the connection goes to the old primary."""

IN_FAILED_TRANSACTION: Final = "25P02"
_NO_CONNECTION_FREE: Final = "every connection of this desk is in use"
_GONE = frozenset({"57P01", "57P02", "57P03", "57P05", "25P03", "25006", "53300"})
_DISK_FULL = "53100"
_BUSY = frozenset({"57014", "55P03", "40001", "40P01", "25P04", "53000", _DISK_FULL, "53200", "53400", "55006"})
_ANSWERED: Final = re.compile(r"failed: [^\s:]+:  ")
"""libpq writes two blanks behind the severity that a server sent, in any language; its own words have none."""
_QUOTED: Final = "[\"'«»„“”「」]\\s?{}\\s?[\"'«»„“”「」]"
_TURNED_AWAY: Final = (
    "certificate verify failed",
    "root certificate",
    "does not support SSL",
    "authentication method requirement",
    "does not match host name",
)
_NO_PASSWORD: Final = "no password supplied"  # noqa: S105 - what libpq says
_NO_SCHEMA = frozenset({OTHER_VERSION, "42P01", "42703", "42883", "3F000"})


class DatabaseFault(Exception):
    """An answer of the database that no correct use of it should bring: a bug; holds no parameters and no rows."""

    def __init__(self, sqlstate: str | None, message: str, constraint: str | None = None) -> None:
        super().__init__(f"{sqlstate or 'no SQLSTATE'}: {message}" + (f" ({constraint})" if constraint else ""))
        self.sqlstate = sqlstate
        self.constraint = constraint


@contextmanager
def translated() -> Iterator[None]:
    """Run a block of database calls; what the driver or the pool raises comes out as the program's own errors."""
    import psycopg2
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, psycopg2.Error):
            raise translate(error.orig) from None
        raise DatabaseFault(None, type(error.orig).__name__) from None
    except psycopg2.Error as error:
        raise translate(error) from None
    except PoolTimeout:
        raise Busy(_NO_CONNECTION_FREE) from None
    except ValueError as error:
        if not _is_no_text(error):
            raise
        raise InvalidInput(field="text", expected="text without NUL and without halves of characters") from None


def _is_no_text(error: ValueError) -> bool:
    """Whether the driver could not send a text, because no text of the database can be like it."""
    return isinstance(error, UnicodeEncodeError) or "NUL (0x00)" in str(error)


def translate(error: psycopg2.Error) -> ClinicDeskError | DatabaseFault:
    """Return the program's own error for one of the driver's. Never carries the server's detail line."""
    state = error.pgcode
    message = error.diag.message_primary or ""
    constraint = error.diag.constraint_name
    if state is None:
        return _without_code(error)
    if state.startswith(("08", "28")) or state in _GONE:
        return DatabaseDown(message or state)
    if state in _BUSY:
        return (DiskFull if state == _DISK_FULL else Busy)(message or state)
    if state == "42501":
        return NotAllowed(message)
    if state in _NO_SCHEMA:
        return SchemaMismatch(message, EXPECTED_REVISION) if state == OTHER_VERSION else SchemaMismatch(None, message)
    return _broken_constraint(state, constraint, error.diag.table_name) or DatabaseFault(state, message, constraint)


def lost(error: BaseException) -> bool:
    """Whether the connection itself is gone, so that nothing is known about a COMMIT that was under way."""
    import psycopg2

    original = getattr(error, "orig", error)
    if not isinstance(original, psycopg2.Error):
        return False
    state = original.pgcode
    if state is None:
        return isinstance(original, psycopg2.OperationalError | psycopg2.InterfaceError | psycopg2.DatabaseError)
    return state.startswith("08") or state in {"57P01", "57P02", "57P03", "57P05", "25P03"}


def sqlstate(error: BaseException) -> str | None:
    """The five characters of the server's error code; None if the error did not come from the server."""
    import psycopg2

    original = getattr(error, "orig", error)
    return original.pgcode if isinstance(original, psycopg2.Error) else None


def _without_code(error: psycopg2.Error) -> ClinicDeskError | DatabaseFault:
    import psycopg2

    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError) or type(error) is psycopg2.DatabaseError:
        lines = str(error).strip().split("\n")  # one for each address that was tried
        answer = next((line for line in lines if _ANSWERED.search(line)), lines[0])
        return DatabaseDown(answer or "the connection was lost")
    return DatabaseFault(None, type(error).__name__)


def is_untrusted(error: DatabaseDown) -> bool:
    """Whether it was this desk that turned away: the server could not prove who it is, or asked for what is unsafe."""
    return any(words in str(error) for words in _TURNED_AWAY)


def is_shut_out(error: DatabaseDown, url: URL) -> bool:
    """Whether the server is on and does not let this login in: a password, a right, or a name is wrong.

    No error code comes with a refused connection, and the words are in the server's language: those about the login
    name it or the database; those about the server (it starts, ends, has no connection free) name neither.
    """
    text = str(error)
    if _NO_PASSWORD in text:
        return True
    named = any(_names(name, text) for name in (url.username, url.database))
    return bool(_ANSWERED.search(text)) and named and "too many connections" not in text


def refused_sign_in(error: DatabaseDown, url: URL, *, said_to_anybody: Callable[[], str | None]) -> NotAllowed | None:
    """Return why the server does not let this login in; None if it is for another reason that there is no answer.

    `said_to_anybody`: the error's text for the same login with a password that nobody has, None if there is none. What
    the server says to that is about the password, in whatever language; something else it says only to the right one.
    """
    if not is_shut_out(error, url):
        return None
    text = str(error)
    if _NO_PASSWORD in text:
        return WrongPassword(text, is_missing=True)
    if url.database != url.username and _names(url.database, text):
        return NotAllowed(text)
    theirs = said_to_anybody()
    if theirs is None:
        return None
    return WrongPassword(text) if _answer(theirs) == _answer(text) else LoginClosed(text)


def _answer(text: str) -> str:
    """What the server said, without the addresses that were tried."""
    return _ANSWERED.split(text)[-1].strip()


def _names(name: str | None, text: str) -> bool:
    return bool(name and re.search(_QUOTED.format(re.escape(name)), text))


def _broken_constraint(state: str, constraint: str | None, table: str | None) -> ClinicDeskError | None:
    if state == "23P01":
        return SlotTaken(None, resource=RESOURCE_OF.get(constraint or ""))
    if state == "23503":
        return NotFound(_what(constraint, table))
    if state in {"23514", "23502"} or state.startswith("22"):
        return InvalidInput(_what(constraint, table), "a value the database accepts")
    return None


def _what(constraint: str | None, table: str | None) -> str:
    """`appointment_patient_id_fkey` → `patient`; `patient_phone` → `phone`: the part that tells the user something."""
    if not constraint:
        return "value"
    name = constraint.removesuffix("_fkey").removesuffix("_check").removesuffix("_id")
    if table is not None and name.startswith(f"{table}_"):
        return name.removeprefix(f"{table}_").removesuffix("_id")
    of, _, rest = name.partition("_")
    return rest.removesuffix("_id") or of
