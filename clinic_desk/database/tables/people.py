"""The tables of people and their rights for SQLAlchemy Core; `database.tables` has them all."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from clinic_desk.database.columns import edited, id_column, metadata, reference, text_column

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

two_people = Table(
    "two_people",
    metadata,
    id_column(),
    reference("one_id", "patient"),
    reference("other_id", "patient"),
    *edited(),
    UniqueConstraint("one_id", "other_id", name="two_people_key"),
    Index("two_people_other_id_idx", "other_id"),
)
