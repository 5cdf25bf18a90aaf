"""Reads a CSV or iCalendar file as rows of cells, one after the other: strictly, within limits, with row numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Final, Literal

from clinic_desk.domain.exchange import DateOrder, Reason, RowProblem
from clinic_desk.domain.exchange_values import DatesSeen, dates_seen, plain_cell
from clinic_desk.errors import InvalidInput
from clinic_desk.services.importing.encodings import encoding_of

MAX_BYTES: Final = 256 << 20
MAX_ROWS: Final = 500_000
MAX_COLUMNS: Final = 200
DELIMITERS: Final = (",", ";", "\t", "|")
_SNIFFED: Final = 50
_LONGEST_LINE: Final = 1 << 20
_CALENDAR: Final = "BEGIN:VCALENDAR"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was looked at. `headings` are its columns; for iCalendar, what is taken of each event."""

    path: Path
    format: Literal["csv", "ics"]
    size: int
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...] = ()
    """The cells of the first rows, to show."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `position`: bytes of the file read by then. With a `problem` its cells say nothing."""

    number: int
    cells: tuple[str, ...]
    position: int
    problem: RowProblem | None = None


def look_at(path: Path, *, encoding: str | None = None, delimiter: str | None = None) -> SourceFile:
    """Find out how a file is written. Raises InvalidInput of the fields file, encoding, delimiter."""
    size = _size(path)
    codec = encoding_of(path, encoding)
    with _text(path, codec) as (text, _):
        start = text.read(_LONGEST_LINE)
    if start.lstrip().upper().startswith(_CALENDAR):
        from clinic_desk.services.importing.calendar_rows import HEADINGS

        found = SourceFile(path, "ics", size, codec, "", HEADINGS)
    else:
        found = _csv(path, size, codec, start, delimiter)
    sample = tuple(row.cells for row in islice(rows(found), 20) if row.problem is None)
    return SourceFile(path, found.format, size, codec, found.delimiter, found.headings, sample)


def _size(path: Path) -> int:
    try:
        is_file, size = path.is_file(), path.stat().st_size
    except OSError:
        is_file, size = False, 0
    if not is_file:
        raise InvalidInput(field="file", expected="a file that can be read")
    if not 0 < size <= MAX_BYTES:
        raise InvalidInput(field="file", expected=f"a file with content, of at most {MAX_BYTES >> 20} MB")
    return size


def _csv(path: Path, size: int, codec: str, start: str, delimiter: str | None) -> SourceFile:
    if delimiter is not None and delimiter not in DELIMITERS:
        raise InvalidInput(field="delimiter", expected="a comma, semicolon, tab or |")
    lines = start.splitlines(keepends=True)
    if lines and (said := lines[0].strip().lower()).startswith("sep=") and len(said) == 5:
        delimiter, lines = delimiter or said[4], lines[1:]
    chosen = delimiter or _delimiter(lines[:_SNIFFED])
    try:
        first = next(csv.reader(lines, delimiter=chosen, strict=True), [])
    except csv.Error:
        first = []
    headings = tuple(plain_cell(cell) for cell in first)
    while headings and not headings[-1]:
        headings = headings[:-1]
    if not any(headings) or len(headings) > MAX_COLUMNS:
        raise InvalidInput(field="file", expected=f"a first row of 1 to {MAX_COLUMNS} headings")
    return SourceFile(path, "csv", size, codec, chosen, headings)


def _delimiter(lines: list[str]) -> str:
    """The sign that parts the rows into the most columns, as many in each as in the first."""

    def score(delimiter: str) -> tuple[float, int]:
        try:
            found = [len(row) for row in csv.reader(lines[:-1] or lines, delimiter=delimiter) if row]
        except csv.Error:
            return 0.0, 0
        if not found or found[0] < 2:
            return 0.0, 0
        return round(sum(count == found[0] for count in found) / len(found), 1), found[0]

    return max(DELIMITERS, key=score)


def rows(source: SourceFile) -> Iterator[Row]:
    """Read the rows; an empty line is none. Raises InvalidInput when there are too many, or the file has changed."""
    with _text(source.path, source.encoding) as (text, binary):
        if source.format == "ics":
            from clinic_desk.services.importing.calendar_rows import event_rows

            found = event_rows(text, binary)
        else:
            found = _csv_rows(source, text, binary)
        for count, row in enumerate(found):
            if count >= MAX_ROWS:
                raise InvalidInput(field="file", expected=f"at most {MAX_ROWS} rows; part it into several files")
            yield row


def _csv_rows(source: SourceFile, text: IO[str], binary: IO[bytes]) -> Iterator[Row]:
    width = len(source.headings)
    if not text.readline().strip().lower().startswith("sep="):
        text.seek(0)
    reader = csv.reader(text, delimiter=source.delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield Row(number, (), binary.tell(), RowProblem(number, "", Reason.UNREADABLE, str(error)))
            continue
        if cells is None:
            return
        if number == 1 or not any(cells):
            continue
        if len(cells) > width and not any(cells[width:]):
            cells = cells[:width]
        if len(cells) != width:
            problem = RowProblem(number, "", Reason.CELLS, str(width), str(len(cells)))
            yield Row(number, (), binary.tell(), problem)
            continue
        yield Row(number, tuple(cells), binary.tell())


@contextmanager
def _text(path: Path, codec: str) -> Iterator[tuple[IO[str], IO[bytes]]]:
    try:
        with path.open("rb") as binary, io.TextIOWrapper(binary, codec, newline="") as text:
            yield text, binary
    except UnicodeError:
        raise InvalidInput(field="file", expected="a file that does not change meanwhile") from None
    except OSError:
        raise InvalidInput(field="file", expected="a file that can be read") from None


def dates_of(source: SourceFile, columns: list[int]) -> DatesSeen:
    """Look at every date of some columns of the file: whether day or month comes first."""
    cells = (row.cells[place] for row in rows(source) if row.problem is None for place in columns)
    return dates_seen(cells)


def order_for(source: SourceFile, columns: list[int], chosen: DateOrder | None) -> DateOrder | None:
    """Return the order that was chosen or that the dates show. Raises InvalidInput if neither tells it."""
    if chosen is not None or not columns:
        return chosen
    seen = dates_of(source, columns)
    if seen.is_ambiguous:
        raise InvalidInput(field="date_order", expected="dmy or mdy: the dates of this file do not tell which")
    return seen.order
