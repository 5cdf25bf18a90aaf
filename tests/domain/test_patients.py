"""Likely doubles: shown when it may be the same person, quiet about families and strangers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from clinic_desk.domain.patients import LIKELY, likely_duplicates, likeness, mistyped
from clinic_desk.domain.records import Patient
from tests.domain.factories import patient

BORN = date(1987, 3, 14)
PHONE = "+49305550142"
AISHA = patient("Rahman", "Aisha", BORN, PHONE)


@pytest.mark.parametrize(
    "other",
    [
        patient("Rahman", "Aisha", BORN, number=2),
        patient("Rahmann", "Aischa", BORN, number=2),
        patient("Aisha", "Rahman", BORN, number=2),
        patient("Rahman", "Aisha Maria", BORN, number=2),
        patient("Rahman-Schulz", "Aisha", BORN, number=2),
        patient("Rahman", "Aisha", None, number=2),
        patient("Rahman", "Aisha", None, PHONE, number=2),
        patient("Rahman", "Aisha", date(1987, 3, 15), number=2),
        patient("RAHMAN", "aisha", BORN, number=2),
        patient("Rahman", "Aïsha", BORN, number=2),
    ],
)
def test_these_may_be_the_same_person(other: Patient) -> None:
    other = replace(other, id=UUID(int=2))
    assert likely_duplicates(AISHA, [other]) == (other,)
    assert likeness(AISHA, other) == pytest.approx(likeness(other, AISHA))


@pytest.mark.parametrize(
    "other",
    [
        patient("Rahman", "Omar", date(2015, 6, 1), PHONE, number=2),  # her son, on the same phone
        patient("Rahman", "Zoe", BORN, PHONE, number=2),  # a twin
        patient("Kowalska", "Anna", BORN, number=2),
        patient("Kowalska", "Anna", date(1990, 1, 1), PHONE, number=2),  # who shares the flat
        patient("Rahman", "Aisha", date(1961, 8, 30), number=2),  # of the same name
        patient("Schmidt", "Aisha", BORN, number=2),
    ],
)
def test_these_are_not(other: Patient) -> None:
    assert likely_duplicates(AISHA, [other]) == ()


def test_umlauts_and_their_spellings_are_one_name() -> None:
    one, other = patient("Müller", "Jörg", BORN), patient("Mueller", "Joerg", BORN, number=2)
    assert likeness(one, other) > 0.9


def test_another_script_is_compared_by_its_transliteration() -> None:
    assert likeness(patient("Иванов", "Пётр", BORN), patient("Ivanov", "Petr", BORN, number=2)) >= LIKELY


def test_the_likeliest_comes_first_and_neither_the_record_itself_nor_a_merged_one() -> None:
    near = patient("Rahman", "Aisha", None, number=2)
    same = patient("Rahman", "Aisha", BORN, PHONE, number=3)
    merged = replace(same, id=UUID(int=4), merged_into=UUID(int=3))
    assert likely_duplicates(AISHA, [near, AISHA, merged, same]) == (same, near)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (date(1987, 3, 4), date(1987, 4, 3), True),
        (date(1987, 3, 14), date(1987, 3, 15), True),
        (date(1987, 3, 14), date(1997, 3, 14), True),
        (date(1987, 3, 14), date(1996, 3, 14), False),
        (date(1987, 3, 14), date(1987, 3, 14), False),
    ],
)
def test_a_slip_of_the_fingers(one: date, other: date, expected: bool) -> None:
    assert mistyped(one, other) == expected


def test_a_nameless_record_is_no_double_of_everybody() -> None:
    assert likely_duplicates(patient("", "", None), [AISHA]) == ()
