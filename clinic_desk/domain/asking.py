"""A free time offered by message to patients who wait, one after the other: its records, and what a reply means. Pure.

A round is one gap and all who are asked in it, in the order in which they are asked. The time is not reserved: whoever
is booked first has it, by the constraint. `until_at` is what the patient was told; what came in by then was in time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Channel
from clinic_desk.domain.waiting import Gap
from clinic_desk.errors import Refused

GRACE: Final = timedelta(minutes=2)
"""So long after its end an offer by SMS still counts as open: replies are read once a minute, and clocks differ."""
CLOSE: Final = timedelta(minutes=2)
"""Of two messages that left so close to each other nobody knows which one was read first."""


class Standing(StrEnum):
    """How it stands with one patient. SKIPPED: she could not be asked. LOST: the time went to somebody else."""

    QUEUED = "queued"
    ASKED = "asked"
    TAKEN = "taken"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    LOST = "lost"
    SKIPPED = "skipped"


class RoundState(StrEnum):
    """How it stands with a gap. OVER: nobody is left to be asked. LOST: it is taken, begun, or not worked any more."""

    RUNNING = "running"
    TAKEN = "taken"
    OVER = "over"
    LOST = "lost"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Asking:
    """One patient of a round, and the visit [starts_at, ends_at) that is hers if she says yes.

    `name`: the patient's, family name first. `asked_at`: when her message is due; `answered_at`: when her yes was read.
    `reason`: why she was not asked, or did not get it.
    """

    id: UUID
    wish_id: UUID
    patient_id: UUID
    name: str
    starts_at: datetime
    ends_at: datetime
    state: Standing
    reason: str = ""
    channel: Channel | None = None
    asked_at: datetime | None = None
    until_at: datetime | None = None
    answered_at: datetime | None = None
    appointment_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """A gap that is offered, and who is asked, in order. `by`: the person who began it."""

    id: UUID
    gap: Gap
    minutes: int
    state: RoundState
    started_at: datetime
    by: str
    askings: tuple[Asking, ...]

    @property
    def asked(self) -> Asking | None:
        """Who may say yes now."""
        return next((one for one in self.askings if one.state is Standing.ASKED), None)

    @property
    def queued(self) -> tuple[Asking, ...]:
        """Who is asked after her."""
        return tuple(one for one in self.askings if one.state is Standing.QUEUED)

    def covers(self, gap: Gap) -> bool:
        """Whether some of a gap is what is offered."""
        mine = self.gap
        same = (mine.practitioner_id, mine.site_id) == (gap.practitioner_id, gap.site_id)
        return same and mine.starts_at < gap.ends_at and gap.starts_at < mine.ends_at


@dataclass(frozen=True, slots=True)
class StartOffers:
    """Offer a gap by message to those whose wishes these are, in this order; the first is asked at once."""

    gap: Gap
    wish_ids: tuple[UUID, ...]
    round_id: UUID = field(default_factory=new_id)
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class AskNext:
    """Wait no longer for the one who was asked (`asking_id`, None: nobody is) and ask the next one now.

    `declined`: she said no, on the phone.
    """

    round_id: UUID
    asking_id: UUID | None
    declined: bool = False
    operation_id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class WithdrawOffers:
    """Offer a gap to nobody any more; a message that has not left is called back."""

    round_id: UUID
    operation_id: UUID = field(default_factory=new_id)


class AlreadyOffered(Refused):
    """This time is being offered by message already: `by` whom, and when it began (`standing`)."""

    def __init__(self, standing: Round) -> None:
        super().__init__("this time is being offered already")
        self.standing = standing


class NobodyAsked(Refused):
    """None of those who wait could be asked by message; `reasons`: (name, why) of each."""

    def __init__(self, reasons: tuple[tuple[str, str], ...]) -> None:
        super().__init__("nobody could be asked by message")
        self.reasons = reasons


class RoundOver(Refused):
    """The round is not as the user saw it: `now` is how it stands."""

    def __init__(self, now: Round) -> None:
        super().__init__("the offers went on meanwhile")
        self.now = now


# --- what a reply means -----------------------------------------------------------------------------------------------

Word = Literal["yes", "confirm", "no"]
"""YES is what an offer asks for, C and its like what a reminder asks for."""


@dataclass(frozen=True, slots=True)
class Heard:
    """An offer that a number was sent, and when. `answered`: it was said yes to. `wish_open`: she still waits.

    `running`: the round goes on; `over`: it ended because nobody was left to be asked.
    """

    asking_id: UUID
    round_id: UUID
    patient_id: UUID
    state: Standing
    told_at: datetime
    until_at: datetime
    answered: bool
    wish_open: bool
    running: bool
    over: bool


class Sense(StrEnum):
    """What a reply is to an offer. ELSE: it is none to an offer. LATE: a yes to what is gone."""

    ELSE = "else"
    TAKES = "takes"
    DECLINES = "declines"
    AGAIN = "again"
    LATE = "late"
    DOUBTFUL = "doubtful"


def sense_of(
    word: Word, offers: tuple[Heard, ...], *, last_told: datetime | None, last_request: datetime | None, at: datetime
) -> tuple[Sense, Heard | None]:
    """Return what a word of a number that was sent offers (the latest first) means, and which offer it is about.

    `last_told`: when the number was last told of an appointment; `last_request`: when last of one that waits to be
    confirmed. What was asked last decides; whatever could be the other as well is for a person to read. `at`: when the
    reply came in.
    """
    if not offers:
        return Sense.ELSE, None
    last = offers[0]
    is_open = last.state is Standing.ASKED and not last.answered
    if last_told is not None and last_told > last.told_at:
        # Only a C answers what was told later; what an offer asked for as well is nobody's guess.
        return (Sense.DOUBTFUL if is_open and word != "confirm" else Sense.ELSE), last
    if sum(one.state is Standing.ASKED and not one.answered for one in offers) > 1:
        return Sense.DOUBTFUL, None
    if last_request is not None and (word == "confirm" or last.told_at - last_request < CLOSE):
        return Sense.DOUBTFUL, last
    if word == "no":
        return (Sense.DECLINES if is_open else Sense.ELSE), last
    return _yes(last, at), last


def _yes(offer: Heard, at: datetime) -> Sense:
    if offer.answered or offer.state is Standing.TAKEN:
        return Sense.AGAIN
    if not offer.wish_open or not (offer.running or offer.over):
        return Sense.LATE
    if offer.state is Standing.ASKED:
        return Sense.TAKES
    if offer.state is Standing.DECLINED and offer.over:
        return Sense.DOUBTFUL  # she thought better of it, and the time may still be free
    # Her time ran out: what was on its way by then counts, and so does a late yes as long as nobody else is asked.
    in_time = offer.state is Standing.LAPSED and (at <= offer.until_at + GRACE or offer.over)
    return Sense.TAKES if in_time else Sense.LATE
