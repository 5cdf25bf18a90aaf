"""Where blocks are painted: beside and below each other, never over one another."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QColor, QImage, QPainter

from clinic_desk.ui.calendar.outline import Dashes, plain
from clinic_desk.ui.calendar.surface import Edge
from tests.ui.calendar import sample
from tests.ui.calendar.conftest import Shown


@pytest.mark.parametrize("step", [5, 10, 15, 20, 30])
@pytest.mark.parametrize("day", ["picture", "hard", "made"])
def test_no_block_is_painted_over_another(shown: Shown, day: str, step: int) -> None:
    board = {"picture": sample.picture_board(), "hard": sample.hard_board(), "made": sample.made(5, 80).board}[day]
    view = shown(board).view
    view.set_step(step)
    for column in range(5):
        x, width = view.surface.column_span(column)
        rects = [view.surface.block(column, item) for item in view._table.content(column).items]
        assert all(x <= rect.left() and rect.right() < x + width for rect in rects)
        for one, other in combinations(rects, 2):
            assert not one.intersects(other), (one, other)


def test_a_short_visit_with_room_below_is_drawn_high_enough_to_be_read_and_can_be_clicked_there(shown: Shown) -> None:
    view = shown(sample.hard_board()).view
    alone, first = sample.uid(6, 20), sample.uid(6, 17)
    rects = {}
    for entry_id in (alone, first):
        column, index = view._table.find(entry_id)  # type: ignore[misc]
        rects[entry_id] = view.surface.block(column, view._table.content(column).entries[index])
    assert rects[alone].height() >= view.stage.metrics.least_height
    assert rects[first].height() < view.stage.metrics.least_height
    hit = view.surface.hit(rects[alone].bottomLeft() + QPoint(20, -1))
    assert hit is not None
    assert hit.item is not None
    assert hit.item.id == alone
    assert hit.edge == Edge.NONE  # too low to take hold of an edge


def test_beside_the_columns_and_below_the_day_there_is_nothing(shown: Shown) -> None:
    view = shown(sample.picture_board(), size=(1100, 3000)).view
    view.set_step(30)
    view.verticalScrollBar().setValue(0)
    assert view.surface.hit(QPoint(10, view._table.grid.height + 5)) is None
    assert view.surface.hit(QPoint(-5, 10)) is None
    assert view.surface.nearest_column(-500) == 0
    assert view.surface.nearest_column(99999) == 4


@pytest.mark.parametrize("dashed", [True, False])
def test_an_outline_has_four_sides_and_an_empty_middle(dashed: bool) -> None:
    image = QImage(60, 40, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter, rect = QPainter(image), QRect(5, 5, 50, 30)
    if dashed:
        Dashes(1.0).outline(painter, rect, QColor("red"))
    else:
        plain(painter, rect, QColor("red"), 1)
    painter.end()
    sides = {
        "top": [(x, 5) for x in range(5, 55)],
        "bottom": [(x, 34) for x in range(5, 55)],
        "left": [(5, y) for y in range(5, 35)],
        "right": [(54, y) for y in range(5, 35)],
    }
    drawn = {side: sum(image.pixelColor(*at) == QColor("red") for at in points) for side, points in sides.items()}
    for side, points in sides.items():
        assert (len(points) // 2 if dashed else len(points)) <= drawn[side] <= len(points), side
    assert image.pixelColor(30, 20) == QColor("white")
    assert image.pixelColor(4, 20) == QColor("white")


def test_columns_are_a_little_tighter_where_all_fit_then_and_scroll_where_they_would_not(shown: Shown) -> None:
    view = shown(sample.board(), doctors=6).view
    least = view.stage.metrics.minimum_column
    beside = view.width() - view.viewport().width()
    view.resize(beside + 6 * (least * 19 // 20), 500)
    assert view.horizontalScrollBar().maximum() == 0
    assert view.surface.column_span(0)[1] < least
    view.resize(beside + 6 * (least * 8 // 10), 500)
    assert view.horizontalScrollBar().maximum() > 0
    assert view.surface.column_span(0)[1] == least


def test_a_renamed_type_is_written_anew_on_its_blocks(shown: Shown) -> None:
    said = shown(sample.board(sample.entry(1, 0, 540, length=60)))
    clinic = sample.clinic()
    renamed = replace(clinic, types=tuple(replace(kind, name="Another") for kind in clinic.types))
    before = said.view.grab().toImage()
    said.view.show_columns(sample.columns(renamed), {sample.DAY: said.board}, renamed, sample.instant(577))
    assert said.view.grab().toImage() != before
