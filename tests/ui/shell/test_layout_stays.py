"""Nothing on the window jumps when an appointment is chosen."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import Book
from clinic_desk.domain.wall import minute_to_instant
from clinic_desk.services import booking
from tests.support.small_clinic import SmallClinic
from tests.ui.shell.conftest import OpenProgram


def test_the_calendar_keeps_its_width_when_the_first_appointment_is_chosen(
    open_program: OpenProgram, qtbot: QtBot, clinic: SmallClinic, second_database: Database
) -> None:
    entry = booking.book(
        second_database,
        Book(
            patient_id=clinic.patients[0],
            type_id=clinic.checkup,
            practitioner_id=clinic.weber,
            site_id=clinic.berlin,
            starts_at=minute_to_instant(clinic.monday, 600, "Europe/Berlin"),
            length_minutes=15,
        ),
    )
    program = open_program()
    assert program.workspace is not None
    panel, width = program.workspace.sides.panel, program.window.calendar.width()
    panel.show_entry(entry)
    qtbot.waitUntil(panel.card.isVisible)
    qtbot.wait(50)  # layouts follow with the events that are waiting
    assert program.window.calendar.width() == width
