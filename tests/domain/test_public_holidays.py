"""Public holidays by country, region, year and language."""

from __future__ import annotations

from datetime import date

import pytest

from clinic_desk.domain.public_holidays import known_countries, public_holidays, region_names


def days(country: str, region: str, year: int) -> set[date]:
    return {each.day for each in public_holidays(country, region, year)}


def test_a_region_has_its_own_holidays_beside_those_of_the_country() -> None:
    epiphany = date(2027, 1, 6)
    assert epiphany in days("DE", "BY", 2027)
    assert epiphany not in days("DE", "", 2027)
    assert days("DE", "", 2027) < days("DE", "BY", 2027)


def test_holidays_come_in_order_and_in_the_language_asked_for() -> None:
    found = public_holidays("DE", "BE", 2027, "en")
    assert [each.day for each in found] == sorted(each.day for each in found)
    assert found[0].name == "New Year's Day"
    assert public_holidays("DE", "BE", 2027, "de")[0].name == "Neujahr"
    assert public_holidays("DE", "BE", 2027, "xx")[0].name == "Neujahr"


@pytest.mark.parametrize(("country", "region"), [("", ""), ("XX", ""), ("DE", "CA"), ("de", "")])
def test_what_is_not_known_has_no_holidays(country: str, region: str) -> None:
    assert public_holidays(country, region, 2027) == ()


def test_every_known_country_and_region_can_be_asked() -> None:
    countries = known_countries()
    assert {"DE", "US", "GB", "FR", "BR", "JP", "AU"} <= set(countries)
    for country, regions in countries.items():
        public_holidays(country, "", 2027, "en")
        assert set(region_names(country)) == set(regions)


def test_regions_have_their_names() -> None:
    assert region_names("DE")["BY"] == "Bayern"
    assert region_names("US")["NY"] == "New York"
