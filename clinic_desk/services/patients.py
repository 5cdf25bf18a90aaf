"""Finds, adds and changes patients, and checks what was typed about one."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from clinic_desk.database.queries import patients as queries
from clinic_desk.domain.folding import best_first, query_tokens
from clinic_desk.domain.patients import likely_duplicates
from clinic_desk.domain.phones import common_e164
from clinic_desk.domain.records import Channel, Patient
from clinic_desk.domain.refusals import LikelyDuplicates, NotFound, PatientConflict
from clinic_desk.domain.rights import Right
from clinic_desk.errors import InvalidInput, NotAllowed

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from phonenumbers import PhoneNumber
    from sqlalchemy import Connection

    from clinic_desk.database.engine import Database
    from clinic_desk.domain.commands import AddPatient, UpdatePatient
    from clinic_desk.domain.folding import Query
    from clinic_desk.domain.records import PatientMatch

_LONGEST_NAME: Final = 200
_LONGEST_NOTE: Final = 4000
_FIRST_BIRTH_YEAR: Final = 1850
_CANDIDATES: Final = 200
"""More candidates than this are not ranked against each other: whoever types on sees fewer."""
_PLAIN_LOCAL: Final = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*")
_LONGEST_LOCAL: Final = 64
_LONGEST_DOMAIN: Final = 180
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")


def search_patients(db: Database, text: str, limit: int = 12) -> tuple[PatientMatch, ...]:
    """Return the patients that match what was typed: any part of names, birth date, phone digits; all words must.

    Family names that begin so come first, then given names, then matches inside. Empty for nothing searchable.
    """
    query = query_tokens(text)
    if not query:
        return ()
    with db.reading() as connection:
        found = found_patients(connection, query, limit)
        return queries.with_extras(connection, found) if found else ()


def found_patients(connection: Connection, query: Query, limit: int) -> list[Patient]:
    """Return the patients that match a query, best first, in a transaction of the caller's."""
    found: list[Patient] = []
    if len(query) == 1 and len(query[0]) == 1:
        found = queries.family_names(connection, query[0][0], limit)
        if len(found) >= limit:
            return found
    found = _joined(found, best_first(queries.matching(connection, query, _CANDIDATES, infix=False), query))
    if len(found) < limit:
        found = _joined(found, best_first(queries.matching(connection, query, _CANDIDATES, infix=True), query))
    return found[:limit]


def _joined(first: list[Patient], then: list[Patient]) -> list[Patient]:
    known = {patient.id for patient in first}
    return first + [patient for patient in then if patient.id not in known]


def get_patient(db: Database, patient_id: UUID) -> Patient:
    """Return one patient's record (a merged one says so itself). Raises NotFound."""
    with db.reading() as connection:
        found = queries.patient_with_change(connection, patient_id)
    if found is None:
        raise NotFound(what="patient")
    return found[0]


def similar_patients(db: Database, patient: Patient) -> tuple[Patient, ...]:
    """Return those who may be the same person, the likeliest first."""
    with db.reading() as connection:
        return likely_duplicates(patient, queries.possible_doubles(connection, patient))


def add_patient(db: Database, command: AddPatient) -> Patient:
    """Add a patient. Raises LikelyDuplicates (unless `even_if_similar`), InvalidInput."""
    patient = replace(validate_patient(command.patient), version=1, merged_into=None)

    def work(connection: Connection) -> Patient:
        if not command.even_if_similar:
            doubles = likely_duplicates(patient, queries.possible_doubles(connection, patient))
            if doubles:
                raise LikelyDuplicates(doubles)
        queries.insert_patient(connection, patient)
        return patient

    return db.changing(command.operation_id, "AddPatient", work, partial(_standing, patient.id))


def update_patient(db: Database, command: UpdatePatient) -> Patient:
    """Write a patient's details over the version the user saw.

    Raises PatientConflict, NotFound, InvalidInput; NotAllowed for a restricted record that was not opened.
    """
    if command.patient.closed:
        raise NotAllowed(Right.RESTRICTED.value)
    patient = validate_patient(command.patient)

    def work(connection: Connection) -> Patient:
        version = queries.update_patient(connection, patient)
        if version is not None:
            return replace(patient, version=version)
        now = queries.patient_with_change(connection, patient.id)
        if now is None:
            raise NotFound(what="patient")
        raise PatientConflict(*now)

    return db.changing(command.operation_id, "UpdatePatient", work, partial(_standing, patient.id))


def _standing(patient_id: UUID, connection: Connection) -> Patient:
    found = queries.patient_with_change(connection, patient_id)
    if found is None:
        raise NotFound(what="patient")
    return found[0]


