"""Commands and clock times for the tests of booking, on the small clinic."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Engine, event

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book
from clinic_desk.domain.records import Appointment
from clinic_desk.domain.wall import to_instant
from tests.support.small_clinic import SmallClinic

BERLIN: Final = "Europe/Berlin"
NEW_YORK: Final = "America/New_York"


def at(day: date, hour: int, minute: int = 0, zone: str = BERLIN) -> datetime:
    """The instant at which the clocks of a zone show this time."""
    return to_instant(datetime.combine(day, time(hour, minute)), zone)


def checkup(clinic: SmallClinic, starts_at: datetime | None = None, **other: Any) -> Book:
    """Book the first patient for a checkup with Dr. Weber, on the Monday at nine unless told otherwise."""
    given: dict[str, Any] = {
        "patient_id": clinic.patients[0],
        "type_id": clinic.checkup,
        "practitioner_id": clinic.weber,
        "site_id": clinic.berlin,
        "starts_at": starts_at or at(clinic.monday, 9),
        "length_minutes": 15,
    }
    return Book(**(given | other))


def stored(engine: Engine, appointment_id: UUID) -> dict[str, Any]:
    """The row as it stands."""
    with engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT * FROM appointment WHERE id = %s", (appointment_id,)).mappings().one()
        return dict(row)


def count(engine: Engine, what: str) -> int:
    """How many rows there are, `what` being what follows FROM."""
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {what}").scalar_one())


def overlaps(engine: Engine) -> int:
    """How many pairs of appointments take one practitioner's, or one room's, time twice without being squeezed in."""
    return count(
        engine,
        "appointment a JOIN appointment b ON a.id < b.id AND a.footprint && b.footprint AND a.occupies AND b.occupies"
        " AND NOT a.squeezed_in AND NOT b.squeezed_in"
        " AND (a.practitioner_id = b.practitioner_id OR a.room_id = b.room_id)",
    )


@contextmanager
def statements_of(database: Database) -> Iterator[list[str]]:
    """Collect the statements that a desk sends while the block runs."""
    sent: list[str] = []
    engine = database.engine()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def same_place(one: Appointment, other: Appointment) -> bool:
    """Whether two appointments are at the same time with the same practitioner."""
    return (one.practitioner_id, one.starts_at, one.ends_at) == (other.practitioner_id, other.starts_at, other.ends_at)
