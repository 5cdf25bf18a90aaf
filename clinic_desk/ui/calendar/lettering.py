"""The strings of one block: which fit, how they are elided, where they stand. Text never meets text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from clinic_desk.ui.calendar.metrics import Face, Metrics
from clinic_desk.ui.calendar.text import Elider, is_right_to_left

BAR = 4
"""Width of the colour stripe at a block's left edge."""
GAP = 6
"""Free pixels between text and edges, and between text and text."""
LOCK_GAP: Final = 4.0
LOCK_SHAPE: Final = 0.75
"""The width of the lock that stands before the name of a restricted record, as a share of its height."""
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
    """What a block has to say: the name, the lines below it (on a low block the first goes beside it), the mark.

    `shorter`: what stands for a name that has not the room, the longest first. `is_locked`: a lock stands before it.
    """

    name: str
    below: tuple[str, ...] = ()
    mark: Mark | None = None
    shorter: tuple[str, ...] = ()
    is_locked: bool = False


_SMALL, _NAME = Face.SMALL, Face.NAME  # looking into an enumeration for each block would be felt

Run = tuple[int, float, float, str, QColor]
"""A string placed: its face, the left end of its baseline from the block's corner, itself, its colour."""


class Lettering(NamedTuple):
    """A block's look, and what is written on it in one size."""

    look: Look
    lines: list[Run]
    pill: tuple[QRectF, QColor] | None = None
    lock: tuple[QRectF, QColor] | None = None


ENDED: Final = "×"
"""What a cancelled visit says where there is no room for a name."""


_Line = tuple[Face, float, float, float]
"""The line of the name: its face, its left and right end, its baseline."""
_Pill = tuple[QRectF, QColor]


class Typesetter:
    """Sets what blocks say in one font; each string is measured and elided once."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._elider = Elider(metrics)
        self._tall = 2 * metrics.line + 2

    def fit(self, face: Face, text: str, width: float) -> str:
        """Return a text elided to a width, "" where nothing readable fits."""
        return self._elider.fit(face, text, width)[0]

    def baseline(self, height: int, face: Face) -> float:
        """Return where a single line stands: in the middle of a low block, near the top of a high one."""
        metrics = self._metrics
        small = face == _SMALL
        line, ascent = (metrics.small_line, metrics.small_ascent) if small else (metrics.line, metrics.ascent)
        return float(ascent + min((height - line) // 2, 4))

    def set(self, said: Said, look: Look, size: tuple[int, int]) -> Lettering:
        """Place what a block says in `size` (width, height); what does not fit is elided or left out."""
        metrics, elider, (width, height) = self._metrics, self._elider, size
        name, below, mark = said[:3]
        lines: list[Run] = []
        if height < metrics.least_height or width < 3 * BAR:
            return Lettering(look, lines)
        tall, small = height >= self._tall, height < metrics.line
        face = _SMALL if small else look.name_face
        start, right = float(GAP if look.dashed else BAR + GAP), float(width - GAP)
        baseline = metrics.ascent + 2 if tall else self.baseline(height, face)
        lock = self._lock(start, baseline, look, right) if said.is_locked else None
        left = start if lock is None else lock[0].right() + LOCK_GAP
        line: _Line = (face, left, right, baseline)
        pill, beside = None, "" if tall or small or not below else below[0]
        if mark is not None:
            wanted = elider.advance(face, name)
            if beside:
                wanted += elider.advance(look.text_face, f" · {beside}")
            line, pill = self._set_mark(lines, mark, line, wanted, height)
            right = line[2]
        shown, advance = elider.fit(face, name, right - left)
        if said.shorter and shown != name:
            shown, advance = self.fit_first(face, said.shorter, right - left)
        if shown:
            lines.append((face, right - advance if is_right_to_left(name) else left, baseline, shown, look.ink))
            if tall:
                self._set_below(lines, below, look, start, size)
            elif beside and shown == name:
                self._set_beside(lines, said, look, line, advance)
        elif look.dashed is not None:
            face = _SMALL if small else _NAME  # struck out, a cross would be a blot
            lines.append((face, max(0.0, (width - elider.advance(face, ENDED)) / 2), baseline, ENDED, look.ink))
        return Lettering(look, lines, pill, lock)

    def fit_first(self, face: Face, texts: tuple[str, ...], width: float) -> tuple[str, float]:
        """Return the first text that fits whole, else the last one elided, and its width."""
        whole = (text for text in texts if self._elider.advance(face, text) <= width)
        return self._elider.fit(face, next(whole, texts[-1]), width)

    def _lock(self, left: float, baseline: float, look: Look, right: float) -> tuple[QRectF, QColor] | None:
        """Return where the lock before a name stands, on its line, and its colour; None where it would not fit."""
        high = round(self._metrics.small_ascent * 0.9)
        box = QRectF(left, baseline - high + 1, round(high * LOCK_SHAPE), high)
        return (box, look.ink) if box.right() <= right else None

    def _set_mark(
        self, lines: list[Run], mark: Mark, line: _Line, wanted: float, height: int
    ) -> tuple[_Line, _Pill | None]:
        """Place the mark at the right, in short where the rest would suffer; return what is left of the line.

        `wanted`: the width the line would like for all it has to say but the mark.
        """
        (face, left, right, baseline), (full, short, ink, ground) = line, mark
        room = right - left
        pad = _PILL_PAD if ground is not None else 0.0
        text, needed = full, self._elider.advance(_SMALL, full) + 2 * pad
        if room - needed - GAP < wanted:
            text, needed = short, self._elider.advance(_SMALL, short) + 2 * pad
        if not text or needed > room * (0.6 if ground is None else 0.9):
            return line, None
        start, pill = right - needed, None
        if ground is not None:
            top = max(1.0, baseline - self._metrics.small_ascent)
            pill = (QRectF(start, top, needed, min(float(self._metrics.small_line), height - top - 1.0)), ground)
        lines.append((_SMALL, start + pad, baseline, text, ink))
        return (face, left, start - GAP, baseline), pill

    def _set_below(
        self, lines: list[Run], texts: tuple[str, ...], look: Look, left: float, size: tuple[int, int]
    ) -> None:
        (width, height), baseline = size, self._metrics.ascent + 2
        for text in texts:
            baseline += self._metrics.line
            if baseline + 2 > height:
                return
            fitted, advance = self._elider.fit(look.text_face, text, width - GAP - left)
            if fitted:
                x = width - GAP - advance if is_right_to_left(text) else left
                lines.append((look.text_face, x, baseline, fitted, look.muted))

    def _set_beside(self, lines: list[Run], said: Said, look: Look, line: _Line, taken: float) -> None:
        _, left, right, baseline = line
        room = right - left - taken
        if room < 2.2 * self._metrics.line:
            return
        rtl, text = is_right_to_left(said.name), said.below[0]
        fitted, advance = self._elider.fit(look.text_face, f"{text} · " if rtl else f" · {text}", room)
        if len(fitted) > 4:
            lines.append(
                (look.text_face, right - taken - advance if rtl else left + taken, baseline, fitted, look.muted)
            )
