"""The store on real PostgreSQL: other desks' changes appear; what this desk committed is never undone by old rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book, Cancel, PlaceHold, SetStatus, Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import AppointmentStatus, CancellationReason, DayBoard, Entry
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking, calendar, desks, holds
from clinic_desk.ui.freshness import Connection
from clinic_desk.ui.live import Live
from clinic_desk.ui.store import DayStore
from clinic_desk.ui.tasks import Tasks
from tests.support.lateness import Tick
from tests.support.proxy import FaultyProxy
from tests.support.small_clinic import SmallClinic

ZONE = "Europe/Berlin"


@dataclass
class Desk:
    """One desk without a window: its store, fed by its own listener."""

    database: Database
    tasks: Tasks
    store: DayStore
    live: Live


MakeDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(qapp: object, clinic: SmallClinic) -> Iterator[MakeDesk]:
    """Open a desk's store on a database; ended at the test's end."""
    opened: list[Desk] = []

    def open_it(database: Database) -> Desk:
        desk_no = desks.register_desk(database)
        tasks = Tasks()
        store = DayStore(database, tasks, calendar.load_clinic(database))
        live = Live(database.url, desk_no)
        live.changes_heard.connect(store.announce)
        live.connected.connect(store.set_connected)
        live.lost.connect(store.set_lost)
        opened.append(Desk(database, tasks, store, live))
        return opened[-1]

    yield open_it
    for desk in opened:
        assert desk.live.stop()
        assert desk.tasks.close()
        desk.store.deleteLater()
        desk.live.deleteLater()


@pytest.fixture
def desk(open_desk: MakeDesk, database: Database, clinic: SmallClinic, qtbot: QtBot) -> Desk:
    """The first desk, live, with the small clinic's Monday on screen."""
    desk = open_desk(database)
    with qtbot.waitSignal(desk.live.connected):
        desk.live.start()
    desk.store.show([clinic.monday])
    qtbot.waitUntil(lambda: clinic.monday in desk.store.boards)
    return desk


def booking_at(clinic: SmallClinic, minute: int, *, day: date | None = None, patient: int = 0) -> Book:
    return Book(
        clinic.patients[patient],
        clinic.checkup,
        clinic.weber,
        clinic.berlin,
        minute_to_instant(day or clinic.monday, minute, ZONE),
        15,
    )


def entries_of(desk: Desk, day: date) -> list[Entry]:
    return list(desk.store.boards[day].entries)


