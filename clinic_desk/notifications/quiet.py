"""The quiet hours: when a message that is not urgent may leave, on the clock of the site. Pure.

Quiet from a minute of the day (included) to another (not included), over midnight if the first is the later one; equal:
never quiet. Reminders and offers keep them, what is told of a call in progress goes at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from clinic_desk.domain.wall import MINUTES_PER_DAY, minute_to_instant, to_wall

if TYPE_CHECKING:
    from clinic_desk.domain.messaging import Messaging

LEAST_USE: Final = timedelta(hours=1)
"""A reminder is of use if so much is left before the appointment."""
_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Minutes from local midnight, 0-1440; see the module for what they mean."""

    from_minute: int = 20 * 60
    until_minute: int = 9 * 60

    @property
    def never(self) -> bool:
        """Whether it is never quiet; 0 and 1440 are the same midnight."""
        return self.from_minute % MINUTES_PER_DAY == self.until_minute % MINUTES_PER_DAY


def quiet_hours(settings: Messaging) -> QuietHours:
    """Return the quiet hours of the clinic's settings."""
    return QuietHours(settings.quiet_from_minute, settings.quiet_until_minute)


def is_quiet(instant: datetime, zone: str, quiet: QuietHours) -> bool:
    """Whether an instant is in the quiet hours of a zone."""
    return _spell(instant, zone, quiet) is not None


def moment_to_send(due: datetime, starts_at: datetime, zone: str, quiet: QuietHours) -> datetime:
    """Return when a message due at an instant leaves for an appointment that starts at another, quiet hours kept.

    Due in them, it waits for their end; if less than an hour would then remain, it leaves in the last minute before
    they began. So the answer may be past: it is too late for it then (see `moment_left`).
    """
    spell = _spell(due, zone, quiet)
    if spell is None:
        return due
    begins, ends = spell
    if starts_at - ends >= LEAST_USE:
        return ends
    return _last_minute_before(begins, zone, quiet)


def moment_left(due: datetime, starts_at: datetime, zone: str, quiet: QuietHours, now: datetime) -> datetime | None:
    """Return when a message can still leave, not before `now`; None: the quiet hours leave it no time.

    What should have left before is due now. With `due` = `now` it says what to do with a message in hand.
    """
    moment = moment_to_send(due, starts_at, zone, quiet)
    if moment < now:
        moment = moment_to_send(now, starts_at, zone, quiet)
    return moment if moment >= now else None


def _spell(instant: datetime, zone: str, quiet: QuietHours) -> tuple[datetime, datetime] | None:
    """Return [begin, end) of the quiet hours that an instant is in."""
    if quiet.never:
        return None
    today = to_wall(instant, zone).date()
    for day in (today, today - _DAY):
        begins, ends = _spell_of(day, zone, quiet)
        if begins <= instant < ends:
            return begins, ends
    return None


def _spell_of(day: date, zone: str, quiet: QuietHours) -> tuple[datetime, datetime]:
    """Return [begin, end) of the quiet hours that begin on a local day."""
    over_midnight = quiet.until_minute <= quiet.from_minute
    begins = minute_to_instant(day, quiet.from_minute, zone)
    return begins, minute_to_instant(day + _DAY if over_midnight else day, quiet.until_minute, zone)


def _last_minute_before(begins: datetime, zone: str, quiet: QuietHours) -> datetime:
    """Return the last minute before a spell that is itself not quiet: spells may join when clocks change."""
    moment = begins - _MINUTE
    earlier = _spell(moment, zone, quiet)
    return moment if earlier is None else _last_minute_before(earlier[0], zone, quiet)
