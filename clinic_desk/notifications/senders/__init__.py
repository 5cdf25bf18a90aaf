"""Hands messages to providers: SMTP, Twilio, or a folder. Heavy libraries are imported when a sender is made."""

from clinic_desk.notifications.senders.making import make_sender, make_senders, why_not

__all__ = ["make_sender", "make_senders", "why_not"]
