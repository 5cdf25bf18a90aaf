"""What several areas share: what can be chosen in a field, and how ids read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, TypeVar
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.setup.area import Row, Values
from clinic_desk.ui.setup.inputs import tick_input

translate = QCoreApplication.translate


class Named(Protocol):
    """A record of the clinic that can be chosen."""

    @property
    def id(self) -> UUID: ...

    @property
    def name(self) -> str: ...

    @property
    def active(self) -> bool: ...


N = TypeVar("N", bound=Named)


def in_use(records: Iterable[N], standing: Iterable[object] = ()) -> list[tuple[str, Any]]:
    """Return (name, id) of the records in use, and of those that stand in the field already."""
    wanted = frozenset(standing)
    return [(one_line(row.name), row.id) for row in records if row.active or row.id in wanted]


def site_choices(setup: Setup, record: Any) -> list[tuple[str, Any]]:
    """Return the sites that a record can be at."""
    return in_use(setup.clinic.sites, (record.site_id,))


def person_choices(setup: Setup, record: Any) -> list[tuple[str, Any]]:
    """Return the practitioners that a record can be of."""
    return in_use(setup.clinic.practitioners, (record.practitioner_id,))


def hours_person_choices(setup: Setup, hours: Any) -> list[tuple[str, Any]]:
    """Return the practitioners that hours can be of; those that are stored (`rows`) stay with whom they are of."""
    if hours.rows:
        return [(name_of(setup.clinic.practitioners, hours.practitioner_id), hours.practitioner_id)]
    return person_choices(setup, hours)


def first_site(setup: Setup) -> UUID | None:
    """Return the site that a new record is at."""
    return next((site.id for site in setup.clinic.sites if site.active), None)


def first_person(setup: Setup) -> UUID | None:
    """Return the practitioner that a new record is of."""
    return next((person.id for person in setup.clinic.practitioners if person.active), None)


def name_of(records: Iterable[N], wanted: UUID | None) -> str:
    """Return a record's name by its id, a dash if there is none."""
    return next((one_line(row.name) for row in records if row.id == wanted), "—")


def names_of(records: Iterable[N], wanted: Iterable[UUID]) -> str:
    """Return the names of some records, in the clinic's order."""
    ids = frozenset(wanted)
    return ", ".join(one_line(row.name) for row in records if row.id in ids) or "—"


def several_sites(_values: Values, setup: Setup) -> bool:
    """Whether it must be asked at which site."""
    return len(setup.clinic.sites) > 1


def chosen(values: Values, name: str) -> UUID:
    """Return the id chosen in a field. Raises InvalidInput if there is none."""
    found = values[name]
    if found is None:
        raise InvalidInput(field=name, expected="a choice")
    assert isinstance(found, UUID)
    return found


def named(values: Values, name: str = "name") -> str:
    """Return the name typed. Raises InvalidInput if there is none."""
    text = one_line(values[name])
    if not text:
        raise InvalidInput(field=name, expected="a name")
    return text


def next_position(records: Iterable[Any]) -> int:
    """Return the place behind all others."""
    return max((row.position for row in records), default=-1) + 1


def active_row(hint: str) -> Row:
    """Return the tick that takes a record out of use."""
    return Row("active", translate("setup", "In use"), tick_input(translate("setup", "can be booked")), hint)
