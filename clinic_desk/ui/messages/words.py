"""The words of the Messages panel: what a message is about, when it leaves or left, and why it stands as it does."""

from __future__ import annotations

from datetime import datetime, timedelta

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.message_list import MessageRow
from clinic_desk.domain.messaging import Kind, QueueStatus
from clinic_desk.domain.records import AppointmentStatus, Channel
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import day_text, moment_text, one_line, relative_day_text, time_text
from clinic_desk.ui.messages.reasons import reason_text

translate = QCoreApplication.translate
_Q = QueueStatus
_SOON = timedelta(minutes=15)
"""What leaves within this time is counted down."""


def kind_text(kind: str) -> str:
    """Return what a message tells, as it begins a line."""
    return {
        Kind.CONFIRMATION: translate("messages", "confirmation"),
        Kind.RESCHEDULED: translate("messages", "moved"),
        Kind.CANCELLED: translate("messages", "cancellation"),
        Kind.REMINDER: translate("messages", "reminder"),
        Kind.WAITLIST_OFFER: translate("messages", "offer of a free time"),
        Kind.WAITLIST_GONE: translate("messages", "offered time is taken"),
        Kind.APPOINTMENT_LIST: translate("messages", "list of appointments"),
    }[Kind(kind)]


def channel_text(channel: str) -> str:
    """Return what a channel is called."""
    return {"email": translate("messages", "e-mail"), "sms": translate("messages", "SMS")}.get(channel, channel)


def visit_text(starts_at: datetime | None, zone: str, now: datetime) -> str:
    """Return `today 11:00` or `Tue 24 Nov, 11:00`; nothing without a time."""
    if starts_at is None:
        return ""
    wall, today = to_wall(starts_at, zone), to_wall(now, zone).date()
    day = relative_day_text(wall.date(), today)
    if wall.date() in {today, today + timedelta(days=1)}:
        return f"{day} {time_text(wall)}"
    return f"{day_text(wall.date(), today)}, {time_text(wall)}"


def what_text(row: MessageRow, now: datetime) -> str:
    """Return `reminder · today 11:00`, or `moved to Thu 26 Nov, 10:00`."""
    visit = visit_text(row.starts_at, row.zone, now)
    if row.kind is Kind.RESCHEDULED and visit:
        return translate("messages", "moved to {when}").format(when=visit)
    return " · ".join(part for part in (kind_text(row.kind), visit) if part)


def about_text(row: MessageRow, now: datetime) -> str:
    """Return `reminder for today 11:00, Dr. Okafor`."""
    visit = visit_text(row.starts_at, row.zone, now)
    told = kind_text(row.kind)
    if visit:
        told = translate("messages", "{kind} for {when}").format(kind=told, when=visit)
    return ", ".join(part for part in (told, one_line(row.doctor)) if part)


def when_text(instant: datetime, zone: str, now: datetime) -> str:
    """Return `09:36` of today, else `23 Nov 09:36`."""
    wall = to_wall(instant, zone)
    return time_text(wall) if wall.date() == to_wall(now, zone).date() else moment_text(wall)


def due_text(row: MessageRow, now: datetime) -> str:
    """Return when a message left, or leaves."""
    return when_text(row.sent_at or row.due_at, row.zone, now)


def seconds_left(row: MessageRow, now: datetime) -> int | None:
    """Return in how many seconds what waits will leave; None if it does not, or not soon."""
    left = row.due_at - now
    if row.status is not _Q.PENDING or left > _SOON:
        return None
    return max(0, int(left.total_seconds()))


def why_text(row: MessageRow, now: datetime) -> str:
    """Return what there is to say about a message's state: why it was not sent, when it leaves, what was answered."""
    if row.answered is not None and row.status in {_Q.SENT, _Q.DELIVERED}:
        return _answered_text(row, now)
    if row.dealt_with_by and row.status in {_Q.FAILED, _Q.EXPIRED, _Q.UNKNOWN}:
        return _dealt_text(row)
    told = {
        _Q.PENDING: _waiting_text,
        _Q.UNKNOWN: _unknown_text,
        _Q.CANCELLED: _cancelled_text,
        _Q.FAILED: _failed_text,
        _Q.EXPIRED: _failed_text,
    }.get(row.status)
    return told(row, now) if told is not None else ""


