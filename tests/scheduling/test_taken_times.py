"""SCHEDULING's rows about what takes a time, as tables: buffers, holds, capacity, two places at once, squeeze-ins.

Every case is asked of the search, the judgement of one start, the constraints and the booking; they must agree.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Cancel, PlaceHold, Rule, SetStatus, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.services import booking, calendar, holds
from tests.scheduling.asking import Outcome, ask, put
from tests.scheduling.test_working_time import clock, hours
from tests.support.bookings import at, checkup
from tests.support.living import alive
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic

OFFERED, BY_HAND, OVERRULED, REFUSED = Outcome
DAY = timedelta(days=1)


def monday(clinic: SmallClinic, start: str, **other: Any) -> Book:
    """A checkup (or the type given) of the first patient on the Monday; its length is the type's."""
    lengths = {clinic.checkup: 15, clinic.consultation: 30, clinic.procedure: 60}
    length = lengths[other.get("type_id", clinic.checkup)]
    given = {"length_minutes": length, "tell_patient": False} | other
    return checkup(clinic, at(clinic.monday, *clock(start)), **given)


def stands(database: Database, clinic: SmallClinic, start: str, **other: Any) -> Entry:
    return booking.book(database, monday(clinic, start, **({"patient_id": clinic.patients[1]} | other)))


# --- Buffers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "then", "outcome"),
    [
        pytest.param("checkup 09:00", "checkup 09:15", OFFERED, id="without buffers they touch"),
        pytest.param("checkup 09:00", "consultation 09:20", OFFERED, id="the buffer before touches"),
        pytest.param("checkup 09:00", "consultation 09:15", OVERRULED, id="the buffer before meets"),
        pytest.param("checkup 09:00", "consultation 08:20", OFFERED, id="the buffer after touches"),
        pytest.param("checkup 09:00", "consultation 08:25", OVERRULED, id="the buffer after meets"),
        pytest.param("consultation 09:00", "checkup 09:40", OFFERED, id="after the other's buffer"),
        pytest.param("consultation 09:00", "checkup 09:35", OVERRULED, id="into the other's buffer"),
        pytest.param("consultation 09:00", "consultation 09:45", OFFERED, id="both buffers, added"),
        pytest.param("consultation 09:00", "consultation 09:40", OVERRULED, id="not the larger of the two"),
        pytest.param("checkup 16:00", "consultation 08:00", OFFERED, id="a buffer before the hours"),
        pytest.param("checkup 16:00", "consultation 11:30", OFFERED, id="a buffer over the break"),
        pytest.param("checkup 13:00", "consultation 11:30", OFFERED, id="and from both sides of it"),
        pytest.param("checkup 09:00", "consultation 16:30", OFFERED, id="a buffer past closing"),
    ],
)
def test_buffers_are_added_and_footprints_must_not_meet(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, first: str, then: str, outcome: Outcome
) -> None:
    run(owner_engine, "UPDATE booking_rules SET step_minutes = 5")
    kind, start = first.split()
    stands(database, clinic, start, type_id=getattr(clinic, kind))
    kind, start = then.split()
    assert ask(database, owner_engine, monday(clinic, start, type_id=getattr(clinic, kind))).outcome is outcome


@pytest.mark.parametrize(
    ("start", "outcome"),
    [
        pytest.param("00:05", OVERRULED, id="into the buffer from the day before"),
        pytest.param("00:10", OFFERED, id="after it"),
        pytest.param("23:45", OVERRULED, id="into the buffer of the day after"),
        pytest.param("23:40", OFFERED, id="before it"),
    ],
)
def test_the_search_looks_beyond_the_day_for_footprints(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, start: str, outcome: Outcome
) -> None:
    hours(owner_engine, clinic, (0, 1440))
    run(owner_engine, "UPDATE booking_rules SET step_minutes = 5")
    for day, minutes in ((clinic.monday - DAY, 23 * 60 + 30), (clinic.monday + DAY, 0)):  # until 00:10, from 23:55
        command = monday(clinic, "00:00", type_id=clinic.consultation, patient_id=clinic.patients[1])
        booking.book(database, replace(command, starts_at=at(day, *divmod(minutes, 60))))
    assert ask(database, owner_engine, monday(clinic, start)).outcome is outcome


