"""The listener hears every change, knows when it does not, and comes back by itself."""

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import psycopg2
import pytest
from sqlalchemy import URL, Engine, text

from clinic_desk.database.listener import (
    DESK_LOCK,
    Listener,
    ListenerState,
    ListenerStateKind,
    _arguments,
    parse_change,
)
from clinic_desk.domain.changes import Change
from tests.support.proxy import FaultyProxy

PATIENCE = 10.0
SOME_ID = UUID(int=7)


class Ear:
    """Collects what a listener tells; waits on conditions."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.batches: list[int] = []
        self.states: list[ListenerState] = []
        self.threads: set[str] = set()
        self._news = threading.Condition()

    def on_changes(self, changes: tuple[Change, ...]) -> None:
        with self._news:
            self.changes += changes
            self.batches.append(len(changes))
            self.threads.add(threading.current_thread().name)
            self._news.notify_all()

    def on_state(self, state: ListenerState) -> None:
        with self._news:
            self.states.append(state)
            self._news.notify_all()

    def wait_for(self, true: Callable[[], bool]) -> None:
        with self._news:
            assert self._news.wait_for(true, PATIENCE), (self.states, len(self.changes))

    def wait_connected(self, times: int = 1) -> None:
        self.wait_for(lambda: self.kinds().count(ListenerStateKind.CONNECTED) >= times)

    def wait_lost(self, times: int = 1) -> None:
        self.wait_for(lambda: self.kinds().count(ListenerStateKind.LOST) >= times)

    def kinds(self) -> list[ListenerStateKind]:
        return [state.kind for state in self.states]


@pytest.fixture
def ear() -> Ear:
    return Ear()


Listen = Callable[..., Listener]


@pytest.fixture
def listen(database_url: URL, ear: Ear) -> Iterator[Listen]:
    """Start a listener for the ear; stopped at the end."""
    started: list[Listener] = []

    def start(url: URL = database_url, desk_no: int = 1, **options: Any) -> Listener:
        started.append(Listener(url, desk_no, ear.on_changes, ear.on_state, **options))
        started[-1].start()
        return started[-1]

    yield start
    for listener in started:
        assert listener.stop()


@pytest.fixture
def proxy(database_url: URL) -> Iterator[FaultyProxy]:
    with FaultyProxy.before(database_url) as proxy:
        yield proxy


def _notify(engine: Engine, *payloads: str, channel: str = "clinic_desk") -> None:
    with engine.begin() as connection:
        for payload in payloads:
            connection.execute(text("SELECT pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload})


def _payload(version: int = 1) -> str:
    return json.dumps({"t": "room", "i": str(SOME_ID), "v": version, "d": []})


def _lock_is_held(engine: Engine, desk_no: int) -> bool:
    with engine.connect() as connection:
        return bool(
            connection.scalar(
                text(
                    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :key AND objid = :no"
                    " AND objsubid = 2 AND mode = 'ShareLock' AND granted"
                    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                ),
                {"key": DESK_LOCK, "no": desk_no},
            )
        )


def test_a_payload_is_read_as_a_change_with_all_its_parts() -> None:
    payload = (
        '{"t":"appointment","i":"00000000-0000-0000-0000-000000000007","v":3,"d":["2026-11-24","2026-11-25"],'
        '"k":"00000000-0000-0000-0000-000000000008","o":"00000000-0000-0000-0000-000000000009","x":true}'
    )
    days = frozenset({date(2026, 11, 24), date(2026, 11, 25)})
    assert parse_change(payload) == Change("appointment", SOME_ID, 3, days, UUID(int=8), UUID(int=9), deleted=True)
    assert parse_change(_payload()) == Change("room", SOME_ID, 1)


@pytest.mark.parametrize(
    "payload",
    [
        "",
        "[]",
        "null",
        "7",
        "{}",
        "[" * 100_000,
        '{"t":1,"i":"00000000-0000-0000-0000-000000000007","v":1}',
        '{"t":"room","i":7,"v":1}',
        '{"t":"room","i":"Anna Meier","v":1}',
        '{"t":"room","i":"00000000-0000-0000-0000-000000000007","v":"1"}',
        '{"t":"room","i":"00000000-0000-0000-0000-000000000007","v":true}',
        '{"t":"room","i":"00000000-0000-0000-0000-000000000007","v":1,"d":"2026-11-24"}',
        '{"t":"room","i":"00000000-0000-0000-0000-000000000007","v":1,"d":[20261124]}',
        '{"t":"room","i":"00000000-0000-0000-0000-000000000007","v":1,"x":"yes"}',
    ],
)
def test_what_is_no_change_is_refused_without_being_quoted(payload: str) -> None:
    with pytest.raises(ValueError, match=r"^not a change$") as refusal:
        parse_change(payload)
    assert refusal.value.__suppress_context__


def test_it_says_connected_once_it_listens_and_hears_what_is_committed_then(
    listen: Listen, ear: Ear, owner_engine: Engine
) -> None:
    before = datetime.now(UTC)
    listen()
    ear.wait_connected()
    assert ear.states[0].error == ""
    assert before <= ear.states[0].since <= datetime.now(UTC)
    _notify(owner_engine, _payload(4))
    ear.wait_for(lambda: bool(ear.changes))
    assert ear.changes == [Change("room", SOME_ID, 4)]
    assert ear.threads == {"listener"}


def test_it_holds_the_desks_lock_while_it_is_connected(listen: Listen, ear: Ear, owner_engine: Engine) -> None:
    listener = listen(desk_no=41)
    ear.wait_connected()
    assert _lock_is_held(owner_engine, 41)
    assert not _lock_is_held(owner_engine, 1)
    assert listener.stop()
    deadline = time.monotonic() + PATIENCE
    while _lock_is_held(owner_engine, 41):
        assert time.monotonic() < deadline


def test_two_programs_of_one_desk_do_not_wait_for_each_other(listen: Listen, ear: Ear) -> None:
    listen(desk_no=5)
    listen(desk_no=5)
    ear.wait_connected(2)


def test_what_arrives_together_is_handed_over_together_and_in_order(
    listen: Listen, ear: Ear, owner_engine: Engine
) -> None:
    listen()
    ear.wait_connected()
    _notify(owner_engine, *(_payload(version) for version in range(1, 2001)))
    ear.wait_for(lambda: len(ear.changes) == 2000)
    assert [change.version for change in ear.changes] == list(range(1, 2001))
    assert len(ear.batches) < 200


def test_each_change_is_handed_over_once(listen: Listen, ear: Ear, owner_engine: Engine) -> None:
    listen(heartbeat_s=0.05)
    ear.wait_connected()
    for versions in ((1, 2, 3), (4, 5), (6,)):
        _notify(owner_engine, *map(_payload, versions))
        ear.wait_for(lambda last=versions[-1]: last in [change.version for change in ear.changes])  # type: ignore[misc]
    assert [change.version for change in ear.changes] == [1, 2, 3, 4, 5, 6]


def test_what_it_does_not_understand_is_skipped_and_never_logged(
    listen: Listen, ear: Ear, owner_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    listen()
    ear.wait_connected()
    with caplog.at_level(logging.DEBUG):
        _notify(owner_engine, _payload(1), "Anna Meier, 14.3.1987", '{"t":"room"}', _payload(2))
        ear.wait_for(lambda: len(ear.changes) == 2)
    assert [change.version for change in ear.changes] == [1, 2]
    assert "21 characters" in caplog.text
    assert "Anna" not in caplog.text


def test_other_channels_are_not_its_business(listen: Listen, ear: Ear, owner_engine: Engine) -> None:
    listen()
    ear.wait_connected()
    _notify(owner_engine, _payload(1), channel="somebody_elses")
    _notify(owner_engine, _payload(2))
    ear.wait_for(lambda: bool(ear.changes))
    assert [change.version for change in ear.changes] == [2]


def test_a_callback_that_fails_does_not_make_it_deaf(
    database_url: URL, ear: Ear, owner_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def fail_first(changes: tuple[Change, ...]) -> None:
        ear.on_changes(changes)
        if len(ear.changes) == 1:
            name = "Anna Meier"
            raise KeyError(name)

    listener = Listener(database_url, 1, fail_first, ear.on_state)
    listener.start()
    try:
        ear.wait_connected()
        for version in (1, 2):
            _notify(owner_engine, _payload(version))
            ear.wait_for(lambda wanted=version: len(ear.changes) == wanted)  # type: ignore[misc]
        assert ear.kinds() == [ListenerStateKind.CONNECTED]
        assert "KeyError" in caplog.text
        assert "Anna" not in caplog.text
    finally:
        assert listener.stop()


def test_a_cut_link_is_told_at_once_and_comes_back_by_itself(
    listen: Listen, ear: Ear, proxy: FaultyProxy, database_url: URL, owner_engine: Engine
) -> None:
    listen(proxy.url(database_url), desk_no=3)
    ear.wait_connected()
    assert proxy.cut_all() == 1
    ear.wait_connected(2)
    assert ear.kinds() == [ListenerStateKind.CONNECTED, ListenerStateKind.LOST, ListenerStateKind.CONNECTED]
    assert ear.states[1].error == "OperationalError"
    assert _lock_is_held(owner_engine, 3)
    _notify(owner_engine, _payload(9))
    ear.wait_for(lambda: bool(ear.changes))


def test_an_ended_backend_is_a_lost_link(listen: Listen, ear: Ear, owner_engine: Engine, postgres_server: Any) -> None:
    listen()
    ear.wait_connected()
    postgres_server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'clinic-desk listener'"
        f" AND datname = '{owner_engine.url.database}'"
    )
    ear.wait_connected(2)
    assert ear.states[1].kind is ListenerStateKind.LOST


def test_vanishing_packets_are_noticed_within_the_promised_seconds(
    listen: Listen, ear: Ear, proxy: FaultyProxy, database_url: URL
) -> None:
    listen(proxy.url(database_url))
    ear.wait_connected()
    proxy.stall()
    began = time.monotonic()
    ear.wait_lost()
    assert ear.states[1].error == "Silent"
    assert time.monotonic() - began < 5.0
    proxy.resume()
    ear.wait_connected(2)


def test_a_slow_server_is_not_a_lost_one(listen: Listen, ear: Ear, proxy: FaultyProxy, database_url: URL) -> None:
    proxy.delay(250)
    listen(proxy.url(database_url), heartbeat_s=0.05)
    ear.wait_connected()
    seen = threading.Event()
    waiting = threading.Timer(1.5, seen.set)
    waiting.start()
    assert seen.wait(5)
    waiting.join(5)
    assert ear.kinds() == [ListenerStateKind.CONNECTED]


def test_news_that_come_while_it_waits_for_a_sign_of_life_are_handed_over_at_once(
    listen: Listen, ear: Ear, proxy: FaultyProxy, database_url: URL, owner_engine: Engine
) -> None:
    listen(proxy.url(database_url), heartbeat_s=0.01)
    ear.wait_connected()
    for version in range(1, 101):
        _notify(owner_engine, _payload(version))
    ear.wait_for(lambda: len(ear.changes) == 100)
    assert [change.version for change in ear.changes] == list(range(1, 101))


def test_a_server_that_is_away_is_told_once_and_tried_again_until_it_is_back(
    listen: Listen, ear: Ear, proxy: FaultyProxy, database_url: URL
) -> None:
    proxy.refuse()
    attempts = threading.Semaphore(0)

    def count() -> None:
        attempts.release()

    listen(proxy.url(database_url), backoff_s=(0.01, 0.05), before_connect=count)
    for _ in range(4):
        assert attempts.acquire(timeout=PATIENCE)
    assert ear.kinds() == [ListenerStateKind.LOST]
    proxy.resume()
    ear.wait_connected()
    assert ear.kinds() == [ListenerStateKind.LOST, ListenerStateKind.CONNECTED]


def test_check_now_tries_again_at_once(listen: Listen, ear: Ear, proxy: FaultyProxy, database_url: URL) -> None:
    proxy.refuse()
    listener = listen(proxy.url(database_url), backoff_s=(3600.0,))
    ear.wait_lost()
    proxy.resume()
    listener.check_now()
    ear.wait_connected()


def test_check_now_finds_a_dead_link_without_waiting_for_the_heartbeat(
    listen: Listen, ear: Ear, proxy: FaultyProxy, database_url: URL
) -> None:
    listener = listen(proxy.url(database_url), heartbeat_s=3600.0, answer_within_s=0.2)
    ear.wait_connected()
    proxy.stall()
    listener.check_now()
    ear.wait_lost()


def test_a_hook_that_fails_counts_as_a_lost_link_and_may_name_another_address(
    listen: Listen, ear: Ear, database_url: URL
) -> None:
    answers: list[URL | Exception] = [LookupError("the server is being started"), database_url]

    def before_connect() -> URL:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    listen(database_url.set(port=1), backoff_s=(0.01,), before_connect=before_connect)
    ear.wait_connected()
    assert [(state.kind, state.error) for state in ear.states] == [
        (ListenerStateKind.LOST, "LookupError"),
        (ListenerStateKind.CONNECTED, ""),
    ]


def test_of_two_hosts_the_one_that_answers_is_found_though_the_first_is_silent(
    listen: Listen, ear: Ear, proxy: FaultyProxy, database_url: URL
) -> None:
    proxy.stall()
    hosts = (f"127.0.0.1:{proxy.port}", f"{database_url.host}:{database_url.port}")
    url = URL.create(
        "postgresql+psycopg2",
        database_url.username,
        database_url.password,
        database=database_url.database,
        query={"host": hosts},
    )
    listen(url, connect_within_s=1.0)
    ear.wait_connected()


@pytest.mark.parametrize("situation", ["listening", "connecting", "answering", "pausing", "never started"])
def test_stop_ends_every_wait_at_once(situation: str, database_url: URL, proxy: FaultyProxy, ear: Ear) -> None:
    options: dict[str, dict[str, Any]] = {
        "listening": {"heartbeat_s": 3600.0},
        "connecting": {"connect_within_s": 3600.0},
        "answering": {"heartbeat_s": 0.01, "answer_within_s": 3600.0},
        "pausing": {"backoff_s": (3600.0,)},
        "never started": {},
    }
    listener = Listener(proxy.url(database_url), 1, ear.on_changes, ear.on_state, **options[situation])
    if situation == "connecting":
        proxy.stall()
    elif situation == "pausing":
        proxy.refuse()
    if situation != "never started":
        listener.start()
    if situation in ("listening", "answering"):
        ear.wait_connected()
    if situation == "answering":
        proxy.stall()
    elif situation == "pausing":
        ear.wait_lost()
    began = time.monotonic()
    assert listener.stop()
    assert time.monotonic() - began < 1.0
    told = len(ear.states)
    assert listener.stop()
    listener.check_now()
    assert len(ear.states) == told


def test_it_can_be_stopped_from_its_own_callback(database_url: URL) -> None:
    done = threading.Event()
    listener: Listener

    def stop(_state: ListenerState) -> None:
        assert not listener.stop()
        done.set()

    listener = Listener(database_url, 1, lambda _changes: None, stop)
    listener.start()
    assert done.wait(PATIENCE)
    assert listener.stop()


def test_its_connection_can_do_without_any_right_on_a_table(
    url_as: Callable[[Any], URL], ear: Ear, listen: Listen
) -> None:
    listen(url_as("clinic_readonly"))
    ear.wait_connected()


def test_a_wrong_password_is_a_lost_link_and_stays_out_of_the_log(
    listen: Listen, ear: Ear, database_url: URL, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        listen(database_url.set(password="s3cret-typo"))
        ear.wait_lost()
    assert ear.states[0].error == psycopg2.OperationalError.__name__
    assert "s3cret-typo" not in caplog.text
    assert database_url.username is not None
    assert database_url.username not in caplog.text


def test_when_another_host_is_asked_first_its_address_and_port_go_along() -> None:
    hosts = {"host": ("a:1", "b:2"), "hostaddr": "10.0.0.1,10.0.0.2"}
    url = URL.create("postgresql+psycopg2", "u", "p", database="d", query=hosts)
    turned = _arguments(url, 3)
    assert (turned["host"], turned["hostaddr"], turned["port"]) == ("b,a", "10.0.0.2,10.0.0.1", "2,1")
    assert _arguments(url, 2)["host"] == "a,b"
