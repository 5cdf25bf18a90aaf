"""Who gets into the embedded server, and what others can read of it; with real servers."""

import contextlib
import os
import signal
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest

from clinic_desk.database.embedded import EmbeddedServer, join
from clinic_desk.database.embedded.account import is_root
from tests.database.embedded.conftest import (
    LIMIT,
    ask,
    connected,
)
from tests.support.waiting import until

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
