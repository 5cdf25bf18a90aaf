"""What an e-mail holds: the same bytes at each try, no header but its own, nothing from afar, and a calendar part."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from clinic_desk.domain.messaging import Kind, Outgoing
from clinic_desk.notifications.senders.addresses import UnusableAddress, single_address
from clinic_desk.notifications.senders.compose import Origin, compose, html_of
from tests.support.outgoing import APPOINTMENT, NOON, ROW, email

ORIGIN = Origin("desk@clinic.example", "Praxis Mitte")
HEADERS = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]
HOSTILE = [
    "<img src='//host/share'>",
    "Anna\r\nBcc: eve@evil.example",
    "Anna\nX-Evil: 1",
    "Anna\u2028Bcc: eve@evil.example",
    "Anna\u2029\x85\x0b\x0c\x1c Bcc: eve@evil.example",
    "{{ 7 * 7 }} {% raw %} ${x} %s",
    "=?utf-8?q?Bcc=3A?= eve@evil.example",
    "\u202eexe.ylimaf",
    "a, b <eve@evil.example>; c",
    '"quoted" \\ back',
    "x" * 5_000,
    "ü" * 2_000,
    "👍🏽 بن علي 山田",
    "\x00\x07\x1b[31m",
    "\ud800 half",
]


def parsed(message: Outgoing, origin: Origin = ORIGIN) -> EmailMessage:
    content = compose(message, origin)
    mail = message_from_bytes(content, policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    return mail


def calendar_of(message: Outgoing) -> Any:
    [part] = [each for each in parsed(message).walk() if each.get_content_type() == "text/calendar"]
    return Calendar.from_ical(part.get_content())


def text_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_it_has_the_headers_of_an_automatic_message() -> None:
    mail = parsed(email(), Origin("desk@clinic.example", "Praxis Mitte", "answers@clinic.example"))
    assert mail["From"] == "Praxis Mitte <desk@clinic.example>"
    assert mail["To"] == "anna@example.org"
    assert mail["Reply-To"] == "answers@clinic.example"
    assert mail["Message-ID"] == f"<{ROW}@clinic.example>"
    assert mail["Date"].datetime == NOON
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"


def test_text_and_html_say_the_same() -> None:
    mail = parsed(email())
    text = text_of(mail, "plain")
    assert text.splitlines() == email().body.splitlines()
    html = text_of(mail, "html")
    for line in filter(None, email().body.splitlines()):
        assert f"<bdi>{line}</bdi>" in html


def test_the_same_message_is_the_same_bytes_at_each_try() -> None:
    first = compose(email(), ORIGIN)
    assert all(
        compose(email(attempt=number, sending_started_at=NOON + timedelta(minutes=number)), ORIGIN) == first
        for number in range(2, 6)
    )


def test_another_row_is_another_message() -> None:
    assert compose(email(id=UUID(int=1)), ORIGIN) != compose(email(), ORIGIN)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("where", ["subject", "body", "clinic", "place", "phone", "language"])
def test_no_text_makes_a_header_or_a_recipient_of_its_own(where: str, text: str) -> None:
    mail = parsed(email(**{where: text}), Origin("desk@clinic.example"))
    assert set(mail.keys()) <= set(HEADERS)
    assert len(mail.keys()) == len(set(mail.keys()))
    assert [each.addr_spec for each in mail["To"].addresses] == ["anna@example.org"]
    assert [each.addr_spec for each in mail["From"].addresses] == ["desk@clinic.example"]
    for part in mail.walk():
        assert not part.defects
        assert "Bcc" not in part
    assert len(calendar_of(email(**{where: text})).walk("VEVENT")) == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_a_text_is_shown_and_not_obeyed(text: str) -> None:
    html = html_of(email(body=text, clinic=text, subject=text, place=text))
    assert "<img" not in html
    assert "49" not in html.partition("<body")[2] or "{{ 7 * 7 }}" not in text


def test_the_html_loads_nothing_from_anywhere() -> None:
    html = html_of(email(body="see https://evil.example/x.png and //host/share"))
    assert not re.search(r"(?i)<(img|script|link|iframe|object|embed|style|a|base|form)\b|url\(|@import", html)
    assert not re.search(r"(?i)\b(src|href|background|action)\s*=", html)


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("he-IL", "rtl"), ("de", "ltr"), ("", "ltr")])
def test_the_html_runs_as_its_language_does(language: str, direction: str) -> None:
    html = html_of(email(language=language, body="فاطمة: 14:00"))
    assert f'dir="{direction}"' in html
    assert "<bdi>فاطمة: 14:00</bdi>" in html


def test_a_huge_text_is_sent_in_lines_that_every_server_takes() -> None:
    content = compose(email(body="word " * 200_000, subject="s" * 10_000), ORIGIN)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_it_is_all_ascii_so_that_every_server_takes_it() -> None:
    content = compose(email(body="Grüße 👍", subject="Grüße 👍", clinic="Praxis für Kinder", place="Straße"), ORIGIN)
    assert content.isascii()


@given(subject=st.text(), body=st.text(), clinic=st.text(), place=st.text())
def test_any_texts_make_a_mail_that_is_read_back(subject: str, body: str, clinic: str, place: str) -> None:
    message = email(subject=subject, body=body, clinic=clinic, place=place)
    mail = parsed(message, Origin("desk@clinic.example"))
    assert set(mail.keys()) <= set(HEADERS)
    assert mail["To"] == "anna@example.org"
    assert calendar_of(message).walk("VEVENT")[0]["UID"] == f"{APPOINTMENT}@clinic.example"


@given(st.text(max_size=80))
def test_an_address_is_one_address_or_refused(text: str) -> None:
    try:
        address = single_address(text)
    except UnusableAddress:
        return
    assert re.fullmatch(r"[^\s,;<>()@\"]+@[a-z0-9.-]+", address)


# --- the calendar part ------------------------------------------------------------------------------------------------


def test_the_appointment_is_published_with_its_time_in_utc() -> None:
    calendar = calendar_of(email())
    [event] = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "PUBLISH"
    assert event["UID"] == f"{APPOINTMENT}@clinic.example"
    assert event["SEQUENCE"] == 1
    assert event["STATUS"] == "CONFIRMED"
    assert event.decoded("DTSTART") == NOON + timedelta(hours=1)
    assert event.decoded("DTEND") == NOON + timedelta(hours=1, minutes=15)
    assert event["DTSTART"].to_ical() == b"20310303T130000Z"
    assert event["LOCATION"] == "Hauptstraße 1"


def test_its_header_names_the_method_and_the_file() -> None:
    [part] = [each for each in parsed(email()).walk() if each.get_content_type() == "text/calendar"]
    assert part["Content-Type"].params["method"] == "PUBLISH"
    assert part["Content-Type"].params["charset"] == "utf-8"
    assert part.get_filename() == "appointment.ics"


def test_a_moved_appointment_keeps_its_uid_and_rises_in_sequence() -> None:
    before = calendar_of(email()).walk("VEVENT")[0]
    later = email(
        kind=Kind.RESCHEDULED, sequence=4, starts_at=NOON + timedelta(hours=3), ends_at=NOON + timedelta(hours=4)
    )
    after = calendar_of(later).walk("VEVENT")[0]
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after.decoded("DTSTART") > before.decoded("DTSTART")


def test_a_cancelled_appointment_is_taken_back() -> None:
    calendar = calendar_of(email(kind=Kind.CANCELLED, sequence=2))
    [event] = calendar.walk("VEVENT")
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 2)
    assert event["UID"] == f"{APPOINTMENT}@clinic.example"


def test_it_names_the_clinic_and_nobody_else() -> None:
    """An attendee would be asked for an answer by mail that nobody reads (RFC 5546: PUBLISH must not have any)."""
    [event] = calendar_of(email(language="de")).walk("VEVENT")
    assert event["SUMMARY"] == "Termin: Mitte"
    assert event["ORGANIZER"] == "mailto:desk@clinic.example"
    assert "ATTENDEE" not in event
    assert set(event) == {
        "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "STATUS", "SUMMARY", "ORGANIZER", "LOCATION", "DESCRIPTION"
    }  # fmt: skip


@pytest.mark.parametrize("others", [{"uid": None}, {"starts_at": None}, {"kind": Kind.WAITLIST_OFFER}])
def test_what_is_no_appointment_has_no_calendar_part(others: dict[str, Any]) -> None:
    types = [part.get_content_type() for part in parsed(email(**others)).walk()]
    assert "text/calendar" not in types
    assert types[0] == "multipart/alternative"


@pytest.mark.parametrize(
    "moment", [datetime(2031, 3, 30, 1, 30, tzinfo=UTC), datetime(2031, 10, 26, 0, 30, tzinfo=UTC)]
)
def test_a_time_at_which_clocks_change_stays_the_instant(moment: datetime) -> None:
    [event] = calendar_of(email(starts_at=moment, ends_at=moment + timedelta(minutes=30))).walk("VEVENT")
    assert event.decoded("DTSTART") == moment
