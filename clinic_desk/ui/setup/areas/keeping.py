"""What the areas of time off and of closures have in common: both keep booked patients from being seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from clinic_desk.database.engine import Database
from clinic_desk.domain.setup import Remove, SaveClosure, SaveTimeOff
from clinic_desk.services.setup import absences
from clinic_desk.ui.setup.area import Area, Work

Command = SaveTimeOff | SaveClosure


def keeping_area(
    command: Callable[[Any, UUID], Command], remove: Callable[[Database, Remove], None], **fields: Any
) -> Area:
    """Return an area whose records are saved by such a command; `fields` are the others of `Area`."""

    def saving(_base: Any, record: Any, operation: UUID) -> Work:
        wanted = command(record, operation)
        if isinstance(wanted, SaveTimeOff):
            return lambda db: absences.save_time_off(db, wanted)
        return lambda db: absences.save_closure(db, wanted)

    def removing(record: Any, operation: UUID) -> Work:
        return lambda db: remove(db, Remove(record.id, record.version, operation))

    return Area(saving=saving, removing=removing, absence=command, **fields)
