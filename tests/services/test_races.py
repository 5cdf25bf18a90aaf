"""Desks that race: threads of one program and whole processes, for the same times, rooms and appointments."""

import multiprocessing
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Rule, Update
from clinic_desk.domain.records import Entry
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken
from clinic_desk.errors import Refused
from clinic_desk.services import calendar
from clinic_desk.services.booking import book, update
from tests.support.bookings import at, checkup, count, overlaps
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

DESKS: Final = 8
Outcome = Entry | Refused


def all_at_once(works: Sequence[Callable[[], Entry]]) -> list[Outcome]:
    """Start every work at the same moment, each in a thread, and return what each came to."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], Entry]) -> Outcome:
        start.wait(20)
        try:
            return work()
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture
def desks(make_desk: Callable[[str], Database]) -> list[Database]:
    return [make_desk(f"Desk {number}") for number in range(1, DESKS + 1)]


def test_of_eight_desks_that_book_one_time_one_gets_it_and_all_others_are_told_who(
    clinic: SmallClinic, desks: list[Database], owner_engine: Engine
) -> None:
    for round_ in range(5):
        start = at(clinic.monday, 8) + timedelta(minutes=15 * round_)
        outcomes = all_at_once(
            [
                lambda desk=desk, patient=patient, start=start: book(desk, checkup(clinic, start, patient_id=patient))  # type: ignore[misc]
                for desk, patient in zip(desks, clinic.patients, strict=False)
            ]
        )
        (winner,) = [outcome for outcome in outcomes if isinstance(outcome, Entry)]
        losers = [outcome for outcome in outcomes if isinstance(outcome, SlotTaken)]
        assert len(losers) == DESKS - 1
        assert all(loser.by is not None and loser.by.id == winner.id for loser in losers)
    assert overlaps(owner_engine) == 0
    assert count(owner_engine, "appointment") == 5


def test_desks_that_race_for_two_rooms_fill_both_and_no_more(
    clinic: SmallClinic, desks: list[Database], owner_engine: Engine
) -> None:
    """Four doctors more, so that only the rooms are scarce."""
    doctors = [UUID(int=900 + number) for number in range(DESKS)]
    with owner_engine.begin() as connection:
        for doctor in doctors:
            connection.execute(insert(tables.practitioner), {"id": doctor, "name": "Dr."})
            connection.execute(
                insert(tables.appointment_type_practitioner),
                {"type_id": clinic.procedure, "practitioner_id": doctor},
            )
    hours = frozenset({Rule.OUTSIDE_HOURS})
    outcomes = all_at_once(
        [
            lambda desk=desk, doctor=doctor, patient=patient: book(  # type: ignore[misc]
                desk,
                checkup(
                    clinic,
                    patient_id=patient,
                    practitioner_id=doctor,
                    type_id=clinic.procedure,
                    length_minutes=60,
                    overrule=hours,
                ),
            )
            for desk, doctor, patient in zip(desks, doctors, clinic.patients, strict=False)
        ]
    )
    rooms = [outcome.appointment.room_id for outcome in outcomes if isinstance(outcome, Entry)]
    assert sorted(map(str, rooms)) == sorted(map(str, (clinic.room_1, clinic.room_2)))
    refused = [outcome for outcome in outcomes if isinstance(outcome, RuleViolation)]
    assert len(refused) == DESKS - 2
    assert {violation.rule for one in refused for violation in one.violations} == {Rule.NO_ROOM}
    assert overlaps(owner_engine) == 0


def test_one_patient_booked_with_two_doctors_at_once_is_noticed_by_one_of_the_desks(
    clinic: SmallClinic, desks: list[Database], owner_engine: Engine
) -> None:
    outcomes = all_at_once(
        [
            lambda desk=desk, doctor=doctor: book(desk, checkup(clinic, practitioner_id=doctor))  # type: ignore[misc]
            for desk, doctor in zip(desks, (clinic.weber, clinic.okafor), strict=False)
        ]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Entry", "RuleViolation"]


def test_of_desks_that_move_one_appointment_one_does_and_the_others_see_where_it_is(
    clinic: SmallClinic, desks: list[Database], owner_engine: Engine
) -> None:
    booked = book(desks[0], checkup(clinic))
    outcomes = all_at_once(
        [
            lambda desk=desk, hour=hour: update(desk, Update(booked.id, 1, starts_at=at(clinic.monday, hour)))  # type: ignore[misc]
            for desk, hour in zip(desks, (8, 10, 11, 13, 14, 15, 16), strict=False)
        ]
    )
    (winner,) = [outcome for outcome in outcomes if isinstance(outcome, Entry)]
    losers = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(losers) == 6
    assert all(loser.now == winner for loser in losers)
    assert calendar.load_entries(desks[0], [booked.id]) == (winner,)


def test_two_desks_that_exchange_two_appointments_never_wait_for_each_other_for_ever(
    clinic: SmallClinic, desks: list[Database], owner_engine: Engine
) -> None:
    """Each moves its own onto the other's place: locks are taken in one order, so nobody is shot as a deadlock."""
    one = book(desks[0], checkup(clinic))
    two = book(desks[1], checkup(clinic, practitioner_id=clinic.okafor, patient_id=clinic.patients[1]))
    for _ in range(10):
        outcomes = all_at_once(
            [
                lambda: update(desks[0], Update(one.id, 1, practitioner_id=clinic.okafor)),
                lambda: update(desks[1], Update(two.id, 1, practitioner_id=clinic.weber)),
            ]
        )
        assert [type(outcome) for outcome in outcomes] == [SlotTaken, SlotTaken]
    with owner_engine.connect() as connection:
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert connection.exec_driver_sql(deadlocks).scalar_one() == 0


