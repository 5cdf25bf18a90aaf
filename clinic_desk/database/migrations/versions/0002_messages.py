"""Messages: settings, reminder rules, texts, addresses, answers, and what the queue is worked with; SQL in sql/0002."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

_SQL = Path(__file__).parents[1] / "sql" / revision


def upgrade() -> None:
    """Run the files in the order of their names, unparsed: they hold PL/pgSQL with colons and percent signs."""
    cursor = op.get_bind().connection.cursor()
    for path in sorted(_SQL.glob("*.sql")):
        cursor.execute(path.read_text(encoding="utf-8"))
    cursor.close()
