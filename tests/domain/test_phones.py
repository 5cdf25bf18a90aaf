"""The short way to read and write phone numbers gives what libphonenumber gives, or leaves the number to it."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clinic_desk.domain.phones import common_e164, written

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
STYLE = phonenumbers.PhoneNumberFormat
FORMS = (STYLE.NATIONAL, STYLE.INTERNATIONAL, STYLE.E164)


@st.composite
def typed(draw: st.DrawFn) -> tuple[str, str]:
    """A region and a number as somebody there may type it: a known one with other digits, or digits and signs."""
    region = draw(st.sampled_from(REGIONS))
    if draw(st.booleans()):
        return region, draw(st.text("0123456789+ ()-/.", max_size=24))
    kinds = phonenumbers.supported_types_for_region(region)
    known = phonenumbers.example_number_for_type(region, draw(st.sampled_from(sorted(kinds))))
    assert known is not None
    text = list(phonenumbers.format_number(known, draw(st.sampled_from(FORMS))))
    for place in draw(st.lists(st.integers(0, len(text) - 1), max_size=6)):
        if text[place].isdigit():
            text[place] = draw(st.sampled_from("0123456789"))
    cut = draw(st.integers(0, 2))
    more = draw(st.sampled_from(("", "", "7", "12", " 3", " x12", ",", "/4")))
    return draw(st.sampled_from((region, region, "DE"))), "".join(text[: len(text) - cut]) + more


def by_library(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    return number if possible or region is None else None


@settings(max_examples=400, deadline=None)
@given(typed())
@example(("DE", "030 4912345"))
@example(("DE", "(030) 123-4567 -"))
@example(("DE", "49 30 1234567"))
@example(("DE", "00 49 30 1234567"))
@example(("DE", "+49 (0)30 1234567"))
@example(("IT", "06 1234 5678"))
@example(("IT", "+39 06 1234 5678"))
@example(("US", "1 (212) 555-0123"))
@example(("AR", "011 15-2345-6789"))
@example(("MX", "+52 1 55 1234 5678"))
@example(("BR", "0 15 11 91234-5678"))
@example(("GB", "07624 123456"))
@example(("IM", "07624 123456"))
@example(("RU", "8 912 345-67-89"))
@example(("SG", "+6591234567"))
@example(("BT", "+075 2 345 6787"))
def test_a_number_that_is_read_the_short_way_is_what_the_library_reads(case: tuple[str, str]) -> None:
    region, text = case
    short = common_e164(text, region)
    if short is not None:
        known = by_library(text, region)
        assert known is not None
        assert short == phonenumbers.format_number(known, STYLE.E164)


@settings(max_examples=400, deadline=None)
@given(typed())
@example(("IT", "+390612345678"))
@example(("AR", "+5491123456789"))
@example(("MX", "+5215512345678"))
@example(("US", "+12125550123"))
@example(("DE", "+4915112345678"))
def test_a_number_is_written_the_short_way_as_the_library_writes_it(case: tuple[str, str]) -> None:
    region, text = case
    number = by_library(text, region)
    for phone in (text, "" if number is None else phonenumbers.format_number(number, STYLE.E164)):
        forms = written(phone)
        if forms is not None:
            known = phonenumbers.parse(phone)
            wanted = tuple(phonenumbers.format_number(known, way) for way in (STYLE.NATIONAL, STYLE.INTERNATIONAL))
            assert forms == wanted


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("DE", "030 1234567"),
        ("DE", "+49 151 12345678"),
        ("DE", "0151/12345678"),
        ("AT", "0664 1234567"),
        ("CH", "044 668 18 00"),
        ("US", "(212) 555-0123"),
        ("ES", "612 34 56 78"),
        ("FR", "06 12 34 56 78"),
    ],
)
def test_common_numbers_are_read_and_written_the_short_way(region: str, text: str) -> None:
    short = common_e164(text, region)
    assert short is not None
    assert written(short) is not None


@pytest.mark.parametrize("text", ["", "030 1", "0800 FLOWERS", "030 1234567 x12", "٠٣٠١٢٣٤٥٦٧", "+999 1234567", "۱۲۳"])
def test_whatever_is_out_of_the_common_is_left_to_the_library(text: str) -> None:
    assert common_e164(text, "DE") is None
    assert common_e164(text, "Germany") is None
