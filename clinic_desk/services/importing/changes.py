"""What a row changes of a patient who is there: what it says and is not empty; nothing is ever taken away."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import Any, Final

from clinic_desk.domain.records import AdministrativeGender, Patient

FIELDS: Final = (
    "family_name", "given_name", "birth_date", "gender", "phone", "email", "channel", "language", "note",
)  # fmt: skip
_ALWAYS_SOMETHING: Final = frozenset({"channel", "language"})
"""These have a value also where the file says nothing."""
_NOTHING: Final = ("", None, AdministrativeGender.UNKNOWN)


def with_said(now: Patient, row: Patient, said: Set[str]) -> Patient:
    """Return the patient as she stands, with what the row says. `said`: which of channel and language it names."""
    values: dict[str, Any] = {
        name: getattr(row, name)
        for name in FIELDS
        if (name in said if name in _ALWAYS_SOMETHING else getattr(row, name) not in _NOTHING)
    }
    return replace(now, **values)


def differences(now: Patient, wanted: Patient) -> tuple[tuple[str, str, str], ...]:
    """Return the fields that change: the name, what is there, what will be."""
    pairs = ((name, _text(getattr(now, name)), _text(getattr(wanted, name))) for name in FIELDS)
    return tuple((name, was, will) for name, was, will in pairs if was != will)


def _text(value: object) -> str:
    return "" if value is None else str(value)
