"""A cancelled appointment that is booked again keeps its id: at its old place, at another one, or not at all."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, Rule, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.refusals import Conflict, RuleViolation, SlotTaken
from clinic_desk.services import calendar
from clinic_desk.services.booking import book, cancel, update
from tests.support.bookings import at, checkup
from tests.support.queued import leaves, pending
from tests.support.small_clinic import SmallClinic


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    return book(database, checkup(clinic, note="brings papers"))


@pytest.fixture
def gone(database: Database, booked: Entry) -> Entry:
    return cancel(database, Cancel(booked.id, 1, CancellationReason.PATIENT))


def again(database: Database, entry: Entry, **to: Any) -> Entry:
    return update(database, Update(entry.id, entry.appointment.version, reinstate=True, **to))


def test_it_stands_at_its_old_place_as_it_stood(database: Database, booked: Entry, gone: Entry) -> None:
    back = again(database, gone)
    assert back.appointment == replace(booked.appointment, version=3)
    assert back == calendar.load_entries(database, [booked.id])[0]


def test_another_time_and_note_are_put_in_with_the_same_change(
    clinic: SmallClinic, database: Database, gone: Entry
) -> None:
    back = again(database, gone, starts_at=at(clinic.monday, 14), note="fasting")
    row = back.appointment
    assert (row.id, row.version, row.status) == (gone.id, 3, AppointmentStatus.BOOKED)
    assert (row.starts_at, row.note, row.cancellation_reason) == (at(clinic.monday, 14), "fasting", None)
    assert back == calendar.load_entries(database, [gone.id])[0]


def test_its_old_place_is_not_asked_for_when_it_goes_to_another(
    clinic: SmallClinic, database: Database, gone: Entry
) -> None:
    book(database, checkup(clinic, patient_id=clinic.patients[1]))
    assert again(database, gone, starts_at=at(clinic.monday, 14)).appointment.status is AppointmentStatus.BOOKED


def test_a_place_taken_meanwhile_is_refused_with_who_has_it_and_can_be_squeezed_into(
    clinic: SmallClinic, database: Database, gone: Entry
) -> None:
    other = book(database, checkup(clinic, patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken) as refused:
        again(database, gone)
    assert refused.value.by == other
    assert again(database, gone, overrule=frozenset({Rule.SLOT_TAKEN})).appointment.squeezed_in


def test_what_was_overruled_is_not_asked_again_at_the_old_place_but_at_another_one(
    clinic: SmallClinic, database: Database
) -> None:
    early = book(database, checkup(clinic, at(clinic.monday, 7), overrule=frozenset({Rule.OUTSIDE_HOURS})))
    gone = cancel(database, Cancel(early.id, 1, CancellationReason.PATIENT))
    with pytest.raises(RuleViolation):
        again(database, gone, starts_at=at(clinic.monday, 6))
    assert again(database, gone).appointment.overruled == {"outside-hours"}


def test_a_room_taken_meanwhile_is_exchanged_for_a_free_one(clinic: SmallClinic, database: Database) -> None:
    def procedure(patient: int, who: Any) -> Entry:
        return book(
            database,
            checkup(
                clinic,
                type_id=clinic.procedure,
                length_minutes=60,
                patient_id=clinic.patients[patient],
                practitioner_id=who,
                overrule=frozenset({Rule.SLOT_TAKEN}),
            ),
        )

    first = procedure(0, clinic.weber)
    gone = cancel(database, Cancel(first.id, 1, CancellationReason.PATIENT))
    other = book(
        database, checkup(clinic, practitioner_id=clinic.okafor, patient_id=clinic.patients[1], room_id=clinic.room_1)
    )
    assert other.appointment.room_id == first.appointment.room_id
    assert again(database, gone).appointment.room_id == clinic.room_2


def test_what_is_not_cancelled_any_more_is_changed_as_any_other(
    clinic: SmallClinic, database: Database, booked: Entry
) -> None:
    assert again(database, booked) == booked
    moved = again(database, booked, starts_at=at(clinic.monday, 14))
    assert (moved.appointment.status, moved.appointment.version) == (AppointmentStatus.BOOKED, 2)


def test_the_version_the_user_saw_is_checked(database: Database, booked: Entry, gone: Entry) -> None:
    with pytest.raises(Conflict) as refused:
        again(database, booked)
    assert refused.value.now == gone


def test_a_patient_who_knew_is_told_the_new_time_and_one_who_was_told_of_the_end_that_it_stands(
    clinic: SmallClinic, database: Database, booked: Entry, owner_engine: Engine
) -> None:
    leaves(owner_engine, "confirmation")
    gone = cancel(database, Cancel(booked.id, 1, CancellationReason.PATIENT))
    back = again(database, gone, starts_at=at(clinic.monday, 14))
    assert pending(owner_engine) == {"rescheduled", "reminder"}
    leaves(owner_engine, "rescheduled")
    gone = cancel(database, Cancel(back.id, back.appointment.version, CancellationReason.PATIENT))
    leaves(owner_engine, "cancelled")
    again(database, gone)
    assert pending(owner_engine) == {"confirmation", "reminder"}
