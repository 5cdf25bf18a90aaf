"""What a patient is told of a series that is changed while its one message has not left, and after it has."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Cancel, SetStatus, Update
from clinic_desk.domain.message_list import OnMessage
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Channel, Entry
from clinic_desk.domain.recurrence import Every, Recurrence
from clinic_desk.domain.series import (
    BookSeries,
    ChangeSeries,
    SeriesDate,
    Shift,
    cancelling,
    planned_dates,
    series_of,
    shifted,
    told_once,
)
from clinic_desk.domain.undoing import NotTakenBack, TakeBack
from clinic_desk.services import booking, message_actions, series, undoing
from tests.support.bookings import BERLIN, at, checkup
from tests.support.queued import leaves, queue, run
from tests.support.small_clinic import SmallClinic

WEEKLY = Recurrence(Every.WEEKS, count=4)
WEEK = timedelta(weeks=1)
DAYS = ("Mon 3 Mar 2031", "Mon 10 Mar 2031", "Mon 17 Mar 2031", "Mon 24 Mar 2031")
Entries = tuple[Entry, ...]


@pytest.fixture(params=["sms", "email"])
def channel(request: pytest.FixtureRequest, clinic: SmallClinic, owner_engine: Engine) -> str:
    assert clinic.patients
    run(owner_engine, "UPDATE patient SET email = 'anna@example.org', channel = %s", request.param)
    return str(request.param)


@pytest.fixture
def by_email(clinic: SmallClinic, owner_engine: Engine) -> None:
    assert clinic.patients
    run(owner_engine, "UPDATE patient SET email = 'anna@example.org', channel = 'email'")


def booked(database: Database, clinic: SmallClinic) -> Entries:
    dates = planned_dates(WEEKLY, checkup(clinic), BERLIN)
    books = [SeriesDate(one.day, one.step) for one in dates if isinstance(one.step, Book)]
    return series.book(
        database, BookSeries(series_of(WEEKLY, clinic.monday, 9 * 60, BERLIN), told_once(books, tell=True))
    )


def moved(database: Database, entries: Entries, minute: int = 10 * 60) -> Entries:
    steps = tuple(one.step for one in shifted(entries, Shift(minute=minute)) if isinstance(one.step, Update))
    return series.change(database, ChangeSeries(steps))


def undone(database: Database, after: Entries) -> Entries:
    """As Ctrl+Z does it, known by what the change made of one date."""
    return undoing.take_back(database, TakeBack((after[0].id, after[0].appointment.version))).entries


def messages(owner_engine: Engine, status: str = "pending") -> list[tuple[str, str]]:
    """Kind and text of what is in this status, reminders aside."""
    return queue(owner_engine, "kind, body", f"status = '{status}' AND kind <> 'reminder'")


def kinds(owner_engine: Engine, status: str = "pending") -> list[str]:
    return [kind for kind, _ in messages(owner_engine, status)]


def all_leave(owner_engine: Engine) -> None:
    for kind in ("confirmation", "rescheduled", "cancelled"):
        leaves(owner_engine, kind)


def list_of(*dates: tuple[str, str]) -> str:
    return f"All {len(dates)} dates: " + ", ".join(f"{day} {time}" for day, time in dates) + "."


# --- undone before the message left -----------------------------------------------------------------------------------


@pytest.mark.parametrize("since", [0, 2], ids=["all", "this-and-following"])
def test_a_move_that_is_undone_before_its_message_left_tells_nobody(
    clinic: SmallClinic, database: Database, owner_engine: Engine, channel: str, since: int
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    after = moved(database, entries[since:])
    assert kinds(owner_engine) == ["rescheduled"]
    undone(database, after)
    assert kinds(owner_engine) == []


def test_dates_that_are_booked_again_before_their_cancellation_left_are_told_of_to_nobody(
    clinic: SmallClinic, database: Database, owner_engine: Engine, channel: str
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    after = series.change(database, cancelling(entries[1:], CancellationReason.PROVIDER, tell=True))
    assert kinds(owner_engine) == ["cancelled"]
    undone(database, after)
    assert kinds(owner_engine) == []


def test_a_series_that_is_taken_back_before_it_was_confirmed_tells_nobody(
    clinic: SmallClinic, database: Database, owner_engine: Engine, channel: str
) -> None:
    undone(database, booked(database, clinic))
    assert kinds(owner_engine) == []


def test_one_date_moved_and_put_back_before_its_message_left_tells_nobody(
    clinic: SmallClinic, database: Database, owner_engine: Engine, channel: str
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    was = entries[2].appointment
    booking.update(database, Update(was.id, 1, starts_at=was.starts_at + timedelta(hours=1)))
    assert kinds(owner_engine) == ["rescheduled"]
    booking.update(database, Update(was.id, 2, starts_at=was.starts_at))
    assert kinds(owner_engine) == []


# --- undone after it left ---------------------------------------------------------------------------------------------


def test_a_move_that_is_undone_after_its_message_left_is_corrected_by_one_that_names_all_dates(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    after = moved(database, entries[1:])
    all_leave(owner_engine)
    undone(database, after)
    ((kind, body),) = messages(owner_engine)
    assert kind == "rescheduled"
    assert list_of(*((day, "09:00") for day in DAYS[1:])) in body
    assert "10:00" not in body


def test_a_cancellation_that_is_undone_after_it_left_is_corrected_by_one_that_names_all_dates(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    after = series.change(database, cancelling(entries[1:], CancellationReason.PROVIDER, tell=True))
    all_leave(owner_engine)
    undone(database, after)
    ((kind, body),) = messages(owner_engine)
    assert kind == "confirmation"
    assert list_of(*((day, "09:00") for day in DAYS[1:])) in body


def test_a_series_that_is_taken_back_after_it_was_confirmed_is_cancelled_by_one_message_that_names_all_dates(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    undone(database, entries)
    ((kind, body),) = messages(owner_engine)
    assert kind == "cancelled"
    assert list_of(*((day, "09:00") for day in DAYS)) in body


# --- after an own later change of one date ----------------------------------------------------------------------------


def test_one_date_changed_before_the_message_of_all_left_is_named_right_in_one_message(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    after = moved(database, entries)
    booking.update(database, Update(entries[1].id, 2, starts_at=at(clinic.monday + WEEK, 11)))
    ((kind, body),) = messages(owner_engine)
    assert kind == "rescheduled"
    times = ("10:00", "11:00", "10:00", "10:00")
    assert list_of(*zip(DAYS, times, strict=True)) in body
    latest = tuple(entry for entry in after if entry.id != entries[1].id)
    latest += series.series_of(database, entries[1].id).entries[1:2]
    undone(database, latest)
    assert kinds(owner_engine) == []


def test_by_sms_a_date_that_is_out_of_step_has_its_own_message(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    moved(database, entries)
    booking.update(database, Update(entries[1].id, 2, starts_at=at(clinic.monday + WEEK, 11)))
    found = sorted(body for _, body in messages(owner_engine))
    assert len(found) == 2
    assert "Mon 10 Mar 2031 at 11:00" in found[0]
    assert "dates" not in found[0]
    assert "Mon 3 Mar 2031 at 10:00" in found[1]
    assert "3 dates until Mon 24 Mar 2031" in found[1]


def test_undone_after_all_left_and_one_date_was_changed_again_corrects_all_in_one(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    after = moved(database, entries)
    all_leave(owner_engine)
    changed = booking.update(database, Update(entries[1].id, 2, starts_at=at(clinic.monday + WEEK, 11)))
    all_leave(owner_engine)
    undone(database, (after[0], changed, *after[2:]))
    ((kind, body),) = messages(owner_engine)
    assert (kind, list_of(*((day, "09:00") for day in DAYS)) in body) == ("rescheduled", True)


# --- partly changed by another desk -----------------------------------------------------------------------------------


def test_what_another_desk_changed_is_not_undone_and_the_message_that_waits_names_it_right(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    after = moved(database, entries)
    booking.update(second_database, Update(entries[0].id, 2, starts_at=at(clinic.monday, 11)))
    with pytest.raises(NotTakenBack):
        undone(database, after)
    ((kind, body),) = messages(owner_engine)
    assert kind == "rescheduled"
    assert list_of((DAYS[0], "11:00"), *((day, "10:00") for day in DAYS[1:])) in body


# --- whatever else may happen to the date the message hangs on --------------------------------------------------------


def first_moved(database: Database, first: Entry) -> None:
    booking.update(database, Update(first.id, 1, starts_at=first.appointment.starts_at + timedelta(hours=1)))


def first_arrives(database: Database, first: Entry) -> None:
    booking.set_status(database, SetStatus(first.id, 1, AppointmentStatus.ARRIVED))


def first_cancelled(database: Database, first: Entry) -> None:
    booking.cancel(database, Cancel(first.id, 1, CancellationReason.PROVIDER))


def first_removed(database: Database, first: Entry) -> None:
    booking.set_status(database, SetStatus(first.id, 1, AppointmentStatus.ENTERED_IN_ERROR))


@pytest.mark.parametrize("what", [first_arrives, first_cancelled, first_removed])
def test_the_other_dates_are_confirmed_though_the_first_is_gone_before_the_confirmation_left(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None, what: object
) -> None:
    entries = booked(database, clinic)
    assert callable(what)
    what(database, entries[0])
    ((kind, body),) = messages(owner_engine)
    assert kind == "confirmation"
    assert list_of(*((day, "09:00") for day in DAYS[1:])) in body


def test_a_first_date_that_is_moved_before_the_confirmation_left_is_confirmed_with_the_others_where_it_is(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    first_moved(database, entries[0])
    ((kind, body),) = messages(owner_engine)
    assert kind == "confirmation"
    assert list_of((DAYS[0], "10:00"), *((day, "09:00") for day in DAYS[1:])) in body


def test_a_message_that_is_replaced_twice_still_leaves(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    for version in (1, 2, 3):
        start = at(clinic.monday + 3 * WEEK, 9, 15 * version)
        booking.update(database, Update(entries[3].id, version, starts_at=start))
    ((_, body),) = messages(owner_engine)
    assert list_of(*((day, "09:00") for day in DAYS[:3]), (DAYS[3], "09:45")) in body


def test_dates_cancelled_before_their_move_was_told_are_called_off_where_the_patient_believes_them_to_be(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    after = moved(database, entries)
    series.change(database, cancelling(after, CancellationReason.PROVIDER, tell=True))
    ((kind, body),) = messages(owner_engine)
    assert kind == "cancelled"
    assert list_of(*((day, "09:00") for day in DAYS)) in body


def test_another_doctor_for_all_dates_leaves_the_confirmation_that_waits(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    steps = tuple(Update(entry.id, 1, practitioner_id=clinic.okafor, tell_patient=False) for entry in entries)
    series.change(database, ChangeSeries(steps))
    assert kinds(owner_engine) == ["confirmation"]


def test_a_first_date_that_is_over_does_not_keep_the_others_from_being_told_of(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    hour_ago = "starts_at = date_trunc('hour', now()) - interval '1 hour', ends_at = date_trunc('hour', now())"
    run(owner_engine, f"UPDATE appointment SET {hour_ago} WHERE id = %s", entries[0].id)
    told = "dates = dates || jsonb_build_object(%s, '1600000000@' || %s)"
    run(owner_engine, f"UPDATE notification SET {told}", str(entries[0].id), str(clinic.berlin))
    now = series.series_of(database, entries[0].id).entries
    series.change(database, cancelling(now, CancellationReason.PROVIDER, tell=True))
    ((kind, body),) = messages(owner_engine)
    assert kind == "cancelled"
    assert "All 3 dates: " in body


def test_each_of_the_dates_is_corrected_to_whom_it_was_told(
    clinic: SmallClinic, database: Database, owner_engine: Engine, by_email: None
) -> None:
    entries = booked(database, clinic)
    all_leave(owner_engine)
    booking.update(database, Update(entries[2].id, 1, patient_id=clinic.patients[1]))
    found = queue(owner_engine, "patient_id, kind", "status = 'pending' AND kind <> 'reminder'")
    expected: set[tuple[UUID, str]] = {(clinic.patients[0], "cancelled"), (clinic.patients[1], "confirmation")}
    assert set(found) == expected


def test_a_message_of_all_dates_that_is_sent_by_the_other_channel_names_them_too(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE patient SET email = 'anna@example.org'")
    booked(database, clinic)
    ((waiting,),) = queue(owner_engine, "id", "kind = 'confirmation'")
    message_actions.send_by(database, OnMessage(waiting), Channel.EMAIL)
    ((kind, body),) = messages(owner_engine)
    assert kind == "confirmation"
    assert list_of(*((day, "09:00") for day in DAYS)) in body
