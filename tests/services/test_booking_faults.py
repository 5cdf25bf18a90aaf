"""Booking over a network that fails: once, never twice, and what is told is true (PROMISES.md F1-F9)."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.commands import Cancel, Update
from clinic_desk.domain.records import AppointmentStatus, CancellationReason
from clinic_desk.domain.refusals import SlotTaken
from clinic_desk.errors import Busy, DatabaseDown, OutcomeUnknown
from clinic_desk.services import calendar
from clinic_desk.services.booking import book, cancel, update
from tests.support.bookings import at, checkup, count, statements_of, stored
from tests.support.proxy import COMMIT, FaultyProxy
from tests.support.small_clinic import SmallClinic


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as made:
        yield made


@pytest.fixture
def far(proxy: FaultyProxy, database_url: URL, clinic: SmallClinic) -> Iterator[Database]:
    """A desk that reaches the database by way of the proxy."""
    desk = DeskIdentity(UUID(int=7), "Far desk")
    database = Database(proxy.url(database_url), desk, commit_patience_s=0.4, resolve_for_s=1.0)
    with database.reading():
        pass
    yield database
    database.dispose()


@pytest.mark.parametrize("before_forward", [True, False])
def test_a_booking_whose_commit_was_lost_stands_once_with_its_messages_once(
    clinic: SmallClinic, far: Database, proxy: FaultyProxy, owner_engine: Engine, before_forward: bool
) -> None:
    cut = proxy.cut_when(COMMIT, before_forward)
    booked = book(far, checkup(clinic))
    assert cut.is_set()
    assert calendar.load_entries(far, [booked.id]) == (booked,)
    assert count(owner_engine, "appointment") == 1
    assert count(owner_engine, "notification") == 2
    assert count(owner_engine, "history WHERE table_name = 'appointment'") == 1


@pytest.mark.parametrize("before_forward", [True, False])
def test_a_move_and_a_cancel_whose_commits_were_lost_are_done_once(
    clinic: SmallClinic, far: Database, proxy: FaultyProxy, owner_engine: Engine, before_forward: bool
) -> None:
    booked = book(far, checkup(clinic))
    proxy.cut_when(COMMIT, before_forward)
    moved = update(far, Update(booked.id, 1, starts_at=at(clinic.monday, 14)))
    assert moved.appointment.version == 2
    proxy.cut_when(COMMIT, before_forward)
    gone = cancel(far, Cancel(booked.id, 2, CancellationReason.PATIENT))
    assert (gone.appointment.version, gone.appointment.status) == (3, AppointmentStatus.CANCELLED)
    assert stored(owner_engine, booked.id)["version"] == 3


def test_a_time_that_was_taken_while_the_first_commit_was_lost_is_told_as_taken(
    clinic: SmallClinic, far: Database, proxy: FaultyProxy, database: Database, owner_engine: Engine
) -> None:
    """The desk finds out by the second transaction, and by then somebody else was quicker."""
    command = checkup(clinic)
    proxy.cut_when(COMMIT, before_forward=True, stall=True)
    with pytest.raises(OutcomeUnknown):
        book(far, command)
    proxy.cut_all()  # the COMMIT that was held back is thrown away
    proxy.resume()
    other = book(database, checkup(clinic, patient_id=clinic.patients[1]))
    with pytest.raises(SlotTaken) as refused:
        book(far, command)
    assert refused.value.by == other
    assert count(owner_engine, "appointment") == 1


def test_a_link_lost_before_commit_leaves_nothing_and_the_same_command_may_be_sent_again(
    clinic: SmallClinic, far: Database, proxy: FaultyProxy, owner_engine: Engine
) -> None:
    command = checkup(clinic)
    proxy.cut_when(b"INSERT INTO appointment", before_forward=False)
    with pytest.raises(DatabaseDown):
        book(far, command)
    assert count(owner_engine, "appointment") == 0
    assert book(far, command).id == command.appointment_id


def test_over_a_slow_line_one_booking_is_one_booking(
    clinic: SmallClinic, far: Database, proxy: FaultyProxy, owner_engine: Engine
) -> None:
    command = checkup(clinic)
    proxy.delay(60)
    with statements_of(far) as sent:
        book(far, command)
    book(far, command)
    assert len(sent) == 3
    assert count(owner_engine, "appointment") == 1


def test_a_place_that_is_locked_too_long_is_busy_and_not_booked(
    clinic: SmallClinic, database_url: URL, owner_engine: Engine
) -> None:
    impatient = Database(
        database_url.update_query_dict({"options": "-c lock_timeout=150"}), DeskIdentity(UUID(int=8), "Desk 8")
    )
    start = at(clinic.monday, 9)
    with owner_engine.begin() as stuck:
        stuck.exec_driver_sql(
            "SELECT lock_days(1, no, tstzrange(%s, %s + interval '15 min')) FROM practitioner WHERE id = %s",
            (start, start, clinic.weber),
        )
        with pytest.raises(Busy):
            book(impatient, checkup(clinic))
        other_doctor = checkup(clinic, practitioner_id=clinic.okafor, patient_id=clinic.patients[1])
        assert book(impatient, other_doctor).appointment.version == 1
    assert book(impatient, checkup(clinic)).appointment.version == 1
    impatient.dispose()
