"""The steps of the queue, each one short transaction: claim, begin, (send, outside of any), settle; and recover.

A program may end between any two of them. Before `begin` nothing was sent, and the lease runs out; after it the message
may have gone, and is looked for (`notifications.checking`). What is settled after the lease was lost changes nothing.
"""

from __future__ import annotations

import random
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries import queue as queries
from clinic_desk.database.queries.queue_checks import FIRST_POLL_S
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Answer, ChannelState, Kind, Outcome, Outgoing
from clinic_desk.domain.records import Channel
from clinic_desk.errors import Unavailable
from clinic_desk.notifications.quiet import QuietHours

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from clinic_desk.database.queries.prepared import Prepared
    from clinic_desk.database.stepping import Steps

_PAUSE: Final = timedelta(seconds=30)
_FIRST_RETRY_S: Final = 30.0
_LONGEST_RETRY_S: Final = 2 * 3600.0
_LEAST: Final = {Channel.EMAIL: timedelta(minutes=5), Channel.SMS: timedelta()}
_LONGEST_WISH: Final = timedelta(hours=6)
_OF_THE_ADDRESS: Final = frozenset({"450", "451", "452"})
"""SMTP replies that put one recipient off (greylisting, a full mailbox): the channel is well."""
_LONGEST_REASON: Final = 300
_ANNOUNCE_EVERY_S: Final = 1.0
_MOST_ANNOUNCED: Final = 50
OURS: Final = frozenset({"bug", "rendering"})
"""Codes of failures that are this program's own: they say nothing of the channel."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message under this owner's lease; nothing is sent yet. `attempts` so far; `wait_s` until its turn by the rate.

    `probe`: the one message with which a pausing channel is tried.
    """

    id: UUID
    attempts: int
    channel: Channel
    probe: bool
    wait_s: float


@dataclass(frozen=True, slots=True)
class Moment:
    """What is to be known to find another moment for a message; `zone` is the site's, `now` the database's time."""

    due_at: datetime
    now: datetime
    zone: str
    quiet: QuietHours