# --- Unconfirmed, held ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        pytest.param(AppointmentStatus.BOOKED, OVERRULED, id="booked, whether it was confirmed or not"),
        pytest.param(AppointmentStatus.ARRIVED, OVERRULED, id="arrived"),
        pytest.param(AppointmentStatus.FULFILLED, OVERRULED, id="over early"),
        pytest.param(AppointmentStatus.CANCELLED, OFFERED, id="cancelled"),
        pytest.param(AppointmentStatus.WAITLIST, OFFERED, id="parked"),
        pytest.param(AppointmentStatus.ENTERED_IN_ERROR, OFFERED, id="entered in error"),
    ],
)
def test_what_is_booked_holds_its_time_until_it_is_given_up(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, status: AppointmentStatus, outcome: Outcome
) -> None:
    command = monday(clinic, "09:00", patient_id=clinic.patients[1])
    reason = CancellationReason.PATIENT.value if status is AppointmentStatus.CANCELLED else None
    record = calendar.load_clinic(database)
    put(owner_engine, command, record, status=status.value, cancellation_reason=reason)
    assert ask(database, owner_engine, monday(clinic, "09:00")).outcome is outcome


@pytest.mark.parametrize(
    ("held", "becomes", "outcome"),
    [
        pytest.param("weber 09:00 other", "", BY_HAND, id="held by another desk"),
        pytest.param("weber 08:50 other", "", BY_HAND, id="held in part"),
        pytest.param("weber 08:45 other", "", OFFERED, id="they only touch"),
        pytest.param("okafor 09:00 other", "", OFFERED, id="another doctor's time is held"),
        pytest.param("weber 09:00 own", "", OFFERED, id="by the desk itself"),
        pytest.param("weber 09:00 other", "expired", OFFERED, id="holds expire"),
        pytest.param("weber 09:00 other", "released", OFFERED, id="and are given back"),
        pytest.param("weber 09:00 other", "gone", OFFERED, id="or end with their desk"),
    ],
)
def test_a_held_time_is_not_offered_elsewhere_until_the_hold_ends(
    *,
    clinic: SmallClinic,
    database: Database,
    second_database: Database,
    owner_engine: Engine,
    held: str,
    becomes: str,
    outcome: Outcome,
) -> None:
    who, start, whose = held.split()
    desk = database if whose == "own" else second_database
    begin = at(clinic.monday, *clock(start))
    with ExitStack() as living:
        living.enter_context(alive(desk))
        placed = holds.place_hold(desk, PlaceHold(new_id(), getattr(clinic, who), begin, begin + timedelta(minutes=15)))
        if becomes == "expired":
            run(owner_engine, "UPDATE hold SET expires_at = clock_timestamp() - INTERVAL '1 second'")
        elif becomes == "released":
            holds.release_hold(desk, placed.id)
        elif becomes == "gone":
            living.close()
        assert ask(database, owner_engine, monday(clinic, "09:00")).outcome is outcome


# --- Capacity ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("there", "outcome"),
    [
        pytest.param(["09:00 60", "09:00 60"], OFFERED, id="two of three"),
        pytest.param(["09:00 60", "09:00 60", "09:00 60"], REFUSED, id="three of three"),
        pytest.param(["08:30 30", "09:00 30", "09:30 30"], OFFERED, id="three overlap it, one at once"),
        pytest.param(["08:30 60", "08:30 60", "09:30 60", "09:30 60"], OFFERED, id="two go as two come"),
        pytest.param(["08:30 60", "08:45 60", "09:25 60"], REFUSED, id="three for five minutes"),
        pytest.param(["08:00 60", "08:00 60", "08:00 60", "10:00 60"], OFFERED, id="they only touch"),
    ],
)
def test_the_largest_number_at_once_counts(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, there: list[str], outcome: Outcome
) -> None:
    run(owner_engine, "UPDATE room SET capacity = 3 WHERE id = %s", clinic.room_1)
    run(owner_engine, "UPDATE room SET active = false WHERE id = %s", clinic.room_2)
    record = calendar.load_clinic(database)
    for number, spec in enumerate(there):
        start, length = spec.split()
        doctor = new_id()
        with owner_engine.begin() as connection:
            connection.execute(insert(tables.practitioner), {"id": doctor, "name": f"Dr. {number}"})
        command = monday(clinic, start, length_minutes=int(length), patient_id=clinic.patients[1 + number])
        put(owner_engine, replace(command, practitioner_id=doctor), record, room_id=clinic.room_1)
    found = ask(database, owner_engine, monday(clinic, "09:00", type_id=clinic.procedure))
    assert found.outcome is outcome
    assert (Rule.NO_ROOM in found.rules) is (outcome is REFUSED)


