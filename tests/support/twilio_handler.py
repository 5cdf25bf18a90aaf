# ruff: noqa: A002 - names of http.server
"""The HTTP side of twilio_server.py: checks each request, lets planned faults happen, answers as Twilio does."""

import contextlib
import json
import re
import socket
import struct
import threading
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support import twilio_description
from tests.support.twilio_records import ACCOUNT, Fault, Message

if TYPE_CHECKING:
    from tests.support.twilio_server import TwilioServer

_ROOT: Final = f"/2010-04-01/Accounts/{ACCOUNT}"
_E164: Final = re.compile(r"\+[1-9]\d{1,14}")
_CREATE: Final = frozenset({"To", "From", "MessagingServiceSid", "Body", "ValidityPeriod"})
"""What this program may use of the many published parameters; another one is a slip."""
_LIST: Final = frozenset({"To", "From", "DateSent", "DateSent>", "DateSent<", "PageSize", "Page", "PageToken"})
_RST_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Listener(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 256

    def __init__(self, owner: "TwilioServer", port: int) -> None:
        self.owner = owner
        self._links: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

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


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        content = self.rfile.read(length)
        if len(content) < length:  # the program ended in the middle: that is no request
            self.close_connection = True
            return
        text = content.decode("utf-8")
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
        self._answer(201, resource(self.server.owner.accept(values)))

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
                self._answer(200, resource(found))

    def do_DELETE(self) -> None:
        if self._stopped_by(self._wrong("DELETE", {}, {})):
            return
        fault = self.server.owner.next_fault("DELETE")
        if fault is not None and self._fails(fault, None):
            return
        if self.server.owner.delete(self._path().rpartition("/")[2].removesuffix(".json")):
            self.send_response(204)
            self.end_headers()
        else:
            self._refuse(404, 20404)

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
                "messages": [resource(each) for each in found[page * size : (page + 1) * size]],
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


def resource(message: Message) -> dict[str, Any]:
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
