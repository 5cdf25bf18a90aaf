"""The check of appointments to come in the whole program, by keyboard alone: going there, keeping, taking back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.records import Entry
from clinic_desk.domain.wall import local_day
from clinic_desk.errors import Busy, DatabaseDown
from clinic_desk.services import booking, recheck, undoing
from clinic_desk.ui.recheck.desk import RecheckDesk, recheck_of
from clinic_desk.ui.recheck.seen import look_after_setup, look_if_rules_are_new, rules_of
from clinic_desk.ui.recheck.sheet import RecheckSheet
from clinic_desk.ui.setup.opener import ClinicSetup
from clinic_desk.ui.shell.toasts import Toasts
from tests.support.bookings import at, checkup, stored
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_of

OpenProgram = Callable[..., DeskProgram]
ENTER, ESC, SPACE, DOWN = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Space, Qt.Key.Key_Down
NO, SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


def run(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, values)


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = NO) -> None:
    """Press a key where the keyboard is."""
    widget = QApplication.focusWidget()
    assert isinstance(widget, QWidget)
    QTest.keyClick(widget, key, modifiers)


def next_monday() -> Any:
    today = local_day(datetime.now(UTC), "Europe/Berlin")
    return today + timedelta(days=7 - today.weekday())


@pytest.fixture
def three(clinic: SmallClinic, database: Database) -> tuple[Entry, ...]:
    """Three visits next Monday morning."""
    return tuple(
        booking.book(database, checkup(clinic, at(next_monday(), 9, 15 * number), patient_id=clinic.patients[number]))
        for number in range(3)
    )


def shift(engine: Engine, minutes: int = 15) -> None:
    """Let the clocks show a later time at every instant than was agreed, as a change of a zone's rules does."""
    run(engine, "UPDATE appointment SET wall_start = wall_start - make_interval(mins => %(by)s)", by=minutes)


def says(toasts: Toasts, text: str) -> bool:
    return text in toasts.latest_text()


def opened(program: DeskProgram, qtbot: QtBot, rows: int) -> RecheckSheet:
    """Open the list by its key from the calendar, and wait for what is found."""
    program.window.activateWindow()
    program.window.calendar.setFocus()
    press(Qt.Key.Key_F5, SHIFT)
    desk = program.findChild(RecheckDesk)
    assert isinstance(desk, RecheckDesk)
    sheet = desk.sheet
    assert sheet is not None
    qtbot.waitUntil(lambda: "ooking" not in sheet.told.text(), timeout=10_000)
    assert len(sheet.rows.records) == rows
    return sheet


def test_a_clinic_that_fits_says_so(open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...]) -> None:
    sheet = opened(open_program(), qtbot, 0)
    assert sheet.told.text() == f"All {len(three)} appointments to come fit."
    assert not sheet.keep.isVisible()
    press(ESC)
    assert not sheet.isVisible()


def test_enter_goes_to_the_appointment_on_the_calendar_and_the_list_opens_there_again(
    *, open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine
) -> None:
    run(owner_engine, "UPDATE working_hours SET start_minute = 570 WHERE start_minute = 480")
    program = open_program()
    sheet = opened(program, qtbot, 2)
    assert [row.who for row in sheet.rows.records] == ["Anna Meier", "Jonas Meier"]
    assert sheet.list.hasFocus()
    assert "Dr. Weber does not work then; hours on" in sheet.why.text()
    assert sheet.told.text() == "2 of 3 appointments to come no longer fit."
    press(DOWN)
    press(ENTER)
    assert not sheet.isVisible()
    space = space_of(program)
    qtbot.waitUntil(
        lambda: space.sides.panel.entry is not None and space.sides.panel.entry.id == three[1].id, timeout=10_000
    )
    assert space.navigator.view.day == next_monday()
    again = opened(program, qtbot, 2)
    assert again.list.chosen.id == three[1].id
    press(ESC)


