"""The program's colours by meaning, light and dark, with the contrast they promise, and the style made from them.

Text pairs hold WCAG 2.2 AA (4.5:1), lines that carry meaning 3:1. A widget asks `theme_of(self.palette())`; nothing
here is remembered between calls, so a change of the system's colour scheme needs only `apply_style` again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from clinic_desk.ui.style_sheet import style_sheet

TEXT_CONTRAST: Final = 4.5
"""WCAG 2.2, 1.4.3 (AA): ordinary text against its background."""
SHAPE_CONTRAST: Final = 3.0
"""WCAG 2.2, 1.4.11: what must be seen to understand the picture, against what it stands on."""


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours by meaning. `…_soft` is the ground on which the colour of the same name is readable text."""

    is_dark: bool
    window: QColor
    """Behind everything: top bar, side panels, status bar."""
    panel: QColor
    """Working time on the calendar, cards, inputs, dialogs."""
    line: QColor
    """Hour lines, borders of cards and panels."""
    line_weak: QColor
    """The lines of the grid's step."""
    border: QColor
    """Borders of inputs and buttons (3:1, they say where to click)."""
    ink: QColor
    ink_muted: QColor
    ink_disabled: QColor
    accent: QColor
    """Links, focus, the time cursor; text on the panel."""
    accent_soft: QColor
    accent_fill: QColor
    """The ground of primary buttons, of today and of the chosen row; `on_fill` is readable on it."""
    on_fill: QColor
    closed: QColor
    """Outside working hours."""
    hatch: QColor
    """The stripes of breaks, time off and blocks, drawn over `closed`."""
    done: QColor
    """The ground of an appointment that is over."""
    danger: QColor
    danger_soft: QColor
    danger_fill: QColor
    now: QColor
    """The line and the badge of the present minute; `on_fill` is readable on it."""
    warning: QColor
    """Amber as text."""
    warning_soft: QColor
    warning_fill: QColor
    on_warning: QColor
    ok: QColor
    ok_soft: QColor
    hold: QColor
    """Somebody else is booking here."""
    hold_soft: QColor
    shadow: QColor

    def text_pairs(self) -> Iterator[tuple[str, QColor, QColor]]:
        """Yield (name, text colour, ground) of every pair the program writes text in."""
        for ground in ("window", "panel", "closed", "hatch", "done"):
            yield f"ink on {ground}", self.ink, getattr(self, ground)
            yield f"ink_muted on {ground}", self.ink_muted, getattr(self, ground)
        for text in ("accent", "danger", "warning", "ok", "hold"):
            yield f"{text} on panel", getattr(self, text), self.panel
            yield f"{text} on window", getattr(self, text), self.window
            yield f"{text} on its soft ground", getattr(self, text), getattr(self, f"{text}_soft")
        for ground in ("accent_soft", "danger_soft", "warning_soft", "ok_soft", "hold_soft"):
            yield f"ink on {ground}", self.ink, getattr(self, ground)
            yield f"ink_muted on {ground}", self.ink_muted, getattr(self, ground)
        for ground in ("accent_fill", "danger_fill", "now"):
            yield f"on_fill on {ground}", self.on_fill, getattr(self, ground)
        yield "on_warning on warning_fill", self.on_warning, self.warning_fill

    def shape_pairs(self) -> Iterator[tuple[str, QColor, QColor]]:
        """Yield (name, colour, ground) of lines and marks without which the picture cannot be understood."""
        for mark in ("border", "accent", "now", "hold", "danger"):
            yield f"{mark} on panel", getattr(self, mark), self.panel
        yield "now on closed", self.now, self.closed
        yield "accent on closed", self.accent, self.closed


def _colours(**names: str) -> dict[str, QColor]:
    return {name: QColor(value) for name, value in names.items()}


