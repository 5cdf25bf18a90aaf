"""The statements of offers by message: rounds and who is asked in them, for desks and for the worker."""

# ruff: noqa: S608 - the statements are made of constants of this module only

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.booking import Times
from clinic_desk.domain.asking import GRACE, Asking, Round, RoundState, Standing
from clinic_desk.domain.records import Channel
from clinic_desk.domain.waiting import Gap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Appointment

SHOWN_HOURS: Final = 12
"""So long a round that is over is still shown with what came of it."""

LEFT: Final = "('sending', 'unknown', 'sent', 'delivered')"
"""The states of a message that may have reached the patient."""
_CLOCK: Final = "clock AS MATERIALIZED (SELECT clock_timestamp() AS now)"
_ROUNDS: Final = """
SELECT r.id, r.practitioner_id, r.site_id, s.zone, r.starts_at, r.ends_at, r.answer_minutes, r.state, r.started_at,
    coalesce(t.display_name, r.started_by),
    (SELECT json_agg(json_build_array(o.id, o.wish_id, o.patient_id,
                concat_ws(', ', nullif(p.family_name, ''), nullif(p.given_name, '')), o.starts_at, o.ends_at, o.state,
                o.reason, o.channel, o.asked_at, o.until_at, o.answered_at, o.appointment_id) ORDER BY o.position)
     FROM offer o JOIN patient p ON p.id = o.patient_id WHERE o.round_id = r.id)
FROM offer_round r JOIN site s ON s.id = r.site_id LEFT JOIN staff t ON t.login = r.started_by
"""
_RECENT: Final = f"""{_ROUNDS} WHERE r.state = 'running' OR r.changed_at > now() - make_interval(hours => %(hours)s)
ORDER BY r.started_at DESC, r.id"""
_BY_ID: Final = f"{_ROUNDS} WHERE r.id = %(id)s::uuid"
_OVERLAPPING: Final = f"""{_ROUNDS} WHERE r.state = 'running' AND r.practitioner_id = %(practitioner)s::uuid
AND r.starts_at < %(ends_at)s AND r.ends_at > %(starts_at)s ORDER BY r.started_at LIMIT 1"""
_ONE_AT_A_TIME: Final = (
    "SELECT pg_advisory_xact_lock((4::bigint << 56) + (hashtext(%(practitioner)s)::bigint & 4294967295))"
)
_INSERT_ROUND: Final = """
INSERT INTO offer_round (id, practitioner_id, site_id, starts_at, ends_at, answer_minutes)
VALUES (%(id)s::uuid, %(practitioner)s::uuid, %(site)s::uuid, %(starts_at)s, %(ends_at)s, %(minutes)s)
"""
_INSERT: Final = """
INSERT INTO offer (id, round_id, position, wish_id, patient_id, starts_at, ends_at)
SELECT o.id, %(round)s::uuid, o.position, o.wish_id, o.patient_id, o.starts_at, o.ends_at
FROM json_to_recordset(%(rows)s::json) AS o (
    id uuid, position int, wish_id uuid, patient_id uuid, starts_at timestamptz, ends_at timestamptz)
"""
_LOCK: Final = "SELECT id FROM offer_round WHERE id = %(id)s::uuid AND state = 'running' FOR UPDATE"
_LOCK_OF_WISH: Final = """
SELECT id FROM offer_round WHERE state = 'running' AND id IN (SELECT round_id FROM offer WHERE wish_id = %(wish)s::uuid)
ORDER BY id FOR UPDATE
"""
# Why the one who was asked is not to be asked any longer, as the state she gets and the reason; empty: she may answer.
_VERDICT: Final = f"""
CASE WHEN o.answered_at IS NOT NULL THEN ''
     WHEN w.closed IS NOT NULL THEN 'withdrawn wish-closed'
     WHEN w.patient_id <> o.patient_id OR p.merged_into_id IS NOT NULL THEN 'withdrawn patient-changed'
     WHEN o.starts_at <= c.now THEN 'lost begun'
     WHEN EXISTS (SELECT FROM appointment a WHERE a.practitioner_id = r.practitioner_id AND a.occupies
                    AND a.starts_at > o.starts_at - interval '28 hours' AND a.starts_at < o.ends_at + interval '4 hours'
                    AND a.footprint && tstzrange(o.starts_at, o.ends_at) AND a.id IS DISTINCT FROM w.appointment_id)
     THEN 'lost taken'
     WHEN EXISTS (SELECT FROM time_off f WHERE f.practitioner_id = r.practitioner_id
                    AND f.starts_at < o.ends_at AND f.ends_at > o.starts_at) THEN 'lost not-working'
     WHEN n.status IN ('failed', 'expired', 'cancelled')
     THEN 'skipped ' || coalesce(nullif(n.error_code, ''), 'not-sent')
     WHEN c.now < o.until_at + CASE o.channel
         WHEN 'sms' THEN interval '{int(GRACE.total_seconds())} seconds' ELSE interval '0' END THEN ''
     WHEN n.status NOT IN {LEFT} THEN 'skipped not-sent'
     ELSE 'lapsed ' END
"""
_ASKED: Final = """
offer_round r CROSS JOIN clock c LEFT JOIN offer o ON o.round_id = r.id AND o.state = 'asked'
LEFT JOIN wish w ON w.id = o.wish_id LEFT JOIN patient p ON p.id = o.patient_id
LEFT JOIN notification n ON n.id = o.notification_id
"""
_ANSWERED: Final = """
EXISTS (SELECT FROM offer y WHERE y.round_id = r.id AND y.state IN ('asked', 'lapsed') AND y.answered_at IS NOT NULL)
"""
# Nobody is asked next while somebody at a desk is booking there.
_TO_DO: Final = f"""
WITH {_CLOCK}
SELECT ARRAY(SELECT r.id::text FROM {_ASKED} WHERE r.state = 'running' AND ({_ANSWERED}
    OR CASE WHEN o.id IS NULL THEN NOT EXISTS (
        SELECT FROM hold h WHERE h.practitioner_id = r.practitioner_id AND h.starts_at < r.ends_at
            AND h.ends_at > r.starts_at AND h.expires_at > c.now) ELSE {_VERDICT} <> '' END) ORDER BY r.started_at),
    EXISTS (SELECT FROM offer_round r JOIN offer o ON o.round_id = r.id
            WHERE r.state = 'running' AND o.state = 'asked' AND o.channel = 'sms'),
    EXISTS (SELECT FROM wish x WHERE x.closed IS NULL AND x.until_day < ALL (
        SELECT (now() AT TIME ZONE s.zone)::date FROM site s WHERE x.site_id IS NULL OR s.id = x.site_id))
"""
_VERDICT_OF: Final = (
    f"WITH {_CLOCK} SELECT o.id, {_VERDICT} FROM {_ASKED} WHERE r.id = %(id)s::uuid AND o.id IS NOT NULL"
)
_YESES: Final = """
SELECT id FROM offer WHERE round_id = %(id)s::uuid AND state IN ('asked', 'lapsed') AND answered_at IS NOT NULL
ORDER BY answered_at, position
"""
_SETTLE: Final = """
UPDATE offer SET state = %(state)s, reason = %(reason)s WHERE id = %(id)s::uuid RETURNING notification_id, reply_id
"""
_VOID: Final = """
UPDATE notification SET status = 'cancelled', error_code = 'offer-over', last_error = 'the time is not offered any more'
WHERE id = %(id)s::uuid AND status IN ('pending', 'leased')
"""
_ASK: Final = """
UPDATE offer SET state = 'asked', reason = '', channel = %(channel)s, notification_id = %(message)s::uuid,
    asked_at = %(asked_at)s, until_at = %(until_at)s, starts_at = %(starts_at)s, ends_at = %(ends_at)s
WHERE id = %(id)s::uuid
"""
_QUEUE: Final = """
INSERT INTO notification (id, patient_id, kind, channel, dedupe_key, subject, body, language, due_at, not_after)
VALUES (%(id)s::uuid, %(patient)s::uuid, %(kind)s, %(channel)s, %(key)s, %(subject)s, %(body)s, %(language)s,
        %(due_at)s, %(not_after)s)
ON CONFLICT (dedupe_key) DO NOTHING
"""
_END: Final = "UPDATE offer_round SET state = %(state)s WHERE id = %(id)s::uuid AND state = 'running'"
_TAKE: Final = "SELECT take_offer(%(offer)s::uuid, %(booked)s::uuid, %(room)s::uuid, %(device)s::uuid, %(seen)s)"
_TIMES: Final = "SELECT arrived_at, in_room_at, finished_at FROM appointment WHERE id = %(id)s::uuid"
_MESSAGES: Final = """
INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, subject, body,
                          language, due_at, not_after, status, error_code, last_error, rule_id)
SELECT m.* FROM json_to_recordset(%(messages)s::json) AS m (
    id uuid, appointment_id uuid, appointment_version int, patient_id uuid, kind text, channel text, dedupe_key text,
    subject text, body text, language text, due_at timestamptz, not_after timestamptz, status text, error_code text,
    last_error text, rule_id uuid)
ON CONFLICT (dedupe_key) DO NOTHING
"""
# Booked at a desk: the patient who was asked has her time, or somebody else has.
_TAKEN_AT_DESK: Final = """
UPDATE offer SET state = 'taken', reason = 'at-desk', appointment_id = %(appointment)s::uuid
WHERE wish_id = %(wish)s::uuid AND round_id = ANY (%(rounds)s::uuid[])
  AND state IN ('queued', 'asked', 'lapsed', 'declined', 'skipped')
  AND EXISTS (SELECT FROM offer_round r JOIN appointment a ON a.id = %(appointment)s::uuid
              WHERE r.id = offer.round_id AND a.practitioner_id = r.practitioner_id
                AND a.starts_at < r.ends_at AND a.ends_at > r.starts_at)
RETURNING round_id
"""
_VOID_TAKEN: Final = """
UPDATE notification SET status = 'cancelled', error_code = 'offer-over', last_error = 'the time is not offered any more'
WHERE status IN ('pending', 'leased') AND id IN (SELECT notification_id FROM offer WHERE wish_id = %(wish)s::uuid)
"""
_OTHERS_ASKED: Final = "SELECT id FROM offer WHERE round_id = %(id)s::uuid AND state = 'asked'"
_FACTS: Final = """
SELECT o.starts_at, r.site_id, o.wish_id FROM offer o JOIN offer_round r ON r.id = o.round_id
WHERE o.id = %(id)s::uuid
"""


