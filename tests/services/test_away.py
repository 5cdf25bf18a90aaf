"""Doctor away on real PostgreSQL: who is hit, what is proposed, all or nothing, one message each, all taken back."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.availability import FreeSlot
from clinic_desk.domain.away import AwayRefused, CarriedOut, CarryOut, Proposal, Saving, meet, step_to
from clinic_desk.domain.commands import Book, Cancel, Park, SetStatus, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Closure, Entry, TimeOff
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken
from clinic_desk.domain.setup import SaveClosure, SaveClosures, SaveTimeOff, SetupConflict
from clinic_desk.domain.undoing import NotTakenBack, TakeBack
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services import away, booking, calendar, undoing
from clinic_desk.services.setup import absences
from tests.support.bookings import at, checkup, count, overlaps, statements_of, stored
from tests.support.proxy import COMMIT, FaultyProxy
from tests.support.queued import leaves, queue
from tests.support.small_clinic import SmallClinic

DAY = timedelta(days=1)


@pytest.fixture
def manager(url_as: Callable[..., URL], database: Database) -> Iterator[Database]:
    """A manager's desk: only she may enter absences."""
    made = Database(url_as("clinic_manager"), database.desk)
    yield made
    made.dispose()


def monday_off(clinic: SmallClinic, **other: object) -> SaveTimeOff:
    start = at(clinic.monday, 0)
    return replace(SaveTimeOff(clinic.weber, start, start + DAY, "Congress"), **other)  # type: ignore[arg-type]


def three_booked(database: Database, clinic: SmallClinic) -> tuple[Entry, ...]:
    """Three patients on the Monday with Dr. Weber, at nine, ten and three."""
    times = (at(clinic.monday, 9), at(clinic.monday, 10), at(clinic.monday, 15))
    return tuple(
        booking.book(database, checkup(clinic, start, patient_id=clinic.patients[number]))
        for number, start in enumerate(times)
    )


def plan_of(found: away.Looked, save: Saving | None, *, tell: bool = True) -> CarryOut:
    """Everybody to the first time that is proposed; who has none stays."""
    steps = [
        step_to(one.entry.appointment, one.offers[0], tell=tell) if one.offers else None for one in found.proposals
    ]
    left = frozenset(one.entry.id for one in found.proposals if not one.offers)
    return CarryOut(found.away, save, tuple(step for step in steps if step is not None), left)


def carried(database: Database, save: Saving) -> CarriedOut:
    return away.carry_out(database, plan_of(away.look(database, save), save))


def no_two_meet(found: tuple[Proposal, ...]) -> bool:
    """Whether no first offer is in the way of another first offer, or of any offer of another patient."""
    return not any(
        meet(one.entry.appointment, slot, other.entry.appointment, other.offers[0])
        for one in found
        for slot in one.offers
        for other in found
        if other is not one and other.offers
    )


# --- looking ----------------------------------------------------------------------------------------------------------


def test_those_are_hit_who_are_booked_then_with_the_doctor_and_are_still_to_come(
    clinic: SmallClinic, database: Database
) -> None:
    entries = three_booked(database, clinic)
    gone = booking.book(database, checkup(clinic, at(clinic.monday, 11), patient_id=clinic.patients[3]))
    booking.cancel(database, Cancel(gone.id, 1, CancellationReason.PATIENT))
    here = booking.book(database, checkup(clinic, at(clinic.monday, 8), patient_id=clinic.patients[4]))
    booking.set_status(database, SetStatus(here.id, 1, AppointmentStatus.ARRIVED))
    other = checkup(clinic, at(clinic.monday, 9), practitioner_id=clinic.okafor, patient_id=clinic.patients[5])
    booking.book(database, other)
    booking.book(database, checkup(clinic, at(clinic.monday + DAY, 9)))
    found = away.look(database, monday_off(clinic))
    assert [one.entry for one in found.proposals] == list(entries)
    part = away.look(database, monday_off(clinic, starts_at=at(clinic.monday, 9, 14), ends_at=at(clinic.monday, 10)))
    assert [one.entry for one in part.proposals] == [entries[0]]


