"""Paints the damaged part of the calendar: grid, bands, blocks, then what lies over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from clinic_desk.ui.calendar import band_names, outline, words
from clinic_desk.ui.calendar.bands import BandKind
from clinic_desk.ui.calendar.blocks import BlockPainter, Placed
from clinic_desk.ui.calendar.metrics import Face
from clinic_desk.ui.theme import mixed

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.content import ColumnContent, Item
    from clinic_desk.ui.calendar.metrics import Metrics
    from clinic_desk.ui.calendar.model import CalendarModel
    from clinic_desk.ui.calendar.scene import Ghost, Scene
    from clinic_desk.ui.calendar.surface import Surface
    from clinic_desk.ui.theme import Theme

_HATCH = 10
"""Distance of a hatching's stripes in logical pixels."""
NOW_WIDTH = 2
_Marked = tuple["Item", QRect, int | None]


class CalendarPainter:
    """Paints the calendar for one font, one theme, one device pixel ratio; made anew when one of them changes."""

    def __init__(self, model: CalendarModel, surface: Surface, metrics: Metrics, theme: Theme, ratio: float) -> None:
        self._model, self._surface, self._metrics, self._theme = model, surface, metrics, theme
        self.blocks = BlockPainter(model, metrics, theme, ratio)
        self.ratio = ratio
        self._hatch = _hatch_tile(theme, ratio)

    def paint(self, painter: QPainter, damage: QRect, scene: Scene) -> None:
        """Paint all that lies in `damage` (viewport coordinates); the painter is clipped to it."""
        self.blocks.begin(scene.now)
        self._paint_ground(painter, damage)
        if not self._model.columns:
            self._paint_nothing(painter)
            return
        marked: list[_Marked] = []
        for column in self._surface.columns_between(damage.left(), damage.right()):
            content = self._model.content(column)
            x, width = self._surface.column_span(column)
            self._paint_bands(painter, damage, column, content)
            painter.fillRect(x + width - 1, damage.top(), 1, damage.height(), self._theme.line)
            marked += self._paint_blocks(painter, damage, column, content, scene)
        self.blocks.write(painter)
        for one in marked:
            self._paint_marks(painter, one, scene)
        self._paint_cursor(painter, damage, scene)
        for ghost in scene.pending.values():
            self._paint_ghost(painter, ghost, pending=True)
        if scene.ghost is not None:
            self._paint_ghost(painter, scene.ghost, pending=False)

    def _paint_nothing(self, painter: QPainter) -> None:
        painter.setFont(self._metrics.fonts[Face.TEXT])
        painter.setPen(self._theme.ink_muted)
        painter.drawText(painter.viewport(), Qt.AlignmentFlag.AlignCenter, words.no_columns())

    # -- under the blocks --------------------------------------------------------------------------------------------

    def _paint_ground(self, painter: QPainter, damage: QRect) -> None:
        """Fill with working time and draw the lines: weak at each step, stronger at full hours.

        Lines over the whole width are fewer calls, and quicker, than a tiled pixmap of the grid.
        """
        theme, grid, surface = self._theme, self._model.grid, self._surface
        painter.fillRect(damage, theme.panel)
        bottom = min(damage.bottom(), surface.y(grid.length) if self._model.columns else -1)
        for start, end, minute in self._model.axis.segments():
            first = max(start, surface.position(damage.top()) - grid.step)
            at = start + -(-(first - start) // grid.step) * grid.step
            while at < end:
                y = surface.y(at)
                if y > bottom:
                    return
                hour = (minute + at - start) % 60 == 0
                painter.fillRect(damage.left(), y, damage.width(), 1, theme.line if hour else theme.line_weak)
                at += grid.step

    def _paint_bands(self, painter: QPainter, damage: QRect, column: int, content: ColumnContent) -> None:
        surface = self._surface
        x, width = surface.column_span(column)
        first, last = surface.position(damage.top()), surface.position(damage.bottom())
        for band in content.frame.bands:
            if band.end <= first or band.start > last:
                continue
            top = surface.y(band.start)
            rect = QRect(x, top, width, surface.y(band.end) - top)
            painter.fillRect(rect, self._theme.closed)
            if band.kind != BandKind.CLOSED:
                shown = rect.intersected(damage)
                period = self._hatch.width() / self.ratio
                origin = QPointF((shown.x() - x) % period, (shown.y() + surface.top) % period)
                painter.drawTiledPixmap(QRectF(shown), self._hatch, origin)
        for rect, band in band_names.written(surface, column, content, damage.top(), damage.bottom()):
            self.blocks.label(painter, rect, words.band_text(band), self._theme.ink_muted)

    # -- blocks ------------------------------------------------------------------------------------------------------

    def _paint_blocks(
        self, painter: QPainter, damage: QRect, column: int, content: ColumnContent, scene: Scene
    ) -> list[_Marked]:
        """Paint now and a column's blocks; return those over which something is drawn, with now if it cuts them."""
        surface, place, now = self._surface, self._surface.placer(column), self.now_y(column, scene)
        if now is not None:
            x, width = surface.column_span(column)
            painter.fillRect(x, now, width, NOW_WIDTH, self._theme.now)
        faded, pointed = _faded(scene), scene.flashing
        if scene.selected is not None:
            pointed |= {scene.selected.int}
        left, top, right, bottom = damage.left(), damage.top(), damage.right(), damage.bottom()
        blocks: list[Placed] = []
        marked: list[_Marked] = []
        first, last = surface.position(top - 2) - surface.overhang(), surface.position(bottom + 2) + 2
        for item in content.between(first, last):
            x, y, width, height = place(item)
            out = 2 if item.id.int in pointed else 0  # outlines reach a pixel out of their blocks
            if y - out > bottom or y + height + out <= top or x - out > right or x + width + out <= left:
                continue
            if item.id.int in faded:
                self._paint_faded(painter, column, (item, x, y, width, height), scene)
            else:
                blocks.append((item, x, y, width, height))
            cut = now if now is not None and y <= now < y + height else None
            if cut is not None or item.id.int in pointed:
                marked.append((item, QRect(x, y, width, height), cut))
        self.blocks.paint(painter, column, blocks, scene.flashing)
        return marked

    def _paint_faded(self, painter: QPainter, column: int, block: Placed, scene: Scene) -> None:
        """Paint the block of an appointment that is on its way elsewhere."""
        painter.setOpacity(0.45)
        self.blocks.paint(painter, column, [block], scene.flashing)
        self.blocks.write(painter)
        painter.setOpacity(1.0)

    # -- over the blocks ---------------------------------------------------------------------------------------------

    def _paint_marks(self, painter: QPainter, marked: _Marked, scene: Scene) -> None:
        """Draw now, a flash, the selection over a block."""
        item, rect, now = marked
        if now is not None:
            # At the sides only: through a name the line would read as if it were struck out.
            painter.fillRect(rect.x(), now, 5, NOW_WIDTH, self._theme.now)
            painter.fillRect(rect.right() - 3, now, 4, NOW_WIDTH, self._theme.now)
        if item.id.int in scene.flashing:
            outline.plain(painter, rect, self._theme.accent, 1)
        if item.id == scene.selected:
            outline.plain(painter, rect.adjusted(-1, -1, 1, 1), self._theme.accent, 2)

    def now_y(self, column: int, scene: Scene) -> int | None:
        """Return the viewport's pixel row of now in a column; None when it is another day there."""
        scale = self._model.scale(column)
        if scene.now is None or not scale.starts_at <= scene.now < scale.ends_at:
            return None
        return self._surface.y(scale.position(scene.now)) - NOW_WIDTH // 2

    def _paint_cursor(self, painter: QPainter, damage: QRect, scene: Scene) -> None:
        theme = self._theme
        if scene.chosen is not None:
            chosen = scene.chosen
            rect = self._surface.rect(chosen.column, chosen.start, chosen.end)
            if not rect.intersects(damage):
                return
            times = words.range_text(self._model.axis, chosen.start, chosen.end)
            self._paint_place(painter, rect, words.length_text(times, chosen.end - chosen.start), theme.accent)
            return
        if scene.stop.item is not None or scene.column not in self._surface.columns_between(
            damage.left(), damage.right()
        ):
            return  # an appointment's outline was drawn with it
        place = self.cursor_rect(scene)
        if place is not None and place.intersects(damage):
            time = words.time_text(self._model.axis, scene.stop.position)
            label = words.to_book(time, keyboard=scene.focused and not scene.read_only)
            self._paint_place(painter, place, label, theme.accent if scene.focused else theme.border)

    def cursor_rect(self, scene: Scene, content: ColumnContent | None = None) -> QRect | None:
        """Return where the time cursor is on the viewport: a free piece of a row, or the whole of an appointment.

        `content`: of the cursor's column, if not the one it has now.
        """
        if scene.column >= len(self._model.columns):
            return None
        content = content or self._model.content(scene.column)
        stop = scene.stop
        if stop.item is not None:
            if stop.item >= len(content.entries):
                return None
            return self._surface.block(scene.column, content.entries[stop.item]).adjusted(-1, -1, 1, 1)
        step = self._model.grid.step
        end = min((stop.position // step + 1) * step, self._model.grid.length)
        for item in content.between(stop.position, end):
            if item.active and item.start > stop.position:
                end = min(end, item.start)
        return self._surface.rect(scene.column, stop.position, end).adjusted(1, 0, -1, 1)

    def _paint_place(self, painter: QPainter, rect: QRect, label: str, colour: QColor) -> None:
        theme = self._theme
        painter.fillRect(rect, mixed(theme.accent, theme.panel, 0.08))
        outline.plain(painter, rect, colour, 2)
        self.blocks.label(painter, rect.adjusted(2, 0, -2, 0), label, theme.accent)

    def _paint_ghost(self, painter: QPainter, ghost: Ghost, *, pending: bool) -> None:
        rect = self.ghost_rect(ghost)
        entry = ghost.item.entry
        if entry is None:
            return
        # Opaque, though it looks thin: what stands below must not shine through the writing.
        ground = self.blocks.look(entry).ground
        painter.fillRect(rect, mixed(ground, self._theme.panel, 0.55) if pending else ground)
        self.blocks.dashes.outline(painter, rect, self._theme.accent, 2)
        self.blocks.write_ghost(painter, rect, entry, words.range_text(self._model.axis, ghost.start, ghost.end))

    def ghost_rect(self, ghost: Ghost) -> QRect:
        """Return where a ghost is painted on the viewport: over the whole width of its column."""
        rect = self._surface.rect(ghost.column, ghost.start, ghost.end).adjusted(2, 1, -2, -1)
        rect.setHeight(max(rect.height(), self._metrics.line))
        return rect


def _faded(scene: Scene) -> set[int]:
    """Return the numbers of the appointments that are drawn elsewhere too."""
    return {*scene.pending, *([scene.ghost.item.id.int] if scene.ghost is not None else ())}


def _hatch_tile(theme: Theme, ratio: float) -> QPixmap:
    """Return one seamless tile of a hatching's stripes on clear ground, in device pixels."""
    side = max(4, round(_HATCH * ratio))
    tile = QPixmap(side, side)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme.hatch, 2.0 * ratio))
    for shift in (-side, 0, side):
        painter.drawLine(shift - 1, side + 1, shift + side + 1, -1)
    painter.end()
    tile.setDevicePixelRatio(ratio)
    return tile
