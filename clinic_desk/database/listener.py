"""Hears of other desks' changes: one thread with its own connection that LISTENs, notices a dead link and comes back.

The connection is asynchronous, so every wait is a select() on its socket and on a wake-up socket: stop() ends each of
them at once, and nothing waits for a server that no longer answers. It also holds the desk's session advisory lock,
which is how the other desks know that this one lives (kill -9 frees it with the connection).
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.connections import driver_arguments
from clinic_desk.database.listening import OldPrimary, Session, Stopped, WakeUp, ended
from clinic_desk.database.timelines import QUESTION, timelines_of
from clinic_desk.domain.changes import Change

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL

CHANNEL: Final = "clinic_desk"
DESK_LOCK: Final = 20261
"""First key of a desk's session advisory lock; the second is `desk.no`."""

_logger = logging.getLogger(__name__)

_LARGEST_BATCH: Final = 5_000


class ListenerStateKind(StrEnum):
    """Whether changes are heard."""

    CONNECTED = "connected"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class ListenerState:
    """Since when (this computer's clock, UTC) the listener hears or does not; `error` is the class of what ended it."""

    kind: ListenerStateKind
    since: datetime
    error: str = ""


def parse_change(payload: str) -> Change:
    """Read a payload as the triggers write it. ValueError for anything else; its text holds nothing of the payload."""
    try:
        told = json.loads(payload)
        return Change(
            table=_of_type(told["t"], str),
            id=UUID(told["i"]),
            version=_of_type(told["v"], int),
            days=frozenset(date.fromisoformat(day) for day in _of_type(told.get("d", []), list)),
            desk_id=UUID(told["k"]) if "k" in told else None,
            operation_id=UUID(told["o"]) if "o" in told else None,
            deleted=_of_type(told.get("x", False), bool),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        message = "not a change"
        raise ValueError(message) from None


def _of_type(value: Any, wanted: type) -> Any:
    if type(value) is not wanted:
        raise TypeError
    return value


class Listener:
    """Calls `on_changes` and `on_state` from its own thread; both must be quick and hand over to the owner's.

    `on_state(CONNECTED)` comes after LISTEN took effect, at every connection anew: what was committed before may have
    been missed and is to be reloaded then. A link on which packets vanish is noticed within `heartbeat_s` +
    `answer_within_s`. `before_connect` runs in the thread before each attempt (the embedded server's ensure_running);
    a URL that it returns is used from then on.
    """

    def __init__(
        self,
        url: URL,
        desk_no: int,
        on_changes: Callable[[tuple[Change, ...]], None],
        on_state: Callable[[ListenerState], None],
        *,
        heartbeat_s: float = 1.5,
        answer_within_s: float = 2.5,
        connect_within_s: float = 5.0,
        backoff_s: tuple[float, ...] = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0),
        before_connect: Callable[[], URL | None] | None = None,
    ) -> None:
        self._url = url
        self._desk_no = desk_no
        self._on_changes = on_changes
        self._on_state = on_state
        self._heartbeat_s = heartbeat_s
        self._answer_within_s = answer_within_s
        self._connect_within_s = connect_within_s
        self._backoff_s = backoff_s
        self._before_connect = before_connect
        self._state: ListenerState | None = None
        self._stopping = threading.Event()
        self._wake = WakeUp()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        """Start the thread; once only."""
        self._thread.start()

    def stop(self, timeout_s: float = 3.0) -> bool:
        """End the thread and its connection; no callback is called afterwards. False if it did not end in time.

        May be called again, before start() too, and from a callback (then the thread ends after it).
        """
        return ended(self._thread, self._stopping, self._wake, timeout_s)

    def check_now(self) -> None:
        """Ask the server for a sign of life now, or, while the link is lost, try again now."""
        self._wake.send()

    def _run(self) -> None:
        failures = 0
        try:
            while not self._stopping.is_set():
                session = Session(CHANNEL, self._wake, self._stopping)
                began = time.monotonic()
                try:
                    self._listen(session, rotation=failures)
                except Stopped:
                    break
                except Exception as error:  # the thread's last resort: whatever it was, the link is tried again
                    self._tell_lost(error)
                finally:
                    session.close()
                if time.monotonic() - began > 2 * self._backoff_s[-1]:
                    failures = 0
                self._pause(failures)
                failures += 1
        except Stopped:
            pass
        finally:
            self._wake.close()

    def _listen(self, session: Session, rotation: int) -> None:
        if self._before_connect is not None:
            self._url = self._before_connect() or self._url
            session.check_stopped()
        deadline = time.monotonic() + self._connect_within_s
        session.connect(_arguments(self._url, rotation), deadline)
        timeline = session.scalar(QUESTION, deadline)
        if timelines_of(self._url).is_old(timeline):
            raise OldPrimary
        # LISTEN first, then CONNECTED: whoever reloads after that misses nothing.
        session.execute(f"SELECT pg_advisory_lock_shared({DESK_LOCK}, {self._desk_no}); LISTEN {CHANNEL}", deadline)
        self._tell(ListenerState(ListenerStateKind.CONNECTED, datetime.now(UTC)))
        while True:
            self._hand_over(session.heard())
            woken = session.wait_for_news(time.monotonic() + self._heartbeat_s)
            self._hand_over(session.heard())
            if woken:
                deadline = time.monotonic() + self._answer_within_s
                for payloads in session.execute_while_hearing("SELECT 1", deadline):
                    self._hand_over(payloads)

    def _hand_over(self, payloads: list[str]) -> None:
        changes = []
        for payload in payloads:
            try:
                changes.append(parse_change(payload))
            except ValueError:
                _logger.warning("a notification of %d characters was not understood and skipped", len(payload))
        if changes:
            self._call(self._on_changes, tuple(changes))

    def _tell_lost(self, error: Exception) -> None:
        name = type(error).__name__.lstrip("_")
        known = self._state
        if known is not None and known.kind is ListenerStateKind.LOST:
            if known.error == name:
                return
            self._tell(ListenerState(ListenerStateKind.LOST, known.since, name))
            return
        _logger.info("the link to the database is lost (%s)", name)
        self._tell(ListenerState(ListenerStateKind.LOST, datetime.now(UTC), name))

    def _tell(self, state: ListenerState) -> None:
        self._state = state
        self._call(self._on_state, state)

    def _call(self, callback: Callable[[Any], None], argument: Any) -> None:
        if self._stopping.is_set():
            raise Stopped
        try:
            callback(argument)
        except Exception as error:  # the owner's mistake must not make this desk deaf
            # no traceback: it could show the data of a patient
            _logger.error("a callback of the listener failed: %s", type(error).__name__)

    def _pause(self, failures: int) -> None:
        """Wait before the next attempt, longer each time, and not all desks at once; check_now() cuts it short."""
        pause = self._backoff_s[min(failures, len(self._backoff_s) - 1)]
        self._wake.wait(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads load, keeps no secret


def _arguments(url: URL, rotation: int) -> dict[str, Any]:
    """What to connect with; of several hosts another one is asked first each time, so that a dead one holds up once."""
    arguments = driver_arguments(url, "clinic-desk listener")
    hosts = str(arguments.get("host", "")).split(",")
    turn = rotation % len(hosts)
    for name in ("host", "hostaddr", "port"):
        each = str(arguments.get(name, "")).split(",")
        if turn and len(each) == len(hosts):
            arguments[name] = ",".join(each[turn:] + each[:turn])
    return arguments