def test_a_closure_hits_everybody_at_its_site_on_its_local_days(clinic: SmallClinic, database: Database) -> None:
    first, *_ = three_booked(database, clinic)
    other = booking.book(
        database, checkup(clinic, at(clinic.monday, 9), practitioner_id=clinic.okafor, patient_id=clinic.patients[5])
    )
    far = checkup(clinic, at(clinic.monday, 16), practitioner_id=clinic.diaz, site_id=clinic.new_york)
    booking.book(database, replace(far, patient_id=clinic.patients[6]))
    found = away.look(database, SaveClosure(clinic.berlin, clinic.monday, clinic.monday))
    hit = [one.entry.id for one in found.proposals]
    assert {first.id, other.id} <= set(hit)
    assert len(hit) == 4
    assert all(slot.starts_at >= at(clinic.monday + DAY, 0) for one in found.proposals for slot in one.offers)


def test_her_own_doctor_comes_first_at_the_time_of_day_it_was_then_another_on_the_day_itself(
    clinic: SmallClinic, database: Database
) -> None:
    entry, *_ = three_booked(database, clinic)
    proposal = away.look(database, monday_off(clinic)).proposals[0]
    assert proposal.entry == entry
    assert [(slot.practitioner_id, slot.starts_at) for slot in proposal.offers] == [
        (clinic.weber, at(clinic.monday + DAY, 9)),
        (clinic.okafor, at(clinic.monday, 9)),
        (clinic.weber, at(clinic.monday + 2 * DAY, 9)),
    ]


def test_who_is_away_for_some_hours_sees_them_later_that_day(clinic: SmallClinic, database: Database) -> None:
    three_booked(database, clinic)
    found = away.look(database, monday_off(clinic, starts_at=at(clinic.monday, 8), ends_at=at(clinic.monday, 12)))
    assert [one.offers[0].starts_at for one in found.proposals] == [
        at(clinic.monday, 13),
        at(clinic.monday, 13, 15),
    ]


def test_no_time_is_offered_at_which_the_patient_is_somewhere_else(clinic: SmallClinic, database: Database) -> None:
    three_booked(database, clinic)
    booking.book(database, checkup(clinic, at(clinic.monday + DAY, 9), practitioner_id=clinic.okafor))
    proposal = away.look(database, monday_off(clinic)).proposals[0]
    assert proposal.offers[0].starts_at == at(clinic.monday + DAY, 8, 45)


def test_times_that_are_chosen_stay_and_are_proposed_to_nobody_else(clinic: SmallClinic, database: Database) -> None:
    entries = three_booked(database, clinic)
    first = away.look(database, monday_off(clinic)).proposals
    kept = {entries[1].id: first[0].offers[0]}
    found = away.look(database, monday_off(clinic), kept).proposals
    assert found[1].offers[0] == first[0].offers[0]
    assert found[0].offers[0] != first[0].offers[0]
    assert no_two_meet(found)


def test_nobody_is_hit_by_an_absence_in_which_nobody_is_booked(clinic: SmallClinic, database: Database) -> None:
    found = away.look(database, monday_off(clinic))
    assert found.proposals == ()
    assert not found.covered


def test_looking_writes_and_locks_nothing_in_few_statements(clinic: SmallClinic, database: Database) -> None:
    three_booked(database, clinic)
    with statements_of(database) as sent:
        away.look(database, monday_off(clinic))
    assert len(sent) <= 9
    assert not any("pg_advisory" in statement for statement in sent)


