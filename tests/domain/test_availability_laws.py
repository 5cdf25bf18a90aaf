"""The search for free starts: laws over random clinics."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desk.domain.availability import (
    next_free,
    occupied,
    prepare,
    wanted_for,
)
from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    Block,
    Clinic,
    Closure,
    Site,
    TimeOff,
    WorkingHours,
)
from clinic_desk.domain.rules import Candidate, check_booking
from clinic_desk.domain.wall import minute_to_instant, to_instant, to_wall
from tests.domain.factories import (
    BUFFERED,
    CHECK_UP,
    DOCTOR,
    IN_ROOM,
    OTHER_DOCTOR,
    OTHER_ROOM,
    ROOM,
    SITE,
    appointment,
    clinic,
    hours,
)
from tests.domain.searching import search

# Laws

CLINIC_ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata")
DAYS = st.one_of(
    st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 4), date(2026, 4, 5), date(2026, 11, 1)]),
    st.dates(date(2026, 1, 1), date(2027, 1, 1)),
)
MINUTES = st.integers(0, 288).map(lambda step: step * 5)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Clinic, list[Appointment], list[TimeOff], list[Block], date, int, datetime]:
    """Draw a clinic of two doctors and rooms, what takes their time around one day, that day, a step and a now."""
    site = Site(SITE.id, "Somewhere", draw(st.sampled_from(CLINIC_ZONES)))
    day = draw(DAYS)
    spans = st.lists(st.tuples(MINUTES, MINUTES), max_size=3)
    rows: list[WorkingHours] = []
    for doctor in (DOCTOR, OTHER_DOCTOR):
        for offset in (-1, 0, 1):
            weekday = (day + timedelta(days=offset)).isoweekday()
            rows.extend(hours(*draw(spans), weekdays=[weekday], practitioner_id=doctor.id))
    closures = (Closure(UUID(int=9), SITE.id, day, day),) if draw(st.integers(0, 9)) == 0 else ()
    start = minute_to_instant(day, 0, site.zone) - timedelta(hours=6)
    instants = st.integers(0, 36 * 60).map(lambda minute: start + timedelta(minutes=minute))
    lengths = st.integers(1, 36).map(lambda step: timedelta(minutes=step * 5))
    taken = [
        appointment(
            draw(instants),
            draw(st.integers(1, 24)) * 5,
            number=number,
            practitioner_id=draw(st.sampled_from((DOCTOR.id, OTHER_DOCTOR.id, UUID(int=77)))),
            kind=draw(st.sampled_from((CHECK_UP, BUFFERED, IN_ROOM))),
            room_id=draw(st.sampled_from((None, ROOM.id, OTHER_ROOM.id))),
            status=draw(st.sampled_from((AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED))),
            squeezed_in=draw(st.booleans()),
            site=site,
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    off = [
        TimeOff(UUID(int=1), DOCTOR.id, begin, begin + draw(lengths)) for begin in draw(st.lists(instants, max_size=1))
    ]
    blocks = [
        Block(UUID(int=1), begin, begin + draw(lengths), "Block", practitioner_id=None, room_id=ROOM.id)
        for begin in draw(st.lists(instants, max_size=2))
    ]
    where = clinic(working_hours=tuple(rows), closures=closures, sites=(site,))
    return where, taken, off, blocks, day, draw(st.sampled_from((5, 10, 15, 20, 25, 30))), draw(instants)


def grid(where: Clinic, doctor_id: UUID, day: date, step: int) -> set[datetime]:
    """Return the grid of a day by the plain reading of the rule: minute by minute from each template window's start."""
    (zone,) = (site.zone for site in where.sites)
    found: set[datetime] = set()
    minutes: set[int] = set()
    for offset in range(-2, 2):
        for row in where.working_hours:
            weekday = (day + timedelta(days=offset)).isoweekday()
            if row.practitioner_id == doctor_id and row.weekday == weekday and row.start_minute < row.end_minute:
                minutes.update(range(offset * 1440 + row.start_minute, offset * 1440 + row.end_minute))
    begin = None
    midnight = datetime.combine(day, time.min)
    for minute in range(-2 * 1440, 2 * 1440):
        if minute not in minutes:
            begin = None
            continue
        begin = minute if begin is None else begin
        wall = midnight + timedelta(minutes=minute)
        if (minute - begin) % step == 0 and 0 <= minute < 1440 and to_wall(to_instant(wall, zone), zone) == wall:
            found.add(to_instant(wall, zone))
    return found


