"""What a paper list of a doctor's day holds, and when and for which day lists are made by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desk.domain.day_list import DoctorDay, LineKind, doctor_days, last_due, left_of, next_working_day
from clinic_desk.domain.records import AppointmentStatus, Block, Clinic, Closure, DayBoard, Entry, Site, TimeOff
from clinic_desk.domain.wall import to_instant, to_wall
from clinic_desk.domain.working_time import Interval
from tests.ui.calendar import sample

OKAFOR, WEBER = sample.uid(2, 0), sample.uid(2, 1)


def listed(board: DayBoard, clinic: Clinic | None = None, who: UUID = OKAFOR) -> DoctorDay:
    (found,) = doctor_days(board, clinic or sample.clinic(), practitioner_ids={who})
    return found


def told(day: DoctorDay) -> list[tuple[str, str, str]]:
    """Each line as (kind, start, end) on the site's clocks."""
    walls = [(to_wall(line.starts_at, day.site.zone), to_wall(line.ends_at, day.site.zone)) for line in day.lines]
    return [
        (str(line.kind), f"{start:%H:%M}", f"{end:%H:%M}") for line, (start, end) in zip(day.lines, walls, strict=True)
    ]


def test_a_list_holds_appointments_free_times_and_the_break_in_their_order() -> None:
    day = listed(sample.board(sample.entry(1, 0, 540), sample.entry(2, 0, 780, length=30)))
    assert told(day) == [
        ("free", "08:00", "09:00"),
        ("appointment", "09:00", "09:15"),
        ("free", "09:15", "12:00"),
        ("break", "12:00", "13:00"),
        ("appointment", "13:00", "13:30"),
        ("free", "13:30", "18:00"),
    ]
    assert len(day.appointments) == 2


def test_buffers_are_not_free_and_less_than_five_minutes_are_no_gap() -> None:
    visit = sample.entry(1, 0, 543, length=12)
    buffered = replace(visit, appointment=replace(visit.appointment, buffer_after_minutes=10))
    day = listed(sample.board(sample.entry(2, 0, 480, length=60), buffered))
    assert told(day)[1:3] == [("appointment", "09:03", "09:15"), ("free", "09:25", "12:00")]


@pytest.mark.parametrize(
    "status", [AppointmentStatus.CANCELLED, AppointmentStatus.WAITLIST, AppointmentStatus.ENTERED_IN_ERROR]
)
def test_who_does_not_come_is_not_on_the_list(status: AppointmentStatus) -> None:
    day = listed(sample.board(sample.entry(1, 0, 540, status=status)))
    assert day.appointments == ()
    assert told(day)[0] == ("free", "08:00", "12:00")


def test_who_did_not_come_stays_and_the_time_is_free() -> None:
    day = listed(sample.board(sample.entry(1, 0, 540, status=AppointmentStatus.NOSHOW)))
    assert told(day)[:2] == [("free", "08:00", "12:00"), ("appointment", "09:00", "09:15")]


def test_time_off_and_blocks_are_shown_within_the_hours_and_nothing_is_free_then() -> None:
    away = TimeOff(sample.uid(8, 1), OKAFOR, sample.instant(0), sample.instant(600), "Course")
    kept = Block(sample.uid(9, 1), sample.instant(960), sample.instant(1000), "Calls", practitioner_id=OKAFOR)
    others = TimeOff(sample.uid(8, 2), WEBER, sample.instant(0), sample.instant(1440))
    day = listed(sample.board(time_off=(away, others), blocks=(kept,)))
    assert told(day) == [
        ("time-off", "08:00", "10:00"),
        ("free", "10:00", "12:00"),
        ("break", "12:00", "13:00"),
        ("free", "13:00", "16:00"),
        ("block", "16:00", "16:40"),
        ("free", "16:40", "18:00"),
    ]
    assert day.lines[0].name == "Course"
    assert not day.lines[0].whole_day


def test_a_whole_day_off_is_one_line() -> None:
    away = TimeOff(sample.uid(8, 1), OKAFOR, sample.instant(-5000), sample.instant(9000), "Holiday")
    (line,) = listed(sample.board(time_off=(away,))).lines
    assert line.kind is LineKind.TIME_OFF
    assert line.whole_day


