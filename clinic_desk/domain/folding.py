"""Names, birth dates and telephone numbers folded into plain tokens, so that whatever was typed finds the patient.

A search key is a string of tokens parted by single blanks: the folded parts of the name with their other spellings,
`b19870314` and `m0314` for the birth date, and the digits of the phone in every form they are dialled or read out.
A query is a tuple of groups; each group is a tuple of alternatives. It matches a key when, for every group, at least
one token of the key begins with one of its alternatives (`matches`); this is a plain prefix search for an index.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from anyascii import anyascii

from clinic_desk.domain.phones import written
from clinic_desk.domain.records import Patient

Query = tuple[tuple[str, ...], ...]

_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae", "œ": "oe"})
_MARKS_KEPT = frozenset({7, 8, 9, 84, 91, 103, 107, 118, 122, 129, 130, 132})
"""Combining classes that belong to a letter (Indic nukta and virama, kana voicing, Thai, Lao, Tibetan vowels)."""
_LONGEST_UNPARTED = 12
_PLAIN_WORD = re.compile(r"[a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")
_RUN = re.compile(r"\S+")
_NO_DIGIT = re.compile(r"\D")
_DIGITS = re.compile(r"\d+")
_BORN_ON = "b{:04d}{:02d}{:02d}"
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio",
            "feb february februar fevrier febrero febbraio",
            "mar march marz maerz mrz mars marzo",
            "apr april avril abril aprile",
            "may mai mayo maggio",
            "jun june juni juin junio giugno",
            "jul july juli juillet julio luglio",
            "aug august aout agosto",
            "sep sept september septembre septiembre settembre",
            "oct october okt oktober octobre octubre ottobre",
            "nov november novembre noviembre",
            "dec december dez dezember decembre diciembre dicembre",
        ),
        start=1,
    )
    for name in names.split()
}
_NAMED_DATE = re.compile(r"(?<![\w])(\d{1,2})[.\s]*([a-z]{3,})[.,\s]*(\d{4}|\d{2})?(?![\w])")
_NAMED_DATE_US = re.compile(r"(?<![\w])([a-z]{3,})[.\s]*(\d{1,2})(?:[.,\s]+(\d{4}|\d{2}))?(?![\w])")
_DIGIT_RUN = re.compile(r"(?<!\w)\+?\(?\d(?:[\s().\-/]*\d)*\.?(?![^\W_])")
_ISO_DATE = re.compile(r"(\d{4})[-./](\d{1,2})(?:[-./](\d{1,2})?)?")
_PARTED_DATE = re.compile(r"(\d{1,2})\s*([-./])\s*(\d{1,2})\s*(?:[-./]\s*(\d{4}|\d{2})?)?")
_PLAIN_DATE = re.compile(r"(\d{2})(\d{2})(\d{4}|\d{2})")


def fold(text: str) -> str:
    """Return `text` in small plain ASCII letters: accents off, other scripts transliterated, spaces and signs kept.

    "Müller" and "MULLER" fold alike; so do the two ways Unicode writes an accent. A word that has no transliteration
    is kept as it is, so nothing folds to something that would match everything.
    """
    if text.isascii():
        return text.casefold()
    return _RUN.sub(_folded_word, _without_marks(text))


def _folded_word(word: re.Match[str]) -> str:
    folded = anyascii(word[0]).casefold()
    return folded if _PLAIN_WORD.search(folded) else word[0]


def _without_marks(text: str) -> str:
    """Take accents, niqqud and harakat off, leave the vowel signs and voicing marks of other scripts in place."""
    parted = unicodedata.normalize("NFKD", text.casefold())
    kept = (char for char in parted if not (mark := unicodedata.combining(char)) or mark in _MARKS_KEPT)
    return unicodedata.normalize("NFC", "".join(kept))


def tokens(text: str) -> tuple[str, ...]:
    """Return the folded words of `text` in order, parted at everything that is neither letter nor digit."""
    return tuple(_WORD.findall(fold(text)))


def search_key(patient: Patient) -> str:
    """Return all tokens by which this patient can be found, parted by blanks; see the module's description."""
    found: dict[str, None] = {}
    for name in (patient.family_name, patient.given_name):
        found.update(dict.fromkeys(_name_tokens(name)))
    if patient.birth_date is not None:
        day = patient.birth_date
        found[_BORN_ON.format(day.year, day.month, day.day)] = None
        found[f"m{day.month:02d}{day.day:02d}"] = None
    found.update(dict.fromkeys(phone_tokens(patient.phone)))
    return " ".join(found)


@lru_cache(maxsize=8192)
def _name_tokens(name: str) -> tuple[str, ...]:
    """Names come again: an import of many patients would fold most of them often."""
    return tuple(_every_name_token(name))


def _every_name_token(name: str) -> Iterator[str]:
    yield from _with_whole(tokens(name))
    lowered = unicodedata.normalize("NFC", name).casefold()
    spelled = _WORD.findall(fold(lowered.translate(_DIGRAPHS)))
    yield from _with_whole(spelled)
    # Mueller is found by "müller", which folds to "muller".
    yield from _with_whole([word.replace("ae", "a").replace("oe", "o").replace("ue", "u") for word in spelled])
    if not name.isascii():
        # Unstripped transliteration: й is "y" and not "i".
        yield from _PLAIN_WORD.findall(anyascii(lowered).casefold())
        # A first letter without transliteration (alif, alef): the name as written, for whoever types it so.
        words = _WORD.findall(_without_marks(name))
        yield from (word for word in words if not _PLAIN_WORD.search(anyascii(word[0]).casefold()))
        yield from _unparted_tokens(lowered)


