"""Lets somebody who types wrong passwords wait, longer each time: counted for each login, on this PC, over restarts.

PostgreSQL has no such thing. Whoever speaks to the server without this program is slowed down there, if at all:
`auth_delay` and fail2ban, as the README says. The file holds no login: a password is soon typed in its place.
"""

from __future__ import annotations

import json
import logging
from hashlib import blake2b
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from filelock import FileLock

if TYPE_CHECKING:
    from pathlib import Path

FREE: Final = 3
"""So many wrong passwords cost nothing: anybody mistypes."""
LONGEST_S: Final = 15 * 60.0
FORGOTTEN_S: Final = 24 * 3600.0
"""A login without a wrong password for so long begins anew."""
_SALT: Final = "salt"
_LOG: Final = logging.getLogger(__name__)

_Noted = dict[str, tuple[int, float]]
"""By a hash of the login: how many were wrong, and when the last one was, in seconds since 1970 by this PC's clock."""


def wait_s(path: Path, login: str, now: float) -> float:
    """Return how many seconds `login` has to wait before its next try. `now`: seconds since 1970. Reads a file."""
    salt, noted = _read(path)
    count, last = noted.get(_name(login, salt), (0, 0.0))
    pause = pause_s(count)
    return min(max(last + pause - now, 0.0), pause)  # a clock that was put back does not make it longer


def note_wrong(path: Path, login: str, now: float) -> float:
    """Note that a password was wrong; return the wait as `wait_s`. Writes a file."""
    with _turn(path):
        salt, noted = _read(path)
        count, last = noted.get(_name(login, salt), (0, 0.0))
        count = count + 1 if now - last <= FORGOTTEN_S else 1
        recent = {name: (count, at) for name, (count, at) in noted.items() if now - at <= FORGOTTEN_S}
        _write(path, salt, recent | {_name(login, salt): (count, now)})
    return pause_s(count)


def note_right(path: Path, login: str) -> None:
    """Note that a password was right: what was wrong before is forgotten."""
    with _turn(path):
        salt, noted = _read(path)
        if noted.pop(_name(login, salt), None) is not None:
            _write(path, salt, noted)


def pause_s(count: int) -> float:
    """Return how long to wait after so many wrong passwords in a row: 2 s after the fourth, then twice as long."""
    return min(2.0 ** min(count - FREE, 20), LONGEST_S) if count > FREE else 0.0


def _turn(path: Path) -> FileLock:
    path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path.with_suffix(".lock"), mode=0o600, timeout=5)


def _name(login: str, salt: str) -> str:
    return blake2b(login.encode("utf-8", "surrogatepass"), key=salt.encode(), digest_size=16).hexdigest()


def _read(path: Path) -> tuple[str, _Noted]:
    """The salt of this PC and what is noted; a file that cannot be read is begun anew."""
    try:
        found = json.loads(path.read_text("utf-8"))
        salt = str(found.pop(_SALT))
        return salt, {str(name): (int(count), float(last)) for name, (count, last) in found.items()}
    except FileNotFoundError:
        return token_hex(16), {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        _LOG.warning("the file of wrong passwords is begun anew: %s", type(error).__name__)
        return token_hex(16), {}


def _write(path: Path, salt: str, noted: _Noted) -> None:
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(json.dumps({_SALT: salt, **noted}), "utf-8")
    new.replace(path)
