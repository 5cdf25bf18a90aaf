"""The rounded, shadowed ground that forms and dialogs stand on, and the keyboard manners they share."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QVBoxLayout, QWidget

from clinic_desk.ui.focus_chain import following, proxy_of
from clinic_desk.ui.theme import Theme, theme_of

SHADOW = 16
"""Pixels around a card in which its shadow fades out."""
RADIUS = 10.0


def paint_card(painter: QPainter, rect: QRect, theme: Theme) -> None:
    """Paint a card's shadow and ground; `rect` is the card without its shadow."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    fade = QColor(theme.shadow)
    fade.setAlpha(max(2, theme.shadow.alpha() // 22))
    painter.setBrush(fade)
    for spread in range(SHADOW - 4, 0, -1):
        grown = QRectF(rect).adjusted(-spread, 4 - spread, spread, 4 + spread)
        painter.drawRoundedRect(grown, RADIUS + spread, RADIUS + spread)
    painter.setBrush(theme.panel)
    painter.setPen(QPen(theme.line, 1.0))
    painter.drawRoundedRect(QRectF(rect).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


class Card(QFrame):
    """A card that floats over its parent: paints its own shadow, keeps the mouse, the keys and Tab to itself."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(SHADOW + 18, SHADOW + 14, SHADOW + 18, SHADOW + 14)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def card_rect(self) -> QRect:
        """Return the card without its shadow, in the widget's own coordinates."""
        return self.rect().adjusted(SHADOW, SHADOW, -SHADOW, -SHADOW)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_card(painter, self.card_rect(), theme_of(self.palette()))
        painter.end()

    def event(self, event: QEvent) -> bool:
        if is_ours(event):
            event.accept()
            return True
        if event.type() in _MOUSE:
            event.accept()
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:  # noqa: N802
        return focus_within(self, forward=forward)


_MOUSE = {
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseButtonDblClick,
    QEvent.Type.Wheel,
    QEvent.Type.ContextMenu,
}


def is_ours(event: QEvent) -> bool:
    """Whether this is a plain key that a shortcut of the window behind would otherwise take from an open form.

    Keys with Alt stay free for the form's own mnemonics.
    """
    return (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and not event.modifiers() & (Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier)
    )


def focus_within(container: QWidget, *, forward: bool) -> bool:
    """Move the focus to the next widget inside `container` that Tab reaches, from the last to the first."""
    chain = list(_tab_stops(container))
    if not chain:
        return False
    now = QApplication.focusWidget()
    at = chain.index(now) if now in chain else (-1 if forward else 0)
    wanted = chain[(at + (1 if forward else -1)) % len(chain)]
    wanted.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    return True


def _tab_stops(container: QWidget) -> Iterator[QWidget]:
    widget = following(container)
    seen = 0
    while widget is not container and seen < 10_000:
        seen += 1
        if (
            container.isAncestorOf(widget)
            and widget.isVisibleTo(container)
            and widget.isEnabled()
            and proxy_of(widget) is None
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus == Qt.FocusPolicy.TabFocus
        ):
            yield widget
        widget = following(widget)
