"""`clinic-desk figures`: the clinic's figures as lines, one JSON document, or a table for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from clinic_desk.commandline import lookup
from clinic_desk.commandline.appointments import Answer, Work
from clinic_desk.commandline.usage import Usage
from clinic_desk.domain.exchange_values import safe_cell
from clinic_desk.domain.figures import (
    LEAD_DAYS,
    Figures,
    LeadTime,
    Period,
    Span,
    Time,
    Visits,
    period_before,
    period_of,
    span_of,
)
from clinic_desk.errors import InvalidInput
from clinic_desk.services.figures import Wanted, compare

if TYPE_CHECKING:
    import argparse

    from clinic_desk.domain.records import Clinic

Fact = tuple[str, str, str, float | None]
"""Which figure, whose ("" for all), what of it, and its value."""
_CLASSES: Final = (*(f"under {days} d" for days in LEAD_DAYS), f"{LEAD_DAYS[-1]} d and more")
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def figures(work: Work, arguments: argparse.Namespace) -> Answer:
    """Read a period and the one before it. Raises Usage."""
    clinic = work.clinic
    where = lookup.site(clinic, arguments.site) if arguments.site else None
    who = lookup.practitioner(clinic, arguments.practitioner) if arguments.practitioner else None
    period = _period(work, arguments, lookup.zone_of(clinic, where, []))
    before = period_before(period, span_of(period))
    wanted = Wanted(period, where.id if where else None, who.id if who else None)
    try:
        now, then = compare(work.database, wanted, before)
    except InvalidInput as error:
        raise Usage(field="to" if error.field == "period" else error.field, expected=error.expected) from None
    facts, earlier = list(_facts(now, clinic)), {fact[:3]: fact[3] for fact in _facts(then, clinic)}
    if arguments.csv:
        return Answer({}, tuple(_csv(facts, earlier)))
    document = {
        "site": {"id": str(where.id), "name": where.name} if where else None,
        "practitioner": {"id": str(who.id), "name": who.name} if who else None,
        "read_at": now.read_at.isoformat(),
        "messages_since": now.messages_since.isoformat(),
        "figures": _document(now, clinic),
        "before": _document(then, clinic),
    }
    return Answer(document, tuple(_lines(now, facts, earlier)))


def _period(work: Work, arguments: argparse.Namespace, zone: str) -> Period:
    today = lookup.day("to", "today", work.now, zone)
    first = lookup.day("from", arguments.from_, work.now, zone) if arguments.from_ else None
    last = lookup.day("to", arguments.to, work.now, zone) if arguments.to else None
    if first is None:
        month = period_of(Span.MONTH, last or today)
        return Period(month.first_day, last or month.last_day)
    return Period(first, last or today)


# --- one document -----------------------------------------------------------------------------------------------------


def _document(of: Figures, clinic: Clinic) -> dict[str, Any]:
    return {
        "from": of.period.first_day.isoformat(),
        "to": of.period.last_day.isoformat(),
        "time": _time(of.time),
        "visits": _visits(of.visits),
        "lead_time": _lead(of.lead),
        "doctors": [
            {
                "id": str(row.practitioner_id),
                "name": _name(clinic, row.practitioner_id),
                "time": _time(row.time),
                "visits": _visits(row.visits),
                "lead_time": _lead(row.lead),
            }
            for row in of.doctors
        ],
        "bookings": [
            {"desk": row.desk, "weekday": _WEEKDAYS[row.weekday - 1], "hour": row.hour, "count": row.count}
            for row in of.bookings
        ],
        "messages": [
            {"kind": row.kind, "channel": row.channel, "outcome": row.outcome.value, "count": row.count}
            for row in of.messages
        ],
    }


def _name(clinic: Clinic, practitioner_id: object) -> str:
    return next((row.name for row in clinic.practitioners if row.id == practitioner_id), "?")


def _time(of: Time) -> dict[str, float | None]:
    minutes = {"bookable_minutes": of.bookable, "booked_minutes": of.booked, "beyond_minutes": of.beyond}
    return {name: round(value, 1) for name, value in minutes.items()} | {"utilisation": _rounded(of.utilisation, 4)}


def _visits(of: Visits) -> dict[str, float | None]:
    return {
        "all": of.all,
        "attended": of.attended,
        "no_shows": of.no_shows,
        "unmarked": of.unmarked,
        "to_come": of.to_come,
        "cancelled": of.cancelled,
        "cancelled_late": of.late,
        "no_show_rate": _rounded(of.no_show_rate, 4),
        "cancelled_rate": _rounded(of.cancelled_rate, 4),
    }


def _lead(of: LeadTime) -> dict[str, Any]:
    return {
        "visits": of.count,
        "lower_quartile_hours": _rounded(of.lower, 2),
        "median_hours": _rounded(of.median, 2),
        "upper_quartile_hours": _rounded(of.upper, 2),
        "classes": dict(zip(_CLASSES, of.classes, strict=True)),
    }


def _rounded(value: float | None, places: int) -> float | None:
    return None if value is None else round(value, places)


# --- one figure a line ------------------------------------------------------------------------------------------------


def _facts(of: Figures, clinic: Clinic) -> Iterator[Fact]:
    document = _document(of, clinic)
    for whose, part in (("", document), *((row["name"], row) for row in document["doctors"])):
        for figure in ("time", "visits", "lead_time"):
            for what, value in part[figure].items():
                if what == "classes":
                    yield from (("lead_time", whose, name, count) for name, count in value.items())
                else:
                    yield figure, whose, what, value
    for row in of.bookings:
        yield "bookings", row.desk, f"{_WEEKDAYS[row.weekday - 1]} {row.hour:02}", row.count
    for message in of.messages:
        yield "messages", message.channel, f"{message.kind} {message.outcome.value}", message.count


def _csv(facts: list[Fact], earlier: dict[tuple[str, str, str], float | None]) -> Iterator[str]:
    rows: list[tuple[object, ...]] = [("figure", "of", "what", "value", "before")]
    known = {fact[:3] for fact in facts}
    gone = [(*key, 0) for key, value in earlier.items() if key not in known and value]
    rows += [(*map(safe_cell, fact[:3]), fact[3], earlier.get(fact[:3])) for fact in facts]
    rows += [(*map(safe_cell, fact[:3]), fact[3], earlier[fact[:3]]) for fact in gone]
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(row)
        yield line.getvalue()


def _lines(of: Figures, facts: list[Fact], earlier: dict[tuple[str, str, str], float | None]) -> Iterator[str]:
    yield f"{of.period.first_day} to {of.period.last_day}, in brackets the period before"
    for figure, whose, what, value in facts:
        if figure not in {"bookings", "messages"} and what not in _CLASSES:
            name = f"{whose}: " if whose else ""
            yield f"{name}{what.replace('_', ' ')}: {_told(value)} ({_told(earlier.get((figure, whose, what)))})"
    yield f"bookings made: {of.booked}"
    yield from (f"messages by {whose}, {what}: {_told(value)}" for figure, whose, what, value in facts
                if figure == "messages")  # fmt: skip


def _told(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