@pytest.mark.parametrize("seed", range(12))
def test_what_is_proposed_never_clashes_and_all_of_it_is_taken_by_the_database(
    clinic: SmallClinic, manager: Database, owner_engine: Engine, seed: int
) -> None:
    """Random full days with rooms, buffers, blocks, holds of time; every first offer is carried out together."""
    chance = random.Random(seed)
    kinds = {clinic.checkup: 15, clinic.consultation: 30, clinic.procedure: 60}
    for _ in range(70):
        kind = chance.choice(list(kinds))
        who = clinic.weber if kind == clinic.procedure else chance.choice((clinic.weber, clinic.weber, clinic.okafor))
        day, minute = clinic.monday + DAY * chance.randrange(4), chance.randrange(8 * 4, 16 * 4) * 15
        room = chance.choice((None, clinic.room_1)) if kind == clinic.checkup else "automatic"
        command = Book(
            patient_id=chance.choice(clinic.patients),
            type_id=kind,
            practitioner_id=who,
            site_id=clinic.berlin,
            starts_at=at(day, *divmod(minute, 60)),
            length_minutes=kinds[kind],
            room_id=room,  # type: ignore[arg-type]
        )
        try:
            booking.book(manager, command)
        except (RuleViolation, SlotTaken):
            continue
    with owner_engine.begin() as connection:
        values = {"starts_at": at(clinic.monday + 2 * DAY, 10), "ends_at": at(clinic.monday + 2 * DAY, 11)}
        connection.execute(
            insert(tables.block), {"id": new_id(), "name": "x", "practitioner_id": clinic.weber} | values
        )
    save: SaveTimeOff | SaveClosure = monday_off(clinic, ends_at=at(clinic.monday + 2 * DAY, 9))
    if seed % 3 == 0:
        save = SaveClosure(clinic.berlin, clinic.monday, clinic.monday + DAY)
    found = away.look(manager, save)
    assert found.proposals
    assert all(one.offers for one in found.proposals)
    assert no_two_meet(found.proposals)
    done = away.carry_out(manager, plan_of(found, save))
    assert len(done.entries) == len(found.proposals)
    assert not any(entry.appointment.squeezed_in or entry.appointment.overruled for entry in done.entries)
    assert overlaps(owner_engine) == 0
    assert away.look(manager, save).proposals == ()


@pytest.mark.parametrize("seed", range(6))
def test_each_other_offer_can_be_taken_too(clinic: SmallClinic, manager: Database, seed: int) -> None:
    chance = random.Random(seed)
    three_booked(manager, clinic)
    save = monday_off(clinic)
    found = away.look(manager, save)
    chosen: list[tuple[Entry, FreeSlot]] = []
    for one in found.proposals:
        free = [
            slot
            for slot in one.offers
            if not any(meet(one.entry.appointment, slot, other.appointment, taken) for other, taken in chosen)
        ]
        chosen.append((one.entry, chance.choice(free)))
    steps = tuple(step_to(entry.appointment, slot, tell=True) for entry, slot in chosen)
    done = away.carry_out(manager, CarryOut(found.away, save, steps))
    assert {entry.appointment.starts_at for entry in done.entries} == {slot.starts_at for _, slot in chosen}


# --- carrying out -----------------------------------------------------------------------------------------------------


def test_the_absence_and_all_moves_are_one_change_with_one_message_each(
    clinic: SmallClinic, manager: Database, owner_engine: Engine
) -> None:
    three_booked(manager, clinic)
    leaves(owner_engine, "confirmation")
    save = monday_off(clinic)
    done = carried(manager, save)
    (absence,) = done.absences
    assert isinstance(absence, TimeOff)
    assert (absence.id, absence.name, absence.version) == (save.id, "Congress", 1)
    assert [entry.appointment.starts_at for entry in done.entries] == [
        at(clinic.monday + DAY, hour) for hour in (9, 10, 15)
    ]
    told = queue(owner_engine, "kind, appointment_id", "status = 'pending' AND kind <> 'reminder'")
    assert sorted(told) == sorted(("rescheduled", entry.id) for entry in done.entries)
    reminders = queue(owner_engine, "appointment_id, status", "kind = 'reminder' AND status = 'pending'")
    assert sorted(row[0] for row in reminders) == sorted(entry.id for entry in done.entries)
    changed = "history WHERE table_name = 'time_off' OR (table_name = 'appointment' AND action = 'update')"
    assert count(owner_engine, f"(SELECT DISTINCT operation_id FROM {changed}) AS x") == 1


def test_who_is_not_to_be_told_is_not(clinic: SmallClinic, manager: Database, owner_engine: Engine) -> None:
    three_booked(manager, clinic)
    leaves(owner_engine, "confirmation")
    save = monday_off(clinic)
    away.carry_out(manager, plan_of(away.look(manager, save), save, tell=False))
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == []


