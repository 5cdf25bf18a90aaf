"""The demo clinic's records as rows of the tables, in the order in which they refer to each other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.loading import Rows
from clinic_desk.domain.folding import search_key
from clinic_desk.domain.records import AppointmentStatus as Status

if TYPE_CHECKING:
    from clinic_desk.domain.waiting import Wish
    from clinic_desk.services.demo import DemoClinic
    from clinic_desk.services.demo.appointments import DemoAppointment
    from clinic_desk.services.demo.messages import DemoMessage
    from clinic_desk.services.demo.messages import Step as MessageStep
    from clinic_desk.services.demo.setup import DemoSetup

_PATIENT = "id family_name given_name birth_date gender phone email channel language note"
_APPOINTMENT = (
    "id patient_id practitioner_id site_id type_id room_id starts_at ends_at wall_start zone buffer_before_minutes"
    " buffer_after_minutes status answer squeezed_in overruled cancellation_reason note version"
)
_MESSAGE = (
    "id appointment_id appointment_version patient_id kind channel dedupe_key subject body language due_at not_after"
    " status last_error error_code rule_id"
)
_WISH = "id patient_id type_id appointment_id practitioner_ids weekdays priority note added_at"
_FLOW: Final = (Status.ARRIVED, Status.CHECKED_IN, Status.FULFILLED)
_REPLY = "id provider_id sender body received_at meaning status patient_id appointment_id"


def rows_of(demo: DemoClinic) -> Iterator[Rows]:
    """Return the rows of every table; what triggers and identities fill in is left to them."""
    yield from _setup(demo.setup)
    patients = [(*_values(patient, _PATIENT), search_key(patient)) for patient in demo.patients]
    yield Rows("patient", f"{_PATIENT} search_key", patients)
    yield Rows(
        "appointment",
        f"{_APPOINTMENT} changed_at changed_by changed_desk_id arrived_at in_room_at finished_at",
        [_appointment(row) for row in demo.appointments],
    )
    yield Rows(
        "notification",
        f"{_MESSAGE} recipient created_at attempts sending_started_at sent_at provider_id log",
        [_message(row) for row in demo.messages],
    )
    yield Rows("inbound_message", _REPLY, [_values(reply, _REPLY) for reply in demo.replies])
    yield Rows("wish", f"{_WISH} times", [_wish(wish) for wish in demo.waiting])


def _setup(setup: DemoSetup) -> Iterator[Rows]:
    clinic = setup.clinic
    for table, columns, records in (
        ("site", "id name zone address phone country subdivision", clinic.sites),
        ("practitioner", "id name speciality colour position", clinic.practitioners),
        ("room", "id site_id name position kind capacity", clinic.rooms),
        (
            "appointment_type",
            "id name length_minutes buffer_before_minutes buffer_after_minutes colour needs_room position",
            clinic.types,
        ),
        (
            "working_hours",
            "id practitioner_id site_id weekday start_minute end_minute valid_from valid_to",
            clinic.working_hours,
        ),
        ("date_override", "id practitioner_id site_id day start_minute end_minute name", clinic.date_overrides),
        ("time_off", "id practitioner_id starts_at ends_at name", setup.time_off),
        ("closure", "id site_id first_day last_day name", clinic.closures),
        ("block", "id starts_at ends_at name practitioner_id room_id", setup.blocks),
        ("desk", "id name", setup.desks),
    ):
        yield Rows(table, columns, [_values(record, columns) for record in records])
    does = [(kind.id, who) for kind in clinic.types for who in sorted(kind.practitioner_ids)]
    yield Rows("appointment_type_practitioner", "type_id practitioner_id", does)
    reserved = [(block.id, kind) for block in setup.blocks for kind in sorted(block.type_ids)]
    yield Rows("block_type", "block_id type_id", reserved)


def _values(record: Any, columns: str) -> tuple[object, ...]:
    values: tuple[object, ...] = attrgetter(*columns.split())(record)
    return values


def _appointment(row: DemoAppointment) -> tuple[object, ...]:
    changed = (row.changed_at, row.changed_by, row.desk_id)
    flow = {step.status: step.at for step in row.steps}
    return (*_values(row.appointment, _APPOINTMENT), *changed, *map(flow.get, _FLOW))


def steps_of(demo: DemoClinic) -> list[tuple[object, ...]]:
    """Return every change of every appointment as a row of `loading.STEP`."""
    return [
        (row.appointment.id, version, step.at, step.by, step.desk_id, step.status.value)
        for row in demo.appointments
        for version, step in enumerate(row.steps, start=1)
    ]


def _message(row: DemoMessage) -> tuple[object, ...]:
    message = _values(row.message, _MESSAGE)
    log = json.dumps([_step(step) for step in row.steps])
    return (*message, row.recipient, row.created_at, row.attempts, row.tried_at, row.sent_at, row.provider_id, log)


def _wish(wish: Wish) -> tuple[object, ...]:
    minutes = (str(minute) for span in wish.times for minute in span)
    return (*_values(wish, _WISH), "{" + ",".join(minutes) + "}")


def _step(step: MessageStep) -> dict[str, object]:
    """Return a step as the trigger stamp_notification() notes one."""
    noted = {"at": step.at.isoformat(), "s": step.status, "n": step.attempts, "by": step.by}
    return noted | {name: value for name, value in (("c", step.code), ("e", step.error)) if value}
