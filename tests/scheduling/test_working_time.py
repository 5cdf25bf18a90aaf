"""SCHEDULING's rows about working time, each as a table: what is offered, what needs an overrule, what is refused.

Every case is asked of the search, the judgement of one start, the constraints and the booking; they must agree.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.exc import IntegrityError

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Rule
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.working_time import working_windows
from clinic_desk.services import calendar
from tests.scheduling.asking import Outcome, ask
from tests.support.bookings import BERLIN, at, checkup
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic

OFFERED, BY_HAND, OVERRULED, REFUSED = Outcome
SATURDAY = timedelta(days=5)


def clock(text: str) -> tuple[int, int]:
    hour, _, minute = text.partition(":")
    return int(hour), int(minute)


def asked(clinic: SmallClinic, database: Database, engine: Engine, start: str, **other: Any) -> Outcome:
    return ask(database, engine, checkup(clinic, at(clinic.monday, *clock(start)), tell_patient=False, **other)).outcome


def hours(engine: Engine, clinic: SmallClinic, *spans: tuple[int, int]) -> None:
    """These hours on every day, instead of the small clinic's, for Dr. Weber in Berlin."""
    who = {"practitioner_id": clinic.weber, "site_id": clinic.berlin, "valid_from": date(2026, 1, 1)}
    with engine.begin() as connection:
        connection.execute(tables.working_hours.delete().where(tables.working_hours.c.practitioner_id == clinic.weber))
        connection.execute(
            insert(tables.working_hours),
            [
                {"id": new_id(), "weekday": day, "start_minute": start, "end_minute": end} | who
                for day in range(1, 8)
                for start, end in spans
            ],
        )


# --- Grid of offered starts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "outcome"),
    [
        pytest.param("08:10", OFFERED, id="the grid begins with the hours"),
        pytest.param("08:30", OFFERED, id="a step later"),
        pytest.param("08:00", OVERRULED, id="before the hours"),
        pytest.param("08:15", BY_HAND, id="staff may type any minute"),
        pytest.param("08:37", BY_HAND, id="and an odd one"),
        pytest.param("09:45", OFFERED, id="the grid begins anew after a break"),
        pytest.param("09:50", BY_HAND, id="and does not go on from before it"),
        pytest.param("10:25", OFFERED, id="a booking moves no start, the next stays where it was"),
    ],
)
def test_a_start_is_offered_on_the_grid(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, start: str, outcome: Outcome
) -> None:
    hours(owner_engine, clinic, (8 * 60 + 10, 9 * 60 + 20), (9 * 60 + 45, 12 * 60))
    run(owner_engine, "UPDATE booking_rules SET step_minutes = 20")
    ask(database, owner_engine, checkup(clinic, at(clinic.monday, 10, 7), patient_id=clinic.patients[1]))
    assert asked(clinic, database, owner_engine, start) is outcome


# --- Over a break, past closing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "length", "outcome"),
    [
        pytest.param("11:45", 15, OFFERED, id="until the break"),
        pytest.param("11:45", 20, OVERRULED, id="into the break"),
        pytest.param("12:15", 15, OVERRULED, id="within the break"),
        pytest.param("11:00", 150, OVERRULED, id="over the whole break"),
        pytest.param("13:00", 15, OFFERED, id="from the end of the break"),
        pytest.param("16:45", 15, OFFERED, id="until closing"),
        pytest.param("16:45", 20, OVERRULED, id="past closing"),
        pytest.param("07:45", 15, OVERRULED, id="before opening"),
        pytest.param("19:00", 15, OVERRULED, id="in the evening"),
    ],
)
def test_nothing_is_offered_over_a_break_or_past_closing_and_staff_may_with_a_recorded_overrule(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, start: str, length: int, outcome: Outcome
) -> None:
    assert asked(clinic, database, owner_engine, start, length_minutes=length) is outcome


