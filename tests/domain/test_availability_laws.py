"""The search for free starts: laws over random clinics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desk.domain.answers import Answer, NotOffered, may_book
from clinic_desk.domain.availability import (
    Availability,
    FreeSlot,
    Occupied,
    free_starts,
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
    BookingRules,
    Clinic,
    Closure,
    DateOverride,
    Hold,
    Site,
    TimeOff,
    WorkingHours,
)
from clinic_desk.domain.rules import Candidate
from clinic_desk.domain.wall import day_bounds, minute_to_instant, to_instant, to_wall
from tests.domain.factories import (
    BUFFERED,
    CHECK_UP,
    DOCTOR,
    ECHO,
    IN_ROOM,
    OTHER_DOCTOR,
    OTHER_ROOM,
    ROOM,
    SITE,
    WITH_DEVICE,
    appointment,
    clinic,
    hours,
    instead,
)

# Laws

CLINIC_ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata")
DAYS = st.one_of(
    st.sampled_from([date(2026, 3, 29), date(2026, 10, 25), date(2026, 10, 4), date(2026, 4, 5), date(2026, 11, 1)]),
    st.dates(date(2026, 1, 1), date(2027, 1, 1)),
)
MINUTES = st.integers(0, 288).map(lambda step: step * 5)


KINDS = (CHECK_UP, BUFFERED, IN_ROOM, WITH_DEVICE)


@dataclass(frozen=True, slots=True)
class Case:
    """A clinic of two doctors, two rooms and a device, what takes their time around one day, that day, and a now."""

    where: Clinic
    taken: list[Appointment]
    time_off: list[TimeOff]
    blocks: list[Block]
    holds: list[Hold]
    day: date
    step: int
    now: datetime
    kind: AppointmentType

    def offered(self, first: date | None = None, last: date | None = None) -> tuple[FreeSlot, ...]:
        """What the search offers on the day, or on several."""
        return free_starts(
            self.prepared(),
            wanted_for(self.kind, clinic=self.where),
            first or self.day,
            last or first or self.day,
            now=self.now,
            step_minutes=self.step,
        )

    def prepared(self) -> Availability:
        """The search's view of the case."""
        held = [
            Occupied(hold.practitioner_id, int(hold.starts_at.timestamp()), int(hold.ends_at.timestamp()))
            for hold in self.holds
        ]
        return prepare(self.where, [*occupied(self.taken), *held], self.time_off, self.blocks)

    def asked(self, candidate: Candidate) -> Answer:
        """What the rules answer."""
        return may_book(
            candidate,
            self.where,
            others=self.taken,
            time_off=self.time_off,
            blocks=self.blocks,
            holds=self.holds,
            now=self.now,
            step_minutes=self.step,
        )

    def candidate(self, doctor_id: UUID, start: datetime) -> Candidate:
        """A booking of the case's type."""
        return Candidate(self.kind.id, doctor_id, SITE.id, start, self.kind.length_minutes)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a case."""
    site = Site(SITE.id, "Somewhere", draw(st.sampled_from(CLINIC_ZONES)))
    day = draw(DAYS)
    spans = st.lists(st.tuples(MINUTES, MINUTES), max_size=3)
    near = [day + timedelta(days=offset) for offset in (-1, 0, 1)]
    rows: list[WorkingHours] = []
    overrides: list[DateOverride] = []
    for doctor in (DOCTOR, OTHER_DOCTOR):
        for one in near:
            since = one - timedelta(days=draw(st.integers(0, 20)))
            every = draw(st.sampled_from((1, 1, 1, 2, 3)))
            who = doctor.id
            rows += hours(
                *draw(spans), weekdays=[one.isoweekday()], practitioner_id=who, valid_from=since, every_weeks=every
            )
            if draw(st.integers(0, 5)) == 0:
                other = [span for span in draw(spans) if span[0] < span[1]]
                overrides += instead(one, *other, practitioner_id=who)
    closures = (Closure(UUID(int=9), SITE.id, day, day),) if draw(st.integers(0, 9)) == 0 else ()
    start = minute_to_instant(day, 0, site.zone) - timedelta(hours=6)
    instants = st.integers(0, 36 * 60).map(lambda minute: start + timedelta(minutes=minute))
    lengths = st.integers(1, 36).map(lambda step: timedelta(minutes=step * 5))
    doctors = st.sampled_from((DOCTOR.id, OTHER_DOCTOR.id, UUID(int=77)))
    taken = [
        appointment(
            draw(instants),
            draw(st.integers(1, 24)) * 5,
            number=number,
            practitioner_id=draw(doctors),
            kind=draw(st.sampled_from(KINDS)),
            room_id=draw(st.sampled_from((None, ROOM.id, OTHER_ROOM.id))),
            device_id=draw(st.sampled_from((None, ECHO.id))),
            status=draw(st.sampled_from((AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED))),
            squeezed_in=draw(st.booleans()),
            site=site,
        )
        for number in range(draw(st.integers(0, 8)))
    ]
    off = [
        TimeOff(UUID(int=1), DOCTOR.id, begin, begin + draw(lengths)) for begin in draw(st.lists(instants, max_size=1))
    ]
    types = st.sampled_from((frozenset(), frozenset({CHECK_UP.id}), frozenset({IN_ROOM.id, WITH_DEVICE.id})))
    places = st.sampled_from(((DOCTOR.id, None), (None, ROOM.id), (None, ECHO.id)))
    blocks = [
        Block(UUID(int=1), begin, begin + draw(lengths), "Block", *draw(places), draw(types))
        for begin in draw(st.lists(instants, max_size=3))
    ]
    holds = [
        Hold(UUID(int=1), UUID(int=1), "Desk 2", DOCTOR.id, begin, begin + draw(lengths), begin)
        for begin in draw(st.lists(instants, max_size=3))
    ]
    named = draw(st.sampled_from((frozenset(), frozenset(), frozenset({OTHER_ROOM.id}))))
    kind = replace(draw(st.sampled_from(KINDS)), room_ids=named, notice_minutes=draw(st.sampled_from((0, 0, 90))))
    where = clinic(
        working_hours=tuple(rows),
        closures=closures,
        sites=(site,),
        rooms=(replace(ROOM, capacity=draw(st.integers(1, 3))), OTHER_ROOM, ECHO),
        types=tuple(kind if one.id == kind.id else one for one in KINDS),
        overrides=tuple(overrides),
        rules=BookingRules(horizon_days=draw(st.sampled_from((0, 1, 365)))),
    )
    step = draw(st.sampled_from((5, 10, 15, 20, 25, 30)))
    now = draw(st.one_of(st.just(start), instants))
    return Case(where, taken, off, blocks, holds, day, step, now, kind)


def worked(where: Clinic, doctor_id: UUID, day: date) -> list[tuple[int, int]]:
    """The template of a day by the plain reading of the rule."""
    there = [row for row in where.date_overrides if row.practitioner_id == doctor_id and row.day == day]
    if there:
        return [(row.start_minute or 0, row.end_minute or 0) for row in there]
    found = []
    for row in where.working_hours:
        mondays = [one - timedelta(days=one.weekday()) for one in (row.valid_from, day)]
        counts = (mondays[1] - mondays[0]).days // 7 % row.every_weeks == 0 and day >= row.valid_from
        if row.practitioner_id == doctor_id and row.weekday == day.isoweekday() and counts:
            found.append((row.start_minute, row.end_minute))
    return found


def grid(where: Clinic, doctor_id: UUID, day: date, step: int) -> set[datetime]:
    """Return the grid of a day by the plain reading of the rule: minute by minute from each template window's start."""
    (zone,) = (site.zone for site in where.sites)
    found: set[datetime] = set()
    minutes: set[int] = set()
    for offset in range(-2, 2):
        for start, end in worked(where, doctor_id, day + timedelta(days=offset)):
            minutes.update(range(offset * 1440 + start, offset * 1440 + end))
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
@given(cases())
def test_a_start_on_the_grid_is_offered_exactly_when_the_rules_allow_it(case: Case) -> None:
    places = {(slot.practitioner_id, slot.starts_at): slot for slot in case.offered()}
    for doctor in (DOCTOR, OTHER_DOCTOR):
        starts = {start for doctor_id, start in places if doctor_id == doctor.id}
        expected = grid(case.where, doctor.id, case.day, case.step)
        assert starts <= expected
        for start in expected:
            candidate = case.candidate(doctor.id, start)
            answer = case.asked(candidate)
            assert NotOffered.OFF_GRID not in answer.not_offered
            assert (start in starts) == answer.offered, answer
            if start in starts:
                slot = places[doctor.id, start]
                chosen = replace(candidate, room_id=slot.room_id, device_id=slot.device_id)
                assert case.asked(chosen).offered
                assert (answer.verdict.room_id, answer.verdict.device_id) == (slot.room_id, slot.device_id)


