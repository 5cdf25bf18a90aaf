"""Whether this PC can make the clinic's backups: found out when they are set up, and not at night."""

from __future__ import annotations

import os
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk.backups import passphrase, programs
from clinic_desk.backups.checking import programs_to_check
from clinic_desk.backups.problems import BackupFailed, Problem
from clinic_desk.database.failures import translated
from clinic_desk.errors import ClinicDeskError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import URL

    from clinic_desk.backups.dumping import Source

_ALL: Final = """
SELECT current_setting('server_version_num')::int,
    NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')
        AND (NOT has_table_privilege(oid, 'SELECT') OR relkind = 'r' AND row_security_active(oid)))
"""


def trouble_here(source_of: Callable[[], Source | None] | None, folder: Path | None) -> BackupFailed | None:
    """Return what keeps this PC from making backups; None if nothing does. Waits.

    `folder`: where they go; None: it is not said yet.
    """
    try:
        passphrase.here()
        source = None if source_of is None else source_of()
        if source is None:
            return BackupFailed(Problem.NO_LOGIN)
        major = _major(source.url)
        programs.program_for("pg_dump", major)
        programs_to_check(major)
        if folder is not None:
            _try_folder(folder)
    except BackupFailed as error:
        return error
    except ClinicDeskError as error:
        return BackupFailed(Problem.DATABASE, type(error).__name__)
    return None


def _major(url: URL) -> int:
    """Return the server's major version. Raises BackupFailed(no-login) for a login that may not read it all."""
    import psycopg2

    from clinic_desk.database.connections import driver_arguments

    arguments = driver_arguments(url, "clinic-desk backup")
    with translated(), closing(psycopg2.connect(**arguments)) as connection, connection.cursor() as cursor:
        cursor.execute(_ALL)
        version, reads_all = cursor.fetchone()
    if not reads_all:
        raise BackupFailed(Problem.NO_LOGIN)
    return int(version) // 10000


def _try_folder(folder: Path) -> None:
    try:
        number, name = tempfile.mkstemp(prefix=".clinic-desk-", suffix=".part", dir=folder)
    except OSError as error:
        raise BackupFailed(Problem.FOLDER, error.strerror or "") from error
    os.close(number)
    with suppress(OSError):
        Path(name).unlink()
