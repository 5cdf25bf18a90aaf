"""Three-way merge of an appointment by field: as it was opened, as this desk wants it, as it stands now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clinic_desk.domain.records import Appointment, AppointmentStatus
from clinic_desk.domain.wall import to_wall

FieldValue = datetime | timedelta | UUID | str | tuple[str, str | None] | tuple[UUID, UUID] | None

FIELDS: Final = ("when", "length", "with", "room", "device", "type", "patient", "note", "status", "present")
"""What a person edits, each with what follows from it:

- `when`: starts_at with the wall time and zone it was agreed in; the end follows by the length
- `length`: elapsed time from start to end
- `with`: practitioner and site
- `type`: the appointment type with its buffers
- `status`: status and cancellation reason
- `present`: the room the patient is in, if another than the booked one

The patient's answer, the squeeze-in flag and what was overruled are not edited here: they are taken as they stand now,
and the service judges them anew.
"""


_ENDED: Final = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR, AppointmentStatus.WAITLIST})


@dataclass(frozen=True, slots=True)
class Clash:
    """A field both sides changed, differently. Values are as `value_of` gives them."""

    field: str
    base: FieldValue
    mine: FieldValue
    now: FieldValue

    @property
    def ended(self) -> bool:
        """Whether the other side cancelled, deleted or parked it: a clash with whatever was wanted here."""
        return self.field == "status" and isinstance(self.now, tuple) and self.now[0] in _ENDED


@dataclass(frozen=True, slots=True)
class Merge:
    """`merged` has now's version, what either side alone changed, and for each clash what stands until one chose.

    `taken_from_theirs`: fields only the other side changed; `taken_from_mine`: fields only this side changed. Of an
    appointment the other side ended, `merged` is what stands, and `taken_from_mine` all that `resolve` would put back.
    """

    merged: Appointment
    taken_from_theirs: tuple[str, ...]
    taken_from_mine: tuple[str, ...]
    clashes: tuple[Clash, ...]


def value_of(row: Appointment, name: str) -> FieldValue:
    """Return what is compared for a field of FIELDS; KeyError for another name."""
    values: dict[str, FieldValue] = {
        "when": row.starts_at,
        "length": row.length,
        "with": (row.practitioner_id, row.site_id),
        "room": row.room_id,
        "device": row.device_id,
        "type": row.type_id,
        "patient": row.patient_id,
        "note": row.note,
        "status": (row.status.value, row.cancellation_reason),
        "present": row.present_room_id,
    }
    return values[name]


def merge(base: Appointment, mine: Appointment, now: Appointment) -> Merge:
    """Merge by field: one side's change wins over none, the same change on both is one, different changes clash.

    When the other side cancelled or deleted the appointment, anything changed here clashes with that as "status",
    and only with that. ValueError when the three are not versions of one appointment.
    """
    if not base.id == mine.id == now.id:
        message = "only versions of one appointment can be merged"
        raise ValueError(message)
    changed_here = [name for name in FIELDS if value_of(mine, name) != value_of(base, name)]
    changed_there = [name for name in FIELDS if value_of(now, name) != value_of(base, name)]
    if "status" in changed_there and now.status in _ENDED and value_of(mine, "status") != value_of(now, "status"):
        clashes = (_clash("status", base, mine, now),) if changed_here else ()
        put_back = tuple(name for name in changed_here if name != "status")
        return Merge(now, tuple(changed_there), put_back, clashes)
    clashing = [name for name in changed_here if name in changed_there and value_of(mine, name) != value_of(now, name)]
    from_mine = tuple(name for name in changed_here if name not in changed_there)
    merged = now
    for name in from_mine:
        merged = take(merged, mine, name)
    return Merge(
        merged=merged,
        taken_from_theirs=tuple(name for name in changed_there if name not in changed_here),
        taken_from_mine=from_mine,
        clashes=tuple(_clash(name, base, mine, now) for name in clashing),
    )


def take(target: Appointment, source: Appointment, name: str) -> Appointment:
    """Return `target` with one field of FIELDS, and what follows from it, as `source` has it."""
    if name == "when":
        same_site = source.site_id == target.site_id
        return replace(
            target,
            starts_at=source.starts_at,
            ends_at=source.starts_at + target.length,
            wall_start=source.wall_start if same_site else to_wall(source.starts_at, target.zone),
        )
    if name == "length":
        return replace(target, ends_at=target.starts_at + source.length)
    if name == "with":
        return replace(
            target,
            practitioner_id=source.practitioner_id,
            site_id=source.site_id,
            wall_start=target.wall_start if source.zone == target.zone else to_wall(target.starts_at, source.zone),
            zone=source.zone,
        )
    if name == "type":
        return replace(
            target,
            type_id=source.type_id,
            buffer_before_minutes=source.buffer_before_minutes,
            buffer_after_minutes=source.buffer_after_minutes,
        )
    if name == "status":
        return replace(target, status=source.status, cancellation_reason=source.cancellation_reason)
    return _take_plain(target, source, name)


def _take_plain(target: Appointment, source: Appointment, name: str) -> Appointment:
    if name == "room":
        return replace(target, room_id=source.room_id)
    if name == "device":
        return replace(target, device_id=source.device_id)
    if name == "patient":
        return replace(target, patient_id=source.patient_id)
    if name == "note":
        return replace(target, note=source.note)
    if name == "present":
        return replace(target, present_room_id=source.present_room_id)
    raise KeyError(name)


def resolve(found: Merge, mine: Appointment, keep_mine: frozenset[str]) -> Appointment:
    """Return the merged appointment, each clash named in `keep_mine` decided for this side and the others for theirs.

    Keeping one's own "status" over an end puts the appointment back with everything that was wanted here.
    """
    resolved = found.merged
    for clash in found.clashes:
        if clash.field in keep_mine:
            for name in (clash.field, *(found.taken_from_mine if clash.ended else ())):
                resolved = take(resolved, mine, name)
    return resolved


def _clash(name: str, base: Appointment, mine: Appointment, now: Appointment) -> Clash:
    return Clash(name, value_of(base, name), value_of(mine, name), value_of(now, name))
