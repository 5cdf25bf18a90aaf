"""What stands at the start of a backup: when, of what, how many rows of each table, and who signs in.

Without the passphrase nothing of it can be read.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from clinic_desk.backups.problems import NotUsable, Problem
from clinic_desk.database.setup import KeptRole

MOST_BYTES: Final = 16 * 2**20


@dataclass(frozen=True, slots=True)
class Manifest:
    """`taken_at`: the moment whose state it holds, by the database's clock. `rows`: (table, rows), sorted.

    `seals`: how many seals the history had. `clinic`: the names of its sites. `server`: PostgreSQL's version number.
    """

    taken_at: datetime
    revision: str
    server: int
    rows: tuple[tuple[str, int], ...]
    seals: int
    clinic: tuple[str, ...] = ()
    roles: tuple[KeptRole, ...] = ()
    program: str = ""
    dumped_by: int = 0
    """The major version of the pg_dump that wrote it; an older pg_restore cannot read it."""

    @property
    def major(self) -> int:
        """The oldest PostgreSQL whose programs and server are sure to take it."""
        return max(self.server // 10000, self.dumped_by)

    @property
    def has_passwords(self) -> bool:
        """Whether people can sign in with their passwords after it was restored on another server."""
        return all(role.verifier for role in self.roles if role.can_login)

    def count(self, table: str) -> int:
        """Return the number of rows of a table; 0 for one that is not in it."""
        return dict(self.rows).get(table, 0)


def packed(manifest: Manifest) -> bytes:
    """Return it as it stands in the file, its length first."""
    content = asdict(manifest) | {"taken_at": manifest.taken_at.astimezone(UTC).isoformat()}
    text = json.dumps(content, ensure_ascii=False).encode()
    return len(text).to_bytes(4, "big") + text


def unpacked(text: bytes) -> Manifest:
    """Return the manifest. Raises NotUsable(damaged)."""
    try:
        content: dict[str, Any] = json.loads(text)
        return Manifest(
            taken_at=datetime.fromisoformat(content["taken_at"]),
            revision=str(content["revision"]),
            server=int(content["server"]),
            rows=tuple((str(name), int(count)) for name, count in content["rows"]),
            seals=int(content["seals"]),
            clinic=tuple(str(name) for name in content["clinic"]),
            roles=tuple(KeptRole(**{**one, "groups": tuple(one["groups"])}) for one in content["roles"]),
            program=str(content["program"]),
            dumped_by=int(content.get("dumped_by", 0)),
        )
    except (ValueError, TypeError, KeyError):
        raise NotUsable(Problem.DAMAGED) from None
