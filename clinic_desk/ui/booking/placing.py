"""Where an in-place form goes: beside the place being booked, not over it if avoidable, always on screen."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize

GAP = 10
"""Pixels between the form and the place it belongs to."""


def place_beside(size: QSize, place: QRect | None, bounds: QRect) -> QPoint:
    """Return the top left corner for a form of `size` inside `bounds`: right of `place`, else left, below, above.

    When none of these fits whole, the one that covers least of `place` after being pushed inside `bounds` is taken.
    Without a place the form stands in the upper middle. Coordinates are those of `bounds`.
    """
    if place is None or not place.intersects(bounds):
        middle = QPoint(bounds.center().x() - size.width() // 2, bounds.top() + (bounds.height() - size.height()) // 3)
        return _inside(middle, size, bounds)
    spots = [_inside(corner, size, bounds) for corner in _corners(size, place)]
    return min(spots, key=lambda corner: _covered(QRect(corner, size), place))


def _corners(size: QSize, place: QRect) -> tuple[QPoint, ...]:
    top = place.top() - 2 * GAP
    return (
        QPoint(place.right() + 1 + GAP, top),
        QPoint(place.left() - GAP - size.width(), top),
        QPoint(place.left(), place.bottom() + 1 + GAP),
        QPoint(place.left(), place.top() - GAP - size.height()),
    )


def _inside(corner: QPoint, size: QSize, bounds: QRect) -> QPoint:
    x = max(bounds.left(), min(corner.x(), bounds.right() + 1 - size.width()))
    y = max(bounds.top(), min(corner.y(), bounds.bottom() + 1 - size.height()))
    return QPoint(x, y)


def _covered(form: QRect, place: QRect) -> int:
    both = form.intersected(place)
    return max(0, both.width()) * max(0, both.height())
