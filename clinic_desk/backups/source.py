"""Where the whole database can be read for a backup.

The superuser reads everything, the people's SCRAM verifiers too: of the embedded server, and of the one that this PC
shares, as long as it is this user's. For any other server an administrator makes a login that may only read (the manual
has the two statements):

    CREATE ROLE clinic_backup LOGIN BYPASSRLS PASSWORD '…';
    GRANT pg_read_all_data TO clinic_backup; GRANT CONNECT ON DATABASE clinic TO clinic_backup;

(BYPASSRLS: pg_dump reads no table of which it might see only a part.) Its address stands in
CLINIC_DESK_BACKUP_DATABASE_URL or in the keyring of the PCs that make backups.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.backups.dumping import Source
from clinic_desk.errors import ClinicDeskError
from clinic_desk.notifications import credentials
from clinic_desk.settings import load_settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from clinic_desk.database.embedded import EmbeddedServer
    from clinic_desk.settings import Settings

KEY = "backup_database_url"


def embedded_source(server: EmbeddedServer, database: str) -> Source:
    """A database of the embedded server. Waits: the server is started again if it is down."""
    server.ensure_running()
    return Source(server.superuser_url(database), is_superuser=True)


def shared_source(settings: Settings) -> Source | None:
    """A shared database, if this PC has a login for that: one that was set, else that of the server it shares. Waits.

    Raises InvalidInput for an address in the keyring that cannot be used.
    """
    configured = _configured(settings.backup_database_url)
    if configured is not None or settings.shared_folder is None:
        return configured
    from clinic_desk.sharing import cluster, plans

    try:
        return Source(cluster.superuser_url(settings.shared_folder, plans.DATABASE), is_superuser=True)
    except (ClinicDeskError, OSError):
        return None  # another user's folder


def _configured(setting: SecretStr | None) -> Source | None:
    from sqlalchemy import make_url

    if setting is None:
        try:
            kept = credentials.kept_here((KEY,)).get(KEY, "")
        except credentials.KeyringTrouble:
            return None
        if not kept:
            return None
        setting = load_settings(backup_database_url=kept).backup_database_url
        assert setting is not None
    return Source(make_url(setting.get_secret_value()))
