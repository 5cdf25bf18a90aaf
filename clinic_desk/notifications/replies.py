"""Reads what patients write back and does what they clearly mean; everything else waits for a person at a desk.

There is no web server to be called: the provider's list is read again and again, for the last two days, and each
message in it is dealt with once, in one transaction whose operation id follows from the provider's own id. So desks may
poll at the same time, and a crash between any two steps loses nothing and repeats nothing.

Words are commands only when they stand alone, as with the provider itself. Two of them are ambiguous:

* CANCEL, END and QUIT belong to the provider's STOP family: it blocks the number whatever was meant. So they opt out
  here too; but whoever writes CANCEL may mean the appointment, so that one stays open for a desk as well.
* YES belongs to the provider's START family: it lifts a block, if there is one. Here it is first of all a yes to the
  appointment; where the number had opted out, it opts in again, as it did at the provider.

A yes, or a no, may as well be an answer to a free time that was offered: `domain.asking.sense_of` says which. It is
written down here and carried out by whoever works the queue; a yes to what is gone is answered, and left to a desk too.
"""

from __future__ import annotations

import logging
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID, uuid5

from clinic_desk.database.failures import DatabaseFault
from clinic_desk.database.queries import inbox as queries_inbox
from clinic_desk.database.queries import offer_replies as queries_offer_replies
from clinic_desk.database.queries.desks import database_now
from clinic_desk.domain.asking import Heard as Offered
from clinic_desk.domain.asking import Sense, Word, sense_of
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Heard, Inbound
from clinic_desk.errors import Refused
from clinic_desk.notifications import offering

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.notifications.providers import Sender

Meaning = Literal["confirm", "decline", "stop", "start", "other"]

WINDOW: Final = timedelta(days=2)
TOLERANCE: Final = timedelta(minutes=2)
"""By how much the provider's clock and the database's may differ."""

_OPERATIONS: Final = UUID("7d1b6f6e-51a5-5a3c-9f63-6b1f1c0d9a10")
_LONGEST: Final = 4000
_STOP: Final = frozenset({"stop", "stopall", "unsubscribe", "end", "quit", "revoke", "optout", "cancel"})
_STOP_ELSEWHERE: Final = frozenset({"stopp", "abmelden", "baja", "arret", "arrete", "arrett", "desabonner"})
"""The same wish in the other languages of the default texts; the provider may not know these words, so we must."""
_CANCEL: Final = frozenset({"cancel"})
_START: Final = frozenset({"start", "unstop"})
_YES: Final = frozenset({"yes"})
_CONFIRM: Final = frozenset({
    "c", "y", "yes", "ok", "okay", "confirm", "confirmed",
    "ja", "j", "bestatigt", "bestatige", "si", "confirmo", "oui", "confirme",
})  # fmt: skip
_CONFIRM_ONLY: Final = frozenset({"c", "confirm", "confirmed", "bestatigt", "bestatige", "confirmo", "confirme"})
"""What a reminder asks for and an offer does not."""
_NO: Final = frozenset({"n", "no", "nein", "non"})
_log = logging.getLogger(__name__)


def poll_replies(
    db: Database, sender: Sender, *, window: timedelta = WINDOW, stop: Callable[[], bool] = lambda: False
) -> int:
    """Deal with all that came in since `window` ago and is not known yet; return how many that were.

    `db` is the worker's. Raises ProviderDown when the provider cannot be read, DatabaseDown and Busy; doing it again
    later is always right.
    """
    with db.reading() as connection:
        since = database_now(connection) - window
    heard = sender.heard(since)
    with db.reading() as connection:
        known = queries_inbox.known(connection, [each.provider_id for each in heard])
    new = [each for each in heard if each.provider_id not in known]
    count = 0
    for each in sorted(new, key=lambda each: each.received_at):
        if stop():
            break
        try:
            count += _deal_with(db, sender.channel, each)
        except (Refused, DatabaseFault, ValueError) as error:  # one that cannot be kept must not stop the others
            _log.error("A reply could not be kept: %s", type(error).__name__)
    return count


def meaning_of(body: str) -> Meaning:
    """Return what a reply means when it is one of the known words alone (signs, case and accents do not matter)."""
    word = _word(body)
    if word in _STOP or word in _STOP_ELSEWHERE:
        return "stop"
    if word in _START:
        return "start"
    return "confirm" if word in _CONFIRM else "other"


def _word(body: str) -> str:
    spelled = unicodedata.normalize("NFKD", body.casefold())
    return "".join(char for char in spelled if char.isalnum()) if len(body.split()) == 1 else ""


def _deal_with(db: Database, channel: str, heard: Heard) -> bool:
    """Keep one message and do what it means, in one transaction; False if another desk did."""
    operation = uuid5(_OPERATIONS, f"{channel}:{heard.provider_id}")
    message = Inbound(
        id=new_id(),
        channel=channel,  # type: ignore[arg-type]
        provider_id=heard.provider_id,
        sender=_storable(heard.sender)[:100],
        body=_storable(heard.body)[:_LONGEST],
        received_at=heard.received_at,
        meaning=meaning_of(heard.body),
        status="open",
    )
    return db.changing(operation, "reply", lambda connection: _carry_out(connection, message), lambda _: False)


