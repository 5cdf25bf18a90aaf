"""The tables of the messages to patients as SQLAlchemy Core knows them: settings, rules, texts, addresses, the queue.

`notification.log` is what happened to a message, oldest first, written by a trigger alone:
[{"at": instant, "s": status, "n": attempts, "by": who, "c": code, "e": error}].
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from clinic_desk.database.columns import (
    INSTANT,
    edited,
    flag_column,
    id_column,
    instant_column,
    metadata,
    now_column,
    number_column,
    reference,
    text_column,
)

messaging = Table(
    "messaging",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("'00000000-0000-7000-8000-000000000001'")),
    number_column("quiet_from_minute", 1200),
    number_column("quiet_until_minute", 540),
    number_column("wait_s", 20),
    number_column("retention_days", 90),
    text_column("email_by", "off"),
    number_column("email_per_minute", 120),
    text_column("smtp_host"),
    number_column("smtp_port", 587),
    text_column("smtp_security", "starttls"),
    text_column("smtp_user"),
    text_column("from_address"),
    text_column("from_name"),
    text_column("reply_to"),
    text_column("sms_by", "off"),
    number_column("sms_per_minute", 60),
    text_column("twilio_account_sid"),
    text_column("twilio_number"),
    text_column("twilio_service_sid"),
    text_column("twilio_base_url"),
    *edited(),
    number_column("offer_minutes", 20),
)

reminder_rule = Table(
    "reminder_rule",
    metadata,
    id_column(),
    number_column("lead"),
    text_column("unit", "hours"),
    reference("type_id", "appointment_type", nullable=True, cascade=True),
    Column("channel", Text),
    flag_column("active", "true"),
    *edited(),
    Index("reminder_rule_type_id_idx", "type_id"),
)

message_text = Table(
    "message_text",
    metadata,
    id_column(),
    text_column("kind", None),
    text_column("channel", None),
    text_column("language", None),
    text_column("subject"),
    text_column("body", None),
    *edited(),
    UniqueConstraint("kind", "channel", "language", name="message_text_key"),
)

contact_note = Table(
    "contact_note",
    metadata,
    id_column(),
    text_column("channel", None),
    text_column("address", None),
    text_column("state", None),
    text_column("source", None),
    text_column("reason"),
    *edited(),
    UniqueConstraint("channel", "address", name="contact_note_key"),
)

inbound_message = Table(
    "inbound_message",
    metadata,
    id_column(),
    text_column("channel", "sms"),
    Column("provider_id", Text, nullable=False, unique=True),
    text_column("sender", None),
    text_column("body"),
    instant_column("received_at"),
    text_column("meaning", "other"),
    text_column("status", "open"),
    reference("patient_id", "patient", nullable=True),
    reference("appointment_id", "appointment", nullable=True),
    *edited(),
    Index("inbound_message_open_idx", "received_at", postgresql_where=text("status = 'open'")),
    Index("inbound_message_received_at_idx", "received_at"),
    Index("inbound_message_patient_id_idx", "patient_id", postgresql_where=text("patient_id IS NOT NULL")),
    Index("inbound_message_appointment_id_idx", "appointment_id", postgresql_where=text("appointment_id IS NOT NULL")),
)

message_channel = Table(
    "message_channel",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True, server_default=text("gen_random_uuid()")),
    text_column("state", "working"),
    number_column("failures", 0),
    text_column("code"),
    text_column("reason"),
    now_column("since"),
    Column("resume_at", INSTANT),
    Column("next_send_at", INSTANT, nullable=False, server_default=text("'-infinity'")),
)

_LEASED = "status IN ('leased', 'sending', 'unknown')"
_ATTENTION = "status IN ('unknown', 'failed', 'expired') AND dealt_with_at IS NULL"
_UNSENT = "status IN ('failed', 'expired', 'cancelled')"

notification = Table(
    "notification",
    metadata,
    id_column(),
    reference("appointment_id", "appointment", nullable=True),
    Column("appointment_version", Integer),
    reference("patient_id", "patient"),
    text_column("kind", None),
    text_column("channel", None),
    Column("dedupe_key", Text, nullable=False, unique=True),
    text_column("recipient"),
    text_column("subject"),
    text_column("body"),
    text_column("language", "en"),
    now_column("due_at"),
    Column("not_after", INSTANT),
    text_column("status", "pending"),
    number_column("attempts", 0),
    Column("lease_owner", Text),
    Column("lease_until", INSTANT),
    Column("sending_started_at", INSTANT),
    Column("sent_at", INSTANT),
    Column("provider_id", Text),
    text_column("last_error"),
    now_column("created_at"),
    now_column("changed_at"),
    text_column("error_code"),
    Column("rule_id", Uuid, ForeignKey("reminder_rule.id", ondelete="SET NULL")),
    Column("origin_id", Uuid, ForeignKey("notification.id", ondelete="SET NULL")),
    Column("check_at", INSTANT),
    number_column("checks", 0),
    Column("dealt_with_at", INSTANT),
    text_column("dealt_with_by"),
    Column("log", JSONB, nullable=False, server_default=text("'[]'")),
    Column("dates", JSONB),
    Index("notification_pending_idx", "due_at", postgresql_where=text("status = 'pending'")),
    Index("notification_leased_idx", "lease_until", postgresql_where=text(_LEASED)),
    Index("notification_attention_idx", "changed_at", postgresql_where=text(_ATTENTION)),
    Index("notification_check_at_idx", "check_at", postgresql_where=text("check_at IS NOT NULL")),
    Index("notification_created_at_idx", "created_at", postgresql_using="brin"),
    Index("notification_unsent_idx", "changed_at", postgresql_where=text(_UNSENT)),
    Index("notification_provider_id_idx", "provider_id", postgresql_where=text("provider_id IS NOT NULL")),
    Index("notification_origin_id_idx", "origin_id", postgresql_where=text("origin_id IS NOT NULL")),
    Index("notification_rule_id_idx", "rule_id", postgresql_where=text("rule_id IS NOT NULL")),
    Index("notification_sent_at_idx", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
    Index("notification_appointment_id_idx", "appointment_id"),
    Index("notification_patient_id_idx", "patient_id"),
)

provider_copy = Table(
    "provider_copy",
    metadata,
    Column("provider_id", Text, primary_key=True),
    text_column("channel", None),
    now_column("asked_at"),
    number_column("tries", 0),
    now_column("next_try_at"),
    Column("deleted_at", INSTANT),
    text_column("code"),
    Index("provider_copy_due_idx", "next_try_at", postgresql_where=text("deleted_at IS NULL")),
)
