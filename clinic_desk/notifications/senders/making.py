"""Makes the senders that settings and credentials allow, or says what is missing."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.messaging import Answer, Outcome
from clinic_desk.domain.provider_address import LOOPBACK, is_allowed, is_base_url
from clinic_desk.domain.records import Channel

if TYPE_CHECKING:
    from clinic_desk.domain.messaging import Messaging
    from clinic_desk.notifications.credentials import Credentials
    from clinic_desk.notifications.providers import Sender

CA_FILE: Final = "CLINIC_DESK_MAIL_CA_FILE"
"""Environment: a file of certificates to trust for the mail server as well, such as a clinic's own authority."""
TWILIO_HOSTS: Final = "CLINIC_DESK_TWILIO_HOSTS"
"""Environment: hosts that may be given the account's credentials besides Twilio's own, for a clinic with a gateway.

Not a setting of the clinic: who can change what the database holds shall not learn the credentials by it.
"""

_ACCOUNT: Final = re.compile(r"AC[0-9a-fA-F]{32}")
_MISSING: Final = {
    "off": "This channel is switched off.",
    "no-host": "The mail server's name is missing.",
    "no-from-address": "The sending address is missing.",
    "no-password": "The password of the mail account is not known on this PC.",
    "insecure": "E-mail may go without encryption only to this computer itself.",
    "no-account": "The Twilio account SID is missing, or not one (AC and 32 digits).",
    "no-token": "The Twilio auth token is not known on this PC.",
    "no-number": "Neither a sending number nor a messaging service is set.",
    "bad-base-url": "The base address of Twilio must begin with https:// (http:// only for this computer itself).",
    "strange-host": f"The base address is not Twilio's, and this PC does not allow it ({TWILIO_HOSTS}).",
    "no-folder": "No folder is given to write messages to.",
}


def make_senders(settings: Messaging, credentials: Credentials, folder: Path | None) -> dict[Channel, Sender]:
    """Return a sender for each channel that can be used; `why_not` says why one is missing."""
    return {
        channel: make_sender(settings, credentials, channel, folder)
        for channel in (Channel.EMAIL, Channel.SMS)
        if why_not(settings, credentials, channel, folder) is None
    }


def make_sender(settings: Messaging, credentials: Credentials, channel: Channel, folder: Path | None) -> Sender:
    """Return the sender of a channel for which `why_not` is None."""
    if _by(settings, channel) == "folder":
        from clinic_desk.notifications.senders.compose import Origin
        from clinic_desk.notifications.senders.folder import FolderSender

        assert folder is not None
        return FolderSender(channel, folder, Origin(settings.from_address, settings.from_name, settings.reply_to))
    return _smtp(settings, credentials) if channel is Channel.EMAIL else _twilio(settings, credentials)


def why_not(settings: Messaging, credentials: Credentials, channel: Channel, folder: Path | None) -> Outcome | None:
    """Return what is missing before a channel can be used (code and sentence); None when nothing is."""
    by = _by(settings, channel)
    if by == "off":
        code = "off"
    elif by == "folder":
        code = "" if folder is not None else "no-folder"
    elif channel is Channel.EMAIL:
        code = _missing_for_smtp(settings, credentials)
    else:
        code = _missing_for_twilio(settings, credentials)
    if not code:
        return None
    trouble = f" {credentials.trouble}" if code in {"no-password", "no-token"} and credentials.trouble else ""
    return Outcome(Answer.CONFIGURATION, code=code, reason=_MISSING[code] + trouble)


def _by(settings: Messaging, channel: Channel) -> str:
    return settings.email_by if channel is Channel.EMAIL else settings.sms_by


def _from_address(settings: Messaging, credentials: Credentials) -> str:
    return settings.from_address or credentials.email_address


def _missing_for_smtp(settings: Messaging, credentials: Credentials) -> str:
    if not settings.smtp_host:
        return "no-host"
    if not _from_address(settings, credentials):
        return "no-from-address"
    if settings.smtp_security == "none":
        return "" if settings.smtp_host in LOOPBACK else "insecure"
    return "no-password" if settings.smtp_user and not credentials.email_password else ""


def _missing_for_twilio(settings: Messaging, credentials: Credentials) -> str:
    if not _ACCOUNT.fullmatch(credentials.twilio_account_sid or settings.twilio_account_sid):
        return "no-account"
    if not credentials.twilio_auth_token:
        return "no-token"
    if not (settings.twilio_service_sid or credentials.twilio_number or settings.twilio_number):
        return "no-number"
    if not is_base_url(settings.twilio_base_url):
        return "bad-base-url"
    also = frozenset(os.environ.get(TWILIO_HOSTS, "").lower().replace(",", " ").split())
    return "" if is_allowed(settings.twilio_base_url, also) else "strange-host"


def _smtp(settings: Messaging, credentials: Credentials) -> Sender:
    from clinic_desk.notifications.senders.compose import Origin
    from clinic_desk.notifications.senders.smtp import SmtpSender
    from clinic_desk.notifications.senders.smtp_link import MailAccount

    ca_file = os.environ.get(CA_FILE)
    address = _from_address(settings, credentials)
    account = MailAccount(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user or credentials.email_address or address,
        password=credentials.email_password,
        ca_file=Path(ca_file) if ca_file else None,
    )
    return SmtpSender(account, Origin(address, settings.from_name, settings.reply_to))


def _twilio(settings: Messaging, credentials: Credentials) -> Sender:
    from clinic_desk.notifications.senders.twilio import TwilioAccount, TwilioSender

    account = TwilioAccount(
        sid=credentials.twilio_account_sid or settings.twilio_account_sid,
        token=credentials.twilio_auth_token,
        number=credentials.twilio_number or settings.twilio_number,
        service_sid=settings.twilio_service_sid,
        base_url=settings.twilio_base_url,
        key=credentials.twilio_api_key,
    )
    return TwilioSender(account)
