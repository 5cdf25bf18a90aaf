"""The columns of the two lists: messages and replies."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.message_list import ReplyRow
from clinic_desk.ui.booking.words import one_line
from clinic_desk.ui.messages.rows import Column
from clinic_desk.ui.messages.states import state_look
from clinic_desk.ui.messages.words import channel_text, due_text, visit_text, what_text, when_text, why_text

translate = QCoreApplication.translate
WHY_COLUMN = 6
"""Where the time that is left is told."""


def message_columns() -> tuple[Column, ...]:
    """Return the columns of messages."""
    return (
        Column(translate("messages", "Due"), due_text, 16),
        Column(translate("messages", "Patient"), lambda row, now: one_line(row.patient_name), 18, is_bold=True),
        Column(translate("messages", "What"), what_text, 30),
        Column(translate("messages", "By"), lambda row, now: channel_text(row.channel), 7),
        Column(translate("messages", "To"), lambda row, now: row.shown_address, 19),
        Column(
            translate("messages", "State"),
            lambda row, now: state_look(row).text,
            14,
            colour=lambda row: state_look(row).role,
            is_bold=True,
        ),
        Column(translate("messages", "Why"), why_text, 0),
    )


def reply_columns() -> tuple[Column, ...]:
    """Return the columns of replies."""
    return (
        Column(translate("messages", "Received"), lambda row, now: when_text(row.received_at, _zone(row), now), 16),
        Column(translate("messages", "From"), from_text, 22, is_bold=True),
        Column(translate("messages", "Number"), lambda row, now: one_line(row.sender), 18),
        Column(
            translate("messages", "State"),
            lambda row, now: reply_state(row),
            14,
            colour=lambda row: "accent" if row.status == "open" else "muted",
            is_bold=True,
        ),
        Column(translate("messages", "Taken for"), taken_for, 30),
        Column(translate("messages", "Reply"), lambda row, now: one_line(row.body) or no_text(row), 0),
    )


def no_text(row: ReplyRow) -> str:
    """Return what stands where there are no words: a reply without a sender is one of a restricted record."""
    if row.sender:
        return translate("messages", "(no text)")
    return translate("messages", "(restricted record: open it on the patient's page to read this)")


def from_text(row: ReplyRow, _now: datetime) -> str:
    """Return whom a reply is from, or how many it may be from."""
    if row.owner is not None:
        return one_line(row.owner.patient_name)
    names = {candidate.patient_id: one_line(candidate.patient_name) for candidate in row.candidates}
    if len(names) == 1:
        return next(iter(names.values()))
    if not names:
        return translate("messages", "unknown number")
    return translate("messages", "one of {count}: {names}").format(count=len(names), names=", ".join(names.values()))


def reply_state(row: ReplyRow) -> str:
    """Return sign and word of a reply's state."""
    return translate("messages", "● open") if row.status == "open" else translate("messages", "✓ done")


def taken_for(row: ReplyRow, now: datetime) -> str:
    """Return what a reply was understood as, and about which visit."""
    meaning = {
        "confirm": translate("messages", "a yes"),
        "decline": translate("messages", "a no to an offered time"),
        "stop": translate("messages", "wants no more messages"),
        "start": translate("messages", "wants messages again"),
        "other": translate("messages", "for you to read"),
    }[row.meaning]
    visit = visit_text(row.owner.starts_at, row.owner.zone, now) if row.owner is not None else ""
    return " · ".join(part for part in (meaning, visit) if part)


def _zone(row: ReplyRow) -> str:
    known = [row.owner, *row.candidates]
    return next((each.zone for each in known if each is not None and each.starts_at is not None), "UTC")
