"""Who makes the backup, what the database says became of it, and which files are kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from clinic_desk.backups import passphrase, recording, schedule
from clinic_desk.backups.dumping import Source
from clinic_desk.backups.making import Backup
from clinic_desk.backups.problems import BackupFailed, Problem
from clinic_desk.database.engine import Database
from clinic_desk.domain.backups import BackupSettings, RunKind, RunState, Standing
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import InvalidInput, NotAllowed
from clinic_desk.notifications import credentials
from tests.backups.conftest import PHRASE, Server
from tests.support.waiting import until


@pytest.fixture
def enabled(manager: Database, folder: Path) -> BackupSettings:
    """Backups are to be made every night."""
    settings = replace(recording.look(manager).settings, enabled=True, folder=str(folder), zone="Europe/Berlin")
    return recording.save_settings(manager, settings, new_id()).settings


@pytest.fixture(autouse=True)
def _phrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(passphrase.VARIABLE, PHRASE)


def _aged(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE backup_run DISABLE TRIGGER USER"))
        connection.execute(text(statement))
        connection.execute(text("ALTER TABLE backup_run ENABLE TRIGGER USER"))


def test_the_desk_whose_turn_it_is_makes_the_backup_and_all_know_of_it(
    enabled: BackupSettings, worker: Database, database: Database, source: Source, server: Server
) -> None:
    folder = Path(enabled.folder)
    assert recording.look(database).standing is Standing.NONE
    assert schedule.work(worker, lambda: source, lambda: False, server.how)
    now = recording.look(database)
    (run,) = now.runs
    assert (run.kind, run.state, run.desk, run.folder) == (RunKind.SCHEDULED, RunState.GOOD, "Desk 1", enabled.folder)
    assert now.standing is Standing.GOOD
    assert [path.name for path in folder.iterdir()] == [run.file_name]
    assert run.bytes == (folder / run.file_name).stat().st_size
    assert not schedule.work(worker, lambda: source, lambda: False, server.how)


def test_of_two_desks_one_takes_the_turn_and_a_dead_desks_turn_is_taken_over(
    enabled: BackupSettings, worker: Database, manager: Database, owner_engine: Engine
) -> None:
    assert enabled.enabled
    first = recording.begin_scheduled(worker)
    assert first is not None
    assert recording.begin_scheduled(manager) is None
    with pytest.raises(recording.AlreadyRunning) as refused:
        recording.begin(manager, RunKind.BY_HAND)
    assert refused.value.desk == "Desk 1"
    _aged(owner_engine, "UPDATE backup_run SET lease_until = now() - INTERVAL '1 second'")
    assert recording.begin_scheduled(manager) is not None
    lost = [run for run in recording.look(manager).runs if run.id == first.id]
    assert [(run.state, run.problem) for run in lost] == [(RunState.FAILED, "lost")]


def _living(db: Database) -> object:
    here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    with db.reading() as connection:
        return connection.exec_driver_sql(f"SELECT count(*) FROM pg_locks WHERE classid = 20263 AND {here}").scalar()


def test_a_backup_whose_program_was_killed_is_in_nobodys_way_although_its_lease_runs_on(
    worker: Database, manager: Database, folder: Path
) -> None:
    killed = recording.begin(worker, RunKind.BY_HAND, folder)
    with pytest.raises(recording.AlreadyRunning):
        recording.begin(manager, RunKind.BEFORE_RESTORE, folder)
    killed.living.end()  # as the end of its process does, which the server sees in a moment
    until(lambda: not _living(manager))
    next_one = recording.begin(manager, RunKind.BEFORE_RESTORE, folder)
    states = {run.id: (run.state, run.problem) for run in recording.look(manager).runs}
    assert states == {killed.id: (RunState.FAILED, "lost"), next_one.id: (RunState.RUNNING, "")}
    next_one.living.end()


def test_one_that_lost_its_turn_does_not_count_although_it_goes_on(
    enabled: BackupSettings, worker: Database, source: Source, server: Server, owner_engine: Engine
) -> None:
    assert enabled.enabled
    begun = recording.begin_scheduled(worker)
    assert begun is not None
    late = "UPDATE backup_run SET state = 'failed', problem = 'lost', ended_at = now()"
    _aged(owner_engine, late)
    with pytest.raises(BackupFailed) as failed:
        recording.carry_out(worker, begun, source, PHRASE, how=server.how)
    assert failed.value.code is Problem.LOST
    assert recording.look(worker).last_good is None


def test_a_pc_without_the_passphrase_or_the_right_to_read_all_takes_no_turn(
    enabled: BackupSettings, worker: Database, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert enabled.enabled
    assert not schedule.work(worker, lambda: None, lambda: False)
    monkeypatch.delenv(passphrase.VARIABLE)
    monkeypatch.setattr(credentials, "kept_here", lambda _names: {})
    assert not schedule.work(worker, lambda: source, lambda: False)
    assert recording.look(worker).runs == ()


def test_a_folder_that_is_away_is_left_to_another_desk_and_then_told(
    enabled: BackupSettings, worker: Database, source: Source, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert enabled.enabled
    folder.rmdir()
    monkeypatch.setattr(recording, "PATIENCE_S", float("inf"))
    assert not schedule.work(worker, lambda: source, lambda: False)
    monkeypatch.setattr(recording, "PATIENCE_S", -1.0)
    assert schedule.work(worker, lambda: source, lambda: False)
    (run,) = recording.look(worker).runs
    assert (run.state, run.problem) == (RunState.FAILED, "folder")
    assert recording.begin_scheduled(worker) is None  # not again for half an hour


def test_only_a_manager_sets_them_and_over_what_was_seen(database: Database, manager: Database) -> None:
    seen = recording.look(manager).settings
    assert recording.save_settings(manager, replace(seen, keep_daily=3), new_id()).settings.keep_daily == 3
    with pytest.raises(recording.SettingsChanged) as refused:
        recording.save_settings(manager, replace(seen, keep_daily=4), new_id())
    assert refused.value.now.settings.keep_daily == 3
    with pytest.raises(NotAllowed):
        recording.save_settings(database, replace(seen, keep_daily=5), new_id())


def test_what_is_superfluous_is_deleted_and_what_the_database_does_not_know_is_not(
    manager: Database, owner_engine: Engine, made: Backup, folder: Path
) -> None:
    names = [f"clinic-desk-{number}.cdbackup" for number in range(3)]
    for name in [*names, "somebody's.cdbackup"]:
        (folder / name).write_bytes(b"x")
    for number, name in enumerate(names):
        old = replace(made, path=folder / name)
        with manager.writing() as connection:
            recording.write_down(connection, old, RunKind.BY_HAND, "Desk 2")
        days = f"INTERVAL '{900 + number} days'"
        _aged(owner_engine, f"UPDATE backup_run SET taken_at = now() - {days} WHERE file_name = '{name}'")
    settings = replace(recording.look(manager).settings, keep_weekly=0, keep_monthly=0, keep_daily=1)
    recording.save_settings(manager, settings, new_id())
    (folder / names[2]).unlink()
    assert recording.prune(manager) == 1
    assert sorted(path.name for path in folder.iterdir()) == [names[0], "somebody's.cdbackup"]
    assert [run.file_name for run in recording.look(manager).runs if run.is_there] == [names[0]]


def test_a_passphrase_that_is_guessed_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, Any] = {}
    store: Callable[..., None] = lambda name, secret: kept.update({name: secret})  # noqa: E731
    monkeypatch.setattr(credentials, "store", store)
    for bad in ("short", "aaaaaaaaaaaaaaa", "password123456"):
        with pytest.raises(InvalidInput):
            passphrase.keep(bad)
    passphrase.keep(PHRASE)
    assert kept == {passphrase.KEY: PHRASE}
