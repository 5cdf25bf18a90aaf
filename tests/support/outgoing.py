"""Messages as the queue hands them to a sender."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from clinic_desk.domain.messaging import Kind, Outgoing
from clinic_desk.domain.records import Channel

NOON: Final = datetime(2031, 3, 3, 12, tzinfo=UTC)
ROW: Final = UUID("01890000-0000-7000-8000-00000000abcd")
APPOINTMENT: Final = UUID("01890000-0000-7000-8000-000000000a11")


def email(**others: Any) -> Outgoing:
    """A confirmation by e-mail."""
    given: dict[str, Any] = {
        "id": ROW,
        "kind": Kind.CONFIRMATION,
        "channel": Channel.EMAIL,
        "recipient": "anna@example.org",
        "subject": "Mitte: Your appointment on Mon 3 Mar 2031",
        "body": "Mitte: your appointment is on Mon 3 Mar 2031 at 14:00.\nHauptstraße 1.\n\nTel. 030 1234567.",
        "language": "en",
        "created_at": NOON,
        "not_after": NOON + timedelta(hours=1),
        "sending_started_at": NOON + timedelta(seconds=30),
        "uid": APPOINTMENT,
        "sequence": 1,
        "starts_at": NOON + timedelta(hours=1),
        "ends_at": NOON + timedelta(hours=1, minutes=15),
        "zone": "Europe/Berlin",
        "place": "Hauptstraße 1",
        "clinic": "Mitte",
        "phone": "030 1234567",
    }
    return Outgoing(**(given | others))


def sms(**others: Any) -> Outgoing:
    """A confirmation by SMS."""
    given: dict[str, Any] = {
        "channel": Channel.SMS,
        "recipient": "+493012345671",
        "subject": "",
        "body": "Mitte: your appointment is on Mon 3 Mar 2031 at 14:00. Hauptstr. 1. Tel. 030 1234567. Reply STOP.",
    }
    return email(**(given | others))
