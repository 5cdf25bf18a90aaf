"""A mail server on loopback (aiosmtpd) that keeps what arrives and fails in the ways mail servers and networks do.

Steps are planned for a stage of the protocol and used up one by one: a reply instead of the usual one, a hang, or a cut
connection. Stages: connect, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA (the command), body (in the middle of the data), dot
(the final dot has come: cut there means taken, but not answered).
"""

# ruff: noqa: N802 - names of aiosmtpd
import asyncio
import contextlib
import logging
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Final, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

Stage = Literal["connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "body", "dot"]
STAGES: Final[tuple[Stage, ...]] = ("connect", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "body", "dot")
_RST_ON_CLOSE: Final = struct.pack("ii", 1, 0)

# It logs every line it reads and writes: addresses and passwords of tests. They are not the program's own records.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Step:
    """What happens at a stage instead of the usual: `reply` is sent, or the connection hangs or is cut.

    `delay_s`: so much later. At "dot", a cut comes after the message was taken, a reply refuses it.
    """

    reply: str = ""
    hang: bool = False
    cut: bool = False
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Received:
    """A message that the server took: the envelope, and the bytes (lines end with CR LF)."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    encrypted: bool
    login: str

    @property
    def mail(self) -> EmailMessage:
        """The message, parsed."""
        parsed = message_from_bytes(self.content, policy=policy.SMTP)
        assert isinstance(parsed, EmailMessage)
        return parsed


class MailServer:
    """A context manager, or start() and stop(). `port` 0: a free one. `users`: who may sign in, with which password.

    `received` is what was taken, in this order; `talks` how many connections there were. May be used by any number of
    programs at once. `choose` is asked at each stage when nothing is planned for it: for faults at random.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        security: Literal["none", "starttls", "tls"] = "none",
        context: ssl.SSLContext | None = None,
        users: dict[str, str] | None = None,
        utf8: bool = False,
        mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN"),
        choose: Callable[[Stage], Step | None] | None = None,
    ) -> None:
        self._port = port
        self._security = security
        self._context = context
        self.users = users
        self._utf8 = utf8
        self._without = {"PLAIN", "LOGIN"} - set(mechanisms)
        self._choose = choose
        self._plans: dict[Stage, deque[Step]] = {stage: deque() for stage in STAGES}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._open: set[asyncio.Transport] = set()
        self._lock = threading.Lock()
        self.received: list[Received] = []
        self.sign_ins: list[tuple[str, bytes]] = []
        self.talks = 0
        self.address: tuple[str, int] = ("127.0.0.1", port)

    def plan(self, stage: Stage, *steps: Step) -> None:
        """Let these steps happen at a stage, one each time it is reached."""
        with self._lock:
            self._plans[stage].extend(steps)

    def refuse(self, stage: Stage, reply: str, times: int = 1) -> None:
        """Let a stage be answered by this reply so many times."""
        self.plan(stage, *[Step(reply=reply)] * times)

    def start(self) -> Self:
        """Listen; returns when connections are taken."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="mail server", daemon=True)
        self._thread.start()
        assert ready.wait(10)
        return self

    def stop(self) -> None:
        """Cut every connection and end the thread."""
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop = self._thread = None

    def cut_all(self) -> None:
        """Close all connections as an idle server would, and go on listening."""
        done = threading.Event()
        assert self._loop is not None

        def cut() -> None:
            for transport in list(self._open):
                transport.abort()
            done.set()

        self._loop.call_soon_threadsafe(cut)
        assert done.wait(5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def next_step(self, stage: Stage) -> Step | None:
        """What is to happen now at a stage; None: the usual."""
        with self._lock:
            if self._plans[stage]:
                return self._plans[stage].popleft()
        return self._choose(stage) if self._choose is not None else None

    def _run(self, ready: threading.Event) -> None:
        loop = self._loop = asyncio.new_event_loop()
        loop.set_exception_handler(lambda _loop, _context: None)  # connections that are cut complain there
        try:
            server = loop.run_until_complete(
                loop.create_server(
                    self._talk,
                    "127.0.0.1",
                    self._port,
                    backlog=256,
                    ssl=self._context if self._security == "tls" else None,
                )
            )
            self.address = server.sockets[0].getsockname()[:2]
            ready.set()
            loop.run_forever()
            server.close()
            loop.run_until_complete(self._end())
        finally:
            loop.close()

    async def _end(self) -> None:
        for transport in list(self._open):
            transport.abort()
        await asyncio.sleep(0)
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def _talk(self) -> SMTP:
        self.talks += 1
        return _Talk(
            self,
            self._open,
            enable_SMTPUTF8=self._utf8,
            hostname="mail.test",
            tls_context=self._context if self._security == "starttls" else None,
            authenticator=self._sign_in,
            auth_required=False,
            auth_require_tls=self._security == "starttls",
            auth_exclude_mechanism=self._without,
            loop=self._loop,
        )

    def _sign_in(self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.sign_ins.append((data.login.decode(), data.password))
        known = (self.users or {}).get(data.login.decode())
        return AuthResult(success=known is not None and known.encode() == data.password, handled=False, auth_data=data)

    def keep(self, talk: SMTP, content: bytes) -> None:
        """A message belongs to the server now."""
        assert talk.envelope is not None
        assert talk.session is not None
        login = talk.session.login_data
        self.received.append(
            Received(
                sender=talk.envelope.mail_from or "",
                recipients=tuple(talk.envelope.rcpt_tos),
                content=content,
                encrypted=talk.transport is not None and talk.transport.get_extra_info("ssl_object") is not None,
                login=login.decode() if isinstance(login, bytes) else "",
            )
        )


class _Talk(SMTP):
    """One connection. Each command first asks its server what is planned."""

    def __init__(self, server: MailServer, transports: set[asyncio.Transport], **options: Any) -> None:
        self._server = server
        self._transports = transports
        super().__init__(_Handler(), **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transports.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self._transports.discard(self.transport)
        super().connection_lost(error)

    async def _handle_client(self) -> None:
        if not await self._planned("connect"):
            await super()._handle_client()

    async def _planned(self, stage: Stage) -> bool:
        """Do what is planned for a stage; whether the command is dealt with by that."""
        step = self._server.next_step(stage)
        if step is None:
            return False
        await asyncio.sleep(step.delay_s)
        if step.hang:
            await asyncio.sleep(3600)
        if step.cut:
            self.cut()
        elif step.reply:
            await self.push(step.reply)
            if step.reply.startswith("421") or stage == "connect":
                self._writer.close()
        return step.cut or bool(step.reply)

    def cut(self) -> None:
        """End the connection at once; what was not read yet is thrown away (RST)."""
        assert isinstance(self.transport, asyncio.Transport)
        link = self.transport.get_extra_info("socket")
        with contextlib.suppress(OSError):
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST_ON_CLOSE)
        self.transport.abort()

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self._planned("EHLO"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self._planned("STARTTLS"):
            await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        if not await self._planned("AUTH"):
            await super().smtp_AUTH(arg)

    async def smtp_MAIL(self, arg: str) -> None:
        if not await self._planned("MAIL"):
            if self._server.users is not None and not (self.session and self.session.authenticated):
                await self.push("530 5.7.0 Authentication required")
            else:
                await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:
        if not await self._planned("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        if await self._planned("DATA"):
            return
        step = self._server.next_step("body")
        if step is not None:
            await self.push("354 go on")
            await self._reader.readline()
            if step.hang:
                await asyncio.sleep(3600)
            self.cut()
            return
        await super().smtp_DATA(arg)


class _Handler:
    async def handle_DATA(self, talk: _Talk, _session: Any, envelope: Any) -> str:
        step = talk._server.next_step("dot")
        if step is not None and step.reply:
            return step.reply
        talk._server.keep(talk, bytes(envelope.original_content or b""))
        if step is None:
            return "250 2.0.0 OK: taken"
        await asyncio.sleep(step.delay_s)
        if step.hang:
            await asyncio.sleep(3600)
        if step.cut:
            talk.cut()
            await asyncio.sleep(3600)  # ended by the lost connection
        return "250 2.0.0 OK: taken"


class DrippingServer:
    """A context manager: it greets each caller with a line that never ends."""

    def __enter__(self) -> Self:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = self._listening.getsockname()
        self._thread = threading.Thread(target=self._drip)
        self._thread.start()
        return self

    def _drip(self) -> None:
        link, _ = self._listening.accept()
        with link:
            link.settimeout(0.05)
            try:
                while True:
                    link.sendall(b"2")
                    try:
                        if not link.recv(10):
                            return
                    except TimeoutError:
                        continue
            except OSError:
                return

    def __exit__(self, *_: object) -> None:
        self._thread.join()
        self._listening.close()
