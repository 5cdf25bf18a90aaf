"""Clinic rules: date overrides, reserved blocks, devices, capacity, booking rules and series; SQL in sql/0003."""

from __future__ import annotations

from clinic_desk.database.migrations.scripts import run_scripts

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_scripts(revision)
