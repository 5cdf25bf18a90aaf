"""How the clinic tells its patients, as the database holds it: settings, reminder rules, texts, channels, addresses.

The fragments (`RULE`, `TEXT`, ...) make JSON arrays of a row, so that a statement that reads much else reads these too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from clinic_desk.database.queries.clinic import SITE, site_record
from clinic_desk.domain.messaging import (
    MESSAGING_ID,
    ChannelState,
    ContactNote,
    Kind,
    MessageText,
    Messaging,
    ReminderRule,
    noted_address,
)
from clinic_desk.domain.records import Channel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from clinic_desk.domain.records import Site

RULE: Final = "json_build_array(x.id, x.lead, x.unit, x.type_id, x.channel, x.active, x.version)"
TEXT: Final = "json_build_array(x.id, x.kind, x.channel, x.language, x.subject, x.body, x.version)"

# What a plan needs beside the appointment; `p` is the patient, `type` the appointment's. Of the texts those that may be
# sent: to this patient in her language or in English, and to whom the appointment is taken from that it is cancelled.
# Of what is noted of addresses: what concerns these two.
MANNER: Final = f"""
    (SELECT json_build_array(m.wait_s, m.quiet_from_minute, m.quiet_until_minute, m.email_by, m.sms_by,
                             m.twilio_number, m.twilio_service_sid) FROM messaging m),
    (SELECT json_agg({RULE}) FROM reminder_rule x
     WHERE x.active AND (x.type_id IS NULL OR x.type_id = %(type)s::uuid)),
    (SELECT json_agg({TEXT}) FROM message_text x
     WHERE x.language IN (lower(left(p.language, 2)), 'en') OR x.kind = 'cancelled'),
    (SELECT json_agg(json_build_array(k.channel, k.address, k.state)) FROM patient o JOIN contact_note k
         ON (k.channel = 'sms' AND k.address = o.phone) OR (k.channel = 'email' AND k.address = lower(o.email))
     WHERE o.id = ANY (ARRAY[p.id, (SELECT b.patient_id FROM appointment b WHERE b.id = %(appointment)s::uuid)]))"""  # noqa: S608
_OF_MANNER: Final = (
    "wait_s", "quiet_from_minute", "quiet_until_minute", "email_by", "sms_by", "twilio_number", "twilio_service_sid",
)  # fmt: skip
_SETTINGS: Final = tuple(field.name for field in fields(Messaging))
_READ: Final = f"SELECT {', '.join(_SETTINGS)} FROM messaging"  # noqa: S608  # names of this program's own fields
_RULES: Final = f"SELECT {RULE} FROM reminder_rule x ORDER BY x.type_id, x.channel, x.lead, x.unit, x.id"  # noqa: S608
_TEXTS: Final = f"SELECT {TEXT} FROM message_text x ORDER BY x.kind, x.channel, x.language"  # noqa: S608
_CHANNELS: Final = "SELECT channel, state, code, reason, since, resume_at FROM message_channel ORDER BY channel"
_FIRST_SITE: Final = f"""
SELECT (SELECT {SITE} FROM site x ORDER BY x.active DESC, x.name, x.id LIMIT 1), clock_timestamp()
"""  # noqa: S608  # constants of this program only
_NOTES: Final = """
SELECT id, channel, address, state, source, reason, version, changed_at FROM contact_note
WHERE %(addresses)s::text[] IS NULL OR address = ANY(%(addresses)s::text[])
ORDER BY changed_at DESC, id
"""


@dataclass(frozen=True, slots=True)
class MannerRow:
    """The four columns of `MANNER`; of the settings only those that planning looks at are true."""

    settings: Messaging
    rules: tuple[ReminderRule, ...]
    texts: tuple[MessageText, ...]
    notes: dict[tuple[str, str], str]


def manner_row(columns: Sequence[Any]) -> MannerRow:
    """Turn the columns of `MANNER` into records."""
    settings, rules, texts, notes = columns
    return MannerRow(
        Messaging(**dict(zip(_OF_MANNER, settings or (), strict=bool(settings)))),
        tuple(map(rule_record, rules or ())),
        tuple(map(text_record, texts or ())),
        {(channel, address): state for channel, address, state in notes or ()},
    )


def read_messaging(connection: Connection) -> Messaging:
    """Return the settings; those of a fresh clinic if the row is not there."""
    row = connection.exec_driver_sql(_READ).first()
    return Messaging() if row is None else Messaging(*row)


def reminder_rules(connection: Connection) -> tuple[ReminderRule, ...]:
    """Return all rules, those without a type last (NULLs come last), the shortest lead first."""
    return tuple(rule_record(row) for (row,) in connection.exec_driver_sql(_RULES))


def message_texts(connection: Connection) -> tuple[MessageText, ...]:
    """Return the clinic's own texts, by kind, channel and language."""
    return tuple(text_record(row) for (row,) in connection.exec_driver_sql(_TEXTS))


