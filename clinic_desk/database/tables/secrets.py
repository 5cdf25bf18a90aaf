"""The tables of what the clinic signs in to its providers with, for SQLAlchemy Core; `database.tables` has them all."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text, Uuid

from clinic_desk.database.columns import edited, id_column, metadata, text_column

provider_secret = Table(
    "provider_secret",
    metadata,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    text_column("key_id", None),
    *edited(),
)

provider_secret_text = Table(
    "provider_secret_text",
    metadata,
    Column("id", Uuid, ForeignKey("provider_secret.id", ondelete="CASCADE"), primary_key=True),
    text_column("ciphertext", None),
)
