"""Where everything of a document stands on its pages: pure, with the heights of texts asked of whoever can write.

Lengths are millimetres from the upper left corner of what can be printed on. A row is never cut: one that is higher
than what is left of a page goes to the next, and one that is higher than a page goes on there, paragraph by paragraph.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from clinic_desk.ui.paper.document import Cell, Document, Ground, Row, Sheet, Style, Text

Measure = Callable[[str, Style, float], float]
"""The height of a text in a style when it is this wide."""

SLIP_WIDTH: Final = 97.0
SLIP_HEIGHT: Final = 140.0
_PAD_X: Final = 1.2
_PAD_Y: Final = 1.0
_TICK_COLUMN: Final = 6.5
_TICK: Final = 3.6
_ASIDE_SHARE: Final = 0.36
_LONGEST_TEXT: Final = 300
"""Longer paragraphs are parted: each part finds room on a page, however narrow its column is."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Placed:
    """A text in its place; `right`: it ends at the right edge of the box."""

    box: Box
    text: str
    style: Style
    right: bool = False


@dataclass(slots=True)
class Page:
    """What is painted on one page: first the grounds and bars, then lines (from x, y over a width), boxes and texts."""

    grounds: list[Box] = field(default_factory=list)
    bars: list[Box] = field(default_factory=list)
    lines: list[tuple[float, float, float]] = field(default_factory=list)
    ticks: list[Box] = field(default_factory=list)
    texts: list[Placed] = field(default_factory=list)
    cut: Box | None = None


def pages_of(document: Document, width: float, height: float, measure: Measure) -> Iterator[Page]:
    """Yield the pages of a document on paper of this printable size, sheet by sheet."""
    is_cut = document.slip and width > SLIP_WIDTH + 1
    if is_cut:
        width, height = SLIP_WIDTH, min(height, SLIP_HEIGHT)
    for sheet in document.sheets:
        pages = _Pages(document, sheet, width, height, measure).made()
        for number, page in enumerate(pages, start=1):
            words = document.page_words.format(page=number, pages=len(pages))
            _foot(page, (document.foot, words), (width, height), measure)
            page.cut = Box(0, 0, width, height) if is_cut else None
            yield page


def _foot(page: Page, words: tuple[str, str], size: tuple[float, float], measure: Measure) -> None:
    """Place what stands at the bottom: on the left what is so on all pages, on the right which page it is."""
    (foot, page_words), (width, height) = words, size
    if not foot and not page_words:
        return
    top = height - _foot_height(foot, width, measure) + _PAD_Y
    left = width * (1 - _ASIDE_SHARE)
    page.lines.append((0, top - _PAD_Y, width))
    page.texts.append(Placed(Box(_PAD_X, top, left - _PAD_X, 0), foot, Style.SMALL))
    page.texts.append(Placed(Box(left, top, width - left - _PAD_X, 0), page_words, Style.SMALL, right=True))


def _foot_height(foot: str, width: float, measure: Measure) -> float:
    return measure(foot or "x", Style.SMALL, width * (1 - _ASIDE_SHARE) - _PAD_X) + 2 * _PAD_Y


