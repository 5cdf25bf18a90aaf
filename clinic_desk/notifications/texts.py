"""The default texts of the messages to patients, in four languages, and the rendering of one for its channel.

Content is minimal: clinic, local date and time, place, telephone, how to opt out; never the reason for the visit. A
line whose placeholders are all empty is left out; an SMS is one line of at most 160 GSM-7 characters (3GPP TS 23.038).
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Final

from anyascii import anyascii

from clinic_desk.domain.records import Channel
from clinic_desk.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import datetime

PLACEHOLDERS: Final = frozenset({"clinic", "date", "time", "place", "phone"})
SMS_LENGTH: Final = 160
_GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED: Final = frozenset("^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class Text:
    """A template: subject (e-mail only) and body, with `$clinic` and the other placeholders."""

    subject: str
    body: str


_SIGN_OFF: Final = {
    "en": ("Tel $phone.", "Reply STOP to opt out.", "To stop these messages, please tell us."),
    "de": ("Tel. $phone.", "Abmelden: STOP.", "Wenn Sie keine Nachrichten mehr möchten, sagen Sie uns bitte Bescheid."),
    "es": ("Tel. $phone.", "Baja: responda STOP.", "Si no desea recibir más mensajes, díganoslo."),
    "fr": ("Tél. $phone.", "STOP pour ne plus recevoir.", "Pour ne plus recevoir ces messages, dites-le-nous."),
}
_SAYING: Final = {
    "en": {
        "confirmation": ("Your appointment on $date", "$clinic: your appointment is on $date at $time."),
        "rescheduled": ("Your appointment was moved to $date", "$clinic: your appointment is now on $date at $time."),
        "cancelled": ("Your appointment was cancelled", "$clinic: your appointment on $date at $time is cancelled."),
        "reminder": ("Reminder: your appointment on $date", "$clinic: reminder of your appointment on $date at $time."),
    },
    "de": {
        "confirmation": ("Ihr Termin am $date", "$clinic: Ihr Termin ist am $date um $time."),
        "rescheduled": ("Ihr Termin wurde auf $date verlegt", "$clinic: Ihr Termin ist jetzt am $date um $time."),
        "cancelled": ("Ihr Termin wurde abgesagt", "$clinic: Ihr Termin am $date um $time ist abgesagt."),
        "reminder": ("Erinnerung: Ihr Termin am $date", "$clinic: Erinnerung an Ihren Termin am $date um $time."),
    },
    "es": {
        "confirmation": ("Su cita del $date", "$clinic: su cita es el $date a las $time."),
        "rescheduled": ("Su cita se ha cambiado al $date", "$clinic: su cita es ahora el $date a las $time."),
        "cancelled": ("Su cita se ha cancelado", "$clinic: su cita del $date a las $time se ha cancelado."),
        "reminder": ("Recordatorio: su cita del $date", "$clinic: le recordamos su cita del $date a las $time."),
    },
    "fr": {
        "confirmation": ("Votre rendez-vous du $date", "$clinic: votre rendez-vous est le $date à $time."),
        "rescheduled": ("Votre rendez-vous a été déplacé au $date", "$clinic: votre rendez-vous est le $date à $time."),
        "cancelled": ("Votre rendez-vous est annulé", "$clinic: votre rendez-vous du $date à $time est annulé."),
        "reminder": ("Rappel: votre rendez-vous du $date", "$clinic: rappel de votre rendez-vous du $date à $time."),
    },
}
_WEEKDAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "es": ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
    "fr": ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
}
_MONTHS_EN: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def language_of(wanted: str) -> str:
    """Return the language of the default texts nearest to a patient's (`de-AT` → `de`); English if there is none."""
    short = wanted[:2].casefold()
    return short if short in _SAYING else "en"


def default_text(kind: str, channel: Channel, language: str) -> Text:
    """Return the default template of a kind of message; KeyError for a kind that has none."""
    subject, saying = _SAYING[language][kind]
    phone, stop, tell_us = _SIGN_OFF[language]
    place = () if kind == "cancelled" else ("$place.",)
    if channel is Channel.SMS:
        return Text("", "\n".join((saying, *place, phone, stop)))
    return Text(f"$clinic: {subject}", "\n".join((saying, *place, phone, "", tell_us)))


def check_template(text: str) -> None:
    """Raise InvalidInput that names what is wrong if a template uses anything but the known placeholders."""
    template = Template(text)
    unknown = sorted(set(template.get_identifiers()) - PLACEHOLDERS) if template.is_valid() else ["$"]
    if unknown:
        known = ", ".join(f"${name}" for name in sorted(PLACEHOLDERS))
        raise InvalidInput(field="template", expected=f"only the placeholders {known} ($$ for a dollar sign)")


def render(text: Text, channel: Channel, values: dict[str, str]) -> tuple[str, str]:
    """Return (subject, body) with `values` put in for the placeholders, each a plain string on one line."""
    plain = {name: " ".join(values.get(name, "").split()) for name in PLACEHOLDERS}
    subject = Template(text.subject).safe_substitute(plain)
    if channel is not Channel.SMS:
        return subject, "\n".join(_filled(text.body, plain))
    body = ""
    for longest in (60, 40, 25, 15, 0):
        plain["place"] = shortened(plain["place"], longest)
        body = to_gsm7(" ".join(filter(None, _filled(text.body, plain))))
        if gsm7_length(body) <= SMS_LENGTH:
            break
        plain["clinic"] = shortened(plain["clinic"], max(longest, 20))
    return "", body


def _filled(body: str, values: dict[str, str]) -> list[str]:
    lines = []
    for line in body.splitlines():
        template = Template(line)
        names = template.get_identifiers()
        if not names or any(values.get(name) for name in names):
            lines.append(template.safe_substitute(values))
    return lines


def shortened(text: str, longest: int) -> str:
    """Return at most `longest` characters of a text, cut at a word if that leaves more than half."""
    if len(text) <= longest:
        return text
    cut = text[:longest]
    at_word = cut.rpartition(" ")[0]
    return (at_word if len(at_word) > longest // 2 else cut).rstrip(" ,;-")


def spoken_date(wall: datetime, language: str) -> str:
    """Return a local date as a patient of the language reads it, with the weekday."""
    weekday = _WEEKDAYS[language][wall.weekday()]
    if language == "en":
        return f"{weekday} {wall.day} {_MONTHS_EN[wall.month - 1]} {wall.year}"
    separator = "." if language == "de" else "/"
    return f"{weekday} {wall.day:02d}{separator}{wall.month:02d}{separator}{wall.year}"


def to_gsm7(text: str) -> str:
    """Return the text with what the GSM-7 alphabet lacks written in plain letters."""
    return "".join(char if char in _GSM_BASIC or char in _GSM_EXTENDED else _plain(char) for char in text)


def _plain(char: str) -> str:
    return "".join(letter if letter in _GSM_BASIC else "?" for letter in anyascii(char))


def gsm7_length(text: str) -> int:
    """Return the number of septets; a character of the extension table takes two."""
    return sum(2 if char in _GSM_EXTENDED else 1 for char in text)
