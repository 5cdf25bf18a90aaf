"""The front desk's day: what arrivals, waiting list and lists of the day need; SQL in sql/0004."""

from __future__ import annotations

from clinic_desk.database.migrations.scripts import run_scripts

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_scripts(revision)