@settings(max_examples=150)
@given(cases(), st.sampled_from((CHECK_UP, BUFFERED, IN_ROOM)))
def test_a_start_on_the_grid_is_offered_exactly_when_the_rules_allow_it(
    case: tuple[Clinic, list[Appointment], list[TimeOff], list[Block], date, int, datetime], kind: AppointmentType
) -> None:
    where, taken, off, blocks, day, step, now = case
    offered = search(where, kind, taken=taken, time_off=off, blocks=blocks, day=day, now=now, step=step)
    rooms = {(slot.practitioner_id, slot.starts_at): slot.room_id for slot in offered}
    for doctor in (DOCTOR, OTHER_DOCTOR):
        starts = {start for doctor_id, start in rooms if doctor_id == doctor.id}
        expected = grid(where, doctor.id, day, step)
        assert starts <= expected
        for start in expected:
            candidate = Candidate(kind.id, doctor.id, SITE.id, start, kind.length_minutes)
            violations = check_booking(candidate, where, others=taken, time_off=off, blocks=blocks, now=now)
            assert (start in starts) == (not violations), violations
            if start in starts:
                chosen = Candidate(
                    kind.id, doctor.id, SITE.id, start, kind.length_minutes, room_id=rooms[doctor.id, start]
                )
                assert not check_booking(chosen, where, others=taken, time_off=off, blocks=blocks, now=now)


@settings(max_examples=60)
@given(cases(), st.sampled_from((CHECK_UP, BUFFERED, IN_ROOM)))
def test_a_search_over_a_range_is_the_union_over_its_days(
    case: tuple[Clinic, list[Appointment], list[TimeOff], list[Block], date, int, datetime], kind: AppointmentType
) -> None:
    where, taken, off, blocks, day, step, now = case
    first, last = day - timedelta(days=2), day + timedelta(days=2)
    whole = search(where, kind, taken=taken, time_off=off, blocks=blocks, day=first, last_day=last, now=now, step=step)
    singly = [
        slot
        for offset in range(-2, 3)
        for slot in search(
            where, kind, taken=taken, time_off=off, blocks=blocks, day=day + timedelta(days=offset), now=now, step=step
        )
    ]
    assert list(whole) == sorted(singly, key=lambda slot: (slot.starts_at, slot.practitioner_id))
    firsts = {}
    for slot in reversed(whole):
        firsts[to_wall(slot.starts_at, where.sites[0].zone).date()] = slot.starts_at
    found = next_free(
        prepare(where, occupied(taken), off, blocks),
        wanted_for(kind, clinic=where),
        first,
        last,
        now=now,
        step_minutes=step,
    )
    assert [slot.starts_at for slot in found] == sorted(firsts.values())


@settings(max_examples=60)
@given(cases())
def test_taking_an_offered_start_takes_it_from_the_offers_and_adds_none(
    case: tuple[Clinic, list[Appointment], list[TimeOff], list[Block], date, int, datetime],
) -> None:
    where, taken, off, blocks, day, step, now = case
    before = search(where, BUFFERED, taken=taken, time_off=off, blocks=blocks, day=day, now=now, step=step)
    if before:
        slot = before[len(before) // 2]
        booked = appointment(slot.starts_at, 30, number=999, practitioner_id=slot.practitioner_id, kind=BUFFERED)
        after = search(
            where, BUFFERED, taken=[*taken, booked], time_off=off, blocks=blocks, day=day, now=now, step=step
        )
        assert slot not in after
        assert set(after) < set(before)
