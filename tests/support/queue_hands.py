"""The steps of the queue as the tests take them, one message at a time."""

from datetime import timedelta
from uuid import UUID

from clinic_desk.database.stepping import Steps
from clinic_desk.domain.messaging import Outcome
from clinic_desk.domain.records import Channel
from clinic_desk.notifications import queue
from clinic_desk.notifications.queue import Begun, Claimed

SMS = (Channel.SMS,)
BOTH = (Channel.EMAIL, Channel.SMS)
ME, OTHER = "me", "other"
MINUTE = timedelta(minutes=1)


def claimed(steps: Steps, owner: str = ME, channels: tuple[Channel, ...] = BOTH) -> list[UUID]:
    return [each.id for each in queue.claim(steps, channels, owner)]


def claim_one(steps: Steps, owner: str = ME) -> Claimed:
    (one,) = queue.claim(steps, BOTH, owner)
    return one


def begin_one(steps: Steps, owner: str = ME) -> Begun:
    begun = queue.begin(steps, claim_one(steps, owner), owner)
    assert begun is not None
    return begun


def settle_one(steps: Steps, outcome: Outcome) -> str:
    settled = queue.settle(steps, begin_one(steps).ended(outcome), ME)
    assert settled is not None
    return settled.status
