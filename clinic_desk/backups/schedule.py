"""What a program does about backups in the background: it makes the one that is due, if it is this one's turn, and
clears away what was left of checking one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from clinic_desk.backups import checking, passphrase, recording
from clinic_desk.backups.problems import BackupFailed, Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.backups.dumping import Source
    from clinic_desk.database.engine import Database

log = logging.getLogger(__name__)


def work(db: Database, source: Callable[[], Source | None], stop: Stop, how: recording.How = recording.USUAL) -> bool:
    """Make the backup that is due; return whether one was made or tried. `db`: of a login of clinic_worker.

    A PC without the passphrase, or that may not read the whole database, makes none: another one has to. Raises
    DatabaseDown, Busy; what becomes of the backup itself is written down, not raised.
    """
    checking.clear_left()  # of a program that was killed while it checked a backup
    now = recording.look(db)
    if not now.settings.enabled or not passphrase.is_here():
        return False
    found = source()
    begun = None if found is None else recording.begin_scheduled(db)
    if found is None or begun is None:
        return False
    try:
        recording.carry_out(db, begun, found, passphrase.here(), stop=stop, how=how)
    except BackupFailed as error:
        log.warning("the backup failed: %s", error.code.value)
    return True
