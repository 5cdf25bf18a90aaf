"""Side by side: lanes that never overlap, as few as can be, all within their column."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.ui.calendar.layout import ACTIVE_SHARE, INACTIVE_ALONE, NO_LIMIT, Slot, Span, lay_out, limits_of

SPANS = st.lists(
    st.builds(
        lambda start, length, active: Span(start, start + length, active),
        st.integers(0, 300).map(lambda number: number * 5 // 2),
        st.integers(0, 120),
        st.booleans(),
    ),
    max_size=24,
)


def end_of(span: Span) -> int:
    return max(span.end, span.start + 1)


def meet(one: Span, other: Span) -> bool:
    return one.start < end_of(other) and other.start < end_of(one)


def clusters(spans: Sequence[Span]) -> list[list[int]]:
    out: list[list[int]] = []
    reach = -1
    for index in sorted(range(len(spans)), key=lambda at: spans[at].start):
        if spans[index].start >= reach:
            out.append([])
        out[-1].append(index)
        reach = max(reach, end_of(spans[index])) if len(out[-1]) > 1 else end_of(spans[index])
    return out


def most_at_once(spans: Sequence[Span]) -> int:
    return max((sum(1 for one in spans if one.start <= at.start < end_of(one)) for at in spans), default=0)


@given(SPANS)
def test_spans_that_share_a_minute_share_no_width(spans: list[Span]) -> None:
    slots = lay_out(spans)
    for one, other in combinations(range(len(spans)), 2):
        if meet(spans[one], spans[other]):
            apart = slots[one].right <= slots[other].left + 1e-9 or slots[other].right <= slots[one].left + 1e-9
            assert apart, (spans[one], slots[one], spans[other], slots[other])


@given(SPANS)
def test_every_span_is_inside_its_column_and_has_some_width(spans: list[Span]) -> None:
    for slot in lay_out(spans):
        assert 0.0 <= slot.left < slot.right <= 1.0
        assert 0 <= slot.lane < slot.lanes


@given(SPANS)
def test_a_cluster_has_no_more_lanes_than_spans_at_once(spans: list[Span]) -> None:
    slots = lay_out(spans)
    for cluster in clusters(spans):
        for active in (True, False):
            group = [at for at in cluster if spans[at].active is active]
            if group:
                wanted = most_at_once([spans[at] for at in group])
                assert {slots[at].lanes for at in group} == {wanted}


@given(SPANS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing_but_ties(spans: list[Span], chance: object) -> None:
    distinct = list({(span.start, span.end): span for span in spans}.values())
    shuffled = list(distinct)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    there = dict(zip(distinct, lay_out(distinct), strict=True))
    assert dict(zip(shuffled, lay_out(shuffled), strict=True)) == there


@given(SPANS)
def test_a_limit_is_the_next_start_below_in_the_same_width(spans: list[Span]) -> None:
    spans = sorted(spans, key=lambda span: (span.start, -end_of(span)))
    slots = lay_out(spans)
    for at, limit in enumerate(limits_of(spans, slots)):
        below = [
            spans[other].start
            for other in range(len(spans))
            if spans[other].start >= end_of(spans[at])
            and slots[other].left < slots[at].right
            and slots[at].left < slots[other].right
        ]
        needed = [start for start in below if start < spans[at].start + 15]
        assert limit == min(needed, default=NO_LIMIT)


def test_one_alone_has_the_whole_width() -> None:
    assert lay_out([Span(480, 495)]) == [Slot(0, 1, 0.0, 1.0)]


def test_one_that_begins_when_another_ends_is_not_beside_it() -> None:
    assert [slot.right for slot in lay_out([Span(480, 495), Span(495, 510)])] == [1.0, 1.0]


def test_what_begins_when_a_squeeze_in_ends_is_a_cluster_of_its_own() -> None:
    assert lay_out([Span(480, 510), Span(480, 510), Span(510, 540)])[2] == Slot(0, 1, 0.0, 1.0)


def test_a_squeeze_in_stands_beside_the_one_it_was_squeezed_in_with() -> None:
    assert lay_out([Span(480, 510), Span(480, 510)]) == [Slot(0, 2, 0.0, 0.5), Slot(1, 2, 0.5, 1.0)]


def test_a_span_is_widened_over_lanes_that_are_free_while_it_lasts() -> None:
    slots = lay_out([Span(480, 600), Span(480, 510), Span(480, 510), Span(520, 600)])
    assert slots[3] == Slot(1, 3, 1 / 3, 1.0)


def test_a_cancellation_alone_leaves_room_to_book_beside_it() -> None:
    assert lay_out([Span(480, 510, active=False)])[0].right == INACTIVE_ALONE


def test_a_cancellation_takes_little_from_the_appointment_in_its_place() -> None:
    cancelled, booked = lay_out([Span(480, 510, active=False), Span(480, 510)])
    assert (booked.left, booked.right) == (0.0, ACTIVE_SHARE)
    assert (cancelled.left, cancelled.right) == (ACTIVE_SHARE, 1.0)


def test_many_cancellations_leave_the_appointment_as_wide_as_one_does() -> None:
    slots = lay_out([*[Span(480, 510, active=False)] * 4, Span(480, 510)])
    assert slots[4].right == ACTIVE_SHARE


def test_nothing_gives_nothing() -> None:
    assert lay_out([]) == []
    assert limits_of([], []) == []
