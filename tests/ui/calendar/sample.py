"""A day at a clinic as the pictures of the target show it, and generated days of any size: records for the calendar."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    Block,
    ChangeNote,
    Channel,
    Clinic,
    DayBoard,
    Entry,
    Hold,
    MessageState,
    ParticipationStatus,
    Patient,
    Practitioner,
    Room,
    Site,
    TimeOff,
    WorkingHours,
)
from clinic_desk.ui.calendar.places import Column

DAY = date(2026, 11, 24)
ZONE = "Europe/Berlin"
_BORN = date(1980, 5, 17)
_TYPES = {
    "Check-up": (15, "#3b6fd4"),
    "Follow-up": (15, "#0f8b80"),
    "New patient": (30, "#8a5cc2"),
    "Echo": (45, "#c0692a"),
    "Stress test": (45, "#a8442a"),
    "Well-child": (30, "#b4549c"),
    "Asthma review": (30, "#5a7fa8"),
    "Vaccination": (15, "#6b7a2a"),
    "Blood draw": (15, "#9b3b3b"),
    "Dressing": (15, "#7a6a4a"),
    "ECG review": (30, "#2a7a7a"),
}
_DOCTORS = (
    ("Dr. Amara Okafor", "General practice", "#3b6fd4", ((480, 720), (780, 1080))),
    ("Dr. Jonas Weber", "General practice", "#0f8b80", ((480, 720), (780, 1080))),
    ("Dr. Mei Tanaka", "Paediatrics", "#b4549c", ((540, 720), (780, 1020))),
    ("Dr. Luis Ortega", "Cardiology", "#c0692a", ((480, 1020),)),
    ("Nurse Petra Hahn", "Blood & vaccines", "#6b7a2a", ((450, 720), (780, 900))),
)


def uid(kind: int, number: int) -> UUID:
    """Return a made-up id that is the same each time."""
    return UUID(int=(kind << 64) + number)


SITE = Site(uid(1, 1), "Main street", ZONE)


def instant(minute: int, day: date = DAY, zone: str = ZONE) -> datetime:
    """Return the UTC instant of a wall minute."""
    wall = datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)) + timedelta(minutes=minute)
    return wall.astimezone(UTC)


def clinic(doctors: int = 5, *, sites: tuple[Site, ...] = (SITE,)) -> Clinic:
    """Return a clinic of so many doctors: the five of the pictures, then more of their kind."""
    people, hours = [], []
    for no in range(doctors):
        name, speciality, colour, spans = _DOCTORS[no % len(_DOCTORS)]
        title = name if no < len(_DOCTORS) else f"{name} {no // len(_DOCTORS) + 1}"
        people.append(Practitioner(uid(2, no), no, title, speciality, colour, position=no))
        hours += [
            WorkingHours(uid(3, no * 100 + day * 10 + at), uid(2, no), SITE.id, day, start, end, date(2020, 1, 1))
            for day in range(1, 6)
            for at, (start, end) in enumerate(spans)
        ]
    types = tuple(
        AppointmentType(uid(4, no), name, length, colour=colour)
        for no, (name, (length, colour)) in enumerate(_TYPES.items())
    )
    rooms = (Room(uid(5, 1), 1, SITE.id, "Room 1"), Room(uid(5, 2), 2, SITE.id, "Room 2"))
    return Clinic(sites, tuple(people), rooms, types, tuple(hours), ())


def columns(of: Clinic, day: date = DAY) -> tuple[Column, ...]:
    """Return a day's columns, one a doctor."""
    return tuple(Column("practitioner", one.id, day, one.name, one.speciality, one.colour) for one in of.practitioners)


def week(of: Clinic, monday: date, practitioner: int = 0) -> tuple[Column, ...]:
    """Return one doctor's week."""
    who = of.practitioners[practitioner]
    days = [monday + timedelta(days=no) for no in range(7)]
    return tuple(Column("practitioner", who.id, day, f"{day:%a} {day.day}", f"{day:%B}", who.colour) for day in days)