@dataclass(frozen=True, slots=True)
class ToDo:
    """What is to be done now: rounds in which something happened; whether an answer by SMS is waited for; wishes."""

    rounds: tuple[UUID, ...]
    expects_replies: bool
    expired_wishes: bool


def recent_rounds(connection: Connection) -> tuple[Round, ...]:
    """Return what is offered now, and what was until a short time ago, the newest first."""
    return tuple(map(_round, connection.exec_driver_sql(_RECENT, {"hours": SHOWN_HOURS})))


def round_by_id(connection: Connection, round_id: UUID) -> Round | None:
    """Return a round; None if there is none."""
    row = connection.exec_driver_sql(_BY_ID, {"id": str(round_id)}).first()
    return None if row is None else _round(row)


def round_over(connection: Connection, gap: Gap) -> Round | None:
    """Return the round that offers some of a gap already; none can begin in it before COMMIT."""
    values = {"practitioner": str(gap.practitioner_id), "starts_at": gap.starts_at, "ends_at": gap.ends_at}
    connection.exec_driver_sql(_ONE_AT_A_TIME, values)
    row = connection.exec_driver_sql(_OVERLAPPING, values).first()
    return None if row is None else _round(row)


def insert_round(connection: Connection, round_id: UUID, gap: Gap, minutes: int, askings: Iterable[Asking]) -> None:
    """Write a new round, nobody in it asked yet."""
    values = {
        "id": str(round_id),
        "practitioner": str(gap.practitioner_id),
        "site": str(gap.site_id),
        "starts_at": gap.starts_at,
        "ends_at": gap.ends_at,
        "minutes": minutes,
    }
    connection.exec_driver_sql(_INSERT_ROUND, values)
    rows = [
        {
            "id": str(one.id),
            "position": position,
            "wish_id": str(one.wish_id),
            "patient_id": str(one.patient_id),
            "starts_at": one.starts_at.isoformat(),
            "ends_at": one.ends_at.isoformat(),
        }
        for position, one in enumerate(askings, start=1)
    ]
    connection.exec_driver_sql(_INSERT, {"round": str(round_id), "rows": json.dumps(rows)})