@dataclass(frozen=True, slots=True)
class Begun:
    """What begin decided: `verdict` empty, and the message is to be sent now; else why it is not.

    The verdict `quiet-hours` leaves it leased, to be put back; all the others are settled. `channel_well`: its channel
    worked, and nothing had failed on it since the last success.
    """

    verdict: str
    message: Outgoing
    moment: Moment
    channel_well: bool

    def ended(self, outcome: Outcome | None) -> Sent:
        """Return what is to be settled of it."""
        message = self.message
        return Sent(message.id, message.attempt, message.channel, message.uid, outcome, self.channel_well)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of the row, and the channel's state if this changed it."""

    status: str
    appointment_id: UUID | None
    channel: ChannelState | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was begun, and how that ended; `attempts` counts this one. No outcome: nothing was sent."""

    id: UUID
    attempts: int
    channel: Channel
    appointment_id: UUID | None
    outcome: Outcome | None
    channel_well: bool = False
    """As it was begun; a success then has nothing to tell of the channel."""


def claim(steps: Steps, channels: Collection[Channel], owner: str) -> tuple[Claimed, ...]:
    """Lease at most ten due messages, in the order of their turns; none for a channel that is stopped or pauses."""
    names = {"channels": [channel.value for channel in channels], "owner": owner}
    rows = steps.run(queries.UNHURRIED, queries.LOCK_CHANNELS, queries.CLAIM, **names)
    return tuple(Claimed(row[0], row[1], Channel(row[2]), row[3], row[4]) for row in rows)


def begin(steps: Steps, claimed: Claimed, owner: str, after: Sent | None = None) -> Begun | None:
    """Look once more whether a message may go, and if so write that it goes; None if the lease was lost.

    `after`: the message sent before it, settled in the same transaction, which saves one flush of the disk in two. This
    one must be on the disk before the message leaves, and a settled one before the next: a crash of the server then
    leaves at most one message of each worker unknown. So `synchronous_commit` stays on.
    """
    values: dict[str, Any] = {"next": str(claimed.id), "by": owner, "before": claimed.attempts, "probe": claimed.probe}
    if after is None:
        rows = steps.run(queries.BEGIN, **values)
    else:
        rows = steps.run(_statement(after), queries.BEGIN, **values, **_settling(after, owner))
    return _begun(rows[0]) if rows else None


def settle(steps: Steps, sent: Sent, owner: str) -> Settled | None:
    """Write how sending a message ended; None, and nothing is written, if the lease was lost meanwhile."""
    rows = steps.run(_statement(sent), **_settling(sent, owner))
    return _settled(rows[0]) if rows else None


def note_address(steps: Steps, channel: Channel, address: str, outcome: Outcome) -> None:
    """Remember what a provider said of an address: that its owner opted out, or that it cannot be reached."""
    steps.run(
        queries.NOTE,
        note=str(new_id()),
        channel=channel.value,
        address=address,
        state=outcome.note,
        reason=told(outcome.code, outcome.reason),
    )


def put_back(steps: Steps, claimed: Claimed, owner: str, due_at: datetime | None) -> bool:
    """Put a message back that the quiet hours hold up; without a moment for it it has failed, and staff are told."""
    values = {"id": str(claimed.id), "attempts": claimed.attempts, "owner": owner, "due_at": due_at}
    return bool(steps.run(queries.PUT_BACK, **values))


def fail(steps: Steps, claimed: Claimed, owner: str) -> bool:
    """Let a message fail that this program has under its lease and cannot begin, so that it is not tried for ever."""
    return bool(steps.run(queries.FAIL, id=str(claimed.id), owner=owner))


def give_back(steps: Steps, owner: str, ids: Iterable[UUID] | None = None, *, aloud: bool = False) -> int:
    """Give up the leases of messages that were not begun, all of this owner's if none are named.

    `aloud`: for others to take them now.
    """
    named = None if ids is None else [str(each) for each in ids]
    return int(steps.run(queries.GIVE_BACK, owner=owner, ids=named, aloud=aloud)[0][0])


def recover(steps: Steps) -> tuple[UUID | None, ...]:
    """Take leases back that ran out, whoever had them: what was being sent is unknown. Expire what is too late.

    Returns the appointments of the messages that were changed.
    """
    return tuple(row[0] for row in steps.run(queries.RECOVER))


def next_in_s(steps: Steps, channels: Collection[Channel]) -> float | None:
    """Return the seconds until something of these channels is due and may go, or a lease ends; None: nothing waits."""
    seconds = steps.run(queries.NEXT, channels=[channel.value for channel in channels])[0][0]
    return None if seconds is None else max(0.0, seconds)


class Touched:
    """Appointments with messages in another state, for the desks to be told of: by and by, and not one by one."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._ids: set[UUID] = set()
        self._told = time.monotonic()

    def __call__(self, *appointment_ids: UUID | None) -> None:
        """Note that this was written; tell now if there is much to tell, or the last time is a second ago."""
        self._ids.update(each for each in appointment_ids if each is not None)
        if len(self._ids) >= _MOST_ANNOUNCED or time.monotonic() - self._told > _ANNOUNCE_EVERY_S:
            self.tell()

    def tell(self) -> None:
        """Tell the desks what they were not told of yet."""
        self._told = time.monotonic()
        while self._ids:
            some = list(self._ids)[:_MOST_ANNOUNCED]
            self._steps.run(queries.ANNOUNCE, appointments=[str(each) for each in some])
            self._ids.difference_update(some)


@contextmanager
def announcing(steps: Steps) -> Iterator[Touched]:
    """Give a `Touched` for the block; what it holds at the end is told, also after an error if that is possible."""
    touched = Touched(steps)
    try:
        yield touched
    except BaseException:
        with suppress(Unavailable):
            touched.tell()
        raise
    touched.tell()


