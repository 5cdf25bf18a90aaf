"""The clinic's own texts: what may be saved, what stands behind a broken one, and what the editor shows."""

import logging
from datetime import date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.messaging import Kind, MessageText, Messaging
from clinic_desk.domain.records import Channel, Site
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications import templates
from clinic_desk.notifications.templates import (
    TextKey,
    check_text,
    is_sound,
    own_texts,
    preview,
    takes_answers,
    words_for,
)
from clinic_desk.notifications.texts import PLACEHOLDERS, Text, default_text, render
from tests.support.bookings import BERLIN, at

SITE = Site(UUID(int=1), "Praxis Mitte", BERLIN, "Torstr. 1, Berlin", "+49301234567")
START = at(date(2031, 3, 4), 10)
KEY = TextKey("reminder", Channel.SMS, "de-AT")


def own(body: str, subject: str = "", channel: Channel = Channel.SMS) -> templates.OwnTexts:
    return own_texts([MessageText(UUID(int=9), Kind.REMINDER, channel, "de", subject, body)])


def test_the_clinics_own_text_is_used_for_its_kind_channel_and_language_only() -> None:
    mine = own("Bis bald: $date, $time!\nIhre $clinic")
    assert words_for(KEY, START, SITE, mine).body == "Bis bald: Di 04.03.2031, 10:00!\nIhre Praxis Mitte"
    for other in (KEY._replace(kind="confirmation"), KEY._replace(language="en"), KEY._replace(channel=Channel.EMAIL)):
        assert words_for(other, START, SITE, mine) == words_for(other, START, SITE)


def test_an_own_sms_is_neither_shortened_nor_written_in_other_letters() -> None:
    words = words_for(KEY, START, SITE, own("Přijďte $date $time " + "x" * 200))
    assert words.body.startswith("Přijďte ")
    assert words.body.endswith("x" * 200)


@pytest.mark.parametrize(
    ("body", "subject", "channel"),
    [
        ("$date $time $diagnosis", "", Channel.SMS),
        ("$date $time 100 $", "", Channel.SMS),
        ("$date only", "", Channel.SMS),
        ("$date $time", "", Channel.EMAIL),
    ],
)
def test_the_default_stands_behind_a_broken_text(body: str, subject: str, channel: Channel) -> None:
    key = KEY._replace(channel=channel)
    assert words_for(key, START, SITE, own(body, subject, channel)) == words_for(key, START, SITE)


