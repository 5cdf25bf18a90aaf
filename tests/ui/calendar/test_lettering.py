"""What is written on blocks: fits, never overlaps, keeps its direction."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from clinic_desk.domain.records import Patient
from clinic_desk.ui.calendar.lettering import BAR, Lettering, Look, Mark, Said, Typesetter
from clinic_desk.ui.calendar.metrics import Face, Metrics, metrics_of
from clinic_desk.ui.calendar.text import (
    LONGEST,
    Elider,
    is_right_to_left,
    one_line,
    shorter_names,
    shorter_titles,
    shown_name,
)
from clinic_desk.ui.theme import LIGHT
from tests.ui.calendar import sample

pytestmark = pytest.mark.usefixtures("qapp")

NAMES = st.sampled_from(
    [
        "Anna",
        "Maximiliane von und zu Hohenlohe-Waldenburg",
        "محمد عبد الرحمن",
        "שרה כהן",
        "<b>x</b>",
        "🦊 Fox",
        "",
        "李小龙",
    ]
) | st.text(max_size=40)
MARKS = st.none() | st.sampled_from(
    [
        Mark("✓ confirmed", "✓", LIGHT.ok),
        Mark("12 min", "12 min", LIGHT.on_warning, LIGHT.warning_fill),
        Mark("done", "", LIGHT.ink_muted),
        Mark("Desk 2 · Karl-Friedrich", "Desk 2", LIGHT.on_fill, LIGHT.accent_fill),
    ]
)
PLAIN = Look(LIGHT.panel, LIGHT.accent, LIGHT.ink, LIGHT.ink_muted)


def boxes(metrics: Metrics, lettering: Lettering) -> list[QRectF]:
    """Return the box each string really fills."""
    out = []
    for face, left, baseline, text, _ in lettering.lines:
        measured = metrics.faces[face]
        out.append(QRectF(left, baseline - measured.ascent() + 1, measured.horizontalAdvance(text), measured.ascent()))
    return out


@given(
    name=NAMES.map(one_line),
    kind=NAMES.map(one_line),
    mark=MARKS,
    width=st.integers(2, 400),
    height=st.integers(2, 90),
    locked=st.booleans(),
)
def test_no_text_overlaps_another_or_leaves_its_block(
    name: str, kind: str, mark: Mark | None, width: int, height: int, *, locked: bool
) -> None:
    metrics = metrics_of(QApplication.font())
    said = Said(name, (kind, "Room 1"), mark, shorter=(name[1:], name[:1]), is_locked=locked)
    lettering = Typesetter(metrics).set(said, PLAIN, (width, height))
    found = boxes(metrics, lettering)
    if lettering.lock is not None:
        found.append(lettering.lock[0])
    for at, box in enumerate(found):
        assert box.left() >= BAR
        assert box.right() <= width
        for other in found[at + 1 :]:
            overlap = box.intersected(other)
            assert overlap.width() < 1 or overlap.height() < 2, (box, other, lettering.lines)


@given(text=st.text(max_size=60), width=st.integers(-5, 300), face=st.sampled_from(list(Face)))
def test_an_elided_text_is_never_wider_than_asked_and_measured_once(text: str, width: int, face: Face) -> None:
    metrics = metrics_of(QApplication.font())
    elider, text = Elider(metrics), one_line(text)
    fitted, advance = elider.fit(face, text, width)
    assert advance <= max(0, width)
    assert elider.fit(face, text, width) is not None
    assert fitted == "" or metrics.faces[face].horizontalAdvance(fitted) <= width + 0.01
    assert fitted not in {"…", "..."} or text == fitted


def test_a_name_written_from_right_to_left_ends_at_the_right() -> None:
    metrics = metrics_of(QApplication.font())
    setter = Typesetter(metrics)
    right = setter.set(Said("שרה כהן", ("Check-up",)), PLAIN, (200, 22))
    left = setter.set(Said("Sarah Cohen", ("Check-up",)), PLAIN, (200, 22))
    face, x, _, text, _ = right.lines[0]
    assert x + metrics.faces[face].horizontalAdvance(text) == pytest.approx(200 - 6)
    assert left.lines[0][1] == BAR + 6


def test_a_low_block_has_one_line_and_a_high_one_has_two() -> None:
    metrics = metrics_of(QApplication.font())
    setter = Typesetter(metrics)
    low = setter.set(Said("Anna", ("Echo",)), PLAIN, (200, metrics.line + 6))
    high = setter.set(Said("Anna", ("Echo",)), PLAIN, (200, 2 * metrics.line + 4))
    assert [line[3] for line in low.lines] == ["Anna", " · Echo"]
    assert [line[3] for line in high.lines] == ["Anna", "Echo"]
    assert len({line[2] for line in low.lines}) == 1
    assert len({line[2] for line in high.lines}) == 2


def test_the_mark_is_short_where_the_type_would_suffer() -> None:
    setter = Typesetter(metrics_of(QApplication.font()))
    said = Said("Noah Braun", ("Follow-up",), Mark("✓ confirmed", "✓", LIGHT.ok))
    assert "✓" in [line[3] for line in setter.set(said, PLAIN, (180, 22)).lines]
    assert "✓ confirmed" in [line[3] for line in setter.set(said, PLAIN, (300, 22)).lines]


def test_where_the_whole_name_has_no_room_the_family_name_is_kept() -> None:
    metrics = metrics_of(QApplication.font())
    said = Said("Maximiliane Schäfer", ("Follow-up",), shorter=("M. (7) Schäfer", "Schäfer"))
    setter, around = Typesetter(metrics), BAR + 2 * 6 + 1

    def shown(text: str, change: int) -> str:
        """Return what is written where `text` would fill the block but for a few pixels."""
        width = int(metrics.faces[Face.NAME].horizontalAdvance(text)) + around + change
        return setter.set(said, PLAIN, (width, 22)).lines[0][3]

    assert shown(said.name, 0) == "Maximiliane Schäfer"
    assert shown(said.name, -4) == shown("M. (7) Schäfer", 0) == "M. (7) Schäfer"
    assert shown("M. (7) Schäfer", -4) == shown("Schäfer", 0) == "Schäfer"
    assert shown("Schäfer", -4).startswith("Sch")


@pytest.mark.parametrize(
    ("given_name", "family_name", "shorter"),
    [
        ("Maria Theresia", "Kozłowska", ("M. Kozłowska", "Kozłowska")),
        ("Алексей", "Семёнов", ("А. Семёнов", "Семёнов")),
        ("Li", "Wu", ()),  # nothing gained
        ("Cher", "", ()),
        ("", "Unbekannt", ()),
        ("נועה", "לוי", ()),  # no such custom
        ("<img", "x", ()),
    ],
)
def test_only_a_name_with_an_initial_is_shortened(given_name: str, family_name: str, shorter: tuple[str, ...]) -> None:
    patient = Patient(sample.uid(7, 1), family_name, given_name, None)
    assert shorter_names(patient, sample.DAY) == shorter


@pytest.mark.parametrize(
    ("title", "shorter"),
    [
        ("Dr. Amara Okafor", ("Dr. A. Okafor", "Dr. Okafor", "Okafor")),
        ("Jonas Weber", ("Weber",)),
        ("Praxis", ()),
        ("", ()),
        ("Jonas Weber, MD", ()),
        ("Jonas Weber MD", ()),
        ("ד״ר שרה כהן", ()),
        ("Mon 23", ("23",)),  # of a week: never as narrow as that
    ],
)
def test_a_doctors_family_name_is_kept_at_the_head_of_a_narrow_column(title: str, shorter: tuple[str, ...]) -> None:
    assert shorter_titles(title) == shorter


def test_a_lock_stands_before_the_name_of_a_restricted_record_and_pushes_it_aside() -> None:
    setter = Typesetter(metrics_of(QApplication.font()))
    for height in (22, 60):
        bare = setter.set(Said("Anna Kowalska", ("Echo",)), PLAIN, (200, height))
        locked = setter.set(Said("Anna Kowalska", ("Echo",), is_locked=True), PLAIN, (200, height))
        assert bare.lock is None
        assert locked.lock is not None
        box = locked.lock[0]
        assert box.left() == bare.lines[0][1]
        assert box.right() < locked.lines[0][1]
        assert box.top() >= 1
        assert box.bottom() <= height
    assert setter.set(Said("Anna", is_locked=True), PLAIN, (3 * BAR + 1, 22)).lock is None


def test_a_block_too_low_to_be_read_has_no_text() -> None:
    metrics = metrics_of(QApplication.font())
    assert Typesetter(metrics).set(Said("Anna"), PLAIN, (200, metrics.least_height - 1)).lines == []


def test_a_cancelled_visit_too_narrow_for_a_name_says_so_by_a_cross() -> None:
    ended = Look(LIGHT.panel, None, LIGHT.danger, LIGHT.danger, dashed=LIGHT.danger, name_face=Face.STRUCK_NAME)
    setter = Typesetter(metrics_of(QApplication.font()))
    assert [line[3] for line in setter.set(Said("Maria Weber", ("Echo",)), ended, (22, 44)).lines] == ["×"]
    assert "×" not in [line[3] for line in setter.set(Said("Maria Weber", ("Echo",)), ended, (200, 44)).lines]
    assert setter.set(Said("Maria Weber", ("Echo",)), PLAIN, (22, 44)).lines == []


@given(st.text(max_size=600))
def test_one_line_is_one_line_that_can_be_painted(text: str) -> None:
    line = one_line(text)
    assert len(line) <= LONGEST
    assert not set(line) & {"\n", "\r", "\t", "\u2028", "\u202e", "\u2066", "\x00"}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("محمد", True),
        ("שרה", True),
        ("Anna", False),
        ("123 שרה", True),
        ("Anna שרה", False),
        ("", False),
        ("日本", False),
    ],
)
def test_the_first_strong_letter_decides_the_direction(text: str, right: bool) -> None:
    assert is_right_to_left(text) is right


@pytest.mark.parametrize(
    ("born", "name"),
    [
        (date(2019, 3, 1), "Lea (7) Hoffmann"),
        (date(2010, 11, 24), "Lea Hoffmann"),
        (date(2010, 11, 25), "Lea (15) Hoffmann"),
        (date(2026, 11, 24), "Lea (0) Hoffmann"),
        (date(2027, 1, 1), "Lea Hoffmann"),
        (None, "Lea Hoffmann"),
    ],
)
def test_a_childs_age_stands_in_the_name(born: date | None, name: str) -> None:
    assert shown_name(Patient(sample.uid(7, 1), "Hoffmann", "Lea", born), sample.DAY) == name


def test_a_larger_font_makes_everything_larger() -> None:
    small, large = metrics_of(QFont("DejaVu Sans", 9)), metrics_of(QFont("DejaVu Sans", 18))
    for step in (5, 10, 15, 20, 30):
        assert large.row_height(step) > small.row_height(step) >= small.line
    assert large.hour_width > small.hour_width
    assert large.minimum_column > small.minimum_column


def test_a_visit_of_fifteen_minutes_can_be_read_whatever_a_row_stands_for() -> None:
    metrics = metrics_of(QFont("DejaVu Sans", 9))
    for step in (5, 10, 15, 20, 30):
        assert metrics.row_height(step) * 15 // step - 2 >= metrics.least_height
