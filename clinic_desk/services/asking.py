"""Offers a free time by message to patients who wait, one after the other: begun at a desk, driven by workers.

The rows say how it stands. Whoever works the queue looks at them again and again (`work`); each step is one transaction
behind the round's row, so that any number of them does each step once, and a crash between two repeats and loses none.
A yes is booked by the same rules as any booking, and the constraint decides who is first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from clinic_desk.database.failures import DatabaseFault, translated
from clinic_desk.database.queries import asking as queries
from clinic_desk.database.queries import offer_replies as queries_offer_replies
from clinic_desk.database.queries.clinic import clinic_record
from clinic_desk.database.queries.messaging import read_messaging
from clinic_desk.database.queries.waiting import waiting_for, wish_by_id
from clinic_desk.domain.asking import (
    AlreadyOffered,
    Asking,
    NobodyAsked,
    Round,
    RoundOver,
    RoundState,
    Standing,
)
from clinic_desk.domain.commands import Update
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.limits import notice_of
from clinic_desk.domain.refusals import NotFound
from clinic_desk.domain.rules import candidate_of_book
from clinic_desk.domain.waiting import Fit, best_for, booking_of
from clinic_desk.domain.waiting_gap import starts_in
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import NotAllowed, Refused
from clinic_desk.notifications import offering
from clinic_desk.services.booking_steps import book_in, update_in
from clinic_desk.services.slots import day_as_it_is

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.asking import AskNext, StartOffers, WithdrawOffers
    from clinic_desk.domain.records import Clinic
    from clinic_desk.domain.waiting import Gap

NO_FIT: Final = "no-fit"


@dataclass(frozen=True, slots=True)
class Worked:
    """What a look at the offers did: steps; whether an answer by SMS is waited for, to be read soon."""

    steps: int
    expects_replies: bool


class _NothingToDo(Exception):
    """Another worker does it, or did."""


# --- at a desk --------------------------------------------------------------------------------------------------------


def rounds(db: Database) -> tuple[Round, ...]:
    """Return what is offered now, and what was in the last hours, the newest first. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return queries.recent_rounds(connection)


def start_offers(db: Database, command: StartOffers) -> Round:
    """Begin to offer a gap by message; the first who can be asked is asked with it.

    Raises AlreadyOffered, NobodyAsked (nothing is stored then), NotAllowed, DatabaseDown, Busy, OutcomeUnknown.
    """
    work = partial(_start, db, command)
    return db.changing(command.operation_id, "StartOffers", work, partial(_standing, command.round_id))


def ask_next(db: Database, command: AskNext) -> Round:
    """Ask the next one now. Raises RoundOver if it is not that one any more who is asked, and as `start_offers`."""
    work = partial(_ask_next_now, db, command)
    return db.changing(command.operation_id, "AskNext", work, partial(_standing, command.round_id))


def withdraw_offers(db: Database, command: WithdrawOffers) -> Round:
    """Offer a gap to nobody any more; nothing is done if it is over already. Raises NotFound and as `start_offers`."""

    def work(connection: Connection) -> Round:
        withdraw_in(connection, command.round_id)
        return _standing(command.round_id, connection)

    return db.changing(command.operation_id, "WithdrawOffers", work, partial(_standing, command.round_id))


def withdraw_in(connection: Connection, round_id: UUID) -> bool:
    """End a round within a transaction that is open; False if it was over already."""
    if not queries.lock_running(connection, round_id):
        return False
    _end(connection, round_id, RoundState.WITHDRAWN, Standing.WITHDRAWN)
    return True


