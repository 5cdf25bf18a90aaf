"""The schema that this program was built for: a constant of its own, which every connection tells the database."""

from __future__ import annotations

from typing import Final

EXPECTED_REVISION: Final = "0007"
"""The Alembic revision this program reads and writes; a test holds it against the head of `migrations/versions`."""
OTHER_VERSION: Final = "CDV01"
"""The error by which the database refuses a write of a program of another revision; its message is the schema's."""
