"""Doctor away, pure: whom an absence hits, and new times that break no rule and are in nobody's way."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desk.domain.availability import FreeSlot, occupied
from clinic_desk.domain.away import Around, Away, away_of, kept_away, meet, proposals, step_to
from clinic_desk.domain.candidates import Candidate, candidate_of_update
from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    BookingRules,
    Clinic,
    Closure,
    DateOverride,
    Entry,
    Room,
    TimeOff,
)
from clinic_desk.domain.rules import judge
from clinic_desk.domain.setup import SaveClosure, SaveTimeOff
from tests.domain.factories import (
    BOTH,
    BUFFERED,
    CHECK_UP,
    DOCTOR,
    ECHO,
    IN_ROOM,
    LONG_AGO,
    MONDAY,
    OTHER_DOCTOR,
    OTHER_ROOM,
    OTHER_SITE,
    ROOM,
    SITE,
    WITH_DEVICE,
    appointment,
    at,
    hours,
    instead,
    patient,
)
from tests.domain.factories import clinic as made_clinic
from tests.domain.searching import walls

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
KINDS = (CHECK_UP, BUFFERED, IN_ROOM, WITH_DEVICE)
ALL_DAY = Away(at(0), at(0, day=MONDAY + DAY), practitioner_id=DOCTOR.id)


def both_work(rooms: tuple[Room, ...] = (ROOM, OTHER_ROOM, ECHO), step: int = 15) -> Clinic:
    """Both doctors from eight to twelve and from one to five, every day."""
    rows = (*hours((480, 720), (780, 1020)), *hours((480, 720), (780, 1020), practitioner_id=OTHER_DOCTOR.id))
    return made_clinic(working_hours=rows, types=KINDS, rooms=rooms, rules=BookingRules(step_minutes=step))


def around(
    where: Clinic, hit: list[Entry], others: list[Appointment] | None = None, away: Away = ALL_DAY, weeks: int = 2
) -> Around:
    """What stands around those who are hit."""
    others = others or []
    patients = {entry.patient.id for entry in hit}
    visits = {
        who: tuple((row.starts_at, row.ends_at) for row in others if row.patient_id == who and row.status.occupies_time)
        for who in patients
    }
    made = Around(where, tuple(occupied(others)), (), (), visits, NOW, MONDAY + weeks * 7 * DAY)
    return made.without(away)


def booked(hour: int, minute: int = 0, *, number: int, who: int | None = None, **other: object) -> Entry:
    person = patient(f"Patient {number}", number=1000 + (who or number))
    row = appointment(at(hour, minute), number=number, patient_id=person.id, **other)  # type: ignore[arg-type]
    return Entry(row, person)


@pytest.mark.parametrize(
    ("row", "is_hit"),
    [
        (appointment(at(9)), True),
        (appointment(at(9), practitioner_id=OTHER_DOCTOR.id), False),
        (appointment(at(9), status=AppointmentStatus.CANCELLED), False),
        (appointment(at(9), status=AppointmentStatus.ARRIVED), False),
        (appointment(at(7, 45)), False),  # ends when it begins
        (appointment(at(7, 50)), True),
        (appointment(at(9, 59)), True),
        (appointment(at(10)), False),  # begins when it ends
        (appointment(at(9, day=MONDAY + DAY)), False),
    ],
)
def test_those_are_hit_whose_visit_meets_the_absence(row: Appointment, is_hit: bool) -> None:
    assert Away(at(8), at(10), practitioner_id=DOCTOR.id).hits(row, NOW) is is_hit


def test_whose_visit_is_over_is_not_hit() -> None:
    away = Away(at(8), at(10), practitioner_id=DOCTOR.id)
    assert away.hits(appointment(at(8)), at(8, 14))
    assert not away.hits(appointment(at(8)), at(8, 15))


def test_a_closure_is_its_local_days_also_when_the_clocks_change() -> None:
    where = made_clinic()
    spring = away_of(SaveClosure(SITE.id, date(2027, 3, 28), date(2027, 3, 28)), where)
    assert spring.ends_at - spring.starts_at == timedelta(hours=23)
    assert (spring.site_id, spring.practitioner_id) == (SITE.id, None)
    off = SaveTimeOff(DOCTOR.id, at(8), at(9))
    assert away_of(off, where) == Away(at(8), at(9), practitioner_id=DOCTOR.id)


@pytest.mark.parametrize(
    ("overrides", "kept"),
    [
        pytest.param((), {DOCTOR.id}, id="who works there every week"),
        pytest.param(instead(MONDAY, (600, 660), practitioner_id=OTHER_DOCTOR.id), BOTH, id="only on a date of it"),
        pytest.param(
            instead(MONDAY + DAY, (600, 660), practitioner_id=OTHER_DOCTOR.id),
            {DOCTOR.id},
            id="only on another date",
        ),
        pytest.param(instead(MONDAY, practitioner_id=OTHER_DOCTOR.id), {DOCTOR.id}, id="who does not work that date"),
        pytest.param(
            instead(MONDAY, (600, 660), practitioner_id=OTHER_DOCTOR.id, site_id=OTHER_SITE.id),
            {DOCTOR.id},
            id="that date elsewhere",
        ),
    ],
)
def test_a_closure_keeps_all_who_work_at_its_site(overrides: tuple[DateOverride, ...], kept: set[UUID]) -> None:
    where = made_clinic(overrides=overrides)
    closed = away_of(SaveClosure(SITE.id, MONDAY, MONDAY), where)
    assert kept_away(closed, where) == kept
    off = away_of(SaveTimeOff(OTHER_DOCTOR.id, at(8), at(9)), where)
    assert kept_away(off, where) == {OTHER_DOCTOR.id}


def test_the_own_doctor_comes_first_then_the_other_on_the_day_itself() -> None:
    (found,) = proposals([booked(9, number=1)], around(both_work(), [booked(9, number=1)]))
    assert [slot.practitioner_id for slot in found.offers] == [DOCTOR.id, OTHER_DOCTOR.id, DOCTOR.id]
    assert walls(found.offers) == ["09:00", "09:00", "09:00"]
    days = [slot.starts_at - at(9) for slot in found.offers]
    assert days == [DAY, timedelta(), 2 * DAY]


def test_the_time_of_day_nearest_to_the_old_one_is_offered() -> None:
    hit = [booked(9, number=1)]
    full = [appointment(at(hour, minute, day=MONDAY + DAY), number=hour * 60 + minute)
            for hour in (8, 9) for minute in (0, 15, 30, 45)]  # fmt: skip
    (found,) = proposals(hit, around(both_work(), hit, full))
    assert walls(found.offers[:1]) == ["10:00"]


def test_the_last_free_time_of_a_day_is_proposed_to_one_of_two() -> None:
    hit = [booked(9, number=1), booked(9, 15, number=2)]
    full = [
        appointment(at(8, day=MONDAY + DAY) + timedelta(minutes=15 * number), number=100 + number)
        for number in range(16)
        if number != 6
    ]
    full.append(appointment(at(13, day=MONDAY + DAY), 240, number=200))
    found = proposals(hit, around(made_clinic(), hit, full))
    firsts = [one.offers[0].starts_at for one in found]
    assert firsts == [at(9, 30, day=MONDAY + DAY), at(9, 15, day=MONDAY + 2 * DAY)]
    assert at(9, 30, day=MONDAY + DAY) not in [slot.starts_at for slot in found[1].offers]


def test_another_doctor_is_proposed_to_each_at_a_time_of_her_own() -> None:
    """The own doctor is away for as long as it is looked; the other has two times left."""
    hit = [booked(9, number=1), booked(9, 15, number=2)]
    long = Away(at(0), at(0, day=MONDAY + 30 * DAY), practitioner_id=DOCTOR.id)
    rows = (*hours((480, 720)), *hours((480, 720), weekdays=(1,), practitioner_id=OTHER_DOCTOR.id))
    taken = [
        appointment(at(8) + timedelta(minutes=15 * number), number=100 + number, practitioner_id=OTHER_DOCTOR.id)
        for number in range(16)
        if number not in {6, 12}
    ]
    where = made_clinic(working_hours=rows, types=KINDS, rules=BookingRules(step_minutes=15))
    found = proposals(hit, around(where, hit, taken, away=long, weeks=0))
    assert [walls(one.offers) for one in found] == [["09:30"], ["11:00"]]


def test_who_is_booked_as_none_can_take_over_is_offered_nothing() -> None:
    only = AppointmentType(UUID(int=77), "Only here", 15, practitioner_ids=frozenset({OTHER_DOCTOR.id}))
    where = made_clinic(types=(*KINDS, only))  # the other doctor does not work
    hit = [booked(9, number=1, kind=only)]
    (found,) = proposals(hit, around(where, hit))
    assert found.offers == ()


def test_one_patient_with_two_visits_is_never_at_two_places() -> None:
    hit = [booked(9, number=1, who=5), booked(9, 15, number=2, who=5)]
    found = proposals(hit, around(both_work(), hit))
    for one in found:
        other = next(each for each in found if each is not one)
        row = other.entry.appointment
        assert all(slot.ends_at <= row.starts_at or row.ends_at <= slot.starts_at for slot in one.offers)
    assert not meet(hit[0].appointment, found[0].offers[0], hit[1].appointment, found[1].offers[0])


def test_a_room_that_another_who_is_hit_still_has_is_not_offered() -> None:
    """Whoever is moved first, and whoever stays: nobody is in the way."""
    hit = [booked(9, number=1, kind=IN_ROOM, room_id=ROOM.id), booked(10, number=2, kind=IN_ROOM, room_id=ROOM.id)]
    where = both_work(rooms=(ROOM,))
    found = proposals(hit, around(where, hit))
    same_day = [slot for slot in found[0].offers if slot.starts_at < at(0, day=MONDAY + DAY)]
    assert same_day
    assert all(slot.ends_at + timedelta(minutes=10) <= at(10) or slot.starts_at >= at(10, 25) for slot in same_day)


def test_what_was_chosen_stays_first_and_is_offered_to_nobody_else() -> None:
    hit = [booked(9, number=1), booked(9, 15, number=2)]
    where = both_work()
    chosen = FreeSlot(DOCTOR.id, SITE.id, at(9, day=MONDAY + DAY), at(9, 15, day=MONDAY + DAY))
    found = proposals(hit, around(where, hit), {UUID(int=2): chosen})
    assert found[1].offers[0] == chosen
    assert chosen not in found[0].offers


def _random_case(seed: int) -> tuple[Clinic, list[Entry], list[Appointment]]:
    """Appointments of both doctors on two nearly full days that break no rule, placed one after the other."""
    chance = random.Random(seed)
    where = both_work(rooms=(ROOM, OTHER_ROOM, ECHO), step=chance.choice((5, 15, 20)))
    rows: list[Appointment] = []
    for number in range(1, 120):
        kind = chance.choice(KINDS)
        who = chance.choice((DOCTOR.id, DOCTOR.id, OTHER_DOCTOR.id))
        start = at(8, day=MONDAY + DAY * chance.randrange(2)) + timedelta(minutes=5 * chance.randrange(100))
        minutes = kind.length_minutes
        candidate = appointment(start, minutes, number=number, practitioner_id=who, kind=kind,
                                patient_id=UUID(int=2000 + chance.randrange(15)))  # fmt: skip
        verdict = judge(_as_new(candidate), where, others=rows, now=LONG_AGO)
        if not verdict.violations:
            rows.append(appointment(start, minutes, number=number, practitioner_id=who, kind=kind,
                                    patient_id=candidate.patient_id, room_id=verdict.room_id,
                                    device_id=verdict.device_id))  # fmt: skip
    hit = [Entry(row, patient("x", number=row.patient_id.int)) for row in rows if ALL_DAY.hits(row, NOW)]
    return where, hit, rows


def _as_new(row: Appointment) -> Candidate:
    minutes = int(row.length.total_seconds()) // 60
    return Candidate(row.type_id, row.practitioner_id, row.site_id, row.starts_at, minutes, row.patient_id)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_no_proposal_clashes_and_every_one_breaks_no_rule(seed: int) -> None:
    where, hit, rows = _random_case(seed)
    others = [row for row in rows if row.id not in {entry.id for entry in hit}]
    found = proposals(hit, around(where, hit, others))
    assert [one.entry for one in found] == sorted(hit, key=lambda entry: (entry.appointment.starts_at, entry.id))
    for one in found:
        row = one.entry.appointment
        for slot in one.offers:
            candidate = candidate_of_update(row, step_to(row, slot, tell=False), where)
            off = [TimeOff(UUID(int=1), DOCTOR.id, ALL_DAY.starts_at, ALL_DAY.ends_at)]
            assert judge(candidate, where, others=rows, time_off=off, now=NOW, was=row).violations == ()
        for other in found:
            if other is not one and other.offers:
                its = other.entry.appointment
                assert not any(meet(row, slot, its, other.offers[0]) for slot in one.offers)


def test_around_a_closure_nothing_is_offered_on_its_days() -> None:
    hit = [booked(9, number=1)]
    closed = Away(at(0), at(0, day=MONDAY + 2 * DAY), site_id=SITE.id)
    where = around(both_work(), hit, away=closed)
    assert where.clinic.closures[0] == Closure(where.clinic.closures[0].id, SITE.id, MONDAY, MONDAY + DAY)
    (found,) = proposals(hit, where)
    assert found.offers
    assert all(slot.starts_at >= at(8, day=MONDAY + 2 * DAY) for slot in found.offers)
