"""What a column's free time is: closed, a break, time off, a block, a closure, or no time at all; pure.

Bands of one column never overlap: where two would, the one that says more stays (a closure over time off, time off over
a block, a block over a break, a break over plain closed time).
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from clinic_desk.domain.working_time import Interval, breaks, joined

if TYPE_CHECKING:
    from clinic_desk.domain.records import Clinic, DayBoard
    from clinic_desk.ui.calendar.geometry import DayScale
    from clinic_desk.ui.calendar.opening import Opening
    from clinic_desk.ui.calendar.places import Column

LABEL_EVERY = 240
"""Positions after which a long band says its name again, so that it is on screen wherever the day is scrolled to."""


class BandKind(IntEnum):
    """Kinds of bands, the later over the earlier."""

    CLOSED = 1
    BREAK = 2
    BLOCK = 3
    TIME_OFF = 4
    CLOSURE = 5
    NO_SUCH_TIME = 6


@dataclass(frozen=True, slots=True)
class Band:
    """Positions [start, end) of one kind. `labels`: where its name is written."""

    start: int
    end: int
    kind: BandKind
    name: str = ""
    labels: tuple[int, ...] = ()


def bands_of(
    column: Column, board: DayBoard | None, clinic: Clinic, scale: DayScale, opening: Opening
) -> tuple[Band, ...]:
    """Return the bands of a column from top to bottom, free working time being what is between them."""
    open_spans = joined(_interval(scale, window.interval) for window in opening.windows)
    found = [Band(start, end, BandKind.CLOSED) for start, end in _gaps(open_spans, scale.axis.length)]
    if column.kind == "practitioner":
        pauses = [_interval(scale, gap.interval) for gap in breaks(opening.windows)]
        found += [Band(start, end, BandKind.BREAK) for start, end in _outside(pauses, open_spans)]
    found += _absences(column, board, scale)
    found += [
        Band(0, scale.axis.length, BandKind.CLOSURE, closure.name)
        for closure in clinic.closures
        if closure.site_id == opening.site_id and closure.first_day <= column.day <= closure.last_day
    ]
    found += [Band(start, end, BandKind.NO_SUCH_TIME) for start, end in scale.absent()]
    first = scale.position(opening.usual[0].interval.starts_at) if opening.usual else 8 * 60
    return tuple(_labelled(band, first) for band in _flattened(found))


def _absences(column: Column, board: DayBoard | None, scale: DayScale) -> list[Band]:
    if board is None:
        return []
    out = [
        Band(*_span(scale, off.starts_at, off.ends_at), BandKind.TIME_OFF, off.name)
        for off in board.time_off
        if off.practitioner_id == column.id
    ]
    return out + [
        Band(*_span(scale, block.starts_at, block.ends_at), BandKind.BLOCK, block.name)
        for block in board.blocks
        if column.id in (block.practitioner_id, block.room_id)
    ]


def _interval(scale: DayScale, interval: Interval) -> tuple[int, int]:
    return _span(scale, interval.starts_at, interval.ends_at)


def _span(scale: DayScale, starts_at: datetime, ends_at: datetime) -> tuple[int, int]:
    return scale.position(starts_at), scale.position(ends_at, as_end=True)


def _gaps(spans: Iterable[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    out, at = [], 0
    for start, end in spans:
        if at < start:
            out.append((at, start))
        at = max(at, end)
    if at < length:
        out.append((at, length))
    return out


def _outside(spans: Iterable[tuple[int, int]], others: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the spans that do not meet any of the others (a break at one site may be work at another)."""
    return [(a, b) for a, b in spans if a < b and not any(a < end and start < b for start, end in others)]


def _flattened(bands: list[Band]) -> list[Band]:
    """Cut the bands so that at each position only the one of the highest kind stays; join what then touches."""
    bands = [band for band in bands if band.start < band.end]
    edges = sorted({edge for band in bands for edge in (band.start, band.end)})
    out: list[Band] = []
    for start, end in itertools.pairwise(edges):
        over = [band for band in bands if band.start <= start and end <= band.end]
        if not over:
            continue
        top = max(over, key=lambda band: band.kind)
        if out and out[-1].end == start and out[-1].kind == top.kind and out[-1].name == top.name:
            out[-1] = Band(out[-1].start, end, top.kind, top.name)
        else:
            out.append(Band(start, end, top.kind, top.name))
    return out


def _labelled(band: Band, opening: int) -> Band:
    """Say where the band's name is written: at its top, at the opening of the day, and again every few hours."""
    if band.kind == BandKind.CLOSED:
        return band
    first = opening if band.start < opening < band.end else band.start
    labels = [*range(first, band.end, LABEL_EVERY)]
    labels[:0] = [*range(first - LABEL_EVERY, band.start - 1, -LABEL_EVERY)][::-1]
    if len(labels) > 1 and band.end - labels[-1] < 30:
        labels.pop()
    return Band(band.start, band.end, band.kind, band.name, tuple(labels))


def band_at(bands: Sequence[Band], position: int) -> Band | None:
    """Return the band that covers a position; None in free working time."""
    at = bisect_right([band.start for band in bands], position) - 1
    return bands[at] if at >= 0 and position < bands[at].end else None
