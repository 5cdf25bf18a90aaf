"""The waiting list by keyboard, in the whole program: put on it, offered what becomes free, booked, and taken off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.desk.program import DeskProgram
from clinic_desk.domain.commands import Cancel, Update
from clinic_desk.domain.records import CancellationReason, Entry
from clinic_desk.domain.waiting import AddWish, CloseWish, Closing, Priority, Waiting, Wish
from clinic_desk.errors import Busy
from clinic_desk.services import booking, calendar, waiting
from clinic_desk.ui.booking.slot_taken import SlotTakenDialog
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.patients.desk import open_patient
from clinic_desk.ui.waiting.form import WishForm
from clinic_desk.ui.waiting.offer_panel import OfferPanel
from clinic_desk.ui.waiting.sheet import WaitingSheet
from clinic_desk.ui.workspace import Workspace
from tests.support.bookings import at, checkup
from tests.support.small_clinic import SmallClinic
from tests.support.spaces import space_on
from tests.ui.setup.conftest import Shown, press, type_keys

ENTER, ESC, DOWN, SHIFT = Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def space(clinic: SmallClinic, reception: DeskProgram, qtbot: QtBot) -> Workspace:
    """A desk of the reception on the Monday."""
    return space_on(reception, clinic.monday, qtbot)


def wishing(db: Database, clinic: SmallClinic, patient: int, **other: object) -> Waiting:
    wish = Wish(uuid4(), clinic.patients[patient], clinic.checkup, **other)  # type: ignore[arg-type]
    return waiting.add_wish(db, AddWish(wish))


@pytest.fixture
def booked(clinic: SmallClinic, database: Database) -> Entry:
    """A check-up on the Monday at nine, between two others."""
    booking.book(database, checkup(clinic, at(clinic.monday, 8, 45), patient_id=clinic.patients[8]))
    booking.book(database, checkup(clinic, at(clinic.monday, 9, 15), patient_id=clinic.patients[9]))
    return booking.book(database, checkup(clinic))


def open_wishes(db: Database) -> list[Waiting]:
    return [one for one in waiting.waiting(db) if one.wish.closed is None]


def select(space: Workspace, entry: Entry, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: space.window.calendar.select_entry(entry.id))
    space.window.calendar.setFocus()


def shown_offer(space: Workspace, qtbot: QtBot, names: list[str]) -> OfferPanel:
    """Wait until these are offered the time, in this order, and the panel would take a key."""
    panel = space.gaps().panel
    qtbot.waitUntil(lambda: offered(panel) == names and panel.guard.is_ready)
    return panel


def offered(panel: OfferPanel) -> list[str]:
    fits = panel.offer.fits if panel.offer is not None and panel.isVisible() else ()
    return [fit.waiting.patient.family_name for fit in fits]


def in_front(space: Workspace, kind: type[Shown]) -> Shown:
    (found,) = [each for each in space.window.findChildren(kind) if each.isVisible()]
    return found


def awaited(space: Workspace, kind: type[Shown], qtbot: QtBot) -> Shown:
    qtbot.waitUntil(lambda: any(each.isVisible() for each in space.window.findChildren(kind)))
    return in_front(space, kind)


def last_text(space: Workspace) -> Callable[[], str]:
    return space.window.toasts.latest_text


# --- what becomes free ------------------------------------------------------------------------------------------------


def test_a_cancellation_here_is_offered_beside_the_calendar_and_one_key_books(
    clinic: SmallClinic, database: Database, space: Workspace, booked: Entry, qtbot: QtBot
) -> None:
    wishing(database, clinic, 2)
    wishing(database, clinic, 3, priority=Priority.URGENT)
    select(space, booked, qtbot)
    press(Qt.Key.Key_C)
    press(ENTER)
    panel = shown_offer(space, qtbot, ["Müller-Lüdenscheidt", "O'Neill"])
    assert panel.when.text() == "Mon 3 Mar 2031, 09:00–09:15"
    assert panel.who.text() == "Dr. Weber · 2 waiting patients fit"
    assert space.window.calendar.hasFocus()  # nobody was disturbed
    press(Qt.Key.Key_L, SHIFT)
    assert panel.has_keyboard
    press(Qt.Key.Key_2)
    qtbot.waitUntil(lambda: len(open_wishes(database)) == 1)
    qtbot.waitUntil(lambda: not panel.isVisible())
    assert space.window.calendar.hasFocus()
    selected = space.window.calendar.selected_entry()
    assert selected is not None
    assert (selected.patient.family_name, selected.appointment.starts_at) == ("O'Neill", at(clinic.monday, 9))
    # undone, she waits again and the gap is there again
    space.window.actions_by_name["undo"].trigger()
    qtbot.waitUntil(lambda: len(open_wishes(database)) == 2)
    shown_offer(space, qtbot, ["Müller-Lüdenscheidt", "O'Neill"])
    space.window.actions_by_name["redo"].trigger()
    qtbot.waitUntil(lambda: len(open_wishes(database)) == 1)


def test_what_another_desk_frees_on_the_shown_day_is_offered_and_elsewhere_not(
    clinic: SmallClinic,
    database: Database,
    second_database: Database,
    space: Workspace,
    qtbot: QtBot,
) -> None:
    wishing(database, clinic, 2)
    tuesday = clinic.monday + timedelta(days=1)
    there = booking.book(second_database, checkup(clinic, at(tuesday, 9)))
    here = booking.book(second_database, checkup(clinic, at(clinic.monday, 9)))
    select(space, here, qtbot)
    booking.cancel(second_database, Cancel(there.id, 1, CancellationReason.PATIENT))
    booking.update(second_database, Update(here.id, 1, practitioner_id=clinic.okafor))
    panel = shown_offer(space, qtbot, ["O'Neill"])
    assert panel.when.text().startswith("Mon 3 Mar 2031")
    assert panel.more.text() == ""
    press(Qt.Key.Key_L, SHIFT)
    press(ESC)
    assert not panel.isVisible()
    assert space.window.calendar.hasFocus()


def test_enter_books_the_best_n_asks_the_next_first(
    clinic: SmallClinic, database: Database, space: Workspace, booked: Entry, qtbot: QtBot
) -> None:
    first, second = (wishing(database, clinic, number) for number in (2, 3))
    select(space, booked, qtbot)
    booking.cancel(database, Cancel(booked.id, 1, CancellationReason.PATIENT))
    shown_offer(space, qtbot, ["O'Neill", "Müller-Lüdenscheidt"])
    press(Qt.Key.Key_L, SHIFT)
    press(Qt.Key.Key_N)
    panel = shown_offer(space, qtbot, ["Müller-Lüdenscheidt", "O'Neill"])
    assert panel.has_keyboard
    press(ENTER)
    qtbot.waitUntil(lambda: [one.wish.id for one in open_wishes(database)] == [first.wish.id])
    assert second.wish.id not in {one.wish.id for one in open_wishes(database)}


def test_whoever_takes_the_gap_second_sees_who_was_first_and_can_take_another_time(
    clinic: SmallClinic, second_database: Database, space: Workspace, booked: Entry, qtbot: QtBot
) -> None:
    database = space.desk.database
    wishing(database, clinic, 2)
    select(space, booked, qtbot)
    booking.cancel(database, Cancel(booked.id, 1, CancellationReason.PATIENT))
    panel = shown_offer(space, qtbot, ["O'Neill"])
    assert panel.offer is not None
    fit, gap = panel.offer.fits[0], panel.offer.gap
    first = booking.book(second_database, checkup(clinic, patient_id=clinic.patients[5]))
    panel.taken.emit(fit, gap)  # pressed before the other desk's booking was heard
    dialogs = space.window.findChildren
    qtbot.waitUntil(lambda: bool([each for each in dialogs(SlotTakenDialog) if each.isVisible() and each.choices]))
    dialog = in_front(space, SlotTakenDialog)
    qtbot.waitUntil(lambda: dialog.guard.is_ready)
    press(ENTER)
    qtbot.waitUntil(lambda: not open_wishes(database))
    assert first.patient.id == clinic.patients[5]
    selected = space.window.calendar.selected_entry
    qtbot.waitUntil(lambda: (entry := selected()) is not None and entry.patient.id == clinic.patients[2])


def test_what_she_has_is_moved_forward(
    clinic: SmallClinic, database: Database, space: Workspace, booked: Entry, qtbot: QtBot
) -> None:
    has = booking.book(database, checkup(clinic, at(clinic.monday, 15), patient_id=clinic.patients[2]))
    wishing(database, clinic, 2, appointment_id=has.id)
    select(space, booked, qtbot)
    booking.cancel(database, Cancel(booked.id, 1, CancellationReason.PATIENT))
    shown_offer(space, qtbot, ["O'Neill"])
    press(Qt.Key.Key_L, SHIFT)
    press(ENTER)
    qtbot.waitUntil(lambda: not open_wishes(database))
    (now,) = calendar.load_entries(database, [has.id])
    assert now.appointment.starts_at == at(clinic.monday, 9)
    qtbot.waitUntil(lambda: space.own.stack.last() is not None)


def test_a_look_for_a_free_time_that_did_not_work_says_so(
    space: Workspace, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        why = "too many at once"
        raise Busy(why)

    monkeypatch.setattr(waiting, "offer_for", busy)
    space.window.calendar.setFocus()
    space.window.calendar.go_to_minute(10 * 60)
    before = last_text(space)()
    press(Qt.Key.Key_L, SHIFT)
    qtbot.waitUntil(lambda: last_text(space)() not in {"", before})


def test_who_waits_for_a_free_time_is_asked_on_the_calendar(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    calendar_view = space.window.calendar
    calendar_view.setFocus()
    calendar_view.go_to_minute(10 * 60)
    press(Qt.Key.Key_L, SHIFT)
    qtbot.waitUntil(lambda: last_text(space)().endswith("nobody on the waiting list fits."))
    wishing(database, clinic, 2)
    press(Qt.Key.Key_L, SHIFT)
    panel = shown_offer(space, qtbot, ["O'Neill"])
    assert panel.has_keyboard
    assert panel.when.text() == "Mon 3 Mar 2031, 08:00–12:00"


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_patient_of_an_appointment_is_put_on_the_list_to_come_sooner(
    clinic: SmallClinic, database: Database, space: Workspace, booked: Entry, qtbot: QtBot
) -> None:
    select(space, booked, qtbot)
    press(Qt.Key.Key_L)
    form = in_front(space, WishForm)
    assert form.fields.times.hasFocus()
    type_keys("8-10, 16")
    press(ENTER)
    assert form.problem.text().startswith("Write times of day")
    form.fields.times.clear()
    type_keys("8-10, 16-18")
    press(ENTER)
    qtbot.waitUntil(lambda: bool(open_wishes(database)))
    (one,) = open_wishes(database)
    assert (one.wish.patient_id, one.wish.appointment_id) == (clinic.patients[0], booked.id)
    assert (one.wish.practitioner_ids, one.wish.times) == (frozenset({clinic.weber}), ((480, 600), (960, 1080)))
    qtbot.waitUntil(lambda: last_text(space)() == "Meier, Anna is on the waiting list.")
    qtbot.waitUntil(space.window.calendar.hasFocus)


def test_on_the_patients_page_what_is_chosen_is_to_be_moved_forward(
    database: Database, space: Workspace, booked: Entry, qtbot: QtBot
) -> None:
    page = open_patient(space, booked.patient.id)
    qtbot.waitUntil(lambda: page.sheet.coming.list.chosen is not None)
    button = page.sheet.findChild(QPushButton, "patient_waiting")
    assert isinstance(button, QPushButton)
    button.click()
    assert in_front(space, WishForm).fields.forward.isChecked()
    press(ENTER)
    qtbot.waitUntil(lambda: [one.wish.appointment_id for one in open_wishes(database)] == [booked.id])
    assert page.sheet.isVisible()
    press(ESC)


def test_no_time_serves_in_the_booking_form_so_the_patient_goes_on_the_list(
    clinic: SmallClinic, database: Database, space: Workspace, qtbot: QtBot
) -> None:
    (patient,) = [entry.patient for entry in [booking.book(database, checkup(clinic))]]
    space.booking.start_at(Place(clinic.okafor, None, clinic.berlin, at(clinic.monday, 14), None), patient)
    press(Qt.Key.Key_W, Qt.KeyboardModifier.ControlModifier)
    form = in_front(space, WishForm)
    assert not form.fields.forward.isVisible()
    press(ENTER)
    qtbot.waitUntil(lambda: bool(open_wishes(database)))
    (one,) = open_wishes(database)
    assert (one.wish.patient_id, one.wish.practitioner_ids) == (patient.id, frozenset({clinic.okafor}))
    qtbot.waitUntil(lambda: not space.booking.form.isVisible())


def test_where_the_time_was_taken_first_the_waiting_list_is_one_of_the_ways_on(
    clinic: SmallClinic, database: Database, second_database: Database, space: Workspace, qtbot: QtBot
) -> None:
    patient = booking.book(database, checkup(clinic)).patient
    form = space.booking.form
    space.booking.start_at(Place(clinic.okafor, None, clinic.berlin, at(clinic.monday, 14), None), patient)
    taken = checkup(clinic, at(clinic.monday, 14), patient_id=clinic.patients[4], practitioner_id=clinic.okafor)
    booking.book(second_database, taken)
    form.carry_out.book(checkup(clinic, at(clinic.monday, 14), practitioner_id=clinic.okafor), patient)
    dialog = awaited(space, SlotTakenDialog, qtbot)
    qtbot.waitUntil(lambda: dialog.guard.is_ready)
    press(Qt.Key.Key_L, Qt.KeyboardModifier.AltModifier)
    assert awaited(space, WishForm, qtbot).fields.patient.patient == patient
    press(ENTER)
    qtbot.waitUntil(lambda: [one.wish.patient_id for one in open_wishes(database)] == [patient.id])
    qtbot.waitUntil(lambda: not form.isVisible())


def test_the_list_is_searched_sorted_changed_and_shortened_by_keyboard(
    clinic: SmallClinic, database: Database, second_database: Database, space: Workspace, qtbot: QtBot
) -> None:
    for number, note in ((2, "works nights"), (3, ""), (0, "")):
        wishing(database, clinic, number, note=note)
    space.window.actions_by_name["waiting"].trigger()
    sheet = in_front(space, WaitingSheet)
    qtbot.waitUntil(lambda: [row.name[:5] for row in sheet.rows.records] == ["O'Nei", "Mülle", "Meier"])
    sheet.order.setCurrentIndex(2)
    assert [row.name[:5] for row in sheet.rows.records] == ["Meier", "Mülle", "O'Nei"]
    sheet.search.setFocus()
    type_keys("nights")
    assert [row.name[:5] for row in sheet.rows.records] == ["O'Nei"]
    press(DOWN)
    press(ENTER)
    form = in_front(space, WishForm)
    form.fields.note.setFocus()
    type_keys(" too")
    press(ENTER)
    qtbot.waitUntil(lambda: [row.note for row in sheet.rows.records] == ["works nights too"])
    sheet.search.clear()
    (meier,) = [one for one in open_wishes(database) if one.patient.family_name == "Meier"]
    waiting.close_wish(second_database, CloseWish(meier.wish.id, 1, Closing.EXPIRED))
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 2)  # what another desk does is seen
    sheet.list.setFocus()
    sheet.list.choose(sheet.rows.records[0].id)
    press(Qt.Key.Key_C)
    press(Qt.Key.Key_1)
    qtbot.waitUntil(lambda: len(sheet.rows.records) == 1)
    sheet.closed.setChecked(True)
    assert sorted(row.since for row in sheet.rows.records) == ["no longer wanted", "too late"]
    assert not sheet.end_button.isEnabled()
    sheet.closed.setChecked(False)
    sheet.list.setFocus()
    press(Qt.Key.Key_N)
    assert in_front(space, WishForm).fields.patient.hasFocus()
    press(ESC)
    press(ESC)
    assert QApplication.focusWidget() is space.window.calendar
