"""What a NOTIFY payload says: which rows of which table changed, on which local days. Ids only, never patient data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

IMPORTED: Final = "import"
"""The table that the one announcement of an import names: a desk that hears it reads everything anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """One changed row. `days` are the local days (old and new place) it touches; empty for tables without a day."""

    table: str
    id: UUID
    version: int
    days: frozenset[date] = frozenset()
    desk_id: UUID | None = None
    operation_id: UUID | None = None
    deleted: bool = False
