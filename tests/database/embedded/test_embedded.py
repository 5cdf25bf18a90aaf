"""The embedded server as its programs see it: made, shared, killed; with real servers and real programs."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from clinic_desk.database.embedded import EmbeddedServerError, Problem, join, postmaster
from clinic_desk.database.embedded.account import service_account
from tests.database.embedded.conftest import (
    FALLING_PROGRAM,
    LIMIT,
    ask,
    connected,
    is_down,
    port_of,
    server_pid,
)
from tests.support.waiting import until

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
