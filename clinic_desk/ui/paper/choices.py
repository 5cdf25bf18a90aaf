"""What is chosen on this PC about paper, for whoever signs in: day lists that are made by themselves, and where to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from PySide6.QtCore import QStandardPaths

from clinic_desk.domain.typed_dates import parse_typed_time
from clinic_desk.domain.wall import MINUTES_PER_DAY
from clinic_desk.ui.preferences import Preferences

DEFAULT_MINUTES: Final = (12 * 60, 18 * 60)
DEFAULT_KEEP_DAYS: Final = 7
MOST_TIMES: Final = 12


@dataclass(frozen=True, slots=True)
class Automatic:
    """`minutes`: from midnight, by each site's clocks. `keep_days`: how long lists of days gone by are kept."""

    on: bool
    folder: str
    minutes: tuple[int, ...] = DEFAULT_MINUTES
    keep_days: int = DEFAULT_KEEP_DAYS


def automatic(preferences: Preferences) -> Automatic:
    """Return what is chosen; off until somebody says where the lists may lie, for they name patients."""
    keep = preferences.of_this_pc("day_lists/keep_days")
    return Automatic(
        on=preferences.of_this_pc("day_lists/on") == "yes",
        folder=preferences.of_this_pc("day_lists/folder") or default_folder(),
        minutes=minutes_of(preferences.of_this_pc("day_lists/times")) or DEFAULT_MINUTES,
        keep_days=int(keep) if keep.isdigit() else DEFAULT_KEEP_DAYS,
    )


def default_folder() -> str:
    """Return what is offered at first."""
    documents = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))
    return str((documents if documents.is_dir() else Path.home()) / "Clinic Desk")


def set_automatic(preferences: Preferences, choice: Automatic) -> None:
    """Remember it on this PC."""
    preferences.set_of_this_pc("day_lists/on", "yes" if choice.on else "")
    preferences.set_of_this_pc("day_lists/folder", choice.folder)
    preferences.set_of_this_pc("day_lists/times", times_text(choice.minutes))
    preferences.set_of_this_pc("day_lists/keep_days", str(choice.keep_days))


def times_text(minutes: tuple[int, ...]) -> str:
    """Return `12:00 18:00`."""
    return " ".join(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)


def minutes_of(text: str) -> tuple[int, ...]:
    """Return the minutes of times as people type them, in their order; none if one of them is no time."""
    parts = text.replace(",", " ").replace(";", " ").split()
    found = {parse_typed_time(part) for part in parts}
    minutes = sorted(minute for minute in found if minute is not None and minute < MINUTES_PER_DAY)
    return tuple(minutes) if len(minutes) == len(found) <= MOST_TIMES else ()


def written_at(preferences: Preferences, site_id: UUID) -> datetime | None:
    """Return when a site's lists were written last; None: never, or it is not known."""
    try:
        return datetime.fromisoformat(preferences.of_this_pc(f"day_lists/written/{site_id}"))
    except ValueError:
        return None


def set_written_at(preferences: Preferences, site_id: UUID, at: datetime) -> None:
    """Remember when a site's lists were written."""
    preferences.set_of_this_pc(f"day_lists/written/{site_id}", at.isoformat())
