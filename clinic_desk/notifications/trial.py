"""Tries a channel out: tests connection and credentials, sends one test message. Waits: not on the GUI thread.

The Outcome's `code` is for the GUI to translate, its `reason` says in English what to change; SENT means: fine.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from clinic_desk.domain.ids import new_id
from clinic_desk.domain.messaging import Kind, Outgoing
from clinic_desk.notifications.senders import make_sender, why_not

if TYPE_CHECKING:
    from pathlib import Path

    from clinic_desk.domain.messaging import Messaging, Outcome
    from clinic_desk.domain.records import Channel
    from clinic_desk.notifications.credentials import Credentials


def check_channel(
    settings: Messaging, credentials: Credentials, channel: Channel, *, folder: Path | None = None
) -> Outcome:
    """Test a channel as the settings have it (they need not be saved), without sending anything."""
    missing = why_not(settings, credentials, channel, folder)
    if missing is not None:
        return missing
    sender = make_sender(settings, credentials, channel, folder)
    try:
        return sender.check()
    finally:
        sender.close()


def send_test(  # noqa: PLR0917 - what a message is made of
    settings: Messaging,
    credentials: Credentials,
    channel: Channel,
    address: str,
    subject: str,
    body: str,
    *,
    folder: Path | None = None,
) -> Outcome:
    """Send one message past the queue, about no appointment, to an address the user typed."""
    missing = why_not(settings, credentials, channel, folder)
    if missing is not None:
        return missing
    message = Outgoing(
        id=new_id(),
        kind=Kind.CONFIRMATION,
        channel=channel,
        recipient=address.strip(),
        subject=subject,
        body=body,
        language="",
        created_at=datetime.now(UTC),
    )
    sender = make_sender(settings, credentials, channel, folder)
    try:
        return sender.send(message)
    finally:
        sender.close()
