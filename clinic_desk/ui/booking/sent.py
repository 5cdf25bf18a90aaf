"""What was sent, as the booking it would have made, and the commands that are sent instead when it is refused."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from clinic_desk.domain.commands import AUTOMATIC, Book, Rule, Update
from clinic_desk.domain.merge import merge, resolve
from clinic_desk.domain.records import Appointment, Clinic, Entry, Patient
from clinic_desk.services.slots import FreeSlot
from clinic_desk.ui.booking.draft import Writing
from clinic_desk.ui.booking.merge_text import Side, update_to, wanted_by
from clinic_desk.ui.booking.slot_taken import Wanted
from clinic_desk.ui.sentences import About

_HALF_A_DAY: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Sent:
    """A command, for whom, and (`base`, of a change) the appointment as the user saw it."""

    command: Writing
    patient: Patient
    base: Side | None = None

    def appointment(self, clinic: Clinic) -> Appointment | None:
        """Return the appointment as the change would have it; None for a booking."""
        if self.base is None or not isinstance(self.command, Update):
            return None
        return wanted_by(self.command, self.base.appointment, clinic)

    def wanted(self, clinic: Clinic) -> Wanted | None:
        """Return the time that was wanted."""
        sent = self.command
        if isinstance(sent, Book):
            return Wanted(
                self.patient, sent.type_id, sent.practitioner_id, sent.site_id, sent.starts_at, sent.length_minutes
            )
        row = self.appointment(clinic)
        if row is None:
            return None
        minutes = int(row.length.total_seconds()) // 60
        return Wanted(self.patient, row.type_id, row.practitioner_id, row.site_id, row.starts_at, minutes, row.version)

    def about(self, clinic: Clinic) -> tuple[About, str]:
        """Return what its refusals are about, and in which zone they are told."""
        wanted = self.wanted(clinic)
        if wanted is None:
            return About(), "UTC"
        about = About(wanted.practitioner_id, wanted.type_id, wanted.starts_at)
        return about, clinic.site(wanted.site_id).zone

    def at(self, slot: FreeSlot) -> Writing:
        """Return the command for a free time instead; a room and a device that were chosen hold at the same site."""
        sent = replace(
            self.command,
            practitioner_id=slot.practitioner_id,
            site_id=slot.site_id,
            starts_at=slot.starts_at,
            overrule=frozenset(),
        )
        if isinstance(sent, Book) and self._is_another_day(slot):
            sent = replace(sent, arrived=False, tell_patient=True)  # she comes again another day
        was_at = self.base.appointment.site_id if self.base is not None else self.command.site_id
        return sent if slot.site_id == was_at else replace(sent, room_id=AUTOMATIC, device_id=AUTOMATIC)

    def _is_another_day(self, slot: FreeSlot) -> bool:
        """Whether a walk-in, who stands at the desk, would have to come again."""
        was = self.command
        return isinstance(was, Book) and was.arrived and abs(slot.starts_at - was.starts_at) > _HALF_A_DAY

    def squeezed_in(self, by: UUID) -> Writing:
        """Return the command for the same time beside the one who was first, and nobody else."""
        sent = self.command
        return replace(sent, overrule=sent.overrule | {Rule.SLOT_TAKEN}, beside=(sent.beside or frozenset()) | {by})


def like(wanted: Wanted) -> Book:
    """Return a booking near which free times are looked for."""
    return Book(
        patient_id=wanted.patient.id,
        type_id=wanted.type_id,
        practitioner_id=wanted.practitioner_id,
        site_id=wanted.site_id,
        starts_at=wanted.starts_at,
        length_minutes=wanted.length_minutes,
    )


def booked_again(wanted: Appointment, sent: Update) -> Book:
    """Return the booking, under ids of its own, of a changed appointment that was deleted meanwhile."""
    return Book(
        patient_id=wanted.patient_id,
        type_id=wanted.type_id,
        practitioner_id=wanted.practitioner_id,
        site_id=wanted.site_id,
        starts_at=wanted.starts_at,
        length_minutes=int(wanted.length.total_seconds()) // 60,
        note=wanted.note,
        overrule=sent.overrule,
        beside=sent.beside,
        tell_patient=sent.tell_patient,
    )


def reinstated(was: Sent, wanted: Appointment, sent: Update, seen: Entry) -> Sent:
    """Return the change that takes the cancellation of `seen` back and puts everything in that was wanted here."""
    base = was.base.appointment if was.base is not None else seen.appointment
    found = merge(base, wanted, seen.appointment)
    mine = resolve(found, wanted, frozenset(clash.field for clash in found.clashes))
    update = update_to(seen.appointment, mine, sent) or Update(seen.id, seen.appointment.version)
    return Sent(
        replace(update, reinstate=True, tell_patient=sent.tell_patient),
        seen.patient if mine.patient_id == seen.appointment.patient_id else was.patient,
        Side(seen.appointment, seen.patient),
    )
