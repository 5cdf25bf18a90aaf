"""How this PC itself stands in a shared clinic: whether it sends messages and could, and whether the system starts its
server. Waits for the keyring and the disk: not on the GUI thread.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clinic_desk import connection_file
from clinic_desk.notifications import credentials, shared_secrets
from clinic_desk.sharing import cluster, inviting, joining

if TYPE_CHECKING:
    from clinic_desk.database.engine import Database
    from clinic_desk.settings import Settings
    from clinic_desk.sharing.plans import Joined, Service


@dataclass(frozen=True, slots=True)
class ThisPc:
    """`sends`: it has a login for that. `trouble`: why it cannot, or lacks something, a code of `credentials.TROUBLES`.

    `may_send`: it could be given one. `service`: of the server on this PC; None where it shares none.
    """

    sends: bool
    may_send: bool = False
    trouble: str = ""
    service: Service | None = None


def look(settings: Settings) -> ThisPc:
    """Return how it stands now. Raises SharingError, EmbeddedServerError for a shared folder that cannot be used."""
    service = None if settings.shared_folder is None else cluster.share_of(settings.shared_folder).service
    login = credentials.worker_login(settings.worker_database_url)
    sends = login is not None and ":" in login.get_secret_value().partition("//")[2].rpartition("@")[0]
    try:
        keys = shared_secrets.keys_here()
    except credentials.KeyringTrouble as trouble:
        return ThisPc(sends, trouble=trouble.code, service=service)
    if sends:
        return ThisPc(sends=True, trouble="" if keys else credentials.KEY_MISSING, service=service)
    return ThisPc(sends=False, may_send=bool(connection_file.read(settings.config)), service=service)


def send_from_here(db: Database, settings: Settings) -> Joined:
    """Give this PC a login for sending, as a manager; it is used from the program's next start on.

    Raises as `inviting.invite` and `joining.join`.
    """
    name = (settings.desk_name or platform.node() or "Desk")[:40]
    folder = settings.shared_folder
    if folder is None:
        return joining.join(inviting.invite_to(db, sends=True), settings.config, name)
    invitation = inviting.invite(cluster.share_of(folder), sends=True)
    here = replace(invitation, addresses=(cluster.HERE,))
    return joining.join(here, settings.config, name, shared_folder=folder)
