"""Works the queue of messages through, one after the other: what a scheduler calls again and again.

A worker waits for its provider and its database; it is one thread's, has its own connections, and knows the time only
from the database. If it ends at any moment, or sleeps for hours, others go on with what it left.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from clinic_desk.database.stepping import Steps, stepping
from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.errors import Unavailable
from clinic_desk.notifications import checking, fallback, queue
from clinic_desk.notifications.queue import Begun, Claimed, Sent, Touched
from clinic_desk.notifications.quiet import moment_left
from clinic_desk.reports import traceback_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.messaging import ChannelState, Outgoing
    from clinic_desk.domain.records import Channel
    from clinic_desk.notifications.providers import Sender

_logger = logging.getLogger(__name__)

LONGEST_TICK_S: Final = 10.0
"""Then a tick lets the scheduler's other jobs come, and asks to be called again at once."""
LATEST_START_S: Final = 30.0
"""A message that was begun longer ago is not handed over any more: this program slept. Its lease of 60 s may be over,
and others found that it did not arrive and sent it. With a provider's 20 s it is over before that."""
_RECOVER_EVERY_S: Final = 10.0
_NAP_S: Final = 0.05


def never() -> bool:
    """Do not stop."""
    return False


@dataclass(frozen=True, slots=True)
class Tick:
    """What one tick did: messages worked on, channels that changed; the seconds until there is more (None: nothing)."""

    worked: int
    next_in_s: float | None
    states: tuple[ChannelState, ...]


@dataclass(slots=True)
class _Tally:
    """What a tick has done so far."""

    touched: Touched
    began: float
    worked: int = 0
    states: list[ChannelState] = field(default_factory=list)
    recovered: float | None = None


class _Since:
    """Tells how long ago it was made, by the clock that says more: in a PC that sleeps one of them may stand still."""

    def __init__(self) -> None:
        self._steady, self._wall = time.monotonic(), time.time()

    def seconds(self) -> float:
        """Return the seconds since then."""
        return max(time.monotonic() - self._steady, time.time() - self._wall)


