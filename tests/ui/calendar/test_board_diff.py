"""What differs between two readings of a day."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.records import TimeOff
from clinic_desk.ui.calendar.board_diff import changed_rows, diff
from tests.ui.calendar import sample

ROWS = tuple(sample.entry(no, no % 3, 480 + 5 * no) for no in range(12))


@given(
    st.lists(st.integers(0, 11), unique=True), st.lists(st.integers(0, 11), unique=True), st.sets(st.integers(0, 11))
)
def test_exactly_what_came_went_or_changed_is_found(old: list[int], new: list[int], changed: set[int]) -> None:
    before = [ROWS[no] for no in old]
    after = [sample.moved(ROWS[no], 5) if no in changed else ROWS[no] for no in new]
    pairs = changed_rows(before, after)
    found = {(one or other).id: (one, other) for one, other in pairs}  # type: ignore[union-attr]
    expected = {no for no in {*old, *new} if not (no in old and no in new and no not in changed)}
    assert set(found) == {ROWS[no].id for no in expected}
    assert len(pairs) == len(expected)
    for no in expected:
        one, other = found[ROWS[no].id]
        assert (one is not None, other is not None) == (no in old, no in new)


def test_equal_rows_read_anew_are_no_change() -> None:
    assert changed_rows(ROWS, [replace(row) for row in ROWS]) == []


def test_absences_name_whom_they_concern() -> None:
    off = TimeOff(sample.uid(8, 1), sample.uid(2, 3), sample.instant(0), sample.instant(60))
    what = diff(sample.board(*ROWS), sample.board(*ROWS, time_off=(off,)))
    assert what.absent_ids == {sample.uid(2, 3).int}
    assert not what.entries
    assert what


def test_the_same_board_differs_in_nothing() -> None:
    board = sample.picture_board()
    assert not diff(board, board)
    assert not diff(board, sample.picture_board())
