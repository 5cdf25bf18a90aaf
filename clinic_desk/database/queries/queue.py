"""The statements of the message queue: claim, begin, settle, recover, and what asks providers afterwards.

Each is one statement, and one transaction (`database.stepping`). Times are the database's alone. What an index cannot
answer with a volatile function it can with a value: hence `(SELECT now FROM clock)` in the conditions.
Every write names what it believes of its row (status, lease owner, attempts): zero rows mean that the lease was lost.
"""

# ruff: noqa: S608 - the statements are made of constants of these modules only

from __future__ import annotations

from typing import Final

from clinic_desk.database.queries.prepared import prepared
from clinic_desk.database.queries.told import (
    DATES_HOLD,
    LIST_GREW,
    LISTED_AT,
    MAY_HAVE_GONE,
    OFFER_OVER,
    OFFERED_AT,
)

LEASE_S: Final = 60
"""At least three times as long as a provider may take for one message (20 s)."""
BATCH: Final = 10
HORIZON_S: Final = 0.9
"""A message whose turn comes within this time, by the rate limit, is claimed now and waited for."""
MOST_ATTEMPTS: Final = 8
FAILURES_TO_PAUSE: Final = 5
FIRST_CHECK_S: Final = 60
"""A message of unknown outcome is first looked for so long after: a slow provider has it in its list by then."""

SAYINGS: Final = {
    "too-late": "its time had passed before it could leave",
    "appointment-gone": "the appointment it speaks of is not booked any more",
    "patient-changed": "the appointment was given to another patient",
    "superseded": "the appointment is not as this message says any more",
    "dates-changed": "some of the dates it names were changed before it could leave",
    "list-changed": "the appointments that it lists were changed before it could leave",
    "offer-over": "the time is not offered any more",
    "opted-out": "the recipient wants no messages",
    "no-address": "the patient has no address for this channel",
    "unusable-address": "the provider cannot reach this address",
    "lease-lost": "the program that was sending it ended or fell silent: it may have gone",
    "gave-up": "every attempt failed; the last",
}
"""Sentences to the codes that the queue itself gives a message."""
NOT_SURE: Final = "it may have gone: an answer of the mail server was lost"


def _saying(code: str) -> str:
    return f"CASE {code} " + " ".join(f"WHEN '{each}' THEN '{text}'" for each, text in SAYINGS.items()) + " ELSE '' END"


_CLOCK: Final = "clock AS MATERIALIZED (SELECT clock_timestamp() AS now)"
_NOW: Final = "(SELECT now FROM clock)"
_LEASE: Final = f"{_NOW} + INTERVAL '{LEASE_S} seconds'"

# What a claim may lose in a crash of the server is nothing but the claim.
UNHURRIED: Final = "SELECT set_config('synchronous_commit', 'off', true)"

# A statement of its own: what the next one reads of the channels cannot change before COMMIT, so that all workers
# together keep the rate, and of a pausing channel one alone tries.
LOCK_CHANNELS: Final = prepared(
    "queue_lock_channels",
    "SELECT channel FROM message_channel WHERE channel = ANY (%(channels)s::text[]) ORDER BY channel FOR UPDATE",
    {},
)


def _source(rank: int, condition: str, order: str) -> str:
    return f"""
        SELECT * FROM (
            SELECT {rank} AS rank, id, due_at FROM notification WHERE channel = o.channel AND {condition}
            ORDER BY {order} LIMIT o.slots FOR UPDATE SKIP LOCKED) AS s{rank}"""


