"""The words of a message: the clinic's own template if it has a sound one, else the default; checks and previews them.

A template is `string.Template` over a dict of plain strings: it can reach nothing but the `PLACEHOLDERS`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from string import Template
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from clinic_desk.domain.messaging import Kind
from clinic_desk.domain.records import Channel
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import InvalidInput
from clinic_desk.notifications.segments import Segments, segments_of
from clinic_desk.notifications.texts import (
    PLACEHOLDERS,
    Text,
    default_text,
    language_of,
    render,
    spoken_date,
    told_list,
    told_together,
    with_line,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from clinic_desk.domain.messaging import MessageText, Messaging
    from clinic_desk.domain.records import Site

_logger = logging.getLogger(__name__)

LONGEST: Final = {"subject": 150, Channel.SMS: 600, Channel.EMAIL: 5000}
"""Characters of a template at most."""
_NEEDED: Final = ("date", "time")
_NEEDED_IN_LIST: Final = ("list",)
_UNTIL_SHOWN: Final = "10:20"
"""In a preview of an offer."""
_CONTROLS: Final = frozenset(map(chr, (*range(9), *range(11, 32), 127, *range(128, 160), 0x2028, 0x2029)))


class TextKey(NamedTuple):
    """What a text is for."""

    kind: str
    channel: Channel
    language: str


OwnTexts: TypeAlias = Mapping[TextKey, Text]
Visit: TypeAlias = "tuple[datetime, Site]"
"""When a visit starts, and where."""


@dataclass(frozen=True, slots=True)
class Words:
    """A rendered message; `subject` is empty for an SMS."""

    subject: str
    body: str
    language: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a patient would read; `segments` for an SMS; `problem`: why the text cannot be saved, None if it can."""

    words: Words
    segments: Segments | None
    problem: InvalidInput | None


def own_texts(texts: Iterable[MessageText]) -> OwnTexts:
    """Return the clinic's own templates by kind, channel and language."""
    return {TextKey(text.kind, text.channel, text.language): Text(text.subject, text.body) for text in texts}


def takes_answers(settings: Messaging) -> bool:
    """Whether patients can answer an SMS: it comes from a number, and not from a name that a service may use."""
    return settings.sms_by == "folder" or (
        settings.sms_by == "twilio" and bool(settings.twilio_number or not settings.twilio_service_sid)
    )


def words_for(
    key: TextKey,
    starts_at: datetime,
    site: Site,
    own: OwnTexts | None = None,
    *,
    answers: bool = False,
    along: Sequence[datetime] = (),
    until: str = "",
    visits: Sequence[Visit] = (),
) -> Words:
    """Return what a patient is told of an appointment; `key.language` is what the patient's record says.

    `along`: the starts of all dates that this one message is about, in order; none for an appointment by itself.
    `until`, `visits`: as `values_of`.
    The default text stands behind an own one that is broken. Raises what rendering the default raises.
    """
    kind, channel, wanted = key
    language = language_of(wanted)
    values = values_of(starts_at, site, language, until, visits)
    text = own.get(TextKey(kind, channel, language)) if own else None
    line = told_together([to_wall(at, site.zone) for at in along], channel, language) if along else ""
    if text is not None and is_sound(text, channel, kind):
        try:
            return Words(*render(_saying(text, line), channel, values, shorten=False), language)
        except Exception as error:  # whatever is wrong with it, the patient is told in the program's words
            _logger.error("the text for %s by %s in %s failed: %s", kind, channel, language, type(error).__name__)
    default = default_text(kind, channel, language, answers=answers)
    subject, body = render(_saying(default, line), channel, values)
    return Words(subject, body, language)


def _saying(text: Text, line: str) -> Text:
    return with_line(text, line) if line else text


