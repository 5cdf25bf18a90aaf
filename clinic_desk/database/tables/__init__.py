"""The tables as SQLAlchemy Core knows them, for writing queries; the migrations make them, a test compares the two.

Columns carry the names of `domain.records`. `version` and `changed_*` are written by triggers whatever is sent, and so
are the last columns of `appointment` (see `migrations/sql/0001`). Rules for who writes:

* `appointment.occupies` says whether the status makes its practitioner and room busy (squeeze-ins do as well).
* `appointment.practitioner_busy`, `room_busy`, `device_busy` are what the exclusion constraints guard; nobody reads or
  sets them. Where several fit (`room.capacity` > 1) they are empty, and a trigger counts.
* `SELECT lock_days(1, practitioner_no, footprint)` takes the booking locks of a practitioner, kind 2 those of a room or
  device.
* Patient type-ahead: `patient_grams(search_key) @> ARRAY['  m', ' me', 'mei']` uses an index.
"""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZMULTIRANGE, TSTZRANGE

from clinic_desk.database.columns import (
    INSTANT,
    edited,
    flag_column,
    id_column,
    instant_column,
    metadata,
    now_column,
    number_column,
    number_of_its_own,
    reference,
    text_column,
    user_column,
)
from clinic_desk.database.tables.backups import backup_run, backup_setting, restore
from clinic_desk.database.tables.clinic import (
    appointment_type,
    appointment_type_practitioner,
    appointment_type_room,
    block,
    block_type,
    booking_rules,
    closure,
    date_override,
    lock_rules,
    practitioner,
    room,
    series,
    site,
    time_off,
    working_hours,
)
from clinic_desk.database.tables.history import history, history_blank, history_horizon, history_seal
from clinic_desk.database.tables.messages import (
    contact_note,
    inbound_message,
    message_channel,
    message_text,
    messaging,
    notification,
    provider_copy,
    reminder_rule,
)
from clinic_desk.database.tables.pairing import clinic_pc, invitation, sending_seen
from clinic_desk.database.tables.people import staff_right, two_people
from clinic_desk.database.tables.restricted import closed_data, patient_access
from clinic_desk.database.tables.secrets import provider_secret, provider_secret_text
from clinic_desk.database.tables.views import saved_view
from clinic_desk.database.tables.waiting import offer, offer_round, wish

__all__ = [
    "appointment",
    "appointment_type",
    "appointment_type_practitioner",
    "appointment_type_room",
    "backup_run",
    "backup_setting",
    "block",
    "block_type",
    "booking_rules",
    "clinic_pc",
    "closed_data",
    "closure",
    "contact_note",
    "date_override",
    "desk",
    "history",
    "history_blank",
    "history_horizon",
    "history_seal",
    "hold",
    "inbound_message",
    "invitation",
    "lock_rules",
    "message_channel",
    "message_text",
    "messaging",
    "metadata",
    "notification",
    "offer",
    "offer_round",
    "operation",
    "patient",
    "patient_access",
    "practitioner",
    "provider_copy",
    "provider_secret",
    "provider_secret_text",
    "reminder_rule",
    "restore",
    "room",
    "saved_view",
    "sending_seen",
    "series",
    "site",
    "staff",
    "staff_right",
    "taken_back",
    "time_off",
    "two_people",
    "wish",
    "working_hours",
]

staff = Table(
    "staff",
    metadata,
    Column("login", Text, primary_key=True),
    Column("id", Uuid, nullable=False, unique=True, server_default=text("gen_random_uuid()")),
    text_column("display_name", None),
    *edited(),
    Column("group_name", Text),
    flag_column("disabled", "false"),
    Column("code_until", INSTANT),
)