def test_a_booking_of_another_desk_appears_on_the_board(
    desk: Desk, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(desk.store.board_changed) as changed:
        booked = booking.book(second_database, booking_at(clinic, 540))
    assert changed.args == [clinic.monday, frozenset({booked.id})]
    assert [entry.id for entry in entries_of(desk, clinic.monday)] == [booked.id]
    assert entries_of(desk, clinic.monday)[0].changed is not None


def test_a_move_to_another_kept_day_leaves_the_one_and_enters_the_other(
    desk: Desk, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    tuesday = clinic.monday + timedelta(days=1)
    qtbot.waitUntil(lambda: tuesday in desk.store.boards)  # read ahead
    booked = booking.book(second_database, booking_at(clinic, 540))
    qtbot.waitUntil(lambda: bool(entries_of(desk, clinic.monday)))
    later = minute_to_instant(tuesday, 600, ZONE)
    booking.update(second_database, Update(booked.id, booked.appointment.version, starts_at=later))
    qtbot.waitUntil(lambda: bool(entries_of(desk, tuesday)))
    assert entries_of(desk, clinic.monday) == []


def test_an_appointment_entered_in_error_leaves_the_board_and_a_cancelled_one_stays(
    desk: Desk, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    one = booking.book(second_database, booking_at(clinic, 540))
    two = booking.book(second_database, booking_at(clinic, 600, patient=1))
    booking.cancel(second_database, Cancel(one.id, one.appointment.version, CancellationReason.PATIENT))
    booking.set_status(second_database, SetStatus(two.id, two.appointment.version, AppointmentStatus.ENTERED_IN_ERROR))
    qtbot.waitUntil(
        lambda: (
            [(entry.id, entry.appointment.status) for entry in entries_of(desk, clinic.monday)]
            == [(one.id, AppointmentStatus.CANCELLED)]
        )
    )


def test_an_own_committed_booking_is_there_before_its_echo(
    desk: Desk, clinic: SmallClinic, qtbot: QtBot, database: Database
) -> None:
    booked = booking.book(database, booking_at(clinic, 540))
    desk.store.apply_entry(booked)
    assert [entry.id for entry in entries_of(desk, clinic.monday)] == [booked.id]
    with qtbot.waitSignal(desk.store.tables_changed):
        pass
    assert [entry.id for entry in entries_of(desk, clinic.monday)] == [booked.id]


def test_a_day_that_was_read_before_an_own_booking_does_not_take_it_off_again(
    open_desk: MakeDesk, database: Database, clinic: SmallClinic, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The board is read, then this desk books, then the answer of the reading arrives."""
    desk = open_desk(database)
    booked: list[Entry] = []
    read_day = calendar.load_day

    def read_then_book(*args: object) -> DayBoard:
        board = read_day(*args)  # type: ignore[arg-type]
        booked.append(booking.book(database, booking_at(clinic, 540)))
        desk.tasks.command(desk.store, lambda: booked[0], desk.store.apply_entry, lambda error: None)
        return board

    monkeypatch.setattr(calendar, "load_day", read_then_book)
    desk.store.show([clinic.monday])
    qtbot.waitUntil(lambda: clinic.monday in desk.store.boards and bool(desk.store.boards[clinic.monday].entries))
    assert entries_of(desk, clinic.monday) == booked


def test_a_burst_of_changes_becomes_few_readings(
    desk: Desk, second_database: Database, clinic: SmallClinic, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings: list[int] = []
    read = calendar.load_entries

    def counted(database: Database, ids: tuple[object, ...]) -> tuple[Entry, ...]:
        readings.append(len(ids))
        return read(database, ids)  # type: ignore[arg-type]

    monkeypatch.setattr(calendar, "load_entries", counted)
    for number in range(10):
        booking.book(second_database, booking_at(clinic, 480 + 15 * number, patient=number))
    qtbot.waitUntil(lambda: len(entries_of(desk, clinic.monday)) == 10)
    assert len(readings) <= 10


def test_a_change_of_the_clinic_is_read_anew(
    desk: Desk, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(desk.store.clinic_changed), owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE practitioner SET name = 'Dr. Newname' WHERE id = %s", (clinic.weber,))
    assert desk.store.clinic.practitioner(clinic.weber).name == "Dr. Newname"


def test_a_patient_who_was_renamed_is_renamed_on_the_board(
    desk: Desk, second_database: Database, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot
) -> None:
    booking.book(second_database, booking_at(clinic, 540))
    qtbot.waitUntil(lambda: bool(entries_of(desk, clinic.monday)))
    with owner_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE patient SET family_name = 'Newname' WHERE id = %s", (clinic.patients[0],))
    qtbot.waitUntil(lambda: entries_of(desk, clinic.monday)[0].patient.family_name == "Newname")


def test_time_off_that_was_entered_appears_on_the_board(
    desk: Desk, clinic: SmallClinic, owner_engine: Engine, qtbot: QtBot
) -> None:
    from_, to = (minute_to_instant(clinic.monday, minute, ZONE) for minute in (600, 660))
    with qtbot.waitSignal(desk.store.board_changed), owner_engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO time_off (id, practitioner_id, starts_at, ends_at, name) VALUES (%s, %s, %s, %s, 'Course')",
            (new_id(), clinic.weber, from_, to),
        )
    assert [row.name for row in desk.store.boards[clinic.monday].time_off] == ["Course"]


def test_a_hold_of_another_desk_is_seen_and_goes_when_that_desk_dies(
    desk: Desk, open_desk: MakeDesk, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    other = open_desk(second_database)
    with qtbot.waitSignal(other.live.connected):
        other.live.start()
    start = minute_to_instant(clinic.monday, 540, ZONE)
    holds.place_hold(second_database, PlaceHold(new_id(), clinic.weber, start, start + timedelta(minutes=15)))
    qtbot.waitUntil(lambda: bool(desk.store.boards[clinic.monday].holds))
    assert desk.store.boards[clinic.monday].holds[0].desk_name == "Desk 2"
    other.live.stop()  # nothing is announced by a desk that is gone
    qtbot.waitUntil(lambda: not desk.store.boards[clinic.monday].holds, timeout=20_000)


def test_days_that_are_not_shown_any_more_are_forgotten_in_time_and_shown_or_followed_ones_never(
    desk: Desk, clinic: SmallClinic, qtbot: QtBot
) -> None:
    desk.store.follow([clinic.monday])
    for count in range(40):
        day = clinic.monday + timedelta(days=count)
        desk.store.show([day])
        qtbot.waitUntil(lambda day=day: day in desk.store.boards)  # type: ignore[misc]
    assert len(desk.store.boards) <= 24
    assert {clinic.monday, clinic.monday + timedelta(days=39)} <= desk.store.boards.keys()


def test_a_week_is_read_in_one_go_and_kept_live(
    desk: Desk, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    week = [clinic.monday + timedelta(days=count) for count in range(7)]
    desk.store.show(week)
    qtbot.waitUntil(lambda: all(day in desk.store.boards for day in week))
    booking.book(second_database, booking_at(clinic, 540, day=week[3]))
    qtbot.waitUntil(lambda: len(entries_of(desk, week[3])) == 1)


# --- the connection cut and back --------------------------------------------------------------------------------------


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as proxy:
        yield proxy


@pytest.fixture
def far_desk(
    proxy: FaultyProxy, database: Database, open_desk: MakeDesk, clinic: SmallClinic, qtbot: QtBot
) -> Iterator[Desk]:
    """A live desk whose queries and listener go by way of the proxy."""
    far = Database(proxy.url(database.url), database.desk)
    desk = open_desk(far)
    with qtbot.waitSignal(desk.live.connected):
        desk.live.start()
    desk.store.show([clinic.monday])
    qtbot.waitUntil(lambda: clinic.monday in desk.store.boards)
    yield desk
    far.dispose()


def test_a_cut_is_told_and_what_was_missed_is_there_when_it_is_back(
    far_desk: Desk, proxy: FaultyProxy, second_database: Database, clinic: SmallClinic, qtbot: QtBot
) -> None:
    followed = clinic.monday + timedelta(days=9)
    far_desk.store.follow([followed])
    qtbot.waitUntil(lambda: followed in far_desk.store.boards)
    with qtbot.waitSignal(far_desk.store.connection_changed) as told:
        proxy.refuse()
        proxy.cut_all()
    assert told.args == [Connection.LOST]
    booking.book(second_database, booking_at(clinic, 540))
    booking.book(second_database, booking_at(clinic, 600, day=followed, patient=1))
    assert entries_of(far_desk, clinic.monday) == entries_of(far_desk, followed) == []
    assert far_desk.store.freshness.age() > 0
    with qtbot.waitSignal(far_desk.store.connection_changed, timeout=10_000) as told:
        proxy.resume()
    assert told.args == [Connection.LIVE]
    qtbot.waitUntil(lambda: len(entries_of(far_desk, clinic.monday)) == 1)
    qtbot.waitUntil(lambda: len(entries_of(far_desk, followed)) == 1)
    assert far_desk.store.freshness.age() == 0


def test_days_shown_while_the_connection_is_lost_are_read_when_it_is_back(
    far_desk: Desk, proxy: FaultyProxy, clinic: SmallClinic, qtbot: QtBot
) -> None:
    far = clinic.monday + timedelta(days=50)
    with qtbot.waitSignal(far_desk.store.connection_changed):
        proxy.refuse()
        proxy.cut_all()
    with qtbot.waitSignal(far_desk.store.load_failed, timeout=10_000):
        far_desk.store.show([far])
    proxy.resume()
    qtbot.waitUntil(lambda: far in far_desk.store.boards, timeout=10_000)


def test_the_gui_thread_goes_on_while_the_database_does_not_answer(
    far_desk: Desk, proxy: FaultyProxy, clinic: SmallClinic, qtbot: QtBot
) -> None:
    """F8: packets vanish. A tick every 5 ms is never kept waiting by 100 ms, and the loss is told within seconds."""
    tick = Tick(far_desk.store)
    tick.start()
    with qtbot.waitSignal(far_desk.store.connection_changed, timeout=15_000):
        proxy.stall()
        far_desk.store.show([clinic.monday + timedelta(days=60)])
        far_desk.store.reload()
    tick.stop()
    assert tick.count > 20
    assert tick.blocked < 0.1
    proxy.resume()