LIGHT: Final = Theme(
    is_dark=False,
    **_colours(
        window="#ffffff",
        panel="#ffffff",
        line="#d5dae1",
        line_weak="#eceef1",
        border="#8791a0",
        ink="#1d2430",
        ink_muted="#56606f",
        ink_disabled="#8b94a2",
        accent="#1f5fbf",
        accent_soft="#e5eefb",
        accent_fill="#1f5fbf",
        on_fill="#ffffff",
        closed="#eceef1",
        hatch="#e2e5ea",
        done="#edeff2",
        danger="#b3261e",
        danger_soft="#fdecea",
        danger_fill="#b3261e",
        now="#d7281d",
        warning="#8a5a00",
        warning_soft="#fdf3d3",
        warning_fill="#f2c200",
        on_warning="#3a2c00",
        ok="#0f7035",
        ok_soft="#e3f4e8",
        hold="#6237a8",
        hold_soft="#f3edfb",
        shadow="#3c000000",
    ),
)

DARK: Final = Theme(
    is_dark=True,
    **_colours(
        window="#15191f",
        panel="#1b2027",
        line="#3a424d",
        line_weak="#262d36",
        border="#7d8897",
        ink="#e8ebf0",
        ink_muted="#aab3c0",
        ink_disabled="#737d8b",
        accent="#82b1ff",
        accent_soft="#1f2d44",
        accent_fill="#2a63b8",
        on_fill="#ffffff",
        closed="#12151a",
        hatch="#20262e",
        done="#232930",
        danger="#ff8f87",
        danger_soft="#3b1f20",
        danger_fill="#b93a32",
        now="#cf3a31",
        warning="#f0b93a",
        warning_soft="#362b12",
        warning_fill="#e3b505",
        on_warning="#241b00",
        ok="#6fd495",
        ok_soft="#17301f",
        hold="#c4a5f5",
        hold_soft="#2b2240",
        shadow="#8c000000",
    ),
)


def theme_of(palette: QPalette) -> Theme:
    """Return the theme that goes with `palette`: `DARK` when its window is darker than its text, else `LIGHT`."""
    window = palette.color(QPalette.ColorRole.Window)
    text = palette.color(QPalette.ColorRole.WindowText)
    return DARK if luminance(window) < luminance(text) else LIGHT


def luminance(colour: QColor) -> float:
    """Return the relative luminance (WCAG 2.2) of an opaque colour, 0 black to 1 white."""

    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF())


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast ratio (WCAG 2.2) of two opaque colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: QColor, ground: QColor, share: float) -> QColor:
    """Return the opaque colour that `share` (0-1) of `colour` laid over `ground` gives."""
    rest = 1.0 - share
    return QColor.fromRgbF(
        colour.redF() * share + ground.redF() * rest,
        colour.greenF() * share + ground.greenF() * rest,
        colour.blueF() * share + ground.blueF() * rest,
    )


@dataclass(frozen=True, slots=True)
class Shades:
    """What is made of one colour a clinic chose (a doctor's, a type's), readable whatever was chosen."""

    tint: QColor
    """The ground of a block; ink, ink_muted and the theme's text colours are readable on it."""
    bar: QColor
    """The stripe at a block's edge, over a column's header and in lists (3:1 on the panel)."""
    solid: QColor
    """The full ground of a patient in the room; `on_fill` is readable on it."""


def shades(colour: str, theme: Theme) -> Shades:
    """Return the shades of a colour given as "#rrggbb" (a colour Qt cannot read means the accent)."""
    return _shades(colour, theme.is_dark)


@lru_cache(maxsize=512)
def _shades(name: str, is_dark: bool) -> Shades:
    theme = DARK if is_dark else LIGHT
    colour = QColor.fromString(name)
    if not colour.isValid():
        colour = QColor(theme.accent_fill)
    colour.setAlpha(255)
    return Shades(
        tint=_tint(colour, theme),
        bar=readable(colour, theme.panel, SHAPE_CONTRAST),
        solid=readable(colour, theme.on_fill, TEXT_CONTRAST),
    )


