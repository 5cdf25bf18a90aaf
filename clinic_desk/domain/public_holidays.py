"""Public holidays by country and region, from the `holidays` library: which there are, and on what days of a year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache


@dataclass(frozen=True, slots=True)
class PublicHoliday:
    """One day; `name` is in the language asked for if the library has it, else in the country's own."""

    day: date
    name: str


@cache
def known_countries() -> dict[str, tuple[str, ...]]:
    """Return the regions of every country that is known, by ISO 3166-1 code; some countries have none."""
    import holidays

    found = holidays.list_supported_countries(include_aliases=False)
    return {code: tuple(regions) for code, regions in found.items() if len(code) == 2}


@cache
def region_names(country: str) -> dict[str, str]:
    """Return the name of each region of a country by its code; the code itself where the library has no name."""
    import holidays

    regions = known_countries().get(country, ())
    aliases = getattr(holidays, country).get_subdivision_aliases() if regions else {}
    return {code: next(iter(aliases.get(code, ())), code) for code in regions}


def public_holidays(country: str, subdivision: str, year: int, language: str = "") -> tuple[PublicHoliday, ...]:
    """Return the public holidays of a year by day; none of a country or region that is not known."""
    import holidays

    regions = known_countries().get(country)
    if regions is None or (subdivision and subdivision not in regions):
        return ()
    maker = getattr(holidays, country)
    supported = tuple(getattr(maker, "supported_languages", ()))
    found = holidays.country_holidays(
        country,
        subdiv=subdivision or None,
        years=year,
        language=_language(supported, language) or getattr(maker, "default_language", None),
    )
    return tuple(PublicHoliday(day, name) for day, name in sorted(found.items()) if day.year == year)


def _language(supported: tuple[str, ...], wanted: str) -> str | None:
    """Return the library's name of a language ("de" may be "de", "en" "en_US"), None if it does not have it."""
    exact = [name for name in supported if name == wanted]
    alike = [name for name in supported if wanted and name.split("_")[0] == wanted.split("_", maxsplit=1)[0]]
    return next(iter([*exact, *alike]), None)
