"""The tables of people and their rights for SQLAlchemy Core; `database.tables` has them all."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Table, Text, UniqueConstraint

from clinic_desk.database.columns import edited, id_column, metadata, text_column

staff_right = Table(
    "staff_right",
    metadata,
    id_column(),
    Column("login", Text, ForeignKey("staff.login", ondelete="CASCADE"), nullable=False),
    text_column("name", None),
    Column("granted", Boolean, nullable=False),
    *edited(),
    UniqueConstraint("login", "name", name="staff_right_login_name_key"),
)