def test_the_same_plan_again_is_the_same_plan(clinic: SmallClinic, manager: Database, owner_engine: Engine) -> None:
    three_booked(manager, clinic)
    save = monday_off(clinic)
    command = plan_of(away.look(manager, save), save)
    assert away.carry_out(manager, command) == away.carry_out(manager, command)
    assert count(owner_engine, "time_off") == 1
    assert stored(owner_engine, command.steps[0].appointment_id)["version"] == 2


def test_what_another_desk_did_meanwhile_is_told_row_by_row_and_nothing_is_done(
    clinic: SmallClinic, manager: Database, second_database: Database, owner_engine: Engine
) -> None:
    nine, ten, three = three_booked(manager, clinic)
    leaves(owner_engine, "confirmation")
    save = monday_off(clinic)
    command = plan_of(away.look(manager, save), save)
    noted = booking.update(second_database, Update(nine.id, 1, note="bring reports"))
    rival = booking.book(second_database, checkup(clinic, at(clinic.monday + DAY, 10), patient_id=clinic.patients[7]))
    came = booking.book(second_database, checkup(clinic, at(clinic.monday, 11), patient_id=clinic.patients[8]))
    leaves(owner_engine, "confirmation")
    with pytest.raises(AwayRefused) as refused:
        away.carry_out(manager, command)
    causes = {one.appointment_id: one.cause for one in refused.value.troubles}
    assert set(causes) == {nine.id, ten.id}
    assert isinstance(causes[nine.id], Conflict)
    assert causes[nine.id].now == noted  # type: ignore[attr-defined]
    assert isinstance(causes[ten.id], SlotTaken)
    assert causes[ten.id].by.appointment == rival.appointment  # type: ignore[attr-defined]
    assert [entry.appointment for entry in refused.value.came] == [came.appointment]
    assert calendar.load_entries(manager, [three.id])[0].appointment == three.appointment
    assert count(owner_engine, "time_off") == 0
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == []


def test_one_who_was_booked_then_since_it_was_looked_stops_it_by_herself(
    clinic: SmallClinic, manager: Database, second_database: Database, owner_engine: Engine
) -> None:
    three_booked(manager, clinic)
    save = monday_off(clinic)
    command = plan_of(away.look(manager, save), save)
    came = booking.book(second_database, checkup(clinic, at(clinic.monday, 11), patient_id=clinic.patients[8]))
    with pytest.raises(AwayRefused) as refused:
        away.carry_out(manager, command)
    assert refused.value.troubles == ()
    assert [entry.id for entry in refused.value.came] == [came.id]
    assert count(owner_engine, "time_off") == 0


def test_after_a_refusal_only_the_rows_in_trouble_get_other_times(
    clinic: SmallClinic, manager: Database, second_database: Database
) -> None:
    entries = three_booked(manager, clinic)
    save = monday_off(clinic)
    seen = away.look(manager, save)
    command = plan_of(seen, save)
    booking.book(second_database, checkup(clinic, at(clinic.monday + DAY, 10), patient_id=clinic.patients[7]))
    with pytest.raises(AwayRefused) as refused:
        away.carry_out(manager, command)
    (trouble,) = refused.value.troubles
    assert trouble.appointment_id == entries[1].id
    kept = {one.entry.id: one.offers[0] for one in seen.proposals if one.entry.id != trouble.appointment_id}
    again = away.look(manager, save, kept)
    assert [one.offers[0] == was.offers[0] for one, was in zip(again.proposals, seen.proposals, strict=True)] == [
        True,
        False,
        True,
    ]
    assert len(away.carry_out(manager, plan_of(again, save)).entries) == 3


def test_one_who_was_cancelled_meanwhile_is_in_trouble_and_gone_when_looked_at_again(
    clinic: SmallClinic, manager: Database, second_database: Database
) -> None:
    entries = three_booked(manager, clinic)
    save = monday_off(clinic)
    command = plan_of(away.look(manager, save), save)
    booking.cancel(second_database, Cancel(entries[0].id, 1, CancellationReason.PATIENT))
    with pytest.raises(AwayRefused) as refused:
        away.carry_out(manager, command)
    assert [one.appointment_id for one in refused.value.troubles] == [entries[0].id]
    assert [one.entry.id for one in away.look(manager, save).proposals] == [entries[1].id, entries[2].id]


