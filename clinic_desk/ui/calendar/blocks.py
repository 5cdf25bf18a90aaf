"""Paints one appointment or hold: ground, stripe, name, type and the mark at the right, each status by form and colour."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from clinic_desk.domain.records import AppointmentStatus, Entry, MessageState, ParticipationStatus
from clinic_desk.ui.calendar import words
from clinic_desk.ui.calendar.metrics import Face, Metrics
from clinic_desk.ui.calendar.text import Elider, is_right_to_left, one_line, shown_name
from clinic_desk.ui.theme import Theme, mixed, shades

if TYPE_CHECKING:
    from clinic_desk.ui.calendar.content import Item
    from clinic_desk.ui.calendar.model import CalendarModel

BAR = 4
"""Width of the colour stripe at a block's left edge."""
_GAP = 6
_OUT = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW})


@dataclass(frozen=True, slots=True)
class Look:
    """How a block is drawn: its ground, stripe, colours of text, whether its outline is dashed."""

    ground: QColor
    bar: QColor | None
    ink: QColor
    muted: QColor
    dashed: QColor | None = None
    name_face: Face = Face.NAME
    text_face: Face = Face.TEXT


@dataclass(frozen=True, slots=True)
class Mark:
    """The remark at the right of a block: in full, in short where there is little room, and its colours."""

    full: str
    short: str
    ink: QColor
    pill: QColor | None = None


@dataclass(slots=True)
class Lettering:
    """The strings of one block, elided and placed for one size: (face, x, baseline, text, colour) from its corner."""

    subject: object
    size: tuple[int, int]
    state: object
    look: Look
    lines: list[tuple[Face, QPointF, str, QColor]] = field(default_factory=list)
    pill: tuple[QRectF, QColor] | None = None


