"""The statements of moving a clinic: its rows from one database to another, what is compared, and how a door is closed.

Both have this program's schema. Triggers do not run: history, seals and versions come over as they are.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final

from clinic_desk.database.setup import GROUPS, PASSWORD_ONLY

if TYPE_CHECKING:
    import psycopg2.extensions

Tell = Callable[[int, int], None]
"""(tables done, tables in all)"""

_TABLES: Final = """
SELECT c.relname::text,
       array_agg(quote_ident(a.attname) ORDER BY a.attname) FILTER (WHERE a.attgenerated = '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version'
GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES: Final = """
SELECT quote_ident(s.relname) FROM pg_class s
WHERE s.relnamespace = 'public'::regnamespace AND s.relkind = 'S' ORDER BY s.relname
"""
_SUM: Final = "count(*), coalesce(sum(('x' || left(md5(ROW({columns})::text), 15))::bit(60)::bigint), 0)"

_OTHERS: Final = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> %s
"""

Sums = dict[str, tuple[int, int]]
"""(rows, a sum over what is in them) by table."""


def tables(connection: psycopg2.extensions.connection) -> dict[str, list[str]]:
    """Return the columns, quoted, of every table that is copied."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        return dict(cursor.fetchall())


def lock(connection: psycopg2.extensions.connection) -> None:
    """Have nobody else write until this transaction ends; reading goes on. Raises psycopg2's lock_not_available."""
    listed = _listed(tables(connection))
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {listed} IN EXCLUSIVE MODE")


def copy(old: psycopg2.extensions.connection, new: psycopg2.extensions.connection, tell: Tell) -> None:
    """Put every row of `old` in the place of what is in `new`, inside the open transactions of both; they must have the
    same tables.
    """
    columns = tables(old)
    everything = _listed(columns)
    with new.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"TRUNCATE {everything}")
    for done, (name, names) in enumerate(columns.items()):
        tell(done, len(columns))
        listed = ", ".join(names)
        _stream(old, new, f'COPY public."{name}" ({listed}) TO STDOUT', f'COPY public."{name}" ({listed}) FROM STDIN')
    with old.cursor() as source, new.cursor() as target:
        source.execute(_SEQUENCES)
        for (sequence,) in source.fetchall():
            source.execute(f"SELECT last_value, is_called FROM public.{sequence}")  # noqa: S608 - from the catalogue
            value, is_called = source.fetchone() or (1, False)
            target.execute("SELECT setval(%s, %s, %s)", (f"public.{sequence}", value, is_called))


def sums(connection: psycopg2.extensions.connection, tell: Tell) -> Sums:
    """Return how many rows are in each table, and a sum over all that is in them."""
    found: Sums = {}
    columns = tables(connection)
    with connection.cursor() as cursor:
        for done, (name, names) in enumerate(columns.items()):
            tell(done, len(columns))
            asked = _SUM.format(columns=", ".join(names))
            cursor.execute(f'SELECT {asked} FROM public."{name}"')  # noqa: S608 - names of the catalogue
            rows, total = cursor.fetchone() or (0, 0)
            found[name] = (int(rows), int(total))
    return found


def say(connection: psycopg2.extensions.connection, words: str | None) -> None:
    """Note with the database itself what is the matter with it; None: nothing any more."""
    from psycopg2.extensions import quote_ident

    name = quote_ident(connection.info.dbname, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON DATABASE {name} IS %s", (words,))


def close_door(connection: psycopg2.extensions.connection, besides: int) -> None:
    """Let none of the clinic's people in any more, and end what is open, but this session and the one numbered so."""
    from psycopg2.extensions import quote_ident

    name = quote_ident(connection.info.dbname, connection)
    groups = ", ".join((*GROUPS, PASSWORD_ONLY))
    with connection.cursor() as cursor:
        cursor.execute(f"REVOKE CONNECT ON DATABASE {name} FROM {groups}")
        cursor.execute(_OTHERS, (besides,))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'public."{name}"' for name in names)


def _stream(
    old: psycopg2.extensions.connection, new: psycopg2.extensions.connection, reading: str, writing: str
) -> None:
    """What one COPY says goes straight into the other: no patient's data lies in a file in between."""
    source, target = os.pipe()
    trouble: list[BaseException] = []

    def read() -> None:
        try:
            with os.fdopen(target, "wb") as stream, old.cursor() as cursor:
                cursor.copy_expert(reading, stream)
        except BaseException as error:  # told below, on the calling thread
            trouble.append(error)

    thread = threading.Thread(target=read, name="copying", daemon=True)
    thread.start()
    try:
        with os.fdopen(source, "rb") as stream, new.cursor() as cursor:
            cursor.copy_expert(writing, stream)
    finally:
        thread.join()
    if trouble:  # what came over may be cut off: the caller's transaction is not committed
        raise trouble[0]
