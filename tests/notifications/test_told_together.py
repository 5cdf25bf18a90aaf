"""One message about several dates names them: all if they are few and there is room, else the first and the last."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from clinic_desk.domain.records import Channel, Site
from clinic_desk.notifications.segments import segments_of
from clinic_desk.notifications.templates import TextKey, words_for
from clinic_desk.notifications.texts import LANGUAGES, MOST_NAMED, Text

SITE = Site(UUID(int=1), "Lindenhof Practice", "Europe/Berlin", "Lindenallee 12, 10437 Berlin", "+49 30 1234567")
START = datetime(2031, 3, 24, 8, 0, tzinfo=UTC)


def weeks(count: int) -> list[datetime]:
    """At nine by the clock in Berlin, an hour later there when the clocks have changed."""
    return [START + timedelta(weeks=number) for number in range(count)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["confirmation", "rescheduled", "cancelled"])
def test_an_sms_about_many_dates_is_one_segment_with_their_number_and_the_last(kind: str, language: str) -> None:
    dates = weeks(10)
    words = words_for(TextKey(kind, Channel.SMS, language), START, SITE, along=dates)
    assert "10" in words.body
    assert "26" in words.body  # of May, the last
    assert segments_of(words.body).count == 1


def test_an_e_mail_names_each_date_by_the_clock_of_its_site_also_after_the_clocks_change() -> None:
    words = words_for(TextKey("confirmation", Channel.EMAIL, "de"), START, SITE, along=weeks(2))
    assert "Alle 2 Termine: Mo 24.03.2031 09:00, Mo 31.03.2031 10:00." in words.body


def test_of_more_dates_than_anybody_reads_the_first_and_the_last_are_named() -> None:
    key = TextKey("confirmation", Channel.EMAIL, "en")
    few = words_for(key, START, SITE, along=weeks(MOST_NAMED)).body
    many = words_for(key, START, SITE, along=weeks(MOST_NAMED + 1)).body
    assert few.count("Mon ") == MOST_NAMED + 1
    assert "13 dates from Mon 24 Mar 2031 to Mon 16 Jun 2031." in many


def test_a_text_of_the_clinics_own_names_them_too() -> None:
    key = TextKey("confirmation", Channel.EMAIL, "en")
    own = {key: Text("See you", "On $date at $time.\nYours, $clinic")}
    words = words_for(key, START, SITE, own, along=weeks(2))
    assert words.body.splitlines()[1].startswith("All 2 dates: Mon 24 Mar 2031 09:00, ")
