"""Saves, deactivates and removes sites."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.records import Site
from clinic_desk.domain.wall import zone_rules
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import checks, saving

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.setup import Deactivate, Remove, SaveSite

_COUNTRY: Final = re.compile("([A-Z]{2})?")
_SUBDIVISION: Final = re.compile(r"[\w .'-]{0,40}")


def save_site(db: Database, command: SaveSite) -> Site:
    """Add or change a site. Raises InvalidInput, SetupConflict, NotAllowed, DatabaseDown, Busy, OutcomeUnknown."""
    values = site_values(command)

    def before(connection: Connection) -> None:
        saving.refuse_namesake(connection, "site", command, values["name"])

    return saving.save(db, command, "site", Site, values, before=before)


def site_values(command: SaveSite) -> dict[str, Any]:
    """Return what the row of a site is to hold. Raises InvalidInput."""
    name, zone = checks.name(command.name), command.zone.strip()
    zone_rules(zone)
    if not _COUNTRY.fullmatch(command.country):
        raise InvalidInput(field="country", expected="two capital letters (ISO 3166-1), or nothing", example="DE")
    if not _SUBDIVISION.fullmatch(command.subdivision) or (command.subdivision and not command.country):
        raise InvalidInput(field="subdivision", expected="a region of the country chosen, or nothing")
    return {
        "name": name,
        "zone": zone,
        "address": checks.line("address", command.address),
        "phone": checks.line("phone", command.phone, 50),
        "country": command.country,
        "subdivision": command.subdivision,
        "active": command.active,
    }


def deactivate_site(db: Database, command: Deactivate) -> Site:
    """Take a site out of use."""
    return saving.deactivate(db, command, "site", Site)


def remove_site(db: Database, command: Remove) -> None:
    """Delete a site that nothing refers to; StillUsed otherwise."""
    saving.remove(db, command, "site")