def channel_states(connection: Connection) -> dict[Channel, ChannelState]:
    """Return the state of each channel."""
    states = (ChannelState(Channel(channel), *row) for channel, *row in connection.exec_driver_sql(_CHANNELS))
    return {state.channel: state for state in states}


def contact_notes(connection: Connection, addresses: Iterable[str] | None = None) -> tuple[ContactNote, ...]:
    """Return what is known of addresses (of any spelling), or of all; the latest note first."""
    wanted = None if addresses is None else [noted_address(address) for address in addresses]
    return tuple(
        ContactNote(row_id, Channel(channel), *row)
        for row_id, channel, *row in connection.exec_driver_sql(_NOTES, {"addresses": wanted})
    )


def rule_record(row: Sequence[Any]) -> ReminderRule:
    """Turn a `RULE` array into a record."""
    row_id, lead, unit, type_id, channel, active, version = row
    return ReminderRule(
        UUID(row_id),
        lead,
        unit,
        None if type_id is None else UUID(type_id),
        None if channel is None else Channel(channel),
        active,
        version,
    )


def text_record(row: Sequence[Any]) -> MessageText:
    """Turn a `TEXT` array into a record."""
    row_id, kind, channel, *others = row
    return MessageText(UUID(row_id), Kind(kind), Channel(channel), *others)


def messaging_clock(connection: Connection) -> tuple[Site | None, datetime]:
    """Return the clinic's first site and the database's clock, for previews of texts."""
    row = connection.exec_driver_sql(_FIRST_SITE).one()
    return (None if row[0] is None else site_record(row[0])), row[1]


# --- writing: each returns False if the row has not the version that the user saw -------------------------------------


def write_messaging(connection: Connection, settings: Messaging) -> bool:
    """Write the settings over the version they carry."""
    return _update(connection, "messaging", MESSAGING_ID, settings.version, _values(settings))


def write_rule(connection: Connection, rule: ReminderRule) -> bool:
    """Insert a rule of version 0, write any other over the version it carries."""
    return _write(connection, "reminder_rule", rule.id, rule.version, _values(rule))


def write_text(connection: Connection, text: MessageText) -> bool:
    """Insert a text of version 0, write any other over the version it carries.

    False also if another desk was first with one of the same kind, channel and language.
    """
    return _write(connection, "message_text", text.id, text.version, _values(text))


def delete_row(connection: Connection, table: str, row_id: UUID, version: int) -> bool:
    """Delete a `reminder_rule` or a `message_text` of this version."""
    statement = f"DELETE FROM {table} WHERE id = %(id)s::uuid AND version = %(version)s"  # noqa: S608  # our own names
    return connection.exec_driver_sql(statement, {"id": str(row_id), "version": version}).rowcount == 1


def resume_channel(connection: Connection, channel: Channel) -> None:
    """Let a channel that pauses or stopped try again at once."""
    connection.exec_driver_sql(
        "UPDATE message_channel SET state = 'working', failures = 0, code = '', reason = '', since = now(),"
        " resume_at = NULL WHERE channel = %(channel)s AND state <> 'working'",
        {"channel": channel.value},
    )


def _values(record: Messaging | ReminderRule | MessageText) -> dict[str, Any]:
    values = {
        field.name: getattr(record, field.name) for field in fields(record) if field.name not in {"id", "version"}
    }
    return {name: str(value) if isinstance(value, UUID | str) else value for name, value in values.items()}


def _write(connection: Connection, table: str, row_id: UUID, version: int, values: Mapping[str, Any]) -> bool:
    if version > 0:
        return _update(connection, table, row_id, version, values)
    names, bound = ", ".join(values), ", ".join(f"%({name})s" for name in values)
    statement = f"INSERT INTO {table} (id, {names}) VALUES (%(id)s::uuid, {bound}) ON CONFLICT DO NOTHING"  # noqa: S608
    return connection.exec_driver_sql(statement, {**values, "id": str(row_id)}).rowcount == 1


def _update(connection: Connection, table: str, row_id: UUID, version: int, values: Mapping[str, Any]) -> bool:
    changes = ", ".join(f"{name} = %({name})s" for name in values)
    statement = f"UPDATE {table} SET {changes} WHERE id = %(id)s::uuid AND version = %(version)s"  # noqa: S608
    found = connection.exec_driver_sql(statement, {**values, "id": str(row_id), "version": version})
    return found.rowcount == 1
