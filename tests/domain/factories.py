"""Small records for tests, every one with sensible values for what a test does not care about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    BookingRules,
    Clinic,
    Closure,
    DateOverride,
    Patient,
    Practitioner,
    Room,
    RoomKind,
    Site,
    WorkingHours,
)
from clinic_desk.domain.wall import to_instant, to_wall

SITE = Site(UUID(int=1), "Lindenhof", "Europe/Berlin")
OTHER_SITE = Site(UUID(int=2), "Atlantic", "America/New_York")
DOCTOR = Practitioner(UUID(int=11), 1, "Dr. Amara Okafor", position=1)
OTHER_DOCTOR = Practitioner(UUID(int=12), 2, "Dr. Jonas Weber", position=2)
ROOM = Room(UUID(int=21), 1, SITE.id, "Room 1", position=1)
OTHER_ROOM = Room(UUID(int=22), 2, SITE.id, "Room 2", position=2)
ECHO = Room(UUID(int=23), 3, SITE.id, "Echo", position=3, kind=RoomKind.DEVICE)
OTHER_ECHO = Room(UUID(int=24), 4, SITE.id, "Old echo", position=4, kind=RoomKind.DEVICE)
BOTH = frozenset({DOCTOR.id, OTHER_DOCTOR.id})
CHECK_UP = AppointmentType(UUID(int=31), "Check-up", 15, practitioner_ids=BOTH)
BUFFERED = AppointmentType(UUID(int=32), "Echo", 30, 5, 10, practitioner_ids=BOTH)
IN_ROOM = AppointmentType(UUID(int=33), "Stress test", 30, 0, 10, needs_room=True, practitioner_ids=BOTH)
WITH_DEVICE = AppointmentType(
    UUID(int=34), "Echocardiogram", 30, 5, 5, needs_room=True, needs_device=True, practitioner_ids=BOTH
)
PATIENT_ID = UUID(int=900)
ALWAYS = date(2020, 1, 1)
MONDAY = date(2026, 11, 23)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def hours(
    *spans: tuple[int, int],
    weekdays: Iterable[int] = range(1, 8),
    practitioner_id: UUID = DOCTOR.id,
    site_id: UUID = SITE.id,
    valid_from: date = ALWAYS,
    valid_to: date | None = None,
    every_weeks: int = 1,
) -> tuple[WorkingHours, ...]:
    """Return one weekly row for each weekday and span of minutes."""
    return tuple(
        WorkingHours(
            UUID(int=weekday * 10000 + start),
            practitioner_id,
            site_id,
            weekday,
            start,
            end,
            valid_from,
            valid_to,
            every_weeks,
        )
        for weekday in weekdays
        for start, end in spans
    )


def instead(
    day: date, *spans: tuple[int, int], practitioner_id: UUID = DOCTOR.id, site_id: UUID = SITE.id
) -> tuple[DateOverride, ...]:
    """Return the hours of one date, one row for each span; without any, the practitioner does not work."""
    return tuple(
        DateOverride(UUID(int=number), practitioner_id, site_id, day, *span)
        for number, span in enumerate(spans or ((None, None),))
    )


def clinic(
    *,
    working_hours: tuple[WorkingHours, ...] | None = None,
    closures: tuple[Closure, ...] = (),
    sites: tuple[Site, ...] = (SITE, OTHER_SITE),
    practitioners: tuple[Practitioner, ...] = (DOCTOR, OTHER_DOCTOR),
    rooms: tuple[Room, ...] = (ROOM, OTHER_ROOM),
    types: tuple[AppointmentType, ...] = (CHECK_UP, BUFFERED, IN_ROOM),
    overrides: tuple[DateOverride, ...] = (),
    rules: BookingRules | None = None,
) -> Clinic:
    """Return a clinic; by default with 08:00-12:00 and 13:00-17:00 every day for the one doctor."""
    rows = hours((480, 720), (780, 1020)) if working_hours is None else working_hours
    found = Clinic(sites, practitioners, rooms, types, rows, closures, date_overrides=overrides)
    return found if rules is None else replace(found, rules=rules)


def at(hour: int, minute: int = 0, *, day: date = MONDAY, zone: str = SITE.zone) -> datetime:
    """Return the instant of a wall time."""
    return to_instant(datetime.combine(day, time.min) + timedelta(hours=hour, minutes=minute), zone)


def appointment(
    starts_at: datetime,
    minutes: int = 15,
    *,
    number: int = 100,
    practitioner_id: UUID = DOCTOR.id,
    patient_id: UUID = PATIENT_ID,
    site: Site = SITE,
    kind: AppointmentType = CHECK_UP,
    room_id: UUID | None = None,
    device_id: UUID | None = None,
    status: AppointmentStatus = AppointmentStatus.BOOKED,
    squeezed_in: bool = False,
    note: str = "",
    version: int = 1,
) -> Appointment:
    """Return an appointment with the buffers of its type."""
    return Appointment(
        id=UUID(int=number),
        patient_id=patient_id,
        practitioner_id=practitioner_id,
        site_id=site.id,
        type_id=kind.id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        wall_start=to_wall(starts_at, site.zone),
        zone=site.zone,
        room_id=room_id,
        device_id=device_id,
        buffer_before_minutes=kind.buffer_before_minutes,
        buffer_after_minutes=kind.buffer_after_minutes,
        status=status,
        squeezed_in=squeezed_in,
        note=note,
        version=version,
    )


def patient(
    family: str, given: str = "", born: date | None = None, phone: str = "", *, number: int = 1, email: str = ""
) -> Patient:
    """Return a patient."""
    return Patient(UUID(int=number), family, given, born, phone=phone, email=email)
