"""The first schema: tables, functions, triggers, indexes and grants, as plain SQL in sql/0001."""

from __future__ import annotations

from clinic_desk.database.migrations.scripts import run_scripts

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_scripts(revision)
