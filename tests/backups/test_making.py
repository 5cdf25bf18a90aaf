"""A backup of a real database: whole, checked by restoring it, and told truly when something is wrong."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock
from sqlalchemy import URL, text

from clinic_desk.backups import checking, programs
from clinic_desk.backups.checking import check
from clinic_desk.backups.dumping import Source, dump
from clinic_desk.backups.making import Backup, back_up_before_upgrade, make_backup
from clinic_desk.backups.problems import BackupFailed, NotUsable, Problem
from clinic_desk.backups.restoring import compare, contents, restored_beside, told
from clinic_desk.backups.switching import BEFORE
from clinic_desk.database import copies, setup
from clinic_desk.database.copies import counted
from clinic_desk.database.engine import Database
from clinic_desk.database.failures import DatabaseFault
from clinic_desk.errors import Busy, DatabaseDown
from tests.backups.conftest import COST, PHRASE, Server
from tests.plugins.postgres import PostgresServer
from tests.support.small_clinic import SmallClinic

NOW = datetime(2026, 11, 23, 1, 10, tzinfo=UTC)


def _left(server: PostgresServer) -> list[str]:
    """What was left by a restore; not what another test is just restoring into."""
    with server.admin.cursor() as cursor:
        cursor.execute(copies._LEFT)
        return [row[0] for row in cursor.fetchall() if not row[0].startswith(BEFORE)]


def test_a_backup_says_what_is_in_it_to_who_has_the_passphrase(made: Backup) -> None:
    found = contents(made.path, PHRASE)
    assert found == made.manifest
    assert (found.count("patient"), found.clinic) == (10, ("Harlem", "Mitte"))
    people = {role.name: role.groups for role in found.roles}
    assert people["test_manager"] == ("clinic_manager",)
    assert found.has_passwords
    assert b"SCRAM" not in made.path.read_bytes()
    assert "Mitte" not in made.path.name
    with pytest.raises(NotUsable) as refused:
        contents(made.path, "correct horse batterz")
    assert refused.value.code is Problem.WRONG_PASSPHRASE


def test_what_is_booked_meanwhile_is_not_in_it_and_counts_agree_all_the_same(
    source: Source, clinic: SmallClinic, database: Database, server: Server, folder: Path
) -> None:
    begun = threading.Event()

    def tell(_done: int) -> None:
        if not begun.is_set():
            begun.set()
            with database.writing() as connection:
                connection.execute(text("INSERT INTO patient (id, family_name) VALUES (gen_random_uuid(), 'Later')"))

    assert clinic.patients
    taken = dump(source, folder / "b", PHRASE, tell=tell, cost=COST)
    assert begun.is_set()
    checked = check(folder / "b", PHRASE, scratch=server.scratch)
    assert checked.manifest == taken
    assert taken.count("patient") == 10


def test_the_owner_role_backs_up_a_shared_server_without_passwords(
    postgres_server: PostgresServer, fresh_database: str, clinic: SmallClinic, server: Server, folder: Path
) -> None:
    assert clinic.patients
    address = postgres_server.url(fresh_database, setup.OWNER)
    found = back_up_before_upgrade(address, folder, PHRASE, NOW, scratch=server.scratch)
    assert not found.manifest.has_passwords
    assert {role.name for role in found.manifest.roles} >= {"test_manager", "test_reception"}
    assert found.path.name.startswith("clinic-desk-20261123-011000-")


def test_a_damaged_or_cut_file_restores_nothing(
    made: Backup, server: Server, postgres_server: PostgresServer, folder: Path
) -> None:
    data = made.path.read_bytes()
    bad = folder / "bad"
    for spoilt in (data[:-1], data[: len(data) // 2], data[:-40] + bytes([data[-40] ^ 1]) + data[-39:]):
        bad.write_bytes(spoilt)
        with pytest.raises(NotUsable) as refused:
            check(bad, PHRASE, scratch=server.scratch)
        assert refused.value.code is Problem.DAMAGED
    assert _left(postgres_server) == []


def test_a_row_that_is_missing_after_the_restore_fails_the_check(
    made: Backup, server: Server, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    one_less = (("patient", 9),)
    monkeypatch.setattr("clinic_desk.database.copies.counted", lambda link: one_less + counted(link)[1:])
    with pytest.raises(BackupFailed) as failed:
        check(made.path, PHRASE, scratch=server.scratch)
    assert failed.value.code is Problem.DIFFERS
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_and_a_server_that_is_away_are_told(source: Source, folder: Path) -> None:
    with pytest.raises(BackupFailed) as failed:
        make_backup(source, folder / "none", PHRASE, NOW, cost=COST)
    assert failed.value.code is Problem.FOLDER
    with pytest.raises(BackupFailed) as failed:
        make_backup(Source(source.url.set(port=1)), folder, PHRASE, NOW, cost=COST)
    assert failed.value.code is Problem.DATABASE
    assert list(folder.iterdir()) == []


def test_a_full_disk_leaves_no_half_a_file(source: Source, folder: Path) -> None:
    resource = pytest.importorskip("resource")
    program = (
        "import resource, signal, sys\n"
        "from datetime import UTC, datetime\n"
        "from pathlib import Path\n"
        "from sqlalchemy import make_url\n"
        "from clinic_desk.backups.dumping import Source\n"
        "from clinic_desk.backups.making import make_backup\n"
        "from clinic_desk.backups.problems import BackupFailed\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "try:\n"
        "    make_backup(Source(make_url(sys.stdin.read())), Path(sys.argv[1]), 'x', datetime.now(UTC), cost=4)\n"
        "except BackupFailed as error:\n"
        "    print(error.code.value)\n"
    )
    assert resource
    address = source.url.render_as_string(hide_password=False)
    ended = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        input=address,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout.strip() == "disk-full"
    assert list(folder.iterdir()) == []


def test_stopping_ends_it_and_leaves_nothing(source: Source, folder: Path) -> None:
    def linger(_done: int) -> None:
        threading.Event().wait(0.5)

    with pytest.raises(BackupFailed) as failed:
        dump(source, folder / "b", PHRASE, stop=lambda: True, tell=linger, cost=COST)
    assert failed.value.code is Problem.STOPPED
    assert list(folder.iterdir()) == []


def test_what_a_killed_restore_left_is_removed_by_the_next_one_and_one_that_goes_on_is_not(
    made: Backup, server: Server, postgres_server: PostgresServer
) -> None:
    postgres_server.execute("CREATE DATABASE clinic_restoring_left_by_somebody")
    with restored_beside(server.url, made.path, PHRASE) as (name, manifest):
        check(made.path, PHRASE, scratch=server.scratch)
        compare(server.url.set(database=name), manifest)
    assert _left(postgres_server) == []


def test_a_folder_that_is_in_use_or_another_programs_is_not_cleared_though_its_name_begins_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, theirs, in_use = (tmp_path / f"{checking._PREFIX}{name}" for name in ("left", "theirs", "in-use"))
    for folder in (left, theirs, in_use):
        (folder / "data").mkdir(parents=True)
    (left / checking._IN_USE).touch()
    with FileLock(in_use / checking._IN_USE):
        checking.clear_left()
        assert {path.name for path in tmp_path.iterdir()} == {theirs.name, in_use.name}
        assert all((folder / "data").exists() for folder in (theirs, in_use))


def test_the_password_is_in_the_childs_environment_and_in_no_argument(
    source: Source, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.name == "nt":
        pytest.skip("a shell script stands for pg_dump")
    seen = tmp_path / "seen"
    fake = tmp_path / "pg_dump"
    fake.write_text(f'#!/bin/sh\necho "$@" > {seen}; test -n "$PGPASSWORD" && echo has >> {seen}; exit 1\n')
    fake.chmod(0o700)
    monkeypatch.setattr(programs, "program_for", lambda *_: programs.Program(18, fake))
    monkeypatch.setenv("PGPASSWORD", "somebody else's")
    with pytest.raises(BackupFailed) as failed:
        dump(source, folder / "b", PHRASE, cost=COST)
    assert failed.value.code is Problem.DUMP
    arguments, has = seen.read_text().splitlines()
    assert (source.url.password or "") not in arguments
    assert has == "has"


def test_a_program_that_fits_the_server_is_found_or_missed_by_its_name() -> None:
    assert programs.program_for("pg_dump", 14).path.exists()
    with pytest.raises(BackupFailed, match="pg_dump of PostgreSQL 99 or newer is needed"):
        programs.program_for("pg_dump", 99)


def test_a_backup_has_its_name_only_when_it_passed_its_check(source: Source, server: Server, folder: Path) -> None:
    seen: list[list[str]] = []

    @contextmanager
    def scratch(major: int) -> Iterator[URL]:
        seen.append([path.name[-5:] for path in folder.iterdir()])  # killed now, this is what would be left
        with server.scratch(major) as url:
            yield url

    found = make_backup(source, folder, PHRASE, NOW, scratch=scratch, cost=COST)
    assert seen == [[".part"]]
    assert list(folder.iterdir()) == [found.path]


@pytest.mark.parametrize(
    ("error", "free", "found"),
    [
        (Busy("could not extend file: No space left on device"), 10**9, Problem.DISK_FULL),
        (DatabaseFault("XX000", "could not write"), 1000, Problem.DISK_FULL),
        (BackupFailed(Problem.RESTORE), 1000, Problem.DISK_FULL),  # the server broke down, and could not say why
        (DatabaseDown("gone"), 10**9, Problem.RESTORE),
    ],
)
def test_a_full_disk_is_said_to_be_one_however_the_server_breaks_down_of_it(
    error: Exception, free: int, found: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=free))
    with pytest.raises(BackupFailed) as failed, told(tmp_path):
        raise error
    assert failed.value.code is found


def test_killed_in_the_middle_a_backup_leaves_only_a_part_that_the_next_one_clears(
    source: Source, server: Server, folder: Path
) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from sqlalchemy import make_url\n"
        "from clinic_desk.backups.dumping import Source, dump\n"
        "address = make_url(sys.stdin.read())\n"
        "dump(Source(address), Path(sys.argv[1]) / 'clinic-desk-x.cdbackup', 'x', cost=4,\n"
        "     tell=lambda _done: os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    address = source.url.render_as_string(hide_password=False)
    ended = subprocess.run(
        [sys.executable, "-c", program, str(folder)], input=address, text=True, timeout=60, check=False
    )
    assert ended.returncode == -signal.SIGKILL
    (part,) = folder.iterdir()
    assert part.name.endswith(".part")
    os.utime(part, (0, 0))
    found = make_backup(source, folder, PHRASE, NOW, scratch=server.scratch, cost=COST)
    assert list(folder.iterdir()) == [found.path]
