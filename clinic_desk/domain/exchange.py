"""What is imported and exported: the fields of each kind of record, their headings, and what a row can lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid5

from clinic_desk.domain.folding import tokens

_NAMESPACE: Final = UUID("0193a1f0-0000-7000-8000-0000000e8c4a")


class Kind(StrEnum):
    """What one file holds."""

    PATIENTS = "patients"
    PRACTITIONERS = "practitioners"
    APPOINTMENTS = "appointments"


class DateOrder(StrEnum):
    """What 3/4/1987 means. A date with dots has its day first, one that begins with the year is ISO 8601."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


class Doubles(StrEnum):
    """What becomes of a new row that may be somebody who is there already."""

    SKIP = "skip"
    ADD = "add"


class Existing(StrEnum):
    """What becomes of a patient who is there already, under the same key."""

    KEEP = "keep"
    UPDATE = "update"
    """Gets what the file says and is not empty there; nothing is taken away."""


class OutOfHours(StrEnum):
    """What becomes of a coming appointment outside working hours, in an absence or in a block."""

    TAKE = "take"
    """Is imported as a reception would book it all the same: what it overrules is noted with it."""
    REFUSE = "refuse"


class Reason(StrEnum):
    """What was expected of a row or cell and was not there; `RowProblem.detail` completes it."""

    MISSING = "missing"
    DATE = "date"
    BIRTH_DATE = "birth-date"
    TIME = "time"
    LENGTH = "length"
    PHONE = "phone"
    EMAIL = "email"
    LANGUAGE = "language"
    COLOUR = "colour"
    NAME = "name"
    TEXT = "text"
    WORD = "word"
    CELLS = "cells"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"
    SEVERAL = "several"
    TAKEN = "taken"
    REPEATS = "repeats"
    REFUSED = "refused"
    CHANGED = "changed"
    OUTSIDE_HOURS = "outside-hours"
    OVER_BREAK = "over-break"
    TIME_OFF = "time-off"
    BLOCKED = "blocked"
    CLOSURE = "closure"


