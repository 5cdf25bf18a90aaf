"""SCHEDULING's rows about what the patient is told, each as a table: leads, what was booked inside them, quiet hours,
and what becomes of a message after the fact."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, Park, Reinstate, SetStatus, Update
from clinic_desk.domain.messaging import ReminderRule
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.planning import plan, rule_due
from clinic_desk.notifications.quiet import QuietHours, moment_left
from clinic_desk.services import booking
from tests.notifications.test_planning import appointment, occasion, rule
from tests.support.bookings import BERLIN, NEW_YORK, at, checkup
from tests.support.queued import leaves, pending
from tests.support.small_clinic import SmallClinic

LORD_HOWE = "Australia/Lord_Howe"


def wall(text: str, zone: str = BERLIN) -> datetime:
    """The instant of e.g. "03-30 12:00" in 2031."""
    moment = datetime.strptime(f"2031-{text}", "%Y-%m-%d %H:%M")  # noqa: DTZ007  # a wall time
    return at(moment.date(), moment.hour, moment.minute, zone)


# --- Reminder lead in hours -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lead", "zone", "start", "due"),
    [
        pytest.param("24 hours", BERLIN, "03-04 12:00", "03-03 12:00", id="a day of 24 hours"),
        pytest.param("24 hours", BERLIN, "03-30 12:00", "03-29 11:00", id="24 hours over the missing hour"),
        pytest.param("1 days", BERLIN, "03-30 12:00", "03-29 12:00", id="one day over the missing hour"),
        pytest.param("24 hours", BERLIN, "10-26 12:00", "10-25 13:00", id="24 hours over the hour that comes twice"),
        pytest.param("1 days", BERLIN, "10-26 12:00", "10-25 12:00", id="one day over the hour that comes twice"),
        pytest.param("2 days", BERLIN, "04-01 12:00", "03-30 12:00", id="two days after it"),
        pytest.param("1 days", BERLIN, "03-31 02:30", "03-30 03:30", id="a wall time that is not there"),
        pytest.param("24 hours", LORD_HOWE, "10-05 12:00", "10-04 11:30", id="half an hour missing"),
        pytest.param("1 days", LORD_HOWE, "10-05 12:00", "10-04 12:00", id="one day, half an hour missing"),
        pytest.param("90 minutes", NEW_YORK, "03-09 03:30", "03-09 01:00", id="90 minutes over the missing hour"),
    ],
)
def test_a_lead_in_hours_is_elapsed_time_and_one_in_days_the_same_wall_time(
    lead: str, zone: str, start: str, due: str
) -> None:
    number, unit = lead.split()
    found = rule_due(rule(1, int(number), unit), wall(start, zone), zone)
    assert f"{to_wall(found, zone):%m-%d %H:%M}" == due


# --- Booked inside the lead -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "rules", "told"),
    [
        pytest.param("03-02 10:00", [(24, "hours")], ["confirmation", "reminder"], id="long before the lead"),
        pytest.param("03-03 10:00", [(24, "hours")], ["confirmation", "reminder"], id="exactly at the lead"),
        pytest.param("03-03 10:01", [(24, "hours")], ["confirmation"], id="a minute inside the lead"),
        pytest.param("03-04 09:59", [(24, "hours")], ["confirmation"], id="a minute before the visit"),
        pytest.param("03-03 12:00", [(24, "hours"), (1, "hours")], ["confirmation", "reminder"], id="in one of two"),
        pytest.param("03-04 09:30", [(24, "hours"), (1, "hours")], ["confirmation"], id="inside both"),
        pytest.param("03-03 10:00", [(1, "days")], ["confirmation", "reminder"], id="exactly at a lead in days"),
        pytest.param("03-04 10:00", [(24, "hours")], [], id="about what has begun nothing"),
    ],
)
def test_what_is_booked_inside_the_lead_is_confirmed_and_not_reminded_of(
    now: str, rules: list[tuple[int, str]], told: list[str]
) -> None:
    given: tuple[ReminderRule, ...] = tuple(rule(number, *lead) for number, lead in enumerate(rules, start=1))
    found = plan(occasion(appointment(wall("03-04 10:00")), now=wall(now), rules=given))
    assert [message.kind for message in found] == told


# --- Quiet hours ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "start", "now", "leaves_at"),
    [
        pytest.param("03-03 19:59", "03-04 19:59", "03-01 12:00", "03-03 19:59", id="the last minute before them"),
        pytest.param("03-03 20:00", "03-04 20:00", "03-01 12:00", "03-04 09:00", id="their start is in them"),
        pytest.param("03-04 09:00", "03-05 09:00", "03-01 12:00", "03-04 09:00", id="their end is not"),
        pytest.param("03-04 07:00", "03-04 10:00", "03-01 12:00", "03-04 09:00", id="an hour is left at their end"),
        pytest.param("03-04 07:00", "03-04 09:59", "03-01 12:00", "03-03 19:59", id="less: the evening before"),
        pytest.param("03-04 07:00", "03-04 08:00", "03-01 12:00", "03-03 19:59", id="a visit within them"),
        pytest.param("03-04 07:00", "03-04 09:30", "03-03 21:00", "never", id="too late for the evening before"),
        pytest.param("03-03 12:00", "03-04 12:00", "03-03 22:00", "03-04 09:00", id="overdue in them"),
        pytest.param("03-30 01:00", "03-30 12:00", "03-01 12:00", "03-30 09:00", id="the night of the missing hour"),
        pytest.param("10-26 02:30", "10-26 12:00", "03-01 12:00", "10-26 09:00", id="the night with an hour twice"),
    ],
)
@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
def test_a_reminder_due_in_the_quiet_hours_of_the_site(
    zone: str, due: str, start: str, now: str, leaves_at: str
) -> None:
    found = moment_left(wall(due, zone), wall(start, zone), zone, QuietHours(), now=wall(now, zone))
    assert ("never" if found is None else f"{to_wall(found, zone):%m-%d %H:%M}") == leaves_at


@pytest.mark.parametrize(
    ("now", "told"),
    [
        pytest.param("03-03 12:00", ["pending", "pending"], id="in time"),
        pytest.param("03-04 01:00", ["pending", "failed quiet-hours"], id="too late: the desk is told"),
    ],
)
def test_a_reminder_for_which_the_quiet_hours_leave_no_time_is_shown(now: str, told: list[str]) -> None:
    found = plan(occasion(appointment(wall("03-04 09:30")), now=wall(now), rules=(rule(1, 2),)))
    assert [f"{message.status} {message.error_code}".strip() for message in found] == told


# --- After the fact ---------------------------------------------------------------------------------------------------

Change = Callable[[Database, Entry], object]


def note(database: Database, entry: Entry) -> Entry:
    return booking.update(database, Update(entry.id, entry.appointment.version, note="brings papers"))


def as_it_is(database: Database, entry: Entry) -> Entry:
    return booking.update(
        database, Update(entry.id, entry.appointment.version, starts_at=entry.appointment.starts_at, note="")
    )


def move(database: Database, entry: Entry) -> Entry:
    later = entry.appointment.starts_at + timedelta(hours=5)
    return booking.update(database, Update(entry.id, entry.appointment.version, starts_at=later))


def there_and_back(database: Database, entry: Entry) -> Entry:
    moved = move(database, entry)
    back = Update(entry.id, moved.appointment.version, starts_at=entry.appointment.starts_at)
    return booking.update(database, back)


def cancel(database: Database, entry: Entry) -> Entry:
    return booking.cancel(database, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT))


def cancel_and_undo(database: Database, entry: Entry) -> Entry:
    gone = cancel(database, entry)
    return booking.reinstate(database, Reinstate(entry.id, gone.appointment.version))


def park(database: Database, entry: Entry) -> Entry:
    return booking.park(database, Park(entry.id, entry.appointment.version, tell_patient=False))


def arrive(database: Database, entry: Entry) -> Entry:
    return booking.set_status(database, SetStatus(entry.id, entry.appointment.version, AppointmentStatus.ARRIVED))


@pytest.mark.parametrize(
    ("change", "unsent", "sent"),
    [
        pytest.param(note, "confirmation reminder", "reminder", id="saving only a note"),
        pytest.param(as_it_is, "confirmation reminder", "reminder", id="saving without a change"),
        pytest.param(move, "confirmation reminder", "reminder rescheduled", id="a move: one more if it left"),
        pytest.param(there_and_back, "confirmation reminder", "reminder", id="a move that is taken back"),
        pytest.param(cancel, "", "cancelled", id="a cancellation drops it"),
        pytest.param(cancel_and_undo, "confirmation reminder", "reminder", id="a cancellation that is taken back"),
        pytest.param(park, "", "", id="parked without telling"),
        pytest.param(arrive, "", "", id="who has come is told nothing more"),
    ],
)
@pytest.mark.parametrize("has_left", [False, True], ids=["before it left", "after it left"])
def test_what_becomes_of_a_message_after_the_fact(
    *,
    clinic: SmallClinic,
    database: Database,
    owner_engine: Engine,
    change: Change,
    unsent: str,
    sent: str,
    has_left: bool,
) -> None:
    entry = booking.book(database, checkup(clinic))
    if has_left:
        leaves(owner_engine, "confirmation")
    change(database, entry)
    assert pending(owner_engine) == set((sent if has_left else unsent).split())


def test_the_days_of_these_tables_are_those_on_which_the_clocks_change() -> None:
    assert at(date(2031, 3, 30), 12) - at(date(2031, 3, 29), 12) == timedelta(hours=23)
    assert at(date(2031, 10, 26), 12) - at(date(2031, 10, 25), 12) == timedelta(hours=25)