# The slots of a channel are the moments at which the rate allows a message within the horizon. The sources of a channel
# are read one after the other and only as far as there are slots: what answers somebody goes before reminders.
CLAIM: Final = prepared(
    "queue_claim",
    f"""
WITH {_CLOCK},
open AS MATERIALIZED (
    SELECT m.channel, m.state = 'pausing' AS probe, greatest(m.next_send_at, c.now) AS first, r.apart,
           CASE WHEN m.state = 'pausing' THEN 1 ELSE least({BATCH}, 1 + floor(
               extract(epoch FROM c.now + INTERVAL '{HORIZON_S} seconds' - greatest(m.next_send_at, c.now))
               / extract(epoch FROM r.apart)))::int END AS slots
    FROM clock c CROSS JOIN messaging s CROSS JOIN message_channel m CROSS JOIN LATERAL (
        SELECT INTERVAL '1 minute' / CASE m.channel WHEN 'email' THEN s.email_per_minute ELSE s.sms_per_minute END
            AS apart) AS r
    WHERE m.channel = ANY (%(channels)s::text[]) AND m.next_send_at < c.now + INTERVAL '{HORIZON_S} seconds'
      AND (m.state = 'working' OR (m.state = 'pausing' AND m.resume_at <= c.now))),
due AS MATERIALIZED (
    SELECT d.id, o.channel, row_number() OVER (PARTITION BY o.channel ORDER BY d.rank, d.due_at, d.id) - 1 AS place
    FROM open o CROSS JOIN LATERAL (SELECT * FROM (
        {_source(0, f"status = 'leased' AND lease_until <= {_NOW}", "lease_until")}
        UNION ALL {_source(1, f"status = 'pending' AND kind <> 'reminder' AND due_at <= {_NOW}", "due_at")}
        UNION ALL {_source(2, f"status = 'pending' AND kind = 'reminder' AND due_at <= {_NOW}", "due_at")}
    ) AS found LIMIT o.slots) AS d),
taken AS MATERIALIZED (SELECT * FROM due ORDER BY place, channel LIMIT {BATCH}),
claimed AS (
    UPDATE notification SET status = 'leased', lease_owner = %(owner)s, lease_until = {_LEASE}
    WHERE id = ANY (ARRAY(SELECT id FROM taken))
    RETURNING id, attempts),
moved AS (
    UPDATE message_channel m SET next_send_at = o.first + o.apart * t.number,
        resume_at = CASE WHEN o.probe THEN {_LEASE} ELSE m.resume_at END
    FROM open o JOIN (SELECT channel, count(*) AS number FROM taken GROUP BY channel) AS t USING (channel)
    WHERE m.channel = o.channel)
SELECT c.id, c.attempts, t.channel, o.probe, extract(epoch FROM o.first + o.apart * t.place - {_NOW})::float8
FROM claimed c JOIN taken t USING (id) JOIN open o ON o.channel = t.channel ORDER BY t.place, t.channel
""",
    {"owner": "text"},
)

_MINUTE: Final = "extract(hour FROM l.local) * 60 + extract(minute FROM l.local)"


def outgoing(recipient: str) -> str:
    """Return the columns of a message; `recipient`: where it goes (of a restricted patient the row does not say)."""
    return f"""n.id, n.kind, n.channel, {recipient}, n.subject, n.body, n.language, n.created_at, n.not_after,
    n.attempts, n.sending_started_at, n.appointment_id, coalesce(n.appointment_version, 0)"""