patient = Table(
    "patient",
    metadata,
    id_column(),
    text_column("family_name"),
    text_column("given_name"),
    Column("birth_date", Date),
    text_column("gender", "unknown"),
    text_column("phone"),
    text_column("email"),
    text_column("channel", "none"),
    text_column("language", "en"),
    text_column("note"),
    reference("merged_into_id", "patient", nullable=True),
    text_column("search_key"),
    *edited(),
    Column("erased_at", INSTANT),
    flag_column("restricted", "false"),
    Index("patient_search_idx", text("patient_grams(search_key)"), postgresql_using="gin"),
    Index("patient_search_key_idx", "search_key", postgresql_ops={"search_key": "text_pattern_ops"}),
    Index("patient_phone_idx", "phone", postgresql_where=text("phone <> ''")),
    Index("patient_birth_date_idx", "birth_date"),
    Index("patient_merged_into_id_idx", "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
)

appointment = Table(
    "appointment",
    metadata,
    id_column(),
    reference("patient_id", "patient"),
    Column("practitioner_id", Uuid, nullable=False),
    reference("site_id", "site"),
    reference("type_id", "appointment_type"),
    Column("room_id", Uuid),
    instant_column("starts_at"),
    instant_column("ends_at"),
    Column("wall_start", DateTime(timezone=False), nullable=False),
    text_column("zone", None),
    number_column("buffer_before_minutes", 0),
    number_column("buffer_after_minutes", 0),
    text_column("status", "booked"),
    text_column("answer", "needs-action"),
    flag_column("squeezed_in", "false"),
    Column("overruled", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("cancellation_reason", Text),
    text_column("note"),
    *edited(),
    number_column("practitioner_no"),
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
    Column("cancelled_at", INSTANT),
    Column("device_id", Uuid),
    reference("series_id", "series", nullable=True),
    Column("series_day", Date),
    Column("device_no", Integer),
    Column("device_busy", TSTZMULTIRANGE, nullable=False, server_default=text("'{}'")),
    Column("arrived_at", INSTANT),
    Column("in_room_at", INSTANT),
    Column("finished_at", INSTANT),
    reference("present_room_id", "room", nullable=True),
    ForeignKeyConstraint(
        ["practitioner_id", "practitioner_no"],
        ["practitioner.id", "practitioner.no"],
        name="appointment_practitioner_fkey",
    ),
    ForeignKeyConstraint(["room_id", "room_no"], ["room.id", "room.no"], name="appointment_room_fkey"),
    ForeignKeyConstraint(["device_id", "device_no"], ["room.id", "room.no"], name="appointment_device_fkey"),
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
    Index(
        "appointment_squeezed_device_idx", "device_no", "starts_at", postgresql_where=text("squeezed_in AND occupies")
    ),
    Index("appointment_present_room_idx", "present_room_id", postgresql_where=text("present_room_id IS NOT NULL")),
    Index("appointment_parked_idx", "id", postgresql_where=text("status = 'waitlist'")),
    Index("appointment_series_idx", "series_id", "series_day", postgresql_where=text("series_id IS NOT NULL")),
    Index("appointment_practitioner_footprint_idx", "practitioner_id", "footprint", postgresql_where=text("occupies")),
    Index(
        "appointment_room_footprint_idx",
        "room_id",
        "footprint",
        postgresql_where=text("occupies AND room_id IS NOT NULL"),
    ),
    Index(
        "appointment_device_footprint_idx",
        "device_id",
        "footprint",
        postgresql_where=text("occupies AND device_id IS NOT NULL"),
    ),
)

operation = Table(
    "operation",
    metadata,
    id_column(),
    text_column("command", None),
    now_column("at"),
    user_column("db_user"),
    Column("desk_id", Uuid),
    Column("detail", JSONB),
    Index("operation_desk_idx", "desk_id", "at"),
    Index("operation_import_idx", "id", postgresql_where=text("command LIKE 'Import%'")),
)

taken_back = Table(
    "taken_back",
    metadata,
    Column("operation_id", Uuid, primary_key=True),
    Column("by_operation_id", Uuid, nullable=False),
    UniqueConstraint("by_operation_id", name="taken_back_by_operation_id_key"),
)

desk = Table(
    "desk",
    metadata,
    id_column(),
    number_of_its_own(),
    text_column("name", None),
    user_column("db_user"),
    now_column("last_seen_at"),
    flag_column("named", "false"),
)

hold = Table(
    "hold",
    metadata,
    id_column(),
    reference("desk_id", "desk", cascade=True),
    reference("practitioner_id", "practitioner", cascade=True),
    instant_column("starts_at"),
    instant_column("ends_at"),
    instant_column("expires_at"),
    now_column("placed_at"),
    Index("hold_desk_id_idx", "desk_id"),
)
