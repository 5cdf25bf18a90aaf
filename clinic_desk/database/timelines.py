"""Which of several servers is the present primary: after a failover the old one may come back and take itself for it.

Each promotion begins a new timeline. A server with a lower one than was seen at the same address is an old primary
(PROMISES.md F12). What a program has seen counts for all its connections, the listener's too; one that has seen
nothing yet asks all servers of its address first.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import URL

QUESTION: Final = """
SELECT CASE WHEN pg_is_in_recovery() THEN NULL
            ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int END
"""
"""Returns the server's timeline; NULL of a standby, which is no primary of any time."""
_BY_HOST: Final = ("host", "hostaddr", "port")
ASK_ALL_S: Final = 2
"""A server that does not answer for so long is not waited for: it is off, and no old primary."""


class Timelines:
    """The highest timeline seen at one address, by any thread, and which of its servers are behind it."""

    def __init__(self) -> None:
        self._highest = 0
        self._of_host: dict[str, int] = {}
        self._lock = threading.Lock()
        self._is_known = False

    def is_old(self, timeline: int | None) -> bool:
        """Whether a server of this timeline was a primary of another time; then all are asked anew before the next.

        A higher one is remembered.
        """
        with self._lock:
            self._highest = max(self._highest, timeline or 0)
            is_old = timeline is not None and timeline < self._highest
            self._is_known = self._is_known and not is_old
            return is_old

    def sorted_hosts(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return what to connect with: of several servers those first that are not behind. It may ask them all.

        `arguments`: what `psycopg2.connect` takes. libpq takes the first that says it is a primary.
        """
        each = single_hosts(arguments)
        if len(each) < 2:
            return arguments
        with self._lock:
            is_known, self._is_known = self._is_known, True
        if not is_known:
            self._ask_all(each)
        with self._lock:
            each.sort(key=lambda one: self._of_host.get(_name(one), self._highest) < self._highest)
        joined = {name: ",".join(str(one[name]) for one in each) for name in _BY_HOST if name in each[0]}
        return arguments | joined

    def _ask_all(self, each: list[dict[str, Any]]) -> None:
        threads = [threading.Thread(target=self._ask, args=(one,), name="timeline", daemon=True) for one in each]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(ASK_ALL_S + 1)

    def _ask(self, arguments: dict[str, Any]) -> None:
        import psycopg2

        try:
            connection = psycopg2.connect(**arguments)
        except psycopg2.Error:
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute(QUESTION)
                row = cursor.fetchone()
        except psycopg2.Error:
            return
        finally:
            connection.close()
        timeline = row[0] if row else None
        with self._lock:
            self._highest = max(self._highest, timeline or 0)
            self._of_host[_name(arguments)] = timeline or self._highest


def single_hosts(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the arguments for each of several hosts by itself, whatever it is now."""
    hosts = str(arguments.get("host", "")).split(",")
    found = []
    for number, host in enumerate(hosts):
        one = {**arguments, "host": host, "target_session_attrs": "any", "connect_timeout": ASK_ALL_S}
        for name in ("hostaddr", "port"):
            given: Sequence[str] = str(arguments.get(name, "")).split(",")
            if len(given) == len(hosts):
                one[name] = given[number]
        found.append(one)
    return found


def _name(one: dict[str, Any]) -> str:
    return " ".join(str(one.get(name, "")) for name in _BY_HOST)


_known: Final[dict[tuple[str, str], Timelines]] = {}
_guard: Final = threading.Lock()


def timelines_of(url: URL) -> Timelines:
    """Return what is known of an address, whoever signs in there."""
    host, database = url.query.get("host", url.host or ""), url.database or ""
    key = (f"{host}:{url.port or ''}", database)
    with _guard:
        return _known.setdefault(key, Timelines())
