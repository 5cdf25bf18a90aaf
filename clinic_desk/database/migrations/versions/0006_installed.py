"""What a clinic's own installation needs: restricted records, its lock time, backups and upgrades; SQL in sql/0006."""

from __future__ import annotations

from clinic_desk.database.migrations.scripts import run_scripts

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_scripts(revision)
