"""The table of records: it becomes what is wanted row by row, and what was chosen stays chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex
from pytestqt.qtbot import QtBot

from clinic_desk.domain.message_list import MessageRow
from clinic_desk.domain.messaging import QueueStatus
from clinic_desk.ui.messages.columns import WHY_COLUMN, message_columns
from clinic_desk.ui.messages.list_view import MessageList
from clinic_desk.ui.messages.rows import RowsModel
from tests.ui.messages.sample import NOW, row

S = QueueStatus
_numbers = st.lists(st.integers(1, 12), unique=True, max_size=10)


def clock() -> datetime:
    return NOW


def model() -> RowsModel:
    return RowsModel(message_columns(), clock)


def ids(rows: Sequence[MessageRow]) -> list[UUID]:
    return [each.id for each in rows]


@given(_numbers, _numbers, st.sets(st.integers(1, 12)))
def test_any_list_becomes_any_other_and_what_stays_is_followed(
    before: list[int], after: list[int], changed: set[int]
) -> None:
    rows = model()
    rows.show_records([row(number) for number in before])
    followed = {rows.records[at].id: QPersistentModelIndex(rows.index(at, 0)) for at in range(len(before))}
    wanted = [row(number, status=S.SENT if number in changed else S.PENDING) for number in after]
    rows.show_records(wanted)
    assert rows.records == wanted
    for record_id, index in followed.items():
        assert index.isValid() == (record_id in ids(wanted))
        assert not index.isValid() or rows.records[index.row()].id == record_id


def test_one_change_neither_resets_nor_touches_another_row(qtbot: QtBot) -> None:
    rows = model()
    rows.show_records([row(number) for number in range(1, 6)])
    touched: list[tuple[int, int]] = []
    rows.dataChanged.connect(lambda first, last: touched.append((first.row(), last.row())))
    with qtbot.assertNotEmitted(rows.modelReset), qtbot.assertNotEmitted(rows.rowsRemoved):
        rows.show_records([row(number, status=S.SENT if number == 3 else S.PENDING) for number in range(1, 6)])
    assert touched == [(2, 2)]


def test_ten_thousand_rows_are_shown_and_one_of_them_changed(qtbot: QtBot) -> None:
    rows = model()
    many = [row(number, f"Patient {number}") for number in range(10_000)]
    rows.show_records(many)
    assert rows.rowCount() == 10_000
    many[5_000] = row(5_000, "Changed")
    rows.show_records(many[1:])
    assert (rows.rowCount(), rows.index(4_999, 1).data()) == (9_999, "Changed")


def test_only_what_leaves_soon_is_counted_down(qtbot: QtBot) -> None:
    rows = model()
    rows.show_records([row(1, status=S.SENT), row(2, status=S.PENDING)])
    told: list[tuple[int, int]] = []
    rows.dataChanged.connect(lambda first, last: told.append((first.row(), first.column())))
    rows.retell(WHY_COLUMN, lambda record: record.status is S.PENDING)
    assert told == [(1, WHY_COLUMN)]


def test_the_chosen_message_stays_chosen_while_others_come_and_go(qtbot: QtBot) -> None:
    table = MessageList(model(), "list", "Messages")
    qtbot.addWidget(table)
    table.show_records([row(number) for number in (1, 2, 3)])
    table.choose(UUID(int=2))
    table.show_records([row(number) for number in (7, 3, 8, 2)])
    assert table.chosen == row(2)
    table.show_records([row(7), row(3)])
    assert table.chosen in {row(7), row(3)}
    with qtbot.waitSignal(table.chosen_changed, check_params_cb=lambda chosen: chosen is None):
        table.show_records([])
    table.show_records([row(9)])
    assert table.chosen == row(9)
