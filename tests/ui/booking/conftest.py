"""What the tests of the booking screens share: a desk's lanes, a window, the small clinic as the desk knows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book
from clinic_desk.domain.records import Clinic, DayBoard, Entry
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking, calendar
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.tasks import Tasks
from tests.support.small_clinic import SmallClinic

MONDAY = date(2031, 3, 3)
"""The small clinic's Monday; Berlin is an hour ahead of UTC then."""


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    """Return the instant of a wall time in Berlin."""
    return minute_to_instant(day, hour * 60 + minute, "Europe/Berlin")


@dataclass
class Clock:
    """The desk's clock, standing still until it is set."""

    now: datetime = datetime(2031, 3, 3, 6, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tasks(qapp: QObject) -> Iterator[Tasks]:
    lanes = Tasks()
    yield lanes
    assert lanes.close(10)


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    """The main window's place, at the smallest size the program promises."""
    widget = QWidget()
    widget.resize(1280, 720)
    qtbot.addWidget(widget)
    widget.show()
    widget.activateWindow()
    qtbot.waitActive(widget)
    return widget


@pytest.fixture
def known(clinic: SmallClinic, database: Database) -> Clinic:
    """The clinic's set-up as a desk reads it."""
    return calendar.load_clinic(database)


@pytest.fixture
def form(database: Database, tasks: Tasks, known: Clinic, window: QWidget, clock: Clock) -> BookingForm:
    return BookingForm(database, tasks, known, window, clock=clock)


@dataclass(frozen=True)
class Asking:
    """Asks the database what stands, on the test's thread and a connection of its own."""

    database: Database
    clinic: Clinic

    def board(self, day: date = MONDAY) -> DayBoard:
        return calendar.load_day(self.database, day, self.clinic)

    def entries(self, day: date = MONDAY) -> tuple[Entry, ...]:
        return self.board(day).entries

    def entry(self, appointment_id: UUID) -> Entry:
        (found,) = calendar.load_entries(self.database, [appointment_id])
        return found


@pytest.fixture
def other_desk(second_database: Database, known: Clinic) -> Asking:
    """Desk 2: looks, and changes things behind Desk 1's back."""
    return Asking(second_database, known)


@pytest.fixture
def place(clinic: SmallClinic) -> Callable[..., Place]:
    """Make a place in Dr. Weber's column in Berlin on the Monday."""

    def make(hour: int, minute: int = 0, *, who: UUID | None = None, length: int | None = None) -> Place:
        return Place(who or clinic.weber, None, clinic.berlin, at(hour, minute), length)

    return make


@pytest.fixture
def booked(clinic: SmallClinic) -> Callable[..., Entry]:
    """Book at a desk: a check-up of the first patient with Dr. Weber, unless told otherwise."""

    def make(database: Database, starts_at: datetime, *, patient: int = 0, **other: object) -> Entry:
        fields: dict[str, object] = {
            "patient_id": clinic.patients[patient],
            "type_id": clinic.checkup,
            "practitioner_id": clinic.weber,
            "site_id": clinic.berlin,
            "starts_at": starts_at,
            "length_minutes": 15,
        }
        return booking.book(database, Book(**(fields | other)))  # type: ignore[arg-type]

    return make


def type_in(widget: QWidget, text: str) -> None:
    """Type any text, as an input method or keyboard of any script would."""
    for letter in text:
        for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
            key = ord(letter.upper()) if letter.isascii() else 0
            QApplication.sendEvent(widget, QKeyEvent(kind, key, Qt.KeyboardModifier.NoModifier, letter))


def search(qtbot: QtBot, form: BookingForm, letters: str) -> None:
    """Type letters into the patient line and wait for their list."""
    type_in(form.patient_line, letters)
    wanted = form.patient_line.text().strip()
    qtbot.waitUntil(lambda: form.patient_line.found_for == wanted)


def press(*keys: Qt.Key) -> None:
    """Press keys where the keyboard is, like a person does."""
    for key in keys:
        widget = QApplication.focusWidget()
        assert widget is not None
        QTest.keyClick(widget, key)
