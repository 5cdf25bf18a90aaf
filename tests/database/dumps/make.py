"""Makes the dumps beside it anew: a clinic at work in each revision of the schema, as a program of it would leave it.

    python -m tests.database.dumps.make [REVISION …]

Of a revision that was released the dump stays as it is: make the new one only. Each is plain SQL, compressed, that any
PostgreSQL from 14 on takes from a driver.
"""

from __future__ import annotations

import gzip
import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from clinic_desk.database import schema, setup
from clinic_desk.database.embedded import join
from clinic_desk.database.embedded.account import service_account
from clinic_desk.database.embedded.binaries import find, usable
from clinic_desk.database.embedded.commands import run

HERE: Final = Path(__file__).parent
_PASSWORD: Final = "not-a-secret"
_ID_OF: Final = """
CREATE FUNCTION pg_temp.id_of(kind text, n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT overlay(overlay(md5(kind || n) placing '7' from 13) placing '8' from 17)::uuid $$
"""
_UNWANTED: Final = re.compile(r"\\.*|SET transaction_timeout.*")


def main() -> None:
    """Make those that are named, or all."""
    wanted = sys.argv[1:] or list(schema.known_revisions()[:-1])
    with tempfile.TemporaryDirectory(prefix="cdpg-dumps-") as place:
        Path(place).chmod(0o755)
        with join(Path(place) / "server") as server:
            setup.prepare_database(server.superuser_url(), owner_password=_PASSWORD)
            for revision in wanted:
                name = f"clinic_{revision}"
                _fill(server.superuser_url(), name, revision)
                program = usable(find(None), service_account((server.data / "pgdata").stat().st_uid))
                account = service_account((server.data / "pgdata").stat().st_uid)
                address = server.superuser_url(name).set(drivername="postgresql").render_as_string(hide_password=False)
                arguments = ["--rows-per-insert=200", "--no-comments", "--dbname", address]
                ended = run(program.program("pg_dump"), *arguments, account=account, folder=server.data / "pgdata")
                if ended.code:
                    sys.exit(ended.output)
                (HERE / f"{revision}.sql.gz").write_bytes(gzip.compress(_lean(ended.output).encode(), 9, mtime=0))


def _fill(superuser_url: object, name: str, revision: str) -> None:
    from sqlalchemy import URL

    assert isinstance(superuser_url, URL)
    engine = create_engine(superuser_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} OWNER {setup.OWNER} TEMPLATE template0 ENCODING 'UTF8'"))
    setup.configure_database(superuser_url, name)
    owner = superuser_url.set(username=setup.OWNER, password=_PASSWORD, database=name)
    with create_engine(owner, poolclass=NullPool).begin() as connection:
        schema.migrate(connection, revision)
        _work(connection, revision)
    if revision >= "0005":
        with create_engine(owner, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            for _ in range(3):
                connection.execute(text("SELECT * FROM seal_history()"))


def _work(connection: Connection, revision: str) -> None:
    connection.exec_driver_sql(_ID_OF)
    connection.exec_driver_sql("SET LOCAL search_path = public, pg_temp")
    for path in sorted(HERE.glob("fill_*.sql")):
        if path.stem.removeprefix("fill_") <= revision:
            statements = path.read_text(encoding="utf-8").replace("id_of(", "pg_temp.id_of(")
            connection.connection.cursor().execute(statements)


def _lean(dump: str) -> str:
    return "\n".join(line for line in dump.splitlines() if not _UNWANTED.fullmatch(line)) + "\n"


if __name__ == "__main__":
    main()