def lock_running(connection: Connection, round_id: UUID, *, wait: bool = True) -> bool:
    """Hold a round that runs; False if it does not, or (without `wait`) somebody else holds it."""
    statement = _LOCK if wait else f"{_LOCK} SKIP LOCKED"
    return connection.exec_driver_sql(statement, {"id": str(round_id)}).first() is not None


def lock_rounds_of(connection: Connection, wish_id: UUID) -> tuple[UUID, ...]:
    """Hold the rounds that run and have this wish in them; before any lock of a booking, as all do."""
    return tuple(connection.exec_driver_sql(_LOCK_OF_WISH, {"wish": str(wish_id)}).scalars())


def to_do(connection: Connection) -> ToDo:
    """Return what is to be done now. One statement."""
    rounds, expects, expired = connection.exec_driver_sql(_TO_DO).one()
    return ToDo(tuple(map(UUID, rounds)), expects, expired)


def expire_wishes(connection: Connection) -> int:
    """Close the wishes whose last day is over; return how many."""
    return int(connection.exec_driver_sql("SELECT expire_wishes()").scalar_one())


def verdict_of(connection: Connection, round_id: UUID) -> tuple[UUID, Standing | None, str] | None:
    """Return who is asked and, if she is not to be any longer, her new state and why; None if nobody is."""
    row = connection.exec_driver_sql(_VERDICT_OF, {"id": str(round_id)}).first()
    if row is None:
        return None
    state, _, reason = row[1].partition(" ")
    return row[0], (Standing(state) if state else None), reason


