"""Restricted records: marking one, opening one for a while, and what was closed put back where it belongs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AdministrativeGender

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clinic_desk.domain.patients_record import PatientChange
    from clinic_desk.domain.records import Patient

SHORTEST_REASON: Final = 10
"""So many characters says at least who opens a record without the right to; the database asks for the same."""
LONGEST_REASON: Final = 500
MINUTES: Final = 15
"""So long a record stays open. The server's clock decides."""


@dataclass(frozen=True, slots=True)
class RestrictPatient:
    """Close a record, or open it to everybody again (`on` False), over the version that the user saw."""

    patient_id: UUID
    version: int
    on: bool = True
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """Open a restricted record for oneself; `reason` may be empty for who has the right."""

    patient_id: UUID
    reason: str = ""
    access_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Opening:
    """An opening that is written down: one person's, of one record, from `at` until `until` on the server's clock."""

    id: UUID
    patient_id: UUID
    at: datetime
    until: datetime


def shut(patient: Patient) -> Patient:
    """Return a record as who has not opened it knows it; one that is not restricted as it is."""
    if not patient.restricted:
        return patient
    unknown = AdministrativeGender.UNKNOWN
    return replace(patient, birth_date=None, gender=unknown, phone="", email="", note="", opened=False)


class ClosedData:
    """What was taken out of a record's rows, by table and row."""

    def __init__(self, rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> None:
        self._rows = {(table, row_id): data for table, row_id, data in rows}

    def patient(self, closed: Patient) -> Patient:
        """Return a record, or one that was merged into it, as it is."""
        data = self._rows.get(("patient", str(closed.id)))
        if data is None:
            return closed
        born = data["birth_date"]
        return replace(
            closed,
            phone=data["phone"],
            email=data["email"],
            birth_date=None if born is None else date.fromisoformat(born),
            gender=AdministrativeGender(data["gender"]),
            note=data["note"],
            opened=True,
        )

    def change(self, closed: PatientChange) -> PatientChange:
        """Return a change of the record with what it said before and after."""
        data = self._rows.get(("history", str(closed.id)))
        if data is None:
            return closed
        before, after = (
            None if image is None else {**image, **(data[name] or {})}
            for name, image in (("before", closed.before), ("after", closed.after))
        )
        return replace(closed, before=before, after=after)

    def recipient(self, message_id: UUID) -> str | None:
        """Return where a message went; None if the record says nothing of it."""
        data = self._rows.get(("notification", str(message_id)))
        return None if data is None else data["recipient"]

    def reply(self, received_at: datetime) -> str | None:
        """Return what was written back at an instant; None if there is no such reply."""
        return dict(self.replies()).get(received_at)

    def replies(self) -> tuple[tuple[datetime, str], ...]:
        """Return what was written back, with when, the latest first."""
        rows = (data for (table, _), data in self._rows.items() if table == "inbound_message")
        found = ((datetime.fromisoformat(data["received_at"]), str(data["body"])) for data in rows)
        return tuple(sorted(found, reverse=True))
