"""The demo clinic's 2,000 patients: families and singles of many scripts, all invented, none of them reachable.

Telephone numbers come from ranges that are never given to anybody: those the Bundesnetzagentur (Amtsblatt 7/2021, No.
148) and Ofcom reserve for film and drama, and 555-0100 to 555-0199 of the North American plan. E-mail is under the
domains that RFC 2606 reserves.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from clinic_desk.domain.folding import tokens
from clinic_desk.domain.records import AdministrativeGender, Channel, Patient
from clinic_desk.services.demo.setup import load, made_id

COUNT: Final = 2000
_LONGEST_AGE: Final = 97
_DOMAINS: Final = ("example.org", "example.com", "example.net")
_GERMAN_RANGES: Final = ("+493023125", "+496990009", "+494066969", "+492214710", "+498999998")
_BRITISH_RANGES: Final = ("+442079460", "+441214960", "+441314960", "+441614960", "+441134960")
_AMERICAN_AREAS: Final = ("212", "305", "312", "415", "617", "646", "702", "713", "718", "808")


def demo_patients(today: date, made: datetime, chance: random.Random) -> tuple[Patient, ...]:
    """Return the patients, those of `people.json` first. `made`: when the records were begun, before all bookings."""
    given = [_given(row, made, chance) for row in load("people")["patients"]]
    numbers = _phone_numbers(chance, {patient.phone for patient in given})
    cultures = load("names")["cultures"]
    weights = [culture["weight"] for culture in cultures]
    found = list(given)
    known = {(patient.family_name, patient.given_name, patient.birth_date) for patient in given}
    while len(found) < COUNT:
        culture = chance.choices(cultures, weights)[0]
        home = _Household(culture, chance.randrange(len(culture["family"])), next(numbers))
        for member in _people(home, today, made, chance):
            name = (member.family_name, member.given_name, member.birth_date)
            if name not in known and len(found) < COUNT:
                known.add(name)
                found.append(member)
    return tuple(found)


def _given(row: dict[str, Any], made: datetime, chance: random.Random) -> Patient:
    return Patient(
        id=made_id(chance, made),
        family_name=row["family"],
        given_name=row["given"],
        birth_date=date.fromisoformat(row["born"]) if row["born"] else None,
        gender=AdministrativeGender(row["gender"]),
        phone=row["phone"],
        email=_email(row["given"], row["family"], chance) if row["channel"] == "email" else "",
        channel=Channel(row["channel"]),
        language=row["language"],
        note=row.get("note", ""),
    )


@dataclass(frozen=True, slots=True)
class _Household:
    """People who share a family name (its place in the culture's list) and a telephone."""

    culture: dict[str, Any]
    family: int
    phone: str


def _people(home: _Household, today: date, made: datetime, chance: random.Random) -> Iterator[Patient]:
    """Return one person, a couple, or parents with children."""
    adults = chance.choices((1, 2), (70, 30))[0]
    eldest = chance.randint(19, _LONGEST_AGE) if chance.random() < 0.75 else chance.randint(60, _LONGEST_AGE)
    children = chance.choices((0, 1, 2, 3, 4), (20, 35, 30, 10, 5))[0] if 24 <= eldest <= 52 else 0
    ages = [max(19, eldest - chance.randint(0, 6)) if number else eldest for number in range(adults)]
    ages += [chance.randint(0, min(17, eldest - 19)) for _ in range(children)]
    for age in ages:
        born = today - timedelta(days=age * 365 + age // 4 + chance.randrange(365))
        yield _person(home, age, born, made + timedelta(minutes=chance.randrange(60 * 24 * 600)), chance)


def _person(home: _Household, age: int, born: date, made: datetime, chance: random.Random) -> Patient:
    gender = chance.choice((AdministrativeGender.FEMALE, AdministrativeGender.MALE))
    given_name, family_name = _name(home, age, gender, chance)
    phone = home.phone if chance.random() < 0.96 else ""
    email = _email(given_name, family_name, chance) if age > 15 and chance.random() < 0.62 else ""
    channels = [Channel.NONE, Channel.NONE] + [Channel.SMS] * 5 * bool(phone) + [Channel.EMAIL] * 9 * bool(email)
    return Patient(
        id=made_id(chance, made),
        family_name=family_name,
        given_name=given_name,
        birth_date=born,
        gender=gender if chance.random() < 0.99 else AdministrativeGender.OTHER,
        phone=phone,
        email=email,
        channel=chance.choice(channels),
        language=home.culture["language"] if chance.random() < 0.7 else "de",
    )


def _name(home: _Household, age: int, gender: AdministrativeGender, chance: random.Random) -> tuple[str, str]:
    culture = home.culture
    is_female = gender is AdministrativeGender.FEMALE
    names = culture["female" if is_female else "male"]
    families = culture.get("family_female", culture["family"]) if is_female else culture["family"]
    given_name, family_name = chance.choice(names), families[home.family]
    if age > 30 and chance.random() < 0.08:
        given_name = f"{given_name} {chance.choice(names)}"
    if is_female and age > 25 and chance.random() < 0.06:
        family_name = f"{family_name}-{chance.choice(families)}"
    return given_name, family_name


def _email(given_name: str, family_name: str, chance: random.Random) -> str:
    parts = [re.sub(r"[^a-z0-9]", "", "".join(tokens(name))) for name in (given_name.partition(" ")[0], family_name)]
    name = ".".join(part[:20] for part in parts if part) or "patient"
    return f"{name}{chance.randrange(1, 100)}@{chance.choice(_DOMAINS)}"


def _phone_numbers(chance: random.Random, taken: set[str]) -> Iterator[str]:
    """Return reserved numbers, each once, in a shuffled order."""
    numbers = [f"{prefix}{number:03d}" for prefix in _GERMAN_RANGES for number in range(1000)]
    numbers += [f"{prefix}{number:03d}" for prefix in _BRITISH_RANGES for number in range(0, 1000, 8)]
    numbers += [f"+1{area}55501{number:02d}" for area in _AMERICAN_AREAS for number in range(0, 100, 4)]
    chance.shuffle(numbers)
    yield from (number for number in numbers if number not in taken)