# What speaks against sending is looked at in the very transaction that says "this is being sent now". The desks void
# what is leased in the transaction of their change: whichever comes second sees the other (the row itself is the lock).
# A message names the start of its appointment as its own end, so that a change of anything else does not void it.
BEGIN: Final = prepared(
    "queue_begin",
    f"""
WITH {_CLOCK},
looked AS MATERIALIZED (
    SELECT n.id, e.address, k.state AS noted,
        a.starts_at, a.ends_at, a.zone, t.address AS place, t.name, t.phone, t.zone AS site_zone,
        s.quiet_from_minute, s.quiet_until_minute,
        m.state = 'working' AND m.failures = 0 AS well,
        CASE
            WHEN n.not_after <= c.now THEN 'too-late'
            WHEN n.kind = 'appointment-list' AND (h.code <> '' OR EXISTS ({LIST_GREW})) THEN 'list-changed'
            WHEN n.dates IS NOT NULL AND h.code <> '' THEN h.code
            WHEN n.kind IN ('confirmation', 'rescheduled', 'reminder') AND a.status <> 'booked' THEN 'appointment-gone'
            WHEN n.kind IN ('confirmation', 'rescheduled', 'reminder')
                AND a.patient_id NOT IN (p.id, coalesce(p.merged_into_id, p.id)) THEN 'patient-changed'
            WHEN n.kind IN ('confirmation', 'rescheduled', 'reminder')
                AND a.version IS DISTINCT FROM n.appointment_version AND a.starts_at <> n.not_after THEN 'superseded'
            WHEN n.kind = 'cancelled' AND a.occupies AND a.patient_id IN (p.id, p.merged_into_id) THEN 'superseded'
            WHEN n.kind = 'waitlist-offer' AND EXISTS ({OFFER_OVER}) THEN 'offer-over'
            WHEN coalesce(q.channel, p.channel) = 'none' OR k.state = 'opted-out' THEN 'opted-out'
            WHEN e.address = '' THEN 'no-address'
            WHEN k.state = 'unusable' THEN 'unusable-address'
            WHEN m.state = 'stopped' OR (m.state = 'pausing' AND m.resume_at > c.now AND NOT %(probe)s) THEN 'channel'
            WHEN n.kind IN ('reminder', 'waitlist-offer') AND n.error_code <> 'send-now'
                AND mod(s.quiet_from_minute, 1440) <> mod(s.quiet_until_minute, 1440) AND CASE
                WHEN s.quiet_from_minute <= s.quiet_until_minute
                THEN {_MINUTE} >= s.quiet_from_minute AND {_MINUTE} < s.quiet_until_minute
                ELSE {_MINUTE} >= s.quiet_from_minute OR {_MINUTE} < s.quiet_until_minute END THEN 'quiet-hours'
            ELSE '' END AS verdict
    FROM notification n CROSS JOIN clock c CROSS JOIN messaging s
    JOIN patient p ON p.id = n.patient_id
    LEFT JOIN patient q ON q.id = p.merged_into_id
    JOIN message_channel m ON m.channel = n.channel
    LEFT JOIN appointment a ON a.id = n.appointment_id
    LEFT JOIN site t ON t.id = CASE n.kind WHEN 'waitlist-offer' THEN ({OFFERED_AT})
        WHEN 'appointment-list' THEN ({LISTED_AT}) ELSE a.site_id END
    CROSS JOIN LATERAL (SELECT CASE
        WHEN coalesce(q.restricted, p.restricted) THEN closed_address(coalesce(q.id, p.id), n.channel)
        WHEN n.channel = 'email' THEN coalesce(q.email, p.email) ELSE coalesce(q.phone, p.phone) END AS address) AS e
    CROSS JOIN LATERAL (SELECT c.now AT TIME ZONE coalesce(t.zone, 'UTC') AS local) AS l
    CROSS JOIN LATERAL ({DATES_HOLD}) AS h
    LEFT JOIN contact_note k ON k.channel = n.channel AND k.address = lower(e.address)
    WHERE n.id = %(next)s::uuid)
UPDATE notification n SET
    status = CASE WHEN w.verdict = '' THEN 'sending' WHEN w.verdict = 'quiet-hours' THEN 'leased'
                  WHEN w.verdict = 'channel' THEN 'pending'
                  WHEN w.verdict IN ('too-late', 'dates-changed', 'list-changed') AND {MAY_HAVE_GONE} THEN 'unknown'
                  WHEN w.verdict = 'too-late' THEN 'expired'
                  WHEN w.verdict IN ('no-address', 'unusable-address', 'dates-changed') THEN 'failed'
                  -- Who answered STOP is to be reached otherwise; who wants nothing at all is let be.
                  WHEN w.verdict = 'opted-out' AND w.noted = 'opted-out' THEN 'failed' ELSE 'cancelled' END,
    attempts = n.attempts + (w.verdict = '')::int,
    lease_owner = CASE WHEN w.verdict IN ('', 'quiet-hours') THEN n.lease_owner END,
    lease_until = CASE WHEN w.verdict IN ('', 'quiet-hours') THEN {_LEASE} END,
    sending_started_at = CASE WHEN w.verdict = '' THEN {_NOW} ELSE n.sending_started_at END,
    recipient = CASE WHEN w.verdict = '' THEN w.address ELSE n.recipient END,
    error_code = CASE WHEN w.verdict IN ('', 'quiet-hours', 'channel') THEN n.error_code ELSE w.verdict END,
    last_error = CASE WHEN w.verdict IN ('', 'quiet-hours', 'channel') THEN n.last_error
                      WHEN w.verdict IN ('too-late', 'dates-changed', 'list-changed') AND {MAY_HAVE_GONE}
                      THEN '{NOT_SURE}'
                      ELSE {_saying("w.verdict")} END
FROM looked w
WHERE n.id = w.id AND n.status = 'leased' AND n.lease_owner = %(by)s AND n.attempts = %(before)s
RETURNING w.verdict, {outgoing("w.address")}, w.starts_at, w.ends_at, coalesce(w.zone, 'UTC'), coalesce(w.place, ''),
    coalesce(w.name, ''), coalesce(w.phone, ''), coalesce(w.site_zone, 'UTC'), w.quiet_from_minute,
    w.quiet_until_minute, n.due_at, {_NOW}, w.well
""",
    {"probe": "bool", "by": "text", "before": "int"},
)

