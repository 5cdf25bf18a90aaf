"""Taking back what a desk did, and doing it again, on real PostgreSQL: whole operations, never over another desk."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine
from sqlalchemy.exc import ProgrammingError

from clinic_desk.database.engine import Database
from clinic_desk.domain.away import CarryOut, step_to
from clinic_desk.domain.commands import Book, Cancel, Park, Rule, SetStatus, Update, UpdatePatient
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.merge import merge
from clinic_desk.domain.patients_merge import MergePatients, SeparatePatients
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.recurrence import Every, Recurrence
from clinic_desk.domain.refusals import Conflict, PatientConflict, RuleViolation, SlotTaken
from clinic_desk.domain.series import BookSeries, ChangeSeries, SeriesDate, planned_dates, series_of
from clinic_desk.domain.setup import Remove, SaveBlock, SaveClosure, SaveTimeOff, SetupConflict
from clinic_desk.domain.undoing import Deed, Ledger, NothingToTakeBack, NotTakenBack, TakeBack
from clinic_desk.errors import ClinicDeskError
from clinic_desk.services import (
    away,
    booking,
    calendar,
    patients,
    patients_merge,
    patients_record,
    series,
    undoing,
)
from clinic_desk.services.setup import absences as setup_absences
from tests.support.bookings import at, checkup, count, overlaps, stored
from tests.support.queued import leaves, queue
from tests.support.small_clinic import SmallClinic

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
S = AppointmentStatus
_OF_ITSELF = {"version", "changed_at", "changed_by", "changed_desk_id", "cancelled_at"}


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    """A check-up on the Monday at nine."""
    return booking.book(database, checkup(clinic))


@pytest.fixture
def manager(url_as: Callable[..., URL], database: Database) -> Iterator[Database]:
    made = Database(url_as("clinic_manager"), database.desk)
    yield made
    made.dispose()


def fields(engine: Engine) -> dict[UUID, dict[str, Any]]:
    """Every appointment on the calendar or parked, without what each change stamps on it."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM appointment WHERE status <> 'entered-in-error'").mappings()
        return {row["id"]: {name: value for name, value in row.items() if name not in _OF_ITSELF} for row in rows}


def undo(database: Database, *, again: bool = False) -> Deed:
    """Take back what this desk did last, or do again what it took back last, as the desk knows it from the database."""
    known = undoing.ledger(database)
    deed = (known.redo if again else known.undo)[-1]
    undoing.take_back(database, TakeBack(deed.mark))
    return deed


def of(entry: Entry) -> tuple[UUID, int]:
    return entry.id, entry.appointment.version


# --- one by one -------------------------------------------------------------------------------------------------------


def _moved(database: Database, clinic: SmallClinic, entry: Entry) -> Entry:
    start = at(clinic.monday + DAY, 11)
    return booking.update(database, Update(*of(entry), starts_at=start, practitioner_id=clinic.okafor))


def _longer(database: Database, _clinic: SmallClinic, entry: Entry) -> Entry:
    return booking.update(database, Update(*of(entry), length_minutes=45, note="calls back"))


def _cancelled(database: Database, _clinic: SmallClinic, entry: Entry) -> Entry:
    return booking.cancel(database, Cancel(*of(entry), CancellationReason.PATIENT))


def _came(database: Database, _clinic: SmallClinic, entry: Entry) -> Entry:
    return booking.set_status(database, SetStatus(*of(entry), S.ARRIVED))


def _went_without_a_word(database: Database, clinic: SmallClinic, entry: Entry) -> Entry:
    return _cancelled(database, clinic, _came(database, clinic, entry))


def _missed(database: Database, _clinic: SmallClinic, entry: Entry) -> Entry:
    return booking.set_status(database, SetStatus(*of(entry), S.NOSHOW))


def _parked(database: Database, _clinic: SmallClinic, entry: Entry) -> Entry:
    return booking.park(database, Park(*of(entry)))


def _put_back(database: Database, clinic: SmallClinic, entry: Entry) -> Entry:
    parked = _parked(database, clinic, entry)
    return booking.update(database, Update(*of(parked), starts_at=at(clinic.monday, 15), reinstate=True))


def _deleted(database: Database, _clinic: SmallClinic, entry: Entry) -> Entry:
    return booking.set_status(database, SetStatus(*of(entry), S.ENTERED_IN_ERROR))


