"""The default texts: what they say in each language, how they fit an SMS, and what a template may not hold."""

from datetime import datetime

import pytest

from clinic_desk.domain.messaging import ONLY_EMAIL, Kind
from clinic_desk.domain.records import Channel
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.segments import gsm7_length, to_gsm7
from clinic_desk.notifications.templates import check_text
from clinic_desk.notifications.texts import LANGUAGES, Text, default_text, language_of, render, spoken_date, told_list

KINDS = tuple(kind.value for kind in Kind)
BY_SMS = tuple(kind.value for kind in Kind if kind not in ONLY_EMAIL)
WALL = datetime(2026, 9, 23, 14, 30)  # noqa: DTZ001  # a wall time, a Wednesday with a long name of the day


def values(language: str, **other: str) -> dict[str, str]:
    usual = {
        "clinic": "Gemeinschaftspraxis Mitte",
        "date": spoken_date(WALL, language),
        "time": "14:30",
        "place": "Torstraße 140, 10119 Berlin",
        "phone": "+49301234567",
        "until": "12:20",
        "list": "Mi 23.09.2026 14:30, Mitte, Torstraße 140",
    }
    return usual | other


@pytest.mark.parametrize("kind", BY_SMS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("answers", [False, True])
def test_an_sms_fits_one_and_says_who_when_and_where_to_call(kind: str, language: str, *, answers: bool) -> None:
    text = default_text(kind, Channel.SMS, language, answers=answers)
    _, body = render(text, Channel.SMS, values(language))
    assert gsm7_length(body) <= 160
    assert "\n" not in body
    assert "$" not in body
    for part in ("14:30", "2026", "+49301234567", "STOP", "Mitte"):
        assert part in body
    assert to_gsm7(body) == body


@pytest.mark.parametrize("kind", BY_SMS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clinic_with_endless_names_still_fits(kind: str, language: str) -> None:
    given = values(language, clinic="Überörtliche Gemeinschaftspraxis " * 4, place="Lange Straße " * 10)
    _, body = render(default_text(kind, Channel.SMS, language), Channel.SMS, given)
    assert gsm7_length(body) <= 160
    assert "14:30" in body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_email_has_a_subject_of_one_line_and_whole_sentences(kind: str, language: str) -> None:
    given = values(language, clinic="Praxis\nBcc: x@example.org")
    subject, body = render(default_text(kind, Channel.EMAIL, language), Channel.EMAIL, given)
    assert "\n" not in subject
    assert subject.startswith("Praxis Bcc: x@example.org: ")
    assert ("Torstraße" in body) == (kind not in {"cancelled", "waitlist-gone"})


@pytest.mark.parametrize(
    ("language", "words"), [("en", "YES NO"), ("de", "JA NEIN"), ("es", "SI NO"), ("fr", "OUI NON")]
)
def test_an_offer_says_until_when_and_what_to_reply_or_to_call(language: str, words: str) -> None:
    _, body = render(default_text("waitlist-offer", Channel.SMS, language, answers=True), Channel.SMS, values(language))
    assert "12:20" in body
    assert set(words.split()) <= set(body.replace(",", " ").replace(".", " ").split())
    for channel in (Channel.SMS, Channel.EMAIL):
        _, body = render(default_text("waitlist-offer", channel, language), channel, values(language))
        assert "12:20" in body
        assert words.split(maxsplit=1)[0] not in body


def test_a_line_without_anything_to_say_is_left_out() -> None:
    _, body = render(default_text("confirmation", Channel.SMS, "en"), Channel.SMS, values("en", phone="", place=""))
    assert "Tel" not in body
    assert ". ." not in body


def test_languages_fall_back_to_the_nearest_there_is() -> None:
    assert [language_of(code) for code in ("de-AT", "DE", "fr_CA", "pt", "")] == ["de", "de", "fr", "en", "en"]


@pytest.mark.parametrize(
    ("language", "spoken"),
    [("en", "Wed 23 Sep 2026"), ("de", "Mi 23.09.2026"), ("es", "mié 23/09/2026"), ("fr", "mer. 23/09/2026")],
)
def test_a_date_is_written_as_it_is_read(language: str, spoken: str) -> None:
    assert spoken_date(WALL, language) == spoken


def test_letters_outside_the_sms_alphabet_are_written_plainly_and_extended_ones_count_twice() -> None:
    assert to_gsm7("mié Ş 東 €") == "mié S Dong €"
    assert gsm7_length("a€") == 3


@pytest.mark.parametrize("value", ["${patient}", "$clinic {0.__class__}", "%s", "$$"])
def test_what_looks_like_a_template_in_a_value_stays_what_it_is(value: str) -> None:
    subject, _ = render(Text("$clinic", "x"), Channel.EMAIL, {"clinic": value})
    assert subject == value


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reminder_by_sms_asks_for_an_answer_where_one_can_be_taken_and_still_fits(language: str) -> None:
    text = default_text("reminder", Channel.SMS, language, answers=True)
    _, body = render(text, Channel.SMS, values(language))
    assert " C" in body
    assert "STOP" in body
    assert gsm7_length(body) <= 160
    assert "Torstraße" in body, "the answer leaves room for the place"
    assert default_text("confirmation", Channel.SMS, language, answers=True) == default_text(
        "confirmation", Channel.SMS, language
    )


def test_what_the_default_texts_say_could_be_saved_as_it_is() -> None:
    for kind in KINDS:
        for language in LANGUAGES:
            for channel in (Channel.SMS, Channel.EMAIL) if kind in BY_SMS else (Channel.EMAIL,):
                for answers in (False, True):
                    check_text(default_text(kind, channel, language, answers=answers), channel, kind)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_list_names_each_visit_on_a_line_of_its_own_and_goes_by_no_sms(language: str) -> None:
    rows = told_list(((WALL, "Mitte, Torstraße 140"), (WALL.replace(hour=9), "Süd")), language)
    text = default_text("appointment-list", Channel.EMAIL, language)
    subject, body = render(text, Channel.EMAIL, values(language, list=rows))
    assert subject.startswith("Gemeinschaftspraxis Mitte: ")
    first, empty, one, other, *rest = body.splitlines()
    assert first.startswith("Gemeinschaftspraxis Mitte: ")
    assert empty == ""
    assert one == f"{spoken_date(WALL, language)} 14:30, Mitte, Torstraße 140"
    assert other == f"{spoken_date(WALL, language)} 09:30, Süd"
    assert "+49301234567" in "\n".join(rest)
    with pytest.raises(KeyError):
        default_text("appointment-list", Channel.SMS, language)


def test_a_list_of_ones_own_words_needs_the_appointments_and_all_others_the_date() -> None:
    check_text(Text("x", "$list"), Channel.EMAIL, "appointment-list")
    with pytest.raises(InvalidInput, match="list"):
        check_text(Text("x", "$date $time"), Channel.EMAIL, "appointment-list")
    with pytest.raises(InvalidInput):
        check_text(Text("x", "$list"), Channel.EMAIL, "reminder")
