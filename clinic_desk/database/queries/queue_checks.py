"""The statements that find out what became of messages: those of unknown outcome, and those that a provider took.

A row is claimed by moving its next check on, so that nobody else asks meanwhile, and asking again needs no lease.
"""

# ruff: noqa: S608 - the statements are made of constants of these modules only

from __future__ import annotations

from typing import Final

from clinic_desk.database.queries.prepared import prepared
from clinic_desk.database.queries.queue import MOST_ATTEMPTS, NOT_SURE, SAYINGS, outgoing
from clinic_desk.database.queries.told import MAY_HAVE_GONE

_CLOCK: Final = "clock AS MATERIALIZED (SELECT clock_timestamp() AS now)"
_NOW: Final = "(SELECT now FROM clock)"
_RECIPIENT: Final = "coalesce(nullif(n.recipient, ''), closed_recipient(n.id))"

SEARCHES: Final = ("1 minute", "5 minutes", "15 minutes", "1 hour", "6 hours")
"""So long after a search that found out nothing the next one comes; after the last it is a human's."""
POLLS: Final = ("30 seconds", "2 minutes", "10 minutes", "1 hour", "6 hours", "24 hours", "48 hours")
"""So long after it was sent a message's delivery is asked for."""
FIRST_POLL_S: Final = 30


def _intervals(texts: tuple[str, ...]) -> str:
    return "ARRAY[" + ", ".join(f"'{text}'" for text in texts) + "]::interval[]"


NEXT_POLL: Final = f"(SELECT min(n.sent_at + s) FROM unnest({_intervals(POLLS)}) AS s WHERE n.sent_at + s > {_NOW})"

_DUE: Final = f"""
    WHERE id = (
        SELECT id FROM notification WHERE status = '{{status}}' AND check_at <= {_NOW} AND channel IN (
            SELECT channel FROM message_channel WHERE channel = ANY (%(channels)s::text[]) AND state <> 'stopped')
        ORDER BY check_at LIMIT 1 FOR UPDATE SKIP LOCKED)
"""
UNKNOWN: Final = prepared(
    "queue_unknown",
    f"""
WITH {_CLOCK},
n AS (
    UPDATE notification SET check_at = {_NOW} + ({_intervals(SEARCHES)})[checks + 1], checks = checks + 1
    {_DUE.format(status="unknown")}
    RETURNING *)
SELECT n.checks, {outgoing(_RECIPIENT)}, a.starts_at, a.ends_at, coalesce(a.zone, 'UTC'), coalesce(t.address, ''),
       coalesce(t.name, ''), coalesce(t.phone, '')
FROM n LEFT JOIN appointment a ON a.id = n.appointment_id LEFT JOIN site t ON t.id = a.site_id
""",
    {},
)
FOUND: Final = prepared(
    "queue_found",
    f"""
WITH {_CLOCK}
UPDATE notification n SET status = 'sent', provider_id = %(provider_id)s, error_code = '', last_error = '', checks = 0,
    sent_at = coalesce(n.sending_started_at, {_NOW}),
    check_at = CASE WHEN n.channel = 'sms' THEN {_NOW} END
WHERE n.id = %(id)s::uuid AND n.status = 'unknown' AND n.attempts = %(attempts)s AND n.checks = %(checks)s
RETURNING n.appointment_id
""",
    {"provider_id": "text", "attempts": "int", "checks": "int"},
)
# Two messages to one number can have the same words: what stands on another row already is not this one's.
UNCLAIMED: Final = prepared(
    "queue_unclaimed",
    """
SELECT f.provider_id FROM unnest(%(provider_ids)s::text[]) WITH ORDINALITY AS f (provider_id, place)
WHERE NOT EXISTS (SELECT FROM notification o WHERE o.provider_id = f.provider_id AND o.provider_id <> ''
                  AND o.id <> %(id)s::uuid)
ORDER BY f.place LIMIT 1
""",
    {},
)
ABSENT: Final = prepared(
    "queue_absent",
    f"""
WITH {_CLOCK}
UPDATE notification n SET check_at = NULL, checks = 0, due_at = {_NOW},
    status = CASE WHEN n.not_after > {_NOW} IS NOT FALSE AND n.attempts < {MOST_ATTEMPTS} THEN 'pending'
                  WHEN {MAY_HAVE_GONE} THEN 'unknown' WHEN n.not_after <= {_NOW} THEN 'expired' ELSE 'failed' END,
    error_code = CASE WHEN n.not_after <= {_NOW} THEN 'too-late' WHEN n.attempts >= {MOST_ATTEMPTS} THEN 'gave-up'
                      ELSE 'absent' END,
    last_error = CASE WHEN n.not_after > {_NOW} IS NOT FALSE AND n.attempts < {MOST_ATTEMPTS}
                      THEN CASE n.channel WHEN 'email' THEN 'the mail server''s answer was lost: sent again, as a copy'
                                          ELSE 'it did not arrive at the provider: sent again' END
                      WHEN {MAY_HAVE_GONE} THEN '{NOT_SURE}' WHEN n.not_after <= {_NOW} THEN '{SAYINGS["too-late"]}'
                      ELSE '{SAYINGS["gave-up"]}: it did not arrive at the provider' END
WHERE n.id = %(id)s::uuid AND n.status = 'unknown' AND n.attempts = %(attempts)s AND n.checks = %(checks)s
RETURNING n.appointment_id
""",
    {"attempts": "int", "checks": "int"},
)
UNTOLD: Final = prepared(
    "queue_untold",
    """
UPDATE notification SET last_error = %(error)s
WHERE id = %(id)s::uuid AND status = 'unknown' AND attempts = %(attempts)s AND checks = %(checks)s
RETURNING appointment_id
""",
    {"error": "text", "attempts": "int", "checks": "int"},
)