class Worker:
    """Sends over the channels it has a sender for. `owner`: names this program in leases, like no other's."""

    def __init__(self, db: Database, senders: Mapping[Channel, Sender], owner: str) -> None:
        self._db = db
        self._senders = dict(senders)
        self._owner = owner
        self._unsettled: list[Sent] = []
        """What was not written when the database was lost: as long as the leases hold, it can still be."""

    def tick(self, stop: Callable[[], bool] = never) -> Tick:
        """Send what is due until nothing is, `stop` says so, or LONGEST_TICK_S are over. Raises Unavailable."""
        with stepping(self._db) as steps, queue.announcing(steps) as touched:
            tally = _Tally(touched, time.monotonic())
            self._settle_what_was_left(steps, tally)
            more = self._work(steps, tally, stop)
            next_in_s = 0.0 if more else queue.next_in_s(steps, self._senders)
        return Tick(tally.worked, next_in_s, tuple(tally.states))

    def reconcile(self, stop: Callable[[], bool] = never) -> int:
        """Find out about messages that may have gone, as far as that is due; return how many were looked for."""
        return checking.reconcile(self._db, self._senders, stop)

    def poll_deliveries(self, stop: Callable[[], bool] = never) -> int:
        """Ask what became of messages that providers took, as far as that is due; return how many were asked for."""
        return checking.poll_deliveries(self._db, self._senders, self._owner, stop)

    def release(self) -> int:
        """Settle what could not be before, give back what is claimed and not begun; return how many others can take."""
        with stepping(self._db) as steps:
            with queue.announcing(steps) as touched:
                self._settle_what_was_left(steps, _Tally(touched, time.monotonic()))
            return queue.give_back(steps, self._owner, aloud=True)

    def use(self, senders: Mapping[Channel, Sender]) -> None:
        """Send over other channels, or by other senders, from now on. Not while a tick goes on."""
        self._senders = dict(senders)

    def _settle_what_was_left(self, steps: Steps, tally: _Tally) -> None:
        for sent in list(self._unsettled):
            self._settle(steps, tally, sent)
            with suppress(ValueError):  # a program that closes settles it while a tick that hangs comes back
                self._unsettled.remove(sent)

    def _work(self, steps: Steps, tally: _Tally, stop: Callable[[], bool]) -> bool:
        """Claim and send; True if it ended before all was done."""
        while not stop() and time.monotonic() - tally.began < LONGEST_TICK_S:
            self._recover(steps, tally)
            batch = queue.claim(steps, self._senders, self._owner) if self._senders else ()
            if not batch:
                return False
            self._send_batch(steps, tally, batch, stop)
        return True

    def _recover(self, steps: Steps, tally: _Tally) -> None:
        now = time.monotonic()
        if tally.recovered is None or now - tally.recovered > _RECOVER_EVERY_S:
            tally.recovered = now
            tally.touched(*queue.recover(steps))

    def _send_batch(self, steps: Steps, tally: _Tally, batch: tuple[Claimed, ...], stop: Callable[[], bool]) -> None:
        claimed_at = time.monotonic()
        shut: set[Channel] = set()
        left: list[UUID] = []
        sent: Sent | None = None
        for claimed in batch:
            wait_s = claimed_at + claimed.wait_s - time.monotonic()
            if sent is not None and wait_s > 0:
                self._settle(steps, tally, sent)
                sent = None
            if claimed.channel in shut or not _waited(wait_s, stop):
                left.append(claimed.id)
                continue
            since = _Since()  # before the server's clock starts the lease
            begun = self._begin(steps, tally, claimed, sent)
            sent = None
            if begun is not None:
                sent = self._send(steps, tally, claimed, begun, since)
            if sent is not None and sent.outcome is not None and sent.outcome.answer is not Answer.SENT:
                if self._settle(steps, tally, sent):
                    shut.add(claimed.channel)
                sent = None
        if sent is not None:
            self._settle(steps, tally, sent)
        if left:
            queue.give_back(steps, self._owner, left, aloud=stop())  # who stops hands over: others are to take it now

    def _begin(self, steps: Steps, tally: _Tally, claimed: Claimed, before: Sent | None) -> Begun | None:
        """Begin one message and settle the one before it."""
        try:
            begun = queue.begin(steps, claimed, self._owner, before)
        except Unavailable:
            # Whether that stands is unknown; that nothing was sent is not.
            self._unsettled += [before] if before is not None else []
            self._unsettled.append(Sent(claimed.id, claimed.attempts + 1, claimed.channel, None, None))
            raise
        except Exception as error:  # a bug, or a row like no other: the one before it and those after it go on
            _logger.error("message %s could not be begun\n%s", claimed.id, traceback_text(error))
            if before is not None:
                self._settle(steps, tally, before)
            queue.fail(steps, claimed, self._owner)
            return None
        if before is not None:
            tally.touched(before.appointment_id)
        return begun

    def _send(self, steps: Steps, tally: _Tally, claimed: Claimed, begun: Begun, since: _Since) -> Sent | None:
        """Send what was begun, and return how that ended; None if it is not to be sent."""
        tally.worked += 1
        message = begun.message
        if begun.verdict:
            self._leave(steps, claimed, begun)
            tally.touched(message.uid)
            return None
        if since.seconds() > LATEST_START_S:
            _logger.info("message %s is not sent now: it was begun too long ago", message.id)
            return begun.ended(None)
        outcome = self._hand_over(message)
        if outcome.answer is Answer.PERMANENT:
            self._remember(steps, message, outcome)
        return begun.ended(outcome)

    def _leave(self, steps: Steps, claimed: Claimed, begun: Begun) -> None:
        """Do what else is to be done about a message that is not to be sent now."""
        message, moment = begun.message, begun.moment
        if begun.verdict == "quiet-hours":
            starts_at = message.starts_at or message.not_after or datetime.max.replace(tzinfo=UTC)
            due_at = moment_left(moment.due_at, starts_at, moment.zone, moment.quiet, moment.now)
            queue.put_back(steps, claimed, self._owner, due_at)
        elif begun.verdict in fallback.REASONS:
            fallback.send_otherwise(steps, message.id)

    def _hand_over(self, message: Outgoing) -> Outcome:
        try:
            return self._senders[message.channel].send(message)
        except Exception as error:  # a sender raises nothing: this is a bug, and no reason to send nothing else
            _logger.error("sending message %s failed\n%s", message.id, traceback_text(error))
            return Outcome(Answer.PERMANENT, code="bug", reason=f"the program failed: {type(error).__name__}")

    def _remember(self, steps: Steps, message: Outgoing, outcome: Outcome) -> None:
        """Note what was learnt of the address, and use the other channel, before the failure is written.

        A crash in between leaves it unknown, it is refused again, and the same is done again: which changes nothing.
        """
        if outcome.note:
            queue.note_address(steps, message.channel, message.recipient, outcome)
        if outcome.another_channel and outcome.note != "opted-out":  # who wants no messages gets none by another way
            fallback.send_otherwise(steps, message.id)

    def _settle(self, steps: Steps, tally: _Tally, sent: Sent) -> bool:
        """Write how a message ended; True if its channel is not to be used for now."""
        try:
            settled = queue.settle(steps, sent, self._owner)
        except Unavailable:
            if sent not in self._unsettled:
                self._unsettled.append(sent)
            raise
        if settled is None:
            return False
        tally.touched(sent.appointment_id)
        state = settled.channel
        if state is None:
            return False
        tally.states = [each for each in tally.states if each.channel is not state.channel] + [state]
        return state.state != "working"


def _waited(seconds: float, stop: Callable[[], bool]) -> bool:
    """Wait for a message's turn; False as soon as `stop` says so."""
    until = time.monotonic() + seconds
    while not stop():
        left_s = until - time.monotonic()
        if left_s <= 0:
            return True
        time.sleep(min(left_s, _NAP_S))
    return False
