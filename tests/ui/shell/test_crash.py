"""Bugs are caught wherever they happen, and what is told of them holds no patient data."""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desk import logs
from clinic_desk.database.failures import DatabaseFault
from clinic_desk.errors import NotAllowed
from clinic_desk.logs import RedactingFormatter, redacted, start_log
from clinic_desk.reports import crash_report, traceback_text
from clinic_desk.ui.shell.crash import CrashReporter
from clinic_desk.ui.shell.crash_dialog import CrashDialog


def caught(error: Exception) -> Exception:
    try:
        raise error
    except Exception as found:
        return found


@pytest.fixture
def reporter(qapp: QApplication) -> Iterator[CrashReporter]:
    reporter = CrashReporter()
    reporter.install()
    yield reporter
    reporter.uninstall()
    for widget in qapp.topLevelWidgets():
        if isinstance(widget, CrashDialog):
            widget.close()
    reporter.deleteLater()


def test_a_report_says_where_and_what_class_but_not_what_a_library_said() -> None:
    report = crash_report(caught(ValueError("Key (phone)=(+49301234567) already exists")), "MainThread")
    assert "test_crash.py" in report
    assert "ValueError" in report
    assert "1234567" not in report
    assert "Clinic Desk" in report


def test_our_own_errors_keep_their_words_for_they_hold_no_patient_data() -> None:
    assert "not allowed: write" in traceback_text(caught(NotAllowed("write")))


def test_an_answer_of_the_database_that_nobody_expected_is_told_by_its_code_alone() -> None:
    text = traceback_text(caught(DatabaseFault("22P02", 'invalid input: "Anna Meier"', "patient_phone")))
    assert "DatabaseFault 22P02 patient_phone (its text is left out" in text
    assert "Meier" not in text


def test_the_cause_of_an_error_is_part_of_the_report() -> None:
    name = "Mei" + "er"

    def wrapped() -> None:
        try:
            raise KeyError(name)
        except KeyError as cause:
            raise RuntimeError from cause

    with pytest.raises(RuntimeError) as raised:
        wrapped()
    text = traceback_text(raised.value)
    assert text.index("KeyError") < text.index("RuntimeError")
    assert "Meier" not in text


def test_a_bug_opens_a_dialog_whose_report_can_be_copied(reporter: CrashReporter, qtbot: QtBot) -> None:
    error = caught(ZeroDivisionError())
    with qtbot.waitSignal(reporter.reported):
        sys.excepthook(type(error), error, error.__traceback__)
    dialogs = [widget for widget in QApplication.topLevelWidgets() if isinstance(widget, CrashDialog)]
    assert len(dialogs) == 1
    dialogs[0].copy()
    assert "ZeroDivisionError" in QApplication.clipboard().text()


def test_a_bug_on_a_thread_is_reported_too(reporter: CrashReporter, qtbot: QtBot) -> None:
    def work() -> None:
        raise ZeroDivisionError

    with qtbot.waitSignal(reporter.reported) as reported:
        thread = threading.Thread(target=work, name="lane")
        thread.start()
        thread.join()
    assert "thread lane" in reported.args[0]


def test_a_bug_that_comes_again_and_again_does_not_bury_the_screen(reporter: CrashReporter, qtbot: QtBot) -> None:
    error = caught(ZeroDivisionError())
    reports: list[str] = []
    reporter.reported.connect(reports.append)
    for _ in range(10):
        sys.excepthook(type(error), error, error.__traceback__)
    qtbot.waitUntil(lambda: len(reports) == 10)
    assert sum(isinstance(widget, CrashDialog) for widget in QApplication.topLevelWidgets()) == 3


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail to anna.meier@example.org failed", "mail to [address] failed"),
        ("call +49 30 5550 1420 now", "call [number] now"),
        ("postgresql://julia:geheim@host/clinic", "postgresql://julia:…@host/clinic"),
        ("TWILIO_AUTH_TOKEN=0123456789abcdef", "TWILIO_AUTH_TOKEN=…"),
        ("{'password': 'geheim'}", "{'password': …"),
        ("sid AC" + "0" * 32, "sid [account]"),
        ("VE6L-RHNG-2X4Y-VQM4-TLXG-YW5I-TMKJ", "[key]"),
        ('failed for user "julia"', 'failed for user "…"'),
        ("port 5432 of 127.0.0.1", "port 5432 of 127.0.0.1"),
    ],
)
def test_the_log_makes_addresses_numbers_and_passwords_unreadable(text: str, shown: str) -> None:
    assert redacted(text) == shown


