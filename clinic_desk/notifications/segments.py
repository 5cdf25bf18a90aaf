"""How long an SMS is: its alphabet, and the number of segments it takes and is paid for (3GPP TS 23.038, 23.040).

GSM-7 holds 160 septets in one segment and 153 in each of several; characters of its extension table take two, which
are never parted. One other character makes the whole text UCS-2: 70 UTF-16 units in one segment, 67 in each of several.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from anyascii import anyascii

if TYPE_CHECKING:
    from collections.abc import Iterable

BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED: Final = frozenset("^{}\\[~]|€\f")
_GSM7: Final = (160, 153)
_UCS2: Final = (70, 67)


@dataclass(frozen=True, slots=True)
class Segments:
    """The size of an SMS. `units`: septets, or UTF-16 units; `left`: how many more fit without another segment.

    `foreign`: the characters, each once, that made it UCS-2.
    """

    alphabet: Literal["GSM-7", "UCS-2"]
    characters: int
    units: int
    count: int
    left: int
    foreign: tuple[str, ...] = ()


def segments_of(text: str) -> Segments:
    """Return the size of a text as an SMS; an empty one takes one segment."""
    foreign = tuple(dict.fromkeys(char for char in text if char not in BASIC and char not in EXTENDED))
    costs = [_utf16_units(char) for char in text] if foreign else [2 if char in EXTENDED else 1 for char in text]
    whole, part = _UCS2 if foreign else _GSM7
    units = sum(costs)
    count, left = (1, whole - units) if units <= whole else _packed(costs, part)
    return Segments("UCS-2" if foreign else "GSM-7", len(text), units, count, left, foreign)


def _packed(costs: Iterable[int], size: int) -> tuple[int, int]:
    """Return how many segments of a size hold characters of these costs, and what is left of the last one."""
    count, left = 1, size
    for cost in costs:
        if cost > left:
            count, left = count + 1, size
        left -= cost
    return count, left


def _utf16_units(char: str) -> int:
    return 2 if ord(char) > 0xFFFF else 1


def to_gsm7(text: str) -> str:
    """Return the text with what the GSM-7 alphabet lacks written in plain letters."""
    if BASIC.issuperset(text):
        return text
    return "".join(char if char in BASIC or char in EXTENDED else _plain(char) for char in text)


def _plain(char: str) -> str:
    return "".join(letter if letter in BASIC else "?" for letter in anyascii(char))


def gsm7_length(text: str) -> int:
    """Return the number of septets; a character of the extension table takes two."""
    return len(text) + sum(char in EXTENDED for char in text)
