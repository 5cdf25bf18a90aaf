"""Goes from widget to widget as Tab does, without the harm that PySide's own way does.

PySide takes what `nextInFocusChain`, `previousInFocusChain` and `focusProxy` return for a child of the widget that was
asked, and lets its Python object go with that one's. The chain is a ring, through the views' own headers and scroll
bars too: sooner or later the garbage collector finds a ring of objects nobody refers to, and deletes widgets that are
on screen. So each is given back to its real parent at once; for Qt that changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


def following(widget: QWidget) -> QWidget:
    """Return the next widget of the window's ring."""
    return _given_back(widget.nextInFocusChain())


def preceding(widget: QWidget) -> QWidget:
    """Return the one before it."""
    return _given_back(widget.previousInFocusChain())


def proxy_of(widget: QWidget) -> QWidget | None:
    """Return who takes the keyboard for it; None if it does so itself."""
    proxy: QWidget | None = widget.focusProxy()  # None for most, whatever stubs say
    return None if proxy is None else _given_back(proxy)


def _given_back(widget: QWidget | None) -> QWidget:
    assert widget is not None  # the ring has no end
    widget.setParent(widget.parentWidget())
    return widget
