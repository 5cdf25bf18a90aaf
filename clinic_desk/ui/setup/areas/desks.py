"""The names of the desks: what others read of who booked where."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.records import Desk
from clinic_desk.domain.setup import SaveDesk
from clinic_desk.services.setup import desks as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work
from clinic_desk.ui.setup.areas.shared import named
from clinic_desk.ui.setup.inputs import text_input

translate = QCoreApplication.translate


def _read(values: Values, base: Desk, _setup: Setup) -> Desk:
    return replace(base, name=named(values))


def _saving(base: Desk | None, desk: Desk, operation: UUID) -> Work:
    assert base is not None
    command = SaveDesk(desk.id, desk.name, base.name, operation)
    return lambda db: service.save_desk(db, command)


def desk_area() -> Area:
    """Return the area of the desks."""
    return Area(
        name="desks",
        title=translate("setup", "Desks"),
        about=translate("setup", "Every PC on which this program ran. The others read the name of who booked where."),
        none_yet=translate("setup", "No desk has run yet."),
        rows=(Row("name", translate("setup", "Name"), text_input(40)),),
        records=lambda setup: setup.desks,
        line=lambda desk, _setup: Line(desk.name, desk.person),
        read=_read,
        said=lambda name, desk, _setup: str(getattr(desk, name)),
        saving=_saving,
        compared=("name",),
    )
