"""What the rules say about a form's content, judged on the boards at hand before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic_desk.domain.commands import Rule, Update
from clinic_desk.domain.records import Appointment, Clinic, DayBoard, Hold, RoomKind
from clinic_desk.domain.refusals import SlotTaken, Violation
from clinic_desk.domain.rules import Candidate, candidate_of_update, check_booking
from clinic_desk.domain.working_time import sites_on
from clinic_desk.ui.booking.draft import Draft

_FIELD_OF_RULE: Final = {
    Rule.WRONG_TYPE: "type",
    Rule.TOO_SHORT: "type",
    Rule.TOO_LONG: "type",
    Rule.INACTIVE: "with",
    Rule.PATIENT_BUSY: "patient",
}
_FIELD_OF: Final = {RoomKind.ROOM: "room", RoomKind.DEVICE: "device"}


def field_of(problem: Violation | SlotTaken) -> str:
    """Return beside which field a broken rule, or a lost race, is told; most are about the time ("when")."""
    if isinstance(problem, SlotTaken):
        return "when" if problem.resource is None else _FIELD_OF[problem.resource]
    return _FIELD_OF_RULE.get(problem.rule, "when") if problem.about is None else _FIELD_OF[problem.about]


def judge_draft(
    draft: Draft,
    clinic: Clinic,
    boards: Iterable[DayBoard],
    now: datetime,
    *,
    was: Appointment | None = None,
    update: Update | None = None,
) -> tuple[Violation, ...]:
    """Return the rules the draft breaks as far as the boards tell; none while doctor or time is missing.

    `was` and `update` are given when an appointment that exists is changed.
    """
    starts_at = draft.starts_at(clinic)
    if draft.practitioner_id is None or starts_at is None:
        return ()
    boards = tuple(boards)
    if was is not None:
        candidate = candidate_of_update(was, update or Update(was.id, was.version), clinic)
    else:
        candidate = Candidate(
            type_id=draft.type_id,
            practitioner_id=draft.practitioner_id,
            site_id=draft.site_id,
            starts_at=starts_at,
            length_minutes=draft.length_minutes,
            patient_id=draft.patient.id if draft.patient else None,
            room_id=draft.room_id,
            device_id=draft.device_id,
            arrived=draft.arrived,
        )
    others = {entry.id: entry.appointment for board in boards for entry in board.entries}
    return check_booking(
        candidate,
        clinic,
        others=others.values(),
        time_off={row.id: row for board in boards for row in board.time_off}.values(),
        blocks={row.id: row for board in boards for row in board.blocks}.values(),
        now=now,
        was=was,
    )


def foreign_hold(draft: Draft, clinic: Clinic, boards: Iterable[DayBoard], own: UUID | None) -> Hold | None:
    """Return another desk's hold on the draft's time, if there is one."""
    interval = draft.interval(clinic)
    if interval is None:
        return None
    holds = (hold for board in boards for hold in board.holds if hold.id != own)
    return next(
        (
            hold
            for hold in holds
            if hold.practitioner_id == draft.practitioner_id
            and hold.starts_at < interval[1]
            and interval[0] < hold.ends_at
        ),
        None,
    )


def site_for(clinic: Clinic, practitioner_id: UUID | None, draft: Draft) -> UUID:
    """Return where a practitioner works on the draft's day: its site if that is one of them, else their first."""
    if draft.day is None or practitioner_id is None:
        return draft.site_id
    sites = sites_on(clinic, practitioner_id, draft.day)
    return draft.site_id if not sites or draft.site_id in sites else sites[0]
