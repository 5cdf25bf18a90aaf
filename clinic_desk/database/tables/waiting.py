"""The tables of the waiting list and of offers for SQLAlchemy Core; `database.tables` has them all."""

from __future__ import annotations

from sqlalchemy import ARRAY, Column, Date, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, Uuid, text

from clinic_desk.database.columns import (
    INSTANT,
    edited,
    id_column,
    instant_column,
    metadata,
    now_column,
    number_column,
    reference,
    text_column,
    user_column,
)

_NONE = text("'{}'")

wish = Table(
    "wish",
    metadata,
    id_column(),
    reference("patient_id", "patient"),
    reference("type_id", "appointment_type"),
    reference("site_id", "site", nullable=True),
    reference("appointment_id", "appointment", nullable=True),
    Column("practitioner_ids", ARRAY(Uuid), nullable=False, server_default=_NONE),
    Column("weekdays", ARRAY(Integer), nullable=False, server_default=_NONE),
    Column("times", ARRAY(Integer), nullable=False, server_default=_NONE),
    Column("until_day", Date),
    text_column("priority", "routine"),
    text_column("note"),
    now_column("added_at"),
    Column("asked_at", INSTANT),
    Column("closed", Text),
    reference("booked_id", "appointment", nullable=True),
    Column("moved_from", INSTANT),
    *edited(),
    Index("wish_waiting_idx", "added_at", postgresql_where=text("closed IS NULL")),
    Index("wish_patient_id_idx", "patient_id"),
    Index("wish_appointment_id_idx", "appointment_id"),
    Index("wish_booked_id_idx", "booked_id"),
)

offer_round = Table(
    "offer_round",
    metadata,
    id_column(),
    reference("practitioner_id", "practitioner"),
    reference("site_id", "site"),
    instant_column("starts_at"),
    instant_column("ends_at"),
    number_column("answer_minutes"),
    text_column("state", "running"),
    now_column("started_at"),
    user_column("started_by"),
    *edited(),
    Index("offer_round_running_idx", "practitioner_id", "starts_at", postgresql_where=text("state = 'running'")),
    Index("offer_round_changed_at_idx", "changed_at"),
)

offer = Table(
    "offer",
    metadata,
    id_column(),
    reference("round_id", "offer_round"),
    number_column("position"),
    reference("wish_id", "wish"),
    reference("patient_id", "patient"),
    instant_column("starts_at"),
    instant_column("ends_at"),
    text_column("state", "queued"),
    text_column("reason"),
    Column("channel", Text),
    Column("notification_id", Uuid),
    Column("asked_at", INSTANT),
    Column("until_at", INSTANT),
    Column("answered_at", INSTANT),
    Column("reply_id", Uuid, ForeignKey("inbound_message.id", ondelete="SET NULL")),
    reference("appointment_id", "appointment", nullable=True),
    *edited(),
    UniqueConstraint("round_id", "position", name="offer_round_position_key"),
    UniqueConstraint("round_id", "wish_id", name="offer_round_wish_key"),
    Index("offer_asked_idx", "round_id", unique=True, postgresql_where=text("state = 'asked'")),
    Index("offer_wish_id_idx", "wish_id"),
    Index("offer_patient_id_idx", "patient_id"),
    Index("offer_notification_id_idx", "notification_id"),
    Index("offer_appointment_id_idx", "appointment_id"),
    Index("offer_reply_id_idx", "reply_id"),
)
