"""The tables of the clinic's set-up: where, who, what, when, and by which rules it is booked."""

from __future__ import annotations

from sqlalchemy import ARRAY, Column, Date, Index, Integer, Table, Text, UniqueConstraint, Uuid, text

from clinic_desk.database.columns import (
    day_column,
    edited,
    flag_column,
    id_column,
    instant_column,
    metadata,
    number_column,
    number_of_its_own,
    reference,
    text_column,
)

site = Table(
    "site",
    metadata,
    id_column(),
    text_column("name", None),
    text_column("zone", None),
    text_column("address"),
    text_column("phone"),
    flag_column("active", "true"),
    *edited(),
    text_column("country"),
    text_column("subdivision"),
)

practitioner = Table(
    "practitioner",
    metadata,
    id_column(),
    number_of_its_own(),
    text_column("name", None),
    text_column("speciality"),
    text_column("colour", "#3b6fd4"),
    number_column("position", 0),
    flag_column("active", "true"),
    *edited(),
    UniqueConstraint("id", "no", name="practitioner_id_no_key"),
)

room = Table(
    "room",
    metadata,
    id_column(),
    number_of_its_own(),
    reference("site_id", "site"),
    text_column("name", None),
    number_column("position", 0),
    flag_column("active", "true"),
    *edited(),
    text_column("kind", "room"),
    number_column("capacity", 1),
    UniqueConstraint("id", "no", name="room_id_no_key"),
)

appointment_type = Table(
    "appointment_type",
    metadata,
    id_column(),
    text_column("name", None),
    number_column("length_minutes"),
    number_column("buffer_before_minutes", 0),
    number_column("buffer_after_minutes", 0),
    text_column("colour", "#3b6fd4"),
    flag_column("needs_room", "false"),
    number_column("position", 0),
    flag_column("active", "true"),
    *edited(),
    flag_column("needs_device", "false"),
    Column("notice_minutes", Integer),
    Column("horizon_days", Integer),
    number_column("waiting_limit_minutes", 20),
)

appointment_type_practitioner = Table(
    "appointment_type_practitioner",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    reference("type_id", "appointment_type", cascade=True),
    reference("practitioner_id", "practitioner", cascade=True),
    *edited(),
    UniqueConstraint("type_id", "practitioner_id", name="appointment_type_practitioner_key"),
)

appointment_type_room = Table(
    "appointment_type_room",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    reference("type_id", "appointment_type", cascade=True),
    reference("room_id", "room", cascade=True),
    *edited(),
    UniqueConstraint("type_id", "room_id", name="appointment_type_room_key"),
)

working_hours = Table(
    "working_hours",
    metadata,
    id_column(),
    reference("practitioner_id", "practitioner"),
    reference("site_id", "site"),
    number_column("weekday"),
    number_column("start_minute"),
    number_column("end_minute"),
    day_column("valid_from"),
    Column("valid_to", Date),
    *edited(),
    number_column("every_weeks", 1),
    Index("working_hours_practitioner_idx", "practitioner_id", "weekday"),
)

date_override = Table(
    "date_override",
    metadata,
    id_column(),
    reference("practitioner_id", "practitioner"),
    reference("site_id", "site"),
    day_column("day"),
    Column("start_minute", Integer),
    Column("end_minute", Integer),
    text_column("name"),
    *edited(),
    Index("date_override_practitioner_id_idx", "practitioner_id", "day"),
)

time_off = Table(
    "time_off",
    metadata,
    id_column(),
    reference("practitioner_id", "practitioner"),
    instant_column("starts_at"),
    instant_column("ends_at"),
    text_column("name"),
    *edited(),
    Index("time_off_ends_at_idx", "ends_at"),
)

closure = Table(
    "closure",
    metadata,
    id_column(),
    reference("site_id", "site"),
    day_column("first_day"),
    day_column("last_day"),
    text_column("name"),
    *edited(),
    Index("closure_last_day_idx", "last_day"),
)

block = Table(
    "block",
    metadata,
    id_column(),
    instant_column("starts_at"),
    instant_column("ends_at"),
    text_column("name", None),
    reference("practitioner_id", "practitioner", nullable=True),
    reference("room_id", "room", nullable=True),
    *edited(),
    Index("block_ends_at_idx", "ends_at"),
)

block_type = Table(
    "block_type",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    reference("block_id", "block", cascade=True),
    reference("type_id", "appointment_type", cascade=True),
    *edited(),
    UniqueConstraint("block_id", "type_id", name="block_type_key"),
)

booking_rules = Table(
    "booking_rules",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("'00000000-0000-7000-8000-000000000002'")),
    number_column("step_minutes", 5),
    number_column("notice_minutes", 0),
    number_column("horizon_days", 365),
    Column(
        "overrulable",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{outside-hours,over-break,time-off,blocked,patient-busy,slot-taken}'"),
    ),
    *edited(),
)

lock_rules = Table(
    "lock_rules",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("'00000000-0000-7000-8000-000000000004'")),
    number_column("idle_minutes", 10),
    number_column("session_hours", 12),
    *edited(),
)

series = Table(
    "series",
    metadata,
    id_column(),
    text_column("rule", None),
    day_column("starts_on"),
    number_column("wall_minute"),
    text_column("zone", None),
    *edited(),
)
