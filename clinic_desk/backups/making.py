"""Makes one backup: reads out, encrypts, checks by restoring; what did not pass the check does not stay."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from clinic_desk.backups import sealed_file
from clinic_desk.backups.checking import Scratch, check, scratch_server
from clinic_desk.backups.dumping import Source, dump
from clinic_desk.backups.problems import BackupFailed, NotUsable, Problem, Stop, never
from clinic_desk.domain.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import URL

    from clinic_desk.backups.manifest import Manifest

SUFFIX: Final = ".cdbackup"
_OLD_PART_S: Final = 3600.0


class Stage(StrEnum):
    """What is being done."""

    READING = "reading"
    CHECKING = "checking"


Tell = Callable[[Stage, int], None]
"""Is told, on the working thread, what is being done and how many bytes of it so far."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that passed its check. `findings`: see `Checked`."""

    path: Path
    size: int
    manifest: Manifest
    findings: int = 0


def file_name(at: datetime) -> str:
    """Return the name of a backup of this moment (UTC): no clinic's name, no patient's."""
    return f"clinic-desk-{at:%Y%m%d-%H%M%S}-{new_id().hex[-6:]}{SUFFIX}"


def make_backup(
    source: Source,
    folder: Path,
    passphrase: str,
    now: datetime,
    *,
    scratch: Scratch = scratch_server,
    stop: Stop = never,
    tell: Tell = lambda _stage, _bytes: None,
    cost: int = sealed_file.COST,
) -> Backup:
    """Make a backup in `folder` and check it. `now` (UTC) names the file.

    Only a file that passed its check has its name: whatever is killed before leaves none that would be taken for a good
    one. Raises BackupFailed; no file is left then.
    """
    if not folder.is_dir():
        raise BackupFailed(Problem.FOLDER, "there is no such folder")
    clear_parts(folder)
    path = folder / file_name(now)
    unchecked = path.with_name(f".{path.name}.unchecked{sealed_file.PART}")
    dump(source, unchecked, passphrase, stop=stop, tell=lambda done: tell(Stage.READING, done), cost=cost)
    try:
        checked = check(unchecked, passphrase, scratch=scratch, stop=stop, tell=lambda done: tell(Stage.CHECKING, done))
        sealed_file.name(unchecked, path)
    except NotUsable as error:  # what was written is not what can be read: a bad disk
        raise BackupFailed(error.code) from error
    except OSError as error:
        raise BackupFailed(Problem.FOLDER, error.strerror or "") from error
    finally:
        with suppress(OSError):
            unchecked.unlink(missing_ok=True)
    return Backup(path, path.stat().st_size, checked.manifest, checked.findings)


def back_up_before_upgrade(
    address: URL,
    folder: Path,
    passphrase: str,
    now: datetime,
    *,
    scratch: Scratch = scratch_server,
    stop: Stop = never,
    tell: Tell = lambda _stage, _bytes: None,
) -> Backup:
    """Back a database up before its schema is upgraded, of whatever older revision it is; asks no table of this one.

    `address`: of the superuser (embedded server) or of the owner role. Its file has a checked restore behind it; of an
    older revision the history is not read through. `recording.note_backup` writes it down after the upgrade.
    Raises BackupFailed: do not upgrade then.
    """
    return make_backup(Source(address), folder, passphrase, now, scratch=scratch, stop=stop, tell=tell)


def clear_parts(folder: Path) -> None:
    """Remove what a killed program left half-written: our own names, untouched for an hour."""
    with suppress(OSError):
        for part in folder.glob(f".*clinic-desk-*{SUFFIX}.*{sealed_file.PART}"):
            with suppress(OSError):
                if time.time() - part.stat().st_mtime > _OLD_PART_S:
                    part.unlink()