def test_the_default_stands_behind_a_text_that_makes_rendering_fail_and_the_log_names_no_patient(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(text: Text, *arguments: object, **options: bool) -> tuple[str, str]:
        if text.body.startswith("own"):
            message = "secret"
            raise RuntimeError(message)
        return render(text, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(templates, "render", failing)
    with caplog.at_level(logging.ERROR):
        words = words_for(KEY, START, SITE, own("own $date $time"))
    assert words == words_for(KEY, START, SITE)
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


# --- what may be saved ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["$diagnosis", "${patient.name}", "100 $", "$Date", "$clinic_phone", "${}"])
def test_anything_but_the_placeholders_is_refused_with_those_there_are(word: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_text(Text("", f"$date $time {word}"), Channel.SMS)
    assert refused.value.field == "body"
    assert all(f"${name}" in refused.value.expected for name in PLACEHOLDERS)
    with pytest.raises(InvalidInput) as refused:
        check_text(Text(word, "$date $time"), Channel.EMAIL)
    assert refused.value.field == "subject"


@pytest.mark.parametrize(
    ("text", "channel", "field"),
    [
        (Text("", "on $date"), Channel.SMS, "body"),
        (Text("", "at $time"), Channel.SMS, "body"),
        (Text("", "at $$time on $$date"), Channel.SMS, "body"),
        (Text("", ""), Channel.SMS, "body"),
        (Text("a subject", "$date $time"), Channel.SMS, "subject"),
        (Text("", "$date $time"), Channel.EMAIL, "subject"),
        (Text(" ", "$date $time"), Channel.EMAIL, "subject"),
        (Text("two\nlines", "$date $time"), Channel.EMAIL, "subject"),
        (Text("two\rlines", "$date $time"), Channel.EMAIL, "subject"),
        (Text("two\u2028lines", "$date $time"), Channel.EMAIL, "subject"),
        (Text("x" * 151, "$date $time"), Channel.EMAIL, "subject"),
        (Text("x", "$date $time" + "x" * 5000), Channel.EMAIL, "body"),
        (Text("", "$date $time" + "x" * 600), Channel.SMS, "body"),
        (Text("", "$date $time \0"), Channel.SMS, "body"),
        (Text("", "$date $time \ud800"), Channel.SMS, "body"),
    ],
)
def test_what_cannot_be_sent_or_says_too_little_is_refused_by_its_field(
    text: Text, channel: Channel, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_text(text, channel)
    assert refused.value.field == field
    assert not is_sound(text, channel)


@pytest.mark.parametrize("body", ["$date ${time}", "$date\n$time", "5 $$ on $date at $time \t €"])
def test_what_is_sound_is_taken(body: str) -> None:
    check_text(Text("", body), Channel.SMS)
    check_text(Text("x" * 150, body), Channel.EMAIL)


@given(st.text(max_size=80), st.text(max_size=80))
def test_whatever_passes_the_check_can_be_rendered_and_reaches_nothing_else(subject: str, body: str) -> None:
    text = Text(subject, f"$date $time{body}")
    if is_sound(text, Channel.EMAIL):
        key = TextKey("reminder", Channel.EMAIL, "de")
        words = preview(key, START, SITE, text).words
        assert "10:00" in words.body
        assert "\n" not in words.subject


# --- the editor -------------------------------------------------------------------------------------------------------


def test_the_preview_shows_what_is_written_so_far_and_what_is_wrong_with_it() -> None:
    key = KEY._replace(language="de")
    seen = preview(key, START, SITE, Text("", "Am $date um $tim"))
    assert seen.words.body == "Am Di 04.03.2031 um $tim"
    assert seen.problem is not None
    assert seen.problem.field == "body"
    assert seen.segments is not None
    assert (seen.segments.alphabet, seen.segments.count) == ("GSM-7", 1)
    good = preview(key, START, SITE, Text("", "Přijďte $date, $time"))
    assert good.problem is None
    assert good.segments is not None
    assert good.segments.foreign == ("ř", "ď")


def test_the_preview_of_a_default_is_what_is_sent() -> None:
    for channel in (Channel.SMS, Channel.EMAIL):
        key = TextKey("confirmation", channel, "fr")
        seen = preview(key, START, SITE)
        assert seen.words == words_for(key, START, SITE)
        assert (seen.segments is None) == (channel is Channel.EMAIL)
        assert seen.problem is None


def test_the_placeholders_are_listed_with_what_they_stand_for() -> None:
    values = templates.values_of(START, SITE, "en")
    assert set(values) == set(PLACEHOLDERS)
    assert all(PLACEHOLDERS.values())


def test_the_time_is_that_of_the_sites_clock() -> None:
    tenerife = Site(UUID(int=2), "Tenerife", "Atlantic/Canary")
    summer = datetime.fromisoformat("2031-07-01T12:00+00:00")
    assert templates.values_of(summer, SITE, "en")["time"] == "14:00"
    assert templates.values_of(summer, tenerife, "en")["time"] == "13:00"
    late = datetime.fromisoformat("2031-07-01T22:30+00:00")
    assert templates.values_of(late, SITE, "en")["date"] == "Wed 2 Jul 2031"
    assert templates.values_of(late, tenerife, "en")["date"] == "Tue 1 Jul 2031"


@pytest.mark.parametrize(
    ("settings", "answers"),
    [
        (Messaging(), False),
        (Messaging(sms_by="folder"), True),
        (Messaging(sms_by="twilio", twilio_number="+4930"), True),
        (Messaging(sms_by="twilio"), True),  # the number is in the environment
        (Messaging(sms_by="twilio", twilio_service_sid="MG" + "0" * 32), False),
        (Messaging(sms_by="twilio", twilio_number="+4930", twilio_service_sid="MG" + "0" * 32), True),
    ],
)
def test_an_answer_is_asked_for_where_one_can_arrive(settings: Messaging, answers: bool) -> None:
    assert takes_answers(settings) is answers
    assert ("C:" in words_for(KEY, START, SITE, answers=takes_answers(settings)).body) is answers


def test_each_kind_has_a_default_in_each_language() -> None:
    for kind in Kind:
        for language in ("en", "de", "es", "fr"):
            assert default_text(kind, Channel.EMAIL, language).subject
