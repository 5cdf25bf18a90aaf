"""The embedded server as its programs see it: made, shared, killed, damaged; with real servers and real programs."""

import contextlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest
from sqlalchemy.engine import URL

import clinic_desk
from clinic_desk.database.embedded import EmbeddedServer, EmbeddedServerError, Problem, join, postmaster
from clinic_desk.database.embedded.account import is_root, service_account
from clinic_desk.database.embedded.binaries import SETTING, find

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


def until(condition: Callable[[], object]) -> None:
    """Wait until the condition holds; fail if it never does."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.01)


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


@pytest.fixture(scope="module")
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


# --- made, shared, stopped --------------------------------------------------------------------------------------------


def test_a_new_folder_gets_a_server_that_stops_when_its_only_member_leaves(place: Path) -> None:
    told: list[str] = []
    with join(place / "data", progress=told.append) as server:
        assert ask(server, "SELECT 1") == 1
        assert server.address.host == "127.0.0.1"
    assert len(told) == 2
    assert is_down(place / "data")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.address.host, server.address.port))


def test_a_second_member_shares_the_server_and_keeps_it_when_the_first_leaves(data: Path) -> None:
    first = join(data)
    second = join(data, progress=lambda step: pytest.fail(f"nothing takes long here: {step}"))
    assert second.address == first.address
    with connected(second.superuser_url()) as connection, connection.cursor() as cursor:
        first.leave()
        cursor.execute("SELECT 1")  # on the connection that was open while the first one left
        assert cursor.fetchone() == (1,)
    second.leave()
    assert is_down(data)


def test_leaving_twice_counts_once(data: Path) -> None:
    first, second = join(data), join(data)
    first.leave()
    first.leave()
    assert ask(second, "SELECT 1") == 1
    second.leave()


def test_what_was_written_is_there_after_the_next_start_at_the_same_port(data: Path) -> None:
    with join(data) as server:
        ask(server, "CREATE TABLE kept AS SELECT 'Zoë' AS name")
        port = server.address.port
    with join(data) as server:
        assert ask(server, "SELECT name FROM kept") == "Zoë"
        assert server.address.port == port


def test_two_programs_that_start_at_the_same_instant_on_a_new_folder_share_one_server(
    place: Path, programs: Callable[..., subprocess.Popen[str]]
) -> None:
    both = [programs(place / "data", "at a signal") for _ in range(2)]
    for program in both:
        assert program.stdin is not None
        program.stdin.write("now\n")
        program.stdin.flush()
    first, second = (port_of(program) for program in both)
    assert first == second
    for program in both:
        program.communicate(timeout=LIMIT)
        assert program.returncode == 0
    assert is_down(place / "data")


def test_a_killed_program_is_no_member_any_more(data: Path, programs: Callable[..., subprocess.Popen[str]]) -> None:
    program = programs(data)
    port = port_of(program)
    program.kill()
    program.wait(LIMIT)
    with join(data) as server:
        assert server.address.port == port  # the server had been left running
        assert ask(server, "SELECT 1") == 1
    assert is_down(data)
    assert not list((data / "members").iterdir())


def test_a_program_that_falls_over_still_leaves(data: Path, programs: Callable[..., subprocess.Popen[str]]) -> None:
    program = programs(data, code=FALLING_PROGRAM)
    _, errors = program.communicate(timeout=LIMIT)
    assert "fell over" in errors
    assert is_down(data)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGHUP])
def test_interrupting_the_program_that_started_the_server_leaves_it_to_the_others(
    data: Path, programs: Callable[..., subprocess.Popen[str]], sent: signal.Signals
) -> None:
    program = programs(data)
    port_of(program)
    with join(data) as server:
        before = server_pid(server)
        os.killpg(program.pid, sent)  # Ctrl+C, or the terminal is closed: the whole group gets it
        program.communicate(timeout=LIMIT)
        assert server_pid(server) == before
        assert ask(server, "SELECT 1") == 1
    assert is_down(data)


# --- crashes ----------------------------------------------------------------------------------------------------------


def test_a_killed_server_comes_back_with_its_data_for_all_members_at_once(data: Path) -> None:
    with join(data) as first, join(data) as second:
        ask(first, "CREATE TABLE kept_by_kill AS SELECT 42 AS answer")
        before, port = server_pid(first), first.address.port
        os.kill(before, signal.SIGKILL)
        until(lambda: postmaster.alive(data / "pgdata") is None)
        with ThreadPoolExecutor(4) as threads:
            asked = [threads.submit(member.ensure_running) for member in (first, second, first, second)]
            for each in asked:
                each.result(LIMIT)
        assert server_pid(first) != before
        assert first.address == second.address
        assert first.address.port == port
        assert ask(second, "SELECT answer FROM kept_by_kill") == 42
    assert is_down(data)


def test_ensuring_that_a_running_server_runs_changes_nothing(data: Path) -> None:
    with join(data) as server:
        before = server_pid(server), server.address
        server.ensure_running()
        assert (server_pid(server), server.address) == before


def test_who_has_left_does_not_start_the_server_again(data: Path) -> None:
    server = join(data)
    server.leave()
    with pytest.raises(EmbeddedServerError) as caught:
        server.ensure_running()
    assert caught.value.code is Problem.LEFT
    assert is_down(data)


@pytest.fixture
def bystander(data: Path) -> Iterator[int]:
    """The process id of a program that is no PostgreSQL, of the account that runs the server."""
    account = service_account((data / "pgdata").stat().st_uid)
    program = subprocess.Popen(["sleep", "600"], user=None if account is None else account.uid, cwd="/")
    yield program.pid
    program.kill()
    program.wait()


def test_a_process_id_that_was_given_to_another_program_meanwhile_does_not_keep_the_server_down(
    data: Path, bystander: int
) -> None:
    with join(data) as server:
        stale = (data / "pgdata" / "postmaster.pid").read_text().splitlines()
        ask(server, "CREATE TABLE kept_by_number AS SELECT 42 AS answer")
    (data / "pgdata" / "postmaster.pid").write_text("\n".join([str(bystander), *stale[1:]]))
    with join(data) as server:
        assert ask(server, "SELECT answer FROM kept_by_number") == 42
    assert psutil.pid_exists(bystander)


@pytest.mark.parametrize("content", ["", "12"], ids=["empty", "only the number"])
def test_a_process_file_cut_off_by_a_power_failure_does_not_keep_the_server_down(data: Path, content: str) -> None:
    join(data).leave()
    (data / "pgdata" / "postmaster.pid").write_text(content)
    with join(data) as server:
        assert ask(server, "SELECT 1") == 1


@pytest.mark.parametrize("with_initdb", [True, False], ids=["and initdb too", "and initdb goes on"])
def test_a_program_killed_while_it_makes_the_database_leaves_nothing_in_the_way(
    place: Path, programs: Callable[..., subprocess.Popen[str]], with_initdb: bool
) -> None:
    program = programs(place)
    until(lambda: list(place.glob("pgdata.*.new/global/*")))
    making = psutil.Process(program.pid).children(recursive=True)
    assert making
    program.kill()
    program.wait(LIMIT)
    if with_initdb:
        for process in making:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    assert not (place / "pgdata").exists()
    with join(place) as server:
        assert ask(server, "SELECT 1") == 1
    psutil.wait_procs(making, timeout=LIMIT)
    join(place).leave()  # clears what the orphan made last
    assert {path.name for path in place.iterdir()} == {
        "clinic-desk.json",
        "clinic-desk.lock",
        "log",
        "members",
        "pgdata",
        "secrets",
        "server.json",
    }


def test_a_port_taken_meanwhile_is_replaced_by_a_free_one(data: Path) -> None:
    with join(data) as server:
        taken = server.address.port
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", taken))
        squatter.listen()
        with join(data) as server:
            assert server.address.port != taken
            assert ask(server, "SELECT 1") == 1


# --- foreign and damaged folders --------------------------------------------------------------------------------------


def refused(data: Path) -> EmbeddedServerError:
    """The refusal that joining meets; the folder must be as it was, to the byte."""
    before = snapshot(data)
    with pytest.raises(EmbeddedServerError) as caught:
        join(data)
    assert snapshot(data) == before
    assert "othing was changed" in str(caught.value)
    return caught.value


def test_a_folder_with_other_files_is_refused_untouched_and_none_of_them_is_named(place: Path) -> None:
    (place / "Müller_Befund.txt").write_text("not ours")
    error = refused(place)
    assert error.code is Problem.FOREIGN_FOLDER
    assert "Müller" not in str(error)


def test_a_file_where_the_folder_should_be_is_refused_untouched(place: Path) -> None:
    (place / "data").write_text("not ours")
    with pytest.raises(EmbeddedServerError) as caught:
        join(place / "data")
    assert caught.value.code is Problem.FOREIGN_FOLDER
    assert (place / "data").read_text() == "not ours"


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change what is in a file, but not in its other links."""
    was, content = path.stat(), path.read_bytes()
    path.unlink()
    path.write_bytes(change(content))
    path.chmod(was.st_mode)
    os.chown(path, was.st_uid, was.st_gid)


