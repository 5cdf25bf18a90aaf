"""Digits typed on the calendar lead to a time: what was typed so far, and when it is enough; pure."""

from __future__ import annotations

from functools import cache


@cache
def _times() -> frozenset[str]:
    """All that means a time."""
    return frozenset(
        form
        for hour in range(25)
        for minute in range(60 if hour < 24 else 1)
        for form in (
            f"{hour}{minute:02d}",
            f"{hour:02d}{minute:02d}",
            f"{hour}:{minute:02d}",
            f"{hour:02d}:{minute:02d}",
            *((f"{hour}", f"{hour:02d}") if minute == 0 else ()),
        )
    )


@cache
def _unfinished() -> frozenset[str]:
    """All that becomes a time by more typing; some of it is one already."""
    return frozenset(time[:length] for time in _times() for length in range(1, len(time)))


class JumpBuffer:
    """What was typed. "1030", "930", "9", "9:30" and "9.30" are times; "103" waits for a fourth digit."""

    def __init__(self) -> None:
        self.text = ""

    def feed(self, typed: str) -> bool:
        """Take one character; return whether it can be part of a time (else nothing changes)."""
        tried = self.text + (":" if typed in {".", ","} else typed)
        if tried not in _times() and tried not in _unfinished():
            return False
        self.text = tried
        return True

    def backspace(self) -> None:
        """Take the last character back."""
        self.text = self.text[:-1]

    @property
    def minute(self) -> int | None:
        """Return the minute of the day that stands there, 0-1440; None while it is not a time."""
        from clinic_desk.domain.typed_dates import parse_typed_time

        return parse_typed_time(self.text) if self.text in _times() else None

    @property
    def is_complete(self) -> bool:
        """Whether nothing that could still be typed would make another time of it."""
        return self.text in _times() and self.text not in _unfinished()

    def take(self) -> int | None:
        """Return the minute and forget what was typed."""
        minute, self.text = self.minute, ""
        return minute
