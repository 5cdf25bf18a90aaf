"""Pure changes of day boards: put entries in or take them out, replace holds, and tell what differs between two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from clinic_desk.domain.records import AppointmentStatus, DayBoard, Entry, Hold


def belongs_to(board: DayBoard, entry: Entry) -> bool:
    """Whether the entry is part of this board: it touches the read range and was not entered in error."""
    starts_at, ends_at = entry.appointment.footprint
    return (
        entry.appointment.status is not AppointmentStatus.ENTERED_IN_ERROR
        and starts_at < board.ends_at
        and ends_at > board.starts_at
    )


def with_entries(board: DayBoard, ids: Iterable[UUID], found: Mapping[UUID, Entry]) -> tuple[DayBoard, frozenset[UUID]]:
    """Return the board with the rows `ids` as `found` (absent: gone), and the ids that are different now."""
    entries = {entry.id: entry for entry in board.entries}
    changed = set()
    for each in ids:
        old, new = entries.get(each), found.get(each)
        if new is not None and not belongs_to(board, new):
            new = None
        if old == new:
            continue
        changed.add(each)
        if new is None:
            del entries[each]
        else:
            entries[each] = new
    if not changed:
        return board, frozenset()
    ordered = sorted(entries.values(), key=lambda entry: (entry.appointment.starts_at, entry.id))
    return replace(board, entries=tuple(ordered)), frozenset(changed)


def with_holds(board: DayBoard, holds: Iterable[Hold]) -> tuple[DayBoard, frozenset[UUID]]:
    """Return the board with those of `holds` that touch it, and the ids of the holds that came, went or changed."""
    mine = tuple(hold for hold in holds if hold.starts_at < board.ends_at and hold.ends_at > board.starts_at)
    changed = _different({hold.id: _place(hold) for hold in board.holds}, {hold.id: _place(hold) for hold in mine})
    return (replace(board, holds=mine) if changed else board), changed


def sharing(old: DayBoard | None, new: DayBoard) -> DayBoard:
    """Return `new` with the very objects of `old` for entries that are equal: what did not change is found quickly."""
    if old is None:
        return new
    known = {entry.id: entry for entry in old.entries}
    entries = (known[entry.id] if known.get(entry.id) == entry else entry for entry in new.entries)
    return replace(new, entries=tuple(entries))


def difference(old: DayBoard, new: DayBoard) -> frozenset[UUID]:
    """Return the ids of all rows (entries, time off, blocks, holds) that are not the same in both."""
    return (
        _different({row.id: row for row in old.entries}, {row.id: row for row in new.entries})
        | _different({row.id: row for row in old.time_off}, {row.id: row for row in new.time_off})
        | _different({row.id: row for row in old.blocks}, {row.id: row for row in new.blocks})
        | _different({row.id: _place(row) for row in old.holds}, {row.id: _place(row) for row in new.holds})
    )


def edited(old: DayBoard, new: DayBoard, ids: Iterable[UUID]) -> frozenset[UUID]:
    """Return those of `ids` that are entries of `new` in a version that is not in `old`: somebody changed them."""
    before = {entry.id: entry.appointment.version for entry in old.entries}
    after = {entry.id: entry.appointment.version for entry in new.entries}
    return frozenset(each for each in ids if each in after and before.get(each) != after[each])


def _place(hold: Hold) -> tuple[object, ...]:
    """What of a hold is seen: being renewed is no change."""
    return (hold.desk_id, hold.desk_name, hold.practitioner_id, hold.starts_at, hold.ends_at)


def _different(old: Mapping[UUID, object], new: Mapping[UUID, object]) -> frozenset[UUID]:
    return frozenset(each for each in old.keys() | new.keys() if old.get(each) != new.get(each))
