"""The card in the middle of a page that stands alone in a window: signing in, the upgrade, the first start."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget


def card_in(page: QWidget, width: int) -> QVBoxLayout:
    """Lay a card of this width (pixels) a little above the middle of an empty page; return the column on it."""
    card = QFrame()
    card.setProperty("role", "dialog")
    card.setFixedWidth(width)
    column = QVBoxLayout(card)
    column.setContentsMargins(28, 24, 28, 24)
    column.setSpacing(8)
    middle = QHBoxLayout()  # an alignment would take the height that wrapped texts want without knowing the width
    middle.addStretch(1)
    middle.addWidget(card)
    middle.addStretch(1)
    around = QVBoxLayout(page)
    around.setContentsMargins(12, 12, 12, 12)
    around.addStretch(2)
    around.addLayout(middle)
    around.addStretch(3)
    return column
