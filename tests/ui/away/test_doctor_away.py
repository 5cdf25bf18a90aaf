"""Doctor away by keyboard alone, in the whole program on a real database: from the menu and from the set-up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine, update

from clinic_desk.database import tables
from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Rule, Update
from clinic_desk.domain.records import Entry
from clinic_desk.services import booking, calendar
from clinic_desk.ui.away.question import AwayQuestion
from clinic_desk.ui.away.sheet import AwaySheet
from clinic_desk.ui.booking.ask import AskSheet
from clinic_desk.ui.setup.holiday_sheet import HolidaySheet
from clinic_desk.ui.setup.page import SetupPage
from tests.support.bookings import at, checkup, count, stored
from tests.support.queued import leaves, queue
from tests.support.small_clinic import SmallClinic
from tests.ui.setup.conftest import SAVED, OpenSetup, press, section_of, sheet_over, tab_to, type_keys

ENTER, ESC, DOWN, TAB = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.Key.Key_Tab
CTRL = Qt.KeyboardModifier.ControlModifier
DAY = timedelta(days=1)
NEW_YEAR = date(datetime.now(UTC).year + 1, 1, 1)


def three_booked(database: Database, clinic: SmallClinic) -> tuple[Entry, ...]:
    """At nine, ten and three on the Monday with Dr. Weber."""
    times = (at(clinic.monday, 9), at(clinic.monday, 10), at(clinic.monday, 15))
    return tuple(
        booking.book(database, checkup(clinic, start, patient_id=clinic.patients[number]))
        for number, start in enumerate(times)
    )


def ask(program: DeskProgram, qtbot: QtBot) -> AwayQuestion:
    """Open Doctor away from the menu."""
    program.window.activateWindow()
    qtbot.waitActive(program.window)
    program.window.actions_by_name["away"].trigger()
    (question,) = [each for each in program.window.findChildren(AwayQuestion) if each.isVisible()]
    qtbot.waitUntil(question.look_button.isEnabled)
    return question


def sheet_of(program: DeskProgram, qtbot: QtBot) -> AwaySheet:
    """Wait for the list of those who are hit."""

    def found() -> list[AwaySheet]:
        return [each for each in program.window.findChildren(AwaySheet) if each.isVisible()]

    qtbot.waitUntil(lambda: len(found()) == 1, timeout=10_000)
    return found()[0]


def away_on_the_monday(program: DeskProgram, qtbot: QtBot) -> AwaySheet:
    """Type it in the menu's question, and look."""
    question = ask(program, qtbot)
    tab_to("from_day")
    QApplication.focusWidget().selectAll()  # type: ignore[union-attr]
    type_keys("3.3.2031")
    press(ENTER)
    assert question.problem.text() == ""
    return sheet_of(program, qtbot)


def starts(database: Database, entries: tuple[Entry, ...]) -> list[object]:
    now = {entry.id: entry for entry in calendar.load_entries(database, [entry.id for entry in entries])}
    return [now[entry.id].appointment.starts_at for entry in entries]


def undo(program: DeskProgram) -> None:
    program.window.actions_by_name["undo"].trigger()


def test_a_doctor_is_away_and_everybody_is_moved_with_one_message_each_and_one_undo(
    clinic: SmallClinic, database: Database, manager: DeskProgram, owner_engine: Engine, qtbot: QtBot
) -> None:
    entries = three_booked(database, clinic)
    leaves(owner_engine, "confirmation")
    sheet = away_on_the_monday(manager, qtbot)
    assert sheet.title.text() == "Dr. Weber is away: 3 Mar 2031"
    rows = sheet.table.rows.records
    assert [row.name for row in rows] == ["Meier, Anna", "Meier, Jonas", "O'Neill, Siobhán"]
    assert rows[0].becomes == "→ Tue 4 Mar 2031, 09:00 · Dr. Weber"
    assert sheet.send_button.text() == "Save and move 3 ⏎"
    press(DOWN)
    press(Qt.Key.Key_2)  # another doctor on the day itself
    assert sheet.table.rows.records[1].becomes == "→ Mon 3 Mar 2031, 10:00 · Dr. Okafor"
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    assert starts(database, entries) == [
        at(clinic.monday + DAY, 9),
        at(clinic.monday, 10),
        at(clinic.monday + DAY, 15),
    ]
    told = queue(owner_engine, "kind, appointment_id", "status = 'pending' AND kind <> 'reminder'")
    assert sorted(told, key=str) == sorted([("rescheduled", entries[0].id), ("rescheduled", entries[2].id)], key=str)
    assert count(owner_engine, "time_off") == 1
    space = manager.workspace
    assert space is not None
    last = space.own.stack.last()
    assert last is not None
    assert last.number == 3
    assert not any(each.isVisible() for each in manager.window.findChildren(AwayQuestion))
    undo(manager)
    qtbot.waitUntil(lambda: count(owner_engine, "time_off") == 0, timeout=10_000)
    assert starts(database, entries) == [entry.appointment.starts_at for entry in entries]
    assert queue(owner_engine, "kind", "status = 'pending' AND kind <> 'reminder'") == []
    qtbot.waitUntil(lambda: space.own.stack.last() is None)


