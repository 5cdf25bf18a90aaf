"""What goes on paper, as plain records: sheets of a heading and a table. Whoever prints anything makes one of these.

Texts are plain, never markup. All lengths are millimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Style(Enum):
    """How a text is written."""

    TITLE = "title"
    STRONG = "strong"
    NORMAL = "normal"
    SMALL = "small"
    FAINT = "faint"
    """Of what is not there: free times, headings of columns."""


class Ground(Enum):
    """What a row of a table stands on."""

    PLAIN = "plain"
    AWAY = "away"
    """Grey: nobody is seen then."""


@dataclass(frozen=True, slots=True)
class Text:
    """One paragraph of a cell; it wraps, also within a word that is too long."""

    text: str
    style: Style = Style.NORMAL


Cell = tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """`width`: what it has at least; `grows`: its part of what is left."""

    title: str
    width: float
    grows: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """The cells from left to right; with fewer than there are columns, the last goes on to the right edge.

    `tick`: an empty box to tick stands before the first cell. `least`: so high it is at least, for writing by hand.
    `bar`: the last column is filled from its left by this share (0-1) of its width.
    """

    cells: tuple[Cell, ...]
    ground: Ground = Ground.PLAIN
    tick: bool = False
    least: float = 0.0
    bar: float = 0.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """It begins on a page of its own and goes on over as many as it needs, each with the heading.

    `aside`: to the right of the heading. `empty`: what stands there instead of a table without rows.
    """

    title: str
    below: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    aside: tuple[str, ...] = ()
    empty: str = ""
    ticks: bool = False
    """Whether the table has a narrow column of boxes to tick."""


@dataclass(frozen=True, slots=True)
class Document:
    """`page_words`: with {page} and {pages} of a sheet. `foot`: at the bottom of each page.

    `slip`: a card for somebody's hand, as wide as A6, to be cut off where the paper is larger. `larger`: how many times
    the usual size its letters are; what patients take home is read without a desk lamp.
    """

    name: str
    sheets: tuple[Sheet, ...]
    page_words: str
    foot: str = ""
    landscape: bool = False
    slip: bool = False
    larger: float = 1.0