# --- Patient at two places at once ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elsewhere", "outcome"),
    [
        pytest.param("okafor berlin 09:00", OVERRULED, id="with another doctor"),
        pytest.param("okafor berlin 08:50", OVERRULED, id="for part of it"),
        pytest.param("diaz new_york 03:00", OVERRULED, id="at another site, by another clock"),
        pytest.param("diaz new_york 09:00", OFFERED, id="at the same wall time, hours later"),
        pytest.param("okafor berlin 09:15", OFFERED, id="one after the other"),
        pytest.param("okafor berlin 09:00 cancelled", OFFERED, id="where she no longer is"),
        pytest.param("okafor berlin 09:00 somebody-else", OFFERED, id="another patient"),
    ],
)
def test_a_patient_at_two_places_at_once_is_asked_about_and_the_desk_may_go_on(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, elsewhere: str, outcome: Outcome
) -> None:
    who, where, start, *more = elsewhere.split()
    record = calendar.load_clinic(database)
    site_id = getattr(clinic, where)
    command = checkup(
        clinic,
        at(clinic.monday, *clock(start), zone=record.site(site_id).zone),
        practitioner_id=getattr(clinic, who),
        site_id=site_id,
        patient_id=clinic.patients[1 if "somebody-else" in more else 0],
    )
    gone = {"status": "cancelled", "cancellation_reason": CancellationReason.PATIENT.value}
    put(owner_engine, command, record, **(gone if "cancelled" in more else {}))
    found = ask(database, owner_engine, monday(clinic, "09:00"))
    assert found.outcome is outcome
    assert found.rules == ({Rule.PATIENT_BUSY} if outcome is OVERRULED else set())


# --- Squeeze-in -------------------------------------------------------------------------------------------------------

Act = Callable[[Database, Entry], object]


def nothing(_database: Database, _entry: Entry) -> None:
    """It stays."""


def cancelled(database: Database, entry: Entry) -> None:
    booking.cancel(database, Cancel(entry.id, entry.appointment.version, CancellationReason.PATIENT))


def moved(database: Database, entry: Entry) -> None:
    later = entry.appointment.starts_at + timedelta(hours=6)
    booking.update(database, Update(entry.id, entry.appointment.version, starts_at=later, tell_patient=False))


def removed(database: Database, entry: Entry) -> None:
    booking.set_status(database, SetStatus(entry.id, entry.appointment.version, AppointmentStatus.ENTERED_IN_ERROR))


@pytest.mark.parametrize(
    ("neighbour", "squeezed", "start", "outcome"),
    [
        pytest.param(nothing, nothing, "09:00", OVERRULED, id="beside the one that stands"),
        pytest.param(nothing, nothing, "09:15", OVERRULED, id="busy for everybody else beyond it"),
        pytest.param(nothing, nothing, "09:30", OFFERED, id="free after both"),
        pytest.param(cancelled, nothing, "09:15", OVERRULED, id="busy when its neighbour is cancelled"),
        pytest.param(moved, nothing, "09:15", OVERRULED, id="busy when its neighbour is moved"),
        pytest.param(removed, nothing, "09:15", OVERRULED, id="busy when its neighbour is removed"),
        pytest.param(cancelled, nothing, "08:45", OFFERED, id="what only the neighbour had is free"),
        pytest.param(nothing, cancelled, "09:15", OFFERED, id="free when it is cancelled itself"),
        pytest.param(nothing, moved, "09:15", OFFERED, id="free when it is moved itself"),
        pytest.param(nothing, moved, "15:00", OVERRULED, id="busy where it was moved to"),
        pytest.param(cancelled, cancelled, "09:00", OFFERED, id="free when both are gone"),
    ],
)
def test_a_squeeze_in_makes_the_doctor_busy_for_everybody_else(
    *,
    clinic: SmallClinic,
    database: Database,
    owner_engine: Engine,
    neighbour: Act,
    squeezed: Act,
    start: str,
    outcome: Outcome,
) -> None:
    """The neighbour stands 08:45-09:15, the one squeezed in 09:00-09:30."""
    first = stands(database, clinic, "08:45", length_minutes=30)
    over = monday(clinic, "09:00", length_minutes=30, patient_id=clinic.patients[2])
    second = booking.book(database, replace(over, overrule=frozenset({Rule.SLOT_TAKEN})))
    assert second.appointment.squeezed_in
    neighbour(database, first)
    squeezed(database, second)
    assert ask(database, owner_engine, monday(clinic, start)).outcome is outcome


@pytest.mark.parametrize(
    ("may", "outcome"),
    [
        pytest.param("{slot-taken}", OVERRULED, id="a reception that may"),
        pytest.param("{outside-hours,patient-busy}", REFUSED, id="a reception that may not"),
    ],
)
def test_squeezing_in_is_a_permission(
    *, clinic: SmallClinic, database: Database, owner_engine: Engine, may: str, outcome: Outcome
) -> None:
    run(owner_engine, "UPDATE booking_rules SET overrulable = %s", may)
    stands(database, clinic, "09:00")
    assert ask(database, owner_engine, monday(clinic, "09:00")).outcome is outcome
