"""Makes a program work through the message queue: connections of its own in the worker role, and the scheduler."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Final

from clinic_desk.database import schema
from clinic_desk.database.engine import Database
from clinic_desk.errors import NotAllowed
from clinic_desk.notifications import credentials, shared_secrets
from clinic_desk.notifications.scheduler import Scheduler, Sending
from clinic_desk.notifications.senders import make_senders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqlalchemy import URL

    from clinic_desk.backups.dumping import Source
    from clinic_desk.database.engine import DeskIdentity
    from clinic_desk.domain.messaging import Messaging
    from clinic_desk.domain.records import Channel
    from clinic_desk.notifications.providers import Sender

WORKER: Final = "clinic_worker"
_CONNECTIONS: Final = 4
_MAY_WORK: Final = f"SELECT pg_has_role('{WORKER}', 'USAGE')"


class SendingProgram:
    """Sends in the background from `start` to `close`. Made and closed on any thread but the GUI's: both wait."""

    def __init__(
        self,
        address: URL | str,
        desk: DeskIdentity,
        folder: Path,
        told: Callable[[Sending], None] = lambda _: None,
        locate: Callable[[], URL | None] | None = None,
        *,
        data: Path | None = None,
        source: Callable[[], Source | None] | None = None,
    ) -> None:
        """`folder`: for messages "to a folder". `locate` says where the database is now, before each reconnecting.

        `source` says where the whole database can be read for a backup; without it this program makes none.

        `data`: the program's data folder, where it keeps the history's seals in mind.
        """
        self.database = Database(address, desk, pool_size=_CONNECTIONS)
        self._locate = locate
        self._unheard: Callable[[], None] = _nothing
        # Two programs of one name must not be taken for one: what stands behind "#" tells them apart.
        owner = f"{desk.name}#{secrets.token_hex(3)}"
        senders = partial(_senders, self.database, folder)
        self._scheduler = Scheduler(
            *(self.database, senders, owner, told, self._follow),
            offers=_offers,
            data=data,
            backups=None if source is None else partial(_back_up, source),
        )

    def start(self) -> None:
        """Begin. Raises DatabaseDown, SchemaMismatch, and NotAllowed for a login that is not in clinic_worker."""
        with self.database.reading() as connection:
            schema.check(connection)
            if not connection.exec_driver_sql(_MAY_WORK).scalar_one():
                raise NotAllowed(WORKER)
        self._scheduler.start()
        self._unheard = credentials.when_stored(self._scheduler.credentials_changed)

    def _follow(self) -> None:
        address = self._locate() if self._locate is not None else None
        if address is not None:
            self.database.move_to(address)

    def wake(self) -> None:
        """Look at the queue now."""
        self._scheduler.wake()

    def close(self, timeout_s: float = 3.0) -> bool:
        """End; what was claimed and not begun is handed to the others. False if a provider still holds a send up."""
        unheard, self._unheard = self._unheard, _nothing
        unheard()
        ended = self._scheduler.close(timeout_s)
        self.database.dispose()
        return ended


def _offers(database: Database, stop: Callable[[], bool]) -> bool:
    from clinic_desk.services import asking

    return asking.work(database, stop).expects_replies


def _back_up(source: Callable[[], Source | None], database: Database, stop: Callable[[], bool]) -> None:
    from clinic_desk.backups import schedule

    schedule.work(database, source, stop)


def _senders(database: Database, folder: Path, settings: Messaging) -> Mapping[Channel, Sender]:
    known = credentials.load(settings, shared=lambda: shared_secrets.readable(shared_secrets.read_sealed(database)))
    return make_senders(settings, known, folder)


def _nothing() -> None:
    """Not started, or closed already: nothing listens."""
