"""Saves a list as it is on screen as a CSV file, for who has the right to; that it was done is noted."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk.database.exchange import long_change
from clinic_desk.domain.exchange_values import safe_cell
from clinic_desk.errors import InvalidInput
from clinic_desk.services.exporting.private_file import private_file

if TYPE_CHECKING:
    from typing import TextIO
    from uuid import UUID

    from clinic_desk.database.engine import Database

_COMMAND: Final = "ExportList"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list in words: what it is called, the headings of its columns, and its rows of as many cells.

    `name`: what it is, in no language and of no patient: that it was saved is noted by it.
    """

    name: str
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Which file, what parts its columns, and whether it may replace one that is there."""

    path: Path
    delimiter: str = ","
    overwrite: bool = False


def save_list(db: Database, listing: Listing, target: Target, operation_id: UUID) -> int:
    """Write the file; return the number of rows. It is noted who saved which list before the file is in its place.

    Only its owner may read the file. Raises InvalidInput(file, operation_id), NotAllowed (`export`), DatabaseDown,
    Busy, OutcomeUnknown; there is no file then.
    """
    with private_file(target.path, encoding="utf-8-sig", overwrite=target.overwrite) as (file, put):
        with long_change(db, operation_id, _COMMAND, export=True) as change:
            if change.stands:
                raise InvalidInput(field="operation_id", expected="an id of its own for each export")
            _write(listing, file, target.delimiter)
            detail = {"rows": len(listing.rows), "format": "csv", "list": listing.name}
            change.note_export(db, operation_id, _COMMAND, detail)
            change.keep()
        put()
    return len(listing.rows)


def save_figures(listing: Listing, target: Target) -> int:
    """Write a table of figures, which names no patient: who may see it may keep it. Raises InvalidInput(file)."""
    with private_file(target.path, encoding="utf-8-sig", overwrite=target.overwrite) as (file, put):
        _write(listing, file, target.delimiter)
        put()
    return len(listing.rows)


def _write(listing: Listing, file: TextIO, delimiter: str) -> None:
    """No cell is taken for a formula by a spreadsheet."""
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    for row in (listing.headings, *listing.rows):
        writer.writerow([safe_cell(cell) for cell in row])