# One channel's circuit breaker: `well` and `failed` is what the outcome says of it, `stopped` what of its settings.
# A channel that pauses is tried with one message at `resume_at`, and pauses twice as long if that fails.
_PAUSES: Final = f"(m.state = 'pausing' OR m.failures + 1 >= {FAILURES_TO_PAUSE})"
_BREAKER: Final = f"""
breaker AS (
    UPDATE message_channel m SET
        failures = CASE %(health)s WHEN 'failed' THEN m.failures + 1 ELSE 0 END,
        state = CASE WHEN %(health)s = 'stopped' THEN 'stopped' WHEN %(health)s = 'well' THEN 'working'
                     WHEN {_PAUSES} THEN 'pausing' ELSE m.state END,
        resume_at = CASE WHEN %(health)s = 'failed' AND {_PAUSES} THEN {_NOW} + %(pause)s::interval
                         * (2 ^ least(greatest(m.failures + 1 - {FAILURES_TO_PAUSE}, 0), 4)) END,
        code = CASE WHEN %(health)s = 'stopped' OR (%(health)s = 'failed' AND {_PAUSES}) THEN %(code)s ELSE '' END,
        reason = CASE WHEN %(health)s = 'stopped' OR (%(health)s = 'failed' AND {_PAUSES}) THEN %(error)s ELSE '' END,
        since = CASE WHEN %(health)s = 'stopped' OR (%(health)s = 'well' AND m.state <> 'working')
                     OR (%(health)s = 'failed' AND m.failures + 1 = {FAILURES_TO_PAUSE}) THEN {_NOW} ELSE m.since END
    FROM settled d
    WHERE m.channel = d.channel AND m.state <> 'stopped'
      AND (%(health)s IN ('failed', 'stopped') OR (%(health)s = 'well' AND (m.failures > 0 OR m.state <> 'working')))
    RETURNING m.channel, m.state, m.code, m.reason, m.since, m.resume_at)
"""

_OWN: Final = """n.id = %(id)s::uuid AND n.status = 'sending' AND n.lease_owner = %(owner)s
    AND n.attempts = %(attempts)s"""
# A try that would come after the message's own end, or be one too many, is not made.
_OVER: Final = f"""(n.attempts - %(back)s >= {MOST_ATTEMPTS}
    OR (n.not_after IS NOT NULL AND {_NOW} + %(due_in)s::interval >= n.not_after))"""
