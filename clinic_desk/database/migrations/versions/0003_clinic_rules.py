"""Clinic rules: date overrides, reserved blocks, devices, capacity, booking rules and series; SQL in sql/0003."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"

_SQL = Path(__file__).parents[1] / "sql" / revision


def upgrade() -> None:
    """Run the files in the order of their names, unparsed: they hold PL/pgSQL with colons and percent signs."""
    cursor = op.get_bind().connection.cursor()
    for path in sorted(_SQL.glob("*.sql")):
        cursor.execute(path.read_text(encoding="utf-8"))
    cursor.close()