def outgoing(row: Sequence[Any]) -> Outgoing:
    """Return the message of a row of `queries.queue.outgoing` and what it is about."""
    message = Outgoing(
        id=row[0],
        kind=Kind(row[1]),
        channel=Channel(row[2]),
        recipient=row[3],
        subject=row[4],
        body=row[5],
        language=row[6],
        created_at=row[7],
        not_after=row[8],
        attempt=row[9],
        sending_started_at=row[10],
        uid=row[11],
        sequence=row[12],
    )
    starts_at, ends_at, zone, place, clinic, phone = row[13:19]
    about = {"zone": zone, "place": place, "clinic": clinic, "phone": phone}
    return replace(message, starts_at=starts_at, ends_at=ends_at, **about)


def told(code: str, reason: str) -> str:
    """Return a provider's reason on one line and not longer than is read; its code if it gave none."""
    return " ".join(reason.replace("\0", "").split())[:_LONGEST_REASON] or code


def channel_state(row: Sequence[Any]) -> ChannelState | None:
    """Return the state in a row of (channel, state, code, reason, since, resume_at)."""
    channel, state, code, reason, since, resume_at = row
    return None if channel is None else ChannelState(Channel(channel), state, code, reason, since, resume_at)


def retry_in(channel: Channel, outcome: Outcome, attempts: int) -> timedelta:
    """Return how long a message waits after its `attempts`th try failed for now: longer each time, spread by 20 %.

    A provider's own wish wins. Mail servers have none, but those that put an unknown sender off want five minutes.
    """
    wish = None if outcome.retry_after is None else min(max(outcome.retry_after, timedelta(seconds=1)), _LONGEST_WISH)
    if wish is not None and channel is not Channel.EMAIL:
        return wish
    seconds = min(_LONGEST_RETRY_S, _FIRST_RETRY_S * 4 ** (attempts - 1))
    seconds *= random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, keeps no secret
    return max(timedelta(seconds=seconds), wish or timedelta(), _LEAST[channel])


def _statement(sent: Sent) -> Prepared:
    """What settles it: the shorter one if a success has nothing to mend of its channel."""
    is_plain = sent.channel_well and sent.outcome is not None and sent.outcome.answer is Answer.SENT
    return queries.SETTLE_SENT if is_plain else queries.SETTLE


def _settling(sent: Sent, owner: str) -> dict[str, Any]:
    row = {"id": str(sent.id), "attempts": sent.attempts, "owner": owner}
    outcome = sent.outcome or Outcome(Answer.CONFIGURATION)
    values: dict[str, Any] = {
        "code": outcome.code,
        "error": told(outcome.code, outcome.reason),
        "provider_id": outcome.provider_id or None,
        "back": 0,
        "due_in": None,
        "check_in": None,
        "pause": max(_PAUSE, min(outcome.retry_after or _PAUSE, _LONGEST_WISH)),
    }
    match outcome.answer:
        case Answer.SENT:
            asked = timedelta(seconds=FIRST_POLL_S) if sent.channel is Channel.SMS else None
            values |= {"status": "sent", "health": "well", "code": "", "error": "", "check_in": asked}
        case Answer.TRANSIENT:
            health = "" if sent.channel is Channel.EMAIL and outcome.code in _OF_THE_ADDRESS else "failed"
            due_in = retry_in(sent.channel, outcome, sent.attempts)
            values |= {"status": "pending", "health": health, "due_in": due_in}
        case Answer.UNKNOWN:
            check_in = timedelta(seconds=queries.FIRST_CHECK_S)
            values |= {"status": "unknown", "health": "failed", "check_in": check_in}
        case Answer.CONFIGURATION:
            values |= {"status": "pending", "health": "stopped" if sent.outcome else "", "back": 1}
        case Answer.PERMANENT if outcome.code == "too-late":
            values |= {"status": "expired", "health": ""}
        case Answer.PERMANENT:
            values |= {"status": "failed", "health": "" if outcome.code in OURS else "well"}
    return row | values


def _begun(row: Any) -> Begun:
    zone, from_minute, until_minute, due_at, now = row[20:25]
    moment = Moment(due_at, now, zone, QuietHours(from_minute, until_minute))
    return Begun(row[0], outgoing(row[1:20]), moment, row[25])


def _settled(row: Any) -> Settled:
    return Settled(row[0], row[1], channel_state(row[2:8]))
