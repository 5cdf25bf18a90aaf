"""Backups that the database knows of: begun under a lease, ended well or not, kept or let go.

The lease is by the database's clock, and is renewed while the program lives: when it has run out, or the program is
gone (`living`), the backup counts as lost and another one may be made.
"""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.backups import sealed_file
from clinic_desk.backups.checking import Scratch, scratch_server
from clinic_desk.backups.living import Living
from clinic_desk.backups.making import Backup, Tell, make_backup
from clinic_desk.backups.problems import BackupFailed, Problem, Stop, never
from clinic_desk.database.queries import backups as queries
from clinic_desk.domain.backups import BackupSettings, BackupsNow, RunKind, is_due, last_turn, superfluous
from clinic_desk.domain.ids import new_id
from clinic_desk.errors import ClinicDeskError, Refused

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from clinic_desk.backups.dumping import Source
    from clinic_desk.backups.manifest import Manifest
    from clinic_desk.database.engine import Database

log = logging.getLogger(__name__)

_RENEW_S: Final = 60.0
PATIENCE_S: Final = 1800.0
"""A desk that does not see the folder leaves the turn to the others for so long; then it tells of it."""


class AlreadyRunning(Refused):
    """A backup is being made, here or at another desk; `desk` says where."""

    def __init__(self, desk: str) -> None:
        super().__init__(f"a backup is being made at {desk}")
        self.desk = desk


class SettingsChanged(Refused):
    """Another desk changed the settings first; `now` is what stands."""

    def __init__(self, now: BackupsNow) -> None:
        super().__init__("another desk changed the settings of backups first")
        self.now = now


@dataclass(frozen=True, slots=True)
class Begun:
    """A backup that is begun in the database, and not made yet."""

    id: UUID
    folder: Path
    settings: BackupSettings
    living: Living = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class How:
    """What a test does otherwise: where to restore for the check, and what guessing costs."""

    scratch: Scratch = scratch_server
    cost: int = sealed_file.COST


USUAL: Final = How()


