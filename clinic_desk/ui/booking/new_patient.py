"""What was typed into the new-patient form, and the Patient it comes to. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from clinic_desk.domain.records import AdministrativeGender, Channel, Patient
from clinic_desk.domain.typed_dates import ENGLISH, Vocabulary, parse_typed_date
from clinic_desk.errors import InvalidInput

OLDEST = 130
"""Years; a birth date further back is a slip of the finger."""


def parse_birth_date(
    text: str, today: date, *, day_first: bool = True, vocabulary: Vocabulary = ENGLISH
) -> date | None:
    """Return the birth date that was typed, None when it cannot be one: it needs a year and is not to come.

    A year of two digits is the latest that is not to come: "14.3.87" is 1987, "14.3.07" is 2007.
    """
    typed = text.strip()
    has_year = re.search(r"\d{4}|\d\D+\d+\D+\d\d\D*$|^\d{6}$|[^\W\d]\D*\d{1,2}\D+\d\d$|^\d+\D*[^\W\d]\D*\d\d$", typed)
    if has_year is None or re.fullmatch(r"\d{4}", typed):
        return None
    found = parse_typed_date(typed, today, day_first=day_first, vocabulary=vocabulary)
    if found is None:
        return None
    if found > today and not re.search(r"\d{4}(?!\d)", re.sub(r"^\d{6}$", "", typed)):
        try:
            found = found.replace(year=found.year - 100)
        except ValueError:
            return None
    return found if found <= today and today.year - found.year <= OLDEST else None


@dataclass(frozen=True, slots=True)
class TypedPatient:
    """The texts of the form's fields as they stand."""

    family_name: str = ""
    given_name: str = ""
    birth_date: str = ""
    gender: AdministrativeGender = AdministrativeGender.UNKNOWN
    phone: str = ""
    email: str = ""
    channel: Channel = Channel.NONE
    language: str = "en"


def lacks_address(typed: TypedPatient) -> bool:
    """Whether messages are to go by a channel for which no address was typed."""
    addresses = {Channel.SMS: typed.phone, Channel.EMAIL: typed.email, Channel.NONE: "-"}
    return not addresses[typed.channel].strip()


def typed_from_search(text: str, today: date, *, day_first: bool = True) -> TypedPatient:
    """Return the form as far as what was typed into the patient line fills it: a name, a phone, or a birth date."""
    typed = " ".join(text.split())
    if parse_birth_date(typed, today, day_first=day_first):
        return TypedPatient(birth_date=typed)
    if re.fullmatch(r"[+(]?\d[\d\s()/.\-]*", typed):
        return TypedPatient(phone=typed)
    family, comma, given = typed.partition(",")
    if not comma:
        family, _, given = typed.partition(" ")
    return TypedPatient(family_name=_capital(family.strip()), given_name=_capital(given.strip()))


def _capital(name: str) -> str:
    """Give a name typed all small its capitals; one with any capital is left as it is."""
    return re.sub(r"(^|[\s\-'])(\w)", lambda match: match[1] + match[2].upper(), name) if name == name.lower() else name


def patient_of(
    typed: TypedPatient, patient_id: UUID, today: date, *, day_first: bool = True, vocabulary: Vocabulary = ENGLISH
) -> Patient:
    """Return the Patient these texts make, phone and e-mail still as typed; InvalidInput for the birth date."""
    birth_date = None
    if typed.birth_date.strip():
        birth_date = parse_birth_date(typed.birth_date, today, day_first=day_first, vocabulary=vocabulary)
        if birth_date is None:
            field = "birth_date"
            expected = "a past date with its year, such as 14.3.1987"
            raise InvalidInput(field, expected)
    return Patient(
        id=patient_id,
        family_name=" ".join(typed.family_name.split()),
        given_name=" ".join(typed.given_name.split()),
        birth_date=birth_date,
        gender=typed.gender,
        phone=typed.phone.strip(),
        email=typed.email.strip(),
        channel=typed.channel,
        language=typed.language,
    )
