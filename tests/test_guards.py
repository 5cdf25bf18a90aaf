"""Prove that each guard of the test run fails the test that gives it cause, and no other."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.plugins.guards import is_local

ROOT = Path(__file__).parent.parent

# A test file in which each test does one thing that must not pass, besides those that are in order.
OFFENDERS = """
import logging, os, socket, threading, warnings
from pathlib import Path
import keyring, platformdirs, pytest
from hypothesis import settings
from PySide6.QtCore import QSettings, QThread, QTimer, Qt, Signal, QObject, qWarning, qCritical
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget

kept, ended = [], threading.Event()

def test_first(qapp):
    pass

def test_thread():
    threading.Thread(target=ended.wait, args=(30,), name="forgotten", daemon=True).start()

def test_thread_that_ends_shortly_after():
    threading.Timer(0.2, lambda: None).start()

def test_qthread(qapp):
    kept.append(QThread()); kept[-1].start()

def test_qthread_ended(qapp):
    kept[-1].quit(); assert kept[-1].wait(5000)

def test_window(qapp):
    kept.append(QLabel("left open")); kept[-1].show()

def test_window_in_a_cycle_of_references(qapp):
    window = QWidget(); window.itself = window; window.show()

def test_window_given_to_qtbot(qtbot):
    window = QDialog(); kept.append(window); qtbot.addWidget(window); window.show()

@pytest.fixture(scope="module")
def shared():
    thread = threading.Thread(target=ended.wait, args=(30,)); thread.start()
    window = QWidget()
    yield window
    ended.set(); thread.join(); window.deleteLater()

def test_shared_first(qapp, shared):
    pass

def test_shared_again(qapp, shared):
    pass

def test_qt_warning(qapp):
    qWarning("beware")

def test_qt_critical(qapp):
    qCritical("beware more")

@pytest.fixture
def careless(qapp):
    yield
    qWarning("too late")

def test_qt_warning_in_teardown(careless):
    pass

def test_exception_in_slot(qtbot):
    def slot(): raise KeyError("in a slot")
    QTimer.singleShot(0, slot)
    QApplication.instance().processEvents()

def test_python_warning():
    warnings.warn("deprecated thing", DeprecationWarning)

def test_exception_in_thread():
    def fail(): raise KeyError("in a thread")
    thread = threading.Thread(target=fail); thread.start(); thread.join()

def test_outward_connection():
    with socket.socket() as s:
        s.settimeout(0.1)
        s.connect(("192.0.2.1", 9))

def test_outward_connection_hushed_up():
    try:
        socket.create_connection(("192.0.2.1", 9), timeout=0.1)
    except Exception:
        pass

def test_outward_datagram():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"x", ("192.0.2.1", 9))

def test_outward_lookup():
    socket.getaddrinfo("reception.example", 80)

def test_inward_connection(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
    if hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind("s"); server.listen(); client.connect("s")
        os.unlink("s")

def test_developers_settings_are_out_of_reach():
    home = Path.home()
    assert not Path(".env").exists()
    assert "CLINIC_DESK_DATABASE_URL" not in os.environ and "PGHOST" not in os.environ
    assert os.environ["CLINIC_DESK_TEST_KEPT"] == "yes"
    for kind in (platformdirs.user_config_path, platformdirs.user_data_path, platformdirs.user_cache_path):
        assert kind("x").is_relative_to(home)
    assert home != Path(os.environ["CLINIC_DESK_TEST_HOME"])
    assert Path(QSettings("Clinic Desk", "x").fileName()).is_relative_to(home)
    with pytest.raises(keyring.errors.NoKeyringError):
        keyring.get_password("clinic-desk", "x")

def test_qt_draws_offscreen(qapp):
    assert qapp.platformName() == "offscreen"

def test_hypothesis_never_fails_for_time():
    assert settings().deadline is None and settings().derandomize
"""

# test → what its complaint must say
CAUSES = {
    "test_thread": r"leaked thread: forgotten \(daemon\)",
    "test_qthread": r"leaked QThread",
    "test_window": r"leaked window: .*QLabel",
    "test_qt_warning": r"beware",
    "test_qt_critical": r"beware more",
    "test_qt_warning_in_teardown": r"Qt message after the test: too late",
    "test_exception_in_slot": r"KeyError.*in a slot",
    "test_python_warning": r"DeprecationWarning: deprecated thing",
    "test_exception_in_thread": r"PytestUnhandledThreadExceptionWarning",
    "test_outward_connection": r"only talk to this computer, not to 192\.0\.2\.1 \(socket\.connect\)",
    "test_outward_connection_hushed_up": r"only talk to this computer, not to 192\.0\.2\.1",
    "test_outward_datagram": r"only talk to this computer, not to 192\.0\.2\.1 \(socket\.sendto\)",
    "test_outward_lookup": r"only talk to this computer, not to reception\.example",
}
INNOCENT = sorted(set(re.findall(r"^def (test_\w+)", OFFENDERS, re.MULTILINE)) - set(CAUSES))

Complaints = dict[str, list[str]]


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> Complaints:
    """Run the offenders once under this project's own settings; test name → what was said against it."""
    folder = tmp_path_factory.mktemp("offenders")
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (folder / "test_offenders.py").write_text(OFFENDERS, encoding="utf-8")
    (folder / ".env").write_text("CLINIC_DESK_DATABASE_URL=postgresql://the.developers.own/", encoding="utf-8")
    run_pytest(folder, "-p", "tests.plugins.guards", "--junitxml=report.xml", "test_offenders.py")
    report: Complaints = {}
    for case in ElementTree.parse(folder / "report.xml").iter("testcase"):
        said = [f"{each.get('message')}\n{each.text}" for kind in ("failure", "error") for each in case.iter(kind)]
        report.setdefault(case.get("name", ""), []).extend(said)
    return report


def run_pytest(folder: Path, *arguments: str, **environment: str) -> str:
    """Run pytest in a process of its own in the folder; what it printed."""
    own = {
        "PYTHONPATH": str(ROOT),
        "CLINIC_DESK_DATABASE_URL": "postgresql://the.developers.own/",
        "CLINIC_DESK_TEST_KEPT": "yes",
        "CLINIC_DESK_TEST_HOME": os.environ["HOME"],
        "PGHOST": "the.developers.own",
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"} | own | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=100,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", CAUSES)
def test_what_a_test_must_not_do_fails_it_and_says_why(complaints: Complaints, name: str) -> None:
    assert re.search(CAUSES[name], "\n".join(complaints[name]), re.DOTALL)


@pytest.mark.parametrize("name", INNOCENT)
def test_a_test_in_order_is_not_blamed(complaints: Complaints, name: str) -> None:
    assert complaints[name] == []


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True),
        (b"127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", True),
        (socket.gethostname(), True),
        (None, True),
        ("192.168.1.2", False),
        ("::ffff:192.0.2.1", False),
        ("localhost.example", False),
    ],
)
def test_only_this_computer_counts_as_local(host: str | bytes | None, local: bool) -> None:
    assert is_local(host) == local


def test_an_explicitly_chosen_qt_platform_is_respected(tmp_path: Path) -> None:
    (tmp_path / "test_platform.py").write_text(
        "def test_platform(qapp):\n    assert qapp.platformName() == 'minimal'\n", encoding="utf-8"
    )
    output = run_pytest(tmp_path, "-p", "tests.plugins.guards", QT_QPA_PLATFORM="minimal")
    assert "1 passed" in output