def look(db: Database) -> BackupsNow:
    """Return how the clinic stands with its backups. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return queries.backups_now(connection)


def look_closely(db: Database) -> tuple[BackupsNow, bool]:
    """Return that, and whether messages wait since a restore. Raises DatabaseDown, Busy."""
    with db.reading() as connection:
        return queries.backups_now(connection), queries.messages_wait(connection)


def save_settings(db: Database, settings: BackupSettings, operation_id: UUID) -> BackupsNow:
    """Write the settings over the version they carry. Raises SettingsChanged, NotAllowed and as `Database.changing`."""

    def work(connection: Connection) -> BackupsNow:
        if not queries.save_settings(connection, settings):
            raise SettingsChanged(queries.backups_now(connection))
        return queries.backups_now(connection)

    return db.changing(operation_id, "SaveBackupSettings", work, queries.backups_now)


def begin_scheduled(db: Database) -> Begun | None:
    """Take the turn if a backup is due and no other desk makes it; None if there is nothing to do here."""
    with db.reading() as connection:
        if not _is_ours(queries.backups_now(connection)):
            return None
    with db.writing() as connection:
        queries.take_turn(connection)
        now = queries.backups_now(connection)
        if not _is_ours(now):
            return None
        return _begin(connection, db, RunKind.SCHEDULED, Path(now.settings.folder), now.settings)


def _is_ours(now: BackupsNow) -> bool:
    if not is_due(now.now, now.settings, now.runs):
        return False
    waited = (now.now - last_turn(now.now, now.settings)).total_seconds()
    return waited > PATIENCE_S or Path(now.settings.folder).is_dir()


def begin(db: Database, kind: RunKind, folder: Path | None = None) -> Begun:
    """Begin a backup now, in `folder` or the one of the settings. Raises AlreadyRunning, BackupFailed(folder)."""
    with db.writing() as connection:
        queries.take_turn(connection)
        now = queries.backups_now(connection)
        under_way = next((run for run in now.runs if run.lease_until and run.lease_until > now.now), None)
        if under_way is not None:
            raise AlreadyRunning(under_way.desk)
        if folder is None and not now.settings.folder:
            raise BackupFailed(Problem.FOLDER, "none is set")
        return _begin(connection, db, kind, folder or Path(now.settings.folder), now.settings)


def _begin(connection: Connection, db: Database, kind: RunKind, folder: Path, settings: BackupSettings) -> Begun:
    run_id = new_id()
    begun = Begun(run_id, folder, settings, Living(db, run_id))
    queries.begin_run(connection, begun.id, kind, db.desk.name, str(folder))
    return begun


def carry_out(
    db: Database,
    begun: Begun,
    source: Source,
    passphrase: str,
    *,
    stop: Stop = never,
    tell: Tell = lambda _stage, _bytes: None,
    how: How = USUAL,
) -> Backup:
    """Make a backup that was begun, write down what became of it, and let go of what the retention lets go.

    Raises BackupFailed, as it is written down.
    """
    beat = _Beat(db, begun.id, stop)
    try:
        with db.reading() as connection:
            at = queries.backups_now(connection).now
        made = make_backup(
            source, begun.folder, passphrase, at, scratch=how.scratch, stop=beat.stops, tell=tell, cost=how.cost
        )
        with db.writing() as connection:
            if not queries.succeed_run(connection, begun.id, _values(made)):
                raise BackupFailed(Problem.LOST)
    except BaseException as error:
        _note_failure(db, begun.id, error)
        raise
    finally:
        begun.living.end()
    with suppress(ClinicDeskError):
        prune(db)
    return made


def _note_failure(db: Database, run_id: UUID, error: BaseException) -> None:
    code = error.code if isinstance(error, BackupFailed) else Problem.STOPPED
    if isinstance(error, ClinicDeskError) and not isinstance(error, BackupFailed):
        code = Problem.DATABASE
    try:
        with db.writing() as connection:
            queries.fail_run(connection, run_id, code.value)
    except ClinicDeskError as trouble:  # the lease runs out by itself, and it counts as lost
        log.warning("a backup that failed was not written down: %s", type(trouble).__name__)


def write_down(connection: Connection, made: Backup, kind: RunKind, desk: str) -> None:
    """Write down a backup that was made by other means than `carry_out`: before an upgrade, or a restore."""
    values = _values(made) | {"desk": desk, "folder": str(made.path.parent)}
    queries.note_run(connection, new_id(), kind, values)


def write_down_restore(connection: Connection, restored: Manifest, before: Backup | None, desk: str) -> None:
    """Write down, in a restored database, what it was restored from and what was backed up before."""
    if before is not None:
        write_down(connection, before, RunKind.BEFORE_RESTORE, desk)
    rows = sum(count for _, count in restored.rows)
    values = {"taken_at": restored.taken_at, "revision": restored.revision, "rows": rows, "bytes": 0, "findings": 0}
    queries.note_run(connection, new_id(), RunKind.RESTORE, values | {"desk": desk, "folder": "", "file_name": ""})


def let_messages_go(db: Database) -> int:
    """Let the messages to come go out again that wait since a restore; return how many there are.

    Raises NotAllowed to who is no manager.
    """
    with db.writing() as connection:
        return queries.let_messages_go(connection)


def _values(made: Backup) -> dict[str, Any]:
    return {
        "taken_at": made.manifest.taken_at,
        "file_name": made.path.name,
        "bytes": made.size,
        "rows": sum(count for _, count in made.manifest.rows),
        "revision": made.manifest.revision,
        "findings": made.findings,
    }


def prune(db: Database) -> int:
    """Delete the files that the retention lets go, note which are gone; return how many were deleted.

    Only files that the database knows, in a folder that can be seen from here; never the last good one.
    """
    now = look(db)
    gone = [run.id for run in now.runs if run.is_there and _is_missing(Path(run.folder), run.file_name)]
    deleted = []
    for run in superfluous([run for run in now.runs if run.id not in gone], now.settings, now.now):
        path = Path(run.folder) / run.file_name
        if path.parent.is_dir():
            with suppress(OSError):
                path.unlink(missing_ok=True)
                deleted.append(run.id)
    if gone or deleted:
        with db.writing() as connection:
            queries.note_removed(connection, [*gone, *deleted])
    return len(deleted)


def _is_missing(folder: Path, name: str) -> bool:
    """Whether a file is not there although its folder is; of a folder that cannot be seen nothing is known."""
    try:
        return any(folder.iterdir()) and not (folder / name).exists()
    except OSError:
        return False


@dataclass(slots=True)
class _Beat:
    """Renews the lease while the backup goes on; asks for an end when somebody does, or when it was lost."""

    db: Database
    run_id: UUID
    stop: Stop
    _lock: Lock = field(default_factory=Lock)
    _renewed: float = field(default_factory=time.monotonic)
    _is_lost: bool = False

    def stops(self) -> bool:
        if self.stop() or self._is_lost:
            return True
        with self._lock:
            if time.monotonic() - self._renewed >= _RENEW_S:
                self._renewed = time.monotonic()
                with suppress(ClinicDeskError), self.db.writing() as connection:
                    self._is_lost = not queries.renew_lease(connection, self.run_id)
        return self._is_lost