def entry(
    number: int,
    doctor: int,
    minute: int,
    name: str = "Anna Kowalska",
    kind: str = "Check-up",
    *,
    length: int | None = None,
    day: date = DAY,
    status: AppointmentStatus = AppointmentStatus.BOOKED,
    answer: ParticipationStatus = ParticipationStatus.NEEDS_ACTION,
    messages: MessageState = MessageState.NONE,
    changed: ChangeNote | None = None,
    born: date | None = _BORN,
    squeezed_in: bool = False,
    room: int | None = None,
    zone: str = ZONE,
) -> Entry:
    """Return an appointment at a wall minute of a day."""
    minutes = _TYPES[kind][0] if length is None else length
    given, _, family = name.rpartition(" ")
    start = instant(minute, day, zone)
    return Entry(
        Appointment(
            id=uid(6, number),
            patient_id=uid(7, number),
            practitioner_id=uid(2, doctor),
            site_id=SITE.id,
            type_id=uid(4, list(_TYPES).index(kind)),
            starts_at=start,
            ends_at=start + timedelta(minutes=minutes),
            wall_start=datetime.combine(day, time.min) + timedelta(minutes=minute),
            zone=zone,
            room_id=uid(5, room) if room else None,
            status=status,
            answer=answer,
            squeezed_in=squeezed_in,
        ),
        Patient(uid(7, number), family, given, born, channel=Channel.SMS),
        messages,
        changed,
        changed.at if changed is not None and status == AppointmentStatus.ARRIVED else None,
    )


def board(*entries: Entry, day: date = DAY, **other: object) -> DayBoard:
    """Return a reading of a day; `other`: time_off, blocks, holds."""
    start = datetime.combine(day, time.min, tzinfo=UTC)
    ordered = tuple(sorted(entries, key=lambda one: one.appointment.starts_at))
    made = DayBoard(day, start - timedelta(hours=14), start + timedelta(hours=38), instant(577, day), ordered)
    return replace(made, **other)  # type: ignore[arg-type]


def with_entry(old: DayBoard, new: Entry) -> DayBoard:
    """Return the board with one appointment put in or replaced, the others being the same objects."""
    kept = [one for one in old.entries if one.id != new.id]
    at = sum(1 for one in kept if one.appointment.starts_at < new.appointment.starts_at)
    return replace(old, entries=(*kept[:at], new, *kept[at:]))


def moved(one: Entry, minutes: int, doctor: int | None = None) -> Entry:
    """Return an appointment moved by minutes, to another doctor if given, one version on."""
    was = one.appointment
    shift = timedelta(minutes=minutes)
    now = replace(
        was,
        starts_at=was.starts_at + shift,
        ends_at=was.ends_at + shift,
        wall_start=was.wall_start + shift,
        practitioner_id=was.practitioner_id if doctor is None else uid(2, doctor),
        version=was.version + 1,
    )
    return replace(one, appointment=now, changed=ChangeNote("Karl", "Desk 2", instant(577)))


