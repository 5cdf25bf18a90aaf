"""Set-up that is killed leaves nothing half-made in use: a second try makes it whole, giving up removes it."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import psycopg2
import pytest

from clinic_desk import connection_file
from clinic_desk.database.embedded.cluster import CONTROL_FILE_SIZE, check, choose_port
from clinic_desk.database.embedded.folder import (
    Folder,
    claim,
    open_folder,
    refuse_foreign,
    write_marker,
    write_private,
)
from clinic_desk.sharing import cluster, moving
from clinic_desk.sharing.plans import FoundServer, SharePlan, SharingError, Step, Trouble
from tests.sharing.conftest import MANAGER

_MAKING: Final = """
import sys
from pathlib import Path
from clinic_desk.sharing import cluster, finding
from clinic_desk.sharing.plans import SharePlan
def tell(step, done, total):
    print(step, flush=True)
    if step == sys.argv[2]:
        sys.stdin.read()  # until it is killed
found = finding.look_at(Path(sys.argv[3]))
cluster.make_share(SharePlan(found, Path(sys.argv[1]), None, port=int(sys.argv[4]), as_service=False), tell)
"""


def killed_at(step: Step, folder: Path, installed: FoundServer) -> None:
    words = [sys.executable, "-c", _MAKING, str(folder), str(step), str(installed.folder), str(choose_port(0))]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        for line in program.stdout:
            if line.strip() == step:
                os.kill(program.pid, signal.SIGKILL)
    assert program.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="a kill that nothing can catch")
def test_a_server_that_was_being_made_when_the_program_was_killed(here: Path, installed: FoundServer) -> None:
    folder = here / "shared"
    killed_at(Step.PREPARING, folder, installed)  # the server runs, and holds no clinic
    with pytest.raises(SharingError) as refused:
        cluster.share_of(folder)
    assert refused.value.code is Trouble.NOT_SHARED
    cluster.make_share(SharePlan(installed, folder, MANAGER, as_service=False))
    try:
        url = cluster.superuser_url(folder, "clinic").set(username=MANAGER.login, password=MANAGER.password)
        psycopg2.connect(url.set(drivername="postgresql").render_as_string(hide_password=False)).close()
    finally:
        cluster.stop(folder)


def half_made(folder: Path) -> Folder:
    """A server to share that was begun, as far as its files tell."""
    found = open_folder(folder)
    claim(found)
    write_private(folder / "share.json", json.dumps({"programs": "/", "ready": False}))
    write_private(found.passwords, "{}")
    for name in ("base", "global", "pg_wal", "pg_xact"):
        (found.pgdata / name).mkdir(parents=True)
    for name in ("postgresql.conf", "pg_hba.conf", "PG_VERSION", "clinic-desk.json"):
        (found.pgdata / name).touch()
    (found.pgdata / "global" / "pg_control").write_bytes(bytes(CONTROL_FILE_SIZE))
    write_marker(found, made=True)
    return found


def test_giving_up_that_is_killed_at_any_file_is_in_the_way_of_nobody(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As good as a kill."""

    def until(kills: int) -> Iterator[None]:
        yield from itertools.repeat(None, kills)
        while True:
            raise Killed

    def removing(remove: Callable[..., None], steps: Iterator[None], *path: Any, **named: Any) -> None:
        next(steps)
        remove(*path, **named)

    root = here / "shared"
    for kills in itertools.count():
        folder = half_made(root)
        steps = until(kills)
        with monkeypatch.context() as patch, suppress(Killed):
            for name in ("unlink", "rmdir"):
                patch.setattr(os, name, partial(removing, getattr(os, name), steps))
            cluster.discard_left(root)
            break
        refuse_foreign(root)  # what the next try does first
        claim(open_folder(root))
        check(folder)
        cluster.discard_left(root)
        shutil.rmtree(root, ignore_errors=True)
    assert kills > 10
    assert not root.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="folders are not synced there")
def test_where_the_clinic_is_stands_on_the_disk_with_its_name(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    fsync = os.fsync

    def sync(number: int) -> None:
        synced.append(os.fstat(number).st_ino)
        fsync(number)

    monkeypatch.setattr(os, "fsync", sync)
    connection_file.write(here / "config", {"database_url": "postgresql://server/clinic"})
    assert synced[-1] == (here / "config").stat().st_ino
    moving._write_note(here, "postgresql://server/clinic", None)
    assert synced[-1] == here.stat().st_ino


def test_what_is_being_made_or_is_whole_is_not_taken_for_left(here: Path) -> None:
    root = here / "shared"
    with half_made(root).locked():
        cluster.discard_left(root)
        assert (root / "share.json").exists()
    write_private(root / "share.json", json.dumps({"programs": "/", "ready": True}))
    cluster.discard_left(root)
    assert (root / "pgdata").exists()


def test_what_was_given_up_is_removed_and_what_is_foreign_stays(here: Path, installed: FoundServer) -> None:
    class Stopped(BaseException):
        """As good as a kill."""

    def stop(step: Step, _done: int, _total: int) -> None:
        if step is Step.STARTING:
            raise Stopped

    folder = here / "shared"
    with pytest.raises(Stopped):
        cluster.make_share(SharePlan(installed, folder, MANAGER, as_service=False), stop)
    cluster.discard(folder)
    assert not folder.exists()
    foreign = here / "foreign"
    foreign.mkdir()
    (foreign / "share.json").write_text('{"ready": false, "programs": "/"}')
    cluster.discard(foreign)
    assert (foreign / "share.json").exists()