def _with_whole(words: Sequence[str]) -> Iterator[str]:
    """The parts of a name and, for whoever leaves out the hyphen or the blank, all of it in one."""
    yield from words
    if len(words) > 1:
        yield "".join(words)


def _unparted_tokens(lowered: str) -> Iterator[str]:
    """Han, kana and hangul names have no blanks: each place inside may be where the second part begins."""
    for word in lowered.split():
        if len(word) <= _LONGEST_UNPARTED and any(_is_unparted(char) for char in word):
            for start in range(1, len(word)):
                yield from tokens(word[start:])


def _is_unparted(char: str) -> bool:
    return "\u3040" <= char <= "\u9fff" or "\uac00" <= char <= "\ud7a3" or char >= "\U00020000"


def phone_tokens(phone: str) -> tuple[str, ...]:
    """Return the digit strings by which an E.164 number is typed: international, national, from each group, last four.

    The groups are those in which the number is written in its own country (libphonenumber). Empty for no number.
    """
    digits = _NO_DIGIT.sub("", phone)
    if not digits:
        return ()
    forms = written(phone) or _written(phone if phone.startswith("+") else f"+{digits}")
    if forms is None:
        return (digits,)
    national, abroad = forms
    found = [digits, _NO_DIGIT.sub("", national)]
    groups = _DIGITS.findall(abroad)
    found.extend(tail for start in range(1, len(groups)) if len(tail := "".join(groups[start:])) >= 4)
    found.append(digits[-4:])
    return tuple(dict.fromkeys(found))


def _written(phone: str) -> tuple[str, str] | None:
    """How the library writes a number in its own country and from abroad; None for what it takes for none."""
    import phonenumbers  # takes long to load, and this module is needed before the window is on screen

    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return None
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL), phonenumbers.format_number(number, style.INTERNATIONAL)


def query_tokens(text: str) -> Query:
    """Return the groups of alternatives to look for; empty when nothing searchable was typed.

    Words become one group each. A date in any usual form ("14.3.87", "1987-03-14", "140387", "14 mar 1987", "14.3.")
    becomes a birth date, digits become a phone number in any formatting; where both are possible, both are
    alternatives. "00" before a country code is the same as "+".
    """
    groups: list[tuple[str, ...]] = []
    rest = fold(text)
    for pattern in (_NAMED_DATE, _NAMED_DATE_US):
        match = pattern.search(rest)
        found = _named_birth_dates(pattern, match) if match else ()
        if match and found:
            groups.append(found)
            rest = rest[: match.start()] + " " + rest[match.end() :]
    while match := _DIGIT_RUN.search(rest):
        groups.extend(_digit_groups(match[0].strip()))
        rest = rest[: match.start()] + " " + rest[match.end() :]
    groups.extend((word,) for word in _WORD.findall(rest))
    return tuple(dict.fromkeys(groups))


def _named_birth_dates(pattern: re.Pattern[str], match: re.Match[str]) -> tuple[str, ...]:
    day, name, year = match.groups() if pattern is _NAMED_DATE else (match[2], match[1], match[3])
    month = _MONTHS.get(name)
    return () if month is None else tuple(_birth_tokens(year, month, int(day)))


def _digit_groups(run: str) -> Iterator[tuple[str, ...]]:
    """Read one run of digits: as a date in every order that is possible, and as a phone number if it may be one."""
    digits = re.sub(r"\D", "", run)
    dates = tuple(dict.fromkeys(_birth_dates(run)))
    if dates and not run.isdigit():
        yield dates
    elif run.isdigit() and len(digits) == 4:
        yield digits, f"b{digits}"
    elif digits.startswith("00") and len(digits) > 4:
        yield (digits[2:], digits, *dates)
    else:
        yield (digits, *dates)


def _birth_dates(run: str) -> Iterator[str]:
    if match := _ISO_DATE.fullmatch(run):
        year, month, day = match.groups()
        if day is None and 1 <= int(month) <= 12:
            yield f"b{year}{int(month):02d}"
        elif day is not None:
            yield from _birth_tokens(year, int(month), int(day))
    elif match := _PARTED_DATE.fullmatch(run):
        first, separator, second, year = match.groups()
        yield from _birth_tokens(year, int(second), int(first))
        if separator != ".":
            yield from _birth_tokens(year, int(first), int(second))
    elif match := _PLAIN_DATE.fullmatch(run):
        yield from _birth_tokens(match[3], int(match[2]), int(match[1]))
        if len(run) == 8:
            yield from _birth_tokens(run[:4], int(run[4:6]), int(run[6:]))
        else:
            yield from _birth_tokens(run[:2], int(run[2:4]), int(run[4:]))


def _birth_tokens(year: str | None, month: int, day: int) -> Iterator[str]:
    """Name the token of a birth date; two digits of a year may mean two centuries, none any year."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return
    if year is None:
        yield f"m{month:02d}{day:02d}"
    elif len(year) == 4:
        yield _BORN_ON.format(int(year), month, day)
    else:
        yield _BORN_ON.format(1900 + int(year), month, day)
        yield _BORN_ON.format(2000 + int(year), month, day)


def matches(key: str, query: Query) -> bool:
    """Whether a search key answers a query: the reference for what every faster search must return."""
    padded = f" {key}"
    return all(any(f" {alternative}" in padded for alternative in group) for group in query)


def best_first(patients: Iterable[Patient], query: Query) -> list[Patient]:
    """Return patients in the order of the type-ahead: family names that begin so, then given names, then the rest."""
    words = tuple(alternative for group in query for alternative in group)

    def rank(patient: Patient) -> tuple[int, str, str]:
        family, given = fold(patient.family_name), fold(patient.given_name)
        place = 0 if family.startswith(words) else 1 if given.startswith(words) else 2
        return place, family, given

    return sorted(patients, key=rank)
