"""Free times on real PostgreSQL: all of a range, the first of each day, and what is offered when a time was taken."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.wall import to_instant, to_wall
from clinic_desk.services import slots
from clinic_desk.services.slots import AlternativeKind, SlotQuery
from tests.support.small_clinic import SmallClinic

BERLIN = "Europe/Berlin"


def at(day: date, hour: int, minute: int = 0, zone: str = BERLIN) -> datetime:
    return to_instant(datetime.combine(day, time(hour, minute)), zone)


def put(engine: Engine, clinic: SmallClinic, start: datetime, minutes: int, who: UUID, **other: object) -> UUID:
    row: dict[str, object] = {
        "id": new_id(),
        "patient_id": clinic.patients[0],
        "practitioner_id": who,
        "site_id": clinic.berlin,
        "type_id": clinic.checkup,
        "starts_at": start,
        "ends_at": start + timedelta(minutes=minutes),
        "wall_start": to_wall(start, BERLIN),
        "zone": BERLIN,
    }
    with engine.begin() as connection:
        connection.execute(insert(tables.appointment), [row | other])
    return UUID(str(row["id"]))


def query(clinic: SmallClinic, **other: object) -> SlotQuery:
    given: dict[str, object] = {
        "type_id": clinic.checkup,
        "from_at": at(clinic.monday, 0),
        "practitioner_ids": frozenset({clinic.weber}),
        "days": 1,
    }
    return SlotQuery(**(given | other))  # type: ignore[arg-type]


def times(found: tuple[slots.FreeSlot, ...]) -> list[str]:
    return [to_wall(slot.starts_at, BERLIN).strftime("%H:%M") for slot in found]


def test_an_empty_day_offers_its_working_hours_without_the_break(clinic: SmallClinic, database: Database) -> None:
    found = times(slots.free_slots(database, query(clinic)))
    assert found[0] == "08:00"
    assert found[15:17] == ["11:45", "13:00"]
    assert found[-1] == "16:45"
    assert len(found) == 32


def test_what_is_booked_off_or_blocked_is_not_offered(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    put(owner_engine, clinic, at(clinic.monday, 8, 20), 15, clinic.weber)
    with owner_engine.begin() as connection:
        connection.execute(
            insert(tables.time_off),
            {
                "id": new_id(),
                "practitioner_id": clinic.weber,
                "starts_at": at(clinic.monday, 13),
                "ends_at": at(clinic.monday, 17),
            },
        )
        connection.execute(
            insert(tables.block),
            {
                "id": new_id(),
                "practitioner_id": clinic.weber,
                "name": "Training",
                "starts_at": at(clinic.monday, 9),
                "ends_at": at(clinic.monday, 12),
            },
        )
    assert times(slots.free_slots(database, query(clinic))) == ["08:00", "08:45"]


def test_the_morning_the_weekday_and_the_start_of_the_search_narrow_it(clinic: SmallClinic, database: Database) -> None:
    morning = slots.free_slots(database, query(clinic, part_of_day="morning"))
    assert times(morning)[-1] == "11:45"
    tuesdays = slots.free_slots(database, query(clinic, weekdays=frozenset({2}), days=7))
    assert {to_wall(slot.starts_at, BERLIN).isoweekday() for slot in tuesdays} == {2}
    later = slots.free_slots(database, query(clinic, from_at=at(clinic.monday, 16, 20)))
    assert times(later) == ["16:30", "16:45"]


def test_next_free_is_the_first_opening_of_each_day(clinic: SmallClinic, database: Database) -> None:
    found = slots.next_free(database, query(clinic, days=6))
    days = [to_wall(slot.starts_at, BERLIN).date() for slot in found]
    assert days == [clinic.monday + timedelta(days=offset) for offset in (0, 1, 2, 3, 4, 7)]
    assert set(times(found)) == {"08:00"}


def test_next_free_looks_further_when_three_weeks_are_full(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        connection.execute(
            insert(tables.time_off),
            {
                "id": new_id(),
                "practitioner_id": clinic.weber,
                "starts_at": at(clinic.monday, 0),
                "ends_at": at(clinic.monday + timedelta(days=28), 0),
            },
        )
    found = slots.next_free(database, query(clinic, days=1))
    assert to_wall(found[0].starts_at, BERLIN).date() == clinic.monday + timedelta(days=28)


def test_any_doctor_who_does_the_type_is_meant_when_none_is_named(clinic: SmallClinic, database: Database) -> None:
    found = slots.free_slots(database, query(clinic, practitioner_ids=None))
    assert {slot.practitioner_id for slot in found} == {clinic.weber, clinic.okafor, clinic.diaz}
    for_procedure = slots.free_slots(database, query(clinic, type_id=clinic.procedure, practitioner_ids=None))
    assert {slot.practitioner_id for slot in for_procedure} == {clinic.weber}, "the other has no rooms there"
    assert {slot.room_id for slot in for_procedure} == {clinic.room_1}


def test_an_unknown_type_is_refused(clinic: SmallClinic, database: Database) -> None:
    with pytest.raises(NotFound):
        slots.free_slots(database, query(clinic, type_id=new_id()))


def taken_command(clinic: SmallClinic, start: datetime) -> Book:
    return Book(
        patient_id=clinic.patients[1],
        type_id=clinic.checkup,
        practitioner_id=clinic.weber,
        site_id=clinic.berlin,
        starts_at=start,
        length_minutes=15,
    )


def test_alternatives_are_the_same_doctor_another_doctor_and_the_same_time_another_day(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    put(owner_engine, clinic, at(clinic.monday, 9, 45), 15, clinic.weber)
    put(owner_engine, clinic, at(clinic.monday, 9), 45, clinic.weber)
    found = slots.alternatives(database, taken_command(clinic, at(clinic.monday, 9, 45)))
    same, other, next_day, second = found
    assert (same.kind, times((same.slot,))) == (AlternativeKind.SAME_DOCTOR, ["10:00"])
    assert (other.kind, other.slot.practitioner_id) == (AlternativeKind.OTHER_DOCTOR, clinic.okafor)
    assert times((other.slot,)) == ["09:45"]
    assert next_day.kind is AlternativeKind.OTHER_DAY
    assert next_day.slot.starts_at == at(clinic.monday + timedelta(days=1), 9, 45)
    assert (second.kind, times((second.slot,))) == (AlternativeKind.SAME_DOCTOR, ["10:15"])


def test_alternatives_never_send_the_patient_to_another_site(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    away = {
        "practitioner_id": clinic.okafor,
        "starts_at": at(clinic.monday, 0),
        "ends_at": at(clinic.monday + timedelta(days=60), 0),
    }
    with owner_engine.begin() as connection:
        connection.execute(insert(tables.time_off), {"id": new_id()} | away)
    found = slots.alternatives(database, taken_command(clinic, at(clinic.monday, 16)))
    assert {alternative.slot.site_id for alternative in found} == {clinic.berlin}
    assert {alternative.slot.practitioner_id for alternative in found} == {clinic.weber}


def test_a_time_off_the_grid_is_offered_at_the_same_wall_time_on_another_day(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    put(owner_engine, clinic, at(clinic.monday, 9, 50), 15, clinic.weber)
    found = slots.alternatives(database, taken_command(clinic, at(clinic.monday, 9, 50)))
    by_kind = {alternative.kind: alternative.slot for alternative in reversed(found)}
    assert by_kind[AlternativeKind.OTHER_DAY].starts_at == at(clinic.monday + timedelta(days=1), 9, 50)
    assert by_kind[AlternativeKind.OTHER_DOCTOR].starts_at == at(clinic.monday, 9, 50)


def test_a_clinic_without_free_time_offers_no_alternatives(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    with owner_engine.begin() as connection:
        for who in (clinic.weber, clinic.okafor, clinic.diaz):
            connection.execute(
                insert(tables.time_off),
                {
                    "id": new_id(),
                    "practitioner_id": who,
                    "starts_at": at(clinic.monday, 0),
                    "ends_at": at(clinic.monday + timedelta(days=60), 0),
                },
            )
    assert slots.alternatives(database, taken_command(clinic, at(clinic.monday, 9))) == ()


def test_a_search_takes_at_most_four_statements(clinic: SmallClinic, database: Database) -> None:
    counted: list[str] = []
    engine = database.engine()
    event.listen(engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    slots.free_slots(database, query(clinic))
    assert len(counted) <= 4
