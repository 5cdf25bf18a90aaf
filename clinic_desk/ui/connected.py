"""What the parts of a connected desk share: the way to the database, the lanes, and what is on screen."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desk.database.engine import Database
from clinic_desk.ui.store import DayStore
from clinic_desk.ui.tasks import Tasks


@dataclass(frozen=True, slots=True)
class Connected:
    """One desk's database, lanes and store; made once after connecting."""

    database: Database
    tasks: Tasks
    store: DayStore
