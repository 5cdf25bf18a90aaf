"""The tables of backups, for SQLAlchemy Core; `database.tables` has them all."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text, Uuid, text

from clinic_desk.database.columns import (
    INSTANT,
    edited,
    flag_column,
    id_column,
    metadata,
    now_column,
    number_column,
    text_column,
    user_column,
)

backup_setting = Table(
    "backup_setting",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("'00000000-0000-7000-8000-000000000003'")),
    flag_column("enabled", "false"),
    text_column("folder"),
    number_column("at_minute", 130),
    text_column("zone", "UTC"),
    number_column("keep_daily", 7),
    number_column("keep_weekly", 4),
    number_column("keep_monthly", 12),
    *edited(),
)

backup_run = Table(
    "backup_run",
    metadata,
    id_column(),
    Column("kind", Text, nullable=False),
    text_column("state", "running"),
    text_column("problem"),
    text_column("desk"),
    user_column("db_user"),
    now_column("started_at"),
    Column("lease_until", INSTANT),
    Column("ended_at", INSTANT),
    Column("taken_at", INSTANT),
    text_column("folder"),
    text_column("file_name"),
    Column("bytes", BigInteger, nullable=False, server_default=text("0")),
    Column("rows", BigInteger, nullable=False, server_default=text("0")),
    text_column("schema_revision"),
    number_column("findings", 0),
    Column("removed_at", INSTANT),
    Index("backup_run_started_at", "started_at"),
)

restore = Table(
    "restore",
    metadata,
    id_column(),
    Column("at", INSTANT, nullable=False, server_default=text("clock_timestamp()")),
    Column("login", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("taken_at", INSTANT, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("seals", BigInteger, nullable=False),
    user_column("db_user"),
)