EXPECTED: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.MISSING: "a value",
        Reason.DATE: "a date such as {}",
        Reason.BIRTH_DATE: "a birth date from 1850 until today",
        Reason.TIME: "a time such as {}",
        Reason.LENGTH: "a length of 1 to 1440 minutes, or an end after the start",
        Reason.PHONE: "a whole phone number, such as {}",
        Reason.EMAIL: "one e-mail address, such as name@example.org",
        Reason.LANGUAGE: "a language code such as de or pt-BR",
        Reason.COLOUR: "a colour such as #3b6fd4",
        Reason.NAME: "a family name or a given name",
        Reason.TEXT: "shorter text without control characters",
        Reason.WORD: "one of {}",
        Reason.CELLS: "as many cells as there are headings: {}",
        Reason.UNREADABLE: "a row that can be read: {}",
        Reason.UNKNOWN: "one that is there: {}",
        Reason.SEVERAL: "one that is told apart: several match",
        Reason.TAKEN: "a time that is free: {}",
        Reason.REPEATS: "single appointments: this one repeats",
        Reason.REFUSED: "a value the database accepts: {}",
        Reason.CHANGED: "a patient whom nobody changed meanwhile",
        Reason.OUTSIDE_HOURS: "a time at which the doctor works: {}",
        Reason.OVER_BREAK: "a time that is not in the doctor's break: {}",
        Reason.TIME_OFF: "a time at which the doctor is not away: {}",
        Reason.BLOCKED: "a time that is not reserved: {}",
        Reason.CLOSURE: "a day on which the site is open: {}",
    }
)
"""Each reason in English, for the command line; the desktop has its own sentences."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why one row cannot be imported. `row` counts as a spreadsheet does: the headings are row 1.

    `column` is the heading in the file, "" for the row as a whole. `found` may be a patient's data: it is shown to who
    imports and goes into no log.
    """

    row: int
    column: str
    reason: Reason
    detail: str = ""
    found: str = ""

    @property
    def expected(self) -> str:
        """What would have done, in English."""
        return EXPECTED[self.reason].format(self.detail)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a column can hold; `headings` are what it is called in files, in four languages."""

    name: str
    headings: tuple[str, ...]
    required: bool = False


def _field(name: str, headings: str, *, required: bool = False) -> Field:
    return Field(name, tuple(part.strip() for part in headings.split(",")), required)


_NOTE: Final = (
    "note, notes, comment, comments, remark, remarks, Notiz, Notizen, Bemerkung, Bemerkungen, Kommentar, Anmerkung, "
    "Anmerkungen, nota, notas, observaciones, comentario, comentarios, remarque, remarques, commentaire, commentaires"
)
_PATIENT_ID: Final = (
    "patient id, patient no, patient number, chart number, chart no, mrn, record number, external id, "
    "Patientennummer, Patienten-Nr, Patient-Nr, Patienten-ID, Pat-Nr, PatNr, Kundennummer, número de paciente, "
    "ID paciente, paciente ID, historia clínica, número de historia, NHC, numéro patient, numéro de patient, "
    "n° patient, ID patient, n° dossier, numéro de dossier, identifiant patient"
)
_ID: Final = "id, no, number, Nr, Nummer, número, nº, numéro, n°, identifiant, identificador, code, código"
_BORN: Final = (
    "birth date, date of birth, dob, birthday, born, born on, Geburtsdatum, Geb.-Datum, Geb.-Dat., geb, geboren, "
    "geboren am, Geburtstag, fecha de nacimiento, fecha nacimiento, nacimiento, F. nacimiento, date de naissance, "
    "naissance, né le, né(e) le"
)
_FAMILY: Final = (
    "family name, last name, surname, Nachname, Familienname, Zuname, apellido, apellidos, nom de famille, patronyme"
)
_GIVEN: Final = (
    "given name, first name, forename, given names, Vorname, Vornamen, Rufname, nombre de pila, nombres, prénom, "
    "prénoms"
)
_PHONE: Final = (
    "phone, telephone, tel, phone number, home phone, Telefon, Telefonnummer, Tel.-Nr., Telefon privat, Festnetz, "
    "teléfono, número de teléfono, teléfono fijo, téléphone, numéro de téléphone, téléphone fixe"
)
_MAIL: Final = (
    "email, e-mail, mail, email address, e-mail address, E-Mail-Adresse, Mailadresse, correo, correo electrónico, "
    "courriel, adresse e-mail, adresse mail, mél"
)

FIELDS: Final[Mapping[Kind, tuple[Field, ...]]] = MappingProxyType(
    {
        Kind.PATIENTS: (
            _field("id", f"{_PATIENT_ID}, {_ID}"),
            _field("family_name", _FAMILY),
            _field("given_name", _GIVEN),
            _field("name", "full name, patient, patient name, Patient, Patientenname, nombre completo, nom complet"),
            _field("birth_date", _BORN),
            _field("gender", "gender, sex, Geschlecht, sexo, género, sexe, genre"),
            _field("phone", _PHONE),
            _field(
                "mobile",
                "mobile, cell, cell phone, mobile phone, mobile number, Handy, Mobil, Mobiltelefon, Mobilnummer, "
                "Handynummer, móvil, teléfono móvil, celular, portable, téléphone portable, téléphone mobile",
            ),
            _field("email", _MAIL),
            _field(
                "channel",
                "channel, contact by, preferred contact, messages by, Kanal, Kontaktweg, Benachrichtigung, canal, "
                "medio de contacto, moyen de contact",
            ),
            _field("language", "language, Sprache, Korrespondenzsprache, idioma, lengua, langue"),
            _field("note", _NOTE),
        ),
        Kind.PRACTITIONERS: (
            _field("id", f"practitioner id, doctor id, Arzt-Nr, Arztnummer, Behandler-Nr, {_ID}"),
            _field(
                "name",
                "name, practitioner, doctor, full name, Arzt, Ärztin, Behandler, Behandlerin, médico, médica, nombre, "
                "profesional, doctor/a, médecin, praticien, praticienne, nom",
                required=True,
            ),
            _field(
                "speciality",
                "speciality, specialty, Fachrichtung, Fachgebiet, Fach, especialidad, spécialité, discipline",
            ),
            _field("colour", "colour, color, Farbe, couleur"),
        ),
        Kind.APPOINTMENTS: (
            _field("id", f"uid, appointment id, appointment no, Termin-Nr, Terminnummer, ID cita, {_ID}"),
            _field("patient_id", _PATIENT_ID),
            _field(
                "patient",
                "patient, patient name, summary, name, full name, Patientenname, paciente, nombre completo, "
                "nom complet, nom du patient, attendee",
            ),
            _field("birth_date", _BORN),
            _field("phone", _PHONE),
            _field("email", f"{_MAIL}, attendee e-mail"),
            _field(
                "practitioner",
                "practitioner, doctor, provider, Arzt, Ärztin, Behandler, Behandlerin, médico, médica, profesional, "
                "médecin, praticien, chair",
            ),
            _field(
                "type",
                "type, visit type, appointment type, kind, service, categories, Terminart, Art, Leistung, tipo, "
                "tipo de cita, motif, type de rendez-vous",
            ),
            _field("site", "site, location, clinic, branch, Standort, Praxis, Ort, sede, centro, lieu, cabinet"),
            _field("room", "room, resources, Raum, Zimmer, sala, consultorio, salle"),
            _field(
                "device",
                "device, equipment, x-clinic-desk-device, Gerät, Apparat, aparato, equipo, appareil, équipement",
            ),
            _field("date", "date, day, Datum, Tag, fecha, día, jour"),
            _field(
                "start",
                "start, starts at, start time, begin, time, from, dtstart, Beginn, Start, Uhrzeit, Zeit, von, inicio, "
                "hora, hora de inicio, desde, début, heure, heure de début, de",
                required=True,
            ),
            _field(
                "end",
                "end, ends at, end time, to, until, dtend, Ende, bis, fin, hora de fin, hasta, heure de fin, à",
            ),
            _field("length", "length, duration, minutes, Dauer, Länge, Minuten, duración, minutos, durée"),
            _field("status", "status, state, Status, Zustand, estado, statut, état"),
            _field("note", f"description, {_NOTE}, Beschreibung, descripción"),
        ),
    }
)
"""What can be imported of each kind, in the order it is shown."""

_NAME_OF_ALL: Final = ("name", "nom", "nombre")
"""Headings that mean the family name beside a given name, or the given name beside a family name, or else all of it."""

Columns = Mapping[str, int]
"""Field's name to the place of its column, from 0."""


