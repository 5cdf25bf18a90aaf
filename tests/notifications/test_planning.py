"""Which messages are planned, and when a reminder leaves, by pure functions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_desk.domain.records import Appointment, AppointmentStatus, Channel, Patient, Site
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.planning import Message, Occasion, Queued, plan, plan_farewell, reminder_due
from tests.support.bookings import BERLIN, NEW_YORK, at

DAY = date(2031, 3, 4)
SITE = Site(UUID(int=1), "Praxis Mitte", BERLIN, "Torstr. 1, Berlin", "+49301234567")
PATIENT = Patient(UUID(int=2), "Meier", "Anna", None, phone="+49301", email="a@example.org", channel=Channel.SMS)
NOW = at(date(2031, 3, 1), 10)


def appointment(starts_at: datetime | None = None, **other: Any) -> Appointment:
    start = starts_at or at(DAY, 10)
    row = Appointment(
        id=UUID(int=3),
        patient_id=PATIENT.id,
        practitioner_id=UUID(int=4),
        site_id=SITE.id,
        type_id=UUID(int=5),
        starts_at=start,
        ends_at=start + timedelta(minutes=15),
        wall_start=to_wall(start, BERLIN),
        zone=BERLIN,
    )
    return replace(row, **other)


def occasion(row: Appointment | None = None, patient: Patient = PATIENT, now: datetime = NOW) -> Occasion:
    return Occasion(row or appointment(), patient, SITE, now)


def kinds(messages: tuple[Message, ...]) -> list[str]:
    return [message.kind for message in messages]


def left(message: Message, status: str = "sent") -> Queued:
    return Queued(message.patient_id, message.kind, status, message.dedupe_key)


# --- what is told -----------------------------------------------------------------------------------------------------


def test_a_new_booking_is_confirmed_and_reminded_of() -> None:
    confirmation, reminder = plan(occasion())
    assert (confirmation.kind, confirmation.due_at) == ("confirmation", NOW + timedelta(seconds=20))
    assert (reminder.kind, reminder.due_at) == ("reminder", at(date(2031, 3, 3), 10))
    assert confirmation.not_after == reminder.not_after == at(DAY, 10)


def test_keys_are_unique_for_each_kind_change_and_patient() -> None:
    keys = [message.dedupe_key for message in plan(occasion())]
    keys += [message.dedupe_key for message in plan(occasion(appointment(version=2)))]
    keys += [message.dedupe_key for message in plan(occasion(patient=replace(PATIENT, id=UUID(int=9))))]
    assert len(set(keys)) == 6


def test_what_a_patient_knows_already_is_not_told_again() -> None:
    told = left(plan(occasion())[0])
    assert kinds(plan(occasion(appointment(version=2, note="x", room_id=UUID(int=8))), [told])) == ["reminder"]


@pytest.mark.parametrize("status", ["leased", "sending", "unknown", "sent", "delivered"])
def test_a_message_that_may_have_left_counts_as_told(status: str) -> None:
    told = left(plan(occasion())[0], status)
    later = appointment(at(DAY, 11), version=2)
    assert kinds(plan(occasion(later), [told])) == ["rescheduled", "reminder"]


@pytest.mark.parametrize("status", ["failed", "expired"])
def test_a_message_that_never_arrived_does_not(status: str) -> None:
    told = left(plan(occasion())[0], status)
    assert kinds(plan(occasion(appointment(at(DAY, 11), version=2)), [told])) == ["confirmation", "reminder"]


def test_the_same_time_at_another_site_is_told() -> None:
    told = left(plan(occasion())[0])
    assert kinds(plan(occasion(appointment(site_id=UUID(int=77), version=2)), [told]))[0] == "rescheduled"


def test_a_cancellation_is_told_once_and_only_to_who_knew() -> None:
    told = left(plan(occasion())[0])
    gone = appointment(status=AppointmentStatus.CANCELLED, version=2)
    assert plan(occasion(gone)) == ()
    (message,) = plan(occasion(gone), [told])
    assert message.kind == "cancelled"
    assert plan(occasion(replace(gone, version=3)), [told, left(message)]) == ()
    assert kinds(plan(occasion(appointment(version=4)), [told, left(message)])) == ["confirmation", "reminder"]


def test_who_lost_the_appointment_to_another_patient_is_told_if_she_knew() -> None:
    told = left(plan(occasion())[0])
    assert kinds(plan_farewell(occasion(), [told])) == ["cancelled"]
    assert plan_farewell(occasion(), []) == ()
    assert plan_farewell(occasion(), [told], tell=False) == ()


@pytest.mark.parametrize(
    "patient",
    [
        replace(PATIENT, channel=Channel.NONE),
        replace(PATIENT, phone=""),
        replace(PATIENT, channel=Channel.EMAIL, email=""),
    ],
)
def test_who_cannot_or_will_not_be_reached_gets_nothing(patient: Patient) -> None:
    assert plan(occasion(patient=patient)) == ()


@pytest.mark.parametrize(
    "status", sorted(set(AppointmentStatus) - {AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED})
)
def test_only_what_is_booked_or_cancelled_is_told(status: AppointmentStatus) -> None:
    assert plan(occasion(appointment(status=status))) == ()


def test_nothing_is_sent_about_what_has_begun() -> None:
    assert plan(occasion(now=at(DAY, 10))) == ()
    assert kinds(plan(occasion(now=at(DAY, 9, 59)))) == ["confirmation"]


# --- when a reminder leaves -------------------------------------------------------------------------------------------


def test_exactly_at_the_lead_there_is_a_reminder_and_inside_it_none() -> None:
    assert kinds(plan(occasion(now=at(date(2031, 3, 3), 10)))) == ["confirmation", "reminder"]
    assert kinds(plan(occasion(now=at(date(2031, 3, 3), 10) + timedelta(microseconds=1)))) == ["confirmation"]


@pytest.mark.parametrize(
    ("start", "due"),
    [
        ((9, 0), (date(2031, 3, 3), 9, 0)),  # the end of the quiet hours is not quiet
        ((8, 59), (date(2031, 3, 3), 9, 0)),
        ((19, 59), (date(2031, 3, 3), 19, 59)),
        ((20, 0), (DAY, 9, 0)),  # their start is
        ((23, 0), (DAY, 9, 0)),
        ((0, 30), (date(2031, 3, 3), 9, 0)),
    ],
)
def test_a_reminder_due_in_the_quiet_hours_waits_for_their_end(
    start: tuple[int, int], due: tuple[date, int, int]
) -> None:
    assert reminder_due(at(DAY, *start), BERLIN) == at(*due)


def test_with_less_than_an_hour_left_then_it_goes_the_evening_before() -> None:
    lead = timedelta(hours=2)
    evening = at(date(2031, 3, 3), 19, 59)
    assert reminder_due(at(DAY, 9, 30), BERLIN, lead) == evening
    assert reminder_due(at(DAY, 9, 59), BERLIN, lead) == evening
    assert reminder_due(at(DAY, 10, 0), BERLIN, lead) == at(DAY, 9)


def test_the_quiet_hours_are_those_of_the_site() -> None:
    start = at(DAY, 9, zone=NEW_YORK)
    assert reminder_due(start, NEW_YORK) == at(date(2031, 3, 3), 9, zone=NEW_YORK)
    assert reminder_due(at(DAY, 8, zone=NEW_YORK), NEW_YORK) == at(date(2031, 3, 3), 9, zone=NEW_YORK)


def test_a_lead_in_hours_is_elapsed_time_when_the_clocks_change() -> None:
    monday = date(2031, 3, 31)  # the clocks went forward on Sunday at two
    due = reminder_due(at(monday, 12), BERLIN)
    assert due == at(monday, 12) - timedelta(hours=24)
    assert due == at(date(2031, 3, 30), 12)
    sunday = date(2031, 3, 30)
    assert reminder_due(at(sunday, 12), BERLIN) == at(date(2031, 3, 29), 11)


def test_a_reminder_for_which_no_time_is_left_is_shown_as_failed_and_not_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("clinic_desk.notifications.planning.REMINDER_LEAD", timedelta(hours=2))
    monkeypatch.setattr(reminder_due, "__defaults__", (timedelta(hours=2),))
    night = at(DAY, 1)
    messages = plan(occasion(appointment(at(DAY, 9, 30)), now=night))
    assert [(message.kind, message.status, message.last_error) for message in messages] == [
        ("confirmation", "pending", ""),
        ("reminder", "failed", "quiet-hours"),
    ]


def test_times_are_instants_in_utc() -> None:
    for message in plan(occasion()):
        assert message.due_at.tzinfo in {UTC, NOW.tzinfo}
