"""The check of appointments to come on real PostgreSQL: what is listed, in how few statements, and putting right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Cancel, Rule, SetStatus, Update
from clinic_desk.domain.recheck import KeepWallTimes, NotKept, keeping
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry, ParticipationStatus
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken
from clinic_desk.domain.undoing import TakeBack
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services import booking, recheck, undoing
from tests.support.bookings import BERLIN, at, checkup, count, statements_of, stored
from tests.support.queued import leaves
from tests.support.small_clinic import SmallClinic


def run(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, values)


def command_for(looked: recheck.Looked) -> KeepWallTimes:
    """What puts back all that was found, few enough for one transaction."""
    (command,) = keeping(one.misfit for one in looked.found)
    return command


@pytest.fixture
def three(clinic: SmallClinic, database: Database) -> tuple[Entry, ...]:
    """Three visits in a row on the Monday, the second patient's being the middle one."""
    return tuple(
        booking.book(database, checkup(clinic, at(clinic.monday, 9, 15 * number), patient_id=clinic.patients[number]))
        for number in range(3)
    )


def shift(engine: Engine, minutes: int = 60) -> None:
    """Let every instant be that of other clocks, as a change of the zone's rules does."""
    run(engine, "UPDATE appointment SET wall_start = wall_start - make_interval(mins => %(by)s)", by=minutes)


def ids(looked: recheck.Looked) -> list[UUID]:
    return [one.id for one in looked.found]


def test_nothing_is_listed_of_a_clinic_that_was_not_changed(three: tuple[Entry, ...], database: Database) -> None:
    looked = recheck.look_at_all(database)
    assert (looked.found, looked.number, looked.goes_on_after) == ((), len(three), None)


