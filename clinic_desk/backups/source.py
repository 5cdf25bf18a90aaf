"""Where the whole database can be read for a backup.

The embedded server's superuser reads everything, the people's SCRAM verifiers too. For a shared server an administrator
makes a login that may only read (the manual has the two statements):

    CREATE ROLE clinic_backup LOGIN PASSWORD '…';
    GRANT pg_read_all_data TO clinic_backup; GRANT CONNECT ON DATABASE clinic TO clinic_backup;

Its address stands in CLINIC_DESK_BACKUP_DATABASE_URL or in the keyring of the PCs that make backups. It cannot read
verifiers: after a restore on another server everybody gets a one-time code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic_desk.backups.dumping import Source
from clinic_desk.notifications import credentials
from clinic_desk.settings import load_settings

if TYPE_CHECKING:
    from pydantic import SecretStr

    from clinic_desk.database.embedded import EmbeddedServer

KEY = "backup_database_url"


def embedded_source(server: EmbeddedServer, database: str) -> Source:
    """A database of the embedded server. Waits: the server is started again if it is down."""
    server.ensure_running()
    return Source(server.superuser_url(database))


def configured_source(setting: SecretStr | None) -> Source | None:
    """A shared database, if this PC has a login for that: in the settings, else in its keyring. Waits.

    Raises InvalidInput for an address in the keyring that cannot be used.
    """
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
