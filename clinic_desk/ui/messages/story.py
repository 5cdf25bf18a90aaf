"""What happened to a message, step by step, in words; and why something that was asked for was not done."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.message_list import MessageRefused, MessageRow, Step, Why
from clinic_desk.domain.messaging import QueueStatus
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.messages.reasons import reason_text
from clinic_desk.ui.messages.states import status_look
from clinic_desk.ui.messages.words import channel_text

translate = QCoreApplication.translate
_Q = QueueStatus


def steps_of(row: MessageRow) -> list[tuple[Step, str, str]]:
    """Return (step, what happened, role) of a message's story, oldest first."""
    lines = []
    before: Step | None = None
    for step in row.log:
        text, role = _step_text(row, before, step)
        lines.append((step, text, role))
        before = step
    return lines


def _step_text(row: MessageRow, before: Step | None, step: Step) -> tuple[str, str]:
    by = one_line(step.by)
    if before is None:
        return _first_text(row, step, by)
    if step.dealt:
        return _taken_care_text(step, by), ""
    if step.status is _Q.PENDING:
        return _back_text(before, step, by)
    why = reason_text(step.code, step.error)
    plain = {
        _Q.LEASED: translate("messages", "due, claimed by {who}").format(who=by),
        _Q.SENDING: translate("messages", "handed to the provider"),
        _Q.CANCELLED: " · ".join(part for part in (translate("messages", "cancelled"), why) if part),
    }.get(step.status)
    if plain is not None:
        return plain, ""
    look = status_look(step.status, checking=step.status is _Q.UNKNOWN)
    if step.status in {_Q.FAILED, _Q.EXPIRED, _Q.UNKNOWN}:
        return why or look.word, look.role
    return look.text, look.role


def _first_text(row: MessageRow, step: Step, by: str) -> tuple[str, str]:
    if step.status is _Q.PENDING:
        return translate("messages", "written by {who}").format(who=by), ""
    return reason_text(step.code or row.code, step.error) or status_look(step.status).word, "danger"


def _taken_care_text(step: Step, by: str) -> str:
    if step.dealt == "call":
        return translate("messages", "{who} will call").format(who=by)
    if step.dealt in {"email", "sms"}:
        return translate("messages", "sent by {channel} instead").format(channel=channel_text(step.dealt))
    return translate("messages", "done: {who}").format(who=by)


def _back_text(before: Step, step: Step, by: str) -> tuple[str, str]:
    if step.code == "send-now":
        return translate("messages", "{who} wants it sent now").format(who=by), ""
    if before.status in {_Q.FAILED, _Q.EXPIRED, _Q.UNKNOWN}:
        return translate("messages", "tried again by {who}").format(who=by), ""
    why = reason_text(step.code, step.error)
    return why or translate("messages", "put back, to be tried again"), "warning" if why else ""


# --- refusals ---------------------------------------------------------------------------------------------------------


def refusal_text(refused: MessageRefused) -> str:
    """Return why something was not done, and what to do; a worker that was quicker is no trouble, only news."""
    if refused.reason is Why.LEFT and refused.status is not None:
        return translate("messages", "It was quicker than you: {state}.").format(state=status_look(refused.status).word)
    return {
        Why.LEFT: translate("messages", "It has left already."),
        Why.PASSED: translate("messages", "The appointment has begun: it would be too late."),
        Why.CANCELLED: translate("messages", "The appointment is not booked any more: this would not be true."),
        Why.MOVED: translate("messages", "The appointment was moved since: this message tells the old time."),
        Why.OPTED_OUT: translate("messages", "The patient wants no messages. Call, or “Allow again” once she agrees."),
        Why.UNUSABLE: translate("messages", "This address cannot be reached. Correct it with the patient, or call."),
        Why.NO_ADDRESS: translate("messages", "There is no address to send this to. Add one to the patient."),
        Why.QUIET_HOURS: translate("messages", "It is in the quiet hours."),
        Why.PASSED_ON: translate("messages", "Another message was sent in its place already."),
        Why.NO_TEXT: translate("messages", "There is no text for this by that channel."),
        Why.NO_CHANNEL: translate("messages", "The clinic sends no e-mail yet: a manager sets it up in Messages."),
        Why.NOTHING: translate("messages", "Nothing is booked to come: there is no list to send."),
        Why.FILED: translate("messages", "Another desk filed this reply just now."),
    }[refused.reason]
