"""What stays in its place while the day is scrolled, and how the calendar is painted on finer screens."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

from clinic_desk.ui.calendar.painter import CalendarPainter
from clinic_desk.ui.calendar.view import CalendarView
from tests.ui.calendar import sample
from tests.ui.calendar.conftest import Shown


def test_the_names_of_the_columns_stay_while_the_day_is_scrolled_and_the_hours_go_with_it(shown: Shown) -> None:
    view = shown().view
    columns, hours, bar = view.horizontalHeader(), view.verticalHeader(), view.verticalScrollBar()
    bar.setValue(0)
    place, names, top = columns.geometry(), columns.grab().toImage(), hours.grab().toImage()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    assert columns.isVisible()
    assert columns.geometry() == place
    assert columns.grab().toImage() == names
    assert hours.grab().toImage() != top


def test_the_hours_stay_while_the_columns_are_scrolled_and_their_names_go_with_them(shown: Shown) -> None:
    view = shown(sample.made(30, 10).board, doctors=30).view
    columns, hours, bar = view.horizontalHeader(), view.verticalHeader(), view.horizontalScrollBar()
    bar.setValue(0)
    place, names, times = hours.geometry(), columns.grab().toImage(), hours.grab().toImage()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    assert hours.geometry() == place
    assert hours.grab().toImage() == times
    assert columns.grab().toImage() != names


@pytest.mark.parametrize("ratio", [1.5, 2.0])
def test_a_finer_screen_shows_the_same_picture_with_finer_strokes(shown: Shown, ratio: float) -> None:
    view = shown().view
    plain, fine = _picture(view, 1.0), _picture(view, ratio)
    assert fine.size() == plain.size() * ratio
    assert _difference(plain, _as_large_as(plain, fine)) < 3, _difference(plain, _as_large_as(plain, fine))
    assert _difference(fine, _as_large_as(fine, plain)) > 1.5, "the small picture was only made larger"


def _picture(view: CalendarView, ratio: float) -> QImage:
    area = view.viewport().rect()
    image = QImage(area.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    painter = QPainter(image)
    stage = view.stage
    CalendarPainter(view._table, stage.surface, stage.metrics, stage.theme, ratio).paint(painter, area, view.scene)
    painter.end()
    image.setDevicePixelRatio(1.0)
    return image


def _as_large_as(one: QImage, other: QImage) -> QImage:
    return other.scaled(one.size(), Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


def _difference(one: QImage, other: QImage) -> float:
    """Mean difference of the colours of two pictures of one size, 0 to 255."""
    left, right = bytes(one.constBits()), bytes(other.convertToFormat(one.format()).constBits())
    assert len(left) == len(right)
    return sum(abs(a - b) for a, b in zip(left[::7], right[::7], strict=True)) / (len(left) / 7)