def test_those_who_are_left_stay_booked_in_the_absence(clinic: SmallClinic, manager: Database) -> None:
    entries = three_booked(manager, clinic)
    save = monday_off(clinic)
    command = plan_of(away.look(manager, save), save)
    stays = replace(command, steps=command.steps[1:], left=frozenset({entries[0].id}))
    away.carry_out(manager, stays)
    assert [one.entry for one in away.look(manager, save).proposals] == [entries[0]]
    assert away.look(manager, save).covered


def test_nobody_can_book_into_an_absence_while_it_is_being_carried_out(
    clinic: SmallClinic, manager: Database, second_database: Database, owner_engine: Engine
) -> None:
    """Twenty bookings race for the Monday with it: each is refused, or was seen as one that came in between."""
    three_booked(manager, clinic)
    save = monday_off(clinic)
    command = plan_of(away.look(manager, save), save)

    def book(number: int) -> object:
        start = at(clinic.monday, 11) if number % 2 else at(clinic.monday, 13, 30)
        try:
            return booking.book(second_database, checkup(clinic, start, patient_id=clinic.patients[5 + number % 5]))
        except (RuleViolation, SlotTaken) as refused:
            return refused

    def carry(_number: int) -> object:
        try:
            return away.carry_out(manager, command)
        except AwayRefused as refused:
            return refused

    with ThreadPoolExecutor(4) as pool:
        plans = pool.map(carry, range(1))
        bookings = list(pool.map(book, range(20)))
        (outcome,) = plans
    booked = [one for one in bookings if isinstance(one, Entry)]
    if isinstance(outcome, CarriedOut):
        assert booked == []
        assert away.look(manager, save).proposals == ()
    else:
        assert isinstance(outcome, AwayRefused)
        assert {entry.id for entry in outcome.came} <= {entry.id for entry in booked}
        assert outcome.came
        assert count(owner_engine, "time_off") == 0


def test_who_works_at_a_closed_site_on_that_date_only_is_locked_too(
    clinic: SmallClinic, manager: Database, owner_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with owner_engine.begin() as connection:
        values = {"site_id": clinic.berlin, "day": clinic.monday, "start_minute": 600, "end_minute": 660}
        guest = {"id": new_id(), "practitioner_id": clinic.diaz} | values
        connection.execute(insert(tables.date_override), guest)
    could_lock: list[bool] = []
    do = away._do

    def try_lock(*given: Any) -> Any:
        with owner_engine.begin() as connection:
            key = "SELECT pg_try_advisory_xact_lock((1::bigint << 56) + (no::bigint << 24) + %s) FROM practitioner"
            day = (clinic.monday - date(1970, 1, 1)).days
            could_lock.append(connection.exec_driver_sql(f"{key} WHERE id = %s", (day, clinic.diaz)).scalar_one())
        return do(*given)

    monkeypatch.setattr(away, "_do", try_lock)
    save = SaveClosure(clinic.berlin, clinic.monday, clinic.monday)
    away.carry_out(manager, plan_of(away.look(manager, save), save))
    assert could_lock == [False]


def test_a_site_that_is_closed_for_years_needs_no_more_locks_than_the_server_has(
    clinic: SmallClinic, manager: Database, owner_engine: Engine
) -> None:
    """The table of locks is shared by all desks: without room in it nobody could book."""
    three_booked(manager, clinic)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "WITH p AS (INSERT INTO practitioner (id, name) SELECT gen_random_uuid(), 'Dr. ' || n"
            " FROM generate_series(1, 10) AS n RETURNING id)"
            " INSERT INTO working_hours (id, practitioner_id, site_id, weekday, start_minute, end_minute, valid_from)"
            " SELECT gen_random_uuid(), id, %s, 1, 480, 600, '2030-01-01' FROM p",
            (clinic.berlin,),
        )
    save = SaveClosure(clinic.berlin, clinic.monday, clinic.monday + 1500 * DAY, "Rebuilding")
    found = away.look(manager, save)
    steps = tuple(Park(one.entry.id, one.entry.appointment.version) for one in found.proposals)
    assert len(away.carry_out(manager, CarryOut(found.away, save, steps)).entries) == len(steps) == 3


