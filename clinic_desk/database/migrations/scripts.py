"""Runs the SQL of a migration."""

from __future__ import annotations

from pathlib import Path

from alembic import op

_SQL = Path(__file__).with_name("sql")


def run_scripts(revision: str) -> None:
    """Run the files of a revision by their names, unparsed: they hold PL/pgSQL with colons and percents."""
    cursor = op.get_bind().connection.cursor()
    for path in sorted((_SQL / revision).glob("*.sql")):
        cursor.execute(path.read_text(encoding="utf-8"))
    cursor.close()
