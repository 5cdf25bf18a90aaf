"""The lines of the waiting list: what stands in its columns, how it is sorted, and what a search finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from PySide6.QtCore import QCoreApplication

from clinic_desk.domain.asking import Round, RoundState
from clinic_desk.domain.folding import fold
from clinic_desk.domain.records import Clinic
from clinic_desk.domain.waiting import Priority, Waiting
from clinic_desk.domain.wall import to_wall
from clinic_desk.ui.booking.words import day_text, list_name, one_line
from clinic_desk.ui.messages.rows import Column
from clinic_desk.ui.waiting.asking_words import asking_text
from clinic_desk.ui.waiting.words import (
    closing_text,
    doctors_text,
    forward_text,
    priority_text,
    type_name,
    waited_text,
    when_text,
)

translate = QCoreApplication.translate


@dataclass(frozen=True, slots=True)
class WishRow:
    """One line: `id` is the wish's. `is_over`: the last day that serves is past.

    `offered`: the round of offers by message that runs and has her in it.
    """

    id: UUID
    waiting: Waiting
    name: str
    visit: str
    doctors: str
    when: str
    until: str
    priority: str
    since: str
    note: str
    is_over: bool
    offered: Round | None = None

    @property
    def searched(self) -> str:
        """What a search looks in."""
        return fold(" ".join((self.name, self.visit, self.doctors, self.when, self.priority, self.note)))


def row_of(one: Waiting, clinic: Clinic, zone: str, now: datetime, rounds: Iterable[Round] = ()) -> WishRow:
    """Return the line of somebody who waits. `rounds`: what is offered by message, the newest first."""
    offered, asked = _offer_to(one, rounds, now)
    wish, today = one.wish, to_wall(now, zone).date()
    until = "" if wish.until is None else day_text(wish.until, today)
    is_over = wish.until is not None and wish.until < today
    since = waited_text(now - (wish.added_at or now)) if wish.closed is None else closing_text(wish.closed)
    note = " · ".join(part for part in (asked, forward_text(one.forward, now), one_line(wish.note)) if part)
    return WishRow(
        wish.id,
        one,
        list_name(one.patient),
        type_name(wish, clinic),
        doctors_text(wish, clinic),
        when_text(wish),
        translate("waiting", "over ({day})").format(day=until) if is_over else until,
        priority_text(wish.priority),
        since,
        note,
        is_over,
        offered,
    )


def _offer_to(one: Waiting, rounds: Iterable[Round], now: datetime) -> tuple[Round | None, str]:
    """Return the round that runs and has her in it, and how it stands with her in the newest that has."""
    for standing in rounds:
        for asking in standing.askings:
            if asking.wish_id == one.wish.id:
                told = asking_text(asking, standing.gap.zone, now)
                return (standing if standing.state is RoundState.RUNNING else None), told
    return None, ""


def columns() -> tuple[Column, ...]:
    """Return the columns of the list."""
    return (
        Column(translate("waiting", "Patient"), lambda row, _now: row.name, 22, is_bold=True),
        Column(translate("waiting", "For"), lambda row, _now: row.visit, 16),
        Column(translate("waiting", "With"), lambda row, _now: row.doctors, 18),
        Column(translate("waiting", "When"), lambda row, _now: row.when, 24),
        Column(translate("waiting", "Until"), lambda row, _now: row.until, 14, _until_colour),
        Column(translate("waiting", "Priority"), lambda row, _now: row.priority, 12, _priority_colour),
        Column(translate("waiting", "Waits"), lambda row, _now: row.since, 10),
        Column(translate("waiting", "Note"), lambda row, _now: row.note, 0, lambda _row: "muted"),
    )


def _until_colour(row: WishRow) -> str:
    return "warning" if row.is_over and row.waiting.wish.closed is None else ""


def _priority_colour(row: WishRow) -> str:
    return {Priority.ASAP: "danger", Priority.URGENT: "warning"}.get(row.waiting.wish.priority, "muted")


_RANK = {priority: rank for rank, priority in enumerate(Priority)}


def orders() -> tuple[tuple[str, Callable[[WishRow], Any]], ...]:
    """Return by what the list can be sorted: its name on screen, and the key."""
    return (
        (translate("waiting", "Priority, then waiting"), lambda row: (_RANK[row.waiting.wish.priority], _added(row))),
        (translate("waiting", "Longest waiting"), _added),
        (translate("waiting", "Patient"), lambda row: (fold(row.name), _added(row))),
        (translate("waiting", "Last day that serves"), lambda row: (row.waiting.wish.until or date.max, _added(row))),
    )


def _added(row: WishRow) -> tuple[float, UUID]:
    added = row.waiting.wish.added_at
    return (0.0 if added is None else added.timestamp(), row.id)


def found(rows: Iterable[WishRow], typed: str, order: Callable[[WishRow], Any], *, closed: bool) -> list[WishRow]:
    """Return the lines that have all the typed words, in order; those that wait, or (`closed`) wait no longer."""
    words = fold(typed).split()
    wanted = (row for row in rows if (row.waiting.wish.closed is not None) == closed)
    return sorted((row for row in wanted if all(word in row.searched for word in words)), key=order)