def test_a_patient_may_stay_and_esc_changes_nothing(
    clinic: SmallClinic, database: Database, manager: DeskProgram, owner_engine: Engine, qtbot: QtBot
) -> None:
    entries = three_booked(database, clinic)
    sheet = away_on_the_monday(manager, qtbot)
    options = [button.accessibleName() for _, button in sheet.table.choices.options]
    assert options[-2:] == ["4 Park it off the calendar, F7 lists it", "5 Leave it where it is the doctor must know"]
    press(Qt.Key.Key_5)
    assert sheet.progress.text() == "2 moved, 1 stays booked then"
    press(ESC)
    press(ESC)
    assert count(owner_engine, "time_off") == 0
    sheet = away_on_the_monday(manager, qtbot)
    press(Qt.Key.Key_5)
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    assert starts(database, entries)[0] == entries[0].appointment.starts_at
    assert starts(database, entries)[1] != entries[1].appointment.starts_at


def test_two_rows_are_never_offered_the_same_time(
    clinic: SmallClinic, database: Database, manager: DeskProgram, qtbot: QtBot
) -> None:
    """What is chosen for one is not among what can be chosen for another, also at another number."""
    for number, minute in enumerate((0, 15, 30)):
        booking.book(database, checkup(clinic, at(clinic.monday, 9, minute), patient_id=clinic.patients[number]))
    sheet = away_on_the_monday(manager, qtbot)
    press(Qt.Key.Key_2)
    slot = sheet.table.rows.records[0].choice.slot
    press(DOWN)
    assert slot not in [choice.slot for choice, _ in sheet.table.choices.options]


def typed_time(sheet: AwaySheet, text: str, qtbot: QtBot) -> None:
    """Type another time for the chosen row, and wait until it is judged."""
    press(Qt.Key.Key_T)
    assert sheet.table.line.hasFocus()
    sheet.table.line.selectAll()
    type_keys(text)
    press(ENTER)
    qtbot.waitUntil(lambda: not sheet.is_busy, timeout=10_000)


def test_another_time_is_typed_and_carried_out(
    clinic: SmallClinic, database: Database, manager: DeskProgram, qtbot: QtBot
) -> None:
    entries = three_booked(database, clinic)
    sheet = away_on_the_monday(manager, qtbot)
    typed_time(sheet, "4.3.2031 14:30", qtbot)
    assert sheet.table.rows.records[0].becomes == "→ Tue 4 Mar 2031, 14:30 · Dr. Weber"
    assert sheet.table.list.hasFocus()
    press(DOWN)
    typed_time(sheet, "11:05", qtbot)  # the day stays that of the time proposed for her, and the grid binds nobody
    assert sheet.table.rows.records[1].becomes == "→ Tue 4 Mar 2031, 11:05 · Dr. Weber"
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    assert starts(database, entries)[:2] == [at(clinic.monday + DAY, 14, 30), at(clinic.monday + DAY, 11, 5)]


def test_a_typed_time_at_which_only_another_doctor_can_is_hers(
    clinic: SmallClinic, database: Database, manager: DeskProgram, qtbot: QtBot
) -> None:
    three_booked(database, clinic)
    sheet = away_on_the_monday(manager, qtbot)
    typed_time(sheet, "3.3.2031 11:00", qtbot)
    assert sheet.table.rows.records[0].becomes == "→ Mon 3 Mar 2031, 11:00 · Dr. Okafor"


