"""Hears the hint that the queue has something due, and notices that this PC slept or that its clock was set.

One thread with its own connection that LISTENs. A hint that is lost costs nothing but the time to the next poll.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from typing import TYPE_CHECKING, Final

from clinic_desk.database.connections import driver_arguments
from clinic_desk.database.listening import Session, Stopped, WakeUp, ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.database.engine import Database

CHANNEL: Final = "clinic_desk_queue"

_logger = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 5.0
_ANSWER_WITHIN_S: Final = 5.0
_JUMP_S: Final = 2.0
_PAUSES_S: Final = (0.5, 1.0, 2.0, 5.0, 10.0)


class Clocks:
    """Tells whether the wall clock went another way than time did: the PC slept, or somebody set the clock."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._steady = steady
        self._difference = wall() - steady()
        self._last = steady()

    def jumped(self) -> bool:
        """Whether since the last look the clocks parted by more than two seconds, or the look itself came very late.

        A steady clock that goes on during sleep (Windows, macOS) shows the sleep as a look that came late.
        """
        difference, now = self._wall() - self._steady(), self._steady()
        parted = abs(difference - self._difference) > _JUMP_S
        late = now - self._last > 6 * _LOOK_EVERY_S
        self._difference, self._last = difference, now
        return parted or late


class WakeUps:
    """Calls `on_hint` for each hint of the database and once it hears them, `on_return` when it hears them again after
    the link was lost, and after the PC slept.

    Both are called from its own thread and must be quick.
    """

    def __init__(
        self,
        database: Database,
        on_hint: Callable[[], None],
        on_return: Callable[[], None],
        before_connect: Callable[[], None] = lambda: None,
        clocks: Clocks | None = None,
    ) -> None:
        self._database = database
        self._before_connect = before_connect
        self._on_hint = on_hint
        self._on_return = on_return
        self._clocks = clocks or Clocks()
        self._was_connected = False
        self._stopping = threading.Event()
        self._wake = WakeUp()
        self._thread = threading.Thread(target=self._run, name="queue wake-ups", daemon=True)

    def start(self) -> None:
        """Start the thread; once only."""
        self._thread.start()

    def stop(self, timeout_s: float = 2.0) -> bool:
        """End the thread; False if it did not end in time. Also before start()."""
        return ended(self._thread, self._stopping, self._wake, timeout_s)

    def _run(self) -> None:
        failures = 0
        try:
            while not self._stopping.is_set():
                session = Session(CHANNEL, self._wake, self._stopping)
                began = time.monotonic()
                try:
                    self._listen(session)
                except Stopped:
                    break
                except Exception as error:  # whatever it was: polling goes on, and the link is tried again
                    _logger.info("hints about the queue are not heard (%s)", type(error).__name__.lstrip("_"))
                finally:
                    session.close()
                if time.monotonic() - began > 2 * _PAUSES_S[-1]:
                    failures = 0
                pause = _PAUSES_S[min(failures, len(_PAUSES_S) - 1)]
                self._wake.wait(pause * random.uniform(0.8, 1.2))  # noqa: S311 - spreads load, keeps no secret
                self._look_at_clocks()
                failures += 1
        finally:
            self._wake.close()

    def _listen(self, session: Session) -> None:
        self._before_connect()
        session.check_stopped()
        arguments = driver_arguments(self._database.url, "clinic-desk queue")
        session.connect(arguments, time.monotonic() + _ANSWER_WITHIN_S)
        session.execute(f"LISTEN {CHANNEL}", time.monotonic() + _ANSWER_WITHIN_S)
        # What came before this LISTEN was not heard.
        (self._on_return if self._was_connected else self._on_hint)()
        self._was_connected = True
        while True:
            silent = session.wait_for_news(time.monotonic() + _LOOK_EVERY_S)
            session.heard()  # always drained: what nobody reads holds vacuum back for everybody
            if not silent:
                self._on_hint()
            else:
                session.execute("SELECT 1", time.monotonic() + _ANSWER_WITHIN_S)
            self._look_at_clocks()

    def _look_at_clocks(self) -> None:
        if self._clocks.jumped():
            _logger.info("this computer slept, or its clock was set: everything is looked at anew")
            self._on_return()
