"""What of the clinic waits for somebody, as numbers and kinds: what the tray and the notifications may say.

They are seen by whoever passes the screen: never a patient, never a doctor, never a time.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class Attention:
    """Messages that failed or are stuck, open replies, stopped channels; day lists not written, no backup (0 or 1)."""

    messages: int = 0
    replies: int = 0
    stopped: int = 0
    day_lists: int = 0
    backups: int = 0

    @property
    def total(self) -> int:
        """How many things wait."""
        return self.messages + self.replies + self.stopped + self.day_lists + self.backups


def lines(of: Attention) -> tuple[str, ...]:
    """Return a line for each kind that waits; none if nothing does."""
    found = (
        (of.messages, translate("attention", "Messages that need attention: {count}")),
        (of.replies, translate("attention", "Replies of patients: {count}")),
        (of.stopped, translate("attention", "Ways of sending that stand still: {count}")),
        (of.day_lists, translate("attention", "Day lists could not be written")),
        (of.backups, translate("attention", "A backup is missing")),
    )
    return tuple(text.format(count=count) for count, text in found if count)


def tip(of: Attention) -> str:
    """Return the tray's tool tip."""
    return "\n".join((translate("attention", "Clinic Desk"), *lines(of)))


def count_text(of: Attention) -> str:
    """Return no more than how much waits: what a locked desk tells."""
    return translate("attention", "Waiting for somebody: {count}").format(count=of.total)


def news(before: Attention, now: Attention) -> Attention:
    """Return of `now` the kinds of which there is more than `before`; nothing is news that became less."""

    def grown(old: int, new: int) -> int:
        return new if new > old else 0

    return Attention(
        grown(before.messages, now.messages),
        grown(before.replies, now.replies),
        grown(before.stopped, now.stopped),
        grown(before.day_lists, now.day_lists),
        grown(before.backups, now.backups),
    )


def page_of(of: Attention) -> str:
    """Return which of the messages' lists shows what is news: `attention` or `replies`, "" for the page as it was."""
    if of.messages or of.stopped:
        return "attention"
    return "replies" if of.replies else ""
