"""The statements that send a message by the other channel: what its text is made from, and the new row."""

from __future__ import annotations

from typing import Final

from clinic_desk.database.queries.prepared import prepared
from clinic_desk.database.queries.told import DATES_NOW

_OTHER: Final = "CASE n.channel WHEN 'email' THEN 'sms' ELSE 'email' END"

# The dates of a series that it named are named where they are now, as is the one it hangs on.
# Only to whom the other channel reaches, if the clinic has it, and if nothing of the kind goes or went there: what this
# message was itself a substitute for included.
FACTS: Final = prepared(
    "queue_fallback_facts",
    f"""
SELECT n.kind, o.channel, n.language, a.starts_at, t.id, t.name, t.zone, t.address, t.phone, x.subject, x.body,
       s.sms_by, s.twilio_number, s.twilio_service_sid, d.starts, d.dates
FROM notification n
CROSS JOIN LATERAL (SELECT {_OTHER} AS channel) AS o
CROSS JOIN messaging s
JOIN patient p ON p.id = n.patient_id
LEFT JOIN patient q ON q.id = p.merged_into_id
CROSS JOIN LATERAL (SELECT CASE
    WHEN coalesce(q.restricted, p.restricted) THEN closed_address(coalesce(q.id, p.id), o.channel)
    WHEN o.channel = 'email' THEN coalesce(q.email, p.email) ELSE coalesce(q.phone, p.phone) END AS address) AS e
JOIN appointment a ON a.id = n.appointment_id
JOIN site t ON t.id = a.site_id
CROSS JOIN LATERAL ({DATES_NOW}) AS d
LEFT JOIN message_text x ON x.kind = n.kind AND x.channel = o.channel AND x.language = n.language
WHERE n.id = %(id)s::uuid AND e.address <> '' AND coalesce(q.channel, p.channel) <> 'none'
  AND CASE o.channel WHEN 'email' THEN s.email_by ELSE s.sms_by END <> 'off'
  AND NOT EXISTS (SELECT FROM contact_note k WHERE k.channel = o.channel AND k.address = lower(e.address))
  AND NOT EXISTS (
      SELECT FROM notification b
      WHERE b.appointment_id = n.appointment_id AND b.patient_id = n.patient_id AND b.kind = n.kind
        AND b.channel = o.channel AND b.not_after = n.not_after AND b.status <> 'cancelled')
""",  # noqa: S608  # constants of this module only
    {},
)
# The key ends as the first one's does: what was told, and when.
OTHERWISE: Final = prepared(
    "queue_fallback",
    f"""
INSERT INTO notification (id, appointment_id, appointment_version, patient_id, kind, channel, dedupe_key, subject, body,
    language, due_at, not_after, rule_id, origin_id, dates)
SELECT %(new_id)s::uuid, n.appointment_id, n.appointment_version, n.patient_id, n.kind, {_OTHER},
    'instead-of-' || n.channel || ':' || n.dedupe_key, %(subject)s, %(body)s, n.language, clock_timestamp(),
    n.not_after, n.rule_id, n.id, %(dates)s::jsonb
FROM notification n WHERE n.id = %(id)s::uuid
ON CONFLICT (dedupe_key) DO NOTHING RETURNING id
""",  # noqa: S608  # constants of this module only
    {"subject": "text", "body": "text", "dates": "text"},
)