@pytest.mark.parametrize(
    "change",
    [_moved, _longer, _cancelled, _came, _went_without_a_word, _missed, _parked, _put_back, _deleted],
    ids=lambda change: change.__name__.strip("_"),
)
def test_a_change_is_taken_back_and_done_again_as_it_was(
    clinic: SmallClinic,
    database: Database,
    booked: Entry,
    owner_engine: Engine,
    change: Callable[[Database, SmallClinic, Entry], Entry],
) -> None:
    before = fields(owner_engine)
    change(database, clinic, booked)
    changed = len(undoing.ledger(database).undo) - 1
    states = [fields(owner_engine)]
    for _ in range(changed):
        undo(database)
        states.append(fields(owner_engine))
    assert states[-1] == before
    for expected in reversed(states[:-1]):
        undo(database, again=True)
        assert fields(owner_engine) == expected
    for expected in states[1:]:
        undo(database)
        assert fields(owner_engine) == expected


def test_a_booking_is_taken_back_and_done_again_under_its_own_id(
    database: Database, booked: Entry, owner_engine: Engine
) -> None:
    before = fields(owner_engine)
    undo(database)
    assert fields(owner_engine) == {}
    undo(database, again=True)
    assert fields(owner_engine) == before


def test_an_operation_is_taken_back_once_and_only_by_the_desk_and_person_that_did_it(
    database: Database, second_database: Database, manager: Database, booked: Entry
) -> None:
    for stranger in (second_database, manager):
        with pytest.raises(NothingToTakeBack):
            undoing.take_back(stranger, TakeBack(of(booked)))
    undoing.take_back(database, TakeBack(of(booked)))
    with pytest.raises(NothingToTakeBack):
        undoing.take_back(database, TakeBack(of(booked)))


def test_what_was_taken_back_cannot_be_changed_afterwards(
    database: Database, booked: Entry, owner_engine: Engine
) -> None:
    undo(database)
    with pytest.raises(ProgrammingError, match="append-only"), owner_engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM taken_back")


def test_sent_again_after_a_lost_answer_it_is_taken_back_once(
    database: Database, booked: Entry, owner_engine: Engine
) -> None:
    command = TakeBack(of(booked))
    first = undoing.take_back(database, command)
    assert undoing.take_back(database, command) == first
    assert count(owner_engine, "taken_back") == 1


# --- another desk -----------------------------------------------------------------------------------------------------


def test_what_another_desk_changed_since_is_a_conflict_with_both_records_and_nothing_is_written(
    clinic: SmallClinic, database: Database, second_database: Database, booked: Entry, owner_engine: Engine
) -> None:
    moved = _moved(database, clinic, booked)
    theirs = booking.update(second_database, Update(*of(moved), note="fasting"))
    with pytest.raises(NotTakenBack) as refused:
        undoing.take_back(database, TakeBack(of(moved)))
    (hindrance,) = refused.value.hindrances
    assert isinstance(hindrance.cause, Conflict)
    assert hindrance.cause.now.appointment == theirs.appointment
    assert hindrance.left.appointment == moved.appointment
    assert (hindrance.wanted.starts_at, hindrance.wanted.note) == (booked.appointment.starts_at, "")
    assert stored(owner_engine, booked.id)["version"] == 3
    assert len(undoing.ledger(database).undo) == 2, "it can still be taken back"
    decided = merge(moved.appointment, hindrance.wanted, theirs.appointment).merged
    done = undoing.take_back(database, TakeBack(of(moved), instead=decided))
    row = done.entries[0].appointment
    assert (row.starts_at, row.note) == (booked.appointment.starts_at, "fasting")
    assert len(undoing.ledger(database).undo) == 1


def test_what_was_decided_after_a_conflict_can_conflict_again(
    clinic: SmallClinic, database: Database, second_database: Database, booked: Entry
) -> None:
    moved = _moved(database, clinic, booked)
    theirs = booking.update(second_database, Update(*of(moved), note="fasting"))
    booking.update(second_database, Update(*of(theirs), note="not fasting"))
    with pytest.raises(NotTakenBack) as refused:
        undoing.take_back(database, TakeBack(of(moved), instead=replace(booked.appointment, version=3)))
    assert isinstance(refused.value.hindrances[0].cause, Conflict)


