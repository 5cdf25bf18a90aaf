"""What trying a channel out brought, and where its password is, in sentences that say what to change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.messaging import Answer, Messaging, Outcome
from clinic_desk.domain.records import Channel
from clinic_desk.ui.booking.words import one_line

translate = QCoreApplication.translate
_SIGN_IN = frozenset({"530", "534", "535"})
_TOKEN = frozenset({"20003", "20006", "401", "403"})
_SENDER = frozenset({"21212", "21603", "21606", "21659", "21660", "21661", "21701", "21703", "21704", "21705"})


def checked_text(outcome: Outcome, settings: Messaging, channel: Channel, folder: Path | None) -> tuple[str, str]:
    """Return (sentence, role) of a test of the connection, which sent nothing."""
    if outcome.answer is not Answer.SENT:
        return wrong_text(outcome), "danger"
    if outcome.code == "folder":
        told = translate("settings", "The folder can be written to: {folder}. Nobody is told.")
        return told.format(folder=folder), "warning"
    if outcome.code == "trial":
        return translate("settings", "It works, but a trial account sends to verified numbers only."), "warning"
    host = settings.smtp_host if channel is Channel.EMAIL else settings.twilio_base_url or "Twilio"
    return translate("settings", "It works: {host} answered and took the sign-in. Nothing was sent.").format(
        host=one_line(host)
    ), "ok"


def sent_text(outcome: Outcome, address: str, folder: Path | None) -> tuple[str, str]:
    """Return (sentence, role) of a test message."""
    if outcome.answer is Answer.UNKNOWN:
        return translate("settings", "The provider did not answer: it may have gone. Look whether it came."), "warning"
    if outcome.answer is not Answer.SENT:
        return wrong_text(outcome), "danger"
    if outcome.code == "folder":
        return translate("settings", "Written to {folder}: nobody was told.").format(folder=folder), "warning"
    return translate("settings", "Sent to {address}.").format(address=one_line(address)), "ok"


def wrong_text(outcome: Outcome) -> str:
    """Return what is wrong and what to change; a code not known here keeps the sender's English sentence."""
    for codes, told in _families():
        if outcome.code in codes:
            return told().format(code=outcome.code)
    known = {**_missing(), **_mail(), **_twilio()}.get(outcome.code)
    if outcome.code in {"connect", "certificate", "no-answer", "unreadable"} and outcome.reason:
        known = None  # either provider's: the sender says which, and where
    if known:
        return known
    reason = one_line(outcome.reason)
    if outcome.code and outcome.code not in reason:
        return translate("settings", "{reason} (code {code})").format(reason=reason, code=outcome.code)
    return reason or translate("settings", "It did not work. Please try again.")


def _families() -> tuple[tuple[frozenset[str], Callable[[], str]], ...]:
    return (
        (
            _SIGN_IN,
            lambda: translate(
                "settings",
                "The mail server refused user name and password ({code}). Check both; many providers want an app"
                " password.",
            ),
        ),
        (
            _TOKEN,
            lambda: translate(
                "settings", "Twilio refused the sign-in ({code}). Check the account SID, and the auth token or API key."
            ),
        ),
        (
            _SENDER,
            lambda: translate(
                "settings", "The clinic's number cannot send ({code}). Choose one of the Twilio account's numbers."
            ),
        ),
    )


def _missing() -> dict[str, str]:
    return {
        "off": translate("settings", "This channel is off: choose first how its messages go."),
        "no-host": translate("settings", "Type the name of the mail server first."),
        "no-from-address": translate("settings", "Type the sending address first."),
        "no-password": translate("settings", "The password is not known on this PC. Type it below."),
        "insecure": translate("settings", "Without encryption only a server on this computer may be used."),
        "no-account": translate("settings", "Type the account SID first: AC and 32 digits or letters."),
        "no-token": translate("settings", "The auth token or API key is not known on this PC. Type it below."),
        "no-number": translate("settings", "Type the sending number, or the messaging service."),
        "bad-base-url": translate("settings", "The base address must begin with https://."),
        "strange-host": translate(
            "settings", "This PC gives the credentials to Twilio only. Who installs it can allow another host."
        ),
        "no-folder": translate("settings", "The folder for messages cannot be written to. Ask who installs this."),
    }


def _mail() -> dict[str, str]:
    return {
        "dns": translate("settings", "Nobody knows a mail server of this name. Check its spelling, and the network."),
        "tls": translate("settings", "No secure connection came about. Try the other encryption, or another port."),
        "no-starttls": translate("settings", "The mail server offers no STARTTLS. Try TLS on port 465."),
        "no-auth": translate("settings", "The mail server takes no password on this port. Check server and port."),
        "from-address": translate("settings", "The sending address, or that for answers, cannot be used."),
        "unusable-address": translate("settings", "There can be no message to this address. Check it."),
    }


def _twilio() -> dict[str, str]:
    return {
        "20404": translate("settings", "Twilio does not know this account. Check the account SID."),
        "20005": translate("settings", "Twilio suspended or closed this account. Sign in at Twilio to see why."),
        "21211": translate("settings", "This is not a number that an SMS can go to (21211)."),
        "21614": translate("settings", "This is not a mobile number (21614)."),
        "21608": translate("settings", "A trial account sends to verified numbers only (21608)."),
        "21408": translate("settings", "The account may not send to this country (21408). Allow it at Twilio."),
        "21610": translate("settings", "This number opted out with STOP (21610)."),
    }


def source_text(source: str, variable: str) -> tuple[str, str]:
    """Return (sentence, role): where the password in force comes from; `variable`: the environment's name of it."""
    if source == "environment":
        told = translate("settings", "In force: the environment variable {name} of this PC. It goes before a keyring.")
        return told.format(name=variable), "ok"
    if source == "database":
        return translate("settings", "In force: the clinic's own, kept encrypted for every PC that sends."), "ok"
    if source == "keyring":
        return translate("settings", "In force: what this PC's keyring holds."), "ok"
    return translate("settings", "Not known on this PC."), "warning"


def keyring_text(code: str) -> str:
    """Return why this PC's keyring cannot be used, and what to do."""
    return {
        "keyring-none": translate(
            "settings",
            "This PC has no keyring for passwords, and none is written to a file. Set it in the environment: {name}.",
        ),
        "keyring-unsafe": translate(
            "settings",
            "This PC's keyring keeps passwords in plain text and is not used. Set it in the environment: {name}.",
        ),
        "keyring-locked": translate("settings", "This PC's keyring is locked. Unlock it, then try again."),
        "clinic-key-missing": translate(
            "settings", "This PC does not have the clinic key. Enter it first, under Clinic key."
        ),
        "clinic-key-wrong": translate(
            "settings", "This PC has another clinic key than the one in use. Enter that first, under Clinic key."
        ),
        "keyring-slow": translate("settings", "This PC's keyring does not answer. Unlock it, then try again."),
    }.get(code, translate("settings", "This PC's keyring cannot be used. Set it in the environment: {name}."))