class BlockPainter:
    """Draws blocks; keeps each one's lettering until its size or what it says changes."""

    def __init__(self, model: CalendarModel, metrics: Metrics, theme: Theme) -> None:
        self._model, self._metrics, self.theme = model, metrics, theme
        self._elider = Elider(metrics)
        self._looks: dict[tuple[str, AppointmentStatus], Look] = {}
        self._kept: dict[tuple[int, int], Lettering] = {}
        self.now: datetime | None = None

    def paint(self, painter: QPainter, item: Item, rect: QRect, column: int = 0, *, flash: bool = False) -> None:
        """Draw a block into its rectangle. `flash`: say who changed it."""
        if item.entry is None:
            self._paint_hold(painter, item, rect)
            return
        lettering = self._lettering(item, item.entry, rect, column, flash)
        self._paint_ground(painter, rect, lettering.look)
        self._write(painter, rect, lettering)

    def look(self, entry: Entry) -> Look:
        """Return how an appointment's block is drawn."""
        colour, status = self._model.colour(entry), entry.appointment.status
        found = self._looks.get((colour, status))
        if found is None:
            found = self._looks[colour, status] = _look(colour, status, self.theme)
        return found

    # -- drawing -----------------------------------------------------------------------------------------------------

    def _paint_ground(self, painter: QPainter, rect: QRect, look: Look) -> None:
        x, y, width, height = rect.x(), rect.y(), rect.width(), rect.height()
        if look.dashed is not None:
            painter.fillRect(rect, look.ground)
            self._dashed(painter, rect, look.dashed)
            return
        # Corners of one pixel: as round as they can be seen, for a tenth of the price of an antialiased path.
        painter.fillRect(x, y, width - 1, height, look.ground)
        painter.fillRect(x + width - 1, y + 1, 1, height - 2, look.ground)
        if look.bar is not None:
            painter.fillRect(x, y, min(BAR, width), height, look.bar)

    def _dashed(self, painter: QPainter, rect: QRect, colour: QColor) -> None:
        pen = QPen(colour, 1)
        pen.setDashPattern([4.0, 3.0])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(rect.adjusted(0, 0, -1, -1))

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
        assert item.hold is not None
        theme = self.theme
        painter.fillRect(rect, theme.hold_soft)
        self._dashed(painter, rect, theme.hold)
        self.label(painter, rect, words.hold_text(item.hold), theme.hold)

    def label(self, painter: QPainter, rect: QRect, text: str, colour: QColor, face: Face = Face.TEXT) -> None:
        """Write one elided line at the top left of a rectangle, if it is high enough for one."""
        metrics = self._metrics
        if rect.height() < metrics.least_height:
            return
        if rect.height() < metrics.line:
            face = Face.SMALL
        fitted, _ = self._elider.fit(face, one_line(text), rect.width() - 2 * _GAP)
        if fitted:
            painter.setFont(metrics.fonts[face])
            painter.setPen(colour)
            painter.drawText(QPointF(rect.x() + _GAP, rect.y() + self._baseline(rect.height(), face)), fitted)

    # -- lettering ---------------------------------------------------------------------------------------------------

    def _lettering(self, item: Item, entry: Entry, rect: QRect, column: int, flash: bool) -> Lettering:
        size = (rect.width(), rect.height())
        waiting = self._waiting(entry)
        state = (waiting, flash)
        key = (item.id.int, column)
        found = self._kept.get(key)
        if found is None or found.subject is not entry or found.size != size or found.state != state:
            if len(self._kept) > 10_000:
                self._kept.clear()
            look = self.look(entry)
            found = Lettering(entry, size, state, look)
            self._set(found, entry, self._mark(entry, look, waiting, flash))
            self._kept[key] = found
        return found

    def _waiting(self, entry: Entry) -> int:
        """Return the minutes a patient who arrived has been waiting; -1 for others."""
        if entry.appointment.status != AppointmentStatus.ARRIVED or self.now is None or entry.changed is None:
            return -1
        return max(0, int((self.now - entry.changed.at).total_seconds() // 60))

    def _mark(self, entry: Entry, look: Look, waiting: int, flash: bool) -> Mark | None:
        theme, status = self.theme, entry.appointment.status
        if flash:
            who = one_line(words.changed_text(entry))
            return Mark(who, who, theme.on_fill, theme.accent_fill)
        if status == AppointmentStatus.ARRIVED:
            minutes = words.waiting_text(waiting) if waiting >= 0 else words.status_text(status)
            return Mark(minutes, minutes, theme.on_warning, theme.warning_fill)
        if status in _OUT or status in {AppointmentStatus.CHECKED_IN, AppointmentStatus.FULFILLED}:
            return Mark(words.status_text(status), "", look.muted)
        return _message_mark(entry, theme)

    def _set(self, out: Lettering, entry: Entry, mark: Mark | None) -> None:
        metrics, (width, height) = self._metrics, out.size
        if height < metrics.least_height or width < 3 * BAR:
            return
        left = float(BAR + _GAP if out.look.bar is not None else _GAP)
        right = float(width - _GAP)
        tall = height >= 2 * metrics.line + 2
        small = height < metrics.line
        name_face = Face.SMALL if small else out.look.name_face
        baseline = self._baseline(height, name_face) if not tall else metrics.ascent + 2
        name = shown_name(entry.patient, entry.appointment.wall_start.date())
        kind = one_line(self._model.type_name(entry))
        if mark is not None:
            right = self._set_mark(out, mark, name, name_face, left, right, baseline)
        rtl = is_right_to_left(name)
        fitted, advance = self._elider.fit(name_face, name, right - left)
        if fitted:
            out.lines.append((name_face, QPointF(right - advance if rtl else left, baseline), fitted, out.look.ink))
        if tall:
            self._set_below(out, entry, kind, left, baseline)
        elif kind and fitted == name and not small:
            self._set_beside(out, kind, left, right, advance, baseline, rtl)

    def _set_mark(
        self, out: Lettering, mark: Mark, name: str, face: Face, left: float, right: float, baseline: float
    ) -> float:
        """Place the mark at the right, in short where the name would suffer; return where the name must end."""
        advance, wanted = self._elider.advance, min(self._elider.advance(face, name), (right - left) * 0.7)
        pad = 7.0 if mark.pill is not None else 0.0
        for text in (mark.full, mark.short):
            needed = advance(Face.SMALL, text) + 2 * pad
            if text and right - needed - _GAP - left >= wanted:
                break
        else:
            text, needed = mark.short, advance(Face.SMALL, mark.short) + 2 * pad
        if not text or needed > (right - left) * (0.6 if mark.pill is None else 0.8):
            return right
        start = right - needed
        if mark.pill is not None:
            high = float(self._metrics.small_line)
            top = baseline - self._metrics.small_ascent
            out.pill = (QRectF(start, max(1.0, top), needed, min(high, out.size[1] - 2.0)), mark.pill)
        out.lines.append((Face.SMALL, QPointF(start + pad, baseline), text, mark.ink))
        return start - _GAP

    def _set_below(self, out: Lettering, entry: Entry, kind: str, left: float, baseline: float) -> None:
        metrics, (width, height) = self._metrics, out.size
        texts = [kind]
        if height >= 3 * metrics.line + 2 and entry.appointment.room_id is not None:
            room = next((one.name for one in self._model.clinic.rooms if one.id == entry.appointment.room_id), "")
            texts.append(one_line(room))
        for text in texts:
            baseline += metrics.line
            fitted, _ = self._elider.fit(out.look.text_face, text, width - _GAP - left)
            if fitted:
                out.lines.append((out.look.text_face, QPointF(left, baseline), fitted, out.look.muted))

    def _set_beside(
        self, out: Lettering, kind: str, left: float, right: float, taken: float, baseline: float, rtl: bool
    ) -> None:
        face, text = out.look.text_face, f" · {kind}"
        room = right - left - taken
        if room < 2.2 * self._metrics.line:
            return
        fitted, advance = self._elider.fit(face, text if not rtl else f"{kind} · ", room)
        if len(fitted) > 4:
            x = right - taken - advance if rtl else left + taken
            out.lines.append((face, QPointF(x, baseline), fitted, out.look.muted))

    def _baseline(self, height: int, face: Face) -> float:
        """Return where a single line stands: in the middle of a low block, at the top of a high one."""
        metrics = self._metrics
        line, ascent = (
            (metrics.small_line, metrics.small_ascent) if face == Face.SMALL else (metrics.line, metrics.ascent)
        )
        return float(ascent + max(0, min((height - line) // 2, 4)))


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
