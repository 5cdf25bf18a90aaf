"""People, rights and history, and what the front desk still lacked, such as offers of a free time; SQL in sql/0005."""

from __future__ import annotations

from clinic_desk.database.migrations.scripts import run_scripts

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_scripts(revision)