def _answered_text(row: MessageRow, now: datetime) -> str:
    assert row.answered is not None
    at = when_text(row.answered.at, row.zone, now)
    told = translate("messages", "replied “{text}” {at}").format(text=one_line(row.answered.body)[:40], at=at)
    meaning = {
        "confirm": translate("messages", "confirmed"),
        "decline": translate("messages", "does not take it"),
        "stop": translate("messages", "wants no more messages"),
        "start": translate("messages", "wants messages again"),
    }.get(row.answered.meaning, "")
    return " – ".join(part for part in (told, meaning) if part)


def _dealt_text(row: MessageRow) -> str:
    who = one_line(row.dealt_with_by)
    if row.dealt_with_how == "call":
        return translate("messages", "{who} will call").format(who=who)
    if row.dealt_with_how in {"email", "sms"}:
        return translate("messages", "sent by {channel} instead").format(channel=channel_text(row.dealt_with_how))
    return translate("messages", "done: {who}").format(who=who)


def _waiting_text(row: MessageRow, now: datetime) -> str:
    left = seconds_left(row, now)
    if left is None or left > 900:
        return reason_text(row.code, row.error) if row.code not in {"", "send-now"} else ""
    if left == 0:
        return translate("messages", "leaves now") if row.attempts == 0 else _again_text(row)
    if row.attempts:
        return _again_text(row)
    if row.kind in {Kind.REMINDER, Kind.WAITLIST_OFFER}:
        return translate("messages", "in {left}").format(left=left_text(left))
    return translate("messages", "in {left} – undo still recalls it").format(left=left_text(left))


def _again_text(row: MessageRow) -> str:
    told = translate("messages", "tried once, again soon")
    if row.attempts > 1:
        told = translate("messages", "tried {count} times, again soon").format(count=row.attempts)
    why = reason_text(row.code, row.error)
    return f"{told}: {why}" if why else told


def left_text(seconds: int) -> str:
    """Return `14 s` or `3 min`."""
    if seconds < 60:
        return translate("messages", "{count} s").format(count=seconds)
    return translate("messages", "{count} min").format(count=(seconds + 59) // 60)


def _unknown_text(row: MessageRow, now: datetime) -> str:
    if row.check_at is None:
        return translate("messages", "not known whether it went · ask the patient, or send it again")
    at = when_text(row.check_at, row.zone, now)
    return translate("messages", "connection lost after sending; asking the provider at {at}").format(at=at)


def _cancelled_text(row: MessageRow, now: datetime) -> str:
    if row.code in {"recalled", "other-channel"}:
        return reason_text(row.code)
    if row.appointment_status is AppointmentStatus.CANCELLED and row.ended_at is not None:
        at = when_text(row.ended_at, row.zone, now)
        if row.ended_desk:
            told = translate("messages", "appointment was cancelled at {desk}, {at}")
            return told.format(desk=one_line(row.ended_desk), at=at)
        return translate("messages", "appointment was cancelled, {at}").format(at=at)
    return reason_text(row.code or ("superseded" if row.error == "superseded" else ""), row.error)


def _failed_text(row: MessageRow, now: datetime) -> str:
    if row.noted == "opted-out":
        at = "" if row.noted_at is None else day_text(to_wall(row.noted_at, row.zone).date())
        return translate("messages", "opted out with STOP on {day} · call").format(day=at)
    if row.passed_on:
        return translate("messages", "another message was sent in its place")
    code = row.code or ("quiet-hours" if row.error == "quiet-hours" else "")
    if not code and row.status is _Q.EXPIRED:
        code = "too-late"
    return reason_text(code, row.error) or translate("messages", "reason not known · retry, or call")


def by_text(channel: Channel) -> str:
    """Return what the button says that sends by this channel."""
    return translate("messages", "By e-mail") if channel is Channel.EMAIL else translate("messages", "By SMS")
