"""The calendar's looks on the screen: fonts, theme, widths of columns, what is visible, which rectangles to paint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QLabel, QWidget

from clinic_desk.ui.calendar import damage, words
from clinic_desk.ui.calendar.header import ColumnHeader, TimeHeader
from clinic_desk.ui.calendar.metrics import metrics_of
from clinic_desk.ui.calendar.painter import NOW_WIDTH, CalendarPainter
from clinic_desk.ui.calendar.surface import Surface
from clinic_desk.ui.theme import theme_of

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.content import ColumnContent
    from clinic_desk.ui.calendar.model import CalendarModel
    from clinic_desk.ui.calendar.places import Place
    from clinic_desk.ui.calendar.scene import Ghost, Scene
    from clinic_desk.ui.calendar.view import CalendarView

_OPEN_ABOVE = 45
"""Minutes shown above the opening when a day is shown first."""


class Stage:
    """Everything about the view that is neither data nor input."""

    def __init__(self, view: CalendarView, model: CalendarModel, scene: Scene) -> None:
        self._view, self._model, self._scene = view, model, scene
        self.metrics, self.theme = metrics_of(view.font()), theme_of(view.palette())
        self.columns = ColumnHeader(model, self.metrics, self.theme, view)
        self.times = TimeHeader(model, self.metrics, self.theme, view)
        self.surface = Surface(model, self.columns, self.times)
        self.hint = QLabel(view)
        self.corner = QWidget(view)
        self._painter: CalendarPainter | None = None
        self._axis = model.axis

    @property
    def painter(self) -> CalendarPainter:
        """Return the painter for the font, the theme and the pixel ratio in use."""
        ratio = self._view.devicePixelRatioF()
        if self._painter is None or self._painter.ratio != ratio:
            self._painter = CalendarPainter(self._model, self.surface, self.metrics, self.theme, ratio)
        return self._painter

    def dress(self) -> None:
        """Take over the view's font and palette."""
        self.metrics, self.theme = metrics_of(self._view.font()), theme_of(self._view.palette())
        self.surface.metrics = self.metrics
        self._painter = None
        grid = self._model.grid
        self._model.set_grid(grid.step, self.metrics.row_height(grid.step))
        self.times.setDefaultSectionSize(self._model.grid.row_height)
        self.columns.dress(self.metrics, self.theme)
        self.times.dress(self.metrics, self.theme)
        theme = self.theme
        self.corner.setStyleSheet(
            f"background: {theme.window.name()}; border: 1px solid {theme.line.name()};"
            "border-top: none; border-left: none;"
        )
        self.hint.setStyleSheet(
            f"background: {theme.accent_fill.name()}; color: {theme.on_fill.name()};"
            "border-radius: 5px; padding: 5px 10px; font-weight: bold;"
        )

    def fit_columns(self) -> None:
        """Share the width among the columns, a little tightly if all fit then; where that is too narrow, scroll."""
        count, room = len(self._model.columns), self._view.viewport().width()
        if not count:
            return
        least, share = self.metrics.minimum_column, room // count
        tight = least * 3 // 4 if self._model.is_week else least * 9 // 10  # a week should fit
        width = share if share >= tight else tight if self._model.is_week else least
        spare = max(0, room - width * count)
        for column in range(count):
            self.columns.resizeSection(column, width + (1 if column < spare else 0))

    def place_corner(self) -> None:
        """Cover Qt's own corner button, which has no part in this calendar."""
        self.corner.setGeometry(self.times.x(), self.columns.y(), self.times.width(), self.columns.height())
        self.corner.raise_()

    # -- what is where -----------------------------------------------------------------------------------------------

    def visible_columns(self) -> range:
        """Return the columns of which something is on the screen."""
        return self.surface.columns_between(0, self._view.viewport().width() - 1)

    def cursor_rect(self, content: ColumnContent | None = None) -> QRect:
        """Return where the time cursor is on the viewport; `content`: of its column, if not the one it has now."""
        return self.painter.cursor_rect(self._scene, content) or QRect()

    def range_rect(self) -> QRect:
        """Return where the chosen range is on the viewport."""
        chosen = self._scene.chosen
        return self.surface.rect(chosen.column, chosen.start, chosen.end) if chosen is not None else QRect()

    def ghost_rects(self, ghost: Ghost | None) -> list[QRect]:
        """Return where a ghost is painted, and where the block is that it comes from."""
        if ghost is None or ghost.column >= len(self._model.columns):
            return []
        out = [self.painter.ghost_rect(ghost)]
        found = self._model.find(ghost.item.id)
        if found is not None:
            out.append(self.surface.block(found[0], self._model.content(found[0]).entries[found[1]]))
        return out

    def now_rects(self) -> list[QRect]:
        """Return where the line of now is, column by column."""
        out = []
        for column in self.visible_columns():
            y = self.painter.now_y(column, self._scene)
            if y is not None:
                x, width = self.surface.column_span(column)
                out.append(QRect(x, y, width, NOW_WIDTH))
        return out

    def place_rect(self, place: Place) -> QRect:
        """Return where a place is on the viewport, as far as it can be seen; empty when it is not shown."""
        found = self.find_place(place)
        if found is None:
            return QRect()
        column, start = found
        rect = self.surface.rect(column, start, start + (place.length_minutes or self._model.grid.step))
        return rect.intersected(self._view.viewport().rect())

    def find_place(self, place: Place) -> tuple[int, int] | None:
        """Return the column of a place and its position there; None when it is not shown."""
        for at, column in enumerate(self._model.columns):
            scale = self._model.scale(at)
            owner = place.room_id if column.kind == "room" else place.practitioner_id
            if column.id == owner and scale.starts_at <= place.starts_at < scale.ends_at:
                return at, scale.position(place.starts_at)
        return None

    # -- showing -----------------------------------------------------------------------------------------------------

    def update_rects(self, rects: Iterable[QRect]) -> None:
        """Have rectangles of the viewport painted anew, with a pixel or two around them for outlines."""
        viewport = self._view.viewport()
        seen = viewport.rect()
        dirty = [rect.adjusted(-2, -2, 2, 2).intersected(seen) for rect in rects if rect.isValid()]
        for rect in damage.joined([rect for rect in dirty if not rect.isEmpty()]):
            viewport.update(rect)

    def update_day(self) -> None:
        """Have the blocks painted anew, and the hours if the axis is another; titles see to themselves."""
        self._view.viewport().update()
        if self._axis != self._model.axis:
            self._axis = self._model.axis
            self.times.viewport().update()

    def update_all(self) -> None:
        """Have everything painted anew."""
        for widget in (self._view.viewport(), self.columns.viewport(), self.times.viewport()):
            widget.update()

    def columns_of_today(self) -> list[int]:
        """Return the columns whose local day it is now."""
        now = self._scene.now
        if now is None:
            return []
        scales = ((at, self._model.scale(at)) for at in range(len(self._model.columns)))
        return [at for at, scale in scales if scale.starts_at <= now < scale.ends_at]

    def place_now(self) -> None:
        """Put the badge of now beside the hours, and mark today among the days of a week."""
        today, now = self.columns_of_today(), self._scene.now
        self.times.set_now(self._model.scale(today[0]).position(now) if today and now else None)
        marked = frozenset(today) if self._model.is_week else frozenset()
        if marked != self.columns.today:
            self.columns.today = marked
            self.columns.viewport().update()

    def ensure_visible(self, column: int, start: int, end: int) -> None:
        """Scroll as little as needed to show positions [start, end) of a column, its beginning before its end."""
        viewport, air = self._view.viewport().rect(), self._model.grid.row_height
        rect = self.surface.rect(column, start, end)
        down, across = self._view.verticalScrollBar(), self._view.horizontalScrollBar()
        if rect.top() < 0 or rect.height() + 2 * air > viewport.height():
            down.setValue(down.value() + rect.top() - air)
        elif rect.bottom() > viewport.bottom():
            down.setValue(down.value() + rect.bottom() - viewport.bottom() + air)
        if rect.left() < 0 or rect.width() > viewport.width():
            across.setValue(across.value() + rect.left())
        elif rect.right() > viewport.right():
            across.setValue(across.value() + rect.right() - viewport.right() + 1)

    def go_to_opening(self) -> int:
        """Scroll to a little before the first opening of the columns shown; return that opening's position."""
        openings = []
        for column in range(len(self._model.columns)):
            bands = self._model.frame(column).bands
            if bands and bands[0].start == 0 and bands[0].end < self._model.grid.length:
                openings.append(bands[0].end)
        first = min(openings, default=8 * 60)
        self._view.verticalScrollBar().setValue(self._model.grid.y(max(0, first - _OPEN_ABOVE)))
        return first

    def show_hint(self, typed: str, minute: int | None) -> None:
        """Show what was typed of a time, at the foot of the calendar; "" hides it."""
        self.hint.setVisible(bool(typed))
        if typed:
            time = f"{minute // 60:02d}:{minute % 60:02d}" if minute is not None else None
            self.hint.setText(words.jump_text(typed, time))
            self.hint.adjustSize()
            place = self._view.viewport().geometry()
            self.hint.move(place.center().x() - self.hint.width() // 2, place.bottom() - self.hint.height() - 16)
            self.hint.raise_()
