"""Why a message was not sent, as a sentence that says what to do: one table from code to words.

The codes are the provider's own (21614, 550) and the queue's words (quiet-hours); `senders/twilio_codes.py` and the
SMTP sender know what they do to the queue. A code that is not here is shown with the English sentence of the row.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from clinic_desk.ui.booking.words import one_line

translate = QCoreApplication.translate

_ADDRESS = {"21211", "21214", "21217", "21265"}
_LANDLINE = {"21614", "21635", "30006"}
_SIGN_IN = {"20003", "20006", "401", "403", "530", "534", "535"}
_SENDER = {"21212", "21603", "21606", "21659", "21660", "21661", "21701", "21703", "21704", "21705"}
_TRIAL = {"21608", "21219"}
_MAILBOX = {"550", "551", "553", "5.1.1", "5.1.2"}
_PASSING = {"30001", "30003", "30008"}


def reason_text(code: str, error: str = "") -> str:
    """Return why, and what to do; `error` is the English sentence of the row, for a code that is not known here."""
    known = _known(code)
    if known:
        return known
    told = one_line(error)
    if told and code and code not in told:
        return translate("messages", "{error} ({code})").format(error=told, code=code)
    return told or (translate("messages", "reason not known ({code})").format(code=code) if code else "")


def _known(code: str) -> str:
    for codes, told in _families():
        if code in codes:
            return told().format(code=code)
    return _words().get(code, "")


def _families() -> tuple[tuple[set[str], Callable[[], str]], ...]:
    return (
        (_LANDLINE, lambda: translate("messages", "number is a landline ({code}) · try e-mail, or call")),
        (_ADDRESS, lambda: translate("messages", "not a valid number ({code}) · correct it with the patient")),
        (_MAILBOX, lambda: translate("messages", "this mailbox does not exist ({code}) · correct the address")),
        (_SIGN_IN, lambda: translate("messages", "the provider refused the sign-in ({code}) · a manager: Settings")),
        (_SENDER, lambda: translate("messages", "the clinic's number cannot send ({code}) · a manager: Settings")),
        (_TRIAL, lambda: translate("messages", "a trial account sends to verified numbers only ({code})")),
        (_PASSING, lambda: translate("messages", "the phone could not be reached ({code}) · retry later, or call")),
    )


def _words() -> dict[str, str]:
    return {
        "quiet-hours": translate("messages", "held back by the quiet hours · send now, or call"),
        "no-address": translate("messages", "no address is known · ask for one, or call"),
        "opted-out": translate("messages", "the patient wants no messages · call"),
        "unusable-address": translate("messages", "this address cannot be reached · correct it, or call"),
        "unusable": translate("messages", "this address cannot be reached · correct it, or call"),
        "too-late": translate("messages", "it was too late for it · call if the patient must know"),
        "superseded": translate("messages", "replaced: the appointment was changed"),
        "rule-changed": translate("messages", "no rule asks for it any more, or it goes another way"),
        "dates-changed": translate(
            "messages", "some of its dates were changed meanwhile · send it again to name them as they are"
        ),
        "list-changed": translate(
            "messages", "the patient's appointments were changed meanwhile · send the list again"
        ),
        "appointment-gone": translate("messages", "the appointment is not booked any more"),
        "patient-changed": translate("messages", "the appointment is another patient's now"),
        "rendering": translate("messages", "the text could not be made · a manager: check the texts"),
        "gave-up": translate("messages", "tried many times without success · retry, or call"),
        "restored": translate("messages", "a backup was restored, and what was due may have gone already"),
        "lease-lost": translate("messages", "the desk that sent it stopped in the middle · being looked after"),
        "recalled": translate("messages", "taken back at a desk"),
        "other-channel": translate("messages", "sent by the other channel instead"),
        "send-now": translate("messages", "asked for at a desk: leaves now"),
        "21610": translate("messages", "opted out with STOP (21610) · call; START to the number allows it again"),
        "21408": translate("messages", "the account may not send to this country (21408) · a manager: Settings"),
        "21612": translate("messages", "the clinic's number cannot reach this one (21612) · call"),
        "21617": translate("messages", "the text is too long (21617) · a manager: shorten it"),
        "30002": translate("messages", "the provider suspended the account (30002) · a manager: Settings"),
        "20005": translate("messages", "the provider suspended the account (20005) · a manager: Settings"),
        "30004": translate("messages", "the carrier blocked it (30004) · call"),
        "30005": translate("messages", "number unknown or out of service (30005) · correct it, or call"),
        "30007": translate("messages", "the carrier took it for spam (30007) · call"),
        "30034": translate("messages", "the clinic's number is not registered (30034) · a manager: Settings"),
        "20404": translate("messages", "the provider does not know the account (20404) · a manager: Settings"),
        "21602": translate("messages", "the message has no text (21602) · a manager: check the texts"),
        "30010": translate("messages", "dearer than the account allows (30010) · a manager: the provider's limits"),
        "30032": translate("messages", "the clinic's number is not verified yet (30032) · a manager: the provider"),
        "30036": translate("messages", "the provider could not send it in time (30036) · call"),
        "absent": translate("messages", "it had not reached the provider · it is sent again"),
        "no-answer": translate("messages", "the provider did not answer · it is being found out"),
        "connection-lost": translate("messages", "the connection to the provider was lost"),
        "dns": translate("messages", "the mail server's name is not known · check the network, then Settings"),
        "connect": translate("messages", "the mail server cannot be reached · check the network, then Settings"),
        "tls": translate("messages", "the secure connection to the mail server failed · a manager: Settings"),
        "settings": translate("messages", "the mail server's settings cannot be used · a manager: Settings"),
        "no-starttls": translate("messages", "the mail server offers no secure connection · a manager: Settings"),
        "no-auth": translate("messages", "the mail server takes no password here · a manager: Settings"),
        "certificate": translate("messages", "the mail server's certificate is not valid · a manager: Settings"),
        "smtputf8": translate("messages", "the mail server cannot take this address · call"),
        "from-address": translate("messages", "the clinic's own address cannot be used · a manager: Settings"),
        "no-folder": translate("messages", "the folder for messages cannot be written to · a manager: Settings"),
        "folder": translate("messages", "written to a folder: nobody was told"),
        "bug": translate("messages", "the program failed at this one · call, and tell who installs the program"),
        "452": translate("messages", "the mailbox is full (452) · call"),
        "552": translate("messages", "the mailbox is full (552) · call"),
        "554": translate("messages", "the mail server refused it (554) · call"),
    }
