"""Workers are killed, stopped past their leases and sent on against servers that fail: nothing is lost or sent twice.

Real programs, a real database, servers on loopback. The database's clock is put forward meanwhile (never past the lease
of a message that a living worker is handing over: that would be another test's sleep), so that back-offs take no time.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest

from tests.live.queue_clinic import QueueClinic, queue_clinic
from tests.live.queue_count import Arrived, figures, wrong
from tests.live.queue_faults import Faults
from tests.plugins.postgres import PostgresServer
from tests.support.mail_server import MailServer
from tests.support.twilio_server import TwilioServer
from tests.support.worker_processes import HASTE_LIMIT_S, HASTE_SLEEP_S, Nursery

LINUX: Final = pytest.mark.skipif(sys.platform != "linux", reason="workers are copied by fork, and stopped by signals")
LONGER: Final = "CLINIC_DESK_TEST_KILLS"
"""Environment: how many workers are killed, for a longer run by hand (12 else; 20 may take minutes)."""

WORKERS: Final = 4
KILL_EVERY_S: Final = 1.0
SPREAD: Final = timedelta(minutes=25)
LEASE_S: Final = 60.0
STEP_S: Final = 25.0
_IN_HAND_S: Final = 2 * HASTE_LIMIT_S + 4.0
"""A message that is being handed over must keep so much of its lease when time is let pass."""


@pytest.fixture
def queued(postgres_server: PostgresServer) -> Iterator[QueueClinic]:
    with queue_clinic(postgres_server) as made:
        yield made


class Storm:
    """What goes on in the test while the workers work."""

    def __init__(self, clinic: QueueClinic, twilio: TwilioServer, nursery: Nursery, faults: Faults) -> None:
        self.clinic = clinic
        self.twilio = twilio
        self.nursery = nursery
        self.faults = faults
        self.random = faults.random
        self.workers = [nursery.start(clinic.url) for _ in range(WORKERS)]
        self.kills = self.sleeps = 0

    def kill_one(self) -> None:
        """As a power cut does; another comes at once."""
        victim = self.random.choice([each for each in self.workers if each.stopped is None])
        victim.signal(signal.SIGKILL)
        self.workers.remove(victim)
        self.workers.append(self.nursery.start(self.clinic.url))
        self.kills += 1

    def stop_one(self) -> None:
        """As a PC that sleeps: its leases run out meanwhile."""
        if any(each.stopped is not None for each in self.workers):
            return
        sleeper = self.random.choice(self.workers)
        sleeper.signal(signal.SIGSTOP)
        sleeper.stopped = time.monotonic()
        self.sleeps += 1

    def wake(self) -> None:
        """Who slept long enough goes on."""
        for each in self.workers:
            if each.stopped is not None and time.monotonic() - each.stopped > HASTE_SLEEP_S:
                each.stopped = None
                each.signal(signal.SIGCONT)

    def all_live(self) -> None:
        """None has ended by itself."""
        ended = [each.name for each in self.workers if not each.is_alive()]
        assert not ended, {name: self.nursery.all_said().get(name) for name in ended}

    def is_awake(self, owner: str) -> bool:
        """Whether a lease is that of a worker that lives and is not stopped."""
        return any(each.stopped is None and owner.startswith(f"{each.name}#") for each in self.workers)

    def in_hand(self) -> float:
        """The seconds of lease that the message has left that a worker which is awake has had longest; all if none."""
        held = [left for _, owner, left in self.clinic.waiting() if owner and self.is_awake(owner)]
        return min(held, default=LEASE_S)

    def let_time_pass(self) -> None:
        """A step of the clock, if everyone has the time for it."""
        if self.in_hand() - STEP_S > _IN_HAND_S:
            self._forward(STEP_S)

    def _forward(self, seconds: float) -> None:
        self.twilio.skew += timedelta(seconds=seconds)
        self.clinic.put_forward(seconds)

    def rage(self, kills: int, pool: list[UUID]) -> None:
        """Kill, stop, cancel and move until so many are killed."""
        began = time.monotonic()
        while self.kills < kills:
            if time.monotonic() - began > KILL_EVERY_S * (self.kills + 1):
                self.kill_one()
                self.stop_one()
                if self.clinic.stopped_channels():
                    self.clinic.see_to_settings()
            self.wake()
            self.all_live()
            for _ in range(min(2, len(pool))):
                self.random.choice([self.clinic.cancel, self.clinic.move])(pool.pop())
            self.let_time_pass()
            time.sleep(0.15)

    def come_to_rest(self, within_s: float) -> None:
        """No more faults: let time pass until every message is in a final state."""
        self.faults.over = True
        deadline = time.monotonic() + within_s
        while waiting := self.clinic.waiting():
            assert time.monotonic() < deadline, f"still waiting: {sorted(waiting)[:20]} ({len(waiting)})"
            self.wake()
            self.all_live()
            if self.clinic.stopped_channels():
                self.clinic.see_to_settings()
            self._pass_the_time(waiting)
            time.sleep(0.1)

    def _pass_the_time(self, waiting: list[tuple[str, str, float]]) -> None:
        """Go to where something is to be done, if nothing is now."""
        if any(owner and self.is_awake(owner) for _, owner, _ in waiting):
            self.let_time_pass()
            return
        next_s = min(left for _, _, left in waiting)
        if next_s > 1.0:
            self._forward(max(next_s, STEP_S))
        else:
            self.clinic.hint()

    def end(self) -> None:
        """All workers end orderly."""
        for each in self.workers:
            if each.stopped is not None:
                each.signal(signal.SIGCONT)
            each.signal(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while left := [each for each in self.workers if each.is_alive()]:
            if time.monotonic() > deadline:
                for each in left:
                    each.signal(signal.SIGUSR1)  # tells where its threads are
                time.sleep(1)
                pytest.fail(f"does not end: {[self.nursery.all_said()[each.name] for each in left]}")
            time.sleep(0.02)


@LINUX
@pytest.mark.timeout(1800)
def test_nothing_is_lost_and_no_sms_comes_twice(queued: QueueClinic, tmp_path: Path) -> None:
    kills = int(os.environ.get(LONGER, "12"))
    faults = Faults(random.Random(kills))
    began = time.monotonic()
    with ExitStack() as stack:
        mail = stack.enter_context(MailServer(choose=faults.of_mail))
        twilio = stack.enter_context(TwilioServer(choose=faults.of_twilio))
        queued.send_by(port=mail.address[1], twilio=twilio.address)
        patients = queued.add_patients(500)
        now = queued.now()
        tomorrow = [now + timedelta(hours=24, minutes=1) + SPREAD * (place / 950) for place in range(950)]
        soon = [now + timedelta(minutes=5) + SPREAD * (place / 100) for place in range(100)]
        later = queued.add_messages(patients, tomorrow, SPREAD)
        queued.add_messages(patients, soon, SPREAD)
        assert len(queued.rows()) == 2000
        storm = Storm(queued, twilio, stack.enter_context(Nursery(tmp_path)), faults)
        pool: list[UUID] = list(later)
        storm.random.shuffle(pool)
        storm.rage(kills, pool[: 6 * kills])
        raged_s = time.monotonic() - began
        storm.come_to_rest(300)
        storm.end()
        said = "".join(storm.nursery.all_said().values())
        rows, arrived = queued.rows(), Arrived.at(mail, twilio)
        report = (
            f"{storm.kills} kills, {storm.sleeps} sleeps, {len(queued.told_no_more)} cancelled or moved,"
            f" {raged_s:.0f} s of {time.monotonic() - began:.0f} s, {queued.later()} let pass\n"
            f"{dict(sorted(faults.happened.items()))}\n{figures(rows, arrived)}"
        )
    sys.stdout.write(f"\n{report}\n")  # of a longer run by hand: pytest -s
    problems = wrong(queued, rows, arrived) + [f"Twilio: {each}" for each in twilio.violations]
    problems += [f"in a log: {part}" for part in ("Traceback", "ERROR", "+49302", "@example.org\n") if part in said]
    assert not problems, "\n".join([*problems[:20], f"({len(problems)})", report])
