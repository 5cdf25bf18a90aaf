"""Which passwords will do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.passwords import LONGEST, SHORTEST, Weakness, weakness
from clinic_desk.services.passwords import WeakPassword, check_new_password, weakness_of

NAMES = ("Anna Weber", "Praxis am Park")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", Weakness.TOO_SHORT),
        ("x" * (LONGEST + 1), Weakness.TOO_LONG),
        ("1234567890", Weakness.TOO_SIMPLE),
        ("aaaaaaaaaaaa", Weakness.TOO_SIMPLE),
        ("abcabcabcabc", Weakness.TOO_SIMPLE),
        ("abcdefghijk", Weakness.TOO_SIMPLE),
        ("qwertyuiop", Weakness.COMMON),
        ("Password2026!", Weakness.COMMON),
        ("P4$$w0rd2026", Weakness.COMMON),
        ("sunshinesunshine", Weakness.COMMON),
        ("2026-Liverpool", Weakness.COMMON),
        ("anna.weber26", Weakness.OWN_NAME),
        ("WeberAnna1984", Weakness.OWN_NAME),
        ("PraxisAmPark1", Weakness.OWN_NAME),
        ("a tall tree in june", None),
        ("Frau Weber mag Spaziergänge", None),
        ("ключ от квартиры", None),
        ("f7#kQ9!vLm2x", None),
        ("  blanks count  ", None),
        ("correct horse battery staple", None),
    ],
)
def test_a_password_is_long_and_not_what_everybody_tries_first(password: str, why: Weakness | None) -> None:
    assert weakness_of(password, login="anna", others=NAMES) == why


def test_what_will_not_do_is_refused_with_the_reason() -> None:
    with pytest.raises(WeakPassword, match="password: at least 10 characters") as caught:
        check_new_password("hello", login="anna")
    assert caught.value.weakness is Weakness.TOO_SHORT
    check_new_password("a tall tree in june", login="anna")


@given(st.text(min_size=SHORTEST, max_size=LONGEST), st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_judged(password: str, names: list[str]) -> None:
    assert weakness(password, names, frozenset()) in {None, Weakness.TOO_SIMPLE, Weakness.OWN_NAME}