def yeses(connection: Connection, round_id: UUID) -> tuple[UUID, ...]:
    """Return who said yes and is to be booked, the first first."""
    return tuple(connection.exec_driver_sql(_YESES, {"id": str(round_id)}).scalars())


def settle(connection: Connection, asking_id: UUID, state: Standing, reason: str = "") -> UUID | None:
    """Write how it ended with one patient, and call her message back if it has not left; return her reply's id."""
    values = {"id": str(asking_id), "state": state.value, "reason": reason}
    message_id, reply_id = connection.exec_driver_sql(_SETTLE, values).one()
    if message_id is not None:
        connection.exec_driver_sql(_VOID, {"id": str(message_id)})
    found: UUID | None = reply_id
    return found


def ask(connection: Connection, asking: Asking, message_id: UUID) -> None:
    """Write that a patient is asked by this message, for which visit and until when."""
    values = {
        "id": str(asking.id),
        "channel": asking.channel,
        "message": str(message_id),
        "asked_at": asking.asked_at,
        "until_at": asking.until_at,
        "starts_at": asking.starts_at,
        "ends_at": asking.ends_at,
    }
    connection.exec_driver_sql(_ASK, values)


def queue_message(connection: Connection, values: dict[str, Any]) -> None:
    """Put a message into the queue that is about no appointment."""
    connection.exec_driver_sql(_QUEUE, values)


def end_round(connection: Connection, round_id: UUID, state: RoundState) -> None:
    """Write how a round ended."""
    connection.exec_driver_sql(_END, {"id": str(round_id), "state": state.value})


def take(connection: Connection, asking_id: UUID, row: Appointment, messages: Sequence[dict[str, Any]]) -> Times | None:
    """Book (or move to) the place of an offer that was said yes to, with its messages; None if it is taken."""
    values = {
        "offer": str(asking_id),
        "booked": str(row.id),
        "room": None if row.room_id is None else str(row.room_id),
        "device": None if row.device_id is None else str(row.device_id),
        "seen": row.version - 1,
    }
    if not connection.exec_driver_sql(_TAKE, values).scalar_one():
        return None
    connection.exec_driver_sql(_MESSAGES, {"messages": json.dumps(messages)})
    arrived, in_room, finished = connection.exec_driver_sql(_TIMES, {"id": str(row.id)}).one()
    return arrived, in_room, finished


def taken_at_desk(connection: Connection, wish_id: UUID, rounds: Collection[UUID], appointment_id: UUID) -> None:
    """Write that a patient who waits was booked at a desk into what these rounds, which are held, offer."""
    if not rounds:
        return
    values = {"wish": str(wish_id), "rounds": [str(each) for each in rounds], "appointment": str(appointment_id)}
    for round_id in connection.exec_driver_sql(_TAKEN_AT_DESK, values).scalars().all():
        for other in others_asked(connection, round_id):
            settle(connection, other, Standing.LOST, "taken")
        end_round(connection, round_id, RoundState.TAKEN)
    connection.exec_driver_sql(_VOID_TAKEN, values)


def others_asked(connection: Connection, round_id: UUID) -> tuple[UUID, ...]:
    """Return who is asked in a round now."""
    return tuple(connection.exec_driver_sql(_OTHERS_ASKED, {"id": str(round_id)}).scalars())


def facts_of(connection: Connection, asking_id: UUID) -> tuple[datetime, UUID, UUID]:
    """Return the start that a patient was offered, the site, and her wish."""
    starts_at, site_id, wish_id = connection.exec_driver_sql(_FACTS, {"id": str(asking_id)}).one()
    return starts_at, site_id, wish_id


# --- rows to records --------------------------------------------------------------------------------------------------


def _round(row: Sequence[Any]) -> Round:
    round_id, practitioner_id, site_id, zone, starts_at, ends_at, minutes, state, started_at, by, askings = row
    gap = Gap(practitioner_id, site_id, zone, starts_at, ends_at)
    return Round(
        round_id, gap, minutes, RoundState(state), started_at, by, tuple(_asking(*one) for one in askings or ())
    )


def _asking(row_id: str, wish_id: str, patient_id: str, name: str, *rest: Any) -> Asking:
    starts_at, ends_at, state, reason, channel, asked_at, until_at, answered_at, appointment_id = rest
    return Asking(
        UUID(row_id),
        UUID(wish_id),
        UUID(patient_id),
        name,
        datetime.fromisoformat(starts_at),
        datetime.fromisoformat(ends_at),
        Standing(state),
        reason,
        None if channel is None else Channel(channel),
        _instant(asked_at),
        _instant(until_at),
        _instant(answered_at),
        None if appointment_id is None else UUID(appointment_id),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
