"""A clinic in which nothing can be booked yet, or no more: said in one sentence, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desk.database.engine import Database
from clinic_desk.domain.commands import AUTOMATIC
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.records import Clinic, Entry
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.booking.starting import empty_draft, fitted, missing_for_booking
from clinic_desk.ui.calendar.places import Place
from clinic_desk.ui.tasks import Tasks
from tests.support.small_clinic import SmallClinic
from tests.ui.booking.conftest import Clock, at, type_in

Lacking = Callable[[Clinic], Clinic]


def without_types(clinic: Clinic) -> Clinic:
    return replace(clinic, types=())


def with_inactive_types(clinic: Clinic) -> Clinic:
    return replace(clinic, types=tuple(replace(kind, active=False) for kind in clinic.types))


def with_types_nobody_does(clinic: Clinic) -> Clinic:
    return replace(clinic, types=tuple(replace(kind, practitioner_ids=frozenset()) for kind in clinic.types))


def without_doctors(clinic: Clinic) -> Clinic:
    return replace(clinic, practitioners=tuple(replace(one, active=False) for one in clinic.practitioners))


def without_sites(clinic: Clinic) -> Clinic:
    return replace(clinic, sites=())


LACKING: tuple[tuple[Lacking, str], ...] = (
    (without_types, "no kind of visit"),
    (with_inactive_types, "no kind of visit"),
    (with_types_nobody_does, "no doctor does any of the visits"),
    (without_doctors, "no doctor is set up"),
    (without_sites, "no site"),
)


def test_nothing_is_missing_in_a_clinic_that_is_set_up(known: Clinic) -> None:
    assert missing_for_booking(known) == ""


@pytest.mark.parametrize(("lacking", "told"), LACKING)
def test_a_form_says_what_is_missing_and_stays_closed(
    *,
    qtbot: QtBot,
    database: Database,
    tasks: Tasks,
    known: Clinic,
    window: QWidget,
    clock: Clock,
    place: Callable[..., Place],
    lacking: Lacking,
    told: str,
) -> None:
    form = BookingForm(database, tasks, lacking(known), window, clock=clock)
    for begin in (form.start_anywhere, partial(form.start_new, place(9, 45))):
        with qtbot.waitSignal(form.impossible) as said:
            begin()
        assert said.args is not None
        assert told in said.args[0]
        assert not form.isVisible()
    form.set_clinic(known)
    form.start_new(place(9, 45))
    assert form.isVisible()


def test_an_appointment_can_be_changed_where_its_visit_is_no_longer_in_use(
    form: BookingForm, known: Clinic, booked: Callable[..., Entry], database: Database
) -> None:
    entry = booked(database, at(10, 0))
    form.set_clinic(with_inactive_types(known))
    form.edit(entry)
    assert form.isVisible()
    assert form.fields.type.currentText() == "Checkup"


@pytest.mark.parametrize(("lacking", "told"), LACKING)
def test_a_clinic_that_loses_it_under_an_open_form_takes_nothing_from_it(
    *, qtbot: QtBot, form: BookingForm, known: Clinic, place: Callable[..., Place], lacking: Lacking, told: str
) -> None:
    form.start_new(place(9, 45))
    qtbot.waitUntil(lambda: form.content.has_board)
    form.fields.note.setFocus()
    type_in(form.fields.note, "fasting")
    draft = form.content.draft
    form.set_clinic(lacking(known))
    assert told in form.problem.text()
    assert (form.content.draft, form.fields.note.text()) == (draft, "fasting")
    form.close_form()
    form.set_clinic(lacking(known))
    form.set_clinic(known)
    form.start_new(place(9, 45))
    assert form.isVisible()


def test_what_was_taken_out_of_the_clinic_is_taken_out_of_an_open_form(
    form: BookingForm, known: Clinic, place: Callable[..., Place], clinic: SmallClinic
) -> None:
    form.start_new(place(9, 45))
    rest = replace(
        known,
        types=tuple(kind for kind in known.types if kind.id != clinic.checkup),
        practitioners=tuple(one for one in known.practitioners if one.id != clinic.weber),
    )
    form.set_clinic(rest)
    draft = form.content.draft
    assert (draft.type_id in {kind.id for kind in rest.types}, draft.practitioner_id) == (True, None)
    assert (draft.minute, form.isVisible()) == (9 * 60 + 45, True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"room_id": new_id()}, {"room_id": AUTOMATIC}),
        ({"room_id": None}, {"room_id": None}),
        ({"practitioner_id": new_id()}, {"practitioner_id": None}),
    ],
)
def test_only_what_is_gone_is_exchanged(known: Clinic, given: dict[str, Any], kept: dict[str, Any]) -> None:
    draft = replace(empty_draft(known, None), note="fasting", **given)
    assert fitted(draft, known) == replace(draft, **kept)


def test_a_site_that_is_gone_is_exchanged_with_its_room(known: Clinic, clinic: SmallClinic) -> None:
    draft = replace(empty_draft(known, clinic.berlin), room_id=clinic.room_1)
    rest = replace(known, sites=tuple(site for site in known.sites if site.id != clinic.berlin))
    assert (fitted(draft, rest).site_id, fitted(draft, rest).room_id) == (clinic.new_york, AUTOMATIC)
