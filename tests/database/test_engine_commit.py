"""The answer to COMMIT gets lost: a change is made once, and what is told about it is true (PROMISES.md F1-F4)."""

import threading
from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from sqlalchemy import URL, Connection, Engine

from clinic_desk.database.engine import Database, DeskIdentity
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.refusals import NotFound
from clinic_desk.errors import DatabaseDown, OutcomeUnknown
from tests.plugins.postgres import PostgresServer
from tests.support.proxy import COMMIT, FaultyProxy
from tests.support.waiting import until

DESK = DeskIdentity(UUID(int=7), "Desk 7")


class Change:
    """A change that counts how often it was done and replayed; what stands is in the table."""

    def __init__(self) -> None:
        self.operation = new_id()
        self.done = 0
        self.replayed = 0

    def work(self, connection: Connection) -> str:
        self.done += 1
        connection.exec_driver_sql("INSERT INTO desk (id, name) VALUES (gen_random_uuid(), 'noted')")
        return "done"

    def replay(self, connection: Connection) -> str:
        self.replayed += 1
        assert connection.exec_driver_sql("SELECT count(*) FROM desk WHERE name = 'noted'").scalar_one() == 1
        return "replayed"

    def by(self, database: Database) -> str:
        return database.changing(self.operation, "Note", self.work, self.replay)


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as made:
        yield made


@pytest.fixture
def far(proxy: FaultyProxy, database_url: URL) -> Iterator[Database]:
    """A desk that reaches the database by way of the proxy, and is quick to lose patience."""
    database = Database(proxy.url(database_url), DESK, commit_patience_s=0.4, resolve_for_s=1.0)
    with database.reading():
        pass
    yield database
    database.dispose()


def stored(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        notes = connection.exec_driver_sql("SELECT count(*) FROM desk WHERE name = 'noted'").scalar_one()
        return notes, connection.exec_driver_sql("SELECT count(*) FROM operation WHERE command = 'Note'").scalar_one()


def test_a_commit_that_was_done_and_whose_answer_was_lost_is_found_and_told_as_done(
    far: Database, proxy: FaultyProxy, owner_engine: Engine
) -> None:
    change = Change()
    cut = proxy.cut_when(COMMIT, before_forward=False)
    assert change.by(far) == "replayed"
    assert cut.is_set()
    assert (change.done, change.replayed) == (1, 1)
    assert stored(owner_engine) == (1, 1)


def test_a_commit_that_was_lost_on_its_way_is_done_again_once(
    far: Database, proxy: FaultyProxy, owner_engine: Engine
) -> None:
    change = Change()
    cut = proxy.cut_when(COMMIT, before_forward=True)
    assert change.by(far) == "done"
    assert cut.is_set()
    assert (change.done, change.replayed) == (2, 0)
    assert stored(owner_engine) == (1, 1)


def test_a_refusal_found_in_the_repetition_is_certain_and_told(
    far: Database, proxy: FaultyProxy, owner_engine: Engine
) -> None:
    """The COMMIT was lost on its way, and meanwhile somebody else took what was wanted."""
    change = Change()

    def work(connection: Connection) -> str:
        if change.done:
            raise NotFound(what="slot")
        return change.work(connection)

    proxy.cut_when(COMMIT, before_forward=True)
    with pytest.raises(NotFound):
        far.changing(change.operation, "Note", work, change.replay)
    assert stored(owner_engine) == (0, 0)


@pytest.mark.parametrize("before_forward", [True, False])
def test_a_commit_that_is_never_answered_is_unknown_until_the_same_change_asks_again(
    far: Database, proxy: FaultyProxy, owner_engine: Engine, before_forward: bool
) -> None:
    change = Change()
    stalled = proxy.cut_when(COMMIT, before_forward=before_forward, stall=True)
    with pytest.raises(OutcomeUnknown):
        change.by(far)
    assert stalled.is_set()
    assert far.in_doubt == frozenset()
    proxy.resume()  # what was held back goes on its way now: a late COMMIT may still arrive
    assert change.by(far) in {"done", "replayed"}
    assert stored(owner_engine) == (1, 1)


def test_what_the_replay_itself_refuses_is_told_at_once(
    far: Database, proxy: FaultyProxy, owner_engine: Engine
) -> None:
    change = Change()

    def replay(_connection: Connection) -> str:
        change.replayed += 1
        raise NotFound(what="row that somebody deleted meanwhile")

    proxy.cut_when(COMMIT, before_forward=False)
    with pytest.raises(NotFound):
        far.changing(change.operation, "Note", change.work, replay)
    assert change.replayed == 1


def test_while_it_is_being_found_out_the_operation_is_said_to_be_in_doubt(
    far: Database, proxy: FaultyProxy, owner_engine: Engine
) -> None:
    change = Change()
    seen: list[frozenset[UUID]] = []

    def replay(connection: Connection) -> str:
        seen.append(far.in_doubt)
        return change.replay(connection)

    proxy.cut_when(COMMIT, before_forward=False)
    far.changing(change.operation, "Note", change.work, replay)
    assert seen == [frozenset({change.operation})]
    assert far.in_doubt == frozenset()


def test_the_repetition_waits_for_a_first_commit_that_is_still_under_way(
    far: Database, database_url: URL, owner_engine: Engine, postgres_server: PostgresServer
) -> None:
    """Another connection plays the first transaction, whose COMMIT the server has not finished."""
    change = Change()
    first = Database(database_url, DESK)
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> str:
        result = change.work(connection)
        begun.set()
        assert go_on.wait(10)
        return result

    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(first.changing(change.operation, "Note", slow, change.replay))),
        threading.Thread(target=lambda: answers.append(change.by(far))),
    ]
    threads[0].start()
    assert begun.wait(10)
    threads[1].start()
    wait_for_a_blocked_insert(postgres_server, database_url)
    go_on.set()
    for thread in threads:
        thread.join(10)
    first.dispose()
    assert sorted(answers) == ["done", "replayed"]
    assert stored(owner_engine) == (1, 1)


