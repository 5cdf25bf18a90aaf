"""What the rules say about a form's content, judged on the boards at hand before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from clinic_desk.domain.commands import Rule, Update
from clinic_desk.domain.records import Appointment, Clinic, DayBoard, Hold
from clinic_desk.domain.refusals import Violation
from clinic_desk.domain.rules import Candidate, candidate_of_update, check_booking
from clinic_desk.ui.booking.draft import Draft

FIELD_OF_RULE = {
    Rule.WRONG_TYPE: "type",
    Rule.TOO_SHORT: "type",
    Rule.TOO_LONG: "type",
    Rule.NO_ROOM: "room",
    Rule.ROOM_TAKEN: "room",
    Rule.DEVICE_TAKEN: "room",
    Rule.NO_DEVICE: "room",
    Rule.WRONG_ROOM: "room",
    Rule.INACTIVE: "with",
    Rule.PATIENT_BUSY: "patient",
}
"""Beside which field a broken rule is told; the others are about the time ("when")."""


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
    if draft.day is None:
        return draft.site_id
    day = draft.day
    sites = [
        row.site_id
        for row in sorted(clinic.working_hours, key=lambda row: row.start_minute)
        if row.practitioner_id == practitioner_id
        and row.weekday == day.isoweekday()
        and row.valid_from <= day <= (row.valid_to or day)
    ]
    return draft.site_id if not sites or draft.site_id in sites else sites[0]