def validate_patient(patient: Patient, default_region: str = "DE", *, today: date | None = None) -> Patient:
    """Return the patient as she will be stored: names trimmed, phone as E.164, e-mail normalised.

    InvalidInput names the first field that cannot be used. A national phone number is read as one of
    `default_region` (ISO 3166); one that could be dialled is taken even if nobody is known to have it (see
    `is_doubtful_phone`). Without `today` a birth date in the future is not noticed.
    """
    family_name, given_name = _name("family_name", patient.family_name), _name("given_name", patient.given_name)
    if not family_name and not given_name:
        raise InvalidInput(field="family_name", expected="a family name or a given name")
    _check_birth_date(patient.birth_date, today)
    if not _LANGUAGE.fullmatch(patient.language):
        raise InvalidInput(field="language", expected="a language code such as de or pt-BR")
    phone, email = _phone(patient.phone, default_region), _email(patient.email)
    if patient.channel is Channel.SMS and not phone:
        raise InvalidInput(field="phone", expected="a phone number: messages go by SMS")
    if patient.channel is Channel.EMAIL and not email:
        raise InvalidInput(field="email", expected="an e-mail address: messages go by e-mail")
    return replace(
        patient,
        family_name=family_name,
        given_name=given_name,
        phone=phone,
        email=email,
        note=_text("note", patient.note, _LONGEST_NOTE),
    )


def _name(field: str, value: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", _text(field, value, _LONGEST_NAME)).split())
    if any(unicodedata.category(char) == "Cc" for char in name):
        raise InvalidInput(field=field, expected="a name without control characters")
    return name


def _text(field: str, value: str, longest: int) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(field=field, expected="text without broken characters") from None
    if "\0" in value or len(value) > longest:
        raise InvalidInput(field=field, expected=f"at most {longest} characters, none of them NUL")
    return value


def _check_birth_date(birth_date: date | None, today: date | None) -> None:
    if birth_date is not None and birth_date.year < _FIRST_BIRTH_YEAR:
        raise InvalidInput(field="birth_date", expected=f"a date from {_FIRST_BIRTH_YEAR} on")
    if birth_date is not None and today is not None and birth_date > today:
        raise InvalidInput(field="birth_date", expected="a date that is not in the future")


def is_doubtful_phone(value: str, default_region: str = "DE") -> bool:
    """Whether a number that can be stored is in no range that is given out: most likely a digit is missing or wrong.

    The library's lists are never quite up to date, so this is to be asked about and never refused.
    """
    if not value.strip():
        return False
    import phonenumbers

    return not phonenumbers.is_valid_number(_dialled(value, default_region))


def _phone(value: str, default_region: str) -> str:
    if not value.strip():
        return ""
    return common_e164(value, default_region) or _e164(value, default_region)


def _e164(value: str, default_region: str) -> str:
    import phonenumbers

    return phonenumbers.format_number(_dialled(value, default_region), phonenumbers.PhoneNumberFormat.E164)


def _dialled(value: str, default_region: str) -> PhoneNumber:
    """Return the number typed; InvalidInput with an example of its country unless it has as many digits as one there.

    Digits that ring only without an area code, or only at an emergency service, are no number to store.
    """
    import phonenumbers

    try:
        number = phonenumbers.parse(value, default_region)
    except phonenumbers.NumberParseException:
        raise _no_phone(default_region) from None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        region = phonenumbers.region_code_for_country_code(number.country_code or 0)
        raise _no_phone(region)
    return number


def _no_phone(region: str) -> InvalidInput:
    import phonenumbers

    known = phonenumbers.example_number(region) or phonenumbers.parse("+4930123456")
    style = phonenumbers.PhoneNumberFormat
    national, abroad = (phonenumbers.format_number(known, way) for way in (style.NATIONAL, style.INTERNATIONAL))
    return InvalidInput(
        field="phone", expected=f"a whole phone number, such as {national} or {abroad}", example=national
    )


def _email(value: str) -> str:
    if not value.strip():
        return ""
    from email_validator import EmailNotValidError, validate_email

    local, _, domain = value.strip().rpartition("@")
    try:
        if len(local) <= _LONGEST_LOCAL and len(domain) <= _LONGEST_DOMAIN and _PLAIN_LOCAL.fullmatch(local):
            return f"{local}@{_email_domain(domain)}"
        return validate_email(value.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        raise InvalidInput(field="email", expected="one e-mail address, such as name@example.org") from None


@lru_cache(maxsize=1024)
def _email_domain(domain: str) -> str:
    """Return the domain of an address as it is stored: few are many people's. Raises EmailNotValidError."""
    from email_validator import validate_email

    return validate_email(f"a@{domain}", check_deliverability=False).domain
