"""Several PCs: the clinic's key by pairing, and what a restore leaves to be seen; SQL in sql/0007."""

from __future__ import annotations

from clinic_desk.database.migrations.scripts import run_scripts

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_scripts(revision)
