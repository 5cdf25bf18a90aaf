"""What the new-patient page offers to choose from, and what takes a library to say about a patient."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from clinic_desk.domain.records import AdministrativeGender, Channel, Patient
from clinic_desk.ui.booking.patient_line import phone_text
from clinic_desk.ui.booking.words import closed_text, date_text

translate = QCoreApplication.translate
LANGUAGES = (
    ("en", "English"),
    ("de", "Deutsch"),
    ("fr", "Français"),
    ("es", "Español"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("ar", "العربية"),
)
"""Languages a patient can be written to in, by their own names."""


def rows_of(found: tuple[Patient, ...]) -> tuple[tuple[Patient, str], ...]:
    """Return each likely double with what tells it apart; not for the GUI thread, the library is slow to load."""
    return tuple((patient, _line_of(patient)) for patient in found[:3])


def _line_of(patient: Patient) -> str:
    if patient.closed:
        return closed_text()
    born = date_text(patient.birth_date) if patient.birth_date else translate("patient", "birth date unknown")
    return " · ".join(part for part in (born, phone_text(patient.phone), patient.email) if part)


def region_of(phone: str) -> str:
    """Return the country (ISO 3166) whose national numbers are meant, by the site's own number, else the system's.

    Not for the GUI thread: the library takes a while to load.
    """
    import phonenumbers

    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        region = None
    if region:
        return str(region)
    code = QLocale.territoryToCode(QLocale.system().territory())
    return code if len(code) == 2 and code.isalpha() else "DE"


def genders() -> tuple[tuple[str, AdministrativeGender], ...]:
    """Return (text, value) of the administrative genders."""
    return (
        (translate("patient", "not known"), AdministrativeGender.UNKNOWN),
        (translate("patient", "female"), AdministrativeGender.FEMALE),
        (translate("patient", "male"), AdministrativeGender.MALE),
        (translate("patient", "other"), AdministrativeGender.OTHER),
    )


def channels() -> tuple[tuple[str, Channel], ...]:
    """Return (text, value) of the ways to tell a patient."""
    return (
        (translate("patient", "no messages"), Channel.NONE),
        (translate("patient", "SMS"), Channel.SMS),
        (translate("patient", "e-mail"), Channel.EMAIL),
    )
