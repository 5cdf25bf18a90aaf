"""Blocks: a doctor's or a room's time that is kept for something, or for certain visits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Block, Practitioner, Room
from clinic_desk.domain.setup import SaveBlock
from clinic_desk.errors import InvalidInput
from clinic_desk.services.setup import absences as service
from clinic_desk.services.setup_overview import Setup
from clinic_desk.ui.setup.area import Area, Line, Row, Values, Work, removing_by
from clinic_desk.ui.setup.areas.shared import first_person, in_use, name_of, named, names_of
from clinic_desk.ui.setup.inputs import choice_input, text_input, ticks_input
from clinic_desk.ui.setup.spans import (
    ROWS_OF,
    is_over,
    moment_text,
    past_text,
    span_rows,
    span_text,
    span_values,
    those_to_come_first,
    titled,
    typed_span,
    zone_of,
)

translate = QCoreApplication.translate


Of = tuple[Literal["practitioner", "room"], UUID]
"""Whose time it is."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A block as it is edited: a new one has no span yet."""

    id: UUID
    of: Of | None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    name: str = ""
    type_ids: frozenset[UUID] = frozenset()
    version: int = 0


def _reserved(row: Block) -> Reserved:
    of: Of | None = None
    if row.practitioner_id is not None:
        of = ("practitioner", row.practitioner_id)
    elif row.room_id is not None:
        of = ("room", row.room_id)
    return Reserved(row.id, of, row.starts_at, row.ends_at, row.name, row.type_ids, row.version)


def _zone(of: Of | None, setup: Setup) -> str:
    row_id = None if of is None else of[1]
    return zone_of(row_id, row_id, setup)


def _values(block: Reserved, setup: Setup) -> dict[str, Any]:
    span = span_values(block.starts_at, block.ends_at, _zone(block.of, setup), setup)
    return {"of": block.of, "name": block.name, **span, "type_ids": block.type_ids}


def _read(values: Values, base: Reserved, setup: Setup) -> Reserved:
    of, name = values["of"], named(values)
    if of is None:
        raise InvalidInput(field="of", expected="a doctor or a room")
    start, end = typed_span(values, _zone(of, setup), setup)
    return replace(base, of=of, name=name, starts_at=start, ends_at=end, type_ids=values["type_ids"])


def _line(block: Reserved, setup: Setup) -> Line:
    if block.starts_at is None or block.ends_at is None:
        return Line(translate("setup", "New block"))
    when = span_text(block.starts_at, block.ends_at, _zone(block.of, setup))
    row_id = None if block.of is None else block.of[1]
    colour = next((row.colour for row in setup.clinic.practitioners if row.id == row_id), "")
    return Line(
        when, titled(_of_text(block.of, setup), block.name), colour, not is_over(block.ends_at, setup), past_text()
    )


def _of_text(of: Of | None, setup: Setup) -> str:
    everything: list[Practitioner | Room] = [*setup.clinic.practitioners, *setup.clinic.rooms]
    return name_of(everything, None if of is None else of[1])


def _of_choices(setup: Setup, block: Reserved) -> list[tuple[str, Any]]:
    standing = () if block.of is None else (block.of[1],)
    people = [(text, ("practitioner", row)) for text, row in in_use(setup.clinic.practitioners, standing)]
    return people + [(text, ("room", row)) for text, row in in_use(setup.clinic.rooms, standing)]


def _said(name: str, block: Reserved, setup: Setup) -> str:
    value = getattr(block, name)
    if name == "of":
        return _of_text(value, setup)
    if name == "type_ids":
        return names_of(setup.clinic.types, value)
    return moment_text(value, _zone(block.of, setup)) if name.endswith("_at") else str(value)


def _saving(_base: Any, block: Reserved, operation: UUID) -> Work:
    assert block.of is not None
    assert block.starts_at is not None
    assert block.ends_at is not None
    kind, row_id = block.of
    command = SaveBlock(
        starts_at=block.starts_at,
        ends_at=block.ends_at,
        name=block.name,
        practitioner_id=row_id if kind == "practitioner" else None,
        room_id=row_id if kind == "room" else None,
        type_ids=block.type_ids,
        id=block.id,
        version=block.version,
        operation_id=operation,
    )
    return lambda db: service.save_block(db, command)


def _blank(setup: Setup) -> Reserved:
    person = first_person(setup)
    return Reserved(new_id(), None if person is None else ("practitioner", person))


def block_area() -> Area:
    """Return the area of the blocks."""
    return Area(
        name="blocks",
        title=translate("setup", "Blocks"),
        about=translate("setup", "Time kept free for something: a meeting, a training, or certain visits only."),
        none_yet=translate("setup", "Nothing is blocked from now on."),
        new_text=translate("setup", "&New block"),
        rows=(
            Row("of", translate("setup", "Of"), choice_input(), offered=_of_choices),
            Row("name", translate("setup", "For"), text_input()),
            *span_rows(),
            Row(
                "type_ids",
                translate("setup", "Only these visits"),
                ticks_input(),
                translate("setup", "Where none is ticked, nobody is booked there without being asked."),
                offered=lambda setup, block: in_use(setup.clinic.types, block.type_ids),
                shown=lambda _values, setup: bool(setup.clinic.types),
            ),
        ),
        records=lambda setup: [_reserved(row) for row in those_to_come_first(setup.blocks, setup)],
        line=_line,
        values=_values,
        read=_read,
        said=_said,
        saving=_saving,
        blank=_blank,
        removing=removing_by(service.remove_block),
        compared=("of", "name", "starts_at", "ends_at", "type_ids"),
        names={"starts_at": translate("setup", "From"), "ends_at": translate("setup", "Until")},
        rows_of=ROWS_OF | {"practitioner_id": "of", "room_id": "of"},
    )
