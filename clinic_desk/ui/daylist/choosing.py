"""Which rows of the list of the day are wanted, and in what order. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from clinic_desk.domain.folding import fold
from clinic_desk.domain.records import AppointmentStatus, MessageState, ParticipationStatus
from clinic_desk.ui.daylist.rows import COLUMNS, DayRow

_TROUBLED = frozenset({MessageState.FAILED, MessageState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows of which each typed word is found somewhere, and that are all that is asked for. By default every row.

    `unconfirmed`: booked, and the patient has not answered. `failed`: a message failed, or nobody knows.
    """

    typed: str = ""
    status: AppointmentStatus | None = None
    doctor_id: UUID | None = None
    not_arrived: bool = False
    unconfirmed: bool = False
    failed: bool = False

    def has(self, row: DayRow) -> bool:
        """Whether a row is wanted."""
        booked = row.status is AppointmentStatus.BOOKED
        answer = row.entry.appointment.answer
        return (
            self.status in {None, row.status}
            and self.doctor_id in {None, row.entry.appointment.practitioner_id}
            and (booked or not self.not_arrived)
            and ((booked and answer is ParticipationStatus.NEEDS_ACTION) or not self.unconfirmed)
            and (row.entry.message_state in _TROUBLED or not self.failed)
            and all(word in row.found for word in fold(self.typed).split())
        )


@dataclass(frozen=True, slots=True)
class Order:
    """By which column (its name) rows stand; those alike in it by time, then as the clinic has its doctors in order."""

    column: str = "time"
    backwards: bool = False


def arranged(rows: Iterable[DayRow], wanted: Wanted, order: Order) -> list[DayRow]:
    """Return the wanted rows in order."""
    at = COLUMNS.index(order.column)
    found = sorted((row for row in rows if wanted.has(row)), key=lambda row: row.usual)
    if order != Order():
        found.sort(key=lambda row: row.keys[at], reverse=order.backwards)
    return found
