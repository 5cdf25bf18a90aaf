"""Bugs are caught wherever they happen, and what is told of them holds no patient data."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desk.errors import NotAllowed
from clinic_desk.logs import RedactingFormatter, redacted
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
        ("port 5432 of 127.0.0.1", "port 5432 of 127.0.0.1"),
    ],
)
def test_the_log_makes_addresses_numbers_and_passwords_unreadable(text: str, shown: str) -> None:
    assert redacted(text) == shown


def test_one_record_is_one_line_and_cannot_forge_another() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "first\n2026-01-01 CRITICAL forged", None, None)
    assert "\n" not in RedactingFormatter("%(levelname)s %(message)s").format(record)


def test_a_logged_exception_keeps_its_place_and_loses_its_text(tmp_path: Path) -> None:
    error = caught(ValueError("Anna Meier"))
    info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", None, info)
    line = RedactingFormatter("%(message)s").format(record)
    assert "test_crash.py" in line
    assert "Anna" not in line
