"""Every error as a document for programs and as sentences for people, and the exit code that goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from clinic_desk.commandline import documents
from clinic_desk.commandline.usage import Usage, without_secrets
from clinic_desk.domain.commands import Rule
from clinic_desk.domain.records import RoomKind
from clinic_desk.domain.refusals import Conflict, NotFound, PatientConflict, RuleViolation, SlotTaken
from clinic_desk.errors import (
    ClinicDeskError,
    DurabilityUnknown,
    InvalidInput,
    OutcomeUnknown,
    SchemaMismatch,
    Unavailable,
)
from clinic_desk.sharing.plans import SharingError

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from clinic_desk.domain.records import ChangeNote, Clinic, Patient
    from clinic_desk.domain.refusals import Violation

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
UNAVAILABLE: Final = 3
INTERNAL: Final = 70
"""EX_SOFTWARE of sysexits.h: an error in this program."""
INTERRUPTED: Final = 130


def exit_code(error: ClinicDeskError) -> int:
    """Return 2 for what was typed, 3 for what cannot be reached now, 1 for what was understood and refused."""
    if isinstance(error, Usage):
        return USAGE
    return UNAVAILABLE if isinstance(error, Unavailable) else REFUSED


def error_document(
    error: ClinicDeskError, clinic: Clinic | None = None, operation_id: UUID | None = None
) -> dict[str, Any]:
    """Return `error` (its kind), `message`, and by kind what is needed to act on it."""
    head = {"error": _kind(error), "message": without_secrets(str(error))}
    return head | _details(error, clinic, operation_id)


def _kind(error: ClinicDeskError) -> str:
    if isinstance(error, InvalidInput):
        return "invalid-input"
    name = type(error).__name__.removesuffix("Error")
    return "".join("-" + char.lower() if char.isupper() else char for char in name).lstrip("-")


def _details(error: ClinicDeskError, clinic: Clinic | None, operation_id: UUID | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if isinstance(error, InvalidInput):
        found = {"field": error.field, "expected": without_secrets(error.expected)}
        if isinstance(error, Usage) and error.candidates:
            found["candidates"] = list(error.candidates)
    elif isinstance(error, RuleViolation):
        rows = [documents.violation(row) for row in error.violations]
        found = {"violations": rows, "overrulable": error.overrulable}
    elif isinstance(error, SlotTaken):
        by = documents.appointment(error.by, clinic) if error.by and clinic else None
        may_squeeze = error.resource is None and (clinic is None or Rule.SLOT_TAKEN in clinic.overrulable)
        taken = {kind.value: error.resource is kind for kind in RoomKind}
        found = {**taken, "taken_by": by, "overrulable": may_squeeze}
    elif isinstance(error, Conflict):
        found = {"version": error.now.appointment.version}
        found["appointment"] = documents.appointment(error.now, clinic) if clinic else None
    elif isinstance(error, PatientConflict):
        found = {"patient": documents.patient(error.now)}
    elif isinstance(error, NotFound):
        found = {"what": error.what}
    elif isinstance(error, SchemaMismatch):
        found = {"found": error.found, "needed": error.expected}
    elif isinstance(error, SharingError):
        found = {"code": error.code.value, "detail": error.detail}
    elif isinstance(error, OutcomeUnknown):
        found = {"operation_id": documents.plain(operation_id)}
    return found


def error_lines(error: ClinicDeskError, operation_id: UUID | None = None) -> list[str]:
    """Return what happened, and on further lines what to do about it."""
    for kind, tell in _LINES:
        if isinstance(error, kind):
            return [without_secrets(line) for line in tell(error)]
    lines = [without_secrets(str(error))]
    if isinstance(error, OutcomeUnknown) and operation_id is not None:
        again = "it stands here; " if isinstance(error, DurabilityUnknown) else "it may stand or not: "
        lines.append(f"{again}do the same again with --operation-id {operation_id} to find out; it is done once only")
    return lines


def _usage(error: Any) -> list[str]:
    rows = getattr(error, "candidates", ())
    choices = ["  ".join(str(value) for value in row.values() if value) for row in rows]
    return [f"{error.field}: expected {error.expected}", *choices]


def _violations(error: Any) -> list[str]:
    lines = ["rules broken:", *(_violation(row) for row in error.violations)]
    if error.overrulable:
        lines.append("to go on all the same: --overrule " + ",".join(row.rule for row in error.violations))
    return lines


def _violation(row: Violation) -> str:
    span = f" {documents.plain(row.starts_at)} to {documents.plain(row.ends_at)}" if row.starts_at else ""
    return f"{row.rule.value}{' ' + row.name if row.name else ''}{span}"


def _taken(error: Any) -> list[str]:
    if error.resource is not None:
        return [f"the {error.resource.value} is taken: choose another {error.resource.value} or time"]
    by = f" by appointment {error.by.id}" if error.by else ""
    return [f"the time is taken{by}", "choose another (see slots), or squeeze in with --overrule slot-taken"]


def _conflict(error: Any) -> list[str]:
    now = error.now.appointment
    state = f"it is {now.status.value} and at version {now.version} now"
    return [
        f"the appointment was changed first{_who(error.changed)}: {state}",
        f"look at it (show {now.id}), then do it again with --version {now.version}",
    ]


def _patient_conflict(error: Any) -> list[str]:
    now: Patient = error.now
    return [f"the patient's record was merged into another{_who(error.changed)}", f"use --patient {now.id}"]


def _who(note: ChangeNote | None) -> str:
    if note is None:
        return ""
    return f" by {note.person}{f' at {note.desk}' if note.desk else ''}"


def _schema(error: Any) -> list[str]:
    todo = "run clinic-desk upgrade-db as its owner"
    if error.found is None:
        todo = "run clinic-desk init-db or upgrade-db, or check the name of the database in its address"
    elif error.found > error.expected:
        todo = "a newer Clinic Desk made it: update this one"
    return [str(error), todo]


_LINES: Final[tuple[tuple[type[ClinicDeskError], Callable[[Any], list[str]]], ...]] = (
    (InvalidInput, _usage),
    (RuleViolation, _violations),
    (SlotTaken, _taken),
    (Conflict, _conflict),
    (PatientConflict, _patient_conflict),
    (SchemaMismatch, _schema),
)
