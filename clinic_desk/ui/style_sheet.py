"""The Qt style sheet of the program's ordinary widgets, written from a theme's colours.

Widgets ask for a look by dynamic properties, never by colours of their own:
`role`: "title", "section", "muted", "danger", "ok", "warning", "badge", "key", "banner", "card", "bar", "side";
`boxed` "true" on labels: on the soft ground of its role;
`tick` "own": a check box that paints its tick itself;
`chevron` "own": a combo or spin box that paints its arrows itself;
`kind` on buttons: "primary", "danger", "link", "choice" (a checkable segment or a card with an answer on it).
"""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clinic_desk.ui.theme import Theme


_SHEET = Template("""
QToolTip { background: $panel; color: $ink; border: 1px solid $line; padding: 4px; }
QPushButton, QToolButton {
    background: $panel; color: $ink; border: 1px solid $border_weak; border-radius: 5px; padding: 5px 12px;
}
QToolButton { padding: 5px 8px; }
QPushButton:hover, QToolButton:hover { background: $accent_soft; }
QPushButton:pressed, QToolButton:pressed { background: $line; }
QPushButton:focus, QToolButton:focus { border: 2px solid $accent; padding: 4px 11px; }
QToolButton:focus { padding: 4px 7px; }
QPushButton:disabled, QToolButton:disabled { color: $ink_disabled; border-color: $line; }
QPushButton:checked, QToolButton:checked { background: $accent_soft; color: $accent; border-color: $accent; }
QPushButton[kind="primary"] { background: $accent_fill; color: $on_fill; border-color: $accent_fill;
    font-weight: bold; }
QPushButton[kind="primary"]:hover { background: $accent_hover; }
QPushButton[kind="primary"]:focus { border-color: $ink; }
QPushButton[kind="primary"]:disabled { background: $line; color: $ink_disabled; border-color: $line; }
QPushButton[kind="danger"] { color: $danger; border-color: $danger; }
QPushButton[kind="link"] { background: transparent; color: $accent; border: 1px solid transparent; padding: 2px 4px; }
QPushButton[kind="link"][role="danger"] { color: $danger; }
QPushButton[kind="link"][role="warning"] { color: $warning; }
QPushButton[kind="link"][role="plain"] { color: $ink; }
QPushButton[kind="link"]:hover { text-decoration: underline; }
QPushButton[kind="link"]:focus { border: 1px solid $accent; }
QPushButton[kind="choice"] { padding: 9px 12px; text-align: left; }
QPushButton[kind="choice"]:focus { border: 2px solid $accent; background: $accent_soft; padding: 8px 11px; }

QLineEdit, QPlainTextEdit, QTextEdit, QComboBox, QSpinBox, QDateEdit, QTimeEdit {
    background: $panel; color: $ink; border: 1px solid $border; border-radius: 5px; padding: 4px 8px;
    selection-background-color: $accent_fill; selection-color: $on_fill;
}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QComboBox:focus, QSpinBox:focus, QDateEdit:focus,
QTimeEdit:focus { border: 2px solid $accent; padding: 3px 7px; }
QLineEdit:disabled, QComboBox:disabled, QSpinBox:disabled, QPlainTextEdit:disabled {
    color: $ink_disabled; border-color: $line; }
QLineEdit[invalid="true"], QComboBox[invalid="true"], QSpinBox[invalid="true"] {
    border: 2px solid $danger; padding: 3px 7px; }

QComboBox[chevron="own"]::drop-down { border: none; width: 22px; }
QSpinBox[chevron="own"]::up-button, QSpinBox[chevron="own"]::down-button { border: none; width: 18px; }

QCheckBox[tick="own"]::indicator { width: 13px; height: 13px; border: 1px solid $border; border-radius: 3px;
    background: $panel; }
QCheckBox[tick="own"]::indicator:checked { background: $accent_fill; border-color: $accent_fill; }
QCheckBox[tick="own"]::indicator:disabled { border-color: $line; background: $line; }
QCheckBox[tick="own"]:focus { color: $accent; }

QListView, QTreeView, QListWidget { background: $panel; color: $ink; border: 1px solid $line; outline: none; }
QListView::item { padding: 5px 8px; }
QListView::item:selected, QTreeView::item:selected { background: $accent_soft; color: $ink; }

QMenu { background: $panel; color: $ink; border: 1px solid $line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 20px; border-radius: 4px; }
QMenu::item:selected { background: $accent_soft; color: $ink; }
QMenu::item:disabled { color: $ink_disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QStatusBar { background: $window; color: $ink; border-top: 1px solid $line; }
QStatusBar::item { border: none; }
QSplitter::handle { background: $line; }

QLabel[role="title"] { font-size: 14pt; font-weight: bold; }
QLabel[role="section"] { color: $ink_muted; font-weight: bold; }
QLabel[role="muted"] { color: $ink_muted; }
QLabel[role="danger"] { color: $danger; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="ok"] { color: $ok; }
QLabel[boxed="true"] { border-radius: 5px; padding: 6px 10px; }
QLabel[boxed="true"][role="danger"] { background: $danger_soft; }
QLabel[boxed="true"][role="warning"] { background: $warning_soft; }
QLabel[boxed="true"][role="quote"] { background: $closed; }
QLabel[role="badge"] { color: $accent; background: $accent_soft; border-radius: 7px; padding: 1px 8px; }
QLabel[role="key"] { color: $ink_muted; border: 1px solid $border_weak; border-radius: 3px; padding: 0 4px; }
QFrame[role="card"] { background: $panel; border: 1px solid $line; border-radius: 7px; }
QFrame[role="dialog"] { background: $panel; border: 1px solid $border_weak; border-radius: 9px; }
QFrame[role="bar"] { background: $window; border: none; border-bottom: 1px solid $line; }
QFrame[role="side"] { background: $window; border: none; }
QFrame[role="banner"] { background: $warning_soft; border: none; border-bottom: 1px solid $warning; }
QFrame[role="banner"] QLabel { color: $ink; }
QFrame[role="banner"][level="danger"] { background: $danger_soft; border-bottom: 1px solid $danger; }
QFrame[role="banner"][level="ok"] { background: $ok_soft; border-bottom: 1px solid $ok; }
QScrollArea { border: none; background: transparent; }
""")


def style_sheet(theme: Theme) -> str:
    """Return the style sheet of the program's ordinary widgets for a theme."""
    names = (
        "window panel closed line border ink ink_muted ink_disabled accent accent_soft accent_fill on_fill danger "
        "danger_soft warning warning_soft ok ok_soft"
    )
    colours = {name: getattr(theme, name).name() for name in names.split()}
    accent_hover = theme.accent_fill.lighter(115) if theme.is_dark else theme.accent_fill.darker(115)
    border_weak = theme.line.lighter(130) if theme.is_dark else theme.line.darker(108)
    return _SHEET.substitute(colours, accent_hover=accent_hover.name(), border_weak=border_weak.name())
