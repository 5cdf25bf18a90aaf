# ruff: noqa: A002 - names of http.server
"""A server on loopback that speaks Twilio's Messages API, and fails in the ways providers and networks do.

Each request is checked by the published parameters (and against Twilio's own description, where that is present);
what is wrong with one is in `violations`, and it is refused. Faults are planned for the next POSTs or GETs.
"""

import base64
import contextlib
import itertools
import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Literal, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support import twilio_description

ACCOUNT: Final = "AC" + "0a" * 16
TOKEN: Final = "not-a-secret-token"
NUMBER: Final = "+15005550006"
SERVICE: Final = "MG" + "0b" * 16

Method = Literal["POST", "GET"]

_ROOT: Final = f"/2010-04-01/Accounts/{ACCOUNT}"
_E164: Final = re.compile(r"\+[1-9]\d{1,14}")
_CREATE: Final = frozenset({"To", "From", "MessagingServiceSid", "Body", "ValidityPeriod"})
"""What this program may use of the many published parameters; another one is a slip."""
_LIST: Final = frozenset({"To", "From", "DateSent", "DateSent>", "DateSent<", "PageSize", "Page", "PageToken"})
_RST_ON_CLOSE: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to a request instead of the usual.

    `status` with `code`: Twilio's refusal as JSON (`html`: a gateway's page). `hang`: no answer. `cut`: the connection
    is reset. `taken`: the message is accepted before that happens (the answer is lost). `location`: a redirect.
    """

    status: int = 0
    code: int = 0
    retry_after: str = ""
    html: bool = False
    hang: bool = False
    cut: bool = False
    taken: bool = False
    delay_s: float = 0.0
    location: str = ""
    garbage: bool = False


def refusal(code: int, status: int = 400) -> Fault:
    """Twilio's answer to a request it does not accept."""
    return Fault(status=status, code=code)


@dataclass(slots=True)
class Message:
    """One message as the account's list has it. `fate`: the statuses and the error code it goes through when asked."""

    sid: str
    to: str
    from_: str
    body: str
    direction: str
    status: str
    created: datetime
    sent: datetime | None = None
    error_code: int | None = None
    fate: deque[tuple[str, int | None]] = field(default_factory=deque)
    validity_period: int | None = None
    service: str | None = None


class TwilioServer:
    """A context manager, or start() and stop(). `port` 0: a free one. May be used by any number of programs at once.

    `messages` is the account's list; `received` what the program sent, in this order.
    """

    def __init__(
        self, *, port: int = 0, token: str = TOKEN, choose: Callable[[Method], Fault | None] | None = None
    ) -> None:
        self._port = port
        self._token = token
        self._choose = choose
        self._faults: dict[str, deque[Fault]] = {"POST": deque(), "GET": deque()}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.released = threading.Event()
        self.messages: list[Message] = []
        self.violations: list[str] = []
        self.requests: list[str] = []
        self.account_status = "active"
        self.account_type = "Full"
        self.skew = timedelta()
        """By how much this server's clock is ahead."""
        self.fates: dict[str, list[tuple[str, int | None]]] = {}
        """For a recipient: the statuses and error codes that a message to it goes through, one at each look."""
        self.trial_prefix = ""
        self.address = ""

    @property
    def received(self) -> list[Message]:
        """The messages the program sent and this server accepted."""
        with self._lock:
            return [each for each in self.messages if each.direction == "outbound-api"]

    def plan(self, method: Method, *faults: Fault) -> None:
        """Let these things happen to the next requests."""
        with self._lock:
            self._faults[method].extend(faults)

    def hear(self, sender: str, body: str, *, ago: timedelta = timedelta(), to: str = NUMBER) -> str:
        """A patient writes; the sid."""
        moment = self.now() - ago
        message = Message(self._sid(), to, sender, body, "inbound", "received", moment, sent=moment)
        with self._lock:
            self.messages.append(message)
        return message.sid

    def list_outgoing(
        self, to: str, body: str, *, ago: timedelta = timedelta(), direction: str = "outbound-api"
    ) -> str:
        """Put a message into the list as if it had been sent; the sid."""
        message = Message(self._sid(), to, NUMBER, body, direction, "sent", self.now() - ago)
        with self._lock:
            self.messages.append(message)
        return message.sid

    def now(self) -> datetime:
        """This server's clock, in whole seconds as its API tells them."""
        return (datetime.now(UTC) + self.skew).replace(microsecond=0)

    def start(self) -> Self:
        """Listen."""
        self.released.clear()
        self._server = _Server(self, self._port)
        host, port = self._server.server_address[:2]
        self.address = f"http://{host}:{port}"  # type: ignore[str-bytes-safe]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="twilio server", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Cut every connection and end all threads."""
        self.released.set()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.cut_all()
            self._server.server_close()
            self._thread.join(10)
            self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # --- what the handler asks ---

    def next_fault(self, method: Method) -> Fault | None:
        """What is to happen to this request; None: the usual."""
        with self._lock:
            if self._faults[method]:
                return self._faults[method].popleft()
        return self._choose(method) if self._choose is not None else None

    def signed_in(self, header: str) -> bool:
        """Whether a request has the account's credentials."""
        return header == "Basic " + base64.b64encode(f"{ACCOUNT}:{self._token}".encode()).decode()

    def note(self, line: str, wrong: list[str]) -> None:
        """Keep what was asked, and what was wrong with it."""
        with self._lock:
            self.requests.append(line)
            self.violations.extend(wrong)

    def accept(self, form: dict[str, str]) -> Message:
        """A message is Twilio's from now on."""
        message = Message(
            self._sid(),
            form["To"],
            form.get("From", NUMBER),
            self.trial_prefix + form["Body"],
            "outbound-api",
            "accepted" if "MessagingServiceSid" in form else "queued",
            self.now(),
            fate=deque(self.fates.get(form["To"], [("sent", None), ("delivered", None)])),
            validity_period=int(form["ValidityPeriod"]) if "ValidityPeriod" in form else None,
            service=form.get("MessagingServiceSid"),
        )
        with self._lock:
            self.messages.append(message)
        return message

    def look_up(self, sid: str) -> Message | None:
        """A message as it now stands; each look takes it one step further."""
        with self._lock:
            for message in self.messages:
                if message.sid == sid:
                    if message.fate:
                        message.status, message.error_code = message.fate.popleft()
                        message.sent = message.sent or self.now()
                    return message
        return None

    def listed(self, query: dict[str, str]) -> list[Message]:
        """The messages that a list asks for, newest first."""
        with self._lock:
            found = [each for each in reversed(self.messages) if _is_wanted(each, query)]
        return sorted(found, key=lambda each: each.created, reverse=True)

    def _sid(self) -> str:
        return f"SM{next(self._numbers):032x}"


