"""When a backup is due, which are kept, and how the clinic stands: pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from clinic_desk.domain.backups import (
    BackupRun,
    BackupSettings,
    BackupsNow,
    RunKind,
    RunState,
    Standing,
    is_due,
    last_turn,
    superfluous,
)

BERLIN = BackupSettings(enabled=True, folder="/backups", at_minute=130, zone="Europe/Berlin")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _good(at: datetime, number: int = 1) -> BackupRun:
    return BackupRun(UUID(int=number), RunKind.SCHEDULED, RunState.GOOD, "", "Desk 1", at, ended_at=at, taken_at=at)


def _failed(at: datetime, problem: str = "disk-full") -> BackupRun:
    return BackupRun(UUID(int=9), RunKind.SCHEDULED, RunState.FAILED, problem, "Desk 1", at, ended_at=at)


def test_the_turn_is_by_the_clinics_clock_in_summer_and_in_winter() -> None:
    assert last_turn(NOW, BERLIN) == datetime(2026, 11, 23, 1, 10, tzinfo=UTC)
    assert last_turn(datetime(2026, 7, 1, 0, 5, tzinfo=UTC), BERLIN) == datetime(2026, 6, 30, 0, 10, tzinfo=UTC)
    assert last_turn(datetime(2026, 7, 1, 0, 15, tzinfo=UTC), BERLIN) == datetime(2026, 7, 1, 0, 10, tzinfo=UTC)


def test_a_backup_is_due_once_a_night_and_after_a_night_that_was_missed() -> None:
    turn = last_turn(NOW, BERLIN)
    assert is_due(NOW, BERLIN, [])
    assert is_due(NOW, BERLIN, [_good(turn - HOUR)])
    assert not is_due(NOW, BERLIN, [_good(turn + HOUR)])
    assert not is_due(NOW, replace(BERLIN, enabled=False), [])
    restored = replace(_good(turn + HOUR), kind=RunKind.RESTORE)
    assert is_due(NOW, BERLIN, [restored])


def test_one_that_runs_is_waited_for_until_its_lease_is_over() -> None:
    running = BackupRun(UUID(int=1), RunKind.BY_HAND, RunState.RUNNING, "", "Desk 2", NOW - HOUR, NOW + HOUR)
    assert not is_due(NOW, BERLIN, [running])
    assert is_due(NOW, BERLIN, [replace(running, lease_until=NOW)])


def test_one_that_failed_is_tried_again_half_an_hour_later_and_a_lost_one_at_once() -> None:
    assert not is_due(NOW, BERLIN, [_failed(NOW - timedelta(minutes=29))])
    assert is_due(NOW, BERLIN, [_failed(NOW - timedelta(minutes=31))])
    assert is_due(NOW, BERLIN, [_failed(NOW, "lost")])


def test_of_a_year_of_nights_seven_days_four_weeks_and_twelve_months_are_kept() -> None:
    nights = [_good(NOW - timedelta(days=back), back + 1) for back in range(400)]
    gone = {run.id for run in superfluous(nights, BERLIN, NOW)}
    kept = [run for run in nights if run.id not in gone]
    days = {NOW - timedelta(days=back) for back in range(7)}
    assert days <= {run.taken_at for run in kept}
    assert len(kept) == 7 + 2 + 11  # this week and the last one, and this month, have theirs among the days
    assert superfluous(kept, BERLIN, NOW) == ()


def test_the_last_good_one_and_what_is_young_are_never_let_go() -> None:
    least = replace(BERLIN, keep_daily=1, keep_weekly=0, keep_monthly=0)
    old = [_good(NOW - timedelta(days=900), 1), _good(NOW - timedelta(days=901), 2)]
    assert [run.id for run in superfluous(old, least, NOW)] == [UUID(int=2)]
    young = [_good(NOW - timedelta(hours=hours), hours) for hours in range(1, 40)]
    assert superfluous(young, least, NOW) == ()


def test_the_standing_says_when_somebody_has_to_look() -> None:
    good = _good(NOW - 8 * HOUR)
    assert BackupsNow(BackupSettings(), (), NOW).standing is Standing.OFF
    assert BackupsNow(BERLIN, (), NOW).standing is Standing.NONE
    assert BackupsNow(BERLIN, (good,), NOW).standing is Standing.GOOD
    assert BackupsNow(BERLIN, (_failed(NOW), good), NOW).standing is Standing.FAILED
    assert BackupsNow(BERLIN, (replace(good, removed_at=NOW),), NOW).standing is Standing.NONE
    late = BackupsNow(BERLIN, (_good(NOW - timedelta(days=3, hours=2)),), NOW)
    assert (late.standing, late.days_without) == (Standing.OVERDUE, 3)
