"""Whether two patient records may be the same person: shown before a new one is saved, never decided by the program."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from difflib import SequenceMatcher
from typing import Final

from clinic_desk.domain.folding import tokens
from clinic_desk.domain.records import Patient

LIKELY: Final = 0.6
"""The likeness from which on a record is shown as a likely double."""

_SAME_ENOUGH = 0.75
_NEARLY_EQUAL = 0.88


def likely_duplicates(patient: Patient, existing: Iterable[Patient]) -> tuple[Patient, ...]:
    """Return those of `existing` that may be the same person, the likeliest first; never the record itself."""
    scored = [
        (likeness(patient, other), other) for other in existing if other.id != patient.id and other.merged_into is None
    ]
    scored = [(score, other) for score, other in scored if score >= LIKELY]
    return tuple(other for _, other in sorted(scored, key=lambda pair: -pair[0]))


def likeness(one: Patient, other: Patient) -> float:
    """Return 0 (surely not) to 1 (by all signs) for how likely two records are one person.

    Names count first: whoever shares only a phone or a birth date with a differently named person is family, or a
    stranger. With names alike, the birth date decides; the same phone or e-mail stands in for a missing or mistyped
    one.
    """
    name = name_likeness(one, other)
    if name < _SAME_ENOUGH:
        return 0.0
    same_contact = bool(one.phone and one.phone == other.phone) or bool(
        one.email and one.email.casefold() == other.email.casefold()
    )
    if one.birth_date is None or other.birth_date is None:
        certainty = 0.95 if same_contact else 0.75 if name >= _NEARLY_EQUAL else 0.0
    elif one.birth_date == other.birth_date:
        certainty = 1.0 if same_contact else 0.95
    elif mistyped(one.birth_date, other.birth_date) and name >= _NEARLY_EQUAL:
        certainty = 0.85 if same_contact else 0.7
    else:
        certainty = 0.0
    return name * certainty


def name_likeness(one: Patient, other: Patient) -> float:
    """Return 0-1 for how alike two names sound in writing: both parts must be, in either order of given and family."""
    mine = _parts(one)
    theirs = _parts(other)
    straight = min(_alike(mine[0], theirs[0]), _alike(mine[1], theirs[1]))
    crossed = min(_alike(mine[0], theirs[1]), _alike(mine[1], theirs[0]))
    return max(straight, crossed)


def _parts(patient: Patient) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return _plain(patient.family_name), _plain(patient.given_name)


def _plain(name: str) -> tuple[str, ...]:
    spelled = (word.replace("ae", "a").replace("oe", "o").replace("ue", "u") for word in tokens(name))
    return tuple(spelled)


def _alike(mine: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    """Compare one part of two names; a second given name, or half of a double one, that is left out costs little."""
    if not mine or not theirs:
        return 1.0 if mine == theirs else 0.8
    whole = _ratio("".join(mine), "".join(theirs))
    shorter, longer = sorted((mine, theirs), key=len)
    if len(shorter) == len(longer):
        return whole
    worst = min(max(_ratio(word, candidate) for candidate in longer) for word in shorter)
    return max(whole, 0.95 * worst)


def _ratio(mine: str, theirs: str) -> float:
    return SequenceMatcher(None, mine, theirs, autojunk=False).ratio()


def mistyped(one: date, other: date) -> bool:
    """Whether two different dates are one slip of the fingers apart: day and month exchanged, or one digit."""
    if (one.year, one.month, one.day) == (other.year, other.day, other.month):
        return True
    digits = zip(f"{one:%Y%m%d}", f"{other:%Y%m%d}", strict=True)
    return sum(mine != theirs for mine, theirs in digits) == 1
