"""The default texts of the messages to patients, in four languages, and the rendering of one for its channel.

Content is minimal: clinic, local date and time, place, telephone, how to answer; never the reason for the visit. A line
whose placeholders are all empty is left out. An SMS of a default text is one line of at most 160 GSM-7 characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.messaging import ONLY_EMAIL, Kind
from clinic_desk.domain.records import Channel
from clinic_desk.notifications.segments import gsm7_length, to_gsm7

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

PLACEHOLDERS: Final = {
    "clinic": "the name of the site",
    "date": "the day of the visit, as it is written in the patient's language",
    "time": "the time of the visit on the site's clock",
    "place": "the site's address",
    "phone": "the site's telephone number",
    "until": "until when a time that is offered can be taken; empty in all other messages",
    "list": "all that is booked, one a line, in the list that a patient asks for; empty in all other messages",
}
"""All that a message may say, each with what it stands for."""
LANGUAGES: Final = ("en", "de", "es", "fr")
_NO_PLACE: Final = frozenset({"cancelled", "waitlist-gone"})
SMS_LENGTH: Final = 160
_FITTING: Final = ((60, 80), (40, 60), (25, 40), (15, 40), (0, 40), (0, 25), (0, 20))
"""How long place and clinic may be, one after the other, until an SMS fits."""


@dataclass(frozen=True, slots=True)
class Text:
    """A template: subject (e-mail only) and body, with `$clinic` and the other placeholders."""

    subject: str
    body: str


_PHONE: Final = {"en": "Tel $phone.", "de": "Tel. $phone.", "es": "Tel. $phone.", "fr": "Tél. $phone."}
_STOP: Final = {
    "en": "Reply STOP to opt out.",
    "de": "Abmelden: STOP.",
    "es": "Baja: responda STOP.",
    "fr": "STOP pour ne plus recevoir.",
}
_ANSWER: Final = {
    "en": "Reply C to confirm, STOP to opt out.",
    "de": "Antwort C: bestätigen, STOP: abmelden.",
    "es": "Responda C: confirmar, STOP: baja.",
    "fr": "Répondez C: confirmer, STOP: arrêter.",
}
_TELL_US: Final = {
    "en": "To stop these messages, please tell us.",
    "de": "Wenn Sie keine Nachrichten mehr möchten, sagen Sie uns bitte Bescheid.",
    "es": "Si no desea recibir más mensajes, díganoslo.",
    "fr": "Pour ne plus recevoir ces messages, dites-le-nous.",
}
_SAYING: Final = {
    "en": {
        "confirmation": ("Your appointment on $date", "$clinic: your appointment is on $date at $time."),
        "rescheduled": ("Your appointment was moved to $date", "$clinic: your appointment is now on $date at $time."),
        "cancelled": ("Your appointment was cancelled", "$clinic: your appointment on $date at $time is cancelled."),
        "reminder": ("Reminder: your appointment on $date", "$clinic: reminder of your appointment on $date at $time."),
        "waitlist-offer": (
            "An appointment is free on $date",
            "$clinic: an appointment is free on $date at $time. Call us by $until to take it.",
        ),
        "waitlist-gone": (
            "That appointment is taken",
            "$clinic: the appointment on $date at $time is taken by now. You stay on the waiting list.",
        ),
        "appointment-list": ("Your appointments", "$clinic: these appointments are booked for you."),
    },
    "de": {
        "confirmation": ("Ihr Termin am $date", "$clinic: Ihr Termin ist am $date um $time."),
        "rescheduled": ("Ihr Termin wurde auf $date verlegt", "$clinic: Ihr Termin ist jetzt am $date um $time."),
        "cancelled": ("Ihr Termin wurde abgesagt", "$clinic: Ihr Termin am $date um $time ist abgesagt."),
        "reminder": ("Erinnerung: Ihr Termin am $date", "$clinic: Erinnerung an Ihren Termin am $date um $time."),
        "waitlist-offer": (
            "Ein Termin ist frei am $date",
            "$clinic: am $date um $time ist ein Termin frei. Rufen Sie bis $until an, wenn Sie ihn möchten.",
        ),
        "waitlist-gone": (
            "Dieser Termin ist vergeben",
            "$clinic: der Termin am $date um $time ist schon vergeben. Sie bleiben auf der Warteliste.",
        ),
        "appointment-list": ("Ihre Termine", "$clinic: diese Termine sind für Sie vereinbart."),
    },
    "es": {
        "confirmation": ("Su cita del $date", "$clinic: su cita es el $date a las $time."),
        "rescheduled": ("Su cita se ha cambiado al $date", "$clinic: su cita es ahora el $date a las $time."),
        "cancelled": ("Su cita se ha cancelado", "$clinic: su cita del $date a las $time se ha cancelado."),
        "reminder": ("Recordatorio: su cita del $date", "$clinic: le recordamos su cita del $date a las $time."),
        "waitlist-offer": (
            "Hay una cita libre el $date",
            "$clinic: hay una cita libre el $date a las $time. Llámenos antes de las $until si la desea.",
        ),
        "waitlist-gone": (
            "Esa cita ya no está libre",
            "$clinic: la cita del $date a las $time ya está dada. Usted sigue en la lista de espera.",
        ),
        "appointment-list": ("Sus citas", "$clinic: estas son sus citas reservadas."),
    },
    "fr": {
        "confirmation": ("Votre rendez-vous du $date", "$clinic: votre rendez-vous est le $date à $time."),
        "rescheduled": ("Votre rendez-vous a été déplacé au $date", "$clinic: votre rendez-vous est le $date à $time."),
        "cancelled": ("Votre rendez-vous est annulé", "$clinic: votre rendez-vous du $date à $time est annulé."),
        "reminder": ("Rappel: votre rendez-vous du $date", "$clinic: rappel de votre rendez-vous du $date à $time."),
        "waitlist-offer": (
            "Un rendez-vous est libre le $date",
            "$clinic: rendez-vous libre le $date à $time. Appelez-nous avant $until.",
        ),
        "waitlist-gone": (
            "Ce rendez-vous est pris",
            "$clinic: le rendez-vous du $date à $time est pris. Vous restez sur liste d'attente.",
        ),
        "appointment-list": ("Vos rendez-vous", "$clinic: voici les rendez-vous prévus pour vous."),
    },
}
_REPLY_YES: Final = {
    "en": "$clinic: an appointment is free on $date at $time. Reply YES by $until to take it, or NO.",
    "de": "$clinic: am $date um $time ist ein Termin frei. Antwort bis $until: JA oder NEIN.",
    "es": "$clinic: hay una cita libre el $date a las $time. Responda SI antes de las $until, o NO.",
    "fr": "$clinic: rendez-vous libre le $date à $time. Répondez OUI avant $until, ou NON.",
}
"""What an SMS offers that can be answered."""
_TOGETHER: Final = {
    "en": ("All $count dates: $dates.", "$count dates from $first to $last.", "$count dates until $last."),
    "de": ("Alle $count Termine: $dates.", "$count Termine vom $first bis $last.", "$count Termine bis $last."),
    "es": ("Las $count citas: $dates.", "$count citas del $first al $last.", "$count citas hasta el $last."),
    "fr": (
        "Les $count rendez-vous: $dates.",
        "$count rendez-vous du $first au $last.",
        "$count dates jusqu'au $last.",
    ),
}
"""What is said of dates that are told in one message: all of them if they are few, else the first and the last; in an
SMS the last, as the first is told before it."""
MOST_NAMED: Final = 12
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


def default_text(kind: str, channel: Channel, language: str, *, answers: bool = False) -> Text:
    """Return the default template of a kind of message; KeyError for a kind that has none.

    `answers`: the number an SMS comes from takes answers, so a reminder and an offer ask for one.
    """
    if kind in ONLY_EMAIL and channel is not Channel.EMAIL:
        raise KeyError(kind)
    subject, saying = _SAYING[language][kind]
    place: tuple[str, ...] = () if kind in _NO_PLACE else ("$place.",)
    if channel is Channel.SMS and answers and kind == "waitlist-offer":
        saying = _REPLY_YES[language]
    if kind == Kind.APPOINTMENT_LIST:
        place = ("", "$list", "")
    if channel is not Channel.SMS:
        return Text(f"$clinic: {subject}", "\n".join((saying, *place, _PHONE[language], "", _TELL_US[language])))
    end = _ANSWER if answers and kind == "reminder" else _STOP
    return Text("", "\n".join((saying, *place, _PHONE[language], end[language])))


def told_together(walls: Sequence[datetime], channel: Channel, language: str) -> str:
    """Return the line that names several dates (local times, in order): all in an e-mail, if they are few."""
    named, spanned, short = _TOGETHER[language]
    text = short if channel is Channel.SMS else spanned if len(walls) > MOST_NAMED else named
    first, last = (spoken_date(wall, language) for wall in (walls[0], walls[-1]))
    dates = ", ".join(f"{spoken_date(wall, language)} {wall:%H:%M}" for wall in walls)
    return Template(text).substitute(count=len(walls), dates=dates, first=first, last=last)


def told_list(visits: Sequence[tuple[datetime, str]], language: str) -> str:
    """Return a line for each visit: when it is (local time), and where."""
    return "\n".join(f"{spoken_date(wall, language)} {wall:%H:%M}, {place}" for wall, place in visits)


def with_line(text: Text, line: str) -> Text:
    """Return a template that says one line more, after its first."""
    first, *rest = text.body.splitlines() or [""]
    return Text(text.subject, "\n".join((first, line.replace("$", "$$"), *rest)))


def render(text: Text, channel: Channel, values: Mapping[str, str], *, shorten: bool = True) -> tuple[str, str]:
    """Return (subject, body) with `values` put in for the placeholders, each a plain string on one line, but
    for `list`.

    `shorten`: an SMS is made to fit one segment, in plain letters where its alphabet lacks some, the place and then the
    clinic's name cut short; what a clinic wrote itself is left as it is.
    """
    plain = {name: " ".join(values.get(name, "").split()) for name in PLACEHOLDERS}
    plain["list"] = "\n".join(" ".join(line.split()) for line in values.get("list", "").splitlines())
    if channel is not Channel.SMS:
        return Template(text.subject).safe_substitute(plain), "\n".join(_filled(text.body, plain))
    if not shorten:
        return "", "\n".join(_filled(text.body, plain)).strip()
    body = ""
    for longest_place, longest_name in _FITTING:
        plain["place"] = shortened(plain["place"], longest_place)
        plain["clinic"] = shortened(plain["clinic"], longest_name)
        body = to_gsm7(" ".join(filter(None, _filled(text.body, plain))))
        if gsm7_length(body) <= SMS_LENGTH:
            break
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
