"""How a change of an appointment is taken back: as a new change, with the version that it left behind. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Any, Final
from uuid import UUID

from clinic_desk.domain.commands import Cancel, Park, Rule, SetStatus, Update
from clinic_desk.domain.records import Appointment, AppointmentStatus, CancellationReason
from clinic_desk.domain.series import ChangeSeries

Undoing = Update | SetStatus | Cancel | Park
Change = tuple[Appointment | None, Appointment, frozenset[UUID]]
"""An appointment before (None: it was booked) and after, and those who shared its time before."""
_FIELDS: Final = ("starts_at", "practitioner_id", "site_id", "room_id", "device_id", "type_id", "patient_id", "note")
assert set(_FIELDS) <= {field.name for field in fields(Appointment)}


def undoing(
    before: Appointment | None, after: Appointment, version: int, beside: frozenset[UUID] = frozenset()
) -> Undoing | None:
    """Return the command that takes `after` back to `before` (None: it was booked); None if nothing is different.

    `version` is the version the appointment is expected to have now; `beside`: whom it may be squeezed in with again.
    """
    if before is None:
        return SetStatus(after.id, version, AppointmentStatus.ENTERED_IN_ERROR)
    if after.status is not before.status:
        return _status_back(before, after, version, beside)
    changed: dict[str, Any] = {
        name: getattr(before, name) for name in _FIELDS if getattr(before, name) != getattr(after, name)
    }
    if before.length != after.length:
        changed["length_minutes"] = int(before.length.total_seconds() // 60)
    if not changed and before.present_room_id != after.present_room_id:
        return SetStatus(after.id, version, before.status, before.present_room_id)
    if not changed:
        return None
    known = {rule.value for rule in Rule}
    overrule = frozenset(Rule(each) for each in before.overruled if each in known)
    if before.squeezed_in:
        overrule |= {Rule.SLOT_TAKEN}
    return Update(after.id, version, overrule=overrule, beside=beside, **changed)


def _status_back(before: Appointment, after: Appointment, version: int, beside: frozenset[UUID]) -> Undoing | None:
    if before.status is AppointmentStatus.WAITLIST:
        return None if after.status is AppointmentStatus.ENTERED_IN_ERROR else Park(after.id, version)
    if after.status in {AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST}:
        return Update(after.id, version, reinstate=True, beside=beside)
    if before.status is AppointmentStatus.CANCELLED:
        return Cancel(after.id, version, before.cancellation_reason or CancellationReason.SCHEDULING_ERROR)
    if after.status is AppointmentStatus.ENTERED_IN_ERROR:
        return None
    return SetStatus(after.id, version, before.status, as_before=True)


def undoing_together(changes: Iterable[Change], versions: Mapping[UUID, int], *, tell: bool) -> ChangeSeries | None:
    """Return the command that takes several changes back at once; None if nothing is different.

    `versions`: those that the appointments have now. `tell`: the patient hears of it, as of the change.
    """
    steps: list[Undoing] = []
    for before, after, beside in sorted(changes, key=lambda each: (each[0] or each[1]).starts_at):
        step = undoing(before, after, versions.get(after.id, after.version), beside)
        if step is not None:
            steps.append(step if isinstance(step, SetStatus) else replace(step, tell_patient=tell and not steps))
    return ChangeSeries(tuple(steps), tell_patient=tell) if steps else None
