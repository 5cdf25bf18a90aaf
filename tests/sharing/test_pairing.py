"""The pairing text says the same at both ends, and every mistake in it is found and told where it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desk.sharing.pairing import pairing_text, read_pairing
from clinic_desk.sharing.plans import Pairing, SharingError, Trouble

PAIRING = Pairing(("reception-1", "192.168.1.20"), 5432, bytes(range(16)), b"0123456789")
TEXT = pairing_text(PAIRING)

_ADDRESSES = st.one_of(
    st.ip_addresses().map(str), st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.local)?", fullmatch=True)
)


@settings(max_examples=40)
@given(
    st.builds(
        Pairing,
        st.lists(_ADDRESSES, max_size=3).map(tuple),
        st.integers(1, 65535),
        st.binary(min_size=16, max_size=16),
        st.binary(min_size=10, max_size=10),
        st.text(max_size=10).map(lambda text: text or "clinic"),
    )
)
def test_what_is_read_is_what_was_written(pairing: Pairing) -> None:
    assert read_pairing(pairing_text(pairing)) == pairing


def test_it_can_be_typed_as_people_type() -> None:
    typed = TEXT.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert read_pairing(f"  {typed[:30]}\r\n\t{typed[30:]}\n") == PAIRING
    assert read_pairing(TEXT.replace("-", "\u2013")) == PAIRING  # as mail programs make it
    assert "0123456789" not in repr(PAIRING)


@settings(max_examples=40)
@given(st.data())
def test_a_mistyped_letter_is_told_by_its_group(data: st.DataObject) -> None:
    at = data.draw(st.sampled_from([at for at, letter in enumerate(TEXT) if letter != "-"]))
    other = data.draw(st.sampled_from([letter for letter in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" if letter != TEXT[at]]))
    with pytest.raises(SharingError) as mistake:
        read_pairing(TEXT[:at] + other + TEXT[at + 1 :])
    assert (mistake.value.code, mistake.value.detail) == (Trouble.PAIRING_MISTYPED, str(at // 7 + 1))


def test_two_letters_that_changed_places_are_found() -> None:
    for at in range(len(TEXT) - 1):
        typed = TEXT[:at] + TEXT[at + 1] + TEXT[at] + TEXT[at + 2 :]
        if typed != TEXT and "-" not in TEXT[at : at + 2]:
            with pytest.raises(SharingError) as mistake:
                read_pairing(typed)
            assert mistake.value.detail == str(at // 7 + 1)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", Trouble.PAIRING_CUT_OFF),
        (TEXT[:20], Trouble.PAIRING_CUT_OFF),
        (TEXT[:41], Trouble.PAIRING_CUT_OFF),
        (TEXT[:48], Trouble.PAIRING_CUT_OFF),
        (TEXT[7:14] + TEXT[:7] + TEXT[14:], Trouble.PAIRING_MISTYPED),
        (TEXT.replace(TEXT[3], "ß"), Trouble.PAIRING_MISTYPED),
        ("https://clinic.example/", Trouble.PAIRING_MISTYPED),
    ],
)
def test_every_mistake_has_its_sentence(typed: str, code: Trouble) -> None:
    with pytest.raises(SharingError) as mistake:
        read_pairing(typed)
    assert mistake.value.code is code
