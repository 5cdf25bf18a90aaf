"""The waiting list's table for SQLAlchemy Core; `database.tables` has them all."""

from __future__ import annotations

from sqlalchemy import ARRAY, Column, Date, Index, Integer, Table, Text, Uuid, text

from clinic_desk.database.columns import INSTANT, edited, id_column, metadata, now_column, reference, text_column

_NONE = text("'{}'")

wish = Table(
    "wish",
    metadata,
    id_column(),
    reference("patient_id", "patient"),
    reference("type_id", "appointment_type"),
    reference("site_id", "site", nullable=True),
    reference("appointment_id", "appointment", nullable=True),
    Column("practitioner_ids", ARRAY(Uuid), nullable=False, server_default=_NONE),
    Column("weekdays", ARRAY(Integer), nullable=False, server_default=_NONE),
    Column("times", ARRAY(Integer), nullable=False, server_default=_NONE),
    Column("until_day", Date),
    text_column("priority", "routine"),
    text_column("note"),
    now_column("added_at"),
    Column("asked_at", INSTANT),
    Column("closed", Text),
    reference("booked_id", "appointment", nullable=True),
    Column("moved_from", INSTANT),
    *edited(),
    Index("wish_waiting_idx", "added_at", postgresql_where=text("closed IS NULL")),
    Index("wish_patient_id_idx", "patient_id"),
    Index("wish_appointment_id_idx", "appointment_id"),
    Index("wish_booked_id_idx", "booked_id"),
)
