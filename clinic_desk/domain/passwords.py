"""Whether a password is good enough: long, not among the common ones, not the person's own name. Nothing else is asked:
no kinds of characters, and no new one every few months (NIST SP 800-63B, OWASP ASVS 5.0 chapter 6.2).
"""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

SHORTEST: Final = 10
LONGEST: Final = 200
"""Characters. Long enough for any passphrase; PostgreSQL's own limits lie further off."""
_LEAST_OF_HER_OWN: Final = 4
_SHORTEST_NAME: Final = 3
_LONGEST_UNIT: Final = 5
_DIGITS: Final = "12345678901234567890"
_AROUND: Final = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_NO_LETTERS: Final = re.compile(r"[\W\d_]+")
_LEET: Final = str.maketrans("430157$@!", "aeoistsai")


class Weakness(StrEnum):
    """Why a password will not do."""

    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    UNUSABLE = "unusable"
    COMMON = "common"
    TOO_SIMPLE = "too-simple"
    OWN_NAME = "own-name"


def weakness(password: str, names: Iterable[str], common: Container[str]) -> Weakness | None:
    """Return why a password will not do, None if it will.

    `names`: the login, the person's and the clinic's name; `common`: common passwords in small letters.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        return Weakness.TOO_SHORT if len(password) < SHORTEST else Weakness.TOO_LONG
    folded = normalize("NFKC", password).casefold()
    if _is_simple(folded):
        return Weakness.TOO_SIMPLE
    if any(form in common for form in _forms(folded)):
        return Weakness.COMMON
    if _is_own(folded, names):
        return Weakness.OWN_NAME
    return None


def _forms(folded: str) -> set[str]:
    """What a password is a way of writing of: `P4ssword2026!` of `password`, `dragondragon` of `dragon`."""
    forms = {folded, folded.translate(_LEET)}
    forms |= {_AROUND.sub("", form) for form in set(forms)} | {_AROUND.sub("", folded).translate(_LEET)}
    return forms | {unit for form in set(forms) if (unit := _unit(form)) != form}


def _unit(text: str) -> str:
    """The shortest piece that the text is a repetition of."""
    at = (text + text).find(text, 1)
    return text[:at] if 0 < at < len(text) else text


def _is_simple(folded: str) -> bool:
    """Whether it is one short piece again and again, or a run such as 1234567890 or zyxwvutsrq."""
    steps = {ord(after) - ord(before) for before, after in pairwise(folded)}
    return steps in ({1}, {-1}) or folded in _DIGITS or len(_unit(folded)) <= _LONGEST_UNIT


def _is_own(folded: str, names: Iterable[str]) -> bool:
    """Whether nearly nothing is left of it without the words of these names, digits and signs."""
    own = [name.casefold().strip() for name in names]
    words = {word for name in own for word in (name, *_NO_LETTERS.split(name)) if len(word) >= _SHORTEST_NAME}
    left = folded
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, " ")
    return left != folded and len(_NO_LETTERS.sub("", left)) < _LEAST_OF_HER_OWN
