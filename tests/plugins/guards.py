"""Fail a test that leaks a thread or window, calls another computer or makes Qt complain; hide the user's own settings.

What pytest and pytest-qt do already is set in pyproject.toml: a Python warning is an error, an exception in a slot, a
virtual method or a thread fails the test, and so does a Qt warning while a test is set up and runs. This plugin adds
the rest, by hooks around those of all other plugins, so that it looks when all fixtures of a test have ended.
"""

import contextlib
import gc
import ipaddress
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import shiboken6
from PySide6.QtCore import (
    QCoreApplication,
    QDeadlineTimer,
    QEvent,
    QMessageLogContext,
    QSettings,
    QThread,
    QtMsgType,
    qInstallMessageHandler,
)
from PySide6.QtWidgets import QApplication, QWidget

PATIENCE = 2.0  # seconds that what a test began may take to end after it

# --- a computer of its own --------------------------------------------------------------------------------------------

# What a developer may have set for the program itself, for libpq, or for the look of Qt's programs.
FOREIGN_PREFIXES = ("CLINIC_DESK_", "PG", "QT_")
KEPT_PREFIXES = ("CLINIC_DESK_TEST_", "QT_QPA_PLATFORM", "QT_PLUGIN_PATH", "QT_DEBUG_PLUGINS")

# Property tests draw the same examples in each run, and are never failed for having been slow.
hypothesis.settings.register_profile(
    "ci",
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("ci")


def private_environment(home: Path) -> dict[str, str]:
    """The environment variables that send everything a program keeps for its user below `home`."""
    folders = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_RUNTIME_DIR": home / "run",
        "APPDATA": home / "appdata",
        "LOCALAPPDATA": home / "localappdata",
        # platformdirs asks Windows itself, unless told otherwise
        "WIN_PD_OVERRIDE_APPDATA": home / "appdata",
        "WIN_PD_OVERRIDE_LOCAL_APPDATA": home / "localappdata",
    }
    for folder in folders.values():
        folder.mkdir(mode=0o700, exist_ok=True)
    return {name: str(folder) for name, folder in folders.items()} | {
        # The user's real keyring is never asked. A test that needs one sets its own.
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }


@contextlib.contextmanager
def private_computer() -> Iterator[Path]:
    """Give this process, and what it starts, folders and an environment of its own; yields its home folder.

    The path is short: the names of Unix sockets may have 107 bytes.
    """
    home = Path(tempfile.mkdtemp(prefix="cd-"))
    before = dict(os.environ)
    for name in before:
        if name.startswith(FOREIGN_PREFIXES) and not name.startswith(KEPT_PREFIXES):
            del os.environ[name]
    os.environ.update(private_environment(home))
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
        QSettings.setPath(QSettings.Format.IniFormat, scope, str(home / "config"))
    try:
        yield home
    finally:
        os.environ.clear()
        os.environ.update(before)
        shutil.rmtree(home, ignore_errors=True)


# --- sockets ----------------------------------------------------------------------------------------------------------

# Python reports each use of a socket to an audit hook, whoever makes it (asyncio, smtplib, urllib3). psycopg2 does not
# come by: libpq is C. Which server the tests' database is on is the business of the plugin that starts it.
_TO_ADDRESS = {"socket.connect", "socket.sendto", "socket.sendmsg"}  # arguments: socket, address
_TO_NAME = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}  # arguments: host, …
_outward_calls: list[str] = []


class OutwardCallError(RuntimeError):
    """A test tried to reach another computer."""


def is_local(host: object) -> bool:
    """Whether a host, by name or by number, is this computer."""
    if not host or not isinstance(host, str | bytes):  # any or none
        return True
    name = os.fsdecode(host)
    if name.lower() in {"localhost", socket.gethostname().lower()}:
        return True
    with contextlib.suppress(ValueError):
        number = ipaddress.ip_address(name)
        return number.is_loopback or number.is_unspecified
    return False


