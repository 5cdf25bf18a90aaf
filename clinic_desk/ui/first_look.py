"""The colours of the first picture: those of the theme that follows, without the time that making the theme takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtGui import QColor, QPalette

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from clinic_desk.ui.preferences import Scheme

GROUND: Final = {"light": "#ffffff", "dark": "#15191f"}
INK: Final = {"light": "#1d2430", "dark": "#e8ebf0"}
MARK: Final = {"light": "#1f5fbf", "dark": "#2a63b8"}
"""The theme's `window`, `ink` and `accent_fill`."""
_SCHEMES: Final = {"light": 1, "dark": 2}
"""The values of `Qt.ColorScheme`, as a property takes them: importing the name `Qt` takes a tenth of the start."""


def apply_first_look(app: QApplication, scheme: Scheme) -> None:
    """Have the bare window painted as it will look furnished, light or dark; "system" follows the system."""
    if scheme == "system":
        name = "dark" if app.palette().window().color().lightness() < 128 else "light"
    else:
        name = scheme
        app.styleHints().setProperty("colorScheme", _SCHEMES[scheme])  # for what the system paints: the title bar
    ground = QColor(GROUND[name])
    palette = QPalette(ground, ground)
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
        palette.setColor(role, QColor(INK[name]))
    palette.setColor(QPalette.ColorRole.Highlight, QColor(MARK[name]))
    app.setPalette(palette)
