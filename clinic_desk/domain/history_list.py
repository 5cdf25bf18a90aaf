"""Changes as the history lists them: which are wanted, and what each says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID


class ChangeKind(StrEnum):
    """What was changed, as a manager asks for it."""

    APPOINTMENTS = "appointments"
    PATIENTS = "patients"
    WAITING = "waiting"
    AWAY = "away"
    SETUP = "setup"
    MESSAGES = "messages"
    PEOPLE = "people"
    ACCESSES = "accesses"


TABLES: Final[dict[ChangeKind, tuple[str, ...]]] = {
    ChangeKind.APPOINTMENTS: ("appointment", "series"),
    ChangeKind.PATIENTS: ("patient", "history_blank"),
    ChangeKind.WAITING: ("wish", "offer_round", "offer"),
    ChangeKind.AWAY: ("time_off", "closure", "block", "block_type", "date_override"),
    ChangeKind.SETUP: (
        "site",
        "practitioner",
        "room",
        "appointment_type",
        "appointment_type_practitioner",
        "appointment_type_room",
        "working_hours",
        "booking_rules",
        "lock_rules",
    ),
    ChangeKind.MESSAGES: ("messaging", "reminder_rule", "message_text", "contact_note"),
    ChangeKind.PEOPLE: ("staff", "staff_right"),
    ChangeKind.ACCESSES: ("patient_access",),
}
"""Which tables belong to a kind; a table of none is listed with everything only."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are wanted; None: any. `since` and `until`: from, and before. `login`: who did it.

    `record`: one appointment or patient; of a patient her appointments and wishes as well. `practitioner`: of whose
    appointments and absences.
    """

    login: str | None = None
    desk_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    kind: ChangeKind | None = None
    record: UUID | None = None
    practitioner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row. `before`, `after`: the row, as the history has it (JSON); None where there was none.

    `patient_name`: of whose record, appointment or wish it is, as it is now. `id`: of its row in the history.
    """

    id: int
    at: datetime
    login: str
    person: str
    desk: str
    command: str
    table: str
    row_id: UUID
    version: int
    patient_id: UUID | None
    patient_name: str
    before: dict[str, Any] | None = field(hash=False)
    after: dict[str, Any] | None = field(hash=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Changes, the latest first; `more`: there are earlier ones."""

    changes: tuple[Change, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Writer:
    """A desk that changed something: its id and its name now."""

    id: UUID
    name: str
