"""The words of figures: numbers, the names of periods, and each figure as a chart beside the period before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from PySide6.QtCore import QCoreApplication, QLocale

from clinic_desk.domain.figures import LEAD_DAYS, DoctorFigures, Figures, LeadTime, Outcome, Period, Span
from clinic_desk.domain.records import Clinic
from clinic_desk.services.exporting.lists import Listing
from clinic_desk.ui.booking.words import minute_text, one_line
from clinic_desk.ui.figures.charts import Chart, Number, Row, Series
from clinic_desk.ui.messages.words import channel_text, kind_text
from clinic_desk.ui.shell.day_words import days_text, month_text, qdate, week_text

translate = QCoreApplication.translate
_NONE = "–"
_DESKS_SHOWN = 6
"""So many desks have a bar of their own; the others are one."""


def number_text(value: float | None, unit: str = "", places: int = 1) -> str:
    """Return `12.5 %`, or `1,204`; a dash for none. Whole numbers have no decimals."""
    if value is None:
        return _NONE
    rounded = round(value, places)
    text = QLocale().toString(int(rounded)) if rounded == int(rounded) else QLocale().toString(rounded, "f", places)
    return f"{text} {unit}" if unit else text


def cell_text(cell: str | Number) -> str:
    """Return a table's cell as it is read."""
    return cell if isinstance(cell, str) else number_text(cell.value, cell.unit)


def listing_of_chart(chart: Chart) -> Listing:
    """Return a chart's table for a spreadsheet: plain numbers, and the unit of a whole column at its heading."""
    columns = list(zip(*chart.rows, strict=True))
    units = [{cell.unit for cell in column if isinstance(cell, Number)} for column in columns]
    headings = [
        f"{heading} ({min(unit)})" if len(unit) == 1 and min(unit) else heading
        for heading, unit in zip(chart.headings, units, strict=False)
    ]
    rows = tuple(tuple(map(_plain, row, units)) for row in chart.rows)
    return Listing(chart.name, chart.title, tuple(headings) or chart.headings, rows)


def _plain(cell: str | Number, units: set[str]) -> str:
    if isinstance(cell, str) or len(units) > 1:
        return cell_text(cell)
    return "" if cell.value is None else f"{round(cell.value, 2):g}"


def percent(share: float | None) -> float | None:
    """Return a share of 1 as one of 100."""
    return None if share is None else share * 100


def days_lead_text(hours: float | None) -> str:
    """Return a lead time as `8.2 days`, a short one as `5 hours`."""
    if hours is None:
        return _NONE
    if hours < 48:
        return translate("figures", "{count} hours").format(count=number_text(hours))
    return translate("figures", "{count} days").format(count=number_text(hours / 24))


