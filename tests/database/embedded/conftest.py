"""What the tests of the embedded server share: folders of its own, programs of ours on them, and questions to it."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
from sqlalchemy.engine import URL

import clinic_desk
from clinic_desk.database.embedded import EmbeddedServer, join, postmaster
from clinic_desk.database.embedded.account import is_root
from tests.support.waiting import until

LIMIT = 30.0  # seconds that any condition may take
needs_root = pytest.mark.skipif(not is_root(), reason="is about what only root meets")
needs_user = pytest.mark.skipif(is_root(), reason="is about what root never meets")

# A program that joins, says so, and leaves when its input ends.
PROGRAM = """
import sys
from pathlib import Path
from clinic_desk.database.embedded import join
if sys.argv[2:] == ["at a signal"]:
    sys.stdin.readline()
with join(Path(sys.argv[1])) as server:
    print(server.address.port, flush=True)
    sys.stdin.read()
"""
FALLING_PROGRAM = """
import sys
from pathlib import Path
from clinic_desk.database.embedded import join
server = join(Path(sys.argv[1]))
print(server.address.port, flush=True)
raise SystemExit("fell over without leaving")
"""


def clear(folder: Path) -> None:
    """End what a failed test left running in the data folders below `folder`."""
    for pgdata in folder.rglob("pgdata"):
        for pid in postmaster.survivors(pgdata):
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        until(partial(is_empty, pgdata.parent))


@pytest.fixture
def place() -> Iterator[Path]:
    """A new folder, open also to the account that root's server runs as; nothing runs in it after the test."""
    folder = Path(tempfile.mkdtemp(prefix="cd-place-"))
    folder.chmod(0o755)
    yield folder
    clear(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="package")
def made() -> Iterator[Path]:
    """A data folder with a database, for the tests that leave it whole; they make tables of different names."""
    folder = Path(tempfile.mkdtemp(prefix="cd-made-"))
    join(folder).leave()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def data(made: Path) -> Iterator[Path]:
    """The same; nothing runs in it before and after the test."""
    assert is_down(made)
    yield made
    clear(made)


@pytest.fixture
def linked(made: Path, place: Path) -> Path:
    """The same files in another folder, to be damaged with rewrite(), removed, but not started."""
    subprocess.run(["cp", "-al", made, place / "data"], check=True)
    return place / "data"


@pytest.fixture
def programs() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts programs of ours on a data folder; they are gone after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(data: Path, *arguments: str, code: str = PROGRAM) -> subprocess.Popen[str]:
        program = subprocess.Popen(
            [sys.executable, "-c", code, str(data), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(clinic_desk.__file__).parents[1]), *sys.path])},
            start_new_session=True,
        )
        started.append(program)
        return program

    yield start
    for program in started:
        program.kill()
        program.communicate()


def port_of(program: subprocess.Popen[str]) -> int:
    """The port a program says it joined at; waits until it has."""
    assert program.stdout is not None
    return int(program.stdout.readline())


def connected(url: URL, **changed: Any) -> Any:
    """A context with an open connection that keeps each statement; `changed` replaces parameters."""
    parameters = {
        "host": url.host,
        "port": url.port,
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
        "connect_timeout": 10,
    }
    connection = psycopg2.connect(**(parameters | url.query | changed))
    connection.autocommit = True
    return contextlib.closing(connection)


def ask(server: EmbeddedServer, statement: str) -> Any:
    """The first value of the statement's result, over a new connection as the superuser."""
    with connected(server.superuser_url()) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def server_pid(server: EmbeddedServer) -> int:
    """The process id of the server itself."""
    found = postmaster.alive(server.data / "pgdata")
    assert found is not None
    return found.pid


def is_empty(data: Path) -> bool:
    """Whether no process of PostgreSQL works in the folder."""
    return not postmaster.survivors(data / "pgdata")


def is_down(data: Path) -> bool:
    """Whether the server has stopped in an orderly way."""
    return is_empty(data) and not (data / "pgdata" / "postmaster.pid").exists()


def snapshot(tree: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything that is in a folder: path → mode, owner, content."""
    paths = [tree, *tree.rglob("*")]
    return {
        str(path.relative_to(tree)): (
            path.lstat().st_mode,
            path.lstat().st_uid,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in paths
    }
