"""How countries and their regions are called where public holidays are chosen."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QCoreApplication, QLocale

from clinic_desk.domain.public_holidays import known_countries, region_names

translate = QCoreApplication.translate


def country_text(code: str) -> str:
    """Return a country's name by its ISO 3166-1 code; that there is none for an empty one."""
    if not code:
        return translate("setup", "none")
    territory = QLocale.codeToTerritory(code)
    if territory == QLocale.Country.AnyTerritory:
        return code
    return QLocale.territoryToString(territory)


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """Return (name, code) of the countries whose holidays are known, by name; first none."""
    named = sorted((country_text(code), code) for code in known_countries())
    return ((country_text(""), ""), *named)


def subdivisions(country: str) -> tuple[tuple[str, str], ...]:
    """Return (name, code) of a country's regions by name; first the whole country."""
    named = sorted((name, code) for code, name in region_names(country).items())
    return ((subdivision_text(country, ""), ""), *named)


def subdivision_text(country: str, code: str) -> str:
    """Return what a region is called."""
    return region_names(country).get(code, code) if code else translate("setup", "the whole country")
