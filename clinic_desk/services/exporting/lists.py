"""Saves a list as it is on screen as a CSV file, for who has the right to; that it was done is noted."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries_exporting import MAY_EXPORT
from clinic_desk.domain.exchange_values import safe_cell
from clinic_desk.errors import NotAllowed
from clinic_desk.services.exporting.private_file import private_file

if TYPE_CHECKING:
    from typing import TextIO
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database

_RIGHT: Final = "to take lists out of the program"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list in words: what it is called, the headings of its columns, and its rows of as many cells."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def save_list(
    db: Database, listing: Listing, path: Path, operation_id: UUID, *, delimiter: str = ",", overwrite: bool = False
) -> int:
    """Write the file; return the number of rows. Who saved a list is noted before the file is in its place.

    Only its owner may read the file. Raises InvalidInput(file), NotAllowed (no right to export),
    DatabaseDown, Busy, OutcomeUnknown; there is no file then.
    """

    def allowed(connection: Connection) -> None:
        if not connection.exec_driver_sql(MAY_EXPORT).scalar_one():
            raise NotAllowed(_RIGHT)

    with private_file(path, encoding="utf-8-sig", overwrite=overwrite) as (file, put):
        _write(listing, file, delimiter)
        db.changing(operation_id, "ExportList", allowed, lambda _: None)
        put()
    return len(listing.rows)


def save_figures(listing: Listing, path: Path, *, delimiter: str = ",", overwrite: bool = False) -> int:
    """Write a table of figures, which names no patient: who may see it may keep it. Raises InvalidInput(file)."""
    with private_file(path, encoding="utf-8-sig", overwrite=overwrite) as (file, put):
        _write(listing, file, delimiter)
        put()
    return len(listing.rows)


def _write(listing: Listing, file: TextIO, delimiter: str) -> None:
    """No cell is taken for a formula by a spreadsheet."""
    writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    for row in (listing.headings, *listing.rows):
        writer.writerow([safe_cell(cell) for cell in row])
