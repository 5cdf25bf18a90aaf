"""Appointments for comparing: each field as text, the wish a command expresses, and the command a decision comes to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.commands import AUTOMATIC, UNCHANGED, Rule, Unchanged, Update
from clinic_desk.domain.records import Appointment, AppointmentStatus, Clinic, Patient
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import day_text, length_text, one_line, time_text

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Side:
    """An appointment with its patient, as one side of the comparison has it."""

    appointment: Appointment
    patient: Patient


def field_name(name: str) -> str:
    """Return what a field of `domain.merge.FIELDS` is called on screen."""
    return {
        "when": translate("changed", "When"),
        "length": translate("changed", "Length"),
        "with": translate("changed", "With"),
        "room": translate("changed", "Room"),
        "device": translate("changed", "Device"),
        "type": translate("changed", "Visit"),
        "patient": translate("changed", "Patient"),
        "note": translate("changed", "Note"),
        "status": translate("changed", "Status"),
        "present": translate("changed", "Is in"),
    }[name]


def field_text(name: str, side: Side, clinic: Clinic) -> str:
    """Return a field's value as people read it."""
    row = side.appointment
    none = translate("changed", "none")
    texts: dict[str, Callable[[], str]] = {
        "when": lambda: f"{day_text(row_start(row).date())}, {time_text(row_start(row))}",
        "length": lambda: length_text(int(row.length.total_seconds()) // 60),
        "with": lambda: _with_text(row, clinic),
        "room": lambda: one_line(clinic.room(row.room_id).name) if row.room_id else none,
        "device": lambda: one_line(clinic.room(row.device_id).name) if row.device_id else none,
        "type": lambda: one_line(clinic.type(row.type_id).name),
        "patient": lambda: one_line(side.patient.display_name),
        "note": lambda: _shortened(one_line(row.note)) or none,
        "status": lambda: status_text(row.status),
        "present": lambda: one_line(clinic.room(inside).name) if (inside := _room_inside(row)) else none,
    }
    return texts[name]()


def _room_inside(row: Appointment) -> UUID | None:
    is_inside = row.status in {AppointmentStatus.CHECKED_IN, AppointmentStatus.FULFILLED}
    return (row.present_room_id or row.room_id) if is_inside else None


def row_start(row: Appointment) -> datetime:
    """Return the wall time of the start, in the zone it was agreed in."""
    return to_wall(row.starts_at, row.zone)


def _with_text(row: Appointment, clinic: Clinic) -> str:
    doctor = one_line(clinic.practitioner(row.practitioner_id).name)
    return f"{doctor}, {one_line(clinic.site(row.site_id).name)}" if len(clinic.sites) > 1 else doctor


def _shortened(text: str, longest: int = 140) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def status_text(status: AppointmentStatus) -> str:
    """Return a status as it is called on screen."""
    return {
        AppointmentStatus.BOOKED: translate("status", "booked"),
        AppointmentStatus.ARRIVED: translate("status", "arrived"),
        AppointmentStatus.CHECKED_IN: translate("status", "in room"),
        AppointmentStatus.FULFILLED: translate("status", "done"),
        AppointmentStatus.CANCELLED: translate("status", "cancelled"),
        AppointmentStatus.NOSHOW: translate("status", "did not come"),
        AppointmentStatus.ENTERED_IN_ERROR: translate("status", "deleted"),
        AppointmentStatus.WAITLIST: translate("status", "parked"),
    }[status]


def wanted_by(update: Update, base: Appointment, clinic: Clinic) -> Appointment:
    """Return the appointment as it would stand if `update` had been carried out on `base`.

    A room or device left to the program stays as it was here; which one it is, is decided when it is written.
    """
    wanted = base
    if not isinstance(update.type_id, Unchanged):
        kind = clinic.type(update.type_id)
        wanted = replace(
            wanted,
            type_id=kind.id,
            buffer_before_minutes=kind.buffer_before_minutes,
            buffer_after_minutes=kind.buffer_after_minutes,
        )
    if not isinstance(update.practitioner_id, Unchanged):
        wanted = replace(wanted, practitioner_id=update.practitioner_id)
    if not isinstance(update.site_id, Unchanged):
        wanted = replace(wanted, site_id=update.site_id, zone=clinic.site(update.site_id).zone)
    if not isinstance(update.room_id, Unchanged) and update.room_id != AUTOMATIC:
        wanted = replace(wanted, room_id=update.room_id)
    if not isinstance(update.device_id, Unchanged) and update.device_id != AUTOMATIC:
        wanted = replace(wanted, device_id=update.device_id)
    if not isinstance(update.patient_id, Unchanged):
        wanted = replace(wanted, patient_id=update.patient_id)
    if not isinstance(update.note, Unchanged):
        wanted = replace(wanted, note=update.note)
    starts_at = base.starts_at if isinstance(update.starts_at, Unchanged) else update.starts_at
    length = base.length if isinstance(update.length_minutes, Unchanged) else timedelta(minutes=update.length_minutes)
    return replace(wanted, starts_at=starts_at, ends_at=starts_at + length, wall_start=to_wall(starts_at, wanted.zone))


def update_to(
    now: Appointment, wanted: Appointment, sent: Update, overrule: frozenset[Rule] = frozenset()
) -> Update | None:
    """Return the Update that makes `now` into `wanted`, against now's version; None when they are the same already.

    A room or device that `sent` left to the program is still left to it.
    """

    def changed(new: object, old: object) -> bool:
        return new != old

    minutes = int(wanted.length.total_seconds()) // 60
    room_differs, device_differs = changed(wanted.room_id, now.room_id), changed(wanted.device_id, now.device_id)
    update = Update(
        appointment_id=now.id,
        version=now.version,
        starts_at=wanted.starts_at if changed(wanted.starts_at, now.starts_at) else UNCHANGED,
        length_minutes=minutes if changed(wanted.length, now.length) else UNCHANGED,
        practitioner_id=wanted.practitioner_id if changed(wanted.practitioner_id, now.practitioner_id) else UNCHANGED,
        site_id=wanted.site_id if changed(wanted.site_id, now.site_id) else UNCHANGED,
        room_id=AUTOMATIC if sent.room_id == AUTOMATIC else (wanted.room_id if room_differs else UNCHANGED),
        device_id=AUTOMATIC if sent.device_id == AUTOMATIC else (wanted.device_id if device_differs else UNCHANGED),
        type_id=wanted.type_id if changed(wanted.type_id, now.type_id) else UNCHANGED,
        patient_id=wanted.patient_id if changed(wanted.patient_id, now.patient_id) else UNCHANGED,
        note=wanted.note if changed(wanted.note, now.note) else UNCHANGED,
        overrule=overrule,
        tell_patient=sent.tell_patient,
    )
    same = replace(update, room_id=UNCHANGED, device_id=UNCHANGED) == Update(
        now.id, now.version, overrule=overrule, tell_patient=sent.tell_patient, operation_id=update.operation_id
    )
    return None if same and not room_differs and not device_differs else update
