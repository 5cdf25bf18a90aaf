"""Messages: settings, reminder rules, texts, addresses, answers, and what the queue is worked with; SQL in sql/0002."""

from __future__ import annotations

from clinic_desk.database.migrations.scripts import run_scripts

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Run the SQL of this revision."""
    run_scripts(revision)
