"""Builds an e-mail as bytes, by the standard library's EmailMessage: the same message is the same bytes at each try."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from clinic_desk.notifications.senders.addresses import ascii_domain, single_address
from clinic_desk.notifications.senders.calendar_part import calendar_part, method_of
from clinic_desk.notifications.senders.cleaning import one_line
from clinic_desk.resources import resource

if TYPE_CHECKING:
    from jinja2 import Template

    from clinic_desk.domain.messaging import Outgoing

_RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur", "yi", "ps", "ku"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Who a clinic's e-mails come from. `name` empty: the clinic's name of each message."""

    address: str
    name: str = ""
    reply_to: str = ""

    @property
    def domain(self) -> str:
        """The domain of Message-IDs and calendar UIDs. Raises UnusableAddress."""
        return ascii_domain(self.address.rpartition("@")[2])


def message_id(message: Outgoing, origin: Origin) -> str:
    """Return the Message-ID of a row of the queue: the same at each try, so that a second copy is known as one."""
    return f"<{message.id}@{origin.domain}>"


def compose(message: Outgoing, origin: Origin) -> bytes:
    """Return the e-mail: plain text, HTML, and a calendar part if it is about an appointment. Lines end with CR LF.

    Raises UnusableAddress for a recipient (or an origin) that is not exactly one address.
    """
    recipient = single_address(message.recipient)
    address = single_address(origin.address)
    policy = SMTP if (recipient + address).isascii() else SMTPUTF8
    mail = EmailMessage(policy=policy)
    mail["From"] = _address(address, one_line(origin.name or message.clinic))
    mail["To"] = _address(recipient)
    if origin.reply_to:
        mail["Reply-To"] = _address(single_address(origin.reply_to))
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = format_datetime(message.created_at.astimezone(UTC).replace(microsecond=0))
    mail["Message-ID"] = message_id(message, origin)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answer is wanted
    mail["X-Auto-Response-Suppress"] = "All"  # the same in Exchange's words
    _fill(mail, message, address, origin.domain)
    language = _language_tag(message.language)
    if language:  # at the end: it would have moved into the first part with what begins with "Content-"
        mail["Content-Language"] = language
    return mail.as_bytes()


def _fill(mail: EmailMessage, message: Outgoing, address: str, domain: str) -> None:
    mail.set_content(_printable(message.body), cte="quoted-printable")
    mail.add_alternative(html_of(message), subtype="html", cte="quoted-printable")
    method = method_of(message)
    if method:
        # Beside the texts, not an alternative to them: many programs show the last alternative they know, alone.
        mail.add_attachment(
            calendar_part(message, address, domain),
            subtype="calendar",
            cte="base64",
            filename="appointment.ics",
            params={"method": method},
        )
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{message.id.hex}_{number}")


def html_of(message: Outgoing) -> str:
    """Return the HTML part: the text's lines, escaped by the template engine. It loads nothing from anywhere."""
    language = _language_tag(message.language)
    return _template().render(
        language=language or "en",
        direction="rtl" if language[:2] in _RIGHT_TO_LEFT else "ltr",
        title=one_line(message.subject),
        clinic=one_line(message.clinic),
        paragraphs=[paragraph.split("\n") for paragraph in _paragraphs(message.body)],
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(resource("messages/email.html").read_text("utf-8"))


def _paragraphs(body: str) -> list[str]:
    lines = "\n".join(line.rstrip() for line in _printable(body).splitlines())
    return [paragraph for paragraph in re.split(r"\n{2,}", lines.strip("\n")) if paragraph]


def _printable(body: str) -> str:
    return "".join(char if char in "\n\t" or char.isprintable() else _kept(char) for char in body)


def _kept(char: str) -> str:
    """Line separators become line breaks; controls and halves of pairs go; other invisible signs (joiners) stay."""
    if char in "\r\v\f\x85\u2028\u2029":
        return "" if char == "\r" else "\n"
    return "" if ord(char) < 0xA0 or "\ud800" <= char <= "\udfff" else char


def _address(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def _language_tag(language: str) -> str:
    tag = language.replace("_", "-")
    return tag if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", tag) else ""