def _refuse_outward_calls(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _TO_ADDRESS:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # else a Unix socket's path
    elif event in _TO_NAME:
        host = arguments[0]
    else:
        return
    if is_local(host):
        return
    message = f"a test may only talk to this computer, not to {host} ({event})"
    _outward_calls.append(message)  # who catches the exception does not get away with it
    raise OutwardCallError(message)


sys.addaudithook(_refuse_outward_calls)

# --- threads and windows ----------------------------------------------------------------------------------------------


class Alive:
    """What lives at one moment: threads, running QThreads, windows. Two compared tell what a test left behind."""

    def __init__(self) -> None:
        self.threads = set(threading.enumerate())
        self.qthreads = set(running_qthreads())
        self.windows = set(windows())

    def add_begun(self, earlier: "Alive", now: "Alive") -> None:
        """Count what was begun between two other moments as having lived at this one."""
        self.threads |= now.threads - earlier.threads
        self.qthreads |= now.qthreads - earlier.qthreads
        self.windows |= now.windows - earlier.windows


def running_qthreads() -> list[QThread]:
    """The QThreads made in Python that run."""
    threads = [each for each in shiboken6.getAllValidWrappers() if isinstance(each, QThread)]
    main = QThread.currentThread()
    return [each for each in threads if each.isRunning() and each is not main]


def windows() -> list[QWidget]:
    """The top-level widgets that belong to nobody. Qt's own tooltip stays, hidden, for the next one."""
    if not isinstance(QApplication.instance(), QApplication):
        return []
    return [
        each
        for each in QApplication.topLevelWidgets()
        if each.parent() is None and each.metaObject().className() != "QTipLabel"
    ]


def leaked_threads(before: Alive) -> list[str]:
    """The threads begun since `before` that do not end in time.

    Those that Python only met, begun elsewhere, cannot be waited for.
    """
    deadline = time.monotonic() + PATIENCE
    begun = [
        each
        for each in threading.enumerate()
        if each not in before.threads and not isinstance(each, threading._DummyThread)
    ]
    for thread in begun:
        thread.join(max(0.0, deadline - time.monotonic()))
    begun_in_qt = [each for each in running_qthreads() if each not in before.qthreads]
    for qthread in begun_in_qt:
        qthread.wait(QDeadlineTimer(int(max(0.0, deadline - time.monotonic()) * 1000)))
    return [
        *(f"leaked thread: {each.name}{' (daemon)' if each.daemon else ''}" for each in begun if each.is_alive()),
        *(f"leaked QThread: {each!r}" for each in begun_in_qt if each.isRunning()),
    ]


def leaked_windows(before: Alive) -> list[str]:
    """The windows opened since `before` that are neither deleted nor waiting for Python to collect them.

    They are closed and deleted then, so that the next test is not blamed.
    """
    if not isinstance(QApplication.instance(), QApplication):
        return []
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    if all(each in before.windows for each in windows()):
        return []
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [each for each in windows() if each not in before.windows]
    complaints = [f"leaked window: {each!r} (qtbot.addWidget, or close and delete it)" for each in left]
    for each in left:
        each.hide()
        each.deleteLater()
        QCoreApplication.sendPostedEvents(each, QEvent.Type.DeferredDelete)
    return complaints


# --- Qt's messages while a test is taken down, when pytest-qt no longer listens ---------------------------------------


@contextlib.contextmanager
def qt_messages_kept(kept: list[str]) -> Iterator[None]:
    """Add the warnings that Qt gives meanwhile to `kept`."""

    def keep(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
        if kind not in {QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg}:
            kept.append(f"Qt message after the test: {message}")

    previous: Callable[..., object] | None = qInstallMessageHandler(keep)
    try:
        yield
    finally:
        qInstallMessageHandler(previous)


# --- around each test -------------------------------------------------------------------------------------------------


class EachTest:
    """Looks before and after each test; its hooks lie around those of all other plugins."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.before = Alive()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None]:
        """Remember what lived before the test, and work in a folder where nobody's .env lies."""
        self.before = Alive()
        _outward_calls.clear()
        os.chdir(self.home)
        yield

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        """What a fixture of a module or the session begins may outlive the test that is first to ask for it."""
        earlier = Alive()
        result = yield
        if fixturedef.scope != "function":
            self.before.add_begun(earlier, Alive())
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Write reports with paths as seen from where pytest was started."""
        with contextlib.chdir(item.config.invocation_params.dir):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None]:
        """When everything of the test has ended, complain about what it left behind."""
        complaints: list[str] = []
        with qt_messages_kept(complaints):
            try:
                yield
            finally:
                os.chdir(item.config.invocation_params.dir)
                complaints += [*leaked_threads(self.before), *leaked_windows(self.before), *_outward_calls]
                self.before = Alive()
        if complaints:
            pytest.fail("\n".join(complaints), pytrace=False)


def pytest_configure(config: pytest.Config) -> None:
    """Enter the private computer for the whole run."""
    stack = contextlib.ExitStack()
    home = stack.enter_context(private_computer())
    config.add_cleanup(stack.close)
    config.pluginmanager.register(EachTest(home), "each-test")