def _carry_out(connection: Connection, message: Inbound) -> bool:
    if queries_inbox.known(connection, [message.provider_id]):
        return False
    found = _answer_to_offer(connection, message) or _understood(connection, message)
    if found.accepted is not None and not queries_inbox.accept(connection, found.accepted):
        found = replace(found, done=False)  # moved or cancelled at this very moment: somebody has to look
    patients = queries_inbox.patients_of(connection, message.sender)
    kept = replace(
        message,
        meaning=found.meaning,
        status="done" if found.done else "open",
        appointment_id=found.accepted,
        patient_id=found.patient_id or (patients[0] if len(patients) == 1 else None),
    )
    is_kept = queries_inbox.keep(connection, kept)
    if found.taken is not None and not queries_offer_replies.say_yes(connection, found.taken, message.id):
        _tell_gone(connection, found.taken, message.id)  # withdrawn at this very moment
    return is_kept


@dataclass(frozen=True, slots=True)
class _Understood:
    """What a reply comes to. `done`: nobody has to look at it. `accepted`: the appointment it says yes to.

    `taken`: the offer it says yes to.
    """

    meaning: Meaning
    done: bool
    accepted: UUID | None = None
    patient_id: UUID | None = None
    taken: Offered | None = None


def _answer_to_offer(connection: Connection, message: Inbound) -> _Understood | None:
    """Return what a reply is to a time that was offered, having noted a no; None if it is none to an offer."""
    word = _word_to_offer(message.body)
    if word is None:
        return None
    before = message.received_at + TOLERANCE
    offers = queries_offer_replies.offered(connection, message.sender, before)
    if not offers:
        return None
    told = queries_inbox.asked(connection, message.sender, before)
    request = next((each.told_at for each in told if each.open), None)
    last_told = told[0].told_at if told else None
    sense, about = sense_of(word, offers, last_told=last_told, last_request=request, at=message.received_at)
    if sense is Sense.ELSE:
        return None
    if _word(message.body) in _YES:
        queries_inbox.opt_in(connection, message.channel, message.sender)
    done = sense in {Sense.TAKES, Sense.AGAIN}
    if sense is Sense.DECLINES and about is not None:
        done = queries_offer_replies.decline(connection, [about.asking_id])
    elif sense is Sense.LATE and about is not None:
        offering.tell_gone(connection, about.asking_id)
    return _Understood(
        "decline" if word == "no" else "confirm",
        done=done,
        patient_id=None if about is None else about.patient_id,
        taken=about if sense is Sense.TAKES else None,
    )


def _word_to_offer(body: str) -> Word | None:
    word = _word(body)
    if word in _CONFIRM_ONLY:
        return "confirm"
    if word in _CONFIRM:
        return "yes"
    return "no" if word in _NO else None


def _tell_gone(connection: Connection, offer: Offered, reply_id: UUID) -> None:
    offering.tell_gone(connection, offer.asking_id)
    queries_offer_replies.file_reply(connection, reply_id, None, done=False)


def _understood(connection: Connection, message: Inbound) -> _Understood:
    """Return what is meant, having opted out or in where that is it."""
    word = _word(message.body)
    if message.meaning == "stop":
        offers = queries_offer_replies.offered(connection, message.sender, message.received_at + TOLERANCE)
        queries_offer_replies.decline(connection, [each.asking_id for each in offers], "opted-out")
        queries_inbox.opt_out(connection, new_id(), message.channel, message.sender, word.upper())
        return _Understood("stop", done=word not in _CANCEL)
    if message.meaning == "start":
        queries_inbox.opt_in(connection, message.channel, message.sender)
        return _Understood("start", done=True)
    if message.meaning == "other":
        return _Understood("other", done=False)
    opted_in = word in _YES and queries_inbox.opt_in(connection, message.channel, message.sender)
    request = _the_request(connection, message.sender, message.received_at)
    if request is not None:
        return _Understood("confirm", done=True, accepted=request.appointment_id, patient_id=request.patient_id)
    return _Understood("start" if opted_in else "confirm", done=opted_in)


def _the_request(connection: Connection, number: str, received_at: datetime) -> queries_inbox.Asked | None:
    """Return the one appointment that a yes can mean; None if it could be several, or none.

    Only one may wait for an answer, and the last message that went to the number must have been about it: a yes after
    "your other appointment is cancelled" is no yes to this one.
    """
    told = queries_inbox.asked(connection, number, received_at + TOLERANCE)
    waiting = [each for each in told if each.open]
    return waiting[0] if len(waiting) == 1 and told[0].open else None


def _storable(text: str) -> str:
    """PostgreSQL keeps neither NUL nor halves of pairs."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
