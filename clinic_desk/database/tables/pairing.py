"""The tables of the clinic's PCs, of invitations to join, and of who sends, for SQLAlchemy Core; `database.tables` has
them all.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, Boolean, Column, Table, Text, Uuid, text

from clinic_desk.database.columns import (
    INSTANT,
    edited,
    instant_column,
    metadata,
    now_column,
    text_column,
    user_column,
)

clinic_pc = Table(
    "clinic_pc",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=text("gen_random_uuid()")),
    text_column("name", None),
    Column("login", Text, unique=True),
    Column("desk_id", Uuid),
    Column("joined_at", INSTANT),
    text_column("invited_by"),
    *edited(),
)

invitation = Table(
    "invitation",
    metadata,
    Column("login", Text, primary_key=True),
    user_column("invited_by"),
    now_column("invited_at"),
    instant_column("until_at"),
    Column("sends", Boolean, nullable=False),
    Column("sealed_key", Text),
)

sending_seen = Table(
    "sending_seen",
    metadata,
    Column("login", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    now_column("seen_at"),
    Column("channels", ARRAY(Text), nullable=False, server_default=text("'{}'")),
)