# --- processes --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Race:
    """What each process does: book the slots in its own order, then move and edit what it finds there."""

    url: str
    desk: int
    slots: tuple[datetime, ...]


def run_desk(race: Race, start: Any, results: Any) -> None:
    """One desk as a process: what it was told stands goes into `results`."""
    from sqlalchemy import make_url

    clinic = SMALL_CLINIC
    database = Database(make_url(race.url), DeskIdentity(UUID(int=race.desk + 1), f"Desk {race.desk}"))
    told: list[tuple[UUID, int, str]] = []
    order = race.slots[race.desk :] + race.slots[: race.desk]
    patient = clinic.patients[race.desk % len(clinic.patients)]
    start.wait(80)
    for slot in order:
        try:
            entry = book(database, checkup(clinic, slot, patient_id=patient, note=f"by {race.desk}"))
            told.append((entry.id, entry.appointment.version, entry.appointment.note))
        except SlotTaken as taken:
            if taken.by is not None:
                told.extend(edited(database, taken.by, f"seen by {race.desk}"))
    database.dispose()
    results.put(told)


def edited(database: Database, entry: Entry, note: str) -> list[tuple[UUID, int, str]]:
    """Write a note over the version just seen; nothing if another desk was first."""
    try:
        now = update(database, Update(entry.id, entry.appointment.version, note=note))
    except Conflict:
        return []
    return [(now.id, now.appointment.version, note)]


def test_eight_desks_as_processes_never_overlap_and_lose_no_update(
    clinic: SmallClinic, database_url: URL, owner_engine: Engine
) -> None:
    slots = tuple(at(clinic.monday, 8) + timedelta(minutes=15 * number) for number in range(16))
    url = database_url.render_as_string(hide_password=False)
    context = _desks_of_their_own()
    start, results = context.Barrier(DESKS), context.Queue()
    processes = [
        context.Process(target=run_desk, args=(Race(url, number, slots), start, results)) for number in range(DESKS)
    ]
    for process in processes:
        process.start()
    told = collected(results)
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    results.close()
    results.join_thread()
    assert overlaps(owner_engine) == 0
    assert count(owner_engine, "appointment") == len(slots)
    assert_all_told_stands(owner_engine, told)


def _desks_of_their_own() -> Any:
    """Where processes come from: one that has imported everything is copied where it can be, which saves most of it."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "psycopg2", "sqlalchemy.dialects.postgresql.psycopg2"])
    return context


def collected(results: Any) -> list[tuple[UUID, int, str]]:
    told: list[tuple[UUID, int, str]] = []
    for _ in range(DESKS):
        try:
            told.extend(results.get(timeout=90))
        except queue.Empty:
            pytest.fail("a desk did not report")
    return told


def assert_all_told_stands(engine: Engine, told: list[tuple[UUID, int, str]]) -> None:
    """Every version that a desk was told it wrote is in the history, with what it wrote, and no version twice."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT row_id, version, after ->> 'note' FROM history WHERE table_name = 'appointment'"
        )
        history = {(row[0], row[1]): row[2] for row in rows}
    assert len({(row_id, version) for row_id, version, _ in told}) == len(told)
    assert {(row_id, version): note for row_id, version, note in told} == history