def test_a_typed_time_that_cannot_be_is_told_in_the_row_and_what_was_chosen_stays(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic,
    database: Database,
    second_database: Database,
    manager: DeskProgram,
    owner_engine: Engine,
    qtbot: QtBot,
) -> None:
    entries = three_booked(database, clinic)
    for doctor, patient in ((clinic.weber, 7), (clinic.okafor, 8)):
        taken = checkup(clinic, at(clinic.monday + DAY, 11), patient_id=clinic.patients[patient])
        booking.book(second_database, replace(taken, practitioner_id=doctor))
    sheet = away_on_the_monday(manager, qtbot)
    before = sheet.table.rows.records[0].becomes
    typed_time(sheet, "4.3.2031 11:00", qtbot)
    (row, *_) = sheet.table.rows.records
    assert row.mark.startswith("Not Tue 4 Mar, 11:00: Dr. Weber")
    assert row.in_trouble
    assert sheet.table.why.text() == row.mark
    assert row.becomes == before
    assert sheet.table.line.hasFocus()
    assert "11:00" in sheet.table.line.text()
    press(ESC)
    typed_time(sheet, "1.2.2020 9:00", qtbot)
    assert sheet.table.rows.records[0].mark.startswith("Not ")
    press(ESC)
    typed_time(sheet, "whenever", qtbot)
    assert "not understood" in sheet.table.rows.records[0].mark
    press(ESC)
    typed_time(sheet, "4.3.2031 14:00-15:00", qtbot)
    assert sheet.table.rows.records[0].mark.startswith("Visits keep their length here, this one its 15 minutes")
    assert sheet.table.rows.records[0].becomes == before
    press(ENTER)
    assert sheet.table.rows.records[0].mark.startswith("Visits keep their length here")
    press(ESC)
    typed_time(sheet, "4.3.2031 14:00-14:15", qtbot)
    assert sheet.table.rows.records[0].becomes == "→ Tue 4 Mar 2031, 14:00 · Dr. Weber"
    assert sheet.table.list.hasFocus()
    assert sheet.isVisible()
    press(Qt.Key.Key_1)
    assert sheet.table.rows.records[0].mark == ""
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    assert starts(database, entries)[0] == at(clinic.monday + DAY, 9)


def test_a_typed_time_that_is_promised_to_another_row_cannot_be_had(
    clinic: SmallClinic, database: Database, manager: DeskProgram, qtbot: QtBot
) -> None:
    three_booked(database, clinic)
    sheet = away_on_the_monday(manager, qtbot)
    press(DOWN)
    press(Qt.Key.Key_2)  # Dr. Okafor on the day itself
    press(Qt.Key.Key_Up)
    typed_time(sheet, "3.3.2031 10:00", qtbot)
    assert sheet.table.rows.records[0].mark.startswith("Not ")


def test_what_another_desk_did_is_marked_and_nothing_that_was_chosen_is_lost(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic,
    database: Database,
    second_database: Database,
    manager: DeskProgram,
    owner_engine: Engine,
    qtbot: QtBot,
) -> None:
    entries = three_booked(database, clinic)
    sheet = away_on_the_monday(manager, qtbot)
    press(Qt.Key.Key_2)
    booking.book(second_database, checkup(clinic, at(clinic.monday + DAY, 10), patient_id=clinic.patients[7]))
    booking.update(second_database, Update(entries[2].id, 1, note="bring reports"))
    came = booking.book(second_database, checkup(clinic, at(clinic.monday, 11), patient_id=clinic.patients[8]))
    press(ENTER)
    qtbot.waitUntil(lambda: bool(sheet.problem.text()) and not sheet.is_busy, timeout=10_000)
    assert count(owner_engine, "time_off") == 0
    rows = {row.id: row for row in sheet.table.rows.records}
    assert rows[entries[0].id].becomes == "→ Mon 3 Mar 2031, 09:00 · Dr. Okafor"
    assert rows[entries[0].id].mark == ""
    assert "taken first" in rows[entries[1].id].mark
    assert rows[entries[1].id].becomes != "→ Tue 4 Mar 2031, 10:00 · Dr. Weber"
    assert rows[entries[2].id].mark == "Desk 2 changed this appointment meanwhile: look at it again"
    assert rows[came.id].mark == "booked just now at another desk"
    assert sheet.table.list.hasFocus()
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    assert starts(database, entries)[0] == at(clinic.monday, 9)
    assert count(owner_engine, "time_off") == 1


def test_where_nobody_is_booked_it_is_said_and_the_time_off_is_saved(
    clinic: SmallClinic, manager: DeskProgram, owner_engine: Engine, qtbot: QtBot
) -> None:
    sheet = away_on_the_monday(manager, qtbot)
    assert sheet.table.none.isVisible()
    assert not sheet.table.list.isVisible()
    assert sheet.send_button.text() == "Save ⏎"
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    assert count(owner_engine, "time_off") == 1
    sheet = away_on_the_monday(manager, qtbot)
    assert sheet.story.text() == "This time off is entered already."
    assert sheet.send_button.text() == "Close ⏎"
    press(ENTER)
    assert count(owner_engine, "time_off") == 1


