"""The waiting list on real PostgreSQL: what is offered can be booked, first come wins, and nobody is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, Park, SetStatus, Update
from clinic_desk.domain.patients_merge import MergePatients, SeparatePatients
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Clinic, Entry
from clinic_desk.domain.refusals import Conflict, PatientConflict, SlotTaken
from clinic_desk.domain.undoing import TakeBack
from clinic_desk.domain.waiting import (
    AddWish,
    ChangeWish,
    CloseWish,
    Closing,
    NotTaken,
    Offer,
    Priority,
    Waiting,
    Wish,
    WishConflict,
    booking_of,
)
from clinic_desk.errors import ClinicDeskError, InvalidInput, NotAllowed, Refused
from clinic_desk.services import booking, calendar, undoing, waiting
from clinic_desk.services.patients_merge import merge_patients, separate_patients
from clinic_desk.services.waiting import Freed, Taken
from tests.support.bookings import at, checkup, count, overlaps, statements_of
from tests.support.queued import leaves
from tests.support.small_clinic import SmallClinic


def wishing(db: Database, clinic: SmallClinic, patient: int = 1, **other: Any) -> Waiting:
    given = {"type_id": clinic.checkup, **other}
    return waiting.add_wish(db, AddWish(Wish(uuid4(), clinic.patients[patient], **given)))


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    """A check-up on the Monday at nine, between two others."""
    booking.book(database, checkup(clinic, at(clinic.monday, 8, 45), patient_id=clinic.patients[8]))
    booking.book(database, checkup(clinic, at(clinic.monday, 9, 15), patient_id=clinic.patients[9]))
    return booking.book(database, checkup(clinic))


def freed(db: Database, before: Entry, after: Entry) -> Freed:
    assert after.appointment.version > before.appointment.version
    (found,) = waiting.freed_by(db, [(after.id, after.appointment.version)])
    row = before.appointment
    assert found == Freed(row.practitioner_id, row.site_id, row.starts_at, row.ends_at)
    return found


@pytest.fixture
def cancelled(database: Database, booked: Entry) -> Entry:
    return booking.cancel(database, Cancel(booked.id, 1, CancellationReason.PATIENT))


@pytest.fixture
def place(clinic: SmallClinic, cancelled: Entry) -> Freed:
    """What the cancellation left."""
    assert cancelled.appointment.status is AppointmentStatus.CANCELLED
    return Freed(clinic.weber, clinic.berlin, at(clinic.monday, 9), at(clinic.monday, 9, 15))


def offer(db: Database, place: Freed, records: Clinic | None = None) -> Offer:
    found = waiting.offer_for(db, place, records or calendar.load_clinic(db))
    assert found is not None
    return found


def open_wishes(db: Database) -> list[UUID]:
    return [one.wish.id for one in waiting.waiting(db) if one.wish.closed is None]


# --- the list ---------------------------------------------------------------------------------------------------------


def test_a_wish_is_kept_as_it_was_said_with_who_wrote_it(clinic: SmallClinic, database: Database) -> None:
    said: dict[str, Any] = {
        "practitioner_ids": frozenset({clinic.weber, clinic.okafor}),
        "site_id": clinic.berlin,
        "weekdays": frozenset({1, 5}),
        "times": ((480, 600), (960, 1080)),
        "until": clinic.monday,
        "priority": Priority.URGENT,
        "note": "works nights",
    }
    added = wishing(database, clinic, **said)
    assert {name: getattr(added.wish, name) for name in said} == said
    assert (added.patient.id, added.wish.version, added.wish.closed) == (clinic.patients[1], 1, None)
    assert added.changed is not None
    assert added.changed.desk == "Desk 1"
    assert waiting.waiting(database) == (added,)
    changed = waiting.change_wish(database, ChangeWish(replace(added.wish, times=(), note="any time")))
    assert (changed.wish.times, changed.wish.version, changed.wish.added_at) == ((), 2, added.wish.added_at)


def test_whoever_is_second_sees_what_the_other_desk_made_of_the_wish(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    added = wishing(database, clinic)
    closed = waiting.close_wish(second_database, CloseWish(added.wish.id, 1, Closing.WITHDRAWN))
    tries: tuple[Callable[[], Waiting], ...] = (
        lambda: waiting.change_wish(database, ChangeWish(added.wish)),
        lambda: waiting.close_wish(database, CloseWish(added.wish.id, 1)),
        lambda: waiting.not_taken(database, NotTaken(added.wish.id, 2)),
    )
    for attempt in tries:
        with pytest.raises(WishConflict) as refused:
            attempt()
        assert refused.value.now == closed
    assert closed.wish.closed is Closing.WITHDRAWN
    assert open_wishes(database) == []


def test_the_same_command_again_is_done_once(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    add = AddWish(Wish(uuid4(), clinic.patients[1], clinic.checkup))
    assert waiting.add_wish(database, add) == waiting.add_wish(database, add)
    assert count(owner_engine, "wish") == 1
    asked = NotTaken(add.wish.id, 1)
    assert waiting.not_taken(database, asked) == waiting.not_taken(database, asked)


def test_what_cannot_be_waited_for_is_refused(clinic: SmallClinic, database: Database, owner_engine: Engine) -> None:
    for wrong in ({"times": ((600, 540),)}, {"weekdays": frozenset({0})}, {"note": "\0"}):
        with pytest.raises(InvalidInput):
            wishing(database, clinic, **wrong)
    with pytest.raises(ClinicDeskError):
        waiting.add_wish(database, AddWish(Wish(uuid4(), uuid4(), clinic.checkup)))
    assert count(owner_engine, "wish") == 0


def test_who_may_only_look_sees_the_list_and_changes_nothing(
    clinic: SmallClinic, database: Database, url_as: Callable[..., URL]
) -> None:
    added = wishing(database, clinic)
    reader = Database(url_as("clinic_readonly"), database.desk)
    try:
        assert waiting.waiting(reader) == (added,)
        with pytest.raises(NotAllowed):
            waiting.close_wish(reader, CloseWish(added.wish.id, 1))
    finally:
        reader.dispose()


def test_a_wish_goes_with_its_patient_when_two_records_become_one_and_comes_back(
    clinic: SmallClinic, database: Database
) -> None:
    double, kept = (wishing(database, clinic, number) for number in (1, 2))
    merge = MergePatients(kept.patient, double.patient.id, 1)
    merge_patients(database, merge)
    assert {one.patient.id for one in waiting.waiting(database)} == {kept.patient.id}
    with pytest.raises(PatientConflict) as refused:
        wishing(database, clinic, 1)
    assert refused.value.now.id == kept.patient.id
    separate_patients(database, SeparatePatients(merge.operation_id))
    owners = {one.wish.id: one.patient.id for one in waiting.waiting(database)}
    assert owners == {one.wish.id: one.patient.id for one in (double, kept)}


# --- what became free -------------------------------------------------------------------------------------------------


def test_a_cancellation_a_move_and_parking_free_a_time_and_other_changes_do_not(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    wishing(database, clinic)
    noted = booking.update(database, Update(booked.id, 1, note="x"))
    longer = booking.update(database, Update(booked.id, 2, length_minutes=15, room_id=None, note="y"))
    assert waiting.freed_by(database, [(noted.id, 2), (longer.id, 3)]) == ()
    moved = booking.update(database, Update(booked.id, 3, starts_at=at(clinic.monday, 14)))
    freed(database, longer, moved)
    to_another = booking.update(database, Update(booked.id, 4, practitioner_id=clinic.okafor))
    freed(database, moved, to_another)
    parked = booking.park(database, Park(booked.id, 5))
    freed(database, to_another, parked)
    assert waiting.freed_by(database, [(booked.id, 1), (parked.id, 7)]) == ()


def test_nothing_is_looked_for_while_nobody_waits(
    database: Database, booked: Entry, cancelled: Entry, clinic: SmallClinic
) -> None:
    assert waiting.freed_by(database, [(cancelled.id, 2)]) == ()
    added = wishing(database, clinic)
    freed(database, booked, cancelled)
    waiting.close_wish(database, CloseWish(added.wish.id, 1))
    assert waiting.freed_by(database, [(cancelled.id, 2)]) == ()


def test_the_gap_is_offered_to_those_it_fits_in_four_statements(
    clinic: SmallClinic, database: Database, place: Freed
) -> None:
    records = calendar.load_clinic(database)
    by_name = wishing(database, clinic, 2, practitioner_ids=frozenset({clinic.weber}))
    wishing(database, clinic, 3, type_id=clinic.consultation)  # 45 minutes with its buffers
    urgent = wishing(database, clinic, 4, priority=Priority.URGENT)
    wishing(database, clinic, 5, times=((14 * 60, 17 * 60),))
    with statements_of(database) as sent:
        found = offer(database, place, records)
    assert len([one for one in sent if one.lstrip().startswith(("SELECT", "WITH", "EXECUTE", "PREPARE"))]) <= 4
    assert (found.gap.starts_at, found.gap.ends_at) == (at(clinic.monday, 9), at(clinic.monday, 9, 15))
    assert [fit.waiting.wish.id for fit in found.fits] == [urgent.wish.id, by_name.wish.id]


def test_a_patient_who_is_elsewhere_then_is_not_offered_it(
    clinic: SmallClinic, database: Database, place: Freed
) -> None:
    wishing(database, clinic, 2)
    elsewhere = checkup(clinic, patient_id=clinic.patients[2], practitioner_id=clinic.okafor)
    booking.book(database, elsewhere)
    assert offer(database, place).fits == ()


# --- booking who waits ------------------------------------------------------------------------------------------------


def test_who_waits_is_booked_and_waits_no_longer_in_one_transaction(
    clinic: SmallClinic, database: Database, place: Freed, owner_engine: Engine
) -> None:
    added = wishing(database, clinic, 2)
    found = offer(database, place)
    command = booking_of(found.fits[0], found.gap)
    taken = waiting.take_gap(database, command)
    assert (taken.before, taken.after.appointment.starts_at) == (None, at(clinic.monday, 9))
    assert taken.after.patient.id == clinic.patients[2]
    assert open_wishes(database) == []
    assert count(owner_engine, f"history WHERE operation_id = '{command.operation_id}'") == 2
    assert count(owner_engine, f"notification WHERE appointment_id = '{taken.after.id}'") == 2  # told, and reminded
    assert waiting.take_gap(database, command) == Taken(None, calendar.load_entries(database, [taken.after.id])[0])
    assert count(owner_engine, f"appointment WHERE patient_id = '{clinic.patients[2]}'") == 1
    # undone, she waits again as she did
    booking.set_status(database, SetStatus(taken.after.id, 1, AppointmentStatus.ENTERED_IN_ERROR))
    assert open_wishes(database) == [added.wish.id]


def test_a_booking_taken_back_after_the_patient_was_told_lets_her_wait_again_and_a_cancelled_one_does_not(
    clinic: SmallClinic, database: Database, place: Freed, owner_engine: Engine
) -> None:
    added = wishing(database, clinic, 2)
    found = offer(database, place)
    taken = waiting.take_gap(database, booking_of(found.fits[0], found.gap))
    leaves(owner_engine, "confirmation")
    undoing.take_back(database, TakeBack((taken.after.id, taken.after.appointment.version)))
    (entry,) = calendar.load_entries(database, [taken.after.id])
    assert entry.appointment.status is AppointmentStatus.CANCELLED
    assert open_wishes(database) == [added.wish.id]
    undoing.take_back(database, TakeBack((entry.id, entry.appointment.version)))
    assert open_wishes(database) == []
    (entry,) = calendar.load_entries(database, [taken.after.id])
    booking.cancel(database, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT))
    assert open_wishes(database) == []


def test_an_appointment_is_moved_forward_and_its_time_is_free_for_the_next(
    clinic: SmallClinic, database: Database, place: Freed
) -> None:
    later = checkup(clinic, at(clinic.monday, 15), patient_id=clinic.patients[2], practitioner_id=clinic.okafor)
    has = booking.book(database, later)
    added = wishing(database, clinic, 2, appointment_id=has.id)
    found = offer(database, place)
    taken = waiting.take_gap(database, booking_of(found.fits[0], found.gap))
    assert taken.before == has
    assert (taken.after.id, taken.after.appointment.starts_at) == (has.id, at(clinic.monday, 9))
    assert taken.after.appointment.practitioner_id == clinic.weber
    wishing(database, clinic, 3)
    assert freed(database, has, taken.after).practitioner_id == clinic.okafor
    # moved on to another time she has what she has; moved back to where she was, she waits again, until it is redone
    moved = booking.update(database, Update(has.id, 2, starts_at=at(clinic.monday, 16)))
    assert added.wish.id not in open_wishes(database)
    booking.update(database, Update(moved.id, 3, starts_at=at(clinic.monday, 9), practitioner_id=clinic.weber))
    booking.update(database, Update(moved.id, 4, starts_at=at(clinic.monday, 15), practitioner_id=clinic.okafor))
    assert added.wish.id in open_wishes(database)
    booking.update(database, Update(moved.id, 5, starts_at=at(clinic.monday, 9), practitioner_id=clinic.weber))
    assert added.wish.id not in open_wishes(database)


def test_of_two_desks_that_book_different_patients_into_one_gap_one_wins_and_the_other_patient_waits_on(
    clinic: SmallClinic,
    database: Database,
    second_database: Database,
    place: Freed,
    owner_engine: Engine,
) -> None:
    wishes = [wishing(database, clinic, number).wish.id for number in (2, 3)]
    found = offer(database, place)
    commands = [booking_of(fit, found.gap) for fit in found.fits]
    with ThreadPoolExecutor(2) as desks:
        ends = [
            desks.submit(_tried, db, command) for db, command in zip((database, second_database), commands, strict=True)
        ]
        results = [end.result() for end in ends]
    assert sorted(type(result).__name__ for result in results) == ["SlotTaken", "Taken"]
    loser = next(number for number, result in enumerate(results) if isinstance(result, SlotTaken))
    lost = results[loser]
    assert isinstance(lost, SlotTaken)
    assert lost.by is not None
    assert open_wishes(database) == [wishes[loser]]
    assert overlaps(owner_engine) == 0
    assert count(owner_engine, "wish WHERE closed = 'booked'") == 1


def test_of_two_desks_that_book_one_patient_into_two_gaps_one_wins(
    clinic: SmallClinic,
    database: Database,
    second_database: Database,
    place: Freed,
    owner_engine: Engine,
) -> None:
    wishing(database, clinic, 2)
    first = offer(database, place)
    monday = clinic.monday + timedelta(days=7)
    free = Freed(clinic.okafor, clinic.berlin, at(monday, 10), at(monday, 10, 15))
    second = offer(second_database, free)
    commands = [booking_of(each.fits[0], each.gap) for each in (first, second)]
    with ThreadPoolExecutor(2) as desks:
        results = list(desks.map(_tried, (database, second_database), commands))
    assert sorted(type(result).__name__ for result in results) == ["Taken", "WishConflict"]
    assert count(owner_engine, f"appointment WHERE patient_id = '{clinic.patients[2]}'") == 1


def _tried(db: Database, command: Any) -> Taken | Refused:
    try:
        return waiting.take_gap(db, command)
    except Refused as error:
        return error


def test_an_appointment_that_was_changed_meanwhile_is_not_moved_and_she_waits_on(
    clinic: SmallClinic, database: Database, second_database: Database, place: Freed
) -> None:
    has = booking.book(database, checkup(clinic, at(clinic.monday, 15), patient_id=clinic.patients[2]))
    added = wishing(database, clinic, 2, appointment_id=has.id)
    found = offer(database, place)
    booking.update(second_database, Update(has.id, 1, starts_at=at(clinic.monday, 16)))
    with pytest.raises(Conflict):
        waiting.take_gap(database, booking_of(found.fits[0], found.gap))
    assert open_wishes(database) == [added.wish.id]


def test_whoever_did_not_take_it_comes_after_those_who_were_not_asked(
    clinic: SmallClinic, database: Database, place: Freed
) -> None:
    first, second = (wishing(database, clinic, number).wish.id for number in (2, 3))
    assert [fit.waiting.wish.id for fit in offer(database, place).fits] == [first, second]
    waiting.not_taken(database, NotTaken(first, 1))
    assert [fit.waiting.wish.id for fit in offer(database, place).fits] == [second, first]
