"""The tables as SQLAlchemy Core knows them, for writing queries; the migrations make them, a test compares the two.

Columns carry the names of `domain.records`. `version` and `changed_*` are written by triggers whatever is sent, and so
are the last columns of `appointment` (see `migrations/sql/0001`). Rules for who writes:

* `appointment.occupies` says whether the status makes its practitioner and room busy (squeeze-ins do as well).
* `appointment.practitioner_busy` and `room_busy` are what the exclusion constraints guard; nobody reads or sets them.
* `SELECT lock_days(1, practitioner_no, footprint)` takes the booking locks of a practitioner, kind 2 those of a room.
* Patient type-ahead: `patient_grams(search_key) @> ARRAY['  m', ' me', 'mei']` uses an index.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZMULTIRANGE, TSTZRANGE

metadata = MetaData()

_INSTANT = DateTime(timezone=True)
_NOW = text("now()")
_SESSION_USER = text("SESSION_USER")


def _id() -> Column[UUID]:
    return Column("id", Uuid, primary_key=True)


def _text(name: str, default: str | None = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=None if default is None else text(f"'{default}'"))


def _number(name: str, default: int | None = None) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default=None if default is None else text(str(default)))


def _flag(name: str, default: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=text(default))


def _instant(name: str) -> Column[datetime]:
    return Column(name, _INSTANT, nullable=False)


def _now(name: str) -> Column[datetime]:
    return Column(name, _INSTANT, nullable=False, server_default=_NOW)


def _user(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default=_SESSION_USER)


def _day(name: str) -> Column[date]:
    return Column(name, Date, nullable=False)


def _reference(name: str, table: str, *, nullable: bool = False, cascade: bool = False) -> Column[UUID]:
    return Column(name, Uuid, ForeignKey(f"{table}.id", ondelete="CASCADE" if cascade else None), nullable=nullable)


def _number_of_its_own() -> Column[int]:
    return Column("no", Integer, Identity(always=True), nullable=False, unique=True)


def _edited() -> tuple[Column[Any], ...]:
    """What the trigger stamp() writes on every table that people edit."""
    return (
        _number("version", 1),
        _now("changed_at"),
        _user("changed_by"),
        Column("changed_desk_id", Uuid),
    )


site = Table(
    "site",
    metadata,
    _id(),
    _text("name", None),
    _text("zone", None),
    _text("address"),
    _text("phone"),
    _flag("active", "true"),
    *_edited(),
)

practitioner = Table(
    "practitioner",
    metadata,
    _id(),
    _number_of_its_own(),
    _text("name", None),
    _text("speciality"),
    _text("colour", "#3b6fd4"),
    _number("position", 0),
    _flag("active", "true"),
    *_edited(),
    UniqueConstraint("id", "no", name="practitioner_id_no_key"),
)

room = Table(
    "room",
    metadata,
    _id(),
    _number_of_its_own(),
    _reference("site_id", "site"),
    _text("name", None),
    _number("position", 0),
    _flag("active", "true"),
    *_edited(),
    UniqueConstraint("id", "no", name="room_id_no_key"),
)

appointment_type = Table(
    "appointment_type",
    metadata,
    _id(),
    _text("name", None),
    _number("length_minutes"),
    _number("buffer_before_minutes", 0),
    _number("buffer_after_minutes", 0),
    _text("colour", "#3b6fd4"),
    _flag("needs_room", "false"),
    _number("position", 0),
    _flag("active", "true"),
    *_edited(),
)

appointment_type_practitioner = Table(
    "appointment_type_practitioner",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    _reference("type_id", "appointment_type", cascade=True),
    _reference("practitioner_id", "practitioner", cascade=True),
    *_edited(),
    UniqueConstraint("type_id", "practitioner_id", name="appointment_type_practitioner_key"),
)

working_hours = Table(
    "working_hours",
    metadata,
    _id(),
    _reference("practitioner_id", "practitioner"),
    _reference("site_id", "site"),
    _number("weekday"),
    _number("start_minute"),
    _number("end_minute"),
    _day("valid_from"),
    Column("valid_to", Date),
    *_edited(),
    Index("working_hours_practitioner_idx", "practitioner_id", "weekday"),
)

time_off = Table(
    "time_off",
    metadata,
    _id(),
    _reference("practitioner_id", "practitioner"),
    _instant("starts_at"),
    _instant("ends_at"),
    _text("name"),
    *_edited(),
    Index("time_off_ends_at_idx", "ends_at"),
)

closure = Table(
    "closure",
    metadata,
    _id(),
    _reference("site_id", "site"),
    _day("first_day"),
    _day("last_day"),
    _text("name"),
    *_edited(),
    Index("closure_last_day_idx", "last_day"),
)

block = Table(
    "block",
    metadata,
    _id(),
    _instant("starts_at"),
    _instant("ends_at"),
    _text("name", None),
    _reference("practitioner_id", "practitioner", nullable=True),
    _reference("room_id", "room", nullable=True),
    *_edited(),
    Index("block_ends_at_idx", "ends_at"),
)

staff = Table(
    "staff",
    metadata,
    Column("login", Text, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True, server_default=text("gen_random_uuid()")),
    _text("display_name", None),
    *_edited(),
)

patient = Table(
    "patient",
    metadata,
    _id(),
    _text("family_name"),
    _text("given_name"),
    Column("birth_date", Date),
    _text("gender", "unknown"),
    _text("phone"),
    _text("email"),
    _text("channel", "none"),
    _text("language", "en"),
    _text("note"),
    _reference("merged_into_id", "patient", nullable=True),
    _text("search_key"),
    *_edited(),
    Index("patient_search_idx", text("patient_grams(search_key)"), postgresql_using="gin"),
    Index("patient_search_key_idx", "search_key", postgresql_ops={"search_key": "text_pattern_ops"}),
    Index("patient_phone_idx", "phone", postgresql_where=text("phone <> ''")),
    Index("patient_birth_date_idx", "birth_date"),
    Index("patient_merged_into_id_idx", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
)

appointment = Table(
    "appointment",
    metadata,
    _id(),
    _reference("patient_id", "patient"),
    Column("practitioner_id", Uuid, nullable=False),
    _reference("site_id", "site"),
    _reference("type_id", "appointment_type"),
    Column("room_id", Uuid),
    _instant("starts_at"),
    _instant("ends_at"),
    Column("wall_start", DateTime(timezone=False), nullable=False),
    _text("zone", None),
    _number("buffer_before_minutes", 0),
    _number("buffer_after_minutes", 0),
    _text("status", "booked"),
    _text("answer", "needs-action"),
    _flag("squeezed_in", "false"),
    Column("overruled", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("cancellation_reason", Text),
    _text("note"),
    *_edited(),
    _number("practitioner_no"),
    Column("room_no", Integer),
    Column("footprint", TSTZRANGE, nullable=False),
    Column(
        "occupies",
        Boolean,
        Computed("status IN ('booked', 'arrived', 'checked-in', 'fulfilled')", persisted=True),
        nullable=False,
    ),
    Column("practitioner_busy", TSTZMULTIRANGE, nullable=False),
    Column("room_busy", TSTZMULTIRANGE, nullable=False),
    Column("cancelled_at", _INSTANT),
    ForeignKeyConstraint(
        ["practitioner_id", "practitioner_no"],
        ["practitioner.id", "practitioner.no"],
        name="appointment_practitioner_fkey",
    ),
    ForeignKeyConstraint(["room_id", "room_no"], ["room.id", "room.no"], name="appointment_room_fkey"),
    Index("appointment_starts_at_idx", "starts_at"),
    Index("appointment_practitioner_starts_at_idx", "practitioner_id", "starts_at"),
    Index("appointment_patient_starts_at_idx", "patient_id", "starts_at"),
    Index(
        "appointment_squeezed_practitioner_idx",
        "practitioner_no",
        "starts_at",
        postgresql_where=text("squeezed_in AND occupies"),
    ),
    Index("appointment_squeezed_room_idx", "room_no", "starts_at", postgresql_where=text("squeezed_in AND occupies")),
)

operation = Table(
    "operation",
    metadata,
    _id(),
    _text("command", None),
    _now("at"),
    _user("db_user"),
    Column("desk_id", Uuid),
)

history = Table(
    "history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("operation_id", Uuid, nullable=False),
    _text("table_name", None),
    Column("row_id", Uuid, nullable=False),
    _text("action", None),
    _number("version"),
    Column("before", JSONB),
    Column("after", JSONB),
    _now("at"),
    _user("db_user"),
    Column("desk_id", Uuid),
    UniqueConstraint("operation_id", "table_name", "row_id", "version", name="history_operation_key"),
    Index("history_row_idx", "row_id", "id"),
    Index("history_at_idx", "at", postgresql_using="brin"),
)

_LEASED = "status IN ('leased', 'sending', 'unknown')"
_ATTENTION = "status IN ('unknown', 'failed', 'expired')"

notification = Table(
    "notification",
    metadata,
    _id(),
    _reference("appointment_id", "appointment", nullable=True),
    Column("appointment_version", Integer),
    _reference("patient_id", "patient"),
    _text("kind", None),
    _text("channel", None),
    Column("dedupe_key", Text, nullable=False, unique=True),
    _text("recipient"),
    _text("subject"),
    _text("body"),
    _text("language", "en"),
    _now("due_at"),
    Column("not_after", _INSTANT),
    _text("status", "pending"),
    _number("attempts", 0),
    Column("lease_owner", Text),
    Column("lease_until", _INSTANT),
    Column("sending_started_at", _INSTANT),
    Column("sent_at", _INSTANT),
    Column("provider_id", Text),
    _text("last_error"),
    _now("created_at"),
    _now("changed_at"),
    Index("notification_pending_idx", "due_at", postgresql_where=text("status = 'pending'")),
    Index("notification_leased_idx", "lease_until", postgresql_where=text(_LEASED)),
    Index("notification_attention_idx", "changed_at", postgresql_where=text(_ATTENTION)),
    Index("notification_sent_at_idx", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
    Index("notification_appointment_id_idx", "appointment_id"),
    Index("notification_patient_id_idx", "patient_id"),
)

desk = Table(
    "desk",
    metadata,
    _id(),
    _number_of_its_own(),
    _text("name", None),
    _user("db_user"),
    _now("last_seen_at"),
)

hold = Table(
    "hold",
    metadata,
    _id(),
    _reference("desk_id", "desk", cascade=True),
    _reference("practitioner_id", "practitioner", cascade=True),
    _instant("starts_at"),
    _instant("ends_at"),
    _instant("expires_at"),
    _now("placed_at"),
    Index("hold_desk_id_idx", "desk_id"),
)
