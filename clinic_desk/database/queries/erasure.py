"""What is kept of one patient, all of it, and how it is erased; the provider's copies that are to be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from clinic_desk.domain.erasure import Erasable, Erased

if TYPE_CHECKING:
    from sqlalchemy import Connection

_HERS: Final = "hers AS (SELECT id FROM patient WHERE id = %(id)s::uuid OR merged_into_id = %(id)s::uuid)"
_COMING: Final = "a.status IN ('booked', 'arrived', 'checked-in', 'waitlist') AND a.ends_at > now()"
_ERASABLE: Final = f"""
WITH {_HERS},
addresses AS (SELECT DISTINCT lower(part) AS address FROM patient p, unnest(ARRAY[p.phone, p.email]) AS part
              WHERE p.id IN (TABLE hers) AND part <> ''),
replies AS (SELECT m.provider_id FROM inbound_message m WHERE m.patient_id IN (TABLE hers)
            OR m.patient_id IS NULL AND m.sender IN (TABLE addresses))
SELECT p.version, (SELECT count(*) FROM hers),
       (SELECT count(*) FROM appointment a WHERE a.patient_id IN (TABLE hers)),
       (SELECT count(*) FROM notification n WHERE n.patient_id IN (TABLE hers)),
       (SELECT count(*) FROM replies),
       (SELECT count(*) FROM replies) + (SELECT count(*) FROM notification n
        WHERE n.patient_id IN (TABLE hers) AND n.channel = 'sms' AND n.provider_id <> ''),
       (SELECT count(*) FROM appointment a WHERE a.patient_id IN (TABLE hers) AND {_COMING}),
       (SELECT count(*) FROM notification n WHERE n.patient_id IN (TABLE hers) AND n.status IN ('sending', 'unknown'))
FROM patient p WHERE p.id = %(id)s::uuid AND p.merged_into_id IS NULL AND p.erased_at IS NULL
"""  # noqa: S608  # constants of this module only
_ERASE: Final = "SELECT records, appointments, messages, replies, copies FROM erase_patient(%(id)s::uuid)"
_ERASED_BY: Final = """
SELECT count(*) FILTER (WHERE table_name = 'patient')::integer FROM history WHERE operation_id = %(operation)s::uuid
"""

# Each part under a name of its own, as rows with the names of their columns; what the program derives is left out.
EVERYTHING: Final = f"""
WITH {_HERS}
SELECT json_build_object(
    'patient', (SELECT json_agg(to_jsonb(p) - 'search_key' ORDER BY p.id <> %(id)s::uuid, p.id)
                FROM patient p WHERE p.id IN (TABLE hers)),
    'appointments', (SELECT coalesce(json_agg(to_jsonb(a) - 'practitioner_no' - 'room_no' - 'device_no' - 'footprint'
                     - 'practitioner_busy' - 'room_busy' - 'device_busy' - 'occupies'
                     || jsonb_build_object('practitioner', d.name, 'site', s.name, 'type', t.name, 'room', r.name)
                     ORDER BY a.starts_at, a.id), '[]')
                     FROM appointment a JOIN practitioner d ON d.id = a.practitioner_id JOIN site s ON s.id = a.site_id
                     JOIN appointment_type t ON t.id = a.type_id LEFT JOIN room r ON r.id = a.room_id
                     WHERE a.patient_id IN (TABLE hers)),
    'wishes', (SELECT coalesce(json_agg(to_jsonb(w) || jsonb_build_object('type', t.name) ORDER BY w.added_at), '[]')
               FROM wish w JOIN appointment_type t ON t.id = w.type_id WHERE w.patient_id IN (TABLE hers)),
    'messages', (SELECT coalesce(json_agg(jsonb_build_object('id', n.id, 'kind', n.kind, 'channel', n.channel,
                 'recipient', n.recipient, 'subject', n.subject, 'body', n.body, 'language', n.language,
                 'status', n.status, 'due_at', n.due_at, 'sent_at', n.sent_at, 'created_at', n.created_at,
                 'appointment_id', n.appointment_id) ORDER BY n.created_at, n.id), '[]')
                 FROM notification n WHERE n.patient_id IN (TABLE hers)),
    'replies', (SELECT coalesce(json_agg(jsonb_build_object('id', m.id, 'channel', m.channel, 'sender', m.sender,
                'body', m.body, 'received_at', m.received_at, 'meaning', m.meaning) ORDER BY m.received_at), '[]')
                FROM inbound_message m WHERE m.patient_id IN (TABLE hers)),
    'notes_about_addresses', (SELECT coalesce(json_agg(jsonb_build_object('channel', n.channel, 'address', n.address,
                              'state', n.state, 'source', n.source, 'reason', n.reason) ORDER BY n.address), '[]')
                              FROM contact_note n WHERE n.address IN (
                                  SELECT lower(part) FROM patient p, unnest(ARRAY[p.phone, p.email]) AS part
                                  WHERE p.id IN (TABLE hers) AND part <> '')),
    'changes', (SELECT coalesce(json_agg(jsonb_build_object('at', h.at, 'what', h.table_name, 'id', h.row_id,
                'action', h.action, 'by', coalesce(s.display_name, h.db_user), 'desk', d.name,
                'changed', (SELECT coalesce(json_agg(f.key ORDER BY f.key), '[]') FROM jsonb_each(h.after) f
                            WHERE h.before -> f.key IS DISTINCT FROM f.value)) ORDER BY h.id), '[]')
                FROM (TABLE hers UNION ALL SELECT a.id FROM appointment a WHERE a.patient_id IN (TABLE hers)) AS one,
                    LATERAL history_of(ARRAY[one.id]) h
                LEFT JOIN staff s ON s.login = h.db_user LEFT JOIN desk d ON d.id = h.desk_id
                WHERE h.table_name IN ('patient', 'appointment')))::text, now()