def test_the_agreed_times_are_kept_at_once_and_taken_back_at_once(
    *, open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine, database: Database
) -> None:
    before = [stored(owner_engine, entry.id)["starts_at"] for entry in three]
    shift(owner_engine)
    program = open_program()
    sheet = opened(program, qtbot, 3)
    assert "Agreed for 08:45, but the clocks will show 09:00." in sheet.why.text()
    assert sheet.keep.text() == "&Keep the agreed time of 3"
    press(SPACE)
    assert sheet.keep.text() == "&Keep the agreed time of 2"
    press(SPACE)
    press(Qt.Key.Key_K, ALT)
    qtbot.waitUntil(lambda: sheet.told.text() == "All 3 appointments to come fit.", timeout=10_000)
    moved = [stored(owner_engine, entry.id)["starts_at"] for entry in three]
    assert moved == [one - timedelta(minutes=15) for one in before]
    press(ESC)
    assert "3 appointments are at the time that was agreed again" in program.window.toasts.latest_text()
    press(Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: [stored(owner_engine, entry.id)["starts_at"] for entry in three] == before, timeout=10_000)
    assert len(recheck.look_at_all(database).found) == len(three)
    qtbot.waitUntil(program.window.actions_by_name["redo"].isEnabled, timeout=10_000)
    press(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: [stored(owner_engine, entry.id)["starts_at"] for entry in three] == moved, timeout=10_000)


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no more than one fitted one transaction."""
    monkeypatch.setattr("clinic_desk.domain.recheck.MOST_AT_ONCE", 1)


@pytest.mark.usefixtures("one_at_a_time")
def test_more_than_go_at_once_are_kept_part_by_part_and_taken_back_together(
    *, open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = [stored(owner_engine, entry.id)["starts_at"] for entry in three]
    shift(owner_engine)
    program = open_program()
    sheet = opened(program, qtbot, 3)
    said: list[str] = []
    show = sheet.told.setText

    def heard(text: str) -> None:
        said.append(text)
        show(text)

    monkeypatch.setattr(sheet.told, "setText", heard)
    press(Qt.Key.Key_K, ALT)
    qtbot.waitUntil(lambda: sheet.told.text() == "All 3 appointments to come fit.", timeout=10_000)
    assert "2 of 3 are at the time that was agreed again… Esc stops." in said
    press(ESC)
    assert "3 appointments are at the time that was agreed again" in program.window.toasts.latest_text()
    press(Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: [stored(owner_engine, entry.id)["starts_at"] for entry in three] == before, timeout=10_000)
    toasts = program.window.toasts
    moved = [one - timedelta(minutes=15) for one in before]
    qtbot.waitUntil(lambda: "Undone: keep the times agreed of 3 appointments" in toasts.latest_text(), timeout=10_000)
    press(Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: [stored(owner_engine, entry.id)["starts_at"] for entry in three] == moved, timeout=10_000)
    qtbot.waitUntil(lambda: toasts.latest_text().startswith("Done again: keep the times agreed of 3"))


@pytest.mark.usefixtures("one_at_a_time")
def test_esc_ends_it_after_the_part_under_way_and_what_stands_is_taken_back(
    *, open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = [stored(owner_engine, entry.id)["starts_at"] for entry in three]
    shift(owner_engine)
    program = open_program()
    sheet = opened(program, qtbot, 3)
    begun, may_end = Event(), Event()
    keep = recheck.keep_wall_times

    def slow(*given: Any) -> object:
        begun.set()
        assert may_end.wait(20)
        return keep(*given)

    with monkeypatch.context() as patch:
        patch.setattr(recheck, "keep_wall_times", slow)
        press(Qt.Key.Key_K, ALT)
        qtbot.waitUntil(begun.is_set, timeout=10_000)
        press(ESC)
        assert sheet.isVisible()
        assert sheet.told.text() == "Stopping; what is put right so far stays so."
        may_end.set()
        qtbot.waitUntil(lambda: sheet.told.text() == "2 of 3 appointments to come no longer fit.", timeout=10_000)
    press(ESC)
    assert not sheet.isVisible()
    assert [stored(owner_engine, one.id)["starts_at"] for one in three][1:] == before[1:]
    press(Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: [stored(owner_engine, one.id)["starts_at"] for one in three] == before, timeout=10_000)


@pytest.mark.usefixtures("one_at_a_time")
def test_a_part_that_is_refused_is_named_and_those_before_it_stand(
    *, open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine, database: Database,
    clinic: SmallClinic,
) -> None:  # fmt: skip
    shift(owner_engine, 60)
    booking.book(database, checkup(clinic, at(next_monday(), 8, 15), patient_id=clinic.patients[5]))
    sheet = opened(open_program(), qtbot, 3)
    press(Qt.Key.Key_K, ALT)
    qtbot.waitUntil(lambda: "was taken first" in sheet.told.text(), timeout=10_000)
    assert "Jonas Meier" in sheet.told.text()
    assert sheet.told.text().startswith("No more were changed, because of")
    assert [row.who for row in sheet.rows.records] == ["Jonas Meier", "Siobhán O'Neill"]
    assert sheet.list.chosen.id == three[1].id
    press(ESC)


def test_what_stands_in_the_way_is_named_and_nothing_is_changed(
    *, open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine, database: Database,
    clinic: SmallClinic,
) -> None:  # fmt: skip
    shift(owner_engine, 60)
    booking.book(database, checkup(clinic, at(next_monday(), 8), patient_id=clinic.patients[5]))
    sheet = opened(open_program(), qtbot, 3)
    press(Qt.Key.Key_K, ALT)
    qtbot.waitUntil(lambda: "Nothing was changed" in sheet.told.text(), timeout=10_000)
    assert "Anna Meier" in sheet.told.text()
    assert "was taken first" in sheet.told.text()
    assert stored(owner_engine, three[0].id)["starts_at"] == three[0].appointment.starts_at
    press(ESC)


def test_who_may_only_read_is_shown_the_list_and_offered_no_correction(
    qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine, database: Database
) -> None:
    shift(owner_engine)
    looked = recheck.look_at_all(database)
    window = QWidget()
    qtbot.addWidget(window)
    sheet = RecheckSheet(window, lambda: datetime.now(UTC), may_write=False)
    sheet.show_found(looked.found, looked.number, looked.clinic, ended=True)
    assert [row.is_kept for row in sheet.rows.records] == [None] * len(three)
    assert sheet.keep.isHidden()


def test_zone_rules_that_are_new_are_looked_at_and_told_only_if_something_was_shifted(
    *, open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine
) -> None:
    program = open_program()
    space = space_of(program)
    preferences, banner = program.window.preferences, program.window.banner
    assert not preferences.zone_rules_seen()
    look_if_rules_are_new(space)
    qtbot.waitUntil(lambda: preferences.zone_rules_seen() == rules_of(space.store.clinic), timeout=10_000)
    assert not banner.isVisible()
    shift(owner_engine)
    preferences.set_zone_rules_seen("2020.1 of another time")
    look_if_rules_are_new(space)
    qtbot.waitUntil(banner.isVisible, timeout=10_000)
    told = "The rules of time zones changed: 3 appointments to come are no longer at the time agreed."
    assert banner.text.text() == told
    assert len(three) == 3
    assert preferences.zone_rules_seen() == "2020.1 of another time", "told again until it is put right"
    banner.findChild(QWidget, "banner_take").click()  # type: ignore[union-attr]
    assert not banner.isVisible()
    sheet = recheck_of(space).sheet
    assert sheet is not None
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 3, timeout=10_000)
    sheet.reject()


def test_after_the_setup_was_changed_what_no_longer_fits_is_offered_and_can_be_put_aside(
    *, open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine
) -> None:
    program = open_program()
    banner = program.window.banner
    run(owner_engine, "UPDATE working_hours SET start_minute = 570 WHERE start_minute = 480")
    look_after_setup(space_of(program), {"hours"})
    qtbot.waitUntil(banner.isVisible, timeout=10_000)
    assert banner.text.text() == "2 appointments to come no longer fit the clinic as it is set up now."
    assert len(three) == 3
    banner.findChild(QWidget, "banner_aside").click()  # type: ignore[union-attr]
    assert not banner.isVisible()


def test_closing_the_setup_after_something_was_saved_looks_and_after_nothing_does_not(
    *, open_program: OpenProgram, url_as: Callable[[Any], URL], qtbot: QtBot, three: tuple[Entry, ...],
    owner_engine: Engine,
) -> None:  # fmt: skip
    run(owner_engine, "UPDATE working_hours SET start_minute = 570 WHERE start_minute = 480")
    assert len(three) == 3
    program = open_program("Office", url_as("clinic_manager"))
    space, banner = space_of(program), program.window.banner
    space.window.actions_by_name["setup"].trigger()
    setup = space.findChild(ClinicSetup)
    assert isinstance(setup, ClinicSetup)
    for saved in (frozenset[str](), frozenset({"rules", "desks"})):
        setup.stored.emit(saved)
        setup.closed.emit()
        assert space.findChild(RecheckDesk) is None
    setup.stored.emit(frozenset({"hours"}))
    setup.closed.emit()
    qtbot.waitUntil(banner.isVisible, timeout=10_000)
    assert "2 appointments to come no longer fit" in banner.text.text()
    qtbot.waitUntil(lambda: not setup.is_busy, timeout=10_000)
    setup.leave()


@pytest.mark.usefixtures("one_at_a_time")
def test_an_undo_that_could_not_be_sent_or_not_all_of_it_can_be_tried_again(
    *, open_program: OpenProgram, qtbot: QtBot, three: tuple[Entry, ...], owner_engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    before = [stored(owner_engine, entry.id)["starts_at"] for entry in three]
    shift(owner_engine)
    program = open_program()
    sheet = opened(program, qtbot, 3)
    press(Qt.Key.Key_K, ALT)
    qtbot.waitUntil(lambda: sheet.told.text() == "All 3 appointments to come fit.", timeout=10_000)
    press(ESC)
    take_back = undoing.take_back
    answers: list[object] = []

    def first_busy_then_gone(*given: Any) -> object:
        answers.append(None)
        if len(answers) == 1:
            raise Busy
        if len(answers) == 3:
            raise DatabaseDown
        return take_back(*given)

    monkeypatch.setattr(undoing, "take_back", first_busy_then_gone)
    toasts = program.window.toasts
    for told in ("busy", "cannot be reached"):
        press(Qt.Key.Key_Z, CTRL)
        qtbot.waitUntil(partial(says, toasts, told), timeout=10_000)
    assert [stored(owner_engine, one.id)["starts_at"] for one in three][1:] != before[1:]
    press(Qt.Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: [stored(owner_engine, one.id)["starts_at"] for one in three] == before, timeout=10_000)
