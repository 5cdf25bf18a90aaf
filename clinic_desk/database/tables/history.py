"""The history of all changes and what seals it, for SQLAlchemy Core; `database.tables` has them all."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Identity,
    Index,
    LargeBinary,
    Table,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from clinic_desk.database.columns import (
    edited,
    flag_column,
    instant_column,
    metadata,
    now_column,
    number_column,
    text_column,
    user_column,
)

history = Table(
    "history",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("operation_id", Uuid, nullable=False),
    text_column("table_name", None),
    Column("row_id", Uuid, nullable=False),
    text_column("action", None),
    number_column("version"),
    Column("before", JSONB),
    Column("after", JSONB),
    now_column("at"),
    user_column("db_user"),
    Column("desk_id", Uuid),
    Column("salt", Uuid, server_default=text("gen_random_uuid()")),
    Column("blanked", LargeBinary),
    Column("blank_id", Uuid),
    UniqueConstraint("operation_id", "table_name", "row_id", "version", name="history_operation_key"),
    Index("history_row_idx", "row_id", "id"),
    Index("history_at_idx", "at", postgresql_using="brin"),
    Index(
        "history_wall_start_idx",
        text("(before ->> 'wall_start')"),
        postgresql_where=text("table_name = 'appointment' AND before IS NOT NULL"),
    ),
    Index(
        "history_booked_idx",
        "row_id",
        postgresql_include=["at", "desk_id", "operation_id"],
        postgresql_where=text("table_name = 'appointment' AND action = 'insert'"),
    ),
    Index(
        "history_given_away_idx",
        text("(before ->> 'patient_id')"),
        postgresql_where=text(
            "table_name IN ('appointment', 'wish') AND before ->> 'patient_id' IS DISTINCT FROM after ->> 'patient_id'"
        ),
    ),
    Index("history_absence_idx", "at", postgresql_where=text("table_name IN ('time_off', 'block', 'block_type')")),
    Index("history_latest_idx", "at", "id"),
    Index("history_person_idx", "db_user", "at", "id"),
    Index("history_desk_idx", "desk_id", "at", "id"),
    Index(
        "history_kind_idx",
        "table_name",
        "at",
        "id",
        postgresql_where=text("table_name NOT IN ('appointment', 'patient')"),
    ),
)

history_seal = Table(
    "history_seal",
    metadata,
    Column("no", BigInteger, primary_key=True, autoincrement=False),
    Column("first_id", BigInteger, nullable=False),
    Column("last_id", BigInteger, nullable=False),
    number_column("count"),
    Column("digest", LargeBinary, nullable=False),
    Column("marks", LargeBinary, nullable=False),
    instant_column("at"),
    user_column("db_user"),
)

history_horizon = Table(
    "history_horizon",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("last_id", BigInteger, nullable=False),
    Column("xid", BigInteger, nullable=False),
)

history_blank = Table(
    "history_blank",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    Column("patient_id", Uuid, nullable=False),
    number_column("row_count"),
    *edited(),
    flag_column("kept", "false"),
)
