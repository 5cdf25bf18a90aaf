"""Backups: when one is due, which are kept, and how the clinic stands with them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from clinic_desk.domain import wall

BACKUP_SETTING_ID: Final = UUID("00000000-0000-7000-8000-000000000003")
RETRY_AFTER: Final = timedelta(minutes=30)
"""So long after a scheduled backup failed the next try is made."""
KEPT_ANYWAY: Final = timedelta(hours=48)
"""Every good backup is kept so long, whatever the retention says."""
OVERDUE_AFTER: Final = timedelta(hours=36)
"""The last good backup may be so old before somebody has to look: a night, and the day after it."""


class RunKind(StrEnum):
    """Why a backup was made; a restore is told of beside them."""

    SCHEDULED = "scheduled"
    BY_HAND = "by-hand"
    BEFORE_UPGRADE = "before-upgrade"
    BEFORE_RESTORE = "before-restore"
    RESTORE = "restore"


class RunState(StrEnum):
    """What became of it."""

    RUNNING = "running"
    GOOD = "good"
    """It passed its check."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """`at_minute` of the day, by the clock of `zone`; `folder` as the PCs that make backups see it."""

    enabled: bool = False
    folder: str = ""
    at_minute: int = 130
    zone: str = "UTC"
    keep_daily: int = 7
    keep_weekly: int = 4
    keep_monthly: int = 12
    version: int = 0


@dataclass(frozen=True, slots=True)
class BackupRun:
    """One backup, or restore, as the database tells of it. `taken_at`: the moment whose state it holds."""

    id: UUID
    kind: RunKind
    state: RunState
    problem: str
    desk: str
    started_at: datetime
    lease_until: datetime | None = None
    ended_at: datetime | None = None
    taken_at: datetime | None = None
    folder: str = ""
    file_name: str = ""
    bytes: int = 0
    rows: int = 0
    schema_revision: str = ""
    findings: int = 0
    removed_at: datetime | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is a good file of it, as far as is known."""
        return self.state is RunState.GOOD and self.kind is not RunKind.RESTORE and self.removed_at is None


class Standing(StrEnum):
    """How the clinic stands with its backups."""

    OFF = "off"
    """None are made by themselves."""
    GOOD = "good"
    FAILED = "failed"
    """The last good one is recent, and the last try failed."""
    OVERDUE = "overdue"
    NONE = "none"
    """They are made by themselves, and there is no good one yet."""


@dataclass(frozen=True, slots=True)
class BackupsNow:
    """The settings, the latest runs (the latest first), and the database's clock."""

    settings: BackupSettings
    runs: tuple[BackupRun, ...]
    now: datetime

    @property
    def last_good(self) -> BackupRun | None:
        """The latest backup that passed its check."""
        return next((run for run in self.runs if run.is_there), None)

    @property
    def last_ended(self) -> BackupRun | None:
        """The latest backup that has ended, well or not."""
        return next(
            (run for run in self.runs if run.kind is not RunKind.RESTORE and run.state is not RunState.RUNNING), None
        )

    @property
    def standing(self) -> Standing:
        """How the clinic stands."""
        good = self.last_good
        if not self.settings.enabled:
            return Standing.OFF
        if good is None:
            return Standing.NONE
        if good.taken_at is None or self.now - good.taken_at > OVERDUE_AFTER:
            return Standing.OVERDUE
        last = self.last_ended
        return Standing.FAILED if last is not None and last.state is RunState.FAILED else Standing.GOOD

    @property
    def days_without(self) -> int:
        """Return for how many whole days there was no good backup; 0 if there is none at all."""
        good = self.last_good
        return (self.now - good.taken_at).days if good is not None and good.taken_at is not None else 0


def last_turn(now: datetime, settings: BackupSettings) -> datetime:
    """Return the last moment at or before `now` at which a backup was to be made."""
    today = wall.local_day(now, settings.zone)
    turns = (wall.minute_to_instant(today - timedelta(days=back), settings.at_minute, settings.zone) for back in (0, 1))
    return next((turn for turn in turns if turn <= now), now - timedelta(days=1))


def is_due(now: datetime, settings: BackupSettings, runs: Iterable[BackupRun]) -> bool:
    """Whether some desk is to make the scheduled backup now: none was made since its turn, none is being made.

    A PC that was off at night makes it when it is on again. One that failed is tried again after a while.
    """
    if not settings.enabled:
        return False
    turn = last_turn(now, settings)
    return not any(_stands_for(run, turn, now) for run in runs if run.kind is not RunKind.RESTORE)


def _stands_for(run: BackupRun, turn: datetime, now: datetime) -> bool:
    """Whether this one makes another for the turn needless now."""
    match run.state:
        case RunState.RUNNING:
            return run.lease_until is not None and run.lease_until > now
        case RunState.GOOD:
            return run.started_at >= turn
        case RunState.FAILED:
            is_try = run.kind is RunKind.SCHEDULED and run.problem not in {"stopped", "lost"}
            return is_try and run.started_at >= turn and run.ended_at is not None and run.ended_at > now - RETRY_AFTER


def superfluous(runs: Sequence[BackupRun], settings: BackupSettings, now: datetime) -> tuple[BackupRun, ...]:
    """Return the backups that the retention lets go: of each of the last days, weeks and months the newest one stays.

    The last good one always stays, and so does what is younger than two days.
    """
    there = sorted((run for run in runs if run.is_there and run.taken_at), key=_taken, reverse=True)
    kept = {run.id for run in there[:1]} | {run.id for run in there if _taken(run) > now - KEPT_ANYWAY}
    for most, period in (
        (settings.keep_daily, _day),
        (settings.keep_weekly, _week),
        (settings.keep_monthly, _month),
    ):
        newest: dict[object, UUID] = {}
        for run in there:
            newest.setdefault(period(wall.local_day(_taken(run), settings.zone)), run.id)
        kept |= set(list(newest.values())[:most])
    return tuple(run for run in there if run.id not in kept)


def _taken(run: BackupRun) -> datetime:
    assert run.taken_at is not None
    return run.taken_at


def _day(day: date) -> object:
    return day


def _week(day: date) -> object:
    return day.isocalendar()[:2]


def _month(day: date) -> object:
    return day.year, day.month
