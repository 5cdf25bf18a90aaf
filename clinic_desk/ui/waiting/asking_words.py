"""What an offer by message is called on screen: who is asked and until when, what came of it, and why not."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.asking import AlreadyOffered, Asking, NobodyAsked, Round, RoundOver, RoundState, Standing
from clinic_desk.domain.records import Channel, Clinic
from clinic_desk.domain.wall import to_wall
from clinic_desk.errors import ClinicDeskError
from clinic_desk.ui.booking.words import one_line, relative_day_text, time_text
from clinic_desk.ui.waiting.words import trouble_text

translate = QCoreApplication.translate
_MOST_NAMED = 3


def until_text(asking: Asking, zone: str, now: datetime) -> str:
    """Return `until 10:20`, with the day if it is another one; `from 09:00` too if she is not asked yet."""
    if asking.until_at is None or asking.asked_at is None:
        return ""
    until = _moment(asking.until_at, zone, now)
    if asking.asked_at > now and (asking.asked_at - now).total_seconds() > 60:
        return translate("waiting", "from {from_} until {until}").format(
            from_=_moment(asking.asked_at, zone, now), until=until
        )
    return translate("waiting", "until {until}").format(until=until)


def _moment(instant: datetime, zone: str, now: datetime) -> str:
    wall, today = to_wall(instant, zone), to_wall(now, zone).date()
    return time_text(wall) if wall.date() == today else f"{relative_day_text(wall.date(), today)} {time_text(wall)}"


def channel_text(channel: Channel | None) -> str:
    """Return by what she is asked."""
    return translate("waiting", "e-mail") if channel is Channel.EMAIL else translate("waiting", "SMS")


def asking_text(asking: Asking, zone: str, now: datetime) -> str:
    """Return how it stands with one patient, in a few words; nothing for somebody who has not had her turn."""
    match asking.state:
        case Standing.QUEUED:
            return ""
        case Standing.ASKED if asking.answered_at is not None:
            return translate("waiting", "said yes")
        case Standing.ASKED:
            return translate("waiting", "asked {until}").format(until=until_text(asking, zone, now))
        case Standing.SKIPPED:
            return reason_text(asking.reason)
        case _:
            return {
                Standing.TAKEN: translate("waiting", "takes it"),
                Standing.DECLINED: translate("waiting", "said no"),
                Standing.LAPSED: translate("waiting", "no answer"),
                Standing.WITHDRAWN: translate("waiting", "called back"),
                Standing.LOST: translate("waiting", "was too late"),
            }[asking.state]


def reason_text(reason: str) -> str:
    """Return why somebody was not asked."""
    return {
        "no-channel": translate("waiting", "gets no messages"),
        "opted-out": translate("waiting", "wants no messages"),
        "unusable-address": translate("waiting", "cannot be reached"),
        "no-address": translate("waiting", "cannot be reached"),
        "too-soon": translate("waiting", "too soon for a message"),
        "quiet-hours": translate("waiting", "quiet hours"),
        "no-fit": translate("waiting", "does not fit any more"),
        "not-sent": translate("waiting", "message did not leave"),
    }.get(reason, translate("waiting", "message failed"))


def round_text(standing: Round, now: datetime) -> str:
    """Return how it stands with a gap that is offered by message, in a sentence."""
    zone, asked = standing.gap.zone, standing.asked
    if standing.state is RoundState.RUNNING and asked is not None:
        who, left = one_line(asked.name), len(standing.queued)
        if asked.answered_at is not None:
            return translate("waiting", "{name} said yes and is being booked.").format(name=who)
        told = translate("waiting", "{name} is asked by {channel} {until}.").format(
            name=who, channel=channel_text(asked.channel), until=until_text(asked, zone, now)
        )
        if asked.channel is Channel.EMAIL:
            told += " " + translate("waiting", "The answer comes by phone.")
        return f"{told} {_left_text(left)}"
    return {
        RoundState.RUNNING: translate("waiting", "The next one is being asked…"),
        RoundState.TAKEN: translate("waiting", "It was taken."),
        RoundState.OVER: translate("waiting", "Offered by message: nobody took it."),
        RoundState.LOST: translate("waiting", "It was not free any more."),
        RoundState.WITHDRAWN: translate("waiting", "The offer by message was withdrawn."),
    }[standing.state]


def _left_text(left: int) -> str:
    if left == 0:
        return translate("waiting", "Nobody is left after that.")
    return translate("waiting", "Then 1 more.") if left == 1 else translate("waiting", "Then {n} more.").format(n=left)


def news_text(standing: Round, when: str) -> str:
    """Return what came of a round that this desk began; nothing for what needs no telling."""
    taken = next((one for one in standing.askings if one.state is Standing.TAKEN), None)
    if standing.state is RoundState.TAKEN and taken is not None and taken.reason != "at-desk":
        return translate("waiting", "{name} takes {when} and is booked.").format(name=one_line(taken.name), when=when)
    if standing.state is RoundState.OVER:
        return translate("waiting", "{when}: nobody took it. It is still free.").format(when=when)
    return ""


def refusal_text(error: ClinicDeskError, clinic: Clinic, zone: str, now: datetime) -> str:
    """Return why it was not offered, or not asked on."""
    if isinstance(error, AlreadyOffered):
        return translate("waiting", "This time is offered already, by {who}: {how}").format(
            who=one_line(error.standing.by), how=round_text(error.standing, now)
        )
    if isinstance(error, NobodyAsked):
        named = [f"{one_line(name)} ({reason_text(why)})" for name, why in error.reasons[:_MOST_NAMED]]
        told = translate("waiting", "Nobody can be asked by message.")
        return " ".join((told, ", ".join(named) + ".")) if named else told
    if isinstance(error, RoundOver):
        return translate("waiting", "The offer went on meanwhile: {how}").format(how=round_text(error.now, now))
    return trouble_text(error, clinic, zone)