TAKEN: Final = prepared(
    "queue_taken",
    f"""
WITH {_CLOCK}
UPDATE notification n SET check_at = {NEXT_POLL}, checks = checks + 1
{_DUE.format(status="sent").replace("WHERE id", "WHERE n.id", 1)}
RETURNING n.checks, n.id, n.channel, n.provider_id, {_RECIPIENT}, n.appointment_id
""",
    {},
)

# A failure that may pass is tried as a new message, twice at most, if that comes in time; the old one needs nobody.
# The end of the key stays: planning reads from it what the patient was told.
_ROUND: Final = "coalesce(substring(n.dedupe_key FROM '^again([0-9]+):'), '0')::int"
_LATER: Final = f"({_NOW} + CASE {_ROUND} WHEN 0 THEN INTERVAL '10 minutes' ELSE INTERVAL '1 hour' END)"
_AGAIN: Final = f"(%(again)s AND {_ROUND} < 2 AND (n.not_after IS NULL OR {_LATER} < n.not_after))"
DELIVERY: Final = prepared(
    "queue_delivery",
    f"""
WITH {_CLOCK},
told AS (
    UPDATE notification n SET status = %(status)s, check_at = NULL, error_code = %(code)s, last_error = %(error)s,
        dealt_with_at = CASE WHEN {_AGAIN} THEN {_NOW} END,
        dealt_with_by = CASE WHEN {_AGAIN} THEN %(owner)s ELSE '' END
    WHERE n.id = %(id)s::uuid AND n.status = 'sent' AND n.checks = %(checks)s AND n.provider_id = %(provider_id)s
    RETURNING n.*),
again AS (
    INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, subject,
        body, language, due_at, not_after, rule_id, origin_id, dates)
    SELECT %(new_id)s::uuid, n.appointment_id, n.appointment_version, n.patient_id, n.kind, n.channel,
        'again' || ({_ROUND} + 1) || ':' || regexp_replace(n.dedupe_key, '^again[0-9]+:', ''), n.subject, n.body,
        n.language, {_LATER}, n.not_after, n.rule_id, n.id, n.dates
    FROM told n WHERE {_AGAIN}
    ON CONFLICT (dedupe_key) DO NOTHING
    RETURNING id),
stopped AS (
    UPDATE message_channel m SET state = 'stopped', code = %(code)s, reason = %(error)s, since = {_NOW},
        resume_at = NULL
    FROM told n WHERE %(configuration)s AND m.channel = n.channel AND m.state <> 'stopped')
SELECT id FROM told
""",
    {
        "status": "text",
        "code": "text",
        "error": "text",
        "checks": "int",
        "provider_id": "text",
        "again": "bool",
        "configuration": "bool",
        "owner": "text",
    },
)
