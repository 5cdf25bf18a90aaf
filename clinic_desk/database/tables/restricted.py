"""What is taken out of restricted records, and who opened one, for SQLAlchemy Core; `database.tables` has them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from clinic_desk.database.columns import (
    INSTANT,
    edited,
    id_column,
    instant_column,
    metadata,
    reference,
    text_column,
    user_column,
)

closed_data = Table(
    "closed_data",
    metadata,
    Column("table_name", Text, primary_key=True),
    Column("row_id", Text, primary_key=True),
    reference("patient_id", "patient"),
    Column("data", JSONB, nullable=False),
    Index("closed_data_patient_id_idx", "patient_id"),
    Index("closed_data_phone_idx", text("(data ->> 'phone')"), postgresql_where=text("table_name = 'patient'")),
)

patient_access = Table(
    "patient_access",
    metadata,
    id_column(),
    Column("patient_id", Uuid, nullable=False),
    user_column("login"),
    Column("desk_id", Uuid),
    Column("by_right", Boolean, nullable=False),
    text_column("reason", None),
    instant_column("at"),
    instant_column("until_at"),
    Column("ended_at", INSTANT),
    Column("transaction_id", BigInteger, nullable=False, server_default=text("((pg_current_xact_id())::text)::bigint")),
    *edited(),
    Index("patient_access_at_idx", "at", "id"),
    Index("patient_access_login_idx", "login", "at", "id"),
    Index("patient_access_patient_id_idx", "patient_id", "at"),
)
