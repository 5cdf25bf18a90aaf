"""The time cursor's stops: every free piece and every appointment once, top to bottom."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.ui.calendar.stops import Stop, neighbour, stop_at, stops_of


class Item(NamedTuple):
    start: int
    end: int
    active: bool = True


ITEMS = st.lists(
    st.builds(
        lambda start, length, active: Item(start, min(600, start + length), active),
        st.integers(0, 590),
        st.integers(1, 90),
        st.booleans(),
    ),
    max_size=12,
).map(sorted)
STEPS = st.sampled_from([5, 10, 15, 20, 30])


@given(ITEMS, STEPS)
def test_going_down_from_the_top_visits_every_appointment_once(items: list[Item], step: int) -> None:
    stops = stops_of(items, 600, step)
    visited, stop = [stops[0]], stops[0]
    while (below := neighbour(stops, stop, 1)) != stop:
        assert below.position >= stop.position
        visited.append(below)
        stop = below
    assert sorted(one.item for one in visited if one.item is not None) == list(range(len(items)))


@given(ITEMS, STEPS)
def test_up_is_the_way_back_of_down(items: list[Item], step: int) -> None:
    stops = stops_of(items, 600, step)
    for one in stops[:-1]:
        assert neighbour(stops, neighbour(stops, one, 1), -1) == one


@given(ITEMS, STEPS)
def test_free_stops_are_free_and_lie_in_every_row_that_has_free_time(items: list[Item], step: int) -> None:
    stops = stops_of(items, 600, step)
    free = {stop.position for stop in stops if stop.item is None}
    busy = {at for item in items if item.active for at in range(item.start, item.end)}
    assert not free & busy
    assert {at // step for at in free} == {at // step for at in range(600) if at not in busy}


@given(ITEMS, STEPS, st.integers(0, 599))
def test_the_stop_of_a_position_covers_it(items: list[Item], step: int, position: int) -> None:
    stops = stops_of(items, 600, step)
    stop = stop_at(stops, items, position)
    if stop.item is not None:
        assert items[stop.item].start <= position < items[stop.item].end
        assert stop in stops
    else:
        assert stop.position <= position < stop.position // step * step + step
        assert not any(item.active and item.start <= position < item.end for item in items)


def test_an_appointment_over_three_rows_is_one_stop() -> None:
    stops = stops_of([Item(30, 75)], 120, 15)
    assert [stop.position for stop in stops] == [0, 15, 30, 75, 90, 105]


def test_the_rest_of_a_row_after_a_short_visit_can_be_reached() -> None:
    stops = stops_of([Item(30, 35)], 60, 15)
    assert stops == [Stop(0), Stop(15), Stop(30, 0), Stop(35), Stop(45)]


def test_three_short_visits_in_one_row_are_three_stops() -> None:
    stops = stops_of([Item(30, 35), Item(35, 40), Item(40, 45)], 60, 15)
    assert [stop.item for stop in stops] == [None, None, 0, 1, 2, None]


def test_cancelled_time_is_free_and_the_cancellation_is_a_stop_too() -> None:
    stops = stops_of([Item(30, 45, active=False)], 60, 15)
    assert stops == [Stop(0), Stop(15), Stop(30), Stop(30, 0), Stop(45)]


def test_a_stop_that_is_no_more_is_left_for_the_one_next_to_it() -> None:
    stops = stops_of([], 60, 15)
    assert neighbour(stops, Stop(35, 0), 1) == Stop(45)
    assert neighbour([], Stop(35, 0), 1) == Stop(35, 0)


def test_a_day_full_to_the_brim_still_has_stops() -> None:
    stops = stops_of([Item(0, 60)], 60, 15)
    assert stops == [Stop(0, 0)]
    assert stop_at(stops, [Item(0, 60)], 59) == Stop(0, 0)
