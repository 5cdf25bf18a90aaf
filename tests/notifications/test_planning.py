"""Which messages are planned, and when a reminder leaves, by pure functions."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from clinic_desk.domain.messaging import Kind, MessageText, ReminderRule
from clinic_desk.domain.records import Appointment, AppointmentStatus, Channel, Patient, Site
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications import planning
from clinic_desk.notifications.planning import (
    Manner,
    Message,
    Occasion,
    Queued,
    Way,
    plan,
    plan_farewell,
    reminders,
    rule_due,
    way_to,
)
from clinic_desk.notifications.quiet import QuietHours, moment_to_send
from clinic_desk.notifications.templates import own_texts
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


def occasion(
    row: Appointment | None = None, patient: Patient = PATIENT, now: datetime = NOW, **manner: Any
) -> Occasion:
    return Occasion(row or appointment(), patient, SITE, now, Manner(**manner))


def reminder_due(starts_at: datetime, zone: str, lead: ReminderRule = planning.DEFAULT_RULE) -> datetime:
    """When a rule's reminder, or that of a fresh clinic's only one, leaves under the usual quiet hours."""
    return moment_to_send(rule_due(lead, starts_at, zone), starts_at, zone, planning.USUAL.quiet)


def rule(number: int, lead: int, unit: Any = "hours", **other: Any) -> ReminderRule:
    return ReminderRule(UUID(int=number), lead, unit, **other)


def kinds(messages: tuple[Message, ...]) -> list[str]:
    return [message.kind for message in messages]


def left(message: Message, status: str = "sent") -> Queued:
    return Queued(message.patient_id, message.kind, status, message.dedupe_key, message.rule_id)


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
    lead = rule(1, 2)
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


def test_a_reminder_for_which_no_time_is_left_is_shown_as_failed_and_not_dropped() -> None:
    night = at(DAY, 1)
    early = occasion(appointment(at(DAY, 9, 30)), now=night, rules=(rule(1, 2),))
    messages = plan(early)
    assert [(message.kind, message.status, message.error_code, message.due_at) for message in messages] == [
        ("confirmation", "pending", "", night + timedelta(seconds=20)),
        ("reminder", "failed", "quiet-hours", night),
    ]
    known = [left(message, message.status) for message in messages]
    assert kinds(plan(replace(early, appointment=replace(early.appointment, version=2)), known)) == ["confirmation"]


def test_times_are_instants_in_utc() -> None:
    for message in plan(occasion()):
        assert message.due_at.tzinfo in {UTC, NOW.tzinfo}


# --- the rules --------------------------------------------------------------------------------------------------------


def due(starts_at: datetime, *rules: ReminderRule, **manner: Any) -> list[datetime]:
    made = occasion(appointment(starts_at), rules=rules, **manner)
    return [message.due_at for message in plan(made) if message.kind == "reminder"]


def test_any_number_of_rules_makes_as_many_reminders_the_earliest_first() -> None:
    assert due(at(DAY, 12), rule(1, 2), rule(2, 24), rule(3, 48), rule(4, 90, "minutes")) == [
        at(date(2031, 3, 2), 12),
        at(date(2031, 3, 3), 12),
        at(DAY, 10),
        at(DAY, 10, 30),
    ]
    assert due(at(DAY, 12)) == []


def test_rules_of_the_appointments_own_type_replace_those_of_all_types() -> None:
    own, other = UUID(int=5), UUID(int=6)
    assert due(at(DAY, 12), rule(1, 24), rule(2, 2, type_id=own)) == [at(DAY, 10)]
    assert due(at(DAY, 12), rule(1, 24), rule(2, 2, type_id=other)) == [at(date(2031, 3, 3), 12)]
    assert due(at(DAY, 12), rule(1, 24), rule(2, 2, type_id=own, active=False)) == [at(date(2031, 3, 3), 12)]
    assert due(at(DAY, 12), rule(1, 24, active=False)) == []


def test_a_rule_may_have_a_channel_of_its_own_and_then_needs_an_address_for_it() -> None:
    by_both = (rule(1, 24), rule(2, 48, channel=Channel.EMAIL))
    made = plan(occasion(rules=by_both), tell=False)
    assert [(message.channel, message.due_at) for message in made] == [
        ("email", at(date(2031, 3, 2), 10)),
        ("sms", at(date(2031, 3, 3), 10)),
    ]
    assert made[0].subject != ""
    without = replace(PATIENT, email="")
    assert [message.channel for message in plan(occasion(patient=without, rules=by_both), tell=False)] == ["sms"]
    nobody = replace(PATIENT, channel=Channel.NONE)
    assert plan(occasion(patient=nobody, rules=by_both)) == ()
    noted = {("email", "a@example.org"): "opted-out"}
    assert [message.channel for message in plan(occasion(rules=by_both, notes=noted), tell=False)] == ["sms"]


def test_two_rules_that_come_to_the_same_moment_make_one_reminder() -> None:
    assert due(at(DAY, 12), rule(1, 24), rule(2, 1, "days")) == [at(date(2031, 3, 3), 12)]
    assert due(at(DAY, 12), rule(1, 4), rule(2, 5)) == [at(DAY, 9)], "both waited for the end of the quiet hours"


# 30 March 2031: the clocks go forward at two (Berlin) and at one (Canary), 26 October: back at three and at two.
@pytest.mark.parametrize("zone", [BERLIN, "Atlantic/Canary"])
@pytest.mark.parametrize("day", [date(2031, 3, 30), date(2031, 10, 26)])
def test_a_lead_in_days_is_the_same_wall_time_and_one_in_hours_elapsed_time(zone: str, day: date) -> None:
    start, before = at(day, 12, zone=zone), day - timedelta(days=1)
    assert rule_due(rule(1, 1, "days"), start, zone) == at(before, 12, zone=zone)
    shift = 1 if day.month == 3 else -1
    assert rule_due(rule(1, 24), start, zone) == at(before, 12 - shift, zone=zone)
    assert rule_due(rule(1, 1440, "minutes"), start, zone) == rule_due(rule(1, 24), start, zone)


def test_a_lead_in_days_that_ends_in_the_gap_comes_later_by_it() -> None:
    start = at(date(2031, 3, 31), 2, 30)
    assert rule_due(rule(1, 1, "days"), start, BERLIN) == at(date(2031, 3, 30), 3, 30)


def test_each_rule_looks_at_its_own_lead() -> None:
    made = occasion(appointment(at(DAY, 12)), now=at(DAY, 9), rules=(rule(1, 24), rule(2, 2), rule(3, 3)))
    assert [message.due_at for message in plan(made, tell=False)] == [at(DAY, 9), at(DAY, 10)]


def test_the_clinics_quiet_hours_are_kept_by_reminders_and_not_by_what_is_told_at_once() -> None:
    night = at(date(2031, 3, 1), 23)
    confirmation, reminder = plan(occasion(now=night, quiet=QuietHours(10 * 60, 11 * 60)))
    assert confirmation.due_at == night + timedelta(seconds=20)
    assert reminder.due_at == at(date(2031, 3, 3), 11)
    assert due(at(DAY, 3), rule(1, 2), quiet=QuietHours(0, 0)) == [at(DAY, 1)]


def test_a_reminder_that_left_already_is_not_planned_again_for_the_same_time_by_the_same_rule() -> None:
    """It left the evening before, by the quiet hours; then the appointment was cancelled and taken back."""
    start, rules = at(DAY, 9, 30), (rule(1, 2),)
    first = plan(occasion(appointment(start), rules=rules))
    assert first[1].due_at == at(date(2031, 3, 3), 19, 59)
    told = [left(message) for message in first]
    later = occasion(appointment(start, version=3), now=at(date(2031, 3, 3), 20), rules=rules)
    assert plan(later, told) == ()
    moved = replace(later, appointment=appointment(at(DAY, 16), version=4))
    assert kinds(plan(moved, told)) == ["rescheduled", "reminder"], "for another time it comes once more"
    assert kinds(plan(replace(later, patient=replace(PATIENT, id=UUID(int=9))), told))[0] == "confirmation"


def test_a_reminder_that_left_stands_in_for_no_other_rules() -> None:
    rules = (rule(1, 24), rule(2, 2))
    told = [left(message) for message in plan(occasion(appointment(at(DAY, 12)), rules=rules))[:2]]
    later = occasion(appointment(at(DAY, 12), version=3), now=at(date(2031, 3, 3), 11), rules=rules)
    assert [message.due_at for message in plan(later, told)] == [at(DAY, 10)]


def test_keys_name_the_rule_and_end_with_what_is_told() -> None:
    made = plan(occasion(rules=(rule(1, 24), rule(2, 2))))
    assert len({message.dedupe_key for message in made}) == 3
    told = f":{int(at(DAY, 10).timestamp())}@{SITE.id}"
    assert all(message.dedupe_key.endswith(told) for message in made)
    assert [message.rule_id for message in made] == [None, UUID(int=1), UUID(int=2)]


# --- who can be reached -----------------------------------------------------------------------------------------------

OPTED_OUT, UNUSABLE = {("sms", "+49301"): "opted-out"}, {("sms", "+49301"): "unusable"}


def test_who_opted_out_is_told_over_no_channel_and_staff_know_of_it_once() -> None:
    (message,) = plan(occasion(notes=OPTED_OUT))
    assert (message.kind, message.channel, message.status) == ("confirmation", "sms", "failed")
    assert (message.error_code, message.due_at) == ("opted-out", NOW)
    assert message.last_error
    assert "10:00" in message.body, "so that staff can say it on the phone"
    (reminder,) = plan(occasion(notes=OPTED_OUT), tell=False)
    assert (reminder.kind, reminder.error_code) == ("reminder", "opted-out")


def test_an_address_that_cannot_be_reached_is_passed_by_if_there_is_another() -> None:
    assert {message.channel for message in plan(occasion(notes=UNUSABLE))} == {"email"}
    (message,) = plan(occasion(patient=replace(PATIENT, email=""), notes=UNUSABLE))
    assert (message.channel, message.status, message.error_code) == ("sms", "failed", "unusable-address")
    both = UNUSABLE | {("email", "a@example.org"): "opted-out"}
    assert way_to(PATIENT, Manner(notes=both)) == Way(Channel.SMS, "unusable-address")


def test_notes_are_found_whatever_the_spelling_of_an_address() -> None:
    patient = replace(PATIENT, channel=Channel.EMAIL, email="Anna@Example.ORG")
    assert way_to(patient, Manner(notes={("email", "anna@example.org"): "opted-out"})) == Way(
        Channel.EMAIL, "opted-out"
    )
    assert way_to(patient, Manner(notes={("sms", "+49301"): "opted-out"})) == Way(Channel.EMAIL)


def test_nothing_is_planned_over_a_channel_that_is_switched_off() -> None:
    sms_only = Manner(channels=frozenset({Channel.SMS}))
    by_email = replace(PATIENT, channel=Channel.EMAIL, email="anna@example.org", phone="+49301")
    by_sms = replace(by_email, channel=Channel.SMS)
    assert way_to(by_email, sms_only) is None
    assert way_to(by_sms, sms_only) == Way(Channel.SMS)
    assert way_to(by_sms, replace(sms_only, notes={("sms", "+49301"): "unusable"})) == Way(
        Channel.SMS, "unusable-address"
    )
    assert plan(occasion(patient=by_email, channels=sms_only.channels)) == ()
    assert kinds(plan(occasion(patient=by_sms, channels=sms_only.channels))) == ["confirmation", "reminder"]


# --- what is told at once ---------------------------------------------------------------------------------------------


def test_the_waiting_moment_is_the_clinics_and_never_longer_than_there_is_time() -> None:
    assert plan(occasion(waiting=timedelta(minutes=15)))[0].due_at == NOW + timedelta(minutes=15)
    late = occasion(now=at(DAY, 9, 50), waiting=timedelta(minutes=15))
    assert plan(late)[0].due_at == at(DAY, 9, 50)


def test_the_clinics_own_words_are_told_and_an_answer_asked_for_where_one_can_arrive() -> None:
    texts = own_texts([MessageText(UUID(int=1), Kind.CONFIRMATION, Channel.SMS, "en", "", "See you $date $time!")])
    confirmation, reminder = plan(occasion(texts=texts, answers=True))
    assert confirmation.body == "See you Tue 4 Mar 2031 10:00!"
    assert "Reply C to confirm" in reminder.body
    assert "Reply C" not in plan(occasion())[1].body


def test_what_cannot_be_written_is_a_failed_message_and_not_an_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def poisoned(*_: Any, **__: Any) -> Any:
        message = "Meier"
        raise UnicodeError(message)

    monkeypatch.setattr(planning, "words_for", poisoned)
    made = plan(occasion())
    assert [(message.status, message.error_code, message.body) for message in made] == [("failed", "rendering", "")] * 2
    assert "UnicodeError" in caplog.text
    assert "Meier" not in caplog.text


def test_reminders_alone_can_be_asked_for() -> None:
    (reminder,) = reminders(occasion(), Way(Channel.SMS))
    assert (reminder.due_at, reminder.code) == (at(date(2031, 3, 3), 10), "")
