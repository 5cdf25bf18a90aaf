"""Devices on the booking screens: chosen or kept like a room, told at their own field, seen on the card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AUTOMATIC, Rule, Update
from clinic_desk.domain.records import Clinic, Entry, RoomKind
from clinic_desk.domain.refusals import SlotTaken, Violation
from clinic_desk.services import booking, calendar
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.booking.judging import field_of
from clinic_desk.ui.booking.moving import update_of
from clinic_desk.ui.calendar.places import MoveWish, Place
from tests.support.small_clinic import SmallClinic
from tests.ui.booking.conftest import Asking, at, press, search

LASER, SCANNER, AFAR = UUID(int=0x1A5E), UUID(int=0x5CA), UUID(int=0xAFA)
ENTER: Final = Qt.Key.Key_Return
Booker = Callable[..., Entry]


def run(engine: Engine, statement: str, **values: Any) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement, values)


@pytest.fixture
def known(clinic: SmallClinic, database: Database, owner_engine: Engine) -> Clinic:
    """The clinic with two devices in Berlin and one in New York; check-ups need one."""
    for row_id, name, site_id in (
        (LASER, "Laser", clinic.berlin),
        (SCANNER, "Scanner", clinic.berlin),
        (AFAR, "Laser NY", clinic.new_york),
    ):
        run(
            owner_engine,
            "INSERT INTO room (id, site_id, name, kind, position) VALUES (%(id)s, %(site)s, %(name)s, 'device', 9)",
            id=row_id, site=site_id, name=name,
        )  # fmt: skip
    run(owner_engine, "UPDATE appointment_type SET needs_device = true WHERE id = %(id)s", id=clinic.checkup)
    return calendar.load_clinic(database)


def open_at(qtbot: QtBot, form: BookingForm, place: Place) -> None:
    form.start_new(place)
    qtbot.waitUntil(lambda: form.content.has_board)


def choose(form: BookingForm, name: str) -> None:
    """Choose a device by its letters, as a person at the keyboard does."""
    form.fields.device.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClicks(form.fields.device, name)


def test_a_visit_that_needs_a_device_gets_the_first_free_one_unless_one_is_chosen(
    qtbot: QtBot, form: BookingForm, place: Callable[..., Place], other_desk: Asking
) -> None:
    for minute, chosen, expected in ((0, "", LASER), (30, "Sca", SCANNER)):
        open_at(qtbot, form, place(9, minute))
        assert form.fields.device.isVisible()
        assert form.fields.device.currentText() == "automatic"
        names = [form.fields.device.itemText(row) for row in range(form.fields.device.count())]
        assert names == ["automatic", "none", "Laser", "Scanner"], "those of the site"
        search(qtbot, form, "nei")
        press(ENTER)
        if chosen:
            choose(form, chosen)
        with qtbot.waitSignal(form.booked) as told:
            press(ENTER)
        assert told.args is not None
        assert other_desk.entry(told.args[0].id).appointment.device_id == expected


def test_the_device_is_reached_by_tab_and_by_its_letter(
    qtbot: QtBot, form: BookingForm, place: Callable[..., Place]
) -> None:
    open_at(qtbot, form, place(9))
    form.fields.practitioner.setFocus(Qt.FocusReason.TabFocusReason)
    press(Qt.Key.Key_Tab)
    assert form.fields.device.hasFocus()
    form.fields.note.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(form.fields.note, Qt.Key.Key_D, Qt.KeyboardModifier.AltModifier)
    assert form.fields.device.hasFocus()


def test_a_visit_that_needs_none_shows_no_device(
    qtbot: QtBot, form: BookingForm, place: Callable[..., Place], clinic: SmallClinic
) -> None:
    open_at(qtbot, form, place(9))
    choose(form, "Sca")
    form.content.set_type(clinic.consultation)
    assert not form.fields.device.isVisible()
    assert form.content.draft.device_id == AUTOMATIC
    form.content.set_type(clinic.checkup)
    assert form.fields.device.isVisible()


def test_a_taken_device_is_told_at_the_device_which_gets_the_keyboard(
    *, qtbot: QtBot, form: BookingForm, place: Callable[..., Place], booked: Booker, other_desk: Asking,
    clinic: SmallClinic,
) -> None:  # fmt: skip
    booked(other_desk.database, at(9), patient=1, practitioner_id=clinic.okafor, device_id=SCANNER)
    open_at(qtbot, form, place(9))
    search(qtbot, form, "nei")
    press(ENTER)
    choose(form, "Sca")
    told = "Scanner is taken at that time. Choose another device, or “automatic”."
    assert form.fields.remarks["device"].text() == told
    assert not form.fields.remarks["room"].text()
    form.fields.note.setFocus(Qt.FocusReason.TabFocusReason)
    press(ENTER)
    assert form.fields.device.hasFocus()


def test_a_device_that_another_desk_took_first_is_told_by_its_name_of_kind(
    *, qtbot: QtBot, form: BookingForm, place: Callable[..., Place], booked: Booker, other_desk: Asking,
    clinic: SmallClinic,
) -> None:  # fmt: skip
    open_at(qtbot, form, place(9))
    search(qtbot, form, "nei")
    press(ENTER)
    choose(form, "Las")
    booked(other_desk.database, at(9), patient=1, practitioner_id=clinic.okafor, device_id=LASER)
    press(ENTER)
    qtbot.waitUntil(form.problem.isVisible)
    assert form.problem.text() == "The device was taken first. Choose another device, or “automatic”."
    assert form.fields.device.hasFocus()
    press(Qt.Key.Key_Home)
    assert form.fields.device.currentText() == "automatic"
    with qtbot.waitSignal(form.booked) as told_to:
        press(ENTER)
    assert told_to.args is not None
    assert told_to.args[0].appointment.device_id == SCANNER


def test_a_change_keeps_the_device_and_sends_another_one_only_if_it_was_chosen(
    qtbot: QtBot, form: BookingForm, booked: Booker, database: Database, other_desk: Asking
) -> None:
    entry = booked(database, at(9), device_id=SCANNER)
    form.edit(entry)
    qtbot.waitUntil(lambda: form.content.has_board)
    assert form.fields.device.currentText() == "Scanner"
    choose(form, "Las")
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    row = other_desk.entry(entry.id).appointment
    assert (row.device_id, row.version) == (LASER, 2)


@pytest.mark.usefixtures("known")
def test_a_drag_to_another_site_takes_a_device_there(booked: Booker, database: Database, clinic: SmallClinic) -> None:
    entry = booked(database, at(9), device_id=SCANNER)
    wish = MoveWish(entry, clinic.diaz, clinic.new_york, at(20), 15)
    assert update_of(entry, wish).device_id == AUTOMATIC
    assert booking.update(database, update_of(entry, wish)).appointment.device_id == AFAR


def test_what_speaks_against_a_device_is_never_told_at_the_room() -> None:
    for rule in (Rule.WRONG_ROOM, Rule.INACTIVE, Rule.BLOCKED, Rule.NO_DEVICE, Rule.DEVICE_TAKEN):
        assert field_of(Violation(rule, about=RoomKind.DEVICE)) == "device"
    for rule in (Rule.WRONG_ROOM, Rule.INACTIVE, Rule.BLOCKED, Rule.NO_ROOM, Rule.ROOM_TAKEN):
        assert field_of(Violation(rule, about=RoomKind.ROOM)) == "room"
    assert field_of(Violation(Rule.INACTIVE)) == "with"
    assert field_of(SlotTaken(None)) == "when"
    assert field_of(SlotTaken(None, resource=RoomKind.DEVICE)) == "device"


@pytest.mark.usefixtures("known")
def test_taking_a_change_back_gives_the_device_back(booked: Booker, database: Database) -> None:
    from clinic_desk.domain.undoing import TakeBack
    from clinic_desk.services import undoing

    before = booked(database, at(9), device_id=SCANNER)
    booking.update(database, Update(before.id, 1, device_id=LASER))
    (again,) = undoing.take_back(database, TakeBack((before.id, 2))).entries
    assert again.appointment.device_id == SCANNER


def test_the_form_of_a_clinic_that_lost_a_device_puts_the_choice_back(
    qtbot: QtBot, form: BookingForm, place: Callable[..., Place], known: Clinic, window: QWidget
) -> None:
    open_at(qtbot, form, place(9))
    choose(form, "Sca")
    form.set_clinic(replace(known, rooms=tuple(room for room in known.rooms if room.id != SCANNER)))
    assert form.content.draft.device_id == AUTOMATIC