def test_a_closed_site_has_a_list_only_of_who_is_booked_all_the_same() -> None:
    clinic = replace(
        sample.clinic(), closures=(Closure(sample.uid(12, 1), sample.SITE.id, sample.DAY, sample.DAY, "Flood"),)
    )
    assert doctor_days(sample.board(), clinic) == ()
    (day,) = doctor_days(sample.board(sample.entry(1, 0, 540)), clinic)
    assert [line.kind for line in day.lines] == [LineKind.CLOSED, LineKind.APPOINTMENT]
    assert next_working_day(clinic, sample.SITE, sample.DAY - timedelta(days=1)) == sample.DAY + timedelta(days=1)


def test_each_doctor_and_site_has_a_list_of_its_own_in_the_time_of_the_site() -> None:
    harlem = Site(sample.uid(1, 2), "Harlem", "America/New_York")
    clinic = sample.clinic(2, sites=(sample.SITE, harlem))
    there = sample.entry(1, 0, 900)
    there = replace(there, appointment=replace(there.appointment, site_id=harlem.id))
    days = doctor_days(sample.board(there), clinic)
    assert [(day.site.name, day.practitioner_id) for day in days] == [
        ("Main street", OKAFOR),
        ("Main street", WEBER),
        ("Harlem", OKAFOR),
    ]
    assert told(days[2]) == [("appointment", "09:00", "09:15")]
    # she cannot be here while she is there
    assert ("free", "13:00", "15:00") in told(days[0])
    assert [day.site.name for day in doctor_days(sample.board(there), clinic, {harlem.id})] == ["Harlem"]


def test_a_doctor_who_was_asked_for_has_a_list_that_says_there_is_nothing() -> None:
    sunday = date(2026, 11, 29)
    assert doctor_days(sample.board(day=sunday), sample.clinic()) == ()
    assert listed(sample.board(day=sunday)).lines == ()


def test_what_goes_on_past_midnight_is_on_both_days() -> None:
    late = sample.entry(1, 3, 1380, length=180)
    next_day = sample.DAY + timedelta(days=1)
    for day in (sample.DAY, next_day):
        assert len(listed(sample.board(late, day=day), who=sample.uid(2, 3)).appointments) == 1


SPANS = st.tuples(st.integers(0, 100), st.integers(1, 60))


@given(st.lists(SPANS, max_size=8))
def test_what_is_left_and_what_is_taken_never_meet_and_cover_all_but_short_gaps(spans: list[tuple[int, int]]) -> None:
    def at(minute: int) -> datetime:
        return sample.instant(600 + minute)

    whole = Interval(at(0), at(120))
    taken = [Interval(at(start), at(start + length)) for start, length in spans]
    gaps = left_of(whole, taken)
    assert all(whole.contains(gap) and not any(gap.overlaps(each) for each in taken) for gap in gaps)
    minutes = {m for m in range(120) if not any(start <= m < start + length for start, length in spans)}
    in_gaps = {m for m in range(120) if any(gap.starts_at <= at(m) < gap.ends_at for gap in gaps)}
    short = minutes - in_gaps
    assert all(not {m, m + 1, m + 2, m + 3, m + 4} <= minutes for m in short)


# --- when -------------------------------------------------------------------------------------------------------------


def test_the_next_working_day_passes_over_the_weekend() -> None:
    assert next_working_day(sample.clinic(), sample.SITE, date(2026, 11, 27)) == date(2026, 11, 30)
    assert next_working_day(sample.clinic(0), sample.SITE, date(2026, 11, 27)) is None


@pytest.mark.parametrize(
    ("wall", "expected"),
    [
        ("2026-11-24 11:59", "2026-11-23 18:00"),
        ("2026-11-24 12:00", "2026-11-24 12:00"),
        ("2026-11-24 23:00", "2026-11-24 18:00"),
        ("2026-03-29 07:50", "2026-03-28 18:00"),  # the clocks changed in between
    ],
)
def test_what_was_due_last_is_by_the_clocks_of_the_site(wall: str, expected: str) -> None:
    zone = "Europe/Berlin"
    now = to_instant(datetime.fromisoformat(wall), zone)
    assert last_due(now, (720, 1080), zone) == to_instant(datetime.fromisoformat(expected), zone)
    assert last_due(now, (), zone) is None


def test_the_list_of_a_generated_day_has_each_appointment_that_is_to_be_on_it() -> None:
    made = sample.made(4, 30)
    gone = {AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR, AppointmentStatus.WAITLIST}
    wanted = {entry.id for entry in made.board.entries if entry.appointment.status not in gone}
    entries: list[Entry | None] = [
        line.entry for day in doctor_days(made.board, made.clinic) for line in day.appointments
    ]
    assert {entry.id for entry in entries if entry} == wanted
    assert len(entries) == len(wanted)