def picture_board() -> DayBoard:
    """Return the day of the target picture: every status, a hold, breaks, time off, a block."""
    s, yes, done = AppointmentStatus, ParticipationStatus.ACCEPTED, AppointmentStatus.FULFILLED
    waiting = ChangeNote("Julia", "Desk 1", instant(565))
    child = [date(2026 - age, 3, 1) for age in range(14)]
    rows = [
        entry(1, 0, 480, "Marek Nowak", status=done),
        entry(2, 0, 495, "Sofia Lindqvist", "Follow-up", status=done),
        entry(3, 0, 525, "Henry Adeyemi", "New patient", status=done),
        entry(4, 0, 570, "Ruth Goldstein", "Follow-up", status=s.CHECKED_IN),
        entry(5, 0, 585, "Tomás Silva", "Follow-up", status=s.ARRIVED, changed=waiting),
        entry(6, 0, 615, "Aisha Rahman", "New patient", answer=yes, messages=MessageState.DELIVERED),
        entry(7, 0, 660, "Peter Novák", "Follow-up", messages=MessageState.FAILED),
        entry(8, 0, 690, "Clara Jensen", "Check-up", length=30, answer=yes),
        entry(9, 0, 780, "Ivan Petrov", "ECG review"),
        entry(10, 0, 840, "Lucía Moreno", "Follow-up"),
        entry(11, 1, 480, "Anna Kowalska", "New patient", status=done),
        entry(12, 1, 510, "Bernd Schuster", status=s.CANCELLED),
        entry(13, 1, 540, "Fatima Zahra", "Follow-up", status=done),
        entry(14, 1, 555, "George Papas", "Follow-up", status=s.CHECKED_IN),
        entry(15, 1, 600, "Helena Sá", length=30, answer=yes),
        entry(16, 1, 630, "Noah Braun", "Follow-up", answer=yes),
        entry(17, 1, 675, "Olga Ivanova", "New patient"),
        entry(18, 1, 795, "Paul Mbeki", length=30, answer=yes),
        entry(19, 1, 840, "Quentin Roy", "Follow-up", length=30),
        entry(20, 1, 900, "Rosa Vidal"),
        entry(21, 2, 540, "Emil Sørensen", "Well-child", status=done, born=child[4]),
        entry(22, 2, 570, "Lea Hoffmann", "Asthma review", status=s.ARRIVED, changed=waiting, born=child[7]),
        entry(23, 2, 600, "Max Fischer", "Vaccination", answer=yes, born=child[2]),
        entry(24, 2, 630, "Nora Ali", "Well-child", answer=yes, born=child[9]),
        entry(25, 2, 660, "Otto Krause", "Follow-up", born=child[5]),
        entry(26, 2, 780, "Pia Lang", "Well-child", answer=yes, born=child[1]),
        entry(27, 2, 840, "Timo Vogel", length=30, born=child[11]),
        entry(28, 3, 480, "Walter König", "Echo", status=done),
        entry(29, 3, 525, "Yusuf Demir", "Stress test", status=s.CHECKED_IN, room=2),
        entry(30, 3, 585, "Zoe Martin", "Follow-up", length=30, answer=yes),
        entry(31, 3, 630, "Arne Holm", "Echo", messages=MessageState.FAILED),
        entry(32, 3, 690, "Beata Wójcik", "New patient", length=45, answer=yes, room=1),
        entry(33, 4, 465, "Carlo Bruno", "Blood draw", status=done),
        entry(34, 4, 480, "Dana Levi", "Blood draw", status=done),
        entry(35, 4, 495, "Eva Horvat", "Blood draw", status=done),
        entry(36, 4, 525, "Finn Murphy", "Vaccination", status=done),
        entry(37, 4, 540, "Gita Patel", "Blood draw", status=s.ARRIVED, changed=waiting),
        entry(38, 4, 570, "Hugo Meyer", "Dressing", answer=yes),
        entry(39, 4, 600, "Ines Costa", "Vaccination", answer=yes),
        entry(40, 4, 615, "Jan Dvořák", "Blood draw", answer=yes),
        entry(41, 4, 660, "Kim Larsen", "Dressing"),
        entry(42, 4, 780, "Leo Rossi", "Vaccination"),
    ]
    away = TimeOff(uid(8, 1), uid(2, 3), instant(780), instant(1440), "Not in (afternoons)")
    training = Block(uid(9, 1), instant(900), instant(1020), "Training", practitioner_id=uid(2, 2))
    hold = Hold(uid(10, 1), uid(11, 2), "Desk 2", uid(2, 2), instant(675), instant(690), instant(700))
    return board(*rows, time_off=(away,), blocks=(training,), holds=(hold,))


