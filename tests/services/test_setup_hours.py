"""Hours, single dates, time off, closures and blocks are saved as one change each, and refused by their field."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Block, Closure, DateOverride, TimeOff, WorkingHours
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.setup import (
    Remove,
    SaveBlock,
    SaveClosure,
    SaveClosures,
    SaveDateOverrides,
    SaveTimeOff,
    SaveWorkingHours,
    SetupConflict,
)
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.services import calendar
from clinic_desk.services.setup.absences import (
    remove_block,
    remove_closure,
    remove_time_off,
    save_block,
    save_closure,
    save_closures,
    save_time_off,
)
from clinic_desk.services.setup.hours import save_working_hours
from clinic_desk.services.setup.overrides import save_date_overrides
from tests.support.bookings import at, count
from tests.support.small_clinic import SMALL_CLINIC, SmallClinic

FROM = date(2031, 1, 1)
SATURDAY = date(2031, 3, 8)


@pytest.fixture
def manager(url_as: Callable[[Any], URL], clinic: SmallClinic) -> Iterator[Database]:
    """The desk of whoever may set things."""
    assert clinic is SMALL_CLINIC
    database = Database(url_as("clinic_manager"), DeskIdentity(uuid4(), "Office"))
    yield database
    database.dispose()


def weekly(start: int = 480, end: int = 720, **other: Any) -> WorkingHours:
    """A row of Dr. Weber's Saturdays that is not stored yet."""
    given: dict[str, Any] = {"practitioner_id": SMALL_CLINIC.weber, "site_id": SMALL_CLINIC.berlin, "weekday": 6}
    row = {"id": new_id(), "start_minute": start, "end_minute": end, "valid_from": FROM, "version": 0}
    return WorkingHours(**(given | row | other))


def dated(start: int | None = None, end: int | None = None, **other: Any) -> DateOverride:
    """Other hours of Dr. Weber on the Saturday that are not stored yet."""
    given: dict[str, Any] = {"practitioner_id": SMALL_CLINIC.weber, "site_id": SMALL_CLINIC.berlin, "day": SATURDAY}
    row = {"id": new_id(), "start_minute": start, "end_minute": end, "version": 0}
    return DateOverride(**(given | row | other))


def saved(database: Database, *rows: WorkingHours, removed: tuple[WorkingHours, ...] = ()) -> dict[UUID, WorkingHours]:
    command = SaveWorkingHours(SMALL_CLINIC.weber, rows, removed)
    return {row.id: row for row in save_working_hours(database, command)}


def test_a_week_is_saved_as_one_change(manager: Database, clinic: SmallClinic, owner_engine: Engine) -> None:
    first, second = weekly(), weekly(780, 1440, every_weeks=2)
    now = saved(manager, first, second)
    assert (now[first.id], now[second.id]) == (replace(first, version=1), replace(second, version=1))
    later = replace(now[first.id], end_minute=700, valid_to=date(2031, 12, 31))
    third = weekly(1200, 1260)
    again = saved(manager, later, third, removed=(now[second.id],))
    assert again[first.id] == replace(later, version=2)
    assert second.id not in again
    loaded = calendar.load_clinic(manager)
    assert {row.id for row in loaded.working_hours if row.weekday == 6} == {first.id, third.id}
    operations = (
        "(SELECT DISTINCT operation_id FROM history WHERE table_name = 'working_hours' AND db_user = 'test_manager')"
    )
    assert count(owner_engine, f"{operations} AS o") == 2
    assert len(loaded.working_hours) == 32
    assert clinic.weber in {row.practitioner_id for row in loaded.working_hours}


