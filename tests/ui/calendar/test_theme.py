"""The theme's promises: every text can be read, every meaningful line seen, whatever colour a clinic chose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication

from clinic_desk.ui import theme as themes
from clinic_desk.ui.style_sheet import style_sheet

BOTH = pytest.mark.parametrize("theme", [themes.LIGHT, themes.DARK], ids=["light", "dark"])
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_the_ratio_wcag_defines() -> None:
    black, white, grey = QColor("#000000"), QColor("#ffffff"), QColor("#767676")
    assert themes.contrast(black, white) == pytest.approx(21.0)
    assert themes.contrast(white, white) == pytest.approx(1.0)
    assert themes.contrast(grey, white) == pytest.approx(4.54, abs=0.01)


@BOTH
def test_every_text_of_the_theme_has_the_contrast_wcag_asks_of_text(theme: themes.Theme) -> None:
    weak = {name: round(themes.contrast(text, ground), 2) for name, text, ground in theme.text_pairs()}
    assert {name: ratio for name, ratio in weak.items() if ratio < themes.TEXT_CONTRAST} == {}


@BOTH
def test_every_mark_that_carries_meaning_has_the_contrast_wcag_asks_of_shapes(theme: themes.Theme) -> None:
    weak = {name: round(themes.contrast(mark, ground), 2) for name, mark, ground in theme.shape_pairs()}
    assert {name: ratio for name, ratio in weak.items() if ratio < themes.SHAPE_CONTRAST} == {}


@BOTH
@given(colour=COLOURS)
def test_a_block_can_be_read_in_any_colour_a_clinic_may_choose(theme: themes.Theme, colour: str) -> None:
    made = themes.shades(colour, theme)
    for text in (theme.ink, theme.ink_muted, theme.ok, theme.danger, theme.warning, theme.accent):
        assert themes.contrast(text, made.tint) >= themes.TEXT_CONTRAST
    assert themes.contrast(theme.on_fill, made.solid) >= themes.TEXT_CONTRAST
    assert themes.contrast(made.bar, theme.panel) >= themes.SHAPE_CONTRAST


@BOTH
@pytest.mark.parametrize("colour", ["", "nonsense", "#12", "rgb(1,2,3)", "#ff00ff00ff"])
def test_a_colour_that_cannot_be_read_becomes_the_accent_and_raises_nothing(theme: themes.Theme, colour: str) -> None:
    made = themes.shades(colour, theme)
    assert themes.contrast(theme.on_fill, made.solid) >= themes.TEXT_CONTRAST


@BOTH
def test_the_palette_of_a_theme_is_recognised_as_that_theme(theme: themes.Theme) -> None:
    assert themes.theme_of(themes.palette_of(theme)) is theme


@BOTH
def test_the_style_sheet_has_a_value_for_every_name_and_names_no_font_size_in_pixels(theme: themes.Theme) -> None:
    sheet = style_sheet(theme)
    assert "$" not in sheet
    assert "font-size: 1" not in sheet.replace("font-size: 14pt", "")


def test_applying_the_style_sets_palette_and_fusion_and_follows_the_wish(qapp: QApplication) -> None:
    try:
        assert themes.apply_style(qapp, dark=True) is themes.DARK
        assert themes.theme_of(qapp.palette()).is_dark
        assert themes.apply_style(qapp, dark=False) is themes.LIGHT
        assert not themes.theme_of(qapp.palette()).is_dark
        assert qapp.font().pointSizeF() >= 9
    finally:
        qapp.setStyleSheet("")
    assert qapp.style().name() == "fusion"


def test_disabled_text_is_told_apart_from_text_by_more_than_nothing() -> None:
    palette = themes.palette_of(themes.LIGHT)
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled != palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Text)


def test_scaled_and_bold_keep_the_family_and_the_unit() -> None:
    in_pixels, in_points = QFont("DejaVu Sans"), QFont("DejaVu Sans", 10)
    in_pixels.setPixelSize(20)
    assert themes.scaled(in_pixels, 0.5).pixelSize() == 10
    assert themes.scaled(in_points, 0.9).pointSizeF() == pytest.approx(9.0)
    assert themes.bold(in_points).bold()
    assert themes.bold(in_points).family() == "DejaVu Sans"


def test_the_system_is_asked_whether_it_prefers_dark(qapp: QApplication) -> None:
    assert themes.system_prefers_dark(qapp) in {True, False}
    if qapp.styleHints().colorScheme() == Qt.ColorScheme.Light:
        assert not themes.system_prefers_dark(qapp)
