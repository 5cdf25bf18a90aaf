"""How many segments an SMS takes, at the limits of both alphabets, and what made it the larger one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.notifications.segments import BASIC, EXTENDED, gsm7_length, segments_of, to_gsm7


@pytest.mark.parametrize(
    ("text", "count", "left"),
    [
        ("", 1, 160),
        ("a" * 160, 1, 0),
        ("a" * 161, 2, 145),
        ("a" * 306, 2, 0),
        ("a" * 307, 3, 152),
        ("€" * 80, 1, 0),
        ("€" * 81, 2, 143),
        ("a" * 159 + "€", 2, 145),
    ],
)
def test_gsm_7_holds_160_in_one_and_153_in_each_of_several(text: str, count: int, left: int) -> None:
    size = segments_of(text)
    assert (size.alphabet, size.count, size.left, size.foreign) == ("GSM-7", count, left, ())


def test_a_character_of_two_septets_is_not_parted_between_segments() -> None:
    size = segments_of("a" * 152 + "€" + "a" * 151)
    assert (size.units, size.count, size.left) == (305, 2, 0)
    assert segments_of("a" * 152 + "€" + "a" * 152).count == 3


@pytest.mark.parametrize(
    ("text", "count", "left"),
    [
        ("ř" * 70, 1, 0),
        ("ř" * 71, 2, 63),
        ("ř" * 134, 2, 0),
        ("ř" * 135, 3, 66),
        ("😀" * 35, 1, 0),
        ("a" * 66 + "😀" + "a" * 65, 2, 0),
        ("a" * 66 + "😀" + "a" * 66, 3, 66),
    ],
)
def test_ucs_2_holds_70_and_67_and_parts_no_pair(text: str, count: int, left: int) -> None:
    size = segments_of(text)
    assert (size.alphabet, size.count, size.left) == ("UCS-2", count, left)


def test_what_made_it_ucs_2_is_named_once_each_in_its_order() -> None:
    assert segments_of("Žofie, příště €").foreign == ("Ž", "ř", "í", "š", "ě")
    assert segments_of("déjà €").foreign == ()


def test_letters_outside_the_alphabet_are_written_plainly_and_extended_ones_count_twice() -> None:
    assert to_gsm7("mié Ş 東 €") == "mié S Dong €"
    assert gsm7_length("a€") == 3
    assert segments_of("a€").units == 3
    assert segments_of("a€").characters == 2


@given(st.text(max_size=700))
def test_segments_hold_all_and_no_more_than_they_need(text: str) -> None:
    size = segments_of(text)
    whole, part = (160, 153) if size.alphabet == "GSM-7" else (70, 67)
    room = whole if size.count == 1 else part * size.count
    assert size.units <= room
    assert size.left >= 0
    assert size.count == 1 or size.units > whole
    assert size.units + size.left >= room - size.count, "each segment wastes at most one unit"
    assert set(size.foreign) == {char for char in text if char not in BASIC | EXTENDED}


@given(st.text(max_size=200))
def test_plain_letters_are_all_of_the_alphabet(text: str) -> None:
    assert segments_of(to_gsm7(text)).alphabet == "GSM-7"
