"""Paints appointments and holds: ground, stripe, what is written on them; every status by its form and its colour.

Many at once: first all grounds, then what is written, one face after the other. Blocks never lie over one another, so
the order does not show, and the painter's font and pen change as seldom as they can.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from clinic_desk.domain.records import AppointmentStatus, Entry
from clinic_desk.ui.calendar import words
from clinic_desk.ui.calendar.captions import Captions
from clinic_desk.ui.calendar.lettering import BAR, GAP, Lettering, Look, Said, Typesetter
from clinic_desk.ui.calendar.metrics import Face, Metrics
from clinic_desk.ui.calendar.outline import Dashes, padlock
from clinic_desk.ui.calendar.text import one_line
from clinic_desk.ui.theme import Theme

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.content import Item
    from clinic_desk.ui.calendar.model import CalendarModel

Placed = tuple["Item", int, int, int, int]
"""An item and its rectangle on the viewport: x, y, width, height."""

_KEPT = 10_000
_STEADY, _FLASHING = -1, -2
_ARRIVED = AppointmentStatus.ARRIVED


_Kept = tuple[Entry, int, int, int, Lettering]
"""A block's lettering and what it was made for: width, height, state (minutes of waiting, or one of the above)."""


class BlockPainter:
    """Draws blocks; keeps each one's lettering until its size or what it says changes."""

    def __init__(self, model: CalendarModel, metrics: Metrics, theme: Theme, ratio: float) -> None:
        self._metrics, self.theme = metrics, theme
        self.captions = Captions(model, theme)
        self._typesetter = Typesetter(metrics)
        self.dashes = Dashes(ratio)
        self._kept: dict[tuple[int, int], _Kept] = {}
        self._unwritten: tuple[list[tuple[float, float, str, QColor]], ...] = tuple([] for _ in Face)
        self._pills: list[tuple[QRectF, QColor]] = []
        self._locks: list[tuple[QRectF, QColor]] = []
        self.now: datetime | None = None

    def begin(self, now: datetime | None) -> None:
        """Get ready for one painting at an instant."""
        self.now = now
        if self.captions.renew() or len(self._kept) > _KEPT:
            self._kept.clear()

    def paint(self, painter: QPainter, column: int, blocks: Iterable[Placed], flashing: frozenset[int]) -> None:
        """Draw blocks of a column; what they say waits for `write`. `flashing`: numbers of those just changed."""
        kept, unwritten, fill = self._kept, self._unwritten, painter.fillRect
        for item, x, y, width, height in blocks:
            entry = item.entry
            if entry is None:
                self._paint_hold(painter, item, QRect(x, y, width, height))
                continue
            number = item.id.int
            state = _FLASHING if number in flashing else self._state(entry)
            found = kept.get((number, column))
            if found is None or found[0] is not entry or found[1:4] != (width, height, state):
                lettering = self.lettering(entry, (width, height), state)
                kept[number, column] = (entry, width, height, state, lettering)
            else:
                lettering = found[4]
            look, lines, pill, lock = lettering
            if look.dashed is None:
                # Corners of one pixel: as round as they can be seen, for a tenth of the price of an antialiased path.
                fill(x, y, width - 1, height, look.ground)
                fill(x + width - 1, y + 1, 1, height - 2, look.ground)
                if look.bar is not None:
                    fill(x, y, min(BAR, width), height, look.bar)
            else:
                fill(x, y, width, height, look.ground)
                self.dashes.outline(painter, QRect(x, y, width, height), look.dashed)
            if pill is not None:
                self._pills.append((pill[0].translated(x, y), pill[1]))
            if lock is not None:
                self._locks.append((lock[0].translated(x, y), lock[1]))
            for face, left, baseline, text, ink in lines:
                unwritten[face].append((x + left, y + baseline, text, ink))

    def write(self, painter: QPainter) -> None:
        """Write what the blocks painted since the last call say."""
        if self._pills:
            self._paint_pills(painter)
        for box, colour in self._locks:
            padlock(painter, box, colour)
        self._locks.clear()
        for font, texts in zip(self._metrics.fonts, self._unwritten, strict=True):
            if texts:
                painter.setFont(font)
                pen = None
                for x, baseline, text, ink in texts:
                    if ink is not pen:
                        painter.setPen(ink)
                        pen = ink
                    painter.drawText(QPointF(x, baseline), text)
                texts.clear()

    def label(self, painter: QPainter, rect: QRect, text: str, colour: QColor) -> None:
        """Write one elided line at the top left of a rectangle, if it is high enough for one."""
        metrics = self._metrics
        if rect.height() < metrics.least_height:
            return
        face = Face.SMALL if rect.height() < metrics.line else Face.TEXT
        fitted = self._typesetter.fit(face, one_line(text), rect.width() - 2 * GAP)
        if fitted:
            painter.setFont(metrics.fonts[face])
            painter.setPen(colour)
            baseline = rect.y() + self._typesetter.baseline(rect.height(), face)
            painter.drawText(QPointF(rect.x() + GAP, baseline), fitted)

    def write_ghost(self, painter: QPainter, rect: QRect, entry: Entry, times: str) -> None:
        """Write on the ghost of an appointment whose it is and when it would be."""
        said = Said(times, (self.captions.name(entry),))
        set_ = self._typesetter.set(said, self.captions.look(entry), (rect.width(), rect.height()))
        for face, left, baseline, text, ink in set_.lines:
            self._unwritten[face].append((rect.x() + left, rect.y() + baseline, text, ink))
        self.write(painter)

    def look(self, entry: Entry) -> Look:
        """Return how an appointment's block is drawn."""
        return self.captions.look(entry)

    def _paint_pills(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        for shape, colour in self._pills:
            painter.setBrush(colour)
            painter.drawRoundedRect(shape, shape.height() / 2, shape.height() / 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._pills.clear()

    def _paint_hold(self, painter: QPainter, item: Item, rect: QRect) -> None:
        if item.hold is not None:
            painter.fillRect(rect, self.theme.hold_soft)
            self.dashes.outline(painter, rect, self.theme.hold)
            self.label(painter, rect, words.hold_text(item.hold), self.theme.hold)

    def lettering(self, entry: Entry, size: tuple[int, int], state: int | None = None) -> Lettering:
        """Return what is written on an appointment's block of a size (width, height), as it stands if not told."""
        state, look = self._state(entry) if state is None else state, self.captions.look(entry)
        said = self.captions.said(entry, look, state if state >= 0 else None, flash=state == _FLASHING)
        return self._typesetter.set(said, look, size)

    def _state(self, entry: Entry) -> int:
        """Return the minutes a patient who arrived has been waiting, else that there is nothing to say of time."""
        if entry.arrived_at is None or self.now is None or entry.appointment.status != _ARRIVED:
            return _STEADY
        return max(0, int((self.now - entry.arrived_at).total_seconds() // 60))