"""  # noqa: S608  # constants of this module only
CLOSED: Final = "SELECT table_name, row_id, data FROM read_record(%(access)s::uuid, %(id)s::uuid)"
ADDRESSES: Final = """
SELECT coalesce(json_agg(jsonb_build_object('channel', channel, 'address', address, 'state', state, 'source', source,
                                            'reason', reason) ORDER BY address), '[]')::text
FROM contact_note WHERE address = ANY (%(addresses)s)
"""

_DUE: Final = """
SELECT provider_id FROM provider_copy WHERE deleted_at IS NULL AND channel = %(channel)s AND next_try_at <= now()
ORDER BY next_try_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
_LATER: Final = """
UPDATE provider_copy SET tries = tries + 1, code = %(code)s,
    next_try_at = now() + least(interval '1 day', interval '1 minute' * power(4, least(tries, 8)))
WHERE provider_id = ANY (%(ids)s)
"""
_DELETED: Final = "UPDATE provider_copy SET deleted_at = now(), code = '' WHERE provider_id = %(id)s"


def erasable(connection: Connection, patient_id: UUID) -> Erasable | None:
    """Return what erasing would take away; None if there is no such record, or it was merged away or erased."""
    row = connection.exec_driver_sql(_ERASABLE, {"id": str(patient_id)}).one_or_none()
    return None if row is None else Erasable(*row)


def lock_patient(connection: Connection, patient_id: UUID) -> None:
    """Hold the record until the end of the transaction."""
    connection.exec_driver_sql("SELECT 1 FROM patient WHERE id = %(id)s::uuid FOR UPDATE", {"id": str(patient_id)})


def erase(connection: Connection, patient_id: UUID) -> Erased:
    """Erase a patient. Managers only."""
    return Erased(*connection.exec_driver_sql(_ERASE, {"id": str(patient_id)}).one())


def copies_due(connection: Connection, channel: str, limit: int) -> tuple[str, ...]:
    """Take copies that are to be deleted at the provider now; they are next due later, whatever becomes of this try."""
    ids = tuple(row[0] for row in connection.exec_driver_sql(_DUE, {"channel": channel, "limit": limit}))
    if ids:
        connection.exec_driver_sql(_LATER, {"ids": list(ids), "code": ""})
    return ids


def copy_deleted(connection: Connection, provider_id: str) -> None:
    """Note that the provider has it no more."""
    connection.exec_driver_sql(_DELETED, {"id": provider_id})


def copy_kept(connection: Connection, provider_id: str, code: str) -> None:
    """Note why the provider has it still."""
    statement = "UPDATE provider_copy SET code = %(code)s WHERE provider_id = %(id)s"
    connection.exec_driver_sql(statement, {"id": provider_id, "code": code})
