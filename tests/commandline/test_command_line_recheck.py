"""`check-appointments`: what no longer fits and why, as lines and as a document, and putting agreed times back."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import URL, Engine

from tests.commandline.conftest import ADDRESS, Command, Ended, text
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

Run = Callable[..., Ended]
Booked = Callable[..., dict[str, Any]]
JONAS = SMALL_CLINIC.patients[1]


def change(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_clinic_that_fits_is_exit_code_0(run: Run, booked: Booked) -> None:
    booked()
    ended = run("check-appointments")
    assert (ended.code, ended.document) == (0, {"looked_at": 1, "kept": [], "unfit": []})


def test_what_no_longer_fits_is_listed_with_why_and_exit_code_1(run: Run, booked: Booked, owner_engine: Engine) -> None:
    made = booked()
    booked("10:00", JONAS)
    change(owner_engine, "UPDATE working_hours SET start_minute = 570 WHERE start_minute = 480")
    ended = run("check-appointments")
    assert ended.code == 1
    (one,) = ended.document["unfit"]
    assert one["appointment"]["id"] == made["id"]
    assert [row["rule"] for row in one["violations"]] == ["outside-hours"]
    assert one["shifted"] is None


def test_times_that_were_agreed_are_put_back_once(run: Run, booked: Booked, owner_engine: Engine) -> None:
    made, other = booked("09:00"), booked("09:15", JONAS)
    change(owner_engine, "UPDATE appointment SET wall_start = wall_start - interval '15 minutes'")
    listed = run("check-appointments")
    assert listed.code == 1
    shifted = listed.document["unfit"][0]["shifted"]
    assert shifted == {
        "agreed": f"{SMALL_CLINIC.monday}T08:45:00",
        "shown": f"{SMALL_CLINIC.monday}T09:00:00",
        "keeps": f"{SMALL_CLINIC.monday}T07:45:00+00:00",
    }
    kept = run("check-appointments", "--keep-wall-time")
    assert kept.code == 0
    assert [row["id"] for row in kept.document["kept"]] == [made["id"], other["id"]]
    assert kept.document["unfit"] == []
    assert run("check-appointments", "--keep-wall-time").document["kept"] == []


def test_a_place_that_is_taken_is_refused_as_for_an_appointment_by_itself(
    run: Run, booked: Booked, owner_engine: Engine
) -> None:
    made = booked("09:00")
    change(owner_engine, "UPDATE appointment SET wall_start = wall_start - interval '1 hour'")
    booked("08:00", JONAS)
    ended = run("check-appointments", "--keep-wall-time")
    assert (ended.code, ended.document["error"]) == (1, "slot-taken")
    assert run("show", made["id"]).document["starts_at"] == made["starts_at"]


def test_what_more_than_one_transaction_put_back_stands_when_a_later_one_is_refused(
    run: Run, booked: Booked, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clinic_desk.domain.recheck.MOST_AT_ONCE", 1)
    made, other = booked("09:00"), booked("10:00", JONAS)
    change(owner_engine, "UPDATE appointment SET wall_start = wall_start - interval '30 minutes'")
    booked("09:30", SMALL_CLINIC.patients[2])
    ended = run("check-appointments", "--keep-wall-time")
    assert ended.code == 1
    assert [row["id"] for row in ended.document["kept"]] == [made["id"]]
    assert [row["appointment"]["id"] for row in ended.document["unfit"]] == [other["id"]]
    assert ended.document["refused"]["error"] == "slot-taken"


def test_lines_tell_a_person_the_same(
    *, command: Command, run: Run, booked: Booked, clinic: SmallClinic, database_url: URL, owner_engine: Engine,
    monkeypatch: Any,
) -> None:  # fmt: skip
    assert clinic == SMALL_CLINIC
    booked()
    change(owner_engine, "UPDATE appointment SET wall_start = wall_start - interval '1 hour'")
    change(owner_engine, "UPDATE practitioner SET active = false")
    monkeypatch.setenv(ADDRESS, text(database_url))
    ended = command("check-appointments")
    assert ended.code == 1
    first, last = ended.out.splitlines()
    assert "Anna Meier" in first
    assert first.endswith(": agreed for 08:00, the clocks will show 09:00; inactive Dr. Weber")
    assert last == "1 of 1 appointments to come no longer fit"