def test_of_two_desks_that_carry_out_the_same_plan_one_does_it(
    clinic: SmallClinic, manager: Database, url_as: Callable[..., URL], owner_engine: Engine
) -> None:
    three_booked(manager, clinic)
    save = monday_off(clinic)
    command = plan_of(away.look(manager, save), save)
    other = Database(url_as("clinic_manager"), DeskIdentity(new_id(), "Other"))

    def outcome(work: tuple[Database, CarryOut]) -> object:
        try:
            return away.carry_out(*work)
        except (AwayRefused, SetupConflict) as refused:
            return refused

    try:
        theirs = replace(command, save=replace(save, id=new_id()), operation_id=new_id())
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(outcome, [(manager, command), (other, theirs)]))
    finally:
        other.dispose()
    assert sorted(type(one).__name__ for one in outcomes) == ["AwayRefused", "CarriedOut"]
    assert count(owner_engine, "time_off") == 1
    assert overlaps(owner_engine) == 0


def test_an_absence_that_was_changed_meanwhile_is_told_as_such_and_nobody_is_moved(
    clinic: SmallClinic, manager: Database
) -> None:
    entries = three_booked(manager, clinic)
    saved = absences.save_time_off(manager, monday_off(clinic, ends_at=at(clinic.monday, 8, 30)))
    longer = monday_off(clinic, id=saved.id, version=1)
    command = plan_of(away.look(manager, longer), longer)
    absences.save_time_off(manager, monday_off(clinic, id=saved.id, version=1, name="Ill"))
    with pytest.raises(SetupConflict):
        away.carry_out(manager, command)
    assert calendar.load_entries(manager, [entry.id for entry in entries]) == entries


