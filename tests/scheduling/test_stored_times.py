"""What SCHEDULING says of storage, as tables: the instant and what was agreed, and a footprint no session can bend."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Update
from clinic_desk.services import booking
from tests.scheduling.test_working_time import clock, hours
from tests.support.bookings import BERLIN, NEW_YORK, at, checkup, stored
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic

KOLKATA, LORD_HOWE = "Asia/Kolkata", "Australia/Lord_Howe"


@pytest.mark.parametrize(
    ("zone", "day", "wall", "instant"),
    [
        pytest.param(BERLIN, date(2031, 3, 3), "09:00", "2031-03-03T08:00Z", id="winter"),
        pytest.param(BERLIN, date(2031, 7, 7), "09:00", "2031-07-07T07:00Z", id="summer"),
        pytest.param(BERLIN, date(2031, 3, 30), "03:30", "2031-03-30T01:30Z", id="after the missing hour"),
        pytest.param(BERLIN, date(2031, 10, 26), "02:30", "2031-10-26T00:30Z", id="the first of two"),
        pytest.param(KOLKATA, date(2031, 3, 3), "09:00", "2031-03-03T03:30Z", id="a zone of half hours"),
        pytest.param(LORD_HOWE, date(2031, 10, 5), "02:30", "2031-10-04T15:30Z", id="half an hour was missing"),
        pytest.param(BERLIN, date(2032, 2, 29), "09:00", "2032-02-29T08:00Z", id="the leap day"),
    ],
)
def test_the_instant_is_stored_with_the_wall_time_and_zone_it_was_agreed_in(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, zone: str, day: date, wall: str, instant: str
) -> None:
    hours(owner_engine, clinic, (0, 1440))
    run(owner_engine, "UPDATE site SET zone = %s WHERE id = %s", zone, clinic.berlin)
    entry = booking.book(database, checkup(clinic, at(day, *clock(wall), zone=zone), tell_patient=False))
    row = stored(owner_engine, entry.id)
    assert row["starts_at"] == datetime.fromisoformat(instant)
    assert (row["wall_start"], row["zone"]) == (
        datetime.combine(day, datetime.min.time()).replace(hour=clock(wall)[0], minute=clock(wall)[1]),
        zone,
    )


@pytest.mark.parametrize(
    ("change", "agreed"),
    [
        pytest.param({"note": "x"}, "2031-03-03 09:00 Europe/Berlin", id="a note changes nothing of it"),
        pytest.param({"starts_at": at(date(2031, 3, 4), 14)}, "2031-03-04 14:00 Europe/Berlin", id="a move"),
        pytest.param(
            {"site_id": "new_york", "practitioner_id": "diaz", "starts_at": at(date(2031, 3, 3), 9, zone=NEW_YORK)},
            "2031-03-03 09:00 America/New_York",
            id="at another site in its zone",
        ),
    ],
)
def test_a_change_of_time_or_place_agrees_anew(
    clinic: SmallClinic, database: Database, owner_engine: Engine, change: dict[str, Any], agreed: str
) -> None:
    entry = booking.book(database, checkup(clinic, tell_patient=False))
    given = {name: getattr(clinic, value) if name.endswith("_id") else value for name, value in change.items()}
    booking.update(database, Update(entry.id, 1, **given))
    row = stored(owner_engine, entry.id)
    assert f"{row['wall_start']:%Y-%m-%d %H:%M} {row['zone']}" == agreed


@pytest.mark.parametrize("change", [{"note": "x"}, {"practitioner_id": "okafor"}], ids=["a note", "another doctor"])
def test_what_was_agreed_stays_when_the_rules_of_the_zone_changed_and_its_time_does_not(
    clinic: SmallClinic, database: Database, owner_engine: Engine, change: dict[str, Any]
) -> None:
    entry = booking.book(database, checkup(clinic, tell_patient=False))
    run(owner_engine, "UPDATE appointment SET wall_start = wall_start + interval '30 minutes'")  # shown as 09:00 now
    given = {name: getattr(clinic, value) if name.endswith("_id") else value for name, value in change.items()}
    booking.update(database, Update(entry.id, stored(owner_engine, entry.id)["version"], **given))
    assert f"{stored(owner_engine, entry.id)['wall_start']:%H:%M}" == "09:30"


@pytest.mark.parametrize("session", ["UTC", BERLIN, NEW_YORK, LORD_HOWE])
@pytest.mark.parametrize("day", [date(2031, 3, 30), date(2031, 10, 26)], ids=["an hour missing", "an hour twice"])
def test_the_stored_footprint_is_elapsed_time_whatever_zone_the_session_has(
    clinic: SmallClinic, database: Database, owner_engine: Engine, session: str, day: date
) -> None:
    hours(owner_engine, clinic, (0, 1440))
    start = at(day, 1, 45)
    command = checkup(clinic, start, type_id=clinic.consultation, length_minutes=30, tell_patient=False)
    entry = booking.book(database, command)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(f"SET LOCAL TimeZone = '{session}'")
        connection.exec_driver_sql("UPDATE appointment SET buffer_after_minutes = 11")  # it is computed anew
        row = connection.exec_driver_sql(
            "SELECT extract(epoch FROM lower(footprint))::int, extract(epoch FROM upper(footprint))::int,"
            " pg_typeof(footprint)::text FROM appointment WHERE id = %s",
            (entry.id,),
        ).one()
    begin = int(start.timestamp())
    assert tuple(row) == (begin - 5 * 60, begin + 41 * 60, "tstzrange")
