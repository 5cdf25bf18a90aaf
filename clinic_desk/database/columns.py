"""The columns that the tables of SQLAlchemy Core are put together from, and the metadata that holds them all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, DateTime, ForeignKey, Identity, Integer, MetaData, Text, Uuid, text

metadata = MetaData()

INSTANT = DateTime(timezone=True)
_NOW = text("now()")
_SESSION_USER = text("SESSION_USER")


def id_column() -> Column[UUID]:
    """The key: a UUID that the program makes."""
    return Column("id", Uuid, primary_key=True)


def text_column(name: str, default: str | None = "") -> Column[str]:
    """Text, empty unless told otherwise; `default` None: it must be given."""
    return Column(name, Text, nullable=False, server_default=None if default is None else text(f"'{default}'"))


def number_column(name: str, default: int | None = None) -> Column[int]:
    """A whole number."""
    return Column(name, Integer, nullable=False, server_default=None if default is None else text(str(default)))


def flag_column(name: str, default: str) -> Column[bool]:
    """Yes or no."""
    return Column(name, Boolean, nullable=False, server_default=text(default))


def instant_column(name: str) -> Column[datetime]:
    """An instant that must be given."""
    return Column(name, INSTANT, nullable=False)


def now_column(name: str) -> Column[datetime]:
    """An instant, by default the transaction's."""
    return Column(name, INSTANT, nullable=False, server_default=_NOW)


def user_column(name: str) -> Column[str]:
    """A login, by default the session's."""
    return Column(name, Text, nullable=False, server_default=_SESSION_USER)


def day_column(name: str) -> Column[date]:
    """A local day."""
    return Column(name, Date, nullable=False)


def reference(name: str, table: str, *, nullable: bool = False, cascade: bool = False) -> Column[UUID]:
    """Another table's row."""
    return Column(name, Uuid, ForeignKey(f"{table}.id", ondelete="CASCADE" if cascade else None), nullable=nullable)


def number_of_its_own() -> Column[int]:
    """A short number beside the id, for locks and constraints."""
    return Column("no", Integer, Identity(always=True), nullable=False, unique=True)


def edited() -> tuple[Column[Any], ...]:
    """What the trigger stamp() writes on every table that people edit."""
    return (
        number_column("version", 1),
        now_column("changed_at"),
        user_column("changed_by"),
        Column("changed_desk_id", Uuid),
    )