def _start(db: Database, command: StartOffers, connection: Connection) -> Round:
    gap = command.gap
    standing = queries.round_over(connection, gap)
    if standing is not None:
        raise AlreadyOffered(standing)
    look = _look(db, connection, gap)
    chosen = [look.fits[wish_id] for wish_id in command.wish_ids if wish_id in look.fits]
    if not chosen:
        raise NobodyAsked(())
    askings = [
        Asking(new_id(), fit.waiting.wish.id, fit.waiting.patient.id, "", fit.starts_at, fit.ends_at, Standing.QUEUED)
        for fit in chosen
    ]
    minutes = read_messaging(connection).offer_minutes
    queries.insert_round(connection, command.round_id, gap, minutes, askings)
    if not _ask_one(db, connection, _standing(command.round_id, connection), look, at_once=False):
        now = _standing(command.round_id, connection)
        raise NobodyAsked(tuple((one.name, one.reason) for one in now.askings))
    return _standing(command.round_id, connection)


def _ask_next_now(db: Database, command: AskNext, connection: Connection) -> Round:
    is_running = queries.lock_running(connection, command.round_id)
    now = _standing(command.round_id, connection)
    asked = now.asked
    if not is_running or (None if asked is None else asked.id) != command.asking_id:
        raise RoundOver(now)
    if asked is not None:
        queries.settle(connection, asked.id, Standing.DECLINED if command.declined else Standing.LAPSED)
    _go_on(db, connection, command.round_id)
    return _standing(command.round_id, connection)


def _standing(round_id: UUID, connection: Connection) -> Round:
    found = queries.round_by_id(connection, round_id)
    if found is None:
        raise NotFound(what="offer")
    return found


# --- by whoever works the queue ---------------------------------------------------------------------------------------


def work(db: Database, stop: Callable[[], bool] = lambda: False) -> Worked:
    """Do what is to be done about offers now, and close the wishes whose last day is over.

    `db` is the worker's. Raises DatabaseDown and Busy; doing it again later is always right.
    """
    with db.reading() as connection:
        found = queries.to_do(connection)
    if found.expired_wishes:
        db.changing(new_id(), "ExpireWishes", queries.expire_wishes, lambda _connection: 0)
    steps = 0
    for round_id in found.rounds:
        if stop():
            break
        try:
            db.changing(new_id(), "Offers", partial(_step, db, round_id), lambda _connection: None)
        except _NothingToDo:
            continue
        steps += 1
    return Worked(steps, found.expects_replies or steps > 0)


def _step(db: Database, round_id: UUID, connection: Connection) -> None:
    """Carry out a yes; else end an offer that is over, and ask the next one."""
    if not queries.lock_running(connection, round_id, wait=False):
        raise _NothingToDo
    said_yes = queries.yeses(connection, round_id)
    for asking_id in said_yes:
        if _carry_out(db, connection, round_id, asking_id):
            return
    asked = queries.verdict_of(connection, round_id)
    if asked is not None:
        asking_id, state, reason = asked
        if state is None:
            if not said_yes:
                raise _NothingToDo
            return
        queries.settle(connection, asking_id, state, reason)
    _go_on(db, connection, round_id)


def _carry_out(db: Database, connection: Connection, round_id: UUID, asking_id: UUID) -> bool:
    """Book whoever said yes, by the rules; False if her time is gone, which she is told."""
    asking = next(one for one in _standing(round_id, connection).askings if one.id == asking_id)
    try:
        with translated(), connection.begin_nested():
            appointment_id = _book(db, connection, round_id, asking)
    except (Refused, DatabaseFault) as error:
        _tell_lost(connection, asking_id, _why(error))
        return False
    for other in queries.yeses(connection, round_id):
        _tell_lost(connection, other, "taken")
    for other in queries.others_asked(connection, round_id):
        queries.settle(connection, other, Standing.LOST, "taken")
    queries_offer_replies.reply_of(connection, asking_id, appointment_id)
    return True


def _tell_lost(connection: Connection, asking_id: UUID, reason: str) -> None:
    """Write that a yes came to nothing, tell her, and have a desk see what she wrote."""
    reply_id = queries.settle(connection, asking_id, Standing.LOST, reason)
    offering.tell_gone(connection, asking_id)
    if reply_id is not None:
        queries_offer_replies.file_reply(connection, reply_id, None, done=False)


