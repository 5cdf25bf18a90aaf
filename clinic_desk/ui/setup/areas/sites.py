"""Sites: name, time zone, address and telephone, and whose public holidays are kept there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QTimeZone

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Site
from clinic_desk.domain.setup import SaveSite
from clinic_desk.domain.wall import zone_names, zone_rules
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import sites as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work, removing_by
from clinic_desk.ui.setup.areas.shared import active_row, named
from clinic_desk.ui.setup.holiday_words import countries, country_text, subdivision_text, subdivisions
from clinic_desk.ui.setup.inputs import choice_input, known_text_input, text_input
from clinic_desk.ui.setup.words import yes_no

translate = QCoreApplication.translate


def typed_zone(typed: str) -> str:
    """Return the name of a time zone as it is written, whatever letters were typed, or enough of it: `berlin`.

    Raises InvalidInput.
    """
    text = typed.strip().replace(" ", "_")
    known = {name.lower(): name for name in zone_names()}
    fitting = [name for lower, name in known.items() if text.lower() in lower]
    name = known.get(text.lower()) or (fitting[0] if len(fitting) == 1 else text)
    if not name:
        raise InvalidInput(field="zone", expected="a time zone")
    zone_rules(name)
    return name


def _read(values: Values, base: Site, _setup: Setup) -> Site:
    country = values["country"] or ""
    known = {code for _, code in subdivisions(country)}
    return replace(
        base,
        name=named(values),
        zone=typed_zone(values["zone"]),
        address=values["address"].strip(),
        phone=values["phone"].strip(),
        country=country,
        subdivision=values["subdivision"] if values["subdivision"] in known else "",  # another country was chosen
        active=values["active"],
    )


def _said(name: str, site: Site, _setup: Setup) -> str:
    if name == "active":
        return yes_no(site.active)
    if name == "country":
        return country_text(site.country)
    if name == "subdivision":
        return subdivision_text(site.country, site.subdivision)
    return str(getattr(site, name)) or "—"


def _saving(_base: Any, site: Site, operation: UUID) -> Work:
    command = SaveSite(
        name=site.name,
        zone=site.zone,
        address=site.address,
        phone=site.phone,
        country=site.country,
        subdivision=site.subdivision,
        active=site.active,
        id=site.id,
        version=site.version,
        operation_id=operation,
    )
    return lambda db: service.save_site(db, command)


def _blank(_setup: Setup) -> Site:
    zone = bytes(QTimeZone.systemTimeZoneId().data()).decode()
    return Site(new_id(), "", zone if zone in zone_names() else "", version=0)


def site_area() -> Area:
    """Return the area of the sites."""
    return Area(
        name="sites",
        title=translate("setup", "Sites"),
        about=translate("setup", "Where patients come to. Each site keeps its own clock, holidays and rooms."),
        none_yet=translate("setup", "There is no site yet. Add the first one: most clinics have just one."),
        new_text=translate("setup", "&New site"),
        rows=(
            Row("name", translate("setup", "Name"), text_input()),
            Row(
                "zone",
                translate("setup", "Time zone"),
                known_text_input(zone_names, "Europe/Berlin"),
                translate("setup", "Type part of a city's name. Its clock rules all that happens at this site."),
            ),
            Row("address", translate("setup", "Address"), text_input(250)),
            Row("phone", translate("setup", "Telephone"), text_input(40)),
            Row(
                "country",
                translate("setup", "Public holidays of"),
                choice_input(country_text),
                translate("setup", "They are offered under Closures; nothing is closed by itself."),
                offered=lambda _setup, _site: countries(),
            ),
            Row(
                "subdivision",
                translate("setup", "Region"),
                choice_input(),
                shown=lambda values, _setup: len(subdivisions(values["country"] or "")) > 1,
                follows=lambda values: subdivisions(values["country"] or ""),
            ),
            active_row(translate("setup", "A site that is not in use keeps what is booked; nothing new is.")),
        ),
        records=lambda setup: setup.clinic.sites,
        line=lambda site, _setup: Line(site.name, "", "", site.active),
        read=_read,
        said=_said,
        saving=_saving,
        blank=_blank,
        removing=removing_by(service.remove_site),
        compared=("name", "zone", "address", "phone", "country", "subdivision", "active"),
    )
