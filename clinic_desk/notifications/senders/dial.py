"""Connects to a provider within a time limit, the look-up of its name included.

The system's own look-up takes no time limit and cannot be interrupted: it is done on a thread of its own, which is left
behind if it does not answer, once for each name.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from clinic_desk.notifications.senders.time_limit import TimeLimit

Address = tuple[Any, ...]

_lock: Final = threading.Lock()
_under_way: Final[dict[tuple[str, int], _LookUp]] = {}


@dataclass(slots=True)
class _LookUp:
    """One that was asked for; `addresses` or `error` once it is `done`."""

    done: threading.Event = field(default_factory=threading.Event)
    addresses: list[Address] = field(default_factory=list)
    error: OSError | None = None


def look_up(host: str, port: int, within_s: float) -> list[Address]:
    """Return (family, type, protocol, name, address) for each address. Raises OSError; gaierror if none is known."""
    key = (host, port)
    with _lock:
        asked = _under_way.get(key)
        if asked is None:
            asked = _under_way[key] = _LookUp()
            threading.Thread(target=_ask, args=(key, asked), name="name look-up", daemon=True).start()
    if not asked.done.wait(max(0.0, within_s)):
        raise socket.gaierror(socket.EAI_AGAIN, "the look-up of the name does not answer")
    if asked.error is not None:
        raise type(asked.error)(*asked.error.args)
    return asked.addresses


def dial(host: str, port: int, connect_s: float, limit: TimeLimit, **options: Any) -> socket.socket:
    """Return a connection to the first address that answers; `connect_s` for the name, and for each address.

    None is tried any more once the time limit is over. `options`: as of `socket.create_connection`. Raises OSError.
    """
    problem: OSError = TimeoutError("no address was tried in time")
    for found in look_up(host, port, min(connect_s, limit.left_s())):
        within_s = min(connect_s, limit.left_s())
        if within_s <= 0:
            break
        try:
            return _connected(found, within_s, **options)
        except OSError as error:
            problem = error
    raise problem


def _connected(
    found: Address, connect_s: float, *, socket_options: Any = None, source_address: Any = None
) -> socket.socket:
    family, kind, protocol, _, address = found
    made = socket.socket(family, kind, protocol)
    try:
        for option in socket_options or ():
            made.setsockopt(*option)
        made.settimeout(connect_s)
        if source_address:
            made.bind(source_address)
        made.connect(address)
    except BaseException:
        made.close()
        raise
    return made


def _ask(key: tuple[str, int], asked: _LookUp) -> None:
    try:
        asked.addresses = list(socket.getaddrinfo(*key, 0, socket.SOCK_STREAM))
    except OSError as error:
        asked.error = error
    except UnicodeError:  # a name that is none, such as one with an empty or an endless part
        asked.error = socket.gaierror(socket.EAI_NONAME, "not a name")
    finally:
        with _lock:
            _under_way.pop(key, None)
        asked.done.set()