def test_a_reception_moves_the_patients_and_enters_nothing(
    clinic: SmallClinic, database: Database, reception: DeskProgram, owner_engine: Engine, qtbot: QtBot
) -> None:
    entries = three_booked(database, clinic)
    sheet = away_on_the_monday(reception, qtbot)
    assert "Only a practice manager" in sheet.story.text()
    assert not sheet.only_save.isVisible()
    assert sheet.send_button.text() == "Move 3 ⏎"
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    assert starts(database, entries)[0] == at(clinic.monday + DAY, 9)
    assert count(owner_engine, "time_off") == 0
    undo(reception)
    qtbot.waitUntil(lambda: stored(owner_engine, entries[0].id)["version"] == 3, timeout=10_000)
    assert starts(database, entries) == [entry.appointment.starts_at for entry in entries]


def test_what_cannot_be_read_is_told_at_its_field(clinic: SmallClinic, manager: DeskProgram, qtbot: QtBot) -> None:
    question = ask(manager, qtbot)
    tab_to("from_day")
    QApplication.focusWidget().selectAll()  # type: ignore[union-attr]
    type_keys("nonsense")
    press(ENTER)
    assert question.form.remarks["from_day"].text()
    assert question.isVisible()


# --- from the set-up --------------------------------------------------------------------------------------------------


def new_time_off(page: SetupPage) -> None:
    """Type the Monday as time off of Dr. Weber, and save with the keyboard."""
    section_of(page, "absences")
    press(Qt.Key.Key_N, CTRL)
    tab_to("from_day")
    QApplication.focusWidget().selectAll()  # type: ignore[union-attr]
    type_keys("3.3.2031")
    press(Qt.Key.Key_S, CTRL)


def test_time_off_that_hits_nobody_is_saved_without_a_question(
    clinic: SmallClinic, manager: DeskProgram, open_setup: OpenSetup, owner_engine: Engine, qtbot: QtBot
) -> None:
    page = open_setup(manager)
    new_time_off(page)
    qtbot.waitUntil(lambda: page.told.text() == SAVED, timeout=10_000)
    assert count(owner_engine, "time_off") == 1


def test_time_off_saved_in_the_set_up_shows_whom_it_hits_first(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic,
    database: Database,
    manager: DeskProgram,
    open_setup: OpenSetup,
    owner_engine: Engine,
    qtbot: QtBot,
) -> None:
    entries = three_booked(database, clinic)
    page = open_setup(manager)
    new_time_off(page)
    sheet_over(page, AwaySheet, qtbot)
    press(ESC)
    assert page.told.text() == "Not saved yet."
    assert count(owner_engine, "time_off") == 0
    press(Qt.Key.Key_S, CTRL)
    sheet_over(page, AwaySheet, qtbot)
    press(ENTER)
    qtbot.waitUntil(lambda: page.told.text() == SAVED, timeout=10_000)
    assert starts(database, entries)[0] == at(clinic.monday + DAY, 9)
    assert count(owner_engine, "time_off") == 1
    assert not page.is_changed


def test_a_closure_saved_in_the_set_up_may_move_nobody(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic,
    database: Database,
    manager: DeskProgram,
    open_setup: OpenSetup,
    owner_engine: Engine,
    qtbot: QtBot,
) -> None:
    entries = three_booked(database, clinic)
    page = open_setup(manager)
    section_of(page, "closures")
    press(Qt.Key.Key_N, CTRL)
    tab_to("site_id")
    press(DOWN)  # from Harlem to Mitte
    tab_to("first_day")
    QApplication.focusWidget().selectAll()  # type: ignore[union-attr]
    type_keys("3.3.2031")
    press(Qt.Key.Key_S, CTRL)
    sheet = sheet_over(page, AwaySheet, qtbot)
    assert sheet.title.text() == "Mitte is closed: 3 Mar 2031"
    tab_to("away_only_save")
    press(ENTER)
    qtbot.waitUntil(lambda: page.told.text() == SAVED, timeout=10_000)
    assert count(owner_engine, "closure") == 1
    assert starts(database, entries) == [entry.appointment.starts_at for entry in entries]


