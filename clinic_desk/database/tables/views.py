"""The table of saved views for SQLAlchemy Core; `database.tables` has them all."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from clinic_desk.database.columns import edited, flag_column, id_column, metadata, number_column, text_column

saved_view = Table(
    "saved_view",
    metadata,
    id_column(),
    Column(
        "login",
        Text,
        ForeignKey("staff.login", ondelete="CASCADE"),
        nullable=False,
        server_default=text("SESSION_USER"),
    ),
    text_column("name", None),
    number_column("place", 0),
    flag_column("at_start", "false"),
    Column("content", JSONB, nullable=False),
    *edited(),
    UniqueConstraint("login", "name", name="saved_view_login_name_key"),
    Index("saved_view_start_key", "login", unique=True, postgresql_where=text("at_start")),
)
"""A login sees and writes its own rows only."""
