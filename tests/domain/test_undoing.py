"""What is remembered of own changes, and how an appointment is taken back: pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_desk.domain.records import (
    Appointment,
    AppointmentStatus,
    CancellationReason,
    Entry,
    ParticipationStatus,
    Patient,
)
from clinic_desk.domain.undoing import AT_MOST, Deed, Ledger, ledger_of, moved_on, taken_back

START = datetime(2031, 3, 3, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
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
S = AppointmentStatus


def later(row: Appointment = ROW, **changes: Any) -> Appointment:
    wall = (row.starts_at + HOUR).replace(tzinfo=None)
    there = {"starts_at": row.starts_at + HOUR, "ends_at": row.ends_at + HOUR, "wall_start": wall}
    return replace(row, **(there | {"version": row.version + 1} | changes))


def deed(number: int) -> Deed:
    return Deed(UUID(int=number))


def marks(deeds: tuple[Deed, ...]) -> list[int]:
    return [one.mark.int for one in deeds if isinstance(one.mark, UUID)]


def test_what_is_undone_can_be_done_again_until_something_new_is_done() -> None:
    ledger = Ledger().did(deed(1)).did(deed(2))
    ledger = ledger.took_back(UUID(int=2), UUID(int=20))
    assert (marks(ledger.undo), marks(ledger.redo)) == ([1], [20])
    ledger = ledger.took_back(UUID(int=20), UUID(int=21))
    assert (marks(ledger.undo), marks(ledger.redo)) == ([1, 21], [])
    ledger = ledger.took_back(UUID(int=21), UUID(int=22)).did(deed(3))
    assert (marks(ledger.undo), marks(ledger.redo)) == ([1, 3], [])


def test_what_was_done_first_is_told_however_often_it_was_taken_back() -> None:
    first = Deed(UUID(int=1), None, Entry(ROW, PATIENT), text="Booked")
    ledger = Ledger().did(first).took_back(UUID(int=1), UUID(int=2)).took_back(UUID(int=2), UUID(int=3))
    assert ledger.undo == (replace(first, mark=UUID(int=3)),)


def test_an_earlier_change_can_be_taken_back_out_of_turn_and_fifty_are_remembered() -> None:
    ledger = Ledger()
    for number in range(1, AT_MOST + 11):
        ledger = ledger.did(deed(number))
    assert marks(ledger.undo) == list(range(11, AT_MOST + 11))
    ledger = ledger.took_back(UUID(int=20), UUID(int=200))
    assert 20 not in marks(ledger.undo)
    assert marks(ledger.redo) == [200]
    assert ledger.took_back(UUID(int=999), UUID(int=1000)) == ledger


def test_the_same_is_known_from_the_operations_alone() -> None:
    operations = [
        (deed(1), None),
        (deed(2), None),
        (deed(20), UUID(int=2)),
        (deed(21), UUID(int=20)),
        (deed(22), UUID(int=21)),
        (deed(99), UUID(int=98)),
    ]
    ledger = ledger_of(operations)
    assert (marks(ledger.undo), marks(ledger.redo)) == ([1], [22])


def test_a_booking_becomes_a_mistake_or_is_cancelled_if_the_patient_knows_of_it() -> None:
    assert taken_back(None, ROW, ROW).status is S.ENTERED_IN_ERROR
    told = taken_back(None, ROW, ROW, knows=True)
    assert (told.status, told.cancellation_reason) == (S.CANCELLED, CancellationReason.SCHEDULING_ERROR)


def test_only_what_a_change_wrote_goes_back() -> None:
    now = replace(later(), note="fasting", status=S.ARRIVED)
    back = taken_back(ROW, later(), now)
    assert (back.starts_at, back.wall_start, back.note, back.status) == (
        START,
        ROW.wall_start,
        "fasting",
        S.ARRIVED,
    )


def test_what_the_patient_answered_to_the_time_goes_back_with_the_time() -> None:
    yes = replace(ROW, answer=ParticipationStatus.ACCEPTED)
    assert taken_back(yes, later(), later()).answer is ParticipationStatus.ACCEPTED


def test_a_cancellation_goes_back_with_its_reason() -> None:
    cancelled = replace(ROW, status=S.CANCELLED, cancellation_reason=CancellationReason.WEATHER)
    again = taken_back(cancelled, replace(ROW, version=2), replace(ROW, version=2))
    assert (again.status, again.cancellation_reason) == (S.CANCELLED, CancellationReason.WEATHER)
    assert taken_back(ROW, cancelled, cancelled).cancellation_reason is None


@pytest.mark.parametrize(
    ("now", "by_others", "expected"),
    [
        (later(version=9), True, False),
        (later(note="x"), True, True),
        (later(note="x"), False, False),
        (later(later()), False, False),
        (later(status=S.ARRIVED), False, False),
        (later(answer=ParticipationStatus.ACCEPTED), True, False),
    ],
    ids=["changed back", "field there", "field here", "same field here", "status here", "answer"],
)
def test_what_crosses_another_change_is_asked_about(now: Appointment, by_others: bool, expected: bool) -> None:
    assert moved_on(ROW, later(), now, by_others=by_others) is expected
