"""The way to Twilio: an HTTP client for its SDK with time limits, one fixed base address, no redirects, no retries.

It logs nothing (the SDK's own client logs phone numbers) and knows whether a request that failed can have left.
"""

from __future__ import annotations

import logging
import socket
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.adapters import HTTPAdapter
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]
from twilio.http import HttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NameResolutionError, NewConnectionError

from clinic_desk.domain.messaging import TWILIO_URL
from clinic_desk.notifications.senders.dial import dial
from clinic_desk.notifications.senders.time_limit import TimeLimit

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_S: Final = 5.0
READ_S: Final = 15.0
LIMIT_S: Final = 20.0
_LONGEST_WISH: Final = timedelta(hours=2)
_CHATTY: Final = ("twilio.http_client", "urllib3.connectionpool")
_ELSEWHERE: Final = "the request was for another address than the one set"


class _OnlyErrors(logging.Filter):
    """Addresses of requests hold phone numbers, and these libraries log them up to WARNING."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= logging.ERROR


_only_errors: Final = _OnlyErrors()


class TwilioHttp(HttpClient):  # type: ignore[misc]  # the SDK is not typed
    """Carries the SDK's requests to `base_url`. For one thread at a time; `close` when done, it may be used again."""

    def __init__(
        self, base_url: str = "", *, connect_s: float = CONNECT_S, read_s: float = READ_S, limit_s: float = LIMIT_S
    ) -> None:
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.ERROR)
            logging.getLogger(name).addFilter(_only_errors)
        super().__init__(logging.getLogger("twilio.http_client"), False, None)
        self._base_url = (base_url or TWILIO_URL).rstrip("/")
        self._times = (connect_s, read_s)
        self._limit_s = limit_s
        self._way = _Way()
        self._session: requests.Session | None = None
        self.retry_after: timedelta | None = None
        """How long the last answer asked to wait."""

    @property
    def may_have_left(self) -> bool:
        """Whether the last request may have reached the other side: the connection stood."""
        return self._way.stood

    def request(  # noqa: PLR0917 - the SDK's signature
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request. Raises requests' errors, and TwilioException for an address that is not the set one."""
        self._way.stood = False
        self.retry_after = None
        if not uri.startswith(f"{TWILIO_URL}/"):
            raise TwilioException(_ELSEWHERE)  # the credentials go nowhere else, whatever an answer says
        with TimeLimit(self._limit_s) as limit:
            self._way.limit = limit
            answer = self._opened().request(
                method.upper(),
                self._base_url + uri.removeprefix(TWILIO_URL),
                params=params,  # type: ignore[arg-type]
                data=data,
                headers=headers,
                auth=auth,
                timeout=self._times,
                allow_redirects=False,
            )
        self.retry_after = _wished(answer)
        if 300 <= answer.status_code < 400:
            raise TwilioRestException(answer.status_code, "", "redirected", answer.status_code, method)
        return Response(answer.status_code, answer.text, answer.headers)

    def close(self) -> None:
        """Let go of the connections."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _opened(self) -> requests.Session:
        if self._session is None:
            self._session = requests.Session()
            # A proxy is taken from the environment, but never for this computer itself.
            self._session.trust_env = self._base_url.startswith("https://")
            for scheme in ("https://", "http://"):
                self._session.mount(scheme, _Adapter(self._way))
        return self._session


class _Way:
    """What the connections tell their client."""

    def __init__(self) -> None:
        self.stood = False
        self.limit: TimeLimit | None = None


class _Adapter(HTTPAdapter):
    """Makes connections that tell `way` when they stand. Does not retry."""

    def __init__(self, way: _Way) -> None:
        self._classes = _pool_classes(way)
        super().__init__(max_retries=0, pool_connections=2, pool_maxsize=2)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._classes

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._classes
        return manager


def _pool_classes(way: _Way) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(_Telling, HTTPConnection):
        pass

    class Encrypted(_Telling, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    Plain.way = Encrypted.way = way
    return {"http": PlainPool, "https": EncryptedPool}


class _Telling:
    """Mixed into urllib3's connections: tells `way` once name, connection and certificate were all right."""

    way: _Way
    sock: Any
    host: str
    port: int
    timeout: Any
    socket_options: Any
    source_address: Any
    _dns_host: str

    def _new_conn(self) -> socket.socket:
        limit = self.way.limit or TimeLimit(LIMIT_S)
        options = {"socket_options": self.socket_options, "source_address": self.source_address}
        try:
            made = dial(self._dns_host, self.port, self.timeout, limit, **options)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type]
        except OSError as error:
            message = "no connection"
            raise NewConnectionError(self, message) from error  # type: ignore[arg-type]
        limit.watch(made)
        return made

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self._tell()

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            self._tell()  # kept from an earlier request
        super().putrequest(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.way.limit is not None and self.way.limit.is_over():
            raise TimeoutError  # this PC slept: what leaves now could be a second copy
        super().send(data)  # type: ignore[misc]

    def _tell(self) -> None:
        self.way.stood = True
        if self.way.limit is not None:
            self.way.limit.watch(self.sock)


def _wished(answer: requests.Response) -> timedelta | None:
    """Return what Retry-After says, in seconds or as a date by the other side's own clock; at most two hours."""
    wish = answer.headers.get("Retry-After", "").strip()
    if not wish:
        return None
    try:
        if wish.isdecimal():
            waiting = timedelta(seconds=int(wish[:9]))
        else:
            waiting = parsedate_to_datetime(wish) - parsedate_to_datetime(answer.headers["Date"])
    except (ValueError, TypeError, KeyError, OverflowError):
        return None
    return min(max(waiting, timedelta(seconds=1)), _LONGEST_WISH)
