"""Who never arrived is found by the database's clock, marked as one change, and taken back as one."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import SetStatus, Update
from clinic_desk.domain.flow import MarkNoShows
from clinic_desk.domain.records import AppointmentStatus as S
from clinic_desk.domain.records import Entry
from clinic_desk.domain.undoing import NotTakenBack, TakeBack
from clinic_desk.errors import InvalidInput
from clinic_desk.services import calendar, flow, undoing
from clinic_desk.services.booking import set_status, update
from tests.support.bookings import count
from tests.support.small_clinic import SmallClinic

Past = Callable[..., Entry]


@pytest.fixture
def past(clinic: SmallClinic, database: Database, owner_engine: Engine) -> Past:
    """A visit that began so long ago, as if it had been booked in time."""

    def add(ago: timedelta, patient: int = 0, site: UUID | None = None) -> Entry:
        with owner_engine.begin() as connection:
            row_id = connection.exec_driver_sql(
                "INSERT INTO appointment (id, patient_id, practitioner_id, site_id, type_id, starts_at, ends_at,"
                " squeezed_in) SELECT gen_random_uuid(), %s, %s, %s, %s, t, t + '15 minutes', true"
                " FROM (SELECT date_trunc('minute', now()) - %s AS t) AS began RETURNING id",
                (clinic.patients[patient], clinic.weber, site or clinic.berlin, clinic.checkup, ago),
            ).scalar_one()
        return calendar.load_entries(database, [row_id])[0]

    return add


def marks(*entries: Entry) -> tuple[tuple[UUID, int], ...]:
    return tuple((entry.id, entry.appointment.version) for entry in entries)


def test_only_those_whose_time_is_over_and_who_are_still_booked_never_arrived(
    clinic: SmallClinic, database: Database, past: Past
) -> None:
    long_ago, forgotten, arrived = past(timedelta(days=9)), past(timedelta(days=3)), past(timedelta(hours=2))
    running, elsewhere = past(timedelta(minutes=5), 1), past(timedelta(hours=1), 2, clinic.new_york)
    set_status(database, SetStatus(arrived.id, 1, S.ARRIVED))
    assert [entry.id for entry in flow.never_arrived(database)] == [forgotten.id, elsewhere.id]
    assert [entry.id for entry in flow.never_arrived(database, clinic.new_york)] == [elsewhere.id]
    assert long_ago.id != running.id


def test_all_are_marked_as_one_change_that_tells_nobody_and_is_taken_back_as_one(
    database: Database, past: Past, owner_engine: Engine
) -> None:
    first, second = past(timedelta(hours=3)), past(timedelta(hours=2), 1)
    command = MarkNoShows(marks(first, second))
    marked = flow.mark_noshows(database, command)
    assert [entry.appointment.status for entry in marked.entries] == [S.NOSHOW, S.NOSHOW]
    assert flow.mark_noshows(database, command) == marked  # sent again after a lost answer
    assert count(owner_engine, f"history WHERE operation_id = '{command.operation_id}'") == 2
    assert count(owner_engine, "notification WHERE status <> 'cancelled'") == 0
    assert flow.never_arrived(database) == ()
    back = undoing.take_back(database, TakeBack(command.operation_id))
    assert [entry.appointment.status for entry in back.entries] == [S.BOOKED, S.BOOKED]
    assert count(owner_engine, "notification WHERE status <> 'cancelled'") == 0


def test_whom_another_desk_changed_meanwhile_is_left_and_named(
    database: Database, second_database: Database, past: Past
) -> None:
    first, second = past(timedelta(hours=3)), past(timedelta(hours=2), 1)
    came = set_status(second_database, SetStatus(first.id, 1, S.ARRIVED))
    marked = flow.mark_noshows(database, MarkNoShows(marks(first, second)))
    assert [entry.id for entry in marked.entries] == [second.id]
    assert marked.left == (came,)
    update(second_database, Update(second.id, 2, note="called: was ill"))
    with pytest.raises(NotTakenBack):
        undoing.take_back(database, TakeBack((second.id, 2)))
    with pytest.raises(InvalidInput):
        flow.mark_noshows(database, MarkNoShows(()))
