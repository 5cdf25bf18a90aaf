"""What the clinic signs in to its providers with, as the database holds it: never in clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import KeptSecret

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_KEPT: Final = "SELECT name, key_id, version, changed_at, changed_by FROM provider_secret ORDER BY name"
_SEALED: Final = """
SELECT s.name, s.key_id, t.ciphertext FROM provider_secret s JOIN provider_secret_text t ON t.id = s.id
"""
_MARK: Final = "SELECT count(*), max(changed_at), max(version) FROM provider_secret"
_PUT: Final = """
INSERT INTO provider_secret (id, name, key_id) VALUES (%(id)s::uuid, %(name)s, %(key_id)s)
ON CONFLICT (name) DO UPDATE SET key_id = excluded.key_id RETURNING id
"""
_PUT_TEXT: Final = """
INSERT INTO provider_secret_text (id, ciphertext) VALUES (%(id)s::uuid, %(ciphertext)s)
ON CONFLICT (id) DO UPDATE SET ciphertext = %(ciphertext)s
"""
_DROP: Final = "DELETE FROM provider_secret WHERE name = ANY (%(names)s::text[])"


def kept_secrets(connection: Connection) -> tuple[KeptSecret, ...]:
    """Return what is kept, by name, without what it says."""
    return tuple(KeptSecret(*row) for row in connection.exec_driver_sql(_KEPT))


def sealed_secrets(connection: Connection) -> dict[str, tuple[str, str]]:
    """Return (id of the key, ciphertext) by name; as a login of clinic_worker. Raises NotAllowed to any other."""
    return {name: (key_id, text) for name, key_id, text in connection.exec_driver_sql(_SEALED)}


def mark(connection: Connection) -> tuple[object, ...]:
    """Return something that is another one after any change."""
    return tuple(connection.exec_driver_sql(_MARK).one())


def put_secret(connection: Connection, name: str, key_id: str, ciphertext: str) -> None:
    """Keep one, in the place of what was kept under this name."""
    row_id = connection.exec_driver_sql(_PUT, {"id": str(new_id()), "name": name, "key_id": key_id}).scalar_one()
    connection.exec_driver_sql(_PUT_TEXT, {"id": str(row_id), "ciphertext": ciphertext})


def drop_secrets(connection: Connection, names: Iterable[str]) -> None:
    """Forget some, if they are kept."""
    connection.exec_driver_sql(_DROP, {"names": list(names)})
