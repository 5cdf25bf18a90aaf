"""A new patient amid a booking: checked while typing, doubles shown before saving, back with the patient."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from sqlalchemy import Engine

from clinic_desk.database.engine import Database
from clinic_desk.domain.records import Channel, Patient
from clinic_desk.services import patients
from clinic_desk.ui.booking.form import BookingForm
from clinic_desk.ui.booking.patient_form import PatientForm
from clinic_desk.ui.calendar.places import Place
from tests.support.small_clinic import SmallClinic
from tests.ui.booking.conftest import Asking, press, search, type_in

ENTER, ESC = Qt.Key.Key_Return, Qt.Key.Key_Escape


@pytest.fixture
def adding(qtbot: QtBot, form: BookingForm, place: Callable[..., Place]) -> Callable[[str], PatientForm]:
    """Type letters that find nobody, and press Enter on "+ New patient"."""

    def run(letters: str) -> PatientForm:
        form.start_new(place(9, 45))
        qtbot.waitUntil(lambda: form.content.has_board)
        search(qtbot, form, letters)
        press(ENTER)
        assert form.title.text() == "New patient"
        return form.patient_form

    return run


def fill(page: PatientForm, **texts: str) -> None:
    for name, text in texts.items():
        line = getattr(page, name)
        line.setFocus()
        line.selectAll()
        type_in(line, text)


def stored(database: Database, letters: str) -> Patient:
    return patients.search_patients(database, letters)[0].patient


def test_letters_that_find_nobody_become_the_new_patients_name(adding: Callable[[str], PatientForm]) -> None:
    page = adding("vanderberg rosa")
    assert (page.family_name.text(), page.given_name.text()) == ("Vanderberg", "Rosa")


def test_a_saved_patient_is_chosen_and_booked_by_the_next_enter(
    qtbot: QtBot, form: BookingForm, adding: Callable[[str], PatientForm], other_desk: Asking
) -> None:
    page = adding("vanderberg rosa")
    fill(page, birth_date="2.2.91", phone="030 5550 1733", email="Rosa@Example.org")
    press(ENTER)
    qtbot.waitUntil(lambda: form.content.draft.patient is not None)
    assert form.title.text() == "New appointment"
    with qtbot.waitSignal(form.booked):
        press(ENTER)
    (entry,) = other_desk.entries()
    patient = entry.patient
    assert (patient.family_name, patient.given_name) == ("Vanderberg", "Rosa")
    assert patient.birth_date == date(1991, 2, 2)
    assert (patient.phone, patient.email) == ("+493055501733", "Rosa@example.org")
    assert patient.channel is Channel.SMS


def test_a_national_number_is_read_as_one_of_the_sites_country(
    qtbot: QtBot, form: BookingForm, clinic: SmallClinic, known: object, database: Database
) -> None:
    form.content.home_site_id = clinic.new_york
    form.start_anywhere()
    form.add_patient("hudson")
    fill(form.patient_form, given_name="Kate", phone="212 555 0177")
    press(ENTER)
    qtbot.waitUntil(lambda: form.content.draft.patient is not None)
    assert stored(database, "hudson").phone == "+12125550177"


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("birth_date", "31.2.1990", "not a birth date"),
        ("birth_date", "1.1.2090", "not a birth date"),
        ("phone", "ask him", "not a phone number"),
        ("email", "rosa@", "not an e-mail address"),
    ],
)
def test_what_cannot_be_used_is_told_beside_its_field_and_stays(
    qtbot: QtBot, adding: Callable[[str], PatientForm], field: str, text: str, told: str
) -> None:
    page = adding("vanderberg rosa")
    fill(page, **{field: text})
    page.gender.setFocus()
    qtbot.waitUntil(lambda: told in page.remarks[field].text())
    assert page.remarks[field].isVisible()
    assert getattr(page, field).text() == text
    press(ENTER)
    qtbot.waitUntil(lambda: getattr(page, field).hasFocus() and getattr(page, field).isEnabled())
    assert page.isVisible()


def test_a_phone_number_too_short_is_refused_with_an_example_of_the_country(
    qtbot: QtBot, adding: Callable[[str], PatientForm], database: Database
) -> None:
    page = adding("vanderberg rosa")
    fill(page, phone="12")
    press(ENTER)
    qtbot.waitUntil(lambda: "030 123456" in page.remarks["phone"].text())
    assert patients.search_patients(database, "vanderberg") == ()


def test_a_number_nobody_is_known_to_have_is_asked_about_once_and_then_kept(
    qtbot: QtBot, form: BookingForm, adding: Callable[[str], PatientForm], database: Database
) -> None:
    page = adding("vanderberg rosa")
    fill(page, phone="030 12")
    press(ENTER)
    qtbot.waitUntil(lambda: "Check it" in page.remarks["phone"].text())
    qtbot.waitUntil(page.phone.hasFocus)
    assert patients.search_patients(database, "vanderberg") == ()
    press(ENTER)
    qtbot.waitUntil(lambda: form.content.draft.patient is not None)
    assert stored(database, "vanderberg").phone == "+493012"


def test_a_doubt_that_was_told_while_typing_is_not_told_again(
    qtbot: QtBot, form: BookingForm, adding: Callable[[str], PatientForm], database: Database
) -> None:
    page = adding("vanderberg rosa")
    fill(page, phone="030 12")
    page.email.setFocus()
    qtbot.waitUntil(lambda: "Check it" in page.remarks["phone"].text())
    press(ENTER)
    qtbot.waitUntil(lambda: form.content.draft.patient is not None)
    assert stored(database, "vanderberg").phone == "+493012"


def test_a_doubtful_number_changed_to_another_doubtful_one_is_asked_about_anew(
    qtbot: QtBot, adding: Callable[[str], PatientForm], database: Database
) -> None:
    page = adding("vanderberg rosa")
    for typed in ("030 12", "030 13"):
        fill(page, phone=typed)
        assert page.remarks["phone"].text() == ""
        press(ENTER)
        qtbot.waitUntil(lambda: "Check it" in page.remarks["phone"].text() and page.phone.hasFocus())
    assert patients.search_patients(database, "vanderberg") == ()


@pytest.mark.parametrize(("code", "told"), [("de", ""), ("pl", "Messages in English"), ("en", "")])
def test_a_language_without_message_texts_says_in_which_one_messages_are_written(
    adding: Callable[[str], PatientForm], code: str, told: str
) -> None:
    page = adding("vanderberg rosa")
    page.language.setCurrentIndex(page.language.values.index(code))
    assert page.remarks["language"].text() == told
    assert page.remarks["language"].isVisible() is bool(told)
    page.start("somebody else", page.today)
    assert (page.language.value, page.remarks["language"].text()) == ("en", "")


def test_the_birth_date_that_was_understood_is_shown_with_the_age(adding: Callable[[str], PatientForm]) -> None:
    page = adding("vanderberg rosa")
    fill(page, birth_date="140387")
    page.phone.setFocus()
    assert page.remarks["birth_date"].text() == "14 Mar 1987 · 43"


def test_a_channel_without_an_address_is_told_before_saving(
    qtbot: QtBot, adding: Callable[[str], PatientForm], database: Database
) -> None:
    page = adding("vanderberg rosa")
    page.channel.choose(Channel.EMAIL)
    press(ENTER)
    assert "no address" in page.remarks["channel"].text()
    assert patients.search_patients(database, "vanderberg") == ()


def test_a_channel_without_an_address_is_told_when_it_is_chosen_and_no_more_when_one_is_typed(
    adding: Callable[[str], PatientForm],
) -> None:
    page = adding("vanderberg rosa")
    page.channel.setFocus()
    press(Qt.Key.Key_Down, Qt.Key.Key_Down)
    assert page.channel.value is Channel.EMAIL
    assert "no address" in page.remarks["channel"].text()
    assert page.remarks["email"].text() == ""
    fill(page, email="rosa@example.org")
    assert page.remarks["channel"].text() == ""


def test_a_likely_double_is_shown_before_saving_and_enter_uses_it(
    qtbot: QtBot, form: BookingForm, adding: Callable[[str], PatientForm], clinic: SmallClinic, database: Database
) -> None:
    page = adding("meiers")
    fill(page, family_name="Meier", given_name="Anna", birth_date="14.3.1987")
    press(ENTER)
    qtbot.waitUntil(lambda: bool(page.doubles.choices) and page.doubles.choices[0].hasFocus())
    assert "Meier, Anna" in page.doubles.choices[0].text()
    assert "14 Mar 1987 · +49 30 12345671" in page.doubles.choices[0].text()
    press(ENTER)
    assert form.content.draft.patient is not None
    assert form.content.draft.patient.id == clinic.patients[0]
    assert len(patients.search_patients(database, "meier anna")) == 1


def test_a_double_that_is_none_can_be_added_all_the_same(
    qtbot: QtBot, form: BookingForm, adding: Callable[[str], PatientForm], clinic: SmallClinic, database: Database
) -> None:
    page = adding("meiers")
    fill(page, family_name="Meier", given_name="Anna", birth_date="14.3.1987")
    press(ENTER)
    qtbot.waitUntil(lambda: bool(page.doubles.choices) and page.doubles.choices[0].hasFocus())
    press(Qt.Key.Key_Down, ENTER)
    qtbot.waitUntil(lambda: form.content.draft.patient is not None)
    assert len(patients.search_patients(database, "meier anna")) == 2


def test_impatient_enters_add_one_patient(
    qtbot: QtBot, form: BookingForm, adding: Callable[[str], PatientForm], owner_engine: Engine
) -> None:
    adding("vanderberg rosa")
    press(ENTER, ENTER, ENTER)
    qtbot.waitUntil(lambda: form.content.draft.patient is not None)
    with owner_engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM patient WHERE family_name = 'Vanderberg'").scalar()
    assert found == 1


def test_esc_goes_back_to_the_booking_with_the_time_still_there(
    form: BookingForm, adding: Callable[[str], PatientForm]
) -> None:
    adding("vanderberg rosa")
    press(ESC)
    assert form.isVisible()
    assert form.title.text() == "New appointment"
    assert form.patient_line.hasFocus()
    assert form.patient_line.text() == "vanderberg rosa"
    assert "09:45" in form.fields.when.text()


def test_ctrl_n_opens_the_new_patient_from_any_field(form: BookingForm, place: Callable[..., Place]) -> None:
    form.start_new(place(9, 45))
    form.fields.note.setFocus()
    QTest.keyClick(form.fields.note, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert form.patient_form.isVisible()


def test_every_field_of_the_page_is_named(form: BookingForm) -> None:
    page = form.patient_form
    fields = (page.family_name, page.given_name, page.birth_date, page.gender, page.phone, page.email, page.channel)
    names = [field.accessibleName() for field in (*fields, page.language)]
    assert names == ["Family name", "Given", "Born", "Gender", "Phone", "E-mail", "Tell by", "Language"]
