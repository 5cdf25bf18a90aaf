"""What the clinic's own server is set to: pure text for postgresql.conf and pg_hba.conf.

50 desks, each with up to nine connections (four for changes and readings and two in a rush, one for news, two to send).
TLS for everybody and everywhere, SCRAM for everybody; the superuser and the owner of the schema from this PC only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from clinic_desk.database.embedded.configuration import SUPERUSER
from clinic_desk.database.setup import OWNER

CERTIFICATE: Final = "clinic-desk.crt"
KEY: Final = "clinic-desk.key"
MOST_CONNECTIONS: Final = 500
_MB: Final = 2**20


def settings(listen: Iterable[str], memory: int) -> dict[str, str]:
    """Return what differs from the embedded server's settings; `memory`: of this PC, in bytes."""
    addresses = ["127.0.0.1", *listen]
    return {
        "listen_addresses": ",".join(dict.fromkeys(addresses)) if addresses[1:] else "*",
        "max_connections": str(MOST_CONNECTIONS),
        "superuser_reserved_connections": "5",
        "shared_buffers": f"{min(max(memory // 8 // _MB, 128), 2048)}MB",
        "effective_cache_size": f"{max(memory // 2 // _MB, 256)}MB",
        "max_wal_size": "2GB",
        "ssl": "on",
        "ssl_cert_file": CERTIFICATE,
        "ssl_key_file": KEY,
        "ssl_min_protocol_version": "TLSv1.2",
        "authentication_timeout": "20s",
        "tcp_keepalives_idle": "30",
        "tcp_keepalives_interval": "10",
        "tcp_keepalives_count": "3",
        "cluster_name": "clinic-desk shared",
    }


def access_rules(database: str, networks: Iterable[str]) -> str:
    """Return pg_hba.conf: who may come from where. `networks`: CIDR, or words of PostgreSQL such as samenet."""
    name = '"' + database.replace('"', '""') + '"'
    servers = f"{SUPERUSER},{OWNER}"
    # everybody else is asked for a password, so that nobody learns who may sign in; only the groups may connect
    lines = [
        f"hostssl all {servers} 127.0.0.1/32 scram-sha-256",
        f"host all {servers} all reject",
        *(f"hostssl {name} all {network} scram-sha-256" for network in ("127.0.0.1/32", *networks)),
    ]
    return "\n".join(["# Written by Clinic Desk before each start; changes are lost.", *lines, ""])


def check_network(text: str) -> str:
    """Return a network as pg_hba.conf takes it. Raises ValueError."""
    return text if text in {"samenet", "all"} else str(ipaddress.ip_network(text, strict=False))