def values_of(
    starts_at: datetime, site: Site, language: str, until: str = "", visits: Sequence[Visit] = ()
) -> dict[str, str]:
    """Return what the placeholders stand for, `language` being one of `LANGUAGES`.

    `until`: until when what is offered can be taken, as it is told. `visits`: all that a list names, in order; each is
    told by its own site's clock, which is named if they are not all the same.
    """
    wall = to_wall(starts_at, site.zone)
    return {
        "clinic": site.name,
        "date": spoken_date(wall, language),
        "time": f"{wall:%H:%M}",
        "place": site.address,
        "phone": site.phone,
        "until": until,
        "list": _listed(visits, language),
    }


def _listed(visits: Sequence[Visit], language: str) -> str:
    zones = len({site.zone for _, site in visits}) > 1
    rows = []
    for starts_at, site in visits:
        parts = (site.name, *site.address.splitlines(), f"({site.zone})" if zones else "")
        rows.append((to_wall(starts_at, site.zone), ", ".join(part.strip() for part in parts if part.strip())))
    return told_list(rows, language)


@lru_cache(maxsize=256)
def is_sound(text: Text, channel: Channel, kind: str = "") -> bool:
    """Whether a template could be saved as it is."""
    return _problem(text, channel, kind) is None


def check_text(text: Text, channel: Channel, kind: str = "") -> None:
    """Raise InvalidInput, its field `subject` or `body`, for what must not stand in a template, or is missing there."""
    if channel is Channel.EMAIL:
        _check("subject", text.subject, LONGEST["subject"])
        if not text.subject.strip():
            raise InvalidInput(field="subject", expected="something: an e-mail has a subject")
        if "\n" in text.subject:
            raise InvalidInput(field="subject", expected="one line")
    elif text.subject:
        raise InvalidInput(field="subject", expected="nothing: an SMS has no subject")
    _check("body", text.body, LONGEST[channel])
    needed = _NEEDED_IN_LIST if kind == Kind.APPOINTMENT_LIST else _NEEDED
    missing = [name for name in needed if name not in Template(text.body).get_identifiers()]
    if missing:
        named = " and ".join(f"${name}" for name in missing)
        raise InvalidInput(field="body", expected=f"{named} too: the patient must know when", example=f"${missing[0]}")


def _check(field: str, template: str, longest: int) -> None:
    if len(template) > longest:
        raise InvalidInput(field=field, expected=f"at most {longest} characters")
    if not _CONTROLS.isdisjoint(template) or any("\ud800" <= char <= "\udfff" for char in template):
        raise InvalidInput(field=field, expected="text without control characters")
    parsed = Template(template)
    unknown = sorted(set(parsed.get_identifiers()) - set(PLACEHOLDERS)) if parsed.is_valid() else ["$"]
    if unknown:
        known = ", ".join(f"${name}" for name in PLACEHOLDERS)
        raise InvalidInput(field=field, expected=f"only the placeholders {known} ($$ for a dollar sign)")


# --- for the editor ---------------------------------------------------------------------------------------------------


def preview(
    key: TextKey, starts_at: datetime, site: Site, text: Text | None = None, *, answers: bool = False
) -> Preview:
    """Return what a patient would read of a text that is being written (None: the default), and whether it would do."""
    channel, until = key.channel, _UNTIL_SHOWN if key.kind == Kind.WAITLIST_OFFER else ""
    is_list = key.kind == Kind.APPOINTMENT_LIST
    visits = ((starts_at, site), (starts_at + timedelta(days=7), site)) if is_list else ()
    if text is None:
        words, problem = words_for(key, starts_at, site, answers=answers, until=until, visits=visits), None
    else:
        values = values_of(starts_at, site, key.language, until, visits)
        words = Words(*render(text, channel, values, shorten=False), key.language)
        problem = _problem(text, channel, key.kind)
    return Preview(words, segments_of(words.body) if channel is Channel.SMS else None, problem)


def _problem(text: Text, channel: Channel, kind: str) -> InvalidInput | None:
    try:
        check_text(text, channel, kind)
    except InvalidInput as problem:
        return problem
    return None
