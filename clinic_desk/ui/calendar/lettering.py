"""The strings of one block: which fit, how they are elided, where they stand. Text never meets text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor

from clinic_desk.ui.calendar.metrics import Face, Metrics
from clinic_desk.ui.calendar.text import Elider, is_right_to_left

BAR = 4
"""Width of the colour stripe at a block's left edge."""
GAP = 6
"""Free pixels between text and edges, and between text and text."""
_PILL_PAD = 7.0


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


class Mark(NamedTuple):
    """The remark at the right of a block: in full where all else fits beside it, else in short ("": left out)."""

    full: str
    short: str
    ink: QColor
    pill: QColor | None = None


class Said(NamedTuple):
    """What a block has to say: the name, the lines below it (on a low block the first goes beside it), the mark."""

    name: str
    below: tuple[str, ...] = ()
    mark: Mark | None = None


@dataclass(slots=True)
class Lettering:
    """Strings placed for one size: (face, baseline's left end from the block's corner, text, colour)."""

    look: Look
    size: tuple[int, int]
    lines: list[tuple[Face, QPointF, str, QColor]] = field(default_factory=list)
    pill: tuple[QRectF, QColor] | None = None


ENDED: Final = "×"
"""What a cancelled visit says where there is no room for a name."""


class _Line(NamedTuple):
    """The line of the name: its face, from `left` to `right`, on `baseline`."""

    face: Face
    left: float
    right: float
    baseline: float


class Typesetter:
    """Sets what blocks say in one font; each string is measured and elided once."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._elider = Elider(metrics)

    def fit(self, face: Face, text: str, width: float) -> str:
        """Return a text elided to a width, "" where nothing readable fits."""
        return self._elider.fit(face, text, width)[0]

    def baseline(self, height: int, face: Face) -> float:
        """Return where a single line stands: in the middle of a low block, near the top of a high one."""
        metrics = self._metrics
        small = face == Face.SMALL
        line, ascent = (metrics.small_line, metrics.small_ascent) if small else (metrics.line, metrics.ascent)
        return float(ascent + min((height - line) // 2, 4))

    def set(self, said: Said, look: Look, size: tuple[int, int]) -> Lettering:
        """Place what a block says in `size` (width, height); what does not fit is elided or left out."""
        out, metrics, (width, height) = Lettering(look, size), self._metrics, size
        if height < metrics.least_height or width < 3 * BAR:
            return out
        tall, small = height >= 2 * metrics.line + 2, height < metrics.line
        face = Face.SMALL if small else look.name_face
        baseline = metrics.ascent + 2.0 if tall else self.baseline(height, face)
        line = _Line(face, float(GAP if look.dashed else BAR + GAP), float(width - GAP), baseline)
        if said.mark is not None:
            line = self._set_mark(out, said.mark, line, self._wish(said, look, line, tall or small))
        name, advance = self._elider.fit(face, said.name, line.right - line.left)
        if name:
            x = line.right - advance if is_right_to_left(said.name) else line.left
            out.lines.append((face, QPointF(x, baseline), name, look.ink))
        elif look.dashed is not None:
            face = Face.SMALL if small else Face.NAME  # struck out, a cross would be a blot
            x = max(0.0, (width - self._elider.advance(face, ENDED)) / 2)
            out.lines.append((face, QPointF(x, baseline), ENDED, look.ink))
        if tall and name:
            self._set_below(out, said.below, line.left, baseline)
        elif said.below and name == said.name and not small:
            self._set_beside(out, said, line, advance)
        return out

    def _wish(self, said: Said, look: Look, line: _Line, alone: bool) -> float:
        """Return the width the line would like for all it has to say but the mark."""
        name = self._elider.advance(line.face, said.name)
        if alone or not said.below or not said.below[0]:
            return name
        return name + self._elider.advance(look.text_face, f" · {said.below[0]}")

    def _set_mark(self, out: Lettering, mark: Mark, line: _Line, wanted: float) -> _Line:
        """Place the mark at the right, in short where the rest would suffer; return what is left of the line."""
        room = line.right - line.left
        pad = _PILL_PAD if mark.pill is not None else 0.0
        text, needed = mark.full, self._elider.advance(Face.SMALL, mark.full) + 2 * pad
        if room - needed - GAP < wanted:
            text, needed = mark.short, self._elider.advance(Face.SMALL, mark.short) + 2 * pad
        if not text or needed > room * (0.6 if mark.pill is None else 0.9):
            return line
        start = line.right - needed
        if mark.pill is not None:
            top = max(1.0, line.baseline - self._metrics.small_ascent)
            high = min(float(self._metrics.small_line), out.size[1] - top - 1.0)
            out.pill = (QRectF(start, top, needed, high), mark.pill)
        out.lines.append((Face.SMALL, QPointF(start + pad, line.baseline), text, mark.ink))
        return _Line(line.face, line.left, start - GAP, line.baseline)

    def _set_below(self, out: Lettering, texts: tuple[str, ...], left: float, baseline: float) -> None:
        width, height = out.size
        for text in texts:
            baseline += self._metrics.line
            if baseline + 2 > height:
                return
            fitted, advance = self._elider.fit(out.look.text_face, text, width - GAP - left)
            if fitted:
                x = width - GAP - advance if is_right_to_left(text) else left
                out.lines.append((out.look.text_face, QPointF(x, baseline), fitted, out.look.muted))

    def _set_beside(self, out: Lettering, said: Said, line: _Line, taken: float) -> None:
        rtl = is_right_to_left(said.name)
        text = f"{said.below[0]} · " if rtl else f" · {said.below[0]}"
        room = line.right - line.left - taken
        if room < 2.2 * self._metrics.line or not said.below[0]:
            return
        fitted, advance = self._elider.fit(out.look.text_face, text, room)
        if len(fitted) > 4:
            x = line.right - taken - advance if rtl else line.left + taken
            out.lines.append((out.look.text_face, QPointF(x, line.baseline), fitted, out.look.muted))