def _tint(colour: QColor, theme: Theme) -> QColor:
    """Lay the colour thinly over the panel, thinner until the smallest text on it can be read."""
    texts = (theme.ink, theme.ink_muted, theme.ok, theme.danger, theme.warning, theme.accent)
    for percent in range(26 if theme.is_dark else 15, 0, -1):
        tint = mixed(colour, theme.panel, percent / 100)
        if all(contrast(text, tint) >= TEXT_CONTRAST for text in texts):
            return tint
    return QColor(theme.panel)


def readable(colour: QColor, ground: QColor, wanted: float) -> QColor:
    """Return `colour`, moved towards black or white in small steps until it has `wanted` contrast to `ground`."""
    towards = QColor("#000000") if luminance(ground) > 0.18 else QColor("#ffffff")
    for percent in range(0, 101, 2):
        tried = mixed(towards, colour, percent / 100)
        if contrast(tried, ground) >= wanted:
            return tried
    return towards


def system_prefers_dark(app: QGuiApplication) -> bool:
    """Return whether the system asks for dark; where it does not say, whether its own palette is dark."""
    scheme = app.styleHints().colorScheme()
    if scheme == Qt.ColorScheme.Unknown:
        return theme_of(app.palette()).is_dark
    return scheme == Qt.ColorScheme.Dark


def apply_style(app: QApplication, *, dark: bool | None = None) -> Theme:
    """Give the program its look: Fusion, the palette and the style sheet; `dark` None follows the system.

    The system's own font is kept; only one too small to read at arm's length (under 9 pt) is raised to 9.
    Call it again when `app.styleHints().colorSchemeChanged` tells of a change; it does nothing when nothing changes.
    """
    theme = DARK if (system_prefers_dark(app) if dark is None else dark) else LIGHT
    palette, sheet = palette_of(theme), style_sheet(theme)
    if app.styleSheet() == sheet and app.palette() == palette:
        return theme  # every widget would be dressed anew
    app.setStyle(QStyleFactory.create("Fusion"))
    font = app.font()
    if 0 < font.pointSizeF() < 9:
        font.setPointSizeF(9)
        app.setFont(font)
    app.setPalette(palette)
    app.setStyleSheet(sheet)
    return theme


def palette_of(theme: Theme) -> QPalette:
    """Return the palette for Qt's own drawing (menus, lists, scroll bars)."""
    role = QPalette.ColorRole
    palette = QPalette(theme.panel, theme.window)
    for one, colour in {
        role.Window: theme.window,
        role.WindowText: theme.ink,
        role.Base: theme.panel,
        role.AlternateBase: theme.closed,
        role.Text: theme.ink,
        role.Button: theme.panel,
        role.ButtonText: theme.ink,
        role.BrightText: theme.danger,
        role.PlaceholderText: theme.ink_muted,
        role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.ink,
        role.Highlight: theme.accent_fill,
        role.HighlightedText: theme.on_fill,
        role.Accent: theme.accent_fill,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: mixed(theme.panel, theme.line, 0.5),
        role.Midlight: theme.line_weak,
        role.Mid: theme.line,
        role.Dark: theme.border,
        role.Shadow: QColor("#000000"),
    }.items():
        palette.setColor(one, colour)
    for one in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, theme.ink_disabled)
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, theme.line)
    return palette


def bold(font: QFont) -> QFont:
    """Return `font` in the weight of names and headings."""
    heavier = QFont(font)
    heavier.setWeight(QFont.Weight.DemiBold if font.weight() < QFont.Weight.DemiBold else QFont.Weight.Bold)
    heavier.setBold(True)
    return heavier


def scaled(font: QFont, factor: float) -> QFont:
    """Return `font` in another size, in the unit (points or pixels) it was given in."""
    other = QFont(font)
    if font.pointSizeF() > 0:
        other.setPointSizeF(max(7.0, font.pointSizeF() * factor))
    else:
        other.setPixelSize(max(9, round(font.pixelSize() * factor)))
    return other
