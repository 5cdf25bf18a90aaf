"""Series on real PostgreSQL: what is seen beforehand, what is stored, all or nothing, and what the patient is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Cancel, Park, Rule, SetStatus, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Clinic, Entry
from clinic_desk.domain.recurrence import MOST_DATES, Every, Recurrence
from clinic_desk.domain.refusals import Conflict, NotFound, RuleViolation, SlotTaken
from clinic_desk.domain.series import (
    BookSeries,
    ChangeSeries,
    PlannedDate,
    Scope,
    SeriesDate,
    SeriesRefused,
    Shift,
    cancelling,
    entries_in,
    planned_dates,
    put_all_the_same,
    put_instead,
    series_of,
    shifted,
    told_once,
)
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services import booking, calendar, series
from tests.support.bookings import BERLIN, at, checkup, count, statements_of
from tests.support.queued import leaves, queue, run
from tests.support.small_clinic import SmallClinic

WEEKLY = Recurrence(Every.WEEKS, count=5)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def loaded(clinic: SmallClinic, database: Database) -> Clinic:
    assert clinic.patients
    return calendar.load_clinic(database)


def planned(clinic: SmallClinic, rule: Recurrence = WEEKLY, **other: Any) -> tuple[PlannedDate, ...]:
    return planned_dates(rule, checkup(clinic, **other), BERLIN)


def command_of(clinic: SmallClinic, dates: tuple[PlannedDate, ...], rule: Recurrence = WEEKLY) -> BookSeries:
    books = [SeriesDate(one.day, one.step) for one in dates if isinstance(one.step, Book)]
    return BookSeries(series_of(rule, clinic.monday, 9 * 60, BERLIN), told_once(books, tell=True))


def booked(database: Database, clinic: SmallClinic, rule: Recurrence = WEEKLY, **other: Any) -> tuple[Entry, ...]:
    return series.book(database, command_of(clinic, planned(clinic, rule, **other), rule))


def in_the_way(database: Database, clinic: SmallClinic, day: date, hour: int = 9, minute: int = 0) -> Entry:
    return booking.book(database, checkup(clinic, at(day, hour, minute), patient_id=clinic.patients[1]))


def walls(entries: tuple[Entry, ...]) -> list[tuple[date, time]]:
    found = [to_wall(entry.appointment.starts_at, BERLIN) for entry in entries]
    return [(wall.date(), wall.time()) for wall in found]


# --- looking ----------------------------------------------------------------------------------------------------------


def test_a_preview_says_of_each_date_what_speaks_against_it_and_proposes_another_time(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    other = in_the_way(database, clinic, clinic.monday + WEEK)
    seen = series.preview(database, planned(clinic), loaded)
    assert [one.is_free for one in seen] == [True, False, True, True, True]
    (violation,) = seen[1].violations
    assert (violation.rule, violation.by) == (Rule.SLOT_TAKEN, other.id)
    best = seen[1].replacements[0]
    assert (best.practitioner_id, best.starts_at) == (clinic.weber, at(clinic.monday + WEEK, 9, 15))
    assert all(one.replacements == () for one in seen if one.is_free)


def test_a_preview_writes_and_locks_nothing_and_costs_a_statement_for_each_date(
    clinic: SmallClinic, database: Database, loaded: Clinic, owner_engine: Engine
) -> None:
    dates = planned(clinic, Recurrence(Every.WEEKS, count=20))
    with statements_of(database) as sent:
        series.preview(database, dates, loaded)
    assert len(sent) == 20
    assert not any("pg_advisory" in statement for statement in sent)
    assert count(owner_engine, "appointment") == count(owner_engine, "series") == 0


def test_what_is_closed_can_only_be_moved_or_left_out(
    clinic: SmallClinic, database: Database, loaded: Clinic, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        closed = {"site_id": clinic.berlin, "first_day": clinic.monday + WEEK, "last_day": clinic.monday + WEEK}
        connection.execute(insert(tables.closure), {"id": new_id(), "name": "Holiday", **closed})
    seen = series.preview(database, planned(clinic), calendar.load_clinic(database))
    assert not seen[1].may_stand
    assert [row.rule for row in seen[1].violations] == [Rule.CLOSURE]
    assert to_wall(seen[1].replacements[0].starts_at, BERLIN).date() != clinic.monday + WEEK


def test_no_time_is_proposed_that_another_date_of_the_series_takes(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    """A whole day and the morning after are taken, but for the very time that the next date of the series has."""
    tuesday = clinic.monday + DAY
    for minute in range(8 * 60, 12 * 60, 15):
        in_the_way(database, clinic, clinic.monday, *divmod(minute, 60))
    for minute in range(13 * 60, 17 * 60, 15):
        in_the_way(database, clinic, clinic.monday, *divmod(minute, 60))
    for minute in range(8 * 60, 12 * 60, 15):
        if minute != 9 * 60:
            in_the_way(database, clinic, tuesday, *divmod(minute, 60))
    seen = series.preview(database, planned(clinic, Recurrence(Every.DAYS, count=2)), loaded)
    assert [one.is_free for one in seen] == [False, True]
    mine = [slot for slot in seen[0].replacements if slot.practitioner_id == clinic.weber]
    assert mine
    assert at(tuesday, 9) not in {slot.starts_at for slot in mine}


def test_no_time_is_proposed_at_which_the_patient_is_somewhere_else(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    in_the_way(database, clinic, clinic.monday)
    booking.book(database, checkup(clinic, at(clinic.monday, 9, 15), practitioner_id=clinic.okafor))
    seen = series.preview(database, planned(clinic), loaded)
    assert seen[0].replacements
    assert at(clinic.monday, 9, 15) not in {slot.starts_at for slot in seen[0].replacements}
    slot = seen[0].replacements[0]
    series.book(database, command_of(clinic, (replace(seen[0], step=put_instead(seen[0], slot)), *seen[1:])))


def test_dates_looked_at_in_parts_are_the_same_as_at_once(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    in_the_way(database, clinic, clinic.monday)
    in_the_way(database, clinic, clinic.monday + DAY)
    dates = planned(clinic, Recurrence(Every.DAYS, count=4))
    whole = series.preview(database, dates, loaded)
    first = series.preview(database, dates[:2], loaded, plan=dates)
    assert first + series.preview(database, dates[2:], loaded, plan=(*first, *dates[2:])) == whole


# --- booking ----------------------------------------------------------------------------------------------------------


def test_each_date_is_an_ordinary_appointment_at_its_wall_time_also_after_the_clocks_change(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    days = [clinic.monday + WEEK * index for index in range(5)]  # 31 March is in summer time
    assert walls(entries) == [(day, time(9)) for day in days]
    assert entries == calendar.load_entries(database, [entry.id for entry in entries])
    rows = [entry.appointment for entry in entries]
    assert [row.series_day for row in rows] == days
    assert len({row.series_id for row in rows}) == 1
    assert {row.version for row in rows} == {1}
    with owner_engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT rule, starts_on, wall_minute, zone FROM series").one()
    assert tuple(stored) == ("FREQ=WEEKLY;INTERVAL=1;COUNT=5;WKST=MO", clinic.monday, 540, BERLIN)


def test_one_date_that_is_refused_is_named_and_none_is_stored(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    other = in_the_way(database, clinic, clinic.monday + 3 * WEEK)
    with pytest.raises(SeriesRefused) as refused:
        booked(database, clinic)
    assert refused.value.day == clinic.monday + 3 * WEEK
    assert isinstance(refused.value.cause, SlotTaken)
    assert refused.value.cause.by is not None
    assert refused.value.cause.by.id == other.id
    assert count(owner_engine, "appointment") == 1
    assert count(owner_engine, "series") == count(owner_engine, "operation WHERE command = 'BookSeries'") == 0
    assert count(owner_engine, f"notification WHERE appointment_id <> '{other.id}'") == 0


def test_a_date_is_left_out_moved_or_squeezed_in_as_was_chosen(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    for index in (1, 2, 3):
        in_the_way(database, clinic, clinic.monday + WEEK * index)
    seen = series.preview(database, planned(clinic), loaded)
    left_out, moved, squeezed = seen[1], seen[2], seen[3]
    chosen = (
        seen[0],
        replace(moved, step=put_instead(moved, moved.replacements[0])),
        replace(squeezed, step=put_all_the_same(squeezed)),
        seen[4],
    )
    entries = series.book(database, command_of(clinic, chosen))
    rows = {entry.appointment.series_day: entry.appointment for entry in entries}
    assert left_out.day not in rows
    assert rows[moved.day].starts_at == at(moved.day, 9, 15)
    assert rows[squeezed.day].squeezed_in
    assert [day for day, row in rows.items() if row.squeezed_in] == [squeezed.day]


def test_nobody_is_squeezed_in_beside_one_who_came_after_the_dates_were_seen(
    clinic: SmallClinic, database: Database, second_database: Database, loaded: Clinic
) -> None:
    week = clinic.monday + WEEK
    in_the_way(database, clinic, week)
    seen = series.preview(database, planned(clinic), loaded)
    chosen = tuple(one if one.is_free else replace(one, step=put_all_the_same(one)) for one in seen)
    later = checkup(clinic, at(week, 9), patient_id=clinic.patients[2], overrule=frozenset({Rule.SLOT_TAKEN}))
    stranger = booking.book(second_database, later)
    with pytest.raises(SeriesRefused) as refused:
        series.book(database, command_of(clinic, chosen))
    assert refused.value.day == week
    assert isinstance(refused.value.cause, RuleViolation)
    assert [row.by for row in refused.value.cause.violations] == [stranger.id]


def test_the_same_series_again_is_the_same_series(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    command = command_of(clinic, planned(clinic))
    assert series.book(database, command) == series.book(database, command)
    assert count(owner_engine, "appointment") == 5
    assert count(owner_engine, "series") == 1


def test_of_two_desks_that_book_the_same_series_one_has_it_all_and_the_other_nothing(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine
) -> None:
    """The second lists its dates the other way round: the locks are sorted all the same, so neither waits for ever."""
    from concurrent.futures import ThreadPoolExecutor

    daily = Recurrence(Every.DAYS, weekdays=frozenset({1, 2, 3, 4, 5}), count=20)
    mine = command_of(clinic, planned(clinic, daily), daily)
    theirs = command_of(clinic, planned(clinic, daily, patient_id=clinic.patients[1])[::-1], daily)
    theirs = replace(theirs, dates=theirs.dates[::-1])

    def outcome(work: tuple[Database, BookSeries]) -> object:
        try:
            return series.book(*work)
        except SeriesRefused as refused:
            return refused

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, [(database, mine), (second_database, theirs)]))
    assert sorted(type(one).__name__ for one in outcomes) == ["SeriesRefused", "tuple"]
    assert count(owner_engine, "appointment") == 20
    assert count(owner_engine, "appointment GROUP BY patient_id") == 20


@pytest.mark.parametrize("number", [0, MOST_DATES + 1])
def test_a_series_has_at_least_one_date_and_no_more_than_there_may_be(
    clinic: SmallClinic, database: Database, number: int
) -> None:
    (one,) = planned(clinic, Recurrence(Every.DAYS, count=1))
    assert isinstance(one.step, Book)
    command = BookSeries(series_of(WEEKLY, clinic.monday, 540, BERLIN), (SeriesDate(one.day, one.step),) * number)
    with pytest.raises(InvalidInput):
        series.book(database, command)


def test_who_may_only_read_books_no_series(clinic: SmallClinic, database: Database, url_as: Callable[..., URL]) -> None:
    reader = Database(url_as("clinic_readonly"), database.desk)
    try:
        with pytest.raises(NotAllowed):
            booked(reader, clinic)
    finally:
        reader.dispose()


# --- what the patient is told -----------------------------------------------------------------------------------------


def test_a_series_is_confirmed_once_by_its_first_date_and_each_date_is_reminded_of(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    confirmed = queue(owner_engine, "appointment_id, body", "kind = 'confirmation'")
    assert [row[0] for row in confirmed] == [entries[0].id]
    assert "Mon 3 Mar 2031" in confirmed[0][1]
    assert f"{len(entries)} dates until " in confirmed[0][1]  # by SMS: one message, one line
    assert len(confirmed[0][1]) <= 160
    reminded = queue(owner_engine, "appointment_id", "kind = 'reminder'")
    assert {row[0] for row in reminded} == {entry.id for entry in entries}


def told_after(owner_engine: Engine, booking_of: tuple[Entry, ...]) -> list[tuple[str, UUID]]:
    """What is to be told now, reminders aside, of any of the dates."""
    ids = {entry.id for entry in booking_of}
    where = "status = 'pending' AND kind <> 'reminder'"
    return [(kind, row_id) for kind, row_id in queue(owner_engine, "kind, appointment_id", where) if row_id in ids]


def test_cancelling_several_dates_tells_the_patient_once_of_the_first_of_them(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    leaves(owner_engine, "confirmation")
    series.change(database, cancelling(entries[2:], CancellationReason.PROVIDER, tell=True))
    assert told_after(owner_engine, entries) == [("cancelled", entries[2].id)]


def test_a_later_date_that_is_cancelled_by_itself_is_told_though_it_was_never_confirmed_by_itself(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    leaves(owner_engine, "confirmation")
    booking.cancel(database, Cancel(entries[3].id, 1, CancellationReason.PROVIDER))
    assert told_after(owner_engine, entries) == [("cancelled", entries[3].id)]


def test_a_later_date_that_is_moved_by_itself_is_told_as_moved(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    leaves(owner_engine, "confirmation")
    was = entries[3].appointment
    moved = booking.update(database, Update(was.id, 1, starts_at=was.starts_at + timedelta(hours=1)))
    assert told_after(owner_engine, entries) == [("rescheduled", was.id)]
    assert (moved.appointment.series_id, moved.appointment.series_day) == (was.series_id, was.series_day)


def test_moving_all_dates_tells_the_patient_once(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    entries = booked(database, clinic)
    leaves(owner_engine, "confirmation")
    dates = shifted(entries, Shift(minute=10 * 60))
    series.change(database, series_change(dates))
    assert told_after(owner_engine, entries) == [("rescheduled", entries[0].id)]


def test_one_message_by_e_mail_names_all_dates_of_what_was_booked_moved_or_cancelled(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE patient SET email = 'anna@example.org', channel = 'email'")
    entries = booked(database, clinic)
    days = ["Mon 3 Mar 2031", "Mon 10 Mar 2031", "Mon 17 Mar 2031"]
    (body,) = [row[0] for row in queue(owner_engine, "body", "kind = 'confirmation'")]
    assert f"All {len(entries)} dates: " + ", ".join(f"{day} 09:00" for day in days) in body
    leaves(owner_engine, "confirmation")
    series.change(database, series_change(shifted(entries, Shift(minute=10 * 60))))
    (body,) = [row[0] for row in queue(owner_engine, "body", "kind = 'rescheduled'")]
    assert f"All {len(entries)} dates: " + ", ".join(f"{day} 10:00" for day in days) in body
    leaves(owner_engine, "rescheduled")
    standing = series.series_of(database, entries[0].id).entries
    series.change(database, cancelling(standing[:2], CancellationReason.PROVIDER, tell=True))
    (body,) = [row[0] for row in queue(owner_engine, "body", "kind = 'cancelled'")]
    assert "All 2 dates: Mon 3 Mar 2031 10:00, Mon 10 Mar 2031 10:00." in body
    booking.cancel(database, Cancel(entries[2].id, 2, CancellationReason.PROVIDER))
    bodies = [row[0] for row in queue(owner_engine, "body", "kind = 'cancelled'")]
    assert "dates" not in bodies[-1]  # one by itself


def one_message(owner_engine: Engine) -> tuple[str, UUID, str]:
    """The only message that is to leave, reminders aside."""
    where = "status = 'pending' AND kind <> 'reminder'"
    ((kind, row_id, body),) = queue(owner_engine, "kind, appointment_id, body", where)
    return kind, row_id, body


def test_the_other_dates_are_confirmed_when_the_first_is_given_up_before_its_message_left(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    booking.cancel(database, Cancel(entries[0].id, 1, CancellationReason.PATIENT))
    kind, row_id, body = one_message(owner_engine)
    assert (kind, row_id) == ("confirmation", entries[1].id)
    assert "Mon 10 Mar 2031" in body
    assert "4 dates until " in body
    booking.park(database, Park(entries[1].id, 1))
    kind, row_id, body = one_message(owner_engine)
    assert (kind, row_id) == ("confirmation", entries[2].id)
    assert "3 dates until " in body
    leaves(owner_engine, "confirmation")
    booking.cancel(database, Cancel(entries[2].id, 1, CancellationReason.PATIENT))
    assert one_message(owner_engine)[:2] == ("cancelled", entries[2].id)


def test_all_dates_are_confirmed_when_the_first_is_moved_before_its_message_left(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    later = entries[0].appointment.starts_at + timedelta(hours=1)
    booking.update(database, Update(entries[0].id, 1, starts_at=later))
    where = "status = 'pending' AND kind = 'confirmation'"
    bodies = dict(queue(owner_engine, "appointment_id, body", where))
    assert "Mon 3 Mar 2031 at 10:00. Tel" in bodies[entries[0].id]  # out of step: by itself
    assert "Mon 10 Mar 2031 at 09:00. 4 dates until " in bodies[entries[1].id]
    assert len(bodies) == 2
    booking.update(database, Update(entries[0].id, 2, starts_at=later + timedelta(hours=1), tell_patient=False))
    kind, row_id, body = one_message(owner_engine)
    assert (kind, row_id) == ("confirmation", entries[1].id)
    assert "4 dates until " in body


@pytest.mark.parametrize("left", [False, True])
def test_a_date_that_was_given_up_unconfirmed_and_comes_back_is_confirmed_by_itself(
    clinic: SmallClinic, database: Database, owner_engine: Engine, *, left: bool
) -> None:
    entries = booked(database, clinic)
    booking.cancel(database, Cancel(entries[0].id, 1, CancellationReason.PATIENT))
    if left:
        leaves(owner_engine, "confirmation")
    booking.update(database, Update(entries[0].id, 2, reinstate=True))
    others = [] if left else [("confirmation", entries[1].id)]
    assert sorted(told_after(owner_engine, entries)) == sorted([*others, ("confirmation", entries[0].id)])


def test_moving_all_dates_before_the_message_left_confirms_them_where_they_are_now(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    series.change(database, series_change(shifted(entries, Shift(minute=10 * 60))))
    kind, row_id, body = one_message(owner_engine)
    assert (kind, row_id) == ("confirmation", entries[0].id)
    assert "Mon 3 Mar 2031 at 10:00. 5 dates until " in body


def test_cancelling_all_dates_before_the_message_left_tells_nobody(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    series.change(database, cancelling(entries, CancellationReason.PATIENT, tell=True))
    assert queue(owner_engine, "kind", "status = 'pending'") == []


def test_a_booking_that_is_taken_back_tells_nobody(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entries = booked(database, clinic)
    taken = AppointmentStatus.ENTERED_IN_ERROR
    series.change(database, ChangeSeries(tuple(SetStatus(one.id, one.appointment.version, taken) for one in entries)))
    assert queue(owner_engine, "kind", "status = 'pending'") == []
    assert calendar.load_entries(database, [entry.id for entry in entries]) == ()
    booked(database, clinic)  # the times are free again


# --- this, this and following, all ------------------------------------------------------------------------------------


def series_change(dates: tuple[PlannedDate, ...]) -> Any:
    from clinic_desk.domain.series import ChangeSeries

    return ChangeSeries(tuple(one.step for one in dates if isinstance(one.step, Update)))


def test_a_series_is_found_from_any_of_its_dates_wherever_they_are_now(clinic: SmallClinic, database: Database) -> None:
    entries = booked(database, clinic)
    last = entries[4].appointment
    booking.update(database, Update(last.id, 1, starts_at=at(clinic.monday + DAY, 9)))
    view = series.series_of(database, entries[2].id)
    assert [entry.id for entry in view.entries] == [entry.id for entry in entries]
    assert view.series.rule == "FREQ=WEEKLY;INTERVAL=1;COUNT=5;WKST=MO"


def test_an_appointment_by_itself_has_no_series(clinic: SmallClinic, database: Database) -> None:
    entry = booking.book(database, checkup(clinic))
    with pytest.raises(NotFound):
        series.series_of(database, entry.id)


def test_a_change_is_meant_for_this_this_and_following_or_all_that_are_booked_and_to_come(
    clinic: SmallClinic, database: Database
) -> None:
    entries = booked(database, clinic)
    booking.set_status(database, SetStatus(entries[4].id, 1, AppointmentStatus.ARRIVED))
    view = series.series_of(database, entries[2].id)
    now = entries[0].appointment.starts_at + timedelta(minutes=1)

    def days(scope: Scope) -> list[int]:
        found = {entry.id for entry in entries_in(view, view.entries[2], scope, now)}
        return [index for index, entry in enumerate(entries) if entry.id in found]

    assert days(Scope.THIS) == [2]
    assert days(Scope.FOLLOWING) == [2, 3]
    assert days(Scope.ALL) == [1, 2, 3]


def test_this_and_following_are_cancelled_and_the_others_stand(clinic: SmallClinic, database: Database) -> None:
    entries = booked(database, clinic)
    view = series.series_of(database, entries[2].id)
    chosen = entries_in(view, view.entries[2], Scope.FOLLOWING, NOW)
    series.change(database, cancelling(chosen, CancellationReason.PATIENT, tell=True))
    now = series.series_of(database, entries[0].id).entries
    assert [entry.appointment.status.value for entry in now] == ["booked"] * 2 + ["cancelled"] * 3


def test_what_another_desk_changed_meanwhile_is_named_and_nothing_is_changed(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    entries = booked(database, clinic)
    theirs = booking.update(second_database, Update(entries[3].id, 1, note="bring reports"))
    with pytest.raises(SeriesRefused) as refused:
        series.change(database, cancelling(entries, CancellationReason.PATIENT, tell=True))
    assert refused.value.day == entries[3].appointment.series_day
    assert isinstance(refused.value.cause, Conflict)
    assert refused.value.cause.now == theirs
    now = series.series_of(database, entries[0].id).entries
    assert {entry.appointment.status for entry in now} == {AppointmentStatus.BOOKED}


@pytest.mark.parametrize("days", [1, -1])
def test_dates_may_move_to_where_others_of_them_were(clinic: SmallClinic, database: Database, days: int) -> None:
    """A daily series by one day: each goes to the place that the one beside it leaves."""
    daily = Recurrence(Every.DAYS, count=4)
    start = at(clinic.monday + (DAY if days < 0 else timedelta()), 9)
    entries = booked(database, clinic, daily, starts_at=start)
    dates = shifted(entries, Shift(days=days))
    seen = series.preview(database, dates[:-1] if days > 0 else dates, calendar.load_clinic(database), plan=dates)
    assert all(one.is_free for one in seen)
    moved = series.change(database, series_change(dates))
    assert [day for day, _ in walls(moved)] == [day + DAY * days for day, _ in walls(entries)]


def test_a_shift_keeps_the_wall_time_over_the_change_of_clocks_and_the_day_in_the_series(
    clinic: SmallClinic, database: Database
) -> None:
    entries = booked(database, clinic)
    moved = series.change(database, series_change(shifted(entries, Shift(days=1, minute=14 * 60 + 30))))
    assert walls(moved) == [(day + DAY, time(14, 30)) for day, _ in walls(entries)]
    assert [entry.appointment.series_day for entry in moved] == [day for day, _ in walls(entries)]


def test_a_preview_of_a_change_says_which_dates_cannot_go_there(
    clinic: SmallClinic, database: Database, loaded: Clinic
) -> None:
    entries = booked(database, clinic)
    in_the_way(database, clinic, clinic.monday + WEEK, 10)
    dates = shifted(entries, Shift(minute=10 * 60))
    seen = series.preview(database, dates, loaded)
    assert [one.is_free for one in seen] == [True, False, True, True, True]
    with pytest.raises(SeriesRefused) as refused:
        series.change(database, series_change(seen))
    assert refused.value.day == clinic.monday + WEEK
    fitted = tuple(one if one.is_free else replace(one, step=put_instead(one, one.replacements[0])) for one in seen)
    moved = series.change(database, series_change(fitted))
    assert at(clinic.monday + WEEK, 10) not in {entry.appointment.starts_at for entry in moved}


def test_a_change_done_again_is_done_once(clinic: SmallClinic, database: Database) -> None:
    entries = booked(database, clinic)
    command = cancelling(entries[1:], CancellationReason.PATIENT, tell=False)
    once = series.change(database, command)
    assert series.change(database, command) == once
    assert {entry.appointment.version for entry in once} == {2}