def period_text(period: Period, span: Span) -> str:
    """Return how a period is called: `November 2026`, `Week 48 · 23–29 Nov 2026`."""
    first = period.first_day
    if span is Span.WEEK:
        return week_text(first)
    if span is Span.MONTH:
        return month_text(first)
    if span is Span.QUARTER:
        return translate("figures", "Quarter {number} of {year}").format(number=(first.month + 2) // 3, year=first.year)
    return str(first.year) if span is Span.YEAR else days_text(first, period.last_day)


def span_texts() -> list[tuple[str, Span]]:
    """Return what periods there are to choose from."""
    return [
        (translate("figures", "Week"), Span.WEEK),
        (translate("figures", "Month"), Span.MONTH),
        (translate("figures", "Quarter"), Span.QUARTER),
        (translate("figures", "Year"), Span.YEAR),
        (translate("figures", "From – to"), Span.ANY),
    ]


def headline(now: Figures, before: Figures) -> list[tuple[str, str, str]]:
    """Return the few numbers that stand above all charts: what, how much, and how much before."""

    def told(value: str, earlier: str) -> tuple[str, str]:
        return value, translate("figures", "before: {value}").format(value=earlier)

    return [
        (
            translate("figures", "Utilisation"),
            *told(number_text(percent(now.time.utilisation), "%"), number_text(percent(before.time.utilisation), "%")),
        ),
        (
            translate("figures", "No-show rate"),
            *told(
                number_text(percent(now.visits.no_show_rate), "%"),
                number_text(percent(before.visits.no_show_rate), "%"),
            ),
        ),
        (
            translate("figures", "Cancelled"),
            *told(
                number_text(percent(now.visits.cancelled_rate), "%"),
                number_text(percent(before.visits.cancelled_rate), "%"),
            ),
        ),
        (
            translate("figures", "Median lead time"),
            *told(days_lead_text(now.lead.median), days_lead_text(before.lead.median)),
        ),
        (translate("figures", "Bookings made"), *told(number_text(now.booked), number_text(before.booked))),
    ]


def charts_of(now: Figures, before: Figures, clinic: Clinic, names: tuple[str, str]) -> tuple[Chart, ...]:
    """Return all charts; `names`: what the period and the one before are called."""
    return (
        _utilisation(now, before, clinic, names),
        _no_shows(now, before, clinic, names),
        _lead(now, before, clinic, names),
        _hours(now),
        _weekdays(now),
        _messages(now),
    )


# --- of doctors -------------------------------------------------------------------------------------------------------


def _name(clinic: Clinic, row: DoctorFigures) -> str:
    return next((one_line(each.name) for each in clinic.practitioners if each.id == row.practitioner_id), "?")


def _by_doctor(
    now: Figures, before: Figures, names: tuple[str, str], value: Callable[[Figures | DoctorFigures], float | None]
) -> tuple[Series, Series]:
    """Return the value of all together and of each doctor now, and before."""
    earlier = {row.practitioner_id: row for row in before.doctors}
    then = [value(found) if (found := earlier.get(row.practitioner_id)) else None for row in now.doctors]
    return (
        Series(names[0], (value(now), *(value(row) for row in now.doctors))),
        Series(names[1], (value(before), *then)),
    )


def _rows(now: Figures, clinic: Clinic, cells: Callable[[Figures | DoctorFigures, int], Sequence[Number]]) -> list[Row]:
    """Return the lines of all together and of each doctor."""
    everybody: list[tuple[str, Figures | DoctorFigures]] = [(_all(), now)]
    everybody += [(_name(clinic, row), row) for row in now.doctors]
    return [(name, *cells(of, place)) for place, (name, of) in enumerate(everybody)]


def _all() -> str:
    return translate("figures", "All doctors")


def _utilisation(now: Figures, before: Figures, clinic: Clinic, names: tuple[str, str]) -> Chart:
    series = _by_doctor(now, before, names, lambda of: percent(of.time.utilisation))

    def cells(of: Figures | DoctorFigures, place: int) -> Sequence[Number]:
        hours = (of.time.bookable, of.time.booked, of.time.beyond)
        return (*(Number(each.values[place], "%") for each in series), *(Number(each / 60) for each in hours))

    return Chart(
        name="utilisation",
        title=translate("figures", "Utilisation"),
        about=translate(
            "figures",
            "Of the time in which a doctor could be booked (working time less closures, time off and blocks), how much "
            "is taken, buffers included. A no-show's time counts as free; shared time counts once.",
        ),
        categories=(_all(), *(_name(clinic, row) for row in now.doctors)),
        series=series,
        headings=(
            translate("figures", "Doctor"),
            *names,
            translate("figures", "Bookable hours"),
            translate("figures", "Taken hours"),
            translate("figures", "Hours beyond"),
        ),
        rows=tuple(_rows(now, clinic, cells)),
        unit="%",
        strong=True,
    )


def _no_shows(now: Figures, before: Figures, clinic: Clinic, names: tuple[str, str]) -> Chart:
    series = _by_doctor(now, before, names, lambda of: percent(of.visits.no_show_rate))

    def cells(of: Figures | DoctorFigures, place: int) -> Sequence[Number]:
        visits = of.visits
        counts = (visits.attended, visits.no_shows, visits.cancelled, visits.late, visits.unmarked, visits.to_come)
        return (*(Number(each.values[place], "%") for each in series), *map(Number, counts))

    return Chart(
        name="no-shows",
        title=translate("figures", "No-shows"),
        about=translate(
            "figures",
            "No-shows of those who came or should have. Cancelled late: less than 24 hours before. Not marked: over, "
            "and nobody said whether the patient came.",
        ),
        categories=(_all(), *(_name(clinic, row) for row in now.doctors)),
        series=series,
        headings=(
            translate("figures", "Doctor"),
            *names,
            translate("figures", "Came"),
            translate("figures", "No-shows"),
            translate("figures", "Cancelled"),
            translate("figures", "of them late"),
            translate("figures", "Not marked"),
            translate("figures", "To come"),
        ),
        rows=tuple(_rows(now, clinic, cells)),
        unit="%",
        strong=True,
    )


# --- lead time --------------------------------------------------------------------------------------------------------


def _lead(now: Figures, before: Figures, clinic: Clinic, names: tuple[str, str]) -> Chart:
    kinds = _classes()
    rows: list[Row] = [
        (kind, Number(now.lead.classes[place]), Number(before.lead.classes[place])) for place, kind in enumerate(kinds)
    ]
    earlier = {row.practitioner_id: row.lead for row in before.doctors}
    median = translate("figures", "Median: {name}")
    rows.append((median.format(name=_all()), _days(now.lead.median), _days(before.lead.median)))
    for row in now.doctors:
        then = earlier.get(row.practitioner_id, LeadTime())
        name = median.format(name=_name(clinic, row))
        rows.append((name, _days(row.lead.median), _days(then.median)))
    return Chart(
        name="lead-time",
        title=translate("figures", "Lead time"),
        about=_quartiles_text(now.lead),
        categories=kinds,
        series=tuple(
            Series(name, tuple(percent(count / lead.count) if lead.count else None for count in lead.classes))
            for name, lead in zip(names, (now.lead, before.lead), strict=True)
        ),
        headings=(translate("figures", "From booking to visit"), *names),
        rows=tuple(rows),
        unit="%",
    )


def _days(hours: float | None) -> Number:
    return Number(None if hours is None else hours / 24, translate("figures", "days"))


def _classes() -> tuple[str, ...]:
    first = translate("figures", "less than a day")
    last = translate("figures", "{days} days and more").format(days=LEAD_DAYS[-1])
    between = (
        translate("figures", "1 day") if high - low == 1 else
        translate("figures", "{low}–{high} days").format(low=low, high=high - 1)
        for low, high in pairwise(LEAD_DAYS)
    )  # fmt: skip
    return (first, *between, last)


def _quartiles_text(lead: LeadTime) -> str:
    if not lead.count:
        return translate("figures", "Of no visit of this period it is known when it was booked.")
    return translate(
        "figures",
        "Half of the visits were booked {median} ahead or less, a quarter {lower} or less, a quarter {upper} or more. "
        "Visits that were not cancelled; imported ones are left out.",
    ).format(median=days_lead_text(lead.median), lower=days_lead_text(lead.lower), upper=days_lead_text(lead.upper))


# --- bookings ---------------------------------------------------------------------------------------------------------


def _hours(now: Figures) -> Chart:
    hours = range(
        min((row.hour for row in now.bookings), default=8), max((row.hour for row in now.bookings), default=8) + 1
    )
    counts = {(row.desk, row.hour): 0 for row in now.bookings}
    for row in now.bookings:
        counts[row.desk, row.hour] += row.count
    chart = _by_desk(now, [(minute_text(hour * 60), hour) for hour in hours], counts)
    return Chart(
        name="bookings-by-hour",
        title=translate("figures", "Bookings by hour"),
        about=translate("figures", "When bookings were made, by the hour of the day, and at which desk."),
        headings=(translate("figures", "Hour"), *chart[1]),
        categories=tuple(minute_text(hour * 60) for hour in hours),
        series=chart[0],
        rows=chart[2],
        stacked=True,
    )


def _weekdays(now: Figures) -> Chart:
    counts = {(row.desk, row.weekday): 0 for row in now.bookings}
    for row in now.bookings:
        counts[row.desk, row.weekday] += row.count
    names = [(QLocale().dayName(day), day) for day in range(1, 8)]
    chart = _by_desk(now, names, counts)
    return Chart(
        name="bookings-by-weekday",
        title=translate("figures", "Bookings by weekday"),
        about=translate("figures", "On which days bookings were made, and at which desk."),
        headings=(translate("figures", "Weekday"), *chart[1]),
        categories=tuple(name for name, _ in names),
        series=chart[0],
        rows=chart[2],
        stacked=True,
    )


def _by_desk(
    now: Figures, places: Sequence[tuple[str, int]], counts: dict[tuple[str, int], int]
) -> tuple[tuple[Series, ...], tuple[str, ...], tuple[Row, ...]]:
    """Return a series for each desk, those with most bookings first; the headings of a table, and its rows."""
    totals: dict[str, int] = {}
    for row in now.bookings:
        totals[row.desk] = totals.get(row.desk, 0) + row.count
    order = sorted(totals, key=lambda desk: (-totals[desk], desk))
    shown, others = order[:_DESKS_SHOWN], order[_DESKS_SHOWN:]
    if len(others) == 1:
        shown, others = order, []

    def values(desks: Iterable[str]) -> tuple[float, ...]:
        wanted = list(desks)
        return tuple(sum(counts.get((desk, place), 0) for desk in wanted) for _, place in places)

    series = [Series(one_line(desk) or translate("figures", "no known desk"), values([desk])) for desk in shown]
    if others:
        series.append(Series(translate("figures", "{count} other desks").format(count=len(others)), values(others)))
    headings = (*(each.name for each in series), translate("figures", "Together"))
    rows: list[Row] = []
    for at, (name, _) in enumerate(places if now.bookings else ()):
        numbers = [each.values[at] or 0.0 for each in series]
        rows.append((name, *map(Number, numbers), Number(sum(numbers))))
    return tuple(series), headings, tuple(rows)


# --- messages ---------------------------------------------------------------------------------------------------------


def outcome_text(outcome: Outcome) -> str:
    """Return what became of messages, as a heading."""
    return {
        Outcome.DELIVERED: translate("figures", "delivered"),
        Outcome.SENT: translate("figures", "sent"),
        Outcome.FAILED: translate("figures", "failed"),
        Outcome.UNKNOWN: translate("figures", "not known"),
        Outcome.WAITING: translate("figures", "waiting"),
        Outcome.DROPPED: translate("figures", "not needed"),
    }[outcome]


def _messages(now: Figures) -> Chart:
    kinds = list(dict.fromkeys((row.kind, row.channel) for row in now.messages))
    counts = {(row.kind, row.channel, row.outcome): row.count for row in now.messages}
    shown = [outcome for outcome in Outcome if any(key[2] is outcome for key in counts)] or list(Outcome)
    names = tuple(f"{kind_text(kind)}, {channel_text(channel)}" for kind, channel in kinds)
    series = tuple(
        Series(outcome_text(outcome), tuple(float(counts.get((*kind, outcome), 0)) for kind in kinds))
        for outcome in shown
    )
    about = translate("figures", "Messages that went or were due in the period, by what became of them.")
    if now.messages_since > now.period.first_day:
        since = translate("figures", "Of those before {day} not all are kept any more.")
        about += " " + since.format(day=QLocale().toString(qdate(now.messages_since), "d MMM yyyy"))
    return Chart(
        name="messages",
        title=translate("figures", "Messages"),
        about=about,
        categories=names,
        series=series,
        headings=(translate("figures", "Message"), *(each.name for each in series)),
        rows=tuple((name, *(Number(each.values[at]) for each in series)) for at, name in enumerate(names)),
        stacked=True,
    )
