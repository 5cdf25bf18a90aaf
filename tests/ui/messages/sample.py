"""Messages and replies as the picture of the panel has them, and the channels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from clinic_desk.domain.message_list import (
    Answered,
    Candidate,
    ChannelLine,
    Counts,
    Filter,
    Listing,
    MessageQuery,
    MessageRow,
    ReplyRow,
    Step,
)
from clinic_desk.domain.messaging import ChannelState, Kind, QueueStatus
from clinic_desk.domain.records import AppointmentStatus, Channel

ZONE: Final = "Europe/Berlin"
NOW: Final = datetime(2026, 11, 24, 8, 37, tzinfo=UTC)
"""09:37 in Berlin, a Tuesday."""
S = QueueStatus


def berlin(hour: int, minute: int, day: int = 24, second: int = 0) -> datetime:
    """An instant of November 2026 by the clocks of Berlin."""
    return datetime(2026, 11, day, hour - 1, minute, second, tzinfo=UTC)


def row(number: int, name: str = "Peter Novák", status: QueueStatus = S.PENDING, **others: Any) -> MessageRow:
    """A reminder by SMS, for today at 11 unless told otherwise."""
    given: dict[str, Any] = {
        "kind": Kind.REMINDER,
        "channel": Channel.SMS,
        "address": "+491715550101",
        "shown_address": "+49 171 5550101",
        "due_at": berlin(9, 36),
        "appointment_id": UUID(int=1000 + number),
        "starts_at": berlin(11, 0),
        "zone": ZONE,
        "doctor": "Dr. Okafor",
        "appointment_status": AppointmentStatus.BOOKED,
        "not_after": berlin(11, 0),
        "changed_at": berlin(9, 36),
        "body": "Lindenhof Practice: reminder of your appointment on Tue 24 Nov 2026 at 11:00. Reply STOP to opt out.",
        "log": (Step(berlin(9, 0, 23), S.PENDING, 0, "Julia Brandt"),),
    }
    return MessageRow(
        id=UUID(int=number), status=status, patient_id=UUID(int=500 + number), patient_name=name, **(given | others)
    )


def picture_rows() -> tuple[MessageRow, ...]:
    """The rows of the picture, in its order."""
    steps = (
        Step(berlin(9, 0, 23), S.PENDING, 0, "Julia Brandt"),
        Step(berlin(9, 36), S.LEASED, 0, "Desk 2"),
        Step(berlin(9, 36, second=1), S.SENDING, 1, "Desk 2"),
        Step(berlin(9, 36, second=2), S.FAILED, 1, "Desk 2", "21614", "The number is not a mobile one."),
    )
    return (
        row(1, status=S.FAILED, code="21614", log=steps, other_channel=Channel.EMAIL, noted="unusable", noted_at=NOW),
        row(2, "Arne Holm", S.FAILED, code="21610", noted="opted-out", noted_at=berlin(9, 0, 19)),
        row(
            3,
            "Helena Sá",
            S.UNKNOWN,
            kind=Kind.RESCHEDULED,
            starts_at=berlin(10, 0, 26),
            not_after=berlin(10, 0, 26),
            check_at=berlin(9, 38),
        ),
        row(
            4,
            "Clara Jensen",
            S.PENDING,
            kind=Kind.CONFIRMATION,
            channel=Channel.EMAIL,
            address="clara@example.org",
            shown_address="c***@example.org",
            due_at=NOW + timedelta(seconds=14),
        ),
        row(5, "Lucía Moreno", S.SENDING, due_at=berlin(9, 37)),
        row(
            6,
            "Noah Braun",
            S.DELIVERED,
            due_at=berlin(9, 30),
            sent_at=berlin(9, 30),
            answered=Answered("C", berlin(9, 33), "confirm"),
        ),
        row(7, "Rosa Vidal", S.SENT, due_at=berlin(9, 15), sent_at=berlin(9, 15)),
        row(
            8,
            "Olga Ivanova",
            S.CANCELLED,
            due_at=berlin(9, 12),
            appointment_status=AppointmentStatus.CANCELLED,
            ended_at=berlin(9, 10),
            ended_desk="Desk 2",
        ),
        row(9, "Quentin Roy", S.DELIVERED, due_at=berlin(9, 0), sent_at=berlin(9, 0)),
    )


def channels(sms: ChannelState | None = None, *, by: str = "twilio") -> tuple[ChannelLine, ...]:
    """E-mail and SMS, both working."""
    return (
        ChannelLine(ChannelState(Channel.EMAIL), "smtp", 120),
        ChannelLine(sms or ChannelState(Channel.SMS), by, 60),
    )


def listing(rows: tuple[MessageRow, ...], **others: Any) -> Listing:
    """What the panel is given."""
    whole = Listing(
        MessageQuery(Filter.ALL),
        rows,
        Counts(attention=2, due=17, sent_today=42, replies=1),
        channels(),
        (20 * 60, 9 * 60),
        timedelta(seconds=20),
        has_more=False,
        read_at=NOW,
        zone=ZONE,
    )
    return replace(whole, **others)


def reply(number: int = 1, body: str = "Can I come later?", **others: Any) -> ReplyRow:
    """A reply from a number that a mother and her son share."""
    given: dict[str, Any] = {
        "candidates": (
            Candidate(UUID(int=501), "Anna Meier", UUID(int=1001), berlin(11, 0), ZONE, "Dr. Okafor"),
            Candidate(UUID(int=502), "Jonas Meier"),
        )
    }
    fixed: dict[str, Any] = {"meaning": "other", "status": "open", "version": 1}
    return ReplyRow(UUID(int=number), Channel.SMS, "+49 30 12345671", body, berlin(9, 33), **(fixed | given | others))
