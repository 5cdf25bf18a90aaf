"""Paints one appointment or hold: ground, stripe, name, type, mark; every status by its form as well as its colour."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QPainter

from clinic_desk.domain.records import AppointmentStatus, Entry, MessageState, ParticipationStatus
from clinic_desk.ui.calendar import words
from clinic_desk.ui.calendar.lettering import BAR, GAP, Lettering, Look, Mark, Said, Typesetter
from clinic_desk.ui.calendar.metrics import Face, Metrics
from clinic_desk.ui.calendar.outline import Dashes
from clinic_desk.ui.calendar.text import one_line, shown_name
from clinic_desk.ui.theme import Theme, mixed, shades

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.content import Item
    from clinic_desk.ui.calendar.model import CalendarModel

_KEPT = 10_000
_OUT = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW})


class _Kept(NamedTuple):
    """A block's lettering and what it was made for."""

    entry: Entry
    state: tuple[int, bool]
    lettering: Lettering


class BlockPainter:
    """Draws blocks; keeps each one's lettering until its size or what it says changes."""

    def __init__(self, model: CalendarModel, metrics: Metrics, theme: Theme, ratio: float) -> None:
        self._model, self._metrics, self.theme = model, metrics, theme
        self._typesetter = Typesetter(metrics)
        self.dashes = Dashes(ratio)
        self._looks: dict[tuple[str, AppointmentStatus], Look] = {}
        self._kept: dict[tuple[int, int], _Kept] = {}
        self.now: datetime | None = None

    def paint(self, painter: QPainter, item: Item, rect: QRect, column: int, *, flash: bool = False) -> None:
        """Draw a block into its rectangle. `flash`: say who changed it."""
        if item.entry is None:
            self._paint_hold(painter, item, rect)
            return
        lettering = self._lettering(item.entry, (rect.width(), rect.height()), column, flash)
        self._paint_ground(painter, rect, lettering.look)
        self._write(painter, rect, lettering)

    def look(self, entry: Entry) -> Look:
        """Return how an appointment's block is drawn."""
        colour, status = self._model.colour(entry), entry.appointment.status
        found = self._looks.get((colour, status))
        if found is None:
            found = self._looks[colour, status] = _look(colour, status, self.theme)
        return found

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
        look, size = self.look(entry), (rect.width(), rect.height())
        said = Said(times, (self._name(entry),))
        self._write(painter, rect, self._typesetter.set(said, look, size))

    # -- drawing -----------------------------------------------------------------------------------------------------

    def _paint_ground(self, painter: QPainter, rect: QRect, look: Look) -> None:
        x, y, width, height = rect.x(), rect.y(), rect.width(), rect.height()
        if look.dashed is not None:
            painter.fillRect(rect, look.ground)
            self.dashes.outline(painter, rect, look.dashed)
            return
        # Corners of one pixel: as round as they can be seen, for a tenth of the price of an antialiased path.
        painter.fillRect(x, y, width - 1, height, look.ground)
        painter.fillRect(x + width - 1, y + 1, 1, height - 2, look.ground)
        if look.bar is not None:
            painter.fillRect(x, y, min(BAR, width), height, look.bar)

    def _write(self, painter: QPainter, rect: QRect, lettering: Lettering) -> None:
        corner = QPointF(rect.topLeft())
        if lettering.pill is not None:
            shape, colour = lettering.pill
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawRoundedRect(shape.translated(corner), shape.height() / 2, shape.height() / 2)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        fonts = self._metrics.fonts
        for face, at, text, colour in lettering.lines:
            painter.setFont(fonts[face])
            painter.setPen(colour)
            painter.drawText(corner + at, text)

    def _paint_hold(self, painter: QPainter, item: Item, rect: QRect) -> None:
        if item.hold is not None:
            painter.fillRect(rect, self.theme.hold_soft)
            self.dashes.outline(painter, rect, self.theme.hold)
            self.label(painter, rect, words.hold_text(item.hold), self.theme.hold)

    # -- what it says ------------------------------------------------------------------------------------------------

    def _lettering(self, entry: Entry, size: tuple[int, int], column: int, flash: bool) -> Lettering:
        state = (self._waiting(entry), flash)
        key = (entry.appointment.id.int, column)
        kept = self._kept.get(key)
        if kept is not None and kept.entry is entry and kept.lettering.size == size and kept.state == state:
            return kept.lettering
        if len(self._kept) > _KEPT:
            self._kept.clear()
        look = self.look(entry)
        said = Said(self._name(entry), self._below(entry), self._mark(entry, look, state))
        lettering = self._typesetter.set(said, look, size)
        self._kept[key] = _Kept(entry, state, lettering)
        return lettering

    def _name(self, entry: Entry) -> str:
        return shown_name(entry.patient, entry.appointment.wall_start.date()) or words.nameless()

    def _below(self, entry: Entry) -> tuple[str, ...]:
        """Return the lines under the name: the type, then the room."""
        kind, room_id = one_line(self._model.type_name(entry)), entry.appointment.room_id
        if room_id is None:
            return (kind,)
        return (kind, one_line(self._model.room_name(room_id)))

    def _waiting(self, entry: Entry) -> int:
        """Return the minutes a patient who arrived has been waiting; -1 for others."""
        if entry.appointment.status != AppointmentStatus.ARRIVED or self.now is None or entry.changed is None:
            return -1
        return max(0, int((self.now - entry.changed.at).total_seconds() // 60))

    def _mark(self, entry: Entry, look: Look, state: tuple[int, bool]) -> Mark | None:
        theme, status, (waiting, flash) = self.theme, entry.appointment.status, state
        if flash:
            who = one_line(words.changed_text(entry))
            return Mark(who, one_line(words.changed_where(entry)), theme.on_fill, theme.accent_fill)
        if status == AppointmentStatus.ARRIVED:
            pill = words.waiting_text(waiting) if waiting >= 0 else words.status_text(status)
            return Mark(pill, pill, theme.on_warning, theme.warning_fill)
        if status == AppointmentStatus.CHECKED_IN:
            return Mark(words.status_text(status), words.status_text(status), look.muted)
        if status in _OUT or status == AppointmentStatus.FULFILLED:
            return Mark(words.status_text(status), "", look.muted)
        return _message_mark(entry, theme)


def _look(colour: str, status: AppointmentStatus, theme: Theme) -> Look:
    made = shades(colour, theme)
    if status in _OUT:
        return Look(theme.panel, None, theme.danger, theme.danger, theme.danger, Face.STRUCK_NAME, Face.STRUCK_TEXT)
    if status == AppointmentStatus.CHECKED_IN:
        return Look(made.solid, None, theme.on_fill, theme.on_fill)
    if status == AppointmentStatus.FULFILLED:
        return Look(theme.done, mixed(made.bar, theme.done, 0.75), theme.ink_muted, theme.ink_muted)
    return Look(made.tint, made.bar, theme.ink, theme.ink_muted)


def _message_mark(entry: Entry, theme: Theme) -> Mark | None:
    """Return what a booked appointment's messages and the patient's answer tell, the worst first."""
    if entry.message_state == MessageState.FAILED:
        return Mark(f"⚠ {words.message_text(entry)}", "⚠", theme.danger)
    if entry.appointment.answer == ParticipationStatus.DECLINED:
        return Mark(f"✗ {words.answer_text(entry)}", "✗", theme.danger)
    if entry.message_state == MessageState.UNKNOWN:
        return Mark(f"? {words.message_text(entry)}", "?", theme.warning)
    if entry.appointment.answer == ParticipationStatus.ACCEPTED:
        return Mark(f"✓ {words.answer_text(entry)}", "✓", theme.ok)
    return None
