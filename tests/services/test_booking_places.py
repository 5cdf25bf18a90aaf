"""Booking with devices, rooms for several, reserved blocks, other hours on a date, and who may overrule what."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Cancel, Reinstate, Rule, Update
from clinic_desk.domain.records import CancellationReason, Entry, RoomKind
from clinic_desk.domain.refusals import RuleViolation, SlotTaken
from clinic_desk.errors import Refused
from clinic_desk.services import calendar
from clinic_desk.services.booking import book, cancel, reinstate, update
from tests.support.bookings import at, checkup, count, stored
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

HALL, LASER, SCANNER = UUID(int=0xA11), UUID(int=0x1A5E), UUID(int=0x5CA)
DESKS: Final = 6


def run(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, values)


@pytest.fixture
def places(clinic: SmallClinic, owner_engine: Engine) -> SmallClinic:
    """A hall for three and two devices in Berlin; checkups need a device."""
    for row_id, name, kind, capacity in (
        (HALL, "Hall", "room", 3),
        (LASER, "A", "device", 1),
        (SCANNER, "B", "device", 1),
    ):
        run(
            owner_engine,
            "INSERT INTO room (id, site_id, name, kind, capacity, position) VALUES"
            " (%(id)s, %(site)s, %(name)s, %(kind)s, %(capacity)s, 9)",
            id=row_id, site=clinic.berlin, name=name, kind=kind, capacity=capacity,
        )  # fmt: skip
    run(owner_engine, "UPDATE appointment_type SET needs_device = true WHERE id = %(id)s", id=clinic.checkup)
    return clinic


@pytest.fixture
def manager(url_as: Callable[[Any], URL]) -> Iterator[Database]:
    database = Database(url_as("clinic_manager"), DeskIdentity(uuid4(), "Office"))
    yield database
    database.dispose()


def rules_of(refused: pytest.ExceptionInfo[RuleViolation]) -> set[Rule]:
    return {violation.rule for violation in refused.value.violations}


def test_a_device_is_given_out_as_a_room_is_and_runs_out(
    places: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    first = book(database, checkup(places))
    second = book(database, checkup(places, practitioner_id=places.okafor, patient_id=places.patients[1]))
    assert {first.appointment.device_id, second.appointment.device_id} == {LASER, SCANNER}
    assert calendar.load_entries(database, [first.id]) == (first,)
    run(owner_engine, "INSERT INTO practitioner (id, name) VALUES (%(id)s, 'Dr.')", id=UUID(int=900))
    run(
        owner_engine,
        "INSERT INTO appointment_type_practitioner (type_id, practitioner_id) VALUES (%(type)s, %(id)s)",
        id=UUID(int=900), type=places.checkup,
    )  # fmt: skip
    third = checkup(
        places, practitioner_id=UUID(int=900), patient_id=places.patients[2], overrule=frozenset({Rule.OUTSIDE_HOURS})
    )
    with pytest.raises(RuleViolation) as refused:
        book(database, third)
    assert rules_of(refused) == {Rule.NO_DEVICE}


def test_a_named_device_that_is_taken_says_by_whom(places: SmallClinic, database: Database) -> None:
    first = book(database, checkup(places, device_id=LASER))
    with pytest.raises(SlotTaken) as taken:
        book(
            database,
            checkup(places, practitioner_id=places.okafor, patient_id=places.patients[1], device_id=LASER),
        )
    assert taken.value.by == first
    assert taken.value.resource is RoomKind.DEVICE


def test_a_moved_visit_keeps_its_device_where_it_is_free_and_gets_another_where_not(
    places: SmallClinic, database: Database
) -> None:
    visit = book(database, checkup(places, device_id=SCANNER))
    moved = update(database, Update(visit.id, 1, starts_at=at(places.monday, 10)))
    assert moved.appointment.device_id == SCANNER
    book(
        database,
        checkup(
            places,
            at(places.monday, 11),
            practitioner_id=places.okafor,
            patient_id=places.patients[1],
            device_id=SCANNER,
        ),
    )
    again = update(database, Update(visit.id, 2, starts_at=at(places.monday, 11)))
    assert again.appointment.device_id == LASER
    named = update(database, Update(visit.id, 3, device_id=SCANNER, starts_at=at(places.monday, 14)))
    assert named.appointment.device_id == SCANNER


def test_a_visit_of_another_kind_lets_the_device_go_that_it_does_not_need(
    places: SmallClinic, database: Database
) -> None:
    visit = book(database, checkup(places, device_id=SCANNER))
    assert visit.appointment.device_id == SCANNER
    changed = update(database, Update(visit.id, 1, type_id=places.consultation))
    assert changed.appointment.device_id is None


def test_desks_that_race_for_a_hall_for_three_fill_it_and_no_more(
    places: SmallClinic, make_desk: Callable[[str], Database], owner_engine: Engine
) -> None:
    doctors = [UUID(int=900 + number) for number in range(DESKS)]
    for doctor in doctors:
        run(owner_engine, "INSERT INTO practitioner (id, name) VALUES (%(id)s, 'Dr.')", id=doctor)
        run(
            owner_engine,
            "INSERT INTO appointment_type_practitioner (type_id, practitioner_id) VALUES (%(type)s, %(id)s)",
            id=doctor, type=places.procedure,
        )  # fmt: skip
    desks = [make_desk(f"Desk {number}") for number in range(DESKS)]
    start = Barrier(DESKS)

    def race(number: int) -> Entry | Refused:
        start.wait(30)
        try:
            return book(
                desks[number],
                checkup(
                    places,
                    practitioner_id=doctors[number],
                    patient_id=places.patients[number],
                    type_id=places.procedure,
                    length_minutes=60,
                    room_id=HALL,
                    overrule=frozenset({Rule.OUTSIDE_HOURS}),
                ),
            )
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(DESKS) as pool:
        outcomes = list(pool.map(race, range(DESKS)))
    assert sum(isinstance(outcome, Entry) for outcome in outcomes) == 3
    lost = [outcome.resource for outcome in outcomes if isinstance(outcome, SlotTaken)]
    assert lost == [RoomKind.ROOM] * (DESKS - 3)
    assert count(owner_engine, "appointment") == 3


def test_a_reserved_block_is_for_its_types_only(places: SmallClinic, database: Database, owner_engine: Engine) -> None:
    block = UUID(int=0xB10C)
    run(
        owner_engine,
        "INSERT INTO block (id, name, practitioner_id, starts_at, ends_at)"
        " VALUES (%(id)s, 'Acute', %(who)s, %(a)s, %(b)s)",
        id=block, who=places.weber, a=at(places.monday, 9), b=at(places.monday, 10),
    )  # fmt: skip
    run(
        owner_engine,
        "INSERT INTO block_type (block_id, type_id) VALUES (%(id)s, %(type)s)",
        id=block, type=places.checkup,
    )  # fmt: skip
    assert book(database, checkup(places)).appointment.overruled == frozenset()
    other = checkup(
        places, at(places.monday, 9, 30), type_id=places.consultation, length_minutes=20, patient_id=places.patients[1]
    )
    with pytest.raises(RuleViolation) as refused:
        book(database, other)
    assert rules_of(refused) == {Rule.BLOCKED}


def test_the_hours_of_a_date_replace_those_of_the_week_when_booking(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    run(
        owner_engine,
        "INSERT INTO date_override (id, practitioner_id, site_id, day, start_minute, end_minute)"
        " VALUES (%(id)s, %(who)s, %(where)s, %(day)s, 1080, 1200)",
        id=uuid4(), who=clinic.weber, where=clinic.berlin, day=clinic.monday,
    )  # fmt: skip
    with pytest.raises(RuleViolation) as refused:
        book(database, checkup(clinic))
    assert rules_of(refused) == {Rule.OUTSIDE_HOURS}
    assert book(database, checkup(clinic, at(clinic.monday, 18))).appointment.overruled == frozenset()


def _bar(engine: Engine, *left: Rule) -> None:
    run(engine, "UPDATE booking_rules SET overrulable = %(left)s", left=[rule.value for rule in left])


def test_a_reception_overrules_what_the_clinic_lets_it_and_a_manager_all_that_can_be(
    clinic: SmallClinic, database: Database, manager: Database, owner_engine: Engine
) -> None:
    _bar(owner_engine, Rule.BLOCKED)
    late = checkup(clinic, at(clinic.monday, 20), overrule=frozenset({Rule.OUTSIDE_HOURS}))
    with pytest.raises(RuleViolation) as refused:
        book(database, late)
    assert rules_of(refused) == {Rule.OUTSIDE_HOURS}
    assert refused.value.overrulable is False
    assert calendar.load_clinic(database).overrulable == {Rule.BLOCKED}
    assert Rule.OUTSIDE_HOURS in calendar.load_clinic(manager).overrulable
    assert calendar.load_clinic(manager).rules.overrulable == {Rule.BLOCKED}
    entry = book(manager, late)
    assert entry.appointment.overruled == {Rule.OUTSIDE_HOURS}


def test_a_squeeze_in_that_the_clinic_bars_is_a_time_that_is_taken(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    first = book(database, checkup(clinic))
    _bar(owner_engine)
    with pytest.raises(SlotTaken) as taken:
        book(
            database,
            checkup(clinic, patient_id=clinic.patients[1], overrule=frozenset({Rule.SLOT_TAKEN}), beside=None),
        )
    assert taken.value.by == first


def test_an_undo_brings_back_what_a_manager_overruled(
    clinic: SmallClinic, database: Database, manager: Database, owner_engine: Engine
) -> None:
    _bar(owner_engine)
    entry = book(manager, checkup(clinic, at(clinic.monday, 20), overrule=frozenset({Rule.OUTSIDE_HOURS})))
    gone = cancel(database, Cancel(entry.id, 1, CancellationReason.OTHER))
    back = reinstate(database, Reinstate(gone.id, gone.appointment.version))
    assert back.appointment.overruled == {Rule.OUTSIDE_HOURS}


def test_an_appointment_keeps_its_series_when_it_is_changed(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entry = book(database, checkup(clinic))
    series = uuid4()
    run(
        owner_engine,
        "INSERT INTO series (id, rule, starts_on, wall_minute, zone)"
        " VALUES (%(id)s, 'FREQ=WEEKLY', '2031-03-03', 540, 'Europe/Berlin')",
        id=series,
    )
    run(
        owner_engine,
        "UPDATE appointment SET series_id = %(series)s, series_day = '2031-03-03' WHERE id = %(id)s",
        series=series, id=entry.id,
    )  # fmt: skip
    moved = update(database, Update(entry.id, 2, starts_at=at(SMALL_CLINIC.monday, 10)))
    assert (moved.appointment.series_id, moved.appointment.series_day) == (series, date(2031, 3, 3))
    row = stored(owner_engine, entry.id)
    assert (row["series_id"], row["series_day"]) == (series, date(2031, 3, 3))
    assert calendar.load_entries(database, [entry.id]) == (moved,)
