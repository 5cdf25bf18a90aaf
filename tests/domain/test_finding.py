"""What is typed into the search box, taken apart."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from clinic_desk.domain.finding import OnDay, begins_words, caller_number, day_meant, practitioners_named
from clinic_desk.domain.records import Practitioner

TODAY = date(2026, 11, 21)  # a Saturday
FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fri", OnDay(FRIDAY)),
        ("27.11.", OnDay(FRIDAY)),
        ("6d", OnDay(FRIDAY)),
        ("weber fri", OnDay(FRIDAY, "weber")),
        ("fri weber", OnDay(FRIDAY, "weber")),
        ("Dr. Weber 27 nov 2026", OnDay(FRIDAY, "Dr. Weber")),
        ("27 nov 2026 van der Berg", OnDay(FRIDAY, "van der Berg")),
        ("weber 27.11.", OnDay(FRIDAY, "weber")),
        ("weber", None),
        ("meier 3", None),  # a number may begin so
        ("meier 24", None),
        ("030 1234567", None),
        ("", None),
        ("   ", None),
    ],
)
def test_a_day_is_understood_alone_and_beside_a_name(typed: str, meant: OnDay | None) -> None:
    assert day_meant(typed, TODAY) == meant


PEOPLE = tuple(
    Practitioner(UUID(int=number), number, name, active=number != 4)
    for number, name in enumerate(("Dr. Jonas Weber", "Dr. Ida Okafor-Weber", "Prof. Müller", "Weber (left)"), start=1)
)


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [("weber", [1, 2]), ("dr web", [1, 2]), ("jo web", [1]), ("muller", [3]), ("dr", []), ("", []), ("ebe", [])],
)
def test_a_doctor_is_named_by_the_beginnings_of_the_name_but_not_by_a_title(typed: str, numbers: list[int]) -> None:
    assert [one.no for one in practitioners_named(typed, PEOPLE)] == numbers


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("+49 30 1234567", "+49301234567"),
        ("tel:+49-30-1234567", "+49301234567"),
        ("sip:+49301234567@pbx.example;user=phone", "+49301234567"),
        ("030 / 123 45 67", "0301234567"),
        ("(030) 123.45.67", "0301234567"),
        ("00493012345", "00493012345"),
        ("anonymous", None),
        ("sip:anonymous@anonymous.invalid", None),
        ("12345", None),
        ("+" + "1" * 30, None),
        ("14.3.1987 Meier", None),
        ("", None),
        ("0301234567\n--data", None),
    ],
)
def test_a_callers_number_is_read_as_telephone_software_writes_it(given: str, number: str | None) -> None:
    assert caller_number(given) == number


def test_words_are_begun_in_any_order_and_without_accents() -> None:
    assert begins_words("Go to date…", "dat go")
    assert begins_words("Übersicht Räume", "raum")
    assert not begins_words("Go to date…", "ate")