@pytest.mark.parametrize(
    ("spans", "outcome"),
    [
        pytest.param([(480, 720), (720, 1020)], OFFERED, id="adjacent windows join"),
        pytest.param([(480, 800), (720, 1020)], OFFERED, id="overlapping windows join"),
        pytest.param([(480, 1020), (600, 660)], OFFERED, id="a window within another"),
        pytest.param([(480, 720), (721, 1020)], OVERRULED, id="a break of one minute is a break"),
    ],
)
def test_windows_join_unless_there_is_a_break(
    *,
    clinic: SmallClinic,
    database: Database,
    owner_engine: Engine,
    spans: list[tuple[int, int]],
    outcome: Outcome,
) -> None:
    hours(owner_engine, clinic, *spans)
    assert asked(clinic, database, owner_engine, "11:45", length_minutes=30) is outcome


# --- Notice and now ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ahead", "notice", "outcome"),
    [
        pytest.param(120, 0, OFFERED, id="without a notice"),
        pytest.param(120, 60, OFFERED, id="later than the notice"),
        pytest.param(120, 150, BY_HAND, id="within the notice staff have none"),
        pytest.param(-60, 0, REFUSED, id="the past"),
        pytest.param(-60, 150, REFUSED, id="the past, whatever the notice"),
    ],
)
def test_notice_binds_what_is_offered_and_not_the_staff(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, ahead: int, notice: int, outcome: Outcome
) -> None:
    """By the database's clock; the very edge is a case of the domain's own table."""
    hours(owner_engine, clinic, (0, 1440))
    run(owner_engine, "UPDATE booking_rules SET step_minutes = 1, notice_minutes = %s", notice)
    with owner_engine.connect() as connection:
        now: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one().astimezone(UTC)
    start = now.replace(second=0, microsecond=0) + timedelta(minutes=ahead)
    assert ask(database, owner_engine, checkup(clinic, start, tell_patient=False)).outcome is outcome


# --- 23:59, 24:00, end before start -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spans", "ends"),
    [
        pytest.param([(1320, 1440)], "2031-03-04 00:00", id="24:00 is the midnight that ends the day"),
        pytest.param([(1320, 1439)], "2031-03-03 23:59", id="23:59 is literal"),
        pytest.param([(1320, 1440), (0, 360)], "2031-03-04 06:00", id="a night duty is two windows that join"),
        pytest.param([(0, 1440)], "without end", id="round the clock"),
        pytest.param([(1320, 360)], None, id="22:00 to 06:00 in one is refused"),
        pytest.param([(720, 720)], None, id="an end at its start is refused"),
        pytest.param([(1440, 1440)], None, id="nothing begins at 24:00"),
        pytest.param([(0, 1441)], None, id="nothing ends after 24:00"),
    ],
)
def test_a_day_ends_at_24_and_no_hours_end_before_they_begin(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, spans: list[tuple[int, int]], ends: str | None
) -> None:
    if ends is None:
        with pytest.raises(IntegrityError, match="working_hours"):
            hours(owner_engine, clinic, *spans)
        return
    hours(owner_engine, clinic, *spans)
    late = asked(clinic, database, owner_engine, "23:30", length_minutes=30)
    assert late is (OVERRULED if ends == "2031-03-03 23:59" else OFFERED)
    record = calendar.load_clinic(database)
    found = working_windows(record.working_hours, (), record.sites, clinic.weber, clinic.monday)
    over_midnight = [window for window in found if window.interval.ends_at > at(clinic.monday, 23)]
    assert over_midnight, "the window that is open in the evening"
    shown = ask(
        database,
        owner_engine,
        checkup(
            clinic,
            at(clinic.monday, 23, 45),
            patient_id=clinic.patients[2],
            practitioner_id=clinic.weber,
            length_minutes=45,
        ),
    )
    over = Rule.OUTSIDE_HOURS not in shown.rules
    assert over is (ends not in {"2031-03-04 00:00", "2031-03-03 23:59"}), "over midnight only where the windows join"


