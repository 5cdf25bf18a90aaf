"""What a column's free time is, named and without overlaps."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import pytest

from clinic_desk.domain.records import Block, Clinic, Closure, DayBoard, Room, Site, TimeOff, WorkingHours
from clinic_desk.ui.calendar import words
from clinic_desk.ui.calendar.bands import Band, BandKind, band_at
from clinic_desk.ui.calendar.content import Frame, frame_of
from clinic_desk.ui.calendar.geometry import DayScale, axis_of
from clinic_desk.ui.calendar.opening import Openings
from clinic_desk.ui.calendar.places import Column
from tests.ui.calendar import sample

DOCTOR = sample.uid(2, 0)


def frame(clinic: Clinic, board: DayBoard | None = None, day: date = sample.DAY, room: Room | None = None) -> Frame:
    column = Column("room", room.id, day, room.name) if room else Column("practitioner", DOCTOR, day, "Dr. X")
    opening = Openings(clinic).of(column)
    scale = DayScale(day, opening.zone, axis_of([(day, opening.zone)]))
    return frame_of(column, board or sample.board(day=day), clinic, opening, scale)


def spans(found: Frame) -> list[tuple[int, int, BandKind]]:
    return [(band.start, band.end, band.kind) for band in found.bands]


def test_a_working_day_is_closed_at_both_ends_with_its_break_between() -> None:
    assert spans(frame(sample.clinic())) == [
        (0, 480, BandKind.CLOSED),
        (720, 780, BandKind.BREAK),
        (1080, 1440, BandKind.CLOSED),
    ]


def test_a_day_without_hours_is_closed_from_end_to_end() -> None:
    assert spans(frame(sample.clinic(), day=date(2026, 11, 28))) == [(0, 1440, BandKind.CLOSED)]


def test_time_off_is_over_closed_time_and_breaks_and_keeps_its_name() -> None:
    off = TimeOff(sample.uid(8, 1), DOCTOR, sample.instant(700), sample.instant(1200), "Holiday")
    found = frame(sample.clinic(), sample.board(time_off=(off,)))
    assert spans(found) == [
        (0, 480, BandKind.CLOSED),
        (700, 1200, BandKind.TIME_OFF),
        (1200, 1440, BandKind.CLOSED),
    ]
    assert found.bands[1].name == "Holiday"


def test_a_block_of_another_doctor_is_not_shown_and_ones_own_is() -> None:
    blocks = tuple(
        Block(sample.uid(9, no), sample.instant(900), sample.instant(960), "Training", sample.uid(2, no))
        for no in (0, 1)
    )
    found = frame(sample.clinic(), sample.board(blocks=blocks))
    assert [(band.start, band.end) for band in found.bands if band.kind == BandKind.BLOCK] == [(900, 960)]


def test_a_closure_of_the_site_closes_the_whole_day_by_name() -> None:
    closure = Closure(sample.uid(12, 1), sample.SITE.id, sample.DAY, sample.DAY, "Staff outing")
    found = frame(replace(sample.clinic(), closures=(closure,)))
    assert spans(found) == [(0, 1440, BandKind.CLOSURE)]
    assert found.bands[0].name == "Staff outing"


def test_a_closure_of_another_site_closes_nothing() -> None:
    closure = Closure(sample.uid(12, 1), sample.uid(1, 99), sample.DAY, sample.DAY, "Elsewhere")
    assert BandKind.CLOSURE not in {band.kind for band in frame(replace(sample.clinic(), closures=(closure,))).bands}


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), sample.DAY, date(2026, 11, 29)])
def test_bands_never_overlap_and_stay_on_the_axis(day: date) -> None:
    everything = sample.board(
        day=day,
        time_off=(TimeOff(sample.uid(8, 1), DOCTOR, sample.instant(60, day), sample.instant(900, day), "Off"),),
        blocks=(
            Block(sample.uid(9, 1), sample.instant(30, day), sample.instant(200, day), "Early", DOCTOR),
            Block(sample.uid(9, 2), sample.instant(800, day), sample.instant(1430, day), "Late", DOCTOR),
        ),
    )
    found = frame(sample.clinic(), everything, day)
    assert all(one.end <= other.start for one, other in itertools.pairwise(found.bands))
    assert all(0 <= band.start < band.end <= found.scale.axis.length for band in found.bands)
    for band in found.bands:
        assert all(band.start <= label < band.end for label in band.labels)


def test_the_hour_the_clocks_skip_is_a_band_that_says_so() -> None:
    found = frame(sample.clinic(), day=date(2026, 3, 29))
    gap = [band for band in found.bands if band.kind == BandKind.NO_SUCH_TIME]
    assert [(band.start, band.end) for band in gap] == [(120, 180)]
    assert "clocks" in words.band_text(gap[0])


def test_a_long_band_says_its_name_again_so_that_it_is_always_on_the_screen() -> None:
    off = TimeOff(sample.uid(8, 1), DOCTOR, sample.instant(0), sample.instant(1440), "Holiday")
    labels = frame(sample.clinic(), sample.board(time_off=(off,))).bands[0].labels
    assert 480 in labels
    assert max(other - one for one, other in itertools.pairwise((0, *labels, 1440))) <= 270


def test_a_room_is_open_when_anybody_works_at_its_site() -> None:
    clinic = sample.clinic()
    found = frame(clinic, room=clinic.rooms[0])
    assert spans(found) == [(0, 450, BandKind.CLOSED), (1080, 1440, BandKind.CLOSED)]


def test_a_doctor_at_two_sites_is_ruled_by_the_clock_of_the_first_and_has_no_break_while_at_the_other() -> None:
    clinic = sample.clinic(1)
    other = Site(sample.uid(1, 2), "Branch", "Europe/London")
    there = WorkingHours(sample.uid(3, 999), DOCTOR, other.id, 2, 660, 720, date(2020, 1, 1))
    found = frame(replace(clinic, sites=(*clinic.sites, other), working_hours=(*clinic.working_hours, there)))
    assert found.scale.zone == sample.ZONE
    assert BandKind.BREAK not in {band.kind for band in found.bands}  # 11:00 in London is noon in Berlin


def test_the_band_of_a_position_is_found_and_free_time_has_none() -> None:
    bands = (Band(0, 480, BandKind.CLOSED), Band(720, 780, BandKind.BREAK))
    assert band_at(bands, 479) is bands[0]
    assert band_at(bands, 480) is None
    assert band_at(bands, 720) is bands[1]
    assert band_at(bands, 780) is None
    assert band_at((), 5) is None


@pytest.mark.parametrize(
    ("band", "text"),
    [
        (Band(720, 780, BandKind.BREAK), "Lunch"),
        (Band(600, 615, BandKind.BREAK), "Break"),
        (Band(0, 60, BandKind.TIME_OFF), "Not in"),
        (Band(0, 60, BandKind.CLOSURE), "Closed"),
        (Band(0, 60, BandKind.BLOCK, "Training"), "Training"),
    ],
)
def test_a_band_without_a_name_says_what_it_is(band: Band, text: str) -> None:
    assert words.band_text(band) == text