def test_what_no_longer_fits_is_listed_with_its_patient_and_why(
    three: tuple[Entry, ...], clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE working_hours SET start_minute = 555 WHERE start_minute = 480")
    looked = recheck.look_at_all(database)
    assert ids(looked) == [three[0].id]
    (one,) = looked.found
    assert one.entry == three[0]
    assert [violation.rule for violation in one.misfit.violations] == [Rule.OUTSIDE_HOURS]
    run(
        owner_engine,
        "INSERT INTO closure (id, site_id, first_day, last_day) VALUES (%(id)s, %(site)s, %(day)s, %(day)s)",
        id=uuid4(), site=clinic.berlin, day=clinic.monday,
    )  # fmt: skip
    assert ids(recheck.look_at_all(database)) == [entry.id for entry in three]


def test_only_what_is_booked_and_to_come_is_looked_at(
    three: tuple[Entry, ...], database: Database, owner_engine: Engine
) -> None:
    booking.cancel(database, Cancel(three[0].id, 1, CancellationReason.PATIENT))
    booking.set_status(database, SetStatus(three[1].id, 1, AppointmentStatus.ARRIVED))
    run(owner_engine, "DELETE FROM working_hours")
    assert ids(recheck.look_at_all(database)) == [three[2].id]


def test_what_was_overruled_at_booking_is_not_listed_again(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    evening = checkup(clinic, at(clinic.monday, 19), overrule=frozenset({Rule.OUTSIDE_HOURS}))
    entry = booking.book(database, evening)
    assert recheck.look_at_all(database).found == ()
    run(owner_engine, "UPDATE practitioner SET active = false")
    assert ids(recheck.look_at_all(database)) == [entry.id]


def test_all_is_looked_at_part_by_part_in_few_statements(
    three: tuple[Entry, ...], database: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "DELETE FROM working_hours")
    with statements_of(database) as sent:
        first = recheck.look(database, some=2)
    assert len(sent) <= 6, sent
    assert (len(first.found), first.number) == (2, 2)
    second = recheck.look(database, first.clinic, after=first.goes_on_after, some=2)
    assert [*ids(first), *ids(second)] == [entry.id for entry in three]
    assert second.goes_on_after is None


def test_the_wall_time_that_was_agreed_is_kept_for_all_in_one_transaction(
    *, three: tuple[Entry, ...], clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE appointment SET answer = 'accepted'")
    shift(owner_engine, 15)
    operations = count(owner_engine, "operation")
    looked = recheck.look_at_all(database)
    assert ids(looked) == [entry.id for entry in three]
    kept = recheck.keep_wall_times(database, command_for(looked))
    expected = [at(clinic.monday, 8, 45), at(clinic.monday, 9), at(clinic.monday, 9, 15)]
    assert [entry.appointment.starts_at for entry in kept] == expected, "into each other's places"
    assert count(owner_engine, "operation") == operations + 1
    assert {entry.appointment.answer for entry in kept} == {ParticipationStatus.ACCEPTED}
    for entry in kept:
        row = entry.appointment
        assert to_wall(row.starts_at, BERLIN) == row.wall_start
        assert row.length == timedelta(minutes=15)
    assert recheck.look_at_all(database).found == ()


@pytest.mark.parametrize("minutes", [15, -15])
def test_taking_back_puts_instants_and_what_was_agreed_back(
    *, three: tuple[Entry, ...], database: Database, owner_engine: Engine, minutes: int
) -> None:
    shift(owner_engine, minutes)
    looked = recheck.look_at_all(database)
    before = [one.entry.appointment for one in looked.found]
    kept = recheck.keep_wall_times(database, command_for(looked))
    deed = undoing.ledger(database).undo[-1]
    assert (deed.command, deed.number) == ("KeepWallTimes", 3)
    undoing.take_back(database, TakeBack(deed.mark))
    again = recheck.look_at_all(database)
    assert [one.misfit.keeps for one in again.found] == [one.misfit.keeps for one in looked.found]
    for row, entry in zip(before, three, strict=True):
        now = stored(owner_engine, entry.id)
        assert (now["starts_at"], now["wall_start"], now["zone"]) == (row.starts_at, row.wall_start, row.zone)
    undoing.take_back(database, TakeBack(undoing.ledger(database).redo[-1].mark))
    assert [stored(owner_engine, one.id)["starts_at"] for one in kept] == [one.appointment.starts_at for one in kept]


@pytest.mark.parametrize("minutes", [75, -75, 30, -30])
def test_who_was_squeezed_in_is_squeezed_in_beside_the_same_again(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, minutes: int
) -> None:
    """Three in a row, and two squeezed in over their edges."""
    rule = frozenset({Rule.SLOT_TAKEN})
    starts = ((9, 15, 30, False), (9, 45, 30, False), (10, 15, 30, False), (9, 35, 20, True), (10, 5, 20, True))
    booked = [
        booking.book(
            database,
            checkup(
                clinic,
                at(clinic.monday, hour, minute),
                length_minutes=length,
                patient_id=clinic.patients[number],
                overrule=rule if squeezed else frozenset(),
            ),
        )
        for number, (hour, minute, length, squeezed) in enumerate(starts)
    ]
    shift(owner_engine, minutes)
    looked = recheck.look_at_all(database)
    recheck.keep_wall_times(database, command_for(looked))
    for entry in booked:
        now = stored(owner_engine, entry.id)
        assert now["starts_at"] == entry.appointment.starts_at - timedelta(minutes=minutes)
        # Where they meet each other on the way, it may be the other one who stands beside.
        assert now["squeezed_in"] == entry.appointment.squeezed_in or abs(minutes) == 30
    assert recheck.look_at_all(database).found == ()


def test_what_breaks_a_rule_is_put_back_too_and_stays_listed_with_its_room(
    three: tuple[Entry, ...], clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    room = checkup(
        clinic, at(clinic.monday, 10), type_id=clinic.procedure, length_minutes=60, room_id=clinic.room_1,
        patient_id=clinic.patients[5],
    )  # fmt: skip
    entry = booking.book(database, room)
    shift(owner_engine, 15)
    run(owner_engine, "UPDATE room SET active = false")
    run(owner_engine, "UPDATE practitioner SET active = false")
    looked = recheck.look_at_all(database)
    assert len(recheck.keep_wall_times(database, command_for(looked))) == len(three) + 1
    again = recheck.look_at_all(database).found
    assert [one.misfit.keeps for one in again] == [None] * (len(three) + 1)
    assert stored(owner_engine, entry.id)["room_id"] == clinic.room_1
    assert {violation.rule for violation in again[-1].misfit.violations} == {Rule.INACTIVE}
    assert not any(one.entry.appointment.overruled for one in again)


def test_the_site_whose_zone_was_put_right_keeps_its_wall_times(
    three: tuple[Entry, ...], clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE site SET zone = 'Europe/Lisbon' WHERE id = %(id)s", id=clinic.berlin)
    looked = recheck.look_at_all(database)
    kept = recheck.keep_wall_times(database, command_for(looked))
    assert [entry.appointment.zone for entry in kept] == ["Europe/Lisbon"] * len(three)
    assert kept[0].appointment.wall_start == datetime.combine(clinic.monday, time(9))
    assert kept[0].appointment.starts_at == at(clinic.monday, 9, zone="Europe/Lisbon")


def waiting(engine: Engine, kind: str) -> list[tuple[Any, ...]]:
    """What waits to be sent of a kind: whose it is, and what it says."""
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT appointment_id, body FROM notification WHERE kind = %(kind)s AND status = 'pending'"
            " ORDER BY appointment_id",
            {"kind": kind},
        )
        return [tuple(row) for row in found]


def test_who_was_told_is_told_nothing_more_and_reminders_come_at_their_time(
    three: tuple[Entry, ...], database: Database, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    shift(owner_engine)
    recheck.keep_wall_times(database, command_for(recheck.look_at_all(database)))
    assert [waiting(owner_engine, kind) for kind in ("confirmation", "rescheduled")] == [[], []]
    reminded = waiting(owner_engine, "reminder")
    assert {row[0] for row in reminded} == {entry.id for entry in three}
    assert all("08:" in body for _, body in reminded)


def test_a_confirmation_that_has_not_left_is_still_sent(
    three: tuple[Entry, ...], database: Database, owner_engine: Engine
) -> None:
    shift(owner_engine)
    before = waiting(owner_engine, "confirmation")
    assert {row[0] for row in before} == {entry.id for entry in three}
    recheck.keep_wall_times(database, command_for(recheck.look_at_all(database)))
    after = waiting(owner_engine, "confirmation")
    assert [row[0] for row in after] == [row[0] for row in before]
    assert all("08:" in body for _, body in after)


def test_one_that_another_desk_changed_keeps_all_as_they_are(
    *, three: tuple[Entry, ...], clinic: SmallClinic, database: Database, second_database: Database,
    owner_engine: Engine,
) -> None:  # fmt: skip
    shift(owner_engine)
    command = command_for(recheck.look_at_all(database))
    version = stored(owner_engine, three[1].id)["version"]
    booking.update(second_database, Update(three[1].id, version, note="came by"))
    with pytest.raises(NotKept) as refused:
        recheck.keep_wall_times(database, command)
    assert isinstance(refused.value.cause, Conflict)
    assert refused.value.entry.id == three[1].id
    assert stored(owner_engine, three[0].id)["starts_at"] == at(clinic.monday, 9)


def test_a_place_that_is_taken_keeps_all_as_they_are(
    three: tuple[Entry, ...], clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    shift(owner_engine)
    booking.book(database, checkup(clinic, at(clinic.monday, 8, 15), patient_id=clinic.patients[5]))
    command = command_for(recheck.look_at_all(database))
    with pytest.raises(NotKept) as refused:
        recheck.keep_wall_times(database, command)
    assert isinstance(refused.value.cause, SlotTaken)
    assert stored(owner_engine, three[0].id)["starts_at"] == at(clinic.monday, 9)


def squeezed(clinic: SmallClinic, database: Database) -> tuple[Entry, Entry]:
    """Two at nine with one doctor, on purpose."""
    one = booking.book(database, checkup(clinic))
    second = checkup(clinic, patient_id=clinic.patients[1], overrule=frozenset({Rule.SLOT_TAKEN}))
    return one, booking.book(database, replace(second, beside=frozenset({one.id})))


def test_who_was_squeezed_in_is_never_put_beside_somebody_else_unasked(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    one, beside = squeezed(clinic, database)
    booking.cancel(database, Cancel(one.id, 1, CancellationReason.PATIENT))
    shift(owner_engine)
    booking.book(database, checkup(clinic, at(clinic.monday, 8), patient_id=clinic.patients[2]))
    command = command_for(recheck.look_at_all(database))
    shifted = [step for step in command.steps if step.appointment_id == beside.id]
    with pytest.raises(NotKept) as refused:
        recheck.keep_wall_times(database, KeepWallTimes(tuple(shifted)))
    assert isinstance(refused.value.cause, RuleViolation)
    assert stored(owner_engine, beside.id)["starts_at"] == at(clinic.monday, 9)


def test_the_same_command_again_does_nothing_twice(
    three: tuple[Entry, ...], database: Database, owner_engine: Engine
) -> None:
    shift(owner_engine)
    command = command_for(recheck.look_at_all(database))
    first = recheck.keep_wall_times(database, command)
    assert len(first) == len(three)
    assert recheck.keep_wall_times(database, command) == first


def test_nothing_and_too_much_at_once_are_refused(database: Database, three: tuple[Entry, ...]) -> None:
    assert three
    with pytest.raises(InvalidInput):
        recheck.keep_wall_times(database, KeepWallTimes(()))


@pytest.fixture
def reader(url_as: Callable[[Any], URL]) -> Iterator[Database]:
    database = Database(url_as("clinic_readonly"), DeskIdentity(uuid4(), "Office"))
    yield database
    database.dispose()


def test_who_may_only_read_sees_the_list_and_corrects_nothing(
    three: tuple[Entry, ...], reader: Database, owner_engine: Engine
) -> None:
    shift(owner_engine)
    looked = recheck.look_at_all(reader)
    assert len(looked.found) == len(three)
    with pytest.raises(NotAllowed):
        recheck.keep_wall_times(reader, command_for(looked))