def wait_for_a_blocked_insert(server: PostgresServer, url: URL) -> None:
    """Until some connection waits for another's transaction to end."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event = 'transactionid'"

    def somebody_waits() -> bool:
        with server.admin.cursor() as cursor:
            cursor.execute(waiting, (url.database,))
            return cursor.fetchone() != (0,)

    until(somebody_waits, "somebody who waits")


def test_a_database_that_cannot_be_reached_any_more_leaves_the_outcome_unknown(
    far: Database, proxy: FaultyProxy, owner_engine: Engine
) -> None:
    change = Change()

    def work(connection: Connection) -> str:
        result = change.work(connection)
        trap = proxy.cut_when(COMMIT, before_forward=False)
        threading.Thread(target=lambda: (trap.wait(10), proxy.refuse())).start()  # type: ignore[func-returns-value]
        return result

    with pytest.raises(OutcomeUnknown):
        far.changing(change.operation, "Note", work, change.replay)
    proxy.resume()
    assert change.by(far) == "replayed"
    assert stored(owner_engine) == (1, 1)


def test_a_link_lost_in_the_repetition_before_its_commit_is_certain_too(
    far: Database, proxy: FaultyProxy, owner_engine: Engine
) -> None:
    change = Change()

    def work(connection: Connection) -> str:
        if change.done:
            proxy.cut_when(b"'noted'", before_forward=True)
        return change.work(connection)

    proxy.cut_when(COMMIT, before_forward=True)
    with pytest.raises(DatabaseDown):
        far.changing(change.operation, "Note", work, change.replay)
    assert stored(owner_engine) == (0, 0)


@pytest.mark.parametrize("before_forward", [True, False])
def test_however_often_commits_are_lost_a_change_stands_once(
    far: Database, proxy: FaultyProxy, owner_engine: Engine, before_forward: bool, make_desk: Callable[[str], Database]
) -> None:
    change = Change()

    def work(connection: Connection) -> str:
        if change.done < 4:
            proxy.cut_when(COMMIT, before_forward=before_forward)
        return change.work(connection)

    assert far.changing(change.operation, "Note", work, change.replay) in {"done", "replayed"}
    assert stored(owner_engine) == (1, 1)
