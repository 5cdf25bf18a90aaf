"""What a patient's page shows, as read in one snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from clinic_desk.domain.message_list import MessageRow
    from clinic_desk.domain.messaging import ContactNote
    from clinic_desk.domain.records import ChangeNote, Entry, Patient

LATE: Final = timedelta(hours=24)
"""A patient who cancels less than so long before the visit cancelled late."""


@dataclass(frozen=True, slots=True)
class PatientChange:
    """One change of the patient's record, or of an appointment of hers. `id`: of its row in the history.

    `before` and `after`: the row then, as the history has it (JSON); None for what was not there yet. `is_record`: it
    is the patient's own record.
    """

    id: int
    at: datetime
    person: str
    desk: str
    command: str
    row_id: UUID
    is_record: bool
    before: dict[str, Any] | None = field(hash=False)
    after: dict[str, Any] | None = field(hash=False)


@dataclass(frozen=True, slots=True)
class MergedDouble:
    """A record that leads to this one. `merge_id`: the operation that did it; None if it cannot be taken back."""

    patient: Patient
    merge_id: UUID | None
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How often she did not come, and cancelled late; how many appointments are to come, and all the others."""

    noshows: int
    late: int
    coming: int
    past: int


@dataclass(frozen=True, slots=True)
class PatientRecord:
    """`asked`: the id that was asked for; another than the patient's if that record was merged into hers.

    `coming`: the soonest first; `past`: those over, cancelled or parked, the latest first. Each list may be cut; the
    counts are whole. `may_read_messages`: whether messages and notes were read at all. `replies`: of a restricted
    record that was opened, what she wrote back and when, the latest first; of others the page of messages has them.
    """

    asked: UUID
    patient: Patient
    changed: ChangeNote
    counts: Counts
    read_at: datetime
    coming: tuple[Entry, ...] = ()
    past: tuple[Entry, ...] = ()
    messages: tuple[MessageRow, ...] = ()
    notes: tuple[ContactNote, ...] = ()
    changes: tuple[PatientChange, ...] = ()
    doubles: tuple[MergedDouble, ...] = ()
    more_changes: bool = False
    may_read_messages: bool = True
    replies: tuple[tuple[datetime, str], ...] = ()
