"""A patient's page by keyboard, in the whole program: opened, followed live, edited, merged and separated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import URL, Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AddPatient, Update, UpdatePatient
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Channel, Patient
from clinic_desk.domain.rights import Right
from clinic_desk.services.booking import book, update
from clinic_desk.services.patients import add_patient, get_patient, update_patient
from clinic_desk.services.patients_merge import LIKELY_PARTS, likely_pairs
from clinic_desk.services.patients_record import record_of
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from clinic_desk.ui.compare import CompareSheet
from clinic_desk.ui.patients.doubles import DoublesSheet
from clinic_desk.ui.patients.find_double import FindDouble
from clinic_desk.ui.patients.follow_up import FollowUpSheet
from clinic_desk.ui.patients.follow_up_desk import follow_up_of
from clinic_desk.ui.patients.merge import MergeSheet
from clinic_desk.ui.patients.merge_desk import merges_of
from clinic_desk.ui.patients.sheet import CHANGES, MESSAGES, PAST, TO_COME, PatientSheet
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.queued import run
from tests.support.small_clinic import SmallClinic
from tests.ui.setup.conftest import press, type_keys
from tests.ui.shell.conftest import OpenProgram

ENTER, ESC, CTRL, ALT = (
    Qt.Key.Key_Return,
    Qt.Key.Key_Escape,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
Shown = TypeVar("Shown", bound=QWidget)


def over(space: Workspace, kind: type[Shown], qtbot: QtBot) -> Shown:
    """Wait for a sheet over the window, and until it may be answered."""

    def found() -> list[Shown]:
        return [each for each in space.window.findChildren(kind) if each.isVisible()]

    qtbot.waitUntil(lambda: bool(found()))
    (sheet,) = found()
    guard = getattr(sheet, "guard", None)
    if guard is not None:
        qtbot.waitUntil(lambda: guard.is_ready)
    return sheet


def page_of(space: Workspace, qtbot: QtBot) -> PatientSheet:
    sheet = over(space, PatientSheet, qtbot)
    qtbot.waitUntil(lambda: sheet.record is not None)
    return sheet


def opened(space: Workspace, patient_id: object, qtbot: QtBot) -> PatientSheet:
    space.open_patient(patient_id)  # type: ignore[arg-type]
    return page_of(space, qtbot)


def texts(sheet: PatientSheet, page: str) -> list[list[str]]:
    rows = getattr(sheet, page).rows
    return [[rows.index(row, column).data() for column in range(rows.columnCount())] for row in range(rows.rowCount())]


def when(condition: Callable[[], bool], qtbot: QtBot) -> None:
    qtbot.waitUntil(condition)


def test_opened_from_an_appointment_it_shows_everything_and_enter_goes_there(
    clinic: SmallClinic, database: Database, second_database: Database, space: Workspace, qtbot: QtBot
) -> None:
    entry = book(database, checkup(clinic))
    update(second_database, Update(entry.id, 1, starts_at=at(clinic.monday, 11, 30)))
    qtbot.waitUntil(lambda: space.window.calendar.select_entry(entry.id))
    space.window.calendar.setFocus()
    space.window.actions_by_name["patient"].trigger()
    sheet = page_of(space, qtbot)
    assert sheet.name.text() == "Anna Meier"
    assert sheet.born.text() == f"14 Mar 1987 · {_age(space)} · +49 30 12345671"
    assert texts(sheet, "coming") == [["Mon 3 Mar 2031", "11:30–11:45", "Checkup", "Dr. Weber", "booked"]]
    assert [row[2] for row in texts(sheet, "changes")] == [
        "Moved from Mon 3 Mar 09:00 to Mon 3 Mar 11:30",
        "Booked: Mon 3 Mar 09:00, Checkup with Dr. Weber",
        "Record made",
    ]
    assert "Desk 2" in texts(sheet, "changes")[0][1]
    assert {row[1] for row in texts(sheet, "messages")} == {"SMS"}
    when(sheet.coming.list.hasFocus, qtbot)
    press(ENTER)
    when(lambda: not sheet.isVisible() if _alive(sheet) else True, qtbot)
    when(space.window.calendar.hasFocus, qtbot)


def _age(space: Workspace) -> int:
    today = space.store.freshness.now().date()
    return today.year - 1987 - ((today.month, today.day) < (3, 14))


def _alive(widget: QWidget) -> bool:
    from shiboken6 import isValid

    return isValid(widget)


def test_an_empty_patient_and_a_strange_name_are_shown_plainly(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    strange = Patient(
        new_id(), "<b>" + "ד" * 120, "Zoë 🦄 " + "x" * 80, date(2026, 1, 1), language="pt-BR", note="a\n<i>"
    )
    add_patient(database, AddPatient(strange, even_if_similar=True))
    sheet = opened(space, strange.id, qtbot)
    assert (texts(sheet, "coming"), texts(sheet, "past"), texts(sheet, "messages")) == ([], [], [])
    assert sheet.coming.empty.isVisibleTo(sheet)
    assert not sheet.details.is_changed
    assert not sheet.save.isEnabled()
    sheet.details.given_name.setFocus()
    sheet.details.given_name.end(False)
    type_keys("y")
    assert sheet.details.wanted() == replace(get_patient(database, strange.id), given_name=strange.given_name + "y")
    press(ESC)
    assert sheet.isVisible()  # said once that it is not saved
    press(ESC)
    when(lambda: not _alive(sheet) or not sheet.isVisible(), qtbot)
    assert get_patient(database, strange.id) == strange


def test_it_follows_what_other_desks_do(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    sheet = opened(space, clinic.patients[0], qtbot)
    book(database, checkup(clinic))
    when(lambda: len(texts(sheet, "coming")) == 1, qtbot)
    update_patient(database, UpdatePatient(replace(get_patient(database, clinic.patients[0]), given_name="Annabel")))
    when(lambda: sheet.details.given_name.text() == "Annabel", qtbot)
    assert sheet.name.text() == "Annabel Meier"


def test_edited_in_place_and_both_desks_changes_stand_or_are_asked(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    sheet = opened(space, clinic.patients[0], qtbot)
    sheet.details.email.setFocus()
    type_keys("anna@example.org")
    press(Qt.Key.Key_S, CTRL)
    when(lambda: sheet.told.text() == "✓ Saved", qtbot)
    now = get_patient(database, clinic.patients[0])
    assert (now.email, now.version) == ("anna@example.org", 2)
    sheet.details.given_name.setFocus()
    sheet.details.given_name.selectAll()
    type_keys("Anne")
    update_patient(database, UpdatePatient(replace(now, given_name="Annabel", note="deaf")))
    when(lambda: "Another desk" in sheet.told.text(), qtbot)
    press(ENTER)
    compare = over(space, CompareSheet, qtbot)
    press(Qt.Key.Key_1)
    press(ENTER)
    when(lambda: get_patient(database, clinic.patients[0]).version == 4, qtbot)
    now = get_patient(database, clinic.patients[0])
    assert (now.given_name, now.note, now.email) == ("Anne", "deaf", "anna@example.org")
    assert not _alive(compare) or not compare.isVisible()


def test_what_cannot_stay_so_is_said_at_its_field(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    sheet = opened(space, clinic.patients[0], qtbot)
    sheet.details.email.setFocus()
    type_keys("nonsense")
    press(ENTER)
    when(lambda: bool(sheet.details.remarks["email"].text()), qtbot)
    assert get_patient(database, clinic.patients[0]).version == 1


def test_pages_are_turned_by_keys_and_tab_goes_round(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    book(database, checkup(clinic))
    sheet = opened(space, clinic.patients[0], qtbot)
    when(sheet.coming.list.hasFocus, qtbot)
    press(Qt.Key.Key_4, ALT)
    assert sheet.lists.pages.currentIndex() == CHANGES
    assert sheet.changes.list.hasFocus()
    press(Qt.Key.Key_PageUp, CTRL)
    press(Qt.Key.Key_PageUp, CTRL)
    assert sheet.lists.pages.currentIndex() == PAST
    press(Qt.Key.Key_1, ALT)
    assert sheet.lists.pages.currentIndex() == TO_COME
    seen = set()
    for _ in range(40):
        press(Qt.Key.Key_Tab)
        focused = space.window.focusWidget()
        assert focused is not None
        seen.add(focused.objectName())
    assert {"family_name", "patient_note", "patient_coming", "patient_close", "patient_merge"} <= seen


def test_who_may_not_merge_is_told_who_can_allow_it(clinic: SmallClinic, space: Workspace, qtbot: QtBot) -> None:
    store = space.store
    store.clinic = replace(store.clinic, rights=store.clinic.rights - {Right.MERGE})
    sheet = opened(space, clinic.patients[0], qtbot)
    sheet.writing[2].click()
    assert sheet.told.text() == "Your sign-in may not merge patients. A practice manager can allow it."
    assert not space.window.findChildren(FindDouble)


def test_two_records_are_merged_and_separated_by_keyboard(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    anna, jonas = (get_patient(database, each) for each in clinic.patients[:2])
    double = replace(anna, id=new_id(), given_name="Ana", phone="+4930999999", email="ana@example.org")
    add_patient(database, AddPatient(replace(double, channel=Channel.SMS), even_if_similar=True))
    entry = book(database, checkup(clinic, patient_id=double.id))
    sheet = opened(space, anna.id, qtbot)
    sheet.writing[2].click()
    ask = over(space, FindDouble, qtbot)
    when(lambda: bool(ask.choices), qtbot)
    when(ask.choices[0].hasFocus, qtbot)
    press(ENTER)
    merge = over(space, MergeSheet, qtbot)
    assert merge.kept == anna
    press(Qt.Key.Key_2)  # the given name as in the other record
    assert merge.wanted() == replace(anna, given_name="Ana", email="ana@example.org")
    merge.merge.setFocus()
    press(ENTER)
    when(lambda: space.own.stack.last() is not None, qtbot)
    assert get_patient(database, double.id).merged_into == anna.id
    page = page_of(space, qtbot)
    when(lambda: page.record is not None and bool(page.record.doubles), qtbot)
    assert [row.id for row in record_of(database, anna.id).coming] == [entry.id]
    page.reject()
    space.window.actions_by_name["undo"].trigger()
    when(lambda: get_patient(database, double.id).merged_into is None, qtbot)
    assert get_patient(database, anna.id).given_name == "Anna"
    assert record_of(database, anna.id).coming == ()
    assert jonas == get_patient(database, jonas.id)
    redo = space.window.actions_by_name["redo"]
    when(lambda: redo.text() == "Redo: merge Ana Meier into Ana Meier", qtbot)
    redo.trigger()
    when(lambda: get_patient(database, double.id).merged_into == anna.id, qtbot)
    assert get_patient(database, anna.id).given_name == "Ana"
    assert [row.id for row in record_of(database, anna.id).coming] == [entry.id]


def test_a_merge_of_another_day_is_separated_from_the_page(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    from clinic_desk.domain.patients_merge import MergePatients
    from clinic_desk.services.patients_merge import merge_patients

    anna, jonas = (get_patient(database, each) for each in clinic.patients[:2])
    merge_patients(database, MergePatients(anna, jonas.id, jonas.version))
    sheet = opened(space, jonas.id, qtbot)
    assert sheet.name.text() == "Anna Meier"
    assert "Jonas Meier" in sheet.told.text()
    assert sheet.writing[3].isVisibleTo(sheet)
    sheet.writing[3].click()
    when(lambda: sheet.told.text() == "Separated again: Anna Meier and Jonas Meier", qtbot)
    assert get_patient(database, jonas.id).merged_into is None
    when(lambda: not sheet.writing[3].isVisibleTo(sheet), qtbot)
    sheet.reject()
    undo = space.window.actions_by_name["undo"]
    assert undo.text() == "Undo: separate Jonas Meier from Anna Meier"
    undo.trigger()
    when(lambda: get_patient(database, jonas.id).merged_into == anna.id, qtbot)


def test_a_record_changed_while_two_are_compared_is_shown_anew_and_nothing_is_written(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    merges_of(space).compare(*clinic.patients[:2])
    merge = over(space, MergeSheet, qtbot)
    update_patient(database, UpdatePatient(replace(get_patient(database, clinic.patients[1]), note="twin")))
    press(ENTER)
    when(lambda: "Another desk" in merge.told.text(), qtbot)
    assert merge.double.note == "twin"
    assert get_patient(database, clinic.patients[1]).merged_into is None
    press(ESC)


def test_a_follow_up_is_booked_from_an_appointment_with_what_is_typed(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    entry = book(database, checkup(clinic))
    qtbot.waitUntil(lambda: space.window.calendar.select_entry(entry.id))
    space.window.calendar.setFocus()
    press(Qt.Key.Key_F, Qt.KeyboardModifier.ShiftModifier)
    sheet = over(space, FollowUpSheet, qtbot)
    type_keys("10d")
    assert sheet.remark.text() == "" or "Mar" in sheet.remark.text()
    when(lambda: sheet.list.count() > 0 and "13 Mar" in sheet.list.item(0).text(), qtbot)
    assert sheet.list.item(0).text() == "Thu 13 Mar, 09:00–09:15   Dr. Weber   Mitte"
    press(Qt.Key.Key_Down)
    assert sheet.list.currentRow() == 1
    press(Qt.Key.Key_Up)
    press(ENTER)
    when(lambda: len(record_of(database, clinic.patients[0]).coming) == 2, qtbot)
    later = record_of(database, clinic.patients[0]).coming[1].appointment
    assert (later.starts_at, later.practitioner_id) == (at(date(2031, 3, 13), 9), clinic.weber)
    when(lambda: space.own.stack.last() is not None, qtbot)


def test_a_follow_up_that_is_not_understood_or_taken_meanwhile_books_nothing(
    clinic: SmallClinic, database: Database, second_database: Database, space: Workspace, qtbot: QtBot
) -> None:
    entry = book(database, checkup(clinic))
    follow_up_of(space, entry)
    sheet = over(space, FollowUpSheet, qtbot)
    when(lambda: sheet.list.count() > 0, qtbot)
    sheet.line.setText("")
    type_keys("soon")
    when(lambda: not sheet.book.isEnabled(), qtbot)
    assert sheet.remark.text()
    press(ENTER)
    sheet.line.clear()
    type_keys("1w")
    when(lambda: sheet.list.count() > 0 and "10 Mar" in sheet.list.item(0).text(), qtbot)
    book(second_database, checkup(clinic, at(date(2031, 3, 10), 9), patient_id=clinic.patients[2]))
    press(ENTER)
    taken = over(space, SlotTakenDialog, qtbot)
    assert len(record_of(database, clinic.patients[0]).coming) == 1
    press(ESC)
    when(lambda: sheet.list.count() > 0 and "09:15" in sheet.list.item(0).text(), qtbot)
    assert not _alive(taken) or not taken.isVisible()
    sheet.reject()


def test_the_list_of_likely_doubles_leads_to_the_comparison_and_follows(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    anna = get_patient(database, clinic.patients[0])
    double = replace(anna, id=new_id(), given_name="Ana")
    add_patient(database, AddPatient(double, even_if_similar=True))
    space.window.actions_by_name["doubles"].trigger()
    sheet = over(space, DoublesSheet, qtbot)
    when(sheet.list.hasFocus, qtbot)
    (row,) = sheet.rows.records
    assert {row.one.given_name, row.other.given_name} == {"Anna", "Ana"}
    press(ENTER)
    merge = over(space, MergeSheet, qtbot)
    assert not merge.unlike.isVisibleTo(merge)
    press(ENTER)
    when(lambda: space.own.stack.last() is not None, qtbot)
    page_of(space, qtbot).reject()
    when(lambda: sheet.none.isVisibleTo(sheet), qtbot)
    press(ESC)


def test_doubles_that_are_two_people_are_named_no_more_at_any_desk_and_again_when_asked_for(
    clinic: SmallClinic, database: Database, second_database: Database, space: Workspace, qtbot: QtBot
) -> None:
    anna = get_patient(database, clinic.patients[0])
    add_patient(database, AddPatient(replace(anna, id=new_id(), given_name="Ana"), even_if_similar=True))

    def known() -> list[bool]:
        pairs = {pair.key: pair for number in range(LIKELY_PARTS) for pair in likely_pairs(second_database, number)}
        return [pair.apart for pair in pairs.values()]

    space.window.actions_by_name["doubles"].trigger()
    sheet = over(space, DoublesSheet, qtbot)
    when(sheet.list.hasFocus, qtbot)
    press(Qt.Key.Key_T, Qt.KeyboardModifier.AltModifier)
    when(lambda: sheet.none.isVisibleTo(sheet), qtbot)
    assert known() == [True]
    press(Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier)
    when(lambda: len(sheet.rows.records) == 1, qtbot)
    sheet.list.choose(sheet.rows.records[0].id)
    assert sheet.apart.text() == "They &may be one person"
    sheet.apart.click()
    when(lambda: known() == [False], qtbot)
    when(lambda: [row.apart for row in sheet.rows.records] == [False], qtbot)
    sheet.reject()
    undo = space.window.actions_by_name["undo"]
    assert undo.text().endswith("may be one person")
    undo.trigger()
    when(lambda: known() == [True], qtbot)
    undo.trigger()
    when(lambda: known() == [False], qtbot)
    space.window.actions_by_name["redo"].trigger()
    when(lambda: known() == [True], qtbot)


def test_two_who_are_not_alike_are_merged_only_past_a_warning(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    merges_of(space).compare(clinic.patients[0], clinic.patients[3])
    merge = over(space, MergeSheet, qtbot)
    assert merge.unlike.isVisibleTo(merge)
    merge.swap.click()
    assert merge.kept.id == clinic.patients[3]
    press(ESC)
    assert get_patient(database, clinic.patients[3]).merged_into is None


def test_whoever_may_only_look_sees_the_page_without_messages_and_changes_nothing(
    clinic: SmallClinic, database: Database, open_program: OpenProgram, url_as: Callable[..., URL], qtbot: QtBot
) -> None:
    book(database, checkup(clinic))
    program = open_program(url=url_as("clinic_readonly"))
    assert program.workspace is not None
    sheet = opened(program.workspace, clinic.patients[0], qtbot)
    assert len(texts(sheet, "coming")) == 1
    assert not sheet.lists.buttons[MESSAGES].isEnabled()
    assert not any(each.isEnabled() for each in sheet.writing)
    assert sheet.details.family_name.isReadOnly()
    assert not sheet.save.isVisibleTo(sheet)
    assert sheet.paper.isEnabled()
    sheet.reject()


def test_what_keeps_messages_from_her_is_said_for_each_channel_and_allowed_again(
    clinic: SmallClinic, database: Database, owner_engine: Engine, space: Workspace, qtbot: QtBot
) -> None:
    anna = get_patient(database, clinic.patients[0])
    update_patient(database, UpdatePatient(replace(anna, email="anna@example.org")))
    for channel, address, state in (("sms", anna.phone, "opted-out"), ("email", "anna@example.org", "unusable")):
        run(
            owner_engine,
            "INSERT INTO contact_note (id, channel, address, state, source)"
            " VALUES (gen_random_uuid(), %s, %s, %s, 'desk')",
            *(channel, address, state),
        )
    sheet = opened(space, anna.id, qtbot)
    assert len(sheet.consent.text().splitlines()) == 2
    assert "e-mail cannot reach" in sheet.consent.text()
    sheet.allow.click()
    when(lambda: len(sheet.consent.text().splitlines()) == 1, qtbot)
    sheet.allow.click()
    when(lambda: not sheet.consent.isVisibleTo(sheet), qtbot)
    sheet.reject()
