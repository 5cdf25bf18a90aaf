"""Whom a gap fits: what was wished is kept, the order is the one that is written down, and no time is offered twice."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desk.domain.agendas import occupied
from clinic_desk.domain.availability import prepare
from clinic_desk.domain.commands import Book, Update
from clinic_desk.domain.records import Block, Patient
from clinic_desk.domain.waiting import (
    Closing,
    Fit,
    Forward,
    Gap,
    Priority,
    Waiting,
    Wish,
    best_for,
    booking_of,
    checked_wish,
)
from clinic_desk.domain.waiting_gap import gap_around, starts_in
from clinic_desk.errors import InvalidInput
from tests.domain.factories import (
    BUFFERED,
    CHECK_UP,
    DOCTOR,
    LONG_AGO,
    MONDAY,
    OTHER_DOCTOR,
    OTHER_SITE,
    SITE,
    appointment,
    at,
    clinic,
)

CLINIC = clinic()
KINDS = {kind.id: kind for kind in CLINIC.types}
LONG_TYPE = replace(CHECK_UP, id=UUID(int=39), length_minutes=60)


def waits(number: int = 1, *, days: int = 10, forward: Forward | None = None, **wish: Any) -> Waiting:
    """Somebody who waits for a check-up since so many days before the Monday, whenever it may be."""
    who = UUID(int=700 + number)
    given = {"type_id": CHECK_UP.id, "added_at": at(0) - timedelta(days=days), **wish}
    return Waiting(Wish(UUID(int=number), who, **given), Patient(who, f"P{number}", "", None), forward)


def gap(begin: float = 10, end: float = 11) -> Gap:
    return Gap(DOCTOR.id, SITE.id, SITE.zone, at(0) + timedelta(hours=begin), at(0) + timedelta(hours=end))


def ranked(waiting: list[Waiting], where: Gap | None = None, **taken: Any) -> list[tuple[int, datetime]]:
    return [(fit.waiting.wish.id.int, fit.starts_at) for fit in found(waiting, where, **taken)]


def found(waiting: list[Waiting], where: Gap | None = None, **taken: Any) -> tuple[Fit, ...]:
    where = where or gap()
    prepared = prepare(CLINIC, occupied(taken.get("others", ())), (), taken.get("blocks", ()))
    return best_for(where, waiting, starts_in(prepared, where, LONG_AGO), KINDS)


def numbers(waiting: list[Waiting], where: Gap | None = None, **taken: Any) -> list[int]:
    return [number for number, _ in ranked(waiting, where, **taken)]


# --- who is offered it ------------------------------------------------------------------------------------------------


def test_what_was_wished_is_kept() -> None:
    fitting: dict[str, dict[str, Any]] = {
        "nothing said": {},
        "this doctor": {"practitioner_ids": frozenset({DOCTOR.id, OTHER_DOCTOR.id})},
        "this site": {"site_id": SITE.id},
        "a Monday": {"weekdays": frozenset({1, 5})},
        "the last day": {"until": MONDAY},
        "the end is in it": {"times": ((0, 60), (10 * 60, 10 * 60 + 15))},
    }
    not_fitting: dict[str, dict[str, Any]] = {
        "another doctor": {"practitioner_ids": frozenset({OTHER_DOCTOR.id})},
        "another site": {"site_id": OTHER_SITE.id},
        "another weekday": {"weekdays": frozenset({2})},
        "until yesterday": {"until": MONDAY - timedelta(days=1)},
        "too early": {"times": ((0, 10 * 60 + 10),)},
        "closed": {"closed": Closing.WITHDRAWN},
        "a type that is not done": {"type_id": UUID(int=1)},
    }
    for name, wish in fitting.items():
        assert numbers([waits(**wish)]) == [1], name
    for name, wish in not_fitting.items():
        assert numbers([waits(**wish)]) == [], name


def test_the_earliest_start_that_serves_is_offered() -> None:
    assert ranked([waits(times=((10 * 60 + 20, 18 * 60),))]) == [(1, at(10, 20))]
    busy = replace(waits(), elsewhere=((at(9), at(10, 5)),))
    assert ranked([busy]) == [(1, at(10, 5))]


def test_an_appointment_is_moved_forward_only_to_a_sooner_time_and_keeps_its_length() -> None:
    later = Forward(UUID(int=5), 3, OTHER_DOCTOR.id, at(15), at(15, 45), SITE.zone, is_booked=True)
    (fit,) = found([waits(forward=later)])
    assert (fit.starts_at, fit.length_minutes) == (at(10), 45)
    command = booking_of(fit, gap())
    assert command.booking == Update(
        UUID(int=5),
        3,
        starts_at=at(10),
        practitioner_id=DOCTOR.id,
        site_id=SITE.id,
        operation_id=command.operation_id,
    )
    assert numbers([waits(forward=replace(later, starts_at=at(9), ends_at=at(9, 15)))]) == []
    assert numbers([waits(forward=replace(later, is_booked=False))]) == []
    assert numbers([waits(forward=replace(later, ends_at=at(16, 1)))]) == []  # 61 minutes do not fit into 60


def test_who_has_no_appointment_yet_is_booked() -> None:
    (fit,) = found([waits()])
    booking = booking_of(fit, gap(), tell_patient=False).booking
    assert isinstance(booking, Book)
    assert (booking.patient_id, booking.type_id, booking.practitioner_id) == (UUID(int=701), CHECK_UP.id, DOCTOR.id)
    assert (booking.starts_at, booking.length_minutes, booking.tell_patient) == (at(10), 15, False)


def test_times_of_day_that_are_none_are_refused() -> None:
    for span in ((600, 600), (700, 600), (-1, 60), (0, 1441)):
        with pytest.raises(InvalidInput):
            checked_wish(waits(times=(span,)).wish)
    with pytest.raises(InvalidInput):
        checked_wish(waits(weekdays=frozenset({8})).wish)


# --- in which order ---------------------------------------------------------------------------------------------------


def test_the_order_is_priority_then_fit_then_waiting() -> None:
    urgent = waits(1, days=1, priority=Priority.URGENT)
    at_once = waits(2, days=1, priority=Priority.ASAP)
    fills = waits(3, days=1, type_id=BUFFERED.id)  # 5 + 30 + 10 of the hour
    by_name = waits(4, days=1, practitioner_ids=frozenset({DOCTOR.id}))
    longest = waits(5, days=30)
    everyone = [longest, by_name, fills, urgent, at_once]
    assert numbers(everyone) == [2, 1, 3, 4, 5]


def test_whoever_was_offered_a_time_and_did_not_take_it_waits_anew() -> None:
    asked = waits(1, days=30, asked_at=at(0) - timedelta(days=1))
    assert numbers([asked, waits(2, days=2)]) == [2, 1]
    assert numbers([asked, waits(2, days=0)]) == [1, 2]


DAYS = st.integers(0, 60)
ANYBODY = st.builds(
    waits,
    st.integers(1, 10_000),
    days=DAYS,
    priority=st.sampled_from(Priority),
    type_id=st.sampled_from([CHECK_UP.id, BUFFERED.id]),
    practitioner_ids=st.sampled_from([frozenset[UUID](), frozenset({DOCTOR.id}), frozenset({OTHER_DOCTOR.id})]),
    weekdays=st.frozensets(st.integers(1, 7), max_size=3),
    until=st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 26)),
    times=st.lists(st.tuples(st.integers(0, 720), st.integers(721, 1440)), max_size=2).map(tuple),
    asked_at=st.none() | DAYS.map(lambda days: at(0) - timedelta(days=days)),
)


@settings(max_examples=30)
@given(st.lists(ANYBODY, max_size=12, unique_by=lambda one: one.wish.id), st.randoms(), st.integers(8, 11))
def test_the_order_is_that_of_the_list_whoever_reads_it_and_everything_offered_serves(
    everybody: list[Waiting], random: Any, hour: int
) -> None:
    where = gap(hour, hour + 1)
    first = found(everybody, where)
    random.shuffle(everybody)
    assert found(everybody, where) == first
    for fit in first:
        wish = fit.waiting.wish
        assert where.starts_at <= fit.starts_at
        assert fit.ends_at <= where.ends_at
        assert not wish.practitioner_ids or DOCTOR.id in wish.practitioner_ids
        assert not wish.weekdays or 1 in wish.weekdays
        assert wish.until is None or wish.until >= MONDAY
    ranks = [list(Priority).index(fit.waiting.wish.priority) for fit in first]
    assert ranks == sorted(ranks)


@settings(max_examples=30)
@given(st.lists(ANYBODY, min_size=2, max_size=8, unique_by=lambda one: one.wish.id))
def test_of_those_alike_nobody_is_asked_twice_before_all_were_asked_once(everybody: list[Waiting]) -> None:
    alike = [waits(one.wish.id.int, added_at=one.wish.added_at) for one in everybody]
    asked: list[int] = []
    for turn in range(len(alike)):
        first = found(alike)[0].waiting
        asked.append(first.wish.id.int)
        now = at(0) + timedelta(minutes=turn + 1)
        alike = [replace(one, wish=replace(one.wish, asked_at=now)) if one == first else one for one in alike]
    assert len(set(asked)) == len(alike)


# --- where the gap is -------------------------------------------------------------------------------------------------


def around(freed: tuple[datetime, datetime], *, now: datetime = LONG_AGO, **taken: Any) -> tuple[datetime, ...] | None:
    prepared = prepare(CLINIC, occupied(taken.get("others", ())), (), taken.get("blocks", ()))
    where = gap_around(prepared, DOCTOR.id, SITE.id, freed, now)
    return None if where is None else (where.starts_at, where.ends_at)


def test_a_gap_reaches_from_what_is_before_to_what_comes_after() -> None:
    freed = (at(10), at(10, 15))
    assert around(freed) == (at(8), at(12))  # the whole morning, up to the break
    others = [appointment(at(9, 30), number=1), appointment(at(10, 30), number=2)]
    assert around(freed, others=others) == (at(9, 45), at(10, 30))
    assert around(freed, others=others, now=at(10, 5)) == (at(10, 5), at(10, 30))
    block = Block(UUID(int=6), at(10), at(10, 5), "Fire drill", DOCTOR.id)
    assert around(freed, others=others, blocks=[block]) == (at(10, 5), at(10, 30))


def test_what_is_taken_again_or_over_or_outside_hours_is_no_gap() -> None:
    freed = (at(10), at(10, 15))
    assert around(freed, others=[appointment(at(9, 50), 40)]) is None
    assert around(freed, now=at(10, 15)) is None
    assert around((at(12), at(13))) is None
    assert around((at(19), at(20))) is None


def test_the_beginning_of_a_gap_off_the_grid_is_used() -> None:
    before, after = appointment(at(9, 30), 33, number=1), appointment(at(10, 20), number=2)
    where = Gap(DOCTOR.id, SITE.id, SITE.zone, at(10, 3), at(10, 20))
    assert ranked([waits()], where, others=[before, after]) == [(1, at(10, 3))]