SETTLE: Final = prepared(
    "queue_settle",
    f"""
WITH {_CLOCK},
settled AS (
    UPDATE notification n SET
        status = CASE WHEN %(status)s = 'pending' AND %(back)s = 0 AND {_OVER}
                      THEN CASE WHEN {MAY_HAVE_GONE} THEN 'unknown' ELSE 'failed' END ELSE %(status)s END,
        error_code = CASE WHEN %(status)s = 'pending' AND %(back)s = 0 AND {_OVER} THEN 'gave-up' ELSE %(code)s END,
        last_error = CASE WHEN %(status)s = 'pending' AND %(back)s = 0 AND {_OVER}
                          THEN CASE WHEN {MAY_HAVE_GONE} THEN '{NOT_SURE}'
                                    ELSE '{SAYINGS["gave-up"]}: ' || %(error)s END ELSE %(error)s END,
        attempts = n.attempts - %(back)s, lease_owner = NULL, lease_until = NULL,
        provider_id = coalesce(%(provider_id)s, n.provider_id),
        sent_at = CASE WHEN %(status)s = 'sent' THEN {_NOW} ELSE n.sent_at END,
        due_at = coalesce({_NOW} + %(due_in)s::interval, n.due_at),
        check_at = {_NOW} + %(check_in)s::interval, checks = 0
    WHERE {_OWN}
    RETURNING n.channel, n.status, n.appointment_id),
{_BREAKER}
SELECT d.status, d.appointment_id, b.channel, b.state, b.code, b.reason, b.since, b.resume_at
FROM settled d LEFT JOIN breaker b ON true
""",
    {
        "health": "text",
        "pause": "interval",
        "code": "text",
        "error": "text",
        "status": "text",
        "back": "int",
        "provider_id": "text",
        "due_in": "interval",
        "check_in": "interval",
        "owner": "text",
        "attempts": "int",
    },
)

# The same for what nearly all end with: it was sent, and its channel was well before. Half the work of the server.
SETTLE_SENT: Final = prepared(
    "queue_settle_sent",
    f"""
UPDATE notification n SET
    status = 'sent', error_code = '', last_error = '', lease_owner = NULL, lease_until = NULL,
    provider_id = coalesce(%(provider_id)s, n.provider_id), sent_at = statement_timestamp(),
    check_at = statement_timestamp() + %(check_in)s::interval, checks = 0
WHERE {_OWN}
RETURNING n.status, n.appointment_id, NULL, NULL, NULL, NULL, NULL, NULL
""",
    {"provider_id": "text", "check_in": "interval", "owner": "text", "attempts": "int"},
)

NOTE: Final = prepared(
    "queue_note",
    """
INSERT INTO contact_note AS k (id, channel, address, state, source, reason)
VALUES (%(note)s::uuid, %(channel)s, lower(%(address)s), %(state)s, 'provider', %(reason)s)
ON CONFLICT (channel, address) DO UPDATE SET state = excluded.state, source = excluded.source, reason = excluded.reason
WHERE k.state <> 'opted-out' AND (k.state, k.reason) IS DISTINCT FROM (excluded.state, excluded.reason)
""",
    {"channel": "text", "address": "text", "state": "text", "reason": "text"},
)

