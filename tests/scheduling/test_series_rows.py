"""SCHEDULING's rows about series, each as a table: what becomes of dates that clash, and which dates a rule names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Rule
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.recurrence import Every, Recurrence, dates_of, parse_rule
from clinic_desk.domain.series import (
    BookSeries,
    PlannedDate,
    SeriesDate,
    SeriesRefused,
    planned_dates,
    put_all_the_same,
    put_instead,
    series_of,
    told_once,
)
from clinic_desk.services import booking, calendar, series
from tests.support.bookings import BERLIN, at, checkup, count
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic

WEEK = timedelta(days=7)
WEEKLY = Recurrence(Every.WEEKS, count=3)


# --- Series with conflicts --------------------------------------------------------------------------------------------


Conflict = Callable[[Database, Engine, SmallClinic], object]


class Way(StrEnum):
    """What the desk chooses for the date that clashes: the second of three."""

    SKIP, MOVE, INSIST, NOTHING = "skip", "move", "squeeze in or overrule", "nothing"


def taken(database: Database, _engine: Engine, clinic: SmallClinic) -> None:
    booking.book(database, checkup(clinic, at(clinic.monday + WEEK, 9), patient_id=clinic.patients[1]))


def patient_elsewhere(database: Database, _engine: Engine, clinic: SmallClinic) -> None:
    booking.book(database, checkup(clinic, at(clinic.monday + WEEK, 9), practitioner_id=clinic.okafor))


def doctor_off(_database: Database, engine: Engine, clinic: SmallClinic) -> None:
    run(
        engine,
        "INSERT INTO time_off (id, practitioner_id, starts_at, ends_at) VALUES (%s, %s, %s, %s)",
        new_id(),
        clinic.weber,
        at(clinic.monday + WEEK, 8),
        at(clinic.monday + WEEK, 10),
    )


def closed(_database: Database, engine: Engine, clinic: SmallClinic) -> None:
    days = (clinic.monday + WEEK, clinic.monday + WEEK)
    sql = "INSERT INTO closure (id, site_id, first_day, last_day, name) VALUES (%s, %s, %s, %s, 'Holiday')"
    run(engine, sql, new_id(), clinic.berlin, *days)


@pytest.mark.parametrize(
    ("conflict", "way", "stored"),
    [
        pytest.param(taken, Way.SKIP, 2, id="taken and left out"),
        pytest.param(taken, Way.MOVE, 3, id="taken and moved"),
        pytest.param(taken, Way.INSIST, 3, id="taken and squeezed in"),
        pytest.param(taken, Way.NOTHING, 0, id="taken and nothing chosen: none is stored"),
        pytest.param(patient_elsewhere, Way.INSIST, 3, id="the patient is elsewhere, all the same"),
        pytest.param(patient_elsewhere, Way.NOTHING, 0, id="the patient is elsewhere, nothing chosen"),
        pytest.param(doctor_off, Way.INSIST, 3, id="the doctor is off, all the same"),
        pytest.param(doctor_off, Way.MOVE, 3, id="the doctor is off, moved"),
        pytest.param(closed, Way.SKIP, 2, id="closed and left out"),
        pytest.param(closed, Way.MOVE, 3, id="closed and moved"),
        pytest.param(closed, Way.INSIST, 0, id="nobody insists on a closed day: none is stored"),
    ],
)
def test_a_series_is_stored_whole_as_was_chosen_or_not_at_all(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, conflict: Conflict, way: Way, stored: int
) -> None:
    conflict(database, owner_engine, clinic)
    before = count(owner_engine, "appointment")
    seen = series.preview(database, planned_dates(WEEKLY, checkup(clinic), BERLIN), calendar.load_clinic(database))
    assert count(owner_engine, "appointment") == before, "looking stores nothing"
    assert [one.is_free for one in seen] == [True, False, True]
    assert seen[1].may_stand is (conflict is not closed)
    chosen = tuple(SeriesDate(one.day, one.step) for one in _as_chosen(seen, way) if isinstance(one.step, Book))
    command = BookSeries(series_of(WEEKLY, clinic.monday, 9 * 60, BERLIN), told_once(chosen, tell=True))
    if not stored:
        with pytest.raises(SeriesRefused) as refused:
            series.book(database, command)
        assert refused.value.day == clinic.monday + WEEK
        assert count(owner_engine, "appointment") == before
        assert count(owner_engine, "series") == 0
        return
    entries = series.book(database, command)
    assert len(entries) == stored
    second = [entry.appointment for entry in entries if entry.appointment.series_day == clinic.monday + WEEK]
    overruled = {rule for row in second for rule in row.overruled}
    assert overruled == ({row.rule.value for row in seen[1].violations} if way is Way.INSIST else set())
    assert [row.squeezed_in for row in second] == [Rule.SLOT_TAKEN in overruled] * len(second)


def _as_chosen(seen: tuple[PlannedDate, ...], way: Way) -> tuple[PlannedDate, ...]:
    first, second, third = seen
    match way:
        case Way.SKIP:
            return first, third
        case Way.MOVE:
            return first, replace(second, step=put_instead(second, second.replacements[0])), third
        case Way.INSIST:
            return first, replace(second, step=put_all_the_same(second)), third
        case _:
            return seen


# --- Series rules -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "first", "struck", "dates"),
    [
        pytest.param("FREQ=WEEKLY;COUNT=3", "2026-11-23", "", "11-23 11-30 12-07", id="every week"),
        pytest.param("FREQ=DAILY;INTERVAL=3;COUNT=3", "2026-11-23", "", "11-23 11-26 11-29", id="every third day"),
        pytest.param("FREQ=WEEKLY;UNTIL=20261207", "2026-11-23", "", "11-23 11-30 12-07", id="the UNTIL day is in"),
        pytest.param(
            "FREQ=WEEKLY;COUNT=3;BYDAY=TU",
            "2026-11-23",
            "",
            "11-24 12-01 12-08",
            id="a first date that is not one of the weekdays is left out and does not count",
        ),
        pytest.param(
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=MO,SU",
            "2026-11-29",
            "",
            "11-29 12-07 12-13 12-21",
            id="weeks start on Monday: a Sunday ends its week",
        ),
        pytest.param(
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=MO,SU;WKST=SU",
            "2026-11-29",
            "",
            "11-29 11-30 12-13 12-14",
            id="unless stored otherwise",
        ),
        pytest.param(
            "FREQ=WEEKLY;COUNT=3", "2026-11-23", "2026-11-30", "11-23 12-07", id="struck-out dates count towards COUNT"
        ),
        pytest.param("FREQ=MONTHLY;COUNT=3", "2027-01-31", "", "01-31 03-31 05-31", id="missing days do not count"),
        pytest.param("FREQ=MONTHLY;COUNT=2", "2028-02-29", "", "02-29 03-29", id="a leap day, month by month"),
        pytest.param("FREQ=WEEKLY;COUNT=3", "2026-12-24", "", "12-24 12-31 01-07", id="over week 53"),
        pytest.param(
            "FREQ=DAILY;COUNT=3;BYDAY=MO,FR", "2026-11-23", "", "11-23 11-27 11-30", id="days that fall on weekdays"
        ),
    ],
)
def test_a_rule_names_these_dates(rule: str, first: str, struck: str, dates: str) -> None:
    left_out = [date.fromisoformat(struck)] if struck else []
    found = dates_of(parse_rule(rule), date.fromisoformat(first), left_out)
    assert " ".join(f"{day:%m-%d}" for day in found) == dates
