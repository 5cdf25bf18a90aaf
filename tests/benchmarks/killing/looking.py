"""Opens the clinic as the next start of the program does, and tells all that can be held against another time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.benchmarks.killing.acts import BACKUPS, FAR, open_as_she_does, settings


def look(act: str) -> dict[str, Any]:
    """Open the clinic as the next start does; what is in it, who may sign in, whether its history holds."""
    from clinic_desk import upgrading
    from clinic_desk.backups import checking

    told: list[str] = []
    opened = open_as_she_does(told)
    checking.clear_left()  # as the program does in the background, once somebody is in
    if opened is None:
        return {"stands": "asks"}
    try:
        if not opened.clinic.sites and not opened.clinic.practitioners and opened.server is not None:
            return {"stands": "asks"}
        made = sorted(BACKUPS.glob("*.cdbackup"))
        done = bool(made) if act == "back-up" else upgrading.UPGRADING not in told
        return {"stands": "open", "done": done, "broken": [each.name for each in made if not _is_whole(each)]} | _facts(
            opened
        )
    finally:
        opened.close()


def _is_whole(backup: Path) -> bool:
    from clinic_desk.backups import sealed_file
    from clinic_desk.backups.problems import NotUsable

    try:
        with sealed_file.reading(backup, os.environ["CLINIC_DESK_BACKUP_PASSPHRASE"]) as reader:
            return sum(map(len, reader.chunks())) > 0
    except NotUsable:
        return False


def _facts(opened: Any) -> dict[str, Any]:
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    from clinic_desk.database import anchors, copies, copying, schema
    from clinic_desk.database.engine import Database, DeskIdentity
    from clinic_desk.domain.ids import new_id
    from clinic_desk.services.history_verify import verify_history
    from clinic_desk.sharing import cluster

    set_to = settings()
    if opened.server is not None:
        superuser = opened.server.superuser_url("clinic")
    else:
        superuser = cluster.superuser_url(set_to.shared_folder or FAR, "clinic")
    with create_engine(superuser, poolclass=NullPool).connect() as connection:
        driver = connection.connection.driver_connection
        facts: dict[str, Any] = {
            "revision": schema.current_revision(connection),
            "people": sorted({_called(one) for one in copies.people(connection) if one.can_login}),
            "databases": sorted(connection.exec_driver_sql("SELECT datname::text FROM pg_database").scalars()),
            "tables": copying.sums(driver, lambda _done, _total: None),  # type: ignore[arg-type]
        }
    database = Database(superuser, DeskIdentity(new_id(), "look"), pool_size=1)
    try:
        found = verify_history(database, anchors.known(database, set_to.data))
        facts["history"] = [finding.problem for finding in found.findings]
    finally:
        database.dispose()
    return facts


def _called(person: Any) -> str:
    """A person with her rights; the logins of PCs have names by chance."""
    kind, sign, _ = person.name.partition("_")
    return f"{kind if sign and kind in {'desk', 'join'} else person.name}: {', '.join(person.groups)}"