def _why(error: Exception) -> str:
    return "failed" if isinstance(error, DatabaseFault | NotAllowed) else "taken"


def _book(db: Database, connection: Connection, round_id: UUID, asking: Asking) -> UUID:
    waiting, gap = wish_by_id(connection, asking.wish_id), _standing(round_id, connection).gap
    if waiting is None or waiting.wish.closed is not None or waiting.patient.id != asking.patient_id:
        raise NotFound(what="wish")
    minutes = int((asking.ends_at - asking.starts_at).total_seconds() // 60)
    booking = booking_of(Fit(waiting, asking.starts_at, minutes, fills=False, by_name=False), gap).booking
    write = partial(queries.take, connection, asking.id)
    if isinstance(booking, Update):
        return update_in(db, booking, connection, write=write).id
    return book_in(db, booking, candidate_of_book(booking), connection, write=write).id


# --- who is next ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Look:
    """A gap as it is now: whom it fits, by wish; whether any of it is left at all."""

    clinic: Clinic
    fits: Mapping[UUID, Fit]
    now: datetime
    is_free: bool


def _look(db: Database, connection: Connection, gap: Gap) -> _Look:
    """Return whom a gap fits now. Within its transaction the search sees what was settled there."""
    clinic = clinic_record(connection)
    day = local_day(gap.starts_at, gap.zone)
    prepared, now = day_as_it_is(connection, db.desk.id, clinic, gap.practitioner_id, (day, day))
    who = waiting_for(connection, gap.practitioner_id, gap.site_id, (gap.starts_at, gap.ends_at))
    kinds = {kind.id: kind for kind in clinic.types if kind.active and gap.practitioner_id in kind.practitioner_ids}
    starts = starts_in(prepared, gap, now)
    fits = {fit.waiting.wish.id: fit for fit in best_for(gap, who, starts, kinds)}
    return _Look(clinic, fits, now, is_free=any(starts(kind.id, kind.length_minutes) for kind in kinds.values()))


def _go_on(db: Database, connection: Connection, round_id: UUID) -> None:
    """Ask the next one, or end the round."""
    standing = _standing(round_id, connection)
    look = _look(db, connection, standing.gap)
    if not look.is_free:
        _end(connection, round_id, RoundState.LOST, Standing.LOST)
    elif not _ask_one(db, connection, standing, look, at_once=True):
        queries.end_round(connection, round_id, RoundState.OVER)


def _ask_one(db: Database, connection: Connection, standing: Round, look: _Look, *, at_once: bool) -> bool:
    """Ask the first of those who are left whom the time still fits and who can be reached; False if there is none."""
    for asking in standing.queued:
        fit = look.fits.get(asking.wish_id)
        reason = NO_FIT if fit is None else _ask(db, connection, standing, look, (asking, fit), at_once=at_once)
        if not reason:
            return True
        queries.settle(connection, asking.id, Standing.SKIPPED, reason)
    return False


def _ask(
    db: Database, connection: Connection, standing: Round, look: _Look, whom: tuple[Asking, Fit], *, at_once: bool
) -> str:
    asking, fit = whom
    patient, kind = fit.waiting.patient, look.clinic.type(fit.waiting.wish.type_id)
    return offering.ask(
        connection,
        replace(asking, starts_at=fit.starts_at, ends_at=fit.ends_at),
        offering.addressee(connection, patient, look.clinic.site(standing.gap.site_id), db.message_wait_s),
        minutes=standing.minutes,
        notice=timedelta(minutes=notice_of(kind, look.clinic.rules)),
        now=look.now,
        at_once=at_once,
    )


def _end(connection: Connection, round_id: UUID, state: RoundState, of_asked: Standing) -> None:
    for asking_id in queries.others_asked(connection, round_id):
        queries.settle(connection, asking_id, of_asked)
    queries.end_round(connection, round_id, state)
