"""Reads and writes phone numbers in their common forms, from libphonenumber's own tables but ten times as fast.

The library is made for every way in which anybody writes a number; an import of many patients would spend most of its
time there. Each function here returns exactly what the library would, or None: then the library is to be asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from phonenumbers import NumberFormat, PhoneMetadata, PhoneNumberDesc

_COMMON: Final = re.compile(r"(?:\+|\(?(?=\d))[0-9 ()/.-]{5,40}", re.ASCII)
_SIGNS: Final = str.maketrans("", "", "+ ()/.-")
_E164: Final = re.compile(r"\+([1-9][0-9]{4,14})", re.ASCII)
_FIRST_GROUP: Final = re.compile(r"(\\\d)")
_FEWEST_DIGITS: Final = 5
_LONGEST_CODE: Final = 3


@dataclass(frozen=True, slots=True)
class _Form:
    """How numbers that begin so (`leading`) and look so (`pattern`) are written."""

    leading: re.Pattern[str] | None
    pattern: re.Pattern[str]
    national: str
    abroad: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the library knows of a country's numbers, compiled. `lengths`: of whole numbers without the prefix."""

    code: str
    region: str
    prefix: re.Pattern[str] | None
    is_plain_prefix: bool
    abroad_prefix: re.Pattern[str] | None
    whole: re.Pattern[str]
    lengths: frozenset[int]
    national_forms: tuple[_Form, ...]
    abroad_forms: tuple[_Form, ...]


def common_e164(text: str, region: str) -> str | None:
    """Return what was typed, in `region` (ISO 3166), as E.164; None: ask the library, which may refuse it."""
    if _COMMON.fullmatch(text) is None:
        return None
    digits = text.translate(_SIGNS)
    if len(digits) < _FEWEST_DIGITS:
        return None
    if text[0] == "+":
        plan = _plan_of(digits)
        return f"+{digits}" if plan and len(_after(plan, digits)) in plan.lengths else None
    plan = _plan_in(region)
    number = _without_prefix(plan, digits) if plan else None
    return f"+{plan.code}{number}" if plan and number else None


def _without_prefix(plan: _Plan, digits: str) -> str | None:
    if digits.startswith(plan.code) or (plan.abroad_prefix and plan.abroad_prefix.match(digits)):
        return None
    number = digits
    found = plan.prefix.match(digits) if plan.prefix else None
    if found:
        number = digits[found.end() :]
        if not plan.is_plain_prefix or (plan.whole.fullmatch(digits) and not plan.whole.fullmatch(number)):
            return None
    return number if len(number) in plan.lengths and number[0] != "0" else None


def written(phone: str) -> tuple[str, str] | None:
    """Return how a number in E.164 is written in its own country and from abroad; None: ask the library."""
    found = _E164.fullmatch(phone)
    plan = _plan_of(found[1]) if found else None
    if plan is None or found is None:
        return None
    number = _after(plan, found[1])
    national, abroad = _form(plan.national_forms, number), _form(plan.abroad_forms, number)
    return (
        national.pattern.sub(national.national, number) if national else number,
        f"+{plan.code} {abroad.pattern.sub(abroad.abroad, number) if abroad else number}",
    )


def _after(plan: _Plan, digits: str) -> str:
    return digits[len(plan.code) :]


def _form(forms: Iterable[_Form], number: str) -> _Form | None:
    for form in forms:
        if (form.leading is None or form.leading.match(number)) and form.pattern.fullmatch(number):
            return form
    return None


def _plan_of(digits: str) -> _Plan | None:
    """The plan of an international number without the plus, None if its national part may not stand for itself."""
    if digits[0] == "0":
        return None
    for length in range(1, _LONGEST_CODE + 1):
        plan = _plan(int(digits[:length]))
        if plan is not None:
            number = digits[length:]
            alone = len(number) > 1 and number[0] != "0" and not (plan.prefix and plan.prefix.match(number))
            return plan if alone else None
    return None


@lru_cache(maxsize=512)
def _plan(code: int) -> _Plan | None:
    import phonenumbers  # takes long to load, and this module is needed before the window is on screen

    region = phonenumbers.region_code_for_country_code(code)
    known = phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    if known is None or known.general_desc is None:
        return None
    return _compiled(known, known.general_desc, str(code), region)


@lru_cache(maxsize=512)
def _plan_in(region: str) -> _Plan | None:
    import phonenumbers

    if region not in phonenumbers.SUPPORTED_REGIONS:
        return None
    plan = _plan(phonenumbers.country_code_for_region(region))
    return plan if plan is not None and plan.region == region else None


def _compiled(known: PhoneMetadata, general: PhoneNumberDesc, code: str, region: str) -> _Plan:
    prefix = re.compile(known.national_prefix_for_parsing) if known.national_prefix_for_parsing else None
    return _Plan(
        code=code,
        region=region,
        prefix=prefix,
        is_plain_prefix=prefix is None or not (prefix.groups or known.national_prefix_transform_rule),
        abroad_prefix=re.compile(known.international_prefix) if known.international_prefix else None,
        whole=re.compile(general.national_number_pattern or ""),
        lengths=frozenset(general.possible_length) - frozenset(general.possible_length_local_only),
        national_forms=tuple(map(_compiled_form, known.number_format)),
        abroad_forms=tuple(map(_compiled_form, known.intl_number_format or known.number_format)),
    )


def _compiled_form(form: NumberFormat) -> _Form:
    leading = form.leading_digits_pattern
    rule, written_so = form.national_prefix_formatting_rule, form.format or ""
    return _Form(
        leading=re.compile(leading[-1]) if leading else None,
        pattern=re.compile(form.pattern or ""),
        national=_FIRST_GROUP.sub(rule, written_so, count=1) if rule else written_so,
        abroad=written_so,
    )
