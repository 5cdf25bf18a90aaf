"""Finding a patient by whatever was typed: names of many scripts, birth dates and phones in any form."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.folding import best_first, fold, matches, phone_tokens, query_tokens, search_key, tokens
from clinic_desk.domain.records import Patient
from tests.domain.factories import patient

BORN = date(1987, 3, 14)


def finds(typed: str, who: Patient) -> bool:
    return matches(search_key(who), query_tokens(typed))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Müller", "muller"),
        ("MÜLLER", "muller"),
        ("Mu\u0308ller", "muller"),
        ("Weiß", "weiss"),
        ("Ørsted", "orsted"),
        ("Łukasz Żółć", "lukasz zolc"),
        ("Nguyễn Thị", "nguyen thi"),
        ("Αλέξανδρος", "alexandros"),
        ("Андрей", "andrei"),
        ("שרה", "srh"),
        ("محمد", "mhmd"),
        ("山田", "shantian"),
        ("김", "gim"),
        ("สมชาย", "smchay"),
        ("राजेश", "rajes"),
        ("O'Brien", "o'brien"),
        ("", ""),
    ],
)
def test_names_fold_to_plain_letters(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=60))
def test_folding_is_idempotent_and_blind_to_case_and_form(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=30))
def test_nothing_with_a_letter_folds_to_nothing_searchable(text: str) -> None:
    assert tokens(text) or not any(char.isalnum() for char in fold(text))
    assert fold(text)


@pytest.mark.parametrize(
    ("who", "typed"),
    [
        (patient("Müller", "Jürgen"), "müller"),
        (patient("Müller", "Jürgen"), "mueller"),
        (patient("Müller", "Jürgen"), "muller"),
        (patient("Müller", "Jürgen"), "jürg mü"),
        (patient("Mueller", "Joerg"), "müller jörg"),
        (patient("Goethe"), "göthe"),
        (patient("Müller-Lüdenscheidt"), "lüden"),
        (patient("Müller-Lüdenscheidt"), "müller-lüd"),
        (patient("Müller-Lüdenscheidt"), "muellerlued"),
        (patient("Al-Jenabi", "Noor"), "jen"),
        (patient("Al-Jenabi", "Noor"), "aljen"),
        (patient("O’Brien", "Mary"), "o'brien"),
        (patient("O’Brien", "Mary"), "obrien"),
        (patient("van der Berg", "Piet"), "berg piet"),
        (patient("van der Berg", "Piet"), "vander"),
        (patient("Sørensen", "Åse"), "soerensen"),
        (patient("Sørensen", "Åse"), "aase sor"),
        (patient("Weiß"), "weis"),
        (patient("Сергеев", "Андрей"), "андр"),
        (patient("Сергеев", "Андрей"), "andrey serg"),
        (patient("Сергеев", "Семён"), "семен"),
        (patient("Παπαδόπουλος", "Γιώργος"), "παπα"),
        (patient("Παπαδόπουλος", "Γιώργος"), "papad"),
        (patient("حداد", "أحمد"), "أحمد"),
        (patient("حداد", "أحمد"), "أ"),
        (patient("حداد", "أحمد"), "احمد"),
        (patient("حداد", "مُحَمَّد"), "محمد"),
        (patient("כהן", "אברהם"), "כה"),
        (patient("כהן", "אברהם"), "א"),
        (patient("כהן", "אברהם"), "אבר"),
        (patient("山田太郎"), "太郎"),
        (patient("山田", "太郎"), "山田 太"),
        (patient("김민수"), "민수"),
        (patient("ชัยวัฒน์", "สมชาย"), "สมช"),
        (patient("शर्मा", "राजेश"), "राजे"),
        (patient("Nguyễn", "Văn Đức"), "nguyen duc"),
        (patient("🙂"), "🙂"),
        (patient("<b>Fett</b>"), "fett"),
        (patient("X"), "x"),
        (patient("Jones", "Al_Ma"), "ma jo"),
    ],
)
def test_any_part_of_a_name_finds_the_patient(who: Patient, typed: str) -> None:
    assert finds(typed, who)


@pytest.mark.parametrize("typed", ["mayer", "muelller", "schmidt", "m x", "0", "1986", "14.3.86"])
def test_what_is_not_there_does_not_match(typed: str) -> None:
    assert not finds(typed, patient("Müller", "Jürgen", BORN))


@pytest.mark.parametrize(
    "typed",
    [
        "14.3.87",
        "14.03.1987",
        "14. 3. 1987",
        "1987-03-14",
        "1987-3",
        "140387",
        "14031987",
        "19870314",
        "14/3/87",
        "3/14/87",
        "14-03-1987",
        "14 mar 1987",
        "14. März 1987",
        "14 märz 87",
        "March 14, 1987",
        "mar 14 87",
        "14 mar",
        "14.3.",
        "14.3",
        "1987",
        "mül 14.3.87",
        "14.3.87 müller",
        "14 mar 1987 müller",
    ],
)
def test_a_birth_date_is_found_in_every_form(typed: str) -> None:
    assert finds(typed, patient("Müller", "Jürgen", BORN))
    assert not finds(typed, patient("Müller", "Jürgen", date(1986, 4, 13)))


def test_two_digits_of_a_year_may_mean_either_century() -> None:
    assert finds("1.2.15", patient("A", "B", date(2015, 2, 1)))
    assert finds("1.2.15", patient("A", "B", date(1915, 2, 1)))


@pytest.mark.parametrize(
    "typed",
    [
        "+49 30 5550142",
        "+49 (30) 555-0142",
        "+49305550142",
        "0049 30 5550142",
        "493055501",
        "030 5550142",
        "030/555 01 42",
        "030-5550142",
        "(030) 5550142",
        "0305",
        "30 555",
        "5550142",
        "555 0142",
        "0142",
        "müller 030 555",
        "030 555 müller",
    ],
)
def test_a_phone_number_is_found_in_any_formatting(typed: str) -> None:
    assert finds(typed, patient("Müller", "Jürgen", BORN, "+49305550142"))
    assert not finds(typed, patient("Müller", "Jürgen", BORN, "+12125550199"))


@pytest.mark.parametrize(
    ("phone", "typed"),
    [
        ("+12125550142", "(212) 555-0142"),
        ("+12125550142", "1 212 555"),
        ("+34928555014", "928 55 50 14"),
        ("+390612345678", "06 1234"),
    ],
)
def test_national_forms_are_those_of_the_country(phone: str, typed: str) -> None:
    assert finds(typed, patient("A", phone=phone))


def test_a_number_that_cannot_be_read_is_kept_as_digits() -> None:
    assert phone_tokens("+999123456") == ("999123456",)
    assert phone_tokens("") == ()


def test_a_key_never_holds_what_was_not_given() -> None:
    assert search_key(patient("", "")) == ""
    assert search_key(patient("Li")) == "li"


@given(st.text(max_size=40))
def test_whatever_is_typed_gives_a_query(typed: str) -> None:
    for group in query_tokens(typed):
        assert group
        assert all(alternative and " " not in alternative for alternative in group)


@given(
    st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=20),
    st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=20),
)
def test_a_patient_is_found_by_the_name_as_it_is_written(family: str, given_name: str) -> None:
    who = patient(family, given_name)
    for typed in (family, given_name, f"{family} {given_name}", f"{given_name}, {family}"):
        assert finds(typed, who)


def test_family_names_that_begin_so_come_first() -> None:
    found = [
        patient("Braun", "Jens"),
        patient("Al-Jenabi", "Noor"),
        patient("Jensen", "Emil"),
        patient("Jensen", "Clara"),
    ]
    ordered = best_first(found, query_tokens("jen"))
    assert [who.given_name for who in ordered] == ["Clara", "Emil", "Jens", "Noor"]
