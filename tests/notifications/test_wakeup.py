"""The queue is woken by the database's hint and after a sleep of the PC, survives a lost link, and ends at once."""

import threading
import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.notifications.wakeup import Clocks, WakeUps
from tests.support.proxy import FaultyProxy

PATIENCE = 10.0


class Bell:
    """Counts what it is told; waits on conditions."""

    def __init__(self) -> None:
        self.hints = 0
        self.returns = 0
        self._news = threading.Condition()

    def hint(self) -> None:
        with self._news:
            self.hints += 1
            self._news.notify_all()

    def back(self) -> None:
        with self._news:
            self.returns += 1
            self._news.notify_all()

    def wait_for(self, true: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(true, PATIENCE), (self.hints, self.returns)


class HandClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def listening(database: Database, bell: Bell) -> Iterator[WakeUps]:
    wake_ups = WakeUps(database, bell.hint, bell.back)
    wake_ups.start()
    bell.wait_for(lambda: bell.hints == 1)
    yield wake_ups
    assert wake_ups.stop()


def hint(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("SELECT pg_notify('clinic_desk_queue', '')")


@pytest.mark.usefixtures("listening")
def test_a_hint_of_the_database_is_passed_on(owner_engine: Engine, bell: Bell) -> None:
    hint(owner_engine)
    bell.wait_for(lambda: bell.hints == 2)
    assert bell.returns == 0


def test_after_a_cut_link_it_listens_again_and_everything_is_looked_at_anew(
    database: Database, owner_engine: Engine, bell: Bell
) -> None:
    with FaultyProxy.before(database.url) as proxy:
        far = Database(proxy.url(database.url), DeskIdentity(uuid4(), "far"))
        wake_ups = WakeUps(far, bell.hint, bell.back)
        wake_ups.start()
        bell.wait_for(lambda: bell.hints == 1)
        proxy.cut_all()
        bell.wait_for(lambda: bell.returns == 1)
        hint(owner_engine)
        bell.wait_for(lambda: bell.hints == 2)
        assert wake_ups.stop()
        far.dispose()


def test_it_ends_at_once_though_the_server_answers_nothing(database: Database, bell: Bell) -> None:
    with FaultyProxy.before(database.url) as proxy:
        far = Database(proxy.url(database.url), DeskIdentity(uuid4(), "far"))
        wake_ups = WakeUps(far, bell.hint, bell.back)
        wake_ups.start()
        bell.wait_for(lambda: bell.hints == 1)
        proxy.stall()
        began = time.monotonic()
        assert wake_ups.stop(2.0)
        assert time.monotonic() - began < 2.0
        proxy.resume()
        far.dispose()


def test_it_may_be_stopped_before_it_was_started(database: Database, bell: Bell) -> None:
    assert WakeUps(database, bell.hint, bell.back).stop()


@pytest.mark.parametrize("jump", [3600.0, -3600.0, 3.0], ids=["forward", "back", "a little"])
def test_a_clock_that_was_set_is_noticed_once(jump: float) -> None:
    wall, steady = HandClock(), HandClock()
    clocks = Clocks(wall, steady)
    wall.now += 5
    steady.now += 5
    assert not clocks.jumped()
    wall.now += 5 + jump
    steady.now += 5
    assert clocks.jumped()
    assert not clocks.jumped()


def test_a_sleep_is_noticed_where_the_steady_clock_goes_on_in_it() -> None:
    wall, steady = HandClock(), HandClock()
    clocks = Clocks(wall, steady)
    wall.now += 8 * 3600
    steady.now += 8 * 3600
    assert clocks.jumped()


def test_clocks_that_drift_a_little_are_no_jump() -> None:
    wall, steady = HandClock(), HandClock()
    clocks = Clocks(wall, steady)
    for _ in range(1000):
        wall.now += 5.01
        steady.now += 5
        assert not clocks.jumped()