DAMAGES: dict[str, tuple[Problem, Callable[[Path], object]]] = {
    "pg_control cut off": (
        Problem.DAMAGED,
        lambda data: rewrite(data / "pgdata/global/pg_control", lambda content: content[:100]),
    ),
    "pg_control missing": (Problem.DAMAGED, lambda data: (data / "pgdata/global/pg_control").unlink()),
    "pg_control with a wrong bit": (
        Problem.DAMAGED,
        lambda data: rewrite(data / "pgdata/global/pg_control", lambda content: b"\1" + content[1:]),
    ),
    "base missing": (Problem.DAMAGED, lambda data: shutil.rmtree(data / "pgdata/base")),
    "pgdata missing": (Problem.DAMAGED, lambda data: shutil.rmtree(data / "pgdata")),
    "passwords missing": (Problem.DAMAGED, lambda data: (data / "secrets/passwords.json").unlink()),
    "passwords cut off": (
        Problem.DAMAGED,
        lambda data: rewrite(data / "secrets/passwords.json", lambda content: content[:9]),
    ),
    "marker cut off": (Problem.DAMAGED, lambda data: rewrite(data / "clinic-desk.json", lambda content: content[:9])),
    "marker of a newer program": (
        Problem.OTHER_VERSION,
        lambda data: rewrite(
            data / "clinic-desk.json", lambda content: content.replace(b'"format": 1', b'"format": 2')
        ),
    ),
    "of PostgreSQL 12": (Problem.OTHER_VERSION, lambda data: rewrite(data / "pgdata/PG_VERSION", lambda _: b"12\n")),
    "of no version": (Problem.DAMAGED, lambda data: rewrite(data / "pgdata/PG_VERSION", lambda _: b"rubbish\n")),
    "pgdata of somebody else": (Problem.FOREIGN_FOLDER, lambda data: (data / "pgdata/clinic-desk.json").unlink()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_refused_untouched(linked: Path, damage: str) -> None:
    code, harm = DAMAGES[damage]
    harm(linked)
    assert refused(linked).code is code


def test_a_database_whose_journal_is_lost_is_called_damaged(made: Path, place: Path) -> None:
    copied = place / "data"
    subprocess.run(["cp", "-a", made, copied], check=True)
    for segment in (copied / "pgdata/pg_wal").glob("0*"):
        segment.unlink()
    with pytest.raises(EmbeddedServerError) as caught:
        join(copied)
    assert caught.value.code is Problem.DAMAGED
    assert "checkpoint" in str(caught.value)


def test_a_copied_folder_is_a_server_of_its_own(made: Path, place: Path) -> None:
    with join(made) as original:
        subprocess.run(["cp", "-a", made, place / "copy"], check=True)
        (place / "copy/pgdata/postmaster.pid").unlink()
        with join(place / "copy") as copy:
            assert copy.address.port != original.address.port
            assert copy.address.socket_dir != original.address.socket_dir
            assert ask(copy, "SHOW data_directory") == str(place / "copy/pgdata")
        with connected(original.superuser_url(), host=str(original.address.socket_dir)):
            pass


# --- secrets and permissions ------------------------------------------------------------------------------------------


def test_nobody_gets_in_without_the_password_neither_by_tcp_nor_by_socket(data: Path) -> None:
    with join(data) as server:
        url = server.superuser_url()
        for host in (server.address.host, str(server.address.socket_dir)):
            with connected(url, host=host):
                pass
            for password in ("wrong", ""):
                with pytest.raises(psycopg2.OperationalError, match="password"):
                    connected(url, host=host, password=password)
        rules = (data / "pgdata/pg_hba.conf").read_text().splitlines()
        methods = {line.split()[-1] for line in rules if line.strip() and not line.startswith("#")}
        assert methods == {"scram-sha-256"}
        assert ask(server, "SELECT rolpassword LIKE 'SCRAM-SHA-256$%' FROM pg_authid WHERE rolname = 'postgres'")


def test_a_client_with_the_url_accepts_no_server_that_asks_for_the_password_in_clear(data: Path) -> None:
    with join(data) as server:
        assert server.url("reception").query == {"require_auth": "scram-sha-256"}
        assert server.url("reception").database == "clinic"


def test_each_user_has_one_password_whoever_asks_first(data: Path) -> None:
    with join(data) as first, join(data) as second, ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(member.password, "reception") for member in (first, second) * 3]
        passwords = {each.result(LIMIT) for each in asked}
        assert len(passwords) == 1
        assert len(passwords.pop()) >= 40
        assert first.password("reception") != first.password("manager")
    with join(data) as again:
        assert again.password("reception") == first.password("reception")


def test_no_other_user_can_read_anything_of_the_folder(data: Path) -> None:
    with join(data) as server:
        server.password("reception")
        assert server.address.socket_dir is not None
        assert stat.S_IMODE(server.address.socket_dir.stat().st_mode) == 0o700
        for path in [data, *data.rglob("*")]:
            mode = path.lstat().st_mode
            allowed = 0o710 if path == data and is_root() else 0o700 if stat.S_ISDIR(mode) else 0o600
            assert stat.S_IMODE(mode) & ~allowed == 0, path
        assert not list(data.rglob("*.new"))
        if is_root():  # the account that runs PostgreSQL owns its own files and no others
            assert data.stat().st_uid == (data / "secrets").stat().st_uid == 0
            assert (data / "pgdata").stat().st_uid == (data / "log").stat().st_uid != 0
    assert not server.address.socket_dir.exists()


def test_what_is_sent_to_the_server_never_comes_into_its_log(data: Path) -> None:
    with join(data) as server:
        ask(server, "CREATE TABLE patient (name text PRIMARY KEY)")
        ask(server, "INSERT INTO patient VALUES ('Secretname')")
        for statement in ("INSERT INTO patient VALUES ('Secretname')", "SELECT 'Secretname'::int", "SELECT Secretname"):
            with pytest.raises(psycopg2.Error):
                ask(server, statement)
        sleeping = threading.Thread(target=_expect_a_crash, args=(server, "SELECT pg_sleep(600), 'Secretname'"))
        sleeping.start()
        running = "SELECT min(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()"
        until(lambda: ask(server, running))
        os.kill(ask(server, running), signal.SIGKILL)  # PostgreSQL logs what a crashed process was doing
        sleeping.join(LIMIT)
        assert not sleeping.is_alive()
    written = "".join(path.read_text() for path in (data / "log").glob("*.log"))
    assert "was terminated by signal 9" in written
    assert "secretname" not in written.lower()


def _expect_a_crash(server: EmbeddedServer, statement: str) -> None:
    with contextlib.suppress(psycopg2.OperationalError):
        ask(server, statement)


# --- places and accounts ----------------------------------------------------------------------------------------------


def test_a_long_path_with_blanks_and_umlauts_is_as_good_as_any(place: Path) -> None:
    data = place / "Praxis Dr. Müller, Söhne & 'Töchter' \"Haus\" 診療所" / ("lang " * 20).strip() / "Daten"
    assert len(os.fsencode(data)) > 107
    with join(data) as server:
        assert ask(server, "SELECT 1") == 1
        assert server.address.socket_dir is not None
        with connected(server.superuser_url(), host=str(server.address.socket_dir)):
            pass
    assert is_down(data)


def test_the_environment_of_another_postgresql_does_not_disturb(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGDATA", "PGPORT", "PGHOST", "PGUSER", "PGPASSWORD", "PGOPTIONS", "PGSERVICE"):
        monkeypatch.setenv(name, "nonsense")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    server = join(place)
    for name in ("PGOPTIONS", "PGSERVICE"):  # these are for our own client
        monkeypatch.delenv(name)
    with server:
        assert ask(server, "SELECT 1") == 1


def test_a_database_made_by_another_of_the_shipped_versions_is_opened_by_that_one(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, str(find(16, platform="linux").folder))
    with join(place) as server:
        assert ask(server, "SHOW server_version_num").startswith("16")
    monkeypatch.delenv(SETTING)
    with join(place) as server:
        assert ask(server, "SHOW server_version_num").startswith("16")
        assert ask(server, "SHOW data_checksums") == "on"


def test_names_sort_by_code_point_and_case_is_folded_in_all_scripts(data: Path) -> None:
    with join(data) as server:
        assert ask(server, "SHOW server_encoding") == "UTF8"
        assert ask(server, "SELECT lower('ÄŒЖΣ')") == "äœжσ"
        assert ask(server, "SELECT string_agg(n, '' ORDER BY n) FROM (VALUES ('ä'), ('b'), ('A')) AS t(n)") == "Abä"


@needs_root
def test_root_is_told_of_a_folder_that_the_account_cannot_enter_and_nothing_is_made(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedServerError) as caught:
        join(closed / "data")
    assert caught.value.code is Problem.UNREACHABLE
    assert str(closed) in str(caught.value)
    assert not list(closed.iterdir())


@needs_root
def test_root_works_in_the_folder_of_an_ordinary_user_as_that_user(place: Path) -> None:
    import pwd

    usual = service_account(0)
    assert usual is not None
    other = next(entry for entry in pwd.getpwall() if entry.pw_uid not in {0, usual.uid})
    data = place / "data"
    data.mkdir()
    os.chown(data, other.pw_uid, other.pw_gid)
    with join(data) as server:
        assert ask(server, "SELECT 1") == 1
        server.password("reception")
    assert {path.lstat().st_uid for path in [data, *data.rglob("*")]} == {other.pw_uid}


@needs_root
def test_programs_that_the_account_cannot_reach_are_copied_once_to_where_it_can(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from clinic_desk.database.embedded import binaries

    wheel = find(None).folder.parents[1]
    closed, cache = place / "closed", place / "cache"
    shutil.copytree(wheel, closed / wheel.name, ignore=shutil.ignore_patterns("include", "*.a", "pginstall"))
    shutil.copytree(wheel.with_name(binaries.LIBRARIES_BESIDE), closed / binaries.LIBRARIES_BESIDE)
    closed.chmod(0o700)
    monkeypatch.setattr(binaries, "_packages", lambda: iter([closed / wheel.name]))
    monkeypatch.setattr(binaries, "_cache", lambda: cache)
    for _ in range(2):
        with join(place / "data") as server:
            assert ask(server, "SELECT 1") == 1
            assert psutil.Process(server_pid(server)).exe().startswith(str(cache))
        assert len(list(cache.iterdir())) == 1


@needs_user
def test_a_folder_of_somebody_else_is_refused(place: Path) -> None:
    with pytest.raises(EmbeddedServerError) as caught:
        join(Path("/usr/clinic-desk-data"))
    assert caught.value.code is Problem.NOT_PERMITTED