def hard_board() -> DayBoard:
    """Return a day of names and overlaps no one wishes for: long, right to left, HTML, emoji, squeezed in, short."""
    s, yes = AppointmentStatus, ParticipationStatus.ACCEPTED
    long = "Maximiliane-Friederike Charlotte von und zu Hohenlohe-Waldenburg-Schillingsfürst-Oettingen " * 3
    rows = [
        entry(1, 0, 480, long.strip(), "New patient", answer=yes),
        entry(2, 0, 510, long.strip(), messages=MessageState.FAILED),
        entry(3, 0, 540, "<b>Bobby</b> <img src='//host/x'>", "New patient"),
        entry(4, 0, 570, "محمد عبد الرحمن", "Asthma review", answer=yes),
        entry(5, 0, 600, "שרה כהן", "Check-up"),
        entry(6, 0, 615, "مريم", "Vaccination", answer=yes),
        entry(7, 0, 630, '🦊 Fox 🩺 O\'Brien "Zed"', "Follow-up"),
        entry(8, 0, 645, "Line\nBreak\tTab\u202eevil", "Follow-up"),
        entry(9, 0, 660, "", "Follow-up"),
        entry(10, 1, 480, "Anna One", "Echo", length=90),
        entry(11, 1, 495, "Berta Two", "Echo", length=60, squeezed_in=True),
        entry(12, 1, 510, "Carl Three", "Echo", squeezed_in=True, answer=yes),
        entry(13, 1, 540, "Dora Four", "Follow-up", squeezed_in=True),
        entry(14, 1, 600, "Emil Old", "Echo", status=s.CANCELLED),
        entry(15, 1, 600, "Emil New", "Echo", status=s.ARRIVED, changed=ChangeNote("K", "Desk 2", instant(400))),
        entry(16, 1, 660, "No Show", "New patient", status=s.NOSHOW),
        entry(17, 2, 540, "Five One", length=5),
        entry(18, 2, 545, "Five Two", length=5),
        entry(19, 2, 550, "Five Three", length=5),
        entry(20, 2, 570, "Five Alone", length=5),
        entry(21, 2, 600, "Ten", length=10),
        entry(22, 2, 630, "Declined", "New patient", answer=ParticipationStatus.DECLINED),
        entry(23, 2, 660, "Unclear", "New patient", messages=MessageState.UNKNOWN),
        entry(24, 3, 1380, "Over Midnight", "Stress test", length=180),
        entry(25, 3, -60, "From Yesterday", "Stress test", length=180),
    ]
    return board(*rows)


_GIVEN = (
    *("Anna", "Bernd", "Clara", "Dario", "Elif", "Fatma", "Gustav", "Hannah", "Ilse", "Jürgen", "Kemal", "Léa"),
    *("Mohammed", "Noor", "Oskar", "Priya", "Quirin", "Rosa"),
)
_FAMILY = (
    *("Schmidt", "Öztürk", "Nowak", "García", "Müller-Lüdenscheidt", "Yıldız", "Ivanova", "Nguyễn", "O'Connor"),
    *("Weiß", "Takahashi", "Sá"),
)


@dataclass(frozen=True, slots=True)
class Made:
    """A generated clinic with one of its days."""

    clinic: Clinic
    board: DayBoard


def made(doctors: int, each: int, day: date = DAY, seed: int = 1) -> Made:
    """Return a clinic of `doctors` with `each` appointments a doctor from 07:30 to about 18:00, all statuses."""
    chance = random.Random(seed * 1000 + day.toordinal())
    kinds, statuses = list(_TYPES), [*[AppointmentStatus.BOOKED] * 6, *AppointmentStatus][:11]
    note = ChangeNote("Karl", "Desk 2", instant(560, day))
    rows = []
    for doctor in range(doctors):
        for no in range(each):
            minute = 450 + no * 630 // each
            rows.append(
                entry(
                    day.toordinal() * 100_000 + doctor * 1000 + no,
                    doctor,
                    minute,
                    f"{chance.choice(_GIVEN)} {chance.choice(_FAMILY)}",
                    chance.choice(kinds),
                    length=630 // each + (10 if no % 25 == 7 else 0),
                    day=day,
                    status=chance.choice(statuses),
                    answer=chance.choice(list(ParticipationStatus)),
                    messages=chance.choice(list(MessageState)),
                    changed=note,
                )
            )
    return Made(clinic(doctors), board(*rows, day=day))
