"""A server on loopback that speaks Twilio's Messages API, and fails in the ways providers and networks do.

Each request is checked by the published parameters (and against Twilio's own description, where that is present);
what is wrong with one is in `violations`, and it is refused. Faults are planned for the next POSTs or GETs.
"""

import base64
import itertools
import threading
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from tests.support.twilio_handler import Listener
from tests.support.twilio_records import ACCOUNT, NUMBER, SERVICE, TOKEN, Fault, Message, Method, refusal

__all__ = ["ACCOUNT", "NUMBER", "SERVICE", "TOKEN", "Fault", "Message", "Method", "TwilioServer", "refusal"]


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
        self._faults: dict[str, deque[Fault]] = {"POST": deque(), "GET": deque(), "DELETE": deque()}
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._server: Listener | None = None
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
        self._server = Listener(self, self._port)
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

    def delete(self, sid: str) -> bool:
        """Take a message out of the list; whether it was there."""
        with self._lock:
            found = [message for message in self.messages if message.sid == sid]
            self.messages = [message for message in self.messages if message.sid != sid]
        return bool(found)

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
