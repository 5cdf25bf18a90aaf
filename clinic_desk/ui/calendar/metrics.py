"""Sizes and fonts of the calendar, all from the font in use: nothing here is a fixed number of pixels for text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtGui import QFont, QFontMetricsF

from clinic_desk.ui.theme import bold, scaled

STEPS = (5, 10, 15, 20, 30)
"""Minutes a row can stand for."""


class Face(IntEnum):
    """The faces the calendar writes in: a name, ordinary text, a remark at the right."""

    NAME = 0
    TEXT = 1
    SMALL = 2
    STRUCK_NAME = 3
    STRUCK_TEXT = 4


@dataclass(frozen=True, slots=True)
class Metrics:
    """Everything measured from one font. Lengths are logical pixels."""

    fonts: tuple[QFont, ...]
    faces: tuple[QFontMetricsF, ...]
    line: int
    """Height of one line of text."""
    ascent: int
    small_line: int
    small_ascent: int
    hour_width: int
    """Width of the column of hours at the left."""
    header_height: int
    minimum_column: int
    """The narrowest a column may be: a short name and a mark can still be read."""

    def row_height(self, step: int) -> int:
        """Return the height of a row of `step` minutes: a visit of one step is a line, one of 15 minutes readable."""
        return {5: self.line + 4, 10: self.line + 6, 15: self.line + 8, 20: self.line + 12}.get(
            step, 2 * self.small_line + 6
        )

    @property
    def least_height(self) -> int:
        """The least height in which a line of small text can be read."""
        return self.small_line - 1


def metrics_of(font: QFont) -> Metrics:
    """Measure a font."""
    name, small = bold(font), scaled(font, 0.9)
    struck, struck_name = QFont(font), bold(font)
    struck.setStrikeOut(True)
    struck_name.setStrikeOut(True)
    fonts = (name, font, small, struck_name, struck)
    faces = tuple(QFontMetricsF(one) for one in fonts)
    line = max(round(faces[Face.NAME].height()), round(faces[Face.TEXT].height()))
    return Metrics(
        fonts=fonts,
        faces=faces,
        line=line,
        ascent=round(max(faces[Face.NAME].ascent(), faces[Face.TEXT].ascent())),
        small_line=round(faces[Face.SMALL].height()),
        small_ascent=round(faces[Face.SMALL].ascent()),
        hour_width=round(faces[Face.NAME].horizontalAdvance("00:00")) + line + 4,
        header_height=2 * line + line + 6,
        minimum_column=round(faces[Face.NAME].averageCharWidth() * 18),
    )