def logged(name: str, level: int, text: str, *args: object) -> str:
    return RedactingFormatter().format(logging.LogRecord(name, level, "", 0, text, args, None))


def test_one_record_is_one_line_and_cannot_forge_another_or_steer_a_terminal() -> None:
    hostile = "first\n2026-01-01 CRITICAL forged\r\x1b[2J\u2028\u202egpj.exe\u2066\x00"
    line = logged("clinic_desk.x", logging.INFO, hostile)
    assert not set(line) & set("\n\r\x1b\u2028\u202e\u2066\x00")
    assert "\\n2026" not in line, "nor does it look like one"


def test_a_line_keeps_its_time_and_the_ids_of_rows() -> None:
    row = "0193a1f2-5c1e-7c60-9d2e-3b1f0a7c4e55"
    line = logged("clinic_desk.queue", logging.INFO, "message %s of 1987-03-14", row)
    assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO clinic_desk.queue ", line)
    assert row in line
    assert "1987" not in line


def test_of_a_library_only_the_words_of_its_source_are_kept() -> None:
    assert "Zanzibar" not in logged("urllib3", logging.WARNING, "Retrying %s", "Zanzibar")
    assert "Retrying %s" in logged("urllib3", logging.WARNING, "Retrying %s", "Zanzibar")
    assert "Zanzibar" not in logged("twilio.http_client", logging.WARNING, "to Zanzibar")


@pytest.fixture
def log_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The program's log in a folder of the test's; what it changes of logging is put back."""
    root, ours = logging.getLogger(), logging.getLogger("clinic_desk")
    before = (list(root.handlers), root.level, ours.level)
    monkeypatch.setattr(logs, "_log_hard_crashes", lambda _folder: None)
    yield start_log(tmp_path / "log")
    for handler in set(root.handlers) - set(before[0]):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(before[1])
    ours.setLevel(before[2])


@pytest.mark.parametrize("debug", [False, True])
def test_more_is_logged_when_the_environment_says_so_but_of_libraries_never(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, debug: bool
) -> None:
    monkeypatch.setenv("CLINIC_DESK_LOG", "debug" if debug else "")
    file: Path = request.getfixturevalue("log_file")
    logging.getLogger("clinic_desk.x").debug("of ours")
    for name in ("sqlalchemy.engine", "twilio.http_client", "urllib3", "anything"):
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).info("of a library")
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger("urllib3").warning("a warning")
    text = file.read_text("utf-8")
    assert ("of ours" in text) is debug
    assert "of a library" not in text
    assert "WARNING urllib3" in text
    if os.name != "nt":
        assert {each.stat().st_mode & 0o777 for each in file.parent.iterdir()} == {0o600}


def test_what_is_raised_in_passing_is_logged_without_its_text(
    reporter: CrashReporter, caplog: pytest.LogCaptureFixture
) -> None:
    hook = sys.unraisablehook
    assert hook == reporter._in_passing
    error = caught(ValueError("Zanzibar"))
    hook(SimpleNamespace(exc_type=type(error), exc_value=error, exc_traceback=None, err_msg=None, object=None))
    assert "ValueError" in caplog.text
    assert "Zanzibar" not in caplog.text


def test_a_logged_exception_keeps_its_place_and_loses_its_text(tmp_path: Path) -> None:
    error = caught(ValueError("Anna Meier"))
    info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, info)
    line = RedactingFormatter().format(record)
    assert "test_crash.py" in line
    assert "Anna" not in line
