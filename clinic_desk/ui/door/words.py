"""What is said to whoever signs in: why not, who is expected, and what becomes of what is open."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from clinic_desk.errors import Busy, ClinicDeskError, DatabaseDown, LoginClosed, NotAllowed, WrongPassword
from clinic_desk.ui.opening_words import trouble_text

translate = QCoreApplication.translate


def refused_text(error: ClinicDeskError) -> str:
    """Return why nobody came in, and what can be done."""
    if isinstance(error, WrongPassword):
        return translate("door", "The name or the password is not right. Nothing was changed; try again.")
    if isinstance(error, LoginClosed):
        return translate(
            "door", "This login may not sign in any more, or its code is in use elsewhere. A practice manager can help."
        )
    if isinstance(error, NotAllowed):
        return translate("door", "This login has no place in this clinic. Ask a practice manager.")
    if isinstance(error, DatabaseDown):
        return translate(
            "door", "The server cannot be reached, so nobody can sign in. What you typed is still here: try again."
        )
    if isinstance(error, Busy):
        return translate("door", "The server is busy and did not answer in time. Try again.")
    return trouble_text(error)


def wait_text(seconds: int) -> str:
    """Return for how long nobody can try again."""
    return translate("door", "Too many wrong passwords. You can try again in {seconds} s.").format(seconds=seconds)


def locked_text(person: str, *, by_itself: bool) -> str:
    """Return who is expected at a locked desk."""
    if by_itself:
        return translate("door", "{person} is signed in. This desk signs in by itself: Enter shows it again.").format(
            person=person
        )
    return translate("door", "{person} is signed in here. All that was open comes back with the password.").format(
        person=person
    )


def other_text(person: str) -> str:
    """Return that somebody else can sign in now."""
    return translate("door", "Who goes on here? What {person} has open is kept, and shown to nobody else.").format(
        person=person
    )


def ended_text() -> str:
    """Return why nothing is shown any more."""
    return translate(
        "door",
        "You were signed out: this login may not sign in any more, or its password was changed elsewhere.",
    )


def session_text(hours: int, minutes: int) -> str:
    """Return that the password is about to be asked, though somebody is at work."""
    return translate(
        "door",
        "You signed in {hours} hours ago. Your password is asked at the next pause, in {minutes} minutes at the latest;"
        " all that is open stays.",
    ).format(hours=hours, minutes=minutes)


def demo_text(people: str, password: str) -> str:
    """Return how to sign in to the demo clinic."""
    return translate("door", "This is the demo clinic: its people are {people}, the password is “{password}”.").format(
        people=people, password=password
    )


def unsaved_text(person: str) -> str:
    """Return what would be lost."""
    return translate(
        "door", "{person} has something open here that is not saved. Close once more to leave without it."
    ).format(person=person)


def gone_text() -> str:
    """Return why what was open could not be brought back."""
    return translate("door", "What you may do here was changed. What was open with the old rights was closed.")