# --- Override and closure ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "start", "outcome"),
    [
        pytest.param("", "09:00", OFFERED, id="the weekly hours"),
        pytest.param("override weber berlin 600 660", "09:00", OVERRULED, id="other hours replace the weekly ones"),
        pytest.param("override weber berlin 600 660", "10:00", OFFERED, id="and are offered"),
        pytest.param("override weber berlin 1200 1260", "20:00", OFFERED, id="also where the week has none"),
        pytest.param("override weber berlin - -", "09:00", OVERRULED, id="a date without hours"),
        pytest.param(
            "override weber new_york 480 720", "09:00", OVERRULED, id="hours at another site replace them too"
        ),
        pytest.param("override okafor berlin - -", "09:00", OFFERED, id="another doctor's date"),
        pytest.param("closure berlin 0", "09:00", REFUSED, id="a closed site"),
        pytest.param("closure berlin 0", "20:00", REFUSED, id="is closed the whole local day"),
        pytest.param("closure new_york 0", "09:00", OFFERED, id="another site's closure"),
        pytest.param("closure berlin 1", "09:00", OFFERED, id="closed the day after"),
        pytest.param("closure berlin -1", "09:00", OFFERED, id="closed the day before"),
        pytest.param("override weber berlin 600 660; closure berlin 0", "10:00", REFUSED, id="closed on such a date"),
    ],
)
def test_hours_of_a_date_replace_the_weekly_ones_and_a_closure_is_a_whole_day_of_its_site(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, statement: str, start: str, outcome: Outcome
) -> None:
    for part in statement.split("; "):
        match part.split():
            case ["override", who, where, first, last]:
                run(
                    owner_engine,
                    "INSERT INTO date_override (id, practitioner_id, site_id, day, start_minute, end_minute)"
                    " VALUES (%s, %s, %s, %s, %s, %s)",
                    new_id(),
                    getattr(clinic, who),
                    getattr(clinic, where),
                    clinic.monday,
                    *(None if minute == "-" else int(minute) for minute in (first, last)),
                )
            case ["closure", where, days]:
                day = clinic.monday + timedelta(days=int(days))
                run(
                    owner_engine,
                    "INSERT INTO closure (id, site_id, first_day, last_day, name) VALUES (%s, %s, %s, %s, 'Holiday')",
                    new_id(),
                    getattr(clinic, where),
                    day,
                    day,
                )
    assert asked(clinic, database, owner_engine, start) is outcome


# --- Clock changes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "day", "wall", "length", "beside", "outcome"),
    [
        pytest.param(BERLIN, date(2031, 3, 30), "02:30", 15, None, OFFERED, id="a time that is not there"),
        pytest.param(BERLIN, date(2031, 3, 30), "01:45", 30, None, OFFERED, id="a visit over the missing hour"),
        pytest.param(BERLIN, date(2031, 3, 30), "01:45", 30, "03:15", OFFERED, id="ends at 03:15 by the clock"),
        pytest.param(BERLIN, date(2031, 3, 30), "01:45", 30, "03:00", OVERRULED, id="and meets who begins at 03:00"),
        pytest.param(BERLIN, date(2031, 10, 26), "02:30", 15, None, OFFERED, id="a time that comes twice is the first"),
        pytest.param(BERLIN, date(2031, 10, 26), "01:45", 75, "03:00", OFFERED, id="75 minutes end at 02:00"),
        pytest.param(BERLIN, date(2031, 10, 26), "02:30", 30, "02:45", OVERRULED, id="the first pass is taken"),
        pytest.param("Australia/Lord_Howe", date(2031, 10, 5), "02:15", 15, None, OFFERED, id="half an hour missing"),
        pytest.param("Australia/Lord_Howe", date(2031, 10, 5), "01:45", 30, "02:45", OFFERED, id="a visit over it"),
        pytest.param("Australia/Lord_Howe", date(2031, 4, 6), "01:30", 30, "02:00", OFFERED, id="half an hour twice"),
    ],
)
def test_a_visit_lasts_its_elapsed_length_when_the_clocks_change(
    *,
    clinic: SmallClinic,
    database: Database,
    owner_engine: Engine,
    zone: str,
    day: date,
    wall: str,
    length: int,
    beside: str | None,
    outcome: Outcome,
) -> None:
    hours(owner_engine, clinic, (0, 360))
    run(owner_engine, "UPDATE site SET zone = %s WHERE id = %s", zone, clinic.berlin)
    if beside is not None:
        start = at(day, *clock(beside), zone=zone)
        ask(database, owner_engine, checkup(clinic, start, patient_id=clinic.patients[1], tell_patient=False))
    command = checkup(clinic, at(day, *clock(wall), zone=zone), length_minutes=length, tell_patient=False)
    assert ask(database, owner_engine, command).outcome is outcome
