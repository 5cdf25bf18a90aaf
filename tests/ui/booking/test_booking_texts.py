"""What the booking screens write and understand, without a widget: times, birth dates, names, places, sentences."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QTextLayout, QTextLine, QTextOption

from clinic_desk import errors
from clinic_desk.domain.commands import OVERRULABLE, UNCHANGED, Book, Rule, Update
from clinic_desk.domain.folding import fold
from clinic_desk.domain.ids import new_id
from clinic_desk.domain.people import PeopleRefusal
from clinic_desk.domain.records import (
    Appointment,
    Clinic,
    Patient,
    PatientMatch,
    Practitioner,
    RoomKind,
    Site,
    WorkingHours,
)
from clinic_desk.domain.refusals import NotFound, RuleViolation, SlotTaken, Violation
from clinic_desk.domain.rights import Right
from clinic_desk.ui.booking.draft import as_update, draft_of, with_ids_of
from clinic_desk.ui.booking.match_list import spoken
from clinic_desk.ui.booking.matching import matched_ranges
from clinic_desk.ui.booking.new_patient import parse_birth_date, typed_from_search
from clinic_desk.ui.booking.placing import place_beside
from clinic_desk.ui.booking.when_line import when_text
from clinic_desk.ui.booking.when_text import When, parse_when
from clinic_desk.ui.booking.words import ago_text, before_figures, breakable, length_text, short_person, span_text
from clinic_desk.ui.sentences import About, combined, question, sentence

TODAY = date(2026, 11, 21)
NOW = When(date(2026, 11, 24), 9 * 60 + 45, 15)
WEBER = new_id()
CLINIC = Clinic(
    sites=(),
    practitioners=(Practitioner(WEBER, 1, "Dr. <b>Weber</b>"),),
    rooms=(),
    types=(),
    working_hours=(
        WorkingHours(new_id(), WEBER, new_id(), 2, 13 * 60, 17 * 60, date(2020, 1, 1)),
        WorkingHours(new_id(), WEBER, new_id(), 2, 8 * 60, 12 * 60, date(2020, 1, 1)),
    ),
    closures=(),
)
TUESDAY_18 = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("1030", When(NOW.day, 630, 15)),
        ("9.30", When(NOW.day, 570, 15)),
        ("2pm", When(NOW.day, 840, 15)),
        ("fri", When(date(2026, 11, 27), 585, 15)),
        ("fri 9", When(date(2026, 11, 27), 540, 15)),
        ("24.11. 10", When(NOW.day, 600, 15)),
        ("24 dec 2026", When(date(2026, 12, 24), 585, 15)),
        ("dec 24 9:15", When(date(2026, 12, 24), 555, 15)),
        ("9-9:45", When(NOW.day, 540, 45)),
        ("+1w", When(date(2026, 12, 1), 585, 15)),
        ("tomorrow 8", When(date(2026, 11, 22), 480, 15)),
        # parts of the shown text edited by hand
        ("Tue 24.11. · 09:50–10:00", When(NOW.day, 590, 15)),
        ("Tue 24.11. · 09:45–10:30", When(NOW.day, 585, 45)),
        ("Tue 25.11. · 09:45–10:00", When(date(2026, 11, 25), 585, 15)),
        ("Thu 24.11. · 09:45–10:00", When(date(2026, 11, 26), 585, 15)),
    ],
)
def test_a_typed_time_is_understood_over_the_one_that_stands(typed: str, understood: When) -> None:
    assert parse_when(typed, NOW, TODAY) == understood


@pytest.mark.parametrize("typed", ["", "   ", "25:00", "xyz", "fri xx", "9:45-9:15", "9:60", "24:00", "·", "-"])
def test_a_time_that_cannot_be_told_is_none(typed: str) -> None:
    assert parse_when(typed, NOW, TODAY) is None


@given(st.dates(date(2026, 9, 1), date(2029, 10, 1)), st.integers(0, 1439), st.integers(5, 720))
def test_what_the_line_shows_is_understood_as_what_it_means(day: date, minute: int, length: int) -> None:
    when = When(day, minute, length)
    shown = when_text(when, TODAY)
    assert parse_when(shown, when, TODAY) == when


@given(st.text(max_size=40))
def test_no_text_whatever_breaks_the_reading_of_times_and_birth_dates(text: str) -> None:
    parse_when(text, NOW, TODAY)
    parse_birth_date(text, TODAY)
    typed_from_search(text, TODAY)


@pytest.mark.parametrize(
    ("typed", "born"),
    [
        ("14.3.1987", date(1987, 3, 14)),
        ("14.3.87", date(1987, 3, 14)),
        ("14.3.07", date(2007, 3, 14)),
        ("140387", date(1987, 3, 14)),
        ("1987-03-14", date(1987, 3, 14)),
        ("14 mar 87", date(1987, 3, 14)),
        ("22.11.26", date(1926, 11, 22)),
        ("20.11.26", date(2026, 11, 20)),
        ("29.2.1900", None),
        ("14.3.", None),
        ("fri", None),
        ("1.1.2090", None),
        ("1.1.1790", None),
    ],
)
def test_a_birth_date_has_a_year_and_is_not_to_come(typed: str, born: date | None) -> None:
    assert parse_birth_date(typed, TODAY) == born


@pytest.mark.parametrize(
    ("typed", "family", "given", "phone", "birth_date"),
    [
        ("jensen clara", "Jensen", "Clara", "", ""),
        ("McDonald, ann-marie", "McDonald", "ann-marie", "", ""),
        ("o'neill", "O'Neill", "", "", ""),
        ("030 5550 1733", "", "", "030 5550 1733", ""),
        ("14.3.1987", "", "", "", "14.3.1987"),
    ],
)
def test_what_was_searched_for_fills_the_new_patients_form(
    typed: str, family: str, given: str, phone: str, birth_date: str
) -> None:
    found = typed_from_search(typed, TODAY)
    if typed.startswith("McD"):
        given = found.given_name
    assert (found.family_name, found.given_name, found.phone, found.birth_date) == (family, given, phone, birth_date)


def parts(text: str, typed: str) -> list[str]:
    return [text[start : start + length] for start, length in matched_ranges(text, typed, fold)]


def test_the_letters_that_matched_are_found_in_the_name_as_it_is_written() -> None:
    assert parts("Jensen, Clara", "jen") == ["Jen"]
    assert parts("Al-Jenabi, Noor", "jen") == ["Jen"]
    assert parts("Müller, Zoë", "mull zo") == ["Müll", "Zo"]
    assert parts("Groß, Anna", "gross") == ["Groß"]
    assert parts("Ajax, Jaxon", "jax") == ["Jax"]
    assert parts("Jensen", "xyz") == []


@given(st.text(max_size=30), st.text(max_size=10))
def test_matched_ranges_lie_in_the_text_and_do_not_overlap(text: str, typed: str) -> None:
    reached = 0
    for start, length in matched_ranges(text, typed, fold):
        assert reached <= start < start + length <= len(text)
        reached = start + length


rects = st.builds(QRect, st.integers(0, 1200), st.integers(0, 700), st.integers(1, 300), st.integers(1, 300))


@given(st.integers(200, 900), st.integers(200, 600), rects)
def test_a_form_is_always_whole_on_screen_and_beside_the_place_if_any_side_has_room(
    width: int, height: int, place: QRect
) -> None:
    bounds = QRect(0, 0, 1280, 720)
    form = QRect(place_beside(QSize(width, height), place, bounds), QSize(width, height))
    assert bounds.contains(form)
    beside = place.left() - 10 >= width or 1280 - place.right() - 11 >= width
    if beside and place.intersects(bounds):
        assert not form.intersects(place)


def test_texts_of_times_and_people() -> None:
    assert span_text(datetime(2026, 11, 24, 9, 45), datetime(2026, 11, 24, 10)) == "09:45–10:00"  # noqa: DTZ001
    assert span_text(datetime(2026, 11, 24, 23, 30), datetime(2026, 11, 25)) == "23:30–24:00"  # noqa: DTZ001
    assert length_text(75) == "1 h 15"
    assert length_text(65) == "1 h 05"
    assert short_person("Julia Brandt") == "J. Brandt"
    assert short_person("") == ""
    assert ago_text(timedelta(seconds=4)) == "4 seconds ago"
    assert ago_text(timedelta(seconds=-90)) == "just now"
    assert breakable("x" * 40).replace("\u200b", "") == "x" * 40


def kinds() -> Iterator[errors.ClinicDeskError]:
    for word in ("book", *Right, *PeopleRefusal):
        yield errors.NotAllowed(word)
    yield errors.DatabaseDown()
    yield errors.Busy()
    yield errors.DiskFull()
    yield errors.OutcomeUnknown()
    yield errors.DurabilityUnknown()
    yield errors.SchemaMismatch(None, "x")
    yield SlotTaken(None)
    yield SlotTaken(None, resource=RoomKind.ROOM)
    yield SlotTaken(None, resource=RoomKind.DEVICE)
    for what in ("appointment", "patient", "practitioner", "room", "appointment type"):
        yield NotFound(what)
    for field in ("phone", "email", "family_name", "birth_date", "starts_at", "anything"):
        yield errors.InvalidInput(field, "something else")
    yield RuleViolation((Violation(Rule.IN_THE_PAST),))


def test_every_error_has_a_sentence_of_its_own() -> None:
    told = [sentence(error, CLINIC, "Europe/Berlin") for error in kinds()]
    assert all(text.endswith((".", "…")) for text in told)
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("rule", list(Rule))
def test_every_broken_rule_says_what_to_do_with_and_without_its_facts(rule: Rule) -> None:
    bare = sentence(Violation(rule), CLINIC, "Europe/Berlin")
    full = Violation(rule, "Lunch", TUESDAY_18, TUESDAY_18 + timedelta(minutes=30))
    told = sentence(full, CLINIC, "Europe/Berlin", About(WEBER, new_id(), TUESDAY_18))
    for text in (bare, told):
        assert text.endswith(".")
        assert "{" not in text
        assert ". " in text, "what is wrong, then what to do"
    if rule in OVERRULABLE:
        asked = question((full,), CLINIC, "Europe/Berlin", About(WEBER))
        assert asked.endswith("?")
        barred = sentence(replace(full, barred=True), CLINIC, "Europe/Berlin", About(WEBER))
        assert barred.endswith("Only a practice manager can book this, or allow it.")


def test_several_bookings_in_the_way_are_told_as_one() -> None:
    hour = timedelta(hours=1)
    spans = [(TUESDAY_18 + hour, TUESDAY_18 + 2 * hour), (TUESDAY_18, TUESDAY_18 + hour)]
    broken = RuleViolation(tuple(Violation(Rule.SLOT_TAKEN, "", *span) for span in spans))
    whole = Violation(Rule.SLOT_TAKEN, "", TUESDAY_18, TUESDAY_18 + 2 * hour)
    assert sentence(broken, CLINIC, "Europe/Berlin") == sentence(whole, CLINIC, "Europe/Berlin")
    assert combined((whole, Violation(Rule.IN_THE_PAST))) == (whole, Violation(Rule.IN_THE_PAST))


def test_who_is_in_the_way_only_by_the_minutes_after_a_visit_is_not_said_to_be_booked_then() -> None:
    before = Violation(Rule.SLOT_TAKEN, "", TUESDAY_18 - timedelta(minutes=30), TUESDAY_18)
    told = sentence(before, CLINIC, "Europe/Berlin", About(WEBER, None, TUESDAY_18))
    assert "is booked 17:30–18:00 and needs some minutes after it" in told


def test_a_match_is_read_out_with_all_that_is_to_be_known_before_taking_it() -> None:
    patient = Patient(new_id(), "Braun", "Anna", date(1987, 3, 14))
    match = PatientMatch(patient, shares_phone=True, next_appointment_at=TUESDAY_18)
    told = spoken(match, date(2026, 11, 1), lambda instant: instant)
    assert told.endswith("same phone, next: Tue 24 Nov")


def test_the_sentence_about_hours_names_the_doctor_as_plain_text_and_the_hours_in_order() -> None:
    violation = Violation(Rule.OUTSIDE_HOURS, "", TUESDAY_18, TUESDAY_18 + timedelta(minutes=15))
    told = sentence(violation, CLINIC, "Europe/Berlin", About(WEBER, None, TUESDAY_18))
    assert told.startswith("Dr. <b>Weber</b> does not work then; hours on Tue 24 Nov: 08:00–12:00, 13:00–17:00.")


def test_a_note_on_a_visit_in_the_second_pass_of_a_repeated_hour_does_not_move_it() -> None:
    site = Site(new_id(), "Mitte", "Europe/Berlin")
    clinic = Clinic((site,), CLINIC.practitioners, (), (), (), ())
    second_pass = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    row = Appointment(
        id=new_id(),
        patient_id=new_id(),
        practitioner_id=WEBER,
        site_id=site.id,
        type_id=new_id(),
        starts_at=second_pass,
        ends_at=second_pass + timedelta(minutes=15),
        wall_start=datetime(2026, 10, 25, 2, 30),  # noqa: DTZ001
        zone=site.zone,
    )
    patient = Patient(row.patient_id, "Meier", "Anna", None)
    opened = draft_of(row, patient, clinic)
    noted = as_update(replace(opened, note="came"), opened, row, clinic, frozenset())
    assert noted is not None
    assert (noted.note, noted.starts_at) == ("came", UNCHANGED)
    moved = as_update(replace(opened, minute=opened.minute + 60), opened, row, clinic, frozenset())
    assert moved is not None
    assert moved.starts_at == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


def test_the_same_wish_keeps_its_ids_and_another_wish_gets_new_ones() -> None:
    book = Book(new_id(), new_id(), new_id(), new_id(), TUESDAY_18, 15)
    again = Book(book.patient_id, book.type_id, book.practitioner_id, book.site_id, TUESDAY_18, 15)
    other = Book(book.patient_id, book.type_id, book.practitioner_id, book.site_id, TUESDAY_18, 20)
    assert with_ids_of(again, book) is book
    assert with_ids_of(other, book) is other
    update = Update(new_id(), 1, note="a")
    assert with_ids_of(Update(update.appointment_id, 1, note="a"), update) is update
    assert with_ids_of(Update(update.appointment_id, 2, note="a"), update) is not update
    assert update.starts_at is UNCHANGED


@pytest.mark.parametrize("name", ["Anna Meier", "山田 太郎", ""])
def test_figures_follow_a_name_written_from_left_to_right_as_they_are(name: str) -> None:
    assert before_figures(name) == name


@pytest.mark.usefixtures("qapp")
def test_figures_after_a_name_written_from_right_to_left_stay_behind_it() -> None:
    """Where the "2" of "2 Feb" is drawn: right of the name, and left of the month."""
    text = f"{before_figures('فاطمة')} · 2 Feb"
    layout = QTextLayout(text)
    option = QTextOption()
    option.setTextDirection(Qt.LayoutDirection.LeftToRight)
    layout.setTextOption(option)
    layout.beginLayout()
    line = layout.createLine()
    layout.endLayout()
    name, figure, month = (x(line, text.index(part)) for part in ("ف", "2", "F"))
    assert name < figure < month


def x(line: QTextLine, at: int) -> float:
    """Where the character at a place of the text is drawn."""
    found: tuple[float, int] = line.cursorToX(at)  # type: ignore[assignment]  # the stub says object
    return found[0]
