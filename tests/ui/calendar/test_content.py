"""What one column holds: laid out anew after a change, only as far as the change reaches, and yet as if in full."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.records import AppointmentStatus, Entry, Hold
from clinic_desk.ui.calendar.content import ColumnContent, Frame, content_of, frame_of
from clinic_desk.ui.calendar.geometry import DayScale
from clinic_desk.ui.calendar.opening import Openings
from tests.ui.calendar import sample


def frame() -> Frame:
    clinic = sample.clinic(1)
    column = sample.columns(clinic)[0]
    opening = Openings(clinic).of(column)
    return frame_of(column, sample.board(), clinic, opening, DayScale(column.day, opening.zone))


FRAME = frame()
STATUSES = (AppointmentStatus.BOOKED, AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED)


def entry(number: int, minute: int, length: int, status: AppointmentStatus) -> Entry:
    return sample.entry(number, 0, minute, length=length, status=status)


def hold(number: int, minute: int) -> Hold:
    start, end = sample.instant(minute), sample.instant(minute + 15)
    return Hold(sample.uid(10, number), sample.uid(11, 2), "Desk 2", sample.uid(2, 0), start, end, end)


ENTRIES = st.builds(
    entry,
    st.integers(1, 14),
    st.integers(96, 216).map(lambda step: step * 5),
    st.sampled_from([5, 10, 15, 30, 90]),
    st.sampled_from(STATUSES),
)
HOLDS = st.lists(st.builds(hold, st.integers(1, 3), st.integers(96, 216).map(lambda step: step * 5)), max_size=2)


def by_number(entries: list[Entry]) -> dict[int, Entry]:
    return {one.id.int: one for one in entries}


@given(st.lists(ENTRIES, max_size=14), st.lists(ENTRIES, max_size=3), st.sets(st.integers(1, 14), max_size=2), HOLDS)
def test_what_a_change_leaves_alone_is_laid_out_as_if_all_were(
    entries: list[Entry], changed: list[Entry], gone: set[int], holds: list[Hold]
) -> None:
    before = content_of(FRAME, by_number(entries), holds[:1])
    left = by_number(entries) | by_number(changed)
    for number in gone:
        left.pop(sample.uid(6, number).int, None)
    after = content_of(FRAME, left, holds, before)
    assert after.items == content_of(FRAME, left, holds).items


def many() -> tuple[dict[int, Entry], ColumnContent]:
    entries = by_number([entry(number, 480 + number * 20, 15, AppointmentStatus.BOOKED) for number in range(20)])
    return entries, content_of(FRAME, entries, [hold(1, 470)])


def test_a_change_keeps_the_items_of_all_else() -> None:
    entries, before = many()
    moved = entry(7, 480 + 7 * 20 + 5, 15, AppointmentStatus.BOOKED)
    after = content_of(FRAME, entries | {moved.id.int: moved}, [hold(1, 470)], before)
    stayed = {id(item) for item in before.items} & {id(item) for item in after.items}
    assert len(after.items) == 21
    assert len(stayed) == 19  # the hold is another record, the moved one another item
