"""One file for whoever looks after the program: logs, versions, settings, health. No patients and no secrets.

Everything in it is plain text that anybody can look through before it is sent; CONTENTS.txt says what it is. Waits: not
on the GUI thread.
"""

from __future__ import annotations

import io
import json
import os
import platform
import sys
import zipfile
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlsplit

from clinic_desk import __version__
from clinic_desk.errors import ClinicDeskError, InvalidInput
from clinic_desk.logs import log_folder, redacted
from clinic_desk.services import health

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic_desk.database.engine import Database
    from clinic_desk.settings import Settings

_LOGS: Final = ("clinic-desk.log", "clinic-desk.log.1", "clinic-desk.log.2", "clinic-desk.log.3", "crash.log")
_MOST_OF_A_LOG: Final = 1_100_000
_SAID_OF_AN_ADDRESS: Final = frozenset(
    {
        "sslmode",
        "require_auth",
        "sslrootcert",
        "gssencmode",
        "target_session_attrs",
        "connect_timeout",
        "host",
        "hostaddr",
    }
)
_NEVER: Final = frozenset({"signed_in"})
"""Who is signed in is nobody's business who looks after the program."""
_CONTENTS: Final = """Clinic Desk: support bundle, made {made} UTC

For whoever looks after the program. It holds no patient data, no passwords, tokens or keys, and no names of staff.
Everything is plain text: look through it before you send it.

versions.txt   this program, Python, the system, and the libraries with their versions
settings.txt   how this installation is set, without passwords and logins
health.json    the database: versions, schema, clock, how many messages wait, are due or need attention; or why it
               cannot be reached
logs/          what the program wrote about its own work: times, ids of rows, errors. Addresses and numbers are made
               unreadable once more
"""


def default_name(now: datetime) -> str:
    """Return a name for a bundle made at this moment."""
    return f"clinic-desk-support-{now:%Y%m%d-%H%M%S}.zip"


def write_bundle(path: Path, settings: Settings | None, check: Callable[[], dict[str, Any]]) -> tuple[str, ...]:
    """Make the file, which only this user can read, and return what is in it. One that is there is not replaced.

    `check`: brings the health, see `health_of`. Raises InvalidInput(file).
    """
    made = datetime.now(UTC)
    parts = {
        "CONTENTS.txt": _CONTENTS.format(made=f"{made:%Y-%m-%d %H:%M:%S}"),
        "versions.txt": _versions(),
        "settings.txt": _settings(settings),
        "health.json": json.dumps(check(), indent=2),
        **_logs(log_folder()),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, text in parts.items():
            bundle.writestr(name, text)
    _write_new(path, packed.getvalue())
    return tuple(parts)


def health_of(db: Database) -> dict[str, Any]:
    """Return how the database is, or why that cannot be found out."""
    try:
        found = asdict(health.check(db))
    except ClinicDeskError as error:
        return trouble(error)
    return {name: value for name, value in found.items() if name not in _NEVER}


def trouble(error: ClinicDeskError) -> dict[str, Any]:
    """Return why there is no health to tell of."""
    return {"error": type(error).__name__, "message": redacted(str(error))}


def _versions() -> str:
    found = sorted(
        {f"{each.metadata['Name']} {each.version}" for each in metadata.distributions() if "Name" in each.metadata},
        key=str.casefold,
    )
    head = [
        f"Clinic Desk {__version__}",
        f"Python {platform.python_version()}",
        platform.platform(),
        f"from {'a bundle' if getattr(sys, 'frozen', False) else 'an environment'}",
    ]
    return "\n".join([*head, "", *found, ""])


def _settings(settings: Settings | None) -> str:
    if settings is None:
        return "not known\n"
    lines = [
        f"database: {_without_login(settings.database_url)}",
        f"messages are sent from here by: {_without_login(settings.worker_database_url)}",
        f"weaker than it should be: {settings.weak_connection or 'nothing'}",
    ]
    for name in ("data", "config", "database_ca_file", "message_folder", "phone_region", "language", "message_wait_s"):
        lines.append(f"{name}: {_without_home(getattr(settings, name))}")  # noqa: PERF401
    own = sorted(name for name in os.environ if name.startswith("CLINIC_DESK_"))
    return "\n".join([*lines, f"set in the environment: {', '.join(own) or 'nothing'}", ""])


def _without_login(secret: Any) -> str:
    if secret is None:
        return "embedded, or in the keyring"
    parts = urlsplit(secret.get_secret_value())
    query = parse_qs(parts.query)
    said = [f"{name}={_without_home(','.join(query[name]))}" for name in sorted(_SAID_OF_AN_ADDRESS & set(query))]
    return " ".join([f"{parts.netloc.rpartition('@')[2] or '(no host)'}{parts.path}", *said])


def _without_home(value: object) -> str:
    """The user's own folder has a name in it."""
    return str(value).replace(str(Path.home()), "~")


def _logs(folder: Path) -> dict[str, str]:
    found = {}
    for name in _LOGS:
        try:
            with (folder / name).open("rb") as file:
                file.seek(max(0, (folder / name).stat().st_size - _MOST_OF_A_LOG))
                text = file.read(_MOST_OF_A_LOG).decode("utf-8", "replace")
        except OSError:
            continue
        found[f"logs/{name}"] = _without_home("\n".join(_line(line) for line in text.splitlines()) + "\n")
    return found


def _line(line: str) -> str:
    """A line once more redacted, behind its time."""
    date, _, rest = line.partition(" ")
    time, _, said = rest.partition(" ")
    if len(date) == len("2026-01-01") and date[:4].isdigit() and len(time) == len("00:00:00,000"):
        return f"{date} {time} {redacted(said)}"
    return redacted(line)


def _write_new(path: Path, content: bytes) -> None:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
    try:
        number = os.open(path, flags, 0o600)
    except FileExistsError:
        raise InvalidInput(field="file", expected="a file that is not there yet") from None
    except (OSError, ValueError):
        raise InvalidInput(field="file", expected="a file in a folder that can be written to") from None
    with os.fdopen(number, "wb") as file:
        file.write(content)