def test_a_week_with_one_stale_row_is_not_saved_at_all(manager: Database) -> None:
    first, second = weekly(), weekly(780, 900)
    now = saved(manager, first, second)
    saved(manager, replace(now[first.id], end_minute=700))
    with pytest.raises(SetupConflict) as conflict:
        saved(manager, replace(now[second.id], end_minute=960), replace(now[first.id], end_minute=660))
    assert conflict.value.now == replace(first, end_minute=700, version=2)
    with pytest.raises(SetupConflict):
        saved(manager, replace(now[second.id], end_minute=960), removed=(now[first.id],))
    stands = {row.id: row for row in calendar.load_clinic(manager).working_hours}
    assert stands[second.id] == now[second.id]
    assert stands[first.id].end_minute == 700


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (weekly(720, 480), "end_minute"),
        (weekly(480, 480), "end_minute"),
        (weekly(-1, 480), "start_minute"),
        (weekly(480, 1441), "end_minute"),
        (weekly(weekday=0), "weekday"),
        (weekly(weekday=8), "weekday"),
        (weekly(every_weeks=0), "every_weeks"),
        (weekly(every_weeks=9), "every_weeks"),
        (weekly(valid_to=FROM - timedelta(days=1)), "valid_to"),
        (weekly(valid_from=date(1900, 1, 1)), "valid_from"),
        # elsewhere at the same time, on some Monday at least
        (weekly(600, 660, weekday=1, site_id=SMALL_CLINIC.new_york), "start_minute"),
        (weekly(600, 660, weekday=1, site_id=SMALL_CLINIC.new_york, every_weeks=3), "start_minute"),
    ],
)
def test_hours_that_cannot_be_are_refused_by_their_field(manager: Database, row: WorkingHours, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        saved(manager, row)
    assert refusal.value.field == field


def test_two_sites_in_a_day_and_in_alternate_weeks_are_no_contradiction(manager: Database) -> None:
    new_york = SMALL_CLINIC.new_york
    here = weekly(every_weeks=2, valid_from=date(2031, 3, 3))
    there = weekly(every_weeks=2, valid_from=date(2031, 3, 10), site_id=new_york)
    afternoon = weekly(720, 900, site_id=new_york)
    assert {here.id, there.id, afternoon.id} <= set(saved(manager, here, there, afternoon))
    both = weekly(500, 600, every_weeks=4, valid_from=date(2031, 3, 10))
    with pytest.raises(InvalidInput, match="another site"):
        saved(manager, both)
    ended = weekly(500, 600, every_weeks=4, valid_from=date(2031, 3, 10), valid_to=date(2031, 3, 9) + timedelta(7))
    with pytest.raises(InvalidInput, match="another site"):
        saved(manager, ended)


def test_hours_of_nobody_are_not_found(manager: Database) -> None:
    with pytest.raises(NotFound) as absent:
        save_working_hours(manager, SaveWorkingHours(new_id(), (weekly(),)))
    assert absent.value.what == "practitioner"
    with pytest.raises(NotFound) as absent:
        saved(manager, weekly(site_id=new_id()))
    assert absent.value.what == "site"


def test_a_date_has_other_hours_or_none(manager: Database) -> None:
    morning, evening = dated(540, 600), dated(1080, 1440, name="Night")
    command = SaveDateOverrides(SMALL_CLINIC.weber, (morning, evening))
    now = save_date_overrides(manager, command)
    assert now == (replace(morning, version=1), replace(evening, version=1))
    assert calendar.load_clinic(manager).date_overrides == now
    with pytest.raises(InvalidInput, match="none at all"):
        save_date_overrides(manager, SaveDateOverrides(SMALL_CLINIC.weber, (dated(),)))
    away = dated()
    free = save_date_overrides(manager, SaveDateOverrides(SMALL_CLINIC.weber, (away,), removed=now))
    assert free == (replace(away, version=1),)
    with pytest.raises(SetupConflict):
        save_date_overrides(manager, SaveDateOverrides(SMALL_CLINIC.weber, removed=now[:1]))


@pytest.mark.parametrize(
    ("rows", "field"),
    [
        ((dated(540),), "end_minute"),
        ((dated(None, 540),), "start_minute"),
        ((dated(600, 540),), "end_minute"),
        ((dated(day=date(2500, 1, 1)),), "day"),
        ((dated(name="x" * 101),), "name"),
        ((dated(540, 600), dated(570, 660, site_id=SMALL_CLINIC.new_york)), "start_minute"),
    ],
)
def test_hours_of_a_date_that_cannot_be_are_refused_by_their_field(
    manager: Database, rows: tuple[DateOverride, ...], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        save_date_overrides(manager, SaveDateOverrides(SMALL_CLINIC.weber, rows))
    assert refusal.value.field == field


def test_time_off_closures_and_blocks_are_saved_changed_and_removed(manager: Database) -> None:
    clinic = SMALL_CLINIC
    nine, ten = at(clinic.monday, 9), at(clinic.monday, 10)
    off = save_time_off(manager, SaveTimeOff(clinic.weber, nine, ten, "Dentist"))
    assert off == TimeOff(off.id, clinic.weber, nine, ten, "Dentist")
    moved = save_time_off(manager, SaveTimeOff(clinic.okafor, nine, ten, "", off.id, off.version))
    assert (moved.practitioner_id, moved.version) == (clinic.okafor, 2)
    with pytest.raises(SetupConflict) as conflict:
        save_time_off(manager, SaveTimeOff(clinic.weber, nine, ten, "", off.id, off.version))
    assert conflict.value.now == moved

    shut = save_closure(manager, SaveClosure(clinic.berlin, clinic.monday, clinic.monday, "Works"))
    assert calendar.load_clinic(manager).closures == (shut,)

    reserved = SaveBlock(nine, ten, "Emergencies", clinic.weber, type_ids=frozenset({clinic.checkup, clinic.procedure}))
    block = save_block(manager, reserved)
    assert block == Block(
        block.id, nine, ten, "Emergencies", clinic.weber, type_ids=frozenset({clinic.checkup, clinic.procedure})
    )
    board = calendar.load_day(manager, clinic.monday, calendar.load_clinic(manager))
    assert (board.time_off, board.blocks) == ((moved,), (block,))
    room = save_block(manager, SaveBlock(nine, ten, "Paint", None, clinic.room_1, frozenset(), block.id, block.version))
    assert (room.practitioner_id, room.room_id, room.type_ids) == (None, clinic.room_1, frozenset())
    for remove, record in ((remove_time_off, moved), (remove_closure, shut), (remove_block, room)):
        remove(manager, Remove(record.id, record.version))
    board = calendar.load_day(manager, clinic.monday, calendar.load_clinic(manager))
    assert (board.time_off, board.blocks, calendar.load_clinic(manager).closures) == ((), (), ())


def test_a_years_holidays_are_saved_all_or_none(manager: Database) -> None:
    days = [date(2031, 1, 1), date(2031, 5, 1), date(2031, 10, 3)]
    rows = tuple(Closure(new_id(), SMALL_CLINIC.berlin, day, day, "Holiday", 0) for day in days)
    assert [row.first_day for row in save_closures(manager, SaveClosures(rows))] == days
    more = Closure(new_id(), SMALL_CLINIC.berlin, days[0], days[0], "Again", 0)
    with pytest.raises(SetupConflict):
        save_closures(manager, SaveClosures((more, replace(rows[0], version=7))))
    assert len(calendar.load_clinic(manager).closures) == 3


_NOW = datetime(2031, 3, 3, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("save", "command", "field"),
    [
        (save_time_off, SaveTimeOff(SMALL_CLINIC.weber, _NOW, _NOW), "ends_at"),
        (save_time_off, SaveTimeOff(SMALL_CLINIC.weber, _NOW.replace(tzinfo=None), _NOW), "starts_at"),
        (save_time_off, SaveTimeOff(SMALL_CLINIC.weber, _NOW, _NOW + timedelta(hours=1), "\0"), "name"),
        (save_closure, SaveClosure(SMALL_CLINIC.berlin, SATURDAY, FROM), "last_day"),
        (save_closures, SaveClosures((Closure(new_id(), SMALL_CLINIC.berlin, SATURDAY, FROM, "", 0),)), "last_day"),
        (save_block, SaveBlock(_NOW, _NOW + timedelta(hours=1), "x"), "practitioner_id"),
        (
            save_block,
            SaveBlock(_NOW, _NOW + timedelta(hours=1), "x", SMALL_CLINIC.weber, SMALL_CLINIC.room_1),
            "practitioner_id",
        ),
        (save_block, SaveBlock(_NOW, _NOW + timedelta(hours=1), "", SMALL_CLINIC.weber), "name"),
        (save_block, SaveBlock(_NOW, _NOW - timedelta(hours=1), "x", SMALL_CLINIC.weber), "ends_at"),
    ],
)
def test_an_absence_that_cannot_be_is_refused_by_its_field(
    manager: Database, save: Callable[[Database, Any], object], command: Any, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        save(manager, command)
    assert refusal.value.field == field


def test_a_reception_sets_up_no_hours_and_no_absences(database: Database, clinic: SmallClinic) -> None:
    attempts: tuple[tuple[Callable[[Database, Any], object], Any], ...] = (
        (save_working_hours, SaveWorkingHours(clinic.weber, (weekly(),))),
        (save_date_overrides, SaveDateOverrides(clinic.weber, (dated(),))),
        (save_time_off, SaveTimeOff(clinic.weber, _NOW, _NOW + timedelta(hours=1))),
        (save_closure, SaveClosure(clinic.berlin, FROM, FROM)),
        (save_block, SaveBlock(_NOW, _NOW + timedelta(hours=1), "x", clinic.weber)),
    )
    for attempt, command in attempts:
        with pytest.raises(NotAllowed):
            attempt(database, command)
