"""Writes what a patient who waits is told of a time that is free, or was: who can be asked, until when, in which words.

Within a transaction that is open. An offer keeps the quiet hours and is asked over the patient's own channel; whoever
cannot be reached is not asked, and the reason is kept for the desks.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.database.queries import asking as queries
from clinic_desk.database.queries.desks import database_now
from clinic_desk.database.queries.messaging import contact_notes, message_texts, read_messaging
from clinic_desk.database.queries.sweep import sites
from clinic_desk.database.queries.waiting import wish_by_id
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Kind
from clinic_desk.domain.records import Channel
from clinic_desk.domain.wall import to_wall
from clinic_desk.notifications.planning import Manner, manner_of, way_to
from clinic_desk.notifications.quiet import moment_left
from clinic_desk.notifications.templates import TextKey, Words, words_for
from clinic_desk.notifications.texts import language_of, spoken_date

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.domain.asking import Asking
    from clinic_desk.domain.records import Patient, Site

_logger = logging.getLogger(__name__)

NO_CHANNEL: Final = "no-channel"
TOO_SOON: Final = "too-soon"
UNWRITABLE: Final = "rendering"
_GONE_FOR: Final = timedelta(hours=2)
"""So long it is of use to tell somebody that the time is gone to which she said yes."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """A patient, the site where she is to come, and how the clinic tells its patients."""

    patient: Patient
    site: Site
    manner: Manner


@dataclass(frozen=True, slots=True)
class Window:
    """When a patient is asked, and until when she may answer."""

    asked_at: datetime
    until_at: datetime


def window(now: datetime, waiting: timedelta, minutes: int, latest: datetime, whom: Addressee) -> Window | None:
    """Return when an offer leaves, outside of the quiet hours, and its end; None if that is after `latest`."""
    moment = moment_left(now + waiting, latest, whom.site.zone, whom.manner.quiet, now)
    if moment is None:
        return None
    until = (moment + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    until += timedelta(minutes=until < moment + timedelta(minutes=minutes))  # a whole minute can be told
    return Window(moment, until) if until <= latest else None


def addressee(connection: Connection, patient: Patient, site: Site, wait_s: int | None = None) -> Addressee:
    """Return a patient and how the clinic tells her. `wait_s`: see `Database.message_wait_s`."""
    addresses = {address for address in (patient.phone, patient.email) if address}
    notes = {(note.channel.value, note.address): note.state for note in contact_notes(connection, addresses)}
    manner = manner_of(read_messaging(connection), (), message_texts(connection), notes)
    if wait_s is not None:
        manner = replace(manner, waiting=timedelta(seconds=wait_s))
    return Addressee(patient, site, manner)


def ask(
    connection: Connection,
    asking: Asking,
    whom: Addressee,
    *,
    minutes: int,
    notice: timedelta,
    now: datetime,
    at_once: bool,
) -> str:
    """Ask a patient by message whether she takes her time; return why she cannot be asked, empty if she is.

    `notice`: so long before the start her answer must be there. `at_once`: without the moment in which a desk could
    take it back.
    """
    way = way_to(whom.patient, whom.manner)
    if way is None or way.code:
        return NO_CHANNEL if way is None else way.code
    waiting = timedelta() if at_once else whom.manner.waiting
    when = window(now, waiting, minutes, asking.starts_at - notice, whom)
    if when is None:
        return TOO_SOON
    words = _words(Kind.WAITLIST_OFFER, way.channel, whom, asking.starts_at, _told(when, whom))
    if words is None:
        return UNWRITABLE
    message_id = new_id()
    row = _row(Kind.WAITLIST_OFFER, way.channel, whom, words)
    row |= {
        "id": str(message_id),
        "key": f"offer:{asking.id}:{_place(asking.starts_at, whom)}",
        "due_at": when.asked_at,
        "not_after": when.until_at,
    }
    queries.queue_message(connection, row)
    asked = replace(asking, channel=way.channel, asked_at=when.asked_at, until_at=when.until_at)
    queries.ask(connection, asked, message_id)
    return ""


def tell_gone(connection: Connection, asking_id: UUID) -> None:
    """Tell a patient who said yes that the time is taken; once. She wrote just now: quiet hours do not matter."""
    starts_at, site_id, wish_id = queries.facts_of(connection, asking_id)
    wish = wish_by_id(connection, wish_id)
    if wish is None:
        return
    whom, now = addressee(connection, wish.patient, sites(connection)[site_id]), database_now(connection)
    way = way_to(whom.patient, whom.manner)
    if way is None or way.code:
        return
    words = _words(Kind.WAITLIST_GONE, way.channel, whom, starts_at)
    if words is not None:
        row = _row(Kind.WAITLIST_GONE, way.channel, whom, words)
        row |= {
            "id": str(new_id()),
            "key": f"offer-gone:{asking_id}:{_place(starts_at, whom)}",
            "due_at": now,
            "not_after": now + _GONE_FOR,
        }
        queries.queue_message(connection, row)


def _place(starts_at: datetime, whom: Addressee) -> str:
    """Return time and place as the last part of a message's key says them: the list of messages shows them by it."""
    return f"{int(starts_at.timestamp())}@{whom.site.id}"


def _told(when: Window, whom: Addressee) -> str:
    """Return the end of an offer as it is told: with the date if that is not the day on which she is asked."""
    asked, until = to_wall(when.asked_at, whom.site.zone), to_wall(when.until_at, whom.site.zone)
    clock = f"{until:%H:%M}"
    if asked.date() == until.date():
        return clock
    return f"{spoken_date(until, language_of(whom.patient.language))} {clock}"


def _words(kind: Kind, channel: Channel, whom: Addressee, starts_at: datetime, until: str = "") -> Words | None:
    key, manner = TextKey(kind, channel, whom.patient.language), whom.manner
    try:
        return words_for(key, starts_at, whom.site, manner.texts, answers=manner.answers, until=until)
    except Exception as error:  # one message's trouble must not stop the round
        _logger.error("a %s by %s could not be written: %s", kind, channel, type(error).__name__)
        return None


def _row(kind: Kind, channel: Channel, whom: Addressee, words: Words) -> dict[str, Any]:
    return {
        "patient": str(whom.patient.id),
        "kind": kind.value,
        "channel": channel.value,
        "subject": words.subject,
        "body": words.body,
        "language": words.language,
    }