def close_on_holidays(page: SetupPage, clinic: SmallClinic, qtbot: QtBot) -> None:
    """Ask for the public holidays of next year in Mitte, and close on all of them."""
    section_of(page, "closures")
    press(Qt.Key.Key_H, Qt.KeyboardModifier.AltModifier)
    sheet = sheet_over(page, HolidaySheet, qtbot)
    sheet.site.setCurrentText("Mitte")
    sheet.year.setCurrentText(str(NEW_YEAR.year))
    press(ENTER)


@pytest.fixture
def german(clinic: SmallClinic, owner_engine: Engine) -> None:
    """Mitte keeps the holidays of Germany."""
    with owner_engine.begin() as connection:
        connection.execute(update(tables.site).where(tables.site.c.id == clinic.berlin).values(country="DE"))


@pytest.mark.usefixtures("german")
def test_public_holidays_that_hit_nobody_are_saved_without_a_question(
    clinic: SmallClinic,
    manager: DeskProgram,
    open_setup: OpenSetup,
    owner_engine: Engine,
    qtbot: QtBot,
) -> None:
    page = open_setup(manager)
    close_on_holidays(page, clinic, qtbot)
    qtbot.waitUntil(lambda: page.told.text() == SAVED, timeout=10_000)
    assert count(owner_engine, "closure") >= 9


@pytest.mark.usefixtures("german")
def test_public_holidays_show_whom_they_hit_and_are_undone_together(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic,
    database: Database,
    manager: DeskProgram,
    open_setup: OpenSetup,
    owner_engine: Engine,
    qtbot: QtBot,
) -> None:
    overrule = frozenset({Rule.OUTSIDE_HOURS})
    days = (NEW_YEAR, date(NEW_YEAR.year, 12, 25))
    entries = tuple(
        booking.book(
            database, replace(checkup(clinic, at(day, 9), patient_id=clinic.patients[number]), overrule=overrule)
        )
        for number, day in enumerate(days)
    )
    page = open_setup(manager)
    close_on_holidays(page, clinic, qtbot)
    sheet = sheet_over(page, AwaySheet, qtbot)
    assert sheet.title.text().startswith("Mitte is closed on ")
    assert [row.id for row in sheet.table.rows.records] == [entry.id for entry in entries]
    press(ESC)
    assert page.told.text() == "No public holiday was added."
    assert count(owner_engine, "closure") == 0
    close_on_holidays(page, clinic, qtbot)
    sheet = sheet_over(page, AwaySheet, qtbot)
    press(ENTER)
    qtbot.waitUntil(lambda: page.told.text() == SAVED, timeout=10_000)
    assert count(owner_engine, "closure") >= 9
    assert starts(database, entries)[0] != entries[0].appointment.starts_at
    undo(manager)
    qtbot.waitUntil(lambda: count(owner_engine, "closure") == 0, timeout=10_000)
    assert starts(database, entries) == [entry.appointment.starts_at for entry in entries]


def test_all_is_undone_also_after_this_desk_changed_one_of_them_again(
    clinic: SmallClinic, database: Database, manager: DeskProgram, owner_engine: Engine, qtbot: QtBot
) -> None:
    entries = three_booked(database, clinic)
    sheet = away_on_the_monday(manager, qtbot)
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    space = manager.workspace
    assert space is not None
    own = space.desk.database  # as any change of this desk and person
    booking.update(own, Update(entries[0].id, 2, note="called"))
    undo(manager)
    qtbot.waitUntil(lambda: count(owner_engine, "time_off") == 0, timeout=10_000)
    assert starts(database, entries) == [entry.appointment.starts_at for entry in entries]


def test_what_another_desk_changed_since_is_not_undone_and_it_is_said(  # noqa: PLR0917  # fixtures
    clinic: SmallClinic,
    database: Database,
    second_database: Database,
    manager: DeskProgram,
    owner_engine: Engine,
    qtbot: QtBot,
) -> None:
    entries = three_booked(database, clinic)
    sheet = away_on_the_monday(manager, qtbot)
    with qtbot.waitSignal(sheet.committed, timeout=10_000):
        press(ENTER)
    space = manager.workspace
    assert space is not None
    booking.update(second_database, Update(entries[0].id, 2, note="called"))
    undo(manager)
    qtbot.waitUntil(lambda: bool(space.window.findChildren(AskSheet)), timeout=10_000)
    (asked,) = space.window.findChildren(AskSheet)
    assert asked.accessibleName() == "1 of 3 cannot be taken back"
    assert "Anna Meier" in asked.accessibleDescription()
    asked.reject()
    assert count(owner_engine, "time_off") == 1
    assert starts(database, entries)[1] == at(clinic.monday + DAY, 10)