class _Pages:
    """The pages of one sheet, under construction."""

    def __init__(self, document: Document, sheet: Sheet, width: float, height: float, measure: Measure) -> None:
        self._sheet, self._width, self._measure = sheet, width, measure
        self._bottom = height - _foot_height(document.foot, width, measure)
        self._edges = _edges(sheet, width)
        self._pages: list[Page] = []
        self._y = 0.0

    def made(self) -> list[Page]:
        """Lay out all rows."""
        self._begin()
        top = self._y
        if not self._sheet.rows and self._sheet.empty:
            self._write(Text(self._sheet.empty), _PAD_X, self._y + 3 * _PAD_Y, self._width - 2 * _PAD_X)
        for row in self._sheet.rows:
            for part in self._parts(row, self._bottom - top):
                height = self._height(part)
                if self._y + height > self._bottom and self._y > top:
                    self._begin()
                self._put(part, height)
        return self._pages

    def _begin(self) -> None:
        """Begin a page with the sheet's heading and those of the columns."""
        page, sheet = Page(), self._sheet
        self._pages.append(page)
        left = self._width * (1 - _ASIDE_SHARE) if sheet.aside else self._width
        y = self._write(Text(sheet.title, Style.TITLE), _PAD_X, 0, left - 2 * _PAD_X)
        y = self._write(Text(sheet.below), _PAD_X, y, left - 2 * _PAD_X)
        beside = 0.0
        for line in sheet.aside:
            beside = self._write(Text(line, Style.SMALL), left, beside + 0.4, self._width - left - _PAD_X, right=True)
        self._y = max(y, beside) + 2 * _PAD_Y
        if any(column.title for column in sheet.columns) and sheet.rows:
            heading = Row(tuple((Text(column.title, Style.FAINT),) for column in sheet.columns))
            self._put(heading, self._height(heading))
        page.lines.append((0, self._y, self._width))

    def _cells(self, row: Row) -> Iterator[tuple[Cell, float, float]]:
        """Yield each cell with where it begins and how wide its texts may be."""
        last = len(row.cells) - 1
        for place, cell in enumerate(row.cells):
            start = self._edges[place]
            end = self._edges[place + 1] if place < last else self._edges[-1]
            yield cell, start + _PAD_X, end - start - 2 * _PAD_X

    def _height(self, row: Row) -> float:
        heights = (
            sum(self._measure(text.text, text.style, width) for text in cell) for cell, _, width in self._cells(row)
        )
        return max(max(heights, default=0.0) + 2 * _PAD_Y, _TICK + 2 * _PAD_Y if row.tick else 0.0, row.least)

    def _put(self, row: Row, height: float) -> None:
        page = self._pages[-1]
        if row.ground is Ground.AWAY:
            page.grounds.append(Box(0, self._y, self._width, height))
        if row.bar > 0:
            start, width = self._edges[-2] + _PAD_X, self._edges[-1] - self._edges[-2] - 2 * _PAD_X
            page.bars.append(Box(start, self._y + _PAD_Y + 0.2, width * min(1.0, row.bar), _TICK))
        if row.tick:
            page.ticks.append(Box(_PAD_X, self._y + _PAD_Y + 0.2, _TICK, _TICK))
        for cell, x, width in self._cells(row):
            y = self._y + _PAD_Y
            for text in cell:
                y = self._write(text, x, y, width)
        self._y += height
        page.lines.append((0, self._y, self._width))

    def _write(self, text: Text, x: float, y: float, width: float, *, right: bool = False) -> float:
        """Place a text; return where the next one begins."""
        height = self._measure(text.text, text.style, width) if text.text else 0.0
        if text.text:
            self._pages[-1].texts.append(Placed(Box(x, y, width, height), text.text, text.style, right))
        return y + height

    def _parts(self, row: Row, room: float) -> Iterator[Row]:
        """Yield the row, or the parts of one that is higher than a page: each cell goes on where it left off."""
        if self._height(row) <= room:
            yield row
            return
        rest: list[Sequence[Text]] = [_parted(cell) for cell in row.cells]
        tick = row.tick
        while any(rest):
            part: list[Cell] = []
            for place, (_, _, width) in enumerate(list(self._cells(row))):
                count, used = 0, 2 * _PAD_Y
                for text in rest[place]:
                    used += self._measure(text.text, text.style, width)
                    if used > room and count:
                        break
                    count += 1
                part.append(tuple(rest[place][:count]))
                rest[place] = rest[place][count:]
            yield replace(row, cells=tuple(part), tick=tick, least=0.0)
            tick = False


def _parted(cell: Cell) -> tuple[Text, ...]:
    return tuple(
        Text(piece, text.style)
        for text in cell
        for piece in (textwrap.wrap(text.text, _LONGEST_TEXT) if len(text.text) > _LONGEST_TEXT else [text.text])
    )


def _edges(sheet: Sheet, width: float) -> tuple[float, ...]:
    """Return where each column begins, and the right edge."""
    start = _TICK_COLUMN if sheet.ticks else 0.0
    least = sum(column.width for column in sheet.columns)
    grows = sum(column.grows for column in sheet.columns) or 1.0
    left = max(0.0, width - start - least)
    squeeze = min(1.0, (width - start) / least) if least else 1.0
    edges = [start]
    for column in sheet.columns:
        edges.append(edges[-1] + column.width * squeeze + left * column.grows / grows)
    return (*edges[:-1], width) if sheet.columns else (0.0, width)