def test_a_reception_may_not_enter_an_absence_but_may_move_those_it_hits(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    three_booked(database, clinic)
    save = monday_off(clinic)
    command = plan_of(away.look(database, save), save)
    with pytest.raises(NotAllowed):
        away.carry_out(database, command)
    assert len(away.carry_out(database, replace(command, save=None, operation_id=new_id())).entries) == 3
    assert count(owner_engine, "time_off") == 0


def test_an_absence_that_makes_no_sense_is_refused_and_nobody_is_moved(clinic: SmallClinic, manager: Database) -> None:
    three_booked(manager, clinic)
    save = monday_off(clinic)
    command = plan_of(away.look(manager, save), save)
    with pytest.raises(InvalidInput):
        away.carry_out(manager, replace(command, save=replace(save, ends_at=save.starts_at)))
    assert len(away.look(manager, save).proposals) == 3


# --- taking back ------------------------------------------------------------------------------------------------------


def back_of(done: CarriedOut) -> TakeBack:
    """As Ctrl+Z asks for it, known by what was made of the first absence."""
    return TakeBack((done.absences[0].id, done.absences[0].version))


def test_all_of_it_is_taken_back_at_once_and_whoever_was_not_told_yet_never_is(
    clinic: SmallClinic, manager: Database, owner_engine: Engine
) -> None:
    before = three_booked(manager, clinic)
    leaves(owner_engine, "confirmation")
    done = carried(manager, monday_off(clinic))
    command = back_of(done)
    entries = undoing.take_back(manager, command).entries
    assert entries == undoing.take_back(manager, command).entries
    places = [(entry.appointment.starts_at, entry.appointment.practitioner_id) for entry in entries]
    assert places == [(entry.appointment.starts_at, entry.appointment.practitioner_id) for entry in before]
    assert count(owner_engine, "time_off") == 0
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == []


def test_a_closure_is_taken_back_too(clinic: SmallClinic, manager: Database, owner_engine: Engine) -> None:
    three_booked(manager, clinic)
    done = carried(manager, SaveClosure(clinic.berlin, clinic.monday, clinic.monday))
    assert isinstance(done.absences[0], Closure)
    undoing.take_back(manager, back_of(done))
    assert count(owner_engine, "closure") == 0
    assert len(away.look(manager, monday_off(clinic)).proposals) == 3


def holidays(clinic: SmallClinic) -> SaveClosures:
    """The Monday and the Thursday after it."""
    days = (clinic.monday, clinic.monday + 3 * DAY)
    return SaveClosures(tuple(Closure(new_id(), clinic.berlin, day, day, "Holiday", version=0) for day in days))


def test_several_closures_are_one_list_one_change_and_one_undo(
    clinic: SmallClinic, manager: Database, owner_engine: Engine
) -> None:
    before = three_booked(manager, clinic)
    between = booking.book(manager, checkup(clinic, at(clinic.monday + DAY, 9), patient_id=clinic.patients[3]))
    late = booking.book(manager, checkup(clinic, at(clinic.monday + 3 * DAY, 9), patient_id=clinic.patients[4]))
    save = holidays(clinic)
    found = away.look(manager, save)
    assert [one.entry.id for one in found.proposals] == [entry.id for entry in (*before, late)]
    closed = {clinic.monday, clinic.monday + 3 * DAY}
    assert not any(
        to_wall(slot.starts_at, "Europe/Berlin").date() in closed for one in found.proposals for slot in one.offers
    )
    done = away.carry_out(manager, plan_of(found, save))
    assert [row.id for row in done.absences] == [row.id for row in save.closures]
    assert count(owner_engine, "closure") == 2
    assert between.id not in {entry.id for entry in done.entries}
    undoing.take_back(manager, back_of(done))
    assert count(owner_engine, "closure") == 0
    assert len(away.look(manager, holidays(clinic)).proposals) == 4


def test_closures_of_which_one_stands_otherwise_are_all_refused(
    clinic: SmallClinic, manager: Database, owner_engine: Engine
) -> None:
    three_booked(manager, clinic)
    save = holidays(clinic)
    plan = plan_of(away.look(manager, save), save)
    absences.save_closure(manager, SaveClosure(clinic.berlin, clinic.monday, clinic.monday, id=save.closures[1].id))
    with pytest.raises(SetupConflict):
        away.carry_out(manager, plan)
    assert count(owner_engine, "closure") == 1
    assert len(away.look(manager, monday_off(clinic)).proposals) == 3


def test_nothing_is_taken_back_when_one_of_them_was_changed_since(
    clinic: SmallClinic, manager: Database, second_database: Database, owner_engine: Engine
) -> None:
    three_booked(manager, clinic)
    done = carried(manager, monday_off(clinic))
    booking.update(second_database, Update(done.entries[0].id, 2, note="called"))
    with pytest.raises(NotTakenBack) as refused:
        undoing.take_back(manager, back_of(done))
    assert [one.left.id for one in refused.value.hindrances] == [done.entries[0].id]
    assert count(owner_engine, "time_off") == 1


# --- a network that fails ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before_forward", [True, False])
def test_a_plan_whose_commit_was_lost_is_carried_out_once_with_each_message_once(
    clinic: SmallClinic, database: Database, url_as: Callable[..., URL], owner_engine: Engine, before_forward: bool
) -> None:
    three_booked(database, clinic)
    leaves(owner_engine, "confirmation")
    url = url_as("clinic_manager")
    with FaultyProxy.before(url) as proxy:
        far = Database(proxy.url(url), DeskIdentity(UUID(int=7), "Far"), commit_patience_s=0.4, resolve_for_s=1.0)
        try:
            save = monday_off(clinic)
            command = plan_of(away.look(far, save), save)
            cut = proxy.cut_when(COMMIT, before_forward)
            done = away.carry_out(far, command)
        finally:
            far.dispose()
    assert cut.is_set()
    assert [entry.appointment.version for entry in done.entries] == [2, 2, 2]
    assert len(done.absences) == 1
    assert count(owner_engine, "time_off") == 1
    assert len(queue(owner_engine, where="kind = 'rescheduled' AND status = 'pending'")) == 3


def test_a_moment_without_a_zone_is_refused(clinic: SmallClinic, manager: Database) -> None:
    three_booked(manager, clinic)
    save = monday_off(clinic)
    command = plan_of(away.look(manager, save), save)
    step = command.steps[0]
    assert isinstance(step, Update)
    wrong = replace(step, starts_at=datetime(2031, 3, 4, 9))  # noqa: DTZ001
    with pytest.raises(InvalidInput):
        away.carry_out(manager, replace(command, steps=(wrong,)))
