"""The list of what is parked: appointments off the calendar that are not yet put back. Parking itself is in booking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clinic_desk.database.queries import parked as queries_parked

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database
    from clinic_desk.domain.records import ChangeNote, Entry


@dataclass(frozen=True, slots=True)
class Parked:
    """A parked appointment, as it was booked, and who parked it when."""

    entry: Entry
    by: ChangeNote


def parked(db: Database) -> tuple[Parked, ...]:
    """Return what is parked, the longest first. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return tuple(Parked(entry, by) for entry, by in queries_parked.parked(connection))