@settings(max_examples=100)
@given(cases(), st.sets(st.integers(0, 1439), max_size=60))
def test_any_minute_is_offered_exactly_when_the_answer_says_so(case: Case, minutes: set[int]) -> None:
    begin, end = day_bounds(case.day, case.where.sites[0].zone)
    offered = {slot.starts_at for slot in case.offered() if slot.practitioner_id == DOCTOR.id}
    asked = {begin + timedelta(minutes=minute) for minute in minutes} | offered
    for start in asked:
        if start < end:
            answer = case.asked(case.candidate(DOCTOR.id, start))
            assert answer.offered == (start in offered), answer
            assert answer.bookable == (not answer.verdict.violations)
            assert answer.offered or answer.verdict.violations or answer.not_offered, "there is always a reason"


@settings(max_examples=60)
@given(cases())
def test_a_search_over_a_range_is_the_union_over_its_days(case: Case) -> None:
    first, last = case.day - timedelta(days=2), case.day + timedelta(days=2)
    whole = case.offered(first, last)
    singly = [slot for offset in range(5) for slot in case.offered(first + timedelta(days=offset))]
    assert list(whole) == sorted(singly, key=lambda slot: (slot.starts_at, slot.practitioner_id))
    firsts = {}
    for slot in reversed(whole):
        firsts[to_wall(slot.starts_at, case.where.sites[0].zone).date()] = slot.starts_at
    found = next_free(
        case.prepared(),
        wanted_for(case.kind, clinic=case.where),
        first,
        last,
        now=case.now,
        step_minutes=case.step,
    )
    assert [slot.starts_at for slot in found] == sorted(firsts.values())


