"""All areas in the order in which an empty clinic is set up."""

from __future__ import annotations

from clinic_desk.ui.setup.area import Area
from clinic_desk.ui.setup.areas.absences import absence_area
from clinic_desk.ui.setup.areas.blocks import block_area
from clinic_desk.ui.setup.areas.closures import closure_area
from clinic_desk.ui.setup.areas.desks import desk_area
from clinic_desk.ui.setup.areas.hours import hours_area
from clinic_desk.ui.setup.areas.locking import locking_area
from clinic_desk.ui.setup.areas.overrides import override_area
from clinic_desk.ui.setup.areas.people import people_area
from clinic_desk.ui.setup.areas.practitioners import practitioner_area
from clinic_desk.ui.setup.areas.reminders import reminder_area
from clinic_desk.ui.setup.areas.rooms import room_area
from clinic_desk.ui.setup.areas.rules import rules_area
from clinic_desk.ui.setup.areas.sites import site_area
from clinic_desk.ui.setup.areas.types import type_area


def all_areas() -> tuple[Area, ...]:
    """Return every area that there is."""
    return (
        site_area(),
        practitioner_area(),
        hours_area(),
        type_area(),
        room_area(),
        absence_area(),
        override_area(),
        closure_area(),
        block_area(),
        rules_area(),
        reminder_area(),
        people_area(),
        locking_area(),
        desk_area(),
    )