def heading_key(heading: str) -> str:
    """Return a heading as it is compared: folded, without blanks and signs ("Geb.-Datum" and "gebdatum" are one)."""
    return "".join(tokens(heading))


_KNOWN: Final = {
    kind: {heading_key(heading): field.name for field in reversed(fields) for heading in reversed(field.headings)}
    for kind, fields in FIELDS.items()
}


def guess_columns(kind: Kind, headings: Sequence[str]) -> dict[str, int]:
    """Return which column holds which field, as far as the headings tell; the first of two alike counts."""
    keys = [heading_key(heading) for heading in headings]
    found: dict[str, int] = {}
    for place, key in enumerate(keys):
        name = _KNOWN[kind].get(key)
        if name is not None and not (kind is Kind.PATIENTS and key in _NAME_OF_ALL):
            found.setdefault(name, place)
    if kind is Kind.PATIENTS:
        _place_bare_name(found, keys)
    return found


def _place_bare_name(found: dict[str, int], keys: Sequence[str]) -> None:
    place = next((place for place, key in enumerate(keys) if key in _NAME_OF_ALL), None)
    if place is None:
        return
    if "given_name" in found:
        found.setdefault("family_name", place)
    elif "family_name" in found:
        found["given_name"] = place
    else:
        found.setdefault("name", place)


def missing_columns(kind: Kind, columns: Columns) -> tuple[str, ...]:
    """Return the fields without which no row can be read; of alternatives the first."""
    missing = [field.name for field in FIELDS[kind] if field.required and field.name not in columns]
    if kind is Kind.PATIENTS and not {"family_name", "given_name", "name"} & set(columns):
        missing.append("family_name")
    if kind is Kind.APPOINTMENTS and not {"patient_id", "patient", "phone", "email"} & set(columns):
        missing.append("patient")
    return tuple(missing)


def key_of(kind: Kind, source: str, given: str) -> UUID:
    """Return the id under which a source's record is stored: the same each time, so importing again makes no doubles.

    An id of our own (an export of this program) stays itself.
    """
    try:
        return UUID(given)
    except ValueError:
        return uuid5(_NAMESPACE, f"{kind}\x1f{source}\x1f{given}")


def key_of_person(kind: Kind, *, family_name: str, given_name: str, beside: str) -> UUID:
    """Return the id of one without an id of its own: by name and what stands `beside` it (birth date, else phone)."""
    name = "\x1f".join(" ".join(tokens(part)) or part for part in (family_name, given_name))
    return uuid5(_NAMESPACE, f"{kind}\x1fperson\x1f{name}\x1f{beside}")