def _is_wanted(message: Message, query: dict[str, str]) -> bool:
    day = message.sent.date().isoformat() if message.sent else ""
    return (
        query.get("To", message.to) == message.to
        and query.get("From", message.from_) == message.from_
        and (not query.get("DateSent") or day == query["DateSent"][:10])
        and (not query.get("DateSent>") or (day != "" and day >= query["DateSent>"][:10]))
        and (not query.get("DateSent<") or (day != "" and day <= query["DateSent<"][:10]))
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 256

    def __init__(self, owner: TwilioServer, port: int) -> None:
        self.owner = owner
        self._links: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        link, address = super().get_request()
        with self._guard:
            self._links.add(link)
        return link, address

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._links.discard(request)
        super().shutdown_request(request)

    def cut_all(self) -> None:
        """End the connections that clients keep open."""
        with self._guard:
            for link in self._links:
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the server's."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        text = self.rfile.read(length).decode("utf-8")
        form = parse_qs(text, keep_blank_values=True)
        wrong = self._wrong("POST", {}, form)
        if self.headers.get("Content-Type") != "application/x-www-form-urlencoded":
            wrong.append("POST without a form")
        if self._path() != f"{_ROOT}/Messages.json":
            wrong.append("POST to another resource")
        if self._stopped_by(wrong):
            return
        values = {name: each[0] for name, each in form.items()}
        wrong = _wrong_message(values)
        self.server.owner.note("", wrong)
        fault = self.server.owner.next_fault("POST")
        if fault is not None and self._fails(fault, values):
            return
        length = len(values.get("Body", ""))
        if wrong or not 1 <= length <= 1600:
            self._refuse(400, 21617 if length > 1600 else 21602)
            return
        self._answer(201, _resource(self.server.owner.accept(values)))

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if self._stopped_by(self._wrong("GET", query, {})):
            return
        fault = self.server.owner.next_fault("GET")
        if fault is not None and self._fails(fault, None):
            return
        path = self._path()
        if path == f"{_ROOT}.json":
            owner = self.server.owner
            self._answer(200, {"sid": ACCOUNT, "status": owner.account_status, "type": owner.account_type})
        elif path == f"{_ROOT}/Messages.json":
            self._list({name: values[0] for name, values in query.items()})
        else:
            found = self.server.owner.look_up(path.rpartition("/")[2].removesuffix(".json"))
            if found is None:
                self._refuse(404, 20404)
            else:
                self._answer(200, _resource(found))

    def log_message(self, format: str, *args: Any) -> None:
        """The tests' standard error is not for this."""

    def _path(self) -> str:
        return urlsplit(self.path).path

    def _wrong(self, method: str, query: dict[str, list[str]], form: dict[str, list[str]]) -> list[str]:
        """What in a request is not as published; it is kept."""
        wrong = twilio_description.violations(method, self._path(), query, form)
        wrong += [f"unexpected {name}" for name in query if name not in _LIST]
        wrong += [f"unexpected {name}" for name in form if name not in _CREATE]
        wrong += [f"{name} is given twice" for name, values in {**query, **form}.items() if len(values) != 1]
        if method == "POST" and query:
            wrong.append("POST with a query")
        self.server.owner.note(f"{method} {self._path()}", [])
        return wrong

    def _stopped_by(self, wrong: list[str]) -> bool:
        """Refuse a request without credentials (that may be what a test wants), or one that is not as published."""
        if not self.server.owner.signed_in(self.headers.get("Authorization", "")):
            self._refuse(401, 20003)
            return True
        self.server.owner.note("", wrong)
        if wrong:
            self._refuse(400, 20001)
        return bool(wrong)

    def _fails(self, fault: Fault, form: dict[str, str] | None) -> bool:
        """Let a fault happen; whether that was all."""
        if fault.taken and form is not None:
            self.server.owner.accept(form)
        self.server.owner.released.wait(3600 if fault.hang else fault.delay_s)
        if fault.hang or fault.cut:
            with contextlib.suppress(OSError):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
            self.close_connection = True
        elif fault.html or fault.garbage:
            self._send(fault.status or 201, b"<html><h1>Bad gateway</h1></html>", "text/html")
        elif fault.status:
            self._refuse(fault.status, fault.code, fault)
        else:
            return False
        return True

    def _refuse(self, status: int, code: int, fault: Fault | None = None) -> None:
        problem: dict[str, Any] = {"message": "The 'To' number +493012345671 is not right", "status": status}
        if code:
            problem |= {"code": code, "more_info": f"https://www.twilio.com/docs/errors/{code}"}
        others = {"Retry-After": fault.retry_after, "Location": fault.location} if fault else {}
        self._send(status, json.dumps(problem).encode(), "application/json", others)

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        self._send(status, json.dumps(content).encode(), "application/json")

    def _send(self, status: int, content: bytes, kind: str, others: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (others or {}).items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _list(self, query: dict[str, str]) -> None:
        size, page = int(query.get("PageSize", 50)), int(query.get("Page", 0))
        found = self.server.owner.listed(query)
        following = dict(query) | {"Page": str(page + 1), "PageToken": f"PA{page + 1}", "PageSize": str(size)}
        more = len(found) > (page + 1) * size
        self._answer(
            200,
            {
                "messages": [_resource(each) for each in found[page * size : (page + 1) * size]],
                "page": page,
                "page_size": size,
                "start": page * size,
                "end": min(len(found), (page + 1) * size),
                "uri": self.path,
                "first_page_uri": self.path,
                "previous_page_uri": None,
                "next_page_uri": f"{_ROOT}/Messages.json?{urlencode(following)}" if more else None,
            },
        )


def _wrong_message(form: dict[str, str]) -> list[str]:
    """What in a new message is not as published."""
    wrong = []
    if not _E164.fullmatch(form.get("To", "")):
        wrong.append("To is not in E.164")
    if ("From" in form) == ("MessagingServiceSid" in form):
        wrong.append("one of From and MessagingServiceSid")
    if "From" in form and not _E164.fullmatch(form["From"]):
        wrong.append("From is not in E.164")
    if "MessagingServiceSid" in form and not re.fullmatch(r"MG[0-9a-fA-F]{32}", form["MessagingServiceSid"]):
        wrong.append("MessagingServiceSid is none")
    period = form.get("ValidityPeriod", "1")
    if not (period.isdecimal() and 1 <= int(period) <= 36_000):
        wrong.append("ValidityPeriod is 1 to 36000")
    return wrong


def _resource(message: Message) -> dict[str, Any]:
    moment = format_datetime(message.created)
    uri = f"{_ROOT}/Messages/{message.sid}.json"
    return {
        "account_sid": ACCOUNT,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": moment,
        "date_sent": format_datetime(message.sent) if message.sent else None,
        "date_updated": moment,
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.from_,
        "messaging_service_sid": message.service,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": uri.replace(".json", "/Media.json")},
        "to": message.to,
        "uri": uri,
    }
