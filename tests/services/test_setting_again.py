"""What one key wished is set over whatever another desk set first: from every status to every other, as one change."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Cancel, Park, SetStatus
from clinic_desk.domain.quick import Quick, is_as_wished
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, Entry
from clinic_desk.domain.refusals import Conflict, SlotTaken
from clinic_desk.domain.undoing import TakeBack
from clinic_desk.services import booking, undoing
from clinic_desk.services.setting_again import set_again
from tests.support.bookings import checkup, overlaps
from tests.support.queued import leaves, queue
from tests.support.small_clinic import SmallClinic

S = AppointmentStatus


def wish_of(status: AppointmentStatus, entry: Entry) -> Quick:
    row = entry.appointment
    if status is S.CANCELLED:
        return Cancel(row.id, row.version, CancellationReason.PROVIDER)
    if status is S.WAITLIST:
        return Park(row.id, row.version)
    return SetStatus(row.id, row.version, status)


def made(database: Database, entry: Entry, status: AppointmentStatus) -> Entry:
    """Give a booked appointment a status by the ordinary way."""
    if status is S.BOOKED:
        return entry
    wish = wish_of(status, entry)
    if isinstance(wish, Cancel):
        return booking.cancel(database, wish)
    return booking.park(database, wish) if isinstance(wish, Park) else booking.set_status(database, wish)


def test_every_status_is_set_over_every_other_and_taken_back(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine
) -> None:
    for theirs, mine in product(S, S):
        entry = booking.book(second_database, checkup(clinic))
        stands = made(second_database, entry, theirs)
        wish = replace(wish_of(mine, entry), version=stands.appointment.version)
        after = set_again(database, wish)
        assert (after.appointment.status, is_as_wished(after.appointment, wish)) == (mine, True), (theirs, mine)
        assert after.appointment.starts_at == entry.appointment.starts_at
        assert set_again(database, wish).appointment == after.appointment, "sent again it is done once"
        if mine is not theirs:
            (after,) = undoing.take_back(database, TakeBack((after.id, after.appointment.version))).entries
            assert after.appointment.status is theirs, (theirs, mine)
        if after.appointment.status is not S.ENTERED_IN_ERROR:  # its time is wanted again
            set_again(database, SetStatus(after.id, after.appointment.version, S.ENTERED_IN_ERROR))
    assert overlaps(owner_engine) == 0


def test_what_was_changed_once_more_since_it_was_shown_is_a_conflict_again(
    clinic: SmallClinic, database: Database, second_database: Database
) -> None:
    entry = booking.book(database, checkup(clinic))
    missed = booking.set_status(second_database, SetStatus(entry.id, 1, S.NOSHOW))
    booking.set_status(second_database, SetStatus(entry.id, missed.appointment.version, S.BOOKED))
    with pytest.raises(Conflict):
        set_again(database, SetStatus(entry.id, missed.appointment.version, S.CHECKED_IN))


def test_a_time_that_was_given_to_somebody_else_is_not_taken_from_them(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine
) -> None:
    entry = booking.book(database, checkup(clinic))
    gone = booking.cancel(second_database, Cancel(entry.id, 1, CancellationReason.PATIENT))
    other = booking.book(second_database, checkup(clinic, patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken) as refused:
        set_again(database, SetStatus(entry.id, gone.appointment.version, S.ARRIVED))
    assert refused.value.by == other
    assert overlaps(owner_engine) == 0


def test_a_cancellation_that_had_not_left_is_called_back_when_it_is_booked_again(
    clinic: SmallClinic, database: Database, second_database: Database, owner_engine: Engine
) -> None:
    entry = booking.book(database, checkup(clinic))
    leaves(owner_engine, "confirmation")
    gone = booking.cancel(second_database, Cancel(entry.id, 1, CancellationReason.PATIENT))
    set_again(database, SetStatus(entry.id, gone.appointment.version, S.BOOKED))
    waiting = "status = 'pending' AND kind <> 'reminder'"
    assert queue(owner_engine, "kind", waiting) == []