@settings(max_examples=60)
@given(cases())
def test_taking_an_offered_start_takes_it_from_the_offers_and_adds_none(case: Case) -> None:
    before = case.offered()
    if before:
        slot = before[len(before) // 2]
        booked = appointment(
            slot.starts_at,
            case.kind.length_minutes,
            number=999,
            practitioner_id=slot.practitioner_id,
            kind=case.kind,
            room_id=slot.room_id,
            device_id=slot.device_id,
        )
        after = replace(case, taken=[*case.taken, booked]).offered()
        assert (slot.practitioner_id, slot.starts_at) not in {(one.practitioner_id, one.starts_at) for one in after}
        assert {(one.practitioner_id, one.starts_at) for one in after} < {
            (one.practitioner_id, one.starts_at) for one in before
        }


@settings(max_examples=60)
@given(cases(), st.integers(0, 45))
def test_footprints_that_leave_no_room_between_them_may_be_made_one(case: Case, shorter: int) -> None:
    """What the database merges before it sends it (`queries.slots`) is worth as much as each footprint."""
    wanted = wanted_for(case.kind, clinic=case.where)
    gap = max(0, wanted.shortest_gap_minutes - shorter)
    several = {room.id for room in case.where.rooms if room.capacity > 1}
    each = sorted(occupied(case.taken))
    merged: list[Occupied] = []
    for one in each:
        last = merged[-1] if merged else None
        together = last and one.resource_id not in several and last.resource_id == one.resource_id
        if last and together and one.starts - last.ends < gap * 60:
            merged[-1] = Occupied(one.resource_id, last.starts, max(last.ends, one.ends))
        else:
            merged.append(one)
    days = (case.day, case.day)
    found = [
        free_starts(
            prepare(case.where, taken, case.time_off, case.blocks), wanted, *days, now=case.now, step_minutes=case.step
        )
        for taken in (each, merged)
    ]
    assert found[0] == found[1]