# Claimed and not begun: another time, or at once by whoever is there.
PUT_BACK: Final = prepared(
    "queue_put_back",
    f"""
WITH {_CLOCK}
UPDATE notification SET lease_owner = NULL, lease_until = NULL,
    status = CASE WHEN %(due_at)s IS NULL THEN 'failed' ELSE 'pending' END,
    due_at = coalesce(greatest(%(due_at)s, {_NOW} + INTERVAL '1 minute'), due_at),
    error_code = 'quiet-hours',
    last_error = CASE WHEN %(due_at)s IS NULL THEN 'no time outside the quiet hours was left for it'
                      ELSE 'it waits for the end of the quiet hours' END
WHERE id = %(id)s::uuid AND status = 'leased' AND lease_owner = %(owner)s AND attempts = %(attempts)s
RETURNING appointment_id
""",
    {"due_at": "timestamptz", "owner": "text", "attempts": "int"},
)
# What this program cannot even begin is not tried for ever.
FAIL: Final = prepared(
    "queue_fail",
    """
UPDATE notification SET status = 'failed', lease_owner = NULL, lease_until = NULL, error_code = 'bug',
    last_error = 'the program failed before it was sent'
WHERE id = %(id)s::uuid AND status IN ('leased', 'sending') AND lease_owner = %(owner)s
RETURNING appointment_id
""",
    {"owner": "text"},
)
GIVE_BACK: Final = prepared(
    "queue_give_back",
    """
WITH given AS (
    UPDATE notification SET status = 'pending', lease_owner = NULL, lease_until = NULL
    WHERE status = 'leased' AND lease_owner = %(owner)s
      AND (%(ids)s::uuid[] IS NULL OR id = ANY (%(ids)s::uuid[]))
    RETURNING id)
SELECT count(*), CASE WHEN count(*) > 0 AND %(aloud)s THEN pg_notify('clinic_desk_queue', '')::text END FROM given
""",
    {"owner": "text", "ids": "uuid[]", "aloud": "bool"},
)

# Nothing that a lost lease left behind, and nothing whose time has passed, waits longer: whoever is there sees to it.
RECOVER: Final = prepared(
    "queue_recover",
    f"""
WITH {_CLOCK},
stranded AS MATERIALIZED (
    SELECT id FROM notification WHERE status IN ('leased', 'sending') AND lease_until <= {_NOW}
    FOR UPDATE SKIP LOCKED),
late AS MATERIALIZED (
    SELECT id FROM notification WHERE status = 'pending' AND due_at <= {_NOW} AND not_after <= {_NOW}
    FOR UPDATE SKIP LOCKED)
UPDATE notification n SET lease_owner = NULL, lease_until = NULL,
    status = CASE WHEN n.status = 'leased' THEN 'pending' WHEN n.status = 'sending' OR {MAY_HAVE_GONE} THEN 'unknown'
                  ELSE 'expired' END,
    check_at = CASE n.status WHEN 'sending' THEN {_NOW} ELSE n.check_at END,
    checks = CASE n.status WHEN 'sending' THEN 0 ELSE n.checks END,
    error_code = CASE n.status WHEN 'sending' THEN 'lease-lost' WHEN 'pending' THEN 'too-late' ELSE n.error_code END,
    last_error = CASE WHEN n.status = 'sending' THEN '{SAYINGS["lease-lost"]}'
                      WHEN n.status = 'leased' THEN n.last_error
                      WHEN {MAY_HAVE_GONE} THEN '{NOT_SURE}' ELSE '{SAYINGS["too-late"]}' END
WHERE id = ANY (ARRAY(SELECT id FROM stranded UNION ALL SELECT id FROM late))
RETURNING appointment_id
""",
    {},
)

# The seconds until a message of these channels is due and may go, or a lease ends.
NEXT: Final = prepared(
    "queue_next",
    f"""
WITH {_CLOCK}
SELECT extract(epoch FROM least(
    (SELECT min(greatest(d.due_at, m.next_send_at, coalesce(m.resume_at, d.due_at)))
     FROM message_channel m CROSS JOIN LATERAL (
         SELECT due_at FROM notification WHERE status = 'pending' AND channel = m.channel
         ORDER BY due_at LIMIT 1) AS d
     WHERE m.channel = ANY (%(channels)s::text[]) AND m.state <> 'stopped'),
    (SELECT min(lease_until) FROM notification WHERE status IN ('leased', 'sending') AND lease_until IS NOT NULL)
) - {_NOW})::float8
""",
    {},
)

ANNOUNCE: Final = prepared("queue_announce", "SELECT announce_messages(%(appointments)s::uuid[])", {})
