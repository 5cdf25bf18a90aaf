"""How each change is taken back, and what is remembered of own changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_desk.domain.commands import UNCHANGED, Cancel, Rule, SetStatus, Update
from clinic_desk.domain.records import Appointment, AppointmentStatus, CancellationReason, Entry, Patient
from clinic_desk.domain.undoing import undoing
from clinic_desk.ui.undo import Done, DoneTogether, UndoStack

START = datetime(2031, 3, 3, 8, tzinfo=UTC)
PATIENT = Patient(UUID(int=1), "Meier", "Anna", date(1987, 3, 14))
ROW = Appointment(
    UUID(int=5),
    PATIENT.id,
    UUID(int=2),
    UUID(int=3),
    UUID(int=4),
    START,
    START + timedelta(minutes=15),
    START.replace(tzinfo=None),
    "UTC",
)


def entry(**changes: Any) -> Entry:
    return Entry(replace(ROW, **changes), PATIENT)


def test_a_booking_is_taken_back_as_entered_in_error() -> None:
    command = undoing(None, ROW, 1)
    assert isinstance(command, SetStatus)
    assert (command.status, command.version) == (AppointmentStatus.ENTERED_IN_ERROR, 1)


def test_a_move_is_taken_back_by_writing_only_what_it_changed() -> None:
    later = replace(ROW, starts_at=START + timedelta(hours=1), ends_at=ROW.ends_at + timedelta(hours=1), version=2)
    command = undoing(ROW, later, 2)
    assert isinstance(command, Update)
    assert command.starts_at == START
    assert command.version == 2
    assert (command.practitioner_id, command.note, command.length_minutes) == (UNCHANGED, UNCHANGED, UNCHANGED)


def test_a_changed_length_is_taken_back() -> None:
    command = undoing(ROW, replace(ROW, ends_at=ROW.ends_at + timedelta(minutes=15)), 2)
    assert isinstance(command, Update)
    assert command.length_minutes == 15


def test_what_was_overruled_before_is_overruled_again_when_it_goes_back_there() -> None:
    before = replace(ROW, overruled=frozenset({"outside-hours", "unknown-rule"}), squeezed_in=True)
    command = undoing(before, replace(before, note="x"), 2)
    assert isinstance(command, Update)
    assert command.overrule == {Rule.OUTSIDE_HOURS, Rule.SLOT_TAKEN}


def test_a_cancellation_is_taken_back_by_reinstating_and_the_other_way_round() -> None:
    cancelled = replace(ROW, status=AppointmentStatus.CANCELLED, cancellation_reason=CancellationReason.WEATHER)
    back = undoing(ROW, cancelled, 2)
    assert isinstance(back, Update)
    assert back.reinstate
    again = undoing(cancelled, replace(ROW, version=3), 3)
    assert isinstance(again, Cancel)
    assert again.reason is CancellationReason.WEATHER


@pytest.mark.parametrize("status", [AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW])
def test_a_status_goes_back_to_the_one_before(status: AppointmentStatus) -> None:
    command = undoing(ROW, replace(ROW, status=status), 2)
    assert isinstance(command, SetStatus)
    assert command.status is AppointmentStatus.BOOKED


def test_entered_in_error_and_no_change_cannot_be_taken_back() -> None:
    assert undoing(ROW, replace(ROW, status=AppointmentStatus.ENTERED_IN_ERROR), 2) is None
    assert undoing(ROW, ROW, 1) is None


def test_own_later_changes_raise_the_version_that_earlier_ones_expect(qapp: object) -> None:
    stack = UndoStack()
    stack.push(None, entry())
    stack.push(entry(), entry(note="a", version=2))
    last = stack.last()
    assert isinstance(last, Done)
    assert last.version == 2
    stack.remove(last)
    stack.moved_on(entry(version=3))
    booked = stack.last()
    assert isinstance(booked, Done)
    assert booked.version == 3


def test_changes_of_an_appointment_that_another_desk_changed_are_forgotten(qapp: object) -> None:
    stack = UndoStack()
    stack.push(None, entry())
    stack.forget(ROW.id)
    assert stack.last() is None


def test_fifty_changes_are_remembered(qapp: object) -> None:
    stack = UndoStack()
    for number in range(60):
        stack.push(None, entry(id=UUID(int=100 + number)))
    for _ in range(50):
        last = stack.last()
        assert last is not None
        stack.remove(last)
    assert stack.last() is None


def test_a_change_of_several_appointments_is_the_last_one_and_stays_whatever_becomes_of_one(qapp: object) -> None:
    stack = UndoStack()
    stack.push(None, entry())
    together = DoneTogether(None, "change them one by one")
    stack.push_together(together)
    stack.forget(ROW.id)
    assert stack.last() is together
    stack.remove(together)
    assert stack.last() is None
