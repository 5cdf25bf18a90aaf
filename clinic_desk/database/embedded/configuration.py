"""What the embedded server is set to: pure text for postgresql.conf and the arguments of initdb."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SUPERUSER = "postgres"
HOST = "127.0.0.1"
INCLUDED = "clinic-desk.conf"

# One small PC, a handful of programs. Nothing a patient's name could be in is ever logged: errors of statements are
# the client's business (log_min_messages=log leaves them out), and terse leaves out what was running and which key.
_SETTINGS = {
    "max_connections": "60",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "1GB",
    "max_wal_size": "512MB",
    "min_wal_size": "80MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "lc_messages": "C",
    "cluster_name": "clinic-desk",
    "log_timezone": "UTC",
    "logging_collector": "on",
    "log_destination": "stderr",
    "log_directory": "../log",
    "log_filename": "postgresql-%a.log",
    "log_file_mode": "0600",
    "log_rotation_age": "1d",
    "log_rotation_size": "10MB",
    "log_truncate_on_rotation": "on",
    "log_line_prefix": "%m [%p] ",
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_lock_waits": "off",
    "log_temp_files": "-1",
}


def quoted(value: str) -> str:
    """A value as postgresql.conf wants it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def server_settings(port: int, socket_dir: Path | None, other: Mapping[str, str] | None = None) -> str:
    """The file that postgresql.conf includes; written anew before each start. `other` settings win."""
    # A list of folders: each in double quotes, so that commas and blanks in it mean themselves.
    sockets = "" if socket_dir is None else '"' + str(socket_dir).replace('"', '""') + '"'
    settings = {
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": sockets,
        "unix_socket_permissions": "0700",
        **_SETTINGS,
        **(other or {}),
    }
    lines = [f"{name} = {quoted(value)}" for name, value in settings.items()]
    return "\n".join(["# Written by Clinic Desk before each start; changes are lost.", *lines, ""])


def initdb_arguments(pgdata: str, password_file: str, major: int) -> list[str]:
    """The arguments that make a new database the same on every platform, sorted by code point."""
    # PostgreSQL 17 brought the built-in locale provider, 18 checksums by default.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
    return [
        f"--pgdata={pgdata}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        *locale,
        "--data-checksums",
    ]