def test_what_another_desk_changed_and_changed_back_is_no_conflict(
    clinic: SmallClinic, database: Database, second_database: Database, booked: Entry, owner_engine: Engine
) -> None:
    before = fields(owner_engine)
    moved = _moved(database, clinic, booked)
    theirs = booking.update(second_database, Update(*of(moved), note="fasting"))
    booking.update(second_database, Update(*of(theirs), note=""))
    undoing.take_back(database, TakeBack(of(moved)))
    assert fields(owner_engine) == before


def test_an_earlier_change_of_this_desk_is_taken_back_beside_its_later_ones(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    moved = _moved(database, clinic, booked)
    _came(database, clinic, moved)
    (entry,) = undoing.take_back(database, TakeBack(of(moved))).entries
    assert (entry.appointment.starts_at, entry.appointment.status) == (booked.appointment.starts_at, S.ARRIVED)


def test_a_place_that_somebody_has_by_now_is_not_taken_from_them(
    clinic: SmallClinic, database: Database, second_database: Database, booked: Entry, owner_engine: Engine
) -> None:
    moved = _moved(database, clinic, booked)
    booking.book(second_database, checkup(clinic, patient_id=clinic.patients[1]))
    with pytest.raises(NotTakenBack) as refused:
        undoing.take_back(database, TakeBack(of(moved)))
    assert isinstance(refused.value.hindrances[0].cause, SlotTaken | RuleViolation)
    assert stored(owner_engine, booked.id)["version"] == 2
    assert overlaps(owner_engine) == 0


def test_it_goes_to_another_time_that_was_chosen_or_beside_whom_it_was_agreed_to_be(
    clinic: SmallClinic, database: Database, second_database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    moved = _moved(database, clinic, booked)
    other = booking.book(second_database, checkup(clinic, patient_id=clinic.patients[1]))
    with pytest.raises(NotTakenBack) as refused:
        undoing.take_back(database, TakeBack(of(moved)))
    (hindrance,) = refused.value.hindrances
    assert isinstance(hindrance.cause, SlotTaken)
    assert (hindrance.cause.by, hindrance.target.version) == (other, moved.appointment.version)
    start = at(clinic.monday, 9, 15)
    chosen = replace(hindrance.target, starts_at=start, ends_at=start + timedelta(minutes=15))
    (now,) = undoing.take_back(database, TakeBack(of(moved), instead=chosen, elsewhere=True)).entries
    assert (now.appointment.starts_at, now.appointment.practitioner_id) == (start, clinic.weber)
    assert queue(owner_engine, "kind", "status = 'pending' AND kind = 'rescheduled'") == [("rescheduled",)]
    undo(database, again=True)
    again = calendar.load_entries(database, [booked.id])[0]
    assert again.appointment.starts_at == moved.appointment.starts_at
    beside = replace(hindrance.target, version=again.appointment.version)
    deed = undoing.ledger(database).undo[-1]
    (now,) = undoing.take_back(database, TakeBack(deed.mark, instead=beside, beside=frozenset({other.id}))).entries
    assert (now.appointment.starts_at, now.appointment.squeezed_in) == (booked.appointment.starts_at, True)


def test_an_undone_cancellation_whose_time_was_given_away_is_booked_at_the_chosen_time_and_she_is_told(
    clinic: SmallClinic, database: Database, second_database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    gone = _cancelled(database, clinic, booked)
    leaves(owner_engine, "cancelled")
    booking.book(second_database, checkup(clinic, patient_id=clinic.patients[1], tell_patient=False))
    with pytest.raises(NotTakenBack) as refused:
        undoing.take_back(database, TakeBack(of(gone)))
    start = at(clinic.monday, 10)
    chosen = replace(refused.value.hindrances[0].target, starts_at=start, ends_at=start + timedelta(minutes=15))
    (now,) = undoing.take_back(database, TakeBack(of(gone), instead=chosen, elsewhere=True)).entries
    assert (now.appointment.starts_at, now.appointment.status) == (start, S.BOOKED)
    assert now.appointment.cancellation_reason is None
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == [("confirmation",)]


# --- the patient ------------------------------------------------------------------------------------------------------


def test_taken_back_within_the_waiting_moment_nobody_is_told_and_done_again_she_is(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    moved = _moved(database, clinic, booked)
    assert not undoing.message_left(database, of(moved))
    undo(database)
    waiting = "status = 'pending' AND kind <> 'reminder'"
    assert queue(owner_engine, where=waiting) == []
    undo(database, again=True)
    assert queue(owner_engine, "kind", waiting) == [("rescheduled",)]


def test_taken_back_after_the_message_left_a_correction_follows(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    moved = _moved(database, clinic, booked)
    leaves(owner_engine, "rescheduled")
    assert undoing.message_left(database, of(moved))
    undo(database)
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == [("rescheduled",)]


def test_a_booking_that_the_patient_knows_of_is_cancelled_so_that_she_hears(
    database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    assert undoing.message_left(database, of(booked))
    undo(database)
    assert stored(owner_engine, booked.id)["status"] == "cancelled"
    assert queue(owner_engine, where="status = 'pending'") == [("cancelled", "pending")]
    leaves(owner_engine, "cancelled")
    undo(database, again=True)
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == [("confirmation",)]


def test_what_was_done_without_telling_is_taken_back_and_done_again_without_telling(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    entry = booking.book(database, checkup(clinic, tell_patient=False))
    start = at(clinic.monday, 14)
    booking.update(database, Update(*of(entry), starts_at=start, tell_patient=False))
    for again in (False, False, True, True, False):
        undo(database, again=again)
        assert queue(owner_engine, where="kind <> 'reminder'") == []


# --- many at once -----------------------------------------------------------------------------------------------------


def _week(clinic: SmallClinic, dates: int) -> BookSeries:
    rule = Recurrence(Every.WEEKS, count=dates)
    template = checkup(clinic)
    planned = planned_dates(rule, template, "Europe/Berlin")
    made = series_of(rule, clinic.monday, 540, "Europe/Berlin")
    return BookSeries(made, tuple(SeriesDate(one.day, one.step) for one in planned if isinstance(one.step, Book)))


def test_a_series_is_one_step_and_told_of_in_one_message(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    booked = series.book(database, _week(clinic, 4))
    steps = tuple(Update(*of(entry), starts_at=entry.appointment.starts_at + HOUR) for entry in booked)
    leaves(owner_engine, "confirmation")
    one = fields(owner_engine)
    series.change(database, ChangeSeries(steps, tell_patient=True))
    two = fields(owner_engine)
    assert [deed.number for deed in undoing.ledger(database).undo] == [4, 4]
    for again, expected in ((False, one), (True, two), (False, one), (False, {}), (True, one), (True, two)):
        undo(database, again=again)
        assert fields(owner_engine) == expected
    told = queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'")
    assert told == [("rescheduled",)]


def test_those_that_stand_one_behind_the_other_go_back_in_the_order_in_which_they_came(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    quarter = timedelta(minutes=15)
    starts = [at(clinic.monday, 9) + quarter * number for number in range(3)]
    booked = [
        booking.book(database, checkup(clinic, start, patient_id=clinic.patients[n])) for n, start in enumerate(starts)
    ]
    one = fields(owner_engine)
    steps = tuple(Update(*of(entry), starts_at=entry.appointment.starts_at + quarter) for entry in booked)
    series.change(database, ChangeSeries(steps))
    two = fields(owner_engine)
    for again, expected in ((False, one), (True, two), (False, one)):
        undo(database, again=again)
        assert fields(owner_engine) == expected, "and nobody was squeezed in on the way"


def test_an_appointment_that_joined_a_series_parts_from_it_and_joins_again(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    one = fields(owner_engine)
    command = _week(clinic, 3)
    series.book(database, replace(command, dates=command.dates[1:], joining=of(booked)))
    two = fields(owner_engine)
    for again, expected in ((False, one), (True, two), (False, one)):
        undo(database, again=again)
        assert fields(owner_engine) == expected


def _away(manager: Database, clinic: SmallClinic) -> tuple[Entry, ...]:
    start = at(clinic.monday, 0)
    save = SaveTimeOff(clinic.weber, start, start + DAY, "Congress")
    found = away.look(manager, save)
    steps = tuple(step_to(one.entry.appointment, one.offers[0], tell=True) for one in found.proposals)
    return away.carry_out(manager, CarryOut(found.away, save, steps, frozenset())).entries


def three(database: Database, clinic: SmallClinic) -> tuple[Entry, ...]:
    hours = enumerate((9, 10, 15))
    return tuple(
        booking.book(database, checkup(clinic, at(clinic.monday, hour), patient_id=clinic.patients[number]))
        for number, hour in hours
    )


def test_doctor_away_is_one_step_with_its_absence(clinic: SmallClinic, manager: Database, owner_engine: Engine) -> None:
    three(manager, clinic)
    one = fields(owner_engine)
    _away(manager, clinic)
    two = fields(owner_engine)
    for again, expected in ((False, one), (True, two), (False, one), (True, two)):
        undo(manager, again=again)
        assert fields(owner_engine) == expected
        assert count(owner_engine, "time_off") == (expected is two)


def test_of_many_one_that_another_desk_changed_is_named_and_the_others_can_be_taken_back(
    clinic: SmallClinic, manager: Database, second_database: Database, owner_engine: Engine
) -> None:
    booked = three(manager, clinic)
    moved = {entry.id: entry for entry in _away(manager, clinic)}
    theirs = moved[booked[1].id]
    booking.update(second_database, Update(*of(theirs), note="ask for the letter"))
    deed = undoing.ledger(manager).undo[-1]
    with pytest.raises(NotTakenBack) as refused:
        undoing.take_back(manager, TakeBack(deed.mark))
    assert ([one.left.id for one in refused.value.hindrances], refused.value.number) == ([theirs.id], 3)
    assert count(owner_engine, "time_off") == 1
    undoing.take_back(manager, TakeBack(deed.mark, leaving=frozenset({theirs.id})))
    assert count(owner_engine, "time_off") == 0
    stand = fields(owner_engine)
    for entry in booked:
        is_back = stand[entry.id]["starts_at"] == entry.appointment.starts_at
        assert is_back is (entry.id != theirs.id)
    undo(manager, again=True)
    assert count(owner_engine, "time_off") == 1


def test_an_absence_that_was_changed_since_is_not_taken_back(
    clinic: SmallClinic, manager: Database, owner_engine: Engine
) -> None:
    three(manager, clinic)
    _away(manager, clinic)
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE time_off SET name = 'Holiday'")
    with pytest.raises(SetupConflict):
        undo(manager)


# --- any sequence -----------------------------------------------------------------------------------------------------


def _step(database: Database, clinic: SmallClinic, dice: random.Random) -> None:
    """Do something that a reception does, to an appointment that is there; what is refused is not done."""
    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT id FROM appointment WHERE status <> 'entered-in-error' ORDER BY id"
        ).all()
    found = calendar.load_entries(database, [row[0] for row in rows])
    start = at(clinic.monday, 8) + timedelta(minutes=15 * dice.randrange(14))
    doctor = dice.choice((clinic.weber, clinic.okafor))
    if not found or dice.random() < 0.25:
        patient = dice.choice(clinic.patients)
        over = frozenset({Rule.SLOT_TAKEN} if dice.random() < 0.3 else ())
        booking.book(database, checkup(clinic, start, practitioner_id=doctor, patient_id=patient, overrule=over))
        return
    entry = dice.choice(found)
    row = entry.appointment
    kind = dice.choice(("move", "length", "status", "status", "cancel", "park", "back"))
    if kind == "move":
        booking.update(database, Update(*of(entry), starts_at=start, practitioner_id=doctor))
    elif kind == "length":
        booking.update(database, Update(*of(entry), length_minutes=dice.choice((15, 30, 45)), note=str(dice.random())))
    elif kind == "status":
        booking.set_status(database, SetStatus(*of(entry), dice.choice(list(S))))
    elif kind == "cancel":
        booking.cancel(database, Cancel(*of(entry), dice.choice(list(CancellationReason))))
    elif kind == "park":
        booking.park(database, Park(*of(entry)))
    elif row.status in {S.CANCELLED, S.WAITLIST}:
        booking.update(database, Update(*of(entry), starts_at=start, practitioner_id=doctor, reinstate=True))


def _do(database: Database, clinic: SmallClinic, dice: random.Random) -> None:
    with contextlib.suppress(ClinicDeskError):
        _step(database, clinic, dice)


def _comparable(engine: Engine) -> dict[UUID, dict[str, Any]]:
    """Who is squeezed in may be the other one of two that share a time; what is protected follows from that."""
    derived = {"squeezed_in", "practitioner_busy", "room_busy", "device_busy", "overruled"}
    rows = fields(engine).items()
    return {key: {name: value for name, value in row.items() if name not in derived} for key, row in rows}


@pytest.mark.parametrize("seed", range(2))
def test_whatever_was_done_is_all_taken_back_and_all_done_again(
    clinic: SmallClinic, database: Database, owner_engine: Engine, seed: int
) -> None:
    dice = random.Random(seed)
    states = [_comparable(owner_engine)]
    while len(states) < 16:
        _do(database, clinic, dice)
        now = _comparable(owner_engine)
        if now != states[-1]:
            states.append(now)
    for expected in reversed(states[:-1]):
        undo(database)
        assert _comparable(owner_engine) == expected
    for expected in states[1:]:
        undo(database, again=True)
        assert _comparable(owner_engine) == expected
    assert overlaps(owner_engine) == 0


@pytest.mark.parametrize("seed", range(2))
def test_beside_another_desk_what_it_did_stays_and_nothing_of_it_is_overwritten(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine, seed: int
) -> None:
    dice = random.Random(100 + seed)
    for _ in range(30):
        _do(dice.choice((database, second_database)), clinic, dice)
    refused = set[Any]()
    while todo := [deed for deed in undoing.ledger(database).undo if deed.mark not in refused]:
        before = fields(owner_engine)
        deed = todo[-1]
        theirs = _of_the_other(owner_engine, second_database)
        try:
            undoing.take_back(database, TakeBack(deed.mark))
        except NotTakenBack:
            refused.add(deed.mark)
            assert fields(owner_engine) == before
            continue
        now = fields(owner_engine)
        for row_id in theirs - {deed.after.id if deed.after else None}:
            assert now.get(row_id) == before.get(row_id)
        assert overlaps(owner_engine) == 0


def _of_the_other(engine: Engine, other: Database) -> set[UUID]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT id FROM appointment WHERE changed_desk_id = %s", (str(other.desk.id),)
        ).all()
        return {row[0] for row in rows}


def test_a_new_change_ends_what_can_be_done_again(clinic: SmallClinic, database: Database, booked: Entry) -> None:
    _moved(database, clinic, booked)
    undo(database)
    known = undoing.ledger(database)
    assert (len(known.undo), len(known.redo)) == (1, 1)
    booking.book(database, checkup(clinic, at(clinic.monday, 16), patient_id=clinic.patients[3]))
    assert undoing.ledger(database).redo == ()


def test_what_can_be_taken_back_is_known_with_names_from_the_history_alone(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    moved = _moved(database, clinic, booked)
    known = undoing.ledger(database)
    assert isinstance(known, Ledger)
    deed = known.undo[-1]
    assert deed.before is not None
    assert deed.after is not None
    assert deed.before.appointment == booked.appointment
    assert deed.after.appointment == moved.appointment
    assert deed.after.patient == booked.patient
    assert deed.command == "Update"
    assert known.undo[0].before is None


# --- what is not an appointment ---------------------------------------------------------------------------------------

_TABLES = ("time_off", "closure", "block")


def absences(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Everything that keeps time from being booked, with the kinds of visits that blocks are kept for."""
    with engine.connect() as connection:
        found = {
            table: [
                {name: value for name, value in row.items() if name not in _OF_ITSELF}
                for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY id").mappings()
            ]
            for table in _TABLES
        }
        links = connection.exec_driver_sql("SELECT block_id, type_id FROM block_type ORDER BY 1, 2").mappings()
        return {**found, "block_type": [dict(row) for row in links]}


def _enter(manager: Database, clinic: SmallClinic, dice: random.Random) -> None:
    """Enter, change or remove what a manager does in the set-up."""
    start = at(clinic.monday + DAY * dice.randrange(20), dice.randrange(8, 16))
    day, name = clinic.monday + DAY * dice.randrange(20), dice.choice(("Congress", "Holiday", "Party"))
    with manager.reading() as connection:
        rows = {
            table: connection.exec_driver_sql(f"SELECT id, version FROM {table} ORDER BY id").all() for table in _TABLES
        }
    kind = dice.choice(_TABLES)
    row_id, version = dice.choice([*rows[kind], (new_id(), 0)])
    if version and dice.random() < 0.3:
        removes = (setup_absences.remove_time_off, setup_absences.remove_closure, setup_absences.remove_block)
        removes[_TABLES.index(kind)](manager, Remove(row_id, version))
    elif kind == "time_off":
        doctor = dice.choice((clinic.weber, clinic.okafor))
        setup_absences.save_time_off(manager, SaveTimeOff(doctor, start, start + HOUR, name, row_id, version))
    elif kind == "closure":
        setup_absences.save_closure(manager, SaveClosure(clinic.berlin, day, day, name, row_id, version))
    else:
        types = frozenset(dice.sample((clinic.checkup, clinic.procedure), dice.randrange(3)))
        setup_absences.save_block(
            manager,
            SaveBlock(start, start + HOUR, name, clinic.weber, type_ids=types, id=row_id, version=version),
        )


@pytest.mark.parametrize("seed", range(2))
def test_what_keeps_time_from_being_booked_is_all_taken_back_and_all_entered_again(
    clinic: SmallClinic, manager: Database, owner_engine: Engine, seed: int
) -> None:
    dice = random.Random(seed)
    states = [absences(owner_engine)]
    while len(states) < 18:
        _enter(manager, clinic, dice)
        now = absences(owner_engine)
        if now != states[-1]:
            states.append(now)
    names = {deed.names for deed in undoing.ledger(manager).undo}
    assert names <= {("Congress",), ("Holiday",), ("Party",)}
    for expected in reversed(states[:-1]):
        undo(manager)
        assert absences(owner_engine) == expected
    for expected in states[1:]:
        undo(manager, again=True)
        assert absences(owner_engine) == expected


def people(engine: Engine) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM patient ORDER BY id").mappings().all()
        return [{name: value for name, value in row.items() if name not in _OF_ITSELF} for row in rows]


def test_a_merge_and_a_separation_are_taken_back_and_done_again_with_all_that_went_along(
    clinic: SmallClinic, database: Database, owner_engine: Engine
) -> None:
    kept, double = (patients.get_patient(database, each) for each in clinic.patients[:2])
    entry = booking.book(database, checkup(clinic, patient_id=double.id))
    one = people(owner_engine), fields(owner_engine)
    wanted = MergePatients(replace(kept, note="both"), double.id, double.version)
    merged = patients_merge.merge_patients(database, wanted)
    two = people(owner_engine), fields(owner_engine)
    deed = undoing.ledger(database).undo[-1]
    assert (deed.command, deed.names) == ("MergePatients", ("Anna Meier", "Jonas Meier"))
    for again, expected in ((False, one), (True, two), (False, one), (True, two)):
        undo(database, again=again)
        assert (people(owner_engine), fields(owner_engine)) == expected
    doubles = patients_record.record_of(database, kept.id).doubles
    assert [row.merge_id is None for row in doubles] == [False], "and it is separated from the page as well"
    patients_merge.separate_patients(database, SeparatePatients(doubles[0].merge_id or merged.merge_id))
    assert (people(owner_engine), fields(owner_engine)) == one
    for again, expected in ((False, two), (True, one), (False, two)):
        undo(database, again=again)
        assert (people(owner_engine), fields(owner_engine)) == expected
    assert stored(owner_engine, entry.id)["patient_id"] == kept.id


def test_beside_another_desk_an_undone_merge_leaves_what_it_changed_and_what_was_merged_on(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    kept, double, third = (patients.get_patient(database, each) for each in clinic.patients[:3])
    patients_merge.merge_patients(database, MergePatients(replace(kept, note="both"), double.id, double.version))
    now = patients.get_patient(second_database, kept.id)
    patients.update_patient(second_database, UpdatePatient(replace(now, note="theirs")))
    booking.book(second_database, checkup(clinic, patient_id=kept.id))
    taken = undoing.take_back(database, TakeBack(undoing.ledger(database).undo[-1].mark))
    assert taken.separated is not None
    assert (taken.separated.since, taken.separated.kept_fields) == (1, ("note",))
    assert patients.get_patient(database, kept.id).note == "theirs"
    now = patients.get_patient(second_database, double.id)
    patients_merge.merge_patients(second_database, MergePatients(third, now.id, now.version))
    with pytest.raises(PatientConflict):
        undo(database, again=True)
    assert patients.get_patient(database, double.id).merged_into == third.id
